//! The internal date of a mail (RFC 9051 §2.3.3).

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::sim::calendar::Calendar;
use crate::store::{GivenDate, Message};

/// The internal date of a mail: what its client has given, else when it was filed.
pub(super) fn internal(message: &Message, calendar: Calendar) -> GivenDate {
    message.given_date().unwrap_or_else(|| GivenDate {
        unix_secs: calendar.unix_secs(message.at()),
        offset_minutes: calendar.offset_minutes(),
    })
}

/// Writes a date: `"05-Jan-2026 09:00:00 +0000"` (§9, `date-time`).
pub(super) fn write(out: &mut Vec<u8>, date: GivenDate) {
    let offset = Offset::from_seconds(i32::from(date.offset_minutes) * 60).unwrap_or(Offset::UTC);
    let stamp = Timestamp::from_second(date.unix_secs).unwrap_or(Timestamp::MAX);
    let text = stamp.to_zoned_datetime(TimeZone::fixed(offset)).strftime("\"%d-%b-%Y %H:%M:%S %z\"").to_string();
    out.extend_from_slice(text.as_bytes());
}
