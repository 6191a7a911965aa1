//! The connections of a host that are in TIME-WAIT: small records in the order in which they end.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::ports::Key;
use super::tcp::{Late, Segment, TimeWait};
use crate::sim::{Duration, Instant};

/// How often it is looked whether some are over. One that stays a little longer does no harm: RFC 9293 §3.4.2 asks for
/// the least.
const LOOK: Duration = Duration::from_secs(1);

/// All TIME-WAITs of a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits {
    // Looked up, never iterated.
    records: FxHashMap<Key, Wait>,
    /// How long each lasts, from when the last FIN came.
    lasts: Duration,
    /// When each may be over, in order: all of a host last equally long. One whose wait began anew is found when its first
    /// time comes.
    ends: VecDeque<(Instant, Key)>,
}

#[derive(Clone, Debug)]
struct Wait {
    end: Instant,
    /// Under what time it stands in the list. Ports are used again sooner than a wait ends: of the entries for one key,
    /// only this one counts.
    listed: Instant,
    record: TimeWait,
}

impl Waits {
    #[inline]
    pub(super) fn contains(&self, key: &Key) -> bool {
        !self.records.is_empty() && self.records.contains_key(key)
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// How many entries their list has.
    #[cfg(test)]
    pub(super) fn listed(&self) -> usize {
        self.ends.len()
    }

    /// Keeps one. Says when [`end`](Waits::end) is to be called, where that has not been said before. `lasts` is the same for
    /// all of a host.
    pub(super) fn begin(&mut self, now: Instant, lasts: Duration, key: Key, record: TimeWait) -> Option<Instant> {
        self.lasts = lasts;
        let end = now + lasts;
        if end <= now {
            return None;
        }
        self.records.insert(key, Wait { end, listed: end, record });
        self.ends.push_back((end, key));
        (self.ends.len() == 1).then_some(end)
    }

    /// Forgets those that are over, and says when to look again.
    pub(super) fn end(&mut self, now: Instant) -> Option<Instant> {
        while let Some((end, key)) = self.ends.front().copied()
            && end <= now
        {
            self.ends.pop_front();
            let Some(wait) = self.records.get_mut(&key).filter(|wait| wait.listed == end) else { continue };
            if wait.end > now {
                wait.listed = wait.end;
                self.ends.push_back((wait.end, key));
            } else {
                self.records.remove(&key);
            }
        }
        self.ends.front().map(|(end, _)| (*end).max(now + LOOK))
    }

    /// What a segment means to the one that it is for, if it is for any.
    #[inline]
    pub(super) fn handle_segment(&mut self, now: Instant, key: &Key, segment: &Segment) -> Option<Late> {
        if self.records.is_empty() { None } else { self.late(now, key, segment) }
    }

    fn late(&mut self, now: Instant, key: &Key, segment: &Segment) -> Option<Late> {
        let wait = self.records.get_mut(key).filter(|wait| wait.end > now)?;
        let late = wait.record.handle_segment(now, segment);
        match late {
            Late::Again(_) => wait.end = now + self.lasts,
            Late::Forget | Late::Reopen => {
                self.records.remove(key);
            }
            Late::Ignore | Late::Answer(_) => {}
        }
        Some(late)
    }
}
