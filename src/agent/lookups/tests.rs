//! Waiters, and what is theirs.

use super::*;
use crate::agent::{Directory, Identifiers, Ledger, SocketId, Sockets, Watch};
use crate::dns::mail::RouterConfig;
use crate::dns::{Outcome, Stub, StubConfig};
use crate::sim::Streams;
use crate::sim::calendar::Calendar;
use crate::trace::{HostId, Tracer};

struct NoSockets;

impl Sockets for NoSockets {
    fn reserve(&mut self) -> SocketId {
        SocketId(0)
    }
    fn room(&self, _: SocketId) -> usize {
        0
    }
}

#[test]
fn the_next_session_at_a_place_does_not_find_what_the_last_one_asked() {
    // A stub that knows no server has its answer in the instant of the question.
    let stub = Stub::new(StubConfig::new(Vec::new()), Streams::new(1).stream("dns"));
    let mut lookups = Lookups::new(stub.into(), RouterConfig::default());
    let (mut tracer, mut ledger, mut ids) = (Tracer::off(), Ledger::default(), Identifiers::default());
    let (mut watch, directory) = (Watch::default(), Directory::default());
    let mut ctx = Context {
        now: Instant::ZERO,
        host: HostId(0),
        calendar: Calendar::default(),
        tracer: &mut tracer,
        ledger: &mut ledger,
        ids: &mut ids,
        sockets: &mut NoSockets,
        directory: &directory,
        watch: &mut watch,
        filed: None,
        actions: &mut Vec::new(),
        given: 0,
    };
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
