//! The record vocabulary. Every field that is written to a file is documented here; the schema test reads these names.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Change, ConditionStep, ConnId, Deed, Entity, HostId, MailId, Octets, RecordId, TlsStep};
use crate::sim::Instant;

/// Who takes part: the head of every trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// What the scenario is called.
    pub title: String,
    /// The seed of the run.
    pub seed: u64,
    /// The date at the beginning, in seconds since 1970 (Universal Time).
    pub start_unix_secs: i64,
    /// The hosts; [`HostId`] counts from 0 in this order.
    pub hosts: Vec<HostEntry>,
    /// The links.
    pub links: Vec<LinkEntry>,
}

/// One host of the [`Roster`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostEntry {
    /// Its name.
    pub name: Arc<str>,
    /// `user`, `mta`, `name server`, `router`.
    pub role: Arc<str>,
    /// Its addresses as text.
    pub addresses: Vec<Arc<str>>,
    /// Domains it receives mail for, and other short notes worth showing beside it.
    pub notes: Vec<Arc<str>>,
    /// Whether the scenario did not name this host but implied it (the name server of last resort).
    pub implied: bool,
}

/// One link of the [`Roster`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkEntry {
    /// One end.
    pub a: HostId,
    /// The other end.
    pub b: HostId,
    /// One-way latency from `a` to `b` in nanoseconds.
    pub latency_ns: u64,
    /// How people call it, such as `wifi` or `40 ms, 100 Mbit/s`.
    pub label: Arc<str>,
    /// Whether the scenario did not name this link but implied it.
    pub implied: bool,
}

/// One observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number; packets have their own numbers and none here.
    pub id: Option<RecordId>,
    /// When, by the simulation's clock.
    pub at: Instant,
    /// Where.
    pub host: HostId,
    /// The connection it belongs to.
    pub conn: Option<ConnId>,
    /// The mail it belongs to.
    pub mail: Option<MailId>,
    /// Which hop of the mail: 1 is the transfer from the author's user agent, 2 the next, and so on.
    pub hop: Option<u16>,
    /// The record that brought this one about.
    pub cause: Option<RecordId>,
    /// What was observed.
    pub what: What,
}

/// Which of the two roles of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The one that connected.
    Client,
    /// The one that listened.
    Server,
}

/// Which way a line or a packet goes, as seen from the record's host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Away from this host.
    Sent,
    /// Into this host.
    Received,
}

/// What carried a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// RFC 9293.
    Tcp,
    /// RFC 768.
    Udp,
}

/// A moment in the life of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PacketStep {
    /// The sending host handed it to the network.
    Sent,
    /// A host on the way passed it on.
    Forwarded,
    /// It reached the host it was for.
    Arrived,
    /// It will not arrive.
    Lost,
}

/// Why TCP sends bytes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatReason {
    /// The retransmission timer struck (RFC 6298).
    Timeout,
    /// Three duplicate acknowledgements came (RFC 5681, RFC 6582).
    Duplicates,
    /// What left later has arrived (RACK, RFC 8985).
    Rack,
    /// A tail loss probe (RFC 8985).
    Probe,
    /// A look whether the window of the other end has opened (RFC 9293 §3.8.6.1).
    Window,
    /// A SYN that nobody answered.
    Syn,
}

/// Why a packet was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// Chance, as the link is described.
    Noise,
    /// The link's buffer was full (drop-tail).
    BufferFull,
    /// The link was down.
    LinkDown,
    /// The host was down.
    HostDown,
    /// No route leads there.
    NoRoute,
    /// A fault of the scenario took this packet.
    Fault,
    /// The link forgets connections that are silent for too long, and knows the one that it is of no more (RFC 5382 §5).
    Forgotten,
}

/// What became of a connection, as one of its ends sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// The client begins to connect.
    Connecting,
    /// The handshake is complete at this end.
    Open,
    /// The other end has no such service.
    Refused,
    /// Nobody answered in time.
    TimedOut,
    /// The other end will send no more.
    PeerClosed,
    /// The other end broke the connection off.
    Reset,
    /// This end is done with it.
    Closed,
    /// It was never begun: every port of this host to that service is taken.
    NoPort,
}

