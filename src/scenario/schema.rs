//! What a scenario file may say: every group of fields, what each takes, its default and what it means.
//!
//! This is data: the reader refuses what is not here and says what is near, and [`reference()`] writes the reference
//! page of the book from it, so neither can disagree with the other.

use std::fmt::Write as _;

mod claims;
mod declare;
mod events;
mod hosts;
mod links;
mod mail;
mod reading;
pub(crate) mod shape;
mod sites;

pub(crate) use claims::*;
pub(crate) use events::*;
pub(crate) use hosts::*;
pub(crate) use links::*;
pub(crate) use mail::*;
pub(crate) use reading::*;
pub(crate) use sites::*;

use declare::shape;
pub use shape::{Field, Shape};

use super::limits::LONGEST_RUN;
use super::plan::Plan;
use super::read::{length, whole};
use crate::sim::Duration;

shape! {
    /// A scenario: the whole file is one `( ... )` with these fields.
    SCENARIO "scenario" into scenario_settings(plan: Plan) {
        /// What it is called.
        title: "text" = "\"untitled\"",
        /// What to look at.
        about: "text" = "\"\"",
        /// The number that all chance follows from; the command line can give another.
        seed: "whole number" = "1" => plan.seed, whole(0, u64::MAX),
        /// The date and time at which it begins, such as `"2026-01-05 09:00"` or `"2026-01-05 09:00:00 +01:00"`.
        start: "date" = "\"2026-01-05 09:00\" (a Monday), Universal Time",
        /// The zone of all clocks that do not say otherwise.
        zone: "zone, such as \"+01:00\"" = "\"+00:00\"",
        /// It ends when nothing is left to happen, but not later than this; at most 100 years.
        run_for: "duration" = "\"10d\"" => plan.run_for, length(Duration::from_nanos(1), LONGEST_RUN),
        /// How the TCP of hosts behaves that do not say otherwise: as Linux's, with the congestion window of Reno; the same
        /// with the interval between SYNs that Linux had before 6.5; Linux's with the window of CUBIC; or TCP as textbooks have
        /// it, without selective acknowledgement.
        tcp: "Linux, LinuxBefore65, Cubic or Reno" = "Linux" => plan.tcp, tcp,
        /// The machines, by name. A name with a dot is the host's name in the DNS, too.
        hosts: "map from name to User(..), Mta(..), MailboxServer(..), NameServer(..) or Router" = "{}",
        /// Whether mailboxes keep the letters that are filed in them. Otherwise they keep what is known about each: its number,
        /// when it came, its size. What `--out` writes is the same either way.
        keep_mail: "bool" = "true, where people send 10,000 mails or fewer",
        /// What connects them: `("a", "b", Preset)` or `("a", "b", (latency: .., ..))`; the third may be left out.
        links: "list of links" = "[]",
        /// A whole internet of sites, described in a few words.
        sites: "Sites" = "none",
        /// The DNS, zone by zone. Zones that are not written follow from hosts and domains: A, AAAA, MX, PTR.
        zones: "map from domain to list of records, or to Zone" = "{}",
        /// The name server that hosts ask when they do not name another; it must be recursive.
        resolver: "host" = "the first recursive name server, else an implied one",
        /// One-way latency between any host and the implied name server.
        resolver_latency: "duration" = "\"5ms\"" => plan.resolver_latency, latency,
        /// Domains and mailboxes that are written in this file although they do not exist on purpose.
        nowhere: "list of domains and mailboxes" = "[]",
        /// What people send.
        mail: "list of Mail" = "[]",
        /// Mail that is generated.
        traffic: "list of Traffic" = "[]",
        /// What goes wrong, and when.
        faults: "list of Fault" = "[]",
        /// What must come true; each claim can fail.
        expect: "list of claims" = "[]",
    }
}

shape! {
    /// A zone with more to say than its records.
    ZONE "Zone" {
        /// The records: `("@", "MX 10 mx1.blue.example")`, with a third value for its own TTL. `@` is the zone itself;
        /// names without a dot at the end are taken inside the zone when they do not already end with its name.
        records: "list of records" = "[]",
        /// How long records may be remembered that do not say it themselves.
        ttl: "duration" = "\"1h\"",
        /// How long "there is no such thing" may be remembered.
        negative_ttl: "duration" = "\"5min\"",
        /// Whether the addresses of hosts in this zone are added where nothing is written for their name; in a zone below
        /// `in-addr.arpa` or `ip6.arpa`, the names of hosts where nothing is written for their address.
        hosts: "bool" = "true",
    }
}

/// A title and the shapes under it.
type Chapter = (&'static str, &'static [&'static Shape]);

/// The chapters of the reference page.
const CHAPTERS: &[Chapter] = &[
    ("The file", &[&SCENARIO]),
    ("Hosts", &[&USER, &MTA, &MAILBOX_SERVER, &NAME_SERVER, &ROUTER, &HOST, &CLIENT, &GREYLIST, &REPLY_RULE, &CUSTOM]),
    ("Mailboxes", &[&POP3, &IMAP, &ACCOUNT, &ANSWERS]),
    ("What people do with mail that has come", &[&ACT, &READ, &UNREAD, &FLAG, &DELETE, &MOVE, &REPLY_TO]),
    ("Links", &[&LINK, &LINK_BACK]),
    ("Names", &[&ZONE]),
    ("Mail", &[&MAIL, &FILE, &GENERATED, &MESSAGE, &TRAFFIC, &PARETO]),
    ("Sites", &[&SITES, &SITES_MAIL]),
    ("Faults", &[&FAULT]),
    ("When a fault happens", TRIGGERS),
    ("What a fault does", FAULTS),
    ("Expectations", CLAIMS),
];

/// The reference page of scenario files, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from("# Scenario files\n");
    for (title, shapes) in CHAPTERS {
        let _ = write!(out, "\n## {title}\n");
        for shape in *shapes {
            let _ = write!(out, "\n### {}\n\n{}\n", shape.name, tidy(shape.about));
            if shape.fields.is_empty() && shape.also.is_empty() {
                continue;
            }
            out.push_str("\n| field | takes | default | meaning |\n| --- | --- | --- | --- |\n");
            for field in shape.fields {
                let default = field.default.unwrap_or("**required**");
                let _ = writeln!(out, "| `{}` | {} | {default} | {} |", field.name, field.takes, tidy(field.about));
            }
            for also in shape.also {
                let _ = writeln!(out, "| ... | | | and the fields of {} |", also.name);
            }
        }
        if *title == "Links" {
            out.push_str(&super::presets::table());
        }
    }
    out
}

/// Doc comments without the space that each line begins with.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
