//! Base64 as it stands in lines (RFC 4954 §4): nothing is ignored in it, `=` is an empty initial response, and `*` cancels.

use data_encoding::BASE64;

/// The longest line of an exchange, in octets without its CRLF (RFC 4954 §4).
pub const MAX_LINE_OCTETS: usize = 12_288;

/// What a client sends to end the exchange (RFC 4954 §4).
pub const CANCEL: &str = "*";

/// Why a line holds no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is `*`: the client has had enough.
    #[error("cancelled")]
    Cancelled,
    /// It is not base64: a foreign character, padding that is missing or not at the end, or bits that belong to no octet.
    #[error("not base64")]
    Garbled,
    /// It is longer than [`MAX_LINE_OCTETS`].
    #[error("longer than {MAX_LINE_OCTETS} octets")]
    TooLong,
}

/// Reads a line of the exchange, without its CRLF: a client's response, or the text of a server's challenge. An empty line
/// is an empty message.
///
/// # Errors
/// [`LineError`].
pub fn decode(line: &[u8]) -> Result<Vec<u8>, LineError> {
    if line.len() > MAX_LINE_OCTETS {
        return Err(LineError::TooLong);
    }
    if line == CANCEL.as_bytes() {
        return Err(LineError::Cancelled);
    }
    BASE64.decode(line).map_err(|_| LineError::Garbled)
}

/// Reads the initial response that stands behind the name of the mechanism, where `=` is the empty one (RFC 4954 §4). An
/// argument that is itself empty is nothing that a client may send.
///
/// # Errors
/// [`LineError`].
pub fn decode_initial(argument: &[u8]) -> Result<Vec<u8>, LineError> {
    match argument {
        b"=" => Ok(Vec::new()),
        b"" => Err(LineError::Garbled),
        line => decode(line),
    }
}

/// Writes a message as a line without CRLF. An empty message is an empty line.
#[must_use]
pub fn encode(message: &[u8]) -> String {
    BASE64.encode(message)
}

/// Writes an initial response as an argument: `=` if it is empty.
#[must_use]
pub fn encode_initial(message: &[u8]) -> String {
    if message.is_empty() { "=".to_owned() } else { encode(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_strictly() {
        use LineError::*;
        let cases: &[(&str, Result<&str, LineError>)] = &[
            ("", Ok("")),
            ("dGVzdAB0ZXN0ADEyMzQ=", Ok("test\0test\x001234")),
            ("*", Err(Cancelled)),
            ("**", Err(Garbled)),
            ("=", Err(Garbled)),
            // RFC 4954 §4 names these two.
            ("=AAA", Err(Garbled)),
            ("AAA=BBB", Err(Garbled)),
            ("AAA=BBB=", Err(Garbled)),
            ("YQ", Err(Garbled)),
            ("YQ===", Err(Garbled)),
            ("YR==", Err(Garbled)),
            ("YW Jj", Err(Garbled)),
            ("YWJj\r\n", Err(Garbled)),
            ("YW-_", Err(Garbled)),
        ];
        for (line, expected) in cases {
            assert_eq!(decode(line.as_bytes()), expected.map(|m| m.as_bytes().to_vec()), "{line:?}");
        }
        assert_eq!(decode_initial(b"="), Ok(Vec::new()));
        assert_eq!(decode_initial(b""), Err(Garbled));
        assert_eq!(decode_initial(b"YWJj"), Ok(b"abc".to_vec()));
        assert_eq!(decode_initial(b"*"), Err(Cancelled));
        assert_eq!((encode_initial(b""), encode(b""), encode_initial(b"abc")), ("=".into(), "".into(), "YWJj".into()));
    }

    #[test]
    fn the_longest_line_is_read_and_one_octet_more_is_not() {
        let longest = vec![b'A'; MAX_LINE_OCTETS];
        assert_eq!(decode(&longest).unwrap().len(), MAX_LINE_OCTETS / 4 * 3);
        assert_eq!(decode(&[&longest[..], b"A"].concat()), Err(LineError::TooLong));
    }
}
