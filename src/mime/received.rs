//! Trace fields that servers put on top: Received and Return-Path (RFC 5321 §4.4), and the ids of queue entries.
//!
//! What a client says about itself is foreign text: it is cut and cleaned so that it can never begin a new field.

use std::fmt;
use std::io::Write;
use std::net::IpAddr;
use std::ops::Deref;

use super::fold::FOLD_AT;
use crate::identity::{Mailbox, ReversePath};
use crate::octets::{Chunk, write_decimal};

/// The `with` keyword of a Received field (RFC 5321 §4.4, RFC 3848).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The client said HELO.
    Smtp,
    /// The client said EHLO.
    #[default]
    Esmtp,
    /// EHLO, with TLS.
    Esmtps,
    /// EHLO, with AUTH.
    Esmtpa,
    /// EHLO, with TLS and AUTH.
    Esmtpsa,
    /// LMTP (RFC 2033).
    Lmtp,
    /// LMTP, with TLS.
    Lmtps,
    /// LMTP, with AUTH.
    Lmtpa,
    /// LMTP, with TLS and AUTH.
    Lmtpsa,
}

impl Protocol {
    /// The keyword.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Smtp => "SMTP",
            Protocol::Esmtp => "ESMTP",
            Protocol::Esmtps => "ESMTPS",
            Protocol::Esmtpa => "ESMTPA",
            Protocol::Esmtpsa => "ESMTPSA",
            Protocol::Lmtp => "LMTP",
            Protocol::Lmtps => "LMTPS",
            Protocol::Lmtpa => "LMTPA",
            Protocol::Lmtpsa => "LMTPSA",
        }
    }
}

/// What goes into a Received field. Everything is borrowed: this is filled in on the spot.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// What the client called itself in HELO or EHLO; any text.
    pub helo: &'a str,
    /// The name that DNS gives for the client's address; `None` leaves only the address.
    pub reverse_name: Option<&'a str>,
    /// The client's address.
    pub client: IpAddr,
    /// The name of the server that writes the field.
    pub by: &'a str,
    /// How the mail came.
    pub with: Protocol,
    /// The id of the mail in the server's queue.
    pub id: &'a str,
    /// The recipient, only when there is exactly one (RFC 5321 §7.2: more would give away blind copies).
    pub recipient: Option<&'a Mailbox>,
    /// The date-time of RFC 5322 §3.3; the caller keeps it for a second.
    pub date: &'a str,
}

/// Writes trace fields, with a buffer that is used again.
#[derive(Clone, Debug, Default)]
pub struct FieldWriter {
    buffer: Vec<u8>,
}

impl FieldWriter {
    /// A writer with an empty buffer.
    #[must_use]
    pub fn new() -> FieldWriter {
        FieldWriter::default()
    }

    /// The Received field, folded as Postfix folds it (RFC 5321 §4.4).
    pub fn received(&mut self, received: &Received<'_>) -> Chunk {
        let out = &mut self.buffer;
        out.clear();
        out.extend_from_slice(b"Received: from ");
        clean_name(out, received.helo);
        let mut line = 0;
        let fold = out.len();
        out.extend_from_slice(b" (");
        // RFC 5321 §4.4: TCP-info is an address literal, with the name that DNS gives in front where one is known.
        if let Some(name) = received.reverse_name {
            clean_name(out, name);
            out.push(b' ');
        }
        out.push(b'[');
        write_address(out, received.client);
        out.extend_from_slice(b"])");
        fold_if_long(out, line, fold);
        out.extend_from_slice(b"\r\n\t");
        line = out.len() - 1;
        out.extend_from_slice(b"by ");
        clean_name(out, received.by);
        let fold = out.len();
        out.extend_from_slice(b" with ");
        out.extend_from_slice(received.with.as_str().as_bytes());
        out.extend_from_slice(b" id ");
        clean_name(out, received.id);
        fold_if_long(out, line, fold);
        match received.recipient {
            Some(recipient) => {
                out.extend_from_slice(b"\r\n\t");
                line = out.len() - 1;
                out.extend_from_slice(b"for <");
                out.extend_from_slice(recipient.as_str().as_bytes());
                out.extend_from_slice(b">;");
                let fold = out.len();
                out.push(b' ');
                clean_date(out, received.date);
                fold_if_long(out, line, fold);
            }
            None => {
                out.extend_from_slice(b";\r\n\t");
                clean_date(out, received.date);
            }
        }
        out.extend_from_slice(b"\r\n");
        Chunk::copy_from(out)
    }

