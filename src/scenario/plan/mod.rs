//! [`Plan`]: a scenario after all checks. Plain data, every default resolved, every name an index.
//!
//! Nothing here can be wrong any more: a host index is in range, an address is used once, the network is connected,
//! times are in order. The world is built from this and from a seed. There are no floating-point numbers.
//!
//! What a machine is set up with stands here in the machine's own type, and is handed over as it is. Hosts that are set
//! up alike (the sites of `sites`) share it.

mod faults;
mod hosts;
mod mail;
mod mta;
mod sending;
mod tls;
mod zones;

use std::net::Ipv4Addr;
use std::sync::Arc;

pub use faults::{FaultPlan, Trigger};
pub use hosts::{AccountPlan, HostPlan, NameServerPlan, ReadingPlan, Role, SubmitsTo, UserPlan};
pub use mail::{MailPlan, TrafficPlan};
pub use mta::{LocalDomain, MtaPlan, ScriptedReply};
pub use sending::Sending;
pub use tls::{Certificate, Standing, TlsDemand, TlsVersions};
pub use zones::{ZoneIndex, ZonePlan};

use super::Expectation;
use crate::net::lane::LaneSpec;
use crate::net::tcp;
use crate::sim::Duration;
use crate::trace::HostId;

/// The address kept free for a name server that no scenario has to name.
pub const IMPLIED_NAME_SERVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 53);

/// A whole scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it is called.
    pub title: String,
    /// What to look at, in the author's words; empty where nothing was written.
    pub about: String,
    /// The seed, where the command line gives no other. Default 1.
    pub seed: u64,
    /// The date at the beginning, in seconds since 1970 (Universal Time).
    pub start_unix_secs: i64,
    /// The run ends when nothing is left to happen, but never later than this.
    pub run_for: Duration,
    /// The TCP of hosts that have none of their own.
    pub tcp: tcp::Config,
    /// One-way latency between a host and the implied name server. Of no meaning where the file has name servers.
    pub resolver_latency: Duration,
    /// Whether mailboxes keep the letters that are filed in them, or only what is known about them.
    pub keep_mail: bool,
    /// The hosts, in the order of the file (generated sites come last). [`HostId`] counts from 0 in this order.
    pub hosts: Vec<HostPlan>,
    /// The links.
    pub links: Vec<LinkPlan>,
    /// The zones of the DNS: written, and derived from hosts and domains. Reverse zones are among them.
    pub zones: Vec<ZonePlan>,
    /// Mail to send, in the order of the file.
    pub mail: Vec<MailPlan>,
    /// Generators of mail.
    pub traffic: Vec<TrafficPlan>,
    /// What goes wrong when, in the order of the file. Those with a time are in the order of time.
    pub faults: Vec<FaultPlan>,
    /// What the file claims about the run.
    pub expectations: Vec<Expectation>,
}

impl Plan {
    /// A host.
    #[must_use]
    pub fn host(&self, id: HostId) -> &HostPlan {
        &self.hosts[id.0 as usize]
    }
    /// Whether a mail program looks into mailboxes of a host: one that names it, or one that asks a domain of it.
    #[must_use]
    pub fn is_read(&self, id: HostId) -> bool {
        let Role::Mta(mta) = &self.host(id).role else { return false };
        let reads = |account: &AccountPlan| match account.server {
            Some(server) => server == id,
            None => mta.domains.iter().any(|local| local.domain == account.account.mailbox.to_domain()),
        };
        let users =
            self.hosts.iter().filter_map(|host| if let Role::User(user) = &host.role { Some(user) } else { None });
        users.flat_map(|user| &user.reading.accounts).any(reads)
    }
    /// The host of this name.
    #[must_use]
    pub fn find_host(&self, name: &str) -> Option<HostId> {
        self.hosts.iter().position(|h| &*h.name == name).map(|i| HostId(i as u32))
    }
    /// Whether hosts need the implied name server: some zone has no server of its own, or some host no resolver.
    #[must_use]
    pub fn needs_implied_name_server(&self) -> bool {
        self.zones.iter().any(|z| z.servers.is_empty()) || self.hosts.iter().any(|h| h.resolver.is_none())
    }
}

/// A link between two hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPlan {
    /// One end.
    pub a: HostId,
    /// The other end.
    pub b: HostId,
    /// From `a` to `b`.
    pub forward: LaneSpec,
    /// From `b` to `a`.
    pub back: LaneSpec,
    /// How people call it: the preset's name, or its numbers.
    pub label: Arc<str>,
}
