//! Faults as a file says them.

use super::declare::shape;
use super::shape::Shape;

/// What a type of record can be.
pub(super) const RECORD_TYPES: &str = "A, AAAA, MX, CNAME, PTR, NS, TXT or SRV";

shape! {
    /// Something that goes wrong, or is mended.
    FAULT "Fault" {
        /// When, counted from the beginning.
        at: "time" = "by `when`",
        /// Or upon what.
        when: "Said(..), Heard(..) or FinalDot(..)" = "by `at`",
        /// What happens.
        what: "Down, Up, Loss, Latency, Drop, Tamper, Forgets, Dns, SetRecord, AddRecord or RemoveRecord",
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
    /// A link forgets TCP connections that are silent for too long, as a NAT or a stateful firewall does. What comes for one that is
    /// forgotten is lost, until a SYN opens it anew, and neither end is told. Those that are open when it begins count from then on.
    /// NATs must wait for 2 h 4 min at least (RFC 5382); many wait for 4 to 30 minutes.
    FORGETS "Forgets" {
        /// The link, by its two hosts.
        link: "(host, host)",
        /// How long a connection may be silent, in both directions.
        after: "duration, at least 1s",
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
    &[&DOWN, &UP, &LOSS, &LATENCY, &DROP, &TAMPER, &FORGETS, &DNS, &SET_RECORD, &ADD_RECORD, &REMOVE_RECORD];
