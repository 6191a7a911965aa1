//! Segments: what travels between two TCPs (RFC 9293 §3.1), as a struct and not as bytes.
//!
//! Only the header fields that this TCP uses are here; a capture writer can form the real header from them. The
//! urgent pointer is left out: mail does not use it, and RFC 9293 §3.8.5 advises against it.

use std::fmt;

use crate::octets::Rope;

/// The control bits of a segment (RFC 9293 §3.1), in their places on the wire.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No bit at all.
    pub const NONE: Flags = Flags(0);
    /// No more data from the sender.
    pub const FIN: Flags = Flags(0x01);
    /// Synchronise sequence numbers: opens a connection.
    pub const SYN: Flags = Flags(0x02);
    /// The connection is void.
    pub const RST: Flags = Flags(0x04);
    /// Push: the sender had nothing more to send at this moment.
    pub const PSH: Flags = Flags(0x08);
    /// The acknowledgement field counts.
    pub const ACK: Flags = Flags(0x10);

    /// The bits as they stand in the header.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Flags from header bits; the urgent and congestion bits are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Flags {
        Flags(bits & 0x1f)
    }

    /// Whether all bits of `other` are set.
    #[must_use]
    #[inline]
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    #[inline]
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// The SYN bit.
    #[must_use]
    #[inline]
    pub const fn syn(self) -> bool {
        self.has(Flags::SYN)
    }

    /// The FIN bit.
    #[must_use]
    #[inline]
    pub const fn fin(self) -> bool {
        self.has(Flags::FIN)
    }

    /// The RST bit.
    #[must_use]
    #[inline]
    pub const fn rst(self) -> bool {
        self.has(Flags::RST)
    }

    /// The ACK bit.
    #[must_use]
    #[inline]
    pub const fn ack(self) -> bool {
        self.has(Flags::ACK)
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        self.with(other)
    }
}

/// The bits by name, such as `SYN ACK`; `-` for none.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(Flags, &str); 5] =
            [(Flags::SYN, "SYN"), (Flags::FIN, "FIN"), (Flags::RST, "RST"), (Flags::PSH, "PSH"), (Flags::ACK, "ACK")];
        let mut text = String::new();
        for (flag, name) in NAMES {
            if self.has(flag) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(name);
            }
        }
        f.pad(if text.is_empty() { "-" } else { &text })
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Length of a TCP header without options, in bytes (RFC 9293 §3.1).
pub const HEADER_BYTES: usize = 20;

/// The timestamps option (RFC 7323 §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timestamps {
    /// TSval: the sender's clock, in milliseconds.
    pub value: u32,
    /// TSecr: the clock of the receiver, as it came with what is acknowledged. Counts only with [`Flags::ACK`].
    pub echo: u32,
}

/// The blocks of a SACK option (RFC 2018 §3), the most recent first: first sequence number, and the one behind the last.
/// Four fit into a header, three beside timestamps.
pub type SackBlocks = smallvec::SmallVec<[(u32, u32); 4]>;

/// Why bytes are sent again. For observers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// The retransmission timer struck (RFC 6298 §5.4).
    #[default]
    Timeout,
    /// Three duplicate acknowledgements came, or a partial one (RFC 5681 §3.2, RFC 6582 §3.2).
    Duplicates,
    /// What left later has arrived (RFC 8985 §6).
    Rack,
    /// A tail loss probe (RFC 8985 §7).
    Probe,
    /// A look whether the peer's window has opened (RFC 9293 §3.8.6.1).
    Window,
    /// A SYN, or SYN ACK, that nobody answered.
    Syn,
}

/// One TCP segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Port of the sender.
    pub source_port: u16,
    /// Port of the receiver.
    pub destination_port: u16,
    /// Sequence number of the first byte, or of the SYN where there is one.
    pub seq: u32,
    /// Next sequence number that the sender expects; counts only with [`Flags::ACK`].
    pub ack: u32,
    /// Control bits.
    pub flags: Flags,
    /// The window as it stands on the wire; not yet shifted by the scale.
    pub window: u16,
    /// Maximum segment size option in bytes (RFC 9293 §3.7.1), on SYN segments.
    pub mss: Option<u16>,
    /// Window scale option, a shift count (RFC 7323 §2.2), on SYN segments.
    pub window_scale: Option<u8>,
    /// SACK permitted option (RFC 2018 §2), on SYN segments.
    pub sack_permitted: bool,
    /// Timestamps option (RFC 7323 §3).
    pub timestamps: Option<Timestamps>,
    /// SACK option (RFC 2018 §3). Few segments have one, so it costs a pointer.
    pub sack: Option<Box<SackBlocks>>,
    /// The data; windows into the sender's memory.
    pub payload: Rope,
    /// Why the sender sends these sequence numbers again; none where it does so for the first time. For observers: it
    /// is not on the wire, and no TCP reads it.
    pub retransmission: Option<Repeat>,
}

impl Segment {
    /// Bytes of options in the header, a multiple of four, laid out as Linux does: timestamps and SACK permitted share
    /// twelve bytes; everything else is padded in front with no-operation to a multiple of four.
    #[must_use]
    #[inline]
    pub fn options_len(&self) -> usize {
        let clock = if self.timestamps.is_some() { 12 } else { usize::from(self.sack_permitted) * 4 };
        let sack = self.sack.as_ref().map_or(0, |blocks| 4 + 8 * blocks.len());
        usize::from(self.mss.is_some()) * 4 + clock + usize::from(self.window_scale.is_some()) * 4 + sack
    }

    /// Bytes of TCP on the wire: header, options, payload (RFC 9293 §3.1).
    #[must_use]
    #[inline]
    pub fn wire_len(&self) -> usize {
        HEADER_BYTES + self.options_len() + self.payload.len()
    }

    /// Sequence numbers that the segment takes: its payload, and one each for SYN and FIN (RFC 9293 §3.4).
    #[must_use]
    #[inline]
    pub fn seq_len(&self) -> u32 {
        self.payload.len() as u32 + u32::from(self.flags.syn()) + u32::from(self.flags.fin())
    }

    /// The reset that a port with nobody behind it answers with; nothing answers a reset.
    #[must_use]
    pub fn reset_for(&self) -> Option<Segment> {
        // RFC 9293 §3.10.7.1: a reset is never answered, or two closed ports would answer each other for ever.
        if self.flags.rst() {
            return None;
        }
        // RFC 9293 §3.10.7.1: the reset takes its sequence number from the acknowledgement, so that it is acceptable
        // to the sender; without one it acknowledges the whole segment instead.
        let (seq, ack, flags) = if self.flags.ack() {
            (self.ack, 0, Flags::RST)
        } else {
            (0, self.seq.wrapping_add(self.seq_len()), Flags::RST | Flags::ACK)
        };
        Some(Segment {
            source_port: self.destination_port,
            destination_port: self.source_port,
            seq,
            ack,
            flags,
            ..Segment::default()
        })
    }
}
