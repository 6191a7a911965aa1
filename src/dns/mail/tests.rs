//! Each rule of RFC 5321 §5.1 and RFC 7505, through a stub, a recursor and name servers.

use std::sync::Arc;

use super::*;
use crate::dns::testing::{Net, RECURSOR, STUB, at, ip, name, secs};
use crate::dns::{Fault, Outcome};
use crate::sim::{Instant, Streams};

const EXAMPLE: &str = "blue.example 3600 NS ns.blue.example
    ns.blue.example 3600 A 192.0.2.3
    dead.example 3600 NS ns.dead.example
    ns.dead.example 3600 A 192.0.2.4
    implicit.example 600 A 192.0.2.20
    null.example 600 MX 0 .
    null.example 600 A 192.0.2.21
    mixed.example 600 MX 0 .
    mixed.example 600 MX 5 mx1.blue.example
    bare.example 600 TXT nothing
    three.example 900 MX 20 mx2.blue.example
    three.example 900 MX 10 mx1.blue.example
    three.example 900 MX 20 mx3.blue.example
    alias.example 600 MX 10 mail.blue.example
    lost.example 600 MX 10 nobody.blue.example
    lost.example 600 MX 20 bare.example
    lost.example 600 A 192.0.2.22
    half.example 600 MX 10 mx.dead.example
    half.example 600 MX 20 mx1.blue.example
    gone.example 600 MX 10 mx.dead.example
    gone.example 600 MX 20 nobody.blue.example
    web.example 600 CNAME three.example
    dual.example 600 MX 10 dual.blue.example";

const BLUE: &str = "blue.example 3600 NS ns.blue.example
    ns.blue.example 3600 A 192.0.2.3
    mx1.blue.example 60 A 192.0.2.11
    mx2.blue.example 600 A 192.0.2.12
    mx3.blue.example 600 A 192.0.2.13
    mx3.blue.example 600 A 192.0.2.14
    mail.blue.example 600 CNAME mx2.blue.example
    dual.blue.example 600 A 192.0.2.15
    dual.blue.example 600 AAAA 2001:db8::15";

fn net_with(last: u8, config: RouterConfig) -> Net {
    let mut net = Net::tree(EXAMPLE, &[(3, "blue.example", BLUE), (4, "dead.example", "")]);
    net.servers.get_mut(&ip(4)).unwrap().set_fault(Fault::ServFail);
    net.routers.insert(ip(last), MailRouter::new(config));
    net
}

fn net() -> Net {
    net_with(STUB, RouterConfig::default())
}

fn failure(net: &mut Net, domain: &str) -> (bool, &'static str, String) {
    let route = net.route(STUB, domain);
    let failure = route.result.as_ref().expect_err(domain);
    (failure.is_permanent(), failure.status(), failure.to_string())
}

#[test]
fn the_lowest_preference_comes_first_and_equals_are_shuffled() {
    let mut net = net();
    let route = net.route(STUB, "three.example");
    assert_eq!(route.to_string(), "10 mx1.blue.example, 20 mx2.blue.example, 20 mx3.blue.example");
    assert_eq!(route.result.as_ref().unwrap()[2].addresses, [ip(13), ip(14)]);
    let mut stream = Streams::new(1).stream("mx");
    let orders: Vec<String> = (0..50)
        .map(|_| route.order(&mut stream).iter().map(|e| e.name.as_str().get(2..3).unwrap()).collect())
        .collect();
    assert!(orders.iter().all(|o| o == "123" || o == "132"), "{orders:?}");
    assert!(orders.contains(&"123".into()) && orders.contains(&"132".into()));
}

#[test]
fn nothing_is_drawn_where_there_is_nothing_to_choose() {
    let mut net = net();
    let route = net.route(STUB, "implicit.example");
    let (mut a, mut b) = (Streams::new(1).stream("x"), Streams::new(1).stream("x"));
    route.order(&mut a);
    assert_eq!(a.bits(), b.bits());
    let none = net.route(STUB, "null.example");
    assert!(none.order(&mut a).is_empty());
}

