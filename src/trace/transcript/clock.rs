//! Times for people. Everything that a person reads, in a terminal, a chart or a book, is rounded here and, from a minute
//! on, by [`Duration`] itself, so that one instant reads the same everywhere.

use crate::sim::{Duration, Instant};

/// `nanos` in whole units of so many nanoseconds, to the nearest.
fn rounded(nanos: u64, unit: u64) -> u64 {
    nanos.saturating_add(unit / 2) / unit
}

/// The run's clock: `1.010 s` in the first minute, `0:05:01.010` on the first day, `2 d 06:05:01.010` later.
#[must_use]
pub fn clock(at: Instant) -> String {
    let millis = rounded(at.as_nanos(), 1_000_000);
    let (secs, thousandths) = (millis / 1000, millis % 1000);
    if secs < 60 {
        return format!("{secs}.{thousandths:03} s");
    }
    let (minutes, seconds) = (secs / 60 % 60, secs % 60);
    match (secs / 86_400, secs / 3600 % 24) {
        (0, hours) => format!("{hours}:{minutes:02}:{seconds:02}.{thousandths:03}"),
        (days, hours) => format!("{days} d {hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}"),
    }
}

/// A time since something: `+213 ms`, `+1.30 s`, `+5 min 2 s`.
pub(super) fn later(by: Duration) -> String {
    format!("+{}", span(by))
}

/// A length of time with the places that matter: `210 µs`, `423 ms`, `1.42 s`, `75 s` as `1 min 15 s`, `6 h 10 min`,
/// `5 d 1 h`.
#[must_use]
pub fn span(length: Duration) -> String {
    let nanos = length.as_nanos();
    let secs = rounded(nanos, 1_000_000_000);
    match nanos {
        0 => "0 s".into(),
        1..999_500 => format!("{} µs", rounded(nanos, 1_000)),
        999_500..999_500_000 => format!("{} ms", rounded(nanos, 1_000_000)),
        _ if secs < 10 => match rounded(nanos, 10_000_000) {
            whole if whole % 100 == 0 => format!("{} s", whole / 100),
            hundredths => format!("{}.{:02} s", hundredths / 100, hundredths % 100),
        },
        _ if secs < 60 => format!("{secs} s"),
        _ => Duration::from_secs(secs).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_people() {
        let at = |ms: u64| clock(Instant::from_nanos(ms * 1_000_000));
        assert_eq!(at(1_010), "1.010 s");
        assert_eq!(at(59_999), "59.999 s");
        assert_eq!(at(301_010), "0:05:01.010");
        assert_eq!(at(2 * 86_400_000 + 21_901_010), "2 d 06:05:01.010");
        assert_eq!(clock(Instant::from_nanos(59_999_500_000)), "0:01:00.000");
        for (ms, text) in [(0, "+0 s"), (212, "+212 ms"), (1_302, "+1.30 s"), (302_000, "+5 min 2 s")] {
            assert_eq!(later(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn spans_are_rounded_once() {
        for (nanos, said) in [
            (999_400, "999 µs"),
            (999_600, "1 ms"),
            (422_583_571, "423 ms"),
            (999_700_000, "1 s"),
            (1_422_583_571, "1.42 s"),
            (30_000_000_000, "30 s"),
            (75_000_000_000, "1 min 15 s"),
            (6 * 3_600_000_000_000, "6 h"),
            (22_201_000_000_000, "6 h 10 min"),
            (5 * 86_400_000_000_000 + 3_600_000_000_000, "5 d 1 h"),
        ] {
            assert_eq!(span(Duration::from_nanos(nanos)), said);
        }
    }
}
