//! Loss recovery of Linux: SACK, RACK, TLP, PRR, and the three kinds beside each other.

use super::harness::*;
use crate::net::tcp::{Config, Event, Repeat};
use crate::sim::Duration;

/// A connection between two Linux hosts.
fn linux(delay_ms: u64) -> Net {
    of(Config::default(), 1, delay_ms)
}

fn of(config: Config, seed: u64, delay_ms: u64) -> Net {
    let mut net = Net::new(seed, Path::clean(ms(delay_ms)));
    net.config = [config; 2];
    net.connect();
    net.run_for(ms(3 * delay_ms + 100));
    net.begin_log();
    net
}

/// What was sent again: when, in milliseconds after the first segment, which segment of 1448 bytes, and why.
fn repeats(net: &Net) -> Vec<(u64, u32, Repeat)> {
    let first = &net.log[0];
    let again = net.log.iter().filter(|sent| sent.side == CLIENT);
    again
        .filter_map(|sent| {
            let at = (sent.at - first.at).as_nanos() / 1_000_000;
            Some((at, sent.segment.seq.wrapping_sub(first.segment.seq) / 1448, sent.segment.retransmission?))
        })
        .collect()
}

fn ten_segments(lose: &[usize]) -> Net {
    let mut net = linux(50);
    net.lose = lose.iter().map(|n| (CLIENT, *n)).collect();
    net.send(CLIENT, &pattern(14_480, 1));
    net.run_for(ms(5_000));
    assert!(net.inbox[SERVER] == pattern(14_480, 1));
    net
}

#[test]
fn many_holes_are_mended_in_one_round_trip() {
    let net = ten_segments(&[1, 3, 5]);
    assert_eq!(repeats(&net), [(100, 1, Repeat::Rack), (100, 3, Repeat::Rack), (100, 5, Repeat::Rack)]);
    assert_eq!(net.end(CLIENT).slow_start_threshold(), Some(11 * 1448 / 2), "the first acknowledgement made it eleven");
    assert!(!net.end(CLIENT).in_fast_recovery());
}

#[test]
fn a_lost_tail_is_probed_after_two_round_trips() {
    // RFC 8985 §7: the last segment again; its block shows the hole before it.
    let net = ten_segments(&[8, 9]);
    // The last acknowledgement came 100 ms after the data.
    assert_eq!(repeats(&net)[0], (100 + 202, 9, Repeat::Probe));
    assert_eq!(repeats(&net)[1].1, 8);
    assert_eq!(repeats(&net).len(), 2);
    assert_eq!(net.end(CLIENT).retransmission_timeout(), ms(300), "no timeout was needed");
}

#[test]
fn one_segment_alone_is_probed_when_the_timeout_would_strike() {
    let mut net = linux(50);
    net.lose = vec![(CLIENT, 0)];
    net.send(CLIENT, b"QUIT\r\n");
    net.run_for(ms(2_000));
    assert_eq!(repeats(&net), [(300, 0, Repeat::Probe)], "RFC 8985 §7.2: SRTT + 200 ms is sooner than 2·SRTT + 200 ms");
}

#[test]
fn two_out_of_order_wait_for_a_quarter_of_the_round_trip() {
    // RFC 8985 §6.2 step 4: fewer than three segments behind the hole may mean reordering.
    let net = ten_segments(&[7]);
    assert_eq!(repeats(&net), [(127, 7, Repeat::Rack)], "100 ms + 25 ms + two ticks");
}

#[test]
fn a_lost_repetition_is_noticed_without_a_timeout() {
    // Segment 1 is lost, and so is its repetition; new data behind it tells.
    let run = |lose: &[(usize, usize)]| {
        let mut net = linux(50);
        net.lose = lose.to_vec();
        net.send(CLIENT, &pattern(60_000, 1));
        net.run_for(ms(5_000));
        assert!(net.inbox[SERVER] == pattern(60_000, 1));
        net
    };
    let once = run(&[(CLIENT, 1)]);
    let mine = once.log.iter().filter(|sent| sent.side == CLIENT);
    let place = mine.map(|sent| sent.segment.retransmission).position(|why| why.is_some()).unwrap();
    let again = repeats(&run(&[(CLIENT, 1), (CLIENT, place)]));
    assert_eq!(again, [(100, 1, Repeat::Rack), (200, 1, Repeat::Rack)]);
}

