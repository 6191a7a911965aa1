//! Replies (RFC 5321 §4.2): a three-digit code, an enhanced code (RFC 3463, RFC 2034), and text of one or more lines.

use std::fmt;
use std::str::FromStr;

use super::limits;
use crate::octets::{Chunk, write_decimal};

/// What the first digit of a reply code says (RFC 5321 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 2yz: done.
    Completion,
    /// 3yz: go on.
    Intermediate,
    /// 4yz: not now.
    Transient,
    /// 5yz: not ever.
    Permanent,
}

/// A reply code from 200 to 599.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// The code, where it is one.
    #[must_use]
    pub const fn new(code: u16) -> Option<Code> {
        if code >= 200 && code <= 599 { Some(Code(code)) } else { None }
    }

    /// The code as a number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// What the first digit says.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.0 / 100 {
            2 => Class::Completion,
            3 => Class::Intermediate,
            4 => Class::Transient,
            _ => Class::Permanent,
        }
    }

    /// Reads exactly three digits. RFC 5321 §4.2: 1yz codes do not exist in SMTP; §4.2.1: the second digit is taken as
    /// it comes, since a client decides by the first.
    fn parse(digits: &[u8]) -> Option<Code> {
        let [a, b, c] = digits else { return None };
        let digit = |b: &u8| b.is_ascii_digit().then(|| u16::from(b - b'0'));
        Code::new(digit(a)? * 100 + digit(b)? * 10 + digit(c)?)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An enhanced status code `class.subject.detail` (RFC 3463 §2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedCode {
    class: u8,
    subject: u16,
    detail: u16,
}

impl EnhancedCode {
    /// The code, where it is one: class 2, 4 or 5, the others of at most three digits.
    #[must_use]
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<EnhancedCode> {
        if matches!(class, 2 | 4 | 5) && subject <= 999 && detail <= 999 {
            Some(EnhancedCode { class, subject, detail })
        } else {
            None
        }
    }

    /// Reads `c.s.d` at the front of `text`; says how many bytes it took, the space behind it included.
    fn parse_prefix(text: &[u8]) -> Option<(EnhancedCode, usize)> {
        let class = match text {
            [class @ (b'2' | b'4' | b'5'), b'.', ..] => class - b'0',
            _ => return None,
        };
        let (subject, end) = parse_number(text, 2)?;
        if text.get(end) != Some(&b'.') {
            return None;
        }
        let (detail, end) = parse_number(text, end + 1)?;
        let taken = match text.get(end) {
            None => end,
            Some(b' ') => end + 1,
            Some(_) => return None,
        };
        Some((EnhancedCode { class, subject, detail }, taken))
    }
}

/// One to three digits at `from`, without a leading zero (RFC 3463 §2); gives the number and where it ends.
fn parse_number(text: &[u8], from: usize) -> Option<(u16, usize)> {
    let (mut number, mut at) = (0, from);
    while let Some(digit) = text.get(at).filter(|b| b.is_ascii_digit()) {
        if at == from + 3 || (at > from && number == 0) {
            return None;
        }
        number = number * 10 + u16::from(digit - b'0');
        at += 1;
    }
    (at > from).then_some((number, at))
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl fmt::Debug for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EnhancedCode {
    type Err = ReplyError;
    fn from_str(text: &str) -> Result<EnhancedCode, ReplyError> {
        match EnhancedCode::parse_prefix(text.as_bytes()) {
            Some((code, _)) if !text.contains(' ') => Ok(code),
            _ => Err(ReplyError::Syntax),
        }
    }
}

/// Why received bytes are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A line does not begin with a code followed by a space, a hyphen or nothing.
    #[error("a reply line begins with a three-digit code from 200 to 599")]
    Syntax,
    /// RFC 5321 §4.2.1: the lines of one reply have one code.
    #[error("the lines of one reply have different codes")]
    CodesDiffer,
    /// A line or the whole reply is longer than a client puts up with.
    #[error("the reply is too long")]
    TooLong,
    /// RFC 5321 §2.3.8.
    #[error("a reply line has a CR or LF that is not part of its line end")]
    BareNewline,
}

/// One reply. Cheap to clone: the text is shared.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: Code,
    enhanced: Option<EnhancedCode>,
    text: Chunk,
}

impl Reply {
    /// A reply; lines of the text are separated by `\n`. Lines that would be longer than 512 octets are continued on
    /// further lines when written, and control characters become spaces, so that no text can forge a reply.
    ///
    /// # Panics
    /// When `code` is no code of SMTP, or the class of the enhanced code is not that of the code: both are written in
    /// the program, not received.
    #[must_use]
    pub fn new(code: u16, enhanced: Option<(u8, u16, u16)>, text: impl Into<Chunk>) -> Reply {
        let code = Code::new(code).expect("a reply code from 200 to 599");
        let enhanced =
            enhanced.map(|(c, s, d)| EnhancedCode::new(c, s, d).expect("an enhanced code of class 2, 4 or 5"));
        assert!(enhanced.is_none_or(|e| u16::from(e.class) == code.0 / 100), "RFC 2034 §4: both codes of one class");
        Reply { code, enhanced, text: text.into() }
    }

    /// The code.
    #[must_use]
    #[inline]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the first digit says.
    #[must_use]
    #[inline]
    pub fn class(&self) -> Class {
        self.code.class()
    }

    /// Whether it is 2yz.
    #[must_use]
    #[inline]
    pub fn is_positive(&self) -> bool {
        self.class() == Class::Completion
    }

    /// Whether it is 5yz.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.class() == Class::Permanent
    }

    /// The enhanced code, where there is one.
    #[must_use]
    pub fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// The text without codes, lines separated by `\n`. A peer's bytes: not necessarily UTF-8.
    #[must_use]
    pub fn text(&self) -> &Chunk {
        &self.text
    }

    /// Writes the reply as it goes over the wire, each line with CRLF.
    pub fn write_to(&self, out: &mut Vec<u8>, with_enhanced: bool) {
        // Every line begins alike, but for what follows the code.
        let begin = out.len();
        write_decimal(out, u64::from(self.code.0));
        out.push(b'-');
        if with_enhanced && let Some(code) = self.enhanced {
            write_decimal(out, u64::from(code.class));
            out.push(b'.');
            write_decimal(out, u64::from(code.subject));
            out.push(b'.');
            write_decimal(out, u64::from(code.detail));
            out.push(b' ');
        }
        let prefix = begin..out.len();
        // RFC 5321 §4.5.3.1.5: 512 octets with code, separator and CRLF.
        let room = limits::REPLY_LINE - prefix.len() - 2;
        let mut line_at = None;
        for line in self.text.split(|&b| b == b'\n') {
            let mut rest = line;
            loop {
                let (piece, behind) = rest.split_at(rest.len().min(room));
                if line_at.is_some() {
                    line_at = Some(out.len());
                    out.extend_from_within(prefix.clone());
                } else {
                    line_at = Some(begin);
                }
                write_printable(out, piece);
                out.extend_from_slice(b"\r\n");
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
        }
        // RFC 5321 §4.2.1: the last line has a space there.
        out[line_at.unwrap_or(begin) + 3] = b' ';
    }

    /// The reply as it goes over the wire.
    #[must_use]
    pub fn to_wire(&self, with_enhanced: bool) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out, with_enhanced);
        out
    }
}

