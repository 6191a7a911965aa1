//! What tests look at inside of a connection.

use crate::net::tcp::losses::Mending;
use crate::net::tcp::sequence::distance;
use crate::net::tcp::{Connection, State};
use crate::sim::Duration;

impl Connection {
    /// Bytes handed to [`send`](Connection::send) that never left.
    pub(super) fn unsent_bytes(&self) -> usize {
        self.queue.len() - self.unacked_bytes()
    }

    /// Bytes that left and are not acknowledged.
    pub(super) fn unacked_bytes(&self) -> usize {
        (distance(self.una, self.sent) as usize).min(self.queue.len())
    }

    /// Bytes held because something before them is missing.
    pub(super) fn out_of_order_bytes(&self) -> usize {
        self.early.as_ref().map_or(0, |early| early.len())
    }

    /// Smoothed round-trip time (RFC 6298 SRTT), once it was measured.
    pub(super) fn smoothed_round_trip(&self) -> Option<Duration> {
        self.round_trip.smoothed()
    }

    /// The retransmission timeout as it stands, with its back-off (RFC 6298).
    pub(super) fn retransmission_timeout(&self) -> Duration {
        self.round_trip.timeout(&self.config)
    }

    /// Slow start threshold in bytes (RFC 5681 ssthresh), once a loss set it.
    pub(super) fn slow_start_threshold(&self) -> Option<u32> {
        (self.congestion.ssthresh != u32::MAX).then_some(self.congestion.ssthresh)
    }

    /// Whether fast recovery is going on (RFC 6582).
    pub(super) fn in_fast_recovery(&self) -> bool {
        self.congestion.in_recovery() || self.losses.mending == Mending::Recovery
    }

    /// The window that the peer offers, in bytes.
    pub(super) fn send_window(&self) -> u32 {
        self.wnd
    }

    /// Largest payload that we send, in bytes: the smaller of both sides' maximum segment sizes.
    pub(super) fn mss(&self) -> u16 {
        self.mss
    }

    /// `seq` of a segment that we send, counted from our SYN as captures show it: the SYN is 0, the first byte 1.
    pub(super) fn relative_send_seq(&self, seq: u32) -> u32 {
        seq.wrapping_sub(self.iss)
    }

    /// `seq` of a segment from the peer, counted from its SYN. Zero before that arrived.
    pub(super) fn relative_receive_seq(&self, seq: u32) -> u32 {
        if self.state == State::SynSent { 0 } else { seq.wrapping_sub(self.irs) }
    }
}
