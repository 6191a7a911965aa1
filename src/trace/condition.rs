//! What is out of the ordinary, and for how long: changes of the world that the scenario makes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::HostId;

/// What changes. In JSON the name of the variant stands in `of`, in snake_case.
///
/// Of several changes of one thing that last at the same time, the one that began last holds. One that has no end
/// (no `until`) is how things are from then on: it puts an end to all earlier ones of the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Change {
    /// A link carries nothing, or carries packets again.
    Link {
        /// One end.
        a: HostId,
        /// The other end.
        b: HostId,
        /// Whether it carries anything.
        up: bool,
    },
    /// A host is off, or runs again.
    Host {
        /// Which.
        host: HostId,
        /// Whether it runs.
        up: bool,
    },
    /// A link loses packets by chance.
    Loss {
        /// One end.
        a: HostId,
        /// The other end.
        b: HostId,
        /// In each direction, in parts per million.
        ppm: u32,
    },
    /// A link has another latency.
    Latency {
        /// One end.
        a: HostId,
        /// The other end.
        b: HostId,
        /// In each direction, in nanoseconds.
        latency_ns: u64,
    },
    /// Somebody on a link writes over what passes, in both directions.
    Tamper {
        /// One end.
        a: HostId,
        /// The other end.
        b: HostId,
        /// What he looks for in each packet.
        find: Arc<str>,
        /// What he writes over it.
        put: Arc<str>,
    },
    /// A link forgets TCP connections that are silent for too long, as a NAT or a stateful firewall does (RFC 5382 §5).
    Forgets {
        /// One end.
        a: HostId,
        /// The other end.
        b: HostId,
        /// How long one may be silent in both directions, in nanoseconds.
        after_ns: u64,
    },
    /// The next packets into a link are lost.
    Drop {
        /// One end.
        a: HostId,
        /// The other end.
        b: HostId,
        /// Those that this host sends; none means both ends, each for itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<HostId>,
        /// How many.
        packets: u64,
    },
    /// A name server answers in another way.
    NameServer {
        /// Which.
        server: HostId,
        /// How it answers.
        mode: ServerMode,
    },
    /// The records of a name and type change, on every server that has the zone.
    Records {
        /// The owner.
        name: Arc<str>,
        /// The type, such as `MX`.
        rtype: Arc<str>,
        /// What is done with those that are there.
        edit: RecordEdit,
        /// What is put there, in presentation format.
        records: Vec<Arc<str>>,
    },
}

/// How a name server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMode {
    /// As it should.
    Working,
    /// Not at all.
    Silent,
    /// SERVFAIL to everything (RFC 1035 §4.1.1).
    ServFail,
    /// REFUSED to everything.
    Refused,
}

/// What is done with the records of a name and type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordEdit {
    /// These take their places.
    Set,
    /// These come to them.
    Add,
    /// They go away.
    Remove,
}

/// Whether a condition comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionStep {
    /// It begins.
    Begins,
    /// It ends.
    Ends,
}

impl Change {
    /// Whether it mends: the link, host or name server is as it should be.
    #[must_use]
    pub fn mends(&self) -> bool {
        matches!(
            self,
            Change::Link { up: true, .. }
                | Change::Host { up: true, .. }
                | Change::NameServer { mode: ServerMode::Working, .. }
        )
    }

    /// The two ends of the link that it is about.
    #[must_use]
    pub fn link(&self) -> Option<[HostId; 2]> {
        match self {
            Change::Link { a, b, .. }
            | Change::Loss { a, b, .. }
            | Change::Latency { a, b, .. }
            | Change::Tamper { a, b, .. }
            | Change::Forgets { a, b, .. }
            | Change::Drop { a, b, .. } => Some([*a, *b]),
            Change::Host { .. } | Change::NameServer { .. } | Change::Records { .. } => None,
        }
    }

    /// Whether another change is one of the same thing.
    #[must_use]
    pub fn is_of_the_same(&self, other: &Change) -> bool {
        match (self, other) {
            (Change::Host { host: a, .. }, Change::Host { host: b, .. }) => a == b,
            (Change::NameServer { server: a, .. }, Change::NameServer { server: b, .. }) => a == b,
            (Change::Records { name: a, rtype: t, .. }, Change::Records { name: b, rtype: u, .. }) => a == b && t == u,
            _ => {
                std::mem::discriminant(self) == std::mem::discriminant(other)
                    && self.link().is_some()
                    && self.link() == other.link()
            }
        }
    }
}
