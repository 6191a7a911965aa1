//! Sets of numbers: short enough for commands, and out of responses.

use std::num::NonZeroU32;

use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};

/// How long a set may be in a command, in octets: the whole line is to stay below a thousand (RFC 2683 §3.2.1.5).
const SET_OCTETS: usize = 900;

/// A range of numbers, both ends among them, the smaller one first.
pub(super) type Range = (u32, u32);

/// Some unique identifiers as sets for as many commands as it takes, in order and each once. 0 is none.
pub(super) fn batches(uids: impl IntoIterator<Item = u32>) -> Vec<SequenceSet> {
    let mut uids: Vec<u32> = uids.into_iter().filter(|uid| *uid > 0).collect();
    uids.sort_unstable();
    uids.dedup();
    let (mut out, mut set, mut octets) = (Vec::new(), Vec::new(), 0);
    for run in uids.chunk_by(|a, b| a + 1 == *b) {
        let Some(sequence) = sequence((run[0], run[run.len() - 1])) else { continue };
        let len = 1 + run[0].ilog10() as usize + 1 + if run.len() > 1 { 12 } else { 0 };
        if octets + len > SET_OCTETS {
            out.extend(SequenceSet::try_from(std::mem::take(&mut set)));
            octets = 0;
        }
        set.push(sequence);
        octets += len;
    }
    out.extend(SequenceSet::try_from(set));
    out
}

fn sequence((from, to): Range) -> Option<Sequence> {
    let (from, to) = (SeqOrUid::Value(NonZeroU32::new(from)?), SeqOrUid::Value(NonZeroU32::new(to)?));
    Some(if from == to { Sequence::Single(from) } else { Sequence::Range(from, to) })
}

/// The set of a range that has no end (`None`: that ends at the last mail), or a set of one number.
pub(super) fn range(from: u32, to: Option<u32>) -> SequenceSet {
    let from = NonZeroU32::new(from).unwrap_or(NonZeroU32::MIN);
    let to = to.and_then(NonZeroU32::new).map_or(SeqOrUid::Asterisk, SeqOrUid::Value);
    let from = SeqOrUid::Value(from);
    SequenceSet::from(if from == to { Sequence::Single(from) } else { Sequence::Range(from, to) })
}

/// The ranges of a set that was read.
pub(super) fn ranges(set: &SequenceSet) -> Vec<Range> {
    let number = |end: &SeqOrUid| match end {
        SeqOrUid::Value(number) => number.get(),
        SeqOrUid::Asterisk => u32::MAX,
    };
    let ranges = set.0.as_ref().iter().map(|sequence| match sequence {
        Sequence::Single(one) => (number(one), number(one)),
        Sequence::Range(a, b) => (number(a).min(number(b)), number(a).max(number(b))),
    });
    ranges.collect()
}

/// Reads `uid-set` of RFC 9051 §9 (`1:3,5`), in the order in which it stands there. `None`: it is none.
pub(super) fn read(text: &str) -> Option<Vec<Range>> {
    let number = |text: &str| text.parse::<NonZeroU32>().ok().map(NonZeroU32::get);
    let range = |text: &str| match text.split_once(':') {
        Some((a, b)) => number(a).zip(number(b)).map(|(a, b)| (a.min(b), a.max(b))),
        None => number(text).map(|one| (one, one)),
    };
    text.split(',').map(range).collect()
}

/// The numbers of ranges, one by one.
pub(super) fn numbers(ranges: &[Range]) -> impl Iterator<Item = u32> + '_ {
    ranges.iter().flat_map(|(from, to)| *from..=*to)
}

#[cfg(test)]
#[path = "sets_tests.rs"]
mod tests;
