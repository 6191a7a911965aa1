//! Numbers with units, as people write them: `"10Mbit/s"`, `"2 %"`, `"64KiB"`, `"10/min"`, `"2026-01-05 09:00"`.
//!
//! Lengths of time are read by [`crate::sim::Duration`] itself. All results are whole numbers; nothing passes through
//! floating point. The errors are sentences without a capital or a full stop.

use crate::sim::Duration;

type Said<T> = Result<T, String>;

/// A plain decimal number such as `1.5`, times `unit`, rounded down.
fn decimal(number: &str, unit: u128) -> Said<u128> {
    let clean: String = number.chars().filter(|c| *c != '_').collect();
    let (whole, fraction) = clean.split_once('.').unwrap_or((&clean, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || clean.ends_with('.') {
        return Err(format!("`{number}` is not a plain number"));
    }
    if whole.len() > 18 || fraction.len() > 9 {
        return Err(format!("`{number}` has too many digits"));
    }
    let part = |t: &str| t.parse::<u128>().unwrap_or(0);
    Ok(part(whole) * unit + part(fraction) * unit / 10_u128.pow(fraction.len() as u32))
}

/// Number and unit of a text.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let at = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+'))).unwrap_or(text.len());
    (text[..at].trim(), text[at..].trim())
}

fn with_unit(text: &str, what: &str, units: &[(&str, u64)], tell: &str) -> Said<u64> {
    let (number, unit) = split(text);
    if number.is_empty() {
        return Err(format!("`{}` does not begin with a number", text.trim()));
    }
    if number.starts_with('-') {
        return Err(format!("{what} cannot be negative"));
    }
    if unit.is_empty() && !units.iter().any(|(name, _)| name.is_empty()) {
        return Err(format!("the unit is missing; use {tell}"));
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("`{unit}` is not a unit of {what}; use {tell}"));
    };
    u64::try_from(decimal(number, u128::from(*factor))?).map_err(|_| format!("`{}` is too much", text.trim()))
}

/// Bits per second.
pub(crate) fn bandwidth(text: &str) -> Said<u64> {
    const UNITS: &[(&str, u64)] = &[
        ("bit/s", 1),
        ("kbit/s", 1_000),
        ("Mbit/s", 1_000_000),
        ("Gbit/s", 1_000_000_000),
        ("bps", 1),
        ("kbps", 1_000),
        ("Mbps", 1_000_000),
        ("Gbps", 1_000_000_000),
        ("B/s", 8),
        ("kB/s", 8_000),
        ("MB/s", 8_000_000),
    ];
    with_unit(text, "bandwidth", UNITS, "bit/s, kbit/s, Mbit/s or Gbit/s")
}

/// Bytes.
pub(crate) fn size(text: &str) -> Said<u64> {
    const UNITS: &[(&str, u64)] = &[
        ("B", 1),
        ("bytes", 1),
        ("byte", 1),
        ("kB", 1_000),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ];
    with_unit(text, "size", UNITS, "B, kB, MB, KiB or MiB")
}

/// Parts per million of `"2 %"`.
pub(crate) fn percent(text: &str) -> Said<u64> {
    const UNITS: &[(&str, u64)] = &[("%", 10_000), ("percent", 10_000), ("ppm", 1), ("‰", 1_000)];
    with_unit(text, "a share", UNITS, "%, such as \"2 %\"")
}

/// The mean time between two events of `"10/min"`.
pub(crate) fn rate(text: &str) -> Said<Duration> {
    let Some((number, unit)) = text.split_once('/') else {
        return Err(format!("`{}` is not a rate; write it like \"10/min\"", text.trim()));
    };
    let nanos: u128 = match unit.trim() {
        "s" | "sec" => 1_000_000_000,
        "min" | "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        other => return Err(format!("`{other}` is not a unit of time; use s, min, h or d")),
    };
    let thousandths = decimal(number.trim(), 1000)?;
    if thousandths == 0 {
        return Err("a rate of zero is no traffic at all".into());
    }
    u64::try_from(nanos * 1000 / thousandths).map(Duration::from_nanos).map_err(|_| "this rate is too low".into())
}

/// A number with up to three decimals, in thousandths.
pub(crate) fn thousandths(text: &str) -> Said<u64> {
    u64::try_from(decimal(text.trim(), 1000)?).map_err(|_| format!("`{text}` is too large"))
}

