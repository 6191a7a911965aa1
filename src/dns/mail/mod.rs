//! What mail asks of the name system: which hosts take mail for a domain (RFC 5321 §5.1, RFC 7505), and where its people
//! hand theirs in (RFC 6186).
//!
//! [`MailRouter`] asks a [`Resolver`](super::Resolver) for the MX records of a domain and then for the addresses of each host, and
//! makes a [`Route`] of them, which it remembers for as long as all of its records may be. It knows the rules of
//! mail; the resolver does not.
//!
//! | what the name system says | what comes of it |
//! | --- | --- |
//! | MX records | their hosts, lowest preference first |
//! | no MX, but an address | the domain itself is the host (implicit MX) |
//! | `MX 0 .` | 556 5.1.10: takes no mail (RFC 7505 §4.2, RFC 7504) |
//! | NXDOMAIN | 5.1.2: no such domain |
//! | neither MX nor address, or MX whose hosts have no addresses | 5.4.4: unable to route |
//! | only this very host, and worse ones | 5.4.6: mail loops back to myself |
//! | SERVFAIL, timeout | 4.4.3: try again later |

mod route;
mod router;
mod submission;

pub use route::{Exchanger, Note, Route, RouteFailure};
pub use router::{AddressFamilies, MailRouter, RouteId, Routed, RouterConfig, RouterPoll};
pub use submission::{IMAP, IMAPS, POP3, POP3S, SUBMISSION, SUBMISSIONS, SubmissionServer, submission_servers};

use std::net::IpAddr;

use crate::identity::Domain;

/// The address of an address literal such as `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3).
#[must_use]
pub fn literal_address(domain: &Domain) -> Option<IpAddr> {
    let inside = domain.as_str().strip_prefix('[')?.strip_suffix(']')?;
    match inside.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => inside[5..].parse().ok().map(IpAddr::V6),
        _ => inside.parse().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests;
