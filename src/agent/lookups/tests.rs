//! Waiters, and what is theirs.

use super::*;
use crate::agent::testing::Stage;
use crate::dns::mail::RouterConfig;
use crate::dns::{Outcome, Stub, StubConfig};
use crate::sim::Streams;

#[test]
fn the_next_session_at_a_place_does_not_find_what_the_last_one_asked() {
    // A stub that knows no server has its answer in the instant of the question.
    let stub = Stub::new(StubConfig::new(Vec::new()), Streams::new(1).stream("dns"));
    let mut lookups = Lookups::new(stub.into(), RouterConfig::default());
    let mut stage = Stage::new();
    let mut ctx = stage.context();
    let (first, second) =
        (Domain::reverse("192.0.2.1".parse().unwrap()), Domain::reverse("192.0.2.2".parse().unwrap()));
    for name in [&first, &second] {
        let mut ask = |lookups: &mut Lookups| lookups.records(&mut ctx, Waiter::Session(5), name, RecordType::Ptr);
        assert_eq!(ask(&mut lookups), None, "{name}");
        assert_eq!((lookups.poll_session(), lookups.poll_session()), (Some(5), None));
        let answer = ask(&mut lookups).expect("whoever is called finds it");
        assert_eq!((&answer.name, answer.outcome), (&Name::from(name), Outcome::Timeout));
    }
}
