//! The future event list and the engine that steps through it.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::{Duration, Instant};

/// Names one scheduled event, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKey {
    slot: u32,
    seq: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    at: Instant,
    seq: u64,
    slot: u32,
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Slot<E> {
    seq: u64,
    event: Option<E>,
}

/// The future event list.
///
/// The order is total: first by time, then by the order in which the events were scheduled. Two events at the same
/// instant therefore happen first-in-first-out, on every machine. A cancelled event leaves its place in the order
/// behind without disturbing the others.
pub struct EventList<E> {
    heap: BinaryHeap<Reverse<Entry>>,
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    next_seq: u64,
    live: usize,
}

impl<E> Default for EventList<E> {
    fn default() -> EventList<E> {
        EventList { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), next_seq: 0, live: 0 }
    }
}

impl<E> EventList<E> {
    /// An empty list.
    #[must_use]
    pub fn new() -> EventList<E> {
        EventList::default()
    }

    /// Number of events that will still happen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether nothing will happen any more.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Schedules `event`.
    #[inline]
    pub fn push(&mut self, at: Instant, event: E) -> EventKey {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.live += 1;
        let filled = Slot { seq, event: Some(event) };
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = filled;
            slot
        } else {
            self.slots.push(filled);
            (self.slots.len() - 1) as u32
        };
        self.heap.push(Reverse(Entry { at, seq, slot }));
        EventKey { slot, seq }
    }

    /// Takes an event back. `None` when it has already happened or was cancelled before.
    pub fn cancel(&mut self, key: EventKey) -> Option<E> {
        let slot = self.slots.get_mut(key.slot as usize)?;
        if slot.seq != key.seq {
            return None;
        }
        let event = slot.event.take()?;
        self.live -= 1;
        Some(event)
    }

    /// When the next event happens.
    pub fn peek_time(&mut self) -> Option<Instant> {
        while let Some(Reverse(entry)) = self.heap.peek() {
            if self.slots[entry.slot as usize].event.is_some() {
                return Some(entry.at);
            }
            let slot = entry.slot;
            self.heap.pop();
            self.free.push(slot);
        }
        None
    }

    /// Takes the next event out.
    #[inline]
    pub fn pop(&mut self) -> Option<(Instant, E)> {
        while let Some(Reverse(entry)) = self.heap.pop() {
            self.free.push(entry.slot);
            if let Some(event) = self.slots[entry.slot as usize].event.take() {
                self.live -= 1;
                return Some((entry.at, event));
            }
        }
        None
    }
}

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Nothing is left that could happen.
    Idle,
    /// The time to run until has come.
    Deadline,
    /// The largest allowed number of events has happened.
    EventLimit,
    /// The model asked to stop.
    Halted,
}

/// The clock and the future event list together.
pub struct Engine<E> {
    now: Instant,
    executed: u64,
    list: EventList<E>,
}

impl<E> Default for Engine<E> {
    fn default() -> Engine<E> {
        Engine { now: Instant::ZERO, executed: 0, list: EventList::new() }
    }
}

impl<E> Engine<E> {
    /// An engine at the beginning of time.
    #[must_use]
    pub fn new() -> Engine<E> {
        Engine::default()
    }

    /// The simulated time.
    #[must_use]
    #[inline]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Number of events that have happened.
    #[must_use]
    pub fn executed(&self) -> u64 {
        self.executed
    }

