//! [`Plan`]: a scenario after all checks. Plain data, every default resolved, every name an index.
//!
//! Nothing here can be wrong any more: a host index is in range, an address is used once, the network is connected,
//! times are in order. The world is built from this and from a seed. There are no floating-point numbers.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::Arc;

use super::Expectation;
use crate::agent::mta::{SenderDomain, Service, Stage, UnknownUsers};
use crate::identity::{Domain, Mailbox};
use crate::net::tcp;
use crate::policy::greylist::GreylistConfig;
use crate::queue::Schedule;
use crate::sim::{Distribution, Duration, Instant};
use crate::smtp::Offer;
use crate::smtp::timeouts::Patience;
use crate::trace::HostId;
use crate::world::Change;

/// The address kept free for a name server that no scenario has to name.
pub const IMPLIED_NAME_SERVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 53);

/// A link: its place in [`Plan::links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkIndex(pub u32);

/// A zone: its place in [`Plan::zones`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneIndex(pub u32);

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
    /// How its clock differs from the true time.
    pub clock: ClockPlan,
    /// What it does.
    pub role: Role,
}

/// What a host's clock shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockPlan {
    /// Seconds that it is ahead of the true time (negative: behind).
    pub ahead_secs: i64,
    /// Minutes east of Universal Time.
    pub zone_minutes: i16,
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

/// A mail user agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPlan {
    /// Whose mail it composes.
    pub mailboxes: Vec<Mailbox>,
    /// The MTA that it hands mail to; none for a host whose every mail says `via`.
    pub submits_to: Option<HostId>,
    /// The port there: 587 for submission.
    pub port: u16,
    /// How it speaks.
    pub client: ClientPlan,
}

/// A mail transfer agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MtaPlan {
    /// The domains that it receives mail for and delivers in.
    pub domains: Vec<LocalDomain>,
    /// Domains that it takes mail for and passes on (a backup MX, a gateway).
    pub relay_for: Vec<Domain>,
    /// The hosts whose mail it passes on to anywhere.
    pub clients: Vec<HostId>,
    /// Passes on mail from everybody to everywhere.
    pub open_relay: bool,
    /// Where all mail goes that is not for here; none means by MX.
    pub smarthost: Option<HostId>,
    /// Where mail for certain domains goes, whatever the DNS says.
    pub routes: Vec<(Domain, HostId)>,
    /// Mail for the first goes on to the others instead.
    pub forwards: Vec<(Mailbox, Vec<Mailbox>)>,
    /// When it tries again.
    pub retry: RetryPlan,
    /// How it sends.
    pub client: ClientPlan,
    /// The ports that it listens on, and what it serves there. Sorted, each port once.
    pub listens: Vec<(u16, Service)>,
    /// How it receives.
    pub server: ServerPlan,
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

/// When an MTA tries again, and when it gives up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPlan {
    /// The times between attempts.
    pub schedule: Schedule,
    /// How long a mail is tried before it bounces.
    pub lifetime: Duration,
    /// After what time the author is told that it takes long.
    pub delay_warning: Option<Duration>,
}

/// How a client speaks SMTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPlan {
    /// Begins with EHLO; otherwise with HELO, and uses no extension.
    pub esmtp: bool,
    /// Uses PIPELINING where it is offered.
    pub pipelining: bool,
    /// Connections at a time to one destination.
    pub concurrency: u32,
    /// Deliveries at a time, to all destinations together.
    pub deliveries: u32,
    /// Mails on one connection before it is closed. 1 means no reuse.
    pub mails_per_connection: u32,
    /// How long an idle connection is kept for another mail.
    pub idle: Duration,
    /// Sessions of one attempt in which a transaction is begun: 1 does not go on to the next exchanger after a 4yz.
    pub sessions_per_attempt: u32,
    /// Recipients in one transaction.
    pub recipients_per_transaction: u32,
    /// Whether the host remembers answers of the DNS itself.
    pub dns_cache: bool,
    /// How long it waits for a connection to open.
    pub connect_timeout: Duration,
    /// Whose times it has for each reply, and for blocks of content.
    pub patience: Patience,
    /// How long it waits for any reply, whatever its patience says.
    pub reply_timeout: Option<Duration>,
}

