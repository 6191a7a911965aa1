//! Every workload does its work, and the same work each time.

use super::*;
use crate::diag;

fn small(messages: u64) -> Settings {
    Settings { messages, sites: Some(7), size_bytes: None, seed: 3 }
}

fn run(workload: &Workload, settings: &Settings) -> Outcome {
    let trial = Trial::new(workload, settings).unwrap_or_else(|d| {
        let text = workload.text(settings);
        panic!("{}\n{text}", diag::render_all(&d, &text, false))
    });
    trial.run().unwrap_or_else(|e| panic!("{}: {e}", workload.name))
}

#[test]
fn all_deliver_everything_and_always_the_same() {
    for workload in all() {
        let settings = Settings { size_bytes: (workload.name == "attachment").then_some(1 << 20), ..small(60) };
        let outcome = run(workload, &settings);
        let amounts = workload.amounts(&settings);
        assert_eq!(outcome.messages, amounts.messages, "{}", workload.name);
        assert!(outcome.hops >= outcome.messages, "{}", workload.name);
        assert_eq!(outcome, run(workload, &settings), "{}", workload.name);
    }
}

#[test]
fn hops_are_what_the_topology_says() {
    for (name, hops) in [("single-hop", 1), ("chain", 6), ("fan-in", 1), ("fan-out", 2), ("relay", 2), ("lossy", 2)] {
        assert_eq!(run(find(name).unwrap(), &small(40)).hops, 40 * hops, "{name}");
    }
    let settings = Settings { messages: 1, size_bytes: Some(100_000), ..Settings::default() };
    assert_eq!(run(find("attachment").unwrap(), &settings).hops, 5);
}

#[test]
fn workloads_do_what_they_are_about() {
    let outcome = |name: &str| run(find(name).unwrap(), &small(200));
    assert_eq!(outcome("single-hop").connections, 200);
    assert!(outcome("reuse").connections < 50);
    #[cfg(feature = "tls")]
    assert!(outcome("tls").virtual_time > outcome("single-hop").virtual_time);
    assert!(outcome("auth").virtual_time > outcome("single-hop").virtual_time);
    assert!(outcome("pipelining-on").virtual_time < outcome("pipelining-off").virtual_time);
    assert!(outcome("outage").virtual_time > crate::sim::Duration::from_hours(1));
    assert!(outcome("lossy").packets > outcome("fan-out").packets);
    assert!(outcome("mixed-sizes").packets != outcome("fan-out").packets);
    // pc, mx, the router, seven idle servers, and the implied name server.
    assert_eq!(outcome("idle").hosts, 11);
}

/// How many handshakes there were at clients, and how many of them went on with an earlier session.
#[cfg(feature = "tls")]
fn handshakes(name: &str) -> (u32, u32) {
    use crate::trace::{Record, Roster, Side, Sink, TlsStep, What};
    #[derive(Default)]
    struct Count(u32, u32);
    impl Sink for Count {
        fn begin(&mut self, _: &std::sync::Arc<Roster>) {}
        fn record(&mut self, record: &Record) {
            if let What::Tls { side: Side::Client, tls: TlsStep::Secured { resumed, .. }, .. } = &record.what {
                self.0 += 1;
                self.1 += u32::from(*resumed);
            }
        }
    }
    let plan = find(name).unwrap().plan(&small(200)).unwrap();
    let mut world = crate::scenario::build(&plan, crate::scenario::BuildOptions::default());
    let count = std::rc::Rc::new(std::cell::RefCell::new(Count::default()));
    world.observe(Box::new(count.clone()));
    world.start();
    world.run_until(crate::sim::Instant::ZERO + plan.run_for, u64::MAX);
    let Count(all, resumed) = *count.borrow();
    (all, resumed)
}

#[test]
#[cfg(feature = "tls")]
fn sealed_mail_goes_on_with_earlier_sessions_where_it_may() {
    assert_eq!(handshakes("tls"), (200, 0));
    let (all, resumed) = handshakes("tls-resumed");
    // Before the first tickets came, as many connections were made as the window lets.
    assert!(all == 200 && resumed > 160, "{resumed} of {all}");
}

#[test]
fn names_are_unique_and_few_mails_or_sites_are_no_mistake() {
    let mut names: Vec<_> = all().iter().map(|w| w.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all().len());
    for workload in all() {
        let settings = Settings { messages: 1, sites: Some(2), size_bytes: Some(1), seed: 0 };
        assert_eq!(run(workload, &settings).messages, 1, "{}", workload.name);
    }
}

#[test]
fn mail_that_does_not_arrive_is_told() {
    let mut plan = find("single-hop").unwrap().plan(&small(5)).unwrap();
    plan.run_for = crate::sim::Duration::from_millis(3);
    let said = Trial::of(&plan).run().unwrap_err();
    assert!(said.starts_with("0 of 5 recipients"), "{said}");
}

#[test]
fn the_largest_settings_are_still_scenarios() {
    for name in ["single-hop", "star", "idle"] {
        let settings = Settings { messages: MOST_MESSAGES, sites: Some(50), size_bytes: Some(LARGEST_BYTES), seed: 1 };
        assert!(find(name).unwrap().plan(&settings).is_ok(), "{name}");
    }
}
