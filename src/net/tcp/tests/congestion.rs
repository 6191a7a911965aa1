//! Loss and speed: retransmission, fast retransmit, slow start, throughput laws, delayed acknowledgements.

use super::harness::*;
use crate::net::tcp::Event;
use crate::octets::Chunk;
use crate::sim::Duration;

fn clean(delay_ms: u64) -> Path {
    Path::clean(ms(delay_ms))
}

/// Times of a side's segments in milliseconds since the first.
fn times(net: &Net, side: usize) -> Vec<u64> {
    let of_side: Vec<_> = net.log.iter().filter(|sent| sent.side == side).collect();
    of_side.iter().map(|sent| (sent.at - of_side[0].at).as_nanos() / 1_000_000).collect()
}

#[test]
fn retransmission_backs_off_and_gives_up() {
    let mut net = Net::established(1, clean(10));
    net.path[CLIENT].loss_ppm = 1_000_000;
    let timeout = net.end(CLIENT).retransmission_timeout();
    // SRTT 20 ms + max(4·10 ms, 200 ms)
    assert_eq!(timeout, ms(220));
    let start = net.now;
    net.send(CLIENT, b"lost");
    net.run();
    let mut expected = vec![0];
    let mut at = 0;
    for n in 0..15 {
        at += (220 << n).min(120_000);
        expected.push(at);
    }
    assert_eq!(times(&net, CLIENT), expected);
    let gives_up = start + ms(at) + Duration::from_secs(120);
    assert_eq!(net.events[CLIENT].last(), Some(&(gives_up, Event::TimedOut)));
}

#[test]
fn karn_keeps_the_back_off_until_a_fresh_measurement() {
    let mut net = Net::established(1, clean(10));
    net.lose = vec![(CLIENT, 0), (CLIENT, 1)];
    net.send(CLIENT, b"twice lost");
    net.run_for(Duration::from_secs(2));
    assert_eq!(net.inbox[SERVER], b"twice lost");
    assert_eq!(net.end(CLIENT).retransmission_timeout(), ms(880), "RFC 6298 §5: no measurement from repeated data");
    net.send(CLIENT, b"fresh");
    net.run_for(Duration::from_secs(2));
    assert!(net.end(CLIENT).retransmission_timeout() < ms(300));
}

#[test]
fn three_duplicates_make_a_fast_retransmit() {
    let mut net = Net::established(1, clean(50));
    net.lose = vec![(CLIENT, 2)];
    net.send(CLIENT, &pattern(14_600, 1));
    net.run_for(ms(1_000));
    assert_eq!(net.inbox[SERVER], pattern(14_600, 1));
    let repeated: Vec<_> = net.log.iter().filter(|sent| sent.segment.retransmission.is_some()).collect();
    assert_eq!(repeated.len(), 1);
    assert_eq!(repeated[0].segment.seq, net.log[2].segment.seq);
    assert_eq!(repeated[0].at - net.log[0].at, ms(100), "one round trip later, not a timeout later");
    // RFC 5681 equation 4: half of the ten segments less the two acknowledged.
    assert_eq!(net.end(CLIENT).slow_start_threshold(), Some(4 * 1460));
}

#[test]
fn two_duplicates_do_not() {
    let mut net = Net::established(1, clean(50));
    net.lose = vec![(CLIENT, 7)];
    net.send(CLIENT, &pattern(14_600, 1));
    net.run_for(ms(2_000));
    let repeated: Vec<_> = net.log.iter().filter(|sent| sent.segment.retransmission.is_some()).collect();
    assert_eq!(net.inbox[SERVER], pattern(14_600, 1));
    assert!(repeated[0].at - net.log[0].at > ms(250), "only the timer can tell");
}

