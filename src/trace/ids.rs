//! What records call hosts, connections, mails and each other.

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);
    };
}

/// A host: its place in the [`Roster`](super::Roster).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u32);

impl HostId {
    /// No host at all: who has an address that nobody has. `null` in JSON.
    pub const NOBODY: HostId = HostId(u32::MAX);
}

impl Serialize for HostId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == HostId::NOBODY { serializer.serialize_none() } else { serializer.serialize_u32(self.0) }
    }
}

impl<'de> Deserialize<'de> for HostId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<HostId, D::Error> {
        Ok(Option::<u32>::deserialize(deserializer)?.map_or(HostId::NOBODY, HostId))
    }
}

number!(
    /// A connection, numbered from 1 in the order in which they were opened anywhere in the run. Both ends share it.
    ConnId(u64)
);
number!(
    /// A mail, numbered from 1 in the order in which they were composed. A bounce is a mail of its own; copies and
    /// forwards of a mail keep its number.
    MailId(u64)
);
number!(
    /// A record other than a packet's, numbered from 1.
    RecordId(u64)
);
