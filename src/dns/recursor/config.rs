//! How a recursor works, and where it begins.

use std::net::IpAddr;

use crate::dns::Name;
use crate::sim::Duration;

/// A server of the root zone, known beforehand (RFC 1034 §5.3.2 SBELT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootHint {
    /// Its name.
    pub name: Name,
    /// Its address.
    pub address: IpAddr,
}

/// How a recursor works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecursorConfig {
    /// Where the tree begins.
    pub roots: Vec<RootHint>,
    /// Whether servers are asked over IPv4.
    pub ipv4: bool,
    /// Whether servers are asked over IPv6.
    pub ipv6: bool,
    /// How long the first round waits for each server; each further round waits twice as long.
    pub first_timeout: Duration,
    /// How long a question may take altogether.
    pub total_timeout: Duration,
    /// How long a TCP exchange may take.
    pub tcp_timeout: Duration,
    /// How many sets of records to remember.
    pub cache_capacity: usize,
    /// The longest time for which records are remembered (BIND's max-cache-ttl: 7 days).
    pub max_ttl: Duration,
    /// The longest time for which denials are remembered (RFC 2308 §5 advises one to three hours).
    pub max_negative_ttl: Duration,
    /// How long failures are remembered (RFC 9520 §3.2: at least one second, at most five minutes).
    pub failure_ttl: Duration,
}

impl RecursorConfig {
    /// The usual way, from these roots, over IPv4 only.
    #[must_use]
    pub fn new(roots: Vec<RootHint>) -> RecursorConfig {
        RecursorConfig {
            roots,
            ipv4: true,
            ipv6: false,
            first_timeout: Duration::from_millis(800),
            total_timeout: Duration::from_secs(10),
            tcp_timeout: Duration::from_secs(4),
            cache_capacity: 100_000,
            max_ttl: Duration::from_hours(7 * 24),
            max_negative_ttl: Duration::from_hours(3),
            failure_ttl: Duration::from_secs(5),
        }
    }
}