/// How a server speaks SMTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerPlan {
    /// The largest mail in bytes.
    pub max_size_bytes: u64,
    /// Recipients in one transaction.
    pub max_recipients: u32,
    /// Received fields before it says that mail loops.
    pub hop_limit: u32,
    /// What EHLO offers.
    pub offer: Offer,
    /// Knows EHLO at all.
    pub esmtp: bool,
    /// What it says to mailboxes that it has not got.
    pub unknown_users: UnknownUsers,
    /// What it wants of the senders of strangers.
    pub sender_domain: SenderDomain,
    /// Lets strangers come twice.
    pub greylist: Option<GreylistConfig>,
    /// Replies that the script puts in the place of its own.
    pub replies: Vec<ReplyRule>,
    /// How long a client may be silent.
    pub idle_timeout: Duration,
    /// How long it takes from the end of the data to its reply.
    pub processing: Duration,
}

/// A reply that the scenario puts in the place of the server's own: a fault with a place and a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyRule {
    /// The bytes of the file that say it.
    pub span: Range<usize>,
    /// Where.
    pub stage: Stage,
    /// Only for this address: the recipient at RCPT, the reverse-path everywhere else. Compared without case.
    pub matching: Option<Mailbox>,
    /// Only for this client.
    pub client: Option<HostId>,
    /// Only the events with these numbers, counted from 1 among those that match the other conditions: first and
    /// last, both included.
    pub nth: (u64, u64),
    /// Only from this time on.
    pub from: Instant,
    /// Only until this time.
    pub until: Instant,
    /// What is said.
    pub reply: ReplyText,
    /// Closes the connection afterwards.
    pub close: bool,
}

/// An SMTP reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyText {
    /// The code, 200 to 599.
    pub code: u16,
    /// The enhanced status code, where one was written.
    pub enhanced: Option<(u8, u16, u16)>,
    /// The text after it, of printable ASCII.
    pub text: Arc<str>,
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

/// A zone of the DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonePlan {
    /// Its top.
    pub origin: Domain,
    /// The hosts that serve it; empty means the implied name server.
    pub servers: Vec<HostId>,
    /// Its records. SOA and the NS records at the top are not among them: they follow from `servers`.
    pub records: Vec<RecordPlan>,
    /// How long "there is no such thing" may be remembered (RFC 2308).
    pub negative_ttl: Duration,
    /// Whether the file wrote it (otherwise it follows from hosts and domains).
    pub written: bool,
}

/// A record of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPlan {
    /// Its owner, in full.
    pub name: Domain,
    /// How long it may be remembered, in whole seconds.
    pub ttl_secs: u32,
    /// What it says.
    pub data: RecordData,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A mail exchanger.
    Mx {
        /// Lower comes first.
        preference: u16,
        /// Its name; none is the null MX of RFC 7505 (`MX 0 .`).
        exchange: Option<Domain>,
    },
    /// Another name for the owner.
    Cname(Domain),
    /// The name of an address.
    Ptr(Domain),
    /// A name server of a zone below.
    Ns(Domain),
    /// Text.
    Txt(Arc<str>),
}

impl RecordData {
    /// The type's name, such as `MX`.
    #[must_use]
    pub fn rtype(&self) -> &'static str {
        match self {
            RecordData::A(_) => "A",
            RecordData::Aaaa(_) => "AAAA",
            RecordData::Mx { .. } => "MX",
            RecordData::Cname(_) => "CNAME",
            RecordData::Ptr(_) => "PTR",
            RecordData::Ns(_) => "NS",
            RecordData::Txt(_) => "TXT",
        }
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
    pub forward: LinkSpec,
    /// From `b` to `a`.
    pub back: LinkSpec,
    /// How people call it: the preset's name, or its numbers.
    pub label: Arc<str>,
}

