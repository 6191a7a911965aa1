//! A recursor, and a stub in front of it, in a small tree of name servers.

use std::net::SocketAddr;

use proptest::prelude::*;

use crate::dns::testing::{Net, RECURSOR, STUB, at, ip, name, secs, zone};
use crate::dns::{
    Event, Fault, Message, Outcome, Output, Peer, Rcode, Record, RecordData, RecordType, Recursor, RecursorConfig,
    RootHint, Transport, ZoneSet,
};
use crate::sim::{Duration, Instant, Streams};

const BLUE: &str = "blue.example 3600 NS ns.blue.example
    ns.blue.example 3600 A 192.0.2.3";

fn blue() -> Net {
    let zone = format!(
        "{BLUE}
        blue.example 300 MX 10 mx.blue.example
        mx.blue.example 60 A 192.0.2.10
        www.blue.example 100 CNAME mx.blue.example
        out.blue.example 100 CNAME host.green.example
        loop.blue.example 100 CNAME pool.blue.example
        pool.blue.example 100 CNAME loop.blue.example
        round.blue.example 100 CNAME round.green.example"
    );
    let green = "green.example 3600 NS ns.blue.example
        host.green.example 40 A 192.0.2.11
        round.green.example 100 CNAME round.blue.example";
    let example = format!("{BLUE}\ngreen.example 3600 NS ns.blue.example");
    Net::tree(&example, &[(3, "blue.example", &zone), (3, "green.example", green)])
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn a_question_walks_down_the_tree_and_is_then_remembered() {
    let mut net = blue();
    let (took, lookup) = net.ask(RECURSOR, "blue.example", RecordType::Mx);
    assert_eq!((took, lookup.to_string()), (ms(60), "10 mx.blue.example.".into()));
    assert_eq!(
        net.take_log(),
        [
            "0 ms 192.0.2.53 > 192.0.2.1 udp blue.example. MX",
            "20 ms 192.0.2.53 > 192.0.2.2 udp blue.example. MX",
            "40 ms 192.0.2.53 > 192.0.2.3 udp blue.example. MX"
        ]
    );
    let zones: Vec<String> = net
        .events
        .iter()
        .filter_map(|e| if let Event::Referral { zone, .. } = e { Some(zone.to_string()) } else { None })
        .collect();
    assert_eq!(zones, ["example.", "blue.example."]);
    // The address is one question to the zone's server, and the next time none.
    assert_eq!(net.ask(RECURSOR, "mx.blue.example", RecordType::A).0, ms(20));
    assert_eq!(net.ask(RECURSOR, "mx.blue.example", RecordType::A).0, ms(0));
    let now = net.now;
    assert!(net.resolver(RECURSOR).cached(now, "mx.blue.example", RecordType::A).is_some());
}

#[test]
fn a_stub_asks_the_recursor() {
    let mut net = blue();
    assert_eq!(net.ask(STUB, "mx.blue.example", RecordType::A).0, ms(80));
    assert_eq!(net.ask(STUB, "mx.blue.example", RecordType::A).0, ms(0), "it has a cache");
    net.resolver(STUB).restart();
    let (took, lookup) = net.ask(STUB, "mx.blue.example", RecordType::A);
    assert_eq!((took, lookup.to_string()), (ms(20), "192.0.2.10".into()));
    net.add_stub(STUB, false);
    assert_eq!(net.ask(STUB, "mx.blue.example", RecordType::A).0, ms(20));
    assert_eq!(net.ask(STUB, "mx.blue.example", RecordType::A).0, ms(20), "this one has none");
}

#[test]
fn records_live_exactly_as_long_as_they_say_and_count_down_in_replies() {
    let mut net = blue();
    let (_, lookup) = net.ask(RECURSOR, "mx.blue.example", RecordType::A);
    assert_eq!(lookup.expires, at(60_060));
    net.run_until(at(20_560));
    let (_, seen) = net.ask(STUB, "mx.blue.example", RecordType::A);
    // Reached the recursor at 20.57 s, 20.51 s after it had learnt it: 39.49 s are left, told as 39.
    assert_eq!(seen.records[0].ttl_secs, 39);
    assert_eq!(seen.expires, at(20_580 + 39_000));
    let cached = |net: &mut Net, when| net.resolver(RECURSOR).cached(when, "mx.blue.example", RecordType::A).is_some();
    assert!(cached(&mut net, Instant::from_nanos(at(60_060).as_nanos() - 1)));
    assert!(!cached(&mut net, at(60_060)));
    net.run_until(at(60_060));
    assert_eq!(net.ask(RECURSOR, "mx.blue.example", RecordType::A).0, ms(20), "asked anew at the zone's server");
}

#[test]
fn an_mx_that_moves_is_noticed_when_the_old_one_expires() {
    let mut net = blue();
    assert_eq!(net.text(STUB, "blue.example", RecordType::Mx), "10 mx.blue.example.");
    let zones = net.servers.get_mut(&ip(3)).unwrap().zones_mut();
    let zone = zones.get_mut(&name("blue.example")).unwrap();
    zone.remove(&name("blue.example"), RecordType::Mx);
    zone.add(name("blue.example"), secs(300), RecordData::mx(10, name("new.blue.example"))).unwrap();
    net.run_until(at(299_000));
    assert_eq!(net.text(STUB, "blue.example", RecordType::Mx), "10 mx.blue.example.");
    net.run_until(at(301_000));
    assert_eq!(net.text(STUB, "blue.example", RecordType::Mx), "10 new.blue.example.");
}

#[test]
fn denials_are_remembered_for_the_smaller_of_ttl_and_minimum() {
    for (ttl, minimum, keep) in [(3600, 30, 30), (20, 300, 20)] {
        let mut net = blue();
        let zone = net.servers.get_mut(&ip(3)).unwrap().zones_mut().get_mut(&name("blue.example")).unwrap();
        let RecordData::Soa(soa) = &zone.soa().data else { panic!() };
        let soa = crate::dns::Soa { minimum_secs: minimum, ..(**soa).clone() };
        zone.set_soa(secs(ttl), soa);
        let (_, lookup) = net.ask(RECURSOR, "nobody.blue.example", RecordType::A);
        assert_eq!((lookup.outcome, lookup.expires), (Outcome::NxDomain, net.now + secs(keep)));
        // RFC 2308 §5: the name is gone for all types.
        assert_eq!(net.ask(RECURSOR, "nobody.blue.example", RecordType::Mx).0, ms(0));
        let (_, no_data) = net.ask(RECURSOR, "mx.blue.example", RecordType::Mx);
        assert_eq!(no_data.outcome, Outcome::NoData);
        assert_eq!(net.ask(RECURSOR, "mx.blue.example", RecordType::A).0, ms(20), "another type is not denied");
        let (_, seen) = net.ask(STUB, "nobody.blue.example", RecordType::A);
        assert!(seen.soa.as_ref().unwrap().ttl_secs < keep as u32, "the SOA counts down");
        let after = lookup.expires;
        net.run_until(after);
        assert_eq!(net.ask(RECURSOR, "nobody.blue.example", RecordType::A).0, ms(20));
    }
}

#[test]
fn a_denial_is_remembered_no_longer_than_the_cap() {
    for (cap, keep) in [(None, 10_800), (Some(60), 60)] {
        for (asked, outcome) in [("nobody.blue.example", Outcome::NxDomain), ("mx.blue.example", Outcome::NoData)] {
            let mut net = blue();
            if let Some(cap) = cap {
                net.add_recursor(RECURSOR, 1, |config| config.max_negative_ttl = secs(cap));
            }
            let zone = net.servers.get_mut(&ip(3)).unwrap().zones_mut().get_mut(&name("blue.example")).unwrap();
            let RecordData::Soa(soa) = &zone.soa().data else { panic!() };
            let soa = crate::dns::Soa { minimum_secs: 604_800, ..(**soa).clone() };
            zone.set_soa(secs(604_800), soa);
            let (_, lookup) = net.ask(RECURSOR, asked, RecordType::Mx);
            // RFC 2308 §5: one to three hours have been found to work well as the most.
            assert_eq!((lookup.outcome, lookup.expires), (outcome, net.now + secs(keep)), "{asked}");
            let end = lookup.expires;
            let almost = net.now + secs(keep - 1);
            net.run_until(almost);
            assert_eq!(net.ask(RECURSOR, asked, RecordType::Mx).0, ms(0), "{asked}: still remembered");
            net.run_until(end);
            assert_ne!(net.ask(RECURSOR, asked, RecordType::Mx).0, ms(0), "{asked}: forgotten");
        }
    }
}

#[test]
fn servers_without_glue_are_looked_up_first() {
    let example = format!("{BLUE}\nred.example 3600 NS dns.blue.example\nred.example 3600 NS ns.nowhere.example");
    let blue = format!("{BLUE}\ndns.blue.example 3600 A 192.0.2.4");
    let red = "red.example 3600 NS dns.blue.example\nred.example 60 MX 5 mx.red.example";
    let mut net = Net::tree(&example, &[(3, "blue.example", &blue), (4, "red.example", red)]);
    let (took, lookup) = net.ask(RECURSOR, "red.example", RecordType::Mx);
    assert_eq!((took, lookup.to_string()), (ms(100), "5 mx.red.example.".into()));
}

#[test]
fn servers_that_can_only_be_found_through_one_another_fail_at_once() {
    let example = "a.example 3600 NS ns.b.example\nb.example 3600 NS ns.a.example\nc.example 3600 NS ns.c.example";
    let mut net = Net::tree(example, &[]);
    for domain in ["a.example", "c.example"] {
        let (took, lookup) = net.ask(RECURSOR, domain, RecordType::Mx);
        assert_eq!(lookup.outcome, Outcome::ServFail, "{domain}");
        assert!(took < secs(1), "{took}");
    }
}

#[test]
fn aliases_are_followed_within_and_across_zones() {
    let mut net = blue();
    let (_, lookup) = net.ask(RECURSOR, "www.blue.example", RecordType::A);
    assert_eq!(lookup.to_string(), "alias of mx.blue.example.: 192.0.2.10");
    assert_eq!(lookup.expires, net.now + secs(60), "the smallest time to live of the chain");
    assert_eq!(lookup.canonical(), &name("mx.blue.example"));
    let (_, across) = net.ask(STUB, "out.blue.example", RecordType::A);
    assert_eq!(across.to_string(), "alias of host.green.example.: 192.0.2.11");
    assert_eq!(net.text(STUB, "out.blue.example", RecordType::Cname), "host.green.example.");
    let (_, missing) = net.ask(STUB, "www.blue.example", RecordType::Mx);
    assert_eq!((missing.outcome, missing.aliases.len()), (Outcome::NoData, 1));
}

#[test]
fn aliases_in_a_circle_end_in_servfail() {
    let mut net = blue();
    for circle in ["loop.blue.example", "round.blue.example"] {
        let (took, lookup) = net.ask(STUB, circle, RecordType::A);
        assert_eq!(lookup.outcome, Outcome::ServFail, "{circle}");
        assert!(took < secs(1));
    }
}

#[test]
fn a_long_chain_of_aliases_is_cut_off() {
    let mut lines = BLUE.to_string();
    for i in 0..14 {
        lines.push_str(&format!("\nc{i}.blue.example 60 CNAME c{}.blue.example", i + 1));
    }
    lines.push_str("\nc14.blue.example 60 A 192.0.2.10");
    let mut net = Net::tree(BLUE, &[(3, "blue.example", &lines)]);
    assert_eq!(net.ask(RECURSOR, "c0.blue.example", RecordType::A).1.outcome, Outcome::ServFail);
    assert_eq!(net.ask(RECURSOR, "c5.blue.example", RecordType::A).1.outcome, Outcome::Records);
}

#[test]
fn what_is_too_long_for_a_datagram_comes_over_tcp() {
    let mut net = blue();
    let zone = net.servers.get_mut(&ip(3)).unwrap().zones_mut().get_mut(&name("blue.example")).unwrap();
    for i in 0..40 {
        let text = RecordData::text(&format!("number {i} {}", "x".repeat(40)));
        zone.add(name("big.blue.example"), secs(60), text).unwrap();
    }
    let (took, lookup) = net.ask(STUB, "big.blue.example", RecordType::Txt);
    assert_eq!(lookup.records.len(), 40);
    let log = net.take_log();
    assert_eq!(log.iter().filter(|l| l.contains(" tcp ")).count(), 2, "{log:?}");
    assert_eq!(took, ms(20 + 20 + 20 + 40 + 20 + 40), "UDP thrice and TCP, and the stub's own UDP and TCP");
    // Where TCP is refused there is no answer from that server.
    net.no_tcp.insert(ip(3));
    net.run_until(at(100_000));
    let (_, failed) = net.ask(RECURSOR, "big.blue.example", RecordType::Txt);
    assert_eq!(failed.outcome, Outcome::ServFail);
}

/// Blue with two servers, at 3 and 4.
fn two_servers() -> Net {
    let ns = format!("{BLUE}\nblue.example 3600 NS ns2.blue.example\nns2.blue.example 3600 A 192.0.2.4");
    let zone = format!("{ns}\nblue.example 300 MX 10 mx.blue.example\nmx.blue.example 60 A 192.0.2.10");
    Net::tree(&ns, &[(3, "blue.example", &zone), (4, "blue.example", &zone)])
}

#[test]
fn a_silent_server_costs_its_timeout_and_is_then_asked_last() {
    let mut net = two_servers();
    net.servers.get_mut(&ip(3)).unwrap().set_fault(Fault::Silent);
    let (took, lookup) = net.ask(RECURSOR, "blue.example", RecordType::Mx);
    assert_eq!((took, lookup.outcome), (ms(40 + 800 + 20), Outcome::Records));
    assert_eq!(net.ask(RECURSOR, "mx.blue.example", RecordType::A).0, ms(20), "the other one first now");
}

#[test]
fn a_useless_server_is_passed_over_at_once() {
    for fault in [Fault::ServFail, Fault::Refused] {
        let mut net = two_servers();
        net.servers.get_mut(&ip(3)).unwrap().set_fault(fault);
        assert_eq!(net.ask(RECURSOR, "blue.example", RecordType::Mx).0, ms(40 + 20 + 20));
    }
    // Lame: it points upwards.
    let mut net = two_servers();
    *net.servers.get_mut(&ip(3)).unwrap().zones_mut() = ZoneSet::new();
    net.serve(3, zone("", "example 60 NS ns.example\nns.example 60 A 192.0.2.2"));
    assert_eq!(net.ask(RECURSOR, "blue.example", RecordType::Mx).1.outcome, Outcome::Records);
    assert!(net.events.iter().any(|e| matches!(e, Event::Useless { reason: "not authoritative", .. })));
}

#[test]
fn when_all_are_silent_retries_double_until_ten_seconds() {
    let mut net = two_servers();
    for last in [3, 4] {
        net.servers.get_mut(&ip(last)).unwrap().set_fault(Fault::Silent);
    }
    let (took, lookup) = net.ask(RECURSOR, "blue.example", RecordType::Mx);
    assert_eq!((took, lookup.outcome), (secs(10), Outcome::Timeout));
    let times: Vec<String> =
        net.take_log().iter().skip(2).map(|l| l.split(" ms").next().unwrap().to_string()).collect();
    assert_eq!(times, ["40", "840", "1640", "3240", "4840", "8040"]);
    // Failures are remembered for five seconds.
    assert_eq!(net.ask(RECURSOR, "blue.example", RecordType::Mx).0, ms(0));
    net.run_until(at(15_000));
    for last in [3, 4] {
        net.servers.get_mut(&ip(last)).unwrap().set_fault(Fault::None);
    }
    assert_eq!(net.ask(RECURSOR, "blue.example", RecordType::Mx).1.outcome, Outcome::Records);
}

#[test]
fn servfail_nxdomain_and_timeout_are_told_apart() {
    let mut net = two_servers();
    assert_eq!(net.ask(STUB, "nobody.blue.example", RecordType::A).1.outcome, Outcome::NxDomain);
    for last in [3, 4] {
        net.servers.get_mut(&ip(last)).unwrap().set_fault(Fault::ServFail);
    }
    let (took, lookup) = net.ask(STUB, "blue.example", RecordType::Mx);
    assert_eq!(lookup.outcome, Outcome::ServFail);
    assert!(took < secs(1));
    net.resolvers.remove(&ip(RECURSOR));
    let (took, lookup) = net.ask(STUB, "mx.blue.example", RecordType::A);
    assert_eq!((took, lookup.outcome), (secs(10), Outcome::Timeout), "5 s twice, as resolv.conf says");
}

#[test]
fn questions_in_flight_are_asked_once() {
    let mut net = blue();
    let now = net.now;
    let queries: Vec<_> =
        (0..3).map(|_| net.resolver(RECURSOR).ask(now, &name("blue.example"), RecordType::Mx)).collect();
    net.drain(ip(RECURSOR));
    let ask = net.resolver(STUB).ask(now, &name("blue.example"), RecordType::Mx);
    net.drain(ip(STUB));
    net.run_until(at(1000));
    assert!(queries.iter().all(|q| net.answers.contains_key(&(ip(RECURSOR), *q))));
    assert!(net.answers.contains_key(&(ip(STUB), ask)));
    assert_eq!(net.take_log().len(), 4, "three to the tree and the stub's own");
    assert_eq!(net.events.iter().filter(|e| matches!(e, Event::Coalesced(_))).count(), 3);
}

fn lone_recursor(seed: u64) -> Recursor {
    let config = RecursorConfig::new(vec![RootHint { name: name("a.root"), address: ip(1) }]);
    Recursor::new(config, Streams::new(seed).stream("recursor"))
}

/// Asks, and gives what was sent: port, and question.
fn first_sent(recursor: &mut Recursor) -> (u16, Message) {
    recursor.ask(Instant::ZERO, &name("blue.example"), RecordType::Mx);
    let Some(Output::SendUdp { to, local_port, bytes }) = recursor.poll_output() else { panic!() };
    assert_eq!(to, SocketAddr::new(ip(1), 53));
    (local_port, Message::decode(&bytes).unwrap())
}

#[test]
fn questions_beyond_the_limit_wait_their_turn() {
    let mut recursor = lone_recursor(1);
    let sent = |recursor: &mut Recursor| {
        let outputs = std::iter::from_fn(|| recursor.poll_output());
        let (mut sent, mut answers) = (Vec::new(), Vec::new());
        outputs.for_each(|output| match output {
            Output::SendUdp { local_port, bytes, .. } => sent.push((local_port, Message::decode(&bytes).unwrap())),
            Output::Answer { query, lookup } => answers.push((query, lookup.outcome)),
            _ => {}
        });
        (sent, answers)
    };
    let ask = |recursor: &mut Recursor, when, number: usize| {
        recursor.ask(at(when), &name(&format!("d{number}.example")), RecordType::Mx)
    };
    let queries: Vec<_> = (0..10_500).map(|number| ask(&mut recursor, 0, number)).collect();
    let (first, answers) = sent(&mut recursor);
    assert_eq!((first.len(), answers.len()), (10_000, 0), "none fails");
    let denied = Message { authoritative: true, ..first[3].1.response(Rcode::NxDomain) };
    recursor.handle_response(at(20), SocketAddr::new(ip(1), 53), first[3].0, Transport::Udp, &denied.encode());
    let (next, answers) = sent(&mut recursor);
    assert_eq!(answers, [(queries[3], Outcome::NxDomain)]);
    assert_eq!(next[0].1.question.as_ref().unwrap().name, name("d10000.example"), "first come, first served");
    // Nothing else is answered. After ten seconds those that were sent have timed out; those that were not say so, and
    // nothing is remembered of their names.
    for _ in 0..50 {
        if let Some(due) = recursor.poll_timeout().filter(|due| *due <= at(10_000)) {
            recursor.handle_timeout(due);
        }
    }
    let (_, answers) = sent(&mut recursor);
    let count = |wanted| answers.iter().filter(|(_, outcome)| *outcome == wanted).count();
    assert_eq!((count(Outcome::Timeout), count(Outcome::Busy)), (10_000, 499));
    let again = ask(&mut recursor, 10_000, 10_400);
    let (next, answers) = sent(&mut recursor);
    assert_eq!((next.len(), answers.len()), (1, 0), "{again:?} is asked");
}

#[test]
fn forged_responses_are_ignored() {
    let mut recursor = lone_recursor(1);
    let (port, query) = first_sent(&mut recursor);
    let mut good = query.response(Rcode::NoError);
    good.authoritative = true;
    good.answers.push(Record::new(name("blue.example"), secs(60), RecordData::mx(1, name("evil.example"))));
    let server = SocketAddr::new(ip(1), 53);
    let other = Message { question: Message::query(1, name("x"), RecordType::Mx, false).question, ..good.clone() };
    let forged = [
        (server, port, Message { id: good.id ^ 1, ..good.clone() }, Transport::Udp, "wrong id"),
        (server, port, other, Transport::Udp, "wrong question"),
        (server, port ^ 1, good.clone(), Transport::Udp, "no question in flight from that port"),
        (SocketAddr::new(ip(9), 53), port, good.clone(), Transport::Udp, "not from the server that was asked"),
        (SocketAddr::new(ip(1), 54), port, good.clone(), Transport::Udp, "not from the server that was asked"),
        (server, port, good.clone(), Transport::Tcp, "not from the server that was asked"),
        (server, port, Message { is_response: false, ..good.clone() }, Transport::Udp, "not a response"),
    ];
    for (from, to, message, transport, why) in forged {
        recursor.handle_response(at(1), from, to, transport, &message.encode());
        let output = recursor.poll_output();
        assert_eq!(output, Some(Output::Event(Event::Ignored { from, reason: why })));
        assert_eq!(recursor.poll_output(), None);
    }
    recursor.handle_response(at(2), server, port, Transport::Udp, &good.encode());
    assert!(matches!(recursor.poll_output(), Some(Output::Answer { .. })));
    assert_eq!(recursor.poll_timeout(), None);
}

#[test]
fn a_server_is_believed_only_about_its_zone() {
    // The server of blue slips in an address for a name of green, by alias and as an extra record.
    let mut net = blue();
    let zones = net.servers.get_mut(&ip(3)).unwrap().zones_mut();
    let only_blue = zones.get(&name("blue.example")).cloned();
    *zones = only_blue.into_iter().collect();
    net.ask(RECURSOR, "blue.example", RecordType::Mx);
    let now = net.now;
    let query = net.resolver(RECURSOR).ask(now, &name("out.blue.example"), RecordType::A);
    let Some(Output::SendUdp { local_port, bytes, .. }) = net.resolver(RECURSOR).poll_output() else { panic!() };
    let mut reply = Message::decode(&bytes).unwrap().response(Rcode::NoError);
    reply.authoritative = true;
    let alias = RecordData::Cname(name("host.green.example"));
    reply.answers.push(Record::new(name("out.blue.example"), secs(60), alias));
    reply.answers.push(Record::new(name("host.green.example"), secs(60), RecordData::A([6, 6, 6, 6].into())));
    let now = net.now;
    let from = SocketAddr::new(ip(3), 53);
    net.resolver(RECURSOR).handle_response(now, from, local_port, Transport::Udp, &reply.encode());
    net.drain(ip(RECURSOR));
    net.run_until(at(60_000));
    assert_eq!(net.answers[&(ip(RECURSOR), query)].1.outcome, Outcome::ServFail, "green has no server any more");
}

#[test]
fn ids_and_ports_come_from_the_stream() {
    let sent = |seed| {
        let (port, query) = first_sent(&mut lone_recursor(seed));
        (port, query.id)
    };
    assert_eq!(sent(1), sent(1));
    assert_ne!(sent(1), sent(2));
    assert!(sent(1).0 >= 49_152);
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mut net = two_servers();
        net.servers.get_mut(&ip(3)).unwrap().set_fault(Fault::Silent);
        net.ask(STUB, "blue.example", RecordType::Mx);
        net.ask(STUB, "nobody.blue.example", RecordType::Mx);
        runs.push((net.take_log(), net.replies, net.events));
    }
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn clients_are_told_what_cannot_be_done() {
    let mut recursor = lone_recursor(1);
    let peer = Peer { addr: SocketAddr::new(ip(9), 4000), transport: Transport::Udp, asked: None };
    let mut reply = |bytes: &[u8]| {
        recursor.handle_client(Instant::ZERO, peer, bytes);
        match recursor.poll_output() {
            Some(Output::Reply { bytes, .. }) => Some(Message::decode(&bytes).unwrap().rcode()),
            _ => None,
        }
    };
    let query = Message::query(1, name("blue.example"), RecordType::A, false);
    assert_eq!(reply(&query.encode()), Some(Rcode::Refused), "without the wish for recursion");
    assert_eq!(reply(&Message { opcode: 4, ..query.clone() }.encode()), Some(Rcode::NotImp));
    assert_eq!(reply(&Message { question: None, ..query.clone() }.encode()), Some(Rcode::FormErr));
    assert_eq!(reply(&query.response(Rcode::NoError).encode()), None);
    assert_eq!(reply(b"hello"), None);
}

#[test]
fn a_record_with_no_time_to_live_is_used_once() {
    let zone = format!("{BLUE}\nzero.blue.example 0 A 192.0.2.10\nalias.blue.example 0 CNAME zero.blue.example");
    let mut net = Net::tree(BLUE, &[(3, "blue.example", &zone)]);
    assert_eq!(net.text(STUB, "zero.blue.example", RecordType::A), "192.0.2.10");
    assert_eq!(net.ask(RECURSOR, "zero.blue.example", RecordType::A).0, ms(20));
    assert_eq!(net.text(STUB, "alias.blue.example", RecordType::A), "alias of zero.blue.example.: 192.0.2.10");
}

#[test]
fn the_cache_is_bounded() {
    let zone = format!("{BLUE}\n*.blue.example 3600 A 192.0.2.10");
    let mut net = Net::tree(BLUE, &[(3, "blue.example", &zone)]);
    net.add_recursor(RECURSOR, 1, |config| config.cache_capacity = 20);
    for i in 0..50 {
        assert_eq!(net.text(RECURSOR, &format!("h{i}.blue.example"), RecordType::A), "192.0.2.10");
    }
    assert_eq!(net.ask(RECURSOR, "h49.blue.example", RecordType::A).0, ms(0), "the newest is remembered");
    assert_ne!(
        net.ask(RECURSOR, "h0.blue.example", RecordType::A).0,
        ms(0),
        "what would have expired first is forgotten"
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        flags: u8,
        tcp: bool,
    ) {
        let mut recursor = lone_recursor(1);
        let (port, query) = first_sent(&mut recursor);
        let server = SocketAddr::new(ip(1), 53);
        recursor.handle_response(at(1), server, port, Transport::Udp, &bytes);
        // The right header and question, and then nonsense.
        let mut reply = query.response(Rcode::NoError).encode();
        reply[3] = flags;
        reply[7] = bytes.len() as u8;
        reply.extend_from_slice(&bytes);
        recursor.handle_response(at(1), server, port, Transport::Udp, &reply);
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        recursor.handle_client(at(2), Peer { addr: server, transport, asked: None }, &bytes);
        while recursor.poll_output().is_some() {}
        // Whatever it was, it ends.
        for _ in 0..1000 {
            let Some(due) = recursor.poll_timeout() else { break };
            recursor.handle_timeout(due);
            while recursor.poll_output().is_some() {}
        }
        prop_assert_eq!(recursor.poll_timeout(), None);
    }

    /// Servers that answer with records put together at random: every question ends, in time.
    #[test]
    fn whatever_servers_say_every_question_ends(seed: u64) {
        let mut stream = Streams::new(seed).stream("liar");
        let names = ["", "example", "blue.example", "mx.blue.example", "ns.blue.example", "a.b", "b"].map(name);
        let roots = (0..5).map(|last| RootHint { name: name("a.root"), address: ip(last) }).collect();
        let mut recursor = Recursor::new(RecursorConfig::new(roots), Streams::new(seed).stream("recursor"));
        let query = recursor.ask(Instant::ZERO, &names[2], RecordType::Mx);
        let mut now = Instant::ZERO;
        let mut answered = 0;
        for _ in 0..5000 {
            while let Some(output) = recursor.poll_output() {
                let (to, port, bytes, transport) = match output {
                    Output::SendUdp { to, local_port, bytes } => (to, local_port, bytes, Transport::Udp),
                    Output::SendTcp { to, local_port, bytes } => (to, local_port, bytes, Transport::Tcp),
                    Output::Answer { query: which, .. } => { prop_assert_eq!(which, query); answered += 1; continue }
                    _ => continue,
                };
                let mut reply = Message::decode(&bytes).unwrap().response(Rcode::NoError);
                let pick = |stream: &mut crate::sim::Stream| names[stream.below(7) as usize].clone();
                for section in [0, 0, 1, 1, 1, 2, 2] {
                    if stream.chance_ppm(if section == 0 { 850_000 } else { 300_000 }) { continue }
                    let data = match stream.below(5) {
                        0 => RecordData::A([192, 0, 2, stream.below(5) as u8].into()),
                        1 => RecordData::Cname(pick(&mut stream)),
                        2 | 3 => RecordData::Ns(pick(&mut stream)),
                        _ => RecordData::mx(1, pick(&mut stream)),
                    };
                    let record = Record::new(pick(&mut stream), secs(stream.below(3)), data);
                    match section {
                        0 => reply.answers.push(record),
                        1 => reply.authorities.push(record),
                        _ => reply.additionals.push(record),
                    }
                }
                reply.authoritative = stream.chance_ppm(300_000);
                reply.truncated = stream.chance_ppm(100_000);
                now += Duration::from_millis(1);
                if stream.chance_ppm(50_000) { continue }
                recursor.handle_response(now, to, port, transport, &reply.encode());
            }
            let Some(due) = recursor.poll_timeout() else { break };
            now = now.max(due);
            recursor.handle_timeout(now);
        }
        prop_assert_eq!(answered, 1);
        prop_assert_eq!(recursor.poll_timeout(), None);
        prop_assert!(now <= at(10_000 + 200));
    }
}
