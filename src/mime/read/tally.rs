//! What is counted of the lines of a part.

use memchr::memchr;

use super::encoding::Encoding;
use super::faults::Count;
use super::flaw::{Defects, Flaw};
use super::lines::{Line, LineEnd};

/// A line may have so many bytes, its line end left out (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;
/// The same for quoted-printable and base64 (RFC 2045 §6.7, §6.8).
const LONGEST_ENCODED_LINE: usize = 76;

/// Counts of one part: its header section, and its body without the parts inside.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) bare_lf: Count,
    pub(super) bare_cr: Count,
    nul: Count,
    long: Count,
    long_encoded: Count,
    longest_encoded: usize,
    eight_bit_header: Count,
    has_global_header: bool,
    eight_bit_body: Count,
    controls: Count,
    pub(super) longest: usize,
}

impl Tally {
    /// Looks at a line of the header section, which may be in UTF-8 or not (RFC 6532 §3.2).
    pub(super) fn header_line(&mut self, line: &Line, text: &[u8], may_be_utf8: bool) {
        self.line(line, text);
        if may_be_utf8 && !text.is_ascii() && std::str::from_utf8(text).is_ok() {
            self.has_global_header = true;
        } else {
            add_eight_bit(&mut self.eight_bit_header, line, text);
        }
    }

    /// Looks at a line of the body.
    #[inline]
    pub(super) fn body_line(&mut self, line: &Line, text: &[u8], encoding: &Encoding) {
        if *encoding == Encoding::Binary {
            // RFC 2045 §2.9: any bytes, with line ends that are none.
            self.longest = self.longest.max(text.len());
            return;
        }
        self.line(line, text);
        match encoding {
            Encoding::QuotedPrintable | Encoding::Base64 if text.len() > LONGEST_ENCODED_LINE => {
                self.long_encoded.add(line.start);
                self.longest_encoded = self.longest_encoded.max(text.len());
            }
            _ => {}
        }
        if *encoding == Encoding::QuotedPrintable {
            self.controls(line, text);
        }
        add_eight_bit(&mut self.eight_bit_body, line, text);
    }

    /// Counts what RFC 2045 §6.7 wants encoded. NUL and line ends are counted by themselves.
    #[inline(never)]
    fn controls(&mut self, line: &Line, text: &[u8]) {
        let is_control = |b: &u8| b.wrapping_sub(1) < 31 && *b != b'\t' || *b == 127;
        // Nearly all lines have printable ASCII only. Sixteen bytes are asked at once, the last ones together with some in
        // front of them.
        let any = |bytes: &[u8]| bytes.iter().fold(false, |any, b| any | (b.wrapping_sub(b' ') > b'~' - b' '));
        let (blocks, rest) = text.as_chunks::<16>();
        let last = text.last_chunk::<16>().map_or(rest, |last| &last[..]);
        if (blocks.iter().fold(false, |found, block| found | any(block)) || any(last)) && text.iter().any(is_control) {
            let first = text.iter().position(is_control).unwrap_or(0);
            self.controls.add_many(text.iter().filter(|b| is_control(b)).count() as u64, line.start + first);
        }
    }

    fn line(&mut self, line: &Line, text: &[u8]) {
        match line.line_end {
            LineEnd::Crlf | LineEnd::Missing => {}
            LineEnd::Lf => self.bare_lf.add(line.text_end),
            LineEnd::Cr | LineEnd::CrCrlf => self.bare_cr.add(line.text_end),
        }
        self.longest = self.longest.max(text.len());
        if text.len() > LONGEST_LINE {
            self.long.add(line.start);
        }
        if let Some(first) = memchr(0, text) {
            let count = text[first..].iter().filter(|b| **b == 0).count();
            self.nul.add_many(count as u64, line.start + first);
        }
    }

    /// Whether the body has bytes above 127.
    pub(super) fn is_eight_bit(&self) -> bool {
        self.eight_bit_body.count > 0
    }

    /// Whether the header section has UTF-8 where that is allowed.
    pub(super) fn has_global_header(&self) -> bool {
        self.has_global_header
    }

    /// Says what was found; line ends are told of the whole mail.
    pub(super) fn tell(&self, part: usize, encoding: &Encoding, defects: &mut Defects) {
        let longest = self.longest;
        defects.add_found(part, 0, self.nul, |count| Flaw::Nul { count });
        defects.add_found(part, 0, self.long, |count| Flaw::LongLines { count, longest });
        let longest = self.longest_encoded;
        defects.add_found(part, 0, self.long_encoded, |count| Flaw::LongEncodedLines { count, longest });
        defects.add_found(part, 0, self.controls, |count| Flaw::QuotedControl { count });
        defects.add_found(part, 0, self.eight_bit_header, |count| Flaw::EightBitHeader { count });
        if *encoding != Encoding::EightBit && *encoding != Encoding::Binary {
            defects.add_found(part, 0, self.eight_bit_body, |count| Flaw::EightBitBody { count });
        }
    }
}

fn add_eight_bit(count: &mut Count, line: &Line, text: &[u8]) {
    if !text.is_ascii()
        && let Some(first) = text.iter().position(|b| !b.is_ascii())
    {
        let many = text[first..].iter().filter(|b| !b.is_ascii()).count();
        count.add_many(many as u64, line.start + first);
    }
}
