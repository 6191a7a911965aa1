//! Who a client is by the DNS: the name of its address, and whether that name leads back to it.
//!
//! An address is anybody's who is reached there, and what stands in its PTR record is for whoever runs the reverse zone to
//! write. A name says something only where its owner, too, says that the address is his. Postfix, whose rules these are,
//! asks for one name and for its addresses of the client's own kind (`smtpd_peer.c`).

use std::net::IpAddr;
use std::sync::Arc;

use super::policy::ClientName;
use crate::dns::{Lookup, RecordData};
use crate::identity::Domain;

/// What the DNS says of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Nobody has asked.
    Unasked,
    /// Its address has this name; whether that leads back is not known yet.
    Claimed(Domain),
    /// Its address has this name, and the name has its address.
    Confirmed(Domain),
    /// Its address has a name, and this is what that came to.
    Astray(Arc<Lookup>),
    /// Its address has no name, or none that is known: this is what asking came to.
    Nameless(Arc<Lookup>),
}

impl Named {
    /// What the PTR records of an address make of it.
    pub(super) fn by_pointer(lookup: Arc<Lookup>) -> Named {
        // Of several, getnameinfo(3) gives one.
        let name = lookup.records.iter().find_map(|record| match &record.data {
            RecordData::Ptr(name) => name.to_domain(),
            _ => None,
        });
        // An address in the place of a name is none, or whoever reads it would take it for the client's.
        match name.filter(|name| !name.is_literal() && name.as_str().parse::<IpAddr>().is_err()) {
            Some(name) => Named::Claimed(name),
            None => Named::Nameless(lookup),
        }
    }

    /// What the addresses of its name make of it.
    pub(super) fn by_addresses(name: Domain, address: IpAddr, lookup: Arc<Lookup>) -> Named {
        if lookup.addresses().any(|of_name| of_name == address) {
            Named::Confirmed(name)
        } else {
            Named::Astray(lookup)
        }
    }

    /// What stands in front of the address in a Received field (RFC 5321 §4.4, TCP-info); `None`: nothing.
    pub(super) fn for_received(&self) -> Option<&str> {
        match self {
            Named::Unasked | Named::Claimed(_) => None,
            Named::Confirmed(name) => Some(name.as_str()),
            // Postfix's word for it.
            Named::Astray(_) | Named::Nameless(_) => Some("unknown"),
        }
    }

    /// What a server that wants `wanted` has against it: what it cannot find, and the look-up that says so.
    pub(super) fn lacks(&self, wanted: ClientName) -> Option<(&'static str, &Lookup)> {
        match (wanted, self) {
            (ClientName::Any, _) | (_, Named::Unasked | Named::Claimed(_) | Named::Confirmed(_)) => None,
            (ClientName::MustExist, Named::Astray(_)) => None,
            (ClientName::MustExist, Named::Nameless(lookup)) => Some(("your reverse hostname", lookup)),
            (ClientName::MustLeadBack, Named::Astray(lookup) | Named::Nameless(lookup)) => {
                Some(("your hostname", lookup))
            }
        }
    }
}

#[cfg(test)]
#[path = "named_tests.rs"]
mod tests;
