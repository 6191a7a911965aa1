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
use crate::dns::mail::{MailRouter, Route, RouteId, RouterConfig, RouterPoll};
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

/// The resolver of a host, and what mail makes of its answers. A host that has never asked takes little room.
#[derive(Clone)]
pub struct Lookups {
    resolver: Resolver,
    router: Router,
    wire: Wire,
    waits: Option<Box<Waits>>,
}

/// Routes mail, once there is some.
#[derive(Clone)]
enum Router {
    Idle(Box<RouterConfig>),
    Busy(Box<MailRouter>),
}

impl Router {
    fn busy(&mut self) -> &mut MailRouter {
        if let Router::Idle(config) = self {
            *self = Router::Busy(Box::new(MailRouter::new((**config).clone())));
        }
        match self {
            Router::Busy(router) => router,
            Router::Idle(_) => unreachable!("it has just been made"),
        }
    }

    fn cached(&self, now: Instant, domain: &Domain) -> Option<&Arc<Route>> {
        match self {
            Router::Busy(router) => router.cached(now, domain),
            Router::Idle(_) => None,
        }
    }

    fn restart(&mut self) {
        if let Router::Busy(router) = self {
            router.restart();
        }
    }
}

/// Who waits for what, and what has come.
#[derive(Clone, Default)]
struct Waits {
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
    /// Look-ups by this resolver, and routes as the settings have them.
    #[must_use]
    pub fn new(resolver: Resolver, router: RouterConfig) -> Lookups {
        Lookups { resolver, router: Router::Idle(Box::new(router)), wire: Wire::default(), waits: None }
    }

    fn waits(&mut self) -> &mut Waits {
        self.waits.get_or_insert_default()
    }

    /// The host goes down: nothing is under way, nothing is remembered. What remains is how to ask.
    pub fn restart(&mut self) {
        let Lookups { mut resolver, mut router, .. } = self.clone();
        resolver.restart();
        router.restart();
        *self = Lookups { resolver, router, wire: Wire::default(), waits: None };
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
        let count = |w: &Waits| (w.routes_awaited.len() + w.answers_awaited.len()) as u32 - w.sessions_awaited;
        self.waits.as_deref().map_or(0, count)
    }

    /// A destination whose answer is there. Ask until `None`; whoever is called asks again and finds it.
    pub fn poll_destination(&mut self) -> Option<DestinationId> {
        self.waits.as_mut()?.destinations.pop_front()
    }

    /// A session whose answer is there, in the same way.
    pub fn poll_session(&mut self) -> Option<u32> {
        self.waits.as_mut()?.sessions.pop_front()
    }

    /// The session is over: it waits for nothing any more.
    pub fn forget_session(&mut self, session: u32) {
        let Some(waits) = &mut self.waits else { return };
        let waiter = Waiter::Session(session);
        let before = waits.routes_awaited.len() + waits.answers_awaited.len();
        waits.routes_awaited.retain(|(_, w)| *w != waiter);
        waits.answers_awaited.retain(|(_, w)| *w != waiter);
        waits.sessions_awaited -= (before - waits.routes_awaited.len() - waits.answers_awaited.len()) as u32;
        waits.fresh_routes.retain(|(_, w, _)| *w != waiter);
        waits.fresh_answers.retain(|(_, w, _)| *w != waiter);
        waits.sessions.retain(|s| *s != session);
    }

    fn call(&mut self, waiter: Waiter) {
        let waits = self.waits();
        match waiter {
            Waiter::Destination(id) if !waits.destinations.contains(&id) => waits.destinations.push_back(id),
            Waiter::Session(session) => {
                waits.sessions_awaited -= 1;
                waits.sessions.push_back(session);
            }
            Waiter::Destination(_) => {}
        }
    }

    fn note(&mut self, waiter: Waiter) {
        self.waits().sessions_awaited += u32::from(matches!(waiter, Waiter::Session(_)));
    }

    /// How mail gets to a domain; `None`: the look-up is under way, and the waiter is called.
    pub fn route(&mut self, ctx: &mut Context<'_>, waiter: Waiter, domain: &Domain) -> Option<Arc<Route>> {
        let now = ctx.now;
        // As in `records`: the place of a session may have been another's.
        let is_it = |(_, w, route): &&(Instant, Waiter, Arc<Route>)| *w == waiter && route.domain == *domain;
        let fresh = self.waits.as_mut().and_then(|waits| {
            waits.fresh_routes.retain(|(at, _, _)| *at == now);
            waits.fresh_routes.iter().find(is_it).map(|(_, _, route)| route.clone())
        });
        if fresh.is_none() && ctx.tracer.is_on() {
            self.record_remembered(ctx, domain);
        }
        if let Some(route) = fresh.or_else(|| self.router.cached(now, domain).cloned()) {
            return Some(route);
        }
        match self.router.busy().lookup(&mut self.resolver, now, domain) {
            RouterPoll::Ready(route) => Some(route),
            RouterPoll::Pending(id) => {
                self.note(waiter);
                self.waits().routes_awaited.push((id, waiter));
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
        // The place of a session may have been another's in the same instant: what was that one's question is not this one's.
        let is_it = |l: &Lookup| l.rtype == rtype && l.name == Name::from(name);
        if let Some(waits) = &mut self.waits {
            waits.fresh_answers.retain(|(at, _, _)| *at == now);
            if let Some((_, _, lookup)) = waits.fresh_answers.iter().find(|(_, w, l)| *w == waiter && is_it(l)) {
                return Some(lookup.clone());
            }
        }
        if let Some(lookup) = self.resolver.cached(now, name.as_str(), rtype) {
            record_lookup(ctx, &lookup, true, None);
            return Some(lookup);
        }
        let query = self.resolver.ask(now, &Name::from(name), rtype);
        self.note(waiter);
        self.waits().answers_awaited.push((query, waiter));
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
        let waits = self.waits();
        if let Some(place) = waits.answers_awaited.iter().position(|(q, _)| *q == query) {
            let (_, waiter) = waits.answers_awaited.remove(place);
            waits.fresh_answers.push((ctx.now, waiter, lookup.clone()));
            self.call(waiter);
            return;
        }
        self.router.busy().handle_answer(&mut self.resolver, ctx.now, query, lookup);
        while let Some(routed) = self.router.busy().poll_output() {
            for note in &routed.route.notes {
                ctx.record(ctx.at(), || What::Policy {
                    policy: "route".into(),
                    decision: routed.route.domain.as_str().into(),
                    detail: note.to_string().into(),
                });
            }
            let (now, id) = (ctx.now, routed.id);
            let waits = self.waits();
            let (mine, others) = std::mem::take(&mut waits.routes_awaited).into_iter().partition(|(w, _)| *w == id);
            waits.routes_awaited = others;
            let mine: Vec<(RouteId, Waiter)> = mine;
            for (_, waiter) in mine {
                self.waits().fresh_routes.push((now, waiter, routed.route.clone()));
                self.call(waiter);
            }
        }
    }
}

#[cfg(test)]
mod tests;
