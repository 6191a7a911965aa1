//! Whether a text holds what its charset has (RFC 2046 §4.1.2), looked at piece by piece.

use encoding_rs::DecoderResult;

use super::encoding::Encoding;
use super::faults::Count;
use super::part::Part;
use super::words::charset;

/// What is known of a text so far.
pub(super) struct Text {
    rule: Rule,
    /// Bytes so far.
    read: usize,
    bad: Count,
}

enum Rule {
    /// No byte above 127.
    Ascii,
    /// What a decoder takes.
    Decoder(Box<encoding_rs::Decoder>),
}

/// Names of US-ASCII, which the Encoding Standard takes for Western European.
const ASCII: [&str; 4] = ["us-ascii", "ascii", "ansi_x3.4-1968", "iso-ir-6"];

/// Whether it is a name of US-ASCII.
pub(super) fn is_ascii(name: &str) -> bool {
    ASCII.contains(&name)
}

impl Text {
    /// Of a part whose body is about to be decoded; none where there is nothing to look for. `has_high` says whether the body as
    /// it stands there has bytes above 127.
    pub(super) fn of(part: &Part, has_high: bool) -> Option<Text> {
        if part.top_type() != "text" || matches!(part.encoding, Encoding::Unknown(_)) {
            return None;
        }
        // Of binary bodies, bytes are not counted.
        let is_plain = part.encoding.is_identity() && part.encoding != Encoding::Binary && !has_high;
        let rule = match part.charset.as_deref() {
            // What nearly all texts are.
            Some("utf-8") | None if is_plain => return None,
            // Other texts have rules of their own (RFC 6657 §3).
            None if part.media_type != "text/plain" => return None,
            // That bytes above 127 stand in a body of seven bits has been told.
            None if part.encoding == Encoding::SevenBit => return None,
            None => Rule::Ascii,
            Some(name) if is_ascii(name) && (is_plain || part.encoding == Encoding::SevenBit) => return None,
            Some(name) if is_ascii(name) => Rule::Ascii,
            Some(name) => {
                let known = charset(name.as_bytes())?;
                if is_plain && known.is_ascii_compatible() {
                    return None;
                }
                Rule::Decoder(Box::new(known.new_decoder_without_bom_handling()))
            }
        };
        Some(Text { rule, read: 0, bad: Count::default() })
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        match &mut self.rule {
            Rule::Ascii => {
                if !bytes.is_ascii() {
                    let first = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(0);
                    self.bad.add_many(high_bytes(&bytes[first..]), self.read + first);
                }
                self.read += bytes.len();
            }
            Rule::Decoder(_) => self.decode(bytes, false),
        }
    }

    fn decode(&mut self, mut bytes: &[u8], is_last: bool) {
        let Rule::Decoder(decoder) = &mut self.rule else { return };
        let mut text = [0_u8; 1 << 12];
        loop {
            let (result, read, _) = decoder.decode_to_utf8_without_replacement(bytes, &mut text, is_last);
            self.read += read;
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, behind) => {
                    self.bad.add(self.read.saturating_sub(usize::from(length) + usize::from(behind)));
                }
            }
        }
    }

    /// What the charset does not have, by places in the decoded text.
    pub(super) fn finish(mut self) -> Count {
        self.decode(&[], true);
        self.bad
    }
}

/// How many bytes are above 127.
fn high_bytes(bytes: &[u8]) -> u64 {
    // Sums of 255 fit into a byte, so many are added at once.
    bytes.chunks(255).map(|chunk| u64::from(chunk.iter().fold(0_u8, |sum, b| sum + (b >> 7)))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::read::{Flaw, read};

    fn told(charset: &str, body: &[u8]) -> Vec<(usize, Flaw)> {
        let top = format!(
            "From: a@b.example\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain{charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        );
        let tree = read(&[top.as_bytes(), body].concat());
        tree.defects.into_iter().map(|defect| (defect.at - top.len(), defect.what)).collect()
    }

    #[test]
    fn bytes_that_a_charset_has_not_are_counted_where_they_are() {
        let not = |charset: &str, count| Flaw::NotInCharset { charset: charset.into(), count };
        assert_eq!(told("; charset=utf-8", "Grüße €\r\n".as_bytes()), []);
        assert_eq!(told("; charset=utf-8", b"Gr\xfc\xdfe\r\n"), [(2, not("utf-8", 2))]);
        assert_eq!(told("; charset=utf-8", b"Gr\xc3\r\n\xe2\x82"), [(2, not("utf-8", 2))]);
        assert_eq!(told("; charset=iso-8859-1", b"Gr\xfc\xdfe\r\n"), []);
        assert_eq!(told("; charset=shift_jis", b"\x93\xfa\x96{\r\n\xff"), [(6, not("shift_jis", 1))]);
        assert_eq!(told("; charset=us-ascii", b"Gr\xfc\xdf\r\n"), [(2, Flaw::NotAscii { count: 2, is_said: true })]);
        assert_eq!(told("", b"Gr\xfc\xdf\r\n"), [(2, Flaw::NotAscii { count: 2, is_said: false })]);
        assert_eq!(told("", b"Green\r\n"), []);
    }

    #[test]
    fn cuts_make_no_difference() {
        let body = "x".repeat((1 << 12) - 1) + "ü€" + &"y".repeat(5_000) + "€";
        let bytes = body.as_bytes();
        for cut in (4_090..4_105).chain(9_090..9_110) {
            let decoder = encoding_rs::UTF_8.new_decoder_without_bom_handling();
            let mut text = Text { rule: Rule::Decoder(Box::new(decoder)), read: 0, bad: Count::default() };
            text.feed(&bytes[..cut.min(bytes.len())]);
            text.feed(&bytes[cut.min(bytes.len())..]);
            assert_eq!(text.finish(), Count::default(), "{cut}");
        }
    }
}
