//! The future event list and the engine that steps through it.
//!
//! The list is a radix queue: time only moves forward, so an event is filed by the highest digit (of six bits) in which
//! its time differs from the present, and refiled among lower digits when the present comes near. Filing is a few
//! instructions and touches one cache line, however many events wait; each event is refiled a few times at most. See
//! Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path problem" (1990), for the radix heap, and
//! Varghese and Lauck, "Hashed and hierarchical timing wheels" (1987), for the wheels it resembles.

use std::collections::VecDeque;

use super::{Duration, Instant};

/// Bits of one digit of a time.
const DIGIT_BITS: u32 = 6;
/// Values of one digit.
const SLOTS: usize = 1 << DIGIT_BITS;
/// Digits of a time.
const LEVELS: usize = 64_usize.div_ceil(DIGIT_BITS as usize);

/// The future event list.
///
/// The order is total: first by time, then by the order in which the events were scheduled. Two events at the same
/// instant therefore happen first-in-first-out, on every machine.
///
/// An event for a time before the last one taken out happens at the time of that one: time never runs backwards.
#[derive(Clone, Debug)]
pub struct EventList<E> {
    /// The time of the last event taken out.
    present: u64,
    /// Events of the present, in order.
    ready: VecDeque<E>,
    /// Events whose time first differs from the present in digit `level`, which is `slot` there.
    buckets: Vec<Vec<(u64, E)>>,
    /// Which buckets of a level hold anything.
    occupied: [u64; LEVELS],
    /// Which levels hold anything.
    levels: u16,
    /// When the next event happens, where that is known without looking.
    next: Option<u64>,
}

impl<E> Default for EventList<E> {
    fn default() -> EventList<E> {
        EventList {
            present: 0,
            ready: VecDeque::new(),
            buckets: (0..LEVELS * SLOTS).map(|_| Vec::new()).collect(),
            occupied: [0; LEVELS],
            levels: 0,
            next: None,
        }
    }
}

impl<E> EventList<E> {
    /// An empty list.
    #[must_use]
    pub fn new() -> EventList<E> {
        EventList::default()
    }

    /// Schedules `event`.
    #[inline]
    pub fn push(&mut self, at: Instant, event: E) {
        self.file(at.as_nanos(), event);
    }

    #[inline]
    fn file(&mut self, at: u64, event: E) {
        if let Some(next) = &mut self.next {
            *next = at.max(self.present).min(*next);
        }
        let differs = at.max(self.present) ^ self.present;
        if differs == 0 {
            self.ready.push_back(event);
            return;
        }
        let level = ((63 - differs.leading_zeros()) / DIGIT_BITS) as usize;
        let slot = (at >> (level as u32 * DIGIT_BITS)) as usize & (SLOTS - 1);
        self.occupied[level] |= 1 << slot;
        self.levels |= 1 << level;
        self.buckets[level * SLOTS + slot].push((at, event));
    }

    /// The first bucket in the order of time, and its level and slot.
    #[inline]
    fn first_bucket(&self) -> Option<(usize, usize)> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    #[inline]
    fn mark_empty(&mut self, level: usize, slot: usize) {
        self.occupied[level] &= !(1 << slot);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
    }

    /// Makes `first` the present, the time of the next events; they are in this bucket.
    fn advance(&mut self, level: usize, slot: usize, first: u64) {
        self.mark_empty(level, slot);
        let place = level * SLOTS + slot;
        let mut bucket = std::mem::take(&mut self.buckets[place]);
        self.present = first;
        // In the order in which they were filed, so that equal times stay first-in-first-out.
        for (at, event) in bucket.drain(..) {
            if at == first {
                self.ready.push_back(event);
            } else {
                self.file(at, event);
            }
        }
        // The memory is used again; refiling never puts anything back into the bucket that it came from.
        self.buckets[place] = bucket;
    }

    /// When the next event happens. Costs nothing when it was asked since an
    /// event was taken out.
    #[inline]
    pub fn peek_time(&mut self) -> Option<Instant> {
        if let Some(next) = self.next {
            return Some(Instant::from_nanos(next));
        }
        let next = self.look()?;
        self.next = Some(next.as_nanos());
        Some(next)
    }

    fn look(&self) -> Option<Instant> {
        if !self.ready.is_empty() {
            return Some(Instant::from_nanos(self.present));
        }
        // Looking must not move the present: an event may yet be scheduled before the next one.
        let (level, slot) = self.first_bucket()?;
        Some(Instant::from_nanos(self.first_time(level, slot)))
    }

    /// The first time in a bucket. On the lowest level all are the same.
    #[inline]
    fn first_time(&self, level: usize, slot: usize) -> u64 {
        let bucket = &self.buckets[level * SLOTS + slot];
        let count = if level == 0 { 1 } else { bucket.len() };
        bucket[..count].iter().map(|(at, _)| *at).min().unwrap_or(self.present)
    }

    /// Takes the next event out.
    #[inline]
    pub fn pop(&mut self) -> Option<(Instant, E)> {
        self.pop_until(Instant::MAX)
    }

    /// Takes the next event out, unless it happens after `deadline`.
    #[inline]
    pub fn pop_until(&mut self, deadline: Instant) -> Option<(Instant, E)> {
        if self.next.is_some_and(|next| next > deadline.as_nanos()) {
            return None;
        }
        let event = self.take(deadline)?;
        self.next = None;
        Some(event)
    }

