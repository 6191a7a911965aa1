//! Hosts on the graph: dispatch, observation, audit.
//!
//! The world joins the two wings: it owns the network and the agents, moves bytes between TCP connections and agents,
//! and hands every observation to the trace. It decides nothing about mail. Build one with [`Builder`], then
//! [`World::run_until`].

mod audit;
mod build;
mod dispatch;
mod faults;
mod observe;
mod sockets;
mod transit;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use slab::Slab;

pub use audit::Report;
pub use build::{Builder, HostSetup, LinkSetup};
pub use faults::{Fault, FaultSetup, When};

use crate::agent::{Action, Agent, Directory, Identifiers, Ledger, Watch};
use crate::net::tcp;
use crate::net::topology::Topology;
use crate::sim::calendar::Calendar;
use crate::sim::{Engine, Instant, StopReason, Stream};
use crate::trace::{HostId, Roster, Tracer};

use sockets::{FourTuple, Socket};
use transit::Packet;

/// Everything that can happen. There are no other events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A packet reaches the end of a lane.
    Packet(u32),
    /// A TCP timer: place and generation of the socket.
    Tcp(u32, u32),
    /// An agent wanted to be woken.
    Wake(HostId),
    /// A fault of the timetable.
    Fault(u32),
}

struct Host {
    agent: Agent,
    calendar: Calendar,
    up: bool,
    /// When the pending wake-up is; later ones are scheduled when it comes.
    wake_at: Option<Instant>,
    address: std::net::IpAddr,
    /// TCP ports with somebody behind them.
    listening: Vec<u16>,
    next_port: u16,
    sequence_numbers: Stream,
}

/// The simulated world.
pub struct World {
    engine: Engine<Event>,
    topology: Topology,
    hosts: Vec<Host>,
    directory: Directory,
    sockets: Vec<Socket>,
    connections: FxHashMap<FourTuple, u32>,
    packets: Slab<Packet>,
    tcp_config: tcp::Config,
    ids: Identifiers,
    ledger: Ledger,
    watch: Watch,
    tracer: Tracer,
    roster: Arc<Roster>,
    faults: Vec<faults::FaultSetup>,
    /// Which of them have happened, by their places.
    happened: Vec<bool>,
    implied_name_server: Option<HostId>,
    /// Empty lists, for their memory.
    spare_actions: Vec<Vec<Action>>,
    /// Sockets with something to send or to tell.
    dirty: Vec<u32>,
    last_connection: u64,
    last_packet: u64,
    /// When something happened last.
    active_at: Instant,
}

impl World {
    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.engine.now()
    }

    /// When something happened last, or the time to run until if that came first. The clock may stand later: timers of
    /// what has ended meanwhile, and the waiting of closed TCP connections (TIME-WAIT), still come and find nothing to do.
    #[must_use]
    pub fn ended_at(&self) -> Instant {
        self.active_at
    }

    /// Number of events so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.engine.executed()
    }

    /// Who takes part.
    #[must_use]
    pub fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// The agent of a host.
    #[must_use]
    pub fn agent(&self, host: HostId) -> &Agent {
        &self.hosts[host.0 as usize].agent
    }

    /// Who is responsible for what.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Mails composed so far, reports included.
    #[must_use]
    pub fn mails(&self) -> u64 {
        self.ids.mails()
    }

    /// TCP connections so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.last_connection
    }

    /// Packets so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.last_packet
    }

    /// Runs until `deadline`, or until nothing is left to happen, or for `max_events` events. A ledger violation halts
    /// the run; [`World::audit`] says what it is.
    pub fn run_until(&mut self, deadline: Instant, max_events: u64) -> StopReason {
        let last = self.engine.executed().saturating_add(max_events);
        loop {
            if self.engine.executed() >= last {
                return self.stopped(deadline).unwrap_or(StopReason::EventLimit);
            }
            let Some(event) = self.engine.step_until(deadline) else {
                return self.stopped(deadline).unwrap_or(StopReason::Idle);
            };
            self.dispatch(event);
            if self.ledger.violation().is_some() {
                return StopReason::Halted;
            }
        }
    }

    fn stopped(&mut self, deadline: Instant) -> Option<StopReason> {
        let why = self.engine.why_stopped(deadline);
        if why == Some(StopReason::Deadline) {
            self.active_at = self.engine.now();
        }
        why
    }
}
