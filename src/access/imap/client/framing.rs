//! Bytes into responses (RFC 9051 §2.2.2, §4.3): lines, and the literals between them.
//!
//! The content of mails is never copied as a whole: it is kept as the windows that it came in, beside the text of the response, in
//! which an empty literal stands for it.

use super::config::Limits;
use crate::access::About;
use crate::octets::{Chunk, Rope};

/// A piece that is smaller than this is put together with those beside it if there are many, or a mail that comes byte by byte
/// would take a hundred times its size.
const SMALL: usize = 512;
/// How many small pieces in a row are put together.
const MANY: usize = 64;
/// How many contents one response can have. Nobody asks for more than one.
const MOST_CONTENTS: usize = 64;

/// What was found.
#[derive(Debug)]
pub(super) enum Piece {
    /// A line without its line end. Only where somebody looks on.
    Line(Chunk),
    /// The content of a mail.
    Content { size_bytes: u64, about: Option<About> },
    /// A response.
    Response(Raw),
    /// What goes beyond a bound. Nothing comes behind it.
    TooLarge,
}

/// A whole response.
#[derive(Debug)]
pub(super) struct Raw {
    /// Its lines with their line ends, and its literals; for each content, an empty literal.
    pub(super) text: Text,
    /// The contents in order.
    pub(super) contents: Vec<Literal>,
}

/// A content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) rope: Rope,
    pub(super) about: Option<About>,
}

/// Bytes: where they came in one piece, a window onto it.
#[derive(Debug)]
pub(super) enum Text {
    Window(Chunk),
    Joined(Vec<u8>),
}

impl std::ops::Deref for Text {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Text::Window(chunk) => chunk,
            Text::Joined(bytes) => bytes,
        }
    }
}

/// Cuts bytes into responses.
#[derive(Clone, Debug)]
pub(super) struct Framer {
    limits: Limits,
    observed: bool,
    /// The beginning of a line that has not ended yet.
    partial: Vec<u8>,
    /// The lines and literals of the response before that.
    text: Vec<u8>,
    literal: Option<Open>,
    contents: Vec<Literal>,
    contents_bytes: u64,
    /// A line that ends its response, which is told next.
    last: Option<Chunk>,
    /// Whether somebody has gone beyond a bound.
    is_broken: bool,
}

/// A literal that has not come whole.
#[derive(Clone, Debug)]
struct Open {
    missing: u64,
    is_content: bool,
    literal: Literal,
    /// Small pieces at its end.
    small: Rope,
}

impl Framer {
    pub(super) fn new(limits: Limits) -> Framer {
        Framer {
            limits,
            observed: false,
            partial: Vec::new(),
            text: Vec::new(),
            literal: None,
            contents: Vec::new(),
            contents_bytes: 0,
            last: None,
            is_broken: false,
        }
    }

    pub(super) fn observe(&mut self, on: bool) {
        self.observed = on;
    }

    /// Forgets what is unfinished.
    pub(super) fn clear(&mut self) {
        let observed = self.observed;
        *self = Framer::new(self.limits);
        self.observed = observed;
    }

