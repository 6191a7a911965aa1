//! How large a window is offered: Linux's dynamic right-sizing (`tcp_rcv_space_adjust`; Fisk and Feng, "Dynamic
//! right-sizing in TCP", 2001). What was read in the last round trip says what may come in the next.

use super::config::Config;
use crate::sim::{Duration, Instant};

/// The window that Linux begins with: half of `tcp_rmem[1]`, 131,072 bytes.
const FIRST: u32 = 65_536;
/// Linux begins by expecting ten segments in a round trip (`TCP_INIT_CWND`).
const FIRST_SEGMENTS: u32 = 10;

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceiveWindow {
    /// What may be offered, in bytes.
    limit: u32,
    /// What it may grow to.
    clamp: u32,
    most: u32,
    /// The most that was read in a round trip so far.
    space: u32,
    /// Read in this round trip.
    read: u32,
    since: Instant,
    rtt: Option<Duration>,
}

impl ReceiveWindow {
    pub(super) fn new(config: &Config) -> ReceiveWindow {
        let most = config.window_bytes();
        let mss = u32::from(config.mss).max(1);
        let first = if config.window_grows { (FIRST / mss * mss).clamp(1, most) } else { most };
        ReceiveWindow {
            limit: first,
            clamp: first,
            most,
            space: FIRST_SEGMENTS * mss,
            read: 0,
            since: Instant::ZERO,
            rtt: None,
        }
    }

    #[inline]
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// Whether there is anything left to grow.
    #[inline]
    pub(super) fn may_grow(&self) -> bool {
        self.limit < self.most
    }

    /// A full segment came, so long after what it answers (Linux `tcp_rcv_rtt_measure_ts`).
    pub(super) fn round_trip(&mut self, rtt: Duration) {
        self.rtt = Some(self.rtt.map_or(rtt, |known| known.min(rtt)));
    }

    /// So many bytes were read.
    pub(super) fn read(&mut self, now: Instant, bytes: u32, mss: u32) {
        // Linux `tcp_grow_window`: by two segments for each that comes, up to what the last round trip called for.
        self.limit = self.limit.saturating_add(2 * mss.min(bytes)).min(self.clamp.max(self.limit));
        self.read = self.read.saturating_add(bytes);
        let Some(rtt) = self.rtt else {
            self.since = now;
            return;
        };
        if now.since(self.since) < rtt {
            return;
        }
        if self.read > self.space {
            // Twice what came, and as much more as it came faster than before: a sender in slow start doubles.
            let wanted = 2 * u64::from(self.read) + 16 * u64::from(mss);
            let faster = wanted * u64::from(self.read - self.space) / u64::from(self.space.max(1));
            self.clamp = (wanted + 2 * faster).min(u64::from(self.most)) as u32;
            self.space = self.read;
        }
        (self.read, self.since) = (0, now);
    }
}
