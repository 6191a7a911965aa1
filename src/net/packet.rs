//! IP packets as the simulator carries them.

use crate::net::tcp::Segment;
use crate::octets::Chunk;

/// Bytes of an IPv4 header without options (RFC 791 §3.1).
pub const IPV4_HEADER_BYTES: usize = 20;
/// Bytes of a UDP header (RFC 768).
pub const UDP_HEADER_BYTES: usize = 8;

/// A UDP datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// What it carries.
    pub payload: Chunk,
}

/// What an IP packet carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// RFC 9293.
    Tcp(Segment),
    /// RFC 768.
    Udp(Datagram),
}

impl Body {
    /// Bytes on the link, IP header included. Links below IP add nothing.
    #[must_use]
    #[inline]
    pub fn wire_len(&self) -> usize {
        IPV4_HEADER_BYTES
            + match self {
                Body::Tcp(segment) => segment.wire_len(),
                Body::Udp(datagram) => UDP_HEADER_BYTES + datagram.payload.len(),
            }
    }
}
