//! Good files and the plans they make.

use std::sync::Arc;

use super::{FIRST, good};
use crate::agent::user::Letter;
use crate::identity::{Mailbox, ReversePath};
use crate::mime::{Body, Draft};
use crate::queue::Schedule;
use crate::scenario::*;
use crate::sim::calendar::Calendar;
use crate::sim::{Distribution, Duration, Instant};
use crate::smtp::Extension;
use crate::trace::HostId;
use crate::world::Change;

fn mta(plan: &Plan, name: &str) -> MtaPlan {
    match &plan.host(plan.find_host(name).unwrap()).role {
        Role::Mta(mta) => (**mta).clone(),
        other => panic!("{name} is {other:?}"),
    }
}

/// A mail that its sender composes.
fn written(plan: &Plan, place: usize) -> &Draft {
    match &plan.mail[place].letter {
        Letter::Written(draft) => draft,
        other => panic!("{other:?}"),
    }
}

fn records(plan: &Plan, zone: &str) -> Vec<String> {
    let zone = plan.zones.iter().find(|z| z.origin.as_str() == zone).unwrap();
    zone.records.iter().map(|r| format!("{} {} {}", r.name, r.data.rtype(), r.data)).collect()
}

#[test]
fn the_first_message() {
    let plan = good(FIRST);
    assert_eq!((plan.title.as_str(), plan.seed, plan.hosts.len(), plan.links.len()), ("A first message", 1, 3, 2));
    assert_eq!(plan.start_unix_secs, 1_767_603_600);
    let server = mta(&plan, "mail.green.example");
    assert_eq!(server.clients, [HostId(0)]);
    assert_eq!(server.domains[0].mailboxes.iter().map(|m| &**m).collect::<Vec<_>>(), ["alice", "postmaster"]);
    assert_eq!(server.sending.queue.schedule, Schedule::Rfc5321);
    let Role::User(user) = &plan.hosts[0].role else { panic!() };
    assert_eq!((user.submits_to, user.port), (Some(SubmitsTo::Host(HostId(1))), 587));
    assert_eq!(plan.links[1].forward.latency, Duration::from_millis(40));
    assert_eq!(plan.links[1].back.bandwidth_bps, Some(100_000_000));
    assert_eq!(&*plan.links[1].label, "40 ms, 100 Mbit/s");
    assert_eq!(&*plan.links[0].label, "Wifi");
    assert_eq!(
        records(&plan, "blue.example"),
        ["mx.blue.example. A 192.0.2.3", "blue.example. MX 10 mx.blue.example."]
    );
    assert_eq!(records(&plan, "in-addr.arpa").len(), 2);
    assert!(plan.needs_implied_name_server());
    let mail = &plan.mail[0];
    assert_eq!(
        (mail.at, mail.host, mail.submit_to, mail.port),
        (Instant::from_nanos(1_000_000_000), HostId(0), SubmitsTo::Host(HostId(1)), 587)
    );
    assert_eq!(mail.recipients[0].as_str(), "bob@blue.example");
    let expectation = &plan.expectations[0];
    assert!(FIRST[expectation.span.clone()].starts_with("Delivered("));
}

#[test]
fn the_starter() {
    let plan = good(&starter("My \"first\" \\ try\n"));
    assert_eq!(plan.title, "My first  try");
    assert_eq!(plan.mail[0].recipients.len(), 2);
    assert_eq!(plan.faults[0].lasting, Some(Duration::from_mins(30)));
}

