//! Domain names and address literals.

use std::borrow::Borrow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

/// A fully-qualified domain name in lower case without the final dot, or an address literal such as `[192.0.2.1]`
/// (RFC 5321 §2.3.5, §4.1.3). Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Arc<str>);

/// Why a text is no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Nothing there.
    #[error("a domain name cannot be empty")]
    Empty,
    /// RFC 5321 §4.5.3.1.2.
    #[error("a domain name has at most 255 characters")]
    TooLong,
    /// RFC 1035 §2.3.4.
    #[error("the label `{0}` is empty or longer than 63 characters")]
    LabelLength(String),
    /// RFC 1123 §2.1: letters, digits and inner hyphens. The underscore of service names is allowed.
    #[error("the label `{0}` has a character that a host name cannot have")]
    LabelCharacter(String),
    /// RFC 5321 §4.1.3.
    #[error("`{0}` is not an address literal like [192.0.2.1] or [IPv6:2001:db8::1]")]
    Literal(String),
}

impl Domain {
    /// The name as text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which the DNS says whose an address is: below `in-addr.arpa` (RFC 1035 §3.5), or `ip6.arpa`
    /// (RFC 3596 §2.5).
    #[must_use]
    pub fn reverse(address: IpAddr) -> Domain {
        let text = match address {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            IpAddr::V6(address) => {
                let nibbles = address.octets().into_iter().rev().map(|b| format!("{:x}.{:x}.", b & 15, b >> 4));
                format!("{}ip6.arpa", nibbles.collect::<String>())
            }
        };
        Domain(text.into())
    }

    /// Whether this is an address literal rather than a name.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.0.starts_with('[')
    }

    /// Checks `text` as it would be checked by parsing, without keeping it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(text: &str) -> Result<(), DomainError> {
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        if text.len() > 255 {
            return Err(DomainError::TooLong);
        }
        if text.starts_with('[') {
            return check_literal(text);
        }
        if is_name(text.as_bytes()) { Ok(()) } else { Err(what_is_wrong(text)) }
    }
}

/// Whether every label is well-formed. Names are checked with every command of every dialogue, so this takes one look
/// at each byte.
fn is_name(text: &[u8]) -> bool {
    let (mut len, mut last) = (0, b'.');
    for &b in text {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => len += 1,
            b'-' if len > 0 => len += 1,
            b'.' if len > 0 && len <= 63 && last != b'-' => len = 0,
            _ => return false,
        }
        last = b;
    }
    len > 0 && len <= 63 && last != b'-'
}

/// The first label of a name that is not well-formed, and why.
fn what_is_wrong(text: &str) -> DomainError {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return DomainError::LabelLength(label.into());
        }
        if !label.bytes().all(plain) || label.starts_with('-') || label.ends_with('-') {
            return DomainError::LabelCharacter(label.into());
        }
    }
    unreachable!("`is_name` found a label that is not well-formed")
}

fn check_literal(text: &str) -> Result<(), DomainError> {
    let inside = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let good = inside.is_some_and(|inside| match inside.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => inside[5..].parse::<Ipv6Addr>().is_ok(),
        _ => inside.parse::<Ipv4Addr>().is_ok(),
    });
    if good { Ok(()) } else { Err(DomainError::Literal(text.into())) }
}

impl FromStr for Domain {
    type Err = DomainError;
    fn from_str(text: &str) -> Result<Domain, DomainError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        Domain::check(text)?;
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            Ok(Domain(text.to_ascii_lowercase().into()))
        } else {
            Ok(Domain(text.into()))
        }
    }
}

impl Borrow<str> for Domain {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Domain({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_names_from_their_least_part_on() {
        let reverse = |text: &str| Domain::reverse(text.parse().unwrap());
        assert_eq!(reverse("192.0.2.17").as_str(), "17.2.0.192.in-addr.arpa");
        // RFC 3596 §2.5 has this one.
        let six = reverse("4321:0:1:2:3:4:567:89ab");
        assert_eq!(six.as_str(), "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa");
        assert_eq!(Domain::check(six.as_str()), Ok(()));
    }

    #[test]
    fn names_are_checked_and_lowered() {
        assert_eq!("Mail.Green.EXAMPLE.".parse::<Domain>().unwrap().as_str(), "mail.green.example");
        for good in ["a", "xn--bcher-kva.example", "1and1.example", "[192.0.2.1]", "[IPv6:2001:db8::1]", "_dmarc.a.b"] {
            assert!(good.parse::<Domain>().is_ok(), "{good}");
        }
        for bad in
            ["", ".", "a..b", "-a.b", "a-.b", "a b", "bücher.example", "[1.2.3]", "[IPv6:zz]", "[192.0.2.1", "a.b\r\nc"]
        {
            assert!(bad.parse::<Domain>().is_err(), "{bad}");
        }
        assert!("a".repeat(64).parse::<Domain>().is_err());
        assert!(vec!["a"; 200].join(".").parse::<Domain>().is_err());
    }
}
