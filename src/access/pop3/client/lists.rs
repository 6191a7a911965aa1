//! What is in the maildrop: STAT, UIDL, LIST.

use super::config::{Event, Item, Reason};
use super::reply::{self, Status};
use super::state::{Awaited, Stage};
use super::{Session, state::Lists};
use crate::octets::Chunk;

impl Session {
    pub(super) fn is_pipelined(&self) -> bool {
        self.config.pipelining && self.capabilities.pipelining
    }

    /// Somebody is logged in.
    pub(super) fn ask_lists(&mut self) {
        self.lists = Lists::default();
        self.say("STAT", Awaited::Stat);
        if self.is_pipelined() {
            self.say("UIDL", Awaited::Uidl);
            self.say("LIST", Awaited::List);
        }
    }

    pub(super) fn stat_replied(&mut self, status: Status<'_>) {
        let Status::Ok(text) = status else { return self.list_refused(Awaited::Stat, status) };
        // RFC 1939 §5: "nn mm", and maybe more.
        let count = reply::number(text).filter(|(_, rest)| reply::number(rest).is_some()).map(|(count, _)| count);
        let Some(count) = count else {
            return self.fail(Reason::Nonsense, format!("the server says to STAT: {}", reply::shown(text)));
        };
        self.lists.count = Some(count);
        if !self.awaited.is_empty() {
            return;
        }
        if count == 0 {
            self.compare_lists();
        } else {
            self.say("UIDL", Awaited::Uidl);
        }
    }

    /// Without unique-ids nobody can tell what is known already: what would be deleted might not be what was fetched.
    pub(super) fn list_refused(&mut self, awaited: Awaited, status: Status<'_>) {
        let (Status::Ok(text) | Status::Err(text) | Status::Challenge(text)) = status;
        self.fail(Reason::Refused, format!("the server says to {}: {}", awaited.name(), reply::shown(text)));
    }

    pub(super) fn take_name(&mut self, text: &[u8]) {
        let Some((number, name)) = reply::mail(text).filter(|(_, name)| reply::is_unique_id(name)) else {
            return self.fail(Reason::Nonsense, format!("no unique-id: {}", reply::shown(text)));
        };
        // A copy: a window would hold what came around it.
        if self.lists.names.insert(number, Chunk::copy_from(name)).is_some() {
            self.fail(Reason::Nonsense, format!("the server lists number {number} twice"));
        }
    }

    pub(super) fn take_size(&mut self, text: &[u8]) {
        let read = reply::mail(text).and_then(|(number, rest)| Some((number, reply::number(rest)?.0)));
        let Some((number, size)) = read else {
            return self.fail(Reason::Nonsense, format!("no size: {}", reply::shown(text)));
        };
        if self.lists.sizes.insert(number, size).is_some() {
            self.fail(Reason::Nonsense, format!("the server lists number {number} twice"));
        }
    }

    /// UIDL or LIST is complete.
    pub(super) fn list_ended(&mut self) {
        if !self.awaited.is_empty() {
            return;
        }
        if self.is_pipelined() || self.asked_sizes {
            self.compare_lists();
        } else {
            self.asked_sizes = true;
            self.say("LIST", Awaited::List);
        }
    }

    fn compare_lists(&mut self) {
        let Lists { count, sizes, names } = &self.lists;
        let agree = *count == Some(sizes.len() as u64) && sizes.keys().eq(names.keys());
        if !agree {
            return self.fail(Reason::Nonsense, "the server's lists do not agree".into());
        }
        let items = sizes.iter().zip(names.values());
        let items = items.map(|((&number, &size_bytes), uidl)| Item { number, uidl: uidl.clone(), size_bytes });
        let items = items.collect();
        self.stage = Stage::Choosing;
        self.tell(Event::Listed(items));
    }
}
