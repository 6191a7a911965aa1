//! [`Name`]: a domain name as the name system sees it.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hickory_proto::rr as wire;

use crate::identity::Domain;

/// A fully-qualified name of the domain name system, in lower case and without the final dot; the root is the empty
/// text. Cheap to clone.
///
/// It is wider than [`Domain`]: it can be the root, a wildcard, or hold octets that no host name has, which are
/// written `\DDD` (RFC 1035 §5.1). RFC 4343: names compare without regard to case, so only one case is kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// RFC 1035 §2.3.4: 255 octets on the wire.
    #[error("the name is longer than 255 octets")]
    TooLong,
    /// RFC 1035 §2.3.4: 1 to 63 octets.
    #[error("the label `{0}` is empty or longer than 63 octets")]
    LabelLength(String),
    /// Not printable, or a bad escape.
    #[error("the label `{0}` has a character that must be written \\DDD")]
    LabelCharacter(String),
}

/// Whether an octet stands for itself in a label.
fn is_plain(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$')
}

/// The octets of one label of the text form; `None` when it has a bad character.
fn label_octets(label: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(label.len());
    let mut rest = label.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'\\' {
            let digits = tail.get(..3)?;
            if !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            let value = digits.iter().fold(0_u32, |v, d| v * 10 + u32::from(d - b'0'));
            out.push(u8::try_from(value).ok()?.to_ascii_lowercase());
            rest = &tail[3..];
        } else if is_plain(*first) {
            out.push(first.to_ascii_lowercase());
        } else {
            return None;
        }
    }
    Some(out)
}

fn push_label(text: &mut String, octets: &[u8]) {
    if !text.is_empty() {
        text.push('.');
    }
    for octet in octets {
        let octet = octet.to_ascii_lowercase();
        if is_plain(octet) {
            text.push(char::from(octet));
        } else {
            text.push_str(&format!("\\{octet:03}"));
        }
    }
}

impl Name {
    /// The root of the tree, `.`.
    #[must_use]
    pub fn root() -> Name {
        Name(Arc::from(""))
    }

    /// The text without the final dot; empty for the root.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The name itself, then its parent, and so on up to and including the root (`""`).
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        let mut next = Some(self.as_str());
        std::iter::from_fn(move || {
            let this = next?;
            next = if this.is_empty() { None } else { Some(this.split_once('.').map_or("", |(_, parent)| parent)) };
            Some(this)
        })
    }

    /// Whether this name is `zone` or lies below it; `zone` in the form of [`Name::as_str`].
    #[must_use]
    pub fn is_within(&self, zone: &str) -> bool {
        match self.0.strip_suffix(zone) {
            Some(head) => zone.is_empty() || head.is_empty() || head.ends_with('.'),
            None => false,
        }
    }

    /// Number of labels; none for the root.
    #[must_use]
    pub fn label_count(&self) -> usize {
        if self.is_root() { 0 } else { self.0.split('.').count() }
    }

    /// The name as a mail domain, where it is one.
    #[must_use]
    pub fn to_domain(&self) -> Option<Domain> {
        self.0.parse().ok()
    }

    pub(super) fn from_trusted(text: &str) -> Name {
        Name(text.into())
    }

    /// The name as it comes off the wire. A name that is `known` already shares its memory.
    pub(super) fn from_wire(name: &wire::Name, known: Option<&Name>) -> Name {
        let mut text = String::with_capacity(name.len());
        for label in name.iter() {
            push_label(&mut text, label);
        }
        match known {
            Some(known) if *known.0 == *text => known.clone(),
            _ => Name(text.into()),
        }
    }

    pub(super) fn to_wire(&self) -> wire::Name {
        if self.is_root() {
            return wire::Name::root();
        }
        if !self.0.contains('\\') {
            return wire::Name::from_labels(self.0.split('.').map(str::as_bytes))
                .unwrap_or_else(|_| wire::Name::root());
        }
        let labels: Vec<Vec<u8>> = self.0.split('.').filter_map(label_octets).collect();
        wire::Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap_or_else(|_| wire::Name::root())
    }
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Name, NameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Ok(Name::root());
        }
        let is_written_as_kept = |label: &str| {
            (1..=63).contains(&label.len()) && label.bytes().all(|b| is_plain(b) && !b.is_ascii_uppercase())
        };
        if text.len() <= 253 && text.split('.').all(is_written_as_kept) {
            return Ok(Name(text.into()));
        }
        let mut out = String::with_capacity(text.len());
        let mut octets_on_wire = 1;
        for label in text.split('.') {
            let octets = label_octets(label).ok_or_else(|| NameError::LabelCharacter(label.into()))?;
            if octets.is_empty() || octets.len() > 63 {
                return Err(NameError::LabelLength(label.into()));
            }
            octets_on_wire += octets.len() + 1;
            push_label(&mut out, &octets);
        }
        if octets_on_wire > 255 { Err(NameError::TooLong) } else { Ok(Name(out.into())) }
    }
}

impl From<&Domain> for Name {
    /// A domain that is too long for the wire becomes the root; an address literal is no name and does so too.
    fn from(domain: &Domain) -> Name {
        if domain.is_literal() {
            return Name::root();
        }
        domain.as_str().parse().unwrap_or_else(|_| Name::root())
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Writes the absolute name with its final dot, as in a zone file.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_and_write() {
        for (text, shown) in [
            (".", "."),
            ("", "."),
            ("Blue.Example", "blue.example."),
            ("*.a.b.", "*.a.b."),
            ("a\\046b.c", "a\\046b.c."),
            ("\\065b.c", "ab.c."),
        ] {
            let name: Name = text.parse().unwrap();
            assert_eq!(name.to_string(), shown);
            assert_eq!(Name::from_wire(&name.to_wire(), None), name);
        }
        for bad in ["a..b", ".a", "a b", "a\\9", "a\\999", "bücher"] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
        assert!("a".repeat(64).parse::<Name>().is_err());
        assert!(vec!["a"; 128].join(".").parse::<Name>().is_err());
        assert!(vec!["a"; 127].join(".").parse::<Name>().is_ok());
    }

    #[test]
    fn ancestors_and_zones() {
        let name: Name = "mx.blue.example".parse().unwrap();
        assert_eq!(name.ancestors().collect::<Vec<_>>(), ["mx.blue.example", "blue.example", "example", ""]);
        assert!(name.is_within("") && name.is_within("example") && name.is_within("mx.blue.example"));
        assert!(!name.is_within("lue.example") && !name.is_within("a.mx.blue.example"));
    }
}
