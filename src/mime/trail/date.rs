//! Dates as servers write them: RFC 5322 §3.3 and §4.3, and the forms that are found instead.

use jiff::civil;
use jiff::tz::Offset;
use serde::Serialize;

use super::lex::without_comments;

/// A moment, and the zone that it was told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Seconds since 1970, Universal Time.
    pub unix_secs: i64,
    /// Minutes east of Universal Time. `None` where no zone is written, or one that nobody knows: it was read as
    /// Universal Time then (RFC 5322 §4.3).
    pub zone_minutes: Option<i16>,
}

/// No date is longer: what follows is not looked at.
const LONGEST: usize = 200;

/// Reads a date-time: weekday, seconds and zone may be missing, comments may stand anywhere, the year may have two digits, and
/// the order may be that of `asctime` or of ISO 8601. `None` where day, month, year or time cannot be told.
#[must_use]
pub fn moment(text: &str) -> Option<Moment> {
    read(text)?.moment()
}

/// The weekday that a date-time names and the one that it should, where the two differ (RFC 5322 §3.3).
pub(super) fn wrong_weekday(text: &str) -> Option<(&'static str, &'static str)> {
    let date = read(text)?;
    // A day as the zone has it, which is how it was written.
    let day = civil::Date::new(date.year?, date.month?, date.day?).ok()?;
    let (said, is) = (date.weekday?, usize::from(day.weekday().to_monday_zero_offset().unsigned_abs()));
    (said != is).then(|| (WEEKDAYS[said], WEEKDAYS[is]))
}

fn read(text: &str) -> Option<Date> {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = without_comments(&text[..end]);
    let mut date = Date::default();
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    for word in words {
        date.word(word)?;
    }
    Some(date)
}

#[derive(Default)]
struct Date {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<civil::Time>,
    /// Minutes; none where the zone is not known.
    zone: Option<Option<i16>>,
    /// A word of letters that is no month stands at the beginning only: the weekday.
    begun: bool,
    /// Counted from Monday, which is 0.
    weekday: Option<usize>,
}

impl Date {
    /// Takes a word in; `None` where it makes no sense at its place.
    fn word(&mut self, word: &str) -> Option<()> {
        let is_first = !std::mem::replace(&mut self.begun, true);
        if is_first {
            self.weekday = start_of(&WEEKDAYS, word);
        }
        if self.time.is_some()
            && self.zone.is_none()
            && let Some(zone) = numeric_zone(word).or_else(|| numeric_zone(word.strip_prefix("GMT")?))
        {
            self.zone = Some(Some(zone));
        } else if word.contains(':') {
            self.time_of_day(word)?;
        } else if word.bytes().all(|b| b.is_ascii_digit()) {
            self.number(word)?;
        } else if let (None, Some(month)) = (self.month, month(word)) {
            self.month = Some(month);
        } else if word.contains('-') && self.day.is_none() {
            self.dashed(word)?;
        } else if self.time.is_some() && self.zone.is_none() {
            self.zone = Some(named_zone(word));
        } else if !is_first && self.zone.is_none() {
            return None;
        }
        Some(())
    }

    /// `09:00:00`, `09:00`, `09:00:00.123`, and ISO 8601's `2026-01-05T09:00:00Z`.
    fn time_of_day(&mut self, word: &str) -> Option<()> {
        let (date, time) = word.split_once('T').map_or((None, word), |(date, time)| (Some(date), time));
        if let Some(date) = date {
            self.dashed(date)?;
        }
        let end = time.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(time.len());
        let (time, zone) = time.split_at(end);
        let whole = time.split('.').next()?;
        let mut parts = whole.split(':').map(|part| part.parse::<i8>().ok());
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = parts.next().map_or(Some(0), |second| second)?;
        // RFC 5322 §3.3 allows the leap second, which no count of seconds has.
        let second = if second == 60 { 59 } else { second };
        if parts.next().is_some() || self.time.is_some() {
            return None;
        }
        self.time = Some(civil::Time::new(hour, minute, second, 0).ok()?);
        if !zone.is_empty() {
            self.zone = Some(numeric_zone(zone).or_else(|| named_zone(zone)));
        }
        Some(())
    }

    /// A day, or a year.
    fn number(&mut self, word: &str) -> Option<()> {
        if self.day.is_none() && word.len() <= 2 {
            self.day = Some(word.parse().ok()?);
            return Some(());
        }
        if self.year.is_some() {
            return None;
        }
        let number: i16 = word.parse().ok()?;
        // RFC 5322 §4.3; with three digits, some programs write the years since 1900.
        self.year = Some(match word.len() {
            2 if number < 50 => number + 2000,
            2 | 3 => number.checked_add(1900)?,
            4 => number,
            _ => return None,
        });
        Some(())
    }

    /// `2026-01-05` and `5-Jan-2026`.
    fn dashed(&mut self, word: &str) -> Option<()> {
        let parts: Vec<&str> = word.split('-').take(4).collect();
        let [first, second, third] = parts.as_slice() else { return None };
        if first.len() == 4 {
            self.year = Some(first.parse().ok()?);
            self.month = Some(second.parse().ok()?);
            self.day = Some(third.parse().ok()?);
        } else {
            self.day = Some(first.parse().ok()?);
            self.month = Some(month(second)?);
            self.number(third)?;
        }
        Some(())
    }

