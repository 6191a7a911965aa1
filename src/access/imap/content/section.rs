//! BODY[...]<...>, RFC822, RFC822.HEADER and RFC822.TEXT (RFC 3501 §6.4.5, §7.4.2).

use std::num::NonZeroU32;
use std::ops::Range;

use imap_codec::imap_types::core::AString;
use imap_codec::imap_types::fetch::Section;
use rustc_hash::FxHashSet;

use super::numbering::{Found, Shape};
use super::reading::Reading;
use super::strings::{number, without_nul};
use crate::mime::Content;
use crate::mime::read;
use crate::octets::{Chunk, Rope};

/// RFC822.SIZE: the octets of a mail (RFC 3501 §7.4.2).
#[must_use]
pub fn size(content: &Content) -> u32 {
    number(content.size_bytes())
}

/// A section of a mail as windows onto it; without a section, all of it. `partial` is where it begins and how many octets are
/// wanted at most; there may be fewer, or none. `None`: there is no such section (Dovecot says that it is empty). RFC822 is the
/// section `None`, RFC822.HEADER is [`Section::Header`] and RFC822.TEXT is [`Section::Text`], each of no part.
///
/// No literal can hold NUL (RFC 3501 §4.3): a chunk with one is copied, and has 0x80 in its place, as in Dovecot.
///
/// The header section comes with its empty line, where the mail has one (RFC 3501 §6.4.5). MIME of part 1 of a mail that is no
/// multipart is the header section of the mail, as in Dovecot.
#[must_use]
pub fn section(reading: &Reading, section: Option<&Section<'_>>, partial: Option<(u32, NonZeroU32)>) -> Option<Rope> {
    let rope = match section {
        None => reading.content().rope().clone(),
        Some(section) => named(reading, section)?,
    };
    Some(literal(cut(rope, partial)))
}

fn named(reading: &Reading, section: &Section<'_>) -> Option<Rope> {
    match section {
        Section::Part(part) => body(reading, part.0.as_ref()).map(|range| reading.window(range)),
        Section::Mime(part) => mime(reading, part.0.as_ref()).map(|range| reading.window(range)),
        Section::Header(part) => message(reading, part).map(|(header, _)| reading.window(header)),
        Section::Text(part) => message(reading, part).map(|(_, body)| reading.window(body)),
        Section::HeaderFields(part, names) => {
            message(reading, part).map(|(header, _)| fields(reading, header, names.as_ref(), true))
        }
        Section::HeaderFieldsNot(part, names) => {
            message(reading, part).map(|(header, _)| fields(reading, header, names.as_ref(), false))
        }
    }
}

type Path = imap_codec::imap_types::fetch::Part;

/// The body of a part; `None` where there is no such part.
pub(super) fn body(reading: &Reading, path: &[NonZeroU32]) -> Option<Range<usize>> {
    Some(match reading.numbering().find(path)? {
        Found::Part(part) | Found::Body(part) | Found::Whole(part) => reading.tree().parts[part].body.clone(),
        Found::Nothing => 0..0,
    })
}

/// The header section of a part.
fn mime(reading: &Reading, path: &[NonZeroU32]) -> Option<Range<usize>> {
    match reading.numbering().find(path)? {
        Found::Part(part) | Found::Body(part) => Some(header(reading, part)),
        Found::Whole(_) | Found::Nothing => None,
    }
}

/// Header section and body of the mail, or of the message inside of a part.
fn message(reading: &Reading, path: &Option<Path>) -> Option<(Range<usize>, Range<usize>)> {
    let Some(path) = path else { return Some((reading.header(), reading.body())) };
    let (Found::Part(part) | Found::Body(part)) = reading.numbering().find(path.0.as_ref())? else { return None };
    match reading.numbering().shape(part) {
        Shape::Message(inside) => Some((header(reading, inside), reading.tree().parts[inside].body.clone())),
        Shape::Closed => Some((0..0, 0..0)),
        _ => None,
    }
}

/// With the empty line that ends it.
fn header(reading: &Reading, part: usize) -> Range<usize> {
    let part = &reading.tree().parts[part];
    part.header.start..part.body.start.max(part.header.end)
}

/// The fields of a header section that have one of these names, or all that stands there but those. The empty line stays.
fn fields(reading: &Reading, header: Range<usize>, names: &[AString<'_>], wanted: bool) -> Rope {
    let names: FxHashSet<Vec<u8>> = names.iter().map(|name| name.as_ref().to_ascii_lowercase()).collect();
    let bytes = reading.bytes(header.clone());
    let (end, _) = read::header_end(&bytes);
    let mut rope = Rope::new();
    let mut passed = 0;
    let mut lower = Vec::new();
    for field in read::fields(&bytes[..end]) {
        lower.clear();
        lower.extend(field.name.iter().map(u8::to_ascii_lowercase));
        if !names.contains(&lower) {
            continue;
        }
        let range = if wanted { field.at..field.end } else { passed..field.at };
        reading.extend(&mut rope, header.start + range.start..header.start + range.end);
        passed = field.end;
    }
    let rest = if wanted { end } else { passed };
    reading.extend(&mut rope, header.start + rest..header.end);
    rope
}

/// So many octets from a place on (RFC 3501 §6.4.5).
pub(super) fn cut(rope: Rope, partial: Option<(u32, NonZeroU32)>) -> Rope {
    let Some((start, most)) = partial else { return rope };
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(rope.len());
    let most = usize::try_from(most.get()).unwrap_or(usize::MAX).min(rope.len() - start);
    rope.slice(start..start + most)
}

/// The same without NUL.
fn literal(rope: Rope) -> Rope {
    let has_nul = |chunk: &Chunk| memchr::memchr(0, chunk).is_some();
    if !rope.chunks().iter().any(has_nul) {
        return rope;
    }
    let mut clean = Rope::with_capacity(rope.chunks().len());
    for chunk in rope.into_chunks() {
        if has_nul(&chunk) {
            let mut bytes = chunk.to_vec();
            without_nul(&mut bytes);
            clean.push(Chunk::from(bytes));
        } else {
            clean.push(chunk);
        }
    }
    clean
}
