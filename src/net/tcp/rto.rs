//! Round-trip time and retransmission timeout (RFC 6298), in integer nanoseconds.
//!
//! One segment at a time is timed, and a segment that was repeated is not (Karn's algorithm, RFC 6298 §3), unless a time
//! stamp tells which copy was answered (RFC 7323 §4).

use super::config::Config;
use super::sequence::before;
use crate::sim::{Duration, Instant};

/// RFC 6298 §5.7: the timeout for data when the SYN had to be repeated.
const AFTER_LOST_SYN: Duration = Duration::from_secs(3);

#[derive(Clone, Debug, Default)]
pub(super) struct RoundTrip {
    srtt: Duration,
    rttvar: Duration,
    /// When the timed segment left.
    timed_at: Instant,
    /// The acknowledgement that ends the timing.
    timed_end: u32,
    timing: bool,
    measured: bool,
    syn_was_lost: bool,
    /// How often the timeout was doubled.
    backoff: u8,
}

impl RoundTrip {
    /// The smoothed round-trip time, once there was a measurement.
    pub(super) fn smoothed(&self) -> Option<Duration> {
        self.measured.then_some(self.srtt)
    }

    /// The retransmission timeout as it stands, with its back-off.
    #[inline]
    pub(super) fn timeout(&self, config: &Config) -> Duration {
        let base = if self.measured {
            // RFC 6298 §2.3: RTO = SRTT + max(G, 4·RTTVAR). Linux puts its minimum where the RFC has the clock
            // granularity G, so that a delayed acknowledgement on a steady path never looks like a loss.
            self.srtt + self.rttvar.times(4).max(config.min_rto)
        } else if self.syn_was_lost {
            config.initial_rto.max(AFTER_LOST_SYN)
        } else {
            config.initial_rto
        };
        if self.backoff == 0 {
            return base.min(config.max_rto);
        }
        base.times(1 << self.backoff.min(32)).min(config.max_rto)
    }

    /// RFC 6298 §5.5: the timeout doubles each time it strikes.
    pub(super) fn back_off(&mut self) {
        self.backoff = self.backoff.saturating_add(1);
        self.timing = false;
    }

    /// Forgets the back-off: what made the timer strike was no loss.
    pub(super) fn reset_back_off(&mut self) {
        self.backoff = 0;
    }

    /// A SYN was repeated and the connection stands all the same.
    pub(super) fn syn_lost(&mut self) {
        self.syn_was_lost = true;
        self.backoff = 0;
        self.timing = false;
    }

    /// A segment leaves for the first time; `end` is the acknowledgement that it asks for.
    #[inline]
    pub(super) fn start(&mut self, now: Instant, end: u32) {
        if !self.timing {
            self.timing = true;
            self.timed_at = now;
            self.timed_end = end;
        }
    }

    /// Something was repeated.
    #[inline]
    pub(super) fn spoil(&mut self) {
        // RFC 6298 §3: an answer to a repeated segment may belong to either copy.
        self.timing = false;
    }

    /// An acknowledgement of new data came in.
    #[inline]
    pub(super) fn acknowledged(&mut self, now: Instant, ack: u32) {
        if !self.timing || before(ack, self.timed_end) {
            return;
        }
        self.timing = false;
        self.sample(now.since(self.timed_at));
    }

    /// Whether a segment is being timed.
    pub(super) fn is_timing(&self) -> bool {
        self.timing
    }

    /// A round trip was measured in another way.
    pub(super) fn measured(&mut self, r: Duration) {
        self.sample(r);
    }

    fn sample(&mut self, r: Duration) {
        if self.measured {
            // RFC 6298 §2.3: RTTVAR before SRTT, with beta = 1/4 and alpha = 1/8.
            let deviation = if self.srtt > r { self.srtt - r } else { r - self.srtt };
            self.rttvar = (self.rttvar.times(3) + deviation).over(4);
            self.srtt = (self.srtt.times(7) + r).over(8);
        } else {
            // RFC 6298 §2.2
            self.srtt = r;
            self.rttvar = r.over(2);
            self.measured = true;
        }
        // RFC 6298 §5: the back-off ends with a valid measurement.
        self.backoff = 0;
    }
}
