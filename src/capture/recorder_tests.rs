//! Which packets stand in a capture, when, and with what words.

use std::net::IpAddr;

use super::*;
use crate::net::Mark;
use crate::net::packet::Datagram;
use crate::net::tap::Scale;
use crate::net::tcp::Segment;
use crate::octets::Chunk;
use crate::sim::Duration;
use crate::trace::{HostEntry, HostId};

/// Three hosts in a row: pc - core - mx.
fn roster() -> Roster {
    let host = |name: &str, address: &str| HostEntry {
        name: name.into(),
        role: "mta".into(),
        addresses: vec![address.into()],
        notes: Vec::new(),
        implied: false,
    };
    let link = |a, b| LinkEntry { a: HostId(a), b: HostId(b), latency_ns: 1, label: "wifi".into(), implied: false };
    Roster {
        start_unix_secs: 2,
        hosts: vec![host("pc", "192.0.2.1"), host("core", "192.0.2.2"), host("mx", "2001:db8::3")],
        links: vec![link(0, 1), link(1, 2)],
        ..Roster::default()
    }
}

/// From `pc` to `mx`.
fn sighting(number: u64, node: u32, sight: Sight) -> Sighting {
    let body = match number % 2 {
        0 => Body::Udp(Datagram { source_port: 1, destination_port: 53, payload: Chunk::from("query") }),
        _ => Body::Tcp(Segment { retransmission: (number > 2).then_some(Repeat::Timeout), ..Segment::default() }),
    };
    let address = |last| IpAddr::from([192, 0, 2, last]);
    Sighting {
        number,
        node: Node(node),
        sight,
        from: Node(0),
        to: Some(Node(2)),
        hops: u16::from(node > 0),
        source: address(1),
        destination: address(3),
        tag: 0,
        mark: Mark::default(),
        scale: Scale::default(),
        body,
    }
}

/// What is read back of a packet: number, nanoseconds, interface, time to live, comments.
type Read = (u64, u64, u32, u8, Vec<String>);

/// A reader of what the writer writes, and of nothing else.
fn read(capture: &[u8]) -> Vec<Read> {
    let word = |at: usize| u32::from_le_bytes(capture[at..at + 4].try_into().unwrap());
    let short = |at: usize| usize::from(u16::from_le_bytes(capture[at..at + 2].try_into().unwrap()));
    let (mut at, mut found) = (0, Vec::new());
    while at < capture.len() {
        let end = at + word(at + 4) as usize;
        assert_eq!(word(at + 4), word(end - 4), "the length stands before and behind");
        if word(at) == 6 {
            let time = u64::from(word(at + 12)) << 32 | u64::from(word(at + 16));
            let ttl = capture[at + 28 + 8];
            let (mut comments, mut number) = (Vec::new(), 0);
            let mut option = at + 28 + (word(at + 20) as usize).next_multiple_of(4);
            while short(option) != 0 {
                let value = &capture[option + 4..option + 4 + short(option + 2)];
                match short(option) {
                    1 => comments.push(String::from_utf8(value.to_vec()).unwrap()),
                    5 => number = u64::from_le_bytes(value.try_into().unwrap()),
                    _ => {}
                }
                option += 4 + value.len().next_multiple_of(4);
            }
            found.push((number, time, word(at + 8), ttl, comments));
        }
        at = end;
    }
    found
}

/// What a view makes of sights: milliseconds, number, node, sight.
fn seen(view: View, sights: &[(u64, u64, u32, Sight)]) -> Vec<Read> {
    let mut recorder = Recorder::new(Vec::new(), view, &roster()).unwrap();
    for (ms, number, node, sight) in sights {
        recorder.saw(Instant::ZERO + Duration::from_millis(*ms), &sighting(*number, *node, *sight));
    }
    let written = recorder.finish().unwrap();
    let found = read(&written);
    assert_eq!(found.len() as u64, recorder.packets());
    found
}

const RESENT: &str = "retransmission: the timer struck";
const HERE: LaneId = LaneId(0);
const THERE: LaneId = LaneId(2);

