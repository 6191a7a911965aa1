//! Notes and bars out of records: what happens at one host.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::{Duration, Instant};
use crate::trace::transcript::{names, span, words as said};
use crate::trace::{ConnectionState, HostId, MailId, QueueName, Record, Roster, Side, What};

use super::super::scope::Scope;
use super::super::text_width::{clean, words};
use super::model::{Bar, Moment, Note, NoteKind};

/// Notes in the order of the records, and bars for what is out of order.
pub(super) fn notes(roster: &Roster, records: &[Record], scope: &Scope) -> (Vec<Note>, Vec<Bar>) {
    let mut notes = Vec::new();
    let mut faults = Faults::default();
    let mut way = Way::default();
    let mut open = BTreeSet::new();
    for (place, record) in records.iter().enumerate() {
        if record.host.0 as usize >= roster.hosts.len() || !scope.has(record) {
            continue;
        }
        let at = (record.at, place);
        let took = way.took(record);
        let link = match &record.what {
            What::Fault { text } => link(roster, text),
            _ => None,
        };
        if let (What::Fault { text }, None) = (&record.what, link) {
            faults.add(record.host, text, at);
        }
        if let (Some(conn), What::Connection { state: ConnectionState::Open, side: Side::Client, .. }) =
            (record.conn, &record.what)
        {
            open.insert(conn);
        }
        let was_open = record.conn.is_some_and(|conn| open.contains(&conn));
        if let Some((kind, words)) = note(roster, record, was_open) {
            let fault = matches!(record.what, What::Fault { .. });
            let remembers = matches!(record.what, What::Lookup { cached: true, .. });
            match link {
                // What happens to a link is told at both its ends, and puts neither of them out of order.
                Some([a, b]) => notes.extend([(a, b), (b, a)].map(|(host, other)| {
                    let (words, took) = (words.clone(), took.clone());
                    Note { host, at, kind, words, took, fault, link_to: Some(other), remembers }
                })),
                None => notes.push(Note { host: record.host, at, kind, words, took, fault, link_to: None, remembers }),
            }
        }
    }
    (notes, faults.bars())
}

/// `was_open` says whether the connection of the record had come about.
fn note(roster: &Roster, record: &Record, was_open: bool) -> Option<(NoteKind, String)> {
    use NoteKind::{Bad, Good, Plain, Wait};
    Some(match &record.what {
        What::Composed { to, subject, .. } => {
            let whom = match &to[..] {
                [one] => clean(one),
                [one, rest @ ..] => format!("{} and {} more", clean(one), rest.len()),
                [] => "nobody".into(),
            };
            let mail = record.mail.map_or("mail".into(), |m| format!("mail {}", m.0));
            (Plain, format!("{mail} to {whom}: “{}”", clean(subject)))
        }
        What::Accepted { queue_id, .. } => (Good, format!("takes responsibility ({})", clean(queue_id))),
        What::Queue { queue: QueueName::Deferred, reason, until, .. } => {
            let retry = match until {
                Some(until) => format!("deferred: next attempt in {}", span(until.since(record.at))),
                None => "deferred".into(),
            };
            // Whom it was about stands in the notes and arrows above.
            let why = reason.split_once("]: ").map_or(&**reason, |(_, why)| why);
            let why = if why.is_empty() { String::new() } else { format!(" ({})", clean(why)) };
            (Wait, retry + &why)
        }
        What::Route { domain, hosts, .. } if hosts.len() > 1 => {
            let hosts: Vec<String> = hosts.iter().map(|h| clean(host_name(h))).collect();
            (Plain, format!("mail for {}: {}", clean(domain), hosts.join(", then ")))
        }
        What::Attempt { next_hop, number, .. } if *number > 1 => {
            (Plain, format!("attempt {number}: {}", clean(host_name(next_hop))))
        }
        What::Delivered { mailbox, recipient, .. } => {
            (Good, format!("delivered to {}", clean(if mailbox.is_empty() { recipient } else { mailbox })))
        }
        What::Bounced { recipient, status, reason, report, .. } => {
            let told = match report {
                Some(mail) => format!("report is mail {}", mail.0),
                None => "no report".into(),
            };
            (Bad, format!("bounced {}, {told}: {}: {}", clean(status), clean(recipient), words(reason)))
        }
        What::Discarded { recipient, reason, .. } => {
            (Bad, format!("discarded for {}: {}", clean(recipient), clean(reason)))
        }
        What::Duplicate { recipient, .. } => (Plain, format!("no copy of its own for {}", clean(recipient))),
        What::Unsent { recipient, reason } => (Bad, format!("not sent to {}: {}", clean(recipient), words(reason))),
        What::Policy { policy, decision, detail } => {
            let kind = if &**decision == "defer" { Wait } else { Plain };
            let (what, rest) = said::policy(policy, decision, detail);
            (kind, clean(&format!("{what}{rest}")))
        }
        What::Lookup { name, rtype, result, cached: true } => {
            (Plain, clean(&format!("remembers {}: {}", names::question(name, rtype), names::outcome(result))))
        }
        What::Lookup { name, rtype, result, .. } if matches!(&**result, "timeout" | "busy") => {
            (Bad, clean(&format!("{}: {}", names::question(name, rtype), names::outcome(result))))
        }
        What::Connection { state, side: Side::Client, peer, .. } => {
            let name = roster.hosts.get(peer.0 as usize).map_or("nobody".into(), |h| clean(&h.name));
            match state {
                // Both agents have long gone on: only TCP still waits for its last bytes to be acknowledged.
                ConnectionState::TimedOut if was_open => (Plain, format!("TCP gives up the old connection to {name}")),
                ConnectionState::TimedOut => (Bad, format!("no answer from {name}")),
                ConnectionState::Reset => (Bad, format!("connection broken by {name}")),
                ConnectionState::NoPort => (Bad, format!("no port is free to connect to {name} from")),
                _ => return None,
            }
        }
        What::Fault { text } if turn(text).is_some_and(|(begins, _)| !begins) => (Plain, clean(text)),
        What::Fault { text } => (Bad, clean(text)),
        What::Alarm { text } => (Bad, format!("defect of the simulator: {}", clean(text))),
        _ => return None,
    })
}

