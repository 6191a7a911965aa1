//! Which records of people's machines count towards which claims.

use std::collections::HashMap;

use super::{Hit, Judge};
use crate::scenario::expect::{Claim, Expectation};
use crate::sim::Instant;
use crate::trace::{MailId, Record, What};

/// What claims about fetching and reading need to know.
pub(super) struct Reading {
    /// Those claims.
    claims: Vec<usize>,
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

    fn filed(&mut self, record: &Record, mailbox: &str) {
        let (Some(mail), Some(timed)) = (record.mail, &self.timed) else { return };
        let mailbox = mailbox.to_ascii_lowercase();
        if timed.is_empty() || timed.contains(&mailbox) {
            self.filed.insert((mail, mailbox), record.at);
        }
    }

    /// When the record's mail was filed there.
    fn when_filed(&self, record: &Record, mailbox: &str) -> Option<Instant> {
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

impl Judge {
    /// A record about a mailbox and what lies there.
    pub(super) fn about_mailbox(&mut self, record: &Record) {
        if let Some(mailboxes) = &mut self.mailboxes {
            let subject = record.mail.and_then(|mail| self.mails.get(&mail)).map(|mail| &mail.subject);
            mailboxes.record(record, subject);
        }
        let Some(reading) = &mut self.reading else { return };
        if let What::Delivered { mailbox, .. } = &record.what {
            reading.filed(record, mailbox);
            return;
        }
        for i in reading.claims.clone() {
            if let Some(hit) = self.read_or_fetched(i, record) {
                self.seen[i].add(|| hit);
            }
        }
    }

    /// Whether a record counts towards a claim.
    fn read_or_fetched(&mut self, i: usize, record: &Record) -> Option<Hit> {
        match (&self.expectations[i].claim, &record.what) {
            (
                Claim::Fetched { by, to, subject, protocol, whole, .. },
                What::Fetched { mailbox, protocol: p, whole: w, .. },
            ) if to.as_ref().is_none_or(|to| to.as_str().eq_ignore_ascii_case(mailbox))
                && self.subject_is(record.mail, subject.as_ref()) =>
            {
                if *by != record.host {
                    let near = format!("{} fetched it", self.name(record.host));
                    self.seen[i].near.get_or_insert(near);
                    return None;
                }
                let good = protocol.is_none_or(|protocol| *protocol == **p) && whole.is_none_or(|whole| whole == *w);
                let what = if *w { "as a whole" } else { "its header section" };
                let said = format!("{what}, by {p}");
                if !good {
                    self.seen[i].near.get_or_insert(format!("it was fetched otherwise: {said}"));
                    return None;
                }
                let filed = self.reading.as_ref().and_then(|reading| reading.when_filed(record, mailbox));
                let age = filed.map(|filed| record.at.since(filed));
                Some(Hit { age, since: "delivered", ..self.hit(record, &said) })
            }
            (Claim::Seen { by, to, subject, .. }, What::Read { mailbox, .. })
                if to.as_str().eq_ignore_ascii_case(mailbox) && self.subject_is(record.mail, subject.as_ref()) =>
            {
                if by.is_some_and(|by| by != record.host) {
                    let near = format!("it was read on {}", self.name(record.host));
                    self.seen[i].near.get_or_insert(near);
                    return None;
                }
                Some(self.hit(record, ""))
            }
            _ => None,
        }
    }
}
