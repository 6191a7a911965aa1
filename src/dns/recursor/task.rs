//! One question on its way through the tree of names: how far it has come, and who waits for it.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::dns::exchange::Flight;
use crate::dns::lookup::MAX_CHAIN;
use crate::dns::{Message, Name, Peer, QueryId, Question, Record, RecordData, RecordType};
use crate::sim::Instant;

pub(super) type TaskId = u64;

/// Who waits for a task.
#[derive(Clone, Debug)]
pub(super) enum Waiter {
    Local(QueryId),
    Client { peer: Peer, query: Box<Message> },
    Parent(TaskId),
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) question: Question,
    pub(super) waiters: Vec<Waiter>,
    /// The aliases followed so far, with the instants at which they expire.
    pub(super) aliases: Vec<(Record, Instant)>,
    pub(super) deadline: Instant,
    pub(super) depth: u32,
    /// The name that is asked for now.
    pub(super) target: Name,
    /// The zone whose servers are asked, once it is known.
    pub(super) zone: Option<Name>,
    pub(super) servers: Vec<IpAddr>,
    pub(super) useless: Vec<IpAddr>,
    /// Servers whose addresses are not known yet.
    pub(super) unnamed: VecDeque<(Name, RecordType)>,
    /// The next server, and how many times all have been asked.
    pub(super) cursor: usize,
    pub(super) round: u32,
    pub(super) sent: u32,
    pub(super) referrals: u32,
    /// Something did not answer in time, which is then what is told.
    pub(super) timed_out: bool,
    /// This host had no port to ask over TCP from.
    pub(super) no_port: bool,
    /// It waits for its turn.
    pub(super) held: bool,
    pub(super) waiting_for: Option<TaskId>,
    pub(super) flight: Option<Flight>,
    pub(super) timer: Option<Instant>,
}

impl Task {
    /// The question as it is sent to servers.
    pub(super) fn sent_question(&self) -> Question {
        Question { name: self.target.clone(), rtype: self.question.rtype }
    }

    /// Forgets the servers: they are to be found again.
    pub(super) fn relocate(&mut self) {
        self.zone = None;
        self.servers.clear();
        self.useless.clear();
        self.unnamed.clear();
        (self.cursor, self.round) = (0, 0);
    }

    /// Goes on with the target of an alias; false when that leads in a circle or on and on.
    pub(super) fn follow(&mut self, alias: Record, expires: Instant) -> bool {
        let RecordData::Cname(target) = &alias.data else { return false };
        let target = target.clone();
        let again = target == self.question.name || target == alias.name;
        let again = again || self.aliases.iter().any(|(r, _)| r.name == target);
        self.aliases.push((alias, expires));
        self.target = target;
        self.relocate();
        !again && self.aliases.len() <= MAX_CHAIN
    }
}
