//! The judge: watches a run through its trace records and says afterwards which expectations came true.
//!
//! It only remembers what some expectation asks about, so that a run of millions of mails with a claim about their
//! sum costs a few numbers.

mod queues;
mod say;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::expect::{Claim, Expectation};
use super::plan::{Plan, Role};
use crate::diag::Diagnostic;
use crate::sim::{Duration, Instant};
use crate::trace::transcript::words;
use crate::trace::{ConnectionState, Direction, HostId, MailId, Record, Side, Sink, What};
use queues::Queues;

/// What came of one expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it came true.
    pub met: bool,
    /// The bytes of the file that claim it.
    pub span: Range<usize>,
    /// What was expected, in a sentence without a full stop.
    pub expected: String,
    /// What happened, in a sentence without a full stop.
    pub happened: String,
}

impl Judgement {
    /// The failure as a diagnostic about the scenario file.
    #[must_use]
    pub fn diagnostic(&self, file_name: &str) -> Diagnostic {
        let message = format!("expected: {}", self.expected);
        Diagnostic::error(&Arc::from(file_name), self.span.clone(), "expectation", message)
            .label("this did not come true")
            .note(format!("what happened: {}", self.happened))
    }
}

/// Something that counts towards a claim.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) at: Instant,
    pub(super) host: HostId,
    /// Time since the mail was composed, where that is known.
    pub(super) age: Option<Duration>,
    /// The report of a bounce.
    pub(super) report: Option<MailId>,
    /// The hosts that the mail went through.
    pub(super) path: Vec<HostId>,
    /// What was said.
    pub(super) words: String,
}

/// Hits beyond this number are only counted.
const KEPT: usize = 10_000;

/// What one claim has seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) count: u64,
    pub(super) hits: Vec<Hit>,
    /// The number of the last attempt of each queued mail that counted.
    attempts: HashMap<(HostId, Arc<str>), u32>,
    /// What would have counted if it had not differed in one point: for the sentence about what happened instead.
    pub(super) near: Option<String>,
}

impl Seen {
    fn add(&mut self, hit: impl FnOnce() -> Hit) {
        self.count += 1;
        if self.hits.len() < KEPT {
            self.hits.push(hit());
        }
    }
}

/// Sums over the run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) delivered: u64,
    pub(super) bounced: u64,
    pub(super) sent: u64,
    pub(super) unsent: u64,
}

/// A mail that somebody composed.
struct Known {
    at: Instant,
    subject: Arc<str>,
    /// Where it was composed, and where it was accepted on which hop, for whom.
    composed_at: HostId,
    hops: Vec<(u16, HostId, Vec<Arc<str>>)>,
}

/// Watches a run for a plan's expectations.
pub struct Judge {
    pub(super) expectations: Vec<Expectation>,
    pub(super) seen: Vec<Seen>,
    pub(super) names: Vec<Arc<str>>,
    users: Vec<bool>,
    /// Claims by the mailbox that they speak of.
    about: HashMap<Arc<str>, Vec<usize>>,
    /// Claims that speak of hosts.
    others: Vec<usize>,
    /// Mailboxes whose mail goes on to this one, directly or not.
    sources: HashMap<Arc<str>, HashSet<Arc<str>>>,
    mails: HashMap<MailId, Known>,
    keeps_mails: bool,
    keeps_hops: bool,
    /// Reports that were filed for somebody whom a claim names.
    reports: HashSet<(MailId, Arc<str>)>,
    queues: Option<Queues>,
    pub(super) sums: Sums,
    pub(super) alarms: Vec<String>,
    pub(super) end: Instant,
}

