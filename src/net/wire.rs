//! The real octets of a packet: IPv4 (RFC 791) or IPv6 (RFC 8200), TCP (RFC 9293) or UDP (RFC 768), checksums and all.
//!
//! Only writing: the simulated hosts hand structs to each other, and nothing in the simulator reads these octets. They
//! are what a capture holds. What observers know of a packet, such as that it is a retransmission, is not among them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::{Body, Datagram, IPV4_HEADER_BYTES, UDP_HEADER_BYTES};
use super::tcp::Segment;

/// The hop limit (IPv4: time to live) that hosts send with (IANA's registry of IP parameters recommends 64).
pub const HOP_LIMIT: u8 = 64;

/// Protocol numbers of IP (RFC 9293 §3.1, RFC 768).
const TCP: u8 = 6;
const UDP: u8 = 17;

/// What an IP header says besides lengths and protocol.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Where the packet comes from.
    pub source: IpAddr,
    /// Where it is for.
    pub destination: IpAddr,
    /// Sixteen bits to tell packets of IPv4 apart. IPv6 has no such field.
    pub identification: u16,
    /// How many more hosts may pass it on.
    pub hop_limit: u8,
}

/// Appends the octets of a packet to `out`. Two addresses of different families go as IPv6, the one of IPv4 mapped
/// (RFC 4291 §2.5.5.2).
pub fn encode(header: &Header, body: &Body, out: &mut Vec<u8>) {
    let (protocol, len) = match body {
        Body::Tcp(segment) => (TCP, segment.wire_len()),
        Body::Udp(datagram) => (UDP, UDP_HEADER_BYTES + datagram.payload.len()),
    };
    let mut pseudo = Sum::default();
    match (header.source, header.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            ipv4(source, destination, header, protocol, len, out);
            pseudo.add(&source.octets());
            pseudo.add(&destination.octets());
        }
        (source, destination) => {
            let (source, destination) = (mapped(source), mapped(destination));
            ipv6(source, destination, header, protocol, len, out);
            pseudo.add(&source.octets());
            pseudo.add(&destination.octets());
        }
    }
    // RFC 9293 §3.1, RFC 8200 §8.1: addresses, protocol and length are summed with the segment, so that one that strayed
    // is not taken for somebody else's.
    pseudo.add(&[0, protocol]);
    pseudo.add(&(len as u32).to_be_bytes());
    let start = out.len();
    match body {
        Body::Tcp(segment) => tcp(segment, out),
        Body::Udp(datagram) => udp(datagram, out),
    }
    debug_assert_eq!(out.len() - start, len, "the length of the packet is the length that the links have seen");
    pseudo.add(&out[start..]);
    let (place, sum) = match body {
        Body::Tcp(_) => (start + 16, pseudo.checksum()),
        // RFC 768: a sum of zero is sent as all ones, because zero says that there is none.
        Body::Udp(_) => (start + 6, if pseudo.checksum() == 0 { 0xffff } else { pseudo.checksum() }),
    };
    out[place..place + 2].copy_from_slice(&sum.to_be_bytes());
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, header: &Header, protocol: u8, len: usize, out: &mut Vec<u8>) {
    debug_assert!(IPV4_HEADER_BYTES + len <= usize::from(u16::MAX), "no IP packet is that long");
    let start = out.len();
    // Version 4, five words of header; no differentiated service.
    out.extend_from_slice(&[0x45, 0]);
    out.extend_from_slice(&((IPV4_HEADER_BYTES + len) as u16).to_be_bytes());
    out.extend_from_slice(&header.identification.to_be_bytes());
    // RFC 1191 §3: path MTU discovery is taken as done, and its packets are not to be cut into fragments.
    out.extend_from_slice(&[0x40, 0]);
    out.extend_from_slice(&[header.hop_limit, protocol, 0, 0]);
    out.extend_from_slice(&source.octets());
    out.extend_from_slice(&destination.octets());
    let mut sum = Sum::default();
    sum.add(&out[start..]);
    out[start + 10..start + 12].copy_from_slice(&sum.checksum().to_be_bytes());
}

