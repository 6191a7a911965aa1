//! A header section taken apart into lines that belong together (RFC 5322 §2.2).

use memchr::memchr;

use super::lines::{LineEnd, line_at};
use super::mailbox::is_separator;

/// A header field, with all its folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderField<'a> {
    /// The name, as it is written.
    pub name: &'a [u8],
    /// All behind the colon, with folds, without the last line end.
    pub value: &'a [u8],
    /// Where the field begins, counted from the beginning of the header section.
    pub at: usize,
    /// Where the value begins, counted likewise.
    pub value_at: usize,
    /// Behind its last line end, counted likewise.
    pub end: usize,
}

impl HeaderField<'_> {
    /// Whether the field has this name; upper and lower case are the same (RFC 5322 §1.2.2).
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The fields of a header section in order; lines that are no field are passed over.
pub fn fields(header: &[u8]) -> impl Iterator<Item = HeaderField<'_>> {
    entries(header).filter_map(|entry| match entry.what {
        What::Field { field, .. } => Some(field),
        _ => None,
    })
}

/// Where the header section of a mail ends, and where its body begins: in front of the first empty line, and behind it. Both are
/// the length where there is none.
#[must_use]
pub fn header_end(bytes: &[u8]) -> (usize, usize) {
    let mut at = 0;
    while let Some(line) = line_at(bytes, at) {
        if line.text_end == line.start {
            return (line.start, line.end);
        }
        at = line.end;
    }
    (at, at)
}

/// Lines of a header section that belong together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) at: usize,
    /// The first of its lines that is nothing but white space.
    pub(super) blank_fold: Option<usize>,
    /// How many of its lines are nothing but white space.
    pub(super) blank_folds: u64,
    pub(super) is_folded: bool,
    pub(super) what: What<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum What<'a> {
    Field {
        field: HeaderField<'a>,
        space_before_colon: bool,
    },
    NoColon,
    BadName,
    /// The line that begins a mail in a mailbox file.
    MailboxLine,
    /// White space with no field above that it could belong to.
    Blank,
}

pub(super) fn entries(header: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let first = line_at(header, next)?;
        let at = first.start;
        let mut last = first;
        let (mut blank_fold, mut blank_folds) = (None, 0);
        let mut see = |line: &[u8], at: usize| {
            if line.iter().all(|b| matches!(b, b' ' | b'\t')) {
                blank_fold = blank_fold.or(Some(at));
                blank_folds += 1;
            }
        };
        see(&header[first.start..first.text_end], at);
        let begins_blank = matches!(header[at], b' ' | b'\t');
        // RFC 5322 §2.2.3: a line that begins with white space goes on with the field above.
        while last.line_end != LineEnd::Missing
            && matches!(header.get(last.end), Some(b' ' | b'\t'))
            && let Some(line) = line_at(header, last.end)
        {
            see(&header[line.start..line.text_end], line.start);
            last = line;
        }
        next = last.end;
        let what = if begins_blank {
            let text = header[at..last.text_end].trim_ascii();
            if text.is_empty() { What::Blank } else { What::NoColon }
        } else {
            field(&header[at..last.text_end], at, first.text_end - at, last.end)
        };
        Some(Entry { at, blank_fold, blank_folds, is_folded: last.start > at, what })
    })
}

/// A field that begins at `at` and ends in front of `end`, and whose first line has so many bytes.
fn field(whole: &[u8], at: usize, first_line: usize, end: usize) -> What<'_> {
    if at == 0 && is_separator(whole) {
        return What::MailboxLine;
    }
    let Some(colon) = memchr(b':', &whole[..first_line]) else { return What::NoColon };
    let name = whole[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return What::BadName;
    }
    let field = HeaderField { name, value: &whole[colon + 1..], at, value_at: at + colon + 1, end };
    What::Field { field, space_before_colon: name.len() < colon }
}
