//! [`Instant`] and [`Duration`]: integer nanoseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A point in simulated time: nanoseconds since the scenario began. Reaches 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(u64);

/// A length of simulated time in nanoseconds. Arithmetic saturates: a time that cannot be said is the end of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(u64);

impl Instant {
    /// The beginning of the scenario.
    pub const ZERO: Instant = Instant(0);
    /// The end of time.
    pub const MAX: Instant = Instant(u64::MAX);

    /// The instant `nanos` nanoseconds after the beginning.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Instant {
        Instant(nanos)
    }

    /// Nanoseconds since the beginning.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The nanosecond before; at the beginning of time there is none.
    #[must_use]
    #[inline]
    pub const fn before(self) -> Instant {
        Instant(self.0.saturating_sub(1))
    }

    /// Time since `earlier`, zero where that lies in the future.
    #[must_use]
    pub const fn since(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// All time.
    pub const MAX: Duration = Duration(u64::MAX);

    /// A length in nanoseconds.
    #[must_use]
    pub const fn from_nanos(n: u64) -> Duration {
        Duration(n)
    }
    /// A length in microseconds.
    #[must_use]
    pub const fn from_micros(n: u64) -> Duration {
        Duration(n.saturating_mul(1_000))
    }
    /// A length in milliseconds.
    #[must_use]
    pub const fn from_millis(n: u64) -> Duration {
        Duration(n.saturating_mul(1_000_000))
    }
    /// A length in seconds.
    #[must_use]
    pub const fn from_secs(n: u64) -> Duration {
        Duration(n.saturating_mul(1_000_000_000))
    }
    /// A length in minutes.
    #[must_use]
    pub const fn from_mins(n: u64) -> Duration {
        Duration::from_secs(n.saturating_mul(60))
    }
    /// A length in hours.
    #[must_use]
    pub const fn from_hours(n: u64) -> Duration {
        Duration::from_secs(n.saturating_mul(3600))
    }
    /// The length in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000_000
    }
    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// `self * factor`, saturating.
    #[must_use]
    pub const fn times(self, factor: u64) -> Duration {
        Duration(self.0.saturating_mul(factor))
    }
    /// `self / divisor`, rounded down.
    ///
    /// # Panics
    /// When `divisor` is zero.
    #[must_use]
    pub const fn over(self, divisor: u64) -> Duration {
        Duration(self.0 / divisor)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, d: Duration) -> Instant {
        Instant(self.0.saturating_add(d.0))
    }
}
impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}
impl Sub<Instant> for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.since(earlier)
    }
}
impl Add for Duration {
    type Output = Duration;
    fn add(self, d: Duration) -> Duration {
        Duration(self.0.saturating_add(d.0))
    }
}
impl AddAssign for Duration {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}
impl Sub for Duration {
    type Output = Duration;
    fn sub(self, d: Duration) -> Duration {
        Duration(self.0.saturating_sub(d.0))
    }
}

/// Writes the length the way people say it: `1.5 s`, `40 ms`, `6 h 2 min`; exact to three significant places below a
/// minute and to the second above.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = display(self.0);
        f.pad(&text)
    }
}

fn nearest(n: u64, unit: u64) -> u64 {
    n / unit + u64::from(n % unit >= unit.div_ceil(2))
}

/// Above a minute in the two units that matter, below to three digits after the point.
fn display(n: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")];
    if n >= 60_000_000_000 {
        // Two units, rounded to the smaller one first, so that 119.9996 s does not read "1 min 60 s".
        let secs = match n / 1_000_000_000 {
            0..3_600 => nearest(n, 1_000_000_000),
            3_600..86_400 => nearest(n, 60_000_000_000) * 60,
            _ => nearest(n, 3_600_000_000_000) * 3_600,
        };
        let parts = [(secs / 86_400, "d"), (secs / 3600 % 24, "h"), (secs / 60 % 60, "min"), (secs % 60, "s")];
        let said: Vec<String> = parts.iter().filter(|(v, _)| *v > 0).map(|(v, u)| format!("{v} {u}")).collect();
        return said.join(" ");
    }
    for (unit, name) in UNITS {
        if n >= unit {
            let (whole, thousandths) = (n / unit, n % unit * 1000 / unit);
            if thousandths == 0 {
                return format!("{whole} {name}");
            }
            let digits = format!("{thousandths:03}");
            return format!("{whole}.{} {name}", digits.trim_end_matches('0'));
        }
    }
    if n == 0 { "0 s".into() } else { format!("{n} ns") }
}

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDurationError {
    /// Below zero.
    #[error("`{0}` is negative, and a length of time cannot be")]
    Negative(String),
    /// The number is missing or not a plain decimal number.
    #[error("`{0}` does not begin with a number")]
    Number(String),
    /// There is a number and nothing behind it.
    #[error("`{0}` has no unit of time; use ns, us, ms, s, min, h or d")]
    NoUnit(String),
    /// The unit is unknown.
    #[error("`{0}` is not a unit of time; use ns, us, ms, s, min, h or d")]
    Unit(String),
    /// Longer than 584 years, or finer than a nanosecond.
    #[error("`{0}` is out of range")]
    Range(String),
}

