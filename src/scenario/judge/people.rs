//! Records of people's machines, held against claims.

use super::{Hit, Judge};
use crate::scenario::expect::Claim;
use crate::trace::{Record, What};

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