/// Writes text with its control characters as spaces.
fn write_printable(out: &mut Vec<u8>, text: &[u8]) {
    let is_control = |b: u8| b < b' ' || b == 0x7f;
    if text.iter().any(|b| is_control(*b)) {
        out.extend(text.iter().map(|&b| if is_control(b) { b' ' } else { b }));
    } else {
        out.extend_from_slice(text);
    }
}

/// Writes the reply as a person reads it: the wire form, lines separated by `\n` and without the last line end.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wire = self.to_wire(true);
        let text = String::from_utf8_lossy(&wire);
        f.write_str(text.trim_end_matches("\r\n").replace("\r\n", "\n").as_str())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({:?})", self.to_string())
    }
}

/// Reads what [`Display`](fmt::Display) wrote; CRLF between lines is taken as well.
impl FromStr for Reply {
    type Err = ReplyError;
    fn from_str(text: &str) -> Result<Reply, ReplyError> {
        let mut reader = ReplyReader::default();
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        while let Some(line) = lines.next() {
            if let Some(reply) = reader.take_line(Chunk::copy_from(line.as_bytes()))? {
                return if lines.next().is_none() { Ok(reply) } else { Err(ReplyError::Syntax) };
            }
        }
        Err(ReplyError::Syntax)
    }
}

/// Puts the lines of received replies together.
#[derive(Clone, Debug, Default)]
pub struct ReplyReader {
    /// Code, enhanced code and text of the lines so far, when they said that more follow.
    begun: Option<(Code, Option<EnhancedCode>)>,
    text: Vec<u8>,
}

