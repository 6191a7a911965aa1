//! Opening and closing: handshake, refusal, time-outs, half-close, simultaneous open and close, resets.

use super::harness::*;
use crate::net::tcp::{Config, Connection, Event, Flags, Segment, State};
use crate::octets::{Chunk, Rope};
use crate::sim::{Duration, Instant};

fn clean() -> Path {
    Path::clean(ms(10))
}

#[test]
fn the_three_way_handshake_and_its_options() {
    let mut net = Net::new(1, clean());
    net.config[CLIENT].mss = 1_000;
    net.connect();
    net.run_for(ms(500));
    let flags: Vec<String> = net.log.iter().map(|sent| sent.segment.flags.to_string()).collect();
    assert_eq!(flags, ["SYN", "SYN ACK", "ACK"]);
    let lens: Vec<usize> = net.log.iter().map(|sent| sent.segment.wire_len()).collect();
    assert_eq!(lens, [28, 28, 20]);
    assert_eq!(net.log[0].segment.mss, Some(1_000));
    assert_eq!(net.log[0].segment.window, 65_535);
    assert_eq!(net.log[0].segment.window_scale, Some(7));
    assert_eq!(u32::from(net.log[2].segment.window) << 7, 6 << 20);
    assert_eq!((net.end(CLIENT).mss(), net.end(SERVER).mss()), (1_000, 1_000));
    assert_eq!(net.end(SERVER).send_window(), 6 << 20);
    for side in [CLIENT, SERVER] {
        assert_eq!(net.events[side].len(), 1);
        assert!(net.saw(side, &Event::Connected));
        assert_eq!(net.end(side).smoothed_round_trip(), Some(ms(20)));
        assert_eq!(net.end(side).poll_timeout(), None, "an idle connection has no timer");
    }
    let seq = net.log[2].segment.seq;
    assert_eq!((net.end(CLIENT).relative_send_seq(seq), net.end(SERVER).relative_receive_seq(seq)), (1, 1));
}

#[test]
fn windows_are_not_scaled_when_one_side_cannot() {
    let mut net = Net::new(1, clean());
    let syn = Segment { source_port: 9, destination_port: 25, flags: Flags::SYN, window: 8_000, ..Segment::default() };
    let mut server = Connection::accept(net.now, &Config::reno(), &syn, 77);
    let answer = server.poll_transmit(net.now).unwrap();
    assert_eq!((answer.window_scale, answer.ack, answer.window), (None, 1, 65_535));
    let mut ack = Segment { seq: 1, ack: 78, flags: Flags::ACK, window: 8_000, ..syn };
    server.handle_segment(net.now, &mut ack);
    assert_eq!(server.poll_event(), Some(Event::Connected));
    assert_eq!((server.send_window(), server.mss()), (8_000, 536));
    server.send(net.now, Chunk::from("hello"));
    assert_eq!(server.poll_transmit(net.now).unwrap().window, 65_535);
    net.run();
}

#[test]
fn a_dead_host_is_given_up_after_127_seconds() {
    let mut net = Net::new(1, clean());
    net.port = Port::Dead;
    let start = net.now;
    net.connect();
    net.run();
    let at: Vec<u64> = net.log.iter().map(|sent| (sent.at - start).as_secs()).collect();
    assert_eq!(at, [0, 1, 3, 7, 15, 31, 63], "RFC 6298 §5.5: the timeout doubles");
    assert_eq!(net.events[CLIENT], [(start + Duration::from_secs(127), Event::TimedOut)]);
    assert!(net.log[1..].iter().all(|sent| sent.segment.retransmission.is_some()));
}

#[test]
fn an_answer_that_never_arrives_is_given_up_after_63_seconds() {
    let mut net = Net::new(1, clean());
    net.path[SERVER].loss_ppm = 1_000_000;
    net.config[CLIENT].syn_retries = 0;
    let start = net.now;
    net.connect();
    net.run();
    assert_eq!(net.events[SERVER], [(start + ms(63_010), Event::TimedOut)]);
}

#[test]
fn a_closed_port_refuses() {
    let mut net = Net::new(1, clean());
    net.port = Port::Closed;
    let start = net.now;
    net.connect();
    net.run();
    assert_eq!(net.events[CLIENT], [(start + ms(20), Event::Refused)]);
    let reset = &net.log[1].segment;
    assert_eq!((reset.flags.to_string().as_str(), reset.seq), ("RST ACK", 0));
    assert_eq!(reset.ack, net.log[0].segment.seq.wrapping_add(1));
    assert_eq!(reset.reset_for(), None);
}

