//! Data transparency (RFC 5321 §4.5.2) in both directions, on shared bytes.
//!
//! Receiving ([`Decoder`]): the dot that the sender put in front of a line that begins with one is taken away, and the
//! end of the data is found: a line of a single dot, CRLF.CRLF and nothing else. Sending ([`stuff`]): the dot is put
//! there. Content without such lines passes as the very chunks that came in; where there are some, chunks are cut, and
//! only pieces that are smaller than a segment are copied, to be sent together.

use super::framing::BareNewlines;
use crate::octets::{Chunk, Rope, find_untidy};

/// Where the decoder stands in the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Behind CRLF, or at the very beginning: RFC 5321 §4.1.1.4 counts the CRLF of the DATA command.
    LineStart,
    /// Inside a line; the byte before was no CR.
    Text,
    /// Behind a CR, which is held.
    Cr,
    /// Behind a dot at the start of a line; the dot is dropped in any case.
    Dot,
    /// Behind that dot and a CR, which is held.
    DotCr,
    /// Behind a bare LF that was taken as a line end.
    LfStart,
    /// Behind a dot there, which is held.
    LfDot,
}

/// Takes the transparency off incoming data and finds its end. Bytes may be split at any point.
#[derive(Clone, Debug)]
pub struct Decoder {
    place: Place,
    newlines: BareNewlines,
    /// One byte whose fate the next one decides.
    held: Chunk,
    content: Rope,
    /// The most octets of content that are kept.
    limit: u64,
    size: u64,
    bare: bool,
}

impl Decoder {
    /// A decoder that keeps at most `limit` octets of content. Where there are more, it goes on looking for the end but
    /// keeps nothing: memory stays bounded.
    #[must_use]
    pub fn new(newlines: BareNewlines, limit: Option<u64>) -> Decoder {
        Decoder {
            place: Place::LineStart,
            newlines,
            held: Chunk::EMPTY,
            content: Rope::new(),
            limit: limit.unwrap_or(u64::MAX),
            size: 0,
            bare: false,
        }
    }

    /// Octets of content so far, counted as RFC 1870 §5 does: CRLFs yes, transparency dots and the end no.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether there was more content than the limit.
    #[must_use]
    pub fn is_over_limit(&self) -> bool {
        self.size > self.limit
    }

    /// Whether there was a CR or LF that is not part of a CRLF (and it was not normalised).
    #[must_use]
    pub fn has_bare_newline(&self) -> bool {
        self.bare
    }

    /// Takes the content out and makes the decoder as good as new.
    #[must_use]
    pub fn take_content(&mut self) -> Rope {
        let content = std::mem::take(&mut self.content);
        self.clear();
        content
    }

    /// Makes the decoder as good as new.
    pub(super) fn clear(&mut self) {
        self.place = Place::LineStart;
        self.held = Chunk::EMPTY;
        self.content.clear();
        self.size = 0;
        self.bare = false;
    }

    fn push(&mut self, chunk: Chunk) {
        self.size += chunk.len() as u64;
        if self.size <= self.limit {
            self.content.push(chunk);
        } else if !self.content.is_empty() {
            self.content.clear();
        }
    }

