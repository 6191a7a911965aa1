//! Sets of numbers (RFC 3501 §9: `sequence-set`).

use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};

/// Numbers that are sought. Which they are is known, and not only their ranges: `*` has been looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// First and last, in order, with gaps between them.
    ranges: Vec<(u32, u32)>,
}

impl Numbers {
    /// Of a set where `*` stands for `last`; 0 where there is none. `9:*` has `last` also where that is smaller (RFC 3501 §9).
    pub(super) fn of(set: &SequenceSet, last: u32) -> Numbers {
        let number = |number: &SeqOrUid| match number {
            SeqOrUid::Value(value) => value.get(),
            SeqOrUid::Asterisk => last,
        };
        let mut all: Vec<(u32, u32)> = set
            .0
            .as_ref()
            .iter()
            .map(|item| match item {
                Sequence::Single(one) => (number(one), number(one)),
                Sequence::Range(one, other) => (number(one).min(number(other)), number(one).max(number(other))),
            })
            .collect();
        all.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for (first, end) in all {
            match ranges.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(end),
                _ => ranges.push((first, end)),
            }
        }
        Numbers { ranges }
    }

    /// Whether it is one of them.
    pub(super) fn has(&self, number: u32) -> bool {
        let place = self.ranges.partition_point(|(first, _)| *first <= number);
        place > 0 && number <= self.ranges[place - 1].1
    }
}
