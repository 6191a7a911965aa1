//! The way of a mail, read from its header section: who took it from whom, when, how, and what of that does not fit
//! (RFC 5321 §4.4, RFC 5322 §3.6.7).
//!
//! Every server writes its Received field on top, so the lowest is the first. A server can be believed about what it wrote itself;
//! whatever stood in the mail before is what a stranger says. Nothing here fails, however broken the bytes are: what is read is
//! bounded, and the time is linear in their number.

mod chain;
mod client;
mod date;
mod doubt;
mod hop;
mod lex;
mod mark;
mod sealing;
mod software;

use serde::Serialize;

use super::content::Content;
use super::fields::Field;
use crate::octets::{Chunk, Rope};

pub use client::Client;
pub use date::{Moment, moment};
pub use doubt::Doubt;
pub use hop::Hop;
pub use mark::{AuthResult, Mark, MarkKind};
pub use sealing::{Encrypted, Tls};
pub use software::Software;

/// Hops that are read, counted from the last one. No server takes a mail with more (RFC 5321 §6.3).
pub const MOST_HOPS: usize = 100;
/// Other fields that are read.
pub const MOST_MARKS: usize = 200;
/// Bytes of one field that are read.
pub const LONGEST_FIELD_BYTES: usize = 8192;

/// The way of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trail {
    /// How many header fields there are, of any name. Where there are none, this is no mail.
    pub fields: usize,
    /// How many Received fields there are, those that were not read included.
    pub received: usize,
    /// The Date field as written.
    pub date: Option<String>,
    /// The Date field, where it can be read.
    pub time: Option<Moment>,
    /// The From field as written.
    pub from: Option<String>,
    /// The To field as written.
    pub to: Option<String>,
    /// The hops, first to last; not more than [`MOST_HOPS`], and then the last ones.
    pub hops: Vec<Hop>,
    /// Seconds from the Date field, or the first hop that has a time where there is none, to the last hop that has one.
    pub total_secs: Option<i64>,
    /// The number of the hop before which the mail waited longest, where it waited at all.
    pub slowest: Option<usize>,
    /// Other fields that servers left, topmost first; not more than [`MOST_MARKS`].
    pub marks: Vec<Mark>,
}

/// Reads the way of a mail from a header section, or from a whole mail.
#[must_use]
pub fn trail(header: &[u8]) -> Trail {
    // What was copied from a window often begins with an empty line, which would be the end of the header section.
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header).trim_ascii_start();
    let content = Content::scan(Rope::from(Chunk::copy_from(header)));
    let mut trail = Trail::default();
    // How many Received fields stand above each mark.
    let mut above = Vec::new();
    for field in content.fields().filter(has_name) {
        trail.fields += 1;
        if field.is("Received") {
            trail.received += 1;
            if trail.hops.len() < MOST_HOPS {
                let (text, is_cut) = text(&field.value);
                trail.hops.push(hop::hop(text, is_cut));
            }
            continue;
        }
        let place = [("Date", &mut trail.date), ("From", &mut trail.from), ("To", &mut trail.to)];
        match place.into_iter().find(|(name, _)| field.is(name)) {
            // A second one is not the author's.
            Some((_, place)) => {
                place.get_or_insert_with(|| text(&field.value).0);
            }
            None if trail.marks.len() < MOST_MARKS => {
                if let Some(what) = mark::mark(&field.name, &text(&field.value).0) {
                    above.push(trail.received);
                    trail.marks.push(Mark { after_hop: 0, what });
                }
            }
            None => {}
        }
    }
    trail.time = trail.date.as_deref().and_then(moment);
    trail.hops.reverse();
    for (mark, above) in trail.marks.iter_mut().zip(above) {
        mark.after_hop = trail.hops.len().saturating_sub(above);
    }
    chain::join(&mut trail.hops, trail.time);
    let times: Vec<i64> = trail.hops.iter().filter_map(|hop| hop.time).map(|time| time.unix_secs).collect();
    let begin = trail.time.map(|time| time.unix_secs).or(times.first().copied());
    trail.total_secs = begin.zip(times.last()).map(|(begin, end)| end - begin);
    let waits = trail.hops.iter().filter_map(|hop| Some((hop.delay_secs.filter(|secs| *secs > 0)?, hop.number)));
    // Of equal ones the first.
    trail.slowest = waits.max_by_key(|(secs, number)| (*secs, std::cmp::Reverse(*number))).map(|(_, number)| number);
    trail
}

/// Whether a field has a name as RFC 5322 §2.2 has names: what is none is no field.
fn has_name(field: &Field<'_>) -> bool {
    !field.name.is_empty() && field.name.iter().all(u8::is_ascii_graphic)
}

/// The value of a field in one line, its words one space apart, and whether it was cut.
fn text(value: &[u8]) -> (String, bool) {
    let kept = &value[..value.len().min(LONGEST_FIELD_BYTES)];
    let text = String::from_utf8_lossy(kept);
    (text.split_whitespace().collect::<Vec<&str>>().join(" "), kept.len() < value.len())
}

#[cfg(test)]
#[path = "trail_tests.rs"]
mod tests;
