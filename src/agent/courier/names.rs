//! Look-ups for the courier: from the name of a destination to hosts that can be dialled.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use slab::Slab;

use super::state::{Candidate, Candidates};
use crate::agent::{Action, Context, Input, SocketId, Trouble};
use crate::dns::mail::{MailRouter, Route, RouteFailure, RouteId, RouterPoll, literal_address};
use crate::dns::{self, Deframer, Lookup, Name, Outcome, QueryId, RecordType, Resolver, TcpFailure};
use crate::identity::Domain;
use crate::octets::Chunk;
use crate::queue::DestinationId;
use crate::sim::{Instant, Stream};
use crate::trace::{Direction, HostId, Transport, What};

/// Tokens of connections that belong to the resolver carry this bit, those of the server half
/// [`mta`](crate::agent::mta)'s own.
pub(super) const RESOLVER_TOKEN: u32 = 1 << 30;

/// What the name of a destination means.
#[derive(Clone, Debug)]
enum Target {
    /// The mail exchangers of a domain.
    Domain(Domain),
    /// One host, dialled as it is.
    Host { name: Domain, port: Option<u16> },
    /// The name is no name.
    Nonsense(Domain),
}

type Found = Result<Candidates, RouteFailure>;

/// The resolver of a host and what mail makes of it.
#[derive(Clone)]
pub struct Names {
    resolver: Resolver,
    router: MailRouter,
    targets: Vec<Option<Target>>,
    routes_awaited: Vec<(RouteId, DestinationId)>,
    hosts_awaited: Vec<(QueryId, DestinationId)>,
    /// What has just been found, for the destinations that wait for it. Good for this instant only, so that an answer
    /// that may not be remembered is used once and not asked for again at once.
    fresh: Vec<(Instant, DestinationId, Arc<Route>)>,
    fresh_hosts: Vec<(Instant, DestinationId, Arc<Lookup>)>,
    resolved: VecDeque<DestinationId>,
    exchanges: Slab<Exchange>,
}

/// A question over TCP.
#[derive(Clone)]
struct Exchange {
    socket: Option<SocketId>,
    to: SocketAddr,
    local_port: u16,
    question: Chunk,
    answer: Deframer,
}

impl Names {
    /// Look-ups by this resolver.
    #[must_use]
    pub fn new(resolver: Resolver, router: MailRouter) -> Names {
        Names {
            resolver,
            router,
            targets: Vec::new(),
            routes_awaited: Vec::new(),
            hosts_awaited: Vec::new(),
            fresh: Vec::new(),
            fresh_hosts: Vec::new(),
            resolved: VecDeque::new(),
            exchanges: Slab::new(),
        }
    }

    /// The host went down: nothing is under way, nothing is remembered.
    pub(super) fn crash(&mut self) {
        self.routes_awaited.clear();
        self.hosts_awaited.clear();
        self.fresh.clear();
        self.fresh_hosts.clear();
        self.resolved.clear();
        self.exchanges.clear();
        self.resolver.restart();
        self.router.restart();
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.resolver.poll_timeout()
    }

    pub(super) fn handle_timer(&mut self, ctx: &mut Context<'_>) {
        if self.resolver.poll_timeout().is_some_and(|at| at <= ctx.now) {
            self.resolver.handle_timeout(ctx.now);
            self.drain(ctx);
        }
    }

    /// Look-ups of destinations that are under way.
    pub(super) fn awaited(&self) -> u32 {
        (self.routes_awaited.len() + self.hosts_awaited.len()) as u32
    }

    /// A destination whose look-up has come back.
    pub(super) fn poll_resolved(&mut self) -> Option<DestinationId> {
        self.resolved.pop_front()
    }

    /// Where a destination can be reached; `None` while the look-up is under way.
    pub(super) fn route(
        &mut self,
        ctx: &mut Context<'_>,
        destination: DestinationId,
        name: &str,
        luck: &mut Stream,
    ) -> Option<Found> {
        let place = destination.0 as usize;
        if self.targets.len() <= place {
            self.targets.resize(place + 1, None);
        }
        let target = self.targets[place].get_or_insert_with(|| parse_target(name)).clone();
        match target {
            Target::Nonsense(domain) => Some(Err(RouteFailure::NoSuchDomain(domain))),
            Target::Domain(domain) => self.route_domain(ctx, destination, &domain, luck),
            Target::Host { name, port } => self.route_host(ctx, destination, &name, port),
        }
    }

    fn route_domain(
        &mut self,
        ctx: &mut Context<'_>,
        destination: DestinationId,
        domain: &Domain,
        luck: &mut Stream,
    ) -> Option<Found> {
        let now = ctx.now;
        self.fresh.retain(|(at, _, _)| *at == now);
        let fresh = self.fresh.iter().find(|(_, d, _)| *d == destination).map(|(_, _, route)| route.clone());
        if fresh.is_none() && ctx.tracer.is_on() {
            self.record_remembered(ctx, domain);
        }
        let route = match fresh.or_else(|| self.router.cached(now, domain).cloned()) {
            Some(route) => route,
            None => match self.router.lookup(&mut self.resolver, now, domain) {
                RouterPoll::Ready(route) => route,
                RouterPoll::Pending(id) => {
                    self.routes_awaited.push((id, destination));
                    self.drain(ctx);
                    return None;
                }
            },
        };
        if let Err(failure) = &route.result {
            return Some(Err(failure.clone()));
        }
        let mut candidates = Candidates::new();
        for exchanger in route.order(luck) {
            for address in &exchanger.addresses {
                candidates.push(Candidate { name: exchanger.name.clone(), address: *address, port: None });
            }
        }
        Some(Ok(candidates))
    }

