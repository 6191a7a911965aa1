//! Composing: what a user agent does before it submits a message (RFC 5322 §3.6, RFC 2045).
//!
//! Encoded words and the folding of addresses are the work of `mail-builder`; its message builder is not used, since
//! it asks the operating system for clock, host name and boundary when something is missing. Whatever the input, the
//! result has CRLF line ends, no line over 998 bytes, and no field that the draft did not ask for.

use mail_builder::headers::Header;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use super::Content;
use super::fold::{is_plain, one_line};
use crate::identity::Mailbox;
use crate::octets::{Chunk, Rope};

/// The largest message that padding makes: 1 GiB, far above what any server takes.
pub const LARGEST_SIZE_BYTES: u64 = 1 << 30;

/// Someone in an address field: a mailbox and perhaps a name for people (RFC 5322 §3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The name for people, any text.
    pub name: Option<String>,
    /// The address.
    pub mailbox: Mailbox,
}

impl From<Mailbox> for Party {
    fn from(mailbox: Mailbox) -> Party {
        Party { name: None, mailbox }
    }
}

/// How text that is not plain ASCII travels (RFC 2045 §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextEncoding {
    /// `quoted-printable`: fit for every relay.
    #[default]
    QuotedPrintable,
    /// `8bit`: the relays on the way must offer 8BITMIME. Text with overlong lines is quoted all the same.
    EightBit,
}

/// A message that is to be written. Blind copies are a matter of the envelope and have no place here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The author.
    pub from: Party,
    /// The recipients that everybody sees.
    pub to: Vec<Party>,
    /// Those who get a copy.
    pub cc: Vec<Party>,
    /// The subject, any text.
    pub subject: String,
    /// The text, any text with any line ends.
    pub text: String,
    /// More fields, by name and value. The fields that the composer writes itself, and Bcc, are left out. Trace fields
    /// (Received and Return-Path, RFC 5322 §3.6.7) stand on top, in this order: where servers write theirs, and where
    /// somebody who forges one puts it.
    pub headers: Vec<(String, String)>,
    /// Fills the body with padding lines until the whole message has this many bytes. A message that is larger
    /// already stays as it is; more than [`LARGEST_SIZE_BYTES`] is not padded to.
    pub size: Option<u64>,
    /// The date-time of RFC 5322 §3.3; an empty one leaves the field out.
    pub date: String,
    /// The message id, with or without angle brackets (RFC 5322 §3.6.4); an empty one leaves the field out.
    pub message_id: String,
    /// How text that is not plain ASCII travels.
    pub encoding: TextEncoding,
    /// Fields that whoever sends it leaves to others.
    pub left_out: LeftOut,
}

/// Fields of the author's that a submission server adds where they are missing (RFC 6409 §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The date (RFC 6409 §8.2).
    pub date: bool,
    /// The message id (RFC 6409 §8.3).
    pub message_id: bool,
}

impl Draft {
    /// A draft from one mailbox to another without subject, text, date and id.
    #[must_use]
    pub fn new(from: Mailbox, to: Mailbox) -> Draft {
        Draft {
            from: from.into(),
            to: vec![to.into()],
            cc: Vec::new(),
            subject: String::new(),
            text: String::new(),
            headers: Vec::new(),
            size: None,
            date: String::new(),
            message_id: String::new(),
            encoding: TextEncoding::default(),
            left_out: LeftOut::default(),
        }
    }

    /// Writes the message.
    #[must_use]
    pub fn compose(&self) -> Content {
        Composer::new(self).mail(&self.message_id, &self.date)
    }
}

/// Writes many messages that differ only in id and date: all share one chunk for the rest.
#[derive(Clone, Debug)]
pub struct Composer {
    /// Trace fields from top to bottom, and whether each counts as a hop.
    trace: Vec<(Chunk, bool)>,
    /// From the From field to the end of the text, then padding.
    shared: Content,
    text_end: usize,
    size: Option<u64>,
    buffer: Vec<u8>,
}