#[test]
fn limited_transmit_finds_the_third_duplicate() {
    // RFC 3042: three segments in flight, the first lost: two duplicates are not enough.
    let mut net = Net::new(1, clean(50));
    net.config[CLIENT].initial_window_segments = 3;
    net.connect();
    net.run_for(ms(300));
    // A word from the server tells its true window: a change of window is no duplicate.
    net.send(SERVER, b"220");
    net.run_for(ms(300));
    net.log.clear();
    net.lose = vec![(CLIENT, 3)];
    net.send(CLIENT, &pattern(14_600, 1));
    net.run_for(ms(3_000));
    assert_eq!(net.inbox[SERVER], pattern(14_600, 1));
    let repeated: Vec<_> = net.log.iter().filter(|sent| sent.segment.retransmission.is_some()).collect();
    assert_eq!(repeated[0].at - net.log[0].at, ms(200), "the two allowed segments bring the third duplicate");
}

#[test]
fn newreno_mends_one_hole_each_round_trip() {
    let mut net = Net::established(1, clean(50));
    net.lose = vec![(CLIENT, 1), (CLIENT, 3), (CLIENT, 5)];
    net.send(CLIENT, &pattern(14_600, 1));
    net.run_for(ms(2_000));
    let start = net.log[0].at;
    let repeated: Vec<u64> = net
        .log
        .iter()
        .filter(|sent| sent.segment.retransmission.is_some())
        .map(|sent| (sent.at - start).as_nanos() / 1_000_000)
        .collect();
    assert_eq!(repeated, [100, 200, 300]);
    assert_eq!(net.inbox[SERVER], pattern(14_600, 1));
    assert!(!net.end(CLIENT).in_fast_recovery());
}

#[test]
fn slow_start_doubles_each_round_trip() {
    let mut net = Net::established(1, clean(50));
    net.send(CLIENT, &pattern(2_000_000, 1));
    net.run_for(ms(3_000));
    let mut rounds = [0_usize; 8];
    for at in times(&net, CLIENT) {
        if at < 800 {
            rounds[(at / 100) as usize] += 1;
        }
    }
    assert_eq!(rounds[..6], [10, 20, 40, 80, 160, 320]);
}

#[test]
fn an_unused_window_does_not_grow() {
    let mut net = Net::established(1, clean(10));
    let start = net.end(CLIENT).congestion_window();
    for _ in 0..50 {
        net.send(CLIENT, &[7; 1_000]);
        net.run_for(ms(100));
    }
    assert_eq!(net.end(CLIENT).congestion_window(), start);
}

#[test]
fn an_idle_window_shrinks_to_the_initial_one() {
    let mut net = Net::established(1, clean(10));
    let start = net.end(CLIENT).congestion_window();
    net.send(CLIENT, &pattern(500_000, 1));
    net.run_for(ms(1_000));
    assert!(net.end(CLIENT).congestion_window() > 4 * start);
    net.run_for(Duration::from_mins(5));
    net.send(CLIENT, b"x");
    assert_eq!(net.end(CLIENT).congestion_window(), start);
}

#[test]
fn acknowledgements_ride_on_data_or_wait_40_ms() {
    let mut net = Net::established(1, clean(10));
    // A dialogue: the client answered the server's first words.
    net.apps[CLIENT] = Box::new(|now, end, event| {
        if let Event::Data(_) = event {
            end.send(now, Chunk::from("HELO"));
        }
    });
    net.send(SERVER, b"220");
    net.run_for(ms(200));
    net.apps[CLIENT] = Box::new(|_, _, _| {});
    net.log.clear();
    net.send(SERVER, b"250");
    net.run_for(ms(500));
    assert_eq!(net.log.len(), 2);
    assert_eq!(net.log[1].at - net.log[0].at, ms(50), "ten to get there, forty of waiting");
    net.log.clear();
    net.send(SERVER, &[1; 2 * 1460]);
    net.run_for(ms(500));
    assert_eq!(net.log.len(), 3, "the second full segment is acknowledged at once");
    assert_eq!(net.log[2].at - net.log[0].at, ms(10));
}

