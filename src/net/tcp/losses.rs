//! What a sender remembers of what it may have lost: the scoreboard, RACK, the reduction of the window, the probe that is out.

use super::prr::Reduction;
use super::rack::Rack;
use super::scoreboard::Scoreboard;
use super::segment::Repeat;
use crate::sim::Instant;

/// How a connection stands with its losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mending {
    /// Nothing is known to be lost.
    #[default]
    Open,
    /// Losses were noticed by what arrived after them.
    Recovery,
    /// A retransmission timer struck.
    Loss,
}

/// What the one timer of a sender is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Timer {
    /// Retransmission, and what else there is (FIN-WAIT-2, TIME-WAIT, closed windows).
    #[default]
    Usual,
    /// A tail loss probe.
    Probe,
    /// Segments that may only be late.
    Reordering,
}

/// A tail loss probe that is out (RFC 8985 §7.4).
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    /// Everything that was out when it left ends here.
    pub(super) high: u32,
    /// Whether it was something sent again.
    pub(super) is_repeat: bool,
}

/// What a sender knows of its losses. What it does about them is in [`loss`](super::loss).
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    /// Both ends permit SACK, and the algorithm uses it.
    pub(super) on: bool,
    pub(super) board: Scoreboard,
    pub(super) rack: Rack,
    pub(super) reduction: Reduction,
    pub(super) mending: Mending,
    /// Everything below was out when the last loss was noticed (RecoveryPoint).
    pub(super) high: u32,
    pub(super) probe: Option<Probe>,
    pub(super) timer: Timer,
    /// Why what is lost is sent again.
    pub(super) why: Repeat,
}

impl Losses {
    /// Whether the scoreboard is used and nothing is amiss: nothing lost, nothing beyond a gap, no probe out.
    #[inline]
    pub(super) fn is_calm(&self) -> bool {
        self.on && self.mending == Mending::Open && self.probe.is_none() && self.board.is_plain()
    }

    /// New bytes have left.
    #[inline]
    pub(super) fn sent(&mut self, now: Instant, seq: u32, end: u32) {
        if self.on {
            self.board.push(now, seq, end);
            if self.mending == Mending::Recovery {
                self.reduction.sent(end.wrapping_sub(seq));
            }
        }
    }
}
