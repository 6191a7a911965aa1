//! Names and addresses.

use std::net::Ipv4Addr;

use super::Reader;
use crate::identity::{Domain, Mailbox};
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
}
