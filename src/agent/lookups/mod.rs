//! Look-ups as a service of the host: whoever on it wants to know something asks here, and is called when the answer is
//! there.
//!
//! What is known is answered at once; for the rest a [`Waiter`] is noted. An answer that may not be remembered is good
//! for the instant in which it comes, so whoever is called finds it.

mod observe;
mod wire;

use std::collections::VecDeque;
use std::sync::Arc;

pub(super) use observe::observe;
pub(super) use wire::{Heard, Wire};

use super::{Context, Input};
use crate::dns::mail::{MailRouter, Route, RouteId, RouterPoll};
use crate::dns::{Lookup, Name, Output, QueryId, RecordType, Resolver};
use crate::identity::Domain;
use crate::queue::DestinationId;
use crate::sim::Instant;
use crate::trace::What;
use observe::record_lookup;

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiter {
    /// Mail for a destination of the queue.
    Destination(DestinationId),
    /// A policy that considers what a client has said, by the place of its session.
    Session(u32),
}

/// The resolver of a host, and what mail makes of its answers.
#[derive(Clone)]
pub struct Lookups {
    resolver: Resolver,
    router: MailRouter,
    wire: Wire,
    routes_awaited: Vec<(RouteId, Waiter)>,
    answers_awaited: Vec<(QueryId, Waiter)>,
    /// What has just come, for those that wait for it.
    fresh_routes: Vec<(Instant, Waiter, Arc<Route>)>,
    fresh_answers: Vec<(Instant, Waiter, Arc<Lookup>)>,
    /// Whose answer is there.
    destinations: VecDeque<DestinationId>,
    sessions: VecDeque<u32>,
    /// How many of those that wait are sessions.
    sessions_awaited: u32,
}

impl Lookups {
    /// Look-ups by this resolver.
    #[must_use]
    pub fn new(resolver: Resolver, router: MailRouter) -> Lookups {
        Lookups {
            resolver,
            router,
            wire: Wire::default(),
            routes_awaited: Vec::new(),
            answers_awaited: Vec::new(),
            fresh_routes: Vec::new(),
            fresh_answers: Vec::new(),
            destinations: VecDeque::new(),
            sessions: VecDeque::new(),
            sessions_awaited: 0,
        }
    }

    /// The host goes down: nothing is under way, nothing is remembered. What remains is how to ask.
    pub fn restart(&mut self) {
        let Lookups { mut resolver, mut router, .. } = self.clone();
        resolver.restart();
        router.restart();
        *self = Lookups::new(resolver, router);
    }

