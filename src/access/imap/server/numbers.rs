//! Sets of message numbers: [`Numbers`].

use std::ops::RangeInclusive;

use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};

use crate::octets::write_decimal;

/// Message sequence numbers or unique identifiers, as ranges: in order, and none touches the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    ranges: Vec<RangeInclusive<u32>>,
}

impl Numbers {
    /// What a set of a command stands for where `last` is the largest number in use, which `*` means (RFC 9051 §9, `seq-number`).
    /// The order of a range's ends does not matter, and a set may name a number twice.
    pub(super) fn of(set: &SequenceSet, last: u32) -> Numbers {
        let number = |end: &SeqOrUid| match end {
            SeqOrUid::Value(number) => number.get(),
            SeqOrUid::Asterisk => last,
        };
        let ends = set.0.as_ref().iter().map(|sequence| match sequence {
            Sequence::Single(one) => (number(one), number(one)),
            Sequence::Range(a, b) => (number(a).min(number(b)), number(a).max(number(b))),
        });
        let mut ends: Vec<(u32, u32)> = ends.collect();
        ends.sort_unstable();
        let mut numbers = Numbers::default();
        ends.into_iter().for_each(|(from, to)| numbers.push_range(from, to));
        numbers
    }

    /// Adds a number that is larger than all others, or the largest.
    pub(super) fn push(&mut self, number: u32) {
        self.push_range(number, number);
    }

    /// Adds a range that begins no earlier than the last one.
    pub(super) fn push_range(&mut self, from: u32, to: u32) {
        match self.ranges.last_mut() {
            Some(last) if from <= last.end().saturating_add(1) => *last = *last.start()..=to.max(*last.end()),
            _ => self.ranges.push(from..=to),
        }
    }

    /// The ranges.
    pub(super) fn ranges(&self) -> &[RangeInclusive<u32>] {
        &self.ranges
    }

    /// All of them in order, for who goes on with it later.
    pub(super) fn walk(self) -> Walk {
        Walk { numbers: self, range: 0, offset: 0 }
    }

    /// All of them in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().cloned().flatten()
    }

    /// Whether this is one of them.
    pub(super) fn contains(&self, number: u32) -> bool {
        let place = self.ranges.partition_point(|range| *range.end() < number);
        self.ranges.get(place).is_some_and(|range| range.contains(&number))
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.ranges.iter().map(|range| u64::from(range.end() - range.start()) + 1).sum()
    }

    /// How many are smaller than this one.
    pub(super) fn count_below(&self, number: u32) -> u32 {
        let below =
            |range: &RangeInclusive<u32>| number.min(range.end().saturating_add(1)).saturating_sub(*range.start());
        self.ranges.iter().take_while(|range| *range.start() < number).map(below).sum()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The smallest.
    pub(super) fn first(&self) -> Option<u32> {
        self.ranges.first().map(|range| *range.start())
    }

    /// The largest.
    pub(super) fn last(&self) -> Option<u32> {
        self.ranges.last().map(|range| *range.end())
    }

    /// Writes them as a set: `1:3,5`.
    pub(super) fn write_to(&self, out: &mut Vec<u8>) {
        for (i, range) in self.ranges.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_decimal(out, (*range.start()).into());
            if range.start() != range.end() {
                out.push(b':');
                write_decimal(out, (*range.end()).into());
            }
        }
    }
}

impl FromIterator<u32> for Numbers {
    /// From numbers in order.
    fn from_iter<I: IntoIterator<Item = u32>>(all: I) -> Numbers {
        let mut numbers = Numbers::default();
        all.into_iter().for_each(|number| numbers.push(number));
        numbers
    }
}

/// Where somebody is who goes through [`Numbers`].
#[derive(Clone, Debug)]
pub(super) struct Walk {
    numbers: Numbers,
    range: usize,
    offset: u32,
}

impl Iterator for Walk {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let range = self.numbers.ranges.get(self.range)?;
        let number = range.start() + self.offset;
        (self.range, self.offset) =
            if number == *range.end() { (self.range + 1, 0) } else { (self.range, self.offset + 1) };
        Some(number)
    }
}

#[cfg(test)]
#[path = "numbers_tests.rs"]
mod tests;
