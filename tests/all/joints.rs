//! Where parts meet: agent and TCP, time-outs and buffers. Each file of `tests/joints` says what is right in its first
//! lines, and holds itself to it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use postroad::diag;
use postroad::scenario::{self, BuildOptions};
use postroad::sim::Instant;
use postroad::trace::transcript::Mails;
use postroad::trace::{
    ConnectionState, Direction, LossReason, PacketStep, QueueName, Record, Side, Sink, Verdict, What,
};

use super::lab;

fn load(name: &str) -> scenario::Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/joints").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    scenario::load(name, &text).unwrap_or_else(|d| panic!("{}", diag::render_all(&d, &text, false)))
}

#[test]
fn the_joints_hold_whatever_the_luck() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/joints");
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 6);
    for name in names {
        let plan = load(&name);
        assert!(!plan.expectations.is_empty(), "{name} claims nothing");
        for seed in [None, Some(2), Some(3)] {
            assert_eq!(super::scenarios::broken(&plan, seed), Vec::<String>::new(), "{name} with seed {seed:?}");
        }
    }
}

#[test]
fn an_address_of_nobody_costs_the_time_that_a_client_waits() {
    let run = lab::tell_plan(&load("address-of-nobody.ron"));
    let tried = run
        .records
        .iter()
        .find(|r| matches!(&r.what, What::Attempt { next_hop, .. } if &*next_hop.address == "198.51.100.7"));
    let failed = run
        .records
        .iter()
        .find(|r| matches!(&r.what, What::Outcome { reply, .. } if reply.visible().contains("timed out")));
    let waited = lab::seconds(failed.unwrap().at - tried.unwrap().at);
    assert!((30.0..30.1).contains(&waited), "{waited} s");
}

#[test]
fn a_content_is_told_when_its_last_byte_leaves() {
    let run = lab::tell_plan(&load("slow-large-mail.ron"));
    let laptop = run.host("laptop");
    let at = |dot: &str| {
        let lines = run.records.iter().filter(|r| r.host == laptop);
        lines
            .filter(|r| matches!(&r.what, What::Line { text, .. } if text.visible() == dot))
            .map(|r| r.at)
            .collect::<Vec<_>>()
    };
    let (begins, ends) = (at("DATA"), at("."));
    assert_eq!((begins.len(), ends.len()), (1, 1));
    // 9 MB at 64 kbit/s are 1125 s; what the buffers on the way hold has left earlier.
    let took = lab::seconds(ends[0] - begins[0]);
    assert!((1050.0..1200.0).contains(&took), "{took} s");
}

#[test]
fn an_mta_makes_no_more_deliveries_at_a_time_than_it_may() {
    let domains: Vec<String> = (0..300).map(|i| format!("d{i}.example")).collect();
    let quoted = |text: &dyn Fn(&String) -> String| domains.iter().map(text).collect::<Vec<_>>().join(", ");
    for (limit, most) in [("", 100), (", deliveries: 7", 7)] {
        let text = format!(
            r#"(
    hosts: {{
        "laptop": User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]{limit},
            forwards: {{ "all@green.example": [{}] }}),
        "mx.blue.example": Mta(domains: [{}], mailboxes: ["bob"]),
    }},
    links: [("laptop", "mail.green.example", Lan), ("mail.green.example", "mx.blue.example", (latency: "20ms"))],
    mail: [(at: "1s", from: "alice@green.example", to: ["all@green.example"])],
)"#,
            quoted(&|d| format!("\"bob@{d}\"")),
            quoted(&|d| format!("\"{d}\"")),
        );
        let run = lab::tell(&text);
        let green = run.host("mail.green.example");
        let (mut now, mut peak, mut order) = (0_i32, 0, Vec::new());
        for record in run.records.iter().filter(|r| r.host == green) {
            match &record.what {
                What::Attempt { recipients, .. } => {
                    order.push(recipients[0].clone());
                    now += 1;
                }
                What::Outcome { .. } => now -= 1,
                _ => {}
            }
            peak = peak.max(now);
        }
        assert_eq!(peak, most, "deliveries at a time");
        assert!(domains.iter().all(|d| run.letters(&format!("bob@{d}")) == 1));
        // Who waits is served in turn.
        let place = |address: &str| order.iter().position(|a| **a == *address).unwrap();
        assert!(
            place("bob@d0.example") < place("bob@d150.example")
                && place("bob@d150.example") < place("bob@d299.example")
        );
    }
}

