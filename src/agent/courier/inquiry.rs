//! What is asked about one next hop: the servers of a domain's people, and the addresses of hosts.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::attempt::{Candidate, Candidates};
use crate::agent::Context;
use crate::agent::lookups::{Lookups, Waiter};
use crate::dns::mail::{RouteFailure, SUBMISSION, SUBMISSIONS, SubmissionServer, literal_address, submission_servers};
use crate::dns::{Lookup, Name, Outcome, RecordType};
use crate::identity::Domain;
use crate::queue::DestinationId;
use crate::sim::Stream;
use crate::trace::What;

/// Hosts to try, or why there are none.
pub(super) type Found = Result<Candidates, RouteFailure>;

/// What has been found out about a destination. An answer may hold for one instant only, and there is more to ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Asking {
    answers: SmallVec<[Arc<Lookup>; 1]>,
    /// The servers for submission, once their order is decided.
    servers: Option<Vec<SubmissionServer>>,
}

impl Asking {
    /// Whether nothing would be lost with it.
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.servers.is_none()
    }
}

/// Questions about one destination.
pub(super) struct Inquiry<'a, 'c> {
    pub(super) ctx: &'a mut Context<'c>,
    pub(super) lookups: &'a mut Lookups,
    pub(super) destination: DestinationId,
    pub(super) known: Asking,
    /// Whether this host has an IPv6 address: then it asks for those of others, and dials them first (RFC 6724 §10.3).
    pub(super) ipv6: bool,
}

impl Inquiry<'_, '_> {
    /// An answer, where there is one by now. What is kept is found again when more of the destination has been asked.
    fn ask(&mut self, name: &Domain, rtype: RecordType, keep: bool) -> Option<Arc<Lookup>> {
        let is_it = |lookup: &&Arc<Lookup>| lookup.rtype == rtype && lookup.name == Name::from(name);
        if let Some(lookup) = self.known.answers.iter().find(is_it) {
            return Some(lookup.clone());
        }
        let lookup = self.lookups.records(self.ctx, Waiter::Destination(self.destination), name, rtype)?;
        if keep {
            self.known.answers.push(lookup.clone());
        }
        Some(lookup)
    }

    /// The addresses of one host, in the order in which they are to be dialled, and the last look-up. They are asked for again where
    /// `keep` says that more is asked behind them.
    fn addresses(&mut self, name: &Domain, keep: bool) -> Option<(SmallVec<[IpAddr; 2]>, Outcome)> {
        let mut addresses = SmallVec::new();
        if self.ipv6 {
            addresses.extend(self.ask(name, RecordType::Aaaa, true)?.addresses());
        }
        let lookup = self.ask(name, RecordType::A, keep)?;
        addresses.extend(lookup.addresses());
        Some((addresses, lookup.outcome))
    }

    /// One host, whatever its name is in the DNS.
    pub(super) fn host(&mut self, name: &Domain, port: Option<u16>, implicit_tls: bool) -> Option<Found> {
        let candidate = |address| Candidate { name: name.clone(), address, port, implicit_tls };
        if let Some(address) = literal_address(name) {
            return Some(Ok(Candidates::from_iter([candidate(address)])));
        }
        let (addresses, outcome) = self.addresses(name, false)?;
        let all: Candidates = addresses.into_iter().map(candidate).collect();
        Some(match outcome {
            _ if !all.is_empty() => Ok(all),
            Outcome::Records | Outcome::NoData => Err(RouteFailure::NoAddress(name.clone())),
            Outcome::NxDomain => Err(RouteFailure::NoSuchDomain(name.clone())),
            outcome => Err(RouteFailure::unanswered(name.clone(), outcome)),
        })
    }

    /// The servers that a domain names for its people's mail (RFC 6186 §3.1, RFC 8314 §5.1).
    pub(super) fn submission(&mut self, domain: &Domain, speaks_tls: bool, luck: &mut Stream) -> Option<Found> {
        if self.known.servers.is_none() {
            match self.servers(domain, speaks_tls, luck)? {
                Ok(servers) => self.known.servers = Some(servers),
                Err(failure) => return Some(Err(failure)),
            }
        }
        let servers = self.known.servers.take().unwrap_or_default();
        let found = self.of_servers(domain, &servers);
        self.known.servers = Some(servers);
        found
    }

    fn of_servers(&mut self, domain: &Domain, servers: &[SubmissionServer]) -> Option<Found> {
        let mut all = Candidates::new();
        let mut unanswered = None;
        for server in servers {
            let (addresses, outcome) = self.addresses(&server.name, true)?;
            if outcome.is_temporary() && addresses.is_empty() {
                unanswered = Some(outcome);
            }
            all.extend(addresses.into_iter().map(|address| Candidate {
                name: server.name.clone(),
                address,
                port: Some(server.port),
                implicit_tls: server.implicit_tls,
            }));
        }
        Some(match unanswered {
            _ if !all.is_empty() => Ok(all),
            Some(outcome) => Err(RouteFailure::unanswered(domain.clone(), outcome)),
            None => Err(RouteFailure::NoUsableSubmission(domain.clone())),
        })
    }

    /// Who the servers are. Where one of the two questions has no answer, the other does not count, either: who keeps answers away
    /// must not be able to say how mail is sealed.
    fn servers(
        &mut self,
        domain: &Domain,
        speaks_tls: bool,
        luck: &mut Stream,
    ) -> Option<Result<Vec<SubmissionServer>, RouteFailure>> {
        let name = |service: &str| format!("{service}.{domain}").parse::<Domain>();
        // RFC 1035 §2.3.4: behind a domain that is as long as can be no such name has room.
        let (Ok(submissions), Ok(submission)) = (name(SUBMISSIONS), name(SUBMISSION)) else {
            return Some(Err(RouteFailure::NoSubmission(domain.clone())));
        };
        let implicit = if speaks_tls { Some(self.ask(&submissions, RecordType::Srv, true)?) } else { None };
        let start_tls = self.ask(&submission, RecordType::Srv, true)?;
        let mut outcomes = implicit.iter().chain([&start_tls]).map(|lookup| lookup.outcome);
        if let Some(outcome) = outcomes.find(|outcome| outcome.is_temporary()) {
            return Some(Err(RouteFailure::unanswered(domain.clone(), outcome)));
        }
        let servers = submission_servers(implicit.as_deref(), Some(&start_tls), luck);
        for server in &servers {
            self.ctx.record(self.ctx.at(), || What::Policy {
                policy: "route".into(),
                decision: domain.as_str().into(),
                detail: told(server).into(),
            });
        }
        Some(if servers.is_empty() { Err(RouteFailure::NoSubmission(domain.clone())) } else { Ok(servers) })
    }
}

/// A server as the trace tells it.
fn told(server: &SubmissionServer) -> String {
    let how = if server.implicit_tls { "TLS" } else { "STARTTLS" };
    format!("submission at {}:{}, {how}, priority {}", server.name, server.port, server.priority)
}
