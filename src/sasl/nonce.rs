//! A value that is used once. Whoever owns the randomness gives it; nothing here draws.

use std::fmt;

use data_encoding::HEXLOWER;

/// Printable text without a comma (RFC 5802 §7), from which a challenge or a SCRAM nonce is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// From random bytes, as hexadecimal digits, which fit into SCRAM messages and message identifiers alike. Sixteen bytes
    /// are plenty.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Nonce {
        Nonce(HEXLOWER.encode(bytes))
    }

    /// From a text: ASCII from `!` to `~` without a comma, and not empty (RFC 5802 §7: `printable`). `None` if it is
    /// something else.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Nonce> {
        let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b',');
        fits.then(|| Nonce(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_printable() {
        assert_eq!(Nonce::from_bytes(&[0, 0x2C, 255]).as_str(), "002cff");
        assert_eq!(Nonce::from_text("%hvY)$k0").unwrap().to_string(), "%hvY)$k0");
        for text in ["", "a,b", "a b", "a\u{7f}", "ä"] {
            assert_eq!(Nonce::from_text(text), None, "{text:?}");
        }
    }
}
