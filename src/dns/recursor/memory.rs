//! What a recursor remembers: sets of records, denials, failures, and servers that do not answer.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::RecursorConfig;
use crate::dns::cache::Cache;
use crate::dns::lookup::MAX_CHAIN;
use crate::dns::record::ttl_secs;
use crate::dns::{Lookup, Name, Outcome, Question, Record, RecordData, RecordType};
use crate::sim::{Duration, Instant};

/// How much a set of records is trusted (RFC 2181 §5.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// From a referral: good for finding servers, and never told to anybody as an answer.
    Referral,
    /// From the answer of a server with authority.
    Answer,
}

#[derive(Clone, Debug)]
enum Known {
    Set { records: Arc<[Record]>, rank: Rank },
    Denial { soa: Option<Record> },
    Failure(Outcome),
}

/// What is known of a question.
#[derive(Clone, Debug)]
pub(super) enum Recall {
    Records(Arc<[Record]>, Instant),
    Alias(Record, Instant),
    Denied(Outcome, Option<Record>, Instant),
    Failed(Outcome, Instant),
}

/// How long a server that did not answer is asked last.
const PENALTY: Duration = Duration::from_secs(60);
const MAX_PENALTIES: usize = 4096;

#[derive(Clone, Debug)]
pub(super) struct Memory {
    known: Cache<Known>,
    /// Whole answers for the host itself, so that a hit costs no work.
    local: Cache<Arc<Lookup>>,
    penalties: BTreeMap<IpAddr, Instant>,
    max_ttl: Duration,
    max_negative_ttl: Duration,
    failure_ttl: Duration,
}

/// The whole seconds from `now` to `expires`: a time to live that counts down, and never grows by rounding.
fn remaining_secs(now: Instant, expires: Instant) -> u32 {
    ttl_secs(expires.since(now))
}

impl Memory {
    pub(super) fn new(config: &RecursorConfig) -> Memory {
        Memory {
            known: Cache::new(config.cache_capacity),
            local: Cache::new(config.cache_capacity),
            penalties: BTreeMap::new(),
            max_ttl: config.max_ttl,
            max_negative_ttl: config.max_negative_ttl,
            failure_ttl: config.failure_ttl,
        }
    }

    #[inline]
    pub(super) fn local(&self, now: Instant, name: &str, rtype: RecordType) -> Option<Arc<Lookup>> {
        self.local.get(now, name, Some(rtype)).map(|(lookup, _)| Arc::clone(lookup))
    }

    pub(super) fn keep_local(&mut self, now: Instant, lookup: Lookup) -> Arc<Lookup> {
        let lookup = Arc::new(lookup);
        self.local.insert(now, &lookup.name, Some(lookup.rtype), lookup.expires, Arc::clone(&lookup));
        lookup
    }

    /// Remembers records, sorted into sets of one name and type.
    pub(super) fn put(&mut self, now: Instant, records: &[Record], rank: Rank) {
        let mut rest: Vec<&Record> = records.iter().collect();
        while let Some(first) = rest.first().copied() {
            let (set, others): (Vec<&Record>, Vec<&Record>) =
                rest.iter().copied().partition(|r| r.name == first.name && r.rtype() == first.rtype());
            rest = others;
            let key = Some(first.rtype());
            // RFC 2181 §5.4.1: what is trusted more is not replaced by what is trusted less.
            if let Some((Known::Set { rank: old, .. }, _)) = self.known.get(now, first.name.as_str(), key)
                && *old > rank
            {
                continue;
            }
            let ttl = set.iter().map(|r| r.ttl()).min().unwrap_or_default().min(self.max_ttl);
            let records: Arc<[Record]> = set.into_iter().cloned().collect();
            if rank == Rank::Answer {
                self.known.remove(first.name.as_str(), None);
            }
            self.known.insert(now, &first.name, key, now + ttl, Known::Set { records, rank });
        }
    }

    /// Remembers a denial. RFC 2308 §5: without an SOA it is not remembered.
    pub(super) fn put_denial(
        &mut self,
        now: Instant,
        name: &Name,
        rtype: RecordType,
        outcome: Outcome,
        soa: &Option<Record>,
    ) {
        let Some(record) = soa else { return };
        let ttl = record.negative_ttl().min(self.max_negative_ttl);
        let key = if outcome == Outcome::NxDomain { None } else { Some(rtype) };
        self.known.insert(now, name, key, now + ttl, Known::Denial { soa: soa.clone() });
    }

    pub(super) fn put_failure(&mut self, now: Instant, question: &Question, outcome: Outcome) {
        let key = Some(question.rtype);
        if !matches!(self.known.get(now, question.name.as_str(), key), Some((Known::Set { .. }, _))) {
            self.known.insert(now, &question.name, key, now + self.failure_ttl, Known::Failure(outcome));
        }
    }

