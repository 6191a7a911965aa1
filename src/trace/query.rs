//! Choosing records: by mail, hop, connection, host, kind and time.

use std::collections::BTreeSet;

use super::{ConnId, HostId, MailId, Record, Scope, What};
use crate::sim::Instant;

macro_rules! kinds {
    ($($name:ident $word:literal)*) => {
        /// What kind of thing was observed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = concat!("[`What::", stringify!($name), "`].")] $name,)*
        }

        impl Kind {
            /// All kinds, in the order of [`What`].
            pub const ALL: &[Kind] = &[$(Kind::$name),*];

            /// What it is called in a stored trace.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Kind::$name => $word),* }
            }
        }

        impl What {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(What::$name { .. } => Kind::$name),* }
            }
        }
    };
}

kinds! {
    Packet "packet"
    Connection "connection"
    Line "line"
    Content "content"
    Tls "tls"
    Session "session"
    Question "question"
    Answer "answer"
    Lookup "lookup"
    Composed "composed"
    Accepted "accepted"
    Queue "queue"
    Attempt "attempt"
    Outcome "outcome"
    Delivered "delivered"
    Bounced "bounced"
    Discarded "discarded"
    Converted "converted"
    Duplicate "duplicate"
    Unsent "unsent"
    Mailbox "mailbox"
    Checked "checked"
    Fetched "fetched"
    Read "read"
    Vanished "vanished"
    Unfetched "unfetched"
    Policy "policy"
    Condition "condition"
    Alarm "alarm"
}

impl Kind {
    /// The kind that is called so in a stored trace.
    #[must_use]
    pub fn of(word: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}

/// Which records are wanted: those that everything holds for that is said here. The default wants every record but
/// packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Of one of these mails; empty: of any or none.
    pub mails: BTreeSet<MailId>,
    /// Of this story.
    pub scope: Option<Scope>,
    /// On this hop.
    pub hop: Option<u16>,
    /// On this connection.
    pub conn: Option<ConnId>,
    /// Seen on one of these hosts; empty: on any.
    pub hosts: Vec<HostId>,
    /// Of one of these kinds; empty: any but packets, which are many.
    pub kinds: Vec<Kind>,
    /// Not before this instant.
    pub since: Option<Instant>,
    /// Before this instant.
    pub before: Option<Instant>,
}

impl Query {
    /// Records of these kinds.
    #[must_use]
    pub fn kinds(kinds: &[Kind]) -> Query {
        Query { kinds: kinds.to_vec(), ..Query::default() }
    }

    /// The story of a mail, or of all where it is `None`, down to its packets.
    #[must_use]
    pub fn story(mail: Option<MailId>, records: &[Record]) -> Query {
        Query { scope: mail.map(|mail| Scope::of(mail, records)), ..Query::kinds(Kind::ALL) }
    }

    /// The same, of this mail; of any where it is `None`.
    #[must_use]
    pub fn of(self, mail: Option<MailId>) -> Query {
        Query { mails: mail.into_iter().collect(), ..self }
    }

    /// Whether this record is wanted.
    #[must_use]
    pub fn wants(&self, record: &Record) -> bool {
        fn is<T: PartialEq>(wanted: Option<T>, has: Option<T>) -> bool {
            wanted.is_none() || wanted == has
        }
        let kind = record.what.kind();
        (self.mails.is_empty() || record.mail.is_some_and(|mail| self.mails.contains(&mail)))
            && is(self.hop, record.hop)
            && is(self.conn, record.conn)
            && (self.hosts.is_empty() || self.hosts.contains(&record.host))
            && if self.kinds.is_empty() { kind != Kind::Packet } else { self.kinds.contains(&kind) }
            && self.scope.as_ref().is_none_or(|scope| scope.has(record))
            && self.since.is_none_or(|since| record.at >= since)
            && self.before.is_none_or(|before| record.at < before)
    }

    /// Those of `records` that are wanted. They are in the order of time, as a trace has them.
    pub fn find<'r>(&self, records: &'r [Record]) -> impl Iterator<Item = &'r Record> {
        let from = self.since.map_or(0, |since| records.partition_point(|r| r.at < since));
        let to = self.before.map_or(records.len(), |before| records.partition_point(|r| r.at < before));
        records.get(from..to).unwrap_or_default().iter().filter(|r| self.wants(r))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sim::Duration;
    use crate::trace::RecordId;

    #[test]
    fn kinds_are_called_as_in_a_stored_trace() {
        for kind in Kind::ALL {
            let name = format!("{kind:?}").to_lowercase();
            assert_eq!((kind.word(), Kind::of(kind.word())), (name.as_str(), Some(*kind)));
        }
        let alarm = What::Alarm { text: Arc::from("x") };
        assert_eq!(serde_json::to_value(&alarm).unwrap()["kind"], alarm.kind().word());
        assert_eq!(Kind::of("Alarm"), None);
    }

    fn at(ms: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(ms)
    }

    /// Record `n` at `n` ms on host `n % 2`, of mail `n % 3`, on hop and connection `n`; every fourth is a session's.
    fn record(n: u64) -> Record {
        let what = if n.is_multiple_of(4) {
            What::Session { side: crate::trace::Side::Client, state: Arc::from("x") }
        } else {
            What::Alarm { text: Arc::from("x") }
        };
        Record {
            id: Some(RecordId(n)),
            at: at(n),
            host: HostId(n as u32 % 2),
            conn: Some(ConnId(n)),
            mail: Some(MailId(n % 3)),
            hop: Some(n as u16),
            cause: None,
            what,
        }
    }

    #[test]
    fn everything_that_is_said_must_hold() {
        let records: Vec<Record> = (0..12).map(record).collect();
        let found = |query: Query| query.find(&records).map(|r| u64::from(r.hop.unwrap())).collect::<Vec<u64>>();
        assert_eq!(found(Query::default()).len(), 12);
        assert_eq!(found(Query::default().of(Some(MailId(1)))), [1, 4, 7, 10]);
        assert_eq!(found(Query { hosts: vec![HostId(0)], ..Query::default() }.of(Some(MailId(1)))), [4, 10]);
        assert_eq!(
            found(Query { mails: [MailId(1), MailId(2)].into(), before: Some(at(6)), ..Query::default() }),
            [1, 2, 4, 5]
        );
        assert_eq!(found(Query { hosts: vec![HostId(0), HostId(1)], hop: Some(3), ..Query::default() }), [3]);
        assert_eq!(found(Query { conn: Some(ConnId(5)), ..Query::default() }), [5]);
        assert_eq!(found(Query::kinds(&[Kind::Session])), [0, 4, 8]);
        assert_eq!(found(Query { since: Some(at(3)), before: Some(at(6)), ..Query::default() }), [3, 4, 5]);
        assert_eq!(found(Query { since: Some(at(6)), before: Some(at(3)), ..Query::default() }), [0; 0]);
    }
}
