//! Mailboxes and the two paths of an envelope.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use super::{Domain, DomainError};

/// `local-part@domain` (RFC 5321 §2.3.11). The local part keeps its spelling, the domain is in lower case. Cheap to
/// clone: one shared text.
#[derive(Clone)]
pub struct Mailbox {
    text: Arc<str>,
    /// Where the `@` is.
    at: u16,
}

/// Why a text is no mailbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// There is no `@` outside of quotes.
    #[error("a mailbox is written local-part@domain, and `@` is missing")]
    NoAt,
    /// RFC 5321 §4.1.2: a dot-string or a quoted-string.
    #[error("`{0}` is not a local part")]
    LocalPart(String),
    /// RFC 5321 §4.5.3.1.1.
    #[error("a local part has at most 64 characters")]
    LocalPartTooLong,
    /// What follows the `@`.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

impl Mailbox {
    /// The whole address.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The local part as it was spelled, quotes included.
    #[must_use]
    #[inline]
    pub fn local_part(&self) -> &str {
        &self.text[..usize::from(self.at)]
    }

    /// The domain in lower case.
    #[must_use]
    #[inline]
    pub fn domain(&self) -> &str {
        &self.text[usize::from(self.at) + 1..]
    }

    /// The domain as a value of its own.
    #[must_use]
    pub fn to_domain(&self) -> Domain {
        // It was checked when the mailbox was made.
        self.domain().parse().unwrap_or_else(|_| unreachable!("a mailbox holds a checked domain"))
    }
}

/// Whether `b` is an atom character of RFC 5322 §3.2.3.
fn is_atext(b: u8) -> bool {
    const TABLE: [bool; 256] = {
        let (others, mut table, mut b) = (b"!#$%&'*+-/=?^_`{|}~", [false; 256], 0);
        while b < 256 {
            table[b] = (b as u8).is_ascii_alphanumeric();
            b += 1;
        }
        let mut i = 0;
        while i < others.len() {
            table[others[i] as usize] = true;
            i += 1;
        }
        table
    };
    TABLE[usize::from(b)]
}

/// Whether `local` is a dot-string: atoms with single dots between them.
fn is_dot_string(local: &[u8]) -> bool {
    let mut last = b'.';
    for &b in local {
        if b == b'.' {
            if last == b'.' {
                return false;
            }
        } else if !is_atext(b) {
            return false;
        }
        last = b;
    }
    last != b'.'
}

fn check_local_part(local: &str) -> Result<(), MailboxError> {
    if local.len() > 64 {
        return Err(MailboxError::LocalPartTooLong);
    }
    let quoted = local.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
    let good = match quoted {
        Some(inside) => {
            let mut bytes = inside.bytes();
            loop {
                match bytes.next() {
                    None => break true,
                    Some(b'\\') => match bytes.next() {
                        Some(b' '..=b'~') => {}
                        _ => break false,
                    },
                    Some(b'"') => break false,
                    Some(b' '..=b'~') => {}
                    Some(_) => break false,
                }
            }
        }
        None => is_dot_string(local.as_bytes()),
    };
    if good { Ok(()) } else { Err(MailboxError::LocalPart(local.into())) }
}

impl FromStr for Mailbox {
    type Err = MailboxError;
    fn from_str(text: &str) -> Result<Mailbox, MailboxError> {
        let at =
            if text.starts_with('"') { text.rfind("\"@").map(|i| i + 1) } else { text.bytes().position(|b| b == b'@') };
        let at = at.ok_or(MailboxError::NoAt)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        check_local_part(local)?;
        Domain::check(domain)?;
        let text = if domain.bytes().any(|b| b.is_ascii_uppercase()) {
            format!("{local}@{}", domain.to_ascii_lowercase()).into()
        } else {
            Arc::from(text)
        };
        Ok(Mailbox { text, at: at as u16 })
    }
}

impl PartialEq for Mailbox {
    fn eq(&self, other: &Mailbox) -> bool {
        self.text == other.text
    }
}
impl Eq for Mailbox {}
impl PartialOrd for Mailbox {
    fn partial_cmp(&self, other: &Mailbox) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Mailbox {
    fn cmp(&self, other: &Mailbox) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}
impl Hash for Mailbox {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({})", self.text)
    }
}

/// Where to report failure (RFC 5321 §3.3, §4.5.5): a mailbox, or `<>` for mail that must not be answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`.
    Null,
    /// `<mailbox>`.
    Mailbox(Mailbox),
}

/// Where mail is to go (RFC 5321 §3.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ForwardPath {
    /// `<Postmaster>` without a domain: the postmaster of whoever is asked (RFC 5321 §4.5.1).
    Postmaster,
    /// `<mailbox>`.
    Mailbox(Mailbox),
}

/// Writes the path in angle brackets.
impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReversePath::Null => f.write_str("<>"),
            ReversePath::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// Writes the path in angle brackets.
impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForwardPath::Postmaster => f.write_str("<Postmaster>"),
            ForwardPath::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_checked_as_rfc_5321_says() {
        for (text, local, domain) in [
            ("alice@green.example", "alice", "green.example"),
            ("Alice.B+tag@Green.Example", "Alice.B+tag", "green.example"),
            ("\"a b@c\"@x.example", "\"a b@c\"", "x.example"),
            ("bob@[192.0.2.7]", "bob", "[192.0.2.7]"),
        ] {
            let mailbox: Mailbox = text.parse().unwrap();
            assert_eq!((mailbox.local_part(), mailbox.domain()), (local, domain));
        }
        for bad in [
            "",
            "alice",
            "@x.example",
            "a..b@x.example",
            ".a@x.example",
            "a b@x.example",
            "a@",
            "a@b@c",
            "\"a@x.example",
            "a@x..y",
            "ä@x.example",
            "\"a\"b\"@x.example",
        ] {
            assert!(bad.parse::<Mailbox>().is_err(), "{bad}");
        }
        assert!(format!("{}@x.example", "a".repeat(64)).parse::<Mailbox>().is_ok());
        assert!(format!("{}@x.example", "a".repeat(65)).parse::<Mailbox>().is_err());
    }
}
