//! [`Content`]: the immutable content of a mail, with the facts that agents ask for again and again.
//!
//! The facts are computed once, when the content is composed or accepted, and carried along. Content is header
//! section and body (RFC 5321 §2.3.1, RFC 5322 §2.1); there is no envelope here.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use memchr::memmem::{self, Finder};
use memchr::{memchr, memrchr};

use super::fields::Fields;
use crate::octets::{Chunk, LONGEST_LINE, Rope, has_long_line};

/// Message content shared by reference. Cloning costs one reference count.
#[derive(Clone)]
pub struct Content(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    rope: Rope,
    facts: Facts,
}

/// What is known about the content without looking at it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    header_end: usize,
    received_count: u16,
    has_leading_dot: bool,
    is_8bit: bool,
}

impl Content {
    /// Looks at the bytes once and computes the facts. The header section is read line by line, the body only by
    /// two vectorised searches.
    #[must_use]
    pub fn scan(rope: Rope) -> Content {
        let facts = Facts::of(&rope);
        Content(Arc::new(Inner { rope, facts }))
    }

    /// The same content with one more header field on top, without copying or reading what is there.
    ///
    /// `field` is one or more whole fields that this program wrote itself (see [`FieldWriter`](super::FieldWriter)):
    /// seven-bit, ending with CRLF, without a line that begins with a dot and without an empty line. `is_received`
    /// says whether it is a Received field, which counts as a hop (RFC 5321 §6.3).
    #[must_use]
    pub fn prepend(&self, field: Chunk, is_received: bool) -> Content {
        check_own_field(&field);
        let facts = self.0.facts.behind(&field, is_received);
        let mut rope = Rope::with_capacity(self.0.rope.chunks().len() + 1);
        rope.push(field);
        rope.extend_from(&self.0.rope);
        Content(Arc::new(Inner { rope, facts }))
    }

    /// As [`prepend`](Content::prepend), in place where nobody else has this content.
    #[must_use]
    pub fn with_field(mut self, field: Chunk, is_received: bool) -> Content {
        let Some(inner) = Arc::get_mut(&mut self.0) else { return self.prepend(field, is_received) };
        check_own_field(&field);
        inner.facts = inner.facts.behind(&field, is_received);
        inner.rope.push_front(field);
        self
    }

    /// Another rope with the same facts: the caller vouches for them.
    pub(super) fn with_rope(&self, rope: Rope) -> Content {
        let content = Content(Arc::new(Inner { rope, facts: self.0.facts }));
        debug_assert_eq!(content.0.facts, Facts::of(&content.0.rope), "the facts still hold");
        content
    }

    /// The bytes.
    #[must_use]
    #[inline]
    pub fn rope(&self) -> &Rope {
        &self.0.rope
    }

    /// Number of bytes, as in the SIZE extension (RFC 1870 §3).
    #[must_use]
    #[inline]
    pub fn size_bytes(&self) -> u64 {
        self.0.rope.len() as u64
    }

    /// Whether a line begins with a dot, so that an SMTP client has to double it (RFC 5321 §4.5.2). When this is
    /// false the content can be sent as it is.
    #[must_use]
    #[inline]
    pub fn has_leading_dot(&self) -> bool {
        self.0.facts.has_leading_dot
    }

    /// Whether there is a byte above 127, so that the next hop must offer 8BITMIME (RFC 6152).
    #[must_use]
    #[inline]
    pub fn is_8bit(&self) -> bool {
        self.0.facts.is_8bit
    }

    /// Whether a line has more than 998 octets (RFC 5322 §2.1.1). Costs nothing where the content has been looked at when
    /// it was written.
    #[must_use]
    pub fn has_long_line(&self) -> bool {
        let mut open = 0;
        for chunk in self.0.rope.chunks() {
            let bytes: &[u8] = chunk;
            let Some(first) = memchr(b'\n', bytes) else {
                open += bytes.len();
                if open > LONGEST_LINE {
                    return true;
                }
                continue;
            };
            if open + first + 1 > LONGEST_LINE || !chunk.is_in_short_lines() && has_long_line(bytes) {
                return true;
            }
            open = memrchr(b'\n', bytes).map_or(0, |last| bytes.len() - last - 1);
        }
        open > LONGEST_LINE - 2
    }

    /// Number of Received fields: the hops so far (RFC 5321 §6.3).
    #[must_use]
    #[inline]
    pub fn received_count(&self) -> u16 {
        self.0.facts.received_count
    }

    /// Length of the header section with its last line end, without the empty line that closes it.
    #[must_use]
    #[inline]
    pub fn header_end(&self) -> usize {
        self.0.facts.header_end
    }

    /// The header section without the empty line that closes it.
    #[must_use]
    pub fn header(&self) -> Rope {
        self.0.rope.slice(0..self.header_end())
    }