    /// When [`Lookups::handle_timer`] is wanted at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.resolver.poll_timeout()
    }

    /// A time has come.
    pub fn handle_timer(&mut self, ctx: &mut Context<'_>) {
        if self.resolver.poll_timeout().is_some_and(|at| at <= ctx.now) {
            ctx.tracer.because(None);
            self.resolver.handle_timeout(ctx.now);
            self.drain(ctx);
        }
    }

    /// Destinations whose look-up is under way.
    #[must_use]
    pub fn destinations_awaited(&self) -> u32 {
        (self.routes_awaited.len() + self.answers_awaited.len()) as u32 - self.sessions_awaited
    }

    /// A destination whose answer is there. Ask until `None`; whoever is called asks again and finds it.
    pub fn poll_destination(&mut self) -> Option<DestinationId> {
        self.destinations.pop_front()
    }

    /// A session whose answer is there, in the same way.
    pub fn poll_session(&mut self) -> Option<u32> {
        self.sessions.pop_front()
    }

    /// The session is over: it waits for nothing any more.
    pub fn forget_session(&mut self, session: u32) {
        let waiter = Waiter::Session(session);
        let before = self.routes_awaited.len() + self.answers_awaited.len();
        self.routes_awaited.retain(|(_, w)| *w != waiter);
        self.answers_awaited.retain(|(_, w)| *w != waiter);
        self.sessions_awaited -= (before - self.routes_awaited.len() - self.answers_awaited.len()) as u32;
        self.fresh_routes.retain(|(_, w, _)| *w != waiter);
        self.fresh_answers.retain(|(_, w, _)| *w != waiter);
        self.sessions.retain(|s| *s != session);
    }

    fn call(&mut self, waiter: Waiter) {
        match waiter {
            Waiter::Destination(id) if !self.destinations.contains(&id) => self.destinations.push_back(id),
            Waiter::Session(session) => {
                self.sessions_awaited -= 1;
                self.sessions.push_back(session);
            }
            Waiter::Destination(_) => {}
        }
    }

    fn note(&mut self, waiter: Waiter) {
        self.sessions_awaited += u32::from(matches!(waiter, Waiter::Session(_)));
    }

    /// How mail gets to a domain; `None`: the look-up is under way, and the waiter is called.
    pub fn route(&mut self, ctx: &mut Context<'_>, waiter: Waiter, domain: &Domain) -> Option<Arc<Route>> {
        let now = ctx.now;
        self.fresh_routes.retain(|(at, _, _)| *at == now);
        // As in `records`: the place of a session may have been another's.
        let is_it = |(_, w, route): &&(Instant, Waiter, Arc<Route>)| *w == waiter && route.domain == *domain;
        let fresh = self.fresh_routes.iter().find(is_it).map(|(_, _, route)| route.clone());
        if fresh.is_none() && ctx.tracer.is_on() {
            self.record_remembered(ctx, domain);
        }
        if let Some(route) = fresh.or_else(|| self.router.cached(now, domain).cloned()) {
            return Some(route);
        }
        match self.router.lookup(&mut self.resolver, now, domain) {
            RouterPoll::Ready(route) => Some(route),
            RouterPoll::Pending(id) => {
                self.note(waiter);
                self.routes_awaited.push((id, waiter));
                self.drain(ctx);
                None
            }
        }
    }

    /// What records there are; `None`: the look-up is under way, and the waiter is called.
    pub fn records(
        &mut self,
        ctx: &mut Context<'_>,
        waiter: Waiter,
        name: &Domain,
        rtype: RecordType,
    ) -> Option<Arc<Lookup>> {
        let now = ctx.now;
        self.fresh_answers.retain(|(at, _, _)| *at == now);
        // The place of a session may have been another's in the same instant: what was that one's question is not this one's.
        let is_it = |l: &Lookup| l.rtype == rtype && l.name == Name::from(name);
        if let Some((_, _, lookup)) = self.fresh_answers.iter().find(|(_, w, l)| *w == waiter && is_it(l)) {
            return Some(lookup.clone());
        }
        if let Some(lookup) = self.resolver.cached(now, name.as_str(), rtype) {
            record_lookup(ctx, &lookup, true, None);
            return Some(lookup);
        }
        let query = self.resolver.ask(now, &Name::from(name), rtype);
        self.note(waiter);
        self.answers_awaited.push((query, waiter));
        self.drain(ctx);
        None
    }

    /// A datagram for the resolver, or something on one of its connections.
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        match self.wire.handle_input(ctx, input) {
            Some(Heard::Response { from, local_port, transport, bytes }) => {
                self.resolver.handle_response(ctx.now, from, local_port, transport, &bytes);
            }
            Some(Heard::Failed { local_port, why }) => self.resolver.handle_tcp_failed(ctx.now, local_port, why),
            None => {}
        }
        self.drain(ctx);
    }

    /// Empties the resolver, and the router that feeds on it.
    fn drain(&mut self, ctx: &mut Context<'_>) {
        while let Some(output) = self.resolver.poll_output() {
            if let Some(Output::Answer { query, lookup }) = self.wire.send(ctx, output) {
                self.answered(ctx, query, &lookup);
            }
        }
    }

    /// Says in the trace what is known about a domain's mail without asking: the MX records, and the addresses of their
    /// hosts when those are remembered, too.
    fn record_remembered(&self, ctx: &mut Context<'_>, domain: &Domain) {
        let Some(mx) = self.resolver.cached(ctx.now, domain.as_str(), RecordType::Mx) else { return };
        record_lookup(ctx, &mx, true, None);
        let Some(Ok(hosts)) = self.router.cached(ctx.now, domain).map(|route| &route.result) else { return };
        for host in hosts {
            if let Some(address) = self.resolver.cached(ctx.now, host.name.as_str(), RecordType::A) {
                record_lookup(ctx, &address, true, None);
            }
        }
    }

    fn answered(&mut self, ctx: &mut Context<'_>, query: QueryId, lookup: &Arc<Lookup>) {
        record_lookup(ctx, lookup, false, self.wire.asked(ctx, lookup.name.as_str(), lookup.rtype.as_str()));
        if let Some(place) = self.answers_awaited.iter().position(|(q, _)| *q == query) {
            let (_, waiter) = self.answers_awaited.remove(place);
            self.fresh_answers.push((ctx.now, waiter, lookup.clone()));
            self.call(waiter);
            return;
        }
        self.router.handle_answer(&mut self.resolver, ctx.now, query, lookup);
        while let Some(routed) = self.router.poll_output() {
            for note in &routed.route.notes {
                ctx.record(ctx.at(), || What::Policy {
                    policy: "route".into(),
                    decision: routed.route.domain.as_str().into(),
                    detail: note.to_string().into(),
                });
            }
            let (now, id) = (ctx.now, routed.id);
            let (mine, others) = std::mem::take(&mut self.routes_awaited).into_iter().partition(|(w, _)| *w == id);
            self.routes_awaited = others;
            let mine: Vec<(RouteId, Waiter)> = mine;
            for (_, waiter) in mine {
                self.fresh_routes.push((now, waiter, routed.route.clone()));
                self.call(waiter);
            }
        }
    }
}

#[cfg(test)]
mod tests;
