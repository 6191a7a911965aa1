//! The segments that are out, and what is known of each: the scoreboard of RFC 6675 §3, with the time that RACK wants
//! (RFC 8985 §5.2).

use std::collections::VecDeque;

use super::segment::SackBlocks;
use super::sequence::{after, before, later};
use crate::sim::Instant;

/// The peer has it.
const SACKED: u8 = 1;
/// Taken for lost.
const LOST: u8 = 2;
/// Sent again since it was last taken for lost.
const AGAIN: u8 = 4;
/// Sent more than once.
const REPEATED: u8 = 8;

/// A segment that is out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) seq: u32,
    pub(super) end: u32,
    /// When it left last.
    pub(super) at: Instant,
    /// How many segments had left before it then: what left at one instant has an order, too.
    pub(super) order: u32,
    marks: u8,
}

impl Sent {
    fn len(self) -> u32 {
        self.end.wrapping_sub(self.seq)
    }

    pub(super) fn is_repeated(self) -> bool {
        self.marks & REPEATED != 0
    }

    fn has(self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// Whether it may still be on its way: not known to have arrived, nor to be lost.
    fn is_under_way(self) -> bool {
        !self.has(SACKED) && (!self.has(LOST) || self.has(AGAIN))
    }
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(super) struct Scoreboard {
    segments: VecDeque<Sent>,
    /// Bytes that the peer has beyond a gap.
    sacked: u32,
    /// Bytes that are taken for lost, those that were sent again among them.
    lost: u32,
    /// Bytes of these that were sent again.
    again: u32,
    out: u32,
    /// Segments that have left, repetitions included.
    left: u32,
    /// Behind the highest byte that the peer is known to have (RFC 6675 HighData's counterpart, Linux `fackets`).
    highest: u32,
}

impl Scoreboard {
    /// Segments that are out.
    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    /// Bytes that are taken to be on their way (RFC 6675 §4 Pipe).
    #[inline]
    pub(super) fn in_flight(&self) -> u32 {
        (self.out + self.again).saturating_sub(self.sacked + self.lost)
    }

    pub(super) fn sacked_bytes(&self) -> u32 {
        self.sacked
    }

    /// Whether something is taken for lost that was not sent again.
    #[inline]
    pub(super) fn has_unrepaired(&self) -> bool {
        self.lost > self.again
    }

    /// Whether every segment arrived in order so far.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.sacked == 0 && self.lost == 0
    }

    /// New bytes have left.
    #[inline]
    pub(super) fn push(&mut self, now: Instant, seq: u32, end: u32) {
        self.left = self.left.wrapping_add(1);
        self.segments.push_back(Sent { seq, end, at: now, order: self.left, marks: 0 });
        self.out += end.wrapping_sub(seq);
    }

    /// The first segment to send again, and where it stands.
    pub(super) fn next_unrepaired(&self) -> Option<(usize, Sent)> {
        if !self.has_unrepaired() {
            return None;
        }
        let wanted = |s: &Sent| s.has(LOST) && !s.has(AGAIN) && !s.has(SACKED);
        self.segments.iter().enumerate().find(|(_, s)| wanted(s)).map(|(place, s)| (place, *s))
    }

    /// The last segment that the peer is not known to have.
    pub(super) fn last(&self) -> Option<(usize, Sent)> {
        self.segments.iter().enumerate().next_back().map(|(place, s)| (place, *s))
    }

    /// A segment has left again.
    pub(super) fn repeated(&mut self, now: Instant, place: usize) {
        let Some(segment) = self.segments.get_mut(place) else { return };
        self.left = self.left.wrapping_add(1);
        (segment.at, segment.order) = (now, self.left);
        segment.marks |= REPEATED;
        if segment.has(LOST) && !segment.has(AGAIN) {
            segment.marks |= AGAIN;
            self.again += segment.len();
        }
    }

    /// Everything before `ack` has arrived. `each` is told of every segment that was not known to have.
    #[inline]
    pub(super) fn acknowledge(&mut self, ack: u32, mut each: impl FnMut(Sent)) -> u32 {
        // A dialogue has one segment out most of the time.
        if self.segments.len() == 1
            && self.is_plain()
            && let Some(only) = self.segments.pop_front_if(|only| only.end == ack)
        {
            each(only);
            self.highest = later(self.highest, ack);
            return std::mem::take(&mut self.out);
        }
        self.acknowledge_several(ack, each)
    }

    fn acknowledge_several(&mut self, ack: u32, mut each: impl FnMut(Sent)) -> u32 {
        let mut delivered = 0;
        while let Some(first) = self.segments.front_mut() {
            if !after(ack, first.seq) {
                break;
            }
            let whole = !after(first.end, ack);
            let part = Sent { end: if whole { first.end } else { ack }, ..*first };
            self.out -= part.len();
            if part.has(SACKED) {
                self.sacked -= part.len();
            } else {
                delivered += part.len();
            }
            if part.has(LOST) {
                self.lost -= part.len();
            }
            if part.has(AGAIN) {
                self.again -= part.len();
            }
            if !whole {
                first.seq = ack;
                break;
            }
            if !part.has(SACKED) {
                each(part);
            }
            self.segments.pop_front();
        }
        self.highest = later(self.highest, ack);
        delivered
    }

    /// The peer says that it has these bytes. `each` is told of every segment of which that is new, and whether a later
    /// one was known to have arrived before it.
    pub(super) fn sack(&mut self, una: u32, end: u32, blocks: &SackBlocks, mut each: impl FnMut(Sent, bool)) -> u32 {
        let mut delivered = 0;
        for (from, to) in blocks.iter().copied() {
            // RFC 2018 §5.1: what was never sent cannot have arrived, and what is acknowledged is no news.
            if !before(from, to) || before(from, una) || after(to, end) {
                continue;
            }
            let first = self.segments.partition_point(|s| before(s.seq, from));
            for segment in self.segments.range_mut(first..) {
                if after(segment.end, to) {
                    break;
                }
                if segment.has(SACKED) {
                    continue;
                }
                let (len, known) = (segment.len(), *segment);
                if segment.has(LOST) {
                    self.lost -= len;
                }
                if segment.has(AGAIN) {
                    self.again -= len;
                }
                segment.marks = (segment.marks & REPEATED) | SACKED;
                self.sacked += len;
                delivered += len;
                each(known, before(known.end, self.highest));
                self.highest = later(self.highest, known.end);
            }
        }
        delivered
    }

    /// Takes segments for lost that may be under way and of which this is true, the oldest first; `None` stops looking.
    /// Says whether there were any.
    pub(super) fn mark_lost(&mut self, mut is_lost: impl FnMut(&Sent) -> bool) -> bool {
        let mut any = false;
        for segment in &mut self.segments {
            if !segment.is_under_way() || !is_lost(segment) {
                continue;
            }
            any = true;
            let len = segment.end.wrapping_sub(segment.seq);
            if segment.marks & LOST != 0 {
                // The repetition was lost, too.
                segment.marks &= !AGAIN;
                self.again -= len;
            } else {
                segment.marks |= LOST;
                self.lost += len;
            }
        }
        any
    }

    /// RFC 2018 §8: a peer may have thrown away what it said it had. Everything counts as not arrived.
    pub(super) fn renege(&mut self) {
        for segment in &mut self.segments {
            segment.marks &= !SACKED;
        }
        self.sacked = 0;
    }

    /// Whether the oldest segment is one that the peer said it had.
    pub(super) fn is_reneged(&self) -> bool {
        self.segments.front().is_some_and(|s| s.has(SACKED))
    }

    pub(super) fn clear(&mut self) {
        *self = Scoreboard::default();
    }
}
