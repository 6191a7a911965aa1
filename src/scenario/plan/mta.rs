//! Mail transfer agents of a plan.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::Arc;

use super::sending::Sending;
use super::tls::Certificate;
use crate::agent::mta::{Callers, ReplyRule, Rules, Service};
use crate::identity::{Domain, Mailbox};
use crate::policy::greylist::GreylistConfig;
use crate::sasl::Accounts;
use crate::smtp::server;
use crate::trace::HostId;

/// A mail transfer agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MtaPlan {
    /// The domains that it receives mail for and delivers in.
    pub domains: Vec<LocalDomain>,
    /// Domains that it takes mail for and passes on (a backup MX, a gateway).
    pub relay_for: Vec<Domain>,
    /// Of some of them, the local parts that have a mailbox there; nobody else's mail is taken.
    pub relay_recipients: Vec<(Domain, Vec<Arc<str>>)>,
    /// The hosts whose mail it passes on to anywhere.
    pub clients: Vec<HostId>,
    /// The hosts that may connect.
    pub callers: Callers<HostId>,
    /// Where all mail goes that is not for here; none means by MX.
    pub smarthost: Option<HostId>,
    /// Where mail for certain domains goes, whatever the DNS says.
    pub routes: Vec<(Domain, HostId)>,
    /// Where mail for certain domains goes by LMTP, and the port there.
    pub mailbox_servers: Vec<(Domain, HostId, u16)>,
    /// Mail for the first goes on to the others instead.
    pub forwards: Vec<(Mailbox, Vec<Mailbox>)>,
    /// Who gets a copy of its reports of failure.
    pub copies_undelivered_to: Option<Mailbox>,
    /// The domain that its own people's mail shows in its reverse-path.
    pub masquerades_as: Option<Domain>,
    /// How it sends.
    pub sending: Sending,
    /// Whether it keeps mailboxes and does nothing else.
    pub only_mailboxes: bool,
    /// The ports that it listens on, and what it serves there. Sorted, each port once.
    pub listens: Vec<(u16, Service)>,
    /// The addresses at which it listens. Empty: all of its own.
    pub bound_to: Vec<IpAddr>,
    /// Who can log in.
    pub accounts: Option<Arc<Accounts>>,
    /// How many bytes mailboxes may have: those with these local parts, and all others.
    pub quotas: (Vec<(Arc<str>, u64)>, Option<u64>),
    /// The ports where nobody hands mail over without a login.
    pub requires_login: Vec<u16>,
    /// The ports where nothing is done before the connection is sealed.
    pub requires_tls: Vec<u16>,
    /// The port of its smarthost.
    pub smarthost_port: u16,
    /// What it shows to clients that want TLS; none is no TLS.
    pub certificate: Option<Certificate>,
    /// How it speaks to clients.
    pub server: Arc<server::Config>,
    /// What it does with mail.
    pub rules: Rules,
    /// Lets strangers come twice.
    pub greylist: Option<GreylistConfig>,
    /// Replies that the script puts in the place of its own.
    pub replies: Vec<ScriptedReply>,
    /// The addresses that it sends from, taken in turn by connection. Empty: its own address.
    pub outbound_addresses: Vec<Ipv4Addr>,
}

/// A domain whose mailboxes are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDomain {
    /// The domain.
    pub domain: Domain,
    /// The local parts that have a mailbox, in the order of the file.
    pub mailboxes: Vec<Arc<str>>,
    /// Whether every other local part has one, too.
    pub catch_all: bool,
}

/// A reply that the scenario puts in the place of the server's own: a fault with a place and a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedReply {
    /// The bytes of the file that say it.
    pub span: Range<usize>,
    /// When, and what.
    pub rule: ReplyRule,
}
