//! Congestion control: Reno (RFC 5681) with the NewReno recovery (RFC 6582), limited transmit (RFC 3042) and byte
//! counting (RFC 3465). All windows are in bytes.

use super::config::Algorithm;
use super::cubic::Cubic;
use super::sequence::{after, before};
use crate::sim::{Duration, Instant};

/// The congestion window never passes this (RFC 7323 §2.3: no peer can offer more).
const MAX_WINDOW: u32 = 1 << 30;
/// RFC 5681 §3.2: the third duplicate acknowledgement is taken for a loss.
pub(super) const DUPLICATE_THRESHOLD: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Slow start or congestion avoidance.
    Open,
    /// Fast recovery (RFC 5681 §3.2), until `recover` is acknowledged.
    Recovery,
    /// After a timeout, until `recover` is acknowledged.
    Loss,
}

#[derive(Clone, Debug)]
pub(super) struct Congestion {
    pub(super) cwnd: u32,
    pub(super) ssthresh: u32,
    /// Everything below was sent when the last loss was noticed (RFC 6582 §3.1).
    recover: u32,
    /// Bytes acknowledged towards the next segment of congestion avoidance.
    counted: u32,
    duplicates: u8,
    phase: Phase,
    cubic: Cubic,
}

impl Congestion {
    pub(super) fn new(iss: u32) -> Congestion {
        // RFC 5681 §3.1: the threshold starts arbitrarily high.
        Congestion {
            cwnd: 0,
            ssthresh: u32::MAX,
            recover: iss,
            counted: 0,
            duplicates: 0,
            phase: Phase::Open,
            cubic: Cubic::default(),
        }
    }

    /// Sets the initial window.
    pub(super) fn start(&mut self, bytes: u32) {
        self.cwnd = bytes.min(MAX_WINDOW);
    }

    #[cfg(test)]
    pub(super) fn in_recovery(&self) -> bool {
        self.phase == Phase::Recovery
    }

    /// How much may be in flight.
    #[inline]
    pub(super) fn allowance(&self, mss: u32) -> u32 {
        if self.duplicates == 0 || self.phase != Phase::Open {
            return self.cwnd;
        }
        // RFC 3042 §2: each of the first two duplicates lets one new segment out, so that small windows still
        // produce the third duplicate.
        self.cwnd + u32::from(self.duplicates.min(DUPLICATE_THRESHOLD - 1)) * mss
    }

    /// New data was acknowledged: `acked` bytes, up to `ack`. `flight` was outstanding before, `left` is after. Says
    /// whether the first unacknowledged segment must be repeated now.
    #[inline]
    pub(super) fn acknowledged(&mut self, ack: u32, acked: u32, flight: u32, left: u32, mss: u32) -> bool {
        self.duplicates = 0;
        match self.phase {
            Phase::Open => self.grow(acked, flight, mss),
            Phase::Recovery if before(ack, self.recover) => {
                // RFC 6582 §3.2 step 3, partial acknowledgement: the next hole starts here. The window deflates by
                // what left the network, and lets one segment out for it.
                self.cwnd = self.cwnd.saturating_sub(acked).max(mss);
                if acked >= mss {
                    self.cwnd += mss;
                }
                return true;
            }
            Phase::Recovery => {
                // RFC 6582 §3.2 step 3, full acknowledgement: the first choice of window, which sends no burst.
                self.cwnd = self.ssthresh.min(left.max(mss) + mss);
                self.counted = 0;
                self.phase = Phase::Open;
            }
            Phase::Loss => {
                if !before(ack, self.recover) {
                    self.phase = Phase::Open;
                }
                // RFC 3465 §2.3: after a timeout an acknowledgement may cover much that had arrived long before; it
                // counts as one segment.
                self.grow(acked.min(mss), flight, mss);
            }
        }
        false
    }

    /// A loss, for who finds them in another way: sets the slow start threshold.
    pub(super) fn lost(&mut self, algorithm: Algorithm, mss: u32) {
        self.counted = 0;
        self.ssthresh = match algorithm {
            Algorithm::Cubic => self.cubic.lost(self.cwnd, mss),
            // RFC 5681 §3.1 has half of what is out, Linux half of the window (`tcp_reno_ssthresh`).
            Algorithm::Reno | Algorithm::Linux => halved(self.cwnd, mss),
        };
    }

