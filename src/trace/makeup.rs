//! What goes by, as far as the records have told what mails are made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ConnId, Direction, Entity, HostId, MailId, Record, What};

/// What each mail is made of, learnt from records as they come: for who tells of the content that goes by. Mails that are a single
/// text take no room.
///
/// A mail stays what it was when it was composed, whatever the hops put in front of it, until a client converts it for a server.
/// From there on it is something else on this way, and only on this one.
#[derive(Debug, Default)]
pub struct Makeup {
    composed: BTreeMap<MailId, Arc<[Entity]>>,
    /// Converted for one connection.
    converted: BTreeMap<(MailId, ConnId), Arc<[Entity]>>,
    /// What hosts have that were given converted content.
    given: BTreeMap<(MailId, HostId), Arc<[Entity]>>,
}

/// So many of each are remembered; the mails with the smallest numbers are forgotten first.
const MOST: usize = 4_096;

impl Makeup {
    /// What all these records tell.
    #[must_use]
    pub fn learn(records: &[Record]) -> Makeup {
        let mut makeup = Makeup::default();
        records.iter().for_each(|record| makeup.see(record));
        makeup
    }

    /// Learns from a record.
    pub fn see(&mut self, record: &Record) {
        let Some(mail) = record.mail else { return };
        match &record.what {
            What::Composed { parts, .. } if !parts.is_empty() => {
                remember(&mut self.composed, mail, parts.as_slice().into());
            }
            What::Converted { parts, .. } => {
                if let Some(conn) = record.conn {
                    remember(&mut self.converted, (mail, conn), parts.as_slice().into());
                }
            }
            What::Content { direction: Direction::Received, .. } => {
                let converted = record.conn.and_then(|conn| self.converted.get(&(mail, conn)));
                // A mail that was converted further up is still so.
                if let Some(parts) = converted.cloned().or_else(|| self.of_peer(mail, record)) {
                    remember(&mut self.given, (mail, record.host), parts);
                }
            }
            _ => {}
        }
    }

    /// What the content that a record tells of is made of; empty where that is a single text, or not known.
    #[must_use]
    pub fn of(&self, record: &Record) -> &[Entity] {
        let Some(mail) = record.mail else { return &[] };
        let converted = record.conn.and_then(|conn| self.converted.get(&(mail, conn)));
        let sender = match &record.what {
            What::Content { direction: Direction::Received, peer, .. } => *peer,
            _ => record.host,
        };
        converted
            .or_else(|| self.given.get(&(mail, sender)))
            .or_else(|| self.composed.get(&mail))
            .map_or(&[], |parts| parts)
    }

    fn of_peer(&self, mail: MailId, record: &Record) -> Option<Arc<[Entity]>> {
        let What::Content { peer, .. } = &record.what else { return None };
        self.given.get(&(mail, *peer)).cloned()
    }
}

fn remember<K: Ord>(map: &mut BTreeMap<K, Arc<[Entity]>>, key: K, parts: Arc<[Entity]>) {
    map.insert(key, parts);
    if map.len() > MOST {
        map.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Instant;
    use crate::trace::Side;

    fn text(encoding: &str) -> Vec<Entity> {
        let media_type = "text/html".into();
        vec![Entity { depth: 0, media_type, encoding: encoding.into(), name: None, wire_bytes: 9, bytes: 9 }]
    }

    fn record(host: u32, conn: Option<u64>, what: What) -> Record {
        let (host, conn, mail) = (HostId(host), conn.map(ConnId), Some(MailId(1)));
        Record { id: None, at: Instant::ZERO, host, conn, mail, hop: None, cause: None, what }
    }

    fn composed(parts: Vec<Entity>) -> Record {
        let (from, to, subject, header) = ("".into(), vec![], "".into(), vec![]);
        record(0, None, What::Composed { from, to, subject, size_bytes: 9, header, parts })
    }

    fn content(direction: Direction, host: u32, peer: u32, conn: u64) -> Record {
        let side = if direction == Direction::Sent { Side::Client } else { Side::Server };
        record(host, Some(conn), What::Content { direction, side, peer: HostId(peer), size_bytes: 9 })
    }

    /// 0 sends to 1, 1 to 2 and 3, 2 to 4; from 1 to 2 it is converted.
    #[test]
    fn what_is_converted_stays_so_on_its_way_and_nowhere_else() {
        let mut makeup = Makeup::default();
        let mut seen = |record: &Record| {
            makeup.see(record);
            makeup.of(record).first().map_or("", |part| &*part.encoding).to_owned()
        };
        seen(&composed(text("8bit")));
        assert_eq!(seen(&content(Direction::Sent, 0, 1, 1)), "8bit");
        assert_eq!(seen(&content(Direction::Received, 1, 0, 1)), "8bit");
        let (eight_bit, long_lines) = (true, false);
        let parts = text("base64");
        let what = What::Converted {
            queue_id: "".into(),
            eight_bit,
            long_lines,
            was_bytes: 9,
            size_bytes: 9,
            header: vec![],
            parts,
        };
        seen(&record(1, Some(2), what));
        assert_eq!(seen(&content(Direction::Sent, 1, 2, 2)), "base64");
        assert_eq!(seen(&content(Direction::Received, 2, 1, 2)), "base64");
        assert_eq!(seen(&content(Direction::Sent, 1, 3, 3)), "8bit");
        assert_eq!(seen(&content(Direction::Received, 3, 1, 3)), "8bit");
        assert_eq!(seen(&content(Direction::Sent, 2, 4, 4)), "base64");
        assert_eq!(seen(&content(Direction::Received, 4, 2, 4)), "base64");
        assert_eq!(seen(&content(Direction::Sent, 4, 5, 5)), "base64");
    }

    #[test]
    fn mails_that_are_a_single_text_take_no_room_and_others_are_forgotten() {
        let mut makeup = Makeup::default();
        makeup.see(&composed(vec![]));
        assert!(makeup.composed.is_empty());
        for number in 0..MOST as u64 + 10 {
            makeup.see(&Record { mail: Some(MailId(number)), ..composed(text("8bit")) });
        }
        assert_eq!(makeup.composed.len(), MOST);
    }
}