    fn moment(self) -> Option<Moment> {
        let date = civil::Date::new(self.year?, self.month?, self.day?).ok()?;
        let zone_minutes = self.zone.flatten();
        let stamp = Offset::UTC.to_timestamp(date.to_datetime(self.time?)).ok()?;
        Some(Moment { unix_secs: stamp.as_second() - i64::from(zone_minutes.unwrap_or(0)) * 60, zone_minutes })
    }
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month(word: &str) -> Option<i8> {
    start_of(&MONTHS, word).map(|place| place as i8 + 1)
}

/// Which of the names a word begins with: some programs write them out.
fn start_of(names: &[&str], word: &str) -> Option<usize> {
    let start = word.get(..3)?;
    let is_name = word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.');
    names.iter().position(|name| is_name && name.eq_ignore_ascii_case(start))
}

/// `+0100`, `-05:00`.
fn numeric_zone(word: &str) -> Option<i16> {
    let (sign, digits) = match word.as_bytes().first()? {
        b'+' => (1, &word[1..]),
        b'-' => (-1, &word[1..]),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i16, i16) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

/// The zones of RFC 5322 §4.3 and a few that are found in mail; others are not known, as the single letters are not.
fn named_zone(word: &str) -> Option<i16> {
    const ZONES: [(&str, i16); 21] = [
        ("UT", 0),
        ("GMT", 0),
        ("UTC", 0),
        ("Z", 0),
        ("EST", -300),
        ("EDT", -240),
        ("CST", -360),
        ("CDT", -300),
        ("MST", -420),
        ("MDT", -360),
        ("PST", -480),
        ("PDT", -420),
        ("WET", 0),
        ("WEST", 60),
        ("CET", 60),
        ("MET", 60),
        ("CEST", 120),
        ("MEST", 120),
        ("EET", 120),
        ("EEST", 180),
        ("JST", 540),
    ];
    ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, minutes)| *minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-01-05 09:00:00 Universal Time, a Monday.
    const NINE: i64 = 1_767_603_600;

    #[test]
    fn dates_of_real_servers() {
        for (text, zone) in [
            ("Mon, 5 Jan 2026 09:00:00 +0000", Some(0)),
            (" Mon,  5 Jan 2026 10:00:00 +0100 (CET)", Some(60)),
            ("Mon, 05 Jan 2026 04:00:00 EST", Some(-300)),
            ("5 Jan 26 09:00 GMT", Some(0)),
            ("5 Jan 126 09:00 +0000", Some(0)),
            ("Mon (the first (working) day), 5 (fifth) Jan 2026 09:00:00 (am) -0000", Some(0)),
            ("Mon Jan  5 09:00:00 2026", None),
            ("Mon Jan  5 09:00:00 UTC 2026", Some(0)),
            ("Mon Jan  5 10:00:00 2026 +0100", Some(60)),
            ("2026-01-05T09:00:00Z", Some(0)),
            ("2026-01-05T10:00:00.250+01:00", Some(60)),
            ("2026-01-05 09:00:00 +0000", Some(0)),
            ("5-Jan-2026 09:00:00 UTC", Some(0)),
            ("Tue, 5 Jan 2026 09:00:00 +0000", Some(0)),
            ("Monday, 5 January 2026 09:00:00 +0000", Some(0)),
            ("Mon, 5 Jan 2026 09:00:00 K", None),
            ("Mon, 5 Jan 2026 09:00:00 GMT+0000", Some(0)),
            ("Mon, 5 Jan 2026 08:59:60 +0000", Some(0)),
        ] {
            let expected = if text.contains(":60") { NINE - 1 } else { NINE };
            assert_eq!(moment(text), Some(Moment { unix_secs: expected, zone_minutes: zone }), "{text}");
        }
        assert_eq!(moment("1 Jan 70 00:00 UT").map(|m| m.unix_secs), Some(0));
        assert_eq!(moment("1 Jan 49 00:00 UT").map(|m| m.unix_secs), Some(2_493_072_000));
    }

    #[test]
    fn what_cannot_be_told() {
        for text in [
            "",
            "yesterday",
            "5 Jan 2026",
            "Mon, 5 Foo 2026 09:00:00 +0000",
            "Mon, 35 Jan 2026 09:00:00 +0000",
            "29 Feb 2026 09:00:00 +0000",
            "5 Jan 2026 25:00:00 +0000",
            "1/5/2026 9:00:00 AM",
            "5 Jan 2026 09:00:00 10:00:00",
            "5 Jan 99999 09:00:00 +0000",
            "()",
            "T",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn weekdays_fit() {
        for (text, expected) in [
            ("Mon, 5 Jan 2026 09:00:00 +0000", None),
            ("Monday, 5 Jan 26 23:30:00 -0800", None),
            ("5 Jan 2026 09:00 GMT", None),
            ("Foo, 5 Jan 2026 09:00 GMT", None),
            ("Fri, 5 Jan 2026 09:00:05 +0000", Some(("Fri", "Mon"))),
            ("sunday 2026-01-05 09:00:05", Some(("Sun", "Mon"))),
            ("Tue Jan  5 09:00:00 2026", Some(("Tue", "Mon"))),
            ("Fri, 35 Jan 2026 09:00:05 +0000", None),
        ] {
            assert_eq!(wrong_weekday(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,250}|([0-9:TZ+ -]|Jan|Mon,|\\(|\\)|é){0,40}") {
            let _ = (moment(&text), wrong_weekday(&text));
        }
    }
}
