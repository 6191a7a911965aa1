//! What a story is made of: lines of their own, and hops.

use std::borrow::Cow;

use super::super::Line;
use crate::sim::Instant;
use crate::trace::{ConnId, Dialect, HostId, MailId, QueueName, Server, What};

/// One hop of one mail on one connection, or what else is said on a connection.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) client: HostId,
    pub(super) server: Option<HostId>,
    pub(super) mail: Option<MailId>,
    pub(super) number: Option<u16>,
    pub(super) attempt: Option<u32>,
    pub(super) next_hop: Server,
    pub(super) port: Option<u16>,
    pub(super) conn: Option<ConnId>,
    /// What the heading ends with.
    pub(super) remark: Cow<'static, str>,
    /// When the last line was said.
    pub(super) last: Instant,
    pub(super) lines: Vec<(Instant, Line)>,
    pub(super) is_open: bool,
    pub(super) is_closed: bool,
    /// At how many of its ends the connection is over.
    pub(super) ends: u8,
    /// Lines that still wait for what becomes of a packet.
    pub(super) waits: u32,
    /// What is spoken.
    pub(super) dialect: Dialect,
    /// What came of a look into a mailbox.
    pub(super) look: Look,
}

/// What came of a look into a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Look {
    /// It is none, or nothing is known.
    #[default]
    Open,
    /// Nothing: in words.
    Nothing(String),
    /// Something was done.
    Something,
}

impl Look {
    /// Another record about it.
    pub(super) fn see(&mut self, what: &What, words: impl FnOnce() -> String) {
        *self = match (&*self, what) {
            (Look::Open | Look::Nothing(_), What::Checked { new: 0, .. }) => Look::Nothing(words()),
            (Look::Open, What::Unfetched { .. }) => Look::Nothing(words()),
            _ => Look::Something,
        };
    }
}

/// What a line of its own is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A mail is composed.
    Composed,
    /// Names are asked for, answered or remembered.
    Names,
    /// An attempt begins with a mail that was deferred.
    Begins,
    /// An attempt ends with a mail that is deferred.
    Defers,
    /// Somebody could not look into a mailbox.
    NoLook,
    /// Anything else.
    Other,
}

impl Kind {
    pub(super) fn of(what: &What) -> Kind {
        match what {
            What::Composed { .. } => Kind::Composed,
            What::Question { .. } | What::Answer { .. } | What::Lookup { .. } => Kind::Names,
            // What follows from the names that were found.
            What::Policy { policy, .. } if &**policy == "route" => Kind::Names,
            What::Queue { queue: QueueName::Active, .. } => Kind::Begins,
            What::Queue { queue: QueueName::Deferred, .. } => Kind::Defers,
            What::Unfetched { .. } => Kind::NoLook,
            _ => Kind::Other,
        }
    }
}

/// A line of its own.
#[derive(Clone)]
pub(super) struct Note {
    pub(super) line: Line,
    pub(super) host: HostId,
    pub(super) mail: Option<MailId>,
    pub(super) kind: Kind,
    /// Whether it still waits for an answer, or for what becomes of a packet.
    pub(super) waits: u32,
}

#[derive(Clone)]
pub(super) enum Item {
    Line(Note),
    Hop(Hop),
}
