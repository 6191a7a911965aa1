//! A run is a pure function of scenario and seed, and looking on changes nothing.

use std::net::Ipv4Addr;

use super::lab::{self, Look};
use postroad::net::lane::LaneSpec;
use postroad::scenario::{HostPlan, LinkPlan, Plan, Role};
use postroad::sim::Duration;
use postroad::sim::calendar::Calendar;
use postroad::trace::HostId;
use serde_json::Value;

const ALL: Look = Look {
    seed: None,
    records: false,
    packets: true,
    trace: true,
    checksum: false,
    capture: true,
    secrets: false,
    crash: None,
};

/// The shipped scenarios, and one in which chance has much to say.
fn plans() -> Vec<(String, Plan)> {
    let mut plans = lab::shipped();
    plans.push(("chance".into(), lab::plan(CHANCE)));
    plans.push(("forgetful".into(), lab::plan(FORGETFUL)));
    plans
}

/// A link that forgets connections.
pub(crate) const FORGETFUL: &str = include_str!("../joints/forgetful-link.ron");

/// Noise, jitter, a narrow link, a cut.
pub(crate) const CHANCE: &str = r#"(
    title: "chance",
    hosts: {
        "pc": User(mailboxes: ["a@green.example", "b@green.example"], submits_to: "mx.green.example"),
        "mx.green.example": Mta(domains: ["green.example"], mailboxes: ["a", "b"], retry: Custom(delays: ["2min"])),
        "mx1.blue.example": Mta(domains: ["blue.example"], mailboxes: ["c"], greylist: "1min"),
        "mx2.blue.example": Mta(relay_for: ["blue.example"], routes: {"blue.example": "mx1.blue.example"}),
        "core": Router,
    },
    links: [
        ("pc", "mx.green.example", (preset: Wifi, loss: "2 %")),
        ("mx.green.example", "core", (latency: "10ms", jitter: "5ms", loss: "5 %")),
        ("core", "mx1.blue.example", (latency: "20ms", loss: "5 %", bandwidth: "1Mbit/s")),
        ("core", "mx2.blue.example", (latency: "20ms")),
    ],
    zones: {"blue.example": [("@", "MX 10 mx1.blue.example"), ("@", "MX 10 mx2.blue.example")]},
    traffic: [(from: ["pc"], to: ["c@blue.example"], rate: "20/min", sizes: Pareto(minimum: "1KiB"), count: 30)],
    faults: [(at: "40s", what: Down(link: ("core", "mx1.blue.example")), lasting: "30s")],
)"#;

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for (name, plan) in plans() {
        let (one, two) = (lab::run(&plan, ALL), lab::run(&plan, ALL));
        assert_eq!(one.report, two.report, "{name}");
        assert!(one.report.is_ok(), "{name}: {:?}", one.report);
        assert!(one.trace.len() > 1000, "{name}: the trace has something to say");
        assert!(one.trace == two.trace, "{name}: two traces of one seed differ");
        assert!(one.capture.len() > 1000, "{name}: there are packets");
        assert!(one.capture == two.capture, "{name}: two captures of one seed differ");
        assert!(one.filed == two.filed, "{name}: two runs of one seed deliver different mail");
        assert_eq!(one.end, two.end, "{name}");
    }
}

#[test]
fn looking_on_changes_nothing() {
    for (name, plan) in plans() {
        let seen = lab::run(&plan, ALL);
        let unseen = lab::run(&plan, Look::default());
        assert_eq!(seen.report, unseen.report, "{name}: totals, events, packets");
        assert_eq!((seen.stop, seen.end), (unseen.stop, unseen.end), "{name}");
        assert!(seen.filed == unseen.filed, "{name}: mail differs when somebody looks");
        let twice = lab::run(&plan, Look { records: true, checksum: true, ..ALL });
        assert!(seen.trace == twice.trace, "{name}: another sink changes the trace");
        let uncaptured = lab::run(&plan, Look { capture: false, ..ALL });
        assert!(seen.trace == uncaptured.trace, "{name}: a capture changes the trace");
        let captured = lab::run(&plan, Look { capture: true, ..Look::default() });
        assert!(seen.capture == captured.capture, "{name}: a trace changes the capture");
    }
}