fn ipv6(source: Ipv6Addr, destination: Ipv6Addr, header: &Header, protocol: u8, len: usize, out: &mut Vec<u8>) {
    debug_assert!(len <= usize::from(u16::MAX), "no packet is that long");
    // Version 6; no traffic class and no flow label.
    out.extend_from_slice(&[0x60, 0, 0, 0]);
    out.extend_from_slice(&(len as u16).to_be_bytes());
    out.extend_from_slice(&[protocol, header.hop_limit]);
    out.extend_from_slice(&source.octets());
    out.extend_from_slice(&destination.octets());
}

fn udp(datagram: &Datagram, out: &mut Vec<u8>) {
    out.extend_from_slice(&datagram.source_port.to_be_bytes());
    out.extend_from_slice(&datagram.destination_port.to_be_bytes());
    out.extend_from_slice(&((UDP_HEADER_BYTES + datagram.payload.len()) as u16).to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&datagram.payload);
}

fn tcp(segment: &Segment, out: &mut Vec<u8>) {
    let words = (super::tcp::HEADER_BYTES + segment.options_len()) / 4;
    debug_assert!(words <= 15, "RFC 9293 §3.1: options take forty bytes at most");
    out.extend_from_slice(&segment.source_port.to_be_bytes());
    out.extend_from_slice(&segment.destination_port.to_be_bytes());
    out.extend_from_slice(&segment.seq.to_be_bytes());
    out.extend_from_slice(&segment.ack.to_be_bytes());
    out.extend_from_slice(&[(words as u8) << 4, segment.flags.bits()]);
    out.extend_from_slice(&segment.window.to_be_bytes());
    // Checksum, filled in later, and the urgent pointer.
    out.extend_from_slice(&[0; 4]);
    options(segment, out);
    for chunk in segment.payload.chunks() {
        out.extend_from_slice(chunk);
    }
}

/// Options in the order and with the padding of Linux, as [`Segment::options_len`] counts them.
fn options(segment: &Segment, out: &mut Vec<u8>) {
    const NOP: u8 = 1;
    const MSS: u8 = 2;
    const WINDOW_SCALE: u8 = 3;
    const SACK_PERMITTED: u8 = 4;
    const SACK: u8 = 5;
    const TIMESTAMPS: u8 = 8;
    if let Some(mss) = segment.mss {
        out.extend_from_slice(&[MSS, 4]);
        out.extend_from_slice(&mss.to_be_bytes());
    }
    if segment.sack_permitted {
        out.extend_from_slice(&[SACK_PERMITTED, 2]);
    }
    match segment.timestamps {
        Some(clock) => {
            if !segment.sack_permitted {
                out.extend_from_slice(&[NOP, NOP]);
            }
            out.extend_from_slice(&[TIMESTAMPS, 10]);
            out.extend_from_slice(&clock.value.to_be_bytes());
            out.extend_from_slice(&clock.echo.to_be_bytes());
        }
        None if segment.sack_permitted => out.extend_from_slice(&[NOP, NOP]),
        None => {}
    }
    if let Some(shift) = segment.window_scale {
        out.extend_from_slice(&[NOP, WINDOW_SCALE, 3, shift]);
    }
    if let Some(blocks) = &segment.sack {
        out.extend_from_slice(&[NOP, NOP, SACK, 2 + 8 * blocks.len() as u8]);
        for (first, behind) in blocks.iter() {
            out.extend_from_slice(&first.to_be_bytes());
            out.extend_from_slice(&behind.to_be_bytes());
        }
    }
}

/// The sum of the Internet checksum (RFC 1071): words of sixteen bits in ones' complement.
#[derive(Clone, Copy, Default)]
struct Sum(u64);

impl Sum {
    /// Adds bytes; they begin on a word, and an odd end is filled up with zero.
    fn add(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<2>();
        self.0 += words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum::<u64>();
        if let [last] = rest {
            self.0 += u64::from(*last) << 8;
        }
    }

    fn checksum(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !(sum as u16)
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
