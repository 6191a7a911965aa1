//! [`Recursor`]: a caching, iterative resolver (RFC 1034 §5.3.3).
//!
//! It starts at the servers of the closest zone that it knows of, at worst at the roots, and follows referrals
//! downwards and aliases sideways until it has an answer, a denial, or no time left. What it learns it remembers for
//! as long as the records allow.
//!
//! Timing: each server is given `first_timeout` (800 ms) in the first round, twice that in the second, and so on,
//! round the servers of the zone, until the whole question has taken `total_timeout` (10 s). A server that did not
//! answer is asked last for the next minute. A server that answers something useless is not asked again for the
//! question. What could not be resolved is remembered for five seconds (RFC 2308 §7, RFC 9520 §3.2).

mod config;
mod memory;
mod task;
mod verdict;
mod walk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use self::config::{RecursorConfig, RootHint};

use self::memory::Memory;
use self::task::{Task, TaskId, Waiter};
use super::exchange::mismatch;
use super::{
    DecodeError, Event, Lookup, Message, Name, Outcome, Output, Peer, QueryId, Question, Rcode, Record, RecordType,
    TcpFailure, Transport,
};
use crate::sim::{Duration, Instant, Stream};

/// A caching iterative resolver.
#[derive(Clone, Debug)]
pub struct Recursor {
    config: RecursorConfig,
    stream: Stream,
    memory: Memory,
    tasks: BTreeMap<TaskId, Task>,
    by_question: BTreeMap<Question, TaskId>,
    // Never iterated.
    by_port: FxHashMap<u16, TaskId>,
    timers: BTreeSet<(Instant, TaskId)>,
    ready: VecDeque<TaskId>,
    /// Tasks that wait for their turn, in the order in which they came; and some that have ended meanwhile.
    waiting: VecDeque<TaskId>,
    /// How many tasks wait for their turn.
    held: usize,
    outputs: VecDeque<Output>,
    next_query: u64,
    next_task: TaskId,
}

/// The most questions that are resolved at a time, not counting those for the addresses of name servers.
const MAX_TASKS: usize = 10_000;

/// The most questions that wait for their turn.
const MAX_WAITING: usize = 100_000;

impl Recursor {
    /// A recursor that remembers nothing yet; ids and ports are drawn from `stream` (RFC 5452 §9).
    #[must_use]
    pub fn new(config: RecursorConfig, stream: Stream) -> Recursor {
        Recursor {
            memory: Memory::new(&config),
            config,
            stream,
            tasks: BTreeMap::new(),
            by_question: BTreeMap::new(),
            by_port: FxHashMap::default(),
            timers: BTreeSet::new(),
            ready: VecDeque::new(),
            waiting: VecDeque::new(),
            held: 0,
            outputs: VecDeque::new(),
            next_query: 0,
            next_task: 0,
        }
    }

    /// What is remembered at `now`. `name` is in lower case without final dot. Does not allocate.
    ///
    /// It knows only what was asked by this host before; [`Recursor::ask`] also puts together what came by the way.
    #[inline]
    #[must_use]
    pub fn cached(&self, now: Instant, name: &str, rtype: RecordType) -> Option<Arc<Lookup>> {
        self.memory.local(now, name, rtype)
    }

    /// Asks; the answer comes as [`Output::Answer`].
    pub fn ask(&mut self, now: Instant, name: &Name, rtype: RecordType) -> QueryId {
        let query = QueryId(self.next_query);
        self.next_query += 1;
        let question = Question { name: name.clone(), rtype };
        let remembered = match self.cached(now, name.as_str(), rtype) {
            Some(lookup) => Some(lookup),
            None => self.memory.compose(now, &question).map(|lookup| self.memory.keep_local(now, lookup)),
        };
        if let Some(lookup) = remembered {
            self.outputs.push_back(Output::Event(Event::CacheHit(question)));
            self.outputs.push_back(Output::Answer { query, lookup });
        } else {
            self.start(now, question, Waiter::Local(query), 0, now + self.config.total_timeout);
            self.run(now);
        }
        query
    }

    /// Takes the bytes that a client sent to port 53 (for TCP without the length).
    pub fn handle_client(&mut self, now: Instant, from: Peer, bytes: &[u8]) {
        let query = match Message::decode(bytes) {
            Ok(message) if !message.is_response => message,
            Err(DecodeError::Malformed { id, is_response: false, opcode }) => {
                let rcode = if opcode == 0 { Rcode::FormErr } else { Rcode::NotImp };
                let bytes = Message { id, opcode, ..Message::default() }.response(rcode).encode();
                return self.outputs.push_back(Output::Reply { to: from, bytes });
            }
            _ => return self.ignore(from.addr, "not a question"),
        };
        let refusal = match &query.question {
            _ if query.opcode != 0 => Rcode::NotImp,
            _ if query.foreign_class => Rcode::Refused,
            None => Rcode::FormErr,
            // RFC 1034 §4.3.1: recursion is done for who asks for it. Others may not look into the cache.
            Some(_) if !query.recursion_desired => Rcode::Refused,
            Some(question) => {
                let question = question.clone();
                if let Some(lookup) = self.memory.compose(now, &question) {
                    self.outputs.push_back(Output::Event(Event::CacheHit(question)));
                    return self.reply(from, &query, &lookup);
                }
                let waiter = Waiter::Client { peer: from, query: Box::new(query) };
                self.start(now, question, waiter, 0, now + self.config.total_timeout);
                return self.run(now);
            }
        };
        let mut response = query.response(refusal);
        response.recursion_available = true;
        let bytes = response.encode_for(from.transport, query.udp_limit());
        self.outputs.push_back(Output::Reply { to: from, bytes });
    }

