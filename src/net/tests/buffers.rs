//! The send buffer: how much it takes, and who is told when it takes more.

use super::harness::*;
use crate::net::lane::LaneSpec;
use crate::net::{Mark, Output};
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};

fn slow() -> LaneSpec {
    LaneSpec { bandwidth_bps: Some(1_000_000), latency: Duration::from_millis(10), ..LaneSpec::default() }
}

#[test]
fn a_large_mail_goes_out_in_pieces_that_fit() {
    let mut net = Net::new(slow());
    let client = net.dial("192.0.2.2", 25);
    let content: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
    let mut rest = Chunk::copy_from(&content);
    let mut most = 0;
    let mut rounds = 0;
    while !rest.is_empty() {
        let room = net.network.room(client);
        assert!(room > 0, "there is room when it is told");
        let piece = rest.split_to(room.min(rest.len()));
        net.network.send(net.now, client, piece, Mark(5));
        most = most.max(room);
        net.network.want_room(client);
        let before = net.told.len();
        rounds += 1;
        while !net.told[before..].iter().any(|(_, o)| matches!(o, Output::Room(_))) && rounds < 10_000 {
            net.run(Duration::from_millis(50));
        }
    }
    net.run(secs(20));
    let server = net.accepted[0];
    let came: Vec<u8> = net.bytes.iter().filter(|(of, ..)| *of == server).flat_map(|(_, b, _)| b.clone()).collect();
    assert!(came == content, "every byte, once and in order");
    assert!((3..1000).contains(&rounds), "the sender is woken for more than crumbs: {rounds} times");
    assert!(most < 1_000_000, "the buffer has bounds: {most}");
}

#[test]
fn the_buffer_is_16_kib_before_the_connection_is_there_and_grows_with_the_window() {
    let mut net = Net::new(LaneSpec { latency: Duration::from_millis(100), ..LaneSpec::default() });
    let socket = net.network.reserve();
    let dial = crate::net::Dial { from: None, to: ip("192.0.2.2"), port: 25, tag: 1, mark: Mark::NONE };
    net.network.connect(net.now, CLIENT, socket, dial);
    assert_eq!(net.network.room(socket), 16 << 10);
    net.run(secs(1));
    // Linux: 2 * 10 segments * 4352 bytes, the 87,040 that `ss -m` shows.
    assert_eq!(net.network.room(socket), 87_040);
    net.network.send(net.now, socket, Chunk::copy_from(&[b'x'; 80_000]), Mark::NONE);
    assert_eq!(net.network.room(socket), 7_040);
    net.run(secs(10));
    let room = net.network.room(socket);
    assert!(room > 200_000 && room <= 4 << 20, "{room}");
}

#[test]
fn what_has_left_is_told_as_it_leaves() {
    let mut net = Net::new(slow());
    let client = net.dial("192.0.2.2", 25);
    net.network.watch(client);
    let before = net.now;
    net.send(client, &"x".repeat(60_000), 0);
    assert_eq!(net.network.queued(client), 60_000);
    net.run(secs(10));
    let left: Vec<(Instant, u64)> =
        net.told.iter().filter_map(|(at, o)| if let Output::Left(_, n) = o { Some((*at, *n)) } else { None }).collect();
    assert!(left.is_sorted() && left.last().map(|l| l.1) == Some(60_000), "{left:?}");
    // The first ten segments leave at once, the rest waits for acknowledgements.
    let at_once = left.iter().filter(|(at, _)| *at == before).map(|(_, n)| *n).max().unwrap();
    assert!((13_000..=14_600).contains(&at_once), "{at_once}");
    assert!(left.last().unwrap().0 > before + Duration::from_millis(20));
}

#[test]
fn a_reader_that_pauses_closes_the_window() {
    let mut net = Net::new(LaneSpec::default());
    let client = net.dial("192.0.2.2", 25);
    let server = net.accepted[0];
    net.network.pause(server, true);
    for _ in 0..300 {
        net.network.send(net.now, client, Chunk::copy_from(&[b'y'; 100_000]), Mark::NONE);
        net.run(Duration::from_millis(100));
    }
    assert_eq!(net.text(server).len(), 0);
    assert!(net.network.room(client) == 0, "30 MB do not fit into any buffer");
    net.network.pause(server, false);
    net.run(secs(300));
    assert_eq!(net.text(server).len(), 30_000_000);
}

#[test]
fn bytes_arrive_with_their_marks_however_many_are_lost() {
    let spec = LaneSpec { loss_ppm: 100_000, latency: Duration::from_millis(10), ..LaneSpec::default() };
    let mut net = Net::new(spec);
    let client = net.dial("192.0.2.2", 25);
    net.run(secs(30));
    for mark in 1..=40_u64 {
        net.send(client, &format!("{mark:>5000}"), mark);
    }
    net.run(secs(600));
    let server = net.accepted[0];
    let runs: Vec<_> = net.bytes.iter().filter(|(of, ..)| *of == server).collect();
    assert_eq!(runs.len(), 40, "one run of bytes for each mark");
    for (place, (_, bytes, mark)) in runs.iter().enumerate() {
        assert_eq!((*mark, String::from_utf8_lossy(bytes).trim()), (Mark(place as u64 + 1), &*(place + 1).to_string()));
    }
}

#[test]
fn what_comes_when_nobody_reads_any_more_is_reset() {
    let mut net = Net::new(LaneSpec::default());
    let client = net.dial("192.0.2.2", 25);
    let server = net.accepted[0];
    net.close(client);
    net.run(secs(1));
    net.send(server, "too late", 0);
    net.run(secs(1));
    assert_eq!(net.words(server), ["accepted", "peer closed", "Reset"]);
    assert_eq!(net.text(client), "");
}
