//! Where the server of a mailbox is.

use std::net::IpAddr;
use std::sync::Arc;

use super::config::{Account, From, Seals};
use crate::agent::Context;
use crate::agent::lookups::{Lookups, Waiter};
use crate::dns::mail::{literal_address, submission_servers};
use crate::dns::{Lookup, Name, Outcome, RecordType};
use crate::identity::Domain;
use crate::sim::Stream;
use crate::trace::What;

/// A server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) name: Domain,
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) implicit_tls: bool,
}

/// The name of a server, its port, and whether TLS begins with the first byte.
type Server = (Domain, u16, bool);

/// What has been asked so far about one mailbox. An answer may hold for one instant only, and there is more to ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    answers: Vec<Arc<Lookup>>,
    servers: Option<Vec<Server>>,
}

/// Questions for one account.
pub(super) struct Search<'a, 'c> {
    pub(super) ctx: &'a mut Context<'c>,
    pub(super) lookups: &'a mut Lookups,
    /// Which account.
    pub(super) place: u32,
    pub(super) asked: &'a mut Asked,
    /// Whether this host has an IPv6 address: then it asks for those of others, and dials them first (RFC 6724 §10.3).
    pub(super) ipv6: bool,
}

impl Search<'_, '_> {
    /// The servers to try in this order, or why there are none; `None`: something is being asked.
    pub(super) fn run(&mut self, account: &Account, luck: &mut Stream) -> Option<Result<Vec<Candidate>, String>> {
        if self.asked.servers.is_none() {
            match self.servers(account, luck)? {
                Ok(servers) => self.asked.servers = Some(servers),
                Err(why) => return Some(Err(why)),
            }
        }
        let servers = self.asked.servers.clone().unwrap_or_default();
        let (mut all, mut failed) = (Vec::new(), None);
        for (name, port, implicit_tls) in servers {
            let candidate = |address| Candidate { name: name.clone(), address, port, implicit_tls };
            if let Some(address) = literal_address(&name) {
                all.push(candidate(address));
                continue;
            }
            let mut addresses = Vec::new();
            if self.ipv6 {
                addresses.extend(self.ask(&name, RecordType::Aaaa)?.addresses());
            }
            let lookup = self.ask(&name, RecordType::A)?;
            addresses.extend(lookup.addresses());
            if addresses.is_empty() {
                failed = Some(format!("{name}: {}", why(lookup.outcome)));
            }
            all.extend(addresses.into_iter().map(candidate));
        }
        Some(match failed {
            Some(why) if all.is_empty() => Err(why),
            _ => Ok(all),
        })
    }

    fn servers(&mut self, account: &Account, luck: &mut Stream) -> Option<Result<Vec<Server>, String>> {
        let domain = match &account.from {
            From::Host { name, port, implicit_tls } => return Some(Ok(vec![(name.clone(), *port, *implicit_tls)])),
            From::Domain(domain) => domain,
        };
        let [sealed, open] = account.protocol.services();
        let name = |service: &str| format!("{service}.{domain}").parse::<Domain>();
        let (Ok(sealed), Ok(open)) = (name(sealed), name(open)) else {
            return Some(Err(format!("{domain} is too long to name a server")));
        };
        let implicit = if account.seals == Seals::Never { None } else { Some(self.ask(&sealed, RecordType::Srv)?) };
        let start_tls = self.ask(&open, RecordType::Srv)?;
        if let Some(lookup) = implicit.iter().chain([&start_tls]).find(|lookup| lookup.outcome.is_temporary()) {
            return Some(Err(format!("{domain}: {}", why(lookup.outcome))));
        }
        let servers = submission_servers(implicit.as_deref(), Some(&start_tls), luck);
        for server in &servers {
            let how = if server.implicit_tls { "TLS" } else { "STARTTLS" };
            let protocol = account.protocol.name();
            self.ctx.record(self.ctx.at(), || What::Policy {
                policy: "route".into(),
                decision: domain.as_str().into(),
                detail: format!("{protocol} at {}:{}, {how}, priority {}", server.name, server.port, server.priority)
                    .into(),
            });
        }
        let servers: Vec<_> = servers.into_iter().map(|s| (s.name, s.port, s.implicit_tls)).collect();
        Some(match servers.is_empty() {
            true => Err(format!("{domain} names no server for {} (RFC 6186)", account.protocol.name())),
            false => Ok(servers),
        })
    }

    /// An answer, where there is one by now.
    fn ask(&mut self, name: &Domain, rtype: RecordType) -> Option<Arc<Lookup>> {
        let is_it = |lookup: &&Arc<Lookup>| lookup.rtype == rtype && lookup.name == Name::from(name);
        if let Some(lookup) = self.asked.answers.iter().find(is_it) {
            return Some(lookup.clone());
        }
        let lookup = self.lookups.records(self.ctx, Waiter::Session(self.place), name, rtype)?;
        self.asked.answers.push(lookup.clone());
        Some(lookup)
    }
}

fn why(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NxDomain => "there is no such name",
        Outcome::Records | Outcome::NoData => "it has no address",
        outcome if outcome.is_temporary() => "the name server does not answer",
        _ => "it cannot be looked up",
    }
}
