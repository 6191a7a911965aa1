//! What must not be seen: passwords that never show in a debug text, and a comparison that tells nothing by its time.

use std::fmt;

use subtle::ConstantTimeEq;

/// A password. Its debug text is stars, so that no log and no failed assertion shows it.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for who has to send it or compute with it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret::new(text)
    }
}

/// Whether two values are the same, in a time that depends on their lengths only. No simulated clock sees the
/// difference; whoever takes this code as a pattern would.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_stars() {
        let secret = Secret::from("pencil");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(secret.reveal(), "pencil");
    }

    #[test]
    fn same_is_equality() {
        for (a, b) in [("", ""), ("a", "a"), ("a", "b"), ("a", "aa"), ("", "a"), ("ab", "ba")] {
            assert_eq!(same(a.as_bytes(), b.as_bytes()), a == b, "{a:?} {b:?}");
        }
    }
}