#[test]
fn routes_are_remembered_until_the_first_record_expires() {
    let mut net = net();
    let first = net.route(STUB, "three.example");
    assert!(first.expires <= net.now + secs(60), "mx1 lives for a minute");
    net.take_log();
    let router = net.routers.get_mut(&ip(STUB)).unwrap();
    let again = router.cached(net.now, &"three.example".parse().unwrap()).unwrap();
    assert!(Arc::ptr_eq(&first, again));
    let just_before = Instant::from_nanos(first.expires.as_nanos() - 1);
    assert!(router.cached(just_before, &first.domain).is_some());
    assert!(router.cached(first.expires, &first.domain).is_none());
    net.run_until(first.expires);
    net.route(STUB, "three.example");
    let log = net.take_log();
    assert!(log.iter().any(|l| l.contains("mx1.blue.example. A")), "{log:?}");
    assert!(!log.iter().any(|l| l.contains("three.example. MX")), "the rest is still known: {log:?}");
}

#[test]
fn no_mx_but_an_address_is_an_implicit_mx() {
    let mut net = net();
    let route = net.route(STUB, "implicit.example");
    assert_eq!(route.to_string(), "0 implicit.example");
    assert_eq!(
        (route.notes.as_slice(), &route.result.as_ref().unwrap()[0].addresses),
        (&[Note::ImplicitMx][..], &vec![ip(20)])
    );
}

#[test]
fn failures_have_their_codes() {
    let mut net = net();
    assert_eq!(
        failure(&mut net, "null.example"),
        (true, "5.1.10", "domain null.example does not accept mail (null MX)".into())
    );
    assert_eq!(failure(&mut net, "nowhere.example"), (true, "5.1.2", "domain nowhere.example not found".into()));
    let (permanent, status, _) = failure(&mut net, "bare.example");
    assert_eq!((permanent, status), (true, "5.4.4"));
    let (permanent, status, _) = failure(&mut net, "lost.example");
    assert_eq!((permanent, status), (true, "5.4.4"), "the domain's own address does not count");
    let (permanent, status, text) = failure(&mut net, "dead.example");
    assert_eq!((permanent, status), (false, "4.4.3"));
    assert_eq!(text, "name server error for dead.example: SERVFAIL");
    let (permanent, status, _) = failure(&mut net, "gone.example");
    assert_eq!((permanent, status), (false, "4.4.3"), "one of them may come back");
    net.servers.get_mut(&ip(4)).unwrap().set_fault(Fault::Silent);
    let later = net.now + secs(60);
    net.run_until(later);
    let (permanent, _, text) = failure(&mut net, "dead.example");
    assert_eq!((permanent, text), (false, "name server error for dead.example: timeout".into()));
}

#[test]
fn denials_are_remembered_and_temporary_failures_are_not() {
    let mut net = net();
    let missing = net.route(STUB, "nowhere.example");
    assert!(missing.expires > net.now + secs(200) && missing.expires <= net.now + secs(300));
    let dead = net.route(STUB, "dead.example");
    assert!(dead.expires <= net.now);
}

#[test]
fn a_null_mx_beside_others_is_left_out() {
    let mut net = net();
    let route = net.route(STUB, "mixed.example");
    assert_eq!(
        (route.to_string().as_str(), route.notes.as_slice()),
        ("5 mx1.blue.example", &[Note::NullMxIgnored][..])
    );
}

#[test]
fn an_exchange_that_is_an_alias_is_followed_with_a_note() {
    let mut net = net();
    let route = net.route(STUB, "alias.example");
    assert_eq!(route.result.as_ref().unwrap()[0].addresses, [ip(12)]);
    let (exchange, canonical) = (name("mail.blue.example"), name("mx2.blue.example"));
    assert_eq!(route.notes, [Note::ExchangeIsAlias { exchange, canonical }]);
    assert_eq!(net.route(STUB, "web.example").result, net.route(STUB, "three.example").result, "RFC 5321 §5.1");
}

