//! Hosts of a plan.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::mta::MtaPlan;
use super::sending::Sending;
use super::tls::TlsDemand;
use super::zones::ZoneIndex;
use crate::agent::reader;
use crate::identity::{Domain, Mailbox};
use crate::net::tcp;
use crate::sim::calendar::Calendar;
use crate::sim::{Duration, Instant};
use crate::trace::HostId;

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPlan {
    /// Its name in the file.
    pub name: Arc<str>,
    /// Its name in the DNS; none for a name of one label, such as `laptop`.
    pub domain: Option<Domain>,
    /// Its address.
    pub ipv4: Ipv4Addr,
    /// Its IPv6 address, where asked for.
    pub ipv6: Option<Ipv6Addr>,
    /// Its TCP; none means the scenario's.
    pub tcp: Option<tcp::Config>,
    /// Whom it asks; none means the implied name server.
    pub resolver: Option<HostId>,
    /// What its clock shows.
    pub calendar: Calendar,
    /// What it does.
    pub role: Role,
}

/// What a host does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A person's machine.
    User(UserPlan),
    /// A mail transfer agent.
    Mta(Box<MtaPlan>),
    /// A name server.
    NameServer(NameServerPlan),
    /// Passes packets on.
    Router,
}

/// Where people hand their mail in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitsTo {
    /// At this MTA.
    Host(HostId),
    /// At a server that the author's domain names in the DNS (RFC 6186).
    Discovered,
}

/// A mail user agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPlan {
    /// Whose mail it composes.
    pub mailboxes: Vec<Mailbox>,
    /// Where it hands mail in; none for a host whose every mail says `via`.
    pub submits_to: Option<SubmitsTo>,
    /// The port of a server that is named: 587 for submission, 465 for submission that is sealed from the first byte on.
    pub port: u16,
    /// How it sends.
    pub sending: Sending,
    /// How it takes mail out of mailboxes.
    pub reading: ReadingPlan,
}

/// How a person's machine takes mail out of mailboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadingPlan {
    /// The mailboxes.
    pub accounts: Vec<AccountPlan>,
    /// What the person does when, in order of time.
    pub acts: Vec<reader::Act>,
    /// When the machine is not connected to anything: from, to. In order of time.
    pub offline: Vec<(Instant, Instant)>,
}

/// A mailbox that is looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPlan {
    /// At this MTA; none: at a server that its domain names in the DNS (RFC 6186).
    pub server: Option<HostId>,
    /// What is wanted of TLS.
    pub tls: TlsDemand,
    /// Everything else.
    pub account: reader::Account,
}

/// A name server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameServerPlan {
    /// The zones that it is authoritative for.
    pub zones: Vec<ZoneIndex>,
    /// Asks others on behalf of clients.
    pub recursive: bool,
    /// How long it thinks about a question.
    pub processing: Duration,
}
