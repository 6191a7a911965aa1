//! A link that forgets connections.

use super::harness::*;
use crate::net::lane::LaneSpec;
use crate::net::packet::Body;
use crate::net::tap::{Loss, Sight};
use crate::net::tcp;
use crate::net::{Network, Output, SocketId};
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};

/// Two hosts with a connection between them, over a link that has forgotten what was silent for more than four minutes since
/// the beginning. Client, server.
fn connected() -> (Net, SocketId, SocketId) {
    let mut net = Net::new(LaneSpec::default());
    forgets(&mut net, Some(mins(4)));
    let client = net.dial("192.0.2.2", 25);
    let server = net.accepted[0];
    (net, client, server)
}

fn mins(n: u64) -> Duration {
    Duration::from_mins(n)
}

fn forgets(net: &mut Net, after: Option<Duration>) {
    net.network.set_link_forgets(net.now, LINK, after);
}

/// Why packets were lost.
fn lost(net: &Net) -> Vec<Loss> {
    let of = net.seen.iter().filter_map(|(_, s)| match s.sight {
        Sight::Lost(loss, _) => Some(loss),
        _ => None,
    });
    of.collect()
}

/// When the last packet was seen.
fn last_packet(net: &Net) -> Instant {
    net.seen.last().unwrap().0
}

/// Sends a line, and says whether it arrives within a second.
fn arrives(net: &mut Net, from: SocketId, to: SocketId) -> bool {
    let before = net.text(to).len();
    net.send(from, "line\r\n", 0);
    net.run(secs(1));
    net.text(to).len() > before
}

#[test]
fn a_silence_that_is_short_enough_is_none() {
    for from_client in [true, false] {
        let (mut net, client, server) = connected();
        let (from, to) = if from_client { (client, server) } else { (server, client) };
        for _ in 0..5 {
            net.run(mins(3));
            assert!(arrives(&mut net, from, to));
        }
        assert_eq!(lost(&net), []);
    }
}

#[test]
fn the_border_is_the_time_itself() {
    for (more, fate) in [(0, None), (1, Some(Loss::Forgotten))] {
        let (mut net, client, _) = connected();
        let now = last_packet(&net) + mins(4) + Duration::from_nanos(more);
        net.run(now - net.now);
        net.send(client, "line\r\n", 0);
        assert_eq!(lost(&net).first().copied(), fate, "{more} ns too late");
    }
}

#[test]
fn after_too_long_a_silence_nothing_passes_in_either_direction_and_nobody_is_told() {
    for from_client in [true, false] {
        let (mut net, client, server) = connected();
        let (from, to) = if from_client { (client, server) } else { (server, client) };
        net.run(mins(5));
        let dead = net.seen.len();
        assert!(!arrives(&mut net, from, to));
        assert!(!arrives(&mut net, to, from), "the other end is not heard, either");
        net.run(mins(5));
        let seen = &net.seen[dead..];
        let sent = seen.iter().filter(|(_, s)| s.sight == Sight::Sent).count();
        let of_link = |s: Sight| matches!(s, Sight::Lost(Loss::Forgotten, Some(lane)) if lane.link() == LINK);
        assert_eq!(seen.iter().filter(|(_, s)| of_link(s.sight)).count(), sent, "each packet is lost there");
        assert!(sent > 10, "{sent}: both send it again and again");
        assert!(seen.iter().all(|(_, s)| matches!(&s.body, Body::Tcp(segment) if !segment.flags.rst())));
        assert_eq!((net.words(client).last().unwrap().as_str(), net.words(server).len()), ("connected", 1));
    }
}

