//! What observers know about a byte rides on its range of bytes: [`Mark`]s, beside the stream and never on the wire.

use std::collections::VecDeque;

use super::tcp::sequence::{after, before, later};

/// What a range of bytes is about, in the words of whoever sends it; the network hands it to whoever receives them.
/// Zero is nothing at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mark(pub u64);

impl Mark {
    /// About nothing in particular.
    pub const NONE: Mark = Mark(0);
}

/// The marks of a range of bytes that begins with the first mark's; the others begin at their offsets. One mark is the
/// rule: clients wait for a reply before they turn to another mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The mark of the first byte.
    pub first: Mark,
    /// Where in the range another begins.
    pub others: Option<Box<Vec<(u32, Mark)>>>,
}

/// Marks of a stream by sequence number, from the first byte that is still of interest. Behind the last change
/// everything has its mark.
#[derive(Clone, Debug, Default)]
pub(super) struct Marked {
    from: u32,
    mark: Mark,
    changes: VecDeque<(u32, Mark)>,
    /// Behind the last byte that came with a mark.
    reach: u32,
}

impl Marked {
    /// Marks of a stream whose first byte has this number.
    pub(super) fn new(from: u32) -> Marked {
        Marked { from, reach: from, ..Marked::default() }
    }

    /// The mark of the last byte that was noted.
    #[inline]
    pub(super) fn last(&self) -> Mark {
        self.changes.back().map_or(self.mark, |change| change.1)
    }

    /// The mark of everything, where there is but one.
    #[inline]
    pub(super) fn only(&self) -> Option<Mark> {
        self.changes.is_empty().then_some(self.mark)
    }

    /// Everything from `seq` on has this mark, until something else is said.
    #[inline]
    pub(super) fn begin(&mut self, seq: u32, mark: Mark) {
        if self.last() == mark {
            return;
        }
        self.change(seq, mark);
    }

    #[cold]
    fn change(&mut self, seq: u32, mark: Mark) {
        if self.changes.is_empty() && !after(seq, self.from) {
            (self.from, self.mark) = (seq, mark);
            return;
        }
        while self.changes.back().is_some_and(|change| !before(change.0, seq)) {
            self.changes.pop_back();
        }
        self.changes.push_back((seq, mark));
    }

    /// The marks of `len` bytes at `seq`.
    #[inline]
    pub(super) fn of(&self, seq: u32, len: u32) -> Marks {
        if self.changes.is_empty() { Marks { first: self.mark, others: None } } else { self.several(seq, len) }
    }

    #[cold]
    fn several(&self, seq: u32, len: u32) -> Marks {
        let mut marks = Marks { first: self.mark, others: None };
        for (at, mark) in &self.changes {
            if !after(*at, seq) {
                marks.first = *mark;
            } else if before(*at, seq.wrapping_add(len)) {
                marks.others.get_or_insert_default().push((at.wrapping_sub(seq), *mark));
            }
        }
        marks
    }

    /// Everything from `seq` on has this mark, and nothing before it is of interest any more.
    pub(super) fn begin_anew(&mut self, seq: u32, mark: Mark) {
        (self.from, self.mark) = (seq, mark);
        self.changes.clear();
    }

    /// The bytes from `seq` to `end` have come with these marks. What lies behind them keeps its own, and what lies before
    /// `wanted` is of no interest any more.
    #[inline]
    pub(super) fn note(&mut self, seq: u32, end: u32, marks: &Marks, wanted: u32) {
        if self.reach == self.from && self.changes.is_empty() && seq == self.from {
            self.mark = marks.first;
        }
        let last = self.changes.back().map_or(self.from, |change| change.0);
        if marks.others.is_some() || marks.first != self.last() || before(seq, last) {
            if seq == wanted && self.reach == seq && marks.others.is_none() {
                // A dialogue turns to another mail when all that was said before has been heard.
                self.begin_anew(seq, marks.first);
            } else {
                self.assign(seq, end, marks);
            }
        }
        self.reach = later(self.reach, end);
    }

    #[cold]
    fn assign(&mut self, seq: u32, end: u32, marks: &Marks) {
        let behind = self.of(end, 1).first;
        let mut kept: Vec<(u32, Mark)> = self.changes.iter().copied().filter(|c| before(c.0, seq)).collect();
        kept.push((seq, marks.first));
        for (offset, mark) in marks.others.iter().flat_map(|others| others.iter()) {
            kept.push((seq.wrapping_add(*offset), *mark));
        }
        // A piece that fills a gap says nothing about what came behind it before.
        if before(end, self.reach) {
            kept.push((end, behind));
            kept.extend(self.changes.iter().copied().filter(|c| after(c.0, end)));
        }
        self.changes = kept.into();
    }

    /// Takes the mark of the bytes at `seq`, and says how many of the next `len` have it. What lies before is forgotten.
    #[inline]
    pub(super) fn take(&mut self, seq: u32, len: u32) -> (Mark, u32) {
        while let Some(change) = self.changes.front()
            && !after(change.0, seq)
        {
            (self.from, self.mark) = *change;
            self.changes.pop_front();
        }
        let run = self.changes.front().map_or(len, |change| change.0.wrapping_sub(seq).min(len));
        (self.mark, run)
    }

    /// Forgets what lies before `seq`.
    #[inline]
    pub(super) fn forget(&mut self, seq: u32) {
        if !self.changes.is_empty() {
            self.take(seq, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a mark for each byte; pieces arrive in any order and twice.
        #[test]
        fn every_byte_arrives_with_its_own_mark(
            runs in prop::collection::vec((1_u64..5, 1_u32..40), 1..12),
            order in prop::collection::vec(any::<prop::sample::Index>(), 60),
            start in prop_oneof![Just(0_u32), Just(u32::MAX - 50), any::<u32>()],
        ) {
            let mut sent = Marked::new(start);
            let mut bytes = Vec::new();
            for (mark, len) in &runs {
                sent.begin(start.wrapping_add(bytes.len() as u32), Mark(*mark));
                bytes.extend(std::iter::repeat_n(Mark(*mark), *len as usize));
            }
            let pieces: Vec<(u32, u32)> =
                (0..bytes.len() as u32).step_by(7).map(|at| (at, 7.min(bytes.len() as u32 - at))).collect();
            let mut arrived = Marked::new(start);
            let all = order.iter().map(|i| *i.get(&pieces)).chain(pieces.iter().copied());
            for (at, len) in all {
                let seq = start.wrapping_add(at);
                arrived.note(seq, seq.wrapping_add(len), &sent.of(seq, len), start);
            }
            let (mut at, total) = (0_u32, bytes.len() as u32);
            while at < total {
                let (mark, run) = arrived.take(start.wrapping_add(at), total - at);
                prop_assert!(run > 0);
                for place in at..at + run {
                    prop_assert_eq!(bytes[place as usize], mark, "byte {}", place);
                }
                at += run;
            }
        }
    }
}
