//! How questions walk through the tree of names: from memory, from server to server, to their ends.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use super::memory::{Rank, Recall};
use super::task::{Task, TaskId, Waiter};
use super::verdict::{Verdict, judge};
use super::{MAX_TASKS, MAX_WAITING, Recursor};
use crate::dns::exchange::{Flight, free_port, send_output};
use crate::dns::{
    Event, Lookup, Message, Name, Outcome, Output, PORT, Question, Record, RecordData, RecordType, Transport,
};
use crate::sim::Instant;

/// How often one question may be sent altogether, referrals may be followed, and tasks may wait for one another for
/// the addresses of name servers. An honest tree needs a fraction of each.
const MAX_SENT: u32 = 64;
const MAX_REFERRALS: u32 = 32;
const MAX_DEPTH: u32 = 6;
const MAX_CLIENTS: usize = 1000;

impl Recursor {
    /// Makes someone wait for a question; a task is begun where none is at it already.
    pub(super) fn start(&mut self, now: Instant, question: Question, waiter: Waiter, depth: u32, deadline: Instant) {
        if let Some(id) = self.by_question.get(&question).copied()
            && let Some(task) = self.tasks.get_mut(&id)
        {
            // A client that asks again because it is impatient waits once. Clients beyond counting are left without
            // an answer; they come back.
            let is_welcome = match &waiter {
                Waiter::Client { peer, query } => {
                    task.waiters.len() < MAX_CLIENTS
                        && !task
                            .waiters
                            .iter()
                            .any(|w| matches!(w, Waiter::Client { peer: p, query: q } if p == peer && q.id == query.id))
                }
                Waiter::Local(_) | Waiter::Parent(_) => true,
            };
            // Whoever has a turn already must not wait for one who has none.
            if depth > 0 && std::mem::take(&mut task.held) {
                self.held -= 1;
                self.ready.push_back(id);
            }
            if is_welcome {
                task.waiters.push(waiter);
            }
            return self.outputs.push_back(Output::Event(Event::Coalesced(question)));
        }
        let id = self.next_task;
        self.next_task += 1;
        let task = Task {
            target: question.name.clone(),
            question: question.clone(),
            waiters: vec![waiter],
            aliases: Vec::new(),
            deadline,
            depth,
            zone: None,
            servers: Vec::new(),
            useless: Vec::new(),
            unnamed: VecDeque::new(),
            cursor: 0,
            round: 0,
            sent: 0,
            referrals: 0,
            timed_out: false,
            no_port: false,
            held: false,
            waiting_for: None,
            flight: None,
            timer: None,
        };
        self.by_question.insert(question, id);
        self.tasks.insert(id, task);
        self.set_timer(id, deadline);
        if depth > 0 {
            self.ready.push_back(id);
        } else if self.held >= MAX_WAITING {
            self.fail(now, id, Outcome::Busy);
        } else if let Some(task) = self.tasks.get_mut(&id) {
            task.held = true;
            self.held += 1;
            self.waiting.push_back(id);
        }
    }

    /// Moves every task on that can be moved on, those first that have begun.
    pub(super) fn run(&mut self, now: Instant) {
        loop {
            while let Some(id) = self.ready.pop_front() {
                self.advance(now, id);
            }
            if self.tasks.len() - self.held >= MAX_TASKS {
                return;
            }
            let Some(id) = self.waiting.pop_front() else { return };
            if let Some(task) = self.tasks.get_mut(&id)
                && std::mem::take(&mut task.held)
            {
                self.held -= 1;
                if task.deadline > now {
                    self.ready.push_back(id);
                } else {
                    // Its turn has come too late to ask anybody.
                    self.fail(now, id, Outcome::Busy);
                }
            }
        }
    }

    pub(super) fn remove_task(&mut self, id: TaskId) -> Option<Task> {
        self.end_flight(id, false);
        let task = self.tasks.remove(&id)?;
        if let Some(due) = task.timer {
            self.timers.remove(&(due, id));
        }
        self.by_question.remove(&task.question);
        self.held -= usize::from(task.held);
        Some(task)
    }

    pub(super) fn fail(&mut self, now: Instant, id: TaskId, outcome: Outcome) {
        self.finish(now, id, outcome, Vec::new(), None);
    }

