//! From a draft to a message.

use super::body::Body;
use super::draft::{Draft, LARGEST_SIZE_BYTES};
use super::fields::{write_addresses, write_custom_field, write_ids, write_message_id, write_text_field_in};
use super::part;
use crate::mime::Content;
use crate::mime::fold::one_line;
use crate::octets::{Chunk, Rope};

impl Draft {
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
    is_mime: bool,
    size: Option<u64>,
    buffer: Vec<u8>,
}

impl Composer {
    /// Writes the shared part.
    #[must_use]
    pub fn new(draft: &Draft) -> Composer {
        let mut out = Vec::with_capacity(512);
        write_addresses(&mut out, "From", std::slice::from_ref(&draft.from));
        write_addresses(&mut out, "To", &draft.to);
        write_addresses(&mut out, "Cc", &draft.cc);
        write_text_field_in(&draft.charset, &mut out, "Subject", &draft.subject);
        write_ids(&mut out, "In-Reply-To", &draft.in_reply_to);
        write_ids(&mut out, "References", &draft.references);
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
        let (is_mime, can_be_padded) = match &draft.body {
            Body::Text(text) if !draft.is_mime => (part::write_bare_text(&mut out, text), false),
            Body::Text(_) => (part::write_body(&mut out, &draft.body, &draft.from.mailbox), true),
            body => (part::write_body(&mut out, body, &draft.from.mailbox), false),
        };
        let text_end = out.len();
        let shared = Content::scan(Rope::from(Chunk::text(out)));
        let size = draft.size.filter(|_| can_be_padded);
        Composer { trace, shared, text_end, is_mime, size, buffer: Vec::new() }
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
        if self.is_mime {
            head.extend_from_slice(VERSION);
        }
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