    /// How much is kept of what has not come whole.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        let literal = self.literal.as_ref().map_or(0, |open| open.literal.rope.len() + open.small.len());
        let contents: usize = self.contents.iter().map(|content| content.rope.len()).sum();
        self.partial.len() + self.text.len() + literal + contents
    }

    /// Takes the next piece off the front of `input`, which is about `about`; `None` when `input` is used up.
    pub(super) fn next(&mut self, input: &mut Chunk, about: Option<About>) -> Option<Piece> {
        if self.is_broken {
            return None;
        }
        let piece = self.cut(input, about);
        self.is_broken = matches!(piece, Some(Piece::TooLarge));
        piece
    }

    fn cut(&mut self, input: &mut Chunk, about: Option<About>) -> Option<Piece> {
        if let Some(line) = self.last.take() {
            return Some(self.finish(line));
        }
        loop {
            if self.literal.is_some() {
                match self.fill(input, about) {
                    Some(piece) => return Some(piece),
                    None if self.literal.is_some() => return None,
                    None => continue,
                }
            }
            let line = match self.line(input) {
                Ok(line) => line?,
                Err(TooLarge) => return Some(Piece::TooLarge),
            };
            let seen = self.observed.then(|| line.slice(0..line.len() - 2));
            match self.announced(&line) {
                None => match seen {
                    Some(seen) => {
                        self.last = Some(line);
                        return Some(Piece::Line(seen));
                    }
                    None => return Some(self.finish(line)),
                },
                Some(size) => {
                    if self.open(&line, size).is_err() {
                        return Some(Piece::TooLarge);
                    }
                    if let Some(seen) = seen {
                        return Some(Piece::Line(seen));
                    }
                }
            }
        }
    }

    /// The next line with its line end, which is CRLF and nothing else.
    fn line(&mut self, input: &mut Chunk) -> Result<Option<Chunk>, TooLarge> {
        let mut from = 0;
        let end = loop {
            let Some(found) = memchr::memchr(b'\n', &input[from..]) else { break None };
            let lf = from + found;
            if if lf > 0 { input[lf - 1] == b'\r' } else { self.partial.last() == Some(&b'\r') } {
                break Some(lf + 1);
            }
            from = lf + 1;
        };
        if self.partial.len() + end.unwrap_or(input.len()) > self.limits.line_bytes {
            return Err(TooLarge);
        }
        let Some(end) = end else {
            self.partial.extend_from_slice(input);
            *input = Chunk::EMPTY;
            return Ok(None);
        };
        if self.partial.is_empty() {
            return Ok(Some(input.split_to(end)));
        }
        self.partial.extend_from_slice(&input[..end]);
        input.advance(end);
        let line = Chunk::copy_from(&self.partial);
        self.partial.clear();
        Ok(Some(line))
    }

    /// How long the literal is that comes behind this line, if one does.
    fn announced(&self, line: &[u8]) -> Option<u64> {
        let first = if self.text.is_empty() { line } else { &self.text };
        if !may_hold_literals(first) {
            return None;
        }
        let inside = line.strip_suffix(b"}\r\n")?;
        let digits = &inside[memchr::memrchr(b'{', inside)? + 1..];
        // Servers have no reason for the plus, but it says no more than that nobody waits (RFC 7888).
        let digits = digits.strip_suffix(b"+").unwrap_or(digits);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digit = |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        Some(digits.iter().fold(0, digit))
    }

    /// A line has announced a literal.
    fn open(&mut self, line: &[u8], size: u64) -> Result<(), TooLarge> {
        let at = memchr::memrchr(b'{', line).unwrap_or(line.len());
        let is_content = is_content(&line[..at]);
        if is_content {
            self.contents_bytes = self.contents_bytes.saturating_add(size);
            if self.contents_bytes > self.limits.content_bytes || self.contents.len() == MOST_CONTENTS {
                return Err(TooLarge);
            }
            self.text.extend_from_slice(&line[..at]);
            self.text.extend_from_slice(b"{0}\r\n");
        } else {
            self.text.extend_from_slice(line);
        }
        let inside = if is_content { 0 } else { size };
        if (self.text.len() as u64).saturating_add(inside) > self.limits.response_bytes as u64 {
            return Err(TooLarge);
        }
        self.literal = Some(Open { missing: size, is_content, literal: Literal::default(), small: Rope::new() });
        Ok(())
    }

    /// Takes what belongs to the literal.
    fn fill(&mut self, input: &mut Chunk, about: Option<About>) -> Option<Piece> {
        let mut open = self.literal.take()?;
        let take = usize::try_from(open.missing).map_or(input.len(), |missing| missing.min(input.len()));
        let taken = input.split_to(take);
        open.missing -= take as u64;
        if !open.is_content {
            self.text.extend_from_slice(&taken);
        } else if take > 0 {
            open.literal.about = open.literal.about.or(about);
            open.push(taken);
        }
        if open.missing > 0 {
            self.literal = Some(open);
            return None;
        }
        open.is_content.then(|| {
            let Open { mut literal, small, .. } = open;
            literal.rope.append(small);
            let (size_bytes, about) = (literal.rope.len() as u64, literal.about);
            self.contents.push(literal);
            Piece::Content { size_bytes, about }
        })
    }

    /// A line has ended its response.
    fn finish(&mut self, line: Chunk) -> Piece {
        if self.text.len() + line.len() > self.limits.response_bytes {
            return Piece::TooLarge;
        }
        let text = if self.text.is_empty() {
            Text::Window(line)
        } else {
            self.text.extend_from_slice(&line);
            Text::Joined(std::mem::take(&mut self.text))
        };
        self.contents_bytes = 0;
        Piece::Response(Raw { text, contents: std::mem::take(&mut self.contents) })
    }
}

impl Open {
    fn push(&mut self, chunk: Chunk) {
        if chunk.len() >= SMALL {
            self.literal.rope.append(std::mem::take(&mut self.small));
            self.literal.rope.push(chunk);
            return;
        }
        self.small.push(chunk);
        if self.small.chunks().len() == MANY {
            self.literal.rope.push(Chunk::from(self.small.to_vec()));
            self.small.clear();
        }
    }
}

struct TooLarge;

/// Whether literals can be in a response that begins like this. None is in a status or a continuation, whose text may well end as if
/// one came (RFC 9051 §9, `resp-text`).
fn may_hold_literals(first: &[u8]) -> bool {
    let Some(rest) = first.strip_prefix(b"* ") else { return false };
    let end = memchr::memchr3(b' ', b'\r', b'\n', rest).unwrap_or(rest.len());
    let statuses: [&[u8]; 5] = [b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"];
    !statuses.iter().any(|status| rest[..end].eq_ignore_ascii_case(status))
}

/// Whether the literal behind this text is the content of a mail, or of part of it (RFC 9051 §9, `msg-att-static`).
fn is_content(before: &[u8]) -> bool {
    let before = before.strip_suffix(b"~").unwrap_or(before);
    let Some(before) = before.strip_suffix(b" ") else { return false };
    let names: [&[u8]; 3] = [b"RFC822", b"RFC822.HEADER", b"RFC822.TEXT"];
    let word = &before[memchr::memrchr2(b' ', b'(', before).map_or(0, |at| at + 1)..];
    before.ends_with(b"]") || before.ends_with(b">") || names.iter().any(|name| word.eq_ignore_ascii_case(name))
}

#[cfg(test)]
#[path = "framing_tests.rs"]
mod tests;