#[test]
fn a_lost_handshake_segment_is_repeated() {
    for lost in [(CLIENT, 0), (SERVER, 0), (CLIENT, 1)] {
        let mut net = Net::new(1, clean());
        net.lose = vec![lost];
        net.apps[SERVER] = Box::new(|now, end, event| {
            if *event == Event::Connected {
                end.send(now, Chunk::from("220 hi\r\n"));
            }
        });
        let start = net.now;
        net.connect();
        net.run_for(Duration::from_secs(5));
        assert_eq!(net.inbox[CLIENT], b"220 hi\r\n");
        let taken = net.received_at[CLIENT] - start;
        assert!(taken >= ms(1_020) && taken <= ms(1_060), "{lost:?}: {taken}");
    }
}

#[test]
fn closing_goes_through_the_states_of_the_rfc() {
    // RFC 9293 §3.6, figure 12.
    let mut net = Net::established(1, clean());
    net.call(CLIENT, |now, end| end.close(now));
    assert_eq!(net.state(CLIENT), State::FinWait1);
    net.run_for(ms(10));
    assert_eq!(net.state(SERVER), State::CloseWait);
    assert!(net.saw(SERVER, &Event::PeerClosed));
    net.run_for(ms(10));
    assert_eq!(net.state(CLIENT), State::FinWait2);
    net.call(SERVER, |now, end| end.close(now));
    assert_eq!(net.state(SERVER), State::LastAck);
    net.run_for(ms(10));
    assert_eq!(net.state(CLIENT), State::TimeWait);
    let arrived = net.now;
    net.run();
    assert_eq!(net.events[SERVER].last(), Some(&(arrived + ms(10), Event::Closed)));
    assert_eq!(net.events[CLIENT].last(), Some(&(arrived + net.config[CLIENT].time_wait, Event::Closed)));
    assert_eq!(net.log.len(), 4);
}

#[test]
fn time_wait_may_be_skipped() {
    let mut net = Net::new(1, clean());
    net.config[CLIENT].time_wait = Duration::ZERO;
    net.connect();
    net.run_for(ms(100));
    net.call(CLIENT, |now, end| end.close(now));
    net.call(SERVER, |now, end| end.close(now));
    net.run();
    assert!(net.saw(CLIENT, &Event::Closed) && net.saw(SERVER, &Event::Closed));
}

#[test]
fn half_close_lets_the_other_side_go_on() {
    let mut net = Net::established(1, clean());
    net.send(CLIENT, b"the question");
    net.call(CLIENT, |now, end| end.close(now));
    net.run_for(ms(100));
    assert_eq!((net.state(CLIENT), net.state(SERVER)), (State::FinWait2, State::CloseWait));
    net.send(CLIENT, b"dropped: closed already");
    let answer = pattern(100_000, 9);
    net.send(SERVER, &answer);
    net.run_for(ms(500));
    assert_eq!(net.inbox[CLIENT], answer);
    assert_eq!(net.inbox[SERVER], b"the question");
    net.call(SERVER, |now, end| end.close(now));
    net.run();
    assert!(net.saw(CLIENT, &Event::Closed) && net.saw(SERVER, &Event::Closed));
}

#[test]
fn fin_wait_2_does_not_wait_for_ever() {
    let mut net = Net::established(1, clean());
    net.call(CLIENT, |now, end| end.close(now));
    let closed = net.now;
    net.run();
    assert_eq!(net.events[CLIENT].last(), Some(&(closed + ms(20) + Duration::from_secs(60), Event::TimedOut)));
}

#[test]
fn both_close_at_the_same_time() {
    // RFC 9293 §3.6, figure 13.
    let mut net = Net::established(1, clean());
    net.call(CLIENT, |now, end| end.close(now));
    net.call(SERVER, |now, end| end.close(now));
    net.run_for(ms(10));
    assert_eq!((net.state(CLIENT), net.state(SERVER)), (State::Closing, State::Closing));
    net.run_for(ms(10));
    assert_eq!((net.state(CLIENT), net.state(SERVER)), (State::TimeWait, State::TimeWait));
    net.run();
    assert!(net.saw(CLIENT, &Event::Closed) && net.saw(SERVER, &Event::Closed));
}

#[test]
fn both_open_at_the_same_time() {
    // RFC 9293 §3.5, figure 7.
    let mut net = Net::new(1, clean());
    net.ends[SERVER] = Some(Connection::connect(&net.config[SERVER], 25, 40_000, 4_000));
    net.drain(SERVER);
    net.connect();
    net.run_for(ms(10));
    assert_eq!((net.state(CLIENT), net.state(SERVER)), (State::SynReceived, State::SynReceived));
    net.run_for(ms(100));
    assert_eq!((net.state(CLIENT), net.state(SERVER)), (State::Established, State::Established));
    net.send(CLIENT, b"a");
    net.send(SERVER, b"b");
    net.run_for(ms(100));
    assert_eq!((&net.inbox[CLIENT][..], &net.inbox[SERVER][..]), (&b"b"[..], &b"a"[..]));
}

