//! Files with several mails (RFC 4155, appendix A).

use std::ops::Range;

use super::lines::line_at;

/// Whether a line stands above a mail in a mailbox file. `From :` is a field, of long ago (RFC 5322 §4.5).
pub(super) fn is_separator(line: &[u8]) -> bool {
    line.strip_prefix(b"From ").is_some_and(|rest| !rest.trim_ascii_start().starts_with(b":"))
}

/// Whether a file begins with such a line.
pub(super) fn begins_mailbox(bytes: &[u8]) -> bool {
    line_at(bytes, 0).is_some_and(|line| is_separator(&bytes[..line.text_end]))
}

/// The mails of a file, one at least. Only what begins with a line `From ` has several; each is given with that line, and
/// without the empty line in front of the next. Takes time in proportion to the length.
#[must_use]
pub fn mails(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let (mut start, mut at, mut empty) = (0, 0, None);
    let is_mailbox = begins_mailbox(bytes);
    while is_mailbox && let Some(line) = line_at(bytes, at) {
        if let Some(end) = empty.filter(|_| is_separator(&bytes[line.start..line.text_end])) {
            all.push(start..end);
            start = line.start;
        }
        empty = (line.text_end == line.start).then_some(line.start);
        at = line.end;
    }
    all.push(start..bytes.len());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<&str> {
        mails(text.as_bytes()).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn mails_are_found() {
        let two =
            "From a Mon\nSubject: a\n\nFrom here on\n>From b\nFrom me\n\nFrom b Tue\r\nSubject: b\r\n\r\nb\r\n\r\n";
        // A line `From ` behind an empty one begins a mail, whoever wrote it.
        assert_eq!(told("From a Mon\nSubject: a\n\nx\nFrom me\n"), ["From a Mon\nSubject: a\n\nx\nFrom me\n"]);
        assert_eq!(told(two).len(), 3);
        assert_eq!(told(two)[2], "From b Tue\r\nSubject: b\r\n\r\nb\r\n\r\n");
        assert_eq!(told("Subject: a\n\nFrom b\n"), ["Subject: a\n\nFrom b\n"]);
        assert_eq!(told("From : a@b.example\n\nFrom b\n").len(), 1);
        assert_eq!(told(""), [""]);
    }
}