/// Where a queued mail waits (the words of Postfix's queue manager).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueName {
    /// Just accepted.
    Incoming,
    /// Being delivered.
    Active,
    /// Waiting for another attempt.
    Deferred,
    /// No longer queued: every recipient has its verdict.
    Done,
}

/// What dialling a host meant for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The next host took responsibility (2yz).
    Accepted,
    /// Try again later (4yz, or the network failed).
    Deferred,
    /// Never (5yz, or waited too long).
    Failed,
}

/// A host that mail is handed to, as whoever hands it on knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Server {
    /// Its name.
    pub name: Arc<str>,
    /// The address that is dialled, as text.
    pub address: Arc<str>,
}

/// `name [address]`, as Postfix writes it.
impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{}]", self.name, self.address)
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What was observed. In JSON the name of the variant stands in `kind`, in snake_case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A step of a packet's journey. Only recorded on demand.
    Packet {
        /// Its number, from 1; every step of one packet has the same.
        packet: u64,
        /// The step.
        step: PacketStep,
        /// Where it comes from.
        from: HostId,
        /// Where it is to go; [`HostId::NOBODY`] where nobody has the address.
        to: HostId,
        /// TCP or UDP.
        transport: Transport,
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
        /// TCP flags in words, such as `SYN ACK`; empty for UDP.
        flags: Arc<str>,
        /// TCP sequence number relative to the connection's first; 0 for UDP.
        sequence: u32,
        /// TCP acknowledgement number relative to the connection's first; 0 where there is none.
        acknowledgement: u32,
        /// TCP receive window in bytes, scaled; 0 for UDP.
        window_bytes: u32,
        /// Payload in bytes.
        payload_bytes: u32,
        /// Whether TCP sends these bytes again.
        retransmission: bool,
        /// Why it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<RepeatReason>,
        /// Why it was lost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<LossReason>,
    },
    /// A connection changed state at this end.
    Connection {
        /// The new state.
        state: ConnectionState,
        /// Which end this is.
        side: Side,
        /// The other host; [`HostId::NOBODY`] where nobody has the address.
        peer: HostId,
        /// The server's port.
        port: u16,
    },
    /// A line of a text protocol, without its line end.
    Line {
        /// Sent or received by this host.
        direction: Direction,
        /// Whether this host is client or server of the connection.
        side: Side,
        /// The other host.
        peer: HostId,
        /// Whether it went through TLS.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        sealed: bool,
        /// The line.
        text: Octets,
    },
    /// Message content passed as a block: everything between 354 and the final dot.
    Content {
        /// Sent or received by this host.
        direction: Direction,
        /// Whether this host is client or server of the connection.
        side: Side,
        /// The other host.
        peer: HostId,
        /// Size in bytes without dot-stuffing and without the final dot.
        size_bytes: u64,
    },
    /// TLS on a connection, as this end sees it.
    Tls {
        /// Which end this is.
        side: Side,
        /// The other host.
        peer: HostId,
        /// How far it has come.
        tls: TlsStep,
    },
    /// A protocol session entered a state, in the RFC's words.
    Session {
        /// Which end this is.
        side: Side,
        /// The state.
        state: Arc<str>,
    },
    /// A DNS question leaves or reaches this host.
    Question {
        /// Sent or received.
        direction: Direction,
        /// The other host.
        peer: HostId,
        /// The DNS message id (RFC 1035 §4.1.1).
        query: u16,
        /// The name asked for.
        name: Arc<str>,
        /// The type asked for, such as `MX`.
        rtype: Arc<str>,
        /// UDP or TCP.
        transport: Transport,
    },
    /// A DNS response leaves or reaches this host.
    Answer {
        /// Sent or received.
        direction: Direction,
        /// The other host.
        peer: HostId,
        /// The DNS message id.
        query: u16,
        /// The name asked for.
        name: Arc<str>,
        /// The type asked for.
        rtype: Arc<str>,
        /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ...
        rcode: Arc<str>,
        /// The records of the answer section in presentation format.
        records: Vec<Arc<str>>,
        /// UDP or TCP.
        transport: Transport,
        /// Whether the response was cut short (TC).
        truncated: bool,
    },
    /// What a look-up came to for the agent that wanted to know.
    Lookup {
        /// The name asked for.
        name: Arc<str>,
        /// The type asked for.
        rtype: Arc<str>,
        /// The outcome in words: the records, `NXDOMAIN`, `SERVFAIL`, `timeout`, `busy` (nobody could be asked), ...
        result: Arc<str>,
        /// Whether it came out of a cache without asking anybody.
        cached: bool,
    },
    /// A user agent finished a mail (or an MTA a report).
    Composed {
        /// Author (the reverse-path it will be sent with; empty for a report, and for other mail that wants none).
        from: Arc<str>,
        /// Everybody it is for, blind copies included.
        to: Vec<Arc<str>>,
        /// The subject.
        subject: Arc<str>,
        /// Size in bytes.
        size_bytes: u64,
        /// The lines of its header section.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        header: Vec<Arc<str>>,
        /// What it is made of, itself first; the first 500 parts. Nothing where it is a single text of seven bits.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Entity>,
    },
    /// A server said 250 to the end of the data and took responsibility (RFC 5321 §4.2.5).
    Accepted {
        /// The server's name for it.
        queue_id: Arc<str>,
        /// The reverse-path.
        reverse_path: Arc<str>,
        /// The forward-paths.
        recipients: Vec<Arc<str>>,
        /// Size in bytes, received field included.
        size_bytes: u64,
        /// The lines that the server has put in front of what it was given. Everything else is as it was.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<Arc<str>>,
    },
    /// A queued mail moved.
    Queue {
        /// The server's name for it.
        queue_id: Arc<str>,
        /// Where to.
        queue: QueueName,
        /// Why.
        reason: Arc<str>,
        /// When it will be looked at again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// A host is dialled to hand a mail over, or a connection that is open is used again for it. An attempt is one round
    /// through the queue, in which many hosts may be dialled one after the other.
    Attempt {
        /// The server's name for it.
        queue_id: Arc<str>,
        /// The recipients it is for.
        recipients: Vec<Arc<str>>,
        /// The host that is dialled.
        next_hop: Server,
        /// In which attempt of this host for the mail, from 1.
        number: u32,
    },
    /// What came of an attempt for one recipient, or of one of the hosts that were dialled in it.
    Outcome {
        /// The server's name for the mail.
        queue_id: Arc<str>,
        /// The recipient.
        recipient: Arc<str>,
        /// The verdict.
        verdict: Verdict,
        /// In which attempt of this host for the mail, from 1.
        number: u32,
        /// The reply or the failure that decided it.
        reply: Octets,
        /// Who gave it; none when it was this host itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Server>,
    },
    /// A mail was filed in a mailbox: final delivery.
    Delivered {
        /// The server's name for it.
        queue_id: Arc<str>,
        /// The recipient.
        recipient: Arc<str>,
        /// The mailbox it was filed in.
        mailbox: Arc<str>,
        /// Its unique identifier there (RFC 9051 §2.3.1.1); left out where no mail program of the scenario looks.
        #[serde(default, skip_serializing_if = "is_zero")]
        uid: u32,
        /// Size in bytes as filed.
        size_bytes: u64,
        /// The lines that were put in front when it was filed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<Arc<str>>,
        /// What it is made of, itself first; the first 500 parts. Nothing where it is a single text of seven bits.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Entity>,
    },
    /// A mail came back: its reverse-path is told (RFC 3464), or would be if it were not empty; of a report that came back, the
    /// postmaster of the server, where it has named one.
    Bounced {
        /// The server's name for it.
        queue_id: Arc<str>,
        /// The recipient that was not reached.
        recipient: Arc<str>,
        /// The enhanced status code (RFC 3463): class 4 when it was given up after a time, class 5 when it can never be.
        status: Arc<str>,
        /// Why.
        reason: Octets,
        /// The report that tells of it; none for a mail with an empty reverse-path.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<MailId>,
    },
    /// A mail was dropped for a stated lawful reason.
    Discarded {
        /// The server's name for it.
        queue_id: Arc<str>,
        /// The recipient.
        recipient: Arc<str>,
        /// The reason.
        reason: Arc<str>,
    },
    /// A client has converted the content, since the server takes it no other way (RFC 6152 §3). What it says is the same.
    Converted {
        /// The server's name for the mail.
        queue_id: Arc<str>,
        /// Whether it had octets above 127, and 8BITMIME is not offered.
        eight_bit: bool,
        /// Whether it had lines of more than 998 octets.
        long_lines: bool,
        /// Size in bytes before.
        was_bytes: u64,
        /// Size in bytes now.
        size_bytes: u64,
        /// The lines of its header section now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        header: Vec<Arc<str>>,
        /// What it is made of now, itself first; the first 500 parts. Nothing where it is a single text of seven bits.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Entity>,
    },
    /// A recipient gets no copy of its own: another recipient of the same mail leads to the same place, and one copy does
    /// for both.
    Duplicate {
        /// The server's name for the mail.
        queue_id: Arc<str>,
        /// The recipient.
        recipient: Arc<str>,
        /// The recipient whose copy it shares; the same address where it was named twice.
        shares: Arc<str>,
    },
    /// The author's user agent could not submit: the person sees an error, nobody else is told.
    Unsent {
        /// The recipient.
        recipient: Arc<str>,
        /// Why.
        reason: Octets,
    },
    /// A client of a mailbox server has done something with a mail that lies there (RFC 1939, RFC 9051).
    Mailbox {
        /// Whose mailbox.
        mailbox: Arc<str>,
        /// The folder, `INBOX` where POP3 looks.
        folder: Arc<str>,
        /// The mail's unique identifier in the folder.
        uid: u32,
        /// The host that the client runs on.
        client: HostId,
        /// What.
        deed: Deed,
    },
    /// A mail program has looked into a mailbox.
    Checked {
        /// Whose.
        mailbox: Arc<str>,
        /// `POP3` or `IMAP`.
        protocol: Arc<str>,
        /// The folder.
        folder: Arc<str>,
        /// Mails that are there.
        there: u64,
        /// Those of them that it did not know.
        new: u64,
    },
    /// A mail program has fetched a mail: it is on this host now.
    Fetched {
        /// From whose mailbox.
        mailbox: Arc<str>,
        /// `POP3` or `IMAP`.
        protocol: Arc<str>,
        /// From which folder.
        folder: Arc<str>,
        /// Octets that were fetched.
        size_bytes: u64,
        /// Whether it is all of it, or its header section only.
        whole: bool,
    },
    /// A person has read a mail on this host.
    Read {
        /// In whose mailbox.
        mailbox: Arc<str>,
        /// In which folder.
        folder: Arc<str>,
    },
    /// A mail is not shown any more on this host: it is gone from the server, or lies elsewhere there.
    Vanished {
        /// From whose mailbox.
        mailbox: Arc<str>,
        /// From which folder.
        folder: Arc<str>,
    },
    /// A mail program could not look into a mailbox, or not do what it was to do there.
    Unfetched {
        /// Whose.
        mailbox: Arc<str>,
        /// `POP3` or `IMAP`.
        protocol: Arc<str>,
        /// Why.
        reason: Octets,
    },
    /// A policy spoke.
    Policy {
        /// Which, such as `greylist`.
        policy: Arc<str>,
        /// What it decided, such as `defer`.
        decision: Arc<str>,
        /// Why, in words.
        detail: Arc<str>,
    },
    /// A condition of the scenario begins or ends.
    Condition {
        /// Its number, from 1, in the order in which they begin. What ends has the number with which it began.
        number: u32,
        /// Which of the two.
        step: ConditionStep,
        /// What changes, or is over.
        change: Change,
        /// When it will end; none where it is for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
        /// Where one ends and the thing is not as it should be all the same: what holds now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leaves: Option<Change>,
    },
    /// An invariant of the simulator is broken: a defect of Postroad.
    Alarm {
        /// What is wrong.
        text: Arc<str>,
    },
}
