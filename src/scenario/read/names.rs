//! Names and addresses.

use std::net::Ipv4Addr;

use super::Reader;
use crate::identity::{Domain, Mailbox, MailboxError};
use crate::mime::Party;
use crate::scenario::tree::Node;

impl Reader {
    pub(crate) fn ipv4(&mut self, node: &Node) -> Option<Ipv4Addr> {
        let text = self.text(node)?;
        let address: Option<Ipv4Addr> = text.parse().ok();
        match address {
            Some(a) if !(a.is_unspecified() || a.is_broadcast() || a.is_multicast() || a.is_loopback()) => Some(a),
            Some(_) => self.bad_value(&node.span, format!("`{text}` cannot be the address of a host"), "not for hosts"),
            None => {
                self.bad_value(&node.span, format!("`{text}` is not an IPv4 address"), "expected one like 192.0.2.7")
            }
        }
    }

    pub(crate) fn domain(&mut self, node: &Node) -> Option<Domain> {
        let text = self.text(node)?;
        match text.parse::<Domain>() {
            Ok(domain) if !domain.is_literal() => Some(domain),
            Ok(_) => self.bad_value(&node.span, format!("`{text}` is an address, not a domain"), "expected a domain"),
            Err(why) => {
                let d = self.at(&node.span, "bad-domain", format!("`{text}` is not a domain: {why}"));
                self.push(d.label("expected a domain such as \"blue.example\""));
                None
            }
        }
    }

    pub(crate) fn mailbox(&mut self, node: &Node) -> Option<Mailbox> {
        let text = self.text(node)?;
        match text.parse::<Mailbox>() {
            Ok(mailbox) => Some(mailbox),
            Err(why) => {
                let d = self.at(&node.span, "bad-mailbox", format!("`{text}` is not a mailbox: {why}"));
                self.push(d.label("expected a mailbox such as \"bob@blue.example\""));
                None
            }
        }
    }

    /// A mailbox, perhaps with a name for people in front (RFC 5322 §3.4).
    pub(crate) fn party(&mut self, node: &Node) -> Option<Party> {
        let text = self.text(node)?;
        match read_party(text) {
            Ok(party) => Some(party),
            Err(why) => {
                let d = self.at(&node.span, "bad-mailbox", format!("`{text}` is not a mailbox: {why}"));
                let expected = if text.contains('<') { "Bob <bob@blue.example>" } else { "bob@blue.example" };
                self.push(d.label(format!("expected a mailbox such as \"{expected}\"")));
                None
            }
        }
    }
}

/// A mailbox, perhaps with a name for people in front.
pub(crate) fn read_party(text: &str) -> Result<Party, MailboxError> {
    let inside = text.trim_end().strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    let Some((name, mailbox)) = inside else { return text.parse().map(|mailbox: Mailbox| mailbox.into()) };
    let name = name.trim();
    let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    let name = Some(quoted.unwrap_or(name).to_owned()).filter(|name| !name.is_empty());
    mailbox.parse().map(|mailbox| Party { name, mailbox })
}
