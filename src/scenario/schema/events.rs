//! Mail, traffic and faults as a file says them.

use super::declare::shape;
use super::shape::Shape;

/// What a type of record can be.
pub(super) const RECORD_TYPES: &str = "A, AAAA, MX, CNAME, PTR, NS, TXT or SRV";

shape! {
    /// A mail that somebody sends, or several of a kind.
    MAIL "Mail" {
        /// When it is sent, counted from the beginning.
        at: "time" = "\"0s\"",
        /// Who writes it: the `From` field, and the reverse-path.
        from: "mailbox",
        /// The host that composes it, where that is not the User with this mailbox.
        by: "host" = "the User that has the mailbox `from`",
        /// Whom it is for: the `To` field.
        to: "list of mailboxes" = "[]",
        /// The `Cc` field.
        cc: "list of mailboxes" = "[]",
        /// Further recipients that no field names.
        bcc: "list of mailboxes" = "[]",
        /// The recipients of the envelope, where they are not those of `to`, `cc` and `bcc`.
        rcpt: "list of mailboxes" = "`to`, `cc` and `bcc`",
        /// The reverse-path, where it is not `from`; `"<>"` is the empty one.
        mail_from: "mailbox, or \"<>\"" = "`from`",
        /// The subject.
        subject: "text" = "\"(no subject)\"",
        /// The text.
        text: "text" = "\"\"",
        /// Further fields: `[("X-Colour", "green")]`. Received and Return-Path stand on top of the header, where servers
        /// write theirs and a forger puts a false one; the others below the subject.
        headers: "list of (name, value)" = "[]",
        /// Fields that it leaves to the server that it is submitted to: Date, MessageId (RFC 6409 §8).
        without: "list of Date, MessageId" = "[]",
        /// Whether it goes on behind TLS only, from server to server, with certificates that are good (RFC 8689). Where one does not offer
        /// REQUIRETLS, it comes back.
        require_tls: "bool" = "false",
        /// The text is padded until the whole mail has this size.
        size: "size, up to 200 MiB" = "as it comes",
        /// How many of them.
        count: "whole number" = "1",
        /// The time between one and the next.
        every: "duration, or Fixed, Uniform, Exponential" = "\"1s\"",
        /// The server that it is handed to, where that is not the user's own.
        via: "host" = "the user's `submits_to`",
        /// The port there.
        port: "587 or 25" = "the user's; 25 with `via` another server",
    }
}

shape! {
    /// A generator of mail.
    TRAFFIC "Traffic" {
        /// Its name; its luck follows from it.
        name: "text" = "traffic 1, traffic 2, ...",
        /// Who writes: mailboxes of users, or hosts (all their users). One is drawn for each mail.
        from: "list of mailboxes and hosts",
        /// For whom. One is drawn for each mail.
        to: "list of mailboxes",
        /// How often, at random moments (a Poisson process).
        rate: "rate, such as \"10/min\"" = "by `every`",
        /// Or the time between two mails.
        every: "duration, or Fixed, Uniform, Exponential" = "by `rate`",
        /// How large they are.
        sizes: "size, or Fixed, Uniform, Pareto" = "\"4KiB\"",
        /// When it begins.
        start: "time" = "\"0s\"",
        /// When it stops.
        stop: "time" = "the end of the run",
        /// After how many mails it stops.
        count: "whole number" = "no limit but `stop`",
        /// The subject; `{n}` in it is the number of the mail.
        subject: "text" = "\"Message {n}\"",
    }
}

shape! {
    /// Many small values, few huge ones. Held below 200 MiB.
    PARETO "Pareto" {
        /// The smallest value.
        minimum: "size",
        /// The shape alpha, 0.1 to 100: smaller means heavier tails.
        shape: "number" = "1.2",
    }
}

shape! {
    /// Something that goes wrong, or is mended.
    FAULT "Fault" {
        /// When, counted from the beginning.
        at: "time" = "by `when`",
        /// Or upon what.
        when: "Said(..), Heard(..) or FinalDot(..)" = "by `at`",
        /// What happens.
        what: "Down, Up, Loss, Latency, Drop, Tamper, Dns, SetRecord, AddRecord or RemoveRecord",
        /// After this time it ends. What else changes the same thing then holds: of several, the one that began last.
        lasting: "duration" = "for good",
    }
}