const EVERYTHING: &str = r##"#![enable(implicit_some)]
(
    title: "Everything", about: "all that can be said", seed: 7, start: "2026-03-01 12:00 +01:00", zone: "+01:00",
    run_for: Some("30d"), resolver: "ns.example", resolver_latency: "2ms", nowhere: ["gone.example", "nobody@blue.example"],
    hosts: {
        "laptop": User(mailboxes: ["alice@green.example", "\"a b\"@green.example"], submits_to: "mail.green.example",
            port: 25, ipv6: true, clock: "-90s", zone: "-05:00", esmtp: false, pipelining: false, reply_timeout: "1min",
            dns_cache: false),
        "attacker": User(mailbox: "eve@evil.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: {"green.example": ["alice", "bob"]}, smarthost: "gate.example",
            retry: Custom(delays: ["1min", "2min"]), lifetime: "1d", delay_warning: "4h", outbound_addresses: 8, concurrency: 2,
            mails_per_connection: 1, idle: "0s", recipients_per_transaction: 5, sessions_per_attempt: 3),
        "gate.example": Mta(relay_for: ["blue.example"], routes: {"blue.example": "mx1.blue.example"}, clients: ["attacker"],
            outbound_addresses: ["198.51.100.200"], retry: Exim, delay_warning: Never, open_relay: true),
        "mx1.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob", "carol"], catch_all: true, address: "203.0.113.7",
            forwards: {"bob@blue.example": ["bob@green.example", "alice@green.example"], "carol@blue.example": ["x@gone.example"]},
            without: [Pipelining, Size], esmtp: false, unknown_users: AcceptThenBounce, hop_limit: 30, max_size: "1MiB",
            max_recipients: 3, greylist: (delay: "5min", by_network: true), idle_timeout: "1min", processing: "100ms",
            replies: [
                (to: Rcpt, matching: "bob@blue.example", nth: (1, 2), reply: "451 4.3.0 Try later"),
                (to: EndOfData, nth: 3, client: "gate.example", from: "1h", until: "2h", reply: "421", close: true),
            ]),
        "ns.example": NameServer(zones: ["blue.example"], recursive: true, processing: "1ms"),
        "r1": Router,
    },
    links: [
        ("laptop", "mail.green.example", Dsl),
        ("attacker", "r1"),
        ("mail.green.example", "r1", (preset: Cable, latency: "50ms", back: (loss: "1 %"))),
        ("gate.example", "r1", (latency: "1ms", jitter: "1ms", bandwidth: Unlimited, buffer: "64KiB", loss: "0.5 %", mtu: 1280)),
        ("mx1.blue.example", "r1", "Lan"),
        ("ns.example", "r1", Fibre),
    ],
    zones: {
        "blue.example": [
            ("@", "MX 10 mx1.blue.example"), ("@", "MX 20 mx2.gone.example", "1d"), ("@", "TXT \"v=spf1 -all\""),
            ("www", "CNAME mx1.blue.example"), ("mx9.blue.example.", "A 192.0.2.200"),
            ("mx2", "AAAA 2001:db8::99"), ("sub", "NS ns.example"), ("null", "MX 0 ."),
        ],
        "dead.example": (records: [("@", "MX 0 .")], ttl: "1d", negative_ttl: "1min", hosts: false),
    },
    mail: [
        (from: "alice@green.example", to: ["bob@blue.example"], cc: ["carol@blue.example"], bcc: ["x@gone.example"],
         subject: "Grüße", text: "a\r\nb", headers: [("X-A", "ü")], size: "10KiB", count: 3, every: Exponential("6s")),
        (at: "5s", from: "president@bank.example", by: "attacker", via: "mx1.blue.example", mail_from: "<>", port: 25,
         to: ["whoever@anywhere.test"], rcpt: ["nobody@blue.example", "y@dead.example"]),
    ],
    traffic: [
        (name: "chat", from: ["laptop", "alice@green.example"], to: ["bob@blue.example"], rate: "10/min",
         sizes: Pareto(minimum: "2KiB", shape: 1.5), start: "1h", stop: "2h", count: 10, subject: "n {n}"),
        (from: ["laptop"], to: ["carol@blue.example"], every: Uniform("1s", "2s"), sizes: Uniform("1KiB", "2KiB"), count: 5),
    ],
    faults: [
        (at: "1s", what: Down(link: ("r1", "gate.example")), lasting: "1h"),
        (when: FinalDot(at: "mx1.blue.example", nth: 2), what: Down(link: ("mx1.blue.example", "r1")), lasting: "30s"),
        (when: Said(by: "gate.example", line: "250", nth: 4), what: Drop(link: ("gate.example", "r1"), from: "r1", packets: 3)),
        (when: Heard(by: "gate.example", line: "mail from"), what: Loss(link: ("gate.example", "r1"), loss: "50 %")),
        (at: "2s", what: Down(host: "mx1.blue.example")), (at: "1h", what: Up(host: "mx1.blue.example")),
        (at: "1h", what: Dns(server: "ns.example", mode: Silent), lasting: "1min"), (at: "2h", what: Dns(mode: ServFail)),
        (at: "1d", what: SetRecord(zone: "blue.example", record: "MX 5 mx1.blue.example", ttl: "5min")),
        (at: "2d", what: RemoveRecord(zone: "blue.example", name: "www", rtype: CNAME)),
        (at: "3d", what: AddRecord(zone: "blue.example", name: "@", record: "A 192.0.2.1")),
        (at: "4d", what: Latency(link: ("gate.example", "r1"), latency: "1s")), (at: "5d", what: Up(link: ("gate.example", "r1"))),
    ],
    expect: [
        Delivered(to: "carol@blue.example", copies: AtLeast(1), subject: "Grüße", within: "1d", after: "1s", by: "2d"),
        NotDelivered(to: "x@gone.example"),
        Bounced(to: "x@gone.example", status: "5.1.2", code: 550, contains: "no", by: "mail.green.example",
            report_to: "alice@green.example", within: "6d", after: "1s", count: (1, 2)),
        Attempts(to: "bob@blue.example", by: "mail.green.example", count: 3),
        Hops(to: "carol@blue.example", hosts: ["laptop", "mail.green.example"]),
        QueueEmpty, QueueEmpty(host: "gate.example"), NothingLost,
        Reply(from: "mx1.blue.example", to: "gate.example", code: "451", contains: "later", count: AtLeast(2)),
        Command(from: "gate.example", to: "mx1.blue.example", line: "QUIT", count: AtMost(9)),
        Lookup(host: "gate.example", name: "blue.example", rtype: MX, result: "mx1", cached: false),
        Unsent(to: "bob@blue.example", code: 550), Policy(host: "mx1.blue.example", policy: "greylist", decision: "defer"),
        Connections(from: "gate.example", to: "mx1.blue.example", count: 2),
        Fetched(by: "laptop", to: "carol@blue.example", subject: "Grüße", protocol: Imap, whole: true, within: "1h", count: 1),
        Seen(by: "laptop", to: "carol@blue.example", within: "1d"), InFolder(mailbox: "carol@blue.example", folder: "Trash"),
        Flags(mailbox: "carol@blue.example", has: ["Seen"], hasnt: ["$Junk"]), MailboxCount(mailbox: "carol@blue.example", count: 2),
        Total(delivered: AtLeast(1), bounced: 0, sent: 5, unsent: 0, queued: 0),
    ],
)
"##;

