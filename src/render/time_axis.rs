//! The time axis of a ladder: how much room a stretch of time takes, and how instants are written.
//!
//! Milliseconds of a dialogue and hours of waiting stand in one picture, so the axis is neither linear nor logarithmic:
//! short gaps take room in proportion to what is usual in this trace, within bounds, and a gap far beyond the usual is
//! folded to a band of fixed height that says how long it was.

use crate::sim::calendar::Calendar;
use crate::sim::{Duration, Instant};

/// The room that the time between two neighbouring events takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Gap {
    /// This many pixels.
    Flow(f64),
    /// A fold.
    Fold(Duration),
}

/// How a ladder's time is scaled and written.
#[derive(Clone, Debug)]
pub(crate) struct TimeAxis {
    usual_nanos: u64,
    fold_nanos: u64,
    decimals: u32,
    hours: bool,
    calendar: Calendar,
}

/// Room for a gap that is usual in the trace.
const USUAL_PX: f64 = 18.0;
/// The most room a gap takes before it is folded.
const MOST_PX: f64 = 44.0;
/// A gap is folded when it is this many times longer than three quarters of all gaps.
const FOLD_FACTOR: u64 = 12;
/// Shorter gaps are never folded: nobody waits for them.
const FOLD_AT_LEAST_NANOS: u64 = 200_000_000;

impl TimeAxis {
    /// The axis for events at these instants, which are in order.
    pub(crate) fn new(instants: &[Instant], start_unix_secs: i64) -> TimeAxis {
        let mut gaps: Vec<u64> =
            instants.windows(2).map(|w| w[1].since(w[0]).as_nanos()).filter(|gap| *gap > 0).collect();
        gaps.sort_unstable();
        let last = instants.last().copied().unwrap_or_default().as_nanos();
        // Waits of minutes say nothing about the pace of a dialogue.
        let brisk = gaps.partition_point(|gap| *gap < 2_000_000_000);
        let paced = if brisk > 0 { &gaps[..brisk] } else { &gaps[..] };
        let usual = paced.get(paced.len() * 3 / 4).copied().unwrap_or(1).max(1);
        TimeAxis {
            usual_nanos: usual,
            fold_nanos: usual.saturating_mul(FOLD_FACTOR).max(FOLD_AT_LEAST_NANOS),
            decimals: if usual < 1_000_000 { 6 } else { 3 },
            hours: last >= 60_000_000_000,
            calendar: Calendar::new(start_unix_secs, 0),
        }
    }

    /// The room between two neighbouring events.
    pub(crate) fn gap(&self, earlier: Instant, later: Instant) -> Gap {
        let nanos = later.since(earlier).as_nanos();
        if nanos >= self.fold_nanos {
            return Gap::Fold(Duration::from_nanos(nanos));
        }
        if nanos == 0 {
            return Gap::Flow(0.0);
        }
        let room = USUAL_PX * (nanos as f64 / self.usual_nanos as f64);
        Gap::Flow(room.clamp(2.0, MOST_PX))
    }

    /// The instant in seconds, or in days, hours, minutes and seconds where the trace is long.
    pub(crate) fn relative(&self, at: Instant) -> String {
        // As `transcript::clock` rounds, with more places where a trace needs them.
        let unit = 10_u64.pow(9 - self.decimals);
        let nanos = at.as_nanos().saturating_add(unit / 2) / unit * unit;
        let (secs, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000 / unit);
        let digits = self.decimals as usize;
        if self.hours {
            let (minutes, seconds) = (secs / 60 % 60, secs % 60);
            match (secs / 86_400, secs / 3600 % 24) {
                (0, hours) => format!("{hours}:{minutes:02}:{seconds:02}.{rest:0digits$}"),
                (days, hours) => format!("{days} d {hours:02}:{minutes:02}:{seconds:02}.{rest:0digits$}"),
            }
        } else {
            format!("{secs}.{rest:0digits$} s")
        }
    }

    /// The date and time of day.
    pub(crate) fn civil(&self, at: Instant) -> String {
        self.calendar.civil(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_waits_fold_and_dialogues_flow() {
        let mut at = Instant::ZERO;
        let mut instants = vec![];
        for _ in 0..20 {
            at += Duration::from_millis(40);
            instants.push(at);
        }
        instants.push(at + Duration::from_hours(6));
        let axis = TimeAxis::new(&instants, 1_767_603_600);
        assert_eq!(axis.gap(instants[0], instants[1]), Gap::Flow(18.0));
        assert_eq!(axis.gap(instants[19], instants[20]), Gap::Fold(Duration::from_hours(6)));
        assert_eq!(axis.relative(instants[20]), "6:00:00.800");
        assert_eq!(axis.relative(Instant::ZERO + Duration::from_hours(30)), "1 d 06:00:00.000");
        assert_eq!(axis.civil(instants[20]), "2026-01-05 15:00:00");
    }

    #[test]
    fn hours_do_not_fold_where_all_is_hours() {
        let instants: Vec<Instant> = (0..9).map(|n| Instant::ZERO + Duration::from_hours(n)).collect();
        let axis = TimeAxis::new(&instants, 0);
        assert!(matches!(axis.gap(instants[0], instants[1]), Gap::Flow(_)));
    }
}