shape! {
    /// A host has sent a line of SMTP.
    SAID "Said" {
        /// The host.
        by: "host",
        /// How the line begins; upper and lower case count as the same.
        line: "text",
        /// Which of these lines, from 1.
        nth: "whole number" = "1",
    }
}
shape! {
    /// A host has received a line of SMTP.
    HEARD "Heard" {
        /// The host.
        by: "host",
        /// How the line begins; upper and lower case count as the same.
        line: "text",
        /// Which of these lines, from 1.
        nth: "whole number" = "1",
    }
}
shape! {
    /// A server has read the final dot of a mail, and has not answered yet.
    FINAL_DOT "FinalDot" {
        /// The server.
        at: "host",
        /// Which of its mails, from 1.
        nth: "whole number" = "1",
    }
}
/// What a fault can wait for.
pub(crate) static TRIGGERS: &[&Shape] = &[&SAID, &HEARD, &FINAL_DOT];

shape! {
    /// A link carries nothing, or a host is switched off. Say either.
    DOWN "Down" {
        /// The link, by its two hosts.
        link: "(host, host)" = "none",
        /// The host.
        host: "host" = "none",
    }
}
shape! {
    /// A link or a host works again.
    UP "Up" {
        /// The link, by its two hosts.
        link: "(host, host)" = "none",
        /// The host.
        host: "host" = "none",
    }
}
shape! {
    /// A link loses packets.
    LOSS "Loss" {
        /// The link, by its two hosts.
        link: "(host, host)",
        /// How many.
        loss: "percent",
    }
}
shape! {
    /// A link has another latency.
    LATENCY "Latency" {
        /// The link, by its two hosts.
        link: "(host, host)",
        /// One way.
        latency: "duration, up to 1h",
    }
}
shape! {
    /// The next packets into a link are lost.
    DROP "Drop" {
        /// The link, by its two hosts.
        link: "(host, host)",
        /// Only those that this end sends.
        from: "host" = "both ends",
        /// How many.
        packets: "whole number" = "1",
    }
}
shape! {
    /// Somebody on a link writes over what passes, in both directions. Only what stands in one packet is found. As it is, it takes
    /// the offer of STARTTLS away, the way firewalls have done it.
    TAMPER "Tamper" {
        /// The link, by its two hosts.
        link: "(host, host)",
        /// What is looked for.
        find: "text" = "\"STARTTLS\"",
        /// What is written over it, of the same length.
        put: "text" = "\"XXXXXXXA\"",
    }
}
shape! {
    /// A name server behaves differently.
    DNS "Dns" {
        /// Which.
        server: "host" = "the implied one",
        /// How.
        mode: "Silent, ServFail or Working",
    }
}
shape! {
    /// A record is put in the place of those of the same name and type.
    SET_RECORD "SetRecord" {
        /// The zone.
        zone: "domain",
        /// The name; `@` is the zone itself.
        name: "name" = "\"@\"",
        /// Type and value, such as `"MX 10 mx2.blue.example"`.
        record: "record",
        /// How long it may be remembered.
        ttl: "duration" = "\"1h\"",
    }
}
shape! {
    /// A record is added.
    ADD_RECORD "AddRecord" {
        /// The zone.
        zone: "domain",
        /// The name; `@` is the zone itself.
        name: "name" = "\"@\"",
        /// Type and value.
        record: "record",
        /// How long it may be remembered.
        ttl: "duration" = "\"1h\"",
    }
}
shape! {
    /// All records of a name and a type go away.
    REMOVE_RECORD "RemoveRecord" {
        /// The zone.
        zone: "domain",
        /// The name; `@` is the zone itself.
        name: "name" = "\"@\"",
        /// The type, such as `MX`.
        rtype: RECORD_TYPES,
    }
}
/// What a fault can do.
pub(crate) static FAULTS: &[&Shape] =
    &[&DOWN, &UP, &LOSS, &LATENCY, &DROP, &TAMPER, &DNS, &SET_RECORD, &ADD_RECORD, &REMOVE_RECORD];
