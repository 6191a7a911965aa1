//! A host is disk and memory: whenever it goes down, what it has said 250 to is still there, and nothing else is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use postroad::scenario::{self, BuildOptions, Plan};
use postroad::sim::Instant;
use postroad::trace::jsonl::{Detail, JsonLines};
use postroad::trace::{Direction, HostId, MailId, Record, Side, Verdict, What};

use super::conservation::check;
use super::lab::{self, Look, Run};

/// Two hops with two recipients, one of whom nobody knows: a delivery and a report.
const LETTER_AND_REPORT: &str = r#"(
    title: "A letter and a report",
    hosts: {
        "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
        "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"]),
    },
    links: [("laptop", "mail.green.example", Lan), ("mail.green.example", "mx.blue.example", (latency: "20ms"))],
    mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example", "nobody@blue.example"])],
    nowhere: ["nobody@blue.example"],
)"#;

/// A greylist that makes the mail wait, and a forward to a third host.
const GREYLIST_AND_FORWARD: &str = r#"(
    title: "A greylist and a forward",
    hosts: {
        "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
        "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["carol"], forwards: { "bob@blue.example": ["bob@red.example", "carol@blue.example"] },
                                  greylist: "2min"),
        "mx.red.example":     Mta(domains: ["red.example"], mailboxes: ["bob"]),
    },
    links: [
        ("laptop", "mail.green.example", Lan), ("mail.green.example", "mx.blue.example", (latency: "20ms")),
        ("mx.blue.example", "mx.red.example", (latency: "5ms")),
    ],
    mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"])],
)"#;

/// Two mails that are submitted behind TLS by somebody who logs in, the second with a ticket of the first, over a line that loses packets; one goes on by
/// STARTTLS.
#[cfg(feature = "tls")]
const SEALED: &str = r#"(
    title: "Sealed submission",
    hosts: {
        "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example", port: 465,
                                   login: "alice@green.example", password: "sesame"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice", "carol"], listens: { 25: Smtp, 465: Submissions },
                                  certificate: Good, tls: IfOffered, accounts: { "alice@green.example": "sesame" },
                                  mechanisms: [ScramSha256]),
        "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"], certificate: Good),
    },
    links: [("laptop", "mail.green.example", (latency: "15ms", loss: "2 %")), ("mail.green.example", "mx.blue.example", (latency: "20ms"))],
    mail: [
        (at: "1s", from: "alice@green.example", to: ["carol@green.example", "bob@blue.example"], subject: "one", size: "9kB"),
        (at: "9s", from: "alice@green.example", to: ["carol@green.example"], subject: "two"),
    ],
)"#;

/// A line that loses packets, a second exchanger, and two mails on one connection.
const LOSSY_LINE: &str = r#"(
    title: "A lossy line and two mails",
    hosts: {
        "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
        "mx1.blue.example":   Mta(domains: ["blue.example"], mailboxes: ["bob"]),
        "mx2.blue.example":   Mta(relay_for: ["blue.example"]),
    },
    links: [
        ("laptop", "mail.green.example", Lan), ("mail.green.example", "mx1.blue.example", (latency: "10ms", loss: "3 %")),
        ("mail.green.example", "mx2.blue.example", (latency: "15ms")), ("mx2.blue.example", "mx1.blue.example", (latency: "5ms")),
    ],
    zones: { "blue.example": [("@", "MX 10 mx1.blue.example"), ("@", "MX 20 mx2.blue.example")] },
    mail: [
        (at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "one"),
        (at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "two"),
    ],
)"#;

/// A server that looks the client up before it greets, and the sender before it answers MAIL, takes a while to write a mail
/// down, and has an alias that leads to a list.
const QUESTIONS: &str = r#"(
    title: "Questions before answers",
    hosts: {
        "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
        "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob", "carol"], sender_domain: MustExist, processing: "30ms",
                                  client_name: MustLeadBack,
                                  forwards: { "all@blue.example": ["bob@blue.example", "carol@blue.example", "all@blue.example"] }),
        "ns.example":         NameServer(zones: ["green.example", "blue.example"], processing: "40ms"),
    },
    links: [
        ("laptop", "mail.green.example", Lan), ("mail.green.example", "mx.blue.example", (latency: "20ms")),
        ("ns.example", "mx.blue.example", (latency: "15ms")),
    ],
    mail: [(at: "1s", from: "alice@green.example", to: ["all@blue.example"])],
    nowhere: [],
)"#;

