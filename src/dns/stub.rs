//! [`Stub`]: the resolver of a host that asks a recursor elsewhere (RFC 1034 §5.3.1, resolv.conf(5)).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::cache::Cache;
use super::exchange::{Flight, free_port, mismatch, send_output};
use super::{
    Event, Lookup, Message, Name, Outcome, Output, PORT, QueryId, Question, Rcode, RecordType, TcpFailure, Transport,
};
use crate::sim::{Duration, Instant, Stream};

/// How a stub asks. The defaults are those of resolv.conf(5): 5 seconds, twice round the servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StubConfig {
    /// The recursors, in the order in which they are asked.
    pub servers: Vec<IpAddr>,
    /// How long to wait for each.
    pub timeout: Duration,
    /// How often to go round the servers.
    pub attempts: u32,
    /// Whether to remember answers, as a local nscd or unbound does.
    pub cache: bool,
    /// How many answers to remember.
    pub cache_capacity: usize,
}

impl StubConfig {
    /// The usual way to ask these servers, remembering nothing.
    #[must_use]
    pub fn new(servers: Vec<IpAddr>) -> StubConfig {
        StubConfig { servers, timeout: Duration::from_secs(5), attempts: 2, cache: false, cache_capacity: 10_000 }
    }
}

#[derive(Clone, Debug)]
struct Pending {
    question: Question,
    askers: Vec<QueryId>,
    /// How many times anything was sent.
    sent: u32,
    /// The servers that said that they failed. They are not asked again.
    failed: SmallVec<[IpAddr; 2]>,
    /// Whether this host had no port to ask over TCP from.
    no_port: bool,
    flight: Option<Flight>,
}

/// A stub resolver.
#[derive(Clone, Debug)]
pub struct Stub {
    config: StubConfig,
    stream: Stream,
    cache: Cache<Arc<Lookup>>,
    pending: BTreeMap<u64, Pending>,
    by_question: BTreeMap<Question, u64>,
    // Never iterated.
    by_port: FxHashMap<u16, u64>,
    timers: BTreeSet<(Instant, u64)>,
    /// Questions that wait for their turn, in the order in which they came: all of them are pending and none was sent.
    waiting: VecDeque<u64>,
    outputs: VecDeque<Output>,
    next_query: u64,
    next_pending: u64,
}

/// The most questions in flight; there are hardly more ports to ask from.
const MAX_ASKED: usize = 16_000;

/// The most questions that wait for their turn. An MTA makes 100,000 deliveries at a time at the most, each of which asks
/// for a few names.
const MAX_WAITING: usize = 1_000_000;

impl Stub {
    /// A stub; ids and ports are drawn from `stream` (RFC 5452 §9: they must not be guessed).
    #[must_use]
    pub fn new(config: StubConfig, stream: Stream) -> Stub {
        let capacity = if config.cache { config.cache_capacity } else { 0 };
        Stub {
            config,
            stream,
            cache: Cache::new(capacity),
            pending: BTreeMap::new(),
            by_question: BTreeMap::new(),
            by_port: FxHashMap::default(),
            timers: BTreeSet::new(),
            waiting: VecDeque::new(),
            outputs: VecDeque::new(),
            next_query: 0,
            next_pending: 0,
        }
    }

    /// What is remembered at `now`. `name` is in lower case without final dot. Does not allocate.
    #[inline]
    #[must_use]
    pub fn cached(&self, now: Instant, name: &str, rtype: RecordType) -> Option<Arc<Lookup>> {
        self.cache.get(now, name, Some(rtype)).map(|(lookup, _)| Arc::clone(lookup))
    }