#[test]
fn everything_at_once() {
    let plan = good(EVERYTHING);
    assert_eq!(plan.start_unix_secs, 1_772_362_800);
    assert_eq!(plan.hosts[0].calendar, Calendar::new(1_772_362_800 - 90, -300));
    assert_eq!(plan.hosts[1].calendar, Calendar::new(1_772_362_800, 60));
    assert_eq!(plan.hosts[0].ipv6.unwrap().to_string(), "2001:db8::1");
    let ns = plan.find_host("ns.example");
    assert!(plan.hosts.iter().all(|h| h.resolver == ns));
    let green = mta(&plan, "mail.green.example");
    assert_eq!(green.outbound_addresses.len(), 8);
    assert_eq!(green.outbound_addresses[0].to_string(), "198.51.100.1");
    assert_eq!(
        green.sending.queue.schedule,
        Schedule::Custom {
            delays: vec![Duration::from_mins(1), Duration::from_mins(2)],
            lifetime: green.sending.queue.lifetime.unwrap()
        }
    );
    let gate = mta(&plan, "gate.example");
    assert_eq!(gate.clients, [plan.find_host("attacker").unwrap(), plan.find_host("mail.green.example").unwrap()]);
    let retry = &gate.sending.queue;
    assert_eq!((retry.lifetime, retry.delay_warning), (Some(Duration::from_hours(96)), None));
    let blue = mta(&plan, "mx1.blue.example");
    let offer = blue.server.offer;
    assert!(!offer.has(Extension::Pipelining) && offer.has(Extension::EightBitMime) && !blue.server.esmtp);
    assert_eq!(blue.replies[0].rule.nth, (1, 2));
    assert_eq!(blue.replies[0].rule.reply.text().to_vec(), b"4.3.0 Try later");
    assert!(blue.replies[1].rule.close);
    assert_eq!(blue.clients.len(), 1);
    // The preset differs by direction; what is said for the link holds for both.
    let cable = &plan.links[2];
    assert_eq!((cable.forward.latency, cable.back.latency), (Duration::from_millis(50), Duration::from_millis(50)));
    assert_eq!((cable.forward.bandwidth_bps, cable.back.bandwidth_bps), (Some(20_000_000), Some(250_000_000)));
    assert_eq!((cable.forward.loss_ppm, cable.back.loss_ppm), (100, 10_000));
    let records = records(&plan, "blue.example");
    assert!(records.contains(&"null.blue.example. MX 0 .".into()), "{records:?}");
    assert!(records.contains(&"mx1.blue.example. A 203.0.113.7".into()), "{records:?}");
    assert_eq!(written(&plan, 0).body, Body::plain("a\nb"));
    assert_eq!(plan.mail[0].every, Distribution::Exponential(6_000_000_000));
    let forged = &plan.mail[1];
    assert_eq!((&forged.reverse_path, forged.port, forged.recipients.len()), (&ReversePath::Null, 25, 2));
    assert_eq!(written(&plan, 1).to, ["whoever@anywhere.test".parse::<Mailbox>().unwrap().into()]);
    assert_eq!(plan.traffic[0].from.len(), 3);
    assert_eq!(plan.traffic[0].size_bytes, Distribution::Pareto { minimum: 2048, shape_thousandths: 1500 });
    assert_eq!(plan.faults.len(), 13);
    assert_eq!(plan.expectations.len(), 20);
}

