//! Which records belong to a mail: the mail's own, those of the reports about it, and what was said around them.

use std::collections::BTreeSet;

use super::ladder::host_name;
use crate::trace::{ConnId, HostId, MailId, QueueName, Record, RecordId, What};

/// The records that tell one mail's story, or all of them.
pub(crate) struct Scope {
    mails: Option<BTreeSet<MailId>>,
    conns: BTreeSet<ConnId>,
    causes: BTreeSet<RecordId>,
    questions: BTreeSet<(HostId, u16, String)>,
    lookups: BTreeSet<RecordId>,
}

impl Scope {
    /// The scope of `mail` and of the reports that were written because of it; of everything where it is `None`.
    pub(crate) fn new(mail: Option<MailId>, records: &[Record]) -> Scope {
        let mut scope = Scope {
            mails: None,
            conns: BTreeSet::new(),
            causes: BTreeSet::new(),
            questions: BTreeSet::new(),
            lookups: BTreeSet::new(),
        };
        let Some(mail) = mail else { return scope };
        let mails = with_reports(mail, records);
        let of_mail = |record: &Record| record.mail.is_some_and(|m| mails.contains(&m));
        scope.conns = records.iter().filter(|r| of_mail(r)).filter_map(|r| r.conn).collect();
        scope.lookups = lookups_for(&mails, records);
        scope.mails = Some(mails);
        // Causes come before what they bring about, so one pass finds whole chains of look-ups.
        for record in records {
            if scope.has(record) {
                scope.causes.extend(record.id);
                scope.questions.extend(question(record));
            }
        }
        scope
    }

    /// Whether it is about one mail only.
    pub(crate) fn is_of_one_mail(&self) -> bool {
        self.mails.is_some()
    }

    /// Whether the record belongs to it.
    pub(crate) fn has(&self, record: &Record) -> bool {
        let Some(mails) = &self.mails else { return true };
        if matches!(record.what, What::Fault { .. } | What::Alarm { .. }) {
            return true;
        }
        match (record.mail, record.conn) {
            (Some(mail), _) => mails.contains(&mail),
            (None, Some(conn)) if self.conns.contains(&conn) => true,
            _ if record.id.is_some_and(|id| self.lookups.contains(&id)) => true,
            _ => {
                record.cause.is_some_and(|cause| self.causes.contains(&cause))
                    || question(record).is_some_and(|q| self.questions.contains(&q))
            }
        }
    }
}

/// What makes a question and its answer one exchange: who asks, under which number, for which name.
fn question(record: &Record) -> Option<(HostId, u16, String)> {
    use crate::trace::Direction::{Received, Sent};
    match &record.what {
        What::Question { direction, peer, query, name, .. } => {
            Some((if *direction == Sent { record.host } else { *peer }, *query, name.to_string()))
        }
        What::Answer { direction, peer, query, name, .. } => {
            Some((if *direction == Received { record.host } else { *peer }, *query, name.to_string()))
        }
        _ => None,
    }
}

/// What was looked up in the DNS for these mails. The trace does not say for which mail a host asks, so a look-up counts
/// when the host has one of them in hand (from taking it, or beginning with it again, to dialling or giving up) and asks
/// for where it goes: the domain of a recipient or a host that was dialled.
fn lookups_for(mails: &BTreeSet<MailId>, records: &[Record]) -> BTreeSet<RecordId> {
    let of_mail = |record: &Record| record.mail.is_some_and(|m| mails.contains(&m));
    let domain = |address: &str| address.rsplit('@').next().unwrap_or(address).to_ascii_lowercase();
    let mut names = BTreeSet::new();
    for record in records.iter().filter(|r| of_mail(r)) {
        match &record.what {
            What::Composed { to, .. } => names.extend(to.iter().map(|a| domain(a))),
            What::Attempt { recipients, next_hop, .. } => {
                names.extend(recipients.iter().map(|a| domain(a)));
                names.insert(host_name(next_hop).to_ascii_lowercase());
            }
            What::Route { hosts, .. } => names.extend(hosts.iter().map(|h| host_name(h).to_ascii_lowercase())),
            What::Bounced { recipient, .. } => {
                names.insert(domain(recipient));
            }
            _ => {}
        }
    }
    let mut in_hand = BTreeSet::new();
    let mut found = BTreeSet::new();
    for record in records {
        match &record.what {
            What::Queue { queue: QueueName::Active, .. } if of_mail(record) => {
                in_hand.insert(record.host);
            }
            What::Queue { .. } | What::Attempt { .. } | What::Bounced { .. } if of_mail(record) => {
                in_hand.remove(&record.host);
            }
            What::Lookup { name, cached: false, .. }
                if in_hand.contains(&record.host)
                    && names.contains(&name.trim_end_matches('.').to_ascii_lowercase()) =>
            {
                found.extend(record.id);
            }
            _ => {}
        }
    }
    found
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
