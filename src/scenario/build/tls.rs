//! The authorities of a scenario, and what its hosts are as TLS clients and servers.

use std::sync::Arc;

use crate::agent::courier::Sealing;
use crate::scenario::{Certificate, HostPlan, Plan, Role, Sending, Standing, TlsDemand, TlsVersions};
use crate::sim::Streams;
use crate::tls::{Authority, Client, Server, Validity, Version};

const DAY: i64 = 86_400;

/// What a host speaks.
fn spoken(versions: TlsVersions) -> &'static [Version] {
    match versions {
        TlsVersions::Both => &[Version::Tls13, Version::Tls12],
        TlsVersions::Only12 => &[Version::Tls12],
        TlsVersions::Only13 => &[Version::Tls13],
    }
}

/// Whom everybody knows, and somebody whom nobody knows.
pub(super) struct Trust {
    known: Authority,
    unknown: Authority,
    /// What clients are like, by whether they verify and by what they speak.
    clients: Vec<(bool, TlsVersions, Arc<Sealing>)>,
    start_unix_secs: i64,
}

impl Trust {
    /// None where no host of the plan speaks TLS.
    pub(super) fn new(plan: &Plan, streams: Streams) -> Option<Trust> {
        let speaks = |host: &HostPlan| match &host.role {
            Role::Mta(mta) => mta.certificate.is_some() || mta.sending.tls != TlsDemand::Never,
            Role::User(user) => {
                let demands = user.reading.accounts.iter().map(|account| account.tls);
                demands.chain([user.sending.tls]).any(|tls| tls != TlsDemand::Never)
            }
            Role::NameServer(_) | Role::Router => false,
        };
        if !plan.hosts.iter().any(speaks) {
            return None;
        }
        let start = plan.start_unix_secs;
        let validity = Validity { from_unix_secs: start - 2 * 365 * DAY, to_unix_secs: start + 8 * 365 * DAY };
        let authority = |name: &str| Authority::new(name, validity, &mut streams.stream(&format!("tls/{name}")));
        let known = authority("Postroad Root");
        let mut clients = Vec::new();
        for versions in [TlsVersions::Both, TlsVersions::Only12, TlsVersions::Only13] {
            for strict in [false, true] {
                let client = Client::new(&[&known], strict, spoken(versions));
                clients.push((strict, versions, Arc::new(Sealing { client })));
            }
        }
        Some(Trust { known, unknown: authority("Nobody Knows Root"), clients, start_unix_secs: start })
    }

    /// How a sender seals its connections.
    pub(super) fn sealing(&self, sending: &Sending) -> Option<Arc<Sealing>> {
        let strict = match sending.tls {
            TlsDemand::Never => return None,
            TlsDemand::IfOffered | TlsDemand::Required => false,
            TlsDemand::Verified => true,
        };
        let is_it = |(is_strict, versions, _): &&(bool, TlsVersions, _)| {
            (*is_strict, *versions) == (strict, sending.tls_versions)
        };
        self.clients.iter().find(is_it).map(|(_, _, sealing)| Arc::clone(sealing))
    }

    /// What a server of this name shows. It was issued a month before the beginning, for 90 days, as Let's Encrypt does.
    pub(super) fn server(
        &self,
        name: &str,
        (certificate, versions): (&Certificate, TlsVersions),
        host: &HostPlan,
        streams: Streams,
    ) -> Server {
        let (from, to) = match certificate.standing {
            Standing::Expired => (-93, -3),
            Standing::NotYetValid => (1, 91),
            Standing::Good | Standing::SelfSigned | Standing::Untrusted => (-30, 60),
        };
        let validity = Validity {
            from_unix_secs: self.start_unix_secs + from * DAY,
            to_unix_secs: self.start_unix_secs + to * DAY,
        };
        let authority = match certificate.standing {
            Standing::SelfSigned => None,
            Standing::Untrusted => Some(&self.unknown),
            Standing::Good | Standing::Expired | Standing::NotYetValid => Some(&self.known),
        };
        let mut names: Vec<&str> = certificate.names.iter().map(|name| name.as_str()).collect();
        if names.is_empty() {
            names.push(name);
        }
        let mut random = streams.stream(&format!("host:{}/tls", host.name));
        Server::new(authority, &names, validity, spoken(versions), true, &mut random)
    }
}