/// What RFC 5382 §5 wants to spare people: the server has news, sends them again and again, and gives up as Linux does, after
/// fifteen repetitions in a quarter of an hour; the client hears nothing, and waits for ever.
#[test]
fn who_writes_gives_up_in_a_quarter_of_an_hour_and_who_reads_never_learns_of_it() {
    let (mut net, client, server) = connected();
    net.run(mins(29));
    let (wrote, before) = (net.now, net.seen.len());
    net.send(server, "* 1 EXISTS\r\n", 0);
    net.run(Duration::from_hours(12));
    assert_eq!(net.words(server), ["accepted", "TimedOut"]);
    assert_eq!(net.words(client), ["connected"]);
    let again: Vec<_> = net.seen[before..].iter().filter(|(_, s)| s.sight == Sight::Sent).collect();
    // The line itself, a probe of the tail (RFC 8985 §7), and fifteen repetitions.
    assert_eq!(again.len(), 1 + 1 + 15);
    assert!(again.iter().all(|(_, s)| s.from == SERVER), "nobody answers");
    let (gave_up, _) = net.told.iter().rfind(|(_, o)| matches!(o, Output::News(s, _) if *s == server)).unwrap();
    let least = tcp::Config::default().data_retries;
    assert_eq!(least, 15);
    let tried = (*gave_up - wrote).as_nanos() / 1_000_000;
    assert!((924_600..930_000).contains(&tried), "{tried} ms");
    // A client that says something at last learns it in the same way, for not even a reset comes back.
    net.send(client, "DONE\r\n", 0);
    net.run(mins(14));
    assert_eq!(net.words(client), ["connected"]);
    net.run(mins(3));
    assert_eq!(net.words(client), ["connected", "TimedOut"]);
    assert!(lost(&net).iter().all(|loss| *loss == Loss::Forgotten));
}

#[test]
fn a_new_connection_is_known_even_between_the_same_ports() {
    let (mut net, client, _) = connected();
    net.run(mins(5));
    let other = net.dial("192.0.2.2", 25);
    let accepted = *net.accepted.last().unwrap();
    assert!(arrives(&mut net, other, accepted) && arrives(&mut net, accepted, other));
    // The client restarts without a word and takes its first port once more; the server still has the old connection there.
    net.network.crash(CLIENT);
    net.network.restart(CLIENT);
    net.network.hosts[CLIENT.0 as usize].next_port = 49_152;
    let again = net.dial("192.0.2.2", 25);
    net.run(mins(1));
    assert_ne!(again, client);
    assert_eq!(
        net.words(again).last().unwrap(),
        "connected",
        "a SYN opens it anew, and then all packets of these ports pass"
    );
    assert_eq!(lost(&net), []);
}

#[test]
fn when_it_ends_nothing_is_dropped_any_more() {
    let (mut net, client, server) = connected();
    net.run(mins(10));
    net.send(server, "news\r\n", 0);
    net.run(secs(10));
    assert_eq!(net.text(client), "");
    forgets(&mut net, None);
    net.run(mins(1));
    assert_eq!(net.text(client), "news\r\n", "TCP sends it again");
    assert!(arrives(&mut net, client, server));
    // Who has forgotten the connection himself says so, now that he is heard.
    let (mut net, client, server) = connected();
    net.run(mins(10));
    net.send(server, "news\r\n", 0);
    net.run(mins(20));
    assert_eq!(net.words(server).last().unwrap(), "TimedOut");
    forgets(&mut net, None);
    net.send(client, "line\r\n", 0);
    net.run(secs(1));
    assert_eq!(net.words(client), ["connected", "Reset"]);
}

#[test]
fn what_is_open_when_it_begins_counts_from_then_on() {
    for (minutes, passes) in [(3, true), (5, false)] {
        let mut net = Net::new(LaneSpec::default());
        let client = net.dial("192.0.2.2", 25);
        let server = net.accepted[0];
        net.run(mins(60));
        forgets(&mut net, Some(mins(4)));
        net.run(mins(minutes));
        assert_eq!(arrives(&mut net, server, client), passes, "{minutes} min");
    }
}

#[test]
fn another_time_holds_for_what_is_still_known() {
    // Two conditions overlap: the times change, and nobody is remembered by that.
    for (silent_before, then, silent_after, passes) in [
        (2, 10, 7, true),  // longer: known until then
        (5, 10, 1, false), // longer, but it was forgotten before
        (3, 2, 0, false),  // shorter: at once
        (1, 2, 0, true),   // shorter, and not silent for so long
    ] {
        for open_before in [true, false] {
            let mut net = Net::new(LaneSpec::default());
            if !open_before {
                forgets(&mut net, Some(mins(4)));
            }
            let client = net.dial("192.0.2.2", 25);
            let server = net.accepted[0];
            if open_before {
                forgets(&mut net, Some(mins(4)));
            }
            net.run(mins(silent_before));
            forgets(&mut net, Some(mins(then)));
            net.run(mins(silent_after));
            let told = format!("{silent_before}, {then}, {silent_after}, {open_before}");
            assert_eq!(arrives(&mut net, client, server), passes, "{told}");
            // The first time once more: what was forgotten stays forgotten.
            forgets(&mut net, Some(mins(4)));
            forgets(&mut net, Some(mins(600)));
            assert_eq!(arrives(&mut net, server, client), passes, "{told}");
        }
    }
}