#[test]
fn a_resolver_that_crashed_answers_nothing_from_before() {
    let run = lab::tell_plan(&load("resolver-crash.ron"));
    let (resolver, crash) = (run.host("ns.isp.example"), 61);
    let asked_before = |query: u16, name: &str| {
        run.records.iter().any(|r| {
            r.host == resolver
                && lab::secs(r.at) < f64::from(crash)
                && matches!(&r.what, What::Question { direction: Direction::Received, query: q, name: n, .. } if *q == query && **n == *name)
        })
    };
    let late: Vec<_> = run
        .records
        .iter()
        .filter(|r| r.host == resolver && lab::secs(r.at) > f64::from(crash))
        .filter_map(|r| match &r.what {
            What::Answer { direction: Direction::Sent, query, name, .. } => Some((*query, name.to_string())),
            _ => None,
        })
        .collect();
    assert!(!late.is_empty(), "it is asked again");
    assert_eq!(late.iter().filter(|(query, name)| asked_before(*query, name)).count(), 0, "{late:?}");
}

#[test]
fn drops_add_up() {
    let run = lab::run(&load("two-drops.ron"), lab::Look { records: true, packets: true, ..lab::Look::default() });
    let lost = |r: &&postroad::trace::Record| {
        matches!(&r.what, What::Packet { step: PacketStep::Lost, reason: Some(LossReason::Fault), .. })
    };
    assert_eq!(run.records.iter().filter(lost).count(), 4);
}

#[test]
fn a_connection_that_a_link_has_forgotten_dies_at_both_ends_and_neither_is_told() {
    let run = lab::run(&load("forgetful-link.ron"), lab::Look { records: true, packets: true, ..lab::Look::default() });
    let (green, blue) = (run.host("mail.green.example"), run.host("mx.blue.example"));
    let first = run.records.iter().filter(|r| r.host == blue).find_map(|r| r.conn).unwrap();
    let of_first: Vec<&Record> = run.records.iter().filter(|r| r.conn == Some(first)).collect();
    let told = |host, wanted: &dyn Fn(&What) -> bool| {
        of_first.iter().find(|r| r.host == host && wanted(&r.what)).map(|r| r.at)
    };
    let line = |direction: Direction, begins: &'static str| move |w: &What| matches!(w, What::Line { direction: d, text, .. } if *d == direction && text.visible().starts_with(begins));
    let state = |state: ConnectionState| move |w: &What| matches!(w, What::Connection { state: s, .. } if *s == state);
    let dot = told(green, &line(Direction::Sent, ".")).unwrap();
    let answer = told(blue, &line(Direction::Sent, "250 2.0.0")).unwrap();
    assert!((360.0..361.0).contains(&lab::seconds(answer - dot)), "six minutes");
    // The server tries for as long as Linux does (`tcp_retries2`), and gets no reset.
    let dead = lab::seconds(told(blue, &state(ConnectionState::TimedOut)).unwrap() - answer);
    assert!((924.6..1_100.0).contains(&dead), "{dead} s");
    // The client's patience alone ends it there.
    assert_eq!(told(green, &line(Direction::Received, "250 2.0.0 Ok: queued")), None);
    assert_eq!(told(green, &state(ConnectionState::Reset)), None);
    assert_eq!(told(blue, &state(ConnectionState::Reset)), None);
    let gave_up = run.records.iter().find(|r| {
        r.host == green
            && matches!(&r.what, What::Outcome { reply, .. } if reply.visible().contains("may arrive twice"))
    });
    assert!((600.0..601.0).contains(&lab::seconds(gave_up.unwrap().at - dot)), "ten minutes");
    // All that was said meanwhile was lost at the ends of that link.
    let lost: Vec<_> = run
        .records
        .iter()
        .filter_map(|r| match &r.what {
            What::Packet { step: PacketStep::Lost, reason, .. } => Some((r.conn, *reason)),
            _ => None,
        })
        .collect();
    assert!(lost.len() > 16 && lost.iter().all(|l| *l == (Some(first), Some(LossReason::Forgotten))), "{lost:?}");
    let story = postroad::trace::transcript::story(
        &run.roster,
        &run.records,
        &postroad::trace::transcript::Options { packets: true, ..Default::default() },
    );
    let story: String = story.iter().map(|line| line.text() + "\n").collect();
    assert!(story.contains("the link has forgotten the connection"), "{story}");
}

