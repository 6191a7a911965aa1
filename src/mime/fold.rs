//! Writing header text that came from elsewhere: made harmless, and folded (RFC 5322 §2.1.1, §2.2.3).

use std::borrow::Cow;

/// Where lines are folded when they can be (RFC 5322 §2.1.1).
pub(super) const FOLD_AT: usize = 78;

/// No word is longer than this, so that no line can pass 998 bytes.
const LONGEST_WORD: usize = 900;

/// Writes `name:` and the words of `text`, folded between words, and CRLF. Whatever is not printable ASCII becomes
/// a space (controls) or a question mark (the rest), so that nothing in `text` can begin a new line or field.
pub(super) fn write_folded(out: &mut Vec<u8>, name: &str, text: &str) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    write_words(out, name.len() + 1, "\r\n", text);
    out.extend_from_slice(b"\r\n");
}

/// Writes the words of `text`, each with a space in front, from this column on, with `fold` where a line is full.
pub(super) fn write_words(out: &mut Vec<u8>, mut column: usize, fold: &str, text: &str) {
    let mut first = true;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        let clean: Vec<u8> = word.chars().map(|c| if c.is_ascii_graphic() { c as u8 } else { b'?' }).collect();
        for piece in clean.chunks(LONGEST_WORD) {
            if !first && column + 1 + piece.len() > FOLD_AT {
                out.extend_from_slice(fold.as_bytes());
                column = 0;
            }
            out.push(b' ');
            out.extend_from_slice(piece);
            column += 1 + piece.len();
            first = false;
        }
    }
}

/// The text with line ends and other controls as spaces, trimmed: fit for one header field.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Cow::Borrowed(text.trim_matches(' '));
    }
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Cow::Owned(clean.trim().to_owned())
}

/// Whether the text fits into a field as it is: printable ASCII and spaces, no word too long to fold.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.split(' ').all(|word| word.len() <= LONGEST_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_inside_its_field() {
        let mut out = Vec::new();
        write_folded(&mut out, "Diagnostic-Code", &format!("smtp; 550 no\r\nBcc: x@y\0 {} é", "w".repeat(2000)));
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("Diagnostic-Code: smtp; 550 no Bcc: x@y\r\n "));
        assert!(text.ends_with(" ?\r\n"));
        for line in text.split_terminator("\r\n") {
            assert!(line.len() <= 998 && !line.trim().is_empty());
        }
    }
}
