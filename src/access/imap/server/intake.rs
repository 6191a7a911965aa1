//! Bytes into the pieces of commands: lines, and the literals that they announce (RFC 9051 §4.3, RFC 7888).

use crate::octets::{Chunk, Rope};

/// Enough of the end of a line to see whether it announces a literal.
const TAIL: usize = 32;
/// Pieces of a mail that are smaller than this and lie alone are put together, so that one that dribbles in takes no more memory
/// than one that does not.
const SMALL: usize = 512;

/// What has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A line, without its line end.
    Line(Line),
    /// All octets of a literal.
    Literal(Rope),
    /// All octets that were to be thrown away.
    Skipped,
}

/// A line of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// What stands in it; of one that is too long, the beginning.
    pub(super) text: Vec<u8>,
    /// Whether it was longer than it may be.
    pub(super) is_too_long: bool,
    /// The literal that its end announces.
    pub(super) announces: Option<Announced>,
}

/// A literal that a line has announced at its end: `{310}`, `{310+}`, `~{310}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    /// How many octets come. A number that no machine can hold is the largest that it can.
    pub(super) octets: u64,
    /// Whether the client waits until it is asked to go on (RFC 9051 §4.3).
    pub(super) waits: bool,
    /// Whether it may have octets of value zero (RFC 3516 §4.4): `~{310}`.
    pub(super) is_binary: bool,
    /// How long the announcement is, with its braces.
    pub(super) len: usize,
}

impl Announced {
    /// Reads the end of a line.
    pub(super) fn read(line: &[u8]) -> Option<Announced> {
        let before = line.strip_suffix(b"}")?;
        let (before, waits) = before.strip_suffix(b"+").map_or((before, true), |before| (before, false));
        let digits = before.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let (before, number) = before.split_at(before.len() - digits);
        let before = before.strip_suffix(b"{")?;
        if digits == 0 {
            return None;
        }
        let octets = std::str::from_utf8(number).ok()?.parse().unwrap_or(u64::MAX);
        let is_binary = before.ends_with(b"~");
        Some(Announced { octets, waits, is_binary, len: line.len() - before.len() + usize::from(is_binary) })
    }
}

/// What is expected next.
#[derive(Clone, Debug, Default)]
enum Expected {
    /// A line.
    #[default]
    Line,
    /// So many octets more of a literal.
    Literal { left: u64, octets: Octets },
    /// So many octets that nobody wants.
    Skip { left: u64 },
}

/// Reads pieces. A line ends at LF, with or without CR before it, as in Dovecot.
#[derive(Clone, Debug, Default)]
pub(super) struct Intake {
    expected: Expected,
    line: Vec<u8>,
    /// The end of a line that is too long.
    tail: Option<Vec<u8>>,
}

impl Intake {
    /// Takes the next piece off the front of `input`; `None` when `input` is used up before it ends. No line may have more than
    /// `longest_line` octets.
    pub(super) fn next(&mut self, input: &mut Chunk, longest_line: usize) -> Option<Piece> {
        match &mut self.expected {
            Expected::Line => self.next_line(input, longest_line).map(Piece::Line),
            Expected::Literal { left, octets } => {
                octets.push(cut(input, left));
                if *left > 0 {
                    return None;
                }
                let octets = std::mem::take(octets).finish();
                self.expected = Expected::Line;
                Some(Piece::Literal(octets))
            }
            Expected::Skip { left } => {
                cut(input, left);
                if *left > 0 {
                    return None;
                }
                self.expected = Expected::Line;
                Some(Piece::Skipped)
            }
        }
    }

    /// What comes next is a literal.
    pub(super) fn expect(&mut self, octets: u64) {
        self.expected = Expected::Literal { left: octets, octets: Octets::default() };
    }

    /// What comes next is to be thrown away.
    pub(super) fn skip(&mut self, octets: u64) {
        self.expected = Expected::Skip { left: octets };
    }

    /// Whether a literal has been announced and has not come yet.
    #[cfg(test)]
    pub(super) fn is_inside_literal(&self) -> bool {
        !matches!(self.expected, Expected::Line)
    }

    fn next_line(&mut self, input: &mut Chunk, longest: usize) -> Option<Line> {
        let found = memchr::memchr(b'\n', input);
        let part = input.split_to(found.map_or(input.len(), |at| at + 1));
        let room = longest.saturating_add(2).saturating_sub(self.line.len());
        if self.tail.is_some() || part.len() > room {
            let tail = self.tail.get_or_insert_with(|| last(&self.line).to_vec());
            tail.extend_from_slice(last(&part));
            tail.drain(..tail.len().saturating_sub(TAIL));
        }
        self.line.extend_from_slice(&part[..part.len().min(room)]);
        found?;
        let mut line = Line { text: std::mem::take(&mut self.line), ..Line::default() };
        let end = self.tail.take();
        line.announces = Announced::read(without_line_end(end.as_deref().unwrap_or(&line.text)));
        line.text.truncate(without_line_end(&line.text).len());
        line.is_too_long = end.is_some() || line.text.len() > longest;
        line.text.truncate(longest);
        Some(line)
    }
}

fn last(octets: &[u8]) -> &[u8] {
    &octets[octets.len().saturating_sub(TAIL)..]
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn cut(input: &mut Chunk, left: &mut u64) -> Chunk {
    let part = input.split_to(usize::try_from(*left).map_or(input.len(), |left| left.min(input.len())));
    *left -= part.len() as u64;
    part
}

/// Octets of a literal, in windows that share what came.
#[derive(Clone, Debug, Default)]
struct Octets {
    rope: Rope,
    /// Small pieces behind those.
    small: Vec<u8>,
}

impl Octets {
    fn push(&mut self, chunk: Chunk) {
        if chunk.len() < SMALL && self.small.len() < SMALL {
            self.small.extend_from_slice(&chunk);
            return;
        }
        self.settle();
        self.rope.push(chunk);
    }

    fn settle(&mut self) {
        if !self.small.is_empty() {
            self.rope.push(Chunk::copy_from(&self.small));
            self.small.clear();
        }
    }

    fn finish(mut self) -> Rope {
        self.settle();
        self.rope
    }
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
