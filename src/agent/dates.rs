//! What the date-time fields of a host say.

use crate::sim::Instant;
use crate::sim::calendar::Calendar;

/// The date-time text of the current second.
#[derive(Clone, Debug, Default)]
pub(super) struct DateCache {
    secs: Option<i64>,
    text: String,
}

impl DateCache {
    /// The date-time of RFC 5322 §3.3 for `now`.
    pub(super) fn get(&mut self, calendar: Calendar, now: Instant) -> &str {
        let secs = calendar.unix_secs(now);
        if self.secs != Some(secs) {
            self.secs = Some(secs);
            self.text = calendar.rfc5322(now);
        }
        &self.text
    }
}
