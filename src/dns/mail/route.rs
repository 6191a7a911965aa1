//! [`Route`]: the hosts that take mail for a domain, or why there are none.

use std::fmt;
use std::net::IpAddr;

use smallvec::SmallVec;

use crate::dns::{Name, Outcome};
use crate::identity::Domain;
use crate::sim::{Instant, Stream};

/// One host that takes mail for a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanger {
    /// The preference: the lower number wins. Zero for an implicit MX and for an address literal.
    pub preference: u16,
    /// Its name as the MX record gives it, or the literal.
    pub name: Domain,
    /// Its addresses in the order in which they should be tried; at least one.
    pub addresses: Vec<IpAddr>,
}

/// Something worth telling about how a route came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// There is no MX record; the domain's own address is used (RFC 5321 §5.1).
    ImplicitMx,
    /// An MX record names an alias, which RFC 2181 §10.3 forbids; it is followed, as mail servers do.
    ExchangeIsAlias {
        /// The name in the MX record.
        exchange: Name,
        /// What it is an alias of.
        canonical: Name,
    },
    /// An exchange was left out, because its addresses could not be found.
    ExchangeSkipped {
        /// The name in the MX record.
        exchange: Name,
        /// What the look-up of its addresses came to.
        outcome: Outcome,
    },
    /// A null MX beside others, which RFC 7505 §3 forbids; it is left out.
    NullMxIgnored,
    /// This host is itself an exchange: it and all that are no better are left out (RFC 5321 §5.1).
    SelfFound {
        /// The preference from which on all were left out.
        preference: u16,
    },
    /// There were more MX records than are looked at.
    TooManyExchanges,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::ImplicitMx => f.write_str("no MX record: the domain's own address is used"),
            Note::ExchangeIsAlias { exchange, canonical } => {
                write!(f, "the MX names {exchange}, an alias of {canonical}, which RFC 2181 §10.3 forbids")
            }
            Note::ExchangeSkipped { exchange, outcome } => write!(f, "{exchange} left out: {}", outcome.as_str()),
            Note::NullMxIgnored => f.write_str("a null MX beside others is ignored"),
            Note::SelfFound { preference } => {
                write!(f, "this host is an MX itself: only those better than {preference} are tried")
            }
            Note::TooManyExchanges => f.write_str("more MX records than are looked at"),
        }
    }
}

/// Why there is no host for a domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteFailure {
    /// NXDOMAIN.
    #[error("domain {0} not found")]
    NoSuchDomain(Domain),
    /// RFC 7505: the domain says that it takes no mail.
    #[error("domain {0} does not accept mail (null MX)")]
    NullMx(Domain),
    /// Neither MX nor address.
    #[error("no mail exchanger and no address for {0}")]
    NoAddress(Domain),
    /// MX records, but none of their hosts has an address.
    #[error("none of the mail exchangers of {0} has an address")]
    NoUsableExchanger(Domain),
    /// RFC 6186: no SRV record names a server for its people's mail, or one says that there is none.
    #[error("{0} names no server for submission in the DNS")]
    NoSubmission(Domain),
    /// None of the servers that its SRV records name has an address.
    #[error("none of the servers for submission of {0} has an address")]
    NoUsableSubmission(Domain),
    /// RFC 5321 §5.1: this host would hand the mail to itself.
    #[error("mail for {0} loops back to myself")]
    LoopsBack(Domain),
    /// The name servers did not say.
    #[error("name server error for {domain}: {}", outcome.as_str())]
    NameServer {
        /// The domain.
        domain: Domain,
        /// [`Outcome::ServFail`] or [`Outcome::Timeout`].
        outcome: Outcome,
    },
    /// The name servers could not be asked.
    #[error("{0} could not be looked up: this host has no port free to ask from")]
    NotAsked(Domain),
}

impl RouteFailure {
    /// The failure of a look-up that may come out better another time.
    #[must_use]
    pub fn unanswered(domain: Domain, outcome: Outcome) -> RouteFailure {
        match outcome {
            Outcome::Busy => RouteFailure::NotAsked(domain),
            outcome => RouteFailure::NameServer { domain, outcome },
        }
    }

    /// Whether trying again later is of no use.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        !matches!(self, RouteFailure::NameServer { .. } | RouteFailure::NotAsked(_))
    }

    /// The enhanced status code (RFC 3463, RFC 7505 §5), as Postfix gives it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            // X.1.2: bad destination system address.
            RouteFailure::NoSuchDomain(_) => "5.1.2",
            RouteFailure::NullMx(_) => "5.1.10",
            // X.4.4: unable to route. Postfix says so for "Host found but no data record of requested type".
            RouteFailure::NoAddress(_)
            | RouteFailure::NoUsableExchanger(_)
            | RouteFailure::NoSubmission(_)
            | RouteFailure::NoUsableSubmission(_) => "5.4.4",
            // X.4.6: routing loop detected.
            RouteFailure::LoopsBack(_) => "5.4.6",
            // X.4.3: directory server failure.
            RouteFailure::NameServer { .. } => "4.4.3",
            // X.4.5: mail system congestion.
            RouteFailure::NotAsked(_) => "4.4.5",
        }
    }
}

/// Where mail for a domain goes. Shared by all mail for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The domain.
    pub domain: Domain,
    /// The hosts, lowest preference first and at least one; or why there is none.
    pub result: Result<Vec<Exchanger>, RouteFailure>,
    /// How it came to be.
    pub notes: Vec<Note>,
    /// From when on it must be asked anew.
    pub expires: Instant,
}

impl Route {
    /// The hosts in the order in which to try them this time; none for a failure.
    ///
    /// RFC 5321 §5.1: those of equal preference are put into random order, to spread the load, anew for each use.
    /// The stream is drawn from only where there is something to choose.
    pub fn order(&self, stream: &mut Stream) -> SmallVec<[&Exchanger; 8]> {
        let mut order: SmallVec<[&Exchanger; 8]> = self.result.iter().flatten().collect();
        order.chunk_by_mut(|a, b| a.preference == b.preference).for_each(|equals| stream.shuffle(equals));
        order
    }
}

/// The hosts, or the failure, in one line for a trace.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Err(failure) => write!(f, "{} {failure}", failure.status()),
            Ok(exchangers) => {
                for (i, exchanger) in exchangers.iter().enumerate() {
                    write!(f, "{}{} {}", if i == 0 { "" } else { ", " }, exchanger.preference, exchanger.name)?;
                }
                Ok(())
            }
        }
    }
}
