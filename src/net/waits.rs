//! Connections in TIME-WAIT: small records in the order in which they end.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::output::Event;
use super::ports::Key;
use super::tcp::{Late, Segment, TimeWait};
use crate::sim::{EventList, Instant};

/// All TIME-WAITs of a network.
#[derive(Debug, Default)]
pub(super) struct Waits {
    // Looked up and cleared; never iterated where order could be seen.
    records: FxHashMap<Key, (Instant, TimeWait)>,
    /// When each may be over, in order. One whose wait began anew stands here more than once.
    ends: VecDeque<(Instant, Key)>,
    scheduled: bool,
}

impl Waits {
    #[inline]
    pub(super) fn contains(&self, key: &Key) -> bool {
        !self.records.is_empty() && self.records.contains_key(key)
    }

    pub(super) fn begin(&mut self, now: Instant, key: Key, record: TimeWait, events: &mut EventList<Event>) {
        let end = now + record.lasts();
        if end <= now {
            return;
        }
        self.records.insert(key, (end, record));
        // All last equally long but where hosts are set differently, so the place is nearly always the last.
        let at = self.ends.partition_point(|(other, _)| *other <= end);
        self.ends.insert(at, (end, key));
        if !self.scheduled || at == 0 {
            self.scheduled = true;
            events.push(end, Event::Waited);
        }
    }

    /// Forgets those that are over.
    pub(super) fn end(&mut self, now: Instant, events: &mut EventList<Event>) {
        while let Some((end, key)) = self.ends.front().copied()
            && end <= now
        {
            self.ends.pop_front();
            if self.records.get(&key).is_some_and(|(at, _)| *at <= now) {
                self.records.remove(&key);
            }
        }
        self.scheduled = false;
        if let Some((end, _)) = self.ends.front() {
            // Once a second is often enough: a record that stays a little longer does no harm (RFC 9293 §3.4.2 asks
            // for the least, not for the most).
            self.scheduled = true;
            events.push((*end).max(now + crate::sim::Duration::from_secs(1)), Event::Waited);
        }
    }

    /// Whether a segment is for one of them, and the answer to it.
    pub(super) fn handle_segment(
        &mut self,
        now: Instant,
        key: Key,
        segment: &Segment,
        events: &mut EventList<Event>,
    ) -> (bool, Option<Box<Segment>>) {
        if self.records.is_empty() {
            return (false, None);
        }
        let Some((end, record)) = self.records.get_mut(&key).filter(|(end, _)| *end > now) else {
            return (false, None);
        };
        match record.handle_segment(now, segment) {
            Late::Ignore => (true, None),
            Late::Answer(answer) => (true, Some(answer)),
            Late::Again(answer) => {
                *end = now + record.lasts();
                let record = *record;
                self.begin(now, key, record, events);
                (true, Some(answer))
            }
            Late::Forget => {
                self.records.remove(&key);
                (true, None)
            }
            Late::Reopen => {
                self.records.remove(&key);
                (false, None)
            }
        }
    }

    /// Forgets those of which this is true.
    pub(super) fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        self.records.retain(|key, _| !which(key));
    }
}