#[test]
fn conditions_are_told_as_they_come_and_go() {
    let run = lab::tell_plan(&load("fault-words.ron"));
    let told: Vec<String> = postroad::trace::transcript::story(&run.roster, &run.records, &Default::default())
        .iter()
        .map(postroad::trace::transcript::Line::text)
        .filter_map(|line| line.split_once("⚡ ").map(|(_, words)| words.to_owned()))
        .collect();
    assert_eq!(
        told,
        [
            "the link laptop - mail.green.example loses 30 % of its packets",
            "the loss on the link laptop - mail.green.example is as before",
            "the link laptop - mail.green.example has a latency of 300 ms",
            "the latency of the link laptop - mail.green.example is as before",
            "mail.green.example goes down",
            "mail.green.example goes down",
            "mail.green.example stays down: of its faults one is over, and another lasts",
            "mail.green.example is up again",
            "the link laptop - mail.green.example forgets connections that are silent for more than 2 h 4 min",
            "the link laptop - mail.green.example forgets connections that are silent for more than 4 min",
            "a fault is over, and another lasts: the link laptop - mail.green.example forgets connections that are silent for more \
             than 2 h 4 min",
            "the link laptop - mail.green.example forgets no connection any more",
        ]
    );
    let picture = postroad::render::ladder::svg(&run.roster, &run.records, &Default::default());
    // The legend has both: a bar beside the lifelines for the link, and one upon that of the host.
    assert_eq!((picture.matches("fault on a link").count(), picture.matches("out of order").count()), (1, 1));
}

/// An MTA with a list of so many recipients, each in a domain of its own, and `servers` hosts that take their mail.
fn crowd(domains: usize, servers: usize, server: &str) -> String {
    let list: Vec<String> = (0..domains).map(|i| format!("\"bob@d{i}.example\"")).collect();
    let hosts: Vec<String> = (0..servers)
        .map(|s| {
            let own: Vec<String> =
                (0..domains).filter(|i| i % servers == s).map(|i| format!("\"d{i}.example\"")).collect();
            format!(r#""mx{s}.blue.example": Mta(domains: [{}], mailboxes: ["bob"]{server}),"#, own.join(", "))
        })
        .collect();
    let links: Vec<String> =
        (0..servers).map(|s| format!(r#"("mail.green.example", "mx{s}.blue.example", (latency: "20ms"))"#)).collect();
    format!(
        r#"(
    hosts: {{
        "laptop": User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], deliveries: 50000,
            forwards: {{ "all@green.example": [{}] }}),
        {}
    }},
    links: [("laptop", "mail.green.example", Lan), {}],
    mail: [(at: "1s", from: "alice@green.example", to: ["all@green.example"])],
)"#,
        list.join(", "),
        hosts.join("\n        "),
        links.join(", ")
    )
}

/// What an MTA says of trouble, and its story: a run of this size has too many records to keep.
#[derive(Default)]
struct Troubles {
    /// The place of the MTA in the roster.
    host: u32,
    attempts: u64,
    accepted: u64,
    /// Replies and givers of what was put off, by recipient.
    deferred: BTreeMap<String, Vec<(String, String)>>,
    reasons: Vec<String>,
    without_a_port: u64,
    lookups: BTreeMap<String, u64>,
}

