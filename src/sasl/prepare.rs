//! SASLprep (RFC 4013): one form for names and passwords, whatever keyboard they came from.
//!
//! Every mechanism here compares prepared strings, though the older ones (CRAM-MD5, LOGIN) leave the encoding open: a user
//! has one password, not one for each mechanism.

use std::borrow::Cow;

/// Why a string cannot be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// It is empty, or nothing is left of it (RFC 4616 §2, RFC 5802 §5.1).
    #[error("it is empty")]
    Empty,
    /// It has a control character, an unassigned one, or one that is forbidden otherwise (RFC 4013 §2.3, §2.5), or mixes
    /// directions (§2.4). NUL is a control character, so no prepared string ends a field of PLAIN early.
    #[error("it has a character that SASLprep forbids, or mixes directions")]
    Forbidden,
}

/// Prepares a name or a password as a stored string: unassigned code points are refused (RFC 4013 §2.5).
///
/// # Errors
/// [`PrepareError`].
pub fn prepare(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    let prepared = stringprep::saslprep(text).map_err(|_| PrepareError::Forbidden)?;
    if prepared.is_empty() { Err(PrepareError::Empty) } else { Ok(prepared) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4013() {
        use PrepareError::*;
        let cases: &[(&str, Result<&str, PrepareError>)] = &[
            // RFC 4013 §3, in its order.
            ("I\u{AD}X", Ok("IX")),
            ("user", Ok("user")),
            ("USER", Ok("USER")),
            ("\u{AA}", Ok("a")),
            ("\u{2168}", Ok("IX")),
            ("\u{7}", Err(Forbidden)),
            ("\u{627}1", Err(Forbidden)),
            // Others.
            ("a\u{A0}b", Ok("a b")),
            ("", Err(Empty)),
            ("\u{AD}", Err(Empty)),
            ("a\0b", Err(Forbidden)),
            ("\u{221}", Err(Forbidden)),
        ];
        for (text, expected) in cases {
            assert_eq!(prepare(text).as_deref(), expected.as_deref(), "{text:?}");
        }
    }
}
