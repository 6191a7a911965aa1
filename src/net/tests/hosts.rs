//! Addresses, ports, and hosts that are not there.

use super::harness::*;
use crate::net::lane::LaneSpec;
use crate::net::packet::Body;
use crate::net::tap::{Loss, Sight};
use crate::net::tcp::Flags;
use crate::net::{Dial, Mark, Output, Trouble, tcp};
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};

#[test]
fn a_dialogue_from_the_first_syn_to_the_last_fin() {
    let mut net = Net::new(LaneSpec::default());
    net.greeting = Some("220 hello\r\n");
    let client = net.dial("192.0.2.2", 25);
    let server = net.accepted[0];
    assert_eq!(net.text(client), "220 hello\r\n");
    net.send(client, "EHLO x\r\n", 9);
    net.run(secs(1));
    assert_eq!(
        net.bytes.last().map(|(of, bytes, mark)| (*of, &bytes[..], *mark)),
        Some((server, &b"EHLO x\r\n"[..], Mark(9)))
    );
    net.close(server);
    net.run(secs(1));
    net.close(client);
    net.run(secs(1));
    assert_eq!(net.words(client), ["connected", "peer closed", "closed"]);
    assert_eq!(net.words(server), ["accepted", "peer closed", "closed"]);
}

#[test]
fn a_reply_comes_from_the_address_that_was_asked() {
    for asked in ["192.0.2.22", "2001:db8::22", "2001:db8::2"] {
        let mut net = Net::new(LaneSpec::default());
        net.greeting = Some("hello");
        let client = net.dial(asked, 25);
        assert_eq!(net.text(client), "hello", "{asked}");
        let from_server = net.seen.iter().filter(|(_, s)| s.from == SERVER && s.sight == Sight::Sent);
        let sources: Vec<_> = from_server.map(|(_, s)| s.source).collect();
        assert!(sources.len() >= 2 && sources.iter().all(|source| *source == ip(asked)), "{asked}: {sources:?}");
        let own = if ip(asked).is_ipv4() { "192.0.2.1" } else { "2001:db8::1" };
        assert!(net.seen.iter().filter(|(_, s)| s.from == CLIENT).all(|(_, s)| s.source == ip(own)), "{asked}");
    }
    let mut net = Net::new(LaneSpec::default());
    let asked = Some(ip("192.0.2.22"));
    net.network.send_datagram(net.now, SERVER, (asked, 53), (ip("192.0.2.1"), 5353), Chunk::from("answer"), 7);
    net.run(secs(1));
    let Some((_, Output::Datagram(host, datagram))) = net.told.last() else { panic!("{:?}", net.told) };
    assert_eq!((*host, datagram.from, datagram.from_port, datagram.port), (CLIENT, ip("192.0.2.22"), 53, 5353));
    assert_eq!(datagram.tag, 7);
    // An address that is another's is not sent from.
    net.network.send_datagram(net.now, SERVER, (Some(ip("192.0.2.1")), 53), (ip("192.0.2.1"), 1), Chunk::EMPTY, 0);
    net.run(secs(1));
    assert!(matches!(net.told.last(), Some((_, Output::Datagram(_, d))) if d.from == ip("192.0.2.2")));
}

#[test]
fn an_ipv6_header_is_twenty_octets_longer_and_leaves_less_for_the_segment() {
    let largest = |address: &str| {
        let mut net = Net::new(LaneSpec::default());
        let client = net.dial(address, 25);
        net.send(client, &"x".repeat(5000), 0);
        net.run(secs(1));
        let payload = net.seen.iter().filter_map(|(_, s)| match &s.body {
            Body::Tcp(segment) => Some(segment.payload.len() + segment.options_len()),
            Body::Udp(_) => None,
        });
        payload.max().unwrap()
    };
    assert_eq!((largest("192.0.2.2"), largest("2001:db8::2")), (1460, 1440));
}

#[test]
fn an_address_that_nobody_has_swallows() {
    let mut net = Net::new(LaneSpec::default());
    let client = net.dial("198.51.100.7", 25);
    net.run(secs(600));
    assert_eq!(net.words(client), ["TimedOut"]);
    let (at, _) = net.told.last().unwrap();
    assert!(*at > Instant::ZERO + secs(60), "not at once: {at:?}");
    let sent = net.seen.iter().filter(|(_, s)| s.sight == Sight::Sent).count();
    let lost = net.seen.iter().filter(|(_, s)| s.sight == Sight::Lost(Loss::NoRoute, None)).count();
    assert!(sent > 3 && lost == sent, "{sent} SYNs are seen, {lost} of them are lost");
}

