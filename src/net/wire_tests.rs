//! What is written is read back by somebody else's reader, and its checksums are right.

use etherparse::{NetHeaders, PacketHeaders, TcpOptionElement, TransportHeader};
use proptest::prelude::*;
use smallvec::SmallVec;

use super::*;
use crate::net::tcp::{Flags, Timestamps};
use crate::octets::{Chunk, Rope};

const V4: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)), IpAddr::V4(Ipv4Addr::new(203, 0, 113, 255))];
const V6: [IpAddr; 2] = [
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0xffff, 1, 2, 3, 4)),
];

fn header([source, destination]: [IpAddr; 2]) -> Header {
    Header { source, destination, identification: 0xbeef, hop_limit: 61 }
}

fn octets(ends: [IpAddr; 2], body: &Body) -> Vec<u8> {
    let mut out = vec![0xaa; 3];
    encode(&header(ends), body, &mut out);
    assert_eq!(out[..3], [0xaa; 3], "what was there stays");
    out.split_off(3)
}

/// Reads a packet with another reader, which checks the lengths, and checks all sums.
fn read(packet: &[u8]) -> PacketHeaders<'_> {
    let read = PacketHeaders::from_ip_slice(packet).expect("a packet");
    match read.net.as_ref().expect("IP") {
        NetHeaders::Ipv4(ip, _) => {
            assert_eq!(ip.header_checksum, ip.calc_header_checksum());
            assert!(ip.dont_fragment && ip.identification == 0xbeef && ip.time_to_live == 61);
            assert_eq!(usize::from(ip.total_len), packet.len());
            match read.transport.as_ref().expect("a transport") {
                TransportHeader::Tcp(tcp) => {
                    assert_eq!(Ok(tcp.checksum), tcp.calc_checksum_ipv4(ip, read.payload.slice()));
                }
                TransportHeader::Udp(udp) => {
                    assert_eq!(Ok(udp.checksum), udp.calc_checksum_ipv4(ip, read.payload.slice()));
                }
                other => panic!("{other:?}"),
            }
        }
        NetHeaders::Ipv6(ip, _) => {
            assert_eq!((ip.hop_limit, usize::from(ip.payload_length)), (61, packet.len() - 40));
            match read.transport.as_ref().expect("a transport") {
                TransportHeader::Tcp(tcp) => {
                    assert_eq!(Ok(tcp.checksum), tcp.calc_checksum_ipv6(ip, read.payload.slice()));
                }
                TransportHeader::Udp(udp) => {
                    assert_eq!(Ok(udp.checksum), udp.calc_checksum_ipv6(ip, read.payload.slice()));
                }
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    }
    read
}

/// What the reader makes of the options of a segment.
fn options_of(packet: &[u8]) -> Vec<TcpOptionElement> {
    let Some(TransportHeader::Tcp(tcp)) = read(packet).transport else { panic!("TCP") };
    tcp.options_iterator().map(|option| option.expect("an option")).collect()
}

#[test]
fn the_layout_of_a_syn_is_that_of_linux() {
    let syn = Segment {
        source_port: 49_152,
        destination_port: 25,
        seq: 0x0102_0304,
        flags: Flags::SYN,
        window: 64_240,
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some(Timestamps { value: 1000, echo: 0 }),
        ..Segment::default()
    };
    let packet = octets(V4, &Body::Tcp(syn));
    // What `tcpdump -x` shows of a SYN of Linux: mss 1460, sackOK, TS, nop, wscale 7.
    let options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 3, 0xe8, 0, 0, 0, 0, 1, 3, 3, 7];
    assert_eq!(packet[40..], options);
    assert_eq!(packet[..12], [0x45, 0, 0, 60, 0xbe, 0xef, 0x40, 0, 61, 6, packet[10], packet[11]]);
    assert_eq!(packet[20..36], [0xc0, 0, 0, 25, 1, 2, 3, 4, 0, 0, 0, 0, 0xa0, 2, 0xfa, 0xf0]);
}

#[test]
fn options_without_timestamps_are_padded_in_front() {
    let blocks = SmallVec::from_slice(&[(10, 20), (30, 40)]);
    let segment = Segment { sack_permitted: true, sack: Some(Box::new(blocks)), ..Segment::default() };
    let packet = octets(V6, &Body::Tcp(segment));
    let options = [4, 2, 1, 1, 1, 1, 5, 18, 0, 0, 0, 10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 40];
    assert_eq!(packet[60..], options);
}

