//! What a ladder shows, before anything has a place: columns, arrows, notes and bars.

use crate::sim::Instant;
use crate::trace::{ConnId, HostId};

use super::super::icons::Role;
use super::super::time_axis::TimeAxis;

/// A moment: its time, and its place among the moments of the same time.
pub(super) type Moment = (Instant, usize);

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ArrowKind {
    Command,
    Reply,
    Refusal,
    Content,
    Question,
    Answer,
    /// Connection set-up.
    Connect,
    /// A connection that is not accepted.
    Refused,
    Packet,
}

/// Something that one host tells another.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub(super) from: HostId,
    pub(super) to: HostId,
    pub(super) sent: Moment,
    /// Arrival; none where it never arrived.
    pub(super) received: Option<Moment>,
    pub(super) kind: ArrowKind,
    pub(super) words: String,
    /// Whether any of its records belongs to the scope.
    pub(super) in_scope: bool,
    /// Whether it went through TLS.
    pub(super) sealed: bool,
    /// Of what is said on a connection.
    pub(super) conn: Option<ConnId>,
    /// Of a DNS question and its answer: what the two have in common.
    pub(super) exchange: Option<usize>,
}

impl Arrow {
    /// When it came to an end.
    pub(super) fn end(&self) -> Moment {
        self.received.map_or(self.sent, |received| received.max(self.sent))
    }
}

/// What a note tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NoteKind {
    Good,
    Wait,
    Bad,
    Plain,
}

/// Something that happens at one host.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) host: HostId,
    pub(super) at: Moment,
    pub(super) kind: NoteKind,
    pub(super) words: String,
    /// What it took to get there.
    pub(super) took: Option<String>,
    /// Faults are shown only where their host takes part.
    pub(super) fault: bool,
    /// Of a fault of a link: its other end.
    pub(super) link_to: Option<HostId>,
    /// Whether it only says what a cache knew.
    pub(super) remembers: bool,
}

impl Note {
    /// Everything in one line.
    pub(super) fn said(&self) -> String {
        match &self.took {
            Some(took) => format!("{}, {took}", self.words),
            None => self.words.clone(),
        }
    }
}

/// One side of a lifeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

/// A stretch of time in which something is out of order at a host, or on its link to another.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) host: HostId,
    /// The other end, where it is the link.
    pub(super) link_to: Option<HostId>,
    /// Of a link that leads to a lifeline: the side of the host's lifeline where that is.
    pub(super) side: Option<Side>,
    pub(super) from: Moment,
    pub(super) to: Option<Moment>,
}

/// The head of a lifeline.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) host: HostId,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) address: String,
    pub(super) implied: bool,
}

/// A ladder without places.
pub(super) struct Model {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) columns: Vec<Column>,
    pub(super) arrows: Vec<Arrow>,
    /// What travels together, by the index of the arrow: lines of one side that leave and arrive in the same instant.
    pub(super) bundles: Vec<Vec<usize>>,
    pub(super) notes: Vec<Note>,
    pub(super) bars: Vec<Bar>,
    /// How many arrows and notes are left out at the end.
    pub(super) more: usize,
    pub(super) axis: TimeAxis,
}

impl Model {
    /// The column of a host.
    pub(super) fn column(&self, host: HostId) -> Option<usize> {
        self.columns.iter().position(|column| column.host == host)
    }
}