#[test]
fn throughput_of_a_small_window_is_window_over_round_trip() {
    let mut net = Net::new(1, clean(50));
    let window = 29_200;
    net.config[SERVER].receive_window_bytes = window;
    net.connect();
    net.run_for(ms(300));
    net.log.clear();
    let start = net.now;
    net.send(CLIENT, &pattern(3_000_000, 1));
    net.run_for(Duration::from_secs(60));
    let taken_ms = (net.received_at[SERVER] - start).as_nanos() / 1_000_000;
    // One window in each 100 ms; the first round trips of slow start are the tolerance.
    let expected_ms = 3_000_000 * 100 / u64::from(window);
    assert!(taken_ms.abs_diff(expected_ms) * 100 <= expected_ms * 3, "{taken_ms} ms, law {expected_ms} ms");
}

/// The square-root law (Mathis, Semke, Mahdavi, Ott 1997): throughput = MSS/RTT · C/√p. For a receiver that
/// acknowledges every b-th segment C = √(3/2b) when the sender counts acknowledgements. Ours counts bytes (RFC 3465, as
/// Linux), so that delayed acknowledgements do not slow it: b is 1 and C = √(3/2) = 1.22.
#[test]
fn throughput_under_loss_follows_the_square_root_law() {
    // Loss in parts per million; the law in segments per round trip, in thousandths: 1.2247/√p.
    for (loss_ppm, law) in [(500_u32, 54_770_u64), (1_000, 38_730), (4_000, 19_365), (10_000, 12_247)] {
        let mut sum = 0;
        let seeds = 6;
        for seed in 0..seeds {
            let mut net = Net::established(seed, clean(50));
            net.keep_log = false;
            net.keep_inbox = false;
            net.path[CLIENT].loss_ppm = loss_ppm;
            let megabyte = Chunk::from(vec![0; 1_000_000]);
            net.call(CLIENT, |now, end| (0..400).for_each(|_| end.send(now, megabyte.clone())));
            // What the first half minute does is slow start.
            net.run_for(Duration::from_secs(30));
            let before = net.received[SERVER];
            net.run_for(Duration::from_mins(3));
            let segments = (net.received[SERVER] - before) / 1460;
            sum += segments * 1000 / 1800;
            assert!(net.end(CLIENT).unsent_bytes() > 0);
        }
        let mean = sum / seeds;
        println!("p = {loss_ppm} ppm: {mean} of {law} thousandths of a segment per round trip");
        assert!(mean.abs_diff(law) * 100 <= law * 25, "p = {loss_ppm} ppm: {mean}, law {law}");
    }
}

/// Linux holds the time since the first repetition against what fifteen of them take where the timeout begins at 200 ms: 204.6 s
/// of doubling and six times 120 s (`retransmits_timed_out`).
#[test]
fn a_slow_line_does_not_make_it_try_for_longer() {
    for (delay_ms, first_timeout_ms, repetitions, seconds) in
        [(0, 200, 15, 924), (10, 220, 15, 945), (100, 400, 15, 1_044), (190, 580, 14, 987), (500, 2_000, 13, 1_085)]
    {
        let mut net = Net::established(1, clean(delay_ms));
        net.path[CLIENT].loss_ppm = 1_000_000;
        let timeout = net.end(CLIENT).retransmission_timeout();
        assert_eq!(timeout.as_nanos() / 1_000_000, first_timeout_ms, "{delay_ms} ms");
        let start = net.now;
        net.send(CLIENT, b"lost");
        net.run();
        let (at, event) = net.events[CLIENT].last().unwrap();
        assert_eq!((event, (*at - start).as_nanos() / 1_000_000_000), (&Event::TimedOut, seconds), "{delay_ms} ms");
        let again = net.log.iter().filter(|sent| sent.segment.retransmission.is_some()).count();
        assert_eq!(again, repetitions, "{delay_ms} ms");
    }
}
