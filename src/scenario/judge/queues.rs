//! Who still waits in which queue, as the records tell it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::scenario::plan::{Plan, Role};
use crate::sim::Instant;
use crate::trace::{ConnId, ConnectionState, HostId, MailId, QueueName, Record, Side, Verdict, What};

/// A queued mail.
#[derive(Debug)]
struct Queued {
    mail: Option<MailId>,
    since: Instant,
    /// Recipients without a fate.
    open: Vec<Arc<str>>,
    /// Whether the server says that it is done with it.
    done: bool,
    /// Whether it lies in the queue, by the queue's own word: recipients that aliases have put in have no other.
    in_queue: bool,
}

/// A mail that waits.
pub(super) struct Waiting {
    mail: Option<MailId>,
    pub(super) host: HostId,
    pub(super) queue_id: Arc<str>,
    pub(super) since: Instant,
    /// For whom.
    pub(super) open: Vec<Arc<str>>,
}

/// All queued mails.
pub(super) struct Queues {
    mails: HashMap<(HostId, Arc<str>), Queued>,
    /// Mailboxes whose mail goes on to others, in lower case: their fate is that of the others.
    forwarded: HashSet<(HostId, String)>,
    /// For whom a server has taken the last mail of a connection, in lower case.
    taken: HashMap<ConnId, Vec<String>>,
    /// Recipients whose client read a yes that no server had said, with the time.
    misled: Vec<(Instant, HostId, Arc<str>, Arc<str>)>,
}

impl Queues {
    pub(super) fn new(plan: &Plan) -> Queues {
        let mut forwarded = HashSet::new();
        for (i, host) in plan.hosts.iter().enumerate() {
            if let Role::Mta(mta) = &host.role {
                forwarded.extend(
                    mta.forwards.iter().map(|(from, _)| (HostId(i as u32), from.as_str().to_ascii_lowercase())),
                );
            }
        }
        Queues { mails: HashMap::new(), forwarded, taken: HashMap::new(), misled: Vec::new() }
    }

    pub(super) fn record(&mut self, record: &Record) {
        match &record.what {
            What::Accepted { queue_id, recipients, .. } => {
                let host = record.host;
                if let Some(conn) = record.conn {
                    self.taken.insert(conn, recipients.iter().map(|r| r.to_ascii_lowercase()).collect());
                }
                let goes_on = |r: &Arc<str>| self.forwarded.contains(&(host, r.to_ascii_lowercase()));
                let open: Vec<_> = recipients.iter().filter(|r| !goes_on(r)).cloned().collect();
                // What leads to other addresses only waits if a queue says so: they may all be mailboxes here.
                if !open.is_empty() {
                    let queued = Queued { mail: record.mail, since: record.at, open, done: false, in_queue: false };
                    self.mails.insert((host, Arc::clone(queue_id)), queued);
                }
            }
            What::Queue { queue_id, queue, .. } => {
                let key = (record.host, Arc::clone(queue_id));
                let done = *queue == QueueName::Done;
                let queued = self.mails.entry(key).or_insert_with(|| Queued {
                    mail: record.mail,
                    since: record.at,
                    open: Vec::new(),
                    done,
                    in_queue: !done,
                });
                queued.done = done;
                queued.in_queue = !done;
                self.tidy(record.host, queue_id);
            }
            What::Outcome { queue_id, recipient, verdict: Verdict::Accepted, .. }
                if record.conn.is_some_and(|conn| !self.took(conn, recipient)) =>
            {
                self.misled.push((record.at, record.host, Arc::clone(queue_id), Arc::clone(recipient)));
                if let Some(queued) = self.mails.get_mut(&(record.host, Arc::clone(queue_id))) {
                    queued.open.retain(|r| r != recipient);
                    self.tidy(record.host, queue_id);
                }
            }
            What::Connection { state: ConnectionState::Closed, side: Side::Client, .. } => {
                record.conn.map(|conn| self.taken.remove(&conn));
            }
            What::Delivered { queue_id, recipient, .. }
            | What::Bounced { queue_id, recipient, .. }
            | What::Discarded { queue_id, recipient, .. }
            | What::Outcome { queue_id, recipient, verdict: Verdict::Accepted, .. } => {
                if let Some(queued) = self.mails.get_mut(&(record.host, Arc::clone(queue_id))) {
                    queued.open.retain(|r| r != recipient);
                    self.tidy(record.host, queue_id);
                }
            }
            // Of two that are written the same way, the fate of the one is that of the other.
            What::Duplicate { queue_id, recipient, shares } if recipient != shares => {
                if let Some(queued) = self.mails.get_mut(&(record.host, Arc::clone(queue_id))) {
                    queued.open.retain(|r| r != recipient);
                    self.tidy(record.host, queue_id);
                }
            }
            _ => {}
        }
    }

    /// Whether the server of a connection has taken its last mail for this recipient.
    fn took(&self, conn: ConnId, recipient: &str) -> bool {
        let recipient = recipient.to_ascii_lowercase();
        self.taken.get(&conn).is_some_and(|taken| taken.contains(&recipient))
    }

    /// Forgets a mail that is done with and whose recipients all have their fate.
    fn tidy(&mut self, host: HostId, queue_id: &Arc<str>) {
        let key = (host, Arc::clone(queue_id));
        if self.mails.get(&key).is_some_and(|q| q.done && q.open.is_empty()) {
            self.mails.remove(&key);
        }
    }

    /// Mails that wait, with the time since when: at a host, or anywhere. In order of time.
    pub(super) fn waiting(&self, host: Option<HostId>) -> Vec<Waiting> {
        let here = |h: HostId| host.is_none_or(|host| host == h);
        let waits = |q: &Queued| q.in_queue || (!q.done && !q.open.is_empty());
        let mut found: Vec<_> = self
            .mails
            .iter()
            .filter(|((h, _), q)| here(*h) && waits(q))
            .map(|((h, id), q)| Waiting {
                mail: q.mail,
                host: *h,
                queue_id: Arc::clone(id),
                since: q.since,
                open: q.open.clone(),
            })
            .collect();
        found.sort_by(|a, b| (a.since, a.host, &a.queue_id).cmp(&(b.since, b.host, &b.queue_id)));
        found
    }

    /// How many mails those are: one that several hosts have counts once.
    pub(super) fn mails(waiting: &[Waiting]) -> u64 {
        let known: HashSet<MailId> = waiting.iter().filter_map(|w| w.mail).collect();
        known.len() as u64 + waiting.iter().filter(|w| w.mail.is_none()).count() as u64
    }

    /// Recipients of mails that a server says it is done with, although they have no fate. In order of time.
    pub(super) fn lost(&self) -> Vec<(HostId, Arc<str>, Arc<str>)> {
        let mut found: Vec<_> = self
            .mails
            .iter()
            .filter(|(_, q)| q.done)
            .flat_map(|((h, id), q)| q.open.iter().map(|r| (q.since, *h, Arc::clone(id), Arc::clone(r))))
            .collect();
        found.extend(self.misled.iter().cloned());
        found.sort();
        found.into_iter().map(|(_, h, id, r)| (h, id, r)).collect()
    }
}
