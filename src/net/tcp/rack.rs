//! RACK: loss is a matter of time (RFC 8985). A segment is lost when one that left later has arrived, and enough time
//! has passed for the two to have changed places on the way.

use super::scoreboard::{Scoreboard, Sent};
use super::sequence::after;
use crate::sim::{Duration, Instant};

/// RFC 8985 §6.2 step 4: the reordering window grows by a quarter of the least round trip, up to so many quarters.
const MOST_STEPS: u8 = 64;
/// RFC 8985 §6.2 step 4: recoveries without a D-SACK after which the reordering window shrinks again.
const RECOVERIES: u8 = 16;
/// RFC 8985 §6.2 step 4: with so many segments beyond a gap nobody waits for reordering.
pub(super) const THRESHOLD: u32 = 3;

/// What RACK remembers of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Rack {
    /// Which segment left last of all that have arrived. RFC 8985 has the time (RACK.xmit_ts) and, where two are equal,
    /// the sequence number; here many leave at one instant, so they are counted.
    order: u32,
    /// Whether any has arrived.
    any: bool,
    /// Its round trip.
    rtt: Duration,
    least_rtt: Option<Duration>,
    /// Whether segments were seen to change places.
    reordered: bool,
    /// The reordering window in quarters of the least round trip.
    steps: u8,
    /// Recoveries until it shrinks.
    persist: u8,
}

impl Rack {
    /// A segment has arrived (RFC 8985 §6.2 steps 1 and 2).
    #[inline]
    pub(super) fn delivered(&mut self, now: Instant, segment: Sent) {
        let rtt = now.since(segment.at);
        if segment.is_repeated() && self.least_rtt.is_some_and(|least| rtt < least) {
            // The acknowledgement is of the first copy, which was not lost at all.
            return;
        }
        if !segment.is_repeated() {
            self.least_rtt = Some(self.least_rtt.map_or(rtt, |least| least.min(rtt)));
        }
        if !self.any || after(segment.order, self.order) {
            (self.any, self.order, self.rtt) = (true, segment.order, rtt);
        }
    }

    /// Segments have changed places (RFC 8985 §6.2 step 3).
    pub(super) fn saw_reordering(&mut self) {
        self.reordered = true;
    }

    /// The peer got something twice (RFC 8985 §6.2 step 4): what was taken for lost was late.
    pub(super) fn saw_duplicate(&mut self) {
        self.steps = (self.steps + 1).min(MOST_STEPS);
        self.persist = RECOVERIES;
    }

    /// A recovery is over.
    pub(super) fn recovered(&mut self) {
        self.persist = self.persist.saturating_sub(1);
        if self.persist == 0 {
            self.steps = 0;
        }
    }

    fn window(&self, in_recovery: bool, sacked_segments: u32, srtt: Option<Duration>) -> Duration {
        if !self.reordered && (in_recovery || sacked_segments >= THRESHOLD) {
            return Duration::ZERO;
        }
        let quarter = self.least_rtt.unwrap_or(Duration::ZERO).over(4);
        quarter.times(u64::from(self.steps) + 1).min(srtt.unwrap_or(Duration::MAX))
    }

    /// Takes segments for lost (RFC 8985 §6.2 step 5). Says whether there were any, and when to look again for those
    /// that may only be late.
    pub(super) fn detect(
        &self,
        now: Instant,
        board: &mut Scoreboard,
        in_recovery: bool,
        sacked_segments: u32,
        srtt: Option<Duration>,
    ) -> (bool, Option<Instant>) {
        if !self.any {
            return (false, None);
        }
        let patience = self.rtt + self.window(in_recovery, sacked_segments, srtt);
        let mut look_again: Option<Instant> = None;
        let lost = board.mark_lost(|segment| {
            if !after(self.order, segment.order) {
                return false;
            }
            let due = segment.at + patience;
            if due <= now {
                return true;
            }
            look_again = Some(look_again.map_or(due, |at| at.max(due)));
            false
        });
        (lost, look_again)
    }

    /// Whether a segment is overdue, for a retransmission timer that struck (Linux `tcp_timeout_mark_lost`): what left
    /// a moment ago is not.
    pub(super) fn is_overdue(&self, now: Instant, segment: &Sent) -> bool {
        segment.at + self.rtt <= now
    }
}
