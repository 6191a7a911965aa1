//! The authorities of a scenario, and what its hosts are as TLS clients and servers.

use std::sync::Arc;

use crate::agent::courier::Sealing;
use crate::scenario::{Certificate, HostPlan, Plan, Role, Standing, TlsDemand};
use crate::sim::Streams;
use crate::tls::{Authority, Client, Server, Validity, Version};

const DAY: i64 = 86_400;
/// What both ends speak.
const VERSIONS: &[Version] = &[Version::Tls13, Version::Tls12];

/// Whom everybody knows, and somebody whom nobody knows.
pub(super) struct Trust {
    known: Authority,
    unknown: Authority,
    verified: Arc<Sealing>,
    any: Arc<Sealing>,
    start_unix_secs: i64,
}

impl Trust {
    /// None where no host of the plan speaks TLS.
    pub(super) fn new(plan: &Plan, streams: Streams) -> Option<Trust> {
        let speaks = |host: &HostPlan| match &host.role {
            Role::Mta(mta) => mta.certificate.is_some() || mta.sending.tls != TlsDemand::Never,
            Role::User(user) => user.sending.tls != TlsDemand::Never,
            Role::NameServer(_) | Role::Router => false,
        };
        if !plan.hosts.iter().any(speaks) {
            return None;
        }
        let start = plan.start_unix_secs;
        let validity = Validity { from_unix_secs: start - 2 * 365 * DAY, to_unix_secs: start + 8 * 365 * DAY };
        let authority = |name: &str| Authority::new(name, validity, &mut streams.stream(&format!("tls/{name}")));
        let known = authority("Postroad Root");
        let sealing = |strict| Arc::new(Sealing { client: Client::new(&[&known], strict, VERSIONS) });
        let (verified, any) = (sealing(true), sealing(false));
        Some(Trust { known, unknown: authority("Nobody Knows Root"), verified, any, start_unix_secs: start })
    }

    /// How a sender seals its connections.
    pub(super) fn sealing(&self, demand: TlsDemand) -> Option<Arc<Sealing>> {
        match demand {
            TlsDemand::Never => None,
            TlsDemand::IfOffered | TlsDemand::Required => Some(Arc::clone(&self.any)),
            TlsDemand::Verified => Some(Arc::clone(&self.verified)),
        }
    }

    /// What a server of this name shows. It was issued a month before the beginning, for 90 days, as Let's Encrypt does.
    pub(super) fn server(&self, name: &str, certificate: &Certificate, host: &HostPlan, streams: Streams) -> Server {
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
        Server::new(authority, &names, validity, VERSIONS, true, &mut random)
    }
}