    /// The body: what follows the first empty line.
    #[must_use]
    pub fn body(&self) -> Rope {
        let rest = self.0.rope.slice(self.header_end()..self.0.rope.len());
        let line = rest.bytes().position(|b| b == b'\n').map_or(rest.len(), |i| i + 1);
        rest.slice(line..rest.len())
    }

    /// The header fields in order.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.0.rope, self.header_end())
    }

    /// The raw value of the first field of this name (upper and lower case are the same), with its folds.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.fields().find(|field| field.is(name)).map(|field| field.value)
    }
}

impl From<Rope> for Content {
    fn from(rope: Rope) -> Content {
        Content::scan(rope)
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Content) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.rope == other.0.rope
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("facts", &self.0.facts).field("rope", &self.0.rope).finish()
    }
}

/// Whether `field` is what [`Content::prepend`] asks for.
fn check_own_field(field: &Chunk) {
    debug_assert!(field.is_ascii() && field.ends_with(b"\r\n"), "a field is seven-bit and ends with CRLF");
    debug_assert!(
        !field.starts_with(b".")
            && !field.starts_with(b"\r\n")
            && memmem::find(field, b"\n.").is_none()
            && memmem::find(field, b"\n\r\n").is_none(),
        "a field has no leading dot and no empty line"
    );
}

static LEADING_DOT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n."));

impl Facts {
    fn of(rope: &Rope) -> Facts {
        let (header_end, received_count) = scan_header(rope);
        let (mut has_leading_dot, mut is_8bit) = (false, false);
        let mut at_line_start = true;
        for chunk in rope.chunks() {
            let bytes: &[u8] = chunk;
            if !has_leading_dot {
                // A dot after a bare line feed counts as well: the fact may only err towards doubling.
                has_leading_dot =
                    (at_line_start && bytes[0] == b'.') || (!chunk.is_tidy() && LEADING_DOT.find(bytes).is_some());
                at_line_start = bytes.last() == Some(&b'\n');
            }
            is_8bit = is_8bit || !chunk.is_ascii();
        }
        Facts { header_end, received_count, has_leading_dot, is_8bit }
    }

    /// The facts of content that has `field` on top.
    fn behind(self, field: &Chunk, is_received: bool) -> Facts {
        Facts {
            header_end: self.header_end + field.len(),
            received_count: self.received_count.saturating_add(u16::from(is_received)),
            ..self
        }
    }
}

const RECEIVED: &[u8; 9] = b"received:";

/// Where the header section ends, and how many Received fields it has.
fn scan_header(rope: &Rope) -> (usize, u16) {
    let mut received = 0_u16;
    let mut line_start = 0;
    // The beginning of a line that a chunk border cuts.
    let mut cut = [0_u8; RECEIVED.len()];
    let mut cut_len = 0;
    let mut base = 0;
    for chunk in rope.chunks() {
        let bytes: &[u8] = chunk;
        let mut pos = 0;
        while let Some(found) = memchr(b'\n', &bytes[pos..]) {
            let end = pos + found + 1;
            let part = &bytes[pos..end];
            let joined;
            let line = if cut_len == 0 {
                part
            } else {
                joined = join(&mut cut, cut_len, part);
                &cut[..joined]
            };
            if line == b"\r\n" || line == b"\n" {
                return (line_start, received);
            }
            if matches!(line[0], b'r' | b'R')
                && line.get(..RECEIVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RECEIVED))
            {
                received = received.saturating_add(1);
            }
            cut_len = 0;
            pos = end;
            line_start = base + end;
        }
        cut_len = join(&mut cut, cut_len, &bytes[pos..]);
        base += bytes.len();
    }
    // A last line without its line end.
    if cut_len == RECEIVED.len() && cut.eq_ignore_ascii_case(RECEIVED) {
        received = received.saturating_add(1);
    }
    (base, received)
}

/// Appends as much of `part` to `cut` as fits and returns the new length.
fn join(cut: &mut [u8; RECEIVED.len()], len: usize, part: &[u8]) -> usize {
    let take = part.len().min(cut.len() - len);
    cut[len..len + take].copy_from_slice(&part[..take]);
    len + take
}

/// Whether `needle` occurs in the rope, also across chunk borders.
pub(crate) fn contains(rope: &Rope, needle: &[u8]) -> bool {
    let finder = Finder::new(needle);
    let keep = needle.len().saturating_sub(1);
    // The last bytes before the border, and the first ones behind it.
    let mut border: Vec<u8> = Vec::new();
    for chunk in rope.chunks() {
        let old = border.len();
        border.extend_from_slice(&chunk[..chunk.len().min(keep)]);
        if finder.find(chunk).is_some() || (old > 0 && finder.find(&border).is_some()) {
            return true;
        }
        if chunk.len() >= keep {
            border.clear();
            border.extend_from_slice(&chunk[chunk.len() - keep..]);
        } else {
            border.drain(..border.len().saturating_sub(keep));
        }
    }
    false
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
