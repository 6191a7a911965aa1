//! From a next hop to the hosts to try.

use super::Courier;
use super::attempt::{Candidate, Candidates};
use crate::agent::Context;
use crate::agent::lookups::{Lookups, Waiter};
use crate::dns::mail::{RouteFailure, literal_address};
use crate::dns::{Outcome, RecordType};
use crate::identity::Domain;
use crate::queue::{DestinationId, NextHop};

type Found = Result<Candidates, RouteFailure>;

impl Courier {
    /// The hosts that take mail for a destination, in the order in which they are to be tried; `None` while the look-up
    /// is under way.
    pub(super) fn candidates(
        &mut self,
        ctx: &mut Context<'_>,
        lookups: &mut Lookups,
        destination: DestinationId,
    ) -> Option<Found> {
        let waiter = Waiter::Destination(destination);
        match self.queue.next_hop(destination) {
            NextHop::Domain(domain) => {
                let route = lookups.route(ctx, waiter, domain)?;
                if let Err(failure) = &route.result {
                    return Some(Err(failure.clone()));
                }
                let mut candidates = Candidates::new();
                for exchanger in route.order(&mut self.luck) {
                    for address in &exchanger.addresses {
                        candidates.push(Candidate { name: exchanger.name.clone(), address: *address, port: None });
                    }
                }
                Some(Ok(candidates))
            }
            NextHop::Host { name, port } => {
                let (name, port) = (name.clone(), *port);
                self.host(ctx, lookups, destination, &name, port)
            }
            NextHop::Mailboxes { name, port } => {
                let (name, port) = (name.clone(), Some(*port));
                self.host(ctx, lookups, destination, &name, port)
            }
        }
    }

    /// The addresses of one host. Who has an IPv6 address asks for those first, and dials them first (RFC 6724 §10.3).
    fn host(
        &mut self,
        ctx: &mut Context<'_>,
        lookups: &mut Lookups,
        destination: DestinationId,
        name: &Domain,
        port: Option<u16>,
    ) -> Option<Found> {
        let waiter = Waiter::Destination(destination);
        let candidate = |address| Candidate { name: name.clone(), address, port };
        if let Some(address) = literal_address(name) {
            return Some(Ok(Candidates::from_iter([candidate(address)])));
        }
        if self.ipv6.is_some() && !self.memory.ipv6.contains_key(&destination) {
            let lookup = lookups.records(ctx, waiter, name, RecordType::Aaaa)?;
            self.memory.ipv6.insert(destination, lookup.addresses().collect());
        }
        let lookup = lookups.records(ctx, waiter, name, RecordType::A)?;
        let found = self.memory.ipv6.remove(&destination).unwrap_or_default();
        let all: Candidates = found.into_iter().chain(lookup.addresses()).map(candidate).collect();
        Some(match lookup.outcome {
            _ if !all.is_empty() => Ok(all),
            Outcome::Records | Outcome::NoData => Err(RouteFailure::NoAddress(name.clone())),
            Outcome::NxDomain => Err(RouteFailure::NoSuchDomain(name.clone())),
            outcome => Err(RouteFailure::unanswered(name.clone(), outcome)),
        })
    }
}