#[test]
fn a_generated_internet() {
    let plan = good(
        r#"(title: "large", hosts: {"probe": User(mailbox: "p@probe.example", submits_to: "mx.site001.example")},
            links: [("probe", "core1", Satellite)],
            sites: (count: 200, users_per_site: 5, core_routers: 8, mta: (retry: Postfix, concurrency: 3),
                mail: (count: 5000, rate: "100/min", sizes: Uniform("1KiB", "8KiB"))),
            faults: [(at: "10s", what: Down(host: "mx.site007.example"), lasting: "1h")],
            expect: [Total(delivered: 5000, bounced: 0), QueueEmpty, NothingLost])"#,
    );
    assert_eq!(plan.hosts.len(), 1 + 8 + 200 * 6);
    assert_eq!(plan.links.len(), 1 + 12 + 200 * 6);
    assert_eq!(plan.traffic[0].from.len(), 1000);
    assert_eq!(plan.traffic[0].count, 5000);
    assert_eq!(mta(&plan, "mx.site200.example").sending.queue.limits.most_connections, 3);
    assert_eq!(mta(&plan, "mx.site001.example").clients.len(), 6);
    let user = |name| match &plan.host(plan.find_host(name).unwrap()).role {
        Role::User(user) => user,
        other => panic!("{name} is {other:?}"),
    };
    let (one, other) = (user("pc1.site001.example"), user("pc5.site200.example"));
    assert_eq!(other.mailboxes, ["user5@site200.example".parse().unwrap()]);
    assert_eq!((other.submits_to, other.port), (plan.find_host("mx.site200.example").map(SubmitsTo::Host), 587));
    assert_eq!((other.sending.queue.limits.most_connections, other.sending.courier.responsible), (3, false));
    // What all sites have in common is there once.
    let (first, last) = (mta(&plan, "mx.site001.example"), mta(&plan, "mx.site200.example"));
    assert!(Arc::ptr_eq(&one.sending.courier, &other.sending.courier));
    assert!(Arc::ptr_eq(&one.sending.queue, &other.sending.queue));
    assert!(Arc::ptr_eq(&first.sending.courier, &last.sending.courier) && Arc::ptr_eq(&first.server, &last.server));
    // Every address is used once.
    let mut addresses: Vec<_> = plan.hosts.iter().map(|h| h.ipv4).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), plan.hosts.len());
}

