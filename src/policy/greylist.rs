//! Greylisting: who comes back after a temporary refusal is a mail server (RFC 6647).
//!
//! The unit is the triplet of client network, reverse-path and recipient. A new triplet is deferred; one that comes
//! again inside the retry window passes, and keeps passing as long as it is used. Memory is bounded: when the table
//! is full, the entry that would end soonest makes room.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustc_hash::FxHashMap;

use crate::identity::{Mailbox, ReversePath};
use crate::sim::{Duration, Instant};

/// How much of a client's address counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// The /24 of an IPv4 address, the /64 of an IPv6 address: the servers of one site may take turns.
    #[default]
    Subnet,
    /// The whole address.
    Address,
}

/// The numbers of a greylist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreylistConfig {
    /// A retry before this has passed is deferred again.
    pub min_delay: Duration,
    /// A retry after this is taken for a new mail (RFC 6647 §5: 24 hours).
    pub max_delay: Duration,
    /// How long a triplet passes after it was last used.
    pub lifetime: Duration,
    /// How much of a client's address counts.
    pub network: Network,
    /// The most triplets that are remembered; at least one.
    pub max_entries: usize,
}

impl Default for GreylistConfig {
    fn default() -> GreylistConfig {
        GreylistConfig {
            min_delay: Duration::from_mins(5),
            max_delay: Duration::from_hours(24),
            lifetime: Duration::from_hours(35 * 24),
            network: Network::Subnet,
            max_entries: 100_000,
        }
    }
}

