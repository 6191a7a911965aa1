//! IP packets as the simulator carries them.

use crate::net::tcp::Segment;
use crate::octets::Chunk;

/// Bytes of an IPv4 header without options (RFC 791 §3.1).
pub const IPV4_HEADER_BYTES: usize = 20;
/// Bytes of an IPv6 header (RFC 8200 §3).
pub const IPV6_HEADER_BYTES: usize = 40;
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

impl Default for Body {
    fn default() -> Body {
        Body::Tcp(Segment::default())
    }
}

impl Body {
    /// Bytes behind the IP header.
    #[must_use]
    #[inline]
    pub fn wire_len(&self) -> usize {
        match self {
            Body::Tcp(segment) => segment.wire_len(),
            Body::Udp(datagram) => UDP_HEADER_BYTES + datagram.payload.len(),
        }
    }
}

/// Bytes of the IP header in front of packets to this address.
#[must_use]
#[inline]
pub fn ip_header_bytes(address: std::net::IpAddr) -> usize {
    if address.is_ipv4() { IPV4_HEADER_BYTES } else { IPV6_HEADER_BYTES }
}
