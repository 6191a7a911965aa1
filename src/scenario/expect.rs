//! What a scenario claims about its run.

use std::ops::Range;
use std::sync::Arc;

use crate::identity::Mailbox;
use crate::sim::{Duration, Instant};
use crate::trace::HostId;

/// One claim, and where the file makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The bytes of the file that say it.
    pub span: Range<usize>,
    /// What it says.
    pub claim: Claim,
}

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

/// What a handshake of TLS comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// There is no TLS.
    Failed,
    /// The connection is sealed.
    Sealed {
        /// The version, as the trace has it.
        version: Option<&'static str>,
        /// Whether an earlier session went on.
        resumed: Option<bool>,
        /// Whether the certificate was found good.
        verified: Option<bool>,
    },
}

/// Something that a run can meet or fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Copies were filed for a recipient.
    Delivered {
        /// For whom.
        to: Mailbox,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// How many.
        copies: Count,
        /// Each within this time of being composed.
        within: Option<Duration>,
        /// None earlier than this after being composed.
        after: Option<Duration>,
        /// None later than this time of the run.
        by: Option<Instant>,
    },
    /// Nothing was filed for a recipient.
    NotDelivered {
        /// For whom.
        to: Mailbox,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
    },
    /// A recipient was reported as not reached.
    Bounced {
        /// For whom the mail was.
        to: Mailbox,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// The enhanced status code.
        status: Option<Arc<str>>,
        /// The reason begins with this reply code.
        code: Option<u16>,
        /// The reason holds this text.
        contains: Option<Arc<str>>,
        /// The host that gave up.
        by: Option<HostId>,
        /// Somebody in whose mailbox the report was filed.
        report_to: Option<Mailbox>,
        /// Within this time of being composed.
        within: Option<Duration>,
        /// Not earlier than this after being composed.
        after: Option<Duration>,
        /// How many times.
        count: Count,
    },
    /// How many attempts it took to hand mail over: rounds through the queues of servers, however many hosts are dialled
    /// in one. Those of the author's user agent do not count.
    Attempts {
        /// For this recipient.
        to: Mailbox,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// Only by this host.
        by: Option<HostId>,
        /// How many.
        count: Count,
    },
    /// The hosts that a recipient's mail went through, from the author's to the one that filed it.
    Hops {
        /// For this recipient.
        to: Mailbox,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// The hosts.
        hosts: Vec<HostId>,
    },
    /// No mail waits at the end, neither in the queue of an MTA nor in the outbox of a user agent: here, or anywhere.
    QueueEmpty {
        /// The host.
        host: Option<HostId>,
    },
    /// A host sent a reply.
    Reply {
        /// The server.
        from: HostId,
        /// The client.
        to: Option<HostId>,
        /// The code, such as 450.
        code: u16,
        /// The line holds this text.
        contains: Option<Arc<str>>,
        /// How often.
        count: Count,
    },
    /// A host sent a command.
    Command {
        /// The client.
        from: HostId,
        /// The server.
        to: Option<HostId>,
        /// How the line begins; case does not count.
        begins: Arc<str>,
        /// The line holds this text.
        contains: Option<Arc<str>>,
        /// Whether it went through TLS.
        sealed: Option<bool>,
        /// How often.
        count: Count,
    },
    /// A client has sealed a connection, or could not.
    Tls {
        /// The client.
        from: HostId,
        /// The server.
        to: Option<HostId>,
        /// What the handshake must have come to.
        wanted: Handshake,
        /// How often.
        count: Count,
    },
    /// A host looked something up.
    Lookup {
        /// The host.
        host: HostId,
        /// The name asked for.
        name: Arc<str>,
        /// The type asked for.
        rtype: Option<Arc<str>>,
        /// The outcome holds this text.
        result: Option<Arc<str>>,
        /// Whether it came from the cache.
        cached: Option<bool>,
        /// How often.
        count: Count,
    },
    /// A person could not submit.
    Unsent {
        /// For this recipient.
        to: Mailbox,
        /// The reason begins with this reply code.
        code: Option<u16>,
        /// The reason holds this text.
        contains: Option<Arc<str>>,
        /// How many times.
        count: Count,
    },
    /// A policy decided.
    Policy {
        /// Where.
        host: HostId,
        /// Which.
        policy: Arc<str>,
        /// What.
        decision: Arc<str>,
        /// How often.
        count: Count,
    },
    /// A host opened connections.
    Connections {
        /// The client.
        from: HostId,
        /// The server.
        to: Option<HostId>,
        /// How many.
        count: Count,
    },
    /// A person's machine fetched mail.
    Fetched {
        /// The machine.
        by: HostId,
        /// Out of this mailbox.
        to: Option<Mailbox>,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// Only by this protocol, as the trace has it.
        protocol: Option<&'static str>,
        /// Only all of a mail, or only its header section.
        whole: Option<bool>,
        /// Each within this time after it was filed.
        within: Option<Duration>,
        /// How often.
        count: Count,
    },
    /// A person read mail.
    Seen {
        /// On this machine.
        by: Option<HostId>,
        /// In this mailbox.
        to: Mailbox,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// Each within this time of being composed.
        within: Option<Duration>,
        /// How often.
        count: Count,
    },
    /// Mail lies in a folder at the end.
    InFolder {
        /// Of this mailbox.
        mailbox: Mailbox,
        /// Its name.
        folder: Arc<str>,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// How many.
        count: Count,
    },
    /// What is said about mail that lies in a mailbox at the end.
    Flags {
        /// The mailbox.
        mailbox: Mailbox,
        /// Only mail with this subject.
        subject: Option<Arc<str>>,
        /// Only in this folder.
        folder: Option<Arc<str>>,
        /// All of these are, without a backslash.
        has: Vec<Arc<str>>,
        /// None of these is.
        hasnt: Vec<Arc<str>>,
        /// How many mails.
        count: Count,
    },
    /// How many mails lie in a folder at the end.
    MailboxCount {
        /// Of this mailbox.
        mailbox: Mailbox,
        /// Its name.
        folder: Arc<str>,
        /// How many.
        count: Count,
    },
    /// No accepted mail is without a fate: delivered, bounced, discarded, or still queued.
    NothingLost,
    /// Sums over the whole run.
    Total {
        /// Filed in mailboxes (reports included).
        delivered: Option<Count>,
        /// Reported as not reached.
        bounced: Option<Count>,
        /// Mails composed by people.
        sent: Option<Count>,
        /// Not submitted.
        unsent: Option<Count>,
        /// Mails waiting at the end, in the queue of an MTA or in the outbox of a user agent; each counts once, however
        /// many hosts have it.
        queued: Option<Count>,
    },
}
