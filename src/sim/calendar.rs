//! The calendar: what a host's clock shows.
//!
//! A scenario starts at a date; [`Instant`]s are offsets from it. Formatting is for RFC 5322 §3.3 date-time fields.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::Instant;

/// A wall clock: a start date and an offset from Universal Time. Cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Seconds since 1970-01-01T00:00:00Z at [`Instant::ZERO`].
    start_unix_secs: i64,
    /// Minutes east of Universal Time.
    offset_minutes: i16,
}

impl Calendar {
    /// A calendar that shows `start_unix_secs` (seconds since 1970, Universal Time) at the beginning of the run.
    /// `offset_minutes` is the zone, in minutes east of Universal Time; it is held within ±23:59.
    #[must_use]
    pub fn new(start_unix_secs: i64, offset_minutes: i16) -> Calendar {
        Calendar { start_unix_secs, offset_minutes: offset_minutes.clamp(-1439, 1439) }
    }

    /// The zone, in minutes east of Universal Time.
    #[must_use]
    pub fn offset_minutes(&self) -> i16 {
        self.offset_minutes
    }

    /// Whole seconds since 1970 at `now`.
    #[must_use]
    pub fn unix_secs(&self, now: Instant) -> i64 {
        self.start_unix_secs.saturating_add((now.as_nanos() / 1_000_000_000) as i64)
    }

    /// The date-time of RFC 5322 §3.3, such as `Mon, 5 Jan 2026 09:00:00 +0000`.
    #[must_use]
    pub fn rfc5322(&self, now: Instant) -> String {
        let zone = TimeZone::fixed(Offset::from_seconds(i32::from(self.offset_minutes) * 60).unwrap_or(Offset::UTC));
        let stamp = Timestamp::from_second(self.unix_secs(now)).unwrap_or(Timestamp::MAX);
        stamp.to_zoned_datetime(zone).strftime("%a, %-d %b %Y %H:%M:%S %z").to_string()
    }

    /// What `asctime` of C makes of it, in Universal Time whatever the zone: `Mon Jan  5 09:00:00 2026`, as the lines between the
    /// mails of an mbox have it (RFC 4155 appendix A).
    #[must_use]
    pub fn asctime(&self, now: Instant) -> String {
        let stamp = Timestamp::from_second(self.unix_secs(now)).unwrap_or(Timestamp::MAX);
        stamp.to_zoned_datetime(TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y").to_string()
    }

    /// The date and time of day for people, such as `2026-01-05 09:00:00`.
    #[must_use]
    pub fn civil(&self, now: Instant) -> String {
        let zone = TimeZone::fixed(Offset::from_seconds(i32::from(self.offset_minutes) * 60).unwrap_or(Offset::UTC));
        let stamp = Timestamp::from_second(self.unix_secs(now)).unwrap_or(Timestamp::MAX);
        stamp.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

impl Default for Calendar {
    /// Monday, 5 January 2026, 09:00 Universal Time: the date on which scenarios begin unless they say otherwise.
    fn default() -> Calendar {
        Calendar::new(1_767_603_600, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Duration;

    #[test]
    fn dates_are_those_of_rfc_5322() {
        let calendar = Calendar::default();
        assert_eq!(calendar.rfc5322(Instant::ZERO), "Mon, 5 Jan 2026 09:00:00 +0000");
        let east = Calendar::new(1_767_603_600, 90);
        assert_eq!(east.rfc5322(Instant::ZERO + Duration::from_hours(24)), "Tue, 6 Jan 2026 10:30:00 +0130");
        assert_eq!(east.asctime(Instant::ZERO), "Mon Jan  5 09:00:00 2026");
        assert_eq!(calendar.civil(Instant::ZERO + Duration::from_secs(61)), "2026-01-05 09:01:01");
    }
}
