//! Proportional rate reduction (RFC 6937): while a window is being mended, what is sent follows what is delivered.

/// The state of one recovery, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reduction {
    /// The congestion window when the loss was noticed (RecoverFS's counterpart in Linux).
    prior: u32,
    delivered: u32,
    out: u32,
}

impl Reduction {
    pub(super) fn begin(prior: u32) -> Reduction {
        Reduction { prior: prior.max(1), delivered: 0, out: 0 }
    }

    /// Something has left during recovery.
    #[inline]
    pub(super) fn sent(&mut self, bytes: u32) {
        self.out = self.out.saturating_add(bytes);
    }

    /// The congestion window after an acknowledgement that delivered so many bytes (RFC 6937 §3, with the slow start
    /// reduction bound only where the acknowledgement shows progress and no new loss, as Linux does:
    /// `tcp_cwnd_reduction`).
    pub(super) fn window(&mut self, delivered: u32, in_flight: u32, ssthresh: u32, is_progress: bool, mss: u32) -> u32 {
        self.delivered = self.delivered.saturating_add(delivered);
        let mut may_send = if in_flight > ssthresh {
            // RFC 6937 §3, first branch: proportionally.
            // It counts segments there and rounds up; so do whole segments of bytes.
            let share = u64::from(ssthresh) * u64::from(self.delivered) / u64::from(self.prior);
            let whole = share.div_ceil(u64::from(mss.max(1))) * u64::from(mss);
            u32::try_from(whole).unwrap_or(u32::MAX).saturating_sub(self.out)
        } else {
            // Second branch: the window may grow to the threshold, conservatively or by a segment more.
            let mut limit = self.delivered.saturating_sub(self.out).max(delivered);
            if is_progress {
                limit += mss;
            }
            limit.min(ssthresh - in_flight)
        };
        // The first segment always leaves: fast retransmit.
        if self.out == 0 {
            may_send = may_send.max(mss);
        }
        in_flight + may_send
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6937 §1.1 in shape: twenty segments out, the first lost, threshold ten.
    #[test]
    fn a_window_shrinks_by_sending_one_for_two() {
        let mut reduction = Reduction::begin(20);
        let (mut in_flight, mut sent) = (19, 0);
        for _ in 0..19 {
            in_flight -= 1;
            let window = reduction.window(1, in_flight, 10, false, 1);
            while in_flight < window {
                in_flight += 1;
                sent += 1;
                reduction.sent(1);
            }
        }
        assert_eq!((in_flight, sent), (10, 10));
    }

    #[test]
    fn after_heavy_loss_the_window_grows_back_to_the_threshold_and_not_beyond() {
        let mut reduction = Reduction::begin(20);
        // Fifteen of twenty are lost.
        let mut in_flight = 4;
        let mut windows = Vec::new();
        for _ in 0..12 {
            let window = reduction.window(1, in_flight, 10, true, 1);
            reduction.sent(window.saturating_sub(in_flight));
            in_flight = window - 1;
            windows.push(window);
        }
        assert!(windows.is_sorted() && windows[0] == 6 && *windows.last().unwrap() == 10, "{windows:?}");
    }
}
