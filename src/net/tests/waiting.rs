//! TIME-WAIT.

use super::harness::*;
use crate::net::lane::LaneSpec;
use crate::net::packet::Body;
use crate::net::tap::Sight;
use crate::net::tcp::Flags;
use crate::sim::Duration;

/// A connection that the server has closed first, and then the client.
fn closed() -> Net {
    let mut net = Net::new(LaneSpec::default());
    let client = net.dial("192.0.2.2", 25);
    let server = net.accepted[0];
    net.close(server);
    net.run(secs(1));
    net.close(client);
    net.run(secs(1));
    assert_eq!(
        (net.words(client).last().unwrap().as_str(), net.words(server).last().unwrap().as_str()),
        ("closed", "closed")
    );
    net
}

#[test]
fn who_closed_first_remembers_for_a_minute_and_then_forgets() {
    let mut net = closed();
    assert!(
        net.network.hosts[SERVER.0 as usize].waits.len() == 1 && net.network.hosts[CLIENT.0 as usize].waits.len() == 0
    );
    assert!(net.network.sockets.iter().all(|slot| slot.endpoint.is_none()), "a record is all that is left");
    let active = net.network.active_at();
    net.run(secs(70));
    assert_eq!(net.network.hosts[SERVER.0 as usize].waits.len(), 0);
    assert!(net.network.poll_timeout().is_none(), "nothing is left to happen");
    assert_eq!(net.network.active_at(), active, "and nothing has");
}

#[test]
fn a_fin_that_is_repeated_is_answered() {
    let mut net = Net::new(LaneSpec { latency: Duration::from_millis(10), ..LaneSpec::default() });
    let client = net.dial("192.0.2.2", 25);
    let server = net.accepted[0];
    net.close(server);
    net.run(secs(1));
    // The last acknowledgement is lost, so the client repeats its FIN.
    let lane = net.network.topology().lane_from(LINK, SERVER);
    net.close(client);
    net.network.topology_mut().lane_mut(lane).doom(1);
    net.run(secs(5));
    assert_eq!(net.words(client).last().unwrap(), "closed");
    let fins = net.seen.iter().filter(|(_, s)| {
        s.from == CLIENT && s.sight == Sight::Sent && matches!(&s.body, Body::Tcp(segment) if segment.flags.fin())
    });
    assert_eq!(fins.count(), 2);
}

#[test]
fn the_same_ports_may_be_used_again() {
    let mut net = closed();
    // All other ports are passed by, until the first one comes round again.
    net.network.hosts[CLIENT.0 as usize].next_port = 49_152;
    let again = net.dial("192.0.2.2", 25);
    assert_eq!(net.words(again).last().unwrap(), "connected");
    let syns: Vec<_> = net
        .seen
        .iter()
        .filter_map(|(_, s)| match &s.body {
            Body::Tcp(segment) if segment.flags == Flags::SYN && s.sight == Sight::Sent => Some(segment.source_port),
            _ => None,
        })
        .collect();
    assert_eq!(syns, [49_152, 49_152]);
    assert_eq!(net.network.hosts[SERVER.0 as usize].waits.len(), 0);
}

#[test]
fn waiting_costs_no_more_the_longer_it_goes_on() {
    let mut net = Net::new(LaneSpec::default());
    for _ in 0..300 {
        net.network.hosts[CLIENT.0 as usize].next_port = 49_152;
        let client = net.dial("192.0.2.2", 25);
        let server = *net.accepted.last().unwrap();
        net.close(server);
        net.run(secs(1));
        net.close(client);
        net.run(secs(1));
    }
    let syns = net.seen.iter().filter(|(_, s)| {
        s.sight == Sight::Sent && matches!(&s.body, Body::Tcp(segment) if segment.flags == Flags::SYN)
    });
    assert_eq!(syns.count(), 300, "each SYN opens its connection at once");
    let waits = &net.network.hosts[SERVER.0 as usize].waits;
    assert!(waits.len() <= 1 && waits.listed() <= 10, "{} records, {} entries", waits.len(), waits.listed());
}
