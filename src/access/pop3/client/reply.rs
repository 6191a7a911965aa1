//! What servers say (RFC 1939 §3).

/// The first line of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status<'a> {
    /// `+OK`, and the text behind it.
    Ok(&'a [u8]),
    /// `-ERR`, and the text behind it.
    Err(&'a [u8]),
    /// `+ `, and a challenge (RFC 5034 §4).
    Challenge(&'a [u8]),
}

impl Status<'_> {
    /// Reads a line. `None`: it is no response.
    pub(super) fn read(line: &[u8]) -> Option<Status<'_>> {
        let (word, text) = match memchr::memchr(b' ', line) {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &line[line.len()..]),
        };
        // RFC 1939 §3 asks for upper case.
        match word {
            b"+OK" => Some(Status::Ok(text)),
            b"-ERR" => Some(Status::Err(text)),
            b"+" => Some(Status::Challenge(text)),
            _ => None,
        }
    }
}

/// The response code at the beginning of a text (RFC 2449 §8), without its brackets.
pub(super) fn code(text: &[u8]) -> Option<&[u8]> {
    let inside = text.strip_prefix(b"[")?;
    Some(&inside[..memchr::memchr(b']', inside)?])
}

/// Whether a text has this response code; codes may go on behind a slash.
pub(super) fn has_code(text: &[u8], wanted: &str) -> bool {
    code(text).is_some_and(|code| code.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// A text for people, on one line.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The timestamp in a greeting (RFC 1939 §7): what has the form of a message identifier, angle brackets included. Anything else could
/// be made up to find passwords out, so nothing else is answered.
pub(super) fn timestamp(text: &[u8]) -> Option<&str> {
    let open = memchr::memchr(b'<', text)?;
    let close = open + memchr::memchr(b'>', &text[open..])?;
    let (left, right) = std::str::from_utf8(&text[open + 1..close]).ok()?.split_once('@')?;
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'@' && b != b'<');
    (is_word(left) && is_word(right)).then(|| std::str::from_utf8(&text[open..=close]).ok())?
}

/// A number, and what stands behind the spaces that follow it.
pub(super) fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let number = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    let rest = &text[end..];
    if !rest.is_empty() && rest[0] != b' ' {
        return None;
    }
    Some((number, rest.trim_ascii_start()))
}

/// The number of a mail, and what stands behind it.
pub(super) fn mail(text: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = number(text)?;
    Some((u32::try_from(number).ok().filter(|number| *number > 0)?, rest))
}

/// Whether this is a unique-id: 1 to 70 characters from `!` to `~` (RFC 1939 §7).
pub(super) fn is_unique_id(text: &[u8]) -> bool {
    (1..=70).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_begins_with_its_status() {
        assert_eq!(Status::read(b"+OK 2 320"), Some(Status::Ok(b"2 320")));
        assert_eq!(Status::read(b"+OK"), Some(Status::Ok(b"")));
        assert_eq!(Status::read(b"-ERR [IN-USE] x"), Some(Status::Err(b"[IN-USE] x")));
        assert_eq!(Status::read(b"+ abc="), Some(Status::Challenge(b"abc=")));
        assert_eq!(Status::read(b"+"), Some(Status::Challenge(b"")));
        for none in ["", "OK", "+ok", "+OKAY", "-ERROR", "220 hi", " +OK"] {
            assert_eq!(Status::read(none.as_bytes()), None, "{none:?}");
        }
        assert!(
            has_code(b"[in-use] Do you", "IN-USE") && !has_code(b"IN-USE", "IN-USE") && !has_code(b"[IN-USE", "IN-USE")
        );
    }

    #[test]
    fn a_timestamp_has_the_form_of_a_message_identifier() {
        let found = timestamp(b"POP3 server ready <1896.697170952@dbc.mtview.ca.us> hi");
        assert_eq!(found, Some("<1896.697170952@dbc.mtview.ca.us>"));
        for none in ["", "<>", "<a>", "<@>", "<a@>", "<a@b", "<a b@c>", "<a@b@c>", "<a@b\u{7f}>", "<\u{e4}@b>"] {
            assert_eq!(timestamp(none.as_bytes()), None, "{none:?}");
        }
    }

    #[test]
    fn numbers_and_unique_ids_are_read_strictly() {
        assert_eq!(number(b"2 320"), Some((2, &b"320"[..])));
        assert_eq!(number(b"007"), Some((7, &b""[..])));
        for none in ["", " 1", "x", "1x", "-1", "99999999999999999999"] {
            assert_eq!(number(none.as_bytes()), None, "{none:?}");
        }
        assert_eq!((mail(b"0 1"), mail(b"4294967296 1")), (None, None));
        assert!(is_unique_id(b"whqtswO00WBw418f9t5JxYwZ") && is_unique_id(&[b'x'; 70]));
        assert!(!is_unique_id(b"") && !is_unique_id(b"a b") && !is_unique_id(&[b'x'; 71]) && !is_unique_id(b"\xe4"));
    }
}