impl Composer {
    /// Writes the shared part.
    #[must_use]
    pub fn new(draft: &Draft) -> Composer {
        let mut out = Vec::with_capacity(512 + draft.text.len());
        write_addresses(&mut out, "From", std::slice::from_ref(&draft.from));
        write_addresses(&mut out, "To", &draft.to);
        write_addresses(&mut out, "Cc", &draft.cc);
        write_text_field(&mut out, "Subject", &draft.subject);
        let mut trace = Vec::new();
        for (name, value) in &draft.headers {
            let is_received = name.eq_ignore_ascii_case("Received");
            if is_received || name.eq_ignore_ascii_case("Return-Path") {
                let mut field = Vec::new();
                write_custom_field(&mut field, name, value);
                trace.push((Chunk::from(field), is_received));
            } else {
                write_custom_field(&mut out, name, value);
            }
        }
        write_text_part(&mut out, &draft.text, draft.encoding);
        let text_end = out.len();
        let shared = Content::scan(Rope::from(Chunk::text(out)));
        Composer { trace, shared, text_end, size: draft.size, buffer: Vec::new() }
    }

    /// The message with this id and date. Costs one small chunk; the rest is shared with all others.
    pub fn mail(&mut self, message_id: &str, date: &str) -> Content {
        let mail = self.without_trace(message_id, date);
        self.trace.iter().rev().fold(mail, |mail, (field, is_received)| mail.with_field(field.clone(), *is_received))
    }

    fn without_trace(&mut self, message_id: &str, date: &str) -> Content {
        const VERSION: &[u8] = b"MIME-Version: 1.0\r\n";
        let head = &mut self.buffer;
        head.clear();
        write_message_id(head, message_id);
        let date = one_line(date);
        if !date.is_empty() && date.is_ascii() {
            head.extend_from_slice(b"Date: ");
            head.extend_from_slice(&date.as_bytes()[..date.len().min(80)]);
            head.extend_from_slice(b"\r\n");
        }
        let trace: usize = self.trace.iter().map(|(field, _)| field.len()).sum();
        let bare = trace + head.len() + VERSION.len() + self.text_end;
        let missing = self.size.map_or(0, |size| (size.min(LARGEST_SIZE_BYTES) as usize).saturating_sub(bare));
        if missing == 1 {
            // Too little for a line: one more space in the header is as good.
            head.extend_from_slice(b"MIME-Version:  1.0\r\n");
            return self.shared_without_padding().prepend(Chunk::copy_from(&self.buffer), false);
        }
        head.extend_from_slice(VERSION);
        let head = Chunk::copy_from(head);
        let padding = self.shared.rope().len() - self.text_end;
        if missing > padding {
            // The first mail, or one with a shorter id than all before: write the shared part again, longer.
            let mut bytes = self.shared.rope().slice(0..self.text_end).to_vec();
            write_filler(&mut bytes, missing);
            self.shared = Content::scan(Rope::from(Chunk::text(bytes)));
        } else if missing < padding {
            let whole = self.shared.rope();
            let mut rope = whole.slice(0..self.text_end);
            let (joint, rest) = if missing % FILLER.len() == 1 { (1, missing - 1) } else { (0, missing) };
            rope.push(Chunk::from_static(b"-").slice(0..joint));
            rope.append(whole.slice(whole.len() - rest..whole.len()));
            return self.shared.with_rope(rope).prepend(head, false);
        }
        self.shared.prepend(head, false)
    }

    fn shared_without_padding(&self) -> Content {
        self.shared.with_rope(self.shared.rope().slice(0..self.text_end))
    }
}

/// A line of padding: no dot in front, no `=`, no space before the line end.
const FILLER: &[u8; 74] = b"this line says nothing; it only brings the message up to the wanted size\r\n";

/// Writes exactly `len` bytes (not 1) of padding lines; whole lines stand at the end.
fn write_filler(out: &mut Vec<u8>, len: usize) {
    debug_assert_ne!(len, 1, "a line end alone has two bytes");
    out.reserve(len);
    let mut rest = len % FILLER.len();
    if rest == 1 {
        out.push(b'-');
        rest = 0;
    }
    out.extend_from_slice(&FILLER[FILLER.len() - rest..]);
    for _ in 0..len / FILLER.len() {
        out.extend_from_slice(FILLER);
    }
}