    #[inline]
    fn take(&mut self, deadline: Instant) -> Option<(Instant, E)> {
        if self.ready.is_empty() {
            let (level, slot) = self.first_bucket()?;
            // Often only one event waits there: then nothing is to be compared and filed again.
            if let [(at, _)] = self.buckets[level * SLOTS + slot][..] {
                if at > deadline.as_nanos() {
                    return None;
                }
                self.mark_empty(level, slot);
                let (at, event) = self.buckets[level * SLOTS + slot].pop()?;
                self.present = at;
                return Some((Instant::from_nanos(at), event));
            }
            let first = self.first_time(level, slot);
            if first > deadline.as_nanos() {
                self.next = Some(first);
                return None;
            }
            self.advance(level, slot, first);
        } else if self.present > deadline.as_nanos() {
            return None;
        }
        let event = self.ready.pop_front()?;
        Some((Instant::from_nanos(self.present), event))
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
#[derive(Clone)]
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

    /// Nothing happens until this time: the clock moves there.
    pub fn rest_until(&mut self, at: Instant) {
        self.now = self.now.max(at);
    }

    /// Something happens at this time that is not on this list: the clock moves, and it counts as an event.
    #[inline]
    pub fn pass(&mut self, at: Instant) {
        debug_assert!(at >= self.now, "time never runs backwards");
        self.now = at;
        self.executed += 1;
    }

    /// Schedules an event; what lies in the past happens now.
    #[inline]
    pub fn schedule_at(&mut self, at: Instant, event: E) {
        self.list.push(at.max(self.now), event);
    }

    /// Schedules an event after a delay.
    #[inline]
    pub fn schedule_in(&mut self, delay: Duration, event: E) {
        self.list.push(self.now + delay, event);
    }

    /// When the next event happens.
    #[inline]
    pub fn next_time(&mut self) -> Option<Instant> {
        self.list.peek_time()
    }

    /// Moves the clock to the next event and takes it out; `None` when there is none.
    #[inline]
    pub fn step(&mut self) -> Option<E> {
        self.step_until(Instant::MAX)
    }

    /// Moves the clock to the next event and takes it out; `None` when there is none until `deadline`.
    #[inline]
    pub fn step_until(&mut self, deadline: Instant) -> Option<E> {
        let (at, event) = self.list.pop_until(deadline)?;
        debug_assert!(at >= self.now, "time never runs backwards");
        self.now = at;
        self.executed += 1;
        Some(event)
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
    fn looking_ahead_does_not_close_the_present() {
        let mut list = EventList::new();
        list.push(at(1_000_000), 'z');
        assert_eq!(list.peek_time(), Some(at(1_000_000)));
        assert_eq!(list.pop_until(at(999)), None);
        list.push(at(5), 'a');
        assert_eq!(list.pop(), Some((at(5), 'a')));
        assert_eq!(list.pop(), Some((at(1_000_000), 'z')));
        list.push(at(3), 'b');
        assert_eq!(list.pop(), Some((at(1_000_000), 'b')), "time never runs backwards");
    }

    #[test]
    fn the_clock_goes_from_event_to_event_and_no_further_than_it_is_let() {
        let mut engine = Engine::new();
        for i in 1..=3 {
            engine.schedule_at(at(i * 10), i);
        }
        let seen: Vec<u64> = std::iter::from_fn(|| engine.step_until(at(20))).collect();
        assert_eq!((seen, engine.now()), (vec![1, 2], at(20)));
        engine.rest_until(at(25));
        engine.rest_until(at(21));
        assert_eq!(engine.now(), at(25), "time never runs backwards");
        engine.schedule_at(at(7), 4);
        assert_eq!((engine.step(), engine.now()), (Some(4), at(25)), "what lies in the past happens now");
        assert_eq!((engine.step(), engine.now(), engine.executed()), (Some(3), at(30), 4));
        assert_eq!((engine.step(), engine.now()), (None, at(30)));
    }

    proptest! {
        /// Against a stable sort, with pops in between pushes and times from nanoseconds to centuries.
        #[test]
        fn the_list_is_a_stable_sort(
            steps in prop::collection::vec((any::<u64>(), 0_u32..64, any::<bool>(), any::<bool>()), 0..300),
        ) {
            let mut list = EventList::new();
            let mut expected: Vec<(u64, usize)> = Vec::new();
            let mut now = 0;
            for (i, (bits, shift, twice, pop)) in steps.iter().enumerate() {
                let time = now + (bits >> shift) / 2;
                list.push(at(time), i);
                expected.push((time.max(now), i));
                if *twice {
                    list.push(at(time), 1000 + i);
                    expected.push((time.max(now), 1000 + i));
                }
                if *pop {
                    expected.sort_by_key(|(t, _)| *t);
                    let first = expected.remove(0);
                    prop_assert_eq!(list.peek_time(), Some(at(first.0)));
                    prop_assert_eq!(list.pop(), Some((at(first.0), first.1)));
                    now = first.0;
                }
                if now > u64::MAX / 4 {
                    break;
                }
            }
            expected.sort_by_key(|(t, _)| *t);
            let got: Vec<(u64, usize)> = std::iter::from_fn(|| list.pop().map(|(t, e)| (t.as_nanos(), e))).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
