//! Why records are made: what each input was brought about by, and what has been recorded while it is handled.
//!
//! Nobody has to name the cause of a record, but who knows better does. The rule for all others, first match first:
//!
//! 1. what was recorded last about the same mail while this input is handled;
//! 2. where the input is a timer: what this end of the connection recorded last;
//! 3. what was recorded last about no mail while this input is handled (a look-up that has come back, say); for a record
//!    about no mail, whatever was recorded last;
//! 4. what brought the input about;
//! 5. what this end of the connection recorded last, or the other one.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::at::At;
use super::{ConnId, HostId, MailId, RecordId};

/// So many records of one input are remembered.
const MOST_RECENT: usize = 16;

/// What brings lines about that are about to be said: one record for all of them, or one for each reply.
pub type Because = smallvec::SmallVec<[RecordId; 1]>;

/// The ends of a connection.
#[derive(Clone, Debug, Default)]
struct Ends {
    /// What each recorded last.
    last: [Option<(HostId, RecordId)>; 2],
    /// How many are gone.
    gone: usize,
}

/// See the [module](self). Empty while nobody looks on.
#[derive(Clone, Debug, Default)]
pub(super) struct Causes {
    input: Option<RecordId>,
    recent: VecDeque<(Option<MailId>, RecordId)>,
    /// What each end of a connection recorded last. Looked up, never iterated.
    ends: FxHashMap<ConnId, Ends>,
    /// Lines that are about to be heard, as the other end recorded them.
    pub(super) heard: VecDeque<RecordId>,
    /// Why each piece of speech was said that is on its way to the network.
    pub(super) said: VecDeque<Because>,
    /// Reasons that were given for what is said next.
    pub(super) reasons: Because,
    /// Records of datagrams that are on their way to the network.
    pub(super) sent: VecDeque<RecordId>,
}

impl Causes {
    /// What is recorded from now on is because of this.
    pub(super) fn begin(&mut self, input: Option<RecordId>) {
        self.input = input;
        self.recent.clear();
        self.heard.clear();
    }

    pub(super) fn is_timer(&self) -> bool {
        self.input.is_none()
    }

    /// What was recorded last for this input, or brought it about.
    pub(super) fn last(&self) -> Option<RecordId> {
        self.recent.back().map(|(_, id)| *id).or(self.input)
    }

    /// Why something is recorded here.
    pub(super) fn find(&self, at: &At) -> Option<RecordId> {
        let mut recent = self.recent.iter().rev();
        let of_mail = at.mail.and_then(|mail| recent.clone().find(|(about, _)| *about == Some(mail)));
        let of_mail = of_mail.map(|(_, id)| *id);
        let of_none = match at.mail {
            Some(_) => recent.find(|(about, _)| about.is_none()),
            None => recent.next(),
        };
        let of_none = of_none.map(|(_, id)| *id);
        let own = || at.conn.and_then(|conn| self.end(conn, at.host));
        of_mail
            .or_else(|| own().filter(|_| self.is_timer()))
            .or(of_none)
            .or(self.input)
            .or_else(own)
            .or_else(|| at.conn.and_then(|conn| self.other_end(conn, at.host)))
    }

    /// What this end of a connection recorded last.
    fn end(&self, conn: ConnId, host: HostId) -> Option<RecordId> {
        self.ends.get(&conn)?.last.iter().flatten().find(|(of, _)| *of == host).map(|(_, id)| *id)
    }

    /// What the other end of a connection recorded last.
    pub(super) fn other_end(&self, conn: ConnId, host: HostId) -> Option<RecordId> {
        self.ends.get(&conn)?.last.iter().flatten().find(|(of, _)| *of != host).map(|(_, id)| *id)
    }

    /// Something was recorded.
    pub(super) fn note(&mut self, at: &At, id: RecordId) {
        if self.recent.len() == MOST_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((at.mail, id));
        if let Some(conn) = at.conn {
            let ends = self.ends.entry(conn).or_default();
            let own = ends.last.iter_mut().find(|end| end.is_none_or(|(host, _)| host == at.host));
            if let Some(own) = own {
                *own = Some((at.host, id));
            }
        }
    }

    /// Nothing more happens at one of the ends of a connection.
    pub(super) fn forget(&mut self, conn: ConnId) {
        if let Some(ends) = self.ends.get_mut(&conn) {
            ends.gone += 1;
            if ends.gone >= ends.last.iter().flatten().count() {
                self.ends.remove(&conn);
            }
        }
    }
}
