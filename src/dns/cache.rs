//! A bounded cache of names that honours simulated time.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Name, RecordType};
use crate::sim::Instant;

/// What of a name is remembered: one type, or (`None`) the name as a whole, which is how RFC 2308 §5 remembers that a
/// name does not exist.
pub(super) type Key = Option<RecordType>;

#[derive(Clone, Debug)]
struct Slot<V> {
    key: Key,
    expires: Instant,
    seq: u64,
    value: V,
}

/// Values by name and key, each with the instant from which it is no longer valid. When it is full, the value that
/// would expire first goes first; that order is total, so what is forgotten does not depend on hashing.
#[derive(Clone, Debug)]
pub(super) struct Cache<V> {
    // Never iterated.
    names: FxHashMap<Name, SmallVec<[Slot<V>; 2]>>,
    order: BTreeSet<(Instant, u64, Name, Key)>,
    capacity: usize,
    next_seq: u64,
}

impl<V> Cache<V> {
    pub(super) fn new(capacity: usize) -> Cache<V> {
        Cache { names: FxHashMap::default(), order: BTreeSet::new(), capacity, next_seq: 0 }
    }

    /// What is still valid at `now`: a value with a time to live of n seconds is valid for less than n seconds.
    #[inline]
    pub(super) fn get(&self, now: Instant, name: &str, key: Key) -> Option<(&V, Instant)> {
        let slot = self.names.get(name)?.iter().find(|slot| slot.key == key)?;
        (now < slot.expires).then_some((&slot.value, slot.expires))
    }

    pub(super) fn remove(&mut self, name: &str, key: Key) -> Option<V> {
        let slots = self.names.get_mut(name)?;
        let at = slots.iter().position(|slot| slot.key == key)?;
        let slot = slots.remove(at);
        let is_last = slots.is_empty();
        let (owner, _) = self.names.get_key_value(name)?;
        let entry = (slot.expires, slot.seq, owner.clone(), key);
        self.order.remove(&entry);
        if is_last {
            self.names.remove(name);
        }
        Some(slot.value)
    }

    /// Remembers a value in the place of an older one. What is no longer valid at `now` is not remembered.
    pub(super) fn insert(&mut self, now: Instant, name: &Name, key: Key, expires: Instant, value: V) {
        self.remove(name.as_str(), key);
        if expires <= now || self.capacity == 0 {
            return;
        }
        while let Some((first, _, owner, first_key)) = self.order.first() {
            if *first > now && self.order.len() < self.capacity {
                break;
            }
            let (owner, first_key) = (owner.clone(), *first_key);
            self.remove(owner.as_str(), first_key);
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        self.order.insert((expires, seq, name.clone(), key));
        self.names.entry(name.clone()).or_default().push(Slot { key, expires, seq, value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn values_expire_exactly_and_the_soonest_goes_first() {
        let mut cache = Cache::new(2);
        let name = |t: &str| t.parse::<Name>().unwrap();
        cache.insert(at(0), &name("a"), None, at(100), 1);
        cache.insert(at(0), &name("b"), None, at(50), 2);
        assert_eq!(cache.get(at(99), "a", None), Some((&1, at(100))));
        assert_eq!(cache.get(at(100), "a", None), None);
        cache.insert(at(1), &name("b"), Some(RecordType::A), at(70), 3);
        assert_eq!((cache.get(at(1), "b", None), cache.order.len()), (None, 2));
        cache.insert(at(1), &name("b"), Some(RecordType::A), at(200), 4);
        cache.insert(at(150), &name("c"), None, at(300), 5);
        assert_eq!(cache.order.len(), 2, "the expired went first");
        assert_eq!(cache.get(at(150), "b", Some(RecordType::A)).map(|v| *v.0), Some(4));
        cache.insert(at(150), &name("d"), None, at(150), 6);
        assert_eq!(cache.order.len(), 2);
    }
}
