//! Hosts on the graph: dispatch, observation, audit.
//!
//! The world joins the two wings: it owns the network and the agents, hands what the one tells to the other, and every
//! observation to the trace. It decides nothing about mail and knows nothing of segments. Build one with [`Builder`],
//! then [`World::run_until`].

mod audit;
mod build;
mod conditions;
mod dispatch;
mod faults;
mod observe;
mod pipes;
mod plumbing;
mod seal;
mod timetable;
mod twin;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use audit::Report;
pub use build::{Builder, HostSetup, LinkSetup};
pub use conditions::{Change, Records};
pub use timetable::{FaultSetup, When};

use crate::agent::{Action, Agent, Directory, Filed, Held, Identifiers, Ledger, Watch};
use crate::net::Network;
use crate::net::tap::Tap;
use crate::net::topology::Node;
use crate::sim::calendar::Calendar;
use crate::sim::{Engine, Instant, StopReason, Streams};
use crate::trace::{HostId, MailId, RecordId, Roster, Tracer};

/// Everything that can happen outside the network. There are no other events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// An agent wanted to be woken.
    Wake(HostId),
    /// A fault of the timetable.
    Fault(u32),
    /// The time of a condition is over, by its number.
    ConditionEnds(u32),
}

#[derive(Clone)]
struct Host {
    agent: Agent,
    calendar: Calendar,
    up: bool,
    /// When the pending wake-up is; later ones are scheduled when it comes.
    wake_at: Option<Instant>,
}

/// Hosts and nodes of the graph have the same numbers.
#[inline]
fn node(host: HostId) -> Node {
    Node(host.0)
}

/// The simulated world.
pub struct World {
    engine: Engine<Event>,
    network: Network,
    hosts: Vec<Host>,
    directory: Directory,
    pipes: pipes::Pipes,
    ids: Identifiers,
    ledger: Ledger,
    watch: Watch,
    /// Letters that were filed, where somebody wants to have them.
    filed: Option<Vec<Filed>>,
    /// The mail of which somebody wants to have every content.
    held: Option<Held>,
    /// Lines of the key log, where somebody wants to have them.
    secrets: Option<Vec<Arc<str>>>,
    /// Where each sealed connection has its randomness from.
    streams: Streams,
    tracer: Tracer,
    tap: Option<Box<dyn Tap>>,
    roster: Arc<Roster>,
    faults: Vec<FaultSetup>,
    /// With which record each condition began that will end. Only while somebody looks on.
    condition_records: BTreeMap<u32, RecordId>,
    conditions: conditions::Conditions,
    /// Which of them have happened, by their places.
    happened: Vec<bool>,
    implied_name_server: Option<HostId>,
    /// An empty list, for its memory.
    spare_actions: Vec<Action>,
    /// When something happened last outside the network.
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
        self.active_at.max(self.network.active_at())
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

    /// Shows passwords, and what proves them, in records from now on, where there would be stars. Changes nothing else.
    pub fn show_secrets(&mut self) {
        self.tracer.show_secrets();
    }

    /// Asks for the letters that are filed from now on. Whoever wants them takes them now and then
    /// ([`World::take_filed`]); what is in the mailboxes is another matter.
    pub fn watch_mailboxes(&mut self) {
        self.filed.get_or_insert_default();
    }

    /// The letters that were filed since this was last asked, in order.
    pub fn take_filed(&mut self) -> Vec<Filed> {
        self.filed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Asks for what this mail is, from now on, whenever it is composed, accepted or filed. Nothing of other mails is kept.
    pub fn watch_mail(&mut self, mail: MailId) {
        self.held = Some(Held { mail, contents: Vec::new() });
    }

    /// The contents since this was last asked: one for each record of the mail that is `composed`, `accepted` or `delivered`,
    /// in their order.
    pub fn take_held(&mut self) -> Option<Held> {
        self.held.as_mut().map(|held| Held { mail: held.mail, contents: std::mem::take(&mut held.contents) })
    }

    /// Asks for what one needs to read sealed connections, from now on: lines of a key log (draft-ietf-tls-keylogfile).
    pub fn watch_secrets(&mut self) {
        self.secrets.get_or_insert_default();
    }

    /// The lines of the key log since this was last asked, in order.
    pub fn take_secrets(&mut self) -> Vec<Arc<str>> {
        self.secrets.as_mut().map(std::mem::take).unwrap_or_default()
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
        self.pipes.connections()
    }

    /// Packets so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.network.packets()
    }

    /// Runs until `deadline`, or until nothing is left to happen, or for `max_events` events. A ledger violation halts
    /// the run; [`World::audit`] says what it is.
    pub fn run_until(&mut self, deadline: Instant, max_events: u64) -> StopReason {
        let last = self.engine.executed().saturating_add(max_events);
        loop {
            // At one instant, faults and agents come before packets: a fault holds from its very instant on.
            let own = self.engine.next_time();
            let limit = own.map_or(deadline, |own| own.before().min(deadline));
            if self.engine.executed() >= last && self.next_time().is_some_and(|at| at <= deadline) {
                return StopReason::EventLimit;
            }
            if let Some(at) = self.network.step_until(limit) {
                self.engine.pass(at);
                // Of what happens in a network, a third are timers of what has moved on.
                if !self.network.is_silent() {
                    self.settle();
                }
            } else if own.is_some_and(|own| own <= deadline) {
                self.dispatch();
            } else if self.next_time().is_none() {
                return StopReason::Idle;
            } else {
                self.engine.rest_until(deadline);
                self.active_at = self.active_at.max(deadline);
                return StopReason::Deadline;
            }
            while !self.watch.fired.is_empty() {
                self.fire_triggers();
            }
            if self.ledger.violation().is_some() {
                return StopReason::Halted;
            }
        }
    }

    fn next_time(&mut self) -> Option<Instant> {
        match (self.engine.next_time(), self.network.poll_timeout()) {
            (Some(own), Some(network)) => Some(own.min(network)),
            (own, network) => own.or(network),
        }
    }
}