/// An address field; nothing when there is nobody in it.
pub(super) fn write_addresses(out: &mut Vec<u8>, name: &str, parties: &[Party]) {
    if parties.is_empty() {
        return;
    }
    let list = parties
        .iter()
        .map(|party| {
            let display = party.name.as_deref().map(one_line).filter(|name| !name.is_empty());
            Address::new_address(display, party.mailbox.as_str())
        })
        .collect();
    start_field(out, name);
    Address::new_list(list).write_header(out, name.len() + 2);
}

/// An unstructured field, with encoded words where the text needs them (RFC 2047).
pub(super) fn write_text_field(out: &mut Vec<u8>, name: &str, text: &str) {
    start_field(out, name);
    Text::new(one_line(text)).write_header(out, name.len() + 2);
}

fn start_field(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
}

/// Fields that the composer writes itself, and the one that must not be written (RFC 5322 §3.6.3).
const OWN_FIELDS: [&str; 11] = [
    "From",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Length",
];

/// A field that the draft asks for. Structured values in plain ASCII stay as they are.
fn write_custom_field(out: &mut Vec<u8>, name: &str, value: &str) {
    // RFC 5322 §3.6.8: printable ASCII without the colon.
    let name: String = name.chars().filter(|c| c.is_ascii_graphic() && *c != ':').take(70).collect();
    if name.is_empty() || name.starts_with('.') || OWN_FIELDS.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
        return;
    }
    let value = one_line(value);
    if is_plain(&value) {
        start_field(out, &name);
        Raw::new(value).write_header(out, name.len() + 2);
    } else {
        write_text_field(out, &name, &value);
    }
}

/// The Message-ID field (RFC 5322 §3.6.4); nothing when the id is empty.
pub(super) fn write_message_id(out: &mut Vec<u8>, id: &str) {
    let fits = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    if !id.bytes().any(fits) {
        return;
    }
    out.extend_from_slice(b"Message-ID: <");
    if id.len() <= 250 && id.bytes().all(fits) {
        out.extend_from_slice(id.as_bytes());
    } else {
        out.extend(id.bytes().filter(|b| fits(*b)).take(250));
    }
    out.extend_from_slice(b">\r\n");
}

/// The lines of a text, whatever ends them: CRLF, LF or CR. A line end at the very end begins no new line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        rest = tail.strip_prefix("\r\n").or_else(|| tail.strip_prefix(['\r', '\n'])).unwrap_or(tail);
        Some(line)
    })
}

/// The longest line without its line end (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;

/// A text part: its Content fields, the empty line and the encoded text.
pub(super) fn write_text_part(out: &mut Vec<u8>, text: &str, encoding: TextEncoding) {
    let has_odd_control = text.bytes().any(|b| (b < b' ' && !matches!(b, b'\t' | b'\r' | b'\n')) || b == 0x7f);
    let direct = !has_odd_control && lines(text).all(|line| line.len() <= LONGEST_LINE);
    let (charset, name) = match (text.is_ascii(), direct) {
        (true, true) => ("us-ascii", "7bit"),
        (false, true) if encoding == TextEncoding::EightBit => ("utf-8", "8bit"),
        (true, false) => ("us-ascii", "quoted-printable"),
        (false, _) => ("utf-8", "quoted-printable"),
    };
    out.extend_from_slice(b"Content-Type: text/plain; charset=");
    out.extend_from_slice(charset.as_bytes());
    out.extend_from_slice(b"\r\nContent-Transfer-Encoding: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
    for line in lines(text) {
        if name == "quoted-printable" {
            write_quoted_printable(out, line.as_bytes());
        } else {
            out.extend_from_slice(line.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// One line as quoted-printable (RFC 2045 §6.7). Our own, because `mail-builder` cannot be told to use it: it takes
/// base64 where that is shorter, and lets control characters through as 7bit.
fn write_quoted_printable(out: &mut Vec<u8>, line: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut column = 0;
    for (i, &b) in line.iter().enumerate() {
        let literal = matches!(b, b'!'..=b'<' | b'>'..=b'~') || (matches!(b, b' ' | b'\t') && i + 1 < line.len());
        let width = if literal { 1 } else { 3 };
        // RFC 2045 §6.7 (5): at most 76 characters, the soft line break included.
        if column + width > 75 {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if literal {
            out.push(b);
        } else {
            out.extend_from_slice(&[b'=', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
        }
        column += width;
    }
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
