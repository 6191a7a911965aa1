//! The states of a connection and what it tells its user.

use std::fmt;

use crate::octets::Chunk;

/// The states of RFC 9293 §3.3.2. LISTEN is not among them: a listener is the host's, and a connection begins with
/// the SYN that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// No connection any more.
    Closed,
    /// A SYN is out.
    SynSent,
    /// A SYN came in, and ours waits for its acknowledgement.
    SynReceived,
    /// Data flows both ways.
    Established,
    /// We closed; our FIN is not acknowledged.
    FinWait1,
    /// We closed and the peer knows; it may still send.
    FinWait2,
    /// The peer closed; we may still send.
    CloseWait,
    /// Both closed at the same time; our FIN is not acknowledged.
    Closing,
    /// The peer closed first, then we; our FIN is not acknowledged.
    LastAck,
    /// All is done; waiting for stray segments.
    TimeWait,
}

impl State {
    /// Whether data from the peer is taken (RFC 9293 §3.10.7.4, seventh step).
    #[must_use]
    #[inline]
    pub const fn receives(self) -> bool {
        matches!(self, State::Established | State::FinWait1 | State::FinWait2)
    }

    /// Whether data may be handed to the connection for sending.
    #[must_use]
    #[inline]
    pub const fn takes_data(self) -> bool {
        matches!(self, State::SynSent | State::SynReceived | State::Established | State::CloseWait)
    }
}

/// The names of RFC 9293 §3.3.2.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Closed => "CLOSED",
            State::SynSent => "SYN-SENT",
            State::SynReceived => "SYN-RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN-WAIT-1",
            State::FinWait2 => "FIN-WAIT-2",
            State::CloseWait => "CLOSE-WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST-ACK",
            State::TimeWait => "TIME-WAIT",
        })
    }
}

/// What a connection tells its user. `Closed`, `Reset`, `Refused` and `TimedOut` are final: exactly one of them comes,
/// last, and when [`poll_transmit`](super::Connection::poll_transmit) is drained too the connection may be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The handshake is done.
    Connected,
    /// The next bytes from the peer, in order, each exactly once.
    Data(Chunk),
    /// The peer will send no more (its FIN arrived). We still may.
    PeerClosed,
    /// Both sides closed and TIME-WAIT is over, or the connection was aborted here.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// Nobody listens at the peer's port: a reset answered the SYN.
    Refused,
    /// The peer did not answer in time.
    TimedOut,
}

/// A set of small marks: events without data, and things to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(super) fn set(&mut self, mark: u8) {
        self.0 |= mark;
    }

    #[inline]
    pub(super) fn clear(&mut self, mark: u8) {
        self.0 &= !mark;
    }

    #[inline]
    pub(super) fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    /// Whether any of these marks is there.
    #[inline]
    pub(super) fn has_any(self, marks: u8) -> bool {
        self.0 & marks != 0
    }

    /// Takes one mark away; says whether it was there.
    #[inline]
    pub(super) fn take(&mut self, mark: u8) -> bool {
        let had = self.has(mark);
        self.clear(mark);
        had
    }
}

/// Marks of what [`Event`]s wait.
pub(super) mod told {
    pub(in super::super) const CONNECTED: u8 = 1;
    pub(in super::super) const PEER_CLOSED: u8 = 2;
    pub(in super::super) const CLOSED: u8 = 4;
    pub(in super::super) const RESET: u8 = 8;
    pub(in super::super) const REFUSED: u8 = 16;
    pub(in super::super) const TIMED_OUT: u8 = 32;
}

/// Marks of what must be sent.
pub(super) mod due {
    /// A SYN, or SYN ACK.
    pub(in super::super) const SYN: u8 = 1;
    /// Perhaps new data or a FIN: the windows decide.
    pub(in super::super) const DATA: u8 = 2;
    /// The first unacknowledged segment once more.
    pub(in super::super) const REPEAT: u8 = 4;
    /// A byte or so past a closed window.
    pub(in super::super) const PROBE: u8 = 8;
    /// An acknowledgement, unless data carries it.
    pub(in super::super) const ACK: u8 = 16;
    /// A reset.
    pub(in super::super) const RST: u8 = 32;
    /// A tail loss probe.
    pub(in super::super) const TAIL: u8 = 64;
    /// What comes before data, and seldom.
    pub(in super::super) const URGENT: u8 = RST | SYN | REPEAT | TAIL;
}
