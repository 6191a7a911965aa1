//! Timestamps (RFC 7323): the sender's clock, and what the peer's said last.

use super::segment::{Segment, Timestamps};
use super::sequence::{after, before};
use crate::sim::Instant;

/// What the option adds to each segment, padding included (RFC 7323 appendix A).
pub(super) const OPTION_BYTES: u16 = 12;

/// The clocks of both ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Both SYNs carry the option; before the peer's came, whether ours does.
    pub(super) on: bool,
    /// TS.Recent.
    pub(super) recent: u32,
}

impl Clock {
    /// A clock that counts from the beginning of the simulation. RFC 7323 §7.1 would have it begin anywhere, so that nobody
    /// learns how long a host has been up; but a new connection between the ports of an old one must have a later clock,
    /// or its SYN is taken for an old duplicate (RFC 6191 §2).
    pub(super) fn new(on: bool) -> Clock {
        Clock { on, recent: 0 }
    }

    /// RFC 7323 §3.2: used only where both SYNs have it.
    pub(super) fn begin(&mut self, syn: Option<Timestamps>) {
        match syn {
            Some(clock) if self.on => self.recent = clock.value,
            _ => self.on = false,
        }
    }

    /// Our clock: a tick a millisecond.
    #[inline]
    pub(super) fn millis(&self, now: Instant) -> u32 {
        (now.as_nanos() / 1_000_000) as u32
    }

    /// The option of a segment.
    #[inline]
    pub(super) fn option(&self, now: Instant) -> Option<Timestamps> {
        self.on.then(|| Timestamps { value: self.millis(now), echo: self.recent })
    }

    /// RFC 7323 §5.3 R1: whether a segment is an old duplicate (PAWS).
    #[inline]
    pub(super) fn is_old(&self, segment: &Segment) -> bool {
        self.on && segment.timestamps.is_some_and(|clock| before(clock.value, self.recent))
    }

    /// RFC 7323 §4.3: the clock that is echoed is that of the segment that made the next acknowledgement due. `acked` is
    /// what the last one said (Last.ACK.sent).
    #[inline]
    pub(super) fn note(&mut self, segment: &Segment, acked: u32) {
        if self.on
            && let Some(clock) = segment.timestamps
            && !after(segment.seq, acked)
            && !before(clock.value, self.recent)
        {
            self.recent = clock.value;
        }
    }
}
