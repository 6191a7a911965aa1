//! What does not fit about a hop, or about the Date field.

use serde::Serialize;

/// Something about a hop, or about the Date field, that a reader should know before believing it. None of them proves anything by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Doubt {
    /// It has neither `from` nor `by`.
    Unreadable,
    /// It is longer than what is read of a field.
    Cut,
    /// It does not say who wrote it.
    NoBy,
    /// It does not say from whom the mail came.
    NoFrom,
    /// It has no date.
    NoTime,
    /// Its date cannot be read.
    UnreadableTime,
    /// Its weekday is not that of its day (RFC 5322 §3.3): no program makes such a date.
    WrongWeekday {
        /// The weekday as written.
        said: &'static str,
        /// The weekday of that day.
        is: &'static str,
    },
    /// It is earlier than the hop below, of which the clock may be wrong just as well.
    Backwards {
        /// By how many seconds, at least.
        secs: i64,
    },
    /// It is earlier than the Date field.
    BeforeDate {
        /// By how many seconds.
        secs: i64,
    },
    /// The server that took the mail below has another name than the client that it came from: a hop that wrote nothing, a
    /// machine of several names, or a forgery below.
    Gap {
        /// The server below.
        below: String,
        /// The client here.
        from: String,
    },
    /// The client called itself by another name than the DNS does.
    HeloDiffers {
        /// What it said.
        helo: String,
        /// What the DNS says.
        reverse: String,
        /// Whether both names are of one site, which is no wonder.
        is_one_site: bool,
    },
    /// Sendmail found that the name of the client's address does not lead back to it.
    MayBeForged,
    /// The client has an address of a closed network, although the mail had been outside.
    PrivateAfterPublic {
        /// The address as written.
        address: String,
    },
}
