//! Expectations as a file says them. A count is a number (exactly), `(least, most)`, `AtLeast(n)` or `AtMost(n)`.

use super::declare::shape;
use super::events::RECORD_TYPES;
use super::shape::Shape;

shape! {
    /// Copies were filed in the mailbox of a recipient.
    DELIVERED "Delivered" {
        /// The recipient.
        to: "mailbox",
        /// How many copies, of all mails together that count.
        copies: "count" = "AtLeast(1)",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// Each within this time after being composed.
        within: "duration" = "any time",
        /// None sooner than this after being composed.
        after: "duration" = "\"0s\"",
        /// None later than this time of the run.
        by: "time" = "the end",
    }
}
shape! {
    /// Nothing was filed for a recipient.
    NOT_DELIVERED "NotDelivered" {
        /// The recipient.
        to: "mailbox",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
    }
}
shape! {
    /// A recipient was reported as not reached.
    BOUNCED "Bounced" {
        /// The recipient that was not reached.
        to: "mailbox",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// The enhanced status code, such as `"5.1.1"`.
        status: "enhanced status code" = "any",
        /// The reply code that the reason begins with, such as 550.
        code: "reply code" = "any",
        /// What the reason says.
        contains: "text" = "anything",
        /// The host that gave up.
        by: "host" = "any",
        /// Who finds a report in the mailbox.
        report_to: "mailbox" = "anybody",
        /// Within this time after being composed.
        within: "duration" = "any time",
        /// Not sooner than this after being composed.
        after: "duration" = "\"0s\"",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// How many attempts servers made to hand mail for a recipient on. An attempt is one round through the queue: it may
    /// dial one exchanger after the other, or nobody where the look-up fails. What the author's computer does to hand
    /// the mail in does not count. The table of mails counts the same for all recipients of a mail.
    ATTEMPTS "Attempts" {
        /// The recipient.
        to: "mailbox",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// Only attempts of this host count.
        by: "host" = "every server",
        /// How many.
        count: "count",
    }
}
shape! {
    /// The hosts that a recipient's mail went through, in order, from the author's to the one that filed it.
    HOPS "Hops" {
        /// The recipient.
        to: "mailbox",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// The hosts.
        hosts: "list of hosts",
    }
}
shape! {
    /// No mail waits any more at the end, neither in the queue of an MTA nor in the outbox of a user agent.
    QUEUE_EMPTY "QueueEmpty" {
        /// Only at this MTA.
        host: "host" = "everywhere",
    }
}
shape! {
    /// A server said a reply.
    REPLY "Reply" {
        /// The server.
        from: "host",
        /// The client.
        to: "host" = "any",
        /// The code, such as 450.
        code: "reply code",
        /// What the line says.
        contains: "text" = "anything",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// A client said a command.
    COMMAND "Command" {
        /// The client.
        from: "host",
        /// The server.
        to: "host" = "any",
        /// How the line begins; upper and lower case count as the same.
        line: "text",
        /// What the line says as well, such as a parameter.
        contains: "text" = "anything",
        /// Only those that went through TLS, or only those that did not.
        sealed: "bool" = "either",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// A client has sealed a connection, or could not.
    TLS "Tls" {
        /// The client.
        from: "host",
        /// The server.
        to: "host" = "any",
        /// What came of the handshake. `Failed` is also what the client does not want.
        outcome: "Sealed or Failed" = "Sealed",
        /// The version, of those that were sealed.
        version: "Tls12 or Tls13" = "either",
        /// Whether an earlier session went on.
        resumed: "bool" = "either",
        /// Whether the certificate was found good.
        verified: "bool" = "either",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// A host looked something up.
    LOOKUP "Lookup" {
        /// The host.
        host: "host",
        /// The name that was asked for.
        name: "domain",
        /// The type, such as `MX`.
        rtype: RECORD_TYPES = "any",
        /// What came of it: a part of the records, or NXDOMAIN, SERVFAIL, timeout.
        result: "text" = "anything",
        /// Whether it was remembered.
        cached: "bool" = "either",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// A person could not hand mail over.
    UNSENT "Unsent" {
        /// The recipient.
        to: "mailbox",
        /// The reply code that the reason begins with.
        code: "reply code" = "any",
        /// What the reason says.
        contains: "text" = "anything",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// A policy, such as a greylist, decided something.
    POLICY "Policy" {
        /// The server, or the user's machine.
        host: "host",
        /// Which policy, such as `"greylist"`.
        policy: "text",
        /// What it decided, such as `"defer"`.
        decision: "text",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// A host opened connections.
    CONNECTIONS "Connections" {
        /// The client.
        from: "host",
        /// The server.
        to: "host" = "any",
        /// How many.
        count: "count",
    }
}
shape! {
    /// A person's machine fetched mail out of a mailbox. Each time counts: a program that fetches the header section first and
    /// the rest later fetches twice.
    FETCHED "Fetched" {
        /// The machine.
        by: "host",
        /// Only mail of this mailbox counts.
        to: "mailbox" = "every mailbox",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// Only what was fetched in this way counts.
        protocol: "Pop3 or Imap" = "either",
        /// Only mails that were fetched as a whole, or only header sections.
        whole: "bool" = "either",
        /// Each within this time after it was delivered to that mailbox.
        within: "duration" = "any time",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// A person read mail of a mailbox.
    SEEN "Seen" {
        /// The machine on which it was read.
        by: "host" = "any",
        /// Whose mailbox.
        to: "mailbox",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// Each within this time after being composed.
        within: "duration" = "any time",
        /// How many times.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// Mail lies in a folder of a mailbox, at its server, when the run ends.
    IN_FOLDER "InFolder" {
        /// The mailbox.
        mailbox: "mailbox",
        /// The folder; `"INBOX"` is that of new mail.
        folder: "text",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// How many mails.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// Mail that lies in a mailbox has flags, or has not, when the run ends (RFC 9051 §2.3.2).
    FLAGS "Flags" {
        /// The mailbox.
        mailbox: "mailbox",
        /// Only mail with this subject counts.
        subject: "text" = "every mail",
        /// Only mail in this folder counts.
        folder: "text" = "every folder",
        /// Flags that a mail must have, all of them, without a backslash: `"Seen"`, `"Answered"`, `"Flagged"`, `"Deleted"`,
        /// `"Draft"`, or a keyword such as `"$Forwarded"`.
        has: "list of flags" = "[]",
        /// Flags that it must not have, none of them.
        hasnt: "list of flags" = "[]",
        /// How many mails.
        count: "count" = "AtLeast(1)",
    }
}
shape! {
    /// How many mails lie in a folder of a mailbox, at its server, when the run ends.
    MAILBOX_COUNT "MailboxCount" {
        /// The mailbox.
        mailbox: "mailbox",
        /// The folder.
        folder: "text" = "\"INBOX\"",
        /// How many.
        count: "count",
    }
}
shape! {
    /// Every recipient of every accepted mail was delivered, bounced, discarded for a stated reason, or is still
    /// queued.
    NOTHING_LOST "NothingLost" {}
}
shape! {
    /// Sums over the whole run.
    TOTAL "Total" {
        /// Copies filed in mailboxes, reports included.
        delivered: "count" = "any",
        /// Recipients reported as not reached.
        bounced: "count" = "any",
        /// Mails that people composed.
        sent: "count" = "any",
        /// Recipients whose mail could not be handed over.
        unsent: "count" = "any",
        /// Mails still waiting at the end, in the queue of an MTA or in the outbox of a user agent; each counts once,
        /// however many hosts have it.
        queued: "count" = "any",
    }
}
/// What can be claimed.
pub(crate) static CLAIMS: &[&Shape] = &[
    &DELIVERED,
    &NOT_DELIVERED,
    &BOUNCED,
    &ATTEMPTS,
    &HOPS,
    &QUEUE_EMPTY,
    &REPLY,
    &COMMAND,
    &TLS,
    &LOOKUP,
    &UNSENT,
    &POLICY,
    &CONNECTIONS,
    &FETCHED,
    &SEEN,
    &IN_FOLDER,
    &FLAGS,
    &MAILBOX_COUNT,
    &NOTHING_LOST,
    &TOTAL,
];