impl Judge {
    /// A judge for the expectations of a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Judge {
        let mut about: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        let mut others = Vec::new();
        let (mut keeps_queues, mut keeps_hops) = (false, false);
        for (i, expectation) in plan.expectations.iter().enumerate() {
            let mut name = |mailbox: &crate::identity::Mailbox| {
                let claims = about.entry(Arc::from(mailbox.as_str())).or_default();
                if !claims.contains(&i) {
                    claims.push(i);
                }
            };
            match &expectation.claim {
                Claim::Bounced { to, report_to, .. } => {
                    name(to);
                    report_to.iter().for_each(name);
                }
                Claim::Hops { to, .. } => {
                    keeps_hops = true;
                    name(to);
                }
                Claim::Delivered { to, .. }
                | Claim::NotDelivered { to, .. }
                | Claim::Attempts { to, .. }
                | Claim::Unsent { to, .. } => name(to),
                Claim::QueueEmpty { .. } | Claim::NothingLost => keeps_queues = true,
                Claim::Total { queued, .. } => keeps_queues |= queued.is_some(),
                _ => others.push(i),
            }
        }
        let mut judge = Judge {
            expectations: plan.expectations.clone(),
            seen: vec![Seen::default(); plan.expectations.len()],
            names: plan.hosts.iter().map(|h| Arc::clone(&h.name)).collect(),
            users: plan.hosts.iter().map(|h| matches!(h.role, Role::User(_))).collect(),
            keeps_mails: !about.is_empty(),
            about,
            others,
            sources: HashMap::new(),
            mails: HashMap::new(),
            keeps_hops,
            reports: HashSet::new(),
            queues: keeps_queues.then(|| Queues::new(plan)),
            sums: Sums::default(),
            alarms: Vec::new(),
            end: Instant::ZERO,
        };
        if keeps_hops {
            judge.find_sources(plan);
        }
        judge
    }

    /// Which mailboxes lead to those that claims speak of.
    fn find_sources(&mut self, plan: &Plan) {
        let mut back: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
        for host in &plan.hosts {
            let Role::Mta(mta) = &host.role else { continue };
            for (from, to) in &mta.forwards {
                for to in to {
                    back.entry(Arc::from(to.as_str())).or_default().push(Arc::from(from.as_str()));
                }
            }
        }
        for target in self.about.keys() {
            let mut found: HashSet<Arc<str>> = HashSet::from([Arc::clone(target)]);
            let mut open = vec![Arc::clone(target)];
            while let Some(next) = open.pop() {
                for from in back.get(&next).into_iter().flatten() {
                    if found.insert(Arc::clone(from)) {
                        open.push(Arc::clone(from));
                    }
                }
            }
            self.sources.insert(Arc::clone(target), found);
        }
    }

    /// The host's name.
    pub(super) fn name(&self, host: HostId) -> &str {
        self.names.get(host.0 as usize).map_or("an implied host", |n| n)
    }

    /// Whether the report was filed for somebody.
    pub(super) fn was_filed(&self, report: MailId, mailbox: &str) -> bool {
        self.reports.contains(&(report, Arc::from(mailbox)))
    }

    fn subject_is(&self, mail: Option<MailId>, wanted: Option<&Arc<str>>) -> bool {
        let Some(wanted) = wanted else { return true };
        mail.and_then(|m| self.mails.get(&m)).is_some_and(|m| m.subject == *wanted)
    }

    fn hit(&self, record: &Record, words: &str) -> Hit {
        let known = record.mail.and_then(|m| self.mails.get(&m));
        let age = known.map(|k| record.at.since(k.at));
        Hit { at: record.at, host: record.host, age, report: None, path: Vec::new(), words: words.to_owned() }
    }

    /// The hosts that a mail went through until it was filed for a recipient.
    fn path(&self, mail: Option<MailId>, recipient: &str) -> Vec<HostId> {
        let Some(known) = mail.and_then(|m| self.mails.get(&m)) else { return Vec::new() };
        let sources = self.sources.get(recipient);
        let counts = |r: &Arc<str>| sources.map_or(**r == *recipient, |s| s.contains(r));
        let mut path = vec![known.composed_at];
        let mut last = None;
        for (hop, host, recipients) in &known.hops {
            // A mail that is handed over twice is on the same hop twice (RFC 1047).
            if recipients.iter().any(counts) && last != Some((*hop, *host)) {
                path.push(*host);
                last = Some((*hop, *host));
            }
        }
        path
    }

    /// Whether a claim about attempts has counted this one: it may dial many servers, and has an outcome for each.
    fn is_same_attempt(&self, claim: usize, record: &Record) -> bool {
        let (What::Attempt { queue_id, number, .. } | What::Outcome { queue_id, number, .. }) = &record.what else {
            return false;
        };
        self.seen[claim].attempts.get(&(record.host, Arc::clone(queue_id))).is_some_and(|last| number <= last)
    }

    /// A record about one recipient.
    fn about_recipient(&mut self, record: &Record, recipient: &Arc<str>) {
        let Some(claims) = self.about.get(recipient) else { return };
        for i in claims.clone() {
            if self.is_same_attempt(i, record) {
                continue;
            }
            let claim = &self.expectations[i].claim;
            let hit = match (claim, &record.what) {
                (
                    Claim::Delivered { to, subject, .. } | Claim::NotDelivered { to, subject },
                    What::Delivered { .. },
                ) if *to.as_str() == **recipient && self.subject_is(record.mail, subject.as_ref()) => {
                    Some(self.hit(record, ""))
                }
                (Claim::Hops { to, subject, .. }, What::Delivered { .. })
                    if *to.as_str() == **recipient && self.subject_is(record.mail, subject.as_ref()) =>
                {
                    Some(Hit { path: self.path(record.mail, recipient), ..self.hit(record, "") })
                }
                (
                    Claim::Bounced { to, subject, status, code, contains, by, .. },
                    What::Bounced { status: s, reason, report, .. },
                ) if *to.as_str() == **recipient && self.subject_is(record.mail, subject.as_ref()) => {
                    let reason = reason.visible();
                    let good = status.as_ref().is_none_or(|status| status == s)
                        && code.is_none_or(|code| words::begins_with(&reason, code))
                        && contains.as_ref().is_none_or(|c| words::holds(&reason, c))
                        && by.is_none_or(|by| by == record.host);
                    if !good {
                        let near = format!("{} gave it up with status {s}: {reason}", self.name(record.host));
                        self.seen[i].near.get_or_insert(near);
                    }
                    good.then(|| Hit { report: *report, ..self.hit(record, &reason) })
                }
                (
                    Claim::Attempts { to, subject, by, .. },
                    What::Attempt { queue_id, number, .. } | What::Outcome { queue_id, number, .. },
                ) if *to.as_str() == **recipient
                    && self.subject_is(record.mail, subject.as_ref())
                    && by.is_none_or(|by| by == record.host)
                    && !self.users.get(record.host.0 as usize).copied().unwrap_or(false) =>
                {
                    let words = match &record.what {
                        What::Attempt { next_hop, .. } => next_hop.to_string(),
                        What::Outcome { reply, .. } => reply.visible(),
                        _ => String::new(),
                    };
                    let key = (record.host, Arc::clone(queue_id));
                    let (number, hit) = (*number, self.hit(record, &words));
                    self.seen[i].attempts.insert(key, number);
                    Some(hit)
                }
                (Claim::Unsent { to, code, contains, .. }, What::Unsent { reason, .. })
                    if *to.as_str() == **recipient =>
                {
                    let reason = reason.visible();
                    let good = code.is_none_or(|code| words::begins_with(&reason, code))
                        && contains.as_ref().is_none_or(|c| words::holds(&reason, c));
                    if !good {
                        self.seen[i].near.get_or_insert(format!("it was not sent because of: {reason}"));
                    }
                    good.then(|| self.hit(record, &reason))
                }
                _ => None,
            };
            if let Some(hit) = hit {
                self.seen[i].add(|| hit);
            }
        }
    }

    /// A record about hosts.
    fn about_hosts(&mut self, record: &Record) {
        for n in 0..self.others.len() {
            let i = self.others[n];
            let words = match (&self.expectations[i].claim, &record.what) {
                (
                    Claim::Reply { from, to, code, contains, .. },
                    What::Line { direction: Direction::Sent, side: Side::Server, peer, text, .. },
                ) if *from == record.host && to.is_none_or(|to| to == *peer) => {
                    let line = text.visible();
                    let last = line.as_bytes().get(3) != Some(&b'-');
                    let good =
                        words::begins_with(&line, *code) && contains.as_ref().map_or(last, |c| words::holds(&line, c));
                    good.then_some(line)
                }
                (
                    Claim::Command { from, to, begins, .. },
                    What::Line { direction: Direction::Sent, side: Side::Client, peer, text, .. },
                ) if *from == record.host && to.is_none_or(|to| to == *peer) => {
                    let line = text.visible();
                    let good = line.get(..begins.len()).is_some_and(|start| start.eq_ignore_ascii_case(begins));
                    good.then_some(line)
                }
                (
                    Claim::Lookup { host, name, rtype, result, cached, .. },
                    What::Lookup { name: n, rtype: t, result: what, cached: from_cache },
                ) if *host == record.host && n.trim_end_matches('.').eq_ignore_ascii_case(name) => {
                    let good = rtype.as_ref().is_none_or(|rtype| rtype == t)
                        && result.as_ref().is_none_or(|part| words::holds(what, part))
                        && cached.is_none_or(|cached| cached == *from_cache);
                    let said = format!("{n} {t}: {what}{}", if *from_cache { " (from the cache)" } else { "" });
                    if !good {
                        self.seen[i].near.get_or_insert(format!("it looked up {said}"));
                    }
                    good.then_some(said)
                }
                (Claim::Policy { host, policy, decision, .. }, What::Policy { policy: p, decision: d, detail })
                    if *host == record.host && policy.eq_ignore_ascii_case(p) =>
                {
                    if !decision.eq_ignore_ascii_case(d) {
                        self.seen[i].near.get_or_insert(format!("{p} said `{d}`: {detail}"));
                    }
                    decision.eq_ignore_ascii_case(d).then(|| detail.to_string())
                }
                (
                    Claim::Connections { from, to, .. },
                    What::Connection { state: ConnectionState::Open, side: Side::Client, peer, .. },
                ) if *from == record.host && to.is_none_or(|to| to == *peer) => Some(String::new()),
                _ => None,
            };
            if let Some(words) = words {
                let hit = self.hit(record, &words);
                self.seen[i].add(|| hit);
            }
        }
    }
}

