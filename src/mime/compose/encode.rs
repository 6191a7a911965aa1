//! Transfer encodings (RFC 2045 §6): how octets become lines that every server takes.

use data_encoding::BASE64_MIME;

/// How a part travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is: ASCII in lines (RFC 2045 §2.7).
    SevenBit,
    /// As it is: any octets in lines, so that the relays on the way must offer 8BITMIME (RFC 2045 §2.8).
    EightBit,
    /// Lines that one can still read (RFC 2045 §6.7).
    QuotedPrintable,
    /// Three octets in four letters (RFC 2045 §6.8).
    Base64,
}

impl Encoding {
    /// The value of Content-Transfer-Encoding.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::SevenBit => "7bit",
            Encoding::EightBit => "8bit",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Base64 => "base64",
        }
    }

    /// Whether these octets may travel like this (RFC 2045 §2.7, §2.8).
    #[must_use]
    pub fn suits(self, bytes: &[u8]) -> bool {
        match self {
            Encoding::SevenBit => bytes.is_ascii() && in_lines(bytes),
            Encoding::EightBit => in_lines(bytes),
            Encoding::QuotedPrintable | Encoding::Base64 => true,
        }
    }
}

/// The longest line without its line end (RFC 5322 §2.1.1).
pub(super) const LONGEST_LINE: usize = 998;

/// Whether the octets are lines: no longer than 998, ended by CRLF, without NUL and other CR and LF.
pub(super) fn in_lines(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        let end = memchr::memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
        if end > LONGEST_LINE {
            return false;
        }
        match rest[end..].strip_prefix(b"\r\n") {
            Some(next) => rest = next,
            None => return end == rest.len(),
        }
    }
}

/// One line, without its line end, as quoted-printable (RFC 2045 §6.7). Our own, because `mail-builder` cannot be told
/// to use it: it takes base64 where that is shorter, and lets control characters through as 7bit.
pub(in crate::mime) fn write_quoted_printable(out: &mut Vec<u8>, line: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut column = 0;
    for (i, &b) in line.iter().enumerate() {
        let literal = matches!(b, b'!'..=b'<' | b'>'..=b'~') || (matches!(b, b' ' | b'\t') && i + 1 < line.len());
        let width = if literal { 1 } else { 3 };
        // RFC 2045 §6.7 (5): at most 76 characters, the soft line break included.
        if column + width > 75 {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if literal {
            out.push(b);
        } else {
            out.extend_from_slice(&[b'=', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
        }
        column += width;
    }
}

/// Octets that make a whole line of base64.
pub(super) const OCTETS_A_LINE: usize = 57;

/// Octets as base64 in lines of 76 letters, each with CRLF (RFC 2045 §6.8). What is written in several pieces needs
/// pieces of whole lines, but for the last.
pub(in crate::mime) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + BASE64_MIME.encode_len(bytes.len()), 0);
    BASE64_MIME.encode_mut(bytes, &mut out[start..]);
}

/// How many octets `len` of them are in base64, line ends included.
pub(super) fn base64_len(len: u64) -> u64 {
    len.div_ceil(3) * 4 + len.div_ceil(OCTETS_A_LINE as u64) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_lines() {
        assert!(in_lines(b"") && in_lines(b"a\r\nb") && in_lines(b"a\r\n\r\n") && in_lines(&[b'x'; 998]));
        for bad in [&b"a\nb"[..], b"a\rb", b"\r", b"a\0", &[b'x'; 999]] {
            assert!(!in_lines(bad));
        }
        let long = [&b"ok\r\n"[..], &[b'x'; 999], b"\r\n"].concat();
        assert!(!in_lines(&long));
        assert!(Encoding::EightBit.suits(b"\xe4\r\n") && !Encoding::SevenBit.suits(b"\xe4\r\n"));
    }

    #[test]
    fn base64_has_lines_of_76() {
        for len in [0, 1, 56, 57, 58, 114, 1000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let mut out = b"before".to_vec();
            write_base64(&mut out, &bytes);
            let text = String::from_utf8(out.split_off(6)).unwrap();
            assert_eq!(text.len() as u64, base64_len(len), "{len}");
            let lines: Vec<&str> = text.split_terminator("\r\n").collect();
            assert!(lines.iter().rev().skip(1).all(|line| line.len() == 76));
            assert_eq!(data_encoding::BASE64.decode(lines.concat().as_bytes()).unwrap(), bytes);
        }
    }
}
