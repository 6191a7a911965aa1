//! What goes wrong, and when: faults as data.

use std::sync::Arc;

use super::{Event, World};
use crate::agent::{Agent, Input};
use crate::dns::{self, Name, RecordData, RecordType};
use crate::net::topology::LinkId;
use crate::sim::{Duration, Instant};
use crate::trace::{At, HostId, What};

/// When a fault happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At a time.
    At(Instant),
    /// When the trigger at this place of [`super::Builder::watch`] goes off.
    Triggered(u32),
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A link goes down or up.
    Link {
        /// Which.
        link: LinkId,
        /// Whether it carries anything from now on.
        up: bool,
    },
    /// A host goes down or up.
    Host {
        /// Which.
        host: HostId,
        /// Whether it runs from now on.
        up: bool,
    },
    /// A link loses packets, in parts per million.
    Loss {
        /// Which.
        link: LinkId,
        /// Parts per million.
        ppm: u32,
    },
    /// A link has another latency.
    Latency {
        /// Which.
        link: LinkId,
        /// One way.
        latency: Duration,
    },
    /// The next packets into a link are lost.
    Drop {
        /// Which.
        link: LinkId,
        /// Those that this host sends; `None` is both directions.
        from: Option<HostId>,
        /// How many, in each direction.
        packets: u64,
    },
    /// A name server behaves differently.
    Dns {
        /// Which; `None` is the implied one.
        server: Option<HostId>,
        /// How.
        mode: dns::Fault,
    },
    /// Records of a zone change on every server that has the zone: those of the name and type go, these come.
    Records {
        /// The name.
        name: Name,
        /// The type.
        rtype: RecordType,
        /// Whether those that are there stay.
        keep: bool,
        /// What comes.
        records: Vec<(Duration, RecordData)>,
    },
}

/// A fault, when it happens, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSetup {
    /// When.
    pub when: When,
    /// Undone after this time, where it can be undone.
    pub lasting: Option<Duration>,
    /// What.
    pub fault: Fault,
    /// What it is called in the trace, such as `the link a - b goes down`.
    pub text: Arc<str>,
    /// What undoes it, and what that is called.
    pub undo: Option<(Fault, Arc<str>)>,
}

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
        self.begin(place);
    }

    /// Faults whose trigger has gone off happen now.
    pub(super) fn fire_triggers(&mut self) {
        for trigger in std::mem::take(&mut self.watch.fired) {
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

    /// How often a trigger was seen, up to the time when it went off. Triggers are counted from 0 in the order in which
    /// they were added.
    #[must_use]
    pub fn times_seen(&self, trigger: u32) -> u64 {
        self.watch.triggers.get(trigger as usize).map_or(0, |t| t.seen)
    }

    fn begin(&mut self, place: u32) {
        // What undoes a fault is no fault of the file and stands behind them all.
        if let Some(happened) = self.happened.get_mut(place as usize) {
            *happened = true;
        }
        let setup = self.faults[place as usize].clone();
        self.apply(&setup.fault, &setup.text);
        if let (Some(lasting), Some((fault, text))) = (setup.lasting, setup.undo) {
            let when = When::At(self.engine.now() + lasting);
            self.faults.push(FaultSetup { when, lasting: None, fault, text, undo: None });
            self.engine.schedule_in(lasting, Event::Fault((self.faults.len() - 1) as u32));
        }
    }

    fn apply(&mut self, fault: &Fault, text: &Arc<str>) {
        let now = self.engine.now();
        let place = match fault {
            Fault::Host { host, .. } => *host,
            Fault::Dns { server, .. } => server.or(self.implied_name_server).unwrap_or(HostId(0)),
            Fault::Link { link, .. }
            | Fault::Loss { link, .. }
            | Fault::Latency { link, .. }
            | Fault::Drop { link, .. } => HostId(self.network.topology().ends(*link)[0].0),
            Fault::Records { .. } => self.implied_name_server.unwrap_or(HostId(0)),
        };
        self.tracer.record(At::host(now, place), || What::Fault { text: text.clone() });
        match fault {
            Fault::Link { link, up } => self.network.topology_mut().set_link_up(*link, *up),
            Fault::Host { host, up: false } => self.crash(*host),
            Fault::Host { host, up: true } => self.restart(*host),
            Fault::Loss { link, ppm } => self.network.topology_mut().set_link_loss(*link, *ppm),
            Fault::Latency { link, latency } => self.network.topology_mut().set_link_latency(*link, *latency),
            Fault::Drop { link, from, packets } => {
                for end in self.network.topology().ends(*link) {
                    if from.is_none_or(|host| host.0 == end.0) {
                        let topology = self.network.topology_mut();
                        let lane = topology.lane_from(*link, end);
                        topology.lane_mut(lane).doom(*packets);
                    }
                }
            }
            Fault::Dns { server, mode } => {
                let server = server.or(self.implied_name_server);
                if let Some(host) = server
                    && let Agent::NameServer(agent) = &mut self.hosts[host.0 as usize].agent
                {
                    agent.set_fault(*mode);
                }
            }
            Fault::Records { name, rtype, keep, records } => {
                for host in &mut self.hosts {
                    if let Agent::NameServer(agent) = &mut host.agent {
                        agent.change_records(name, *rtype, *keep, records);
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
