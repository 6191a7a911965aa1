//! Encoded words (RFC 2047) in charsets other than UTF-8, which is what `mail-builder` writes.

use super::charset::Charset;
use crate::mime::fold::FOLD_AT;

/// The longest encoded word (RFC 2047 §2).
const LONGEST: usize = 75;

/// Writes a text that the charset has all letters of as encoded words, folded between two. White space between
/// neighbouring words is not shown (RFC 2047 §6.2), so all of the text goes into them.
pub(super) fn write(charset: &Charset, out: &mut Vec<u8>, column: usize, text: &str) {
    // Q where most of it can be read all the same, B where not (RFC 2047 §4); ISO-2022-JP has escapes in it, and B
    // since RFC 1468.
    let odd = text.chars().filter(|c| !c.is_ascii()).count();
    let in_base64 = odd * 2 > text.chars().count() || charset.name() == "iso-2022-jp";
    let kind = if in_base64 { 'B' } else { 'Q' };
    let frame = format!("=?{charset}?{kind}?");
    let mut room = FOLD_AT.min(column + LONGEST).saturating_sub(column + frame.len() + 2);
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(fitting(charset, rest, in_base64, room));
        out.extend_from_slice(frame.as_bytes());
        encoded(charset, piece, in_base64, out);
        out.extend_from_slice(b"?=");
        rest = tail;
        if !rest.is_empty() {
            out.extend_from_slice(b"\r\n ");
        }
        room = LONGEST - frame.len() - 2;
    }
}

/// How many bytes of the text go into a word with this room: whole letters, at least one, since each word is read by
/// itself (RFC 2047 §5).
fn fitting(charset: &Charset, text: &str, in_base64: bool, room: usize) -> usize {
    let mut buffer = Vec::new();
    let mut end = 0;
    for (at, letter) in text.char_indices() {
        let next = at + letter.len_utf8();
        buffer.clear();
        encoded(charset, &text[..next], in_base64, &mut buffer);
        if buffer.len() > room && end > 0 {
            break;
        }
        end = next;
    }
    end
}

fn encoded(charset: &Charset, text: &str, in_base64: bool, out: &mut Vec<u8>) {
    let bytes = charset.encode(text).unwrap_or_default();
    if in_base64 {
        let text = data_encoding::BASE64.encode(&bytes);
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for b in bytes.iter() {
        match b {
            b' ' => out.push(b'_'),
            // RFC 2047 §5 (3): these stand everywhere, also in the names of people.
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'!' | b'*' | b'+' | b'-' | b'/' => out.push(*b),
            _ => out.extend_from_slice(format!("={b:02X}").as_bytes()),
        }
    }
}