impl ReplyReader {
    /// Forgets what was begun, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.begun = None;
        self.text.clear();
    }

    /// Takes the next line, without its CRLF; gives the reply when it is the last one. The text of a reply of one line
    /// is a window onto that line.
    ///
    /// # Errors
    /// When the line does not belong into a reply; what was begun is forgotten.
    pub fn take_line(&mut self, line: Chunk) -> Result<Option<Reply>, ReplyError> {
        let result = self.line(line);
        if !matches!(result, Ok(None)) {
            self.clear();
        }
        result
    }

    fn line(&mut self, mut line: Chunk) -> Result<Option<Reply>, ReplyError> {
        let bytes: &[u8] = &line;
        let (digits, rest) = bytes.split_at_checked(3).ok_or(ReplyError::Syntax)?;
        let code = Code::parse(digits).ok_or(ReplyError::Syntax)?;
        // RFC 5321 §4.2: a client must take a line with nothing behind the code as the last one.
        let (more, text) = match rest {
            [] => (false, rest),
            [b' ', text @ ..] => (false, text),
            [b'-', text @ ..] => (true, text),
            _ => return Err(ReplyError::Syntax),
        };
        // RFC 2034 §4: the enhanced code stands at the front of each line and is of the class of the code.
        let (mut enhanced, mut taken) = (None, bytes.len() - text.len());
        if let Some((found, len)) = EnhancedCode::parse_prefix(text)
            && u16::from(found.class) == code.0 / 100
            && self.begun.is_none_or(|(_, first)| first == Some(found))
        {
            enhanced = Some(found);
            taken += len;
        }
        line.advance(taken);
        match self.begun {
            Some((first, _)) if first != code => Err(ReplyError::CodesDiffer),
            Some((_, enhanced)) => {
                self.text.push(b'\n');
                self.text.extend_from_slice(&line);
                if self.text.len() > limits::RECEIVED_REPLY {
                    return Err(ReplyError::TooLong);
                }
                if more {
                    return Ok(None);
                }
                Ok(Some(Reply { code, enhanced, text: Chunk::copy_from(&self.text) }))
            }
            None if more => {
                self.begun = Some((code, enhanced));
                self.text.extend_from_slice(&line);
                Ok(None)
            }
            None => Ok(Some(Reply { code, enhanced, text: line })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn replies_are_read() {
        for (text, code, enhanced, lines) in [
            ("250 2.1.0 Ok", 250, Some("2.1.0"), "Ok"),
            ("250", 250, None, ""),
            ("250 ", 250, None, ""),
            ("354 go", 354, None, "go"),
            ("550-5.1.1 no\n550 5.1.1 such user", 550, Some("5.1.1"), "no\nsuch user"),
            ("550-5.1.1 no\n550 such user", 550, Some("5.1.1"), "no\nsuch user"),
            ("550 4.1.1 classes differ", 550, None, "4.1.1 classes differ"),
            ("550 5.01.1 leading zero", 550, None, "5.01.1 leading zero"),
            ("550 5.1.1", 550, Some("5.1.1"), ""),
            ("250-mx\n250-SIZE 10\n250 8BITMIME", 250, None, "mx\nSIZE 10\n8BITMIME"),
        ] {
            let reply: Reply = text.parse().unwrap();
            assert_eq!(reply.code().get(), code, "{text}");
            assert_eq!(reply.enhanced().map(|e| e.to_string()).as_deref(), enhanced, "{text}");
            assert_eq!(&reply.text()[..], lines.as_bytes(), "{text}");
        }
        for bad in
            ["", "25", "250x", "250_ok", "199 a", "600 a", "abc", "250-a\n251 b", "250-a", "250 a\n250 b", "-250"]
        {
            assert!(bad.parse::<Reply>().is_err(), "{bad}");
        }
    }

    #[test]
    fn long_and_hostile_texts_stay_replies() {
        let reply = Reply::new(550, Some((5, 7, 1)), format!("{}\r\n250 forged\x1b", "x".repeat(1200)));
        let wire = reply.to_wire(true);
        for line in wire.split_inclusive(|&b| b == b'\n') {
            assert!(line.len() <= 512 && line.starts_with(b"550") && line.ends_with(b"\r\n"));
        }
        let shown = Reply::new(250, None, "").to_wire(true);
        assert_eq!(shown, b"250 \r\n");
        assert_eq!(Reply::new(450, Some((4, 2, 0)), "later").to_wire(false), b"450 later\r\n");
    }

    proptest! {
        #[test]
        fn replies_round_trip(code in 200_u16..600, subject in 0_u16..1000, detail in 0_u16..1000, with in any::<bool>(),
                              lines in prop::collection::vec("[ -~]{0,80}", 1..5)) {
            let class = (code / 100) as u8;
            let enhanced = (with && class != 3).then_some((class, subject, detail));
            let text = lines.join("\n");
            // Without an enhanced code of its own, text that looks like one is read as one.
            prop_assume!(enhanced.is_some() || EnhancedCode::parse_prefix(text.as_bytes()).is_none());
            let reply = Reply::new(code, enhanced, text);
            prop_assert_eq!(reply.to_string().parse::<Reply>().unwrap(), reply);
        }

        #[test]
        fn garbage_is_refused_without_panic(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6)) {
            let mut reader = ReplyReader::default();
            for line in lines {
                let _ = reader.take_line(Chunk::from(line));
            }
        }
    }
}