#[test]
fn close_after_send_rides_on_the_last_segment() {
    let mut net = Net::established(1, clean());
    net.call(SERVER, |now, end| {
        end.send(now, Chunk::from("221 bye\r\n"));
        end.close(now);
    });
    assert_eq!(net.log.len(), 1);
    assert_eq!(net.log[0].segment.flags.to_string(), "FIN PSH ACK");
}

#[test]
fn a_lost_fin_is_repeated() {
    let mut net = Net::established(1, clean());
    net.lose = vec![(CLIENT, 0)];
    net.call(CLIENT, |now, end| end.close(now));
    net.run_for(ms(400));
    assert_eq!(net.state(SERVER), State::CloseWait);
    assert_eq!(net.log.iter().filter(|sent| sent.segment.flags.fin()).count(), 2);
}

#[test]
fn abort_resets_the_peer() {
    let mut net = Net::established(1, clean());
    net.call(CLIENT, |now, end| {
        end.send(now, Chunk::from("never sent"));
        end.abort(now);
    });
    net.run();
    assert_eq!(net.log[0].segment.flags.to_string(), "RST ACK");
    assert!(net.saw(CLIENT, &Event::Closed) && net.saw(SERVER, &Event::Reset));
    assert!(net.inbox[SERVER].is_empty());
}

#[test]
fn only_an_exact_reset_counts() {
    // RFC 5961 §3.2.
    let mut net = Net::established(1, clean());
    net.send(CLIENT, b"x");
    let next = net.log[0].segment.seq.wrapping_add(1);
    net.run_for(ms(100));
    let reset = |seq| Segment { seq, flags: Flags::RST, ..Segment::default() };
    for seq in [next.wrapping_sub(1), next.wrapping_add(1 << 28)] {
        net.call(SERVER, |now, end| end.handle_segment(now, &mut reset(seq)));
        assert_eq!(net.state(SERVER), State::Established);
    }
    let before = net.log.len();
    net.call(SERVER, |now, end| end.handle_segment(now, &mut reset(next.wrapping_add(9))));
    assert_eq!(net.log.len(), before + 1, "an inexact reset is answered by a challenge ACK");
    net.call(SERVER, |now, end| end.handle_segment(now, &mut reset(next)));
    assert_eq!(net.events[SERVER].last().map(|(_, event)| event), Some(&Event::Reset));
}

#[test]
fn a_peer_that_restarted_is_noticed() {
    // RFC 9293 §3.5.1, figure 9: the server crashed and forgot; our data meets a reset.
    let mut net = Net::established(1, clean());
    net.ends[SERVER] = None;
    net.send(CLIENT, b"are you there?");
    net.run();
    assert!(net.saw(CLIENT, &Event::Reset));
}

#[test]
fn closing_before_the_answer_deletes_the_connection() {
    let mut net = Net::new(1, clean());
    net.connect();
    net.call(CLIENT, |now, end| end.close(now));
    assert_eq!(net.events[CLIENT].len(), 1);
    assert!(net.saw(CLIENT, &Event::Closed));
    net.run();
    assert!(net.saw(SERVER, &Event::Reset), "the SYN ACK met a closed port");
}

#[test]
fn data_with_the_last_handshake_segment_counts() {
    let config = Config::reno();
    let now = Instant::ZERO;
    let syn = Segment { flags: Flags::SYN, window: 1_000, ..Segment::default() };
    let mut server = Connection::accept(now, &config, &syn, 5);
    server.poll_transmit(now).unwrap();
    let payload = Rope::from(Chunk::from("EHLO"));
    server.handle_segment(
        now,
        &mut Segment { seq: 1, ack: 6, flags: Flags::ACK, window: 1_000, payload, ..Segment::default() },
    );
    assert_eq!(server.poll_event(), Some(Event::Connected));
    assert_eq!(server.poll_event(), Some(Event::Data(Chunk::from("EHLO"))));
    assert_eq!(server.poll_event(), None);
}

#[test]
fn a_connection_is_small() {
    let size = std::mem::size_of::<Connection>();
    println!("Connection: {size} bytes, Segment: {} bytes", std::mem::size_of::<Segment>());
    assert!(size <= 656, "{size}");
}