#[test]
fn the_checksum_of_rfc_1071() {
    // RFC 1071 §3: the example of a sum in several byte orders.
    let mut sum = Sum::default();
    sum.add(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
    assert_eq!(sum.checksum(), !0xddf2);
}

#[test]
fn a_datagram_whose_sum_is_zero_says_all_ones() {
    let at = |payload: u16| {
        let payload = Chunk::copy_from(&payload.to_be_bytes());
        let packet = octets(V4, &Body::Udp(Datagram { source_port: 53, destination_port: 49_152, payload }));
        read(&packet);
        u16::from_be_bytes([packet[26], packet[27]])
    };
    // The payload that the sum lacks is the sum over a payload of zero.
    let lacking = at(0);
    assert_ne!(lacking, 0xffff);
    assert_eq!(at(lacking), 0xffff);
}

#[test]
fn addresses_of_two_families_go_as_ipv6() {
    let segment = Segment { payload: Rope::from(Chunk::from("EHLO a\r\n")), ..Segment::default() };
    let packet = octets([V4[0], V6[1]], &Body::Tcp(segment));
    let Some(NetHeaders::Ipv6(ip, _)) = read(&packet).net else { panic!("IPv6") };
    assert_eq!(ip.source[10..], [0xff, 0xff, 198, 51, 100, 7]);
}

fn ropes() -> impl Strategy<Value = Rope> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..4).prop_map(|parts| {
        let mut rope = Rope::new();
        for part in parts {
            rope.push(Chunk::copy_from(&part));
        }
        rope
    })
}

fn segments() -> impl Strategy<Value = Segment> {
    let fixed = (any::<(u16, u16, u32, u32, u16)>(), 0_u8..32);
    let syn = (prop::option::of(any::<u16>()), prop::option::of(0_u8..15), any::<bool>());
    let late = (prop::option::of(any::<(u32, u32)>()), prop::collection::vec(any::<(u32, u32)>(), 0..4));
    (fixed, syn, late, any::<bool>(), ropes()).prop_map(
        |(((from, to, seq, ack, window), flags), (mss, scale, sack_permitted), (clock, blocks), is_syn, payload)| {
            Segment {
                source_port: from,
                destination_port: to,
                seq,
                ack,
                flags: Flags::from_bits(flags),
                window,
                mss: mss.filter(|_| is_syn),
                window_scale: scale.filter(|_| is_syn),
                sack_permitted: sack_permitted && is_syn,
                timestamps: clock.map(|(value, echo)| Timestamps { value, echo }),
                sack: (!is_syn && !blocks.is_empty()).then(|| Box::new(SmallVec::from_slice(&blocks))),
                payload,
                retransmission: None,
            }
        },
    )
}

proptest! {
    #[test]
    fn segments_are_read_back(segment in segments(), six in any::<bool>()) {
        let packet = octets(if six { V6 } else { V4 }, &Body::Tcp(segment.clone()));
        let read = read(&packet);
        let Some(TransportHeader::Tcp(tcp)) = read.transport else { panic!("TCP") };
        prop_assert_eq!((tcp.source_port, tcp.destination_port), (segment.source_port, segment.destination_port));
        prop_assert_eq!((tcp.sequence_number, tcp.acknowledgment_number), (segment.seq, segment.ack));
        prop_assert_eq!((tcp.window_size, tcp.urgent_pointer), (segment.window, 0));
        let bits = [tcp.fin, tcp.syn, tcp.rst, tcp.psh, tcp.ack];
        let flags = bits.iter().enumerate().fold(0, |all, (place, bit)| all | u8::from(*bit) << place);
        prop_assert_eq!(flags, segment.flags.bits());
        prop_assert!(!tcp.urg && !tcp.ece && !tcp.cwr && !tcp.ns);
        prop_assert_eq!(read.payload.slice(), &segment.payload.to_vec()[..]);
        let mut wanted = Vec::new();
        wanted.extend(segment.mss.map(TcpOptionElement::MaximumSegmentSize));
        if segment.sack_permitted {
            wanted.push(TcpOptionElement::SelectiveAcknowledgementPermitted);
        }
        wanted.extend(segment.timestamps.map(|t| TcpOptionElement::Timestamp(t.value, t.echo)));
        wanted.extend(segment.window_scale.map(TcpOptionElement::WindowScale));
        if let Some(blocks) = &segment.sack {
            let mut more = [None; 3];
            for (place, block) in more.iter_mut().zip(&blocks[1..]) {
                *place = Some(*block);
            }
            wanted.push(TcpOptionElement::SelectiveAcknowledgement(blocks[0], more));
        }
        let mut found = options_of(&packet);
        found.retain(|option| *option != TcpOptionElement::Noop);
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn datagrams_are_read_back(payload in prop::collection::vec(any::<u8>(), 0..600), ports in any::<(u16, u16)>(), six in any::<bool>()) {
        let (source_port, destination_port) = ports;
        let body = Body::Udp(Datagram { source_port, destination_port, payload: Chunk::copy_from(&payload) });
        let packet = octets(if six { V6 } else { V4 }, &body);
        let read = read(&packet);
        let Some(TransportHeader::Udp(udp)) = read.transport else { panic!("UDP") };
        prop_assert_eq!((udp.source_port, udp.destination_port), ports);
        prop_assert_eq!(usize::from(udp.length), 8 + payload.len());
        prop_assert_eq!(read.payload.slice(), &payload[..]);
    }
}
