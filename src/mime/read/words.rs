//! Text of other alphabets: charsets, and encoded words in header fields (RFC 2047, RFC 2231 §5).

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::encoding::Encoding;
use super::quoted::hex;

/// An encoded word is no longer than this (RFC 2047 §2).
pub(super) const LONGEST_WORD: usize = 75;

/// The charset of this name, where it is one of the Encoding Standard.
pub(super) fn charset(label: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    encoding_rs::Encoding::for_label_no_replacement(label)
}

/// Text in a charset. Where none is named, or one that is not known, UTF-8 is tried, and Western European taken for what
/// is not UTF-8.
#[must_use]
pub fn decode_charset(bytes: &[u8], name: Option<&str>) -> String {
    match name.and_then(|name| charset(name.as_bytes())) {
        Some(known) => known.decode_without_bom_handling(bytes).0.into_owned(),
        None => guessed(bytes).into_owned(),
    }
}

fn guessed(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// An encoded word (RFC 2047 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) range: Range<usize>,
    /// Without a language (RFC 2231 §5).
    pub(super) charset: &'a [u8],
    is_base64: bool,
    text: &'a [u8],
}

impl Word<'_> {
    /// Whether it holds whole characters of its charset (RFC 2047 §5). In a charset of single bytes it always does.
    pub(super) fn is_whole(&self) -> bool {
        let Some(known) = charset(self.charset).filter(|known| !known.is_single_byte()) else { return true };
        let mut bytes = Vec::new();
        self.decode(&mut bytes);
        known.decode_without_bom_handling_and_without_replacement(&bytes).is_some()
    }

    /// Whether it has only letters that it may have in a phrase (RFC 2047 §5 (3)).
    pub(super) fn is_of_phrases(&self) -> bool {
        self.is_base64 || self.text.iter().all(|b| b.is_ascii_alphanumeric() || b"!*+-/=_".contains(b))
    }

    /// The bytes that it stands for, in its charset.
    fn decode(&self, out: &mut Vec<u8>) {
        if self.is_base64 {
            Encoding::Base64.decode(self.text, &mut |piece| out.extend_from_slice(piece));
            return;
        }
        let mut rest = self.text;
        while let [first, tail @ ..] = rest {
            rest = tail;
            match (first, tail) {
                (b'_', _) => out.push(b' '),
                (b'=', [a, b, after @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                    out.push(hex(*a) << 4 | hex(*b));
                    rest = after;
                }
                _ => out.push(*first),
            }
        }
    }
}

/// Something that begins as an encoded word does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen<'a> {
    Word(Word<'a>),
    /// It has charset and encoding, but what follows is no encoded text, or never ends.
    Broken(usize),
}

/// The next one at or behind `from`. Each byte is looked at a fixed number of times, because no part of a word holds the
/// `=?` that another one begins with.
pub(super) fn next_seen(value: &[u8], mut from: usize) -> Option<Seen<'_>> {
    while let Some(found) = memmem::find(value.get(from..)?, b"=?") {
        let at = from + found;
        if let Some(seen) = seen_at(value, at) {
            return Some(seen);
        }
        from = at + 2;
    }
    None
}

/// Where the encoded word ends that begins at `at`, if one does: its end as a place in the value.
#[must_use]
pub fn word_end(value: &[u8], at: usize) -> Option<usize> {
    match value.get(at..)?.starts_with(b"=?").then(|| seen_at(value, at))?? {
        Seen::Word(word) => Some(word.range.end),
        Seen::Broken(_) => None,
    }
}

fn seen_at(value: &[u8], at: usize) -> Option<Seen<'_>> {
    let rest = &value[at + 2..];
    let name = rest.iter().position(|b| !is_token(*b)).filter(|n| *n > 0)?;
    let [b'?', kind, b'?', text @ ..] = &rest[name..] else { return None };
    let is_base64 = match kind {
        b'b' | b'B' => true,
        b'q' | b'Q' => false,
        _ => return None,
    };
    let length = text.iter().position(|b| !matches!(b, b'!'..=b'~') || *b == b'?').unwrap_or(text.len());
    if !text[length..].starts_with(b"?=") {
        return Some(Seen::Broken(at));
    }
    let charset = rest[..name].split(|b| *b == b'*').next().unwrap_or_default();
    let end = at + 2 + name + 3 + length + 2;
    Some(Seen::Word(Word { range: at..end, charset, is_base64, text: &text[..length] }))
}

/// A letter of a charset's name (RFC 2047 §2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>@,;:\"/[]?.=".contains(&byte)
}

/// The value of a header field as text: unfolded, encoded words decoded. Words that stand side by side are joined (RFC 2047
/// §6.2); one whose charset is not known stays as it is. Bytes above 127 are taken as UTF-8 where they can be.
///
/// The result may hold anything that a mail can: it has to be made safe before a terminal sees it.
#[must_use]
pub fn decode_words(value: &[u8]) -> String {
    let value = value.trim_ascii();
    let mut out = String::with_capacity(value.len());
    // Bytes of words that stand side by side in one charset: characters may be cut between them.
    let mut joined: (Vec<u8>, Option<&'static encoding_rs::Encoding>) = (Vec::new(), None);
    let flush = |out: &mut String, joined: &mut (Vec<u8>, Option<&'static encoding_rs::Encoding>)| {
        if let Some(charset) = joined.1.take() {
            out.push_str(&charset.decode_without_bom_handling(&joined.0).0);
            joined.0.clear();
        }
    };
    // Where text begins that has not been written, and where to look for words.
    let (mut at, mut from) = (0, 0);
    while let Some(seen) = next_seen(value, from) {
        let word = match seen {
            Seen::Broken(broken) => {
                from = broken + 2;
                continue;
            }
            Seen::Word(word) => word,
        };
        from = word.range.end;
        let Some(known) = charset(word.charset) else { continue };
        let between = &value[at..word.range.start];
        let is_beside = joined.1.is_some() && between.iter().all(u8::is_ascii_whitespace);
        // In ISO-2022-JP each word begins and ends in ASCII, and two switches side by side are an error.
        if !is_beside || joined.1 != Some(known) || known == encoding_rs::ISO_2022_JP {
            flush(&mut out, &mut joined);
        }
        if !is_beside {
            unfold(between, &mut out);
        }
        joined.1 = Some(known);
        word.decode(&mut joined.0);
        at = word.range.end;
    }
    flush(&mut out, &mut joined);
    unfold(&value[at..], &mut out);
    out
}

/// Text without the line ends of its folds (RFC 5322 §2.2.3).
fn unfold(text: &[u8], out: &mut String) {
    for (i, line) in text.split(|b| matches!(b, b'\r' | b'\n')).enumerate() {
        // A line end without white space behind it is none of a fold; words must not run together there.
        if i > 0 && line.first().is_some_and(|b| !matches!(b, b' ' | b'\t')) {
            out.push(' ');
        }
        out.push_str(&guessed(line));
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
