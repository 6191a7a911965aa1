//! Which look-ups belong to a mail.
//!
//! A question carries no mail: one answer may serve many. But an agent goes on in the same instant in which it knows
//! what it wanted to know, so the way leads back from what it does for the mail to the look-up that it waited for, to
//! the question of that look-up, and from there to the look-up before. What a resolver asks while it owes an answer
//! belongs to that answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::{Duration, Instant};
use crate::trace::{Direction, HostId, Record, RecordId, What};

/// A question and its answer: who asks, under which number, for which name.
pub(super) type Exchange = (HostId, u16, String);

/// Longer than any resolver tries.
const PATIENCE: Duration = Duration::from_mins(2);

/// Look-ups of a mail.
#[derive(Default)]
pub(super) struct Lookups {
    pub(super) exchanges: BTreeSet<Exchange>,
    /// The records that say what a look-up came to.
    pub(super) results: BTreeSet<RecordId>,
}

impl Lookups {
    /// Those that what `of_mail` chooses has waited for.
    pub(super) fn find(records: &[Record], of_mail: impl Fn(&Record) -> bool) -> Lookups {
        let mut found = Lookups::default();
        found.back(records, of_mail);
        found.resolvers(records);
        found
    }

    /// From what was done for the mail back to what was asked for it.
    fn back(&mut self, records: &[Record], of_mail: impl Fn(&Record) -> bool) {
        // Since when a host has known what it went on with.
        let mut known_at: BTreeMap<HostId, Instant> = BTreeMap::new();
        // What it knew, and the earliest question for it so far.
        let mut wanted: BTreeMap<(HostId, String, &str), Instant> = BTreeMap::new();
        for record in records.iter().rev() {
            if of_mail(record) && goes_on(&record.what) {
                known_at.insert(record.host, record.at);
            }
            match &record.what {
                What::Lookup { name, rtype, cached, .. } => {
                    let key = (record.host, bare(name), &**rtype);
                    wanted.remove(&key);
                    if known_at.get(&record.host) == Some(&record.at) {
                        self.results.extend(record.id);
                        if !cached {
                            wanted.insert(key, record.at);
                        }
                    }
                }
                What::Question { direction: Direction::Sent, query, name, rtype, .. } => {
                    let key = (record.host, bare(name), &**rtype);
                    let Some(since) = wanted.get_mut(&key) else { continue };
                    if since.since(record.at) > PATIENCE {
                        wanted.remove(&key);
                        continue;
                    }
                    *since = record.at;
                    self.exchanges.insert((record.host, *query, key.1));
                    // The look-up before this one came to its end when this one began.
                    known_at.insert(record.host, record.at);
                }
                _ => {}
            }
        }
    }

    /// What resolvers asked while they owed an answer that belongs to the mail.
    fn resolvers(&mut self, records: &[Record]) {
        let mut owed: BTreeMap<HostId, BTreeSet<Exchange>> = BTreeMap::new();
        for record in records {
            let Some(exchange) = exchange(record) else { continue };
            match &record.what {
                What::Question { direction: Direction::Sent, .. }
                    if owed.get(&record.host).is_some_and(|owed| !owed.is_empty()) =>
                {
                    self.exchanges.insert(exchange);
                }
                What::Question { direction: Direction::Received, .. } if self.exchanges.contains(&exchange) => {
                    owed.entry(record.host).or_default().insert(exchange);
                }
                What::Answer { direction: Direction::Sent, .. } => {
                    if let Some(owed) = owed.get_mut(&record.host) {
                        owed.remove(&exchange);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether an agent does this when it has learnt a name, or that there is none.
fn goes_on(what: &What) -> bool {
    matches!(
        what,
        What::Attempt { .. } | What::Outcome { .. } | What::Queue { .. } | What::Bounced { .. } | What::Unsent { .. }
    )
}

/// What makes a question and its answer one exchange.
pub(super) fn exchange(record: &Record) -> Option<Exchange> {
    use Direction::{Received, Sent};
    match &record.what {
        What::Question { direction, peer, query, name, .. } => {
            Some((if *direction == Sent { record.host } else { *peer }, *query, bare(name)))
        }
        What::Answer { direction, peer, query, name, .. } => {
            Some((if *direction == Received { record.host } else { *peer }, *query, bare(name)))
        }
        _ => None,
    }
}

/// A name as it is compared.
fn bare(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
