//! Links that forget connections, as a NAT or a stateful firewall on them does.
//!
//! Such a box keeps a table of the connections that cross it, and takes out of it what was silent for too long. RFC 5382 §5
//! (REQ-5) has NATs wait for at least 2 h 4 min, so that hosts that say something every two hours (RFC 1122 §4.2.3.6) are never
//! forgotten. Many boxes are in a greater hurry: Google's Cloud NAT waits for 20 minutes unless told otherwise, AWS's Network
//! Firewall for 350 s, Azure's load balancer for 4 to 30 minutes; what mobile carriers do was measured by Wang and others, “An
//! Untold Story of Middleboxes in Cellular Networks” (SIGCOMM 2011).
//!
//! What comes too late is dropped without a word. Some boxes send a reset instead; most of them say nothing, and that is the
//! case that hurts: neither end learns of it. One time holds for all connections, be they open, half open or closed.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::addresses::AddressId;
use super::flight::Path;
use super::packet::Body;
use super::topology::LinkId;
use crate::sim::{Duration, Instant};

/// A TCP connection as a box between its ends tells it from others: the same in both directions.
type Flow = [(AddressId, u16); 2];

/// The connections that cross a link.
#[derive(Clone, Debug)]
struct StateTable {
    began: Instant,
    /// A connection that was silent for longer is forgotten.
    after: Duration,
    /// Up to this time, whoever is not in the table may have been open before there was one, and nobody has been silent for
    /// longer than `after` since.
    all_known_until: Instant,
    /// When each was heard last. Looked up, never iterated.
    heard: FxHashMap<Flow, Instant>,
    /// The same, in the order in which they are going to be forgotten.
    by_age: BTreeSet<(Instant, Flow)>,
}

impl StateTable {
    fn new(now: Instant, after: Duration) -> StateTable {
        StateTable {
            began: now,
            after,
            all_known_until: now + after,
            heard: FxHashMap::default(),
            by_age: BTreeSet::new(),
        }
    }

    /// From now on another time holds. What was forgotten stays so.
    fn set_after(&mut self, now: Instant, after: Duration) {
        self.forget(now);
        self.after = after;
        if now <= self.all_known_until {
            self.all_known_until = self.began + after;
        }
    }

    /// Takes out what was silent for too long. Each entry goes once, so that a packet pays for no more than it has put in.
    fn forget(&mut self, now: Instant) {
        while let Some((heard, flow)) = self.by_age.first().copied()
            && heard + self.after < now
        {
            self.by_age.pop_first();
            self.heard.remove(&flow);
        }
    }

    /// A packet comes; says whether it goes on. One that `opens` a connection always does.
    fn pass(&mut self, now: Instant, flow: Flow, opens: bool) -> bool {
        self.forget(now);
        let heard = self.heard.get(&flow).copied();
        if heard.is_none() && !opens && now > self.all_known_until {
            return false;
        }
        if heard != Some(now) {
            if let Some(heard) = heard {
                self.by_age.remove(&(heard, flow));
            }
            self.heard.insert(flow, now);
            self.by_age.insert((now, flow));
        }
        true
    }
}

/// The tables of all links that have one.
#[derive(Clone, Debug, Default)]
pub(super) struct StateTables(BTreeMap<LinkId, StateTable>);

impl StateTables {
    /// Whether no link forgets anything.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From now on a link forgets connections that were silent for longer than this, or none. Those that are open when it
    /// begins count from then on.
    pub(super) fn set(&mut self, now: Instant, link: LinkId, after: Option<Duration>) {
        match after {
            Some(after) => {
                self.0.entry(link).or_insert_with(|| StateTable::new(now, after)).set_after(now, after);
            }
            None => {
                self.0.remove(&link);
            }
        }
    }

    /// A packet comes to a link; says whether it goes on. UDP always does.
    #[cold]
    pub(super) fn pass(&mut self, now: Instant, link: LinkId, path: &Path, body: &Body) -> bool {
        let (Some(table), Body::Tcp(segment)) = (self.0.get_mut(&link), body) else { return true };
        let mut flow = [(path.source, segment.source_port), (path.destination, segment.destination_port)];
        flow.sort_unstable();
        table.pass(now, flow, segment.flags.syn() && !segment.flags.ack())
    }

    /// How many connections a link knows.
    #[cfg(test)]
    pub(super) fn known(&self, link: LinkId) -> usize {
        self.0.get(&link).map_or(0, |table| {
            assert_eq!(table.heard.len(), table.by_age.len());
            table.heard.len()
        })
    }
}