    fn route_host(
        &mut self,
        ctx: &mut Context<'_>,
        destination: DestinationId,
        name: &Domain,
        port: Option<u16>,
    ) -> Option<Found> {
        let now = ctx.now;
        let candidate = |address| Candidate { name: name.clone(), address, port };
        if let Some(address) = literal_address(name) {
            return Some(Ok(Candidates::from_iter([candidate(address)])));
        }
        self.fresh_hosts.retain(|(at, _, _)| *at == now);
        let fresh = self.fresh_hosts.iter().find(|(_, d, _)| *d == destination).map(|(_, _, lookup)| lookup.clone());
        let Some(lookup) = fresh.or_else(|| self.resolver.cached(now, name.as_str(), RecordType::A)) else {
            let query = self.resolver.ask(now, &Name::from(name), RecordType::A);
            self.hosts_awaited.push((query, destination));
            self.drain(ctx);
            return None;
        };
        if self.fresh_hosts.iter().all(|(_, d, _)| *d != destination) {
            record_lookup(ctx, &lookup, true);
        }
        Some(match lookup.outcome {
            Outcome::Records if lookup.addresses().next().is_some() => Ok(lookup.addresses().map(candidate).collect()),
            Outcome::Records | Outcome::NoData => Err(RouteFailure::NoAddress(name.clone())),
            Outcome::NxDomain => Err(RouteFailure::NoSuchDomain(name.clone())),
            outcome => Err(RouteFailure::unanswered(name.clone(), outcome)),
        })
    }

    /// A datagram for the resolver, or something on one of its connections.
    pub(super) fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        let now = ctx.now;
        match input {
            Input::Datagram { from, from_port, port, payload, .. } => {
                observe(ctx, Direction::Received, from.host, dns::Transport::Udp, &payload);
                let from = SocketAddr::new(from.address, from_port);
                self.resolver.handle_response(now, from, port, dns::Transport::Udp, &payload);
            }
            Input::Connected { token, .. } => {
                if let Some(exchange) = self.exchanges.get_mut((token & !RESOLVER_TOKEN) as usize)
                    && let Some(socket) = exchange.socket
                {
                    let question = exchange.question.clone();
                    ctx.send(socket, question);
                }
            }
            Input::Received { token, data, .. } => self.tcp_received(ctx, token & !RESOLVER_TOKEN, &data),
            Input::PeerClosed { token } | Input::Failed { token, .. } => {
                let place = (token & !RESOLVER_TOKEN) as usize;
                if let Some(exchange) = self.exchanges.try_remove(place) {
                    if let (Input::PeerClosed { .. }, Some(socket)) = (&input, exchange.socket) {
                        ctx.actions.push(Action::Close { socket });
                    }
                    self.resolver.handle_tcp_failed(now, exchange.local_port, tcp_failure(&input));
                }
            }
            Input::Start | Input::Crash | Input::Accepted { .. } | Input::Room { .. } | Input::Timer => {}
        }
        self.drain(ctx);
    }

    fn tcp_received(&mut self, ctx: &mut Context<'_>, place: u32, data: &[u8]) {
        let Some(exchange) = self.exchanges.get_mut(place as usize) else { return };
        exchange.answer.push(data);
        let Some(message) = exchange.answer.next_message() else { return };
        let (from, local_port, socket) = (exchange.to, exchange.local_port, exchange.socket);
        self.exchanges.remove(place as usize);
        if let Some(socket) = socket {
            ctx.actions.push(Action::Close { socket });
        }
        let peer = ctx.directory.find(from.ip()).unwrap_or(HostId::NOBODY);
        observe(ctx, Direction::Received, peer, dns::Transport::Tcp, &message);
        self.resolver.handle_response(ctx.now, from, local_port, dns::Transport::Tcp, &message);
    }

    /// Empties the resolver, and the router that feeds on it.
    fn drain(&mut self, ctx: &mut Context<'_>) {
        while let Some(output) = self.resolver.poll_output() {
            match output {
                dns::Output::SendUdp { to, local_port, bytes } => {
                    let peer = ctx.directory.find(to.ip()).unwrap_or(HostId::NOBODY);
                    observe(ctx, Direction::Sent, peer, dns::Transport::Udp, &bytes);
                    let payload = Chunk::from(bytes);
                    ctx.actions.push(Action::SendDatagram {
                        from: None,
                        to: to.ip(),
                        port: to.port(),
                        from_port: local_port,
                        payload,
                    });
                }
                dns::Output::SendTcp { to, local_port, bytes } => {
                    let peer = ctx.directory.find(to.ip()).unwrap_or(HostId::NOBODY);
                    observe(ctx, Direction::Sent, peer, dns::Transport::Tcp, &bytes);
                    let question = Chunk::from(dns::frame(&bytes));
                    let exchange = Exchange { socket: None, to, local_port, question, answer: Deframer::new() };
                    let place = self.exchanges.insert(exchange);
                    let socket = ctx.connect(place as u32 | RESOLVER_TOKEN, None, to.ip(), to.port(), None);
                    self.exchanges[place].socket = Some(socket);
                }
                dns::Output::CloseTcp { local_port } => {
                    let place = self.exchanges.iter().find(|(_, e)| e.local_port == local_port).map(|(p, _)| p);
                    if let Some(socket) = place.and_then(|p| self.exchanges.remove(p).socket) {
                        ctx.actions.push(Action::Abort { socket });
                    }
                }
                dns::Output::Answer { query, lookup } => self.answered(ctx, query, &lookup),
                dns::Output::Reply { .. } | dns::Output::Event(_) => {}
            }
        }
    }

    /// Says in the trace what is known about a domain's mail without asking: the MX records, and the addresses of their
    /// hosts when those are remembered, too.
    fn record_remembered(&self, ctx: &mut Context<'_>, domain: &Domain) {
        let Some(mx) = self.resolver.cached(ctx.now, domain.as_str(), RecordType::Mx) else { return };
        record_lookup(ctx, &mx, true);
        let Some(Ok(hosts)) = self.router.cached(ctx.now, domain).map(|route| &route.result) else { return };
        for host in hosts {
            if let Some(address) = self.resolver.cached(ctx.now, host.name.as_str(), RecordType::A) {
                record_lookup(ctx, &address, true);
            }
        }
    }

    fn answered(&mut self, ctx: &mut Context<'_>, query: QueryId, lookup: &Arc<Lookup>) {
        record_lookup(ctx, lookup, false);
        if let Some(place) = self.hosts_awaited.iter().position(|(q, _)| *q == query) {
            let (_, destination) = self.hosts_awaited.remove(place);
            self.fresh_hosts.push((ctx.now, destination, lookup.clone()));
            self.resolved.push_back(destination);
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
            for (_, destination) in self.routes_awaited.iter().filter(|(awaited, _)| *awaited == id) {
                self.fresh.push((now, *destination, routed.route.clone()));
                if !self.resolved.contains(destination) {
                    self.resolved.push_back(*destination);
                }
            }
            self.routes_awaited.retain(|(awaited, _)| *awaited != id);
        }
    }
}

