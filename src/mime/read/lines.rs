//! Lines as they are found: whatever ends them, nothing is looked at twice.

use memchr::memchr2;

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// CRLF, as it should be (RFC 5322 §2.1).
    Crlf,
    /// A bare LF.
    Lf,
    /// A bare CR.
    Cr,
    /// CR CR LF, which is what becomes of CRLF where a program thinks that each LF needs a CR.
    CrCrlf,
    /// The end of the bytes.
    Missing,
}

/// A line, by offsets into the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) start: usize,
    /// Where its line end begins.
    pub(super) text_end: usize,
    /// Behind its line end.
    pub(super) end: usize,
    pub(super) line_end: LineEnd,
}

/// The line that begins at `start`, where there is any. It looks two bytes ahead at most, so that a long run of CR costs
/// no more than its length.
pub(super) fn line_at(bytes: &[u8], start: usize) -> Option<Line> {
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    let Some(found) = memchr2(b'\r', b'\n', rest) else {
        return Some(Line { start, text_end: bytes.len(), end: bytes.len(), line_end: LineEnd::Missing });
    };
    let (line_end, len) = match &rest[found..] {
        [b'\n', ..] => (LineEnd::Lf, 1),
        [b'\r', b'\n', ..] => (LineEnd::Crlf, 2),
        [b'\r', b'\r', b'\n', ..] => (LineEnd::CrCrlf, 3),
        _ => (LineEnd::Cr, 1),
    };
    let text_end = start + found;
    Some(Line { start, text_end, end: text_end + len, line_end })
}

/// The numbers of the lines in which places lie, from 1 on, each of which is not in front of the one before. A line is what
/// the reader takes for one.
#[must_use]
pub fn line_numbers(bytes: &[u8], places: impl IntoIterator<Item = usize>) -> Vec<u64> {
    let (mut next, mut number) = (0, 0);
    let mut numbers = Vec::new();
    for place in places {
        while next <= place
            && let Some(line) = line_at(bytes, next)
        {
            next = line.end;
            number += 1;
        }
        // The end of the mail is in its last line, or behind that.
        let is_behind = place >= bytes.len() && bytes.last().is_none_or(|b| matches!(b, b'\r' | b'\n'));
        numbers.push(number + u64::from(is_behind));
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_lines() {
        assert_eq!(line_numbers(b"a\nbc\r\nd", [0, 1, 2, 4, 5, 6, 7]), [1, 1, 2, 2, 2, 3, 3]);
        assert_eq!(line_numbers(b"a\n", [0, 2]), [1, 2]);
        assert_eq!(line_numbers(b"", [0]), [1]);
    }

    #[test]
    fn each_line_end_is_known() {
        let bytes = b"a\r\n\nb\r\r\r\nc\rd";
        let (mut at, mut found) = (0, Vec::new());
        while let Some(line) = line_at(bytes, at) {
            found.push((&bytes[line.start..line.text_end], line.line_end));
            at = line.end;
        }
        let expected: [(&[u8], LineEnd); 6] = [
            (b"a", LineEnd::Crlf),
            (b"", LineEnd::Lf),
            (b"b", LineEnd::Cr),
            (b"", LineEnd::CrCrlf),
            (b"c", LineEnd::Cr),
            (b"d", LineEnd::Missing),
        ];
        assert_eq!(found, expected);
    }
}