    /// Number of events still to come.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.list.len()
    }

    /// Schedules an event; what lies in the past happens now.
    #[inline]
    pub fn schedule_at(&mut self, at: Instant, event: E) -> EventKey {
        self.list.push(at.max(self.now), event)
    }

    /// Schedules an event after a delay.
    #[inline]
    pub fn schedule_in(&mut self, delay: Duration, event: E) -> EventKey {
        self.list.push(self.now + delay, event)
    }

    /// Takes an event back, see [`EventList::cancel`].
    pub fn cancel(&mut self, key: EventKey) -> Option<E> {
        self.list.cancel(key)
    }

    /// When the next event happens.
    pub fn next_time(&mut self) -> Option<Instant> {
        self.list.peek_time()
    }

    /// Moves the clock to the next event and takes it out; `None` when there is none.
    #[inline]
    pub fn step(&mut self) -> Option<E> {
        let (at, event) = self.list.pop()?;
        debug_assert!(at >= self.now, "time never runs backwards");
        self.now = at;
        self.executed += 1;
        Some(event)
    }

    /// Steps until `deadline` (events at that instant included), handing each event to `handle`, which may schedule
    /// more and says whether to go on. The clock ends at the deadline when that is why it stopped.
    pub fn run_until(
        &mut self,
        deadline: Instant,
        max_events: u64,
        mut handle: impl FnMut(&mut Engine<E>, E) -> bool,
    ) -> StopReason {
        let last = self.executed.saturating_add(max_events);
        loop {
            match self.next_time() {
                None => return StopReason::Idle,
                Some(at) if at > deadline => {
                    self.now = self.now.max(deadline);
                    return StopReason::Deadline;
                }
                Some(_) if self.executed >= last => return StopReason::EventLimit,
                Some(_) => {}
            }
            let Some(event) = self.step() else { return StopReason::Idle };
            if !handle(self, event) {
                return StopReason::Halted;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn equal_times_are_first_in_first_out() {
        let mut list = EventList::new();
        for i in 0..100 {
            list.push(at(u64::from(i % 3 == 0)), i);
        }
        let order: Vec<i32> = std::iter::from_fn(|| list.pop().map(|(_, e)| e)).collect();
        let mut expected: Vec<i32> = (0..100).filter(|i| i % 3 != 0).collect();
        expected.extend((0..100).filter(|i| i % 3 == 0));
        assert_eq!(order, expected);
    }

    #[test]
    fn cancelling_twice_or_late_does_nothing() {
        let mut list = EventList::new();
        let a = list.push(at(1), 'a');
        let b = list.push(at(2), 'b');
        assert_eq!(list.cancel(a), Some('a'));
        assert_eq!(list.cancel(a), None);
        assert_eq!(list.len(), 1);
        assert_eq!(list.pop(), Some((at(2), 'b')));
        assert_eq!(list.cancel(b), None);
        let c = list.push(at(3), 'c');
        assert_eq!(list.cancel(a), None, "a reused slot keeps the new event");
        assert_eq!(list.cancel(c), Some('c'));
        assert!(list.is_empty() && list.pop().is_none());
    }

    #[test]
    fn run_until_stops_for_each_reason() {
        let mut engine = Engine::new();
        for i in 1..=5 {
            engine.schedule_at(at(i * 10), i);
        }
        let mut seen = Vec::new();
        let stop = engine.run_until(at(20), u64::MAX, |_, e| {
            seen.push(e);
            true
        });
        assert_eq!((stop, engine.now()), (StopReason::Deadline, at(20)));
        assert_eq!(engine.run_until(at(99), 1, |_, _| true), StopReason::EventLimit);
        assert_eq!(engine.run_until(at(99), 9, |_, e| e != 4), StopReason::Halted);
        assert_eq!(engine.run_until(at(99), 9, |_, _| true), StopReason::Idle);
        assert_eq!((seen, engine.executed(), engine.now()), (vec![1, 2], 5, at(50)));
    }

    proptest! {
        #[test]
        fn the_list_is_a_stable_sort_without_the_cancelled(
            times in prop::collection::vec(0_u64..50, 0..200),
            cancel in prop::collection::vec(any::<bool>(), 200),
        ) {
            let mut list = EventList::new();
            let keys: Vec<EventKey> = times.iter().enumerate().map(|(i, t)| list.push(at(*t), i)).collect();
            let mut expected: Vec<(u64, usize)> = times.iter().copied().zip(0..).filter(|(_, i)| !cancel[*i]).collect();
            for (i, key) in keys.iter().enumerate().filter(|(i, _)| cancel[*i]) {
                prop_assert_eq!(list.cancel(*key), Some(i));
            }
            expected.sort_by_key(|(t, _)| *t);
            let got: Vec<(u64, usize)> = std::iter::from_fn(|| list.pop().map(|(t, e)| (t.as_nanos(), e))).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