/// Why an exchange with a name server came to nothing.
pub(in crate::agent) fn tcp_failure(input: &Input) -> TcpFailure {
    match input {
        Input::Failed { trouble: Trouble::NoPort { .. }, .. } => TcpFailure::NoPort,
        _ => TcpFailure::Server,
    }
}

/// Reads the name of a destination: a domain, or a host in brackets with a port behind, or an address literal.
fn parse_target(name: &str) -> Target {
    let nonsense = || Target::Nonsense("invalid".parse().unwrap_or_else(|_| unreachable!("a label is a domain")));
    let host = name.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'));
    match host {
        None => name.parse().map_or_else(|_| nonsense(), Target::Domain),
        Some((host, port)) => {
            let port = port.strip_prefix(':').and_then(|p| p.parse().ok());
            let literal =
                host.parse::<IpAddr>().is_ok() || host.get(..5).is_some_and(|t| t.eq_ignore_ascii_case("ipv6:"));
            let name = if literal { format!("[{host}]") } else { host.to_owned() };
            name.parse().map_or_else(|_| nonsense(), |name| Target::Host { name, port })
        }
    }
}

/// Puts what a look-up came to into the trace.
fn record_lookup(ctx: &mut Context<'_>, lookup: &Lookup, cached: bool) {
    ctx.record(ctx.at(), || What::Lookup {
        name: lookup.name.as_str().into(),
        rtype: lookup.rtype.as_str().into(),
        result: lookup.to_string().into(),
        cached,
    });
}

/// Puts a DNS message into the trace.
pub(in crate::agent) fn observe(
    ctx: &mut Context<'_>,
    direction: Direction,
    peer: HostId,
    transport: dns::Transport,
    bytes: &[u8],
) {
    if !ctx.tracer.is_on() {
        return;
    }
    let Some(summary) = dns::describe(bytes) else { return };
    let transport = match transport {
        dns::Transport::Udp => Transport::Udp,
        dns::Transport::Tcp => Transport::Tcp,
    };
    let (query, name, rtype) = (summary.id, Arc::from(summary.name.as_str()), Arc::from(summary.rtype));
    ctx.record(ctx.at(), || {
        if summary.is_response {
            What::Answer {
                direction,
                peer,
                query,
                name,
                rtype,
                rcode: summary.rcode.into(),
                records: summary.answers.iter().map(|a| a.as_str().into()).collect(),
                transport,
                truncated: summary.truncated,
            }
        } else {
            What::Question { direction, peer, query, name, rtype, transport }
        }
    });
}