impl Sink for Judge {
    fn record(&mut self, record: &Record) {
        self.end = self.end.max(record.at);
        if let Some(queues) = &mut self.queues {
            queues.record(record);
        }
        match &record.what {
            What::Composed { subject, .. } => {
                self.sums.sent += u64::from(self.users.get(record.host.0 as usize).copied().unwrap_or(false));
                if let (true, Some(mail)) = (self.keeps_mails, record.mail) {
                    let known = Known {
                        at: record.at,
                        subject: Arc::clone(subject),
                        composed_at: record.host,
                        hops: Vec::new(),
                    };
                    self.mails.entry(mail).or_insert(known);
                }
            }
            What::Accepted { recipients, .. } if self.keeps_hops => {
                if let Some(known) = record.mail.and_then(|m| self.mails.get_mut(&m)) {
                    known.hops.push((record.hop.unwrap_or(0), record.host, recipients.clone()));
                }
            }
            What::Delivered { recipient, .. } => {
                self.sums.delivered += 1;
                if let (true, Some(mail)) = (self.about.contains_key(recipient), record.mail) {
                    self.reports.insert((mail, Arc::clone(recipient)));
                }
                self.about_recipient(record, recipient);
            }
            What::Bounced { recipient, .. } => {
                self.sums.bounced += 1;
                self.about_recipient(record, recipient);
            }
            What::Unsent { recipient, .. } => {
                self.sums.unsent += 1;
                self.about_recipient(record, recipient);
            }
            What::Attempt { recipients, .. } if !self.about.is_empty() => {
                recipients.iter().for_each(|recipient| self.about_recipient(record, recipient));
            }
            What::Outcome { recipient, .. } => self.about_recipient(record, recipient),
            What::Alarm { text } => self.alarms.push(text.to_string()),
            What::Line { .. } | What::Lookup { .. } | What::Policy { .. } | What::Connection { .. }
                if !self.others.is_empty() =>
            {
                self.about_hosts(record);
            }
            _ => {}
        }
    }
}
