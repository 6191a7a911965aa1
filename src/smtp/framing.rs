//! Bytes into lines (RFC 5321 §2.3.8): a line ends at CRLF and at nothing else.
//!
//! A line that lies whole in one chunk is a window onto it; only a line that arrives in pieces is put together in a
//! buffer, which never holds more than the limit.

use crate::octets::Chunk;

/// What to do about a CR or LF that is not part of a CRLF, in commands and in content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BareNewlines {
    /// RFC 5321 §2.3.8: "MUST NOT recognize or generate any other character or character sequence as a line
    /// terminator". The line (or the content) that has one is refused as a whole: that closes the door to smuggling.
    #[default]
    Refuse,
    /// A quirk: a bare LF ends a line as CRLF does, a bare CR is a space. The end of the content is still CRLF.CRLF
    /// alone. What Postfix calls `smtpd_forbid_bare_newline = normalize`.
    Normalise,
}

/// What the framer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A line without its line end.
    Line(Chunk),
    /// A line longer than the limit; its bytes are gone.
    TooLong,
    /// A line with a CR or LF of its own in it.
    BareNewline(Chunk),
}

/// Cuts bytes into lines.
#[derive(Clone, Debug)]
pub struct Framer {
    /// The longest line, its CRLF included.
    limit: usize,
    newlines: BareNewlines,
    /// The beginning of a line that has not ended yet.
    partial: Vec<u8>,
    /// Whether the line has passed the limit; `partial` then holds only its last byte.
    overlong: bool,
}

impl Framer {
    /// A framer for lines of at most `limit` bytes, CRLF included.
    #[must_use]
    pub fn new(limit: usize, newlines: BareNewlines) -> Framer {
        Framer { limit, newlines, partial: Vec::new(), overlong: false }
    }

    /// Forgets what is unfinished, and keeps the memory.
    pub fn clear(&mut self) {
        self.partial.clear();
        self.overlong = false;
    }

    /// Takes lines of at most `limit` bytes from now on, CRLF included.
    pub fn limit_to(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes the next line off the front of `input`; `None` when `input` is used up before the line ends.
    pub fn next(&mut self, input: &mut Chunk) -> Option<Framed> {
        // Nearly always: a whole line, whose first CR or LF is its CRLF.
        let bytes: &[u8] = input;
        if self.partial.is_empty()
            && let Some(cr) = memchr::memchr2(b'\r', b'\n', bytes)
            && let [b'\r', b'\n', ..] = bytes[cr..]
        {
            let line = input.cut(cr, 2);
            return Some(if cr + 2 > self.limit { Framed::TooLong } else { Framed::Line(line) });
        }
        self.next_slowly(input)
    }

    fn next_slowly(&mut self, input: &mut Chunk) -> Option<Framed> {
        let mut from = 0;
        loop {
            let Some(found) = memchr::memchr(b'\n', &input[from..]) else {
                self.keep(input);
                *input = Chunk::EMPTY;
                return None;
            };
            let lf = from + found;
            let cr = if lf > 0 { input[lf - 1] == b'\r' } else { self.partial.last() == Some(&b'\r') };
            if cr || self.newlines == BareNewlines::Normalise {
                let taken = input.split_to(lf + 1);
                return Some(self.finish(taken, if cr { 2 } else { 1 }));
            }
            from = lf + 1;
        }
    }

    /// Buffers bytes of an unfinished line, within the limit.
    fn keep(&mut self, bytes: &[u8]) {
        let Some(&last) = bytes.last() else { return };
        if !self.overlong && self.partial.len() + bytes.len() > self.limit {
            self.overlong = true;
        }
        if self.overlong {
            self.partial.clear();
            self.partial.push(last);
        } else {
            self.partial.extend_from_slice(bytes);
        }
    }

    /// `taken` completes a line that ends with `end` bytes of line end.
    fn finish(&mut self, taken: Chunk, end: usize) -> Framed {
        if self.overlong || self.partial.len() + taken.len() > self.limit {
            self.overlong = false;
            self.partial.clear();
            return Framed::TooLong;
        }
        let whole = if self.partial.is_empty() {
            taken.slice(0..taken.len() - end)
        } else {
            self.partial.extend_from_slice(&taken);
            let whole = Chunk::copy_from(&self.partial[..self.partial.len() - end]);
            self.partial.clear();
            whole
        };
        if memchr::memchr2(b'\r', b'\n', &whole).is_none() {
            return Framed::Line(whole);
        }
        match self.newlines {
            BareNewlines::Refuse => Framed::BareNewline(whole),
            BareNewlines::Normalise => {
                let spaced: Vec<u8> = whole.iter().map(|&b| if b == b'\r' { b' ' } else { b }).collect();
                Framed::Line(Chunk::from(spaced))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(framer: &mut Framer, pieces: &[&[u8]]) -> Vec<Framed> {
        let mut out = Vec::new();
        for piece in pieces {
            let mut chunk = Chunk::copy_from(piece);
            while let Some(framed) = framer.next(&mut chunk) {
                out.push(framed);
            }
        }
        out
    }

    fn line(text: &'static str) -> Framed {
        Framed::Line(Chunk::from(text))
    }

    #[test]
    fn only_crlf_ends_a_line() {
        let mut framer = Framer::new(20, BareNewlines::Refuse);
        let bare = Framed::BareNewline(Chunk::from("b\nc"));
        let got = frame(&mut framer, &[b"a\r\nb\nc\r\n\r\n", b"de", b"f\r", b"\ng"]);
        assert_eq!(got, [line("a"), bare, line(""), line("def")]);
        assert_eq!(frame(&mut framer, &[b"h\r\n"]), [line("gh")], "what had come is kept");
    }

    #[test]
    fn normalising_takes_a_bare_lf_as_the_end() {
        let mut framer = Framer::new(20, BareNewlines::Normalise);
        assert_eq!(frame(&mut framer, &[b"a\nb\rc\r\n\n"]), [line("a"), line("b c"), line("")]);
    }

    #[test]
    fn the_limit_counts_the_crlf_and_bounds_the_buffer() {
        for newlines in [BareNewlines::Refuse, BareNewlines::Normalise] {
            let mut framer = Framer::new(6, newlines);
            assert_eq!(frame(&mut framer, &[b"abcd\r\nabcde\r\nx\r\n"]), [line("abcd"), Framed::TooLong, line("x")]);
            assert_eq!(frame(&mut framer, &[b"ab", b"cd\r", b"\n"]), [line("abcd")]);
            assert_eq!(frame(&mut framer, &[b"abc", b"defgh", b"\r", b"\nx\r\n"]), [Framed::TooLong, line("x")]);
            for _ in 0..1000 {
                frame(&mut framer, &[&[b'z'; 100]]);
            }
            assert!(framer.partial.capacity() <= 64);
        }
    }

    #[test]
    fn a_whole_line_is_a_window() {
        let mut chunk = Chunk::copy_from(b"NOOP\r\nQUIT\r\n");
        let mut framer = Framer::new(512, BareNewlines::Refuse);
        let Some(Framed::Line(mut first)) = framer.next(&mut chunk) else { panic!("a line") };
        let end = Chunk::copy_from(b"\r\n");
        assert!(!first.try_merge(&end), "other memory");
        assert_eq!(&chunk[..], b"QUIT\r\n");
    }
}