#[test]
fn many_hosts_load_soon() {
    let started = std::time::Instant::now();
    let plan = good("(sites: (count: 49999, users_per_site: 3, core_routers: 4))");
    assert_eq!(plan.hosts.len(), 200_000);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn backups_and_mx_order() {
    let plan = good(
        r#"(hosts: {"a.example": Mta(relay_for: ["blue.example"]), "mx.blue.example": Mta(domains: ["blue.example"])},
            links: [("a.example", "mx.blue.example")])"#,
    );
    let mx: Vec<String> = records(&plan, "blue.example").into_iter().filter(|r| r.contains("MX")).collect();
    assert_eq!(mx, ["blue.example. MX 10 mx.blue.example.", "blue.example. MX 20 a.example."]);
}

#[test]
fn the_reference_page_names_everything() {
    let page = reference();
    for word in ["submits_to", "**required**", "| `Dsl` |", "FinalDot", "NothingLost", "hop_limit", "RemoveRecord"] {
        assert!(page.contains(word), "{word}");
    }
    assert!(!page.contains("  |  |"));
}

#[test]
fn letters_are_kept_where_they_are_few_or_the_file_says_so() {
    let keeps = |count: u64, more: &str| {
        let text = format!(
            r#"(
                hosts: {{
                    "laptop": User(mailbox: "a@blue.example", submits_to: "mx.blue.example"),
                    "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["b"]),
                }},
                links: [("laptop", "mx.blue.example", Lan)],
                mail: [(from: "a@blue.example", to: ["b@blue.example"], count: {count}, every: "1s")],{more}
            )"#
        );
        load("few.ron", &text).expect("a scenario").keep_mail
    };
    assert_eq!([keeps(10_000, ""), keeps(10_001, "")], [true, false]);
    assert_eq!([keeps(1, "keep_mail: false"), keeps(10_001, "keep_mail: true")], [false, true]);
}

#[test]
fn faults_may_be_listed_in_any_order() {
    let faults = r#"faults: [
        (at: "0x1 s", what: Down(host: "laptop")),
    ], mail: ["#;
    assert!(load("test.ron", &FIRST.replace("mail: [", faults)).is_err(), "units have plain numbers");
    let faults = r#"faults: [
        (at: "3s", what: Down(host: "laptop")),
        (at: "1s", what: Down(host: "mail.green.example")),
        (at: "3s", what: Up(host: "laptop")),
        (at: "2s", what: Up(host: "mail.green.example")),
    ], mail: ["#;
    let plan = good(&FIRST.replace("mail: [", faults));
    let said: Vec<String> = plan.faults.iter().map(|f| format!("{:?} {:?}", f.when, f.what)).collect();
    let at = |secs| format!("{:?}", Trigger::At(Instant::ZERO + Duration::from_secs(secs)));
    let expected = [
        (1, Change::Host { host: HostId(1), up: false }),
        (2, Change::Host { host: HostId(1), up: true }),
        (3, Change::Host { host: HostId(0), up: false }),
        (3, Change::Host { host: HostId(0), up: true }),
    ];
    assert_eq!(said, expected.map(|(secs, fault)| format!("{} {fault:?}", at(secs))));
}
