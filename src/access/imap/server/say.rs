//! How values are written in responses (RFC 9051 §4, §9).

/// Writes a string as an atom where it can be one, else in quotes. It has no CR, LF or NUL; what is not ASCII is for those only who
/// have said that they read UTF-8.
pub(super) fn astring(out: &mut Vec<u8>, text: &str) {
    // RFC 9051 §9, `ASTRING-CHAR`. `NIL` would be no string.
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"(){%*\"\\".contains(&b);
    if !text.is_empty() && text.bytes().all(is_plain) && !text.eq_ignore_ascii_case("NIL") {
        out.extend_from_slice(text.as_bytes());
    } else {
        quoted(out, text);
    }
}

/// Writes a string in quotes.
pub(super) fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for b in text.bytes() {
        if matches!(b, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(b);
    }
    out.push(b'"');
}