#[test]
fn packets_are_recorded_on_demand_and_change_no_other_record() {
    for (name, plan) in plans() {
        let with = lab::run(&plan, ALL);
        let without = lab::run(&plan, Look { packets: false, ..ALL });
        let text = String::from_utf8(with.trace).unwrap();
        let rest: String = text.split_inclusive('\n').filter(|l| !l.contains("\"kind\":\"packet\"")).collect();
        assert!(text.len() > rest.len(), "{name}: there are packets");
        assert!(rest.as_bytes() == without.trace, "{name}: records differ with packets");
    }
}

/// The records of a trace with names in the place of host numbers.
fn named(trace: &[u8]) -> (Value, Vec<Value>) {
    let mut lines = trace.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    let head: Value = serde_json::from_slice(lines.next().unwrap()).unwrap();
    let names: Vec<Value> = head["hosts"].as_array().unwrap().iter().map(|h| h["name"].clone()).collect();
    let records = lines
        .map(|line| {
            let mut record: Value = serde_json::from_slice(line).unwrap();
            for key in ["host", "peer", "from", "to"] {
                if let Some(number) = record.get(key).and_then(Value::as_u64) {
                    record[key] = names[number as usize].clone();
                }
            }
            record
        })
        .collect();
    (head, records)
}

#[test]
fn an_idle_host_changes_nothing_but_the_roster() {
    for (name, plan) in plans() {
        let mut more = plan.clone();
        let id = HostId(more.hosts.len() as u32);
        let resolver = more.hosts.iter().find_map(|h| h.resolver);
        more.hosts.push(HostPlan {
            name: "idle".into(),
            domain: None,
            ipv4: Ipv4Addr::new(198, 18, 0, 1),
            tcp: None,
            ipv6: None,
            resolver,
            calendar: Calendar::default(),
            role: Role::Router,
        });
        // Far enough away that nobody would send a packet through it.
        let spec = LaneSpec {
            latency: Duration::from_secs(1),
            jitter: Duration::from_millis(3),
            bandwidth_bps: None,
            buffer_bytes: 1 << 16,
            loss_ppm: 1000,
            mtu: 1500,
        };
        more.links.push(LinkPlan { a: HostId(0), b: id, forward: spec, back: spec, label: "idle".into() });
        let (before, after) = (lab::run(&plan, ALL), lab::run(&more, ALL));
        assert_eq!(before.report, after.report, "{name}");
        assert!(before.filed == after.filed, "{name}: mail differs");
        let ((head, records), (longer, others)) = (named(&before.trace), named(&after.trace));
        assert_eq!(records.len(), others.len(), "{name}");
        for (a, b) in records.iter().zip(&others) {
            assert_eq!(a, b, "{name}");
        }
        let hosts = |head: &Value| head["hosts"].as_array().unwrap().clone();
        let mut rest = hosts(&longer);
        rest.retain(|h| h["name"] != "idle");
        assert_eq!(hosts(&head), rest, "{name}");
        assert_eq!(hosts(&head).len() + 1, hosts(&longer).len());
    }
}

#[test]
fn another_seed_is_another_run_where_chance_is_used() {
    let plan = lab::plan(CHANCE);
    let one = lab::run(&plan, Look { seed: Some(1), ..ALL });
    let two = lab::run(&plan, Look { seed: Some(2), ..ALL });
    assert!(one.report != two.report && one.trace != two.trace && one.filed != two.filed);
    // A seed of the command line stands in the place of the plan's.
    let mut same = plan.clone();
    same.seed = 2;
    assert!(lab::run(&same, ALL).trace == two.trace);
}
