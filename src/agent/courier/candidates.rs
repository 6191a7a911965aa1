//! From a next hop to the hosts to try.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

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
                let ipv6 = self.ipv6.is_some().then_some(&mut self.memory.ipv6);
                host(ctx, lookups, (destination, ipv6), name, *port)
            }
            NextHop::Mailboxes { name, port } => {
                let ipv6 = self.ipv6.is_some().then_some(&mut self.memory.ipv6);
                host(ctx, lookups, (destination, ipv6), name, Some(*port))
            }
        }
    }
}

/// The addresses of one host. Who has an IPv6 address asks for those first, keeps them in `ipv6` until it knows the others, and dials
/// them first (RFC 6724 §10.3).
fn host(
    ctx: &mut Context<'_>,
    lookups: &mut Lookups,
    (destination, ipv6): (DestinationId, Option<&mut BTreeMap<DestinationId, Vec<IpAddr>>>),
    name: &Domain,
    port: Option<u16>,
) -> Option<Found> {
    let waiter = Waiter::Destination(destination);
    let candidate = |address| Candidate { name: name.clone(), address, port };
    if let Some(address) = literal_address(name) {
        return Some(Ok(Candidates::from_iter([candidate(address)])));
    }
    let mut first = Vec::new();
    let lookup = match ipv6 {
        None => lookups.records(ctx, waiter, name, RecordType::A)?,
        Some(known) => {
            if let Entry::Vacant(place) = known.entry(destination) {
                place.insert(lookups.records(ctx, waiter, name, RecordType::Aaaa)?.addresses().collect());
            }
            let lookup = lookups.records(ctx, waiter, name, RecordType::A)?;
            first = known.remove(&destination).unwrap_or_default();
            lookup
        }
    };
    let all: Candidates = first.into_iter().chain(lookup.addresses()).map(candidate).collect();
    Some(match lookup.outcome {
        _ if !all.is_empty() => Ok(all),
        Outcome::Records | Outcome::NoData => Err(RouteFailure::NoAddress(name.clone())),
        Outcome::NxDomain => Err(RouteFailure::NoSuchDomain(name.clone())),
        outcome => Err(RouteFailure::unanswered(name.clone(), outcome)),
    })
}