    fn push_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.push(held);
    }

    /// Takes data off the front of `input`. `true`: the end of the data was found and `input` is what lies behind it.
    /// `false`: all of `input` was data.
    pub fn feed(&mut self, input: &mut Chunk) -> bool {
        let chunk = std::mem::take(input);
        let bytes = &chunk[..];
        // Content before `start` is done with; `at` is the byte to look at.
        let (mut start, mut at) = (0, 0);
        while at < bytes.len() {
            match self.place {
                Place::LineStart => {
                    if bytes[at] == b'.' {
                        // RFC 5321 §4.5.2: the first dot is the sender's, whatever follows.
                        self.push(chunk.slice(start..at));
                        at += 1;
                        start = at;
                        self.place = Place::Dot;
                    } else {
                        self.place = Place::Text;
                    }
                }
                Place::Text => {
                    if bytes[at] == b'\n' {
                        self.bare_lf(&chunk, &mut start, at);
                        at += 1;
                        continue;
                    }
                    // What was looked at when it was written need not be looked at at every hop.
                    let untidy = if chunk.is_tidy() { None } else { find_untidy(&bytes[at..]) };
                    let Some(found) = untidy else {
                        at = bytes.len();
                        match bytes[at - 1] {
                            b'\r' => {
                                self.push(chunk.slice(start..at - 1));
                                self.held = chunk.slice(at - 1..at);
                                start = at;
                                self.place = Place::Cr;
                            }
                            b'\n' => self.place = Place::LineStart,
                            _ => {}
                        }
                        break;
                    };
                    let found = at + found;
                    if bytes[found] == b'\r' {
                        self.bare_cr(&chunk, &mut start, found);
                        at = found + 1;
                    } else if bytes[found] == b'\n' && bytes[found + 1] == b'.' {
                        self.place = Place::LineStart;
                        at = found + 1;
                    } else {
                        self.bare_lf(&chunk, &mut start, found + 1);
                        at = found + 2;
                    }
                }
                Place::Cr => {
                    // The held CR came at the end of the last chunk, so nothing of this one has been passed yet.
                    if bytes[at] == b'\n' {
                        self.push_held();
                        at += 1;
                        self.place = Place::LineStart;
                    } else {
                        self.release_bare_cr();
                        self.place = Place::Text;
                    }
                }
                Place::Dot => {
                    if bytes[at] == b'\r' {
                        self.held = chunk.slice(at..at + 1);
                        at += 1;
                        start = at;
                        self.place = Place::DotCr;
                    } else {
                        self.place = Place::Text;
                    }
                }
                Place::DotCr => {
                    if bytes[at] == b'\n' {
                        self.held = Chunk::EMPTY;
                        *input = chunk.slice(at + 1..bytes.len());
                        return true;
                    }
                    self.release_bare_cr();
                    self.place = Place::Text;
                }
                Place::LfStart => {
                    if bytes[at] == b'.' {
                        self.held = chunk.slice(at..at + 1);
                        at += 1;
                        start = at;
                        self.place = Place::LfDot;
                    } else {
                        self.place = Place::Text;
                    }
                }
                Place::LfDot => {
                    // A line of a single dot behind a bare LF is not the end of the data (that is what smuggling
                    // needs): it stays a line of a single dot.
                    if matches!(bytes[at], b'\r' | b'\n') {
                        self.push_held();
                    }
                    self.held = Chunk::EMPTY;
                    self.place = Place::Text;
                }
            }
        }
        self.push(chunk.slice(start..bytes.len()));
        false
    }

    /// There is a bare LF at `lf`.
    fn bare_lf(&mut self, chunk: &Chunk, start: &mut usize, lf: usize) {
        match self.newlines {
            BareNewlines::Refuse => {
                self.bare = true;
                self.place = Place::Text;
            }
            BareNewlines::Normalise => {
                self.push(chunk.slice(*start..lf));
                self.push(Chunk::from_static(b"\r\n"));
                *start = lf + 1;
                self.place = Place::LfStart;
            }
        }
    }

    /// There is a bare CR at `cr`.
    fn bare_cr(&mut self, chunk: &Chunk, start: &mut usize, cr: usize) {
        match self.newlines {
            BareNewlines::Refuse => self.bare = true,
            BareNewlines::Normalise => {
                self.push(chunk.slice(*start..cr));
                self.push(Chunk::from_static(b" "));
                *start = cr + 1;
            }
        }
    }

    /// The held CR turned out to be a bare one.
    fn release_bare_cr(&mut self) {
        match self.newlines {
            BareNewlines::Refuse => {
                self.bare = true;
                self.push_held();
            }
            BareNewlines::Normalise => {
                self.held = Chunk::EMPTY;
                self.push(Chunk::from_static(b" "));
            }
        }
    }
}

/// The end of the data, behind content that ends with CRLF (or is empty).
const END: &[u8] = b".\r\n";
/// The end of the data, behind content that does not.
const CRLF_END: &[u8] = b"\r\n.\r\n";

/// Octets that a piece of cut content should at least have: what a segment carries on Ethernet (RFC 879 §3: 1500 less 40).
const PIECE_BYTES: usize = 1460;

/// Content on its way out: small pieces are gathered, so that content full of dots is not one send a line; large ones
/// pass as they are.
#[derive(Clone)]
struct Pieces<E> {
    small: Vec<u8>,
    emit: E,
}

impl<E: FnMut(Chunk)> Pieces<E> {
    fn push(&mut self, mut piece: Chunk) {
        if !self.small.is_empty() {
            let fill = piece.len().min(PIECE_BYTES - self.small.len());
            self.small.extend_from_slice(&piece[..fill]);
            piece.advance(fill);
            if self.small.len() == PIECE_BYTES {
                self.flush();
            }
        }
        if piece.len() >= PIECE_BYTES {
            (self.emit)(piece);
        } else {
            self.small.extend_from_slice(&piece);
        }
    }

