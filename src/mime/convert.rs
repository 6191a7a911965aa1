//! Converting content for a server that takes seven bits and short lines only (RFC 6152 §3, RFC 2045 §6, RFC 5321
//! §4.5.3.1.6).
//!
//! What is converted are the parts that need it, one by one: text becomes quoted-printable, everything else base64; the
//! parts around them say `7bit` again. What a part says stays the same, octet for octet.

use std::fmt;
use std::ops::Range;

use super::compose::{Encoding, write_base64, write_encoded};
use super::content::Content;
use super::read::{self, Holds, Part, Tree};
use crate::octets::{Chunk, Rope, has_long_line};

/// Why content cannot be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stuck {
    /// Nothing says what its octets mean: it is not MIME (RFC 2045 §4).
    NotMime,
    /// The header section needs it: that takes SMTPUTF8 (RFC 6531) or shorter lines.
    Header,
    /// It is signed or encrypted, and must not be altered (RFC 1847 §2.1).
    Signed,
    /// It is in a part that may not be encoded (RFC 2046 §5.2.2, §5.2.3), in one that claims to be encoded already, or
    /// between parts.
    Unencodable,
}

impl Stuck {
    /// As the end of a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Stuck::NotMime => "it is not MIME",
            Stuck::Header => "its header section needs it",
            Stuck::Signed => "it is signed or encrypted",
            Stuck::Unencodable => "a part of it may not be encoded",
        }
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// The content with seven bits and in lines of at most 998 octets. What is like that already stays as it is.
///
/// # Errors
/// Why it cannot be done. The content is as it was.
pub fn to_seven_bit(content: &Content) -> Result<Content, Stuck> {
    let bytes: Chunk = match content.rope().chunks() {
        [whole] => whole.clone(),
        _ => Chunk::text(content.rope().to_vec()),
    };
    let tree = read::read(&bytes);
    let top = &tree.parts[0];
    if needs_it(&bytes[top.header.clone()]) {
        return Err(Stuck::Header);
    }
    if needs_it(&bytes[top.body.clone()]) && !read::fields(&bytes[top.header.clone()]).any(|f| f.is("MIME-Version")) {
        return Err(Stuck::NotMime);
    }
    let mut edits = Vec::new();
    for (place, part) in tree.parts.iter().enumerate() {
        edit(&bytes, &tree, place, part, &mut edits)?;
    }
    edits.sort_by_key(|edit| edit.range.start);
    let mut out = Vec::with_capacity(bytes.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in &edits {
        out.extend_from_slice(&bytes[at..edit.range.start]);
        out.extend_from_slice(&edit.text);
        at = edit.range.end;
    }
    out.extend_from_slice(&bytes[at..]);
    // Also what no part covers: lines between parts, and whatever the reader did not see as its writer meant it.
    if needs_it(&out) {
        return Err(Stuck::Unencodable);
    }
    Ok(Content::scan(Rope::from(Chunk::text(out))))
}

/// Other octets in the place of some.
struct Edit {
    range: Range<usize>,
    text: Vec<u8>,
}

fn edit(bytes: &[u8], tree: &Tree, place: usize, part: &Part, edits: &mut Vec<Edit>) -> Result<(), Stuck> {
    let body = &bytes[part.body.clone()];
    if !needs_it(body) {
        // It may have been marked for more than it needs. That is true enough where nothing else is said.
        return relabel_if_wider(bytes, part, Encoding::SevenBit, edits);
    }
    if is_sealed(tree, place) {
        return Err(Stuck::Signed);
    }
    match part.holds {
        Holds::Parts | Holds::Message => relabel_if_wider(bytes, part, Encoding::SevenBit, edits),
        Holds::Nothing => {
            if !part.encoding.is_identity() || matches!(part.top_type(), "multipart" | "message") {
                return Err(Stuck::Unencodable);
            }
            let mut text = Vec::new();
            let encoding = if part.top_type() == "text" { Encoding::QuotedPrintable } else { Encoding::Base64 };
            match encoding {
                Encoding::Base64 => write_base64(&mut text, body),
                _ => write_encoded(&mut text, body, encoding),
            }
            edits.push(Edit { range: part.body.clone(), text });
            relabel(bytes, part, encoding, edits);
            Ok(())
        }
    }
}

/// Whether a part is inside of one that must stay as it is, or is one (RFC 1847).
fn is_sealed(tree: &Tree, place: usize) -> bool {
    let mut at = Some(place);
    while let Some(place) = at {
        let part = &tree.parts[place];
        if matches!(part.media_type.as_str(), "multipart/signed" | "multipart/encrypted") {
            return true;
        }
        at = part.parent;
    }
    false
}

fn relabel_if_wider(bytes: &[u8], part: &Part, encoding: Encoding, edits: &mut Vec<Edit>) -> Result<(), Stuck> {
    let wider = part.encoding.is_identity() && !part.encoding.as_str().eq_ignore_ascii_case(encoding.as_str());
    if wider {
        relabel(bytes, part, encoding, edits);
    }
    Ok(())
}

/// Writes Content-Transfer-Encoding anew: in its place, or as the last field.
fn relabel(bytes: &[u8], part: &Part, encoding: Encoding, edits: &mut Vec<Edit>) {
    let header = &bytes[part.header.clone()];
    let field = read::fields(header).find(|field| field.is("Content-Transfer-Encoding"));
    let edit = match field {
        Some(field) => {
            let at = part.header.start + field.value_at;
            Edit { range: at..at + field.value.len(), text: format!(" {}", encoding.as_str()).into_bytes() }
        }
        None => {
            let line = format!("Content-Transfer-Encoding: {}\r\n", encoding.as_str());
            Edit { range: part.header.end..part.header.end, text: line.into_bytes() }
        }
    };
    edits.push(edit);
}

/// Whether octets have more than seven bits, or a line is too long.
fn needs_it(bytes: &[u8]) -> bool {
    !bytes.is_ascii() || has_long_line(bytes)
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
