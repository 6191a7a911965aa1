//! Where mail goes next.

use std::fmt;

use crate::identity::Domain;

/// Names a destination of a queue, which is a [`NextHop`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationId(pub u32);

/// Where mail goes next: to the exchangers of a domain, to its servers for submission, or to one host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NextHop {
    /// The mail exchangers that the DNS has for a domain (RFC 5321 §5.1). An address literal is its own exchanger.
    Domain(Domain),
    /// One host, whatever the DNS says about the exchangers of its name: a smarthost, a submission server.
    Host {
        /// Its name or address literal.
        name: Domain,
        /// Its port, where it is not the usual one.
        port: Option<u16>,
        /// Whether TLS begins with the first byte there (RFC 8314 §3).
        implicit_tls: bool,
    },
    /// The servers that a domain names for its people's mail (RFC 6186).
    Submission(Domain),
    /// A server with the mailboxes, by LMTP (RFC 2033).
    Mailboxes {
        /// Its name or address literal.
        name: Domain,
        /// Its port.
        port: u16,
    },
}

/// As Postfix writes it: a bare domain, or a host in brackets with its port behind.
impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NextHop::Domain(domain) => write!(f, "{domain}"),
            NextHop::Submission(domain) => write!(f, "submission:{domain}"),
            NextHop::Mailboxes { name, port } if name.is_literal() => write!(f, "lmtp:{name}:{port}"),
            NextHop::Mailboxes { name, port } => write!(f, "lmtp:[{name}]:{port}"),
            NextHop::Host { name, port, .. } => {
                if name.is_literal() {
                    write!(f, "{name}")?;
                } else {
                    write!(f, "[{name}]")?;
                }
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_hops_are_written_as_postfix_does() {
        let host = |name: &str, port| NextHop::Host { name: name.parse().unwrap(), port, implicit_tls: false };
        assert_eq!(NextHop::Domain("blue.example".parse().unwrap()).to_string(), "blue.example");
        assert_eq!(host("mail.green.example", Some(587)).to_string(), "[mail.green.example]:587");
        let store = NextHop::Mailboxes { name: "store.blue.example".parse().unwrap(), port: 24 };
        assert_eq!(store.to_string(), "lmtp:[store.blue.example]:24");
        assert_eq!(NextHop::Submission("green.example".parse().unwrap()).to_string(), "submission:green.example");
        assert_eq!(host("[192.0.2.7]", None).to_string(), "[192.0.2.7]");
    }
}
