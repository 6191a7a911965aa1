//! Commands as words, for who changes some of them before the codec reads the rest.

use super::super::numbers::Numbers;
use crate::octets::write_decimal;

/// A piece of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    /// What stands between spaces and parentheses.
    Plain(&'a [u8]),
    /// A quoted string with its quotes.
    Quoted(&'a [u8]),
    /// A literal with its announcement.
    Literal(&'a [u8]),
    /// A space, a parenthesis or a line end.
    Between(u8),
}

/// Takes the next piece off the front.
fn next<'a>(text: &mut &'a [u8]) -> Option<Word<'a>> {
    let first = *text.first()?;
    let is_between = |b: u8| matches!(b, b' ' | b'(' | b')' | b'\r' | b'\n');
    let (end, word): (usize, fn(&'a [u8]) -> Word<'a>) = match first {
        b if is_between(b) => (1, |piece| Word::Between(piece[0])),
        b'"' => (quoted_len(text), Word::Quoted),
        b'{' if literal_len(text).is_some() => (literal_len(text)?, Word::Literal),
        _ => (text.iter().position(|b| is_between(*b) || *b == b'"').unwrap_or(text.len()), Word::Plain),
    };
    let (piece, rest) = text.split_at(end);
    *text = rest;
    Some(word(piece))
}

fn quoted_len(text: &[u8]) -> usize {
    let mut at = 1;
    loop {
        match text.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

fn literal_len(text: &[u8]) -> Option<usize> {
    let close = text.iter().position(|b| *b == b'}')?;
    let number = text[1..close].strip_suffix(b"+").unwrap_or(&text[1..close]);
    let octets: usize = std::str::from_utf8(number).ok()?.parse().ok()?;
    text[close + 1..]
        .starts_with(b"\r\n")
        .then_some((close + 3).saturating_add(octets))
        .filter(|end| *end <= text.len())
}

/// Turns quoted strings with octets above 127 into literals, which the codec knows: they are quoted strings in UTF-8 where the client
/// has said that it writes such (RFC 9051 §4.3, RFC 6855 §3).
pub(super) fn without_eight_bit_quotes(mut text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    while let Some(word) = next(&mut text) {
        match word {
            Word::Quoted(quoted) if !quoted.is_ascii() && std::str::from_utf8(quoted).is_ok() => {
                let inside = &quoted[1..quoted.len().max(2) - 1];
                let mut plain = Vec::with_capacity(inside.len());
                let mut octets = inside.iter();
                while let Some(b) = octets.next() {
                    plain.push(if *b == b'\\' { octets.next().copied().unwrap_or(b'\\') } else { *b });
                }
                out.push(b'{');
                write_decimal(&mut out, plain.len() as u64);
                out.extend_from_slice(b"+}\r\n");
                out.extend_from_slice(&plain);
            }
            Word::Plain(piece) | Word::Quoted(piece) | Word::Literal(piece) => out.extend_from_slice(piece),
            Word::Between(b) => out.push(b),
        }
    }
    out
}

/// The keys of SEARCH behind which a text stands (RFC 9051 §6.4.4), and behind how many words it may.
const TEXTS: [(&[u8], usize); 10] = [
    (b"BCC", 1),
    (b"BODY", 1),
    (b"CC", 1),
    (b"FROM", 1),
    (b"HEADER", 2),
    (b"KEYWORD", 1),
    (b"SUBJECT", 1),
    (b"TEXT", 1),
    (b"TO", 1),
    (b"UNKEYWORD", 1),
];

/// Puts the mails that `$` stands for (RFC 5182) in its place among the keys of SEARCH. No mail has the largest unique identifier,
/// so it stands for none.
pub(super) fn with_saved(mut text: &[u8], saved: &Numbers) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    // How many words are texts, and whether the last one was UID.
    let (mut texts, mut behind_uid) = (0_usize, false);
    while let Some(word) = next(&mut text) {
        match word {
            Word::Between(b) => {
                out.push(b);
                continue;
            }
            Word::Plain(b"$") if texts == 0 => {
                if !behind_uid {
                    out.extend_from_slice(b"UID ");
                }
                match saved.is_empty() {
                    true => write_decimal(&mut out, u32::MAX.into()),
                    false => saved.write_to(&mut out),
                }
            }
            Word::Plain(piece) | Word::Quoted(piece) | Word::Literal(piece) => out.extend_from_slice(piece),
        }
        behind_uid = false;
        if texts > 0 {
            texts -= 1;
        } else if let Word::Plain(piece) = word {
            behind_uid = piece.eq_ignore_ascii_case(b"UID");
            let known = TEXTS.iter().find(|(name, _)| piece.eq_ignore_ascii_case(name));
            texts = known.map_or(0, |(_, words)| *words);
        }
    }
    out
}