    /// Asks; the answer comes as [`Output::Answer`]. Where too much is being asked already, the question waits for its
    /// turn, and its time-outs begin when it is sent.
    pub fn ask(&mut self, now: Instant, name: &Name, rtype: RecordType) -> QueryId {
        let query = QueryId(self.next_query);
        self.next_query += 1;
        let question = Question { name: name.clone(), rtype };
        if let Some(lookup) = self.cached(now, name.as_str(), rtype) {
            self.outputs.push_back(Output::Event(Event::CacheHit(question)));
            self.outputs.push_back(Output::Answer { query, lookup });
        } else if let Some(pending) = self.by_question.get(&question).and_then(|at| self.pending.get_mut(at)) {
            pending.askers.push(query);
            self.outputs.push_back(Output::Event(Event::Coalesced(question)));
        } else {
            let at = self.next_pending;
            self.next_pending += 1;
            let pending = Pending {
                question: question.clone(),
                askers: vec![query],
                sent: 0,
                failed: SmallVec::new(),
                no_port: false,
                flight: None,
            };
            self.by_question.insert(question, at);
            self.pending.insert(at, pending);
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(at);
            } else {
                self.finish(now, at, Err(Outcome::Busy));
            }
            self.admit(now);
        }
        query
    }

    /// Takes a response that reached `local_port` from `from`.
    pub fn handle_response(
        &mut self,
        now: Instant,
        from: SocketAddr,
        local_port: u16,
        transport: Transport,
        bytes: &[u8],
    ) {
        self.take_response(now, from, local_port, transport, bytes);
        self.admit(now);
    }

    fn take_response(&mut self, now: Instant, from: SocketAddr, local_port: u16, transport: Transport, bytes: &[u8]) {
        let Some((at, flight)) = self.flight_at(local_port) else {
            return self.ignore(from, "no question in flight from that port");
        };
        let Ok(message) = Message::decode(bytes) else { return self.ignore(from, "cannot be read") };
        let pending = &self.pending[&at];
        if let Some(reason) = mismatch(&message, from, transport, &flight, &pending.question) {
            return self.ignore(from, reason);
        }
        let question = pending.question.clone();
        if message.truncated && transport == Transport::Udp {
            self.outputs.push_back(Output::Event(Event::Truncated { question, server: flight.server }));
            self.end_flight(at, true);
            return self.send(now, at, flight.server, Transport::Tcp);
        }
        match message.rcode() {
            Rcode::NoError | Rcode::NxDomain => {
                self.end_flight(at, true);
                let lookup = Lookup::from_response(now, &question.name, question.rtype, &message, Duration::ZERO);
                self.finish(now, at, Ok(lookup));
            }
            failure => {
                // As the C library does: a server that fails is passed over for the next.
                let (server, reason) = (flight.server, failure.as_str());
                self.outputs.push_back(Output::Event(Event::Useless { question, server, reason }));
                self.end_flight(at, true);
                if let Some(pending) = self.pending.get_mut(&at) {
                    pending.failed.push(server);
                }
                self.send_next(now, at);
            }
        }
    }

    /// The TCP exchange failed.
    pub fn handle_tcp_failed(&mut self, now: Instant, local_port: u16, why: TcpFailure) {
        if let Some((at, flight)) = self.flight_at(local_port)
            && flight.transport == Transport::Tcp
        {
            self.end_flight(at, true);
            if let Some(pending) = self.pending.get_mut(&at) {
                pending.no_port |= why == TcpFailure::NoPort;
            }
            self.send_next(now, at);
        }
        self.admit(now);
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((_, at)) = self.timers.first().copied().filter(|(due, _)| *due <= now) {
            if let Some(pending) = self.pending.get(&at)
                && let Some(flight) = pending.flight
            {
                let (question, server) = (pending.question.clone(), flight.server);
                self.outputs.push_back(Output::Event(Event::NoResponse { question, server }));
            }
            self.end_flight(at, false);
            self.send_next(now, at);
        }
        self.admit(now);
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Stub::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Forgets everything, as a restart does: answers, and questions that are under way, which nobody will answer any
    /// more. Only numbers that name questions go on, and so do ids and ports, so that a late answer fits nothing.
    pub fn restart(&mut self) {
        let (next_query, next_pending) = (self.next_query, self.next_pending);
        *self = Stub { next_query, next_pending, ..Stub::new(self.config.clone(), self.stream.clone()) };
    }

    fn ignore(&mut self, from: SocketAddr, reason: &'static str) {
        self.outputs.push_back(Output::Event(Event::Ignored { from, reason }));
    }

    fn flight_at(&self, port: u16) -> Option<(u64, Flight)> {
        let at = *self.by_port.get(&port)?;
        Some((at, self.pending.get(&at)?.flight?))
    }

    fn end_flight(&mut self, at: u64, answered: bool) {
        let Some(flight) = self.pending.get_mut(&at).and_then(|p| p.flight.take()) else { return };
        self.by_port.remove(&flight.port);
        self.timers.remove(&(flight.deadline, at));
        if !answered && flight.transport == Transport::Tcp {
            self.outputs.push_back(Output::CloseTcp { local_port: flight.port });
        }
    }

    /// Sends the questions whose turn it is.
    fn admit(&mut self, now: Instant) {
        while self.pending.len() - self.waiting.len() < MAX_ASKED
            && let Some(at) = self.waiting.pop_front()
        {
            self.send_next(now, at);
        }
    }

    /// Goes on with the next server, or gives up.
    fn send_next(&mut self, now: Instant, at: u64) {
        let Some(pending) = self.pending.get_mut(&at) else { return };
        let servers = &self.config.servers;
        let tries = (servers.len() as u32).saturating_mul(self.config.attempts);
        while pending.sent < tries {
            let server = servers[pending.sent as usize % servers.len()];
            pending.sent += 1;
            if !pending.failed.contains(&server) {
                return self.send(now, at, server, Transport::Udp);
            }
        }
        // What the servers say comes before what they do not, and what this host cannot do is not put down to them.
        let outcome = match () {
            () if !pending.failed.is_empty() => Outcome::ServFail,
            () if pending.no_port => Outcome::Busy,
            () => Outcome::Timeout,
        };
        self.finish(now, at, Err(outcome));
    }

    fn send(&mut self, now: Instant, at: u64, server: IpAddr, transport: Transport) {
        let port = free_port(&mut self.stream, |port| self.by_port.contains_key(&port));
        let id = self.stream.bits() as u16;
        let Some(pending) = self.pending.get_mut(&at) else { return };
        let deadline = now + self.config.timeout;
        pending.flight = Some(Flight { server, port, id, transport, deadline });
        self.by_port.insert(port, at);
        self.timers.insert((deadline, at));
        let bytes = Message::query(id, pending.question.name.clone(), pending.question.rtype, true).encode();
        self.outputs.push_back(send_output(transport, SocketAddr::new(server, PORT), port, bytes));
    }

    fn finish(&mut self, now: Instant, at: u64, result: Result<Lookup, Outcome>) {
        self.end_flight(at, false);
        let Some(pending) = self.pending.remove(&at) else { return };
        let Question { name, rtype } = &pending.question;
        let lookup =
            result.unwrap_or_else(|outcome| Lookup::failure(now, name.clone(), *rtype, outcome, Duration::ZERO));
        let lookup = Arc::new(lookup);
        self.cache.insert(now, name, Some(*rtype), lookup.expires, Arc::clone(&lookup));
        self.by_question.remove(&pending.question);
        for query in pending.askers {
            self.outputs.push_back(Output::Answer { query, lookup: Arc::clone(&lookup) });
        }
    }
}

#[cfg(test)]
#[path = "stub_tests.rs"]
mod tests;