    /// The Received field of a mail that was written on this very server: RFC 5321 §4.4 wants the field of what came by
    /// SMTP, so there is no `from` in it.
    pub fn received_here(&mut self, by: &str, id: &str, date: &str) -> Chunk {
        let out = &mut self.buffer;
        out.clear();
        out.extend_from_slice(b"Received: by ");
        clean_name(out, by);
        let fold = out.len();
        out.extend_from_slice(b" id ");
        clean_name(out, id);
        out.push(b';');
        fold_if_long(out, 0, fold);
        out.extend_from_slice(b"\r\n\t");
        clean_date(out, date);
        out.extend_from_slice(b"\r\n");
        Chunk::copy_from(out)
    }

    /// A Date field (RFC 5322 §3.6.1).
    pub fn date(&mut self, date: &str) -> Chunk {
        let out = &mut self.buffer;
        out.clear();
        out.extend_from_slice(b"Date: ");
        clean_date(out, date);
        out.extend_from_slice(b"\r\n");
        Chunk::copy_from(out)
    }

    /// A Message-ID field (RFC 5322 §3.6.4): something that this server gives out once, at its name.
    pub fn message_id(&mut self, id: &str, host: &str) -> Chunk {
        let out = &mut self.buffer;
        out.clear();
        out.extend_from_slice(b"Message-ID: <");
        clean_name(out, id);
        out.push(b'@');
        clean_name(out, host);
        out.extend_from_slice(b">\r\n");
        Chunk::copy_from(out)
    }

    /// The Return-Path field that final delivery puts on top (RFC 5321 §4.4).
    pub fn return_path(&mut self, path: &ReversePath) -> Chunk {
        let out = &mut self.buffer;
        out.clear();
        out.extend_from_slice(b"Return-Path: <");
        if let ReversePath::Mailbox(mailbox) = path {
            out.extend_from_slice(mailbox.as_str().as_bytes());
        }
        out.extend_from_slice(b">\r\n");
        Chunk::copy_from(out)
    }
}

/// Turns the space at `fold` into a fold when the line that begins at `line` is too long.
fn fold_if_long(out: &mut Vec<u8>, line: usize, fold: usize) {
    if out.len() - line > FOLD_AT {
        out.splice(fold..=fold, *b"\r\n\t");
    }
}

/// Writes a name that somebody else chose: only the characters of names and address literals, at most 255.
fn clean_name(out: &mut Vec<u8>, name: &str) {
    if name.is_empty() {
        out.extend_from_slice(b"unknown");
        return;
    }
    write_clean(out, name, 255, |b| IN_NAMES[usize::from(b)]);
}

/// Which bytes may stand in a name. A look-up costs half of what a question costs that is asked for each byte of each hop.
static IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 128 {
        let byte = b as u8;
        table[b] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']' | b'/' | b'=' | b'+');
        b += 1;
    }
    table
};

fn clean_date(out: &mut Vec<u8>, date: &str) {
    write_clean(out, date, 80, |b| matches!(b, b' '..=b'~'));
}

/// Writes at most `most` bytes of `text`, with a question mark for each that does not fit. Nearly always all do.
fn write_clean(out: &mut Vec<u8>, text: &str, most: usize, fits: impl Fn(u8) -> bool) {
    let bytes = &text.as_bytes()[..text.len().min(most)];
    if bytes.iter().all(|b| fits(*b)) {
        out.extend_from_slice(bytes);
    } else {
        out.extend(bytes.iter().map(|&b| if fits(b) { b } else { b'?' }));
    }
}

/// Writes an address as it stands in an address literal (RFC 5321 §4.1.3).
fn write_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => {
            for (i, octet) in v4.octets().into_iter().enumerate() {
                if i > 0 {
                    out.push(b'.');
                }
                write_decimal(out, u64::from(octet));
            }
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(v6) => _ = write!(out, "IPv6:{v6}"),
    }
}

/// The text of a queue id; made by [`queue_id`]. Reads as a `str`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct QueueIdText {
    digits: [u8; 13],
    start: u8,
}

/// Mails of a host before its numbers run into those of another host's queue ids: four digits.
const MAILS_PER_PREFIX: u64 = 1 << 20;

/// The number before a host's first one. The digits of the queue ids of a host begin alike, and mostly unlike those of
/// other hosts: a queue id is what one looks for in the logs of several machines. `name` is what the host calls itself.
#[must_use]
pub fn first_serial(name: &str) -> u64 {
    // The highest bit stands for a first digit that is not 0.
    let prefix = crate::sim::name_hash(name) >> 45 | 1 << 19;
    prefix * MAILS_PER_PREFIX
}