/// What the greylist thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Come again later: a temporary refusal.
    Defer {
        /// From when on a retry passes.
        until: Instant,
        /// When this triplet was first seen.
        first_seen: Instant,
    },
    /// Welcome.
    Pass {
        /// How long the triplet had to wait when it passed first.
        waited: Duration,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Triplet {
    network: IpAddr,
    from: ReversePath,
    to: Mailbox,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    first_seen: Instant,
    /// How long it waited, once it has passed.
    waited: Option<Duration>,
    /// Its place in the order of ends.
    end: (Instant, u64),
}

/// The memory of one server.
#[derive(Clone, Debug, Default)]
pub struct Greylist {
    config: GreylistConfig,
    entries: FxHashMap<Triplet, Entry>,
    /// All triplets by the instant at which they are forgotten, then by age: a total order.
    ends: BTreeMap<(Instant, u64), Triplet>,
    next_seq: u64,
}

impl Greylist {
    /// An empty greylist.
    #[must_use]
    pub fn new(config: GreylistConfig) -> Greylist {
        Greylist { config, ..Greylist::default() }
    }

    /// Judges one recipient of one mail. `now` never runs backwards.
    pub fn check(&mut self, now: Instant, client: IpAddr, from: &ReversePath, to: &Mailbox) -> Decision {
        self.forget(now);
        let triplet = Triplet { network: self.network(client), from: from.clone(), to: to.clone() };
        let (first_seen, waited) = match self.entries.get(&triplet) {
            None => {
                while self.entries.len() >= self.config.max_entries.max(1) {
                    self.forget_first();
                }
                self.put(triplet, now, None, now + self.config.max_delay);
                return Decision::Defer { until: now + self.config.min_delay, first_seen: now };
            }
            Some(entry) => (entry.first_seen, entry.waited),
        };
        let until = first_seen + self.config.min_delay;
        if waited.is_none() && now < until {
            // The window stays as it was: whoever hammers gains and loses nothing.
            return Decision::Defer { until, first_seen };
        }
        let waited = waited.unwrap_or(now.since(first_seen));
        self.put(triplet, first_seen, Some(waited), now + self.config.lifetime);
        Decision::Pass { waited }
    }

    fn network(&self, client: IpAddr) -> IpAddr {
        match (self.config.network, client.to_canonical()) {
            (Network::Address, whole) => whole,
            (Network::Subnet, IpAddr::V4(v4)) => Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)).into(),
            (Network::Subnet, IpAddr::V6(v6)) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        }
    }

    fn put(&mut self, triplet: Triplet, first_seen: Instant, waited: Option<Duration>, end: Instant) {
        let end = (end, self.next_seq);
        self.next_seq += 1;
        if let Some(old) = self.entries.insert(triplet.clone(), Entry { first_seen, waited, end }) {
            self.ends.remove(&old.end);
        }
        self.ends.insert(end, triplet);
    }

    /// Forgets what has ended. An entry counts up to and including its last instant.
    fn forget(&mut self, now: Instant) {
        while self.ends.first_key_value().is_some_and(|((end, _), _)| *end < now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, triplet)) = self.ends.pop_first() {
            self.entries.remove(&triplet);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(mins: u64) -> Instant {
        Instant::ZERO + Duration::from_mins(mins)
    }

    fn ask(list: &mut Greylist, mins: u64, client: &str, to: &str) -> Decision {
        let from = ReversePath::Mailbox("alice@green.example".parse().unwrap());
        list.check(at(mins), client.parse().unwrap(), &from, &to.parse().unwrap())
    }

    const BOB: &str = "bob@blue.example";

    #[test]
    fn a_retry_in_the_window_passes() {
        let mut list = Greylist::new(GreylistConfig::default());
        let deferred = Decision::Defer { until: at(15), first_seen: at(10) };
        assert_eq!(ask(&mut list, 10, "192.0.2.1", BOB), deferred);
        assert_eq!(ask(&mut list, 14, "192.0.2.1", BOB), deferred, "too soon");
        assert_eq!(ask(&mut list, 15, "192.0.2.9", BOB), Decision::Pass { waited: Duration::from_mins(5) });
        assert_eq!(ask(&mut list, 16, "192.0.2.1", BOB), Decision::Pass { waited: Duration::from_mins(5) });
        assert!(matches!(ask(&mut list, 16, "192.0.3.1", BOB), Decision::Defer { .. }), "another network");
        assert!(matches!(ask(&mut list, 16, "192.0.2.1", "eve@blue.example"), Decision::Defer { .. }));
        assert!(matches!(
            list.check(at(16), "192.0.2.1".parse().unwrap(), &ReversePath::Null, &BOB.parse().unwrap()),
            Decision::Defer { .. }
        ));
    }

    #[test]
    fn a_late_retry_begins_anew_and_unused_passes_end() {
        let day = 24 * 60;
        let mut list = Greylist::new(GreylistConfig::default());
        ask(&mut list, 0, "192.0.2.1", BOB);
        let late = Decision::Defer { until: at(day + 6), first_seen: at(day + 1) };
        assert_eq!(ask(&mut list, day + 1, "192.0.2.1", BOB), late);
        assert!(matches!(ask(&mut list, day + 7, "192.0.2.1", BOB), Decision::Pass { .. }));
        assert!(matches!(ask(&mut list, 36 * day, "192.0.2.1", BOB), Decision::Pass { .. }), "use renews it");
        assert!(matches!(ask(&mut list, 72 * day, "192.0.2.1", BOB), Decision::Defer { .. }));
        assert_eq!(list.entries.len(), 1);
    }

    #[test]
    fn whole_addresses_and_version_6() {
        let mut list = Greylist::new(GreylistConfig { network: Network::Address, ..GreylistConfig::default() });
        ask(&mut list, 0, "192.0.2.1", BOB);
        assert!(matches!(ask(&mut list, 6, "192.0.2.2", BOB), Decision::Defer { .. }));
        let mut list = Greylist::new(GreylistConfig::default());
        ask(&mut list, 0, "2001:db8::1", BOB);
        assert!(matches!(ask(&mut list, 6, "2001:db8::ffff", BOB), Decision::Pass { .. }));
        assert!(matches!(ask(&mut list, 6, "2001:db8:0:1::1", BOB), Decision::Defer { .. }));
    }

    #[test]
    fn a_flood_does_not_push_out_those_who_passed() {
        let mut list = Greylist::new(GreylistConfig { max_entries: 3, ..GreylistConfig::default() });
        ask(&mut list, 0, "192.0.2.1", BOB);
        assert!(matches!(ask(&mut list, 5, "192.0.2.1", BOB), Decision::Pass { .. }));
        for i in 0..50 {
            ask(&mut list, 6, "192.0.2.1", &format!("u{i}@blue.example"));
            assert!(list.entries.len() <= 3 && list.entries.len() == list.ends.len());
        }
        assert!(matches!(ask(&mut list, 7, "192.0.2.1", BOB), Decision::Pass { .. }));
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_answers_agree_with_the_rules(
            steps in prop::collection::vec((0_u64..400, 0_u8..4, 0_u8..3), 1..120), max in 1_usize..20,
        ) {
            let mut list = Greylist::new(GreylistConfig { max_entries: max, ..GreylistConfig::default() });
            let mut now = 0;
            for (gap, client, user) in steps {
                now += gap;
                match ask(&mut list, now, &format!("10.0.{client}.1"), &format!("u{user}@blue.example")) {
                    Decision::Defer { until, first_seen } => {
                        prop_assert!(at(now) < until && until == first_seen + Duration::from_mins(5));
                    }
                    Decision::Pass { waited } => {
                        prop_assert!(waited >= Duration::from_mins(5) && waited <= Duration::from_hours(24));
                    }
                }
                prop_assert!(list.entries.len() <= max && list.entries.len() == list.ends.len());
            }
        }
    }
}
