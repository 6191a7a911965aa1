//! Where parts meet: agent and TCP, time-outs and buffers. Each file of `tests/joints` says what is right in its first
//! lines, and holds itself to it.

use std::path::Path;

use postroad::diag;
use postroad::scenario;
use postroad::trace::{Direction, LossReason, PacketStep, What};

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
        .find(|r| matches!(&r.what, What::Attempt { next_hop, .. } if next_hop.contains("198.51.100.7")));
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
        ]
    );
    let picture = postroad::render::ladder::svg(&run.roster, &run.records, &Default::default());
    // The legend has both: a bar beside the lifelines for the link, and one upon that of the host.
    assert_eq!((picture.matches("link out of order").count(), picture.matches("out of order").count()), (1, 2));
}