/// The queue id of a number: base 32 without I, L, O and U, at least eight digits, in the order of the numbers as long
/// as they have the same length.
#[must_use]
pub fn queue_id(number: u64) -> QueueIdText {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut digits = [b'0'; 13];
    let (mut rest, mut at) = (number, 13);
    while rest > 0 || at > 5 {
        at -= 1;
        digits[at] = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    QueueIdText { digits, start: at as u8 }
}

impl Deref for QueueIdText {
    type Target = str;
    fn deref(&self) -> &str {
        std::str::from_utf8(&self.digits[usize::from(self.start)..]).unwrap_or_default()
    }
}

impl fmt::Display for QueueIdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for QueueIdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QueueIdText({})", &**self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::Content;
    use crate::octets::Rope;
    use proptest::prelude::*;

    fn example<'a>(helo: &'a str, recipient: Option<&'a Mailbox>) -> Received<'a> {
        Received {
            helo,
            reverse_name: Some("mail.green.example"),
            client: "192.0.2.7".parse().unwrap(),
            by: "mx.blue.example",
            with: Protocol::Esmtp,
            id: "00000A",
            recipient,
            date: "Mon, 5 Jan 2026 09:00:00 +0000",
        }
    }

    #[test]
    fn it_looks_as_postfix_writes_it() {
        let to = "bob@blue.example".parse().unwrap();
        let mut writer = FieldWriter::new();
        let field = writer.received(&example("mail.green.example", Some(&to)));
        assert_eq!(
            std::str::from_utf8(&field).unwrap(),
            "Received: from mail.green.example (mail.green.example [192.0.2.7])\r\n\
             \tby mx.blue.example with ESMTP id 00000A\r\n\
             \tfor <bob@blue.example>; Mon, 5 Jan 2026 09:00:00 +0000\r\n"
        );
        let field = writer.received(&Received { reverse_name: None, ..example("x", None) });
        assert_eq!(
            std::str::from_utf8(&field).unwrap(),
            "Received: from x ([192.0.2.7])\r\n\tby mx.blue.example with ESMTP id 00000A;\r\n\
             \tMon, 5 Jan 2026 09:00:00 +0000\r\n"
        );
        assert_eq!(&writer.return_path(&ReversePath::Null)[..], b"Return-Path: <>\r\n");
        assert_eq!(
            std::str::from_utf8(&writer.received_here("mx.blue.example", "00000A", "Mon, 5 Jan 2026 09:00:00 +0000")),
            Ok("Received: by mx.blue.example id 00000A;\r\n\tMon, 5 Jan 2026 09:00:00 +0000\r\n")
        );
    }

    #[test]
    fn queue_ids_are_short_and_distinct() {
        assert_eq!(&*queue_id(0), "00000000");
        assert_eq!(&*queue_id(33), "00000011");
        assert_eq!(&*queue_id(u64::MAX), "FZZZZZZZZZZZZ");
        assert_eq!(queue_id(1 << 40).len(), 9);
        assert_ne!(queue_id(1), queue_id(1 << 40));
    }

    #[test]
    fn queue_ids_of_two_hosts_begin_differently() {
        let [green, blue] = ["mail.green.example", "mx.blue.example"].map(first_serial);
        let ids = [green + 1, green + 2, green + MAILS_PER_PREFIX - 1, blue + 1].map(queue_id);
        assert!(ids.iter().all(|id| id.len() == 8), "{ids:?}");
        assert!(ids[0][..4] == ids[1][..4] && ids[0][..4] == ids[2][..4] && ids[0][..4] != ids[3][..4], "{ids:?}");
        assert_eq!([&ids[0][4..], &ids[1][4..], &ids[3][4..]], ["0001", "0002", "0001"]);
    }

    proptest! {
        #[test]
        fn a_client_cannot_write_fields(helo in "\\PC{0,400}|(\r\n|[ -~]|\n\\.){0,40}", local in "[a-z]{1,64}") {
            let to: Mailbox = format!("{local}@{}", vec!["a".repeat(60); 4].join(".")).parse().unwrap();
            for recipient in [None, Some(&to)] {
                let field = FieldWriter::new().received(&example(&helo, recipient));
                let content = Content::scan(Rope::new()).prepend(field.clone(), true);
                prop_assert_eq!(&content, &Content::scan(Rope::from(field.clone())));
                prop_assert_eq!(content.fields().count(), 1);
                prop_assert_eq!(Content::scan(Rope::from(field.clone())).received_count(), 1);
                let text = std::str::from_utf8(&field).unwrap();
                for line in text.split_terminator("\r\n") {
                    prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n']) && !line.trim().is_empty());
                }
                let mut with_body = b"Subject: x\r\n".to_vec();
                with_body.splice(0..0, field.iter().copied());
                let parsed = mail_parser::MessageParser::new().parse(&with_body).unwrap();
                prop_assert!(parsed.received().is_some() && parsed.subject() == Some("x"));
            }
        }
    }
}