/// Packet 1 arrives, after 2, which is lost at once, and before 3, which is lost on its way; 5 is still on its way.
const SIGHTS: &[(u64, u64, u32, Sight)] = &[
    (1, 1, 0, Sight::Sent),
    (1, 1, 0, Sight::Entered(HERE)),
    (2, 2, 0, Sight::Sent),
    (2, 2, 0, Sight::Lost(Loss::BufferFull, Some(HERE))),
    (3, 1, 1, Sight::Forwarded),
    (3, 1, 1, Sight::Entered(THERE)),
    (4, 3, 0, Sight::Sent),
    (4, 3, 0, Sight::Entered(HERE)),
    (5, 1, 2, Sight::Arrived),
    (6, 3, 1, Sight::Forwarded),
    (6, 3, 1, Sight::Entered(THERE)),
    (7, 3, 2, Sight::Lost(Loss::HostDown, Some(THERE))),
    (8, 5, 0, Sight::Sent),
];

fn at(ms: u64) -> u64 {
    2_000_000_000 + ms * 1_000_000
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn everything_is_seen_once_where_it_was_sent() {
    let wanted = [
        (1, at(1), 0, 64, words(&[])),
        (2, at(2), 0, 64, words(&["lost: the buffer of the link pc - core was full"])),
        (3, at(4), 0, 64, words(&[RESENT, "lost: mx was down"])),
        (5, at(8), 0, 64, words(&[RESENT, "still on its way when the run ended"])),
    ];
    assert_eq!(seen(View::All, SIGHTS), wanted);
}

#[test]
fn a_host_sees_what_passes_it_and_knows_no_fates() {
    let resent = || words(&[RESENT]);
    let sender = [(1, at(1), 0, 64, words(&[])), (2, at(2), 0, 64, words(&[])), (3, at(4), 0, 64, resent())];
    assert_eq!(seen(View::Host(Node(0)), SIGHTS)[..3], sender);
    assert_eq!(seen(View::Host(Node(1)), SIGHTS), [(1, at(3), 0, 63, words(&[])), (3, at(6), 0, 63, resent())]);
    assert_eq!(seen(View::Host(Node(2)), SIGHTS), [(1, at(5), 0, 63, words(&[]))]);
}

#[test]
fn a_link_sees_what_is_put_on_it() {
    let first = [
        (1, at(1), 0, 64, words(&[])),
        (2, at(2), 0, 64, words(&["lost: the buffer of the link pc - core was full"])),
        (3, at(4), 0, 64, words(&[RESENT])),
    ];
    assert_eq!(seen(View::Links(vec![LinkId(0)]), SIGHTS), first);
    // Both links are two interfaces, and each sees it.
    let second = (3, at(6), 1, 63, words(&[RESENT, "lost: mx was down"]));
    let both = seen(View::Links(vec![LinkId(0), LinkId(1)]), SIGHTS);
    assert_eq!(both.len(), 5);
    assert_eq!(both.last(), Some(&second));
}

#[test]
fn what_a_host_says_to_itself_is_seen_once() {
    for view in [View::All, View::Host(Node(0))] {
        let mut recorder = Recorder::new(Vec::new(), view, &roster()).unwrap();
        for sight in [Sight::Sent, Sight::Arrived] {
            let seen = Sighting { to: Some(Node(0)), ..sighting(1, 0, sight) };
            recorder.saw(Instant::ZERO, &seen);
        }
        assert_eq!(read(&recorder.finish().unwrap()).len(), 1);
    }
}

/// A disk that is full.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| io::Error::other("full"))?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_could_not_be_written_is_said_at_the_end() {
    let mut recorder = Recorder::new(Full(600), View::Host(Node(0)), &roster()).unwrap();
    for number in 1..100 {
        recorder.saw(Instant::ZERO, &sighting(number, 0, Sight::Sent));
    }
    assert!(recorder.packets() < 10, "nothing is kept for nobody");
    assert_eq!(recorder.finish().err().unwrap().to_string(), "full");
    assert!(recorder.finish().is_err());
}