/// From when until when a hop of a mail is in doubt for one of its two hosts (RFC 1047): the client has sent the final dot,
/// or the server has taken the mail, and the client has not heard of it.
fn doubts(records: &[Record]) -> Vec<(MailId, HostId, Instant, Instant)> {
    let mut said: BTreeMap<(MailId, Option<u16>), Instant> = BTreeMap::new();
    let mut taken: BTreeMap<(MailId, Option<u16>), (HostId, Instant)> = BTreeMap::new();
    let mut doubts = Vec::new();
    for record in records {
        let Some(mail) = record.mail else { continue };
        let hop = (mail, record.hop);
        match &record.what {
            What::Line { direction: Direction::Sent, side: Side::Client, text, .. } if text.visible() == "." => {
                said.insert(hop, record.at);
            }
            What::Accepted { .. } => {
                taken.insert(hop, (record.host, record.at));
            }
            What::Outcome { verdict: Verdict::Accepted, .. } => {
                if let (Some(dot), Some((server, from))) = (said.get(&hop), taken.get(&hop)) {
                    doubts.extend([(mail, *server, *from, record.at), (mail, record.host, *dot, record.at)]);
                }
            }
            _ => {}
        }
    }
    doubts
}

/// How often each mail was filed for whom.
fn copies(run: &Run) -> BTreeMap<(MailId, String), u32> {
    let mut copies = BTreeMap::new();
    for record in &run.records {
        if let (Some(mail), What::Delivered { recipient, .. }) = (record.mail, &record.what) {
            *copies.entry((mail, recipient.to_string())).or_default() += 1;
        }
    }
    copies
}

/// The time at which the crash of a run happened.
fn crashed_at(run: &Run) -> Instant {
    let crash = run.records.iter().find(|r| matches!(r.what, What::Condition { .. }));
    crash.expect("it crashed").at
}

/// Crashes every server at every event, and looks at what came of it. Returns how many runs there were, and in how many a
/// mail came twice.
fn crash_everywhere(text: &str) -> (u64, u64) {
    let plan: Plan = lab::plan(text);
    let calm = lab::run(&plan, Look { records: true, ..Look::default() });
    check(&calm).unwrap();
    let events = calm.report.as_ref().unwrap().events;
    let wanted: BTreeSet<_> = copies(&calm).into_keys().map(|(_, to)| to).collect();
    let servers: Vec<HostId> =
        (0..).map(HostId).zip(&calm.roster.hosts).filter(|(_, h)| &*h.role == "mta").map(|(id, _)| id).collect();
    let (mut runs, mut twice) = (0, 0);
    for host in servers {
        for event in 0..=events {
            let look = Look { records: true, crash: Some((event, host)), ..Look::default() };
            let run = lab::run(&plan, look);
            let name = &calm.roster.hosts[host.0 as usize].name;
            let place = format!("{name} goes down after event {event}");
            check(&run).unwrap_or_else(|wrong| panic!("{place}: {wrong}"));
            let copies = copies(&run);
            let reached: BTreeSet<_> = copies.keys().map(|(_, to)| to.clone()).collect();
            assert_eq!(reached, wanted, "{place}");
            let at = crashed_at(&run);
            for ((mail, to), count) in &copies {
                let doubtful = doubts(&calm.records)
                    .iter()
                    .filter(|(_, of, from, until)| *of == host && (*from..=*until).contains(&at))
                    .count();
                assert!(*count <= 1 + u32::from(doubtful > 0), "{place}: {count} copies of {mail:?} for {to}");
                twice += u64::from(*count > 1);
            }
            runs += 1;
        }
    }
    (runs, twice)
}