#[test]
fn what_a_link_does_not_carry_it_does_not_hear_and_what_it_loses_it_has_heard() {
    // A cut for longer than the time: what TCP sends again in the meantime keeps nothing alive.
    let (mut net, client, server) = connected();
    net.network.topology_mut().set_link_up(LINK, false);
    net.send(client, "line\r\n", 0);
    net.run(mins(5));
    net.network.topology_mut().set_link_up(LINK, true);
    net.run(mins(30));
    assert_eq!((net.text(server).as_str(), net.words(client).last().unwrap().as_str()), ("", "TimedOut"));
    let (cut, forgotten): (Vec<_>, Vec<_>) = lost(&net).into_iter().partition(|loss| *loss == Loss::LinkDown);
    assert!(cut.len() > 5 && forgotten.len() > 5 && forgotten.iter().all(|loss| *loss == Loss::Forgotten));
    // Noise behind the box: it was heard.
    let (mut net, client, server) = connected();
    net.network.topology_mut().set_link_loss(LINK, [1_000_000; 2]);
    net.send(client, "line\r\n", 0);
    net.run(mins(10));
    net.network.topology_mut().set_link_loss(LINK, [0; 2]);
    net.run(mins(3));
    assert_eq!(net.text(server), "line\r\n");
    assert!(lost(&net).iter().all(|loss| *loss == Loss::Noise));
}

#[test]
fn datagrams_pass() {
    let mut net = Net::new(LaneSpec::default());
    forgets(&mut net, Some(secs(1)));
    for _ in 0..3 {
        net.run(mins(10));
        net.network.send_datagram(net.now, SERVER, (None, 53), (ip("192.0.2.1"), 5353), Chunk::from("answer"), 7);
        net.run(secs(1));
    }
    assert_eq!(net.told.iter().filter(|(_, o)| matches!(o, Output::Datagram(..))).count(), 3);
}

#[test]
fn it_remembers_no_more_than_spoke_of_late() {
    let mut net = Net::new(LaneSpec::default());
    forgets(&mut net, Some(mins(4)));
    let mut most = 0;
    for _ in 0..200 {
        let client = net.dial("192.0.2.2", 25);
        let server = *net.accepted.last().unwrap();
        net.close(server);
        net.run(secs(1));
        net.close(client);
        net.run(secs(9));
        most = most.max(net.network.state_tables.known(LINK));
    }
    // One in twenty seconds, and each for four minutes.
    assert!((12..=14).contains(&most), "{most}");
    assert_eq!(lost(&net), []);
    forgets(&mut net, None);
    assert!(net.network.state_tables.is_empty());
}

#[test]
fn a_copy_of_the_network_has_a_memory_of_its_own() {
    let (mut net, client, server) = connected();
    net.run(mins(3));
    let twin = |net: &Net| -> Network { net.network.clone() };
    // A silence that has begun goes on in the copy, whatever is said in the original.
    let mut copy = twin(&net);
    let now = net.now;
    assert!(arrives(&mut net, client, server));
    net.run(mins(2));
    assert!(arrives(&mut net, client, server), "two minutes of silence");
    let late = now + mins(2);
    copy.send(late, server, Chunk::from("late\r\n"), crate::net::Mark::NONE);
    let mut fates = Vec::new();
    while let Some(output) = copy.poll_output(late) {
        if let Output::Seen(sighting) = output {
            fates.push(sighting.sight);
        }
    }
    assert!(matches!(fates[..], [Sight::Sent, Sight::Lost(Loss::Forgotten, _)]), "{fates:?}: five minutes");
}
