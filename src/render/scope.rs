//! Which records belong to a mail: the mail's own, those of the reports about it, and what was said around them.

use std::collections::BTreeSet;

use super::lookups::{Exchange, Lookups, exchange};
use crate::trace::{ConnId, MailId, Record, RecordId, What};

/// The records that tell one mail's story, or all of them.
pub(crate) struct Scope {
    mails: Option<BTreeSet<MailId>>,
    conns: BTreeSet<ConnId>,
    causes: BTreeSet<RecordId>,
    exchanges: BTreeSet<Exchange>,
}

impl Scope {
    /// The scope of `mail` and of the reports that were written because of it; of everything where it is `None`.
    pub(crate) fn new(mail: Option<MailId>, records: &[Record]) -> Scope {
        let mut scope =
            Scope { mails: None, conns: BTreeSet::new(), causes: BTreeSet::new(), exchanges: BTreeSet::new() };
        let Some(mail) = mail else { return scope };
        let mails = with_reports(mail, records);
        let of_mail = |record: &Record| record.mail.is_some_and(|m| mails.contains(&m));
        scope.conns = records.iter().filter(|r| of_mail(r)).filter_map(|r| r.conn).collect();
        let lookups = Lookups::find(records, of_mail);
        scope.exchanges = lookups.exchanges;
        scope.causes = lookups.results;
        scope.mails = Some(mails);
        // Causes come before what they bring about, so one pass finds whole chains of look-ups.
        for record in records {
            if scope.has(record) {
                scope.causes.extend(record.id);
                scope.exchanges.extend(exchange(record));
            }
        }
        scope
    }

    /// Whether the record belongs to it.
    pub(crate) fn has(&self, record: &Record) -> bool {
        let Some(mails) = &self.mails else { return true };
        if matches!(record.what, What::Condition { .. } | What::Alarm { .. }) {
            return true;
        }
        match (record.mail, record.conn) {
            (Some(mail), _) => mails.contains(&mail),
            (None, Some(conn)) if self.conns.contains(&conn) => true,
            _ => {
                record.cause.is_some_and(|cause| self.causes.contains(&cause))
                    || record.id.is_some_and(|id| self.causes.contains(&id))
                    || exchange(record).is_some_and(|e| self.exchanges.contains(&e))
            }
        }
    }
}

/// The mail, the reports about it, and the reports about those.
pub(crate) fn with_reports(mail: MailId, records: &[Record]) -> BTreeSet<MailId> {
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
