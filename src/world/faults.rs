//! What goes wrong: faults begin, hold and end.

use super::conditions::{Bases, Change, Ended, Holds, Records};
use super::timetable::{FaultSetup, When};
use super::{Event, Host, World};
use crate::agent::{Agent, Input};
use crate::dns::{self, Name, RecordType};
use crate::net::Network;
use crate::net::topology::LinkId;
use crate::sim::{Duration, Instant};
use crate::trace::{self, At, ConditionStep, HostId, ServerMode, What};

impl World {
    /// Puts the faults that have a time on the timetable.
    pub(super) fn schedule_faults(&mut self) {
        for (place, fault) in self.faults.iter().enumerate() {
            if let When::At(at) = fault.when {
                self.engine.schedule_at(at, Event::Fault(place as u32));
            }
        }
    }

    /// A fault of the timetable is due.
    pub(super) fn timetable(&mut self, place: u32) {
        self.active_at = self.engine.now();
        self.tracer.because(None);
        self.begin(place);
    }

    /// Faults whose trigger has gone off happen now.
    pub(super) fn fire_triggers(&mut self) {
        for (trigger, record) in std::mem::take(&mut self.watch.fired) {
            self.tracer.because(record);
            for place in 0..self.faults.len() as u32 {
                if self.faults[place as usize].when == When::Triggered(trigger) {
                    self.begin(place);
                }
            }
        }
        self.settle();
    }

    /// Whether the fault at this place has happened. Faults are counted from 0 in the order in which they were added.
    #[must_use]
    pub fn has_happened(&self, fault: usize) -> bool {
        self.happened.get(fault).copied().unwrap_or(false)
    }

    /// What the fault at this place is, as the trace has it.
    ///
    /// # Panics
    /// When there are not so many.
    #[must_use]
    pub fn fault(&self, fault: usize) -> trace::Change {
        told(&self.network, self.implied_name_server, &self.faults[fault].change)
    }

    /// How often a trigger was seen, up to the time when it went off. Triggers are counted from 0 in the order in which
    /// they were added.
    #[must_use]
    pub fn times_seen(&self, trigger: u32) -> u64 {
        self.watch.triggers.get(trigger as usize).map_or(0, |t| t.seen)
    }

    fn begin(&mut self, place: u32) {
        self.happened[place as usize] = true;
        let FaultSetup { lasting, change, .. } = self.faults[place as usize].clone();
        self.begin_change(change, lasting);
    }

    /// Something changes now, for a time or for good, as a fault of the timetable would change it.
    pub fn change(&mut self, change: Change, lasting: Option<Duration>) {
        self.active_at = self.engine.now();
        self.begin_change(change, lasting);
        self.settle();
    }

    fn begin_change(&mut self, mut change: Change, lasting: Option<Duration>) {
        if let Change::NameServer { server, .. } = &mut change {
            *server = server.or(self.implied_name_server);
        }
        let lasting = lasting.filter(|_| !matches!(change, Change::Drop { .. }));
        let (number, holds) = self.conditions.begin(&change, lasting.is_some(), &Untouched(&self.network, &self.hosts));
        let until = lasting.map(|time| self.engine.now() + time);
        self.tell_condition(number, ConditionStep::Begins, &change, until, None);
        if let Some(holds) = holds {
            self.put(holds);
        }
        if let Some(lasting) = lasting {
            self.engine.schedule_in(lasting, Event::ConditionEnds(number));
        }
    }

    /// The time of a condition is over.
    pub(super) fn condition_ends(&mut self, number: u32) {
        self.active_at = self.engine.now();
        if let Some(Ended { change, holds, leaves }) = self.conditions.end(number) {
            self.tracer.because(self.condition_records.remove(&number));
            self.tell_condition(number, ConditionStep::Ends, &change, None, leaves.as_ref());
            self.put(holds);
        }
    }

    fn tell_condition(
        &mut self,
        number: u32,
        step: ConditionStep,
        change: &Change,
        until: Option<Instant>,
        leaves: Option<&Change>,
    ) {
        let told = |change: &Change| told(&self.network, self.implied_name_server, change);
        let place = match change {
            Change::Host { host, .. } => *host,
            Change::NameServer { server, .. } => server.unwrap_or(HostId(0)),
            Change::Link { link, .. }
            | Change::Loss { link, .. }
            | Change::Latency { link, .. }
            | Change::Tamper { link, .. }
            | Change::Forgets { link, .. }
            | Change::Drop { link, .. } => HostId(self.network.topology().ends(*link)[0].0),
            Change::Records { .. } => self.implied_name_server.unwrap_or(HostId(0)),
        };
        let (change, leaves) = (told(change), leaves.map(told));
        let at = At::host(self.engine.now(), place);
        let record = self.tracer.record(at, || What::Condition { number, step, change, until, leaves });
        if let (ConditionStep::Begins, Some(record), Some(_)) = (step, record, until) {
            self.condition_records.insert(number, record);
        }
    }

