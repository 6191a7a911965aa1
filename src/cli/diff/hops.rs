//! What a mail is at each step of its way: as it was composed, wherever it was accepted, and where it was filed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::mime::Content;
use crate::octets::Rope;
use crate::sim::Instant;
use crate::trace::transcript::words;
use crate::trace::{ConnId, Direction, HostId, MailId, Record, RecordId, Side, What, chain, field_lines};

/// One step.
pub(super) struct Step {
    pub(super) at: Instant,
    pub(super) host: HostId,
    /// The number of the hop that led here.
    pub(super) hop: u16,
    pub(super) kind: Kind,
    /// The step before it, by its place. A mail that goes several ways has several steps behind one.
    pub(super) before: Option<usize>,
    /// The commands of the envelope, with their parameters.
    pub(super) envelope: Vec<String>,
    /// The header section, where it is known.
    pub(super) header: Option<Vec<Arc<str>>>,
    /// The lines that this step has put on top, where the header section is not known.
    pub(super) added: Vec<Arc<str>>,
    pub(super) body: Body,
    /// What policies did to it here.
    pub(super) notes: Vec<String>,
}

/// What kind of step.
pub(super) enum Kind {
    Composed,
    Accepted {
        queue_id: Arc<str>,
    },
    Filed {
        recipient: Arc<str>,
        mailbox: Arc<str>,
    },
    /// It goes no further for a recipient, in words.
    Ended {
        words: String,
    },
}

/// What is known of the body.
pub(super) enum Body {
    /// All.
    Known(Rope),
    /// Nothing, but that it is the one before.
    Same,
    /// Nothing, but that what was given and what is here differ by more than what was added: sizes in bytes.
    Other(u64, u64),
    /// Nothing.
    Unknown,
}

/// What a client has made of the content for one connection.
struct Converted<'r> {
    header: &'r [Arc<str>],
    size_bytes: u64,
    words: String,
}

/// Policies that change a mail or its envelope.
const CHANGING: [&str; 3] = ["masquerade", "forward", "submission"];

/// The steps of a mail in the order in which one reads them: each way to its end, then what branches off.
pub(super) fn steps(records: &[Record], mail: MailId, contents: &[Content]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut sizes: Vec<u64> = Vec::new();
    let mut places: BTreeMap<RecordId, usize> = BTreeMap::new();
    let envelopes = envelopes(records, mail);
    let mut converted: BTreeMap<Option<ConnId>, Converted<'_>> = BTreeMap::new();
    let mut contents = contents.iter();
    for record in records.iter().filter(|r| r.mail == Some(mail)) {
        let (kind, size_bytes, written) = match &record.what {
            What::Converted { eight_bit, long_lines, was_bytes, size_bytes, header, .. } => {
                let (what, rest) = words::converted(*eight_bit, *long_lines, *was_bytes, *size_bytes);
                let words = format!("{what}{rest}");
                converted.insert(record.conn, Converted { header, size_bytes: *size_bytes, words });
                continue;
            }
            What::Bounced { .. } | What::Discarded { .. } | What::Unsent { .. } | What::Duplicate { .. } => {
                let before = steps.iter().rposition(|step| step.host == record.host && !step.is_end());
                steps.push(ended(record, before));
                sizes.push(0);
                continue;
            }
            What::Composed { size_bytes, header, .. } => (Kind::Composed, *size_bytes, header),
            What::Accepted { queue_id, size_bytes, added, .. } => {
                (Kind::Accepted { queue_id: Arc::clone(queue_id) }, *size_bytes, added)
            }
            What::Delivered { recipient, mailbox, size_bytes, added, .. } => {
                let (recipient, mailbox) = (Arc::clone(recipient), Arc::clone(mailbox));
                (Kind::Filed { recipient, mailbox }, *size_bytes, added)
            }
            _ => continue,
        };
        let causes = record.id.map(|id| chain(records, id)).unwrap_or_default();
        let before = causes.iter().skip(1).find_map(|cause| cause.id.and_then(|id| places.get(&id).copied()));
        let content = contents.next();
        let converted = if matches!(kind, Kind::Accepted { .. }) { converted.remove(&record.conn) } else { None };
        // Every step puts something on top: a trace that does not say what was written before it could.
        let is_silent = content.is_none() && written.is_empty() && !matches!(kind, Kind::Composed);
        let above = before.filter(|_| !is_silent).and_then(|place| steps[place].header.as_deref());
        let above = match &converted {
            Some(converted) => Some(converted.header).filter(|header| !header.is_empty()),
            None => above,
        };
        let header = match (content, &kind, above) {
            (Some(content), ..) => Some(field_lines(&content.header().to_vec())),
            (None, Kind::Composed, _) => (!written.is_empty()).then(|| written.clone()),
            (None, _, above) => above.map(|above| written.iter().chain(above).cloned().collect()),
        };
        let added_bytes: u64 = written.iter().map(|line| line.len() as u64 + 2).sum();
        let body = match (content, before) {
            (Some(content), _) => Body::Known(content.body()),
            (None, Some(place)) if converted.is_some() => {
                Body::Other(sizes[place], converted.as_ref().map_or(0, |converted| converted.size_bytes))
            }
            (None, None) => Body::Unknown,
            (None, Some(_)) if is_silent => Body::Unknown,
            (None, Some(place)) if sizes[place] + added_bytes == size_bytes => Body::Same,
            (None, Some(place)) => Body::Other(sizes[place], size_bytes.saturating_sub(added_bytes)),
        };
        // What was filed goes nowhere: who is filed for next is another branch.
        if !matches!(kind, Kind::Filed { .. }) {
            places.extend(record.id.map(|id| (id, steps.len())));
        }
        sizes.push(size_bytes);
        steps.push(Step {
            at: record.at,
            host: record.host,
            hop: record.hop.unwrap_or_default(),
            before,
            envelope: match &record.what {
                What::Composed { from, to, .. } => written_envelope(from, to),
                What::Accepted { recipients, .. } => {
                    let said = record.id.and_then(|id| envelopes.get(&id)).cloned().unwrap_or_default();
                    said.into_iter().filter(|line| is_accepted(line, recipients)).collect()
                }
                _ => Vec::new(),
            },
            header,
            added: if matches!(kind, Kind::Composed) { Vec::new() } else { written.clone() },
            kind,
            body,
            notes: converted.into_iter().map(|converted| converted.words).collect(),
        });
    }
    note_policies(records, mail, &mut steps);
    in_reading_order(steps)
}