    fn flush(&mut self) {
        if !self.small.is_empty() {
            (self.emit)(Chunk::text(std::mem::take(&mut self.small)));
        }
    }

    /// A chunk of which nothing was cut.
    fn whole(&mut self, chunk: Chunk) {
        self.flush();
        (self.emit)(chunk);
    }
}

/// Octets of the content as the data phase carries it, without transparency and the end (RFC 1870 §5): content that does
/// not end with CRLF gets one.
#[must_use]
pub fn carried_len(content: &Rope) -> u64 {
    content.len() as u64 + if last_two(content) == *b"\r\n" { 0 } else { 2 }
}

/// The last two octets; before the content there is the CRLF of the DATA command (RFC 5321 §4.1.1.4).
fn last_two(content: &Rope) -> [u8; 2] {
    let mut back = content.chunks().iter().rev().flat_map(|chunk| chunk.iter().rev().copied());
    let last = back.next();
    [back.next().unwrap_or(if last.is_none() { b'\r' } else { b'\n' }), last.unwrap_or(b'\n')]
}

/// Puts the transparency on content that goes out in parts. The content should have CRLF line ends; other bytes are sent as they
/// are.
#[derive(Clone, Debug)]
pub struct Stuffer {
    /// The last two octets that went out.
    last: [u8; 2],
    /// Whether lines begin behind CRLF alone.
    strict: bool,
}

impl Stuffer {
    /// Doubles a dot behind a bare LF, too, so that no content can end the data early at a lax peer.
    #[must_use]
    pub fn wary() -> Stuffer {
        Stuffer { last: *b"\r\n", strict: false }
    }

    /// Doubles a dot behind CRLF and nowhere else: whoever takes that off again has the very content.
    #[must_use]
    pub fn strict() -> Stuffer {
        Stuffer { last: *b"\r\n", strict: true }
    }

    /// Gives `emit` the chunks that carry this part of the content: every dot at the start of a line doubled. Where `clean_lines`
    /// says that no line begins with a dot, nothing is looked at and the chunks go out as they are; so do chunks without such lines.
    pub fn stuff<'a>(
        &mut self,
        chunks: impl IntoIterator<Item = &'a Chunk>,
        clean_lines: bool,
        emit: impl FnMut(Chunk),
    ) {
        let mut pieces = Pieces { small: Vec::new(), emit };
        for chunk in chunks {
            let bytes = &chunk[..];
            let Some(&end) = bytes.last() else { continue };
            if clean_lines {
                pieces.whole(chunk.clone());
            } else {
                let mut start = 0;
                let mut cut = false;
                // The doubled dot is sent as the last byte of one window and the first byte of the next.
                let is_start = self.last[1] == b'\n' && (!self.strict || self.last[0] == b'\r');
                if is_start && bytes[0] == b'.' {
                    pieces.push(chunk.slice(0..1));
                    cut = true;
                }
                for found in memchr::memmem::find_iter(bytes, b"\n.") {
                    if self.strict && (if found > 0 { bytes[found - 1] } else { self.last[1] }) != b'\r' {
                        continue;
                    }
                    pieces.push(chunk.slice(start..found + 2));
                    start = found + 1;
                    cut = true;
                }
                if cut {
                    pieces.push(chunk.slice(start..bytes.len()));
                } else {
                    pieces.whole(chunk.clone());
                }
            }
            self.last = [if bytes.len() > 1 { bytes[bytes.len() - 2] } else { self.last[1] }, end];
        }
        pieces.flush();
    }

    /// What ends the data: content that does not end with CRLF gets one (RFC 5321 §4.1.1.4: the end is CRLF.CRLF, of which the first
    /// CRLF ends the content).
    #[must_use]
    pub fn end(&self) -> Chunk {
        Chunk::from_static(if self.last == *b"\r\n" { END } else { CRLF_END })
    }
}

/// Gives `emit` the chunks that carry all of `content` through the data phase, as a wary [`Stuffer`] makes them, then the end of the data.
pub fn stuff(content: &Rope, clean_lines: bool, mut emit: impl FnMut(Chunk)) {
    let mut stuffer = Stuffer::wary();
    stuffer.stuff(content.chunks(), clean_lines, &mut emit);
    emit(stuffer.end());
}

#[cfg(test)]
mod tests;