    /// So many bytes were delivered, and nothing is lost.
    #[inline]
    pub(super) fn grow_by(
        &mut self,
        algorithm: Algorithm,
        now: Instant,
        delivered: u32,
        flight: u32,
        mss: u32,
        srtt: Option<Duration>,
    ) {
        if algorithm != Algorithm::Cubic || self.cwnd < self.ssthresh {
            return self.grow(delivered, flight, mss);
        }
        // As in Reno: a window that is not used says nothing about the path.
        if flight.saturating_add(mss) > self.cwnd {
            let step = self.cubic.grow(now, self.cwnd, delivered, mss, srtt.unwrap_or(Duration::ZERO));
            self.cwnd = self.cwnd.saturating_add(step).min(MAX_WINDOW);
        }
    }

    fn grow(&mut self, acked: u32, flight: u32, mss: u32) {
        let mut acked = acked;
        if self.cwnd < self.ssthresh {
            // RFC 9293 §3.8.2, RFC 7661: a window that is not used says nothing about the path. Linux asks for half
            // of it in slow start.
            if self.cwnd >= flight.saturating_mul(2) {
                return;
            }
            // RFC 3465 §2.2 without its limit L, as Linux: the window grows by all that was acknowledged, so that
            // delayed acknowledgements do not slow the start.
            let room = self.ssthresh - self.cwnd;
            let step = acked.min(room);
            self.cwnd = self.cwnd.saturating_add(step).min(MAX_WINDOW);
            acked -= step;
            if acked == 0 {
                return;
            }
        } else if flight.saturating_add(mss) <= self.cwnd {
            return;
        }
        // RFC 5681 §3.1: one segment for each window's worth of acknowledged bytes.
        self.counted = self.counted.saturating_add(acked);
        while self.counted >= self.cwnd {
            self.counted -= self.cwnd;
            self.cwnd = self.cwnd.saturating_add(mss).min(MAX_WINDOW);
            if self.cwnd == MAX_WINDOW {
                self.counted = 0;
            }
        }
    }

    /// A duplicate acknowledgement came in. Says whether the first unacknowledged segment must be repeated now.
    pub(super) fn duplicate(&mut self, una: u32, sent: u32, flight: u32, mss: u32) -> bool {
        if self.phase == Phase::Recovery {
            // RFC 6582 §3.2 step 2 (RFC 5681 §3.2 step 4): a segment has left the network.
            self.cwnd = self.cwnd.saturating_add(mss).min(MAX_WINDOW);
            return false;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        // RFC 6582 §4.1: after a timeout, repeated segments that had arrived cause duplicates too; they count only
        // when the acknowledgement lies beyond what was sent then.
        if self.duplicates != DUPLICATE_THRESHOLD || !after(una, self.recover) {
            return false;
        }
        // RFC 5681 §3.2 steps 2 and 3. What limited transmit added to the flight does not count.
        self.ssthresh = halved(flight.min(self.cwnd), mss);
        self.cwnd = self.ssthresh.saturating_add(3 * mss);
        self.counted = 0;
        self.recover = sent;
        self.duplicates = 0;
        self.phase = Phase::Recovery;
        true
    }

    /// The retransmission timer struck. `first` unless the same data had timed out before.
    pub(super) fn timed_out(&mut self, sent: u32, flight: u32, first: bool, mss: u32) {
        // RFC 5681 §3.1: the threshold is not lowered again for a segment that was already repeated.
        if first {
            self.ssthresh = halved(flight.min(self.cwnd), mss);
        }
        self.cwnd = mss;
        self.counted = 0;
        self.duplicates = 0;
        // RFC 6582 §3.2 step 4
        self.recover = sent;
        self.phase = Phase::Loss;
    }

    /// Nothing was sent for `timeouts` retransmission timeouts.
    pub(super) fn idle(&mut self, timeouts: u64, initial: u32) {
        // RFC 5681 §4.1, softened as in Linux (RFC 2861 §3.1): the window halves for each timeout, down to the initial
        // one.
        for _ in 0..timeouts.min(32) {
            if self.cwnd <= initial {
                break;
            }
            self.cwnd = (self.cwnd / 2).max(initial);
        }
    }
}

/// RFC 5681 §3.1 equation 4.
fn halved(flight: u32, mss: u32) -> u32 {
    (flight / 2).max(2 * mss)
}
