//! Which records belong to a mail: the mail's own, those of the reports about it, what was said around them, and what was
//! asked for them.
//!
//! A question carries no mail: one answer may serve many. But records know their causes, so the way leads from what was done
//! for the mail back to the look-ups that it waited for, and from what was done for it on to what that led to in the DNS.
//!
//! A connection on which mail is taken out of mailboxes is about many mails, so what is said there without naming one belongs to a
//! mail only if it led to what was done for it, answers that, or follows behind the last of all.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConnId, ConnectionState, Dialects, Direction, MailId, Record, RecordId, Side, What};
use crate::sim::Instant;

/// The records that tell one mail's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    mails: BTreeSet<MailId>,
    /// Connections on which mail was handed over.
    conns: BTreeSet<ConnId>,
    /// Connections on which it was taken out of a mailbox, and from when until when.
    reading: BTreeMap<ConnId, (Instant, Instant)>,
    /// Records without a mail that belong to it.
    others: BTreeSet<RecordId>,
}

impl Scope {
    /// The scope of `mail` and of the reports that were written because of it.
    #[must_use]
    pub fn of(mail: MailId, records: &[Record]) -> Scope {
        let mails = with_reports(mail, records);
        let looks = Looks::new(records);
        let of_mail = |record: &Record| looks.about(record).is_some_and(|m| mails.contains(&m));
        let (mut conns, mut reading) = (BTreeSet::new(), BTreeMap::new());
        for record in records.iter().filter(|r| of_mail(r)) {
            let Some(conn) = record.conn else { continue };
            if looks.has(Some(conn)) {
                reading.entry(conn).or_insert((record.at, record.at)).1 = record.at;
            } else {
                conns.insert(conn);
            }
        }
        let mut others = back(records, &looks, of_mail);
        // Connections that were opened for it.
        let mut begun: BTreeSet<ConnId> = BTreeSet::new();
        // Causes come before what they bring about, so one pass finds whole chains.
        let mut own: BTreeSet<RecordId> = BTreeSet::new();
        // The same without what happened in looks into mailboxes: those lead to others.
        let mut elsewhere: BTreeSet<RecordId> = BTreeSet::new();
        for (place, record) in records.iter().enumerate() {
            let Some(id) = record.id else { continue };
            let follows = || record.cause.is_some_and(|cause| own.contains(&cause));
            let is_known = of_mail(record) || others.contains(&id);
            if is_known && is_state(record, ConnectionState::Connecting) {
                begun.extend(record.conn);
            }
            let belongs = is_known
                || looks.about(record).is_none()
                    && match record.conn {
                        Some(conn) if looks.has(Some(conn)) => match &record.what {
                            What::Connection { .. } | What::Tls { .. } => begun.contains(&conn),
                            What::Line { direction: Direction::Sent, side: Side::Client, .. } => {
                                looks.last.get(&conn).is_some_and(|(at, mail)| *at < place && mails.contains(mail))
                                    && follows()
                            }
                            What::Line { .. } | What::Checked { .. } | What::Policy { .. } => follows(),
                            _ => false,
                        },
                        _ => is_lookup(record) && record.cause.is_some_and(|cause| elsewhere.contains(&cause)),
                    };
            if !belongs {
                continue;
            }
            own.insert(id);
            if !looks.has(record.conn) {
                elsewhere.insert(id);
            }
            if record.mail.is_none() {
                others.insert(id);
            }
        }
        Scope { mails, conns, reading, others }
    }

    /// Whether the record belongs to it.
    #[must_use]
    pub fn has(&self, record: &Record) -> bool {
        if matches!(record.what, What::Condition { .. } | What::Alarm { .. }) {
            return true;
        }
        match (record.mail, record.conn, record.id) {
            (Some(mail), ..) => self.mails.contains(&mail),
            (None, Some(conn), _) if self.conns.contains(&conn) => true,
            (None, _, Some(id)) => self.others.contains(&id),
            // A packet.
            (None, Some(conn), None) => {
                self.reading.get(&conn).is_some_and(|(from, to)| (*from..=*to).contains(&record.at))
            }
            (None, None, None) => false,
        }
    }
}