/// One direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSpec {
    /// One-way latency.
    pub latency: Duration,
    /// Up to this much more, evenly spread; packets do not overtake each other.
    pub jitter: Duration,
    /// Bits per second; none means no limit.
    pub bandwidth_bps: Option<u64>,
    /// How much waits before a packet is dropped. Of no meaning without a bandwidth.
    pub buffer_bytes: u64,
    /// Chance of loss for a packet, in parts per million.
    pub loss_ppm: u32,
    /// The largest packet in bytes, IP header included.
    pub mtu: u16,
}

/// One line of the file's `mail`: one mail, or several of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPlan {
    /// When the first is sent.
    pub at: Instant,
    /// The host that composes it: always a [`Role::User`].
    pub host: HostId,
    /// The server that it is handed to.
    pub submit_to: HostId,
    /// The port there.
    pub port: u16,
    /// The reverse-path; none is `<>`.
    pub reverse_path: Option<Mailbox>,
    /// The forward-paths: to, cc and bcc, or what the file wrote for the envelope alone. Never empty, no duplicates.
    pub recipients: Vec<Mailbox>,
    /// The `From` field: a display name and an address, ready to write.
    pub header_from: Arc<str>,
    /// The `To` field.
    pub header_to: Vec<Arc<str>>,
    /// The `Cc` field.
    pub header_cc: Vec<Arc<str>>,
    /// The subject; may hold any letters, but no line end.
    pub subject: Arc<str>,
    /// The text; lines end with `\n`.
    pub text: Arc<str>,
    /// Further fields.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// The body is padded until the whole content has this size.
    pub size_bytes: Option<u64>,
    /// How many.
    pub count: u64,
    /// Time between one and the next, in nanoseconds.
    pub every: Distribution,
}

/// A generator of mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficPlan {
    /// Its name, for its random stream.
    pub name: Arc<str>,
    /// Who writes: a [`Role::User`] host and one of its mailboxes. One is drawn for each mail.
    pub from: Vec<(HostId, Mailbox)>,
    /// For whom. One is drawn for each mail. Shared by all who write.
    pub to: Arc<[Mailbox]>,
    /// Time between one mail of this generator and the next, in nanoseconds.
    pub every: Distribution,
    /// Size of the content in bytes.
    pub size_bytes: Distribution,
    /// Sizes are held below this.
    pub max_size_bytes: u64,
    /// The first mail comes one gap after this time.
    pub start: Instant,
    /// No mail after this time.
    pub stop: Instant,
    /// No more mails than this.
    pub count: u64,
    /// The subject; `{n}` in it is the mail's number.
    pub subject: Arc<str>,
}

/// Something that goes wrong, or is mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    /// The bytes of the file that say it.
    pub span: Range<usize>,
    /// When.
    pub when: Trigger,
    /// For how long; none is for good, or for as long as a [`Change::Drop`] lasts by itself.
    pub lasting: Option<Duration>,
    /// What, as the world has it. Links have the same numbers there as here.
    pub what: Change,
}

/// When a fault happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// At a time.
    At(Instant),
    /// When a host sends or receives its n-th line of SMTP that begins like this.
    Line {
        /// The host.
        host: HostId,
        /// Sent by it (the line is already on its way to the network: a link that goes down now takes it), or
        /// received by it.
        sent: bool,
        /// How the line begins; upper and lower case count as the same.
        begins: Arc<str>,
        /// Which of the lines, from 1.
        nth: u64,
    },
    /// When a host has read the final dot of its n-th mail, before it answers (RFC 1047).
    FinalDot {
        /// The server.
        host: HostId,
        /// Which of the mails, from 1.
        nth: u64,
    },
}