    /// Puts into effect what holds now.
    fn put(&mut self, holds: Holds) {
        match holds {
            Holds::Link(link, up) => {
                if self.network.topology().is_link_up(link) != up {
                    self.network.topology_mut().set_link_up(link, up);
                }
            }
            Holds::Host(host, false) => self.crash(host),
            Holds::Host(host, true) => self.restart(host),
            Holds::Loss(link, ppm) => self.network.topology_mut().set_link_loss(link, ppm),
            Holds::Latency(link, latency) => self.network.topology_mut().set_link_latency(link, latency),
            Holds::Tamper(link, tamper) => {
                self.ledger.lines_may_lie();
                self.network.topology_mut().set_link_tamper(link, tamper.as_ref());
            }
            Holds::Forgets(link, after) => self.network.set_link_forgets(self.engine.now(), link, after),
            Holds::Drop(link, from, packets) => {
                for end in self.network.topology().ends(link) {
                    if from.is_none_or(|host| host.0 == end.0) {
                        let topology = self.network.topology_mut();
                        let lane = topology.lane_from(link, end);
                        topology.lane_mut(lane).doom(packets);
                    }
                }
            }
            Holds::NameServer(host, mode) => {
                if let Agent::NameServer(agent) = &mut self.hosts[host.0 as usize].agent {
                    agent.set_fault(mode);
                }
            }
            Holds::Records(name, rtype, records) => {
                for host in &mut self.hosts {
                    if let Agent::NameServer(agent) = &mut host.agent {
                        agent.replace_records(&name, rtype, &records);
                    }
                }
            }
        }
    }

    fn crash(&mut self, host: HostId) {
        if !self.hosts[host.0 as usize].up {
            return;
        }
        self.agent_input(host, Input::Crash);
        self.hosts[host.0 as usize].up = false;
        self.hosts[host.0 as usize].wake_at = None;
        self.pipes.crash(host);
        self.network.crash(super::node(host));
    }

    fn restart(&mut self, host: HostId) {
        if self.hosts[host.0 as usize].up {
            return;
        }
        self.hosts[host.0 as usize].up = true;
        self.network.restart(super::node(host));
        self.agent_input(host, Input::Start);
    }
}

/// The world before anything has changed the thing that is asked for.
struct Untouched<'a>(&'a Network, &'a [Host]);

impl Bases for Untouched<'_> {
    fn loss(&self, link: LinkId) -> [u32; 2] {
        self.0.topology().lanes(link).map(|lane| lane.spec().loss_ppm)
    }

    fn latency(&self, link: LinkId) -> [Duration; 2] {
        self.0.topology().lanes(link).map(|lane| lane.spec().latency)
    }

    fn records(&self, name: &Name, rtype: RecordType) -> Records {
        let servers = self.1.iter().filter_map(|host| match &host.agent {
            Agent::NameServer(agent) => agent.records(name, rtype),
            _ => None,
        });
        servers.into_iter().next().unwrap_or_default()
    }
}

/// A change as the trace has it.
fn told(network: &Network, implied_name_server: Option<HostId>, change: &Change) -> trace::Change {
    let ends = |link: &LinkId| network.topology().ends(*link).map(|node| HostId(node.0));
    match change {
        Change::Link { link, up } => {
            let [a, b] = ends(link);
            trace::Change::Link { a, b, up: *up }
        }
        Change::Host { host, up } => trace::Change::Host { host: *host, up: *up },
        Change::Loss { link, ppm } => {
            let [a, b] = ends(link);
            trace::Change::Loss { a, b, ppm: *ppm }
        }
        Change::Latency { link, latency } => {
            let [a, b] = ends(link);
            trace::Change::Latency { a, b, latency_ns: latency.as_nanos() }
        }
        Change::Tamper { link, tamper } => {
            let [a, b] = ends(link);
            trace::Change::Tamper { a, b, find: tamper.find().clone(), put: tamper.put().clone() }
        }
        Change::Forgets { link, after } => {
            let [a, b] = ends(link);
            trace::Change::Forgets { a, b, after_ns: after.as_nanos() }
        }
        Change::Drop { link, from, packets } => {
            let [a, b] = ends(link);
            trace::Change::Drop { a, b, from: *from, packets: *packets }
        }
        Change::NameServer { server, mode } => trace::Change::NameServer {
            server: server.or(implied_name_server).unwrap_or(HostId::NOBODY),
            mode: match mode {
                dns::Fault::None => ServerMode::Working,
                dns::Fault::Silent => ServerMode::Silent,
                dns::Fault::ServFail => ServerMode::ServFail,
                dns::Fault::Refused => ServerMode::Refused,
            },
        },
        Change::Records { name, rtype, edit, records } => trace::Change::Records {
            name: name.as_str().into(),
            rtype: rtype.as_str().into(),
            edit: *edit,
            records: records.iter().map(|(_, data)| data.to_string().into()).collect(),
        },
    }
}
