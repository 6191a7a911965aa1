//! What the owner of a connection watches: how far the stream has come, and how much more it takes.

use super::connection::Connection;
use super::sequence::later;

/// What the send buffer takes before a connection is there (Linux `tcp_wmem[1]`).
const LEAST_BUFFER: usize = 16 << 10;
/// What it grows to (Linux `tcp_wmem[2]`).
const MOST_BUFFER: usize = 4 << 20;
/// What Linux reckons for a segment with its headers and its place in memory, where the MTU is Ethernet's: 4096 + 256.
const ROOM_OF_SEGMENT: usize = 4352;
/// Linux allows for this many segments before the first measurement (`TCP_INIT_CWND`).
const LEAST_SEGMENTS: usize = 10;

impl Connection {
    /// Sequence number behind the last byte that was handed to [`send`](Connection::send).
    #[must_use]
    #[inline]
    pub fn queued_end(&self) -> u32 {
        let first = if self.una == self.iss { self.iss.wrapping_add(1) } else { self.una };
        first.wrapping_add(self.queue.len() as u32)
    }

    /// Sequence number behind the last byte that left at least once.
    #[must_use]
    #[inline]
    pub fn left_end(&self) -> u32 {
        // A FIN takes a number and is no byte.
        let sent = self.sent.wrapping_sub(u32::from(self.fin_sent));
        later(sent, self.iss.wrapping_add(1))
    }

    /// Sequence number of the first byte that is not acknowledged.
    #[must_use]
    #[inline]
    pub fn acknowledged_end(&self) -> u32 {
        later(self.una, self.iss.wrapping_add(1))
    }

    /// Initial sequence numbers: our own, and the peer's once its SYN has come.
    #[must_use]
    #[inline]
    pub fn initial_sequence_numbers(&self) -> (u32, u32) {
        (self.iss, self.irs)
    }

    /// What the send buffer holds at the most, in bytes. It follows the congestion window, as Linux does
    /// (`tcp_sndbuf_expand`): room for twice the window, from 16 KiB before the connection is there up to 4 MiB. Linux
    /// counts the memory that a segment takes; so does this, and counts as if each were full.
    #[must_use]
    pub fn send_buffer(&self) -> usize {
        if self.una == self.iss {
            return LEAST_BUFFER;
        }
        let segments = (self.congestion_window() as usize / usize::from(self.mss.max(1))).max(LEAST_SEGMENTS);
        (2 * segments * ROOM_OF_SEGMENT).clamp(LEAST_BUFFER, MOST_BUFFER)
    }

    /// How many bytes [`send`](Connection::send) should be given now; more is taken all the same, and never lost.
    #[must_use]
    #[inline]
    pub fn send_room(&self) -> usize {
        self.send_buffer().saturating_sub(self.queue.len())
    }

    /// Whether a sender that waits for room should be told: a third of the buffer is free (Linux
    /// `sk_stream_is_writeable`), so that it is not woken for crumbs.
    #[must_use]
    #[inline]
    pub fn is_writable(&self) -> bool {
        self.send_room() >= self.queue.len() / 2
    }

    /// Whether [`poll_event`](Connection::poll_event) has bytes from the peer.
    #[must_use]
    #[inline]
    pub fn has_data(&self) -> bool {
        !self.received.is_empty()
    }
}
