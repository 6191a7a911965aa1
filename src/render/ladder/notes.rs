//! Notes and bars out of records: what happens at one host.

use std::collections::BTreeMap;

use crate::trace::{ConnectionState, HostId, QueueName, Record, Roster, Side, What};

use super::super::scope::Scope;
use super::super::text_width::{clean, words};
use super::super::time_axis::wait;
use super::model::{Bar, Moment, Note, NoteKind};

/// Notes in the order of the records, and bars for what is out of order.
pub(super) fn notes(roster: &Roster, records: &[Record], scope: &Scope) -> (Vec<Note>, Vec<Bar>) {
    let mut notes = Vec::new();
    let mut faults = Faults::default();
    for (place, record) in records.iter().enumerate() {
        if record.host.0 as usize >= roster.hosts.len() || !scope.has(record) {
            continue;
        }
        let at = (record.at, place);
        if let What::Fault { text } = &record.what {
            faults.add(record.host, text, at);
        }
        // A picture of everything has the questions and answers themselves, as arrows.
        let asked = if scope.is_of_one_mail() { lookup(record) } else { None };
        if let Some((kind, words)) = note(roster, record).or(asked) {
            let fault = matches!(record.what, What::Fault { .. });
            notes.push(Note { host: record.host, at, kind, words, fault });
        }
    }
    (notes, faults.bars())
}

fn note(roster: &Roster, record: &Record) -> Option<(NoteKind, String)> {
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
                Some(until) => format!("deferred: next try in {}", wait(until.since(record.at))),
                None => "deferred".into(),
            };
            let why = if reason.is_empty() { String::new() } else { format!(" ({})", clean(reason)) };
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
        What::Unsent { recipient, reason } => (Bad, format!("not sent to {}: {}", clean(recipient), words(reason))),
        What::Policy { policy, decision, detail } => {
            let kind = if matches!(&**decision, "accept" | "pass" | "allow") { Plain } else { Wait };
            (kind, format!("{}: {} ({})", clean(policy), clean(decision), clean(detail)))
        }
        What::Lookup { name, rtype, result, cached: true } => {
            (Plain, format!("remembers {} {} → {}", clean(name), clean(rtype), clean(result)))
        }
        What::Lookup { name, rtype, result, .. } if result.to_ascii_lowercase().contains("time") => {
            (Bad, format!("no answer for {} {}", clean(rtype), clean(name)))
        }
        What::Connection { state, side: Side::Client, peer, .. } => {
            let name = roster.hosts.get(peer.0 as usize).map(|h| clean(&h.name)).unwrap_or_default();
            match state {
                ConnectionState::TimedOut => (Bad, format!("no answer from {name}")),
                ConnectionState::Reset => (Bad, format!("connection broken by {name}")),
                _ => return None,
            }
        }
        What::Fault { text } if turn(text).is_some_and(|(begins, _)| !begins) => (Plain, clean(text)),
        What::Fault { text } => (Bad, clean(text)),
        What::Alarm { text } => (Bad, format!("defect of the simulator: {}", clean(text))),
        _ => return None,
    })
}

/// What was asked and answered, in one note.
fn lookup(record: &Record) -> Option<(NoteKind, String)> {
    let What::Lookup { name, rtype, result, .. } = &record.what else { return None };
    Some((NoteKind::Plain, format!("asks the DNS: {} {} → {}", clean(name), clean(rtype), clean(result))))
}

/// The name out of `name [address]`.
pub(in crate::render) fn host_name(text: &str) -> &str {
    text.split(" [").next().unwrap_or(text)
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
    const BEGINS: [&str; 8] = ["down", "silent", "failing", "crashed", "crashes", "cut", "lossy", "slow"];
    const ENDS: [&str; 8] = ["up", "answers", "back", "again", "well", "over", "restored", "ends"];
    let said = |word: &str, known: &[&str]| known.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
    let mut list: Vec<&str> = text.split_whitespace().collect();
    // What is out of order comes before the word that says so.
    let place = list.iter().rposition(|w| said(w, &BEGINS) || said(w, &ENDS))?;
    let begins = said(list[place], &BEGINS);
    list.truncate(place);
    // "X goes down" and "X is up again" are about the same X.
    let filler = |word: &str| ["is", "goes", "comes", "went", "came"].contains(&word);
    while list.last().is_some_and(|w| filler(w) || said(w, &BEGINS) || said(w, &ENDS)) {
        list.pop();
    }
    Some((begins, list.join(" ")))
}
