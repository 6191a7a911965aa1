//! Notes and bars out of records: what happens at one host.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::{Duration, Instant};
use crate::trace::transcript::{names, span, words as said};
use crate::trace::{
    Change, ConditionStep, ConnectionState, Deed, HostId, MailId, Query, QueueName, Record, Roster, Side, TlsStep, What,
};

use super::super::text_width::{clean, words};
use super::model::{Bar, Moment, Note, NoteKind};

/// Notes in the order of the records, and bars for what is out of order.
pub(super) fn notes(roster: &Roster, records: &[Record], query: &Query) -> (Vec<Note>, Vec<Bar>) {
    let mut notes = Vec::new();
    let mut conditions = Conditions::default();
    let mut way = Way::default();
    let mut open = BTreeSet::new();
    for (place, record) in records.iter().enumerate() {
        if record.host.0 as usize >= roster.hosts.len() || !query.wants(record) {
            continue;
        }
        let at = (record.at, place);
        let took = way.took(record);
        let link = match &record.what {
            What::Condition { change, .. } => change.link(),
            _ => None,
        };
        conditions.add(&record.what, at);
        if let (Some(conn), What::Connection { state: ConnectionState::Open, side: Side::Client, .. }) =
            (record.conn, &record.what)
        {
            open.insert(conn);
        }
        let was_open = record.conn.is_some_and(|conn| open.contains(&conn));
        if let Some((kind, words)) = note(roster, record, was_open) {
            let fault = matches!(record.what, What::Condition { .. });
            let remembers = matches!(record.what, What::Lookup { cached: true, .. });
            match link {
                // What happens to a link is told at both its ends.
                Some([a, b]) => notes.extend([(a, b), (b, a)].map(|(host, other)| {
                    let (words, took) = (words.clone(), took.clone());
                    Note { host, at, kind, words, took, fault, link_to: Some(other), remembers }
                })),
                None => notes.push(Note { host: record.host, at, kind, words, took, fault, link_to: None, remembers }),
            }
        }
    }
    (notes, conditions.bars())
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
            let why = said::reason_alone(reason);
            let why = if why.is_empty() { String::new() } else { format!(" ({})", clean(why)) };
            (Wait, retry + &why)
        }
        What::Attempt { next_hop, number, .. } if *number > 1 => {
            (Plain, format!("attempt {number}: {}", clean(&next_hop.name)))
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
        What::Converted { was_bytes, size_bytes, .. } => {
            (Plain, format!("content converted: {was_bytes} → {size_bytes} bytes"))
        }
        What::Duplicate { recipient, .. } => (Plain, format!("no copy of its own for {}", clean(recipient))),
        What::Unsent { recipient, reason } => (Bad, format!("not sent to {}: {}", clean(recipient), words(reason))),
        // The content goes by as an arrow.
        What::Mailbox { deed: Deed::GivenOut { .. }, .. } => return None,
        What::Mailbox { .. }
        | What::Checked { .. }
        | What::Fetched { .. }
        | What::Read { .. }
        | What::Vanished { .. }
        | What::Unfetched { .. } => {
            let name = |host: HostId| roster.hosts.get(host.0 as usize).map_or("nobody", |host| &*host.name);
            let (tone, what, rest) = said::reading(&record.what, name)?;
            let kind = match tone {
                said::Tone::Good => Good,
                said::Tone::Plain => Plain,
                said::Tone::Bad => Bad,
            };
            (kind, clean(&format!("{what}{rest}")))
        }
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
        What::Tls { tls: TlsStep::Begins { discarded_bytes: 0 }, .. }
        | What::Tls { side: Side::Server, tls: TlsStep::Secured { .. }, .. } => return None,
        What::Tls { peer, tls, .. } => {
            let name = roster.hosts.get(peer.0 as usize).map_or("nobody", |host| &*host.name);
            let kind = match tls {
                TlsStep::Secured { certificate: None, .. } => Good,
                TlsStep::Secured { .. } | TlsStep::Begins { .. } => Plain,
                _ => Bad,
            };
            let (what, rest) = said::tls(name, tls);
            (kind, clean(&format!("{what}{rest}")))
        }
        What::Condition { step, change, leaves, .. } => {
            let name = |host: HostId| roster.hosts.get(host.0 as usize).map_or("nobody", |h| &*h.name);
            let is_better = *step == ConditionStep::Ends || change.mends();
            let words = clean(&said::condition(name, *step, change, leaves.as_ref()));
            (if is_better { Plain } else { Bad }, words)
        }
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
    /// When it was filed in which mailbox, in lower case.
    filed: BTreeMap<(MailId, String), Instant>,
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
            What::Delivered { mailbox, .. } => {
                self.filed.insert((mail, mailbox.to_ascii_lowercase()), record.at);
                let age = record.at.since(*self.composed.get(&mail)?);
                // A report that stays where it was written has no way behind it.
                (age > Duration::ZERO).then(|| format!("{} in all", span(age)))
            }
            What::Fetched { mailbox, .. } => {
                let filed = *self.filed.get(&(mail, mailbox.to_ascii_lowercase()))?;
                Some(format!("{} after it was delivered", span(record.at.since(filed))))
            }
            What::Read { .. } => Some(format!("{} in all", span(record.at.since(*self.composed.get(&mail)?)))),
            _ => None,
        }
    }
}

/// Conditions that last, and bars of those that are over.
#[derive(Default)]
struct Conditions {
    open: Vec<(u32, Change, Moment)>,
    bars: Vec<Bar>,
}

impl Conditions {
    fn add(&mut self, what: &What, at: Moment) {
        let What::Condition { number, step, change, until, .. } = what else { return };
        match step {
            ConditionStep::Ends => self.close(at, |known, _| known == *number),
            ConditionStep::Begins => {
                if until.is_none() {
                    // For good: what was there before is over.
                    self.close(at, |_, known| known.is_of_the_same(change));
                }
                let lasts = !matches!(change, Change::Drop { .. } | Change::Records { .. });
                if lasts && !change.mends() && !matches!(change, Change::Loss { ppm: 0, .. }) {
                    self.open.push((*number, change.clone(), at));
                }
            }
        }
    }

    fn close(&mut self, at: Moment, is_over: impl Fn(u32, &Change) -> bool) {
        let open = std::mem::take(&mut self.open);
        let (over, open) = open.into_iter().partition(|(number, change, _)| is_over(*number, change));
        self.open = open;
        for (_, change, from) in over {
            self.bar(&change, from, Some(at));
        }
    }

    fn bar(&mut self, change: &Change, from: Moment, to: Option<Moment>) {
        match change {
            Change::Host { host, .. } | Change::NameServer { server: host, .. } => {
                self.bars.push(Bar { host: *host, link_to: None, side: None, from, to });
            }
            _ => {
                let Some([a, b]) = change.link() else { return };
                self.bars.extend([(a, b), (b, a)].map(|(host, other)| Bar {
                    host,
                    link_to: Some(other),
                    side: None,
                    from,
                    to,
                }));
            }
        }
    }

    fn bars(mut self) -> Vec<Bar> {
        for (_, change, from) in std::mem::take(&mut self.open) {
            self.bar(&change, from, None);
        }
        self.bars.sort_by_key(|bar| bar.from);
        self.bars
    }
}