#[test]
fn blocks_are_not_sent_where_one_side_does_not_know_them() {
    for side in [CLIENT, SERVER] {
        let mut net = Net::new(1, Path::clean(ms(50)));
        net.config = [Config::default(); 2];
        net.config[side] = Config::reno();
        net.connect();
        net.run_for(ms(300));
        net.log.clear();
        net.lose = vec![(CLIENT, 4)];
        net.send(CLIENT, &pattern(14_600, 1));
        net.run_for(ms(3_000));
        assert!(net.inbox[SERVER] == pattern(14_600, 1));
        assert!(net.log.iter().all(|sent| sent.segment.sack.is_none() && sent.segment.timestamps.is_none()));
        assert!(net.log.iter().any(|sent| sent.segment.retransmission == Some(Repeat::Duplicates)));
    }
}

#[test]
fn a_duplicate_is_told() {
    // RFC 2883 §4: the acknowledgement is lost, the probe comes twice.
    let mut net = linux(50);
    net.lose = vec![(SERVER, 0)];
    net.send(CLIENT, b"NOOP\r\n");
    net.run_for(ms(2_000));
    let told: Vec<_> = net.log.iter().filter_map(|sent| sent.segment.sack.as_deref()).collect();
    let first = net.log[0].segment.seq;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0][..], [(first, first.wrapping_add(6))]);
    assert_eq!(net.end(CLIENT).slow_start_threshold(), None, "nothing was lost, so the window pays nothing");
}

#[test]
fn the_window_grows_with_what_is_read() {
    let mut net = linux(50);
    let start = net.end(CLIENT).send_window();
    assert!(start < 65_536);
    net.send(CLIENT, &pattern(3_000_000, 1));
    net.run_for(ms(3_000));
    assert_eq!(net.inbox[SERVER].len(), 3_000_000);
    let end = net.end(CLIENT).send_window();
    assert!(end > 1_000_000 && end <= 3 << 20, "{end}");
}

#[test]
fn old_timestamps_are_refused() {
    // RFC 7323 §5.3: a segment whose clock went back is acknowledged and dropped.
    let mut net = linux(10);
    net.send(CLIENT, b"abc");
    let mut old = net.log[0].segment.clone();
    net.run_for(ms(500));
    old.seq = old.seq.wrapping_add(3);
    let before = net.log.len();
    net.call(SERVER, |now, end| {
        let mut new = old.clone();
        new.timestamps.as_mut().unwrap().value -= 500;
        end.handle_segment(now, &mut new);
    });
    assert_eq!(net.inbox[SERVER], b"abc");
    assert_eq!(net.log.len(), before + 1);
    net.call(SERVER, |now, end| end.handle_segment(now, &mut old));
    assert_eq!(net.inbox[SERVER], b"abcabc");
}

#[test]
fn every_kind_comes_through_heavy_loss() {
    let mut taken = Vec::new();
    for config in [Config::default(), Config::cubic(), Config::reno()] {
        let mut sum = 0;
        for seed in 0..10 {
            let mut net = of(config, seed, 20);
            net.path[CLIENT].loss_ppm = 50_000;
            net.path[SERVER].loss_ppm = 50_000;
            net.keep_log = false;
            let start = net.now;
            net.send(CLIENT, &pattern(300_000, 1));
            net.run_for(Duration::from_secs(120));
            assert!(net.inbox[SERVER] == pattern(300_000, 1), "{:?} {seed}", config.algorithm);
            assert!(!net.saw(CLIENT, &Event::TimedOut));
            sum += (net.received_at[SERVER] - start).as_nanos() / 1_000_000;
        }
        taken.push(sum / 10);
    }
    println!("milliseconds: {taken:?}");
    assert!(taken[0] < taken[2], "{taken:?}");
}
