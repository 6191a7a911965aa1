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
mod resent;
mod results;
mod sealing;
mod software;
mod trust;

use serde::Serialize;

use self::resent::Blocks;
use super::read::words::decode_words;
use super::read::{fields, read};

pub use client::Client;
pub use date::{Moment, moment};
pub use doubt::Doubt;
pub use hop::Hop;
pub use mark::{Mark, MarkKind, Trust};
pub use resent::Resent;
pub use results::AuthResult;
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
    /// What does not fit about the Date field.
    pub doubts: Vec<Doubt>,
    /// The From field, its encoded words decoded (RFC 2047).
    pub from: Option<String>,
    /// The From field as written, from which mailboxes can be taken (RFC 2047 §6.2: decoding comes last).
    #[serde(skip)]
    pub from_written: Option<String>,
    /// The To field, likewise decoded.
    pub to: Option<String>,
    /// The To field as written.
    #[serde(skip)]
    pub to_written: Option<String>,
    /// The Subject field, likewise decoded.
    pub subject: Option<String>,
    /// Whether this looks like a mail: it begins with a header field, and has one that mails have.
    #[serde(skip)]
    pub is_mail: bool,
    /// The hops, first to last; not more than [`MOST_HOPS`], and then the last ones.
    pub hops: Vec<Hop>,
    /// Seconds from the Date field, or the first hop that has a time where there is none, to the last hop that has one.
    pub total_secs: Option<i64>,
    /// The number of the hop before which the mail waited longest, where it waited at all.
    pub slowest: Option<usize>,
    /// How often somebody sent the mail again, topmost first.
    pub resent: Vec<Resent>,
    /// Other fields that servers left, topmost first; not more than [`MOST_MARKS`].
    pub marks: Vec<Mark>,
}

/// Reads the way of a mail from a header section, or from a whole mail.
#[must_use]
pub fn trail(header: &[u8]) -> Trail {
    // What was copied from a window often begins with an empty line, which would be the end of the header section.
    let bytes = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header).trim_ascii_start();
    let header = read(bytes).parts.first().map_or(&b""[..], |mail| &bytes[mail.header.clone()]);
    let mut trail = Trail::default();
    let (mut begins_well, mut is_known) = (header.starts_with(b"From "), false);
    // How many Received fields stand above each mark.
    let mut above = Vec::new();
    let mut resents = Blocks::default();
    for field in fields(header) {
        trail.fields += 1;
        begins_well |= field.at == 0 && is_plain(field.name);
        is_known = is_known || FIELDS_OF_MAIL.iter().any(|name| field.is(name));
        if field.is("Received") {
            trail.received += 1;
            if trail.hops.len() < MOST_HOPS {
                let (text, is_cut) = text(field.value);
                trail.hops.push(hop::hop(text, is_cut));
            }
        } else if field.is("Date") {
            // A second one is not the author's; so it is with the others.
            trail.date.get_or_insert_with(|| text(field.value).0);
        } else if field.is("From") {
            trail.from.get_or_insert_with(|| decoded(field.value));
            trail.from_written.get_or_insert_with(|| text(field.value).0);
        } else if field.is("To") {
            trail.to.get_or_insert_with(|| decoded(field.value));
            trail.to_written.get_or_insert_with(|| text(field.value).0);
        } else if field.is("Subject") {
            trail.subject.get_or_insert_with(|| decoded(field.value));
        } else if field.is("Resent-Date") {
            resents.date(trail.received, text(field.value).0);
        } else if field.is("Resent-From") {
            resents.from(trail.received, decoded(field.value));
        } else if trail.marks.len() < MOST_MARKS
            && let Some(what) = mark::mark(field.name, &text(field.value).0)
        {
            above.push(trail.received);
            trail.marks.push(Mark { after_hop: 0, by_hop: None, trust: None, what });
        }
    }
    trail.is_mail = begins_well && is_known;
    trail.time = trail.date.as_deref().and_then(moment);
    trail.doubts = trail.date.as_deref().map(hop::date_doubts).unwrap_or_default();
    trail.hops.reverse();
    for (mark, above) in trail.marks.iter_mut().zip(above) {
        mark.after_hop = trail.hops.len().saturating_sub(above);
    }
    trail.resent = resents.finish(trail.hops.len());
    chain::join(&mut trail.hops, trail.time, &trail.resent);
    trust::judge(&mut trail.marks, &trail.hops);
    let times: Vec<i64> = trail.hops.iter().filter_map(|hop| hop.time).map(|time| time.unix_secs).collect();
    let begin = trail.time.map(|time| time.unix_secs).or(times.first().copied());
    trail.total_secs = begin.zip(times.last()).map(|(begin, end)| end - begin);
    let waits = trail.hops.iter().filter_map(|hop| Some((hop.delay_secs.filter(|secs| *secs > 0)?, hop.number)));
    // Of equal ones the first.
    trail.slowest = waits.max_by_key(|(secs, number)| (*secs, std::cmp::Reverse(*number))).map(|(_, number)| number);
    trail
}

/// Fields of which a mail has at least one, whoever made it (RFC 5322 §3.6, RFC 5321 §4.4).
const FIELDS_OF_MAIL: [&str; 14] = [
    "Received",
    "Return-Path",
    "Delivered-To",
    "Date",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "DKIM-Signature",
];

/// Whether a name is made of what names of real fields are made of. RFC 5322 §2.2 allows more, as JSON has it.
fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The value of a field with its encoded words decoded, in one line.
fn decoded(value: &[u8]) -> String {
    let text = decode_words(&value[..value.len().min(LONGEST_FIELD_BYTES)]);
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
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
