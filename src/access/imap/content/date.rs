//! Dates as IMAP writes them (RFC 3501 §9: `date-time`, `date`).

use imap_codec::imap_types::datetime::{DateTime, NaiveDate};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::Offset;

use crate::sim::calendar::Calendar;
use crate::store::{GivenDate, Message};

const DAY: i64 = 86_400;
/// Minutes.
const MOST_ZONE: i16 = 23 * 60 + 59;
/// The first second of the year 0, and nearly the last one of the year 9999: the last that `jiff` has.
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_207_200;

/// INTERNALDATE of a mail (RFC 3501 §2.3.3): the date that a client has given for it, or else when it was filed, in the zone of
/// the host.
#[must_use]
pub fn internal(message: &Message, calendar: &Calendar) -> GivenDate {
    message.given_date().unwrap_or_else(|| GivenDate {
        unix_secs: calendar.unix_secs(message.at()),
        offset_minutes: calendar.offset_minutes(),
    })
}

/// As it stands in a response, without its quotes: `17-Jul-1996 02:44:25 -0700`. A day with one digit has a space in front. What the
/// protocol cannot say, before the year 0 or behind 9999, is the nearest that it can.
#[must_use]
pub fn written(date: GivenDate) -> String {
    let (shown, zone) = shown(date);
    format!("{} {}", shown.strftime("%e-%b-%Y %H:%M:%S"), zone_text(zone, ""))
}

/// The same, read; `None` where it is none.
#[must_use]
pub fn read(text: &str) -> Option<GivenDate> {
    if text.len() != 26 || !text.bytes().enumerate().all(|(at, byte)| fits(at, byte)) {
        return None;
    }
    let shown = civil::DateTime::strptime("%d-%b-%Y %H:%M:%S", text[..20].trim_start()).ok()?;
    let (hours, minutes): (i16, i16) = (text[22..24].parse().ok()?, text[24..].parse().ok()?);
    let sign = if text.as_bytes()[21] == b'-' { -1 } else { 1 };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let offset_minutes = sign * (hours * 60 + minutes);
    let unix_secs = Offset::UTC.to_timestamp(shown).ok()?.as_second() - i64::from(offset_minutes) * 60;
    Some(GivenDate { unix_secs, offset_minutes })
}

/// Whether a byte can stand at this place of a `date-time`.
fn fits(at: usize, byte: u8) -> bool {
    match at {
        0 => byte == b' ' || byte.is_ascii_digit(),
        2 | 6 => byte == b'-',
        3..=5 => byte.is_ascii_alphabetic(),
        11 | 20 => byte == b' ',
        14 | 17 => byte == b':',
        21 => matches!(byte, b'+' | b'-'),
        _ => byte.is_ascii_digit(),
    }
}

/// For a response that `imap-codec` writes; see [`written`].
#[must_use]
pub fn to_imap(date: GivenDate) -> DateTime {
    let (shown, zone) = shown(date);
    let text = format!("{}{}", shown.strftime("%Y-%m-%dT%H:%M:%S"), zone_text(zone, ":"));
    // The type that it is made of belongs to another crate, which need not be named to read one.
    DateTime::unvalidated(text.parse().expect("it is written as RFC 3339 has it"))
}

/// Of APPEND (RFC 3501 §6.3.11).
#[must_use]
pub fn from_imap(date: &DateTime) -> GivenDate {
    let date = date.as_ref();
    let minutes = date.offset().local_minus_utc() / 60;
    GivenDate { unix_secs: date.timestamp(), offset_minutes: i16::try_from(minutes).unwrap_or(0) }
}

/// What a clock in its zone shows, and the zone in minutes.
fn shown(date: GivenDate) -> (civil::DateTime, i16) {
    let zone = date.offset_minutes.clamp(-MOST_ZONE, MOST_ZONE);
    let local = date.unix_secs.saturating_add(i64::from(zone) * 60).clamp(FIRST, LAST);
    let stamp = Timestamp::from_second(local).unwrap_or(Timestamp::UNIX_EPOCH);
    (Offset::UTC.to_datetime(stamp), zone)
}

fn zone_text(minutes: i16, between: &str) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}{between}{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// A day, counted from 1 January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day that a date shows in its own zone: time and zone are disregarded (RFC 3501 §6.4.4).
    #[must_use]
    pub fn shown(unix_secs: i64, offset_minutes: i16) -> Day {
        Day(unix_secs.saturating_add(i64::from(offset_minutes) * 60).div_euclid(DAY))
    }

    /// The day of a search key.
    #[must_use]
    pub fn of_key(date: &NaiveDate) -> Day {
        let midnight = date.as_ref().and_hms_opt(0, 0, 0);
        Day(midnight.map_or(0, |midnight| midnight.and_utc().timestamp()).div_euclid(DAY))
    }
}