#[test]
fn an_exchange_without_address_is_left_out() {
    let mut net = net();
    let route = net.route(STUB, "half.example");
    assert_eq!(route.to_string(), "20 mx1.blue.example");
    let skipped = Note::ExchangeSkipped { exchange: name("mx.dead.example"), outcome: Outcome::ServFail };
    assert_eq!(route.notes, [skipped]);
    assert!(route.expires <= net.now + secs(5), "the better one may come back soon");
}

#[test]
fn this_host_and_what_is_no_better_are_left_out() {
    let own = |n: &str| RouterConfig { own_names: vec![n.parse().unwrap()], ..RouterConfig::default() };
    let mut net = net_with(STUB, own("mx3.blue.example"));
    let route = net.route(STUB, "three.example");
    assert_eq!((route.to_string().as_str(), route.notes.len()), ("10 mx1.blue.example", 1));
    let mut net = net_with(STUB, own("mx1.blue.example"));
    assert_eq!(
        failure(&mut net, "three.example"),
        (true, "5.4.6", "mail for three.example loops back to myself".into())
    );
    // By address, also for an implicit MX and a literal.
    let config = RouterConfig { own_addresses: vec![ip(20)], ..RouterConfig::default() };
    let mut net = net_with(STUB, config);
    assert_eq!(failure(&mut net, "implicit.example").1, "5.4.6");
    assert_eq!(failure(&mut net, "[192.0.2.20]").1, "5.4.6");
    // A better one that is only out of sight for now is worth waiting for.
    let mut net = net_with(STUB, own("mx1.blue.example"));
    assert_eq!(failure(&mut net, "half.example").1, "4.4.3");
}

#[test]
fn literals_need_no_name_server() {
    let mut net = net();
    let route = net.route(STUB, "[192.0.2.77]");
    assert_eq!(route.result.as_ref().unwrap()[0].addresses, [ip(77)]);
    let v6 = net.route(STUB, "[IPv6:2001:db8::1]");
    assert_eq!(v6.result.as_ref().unwrap()[0].addresses, ["2001:db8::1".parse::<IpAddr>().unwrap()]);
    let too_long = [&"a".repeat(62), &"b".repeat(63), &"c".repeat(63), &"d".repeat(63)].map(String::as_str).join(".");
    assert_eq!(failure(&mut net, &too_long).1, "5.1.2");
    assert!(net.take_log().is_empty());
}

#[test]
fn both_families_are_asked_for_where_wanted() {
    for (families, count, first) in [
        (AddressFamilies::Ipv4, 1, "192.0.2.15"),
        (AddressFamilies::Ipv6, 1, "2001:db8::15"),
        (AddressFamilies::Both, 2, "2001:db8::15"),
    ] {
        let mut net = net_with(RECURSOR, RouterConfig { families, ..RouterConfig::default() });
        let route = net.route(RECURSOR, "dual.example");
        let addresses = &route.result.as_ref().unwrap()[0].addresses;
        assert_eq!((addresses.len(), addresses[0].to_string().as_str()), (count, first));
    }
}

#[test]
fn look_ups_for_one_domain_share_one_id() {
    let mut net = net();
    let domain = "three.example".parse().unwrap();
    let resolver = net.resolvers.get_mut(&ip(STUB)).unwrap();
    let router = net.routers.get_mut(&ip(STUB)).unwrap();
    let first = router.lookup(resolver, at(0), &domain);
    assert_eq!(first, router.lookup(resolver, at(0), &domain));
    assert!(matches!(first, RouterPoll::Pending(_)));
    net.drain(ip(STUB));
    net.run_until(at(5000));
    let router = net.routers.get_mut(&ip(STUB)).unwrap();
    let routed = router.poll_output().unwrap();
    assert_eq!((RouterPoll::Pending(routed.id), router.poll_output()), (first, None));
    assert!(matches!(
        router.lookup(net.resolvers.get_mut(&ip(STUB)).unwrap(), at(5000), &domain),
        RouterPoll::Ready(_)
    ));
}
