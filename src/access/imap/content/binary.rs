//! BINARY[...] and BINARY.SIZE[...] (RFC 3516).

use std::num::NonZeroU32;

use super::numbering::Found;
use super::reading::Reading;
use super::section::cut;
use super::strings::number;
use crate::mime::read::{Encoding, Part};
use crate::octets::{Chunk, Rope};

/// Nobody knows how to undo the encoding of a part: the answer is `NO [UNKNOWN-CTE]` (RFC 3516 §4.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unknown Content-Transfer-Encoding")]
pub struct UnknownEncoding;

/// What the body of a part stands for when its encoding is undone; what is in no encoding as windows onto the mail. Without a
/// number, the whole mail as it is: its header sections are in no encoding, and what parts inside are in is not undone, as in a
/// part that holds others (Dovecot undoes it, and writes their header sections anew). `partial` counts what was decoded.
/// `Ok(None)`: there is no such part.
///
/// It may hold NUL, and is to be sent as literal8 then.
///
/// # Errors
/// When the encoding is not known.
pub fn binary(
    reading: &Reading,
    path: &[NonZeroU32],
    partial: Option<(u32, NonZeroU32)>,
) -> Result<Option<Rope>, UnknownEncoding> {
    if path.is_empty() {
        return Ok(Some(cut(reading.content().rope().clone(), partial)));
    }
    let Some(part) = find(reading, path) else { return Ok(None) };
    let Some(part) = part else { return Ok(Some(Rope::new())) };
    if part.encoding.is_identity() || !part.is_leaf() {
        return Ok(Some(cut(reading.window(part.body.clone()), partial)));
    }
    if matches!(part.encoding, Encoding::Unknown(_)) {
        return Err(UnknownEncoding);
    }
    let mut skip = partial.map_or(0, |(start, _)| u64::from(start));
    let most = partial.map_or(u64::MAX, |(_, most)| u64::from(most.get()));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut decoded: Vec<u8> = Vec::new();
    part.encoding.decode(&reading.bytes(part.body.clone()), &mut |piece| {
        let passed = piece.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
        skip -= passed as u64;
        let rest = &piece[passed..];
        decoded.extend_from_slice(&rest[..rest.len().min(most - decoded.len())]);
    });
    Ok(Some(Rope::from(Chunk::text(decoded))))
}

/// How many octets [`binary`] gives of a part. One that is not there has none, as in Dovecot.
///
/// # Errors
/// When the encoding is not known.
pub fn binary_size(reading: &Reading, path: &[NonZeroU32]) -> Result<u32, UnknownEncoding> {
    if path.is_empty() {
        return Ok(number(reading.content().size_bytes()));
    }
    match find(reading, path).flatten() {
        Some(Part { encoding: Encoding::Unknown(_), .. }) => Err(UnknownEncoding),
        Some(part) => Ok(number(part.decoded_bytes)),
        None => Ok(0),
    }
}

/// A part; `Some(None)` is one that is empty and not in the mail.
fn find<'a>(reading: &'a Reading, path: &[NonZeroU32]) -> Option<Option<&'a Part>> {
    Some(match reading.numbering().find(path)? {
        Found::Part(part) | Found::Body(part) | Found::Whole(part) => Some(&reading.tree().parts[part]),
        Found::Nothing => None,
    })
}
