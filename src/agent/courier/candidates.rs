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
            NextHop::Host { name, port } => host(ctx, lookups, waiter, name, *port),
            NextHop::Mailboxes { name, port } => host(ctx, lookups, waiter, name, Some(*port)),
        }
    }
}

fn host(
    ctx: &mut Context<'_>,
    lookups: &mut Lookups,
    waiter: Waiter,
    name: &Domain,
    port: Option<u16>,
) -> Option<Found> {
    let candidate = |address| Candidate { name: name.clone(), address, port };
    if let Some(address) = literal_address(name) {
        return Some(Ok(Candidates::from_iter([candidate(address)])));
    }
    let lookup = lookups.records(ctx, waiter, name, RecordType::A)?;
    Some(match lookup.outcome {
        Outcome::Records if lookup.addresses().next().is_some() => Ok(lookup.addresses().map(candidate).collect()),
        Outcome::Records | Outcome::NoData => Err(RouteFailure::NoAddress(name.clone())),
        Outcome::NxDomain => Err(RouteFailure::NoSuchDomain(name.clone())),
        outcome => Err(RouteFailure::unanswered(name.clone(), outcome)),
    })
}