/// What is known of the connections on which mail is taken out of mailboxes.
struct Looks {
    dialects: Dialects,
    /// What records there are about that do not say it: the other end of a line about a mail, and the command that it answers.
    about: BTreeMap<RecordId, MailId>,
    /// The last record on each connection that is about a mail: its place, and the mail.
    last: BTreeMap<ConnId, (usize, MailId)>,
}

impl Looks {
    fn new(records: &[Record]) -> Looks {
        let mut looks = Looks { dialects: Dialects::learn(records), about: BTreeMap::new(), last: BTreeMap::new() };
        // Commands that one mail was the answer to, and those that were about many.
        let mut commands: BTreeMap<RecordId, Option<MailId>> = BTreeMap::new();
        for (place, record) in
            records.iter().enumerate().filter(|(_, record)| looks.dialects.of(record.conn).reads_mailboxes())
        {
            let heard = matches!(record.what, What::Line { direction: Direction::Received, .. });
            let told = record.cause.and_then(|cause| looks.about.get(&cause)).copied().filter(|_| heard);
            let (Some(id), Some(conn), Some(mail)) = (record.id, record.conn, record.mail.or(told)) else { continue };
            looks.about.insert(id, mail);
            looks.last.insert(conn, (place, mail));
            if let (false, Some(cause)) = (heard, record.cause) {
                let known = commands.entry(cause).or_insert(Some(mail));
                *known = known.filter(|known| *known == mail);
            }
        }
        // A command is sent before it is heard.
        for record in records.iter().rev() {
            let is_command = matches!(
                (&record.what, record.mail),
                (What::Line { side: Side::Server, direction: Direction::Received, .. }, None)
                    | (What::Line { side: Side::Client, direction: Direction::Sent, .. }, None)
            );
            let Some(id) = record.id.filter(|_| is_command) else { continue };
            if let Some(Some(mail)) = commands.get(&id).copied() {
                looks.about.insert(id, mail);
                if let (What::Line { direction: Direction::Received, .. }, Some(cause)) = (&record.what, record.cause) {
                    commands.insert(cause, Some(mail));
                }
            }
        }
        looks
    }

    /// Whether mail is taken out of mailboxes on this connection.
    fn has(&self, conn: Option<ConnId>) -> bool {
        self.dialects.of(conn).reads_mailboxes()
    }

    /// The mail that a record is about.
    fn about(&self, record: &Record) -> Option<MailId> {
        record.mail.or_else(|| self.about.get(&record.id?).copied())
    }
}

/// What the records that `of_mail` chooses go back to, as far as it is about no other mail. Why one look into a mailbox led to the
/// next is nobody's story, and mails that were fetched before on the same connection are passed by.
fn back(records: &[Record], looks: &Looks, of_mail: impl Fn(&Record) -> bool) -> BTreeSet<RecordId> {
    // And by what, on which connections.
    let (mut wanted, mut found) = (BTreeMap::<RecordId, BTreeSet<Option<ConnId>>>::new(), BTreeSet::new());
    for record in records.iter().rev() {
        let by = record.id.and_then(|id| wanted.remove(&id)).unwrap_or_default();
        let (is_look, same) = (looks.has(record.conn), by.contains(&record.conn));
        let goes_on = of_mail(record)
            || match looks.about(record) {
                None => same || !by.is_empty() && !is_look,
                Some(_) => same && is_look,
            };
        if !goes_on {
            continue;
        }
        if looks.about(record).is_none() {
            found.extend(record.id);
        }
        if let Some(cause) = record.cause {
            wanted.entry(cause).or_default().insert(record.conn);
        }
    }
    found
}

fn is_state(record: &Record, wanted: ConnectionState) -> bool {
    matches!(&record.what, What::Connection { state, .. } if *state == wanted)
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

#[cfg(test)]
#[path = "scope_tests.rs"]
mod tests;