impl Sink for Troubles {
    fn record(&mut self, record: &Record) {
        if record.host.0 != self.host {
            return;
        }
        match &record.what {
            What::Attempt { .. } => self.attempts += 1,
            What::Outcome { verdict: Verdict::Accepted, .. } => self.accepted += 1,
            What::Outcome { recipient, reply, by, .. } => {
                self.deferred
                    .entry(recipient.to_string())
                    .or_default()
                    .push((reply.visible(), by.as_ref().map(ToString::to_string).unwrap_or_default()));
            }
            What::Queue { queue: QueueName::Deferred, reason, .. } => self.reasons.push(reason.to_string()),
            What::Connection { state: ConnectionState::NoPort, side: Side::Client, port: 25, .. } => {
                self.without_a_port += 1;
            }
            What::Lookup { rtype, result, .. } if **rtype == *"MX" => {
                let good = if result.contains("blue.example") { "found" } else { result };
                *self.lookups.entry(good.to_owned()).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// Runs it; what was filed for the members of the list, and what the MTA had trouble with.
fn run_crowd(text: &str) -> (u64, Troubles) {
    let plan = lab::plan(text);
    let mut world = scenario::build(&plan, BuildOptions::default());
    let host = plan.find_host("mail.green.example").unwrap().0;
    let troubles = Rc::new(RefCell::new(Troubles { host, ..Troubles::default() }));
    world.observe(Box::new(troubles.clone()));
    world.start();
    world.run_until(Instant::ZERO + plan.run_for, u64::MAX);
    world.finish();
    let report = world.audit().unwrap_or_else(|violation| panic!("{violation:?}"));
    assert_eq!((report.queued, report.totals.bounced, report.totals.discarded), (0, 0, 0));
    drop(world);
    (report.totals.delivered, Rc::try_unwrap(troubles).ok().unwrap().into_inner())
}

#[test]
fn an_mta_that_runs_out_of_ports_says_so_and_delivers_later() {
    // 16,384 ports (RFC 6335 §6) lead to one port of one address, and the server keeps each connection for a minute.
    let (delivered, troubles) = run_crowd(&crowd(16_400, 1, r#", processing: "1min""#));
    assert_eq!((delivered, troubles.accepted), (16_400, 16_400));
    assert_eq!((troubles.deferred.len(), troubles.without_a_port), (16, 16));
    let said = "mail.green.example [192.0.2.2] has no port free to connect to mx0.blue.example [192.0.2.3] port 25 from: \
                all 16384 of them are taken, 16384 by connections and 0 by TIME-WAIT";
    for (recipient, outcomes) in &troubles.deferred {
        assert_eq!(outcomes[..], [(said.to_owned(), String::new())], "{recipient}: nobody else said so");
    }
    assert!(!troubles.reasons.is_empty() && troubles.reasons.iter().all(|reason| reason == said));
    assert_eq!(troubles.attempts, 16_416);
}

#[test]
fn look_ups_beyond_the_ports_of_a_resolver_wait_their_turn() {
    // Two servers, so that only the resolver has too few ports.
    let (delivered, troubles) = run_crowd(&crowd(17_000, 2, ""));
    assert_eq!((delivered, troubles.accepted, troubles.attempts), (17_000, 17_000, 17_000));
    assert_eq!(troubles.deferred, BTreeMap::new(), "nothing is put off");
    assert_eq!(troubles.lookups, [("found".to_owned(), 17_000)].into());
}

#[test]
fn recipients_that_share_a_copy_have_a_fate_each() {
    let run = lab::tell_plan(&load("one-mailbox-many-names.ron"));
    let blue = run.host("mx.blue.example");
    let mut fates: Vec<(String, &str)> = Vec::new();
    for record in run.records.iter().filter(|r| r.host == blue) {
        match &record.what {
            What::Delivered { recipient, .. } => fates.push((recipient.to_string(), "delivered")),
            What::Duplicate { recipient, shares, .. } => {
                assert_eq!(**shares, *"Ann@blue.example");
                fates.push((recipient.to_string(), "duplicate"));
            }
            _ => {}
        }
    }
    let expected =
        [("Ann@blue.example", "delivered"), ("ann@blue.example", "duplicate"), ("ANN@blue.example", "duplicate")];
    assert_eq!(fates, expected.map(|(recipient, fate)| (recipient.to_owned(), fate)));
    let totals = run.report.as_ref().unwrap().totals;
    assert_eq!((totals.delivered, totals.duplicates, totals.forwarded), (1, 2, 1));
    let mut mails = Mails::default();
    mails.begin(&run.roster);
    run.records.iter().for_each(|record| mails.record(record));
    let told = mails.list()[0].fate().text();
    assert_eq!(told, "1 delivered, 2 sharing a copy");
}