/// How long each step of a mail's way took.
#[derive(Default)]
struct Way {
    composed: BTreeMap<MailId, Instant>,
    /// Since when somebody has been responsible for it, by the hop that brought it there.
    since: BTreeMap<(MailId, u16), Instant>,
}

impl Way {
    fn took(&mut self, record: &Record) -> Option<String> {
        let mail = record.mail?;
        match &record.what {
            What::Composed { .. } => {
                self.composed.insert(mail, record.at);
                self.since.insert((mail, 0), record.at);
                None
            }
            What::Accepted { .. } => {
                let hop = record.hop.filter(|hop| *hop > 0)?;
                let before = self.since.get(&(mail, hop - 1)).copied();
                self.since.insert((mail, hop), record.at);
                Some(format!("hop {hop} took {}", span(record.at.since(before?))))
            }
            What::Delivered { .. } => {
                let age = record.at.since(*self.composed.get(&mail)?);
                // A report that stays where it was written has no way behind it.
                (age > Duration::ZERO).then(|| format!("{} in all", span(age)))
            }
            _ => None,
        }
    }
}

/// The name out of `name [address]`.
pub(in crate::render) fn host_name(text: &str) -> &str {
    text.split(" [").next().unwrap_or(text)
}

/// The ends of the link that the words of a fault are about (`the link a - b goes down`).
fn link(roster: &Roster, text: &str) -> Option<[HostId; 2]> {
    let (a, rest) = text.strip_prefix("the link ")?.split_once(" - ")?;
    let b = rest.split(' ').next()?;
    let find = |name: &str| roster.hosts.iter().zip(0..).find(|(h, _)| &*h.name == name).map(|(_, id)| HostId(id));
    Some([find(a)?, find(b)?])
}

/// Faults come as words; what only differs in its last words (`... down`, `... up`) begins and ends one bar.
#[derive(Default)]
struct Faults {
    open: BTreeMap<(HostId, String), Moment>,
    bars: Vec<Bar>,
}

impl Faults {
    fn add(&mut self, host: HostId, text: &str, at: Moment) {
        let Some((begins, what)) = turn(text) else { return };
        let key = (host, what);
        if begins {
            self.open.entry(key).or_insert(at);
        } else if let Some(from) = self.open.remove(&key) {
            self.bars.push(Bar { host, from, to: Some(at) });
        }
    }

    fn bars(mut self) -> Vec<Bar> {
        let open = self.open.into_iter().map(|((host, _), from)| Bar { host, from, to: None });
        self.bars.extend(open);
        self.bars.sort_by_key(|bar| bar.from);
        self.bars
    }
}

/// Whether the words of a fault tell that it begins, and what it is about; none where they tell neither that nor its end.
fn turn(text: &str) -> Option<(bool, String)> {
    const BEGINS: [&str; 9] = ["down", "silent", "SERVFAIL", "failing", "crashed", "crashes", "cut", "lossy", "slow"];
    const ENDS: [&str; 8] = ["up", "answers", "back", "again", "well", "over", "restored", "ends"];
    let said = |word: &str, known: &[&str]| known.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
    let mut list: Vec<&str> = text.split_whitespace().collect();
    // What is out of order comes before the word that says so.
    let place = list.iter().rposition(|w| said(w, &BEGINS) || said(w, &ENDS))?;
    let begins = said(list[place], &BEGINS);
    list.truncate(place);
    // "X goes down" and "X is up again" are about the same X.
    let filler = |word: &str| ["is", "goes", "comes", "falls", "went", "came"].contains(&word);
    while list.last().is_some_and(|w| filler(w) || said(w, &BEGINS) || said(w, &ENDS)) {
        list.pop();
    }
    Some((begins, list.join(" ")))
}
