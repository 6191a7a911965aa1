//! Bytes of peers made safe to look at.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::octets::Chunk;

/// Bytes from the wire in a record: shared in memory, written as [`visible`] text.
#[derive(Clone, PartialEq, Eq)]
pub struct Octets(pub Chunk);

impl Octets {
    /// The bytes with everything that is not printable shown as an escape.
    #[must_use]
    pub fn visible(&self) -> String {
        visible(&self.0)
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.visible())
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_plain(&self.0)
            && let Ok(text) = std::str::from_utf8(&self.0)
        {
            return serializer.serialize_str(text);
        }
        serializer.serialize_str(&self.visible())
    }
}

/// Reads the text as it is: what was escaped stays escaped, which is what a picture shows.
impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Octets, D::Error> {
        String::deserialize(deserializer).map(|text| Octets(Chunk::from(text)))
    }
}

/// Whether bytes are printable ASCII without `"` and `\\`: what needs no escape in any form of output. Blocks are
/// looked at as a whole, the last one over again with what was seen before it.
#[inline]
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    const BLOCK: usize = 8;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    match bytes.last_chunk::<BLOCK>() {
        Some(last) => is_plain_octets(last) && blocks.iter().all(is_plain_octets),
        None => rest.iter().all(|b| is_plain_octets(&[*b])),
    }
}

#[inline]
fn is_plain_octets<const N: usize>(octets: &[u8; N]) -> bool {
    !octets.iter().fold(false, |any, b| any | !(b' '..=b'~').contains(b) | (*b == b'"') | (*b == b'\\'))
}

/// Shows bytes that a peer chose: printable ASCII and letters of other scripts as they are, everything else as an
/// escape (`\r`, `\n`, `\t`, `\\`, `\xNN`, `\u{NNNN}`), so that no byte of a mail can steer a terminal or reorder a line. A backslash in
/// front of a capital letter or `*` stays as it is: it is no escape, and IMAP's flags begin so (`\Seen`).
#[must_use]
pub fn visible(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for piece in bytes.utf8_chunks() {
        let mut chars = piece.valid().chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek().is_some_and(|next| next.is_ascii_uppercase() || *next == '*') => out.push(c),
                '\r' => out.push_str("\\r"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\\' => out.push_str("\\\\"),
                ' '..='~' => out.push(c),
                c if c.is_ascii() => out.push_str(&format!("\\x{:02x}", c as u32)),
                c if c.is_alphanumeric() || is_plain_symbol(c) => out.push(c),
                c => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            }
        }
        for b in piece.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out
}

/// The lines of header fields, each as [`visible`] shows it, but for tabs, which begin most lines that go on.
#[must_use]
pub fn field_lines(fields: &[u8]) -> Vec<Arc<str>> {
    let lines = fields.strip_suffix(b"\n").unwrap_or(fields).split(|b| *b == b'\n');
    let shown = |line: &[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.split(|b| *b == b'\t').map(visible).collect::<Vec<_>>().join("\t").into()
    };
    if fields.is_empty() { Vec::new() } else { lines.map(shown).collect() }
}

/// Punctuation and symbols outside ASCII that cannot hide or reorder text. Format characters (bidirectional marks,
/// zero-width joiners, tags) are not among them.
fn is_plain_symbol(c: char) -> bool {
    matches!(c, '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{bf}' | '×' | '÷' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{20a0}'..='\u{20bf}' | '\u{2190}'..='\u{23ff}' | '\u{2500}'..='\u{27bf}' | '\u{3001}'..='\u{303d}'
        | '\u{1f300}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_comes_through() {
        assert_eq!(visible(b"250 2.1.0 Ok"), "250 2.1.0 Ok");
        assert_eq!(visible(b"a\x1b[31mb\r\n\\\x00\x7f"), "a\\x1b[31mb\\r\\n\\\\\\x00\\x7f");
        assert_eq!(visible("grün → 日本 \u{202e}\u{200d}\u{9b}".as_bytes()), "grün → 日本 \\u{202e}\\u{200d}\\u{9b}");
        assert_eq!(visible(b"\xff\xc3("), "\\xff\\xc3(");
        assert_eq!(visible(b"(\\Seen \\*) \\seen \\\\Seen \\"), "(\\Seen \\*) \\\\seen \\\\\\Seen \\\\");
    }
}