    /// What is known of a name and a type, aliases included but not followed.
    pub(super) fn recall(&self, now: Instant, name: &str, rtype: RecordType) -> Option<Recall> {
        if let Some((Known::Denial { soa }, expires)) = self.known.get(now, name, None) {
            return Some(Recall::Denied(Outcome::NxDomain, self.counted_down(now, expires, soa), expires));
        }
        match self.known.get(now, name, Some(rtype)) {
            Some((Known::Set { records, rank: Rank::Answer }, expires)) => {
                return Some(Recall::Records(Arc::clone(records), expires));
            }
            Some((Known::Denial { soa }, expires)) => {
                return Some(Recall::Denied(Outcome::NoData, self.counted_down(now, expires, soa), expires));
            }
            Some((Known::Failure(outcome), expires)) => return Some(Recall::Failed(*outcome, expires)),
            _ => {}
        }
        if rtype == RecordType::Any {
            return None;
        }
        match self.known.get(now, name, Some(RecordType::Cname)) {
            Some((Known::Set { records, rank: Rank::Answer }, expires)) => {
                Some(Recall::Alias(records.first()?.clone(), expires))
            }
            _ => None,
        }
    }

    fn counted_down(&self, now: Instant, expires: Instant, soa: &Option<Record>) -> Option<Record> {
        // RFC 2308 §5: the SOA in a negative answer from the cache counts down as well.
        soa.as_ref().map(|soa| Record { ttl_secs: remaining_secs(now, expires), ..soa.clone() })
    }

    /// A set that is good for finding servers, however much it is trusted.
    pub(super) fn hint(&self, now: Instant, name: &str, rtype: RecordType) -> Option<Arc<[Record]>> {
        match self.known.get(now, name, Some(rtype)) {
            Some((Known::Set { records, .. }, _)) => Some(Arc::clone(records)),
            _ => None,
        }
    }

    /// A whole answer from what is remembered, its times to live counted down.
    pub(super) fn compose(&self, now: Instant, question: &Question) -> Option<Lookup> {
        let mut name = question.name.clone();
        let mut lookup = Lookup::failure(Instant::MAX, name.clone(), question.rtype, Outcome::ServFail, Duration::ZERO);
        let count_down = |records: &[Record], expires: Instant, into: &mut Vec<Record>| {
            let ttl_secs = remaining_secs(now, expires);
            into.extend(records.iter().map(|r| Record { ttl_secs: r.ttl_secs.min(ttl_secs), ..r.clone() }));
        };
        loop {
            match self.recall(now, name.as_str(), question.rtype)? {
                Recall::Records(records, expires) => {
                    lookup.outcome = Outcome::Records;
                    lookup.expires = lookup.expires.min(expires);
                    count_down(&records, expires, &mut lookup.records);
                    return Some(lookup);
                }
                Recall::Denied(outcome, soa, expires) => {
                    (lookup.outcome, lookup.soa) = (outcome, soa);
                    lookup.expires = lookup.expires.min(expires);
                    return Some(lookup);
                }
                Recall::Failed(outcome, expires) => {
                    lookup.outcome = outcome;
                    lookup.aliases.clear();
                    lookup.expires = lookup.expires.min(expires);
                    return Some(lookup);
                }
                Recall::Alias(record, expires) => {
                    let RecordData::Cname(target) = &record.data else { return None };
                    name = target.clone();
                    lookup.expires = lookup.expires.min(expires);
                    count_down(&[record], expires, &mut lookup.aliases);
                    if lookup.aliases.len() > MAX_CHAIN {
                        return None;
                    }
                }
            }
        }
    }

    /// An answer from what has just been learnt; the aliases come with the instants at which they expire.
    pub(super) fn assemble(
        &self,
        now: Instant,
        question: &Question,
        outcome: Outcome,
        aliases: Vec<(Record, Instant)>,
        records: Vec<Record>,
        soa: Option<Record>,
    ) -> Lookup {
        let keep = match outcome {
            Outcome::Records => records.iter().map(Record::ttl).min().unwrap_or_default().min(self.max_ttl),
            _ => soa.as_ref().map(Record::negative_ttl).unwrap_or_default().min(self.max_negative_ttl),
        };
        let expires = aliases.iter().map(|(_, expires)| *expires).fold(now + keep, Instant::min);
        let aliases = aliases
            .into_iter()
            .map(|(r, expires)| Record { ttl_secs: r.ttl_secs.min(remaining_secs(now, expires)), ..r })
            .collect();
        Lookup { name: question.name.clone(), rtype: question.rtype, outcome, aliases, records, soa, expires }
    }

    pub(super) fn penalise(&mut self, now: Instant, server: IpAddr) {
        if self.penalties.len() >= MAX_PENALTIES {
            self.penalties.retain(|_, until| *until > now);
        }
        if self.penalties.len() >= MAX_PENALTIES {
            self.penalties.pop_first();
        }
        self.penalties.insert(server, now + PENALTY);
    }

    pub(super) fn forgive(&mut self, server: IpAddr) {
        self.penalties.remove(&server);
    }

    pub(super) fn is_penalised(&self, now: Instant, server: IpAddr) -> bool {
        self.penalties.get(&server).is_some_and(|until| now < *until)
    }
}