#[test]
fn whoever_is_bound_to_some_addresses_refuses_at_the_others() {
    let mut net = Net::new(LaneSpec::default());
    net.network.bind(SERVER, [ip("192.0.2.22"), ip("2001:db8::2")]);
    let words = ["192.0.2.2", "192.0.2.22", "2001:db8::2", "2001:db8::22"].map(|to| {
        let client = net.dial(to, 25);
        // A place that was refused is given out again.
        net.words(client).last().map(|word| word.to_string())
    });
    assert_eq!(words.map(Option::unwrap), ["Refused", "connected", "connected", "Refused"]);
    net.network.bind(SERVER, []);
    let client = net.dial("192.0.2.2", 25);
    assert_eq!(net.words(client).last().map(|word| word.to_string()).as_deref(), Some("connected"));
}

#[test]
fn a_closed_port_answers_with_the_reset_of_the_rfc() {
    let mut net = Net::new(LaneSpec::default());
    let client = net.dial("192.0.2.2", 26);
    assert_eq!(net.words(client), ["Refused"]);
    let reset =
        net.seen.iter().find(|(_, s)| s.from == SERVER && s.sight == Sight::Sent).map(|(_, s)| s.clone()).unwrap();
    let Body::Tcp(segment) = &reset.body else { panic!("a segment") };
    // RFC 9293 §3.10.7.1: sequence 0, and the SYN is acknowledged.
    assert_eq!((segment.flags, segment.seq), (Flags::RST | Flags::ACK, 0));
    assert_eq!(segment.seq.wrapping_sub(reset.scale.sequence), 0, "as captures count it");
    assert_eq!(segment.ack.wrapping_sub(reset.scale.acknowledgement), 1, "as captures count it");
    assert_eq!(reset.tag, 7, "it belongs to the connection that it refuses");
}

#[test]
fn ports_run_out_and_come_back() {
    let mut net = Net::new(LaneSpec::default());
    let dial = Dial { from: None, to: ip("192.0.2.2"), port: 25, tag: 1, mark: Mark::NONE };
    let sockets: Vec<_> = (0..=16_384)
        .map(|_| {
            let socket = net.network.reserve();
            net.network.connect(net.now, CLIENT, socket, dial);
            socket
        })
        .collect();
    net.run(Duration::from_millis(100));
    let failed: Vec<_> = net.told.iter().filter(|(_, o)| matches!(o, Output::Failed(..))).collect();
    assert_eq!(failed.len(), 1, "16,384 ports lead to one service");
    let trouble = Trouble::NoPort { from: ip("192.0.2.1"), open: 16_384, time_wait: 0 };
    assert!(matches!(failed[0].1, Output::Failed(socket, why) if socket == sockets[16_384] && why == trouble));
    // Another of the server's addresses has ports of its own.
    let other = net.network.reserve();
    net.network.connect(net.now, CLIENT, other, Dial { to: ip("192.0.2.22"), ..dial });
    net.run(Duration::from_millis(100));
    assert_eq!(net.words(other), ["connected"]);
    net.network.abort(net.now, sockets[5]);
    net.run(Duration::from_millis(100));
    let again = net.network.reserve();
    net.network.connect(net.now, CLIENT, again, dial);
    net.run(Duration::from_millis(100));
    assert_eq!(net.words(again).last_chunk::<1>().unwrap().to_vec(), ["connected"]);
}

#[test]
fn a_crash_forgets_connections_that_are_still_being_set_up() {
    let mut net = Net::new(LaneSpec { latency: Duration::from_millis(50), ..LaneSpec::default() });
    let socket = net.network.reserve();
    let dial = Dial { from: None, to: ip("192.0.2.2"), port: 25, tag: 1, mark: Mark::NONE };
    net.network.connect(net.now, CLIENT, socket, dial);
    // The SYN has arrived, and the SYN ACK is under way.
    net.run(Duration::from_millis(70));
    net.network.crash(SERVER);
    net.network.restart(SERVER);
    net.run(secs(1));
    // The client's acknowledgement reaches a host that knows of nothing, and is answered with a reset.
    assert_eq!(net.words(socket), ["connected", "Reset"]);
    assert!(net.accepted.is_empty());
}

#[test]
fn initial_sequence_numbers_differ_between_ends_and_grow_between_the_same_ends() {
    let mut first = Vec::new();
    for _ in 0..2 {
        let mut net =
            Net::with(LaneSpec::default(), tcp::Config { time_wait: Duration::ZERO, ..tcp::Config::default() });
        for port in [25, 25, 26] {
            net.dial("192.0.2.2", port);
        }
        let syns = net.seen.iter().filter_map(|(_, s)| match &s.body {
            Body::Tcp(segment) if segment.flags.syn() && s.sight == Sight::Sent => Some((s.from, segment.seq)),
            _ => None,
        });
        let syns: Vec<_> = syns.collect();
        let mut numbers: Vec<_> = syns.iter().map(|s| s.1).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), syns.len(), "all differ: {syns:?}");
        first.push(syns);
    }
    assert_eq!(first[0], first[1], "and are the same in every run");
}
