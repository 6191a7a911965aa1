//! From a next hop to the hosts to try.

use super::Courier;
use super::attempt::{Candidate, Candidates};
use super::inquiry::{Found, Inquiry};
use crate::agent::Context;
use crate::agent::lookups::{Lookups, Waiter};
use crate::queue::{DestinationId, NextHop};

impl Courier {
    /// The hosts that take mail for a destination, in the order in which they are to be tried; `None` while the look-up
    /// is under way.
    pub(super) fn candidates(
        &mut self,
        ctx: &mut Context<'_>,
        lookups: &mut Lookups,
        destination: DestinationId,
    ) -> Option<Found> {
        if let NextHop::Domain(domain) = self.queue.next_hop(destination) {
            let route = lookups.route(ctx, Waiter::Destination(destination), domain)?;
            if let Err(failure) = &route.result {
                return Some(Err(failure.clone()));
            }
            let mut candidates = Candidates::new();
            for exchanger in route.order(&mut self.luck) {
                for address in &exchanger.addresses {
                    candidates.push(Candidate {
                        name: exchanger.name.clone(),
                        address: *address,
                        port: None,
                        implicit_tls: false,
                    });
                }
            }
            return Some(Ok(candidates));
        }
        let known = self.memory.asking.remove(&destination).unwrap_or_default();
        let mut inquiry = Inquiry { ctx, lookups, destination, known, ipv6: self.ipv6.is_some() };
        let found = match self.queue.next_hop(destination) {
            NextHop::Host { name, port, implicit_tls } => inquiry.host(name, *port, *implicit_tls),
            NextHop::Mailboxes { name, port } => inquiry.host(name, Some(*port), false),
            NextHop::Domain(domain) | NextHop::Submission(domain) => {
                inquiry.submission(domain, self.tls.is_some(), &mut self.luck)
            }
        };
        let known = inquiry.known;
        if found.is_none() && !known.is_empty() {
            self.memory.asking.insert(destination, known);
        }
        found
    }
}
