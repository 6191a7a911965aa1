//! The times of real Linux, Reno, over a real delay line.

use std::cell::Cell;
use std::rc::Rc;

use super::harness::*;
use crate::net::tcp::Event;
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};

/// A dialogue of banner, HELO, MAIL, RCPT, DATA, content, QUIT without pipelining; returns the time from the SYN until
/// the answer to QUIT is there, and the segments of both sides.
fn dialogue(delay: Duration, content: usize) -> (Duration, usize) {
    let mut net = Net::new(1, Path::clean(delay));
    let start = net.now;
    let end = Rc::new(Cell::new(Instant::ZERO));
    // The client speaks once for each answer of the server.
    let mut lines: Vec<Vec<u8>> = vec![
        b"QUIT\r\n".to_vec(),
        pattern(content, 3),
        b"DATA\r\n".to_vec(),
        b"RCPT TO:<bob@example.org>\r\n".to_vec(),
        b"MAIL FROM:<alice@example.net>\r\n".to_vec(),
        b"HELO client.example.net\r\n".to_vec(),
    ];
    let sizes: Vec<usize> = lines.iter().rev().map(Vec::len).collect();
    let finished = Rc::clone(&end);
    net.apps[CLIENT] = Box::new(move |now, connection, event| {
        if let Event::Data(_) = event {
            match lines.pop() {
                Some(line) => connection.send(now, Chunk::from(line)),
                None => {
                    finished.set(now);
                    connection.close(now);
                }
            }
        }
    });
    let (mut expected, mut at) = (sizes, 0);
    expected.reverse();
    net.apps[SERVER] = Box::new(move |now, connection, event| match event {
        Event::Connected => connection.send(now, Chunk::from("220 server.example.org ready\r\n")),
        Event::Data(chunk) => {
            at += chunk.len();
            if expected.last() == Some(&at) {
                expected.pop();
                at = 0;
                connection.send(now, Chunk::from("250 fine\r\n"));
                if expected.is_empty() {
                    connection.close(now);
                }
            }
        }
        _ => {}
    });
    net.connect();
    net.run();
    assert!(net.saw(CLIENT, &Event::Closed) && net.saw(SERVER, &Event::Closed));
    (end.get() - start, net.log.len())
}

#[test]
fn a_dialogue_takes_as_long_as_on_linux() {
    // One-way delay, size of the content, measured total (from, to: it scattered). About 10 ms of the
    // measurement are the start of the processes.
    for (delay_ms, bytes, from_ms, to_ms) in [
        (50, 4_096, 809, 809),
        (50, 100_000, 1_010, 1_010),
        (50, 1_000_000, 1_420, 1_460),
        (100, 4_096, 1_609, 1_609),
        (100, 100_000, 2_010, 2_010),
        (100, 1_000_000, 2_820, 3_020),
    ] {
        let (taken, segments) = dialogue(ms(delay_ms), bytes);
        let taken_ms = taken.as_nanos() / 1_000_000 + 10;
        println!("{delay_ms} ms, {bytes} bytes: {taken_ms} ms, measured {from_ms} to {to_ms} ms, {segments} segments");
        let fits = taken_ms * 100 >= from_ms * 97 && taken_ms * 100 <= to_ms * 103;
        assert!(fits, "{delay_ms} ms, {bytes} bytes: {taken_ms} ms");
    }
}

#[test]
fn a_small_mail_takes_few_segments() {
    let (_, segments) = dialogue(ms(10), 2_000);
    assert!(segments <= 22, "{segments} segments");
}