#[test]
fn a_crash_at_any_event_loses_nothing_and_a_report_comes_all_the_same() {
    let (runs, twice) = crash_everywhere(LETTER_AND_REPORT);
    assert!(runs > 90 && twice > 0, "{runs} runs, {twice} of them with a second copy");
}

#[test]
fn a_crash_at_any_event_loses_nothing_on_the_way_through_a_greylist_and_a_forward() {
    let (runs, twice) = crash_everywhere(GREYLIST_AND_FORWARD);
    assert!(runs > 250 && twice > 0, "{runs} runs, {twice} of them with a second copy");
}

#[test]
fn a_crash_at_any_event_loses_nothing_over_a_lossy_line() {
    let (runs, twice) = crash_everywhere(LOSSY_LINE);
    assert!(runs > 250 && twice > 0, "{runs} runs, {twice} of them with a second copy");
}

#[test]
fn a_crash_at_any_event_loses_nothing_while_a_session_waits_for_a_look_up_or_the_disk() {
    let (runs, twice) = crash_everywhere(QUESTIONS);
    assert!(runs > 150 && twice > 0, "{runs} runs, {twice} of them with a second copy");
}

#[test]
#[cfg(feature = "tls")]
fn a_crash_at_any_event_loses_nothing_behind_tls() {
    let (runs, twice) = crash_everywhere(SEALED);
    assert!(runs > 60 && twice > 0, "{runs} runs, {twice} of them with a second copy");
}

/// The lines of a trace from this one on.
fn lines(trace: &[u8]) -> Vec<&[u8]> {
    trace.split(|b| *b == b'\n').filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_copy_of_a_world_goes_on_to_the_same_bytes() {
    /// Moments at which a world is copied.
    const MOMENTS: u64 = 100;
    let shipped = lab::shipped()
        .into_iter()
        .filter(|(name, _)| ["06", "09", "14", "17"].iter().any(|number| name.contains(number)));
    let shipped = shipped.chain([("forgetful".to_owned(), lab::plan(super::determinism::FORGETFUL))]);
    #[cfg(feature = "tls")]
    let shipped = shipped.chain([("sealed".to_owned(), lab::plan(SEALED))]);
    for (name, plan) in shipped {
        let watch = |world: &mut postroad::world::World| {
            let sink = Rc::new(RefCell::new(JsonLines::new(Vec::new(), Detail::Full)));
            world.observe(Box::new(sink.clone()));
            sink
        };
        let out = |sink: Rc<RefCell<JsonLines<Vec<u8>>>>| {
            sink.replace(JsonLines::new(Vec::new(), Detail::Full)).into_inner().unwrap()
        };
        let end = Instant::ZERO + plan.run_for;
        let mut world = scenario::build(&plan, BuildOptions::default());
        let sink = watch(&mut world);
        world.start();
        let all = {
            let mut whole = scenario::build(&plan, BuildOptions::default());
            whole.start();
            whole.run_until(end, u64::MAX);
            whole.events()
        };
        let mut copies = Vec::new();
        for _ in 0..MOMENTS {
            let mut copy = world.clone();
            copies.push((world.events(), watch(&mut copy), copy));
            world.run_until(end, (all / MOMENTS).max(1));
        }
        world.run_until(end, u64::MAX);
        world.finish();
        let original = out(sink);
        let original = lines(&original);
        for (at, sink, mut copy) in copies {
            copy.run_until(end, u64::MAX);
            copy.finish();
            let trace = out(sink);
            let own = &lines(&trace)[1..];
            assert!(own.len() < original.len());
            let rest = &original[original.len() - own.len()..];
            let differs = own.iter().zip(rest).position(|(a, b)| a != b);
            let show = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
            assert_eq!(differs.map(|i| (show(own[i]), show(rest[i]))), None, "{name}, copied after event {at}");
            assert_eq!((copy.events(), copy.ended_at()), (world.events(), world.ended_at()), "{name}");
        }
    }
}