/// Minutes east of Universal Time of `"+01:00"`.
pub(crate) fn zone(text: &str) -> Said<i16> {
    let text = text.trim();
    if matches!(text, "Z" | "UTC" | "GMT") {
        return Ok(0);
    }
    let wrong = || format!("`{text}` is not a zone; write it like \"+01:00\" or \"-05:00\"");
    let sign = match text.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Err(wrong()),
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let (hours, minutes) = (digits[..2].parse::<i16>().unwrap_or(99), digits[2..].parse::<i16>().unwrap_or(99));
    if hours > 14 || minutes > 59 { Err(wrong()) } else { Ok(sign * (hours * 60 + minutes)) }
}

/// Seconds since 1970 of `"2026-01-05 09:00"`, `"2026-01-05 09:00:30 +01:00"` or `"2026-01-05"`. Without a zone it
/// is taken in `zone_minutes`.
pub(crate) fn date(text: &str, zone_minutes: i16) -> Said<i64> {
    let wrong = || "a date is written \"2026-01-05 09:00\", with a zone like +01:00 after it if need be".to_owned();
    let mut words = text.split_whitespace().flat_map(|w| w.split('T'));
    let day = words.next().ok_or_else(wrong)?;
    let time = words.next().unwrap_or("00:00");
    let minutes = words.next().map_or(Ok(zone_minutes), zone)?;
    if words.next().is_some() {
        return Err(wrong());
    }
    let day = day.parse::<jiff::civil::Date>().map_err(|_| format!("`{day}` is not a date; {}", wrong()))?;
    let time = time.parse::<jiff::civil::Time>().map_err(|_| format!("`{time}` is not a time of day; {}", wrong()))?;
    if !(1970..=2500).contains(&day.year()) {
        return Err("a scenario begins between the years 1970 and 2500".into());
    }
    let stamp = jiff::tz::Offset::UTC.to_timestamp(day.to_datetime(time)).map_err(|_| wrong())?;
    Ok(stamp.as_second() - i64::from(minutes) * 60)
}

/// A length of time that may be negative, in whole seconds.
pub(crate) fn offset_secs(text: &str) -> Said<i64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let length: Duration = rest.parse().map_err(|e| format!("{e}"))?;
    Ok(sign * length.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_as_people_write_them() {
        assert_eq!(bandwidth("10Mbit/s"), Ok(10_000_000));
        assert_eq!(bandwidth("1.5 Mbit/s"), Ok(1_500_000));
        assert_eq!(bandwidth("64 kB/s"), Ok(512_000));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("10 MB"), Ok(10_000_000));
        assert_eq!(size("1_000 B"), Ok(1_000));
        assert_eq!(percent("2 %"), Ok(20_000));
        assert_eq!(percent("0.01%"), Ok(100));
        assert_eq!(rate("10/min"), Ok(Duration::from_secs(6)));
        assert_eq!(rate("0.5 / s"), Ok(Duration::from_secs(2)));
        assert_eq!(thousandths("1.25"), Ok(1250));
        assert_eq!(zone("+05:30"), Ok(330));
        assert_eq!(zone("-0800"), Ok(-480));
        assert_eq!(date("2026-01-05 09:00", 0), Ok(1_767_603_600));
        assert_eq!(date("2026-01-05T10:00:00 +01:00", 0), Ok(1_767_603_600));
        assert_eq!(date("2026-01-05 10:00", 60), Ok(1_767_603_600));
        assert_eq!(date("2026-01-05", 0), Ok(1_767_571_200));
        assert_eq!(offset_secs("-90s"), Ok(-90));
        assert_eq!(offset_secs("2min"), Ok(120));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in
            ["", "Mbit/s", "10", "10Mb", "-1Mbit/s", "NaN Mbit/s", "1e9bit/s", "1.bit/s", "99999999999999999999bit/s"]
        {
            assert!(bandwidth(bad).is_err(), "{bad}");
        }
        for bad in ["64", "64kib", "x", "1..2B", "infB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        for bad in ["2", "%", "-2%", "2 %%"] {
            assert!(percent(bad).is_err(), "{bad}");
        }
        for bad in ["10", "0/s", "x/s", "10/parsec", "/min"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
        for bad in
            ["", "yesterday", "2026-13-01", "2026-02-30", "2026-01-05 25:00", "1969-01-01", "2026-01-05 09:00 x y"]
        {
            assert!(date(bad, 0).is_err(), "{bad}");
        }
        for bad in ["", "1", "+1", "+99:00", "+01:75", "ä1:00"] {
            assert!(zone(bad).is_err(), "{bad}");
        }
    }
}
