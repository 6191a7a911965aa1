//! Which records of people's machines count towards which claims.

use std::collections::HashMap;

use crate::scenario::expect::{Claim, Expectation};
use crate::sim::Instant;
use crate::trace::{MailId, Record};

/// What claims about fetching and reading need to know.
pub(super) struct Reading {
    /// Those claims.
    pub(super) claims: Vec<usize>,
    /// The mailboxes, in lower case, of which it matters when mail was filed; `None`: of none. Empty: of all.
    timed: Option<Vec<String>>,
    /// When a mail was filed there last, by the mailbox in lower case.
    filed: HashMap<(MailId, String), Instant>,
}

impl Reading {
    /// None where no claim asks.
    pub(super) fn new(expectations: &[Expectation]) -> Option<Reading> {
        let mut reading = Reading { claims: Vec::new(), timed: None, filed: HashMap::new() };
        let mut all = false;
        for (i, expectation) in expectations.iter().enumerate() {
            match &expectation.claim {
                Claim::Fetched { to, within: Some(_), .. } => {
                    reading.claims.push(i);
                    let timed = reading.timed.get_or_insert_default();
                    all |= to.is_none();
                    timed.extend(to.iter().map(|to| to.as_str().to_ascii_lowercase()));
                }
                Claim::Fetched { .. } | Claim::Seen { .. } => reading.claims.push(i),
                _ => {}
            }
        }
        if let (true, Some(timed)) = (all, &mut reading.timed) {
            timed.clear();
        }
        (!reading.claims.is_empty()).then_some(reading)
    }

    pub(super) fn filed(&mut self, record: &Record, mailbox: &str) {
        let (Some(mail), Some(timed)) = (record.mail, &self.timed) else { return };
        let mailbox = mailbox.to_ascii_lowercase();
        if timed.is_empty() || timed.contains(&mailbox) {
            self.filed.insert((mail, mailbox), record.at);
        }
    }

    /// When the record's mail was filed there.
    pub(super) fn when_filed(&self, record: &Record, mailbox: &str) -> Option<Instant> {
        self.filed.get(&(record.mail?, mailbox.to_ascii_lowercase())).copied()
    }
}

/// Whether the claim wants to know which mail is which, or when it was composed.
pub(super) fn asks_for_mails(claim: &Claim) -> bool {
    match claim {
        Claim::Seen { .. } => true,
        Claim::Fetched { subject, .. } | Claim::InFolder { subject, .. } | Claim::Flags { subject, .. } => {
            subject.is_some()
        }
        _ => false,
    }
}
