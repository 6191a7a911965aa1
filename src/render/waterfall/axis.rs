//! Where an instant stands on a waterfall: in proportion, but for long waits, which are folded.

use crate::sim::{Duration, Instant};

use super::parts::Fall;

/// How wide a fold is, of the whole.
const FOLD: f64 = 0.06;

/// A scale from 0 to 1.
pub(super) struct Axis {
    /// Instants and their places, in order.
    stops: Vec<(Instant, f64)>,
    /// Where waits are folded: from, to, how long.
    pub(super) folds: Vec<(f64, f64, Duration)>,
}

impl Axis {
    pub(super) fn new(fall: &Fall) -> Axis {
        let spans = || fall.rows.iter().flat_map(|row| &row.spans);
        let mut instants: Vec<Instant> = spans().flat_map(|span| [span.from, span.to]).collect();
        instants.sort_unstable();
        instants.dedup();
        let works =
            |a: Instant, b: Instant| spans().any(|span| !span.phase.waits() && span.from <= a && b <= span.to);
        let gaps: Vec<(Duration, bool)> = instants.windows(2).map(|w| (w[1].since(w[0]), works(w[0], w[1]))).collect();
        let busy: u64 = gaps.iter().filter(|(_, works)| *works).map(|(gap, _)| gap.as_nanos()).sum();
        // A wait that would leave the rest no room to be seen.
        let is_fold = |(gap, works): &(Duration, bool)| !works && gap.as_nanos() > busy / 3 && busy > 0;
        let folded = gaps.iter().filter(|gap| is_fold(gap)).count();
        let fold = FOLD.min(0.5 / folded.max(1) as f64);
        let flowing: u64 = gaps.iter().filter(|gap| !is_fold(gap)).map(|(gap, _)| gap.as_nanos()).sum();
        let scale = (1.0 - fold * folded as f64) / flowing.max(1) as f64;
        let (mut x, mut stops, mut folds) = (0.0, Vec::new(), Vec::new());
        stops.extend(instants.first().map(|at| (*at, 0.0)));
        for (place, gap) in gaps.iter().enumerate() {
            let wide = if is_fold(gap) { fold } else { gap.0.as_nanos() as f64 * scale };
            if is_fold(gap) {
                folds.push((x, x + wide, gap.0));
            }
            x += wide;
            stops.push((instants[place + 1], x));
        }
        Axis { stops, folds }
    }

    /// The place of the end of a span.
    pub(super) fn at(&self, instant: Instant) -> f64 {
        match self.stops.binary_search_by_key(&instant, |(at, _)| *at) {
            Ok(place) => self.stops[place].1,
            Err(place) => self.stops.get(place).or(self.stops.last()).map_or(0.0, |(_, x)| *x),
        }
    }
}
