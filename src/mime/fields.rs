//! Reading header fields out of a rope (RFC 5322 §2.2).

use std::borrow::Cow;

use memchr::memchr;

use crate::octets::Rope;

/// One header field. Borrowed from the content, unless a chunk border runs through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, without the colon. A line that has no colon is a field with an empty name.
    pub name: Cow<'a, [u8]>,
    /// All that follows the colon, with folds, without the last line end.
    pub value: Cow<'a, [u8]>,
}

impl Field<'_> {
    /// Whether the field has this name; upper and lower case are the same (RFC 5322 §1.2.2).
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The fields of a header section in order, see [`Content::fields`](super::Content::fields).
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rope: &'a Rope,
    /// Which chunk, and where it begins.
    chunk: usize,
    base: usize,
    pos: usize,
    end: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(rope: &'a Rope, end: usize) -> Fields<'a> {
        Fields { rope, chunk: 0, base: 0, pos: 0, end }
    }

    /// The bytes from `pos` to the end of their chunk (or of the header section). Moves on to the right chunk.
    fn here(&mut self, pos: usize) -> &'a [u8] {
        let chunks = self.rope.chunks();
        while pos >= self.base + chunks[self.chunk].len() {
            self.base += chunks[self.chunk].len();
            self.chunk += 1;
        }
        let bytes: &'a [u8] = &chunks[self.chunk];
        &bytes[pos - self.base..bytes.len().min(self.end - self.base)]
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        if self.pos >= self.end {
            return None;
        }
        let whole_start = self.here(self.pos);
        let (start, mut pos) = (self.pos, self.pos);
        loop {
            let here = self.here(pos);
            match memchr(b'\n', here) {
                None => pos += here.len(),
                Some(found) => {
                    pos += found + 1;
                    // RFC 5322 §2.2.3: a line that begins with white space goes on with the field above.
                    if pos < self.end && matches!(self.here(pos)[0], b' ' | b'\t') {
                        continue;
                    }
                    break;
                }
            }
            if pos >= self.end {
                break;
            }
        }
        self.pos = pos;
        let len = pos - start;
        let (name, value) = if len <= whole_start.len() {
            let (name, value) = split(&whole_start[..len]);
            (Cow::Borrowed(name), Cow::Borrowed(value))
        } else {
            let whole = self.rope.slice(start..pos).to_vec();
            let (name, value) = split(&whole);
            (Cow::Owned(name.to_vec()), Cow::Owned(value.to_vec()))
        };
        Some(Field { name, value })
    }
}

/// Name and value of a whole field.
fn split(field: &[u8]) -> (&[u8], &[u8]) {
    let field = field.strip_suffix(b"\n").unwrap_or(field);
    let field = field.strip_suffix(b"\r").unwrap_or(field);
    match memchr(b':', field) {
        Some(colon) => (field[..colon].trim_ascii_end(), &field[colon + 1..]),
        None => (b"", field),
    }
}
