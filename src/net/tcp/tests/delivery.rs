//! Every byte arrives once and in order, whatever the link does.

use super::harness::*;
use crate::net::tcp::{Config, Event, State};
use crate::octets::Chunk;
use crate::sim::{Distribution, Duration, Streams};

/// Sends both ways over a bad link and closes; checks everything.
fn exchange(seed: u64) {
    let mut luck = Streams::new(seed).stream("exchange");
    let path = Path {
        delay: ms(luck.below(100)),
        jitter: ms(luck.below(40)),
        loss_ppm: luck.below(150_000) as u32,
        duplicate_ppm: luck.below(100_000) as u32,
    };
    let mut net = Net::new(seed, path);
    net.keep_log = false;
    net.sends_first = luck.below(2) == 0;
    let base = [Config::reno(), Config::default(), Config::cubic()][(seed % 3) as usize];
    let data = [pattern(luck.below(40_000) as usize, seed), pattern(luck.below(40_000) as usize, !seed)];
    for side in [CLIENT, SERVER] {
        net.config[side] = Config {
            mss: 200 + luck.below(1300) as u16,
            receive_window_bytes: luck.draw(Distribution::Uniform(3_000, 200_000)) as u32,
            // Nobody gives up: at 15 % loss a long series of losses is only a matter of trying often enough.
            data_retries: 255,
            syn_retries: 255,
            synack_retries: 255,
            max_rto: Duration::from_secs(2),
            fin_wait_2: Duration::MAX,
            time_wait: Duration::from_secs(60),
            // Now and then the two ends do not agree.
            sack: base.sack && luck.below(8) > 0,
            timestamps: base.timestamps && luck.below(8) > 0,
            ..base
        };
        let mut left = data[side].clone();
        let mut gulp = luck.below(9_000) as usize + 1;
        let mut closes_later = luck.below(2) == 0;
        net.apps[side] = Box::new(move |now, connection, event| {
            // Part of it at once, the rest when the peer says something or closes.
            match event {
                Event::Connected => {
                    while !left.is_empty() {
                        let rest = left.split_off(gulp.min(left.len()));
                        connection.send(now, Chunk::from(std::mem::replace(&mut left, rest)));
                        gulp = gulp * 7 % 9_001 + 1;
                    }
                    if !closes_later {
                        connection.close(now);
                    }
                }
                Event::PeerClosed => {
                    closes_later = false;
                    connection.close(now);
                }
                Event::Data(_) if closes_later && now.as_nanos() > 5_000_000_000 => connection.close(now),
                _ => {}
            }
        });
    }
    net.connect();
    // When both wait for the other to close, somebody must begin.
    net.run();
    if net.state(CLIENT) != State::Closed {
        net.call(CLIENT, |now, end| end.close(now));
        net.run();
    }
    for side in [CLIENT, SERVER] {
        assert!(net.inbox[1 - side] == data[side], "seed {seed}: side {side}'s bytes arrive once, in order");
        let events: Vec<&Event> = net.events[side].iter().map(|(_, event)| event).collect();
        assert_eq!(events.first(), Some(&&Event::Connected), "seed {seed}");
        assert_eq!(events.iter().filter(|e| **e == &Event::PeerClosed).count(), 1, "seed {seed} {events:?}");
        // A peer that left TIME-WAIT answers a late FIN with a reset.
        assert_eq!(events.last(), Some(&&Event::Closed), "seed {seed} {events:?}");
        assert_eq!(events.len(), 3, "seed {seed} {events:?}");
        assert_eq!(net.state(side), State::Closed);
    }
}

#[test]
fn bytes_arrive_once_and_in_order_over_bad_links() {
    for seed in 0..2_000 {
        exchange(seed);
    }
}

#[test]
fn data_arrives_as_the_chunks_that_were_sent() {
    let mut net = Net::established(1, Path::clean(ms(5)));
    let content = Chunk::from(pattern(9_000, 1));
    net.call(CLIENT, |now, end| end.send(now, content.clone()));
    net.ends[SERVER].as_mut().unwrap();
    net.apps[SERVER] = Box::new(move |_, _, event| {
        if let Event::Data(chunk) = event {
            let offset = chunk.as_ptr() as usize - content.as_ptr() as usize;
            assert!(offset < content.len(), "the chunk shares the sender's memory");
        }
    });
    net.run_for(ms(500));
    assert_eq!(net.inbox[SERVER].len(), 9_000);
}

#[test]
fn a_full_buffer_closes_the_window_and_reading_opens_it() {
    let mut net = Net::new(1, Path::clean(ms(10)));
    net.config[SERVER].receive_window_bytes = 100_000;
    net.connect();
    net.run_for(ms(200));
    net.reads[SERVER] = false;
    net.log.clear();
    net.send(CLIENT, &pattern(150_000, 1));
    net.run_for(Duration::from_secs(20));
    assert_eq!(net.end(CLIENT).send_window(), 0);
    let accepted = 150_000 - net.end(CLIENT).unsent_bytes();
    assert!((98_000..=100_001).contains(&accepted), "{accepted}");
    // RFC 9293 §3.8.6.1: probes at doubling distances.
    let probes: Vec<u64> = net
        .log
        .iter()
        .filter(|sent| sent.segment.payload.len() == 1)
        .map(|sent| sent.at.as_nanos() / 1_000_000)
        .collect();
    let gaps: Vec<u64> = probes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() >= 3, "{probes:?}");
    assert!(gaps.windows(2).all(|pair| pair[1].abs_diff(2 * pair[0]) <= 2), "{gaps:?}");
    // It lasts for as long as it takes: two hours of probes do not end the connection.
    net.run_for(Duration::from_hours(2));
    assert_eq!(net.state(CLIENT), State::Established);
    net.reads[SERVER] = true;
    let opened = net.now;
    net.call(SERVER, |_, _| {});
    net.run_for(Duration::from_secs(5));
    assert_eq!(net.inbox[SERVER], pattern(150_000, 1));
    assert!(net.received_at[SERVER] - opened < ms(100), "the window update does not wait for a probe");
}

#[test]
fn a_peer_that_dies_behind_a_closed_window_is_noticed() {
    let mut net = Net::new(1, Path::clean(ms(10)));
    net.config[SERVER].receive_window_bytes = 10_000;
    net.connect();
    net.run_for(ms(200));
    net.reads[SERVER] = false;
    net.send(CLIENT, &pattern(50_000, 1));
    net.run_for(Duration::from_secs(5));
    net.path[CLIENT].loss_ppm = 1_000_000;
    net.run_for(Duration::from_hours(1));
    assert!(net.saw(CLIENT, &Event::TimedOut));
}
