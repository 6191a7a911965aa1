//! Times as transcripts show them: all of one form are easy to compare.

use crate::sim::{Duration, Instant};

/// The run's clock: `1.010 s` in the first minute, `0:05:01.010` on the first day, `2 d 06:05:01.010` later.
#[must_use]
pub fn clock(at: Instant) -> String {
    let millis = at.as_nanos() / 1_000_000;
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

/// A time since something: `+0.5 ms`, `+212.5 ms`, `+1.302 s`, `+5 min 2 s`.
pub(super) fn later(by: Duration) -> String {
    format!("+{}", short(by))
}

/// A length of time with the places that matter: `212.5 ms`, `1.302 s`, `5 min 2 s`.
pub(super) fn short(by: Duration) -> String {
    let micros = by.as_nanos() / 1000;
    if micros < 1_000_000 {
        format!("{}.{} ms", micros / 1000, micros / 100 % 10)
    } else if micros < 60_000_000 {
        format!("{}.{:03} s", micros / 1_000_000, micros / 1000 % 1000)
    } else {
        by.to_string()
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
        for (ms, text) in [(0, "+0.0 ms"), (212, "+212.0 ms"), (1_302, "+1.302 s"), (302_000, "+5 min 2 s")] {
            assert_eq!(later(Duration::from_millis(ms)), text);
        }
    }
}
