//! TCP: a megabyte from one connection to another, handshake and close included, with no network between them. No byte
//! is read or copied: what takes time are the segments and their acknowledgements.

use criterion::{Criterion, Throughput};
use postroad::net::tcp::{Config, Connection, Event};
use postroad::octets::Chunk;
use postroad::sim::{Duration, Instant};

const BYTES: usize = 1_000_000;
/// Time that passes whenever both sides have said all they had to say.
const STEP: Duration = Duration::from_millis(1);

/// Takes what happened at one side: bytes, and whether it is over. Sends `content` as soon as it can.
fn take_events(side: &mut Connection, now: Instant, content: Option<&Chunk>) -> (usize, bool) {
    let (mut bytes, mut over) = (0, false);
    while let Some(event) = side.poll_event() {
        match event {
            Event::Data(chunk) => bytes += chunk.len(),
            Event::PeerClosed => side.close(now),
            Event::Connected => {
                if let Some(content) = content {
                    side.send(now, content.clone());
                    side.close(now);
                }
            }
            Event::Closed | Event::Reset | Event::Refused | Event::TimedOut => over = true,
        }
    }
    (bytes, over)
}

/// The bytes that arrived, and the segments of both sides, until all was closed.
fn transfer(config: &Config, content: &Chunk) -> (usize, u64) {
    let mut now = Instant::ZERO;
    let mut client = Connection::connect(config, 40_000, 25, 1);
    let syn = client.poll_transmit(now).expect("a SYN");
    let mut server = Connection::accept(now, config, &syn, 2);
    let (mut received, mut segments) = (0, 1);
    let (mut client_over, mut server_over) = (false, false);
    while !(client_over && server_over) {
        let mut quiet = true;
        let mut cross = |from: &mut Connection, to: &mut Connection| {
            while let Some(mut segment) = from.poll_transmit(now) {
                quiet = false;
                segments += 1;
                to.handle_segment(now, &mut segment);
            }
        };
        cross(&mut server, &mut client);
        cross(&mut client, &mut server);
        let (bytes, over) = take_events(&mut server, now, None);
        received += bytes;
        server_over |= over;
        client_over |= take_events(&mut client, now, Some(content)).1;
        if quiet {
            let due = [&client, &server].into_iter().filter_map(|side| side.poll_timeout()).min();
            now = due.map_or(now + STEP, |due| due.max(now + STEP));
            client.handle_timeout(now);
            server.handle_timeout(now);
        }
    }
    (received, segments)
}

pub(super) fn benches(c: &mut Criterion) {
    let config = Config::default();
    let content = Chunk::from("x".repeat(BYTES));
    assert_eq!(transfer(&config, &content).0, BYTES, "everything arrives");
    let mut group = c.benchmark_group("tcp");
    group.throughput(Throughput::Bytes(BYTES as u64));
    group.bench_function("transfer-1MB", |b| b.iter(|| transfer(&config, &content)));
    group.finish();
}