    /// Takes a response that reached `local_port` (for TCP: the exchange) from `from`.
    pub fn handle_response(
        &mut self,
        now: Instant,
        from: SocketAddr,
        local_port: u16,
        transport: Transport,
        bytes: &[u8],
    ) {
        let Some((id, flight)) = self.flight_at(local_port) else {
            return self.ignore(from, "no question in flight from that port");
        };
        let Ok(message) = Message::decode(bytes) else { return self.ignore(from, "cannot be read") };
        let question = self.tasks[&id].sent_question();
        if let Some(reason) = mismatch(&message, from, transport, &flight, &question) {
            return self.ignore(from, reason);
        }
        self.end_flight(id, true);
        self.memory.forgive(flight.server);
        if message.truncated && transport == Transport::Udp {
            self.outputs.push_back(Output::Event(Event::Truncated { question, server: flight.server }));
            self.send(now, id, flight.server, Transport::Tcp);
            return;
        }
        self.take_response(now, id, flight.server, &message);
        self.run(now);
    }

    /// The TCP exchange failed.
    pub fn handle_tcp_failed(&mut self, now: Instant, local_port: u16, why: TcpFailure) {
        if let Some((id, flight)) = self.flight_at(local_port)
            && flight.transport == Transport::Tcp
        {
            self.end_flight(id, true);
            match why {
                TcpFailure::Server => self.useless(id, flight.server, "no TCP"),
                TcpFailure::NoPort => self.no_port(id, flight.server),
            }
            self.ready.push_back(id);
            self.run(now);
        }
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((_, id)) = self.timers.first().copied().filter(|(due, _)| *due <= now) {
            self.task_timeout(now, id);
            self.run(now);
        }
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Recursor::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Forgets everything, as a restart does: answers, questions that are under way, and who asked them. Only numbers that
    /// name questions go on, and so do ids and ports, so that a late answer fits nothing.
    pub fn restart(&mut self) {
        let (next_query, next_task) = (self.next_query, self.next_task);
        *self = Recursor { next_query, next_task, ..Recursor::new(self.config.clone(), self.stream.clone()) };
    }

    fn ignore(&mut self, from: SocketAddr, reason: &'static str) {
        self.outputs.push_back(Output::Event(Event::Ignored { from, reason }));
    }

    fn reply(&mut self, to: Peer, query: &Message, lookup: &Lookup) {
        let mut response = query.response(lookup.outcome.rcode());
        response.recursion_available = true;
        response.answers = lookup.aliases.iter().chain(&lookup.records).cloned().collect();
        response.authorities = lookup.soa.iter().cloned().collect();
        let bytes = response.encode_for(to.transport, query.udp_limit());
        self.outputs.push_back(Output::Reply { to, bytes });
    }

    /// Ends a task: everyone who waits is told.
    fn finish(&mut self, now: Instant, id: TaskId, outcome: Outcome, records: Vec<Record>, soa: Option<Record>) {
        let Some(task) = self.remove_task(id) else { return };
        let question = task.question.clone();
        let lookup = if outcome == Outcome::Busy {
            // That says something about this host and this moment, and nothing about the name.
            Lookup::failure(now, question.name.clone(), question.rtype, outcome, Duration::ZERO)
        } else if outcome.is_temporary() {
            // RFC 2308 §7.1 and §7.2: failures are remembered for the question, and briefly.
            let keep = self.config.failure_ttl;
            self.memory.put_failure(now, &question, outcome);
            Lookup::failure(now, question.name.clone(), question.rtype, outcome, keep)
        } else {
            self.memory.assemble(now, &question, outcome, task.aliases, records, soa)
        };
        let lookup = self.memory.keep_local(now, lookup);
        for waiter in task.waiters {
            match waiter {
                Waiter::Local(query) => {
                    self.outputs.push_back(Output::Answer { query, lookup: Arc::clone(&lookup) });
                }
                Waiter::Client { peer, query } => self.reply(peer, &query, &lookup),
                Waiter::Parent(parent) => self.child_done(parent, id, &lookup),
            }
        }
    }
}

#[cfg(test)]
mod tests;