impl Step {
    /// Whether the mail goes no further from here.
    pub(super) fn is_end(&self) -> bool {
        matches!(self.kind, Kind::Filed { .. } | Kind::Ended { .. })
    }
}

/// For a recipient it has come to an end where it was.
fn ended(record: &Record, before: Option<usize>) -> Step {
    let (what, rest) = match &record.what {
        What::Bounced { status, recipient, reason, .. } => words::bounced(status, recipient, reason),
        What::Discarded { recipient, reason, .. } => told(words::discarded(recipient, reason)),
        What::Duplicate { recipient, shares, .. } => told(words::duplicate(recipient, shares)),
        What::Unsent { recipient, reason } => told(words::unsent(recipient, reason)),
        _ => Default::default(),
    };
    Step {
        at: record.at,
        host: record.host,
        hop: record.hop.unwrap_or_default(),
        before,
        envelope: Vec::new(),
        header: None,
        added: Vec::new(),
        kind: Kind::Ended { words: what + &rest },
        body: Body::Unknown,
        notes: Vec::new(),
    }
}

fn told((what, rest): (&str, String)) -> (String, String) {
    (what.to_owned(), rest)
}

/// What whoever composed a mail wants its envelope to be, as a client will say it.
fn written_envelope(from: &str, to: &[Arc<str>]) -> Vec<String> {
    let to = to.iter().map(|to| format!("RCPT TO:<{to}>"));
    [format!("MAIL FROM:<{from}>")].into_iter().chain(to).collect()
}

/// For each acceptance of the mail: the commands that made the envelope, as the server heard them.
fn envelopes(records: &[Record], mail: MailId) -> BTreeMap<RecordId, Vec<String>> {
    let mut open: BTreeMap<Option<ConnId>, Vec<String>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for record in records {
        match &record.what {
            What::Line { direction: Direction::Received, side: Side::Server, text, .. } if words::is_envelope(text) => {
                let said = open.entry(record.conn).or_default();
                if words::is_mail(text) {
                    said.clear();
                }
                said.push(text.visible());
            }
            What::Accepted { .. } => {
                let said = open.remove(&record.conn).unwrap_or_default();
                if record.mail == Some(mail) {
                    found.extend(record.id.map(|id| (id, said)));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a command of the envelope is no RCPT that the server refused.
fn is_accepted(line: &str, recipients: &[Arc<str>]) -> bool {
    !words::holds(line, "RCPT TO:")
        || recipients.iter().any(|recipient| words::holds(line, recipient))
        // `<postmaster>` alone stands for an address of the server (RFC 5321 §4.5.1).
        || words::holds(line, "<postmaster>")
}

/// Puts what policies did at the very moment of a step to that step.
fn note_policies(records: &[Record], mail: MailId, steps: &mut [Step]) {
    for record in records.iter().filter(|r| r.mail == Some(mail)) {
        let What::Policy { policy, decision, detail } = &record.what else { continue };
        if !CHANGING.contains(&&**policy) {
            continue;
        }
        let here = |step: &&mut Step| step.at == record.at && step.host == record.host && !step.is_end();
        if let Some(step) = steps.iter_mut().find(here) {
            let (what, rest) = words::policy(policy, decision, detail);
            step.notes.push(format!("{what}{rest}"));
        }
    }
}

/// Each step before those that follow from it, and those of one way together.
fn in_reading_order(steps: Vec<Step>) -> Vec<Step> {
    let mut behind: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        behind.entry(step.before).or_default().push(place);
    }
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let mut moved = BTreeMap::new();
    let mut sorted = Vec::with_capacity(steps.len());
    let mut next: Vec<usize> = behind.get(&None).into_iter().flatten().rev().copied().collect();
    while let Some(place) = next.pop() {
        next.extend(behind.get(&Some(place)).into_iter().flatten().rev());
        if let Some(mut step) = steps[place].take() {
            moved.insert(place, sorted.len());
            step.before = step.before.and_then(|before| moved.get(&before).copied());
            sorted.push(step);
        }
    }
    sorted
}
