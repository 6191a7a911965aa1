//! Which records belong to a mail: the mail's own, those of the reports about it, what was said around them, and what was
//! asked for them.
//!
//! A question carries no mail: one answer may serve many. But records know their causes, so the way leads from what was done
//! for the mail back to the look-ups that it waited for, and from what was done for it on to what that led to in the DNS.

use std::collections::BTreeSet;

use super::{ConnId, MailId, Record, RecordId, What};

/// The records that tell one mail's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    mails: BTreeSet<MailId>,
    conns: BTreeSet<ConnId>,
    /// Records without a mail that belong to it.
    others: BTreeSet<RecordId>,
}

impl Scope {
    /// The scope of `mail` and of the reports that were written because of it.
    #[must_use]
    pub fn of(mail: MailId, records: &[Record]) -> Scope {
        let mails = with_reports(mail, records);
        let of_mail = |record: &Record| record.mail.is_some_and(|m| mails.contains(&m));
        let conns = records.iter().filter(|r| of_mail(r)).filter_map(|r| r.conn).collect();
        let mut others = back(records, of_mail);
        // Causes come before what they bring about, so one pass finds whole chains.
        let mut own: BTreeSet<RecordId> = BTreeSet::new();
        for record in records {
            let follows = || record.cause.is_some_and(|cause| own.contains(&cause));
            if of_mail(record) || record.id.is_some_and(|id| others.contains(&id)) {
                own.extend(record.id);
            } else if is_lookup(record) && follows() {
                own.extend(record.id);
                others.extend(record.id);
            }
        }
        Scope { mails, conns, others }
    }

    /// Whether the record belongs to it.
    #[must_use]
    pub fn has(&self, record: &Record) -> bool {
        if matches!(record.what, What::Condition { .. } | What::Alarm { .. }) {
            return true;
        }
        match (record.mail, record.conn) {
            (Some(mail), _) => self.mails.contains(&mail),
            (None, Some(conn)) if self.conns.contains(&conn) => true,
            _ => record.id.is_some_and(|id| self.others.contains(&id)),
        }
    }
}

/// What the records that `of_mail` chooses go back to, as far as it is about no other mail.
fn back(records: &[Record], of_mail: impl Fn(&Record) -> bool) -> BTreeSet<RecordId> {
    let (mut wanted, mut found) = (BTreeSet::new(), BTreeSet::new());
    for record in records.iter().rev() {
        let is_wanted = record.mail.is_none() && record.id.is_some_and(|id| wanted.remove(&id));
        if is_wanted {
            found.extend(record.id);
        }
        if is_wanted || of_mail(record) {
            wanted.extend(record.cause);
        }
    }
    found
}

fn is_lookup(record: &Record) -> bool {
    matches!(record.what, What::Question { .. } | What::Answer { .. } | What::Lookup { .. }) && record.mail.is_none()
}

/// The mail, the reports about it, and the reports about those.
#[must_use]
pub fn with_reports(mail: MailId, records: &[Record]) -> BTreeSet<MailId> {
    let mut mails = BTreeSet::from([mail]);
    for record in records {
        if let (Some(of), What::Bounced { report: Some(report), .. }) = (record.mail, &record.what)
            && mails.contains(&of)
        {
            mails.insert(*report);
        }
    }
    mails
}
