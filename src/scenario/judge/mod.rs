//! The judge: watches a run through its trace records and says afterwards which expectations came true.
//!
//! It only remembers what some expectation asks about, so that a run of millions of mails with a claim about their
//! sum costs a few numbers.

mod mailboxes;
mod matching;
mod queues;
mod reading;
mod say;
mod say_reading;
mod words;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::expect::{Claim, Expectation};
use super::plan::{Plan, Role};
use crate::diag::Diagnostic;
use crate::sim::{Duration, Instant};
use crate::trace::{HostId, MailId, Record, Sink, What};
use mailboxes::Mailboxes;
use queues::Queues;
use reading::Reading;

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
    /// How long before something had been done with the mail, where that is known.
    pub(super) age: Option<Duration>,
    /// What that was.
    pub(super) since: &'static str,
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
    reading: Option<Reading>,
    mailboxes: Option<Mailboxes>,
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
                Claim::Fetched { .. }
                | Claim::Seen { .. }
                | Claim::InFolder { .. }
                | Claim::Flags { .. }
                | Claim::MailboxCount { .. } => {}
                _ => others.push(i),
            }
        }
        let asks_for_mails = plan.expectations.iter().any(|e| reading::asks_for_mails(&e.claim));
        let mut judge = Judge {
            expectations: plan.expectations.clone(),
            seen: vec![Seen::default(); plan.expectations.len()],
            names: plan.hosts.iter().map(|h| Arc::clone(&h.name)).collect(),
            users: plan.hosts.iter().map(|h| matches!(h.role, Role::User(_))).collect(),
            keeps_mails: !about.is_empty() || asks_for_mails,
            about,
            others,
            sources: HashMap::new(),
            mails: HashMap::new(),
            keeps_hops,
            reports: HashSet::new(),
            queues: keeps_queues.then(|| Queues::new(plan)),
            reading: Reading::new(&plan.expectations),
            mailboxes: Mailboxes::new(&plan.expectations),
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
                self.about_mailbox(record);
            }
            What::Fetched { .. } | What::Read { .. } | What::Mailbox { .. } => self.about_mailbox(record),
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
            What::Line { .. }
            | What::Tls { .. }
            | What::Lookup { .. }
            | What::Policy { .. }
            | What::Connection { .. }
                if !self.others.is_empty() =>
            {
                self.about_hosts(record);
            }
            _ => {}
        }
    }
}