/// Reads `20ms`, `1.5 s`, `6h`, `4d`, `1h30min`.
impl FromStr for Duration {
    type Err = ParseDurationError;
    fn from_str(text: &str) -> Result<Duration, ParseDurationError> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(ParseDurationError::Number(text.into()));
        }
        let minus = rest.strip_prefix(['-', '\u{2212}']).unwrap_or_default().trim_start();
        if minus.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(ParseDurationError::Negative(text.into()));
        }
        let mut total = 0_u64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, after) = rest.split_at(digits);
            let after = after.trim_start();
            let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
            let (unit, next) = after.split_at(letters);
            let nanos_per_unit = match unit {
                "ns" => 1,
                "us" | "µs" | "μs" => 1_000,
                "ms" => 1_000_000,
                "s" | "sec" => 1_000_000_000,
                "min" | "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                "d" => 86_400_000_000_000_u64,
                _ if number.is_empty() => return Err(ParseDurationError::Number(text.into())),
                "" if !number.is_empty() => return Err(ParseDurationError::NoUnit(text.trim().into())),
                _ => return Err(ParseDurationError::Unit(unit.into())),
            };
            let part = scale_decimal(number, nanos_per_unit).map_err(|e| match e {
                DecimalError::Syntax => ParseDurationError::Number(text.into()),
                DecimalError::Range => ParseDurationError::Range(text.into()),
            })?;
            total = total.checked_add(part).ok_or_else(|| ParseDurationError::Range(text.into()))?;
            rest = next.trim_start();
        }
        Ok(Duration(total))
    }
}

enum DecimalError {
    Syntax,
    Range,
}

/// `number * unit` in integers, for a plain decimal number.
fn scale_decimal(number: &str, unit: u64) -> Result<u64, DecimalError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || number.ends_with('.') || fraction.len() > 12 {
        return Err(DecimalError::Syntax);
    }
    let whole: u128 = whole.parse().map_err(|_| DecimalError::Range)?;
    let scale = 10_u128.pow(fraction.len() as u32);
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| DecimalError::Syntax)? };
    let nanos = whole
        .checked_mul(u128::from(unit))
        .and_then(|n| n.checked_add(fraction * u128::from(unit) / scale))
        .ok_or(DecimalError::Range)?;
    u64::try_from(nanos).map_err(|_| DecimalError::Range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write() {
        for (text, nanos, shown) in [
            ("20ms", 20_000_000, "20 ms"),
            ("1.5 s", 1_500_000_000, "1.5 s"),
            ("6h", 21_600_000_000_000, "6 h"),
            ("1h30min", 5_400_000_000_000, "1 h 30 min"),
            ("4d", 345_600_000_000_000, "4 d"),
            ("7ns", 7, "7 ns"),
            ("0.25us", 250, "250 ns"),
            ("0s", 0, "0 s"),
            ("119.9996s", 119_999_600_000, "2 min"),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.as_nanos(), nanos, "{text}");
            assert_eq!(duration.to_string(), shown, "{text}");
        }
        for bad in ["", "ms", "12", "-1s", "1e9s", "NaN s", "inf", "1 parsec", "999999999d", "1.2.3s", ".5s", "1.s"] {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_negative_is_called_so() {
        for bad in ["-1s", " - 5 ms", "\u{2212}1h"] {
            assert!(matches!(bad.parse::<Duration>(), Err(ParseDurationError::Negative(_))), "{bad}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Instant::MAX + Duration::from_secs(1), Instant::MAX);
        assert_eq!(Instant::ZERO - Instant::MAX, Duration::ZERO);
        assert_eq!(Duration::MAX.times(2), Duration::MAX);
    }
}