    fn set_timer(&mut self, id: TaskId, due: Instant) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        if let Some(old) = task.timer.replace(due) {
            self.timers.remove(&(old, id));
        }
        self.timers.insert((due, id));
    }

    pub(super) fn flight_at(&self, port: u16) -> Option<(TaskId, Flight)> {
        let id = *self.by_port.get(&port)?;
        Some((id, self.tasks.get(&id)?.flight?))
    }

    pub(super) fn end_flight(&mut self, id: TaskId, answered: bool) {
        let Some(flight) = self.tasks.get_mut(&id).and_then(|task| task.flight.take()) else { return };
        self.by_port.remove(&flight.port);
        if !answered && flight.transport == Transport::Tcp {
            self.outputs.push_back(Output::CloseTcp { local_port: flight.port });
        }
    }

    pub(super) fn useless(&mut self, id: TaskId, server: IpAddr, reason: &'static str) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.useless.push(server);
        let question = task.sent_question();
        self.outputs.push_back(Output::Event(Event::Useless { question, server, reason }));
    }

    /// There is no port to ask a server over TCP from, which is not its fault.
    pub(super) fn no_port(&mut self, id: TaskId, server: IpAddr) {
        self.useless(id, server, "no port is free to ask it over TCP from");
        if let Some(task) = self.tasks.get_mut(&id) {
            task.no_port = true;
        }
    }

    pub(super) fn task_timeout(&mut self, now: Instant, id: TaskId) {
        let Some(task) = self.tasks.get_mut(&id) else {
            // Not reached: a task takes its timer with it.
            self.timers.retain(|(_, other)| *other != id);
            return;
        };
        if task.held && now >= task.deadline {
            // Nobody was asked.
            return self.fail(now, id, Outcome::Busy);
        }
        task.timed_out |= task.flight.is_some() || now >= task.deadline;
        let (is_over, question) = (now >= task.deadline, task.sent_question());
        if let Some(flight) = task.flight {
            self.end_flight(id, false);
            self.memory.penalise(now, flight.server);
            self.outputs.push_back(Output::Event(Event::NoResponse { question, server: flight.server }));
        }
        if is_over { self.fail(now, id, Outcome::Timeout) } else { self.ready.push_back(id) }
    }

    /// Moves a task on: from memory, to the next server, or to its end.
    fn advance(&mut self, now: Instant, id: TaskId) {
        loop {
            let Some(task) = self.tasks.get_mut(&id) else { return };
            if task.flight.is_some() || task.waiting_for.is_some() {
                return;
            }
            if task.zone.is_none() {
                match self.memory.recall(now, task.target.as_str(), task.question.rtype) {
                    Some(Recall::Records(records, expires)) => {
                        let ttl_secs = crate::dns::record::ttl_secs(expires.since(now));
                        let records = records.iter().map(|r| Record { ttl_secs, ..r.clone() }).collect();
                        return self.finish(now, id, Outcome::Records, records, None);
                    }
                    Some(Recall::Denied(outcome, soa, _)) => return self.finish(now, id, outcome, Vec::new(), soa),
                    Some(Recall::Failed(outcome, _)) => return self.fail(now, id, outcome),
                    Some(Recall::Alias(alias, expires)) => {
                        if !task.follow(alias, expires) {
                            return self.fail(now, id, Outcome::ServFail);
                        }
                        continue;
                    }
                    None => self.locate(now, id),
                }
                continue;
            }
            if task.sent >= MAX_SENT {
                return self.fail(now, id, Outcome::ServFail);
            }
            if task.cursor >= task.servers.len() {
                // A round is over. Servers that are only known by name come before the second time round.
                if let Some((host, rtype)) = task.unnamed.pop_front() {
                    self.find_server(now, id, host, rtype);
                    continue;
                }
                if task.servers.iter().all(|server| task.useless.contains(server)) {
                    let outcome = match () {
                        () if task.timed_out => Outcome::Timeout,
                        () if task.no_port => Outcome::Busy,
                        () => Outcome::ServFail,
                    };
                    return self.fail(now, id, outcome);
                }
                task.cursor = 0;
                task.round += 1;
            }
            let server = task.servers[task.cursor];
            task.cursor += 1;
            if !task.useless.contains(&server) {
                return self.send(now, id, server, Transport::Udp);
            }
        }
    }

    /// Finds the servers of the closest zone above the target of which something is remembered.
    fn locate(&mut self, now: Instant, id: TaskId) {
        let Some(task) = self.tasks.get(&id) else { return };
        let target = task.target.clone();
        for zone in target.ancestors() {
            let Some(ns) = self.memory.hint(now, zone, RecordType::Ns) else { continue };
            let (servers, unnamed) = self.servers_of(now, &ns);
            // Servers within their own zone whose addresses have been forgotten can only be found through the zone
            // above, which gives the addresses along with the referral.
            if servers.is_empty() && unnamed.iter().all(|(host, _)| host.is_within(zone)) {
                continue;
            }
            let zone = Name::from_trusted(zone);
            return self.ask_servers_of(now, id, zone, servers, unnamed);
        }
        let roots = self.config.roots.iter().map(|hint| hint.address);
        let roots = roots.filter(|address| self.speaks_to(*address)).collect();
        self.ask_servers_of(now, id, Name::root(), roots, VecDeque::new());
    }

    fn speaks_to(&self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.config.ipv4 } else { self.config.ipv6 }
    }

    fn address_types(&self) -> impl Iterator<Item = RecordType> + use<> {
        let v4 = self.config.ipv4.then_some(RecordType::A);
        v4.into_iter().chain(self.config.ipv6.then_some(RecordType::Aaaa))
    }

    /// The addresses of these name servers that are remembered, and the names of those of which none is.
    fn servers_of(&self, now: Instant, ns: &[Record]) -> (Vec<IpAddr>, VecDeque<(Name, RecordType)>) {
        let (mut servers, mut unnamed) = (Vec::new(), VecDeque::new());
        for record in ns {
            let RecordData::Ns(host) = &record.data else { continue };
            let before = servers.len();
            for rtype in self.address_types() {
                for address in self.memory.hint(now, host.as_str(), rtype).iter().flat_map(|set| set.iter()) {
                    servers.extend(address.data.ip());
                }
            }
            if servers.len() == before {
                unnamed.extend(self.address_types().map(|rtype| (host.clone(), rtype)));
            }
        }
        (servers, unnamed)
    }

    fn ask_servers_of(
        &mut self,
        now: Instant,
        id: TaskId,
        zone: Name,
        mut servers: Vec<IpAddr>,
        unnamed: VecDeque<(Name, RecordType)>,
    ) {
        // RFC 1034 §5.3.3 step 2: the best first. Those that have lately been silent go to the end, and otherwise
        // the order is that in which the zone names them, so that a lesson can say who is asked.
        servers.sort_by_key(|server| self.memory.is_penalised(now, *server));
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.relocate();
        task.zone = Some(zone);
        task.servers = servers;
        task.unnamed = unnamed;
    }

    /// Looks for the address of a name server: in memory, or with a task of its own.
    fn find_server(&mut self, now: Instant, id: TaskId, host: Name, rtype: RecordType) {
        let Some(task) = self.tasks.get(&id) else { return };
        if let Some(set) = self.memory.hint(now, host.as_str(), rtype) {
            let found: Vec<IpAddr> = set.iter().filter_map(|r| r.data.ip()).collect();
            return self.add_servers(id, &found);
        }
        let (depth, deadline) = (task.depth + 1, task.deadline);
        let question = Question { name: host, rtype };
        let existing = self.by_question.get(&question).copied();
        if depth > MAX_DEPTH || existing.is_some_and(|child| self.leads_to(child, id)) {
            return;
        }
        let child = existing.unwrap_or(self.next_task);
        if let Some(task) = self.tasks.get_mut(&id) {
            task.waiting_for = Some(child);
        }
        self.set_timer(id, deadline);
        self.start(now, question, Waiter::Parent(id), depth, deadline);
    }

    /// Whether `from` waits, itself or through others, for `to`. Each task waits for one other at most.
    fn leads_to(&self, mut from: TaskId, to: TaskId) -> bool {
        loop {
            if from == to {
                return true;
            }
            match self.tasks.get(&from).and_then(|task| task.waiting_for) {
                Some(next) => from = next,
                None => return false,
            }
        }
    }

    fn add_servers(&mut self, id: TaskId, addresses: &[IpAddr]) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        for address in addresses {
            if !task.servers.contains(address) {
                task.servers.push(*address);
            }
        }
    }

    /// A task waited for this one.
    pub(super) fn child_done(&mut self, id: TaskId, child: TaskId, lookup: &Lookup) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| task.waiting_for == Some(child)) else { return };
        task.waiting_for = None;
        task.timed_out |= lookup.outcome == Outcome::Timeout;
        task.no_port |= lookup.outcome == Outcome::Busy;
        let found: Vec<IpAddr> = lookup.addresses().collect();
        self.add_servers(id, &found);
        self.ready.push_back(id);
    }

    pub(super) fn send(&mut self, now: Instant, id: TaskId, server: IpAddr, transport: Transport) {
        let port = free_port(&mut self.stream, |port| self.by_port.contains_key(&port));
        let message_id = self.stream.bits() as u16;
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.sent += 1;
        let wait = match transport {
            Transport::Udp => self.config.first_timeout.times(1 << task.round.min(16)),
            Transport::Tcp => self.config.tcp_timeout,
        };
        let deadline = (now + wait).min(task.deadline);
        task.flight = Some(Flight { server, port, id: message_id, transport, deadline });
        // RFC 1034 §5.3.3: servers of zones are asked without the wish for recursion.
        let bytes = Message::query(message_id, task.target.clone(), task.question.rtype, false).encode();
        self.by_port.insert(port, id);
        self.set_timer(id, deadline);
        self.outputs.push_back(send_output(transport, SocketAddr::new(server, PORT), port, bytes));
    }

    /// A server answered.
    pub(super) fn take_response(&mut self, now: Instant, id: TaskId, server: IpAddr, message: &Message) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let question = task.sent_question();
        let zone = task.zone.clone().unwrap_or_else(Name::root);
        match judge(message, &zone, &question) {
            Verdict::Useless(reason) => {
                self.useless(id, server, reason);
                self.ready.push_back(id);
            }
            Verdict::Loop => self.fail(now, id, Outcome::ServFail),
            Verdict::Answer { aliases, records } => {
                self.memory.put(now, &records, Rank::Answer);
                if self.follow_all(now, id, aliases) {
                    self.finish(now, id, Outcome::Records, records, None);
                }
            }
            Verdict::Denied { aliases, name, outcome, soa } => {
                self.memory.put_denial(now, &name, question.rtype, outcome, &soa);
                if self.follow_all(now, id, aliases) {
                    self.finish(now, id, outcome, Vec::new(), soa);
                }
            }
            Verdict::Aliases(aliases) => {
                if self.follow_all(now, id, aliases) {
                    self.ready.push_back(id);
                }
            }
            Verdict::Referral { zone, ns, glue } => {
                let hosts =
                    ns.iter().filter_map(|r| if let RecordData::Ns(host) = &r.data { Some(host) } else { None });
                let servers = hosts.cloned().collect();
                self.outputs.push_back(Output::Event(Event::Referral { question, zone: zone.clone(), servers }));
                task.referrals += 1;
                if task.referrals > MAX_REFERRALS {
                    return self.fail(now, id, Outcome::ServFail);
                }
                self.memory.put(now, &ns, Rank::Referral);
                self.memory.put(now, &glue, Rank::Referral);
                let (mut servers, unnamed) = self.servers_of(now, &ns);
                // Records with a time to live of zero are good for this one question (RFC 1035 §3.2.1).
                for address in glue.iter().filter_map(|r| r.data.ip()).filter(|address| self.speaks_to(*address)) {
                    if !servers.contains(&address) {
                        servers.push(address);
                    }
                }
                self.ask_servers_of(now, id, zone, servers, unnamed);
                self.ready.push_back(id);
            }
        }
    }

    /// Follows aliases that have just been learnt; false when that ended the task.
    fn follow_all(&mut self, now: Instant, id: TaskId, aliases: Vec<Record>) -> bool {
        self.memory.put(now, &aliases, Rank::Answer);
        for alias in aliases {
            let Some(task) = self.tasks.get_mut(&id) else { return false };
            let question = task.question.clone();
            let expires = now + alias.ttl();
            let good = task.follow(alias, expires);
            let target = task.target.clone();
            self.outputs.push_back(Output::Event(Event::Alias { question, target }));
            if !good {
                self.fail(now, id, Outcome::ServFail);
                return false;
            }
        }
        true
    }
}
