//! The DNS of a plan.

use crate::dns::Record;
use crate::identity::Domain;
use crate::sim::Duration;
use crate::trace::HostId;

/// A zone: its place in `Plan::zones`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneIndex(pub u32);

/// A zone of the DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonePlan {
    /// Its top.
    pub origin: Domain,
    /// The hosts that serve it; empty means the implied name server.
    pub servers: Vec<HostId>,
    /// Its records. SOA and the NS records at the top are not among them: they follow from `servers`.
    pub records: Vec<Record>,
    /// How long "there is no such thing" may be remembered (RFC 2308).
    pub negative_ttl: Duration,
    /// Whether the file wrote it (otherwise it follows from hosts and domains).
    pub written: bool,
}
