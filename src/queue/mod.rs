//! Patience: the mail queue of one host.
//!
//! A [`Queue`] holds every mail that the host took responsibility for, from the 250 until each recipient has its
//! verdict. Mail is sorted by destination; each destination has its own backlog and its own window of concurrent
//! connections, as in Postfix's queue manager: one slow destination does not hold up the others. What fails for now
//! waits in the deferred queue until its [`Schedule`] says so.
//!
//! The queue decides when and how many; it does not connect, look up names or speak SMTP, and it does not write
//! bounces: it says that one is due.

mod destination;
mod entry;
mod job;
mod next_hop;
mod schedule;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use slab::Slab;
use smallvec::SmallVec;

pub use destination::Limits;
pub use entry::{Entry, EntryId, Failure, Fate, Mail, Origin, Recipient};
pub use job::{Job, Settled};
pub use next_hop::{DestinationId, NextHop};
pub use schedule::{Patience, Schedule};

use crate::identity::{Domain, Mailbox};
use crate::sim::{Duration, Instant};
use destination::Destination;

/// How a queue behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// When to try again.
    pub schedule: Schedule,
    /// How long a mail is kept; `None` is what the schedule's namesake does.
    pub lifetime: Option<Duration>,
    /// After which time the sender of a mail that still waits is told; `None` is never, as in Postfix.
    pub delay_warning: Option<Duration>,
    /// Connections and recipients per destination.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Config {
        Config { schedule: Schedule::Postfix, lifetime: None, delay_warning: None, limits: Limits::default() }
    }
}

/// The mail queue of one host.
#[derive(Clone, Debug)]
pub struct Queue {
    config: Arc<Config>,
    entries: Slab<Entry>,
    destinations: Vec<Destination>,
    // Looked up, never iterated.
    by_domain: FxHashMap<Domain, DestinationId>,
    by_other: FxHashMap<NextHop, DestinationId>,
    deferred: BinaryHeap<Reverse<(Instant, u64, EntryId)>>,
    /// Destinations that may have work and room for it.
    runnable: VecDeque<DestinationId>,
    /// Connections to all destinations together.
    connections: u32,
    next_number: u64,
}

impl Queue {
    /// An empty queue. Hosts that are set up alike can share the settings.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>) -> Queue {
        Queue {
            config: config.into(),
            entries: Slab::new(),
            destinations: Vec::new(),
            by_domain: FxHashMap::default(),
            by_other: FxHashMap::default(),
            deferred: BinaryHeap::new(),
            runnable: VecDeque::new(),
            connections: 0,
            next_number: 0,
        }
    }

    /// How it behaves.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All mails, in the order of their places.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// Why a destination is being given a rest, where it is: mail for it is deferred without being tried.
    #[must_use]
    pub fn resting(&self, now: Instant, destination: DestinationId) -> Option<&Failure> {
        self.destinations[destination.0 as usize].resting(now)
    }

    /// A mail of this queue.
    ///
    /// # Panics
    /// When the mail is no longer here: ids are only good until [`Queue::remove`].
    #[must_use]
    pub fn entry(&self, id: EntryId) -> &Entry {
        &self.entries[id.0 as usize]
    }

    /// The destination that is this next hop; made when it is new.
    pub fn destination(&mut self, next_hop: &NextHop) -> DestinationId {
        let known = match next_hop {
            NextHop::Domain(domain) => self.by_domain.get(domain),
            _ => self.by_other.get(next_hop),
        };
        known.copied().unwrap_or_else(|| self.add_destination(next_hop.clone()))
    }

    /// The destination that the domain of an address is; made when it is new.
    pub fn destination_of(&mut self, mailbox: &Mailbox) -> DestinationId {
        match self.by_domain.get(mailbox.domain()) {
            Some(id) => *id,
            None => self.add_destination(NextHop::Domain(mailbox.to_domain())),
        }
    }

    fn add_destination(&mut self, next_hop: NextHop) -> DestinationId {
        let id = DestinationId(self.destinations.len() as u32);
        self.destinations.push(Destination::new(next_hop.clone(), &self.config.limits));
        match next_hop {
            NextHop::Domain(domain) => self.by_domain.insert(domain, id),
            other => self.by_other.insert(other, id),
        };
        id
    }

    /// What a destination is.
    #[must_use]
    pub fn next_hop(&self, id: DestinationId) -> &NextHop {
        &self.destinations[id.0 as usize].next_hop
    }

    /// Takes a mail in (incoming) and sorts it to its destinations (active). Local recipients are not among them.
    /// Returns the mail and, where all its destinations are being given a rest, what to do with it.
    pub fn accept(&mut self, now: Instant, mail: Mail) -> (EntryId, Option<Settled>) {
        self.next_number += 1;
        let id = EntryId(self.entries.vacant_key() as u32);
        self.entries.insert(Entry::new(self.next_number, now, mail));
        (id, self.activate(now, id))
    }

    /// Moves a mail to the active queue: one job for each destination (more where the destination takes fewer
    /// recipients at once than there are).
    fn activate(&mut self, now: Instant, id: EntryId) -> Option<Settled> {
        let entry = &mut self.entries[id.0 as usize];
        entry.due = None;
        entry.attempts += 1;
        let mut jobs: SmallVec<[Job; 1]> = SmallVec::new();
        // The job of each destination that still has room. Looked up, never iterated.
        let mut open_jobs: FxHashMap<DestinationId, usize> = FxHashMap::default();
        for (place, recipient) in entry.recipients.iter().enumerate().filter(|(_, r)| r.fate == Fate::Waiting) {
            let most = self.config.limits.recipients_per_transaction.max(1);
            let destination = recipient.destination;
            // Most mails have one recipient, or several of one destination: no map for those.
            let open = match jobs.last() {
                Some(last) if last.destination == destination => Some(jobs.len() - 1),
                _ if jobs.len() <= 1 => None,
                _ => open_jobs.get(&destination).copied(),
            };
            match open.and_then(|open| jobs.get_mut(open)).filter(|job| job.recipients.len() < most) {
                Some(job) => job.recipients.push(place as u32),
                None => {
                    let recipients = SmallVec::from_slice(&[place as u32]);
                    jobs.push(Job { entry: id, destination, recipients });
                    if jobs.len() == 2 {
                        open_jobs.insert(jobs[0].destination, 0);
                    }
                    if jobs.len() >= 2 {
                        open_jobs.insert(destination, jobs.len() - 1);
                    }
                }
            }
        }
        entry.open_jobs = jobs.len() as u32;
        let mut settled = None;
        for job in jobs {
            let destination = &mut self.destinations[job.destination.0 as usize];
            if let Some(failure) = destination.resting(now) {
                // As Postfix does: what arrives for a destination that just failed is deferred without a try.
                let reason = failure.clone();
                for place in &job.recipients {
                    self.fail_for_now(id, *place, &reason);
                }
                settled = self.finish(now, &job);
            } else {
                destination.backlog.push_back(job.clone());
                self.wake(job.destination);
            }
        }
        settled
    }

    fn wake(&mut self, id: DestinationId) {
        let destination = &mut self.destinations[id.0 as usize];
        if !destination.listed && destination.may_run() {
            destination.listed = true;
            self.runnable.push_back(id);
        }
    }

    /// Whether a destination has work and may have one more connection.
    #[must_use]
    pub fn may_run(&self, id: DestinationId) -> bool {
        self.destinations[id.0 as usize].may_run()
    }

    /// Connections that are being made or in use, to all destinations together.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections
    }

    /// The jobs that wait for a destination.
    pub fn backlog(&self, id: DestinationId) -> impl Iterator<Item = &Job> {
        self.destinations[id.0 as usize].backlog.iter()
    }

    /// A destination that has work and may have one more connection. Ask until `None`; each answer must be followed
    /// by [`Queue::take`] (an idle connection takes the job) or [`Queue::open`] (a new one will).
    pub fn poll_runnable(&mut self) -> Option<DestinationId> {
        while let Some(id) = self.runnable.pop_front() {
            let destination = &mut self.destinations[id.0 as usize];
            destination.listed = false;
            if destination.may_run() {
                return Some(id);
            }
        }
        None
    }

    /// Counts a connection to the destination and takes the first job for it.
    pub fn open(&mut self, id: DestinationId) -> Option<Job> {
        let job = self.take(id)?;
        self.destinations[id.0 as usize].connections += 1;
        self.connections += 1;
        self.wake(id);
        Some(job)
    }

    /// The next job for a connection that is free again; the connection stays counted.
    pub fn take(&mut self, id: DestinationId) -> Option<Job> {
        self.destinations[id.0 as usize].backlog.pop_front()
    }

    /// A connection to the destination is gone or idle: it counts no longer.
    pub fn close(&mut self, id: DestinationId) {
        let destination = &mut self.destinations[id.0 as usize];
        if destination.connections > 0 {
            destination.connections -= 1;
            self.connections -= 1;
        }
        self.wake(id);
    }

    /// The destination took a mail: its window opens by one, up to the limit (Postfix's positive feedback).
    pub fn praise(&mut self, id: DestinationId) {
        self.destinations[id.0 as usize].praise(&self.config.limits);
        self.wake(id);
    }

    /// No host of the destination could be reached or would talk: it is given a rest, and all jobs that wait for it
    /// come back with the same failure. Returns what to do with their mails.
    pub fn rest(&mut self, now: Instant, id: DestinationId, failure: &Failure) -> Vec<Settled> {
        let limits = self.config.limits;
        let backlog = self.destinations[id.0 as usize].rest(now, failure, &limits, &self.config.schedule);
        self.come_back(now, backlog, failure)
    }

    /// This host has nothing left to reach the destination with: all jobs that wait for it come back as with
    /// [`Queue::rest`], but nothing is held against the destination, neither for how long it has been failing nor the
    /// width of its window.
    pub fn pause(&mut self, now: Instant, id: DestinationId, failure: &Failure) -> Vec<Settled> {
        let backlog = self.destinations[id.0 as usize].pause(now, failure, &self.config.limits);
        self.come_back(now, backlog, failure)
    }

    fn come_back(&mut self, now: Instant, backlog: VecDeque<Job>, failure: &Failure) -> Vec<Settled> {
        let mut settled = Vec::new();
        for job in backlog {
            for place in &job.recipients {
                self.fail_for_now(job.entry, *place, failure);
            }
            settled.extend(self.finish(now, &job));
        }
        settled
    }

    /// All jobs that wait for a destination come back with a permanent failure (the domain does not exist, say).
    pub fn refuse(&mut self, now: Instant, id: DestinationId, failure: &Failure) -> Vec<Settled> {
        let backlog = std::mem::take(&mut self.destinations[id.0 as usize].backlog);
        let mut settled = Vec::new();
        for job in backlog {
            for place in &job.recipients {
                self.fail(job.entry, *place, failure.clone());
            }
            settled.extend(self.finish(now, &job));
        }
        settled
    }

    /// The recipient is somebody else's responsibility now.
    pub fn relayed(&mut self, id: EntryId, place: u32) {
        self.entries[id.0 as usize].recipients[place as usize].fate = Fate::Relayed;
    }

    /// The recipient can never be reached.
    pub fn fail(&mut self, id: EntryId, place: u32, failure: Failure) {
        let recipient = &mut self.entries[id.0 as usize].recipients[place as usize];
        recipient.fate = Fate::Failed;
        recipient.last_failure = Some(failure);
    }

    /// The recipient could not be reached this time.
    pub fn fail_for_now(&mut self, id: EntryId, place: u32, failure: &Failure) {
        self.entries[id.0 as usize].recipients[place as usize].last_failure = Some(failure.clone());
    }

    /// A job came back: each of its recipients has been relayed, failed, or failed for now. When it was the last one
    /// of its mail, says what to do with the mail; the caller then reports what failed and calls [`Queue::remove`]
    /// where nobody is left.
    pub fn finish(&mut self, now: Instant, job: &Job) -> Option<Settled> {
        let entry = &mut self.entries[job.entry.0 as usize];
        entry.open_jobs -= 1;
        (entry.open_jobs == 0).then(|| self.settle(now, job.entry))
    }

    fn settle(&mut self, now: Instant, id: EntryId) -> Settled {
        let lifetime = self.config.lifetime.unwrap_or_else(|| self.config.schedule.lifetime());
        let entry = &mut self.entries[id.0 as usize];
        let age = now - entry.arrived;
        for recipient in entry.recipients.iter_mut().filter(|r| r.fate == Fate::Waiting) {
            let destination = &self.destinations[recipient.destination.0 as usize];
            match destination.failing_for(now) {
                _ if age >= lifetime => recipient.expire(&format!("delivery time expired after {age}")),
                // Exim: hosts that have failed for so long are not waited for any more, however young the mail is.
                Some(failing) if failing >= lifetime => {
                    recipient.expire(&format!(
                        "delivery time expired: {} has been failing for {failing}",
                        destination.next_hop
                    ));
                }
                _ => {}
            }
        }
        let mut failed = SmallVec::new();
        let mut waiting = false;
        for (place, recipient) in entry.recipients.iter_mut().enumerate() {
            match recipient.fate {
                Fate::Waiting => waiting = true,
                Fate::Failed => {
                    recipient.fate = Fate::Reported;
                    failed.push(place as u32);
                }
                Fate::Relayed | Fate::Reported => {}
            }
        }
        let mut warn = false;
        let retry_at = waiting.then(|| {
            let patience = Patience { arrived: entry.arrived, attempts: entry.attempts, last_gap: entry.last_gap };
            // A destination with a schedule of its own says when; the mail waits for the first of several.
            let own = entry.recipients.iter().filter(|r| r.fate == Fate::Waiting).map(|recipient| {
                let destination = &self.destinations[recipient.destination.0 as usize];
                destination.own_next_try(now, &self.config.schedule)
            });
            let by_mail = || self.config.schedule.next_attempt(now, patience);
            let due = own.map(|own| own.unwrap_or_else(by_mail)).min().unwrap_or_else(by_mail);
            entry.last_gap = due - now;
            entry.due = Some(due);
            warn = !entry.warned && self.config.delay_warning.is_some_and(|after| age >= after);
            entry.warned |= warn;
            self.deferred.push(Reverse((due, entry.number, id)));
            due
        });
        Settled { entry: id, failed, retry_at, warn }
    }

    /// Notes for observers why a mail waits.
    pub fn note_cause(&mut self, id: EntryId, record: u64) {
        self.entries[id.0 as usize].cause = record;
    }

    /// Forgets a mail whose recipients all have their verdicts.
    pub fn remove(&mut self, id: EntryId) -> Entry {
        self.entries.remove(id.0 as usize)
    }

    /// When the next deferred mail is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deferred.peek().map(|Reverse((due, _, _))| *due)
    }

    /// Moves one deferred mail that is due to the active queue. Call until `None`.
    pub fn next_due(&mut self, now: Instant) -> Option<(EntryId, Option<Settled>)> {
        while let Some(Reverse((due, number, id))) = self.deferred.peek().copied() {
            if due > now {
                return None;
            }
            self.deferred.pop();
            let current = self.entries.get(id.0 as usize).is_some_and(|e| e.number == number && e.due == Some(due));
            if current {
                return Some((id, self.activate(now, id)));
            }
        }
        None
    }

    /// The host crashed and is up again: the queue is on disk, but nothing is under way. All mail is due at once.
    pub fn recover(&mut self, now: Instant) {
        for destination in &mut self.destinations {
            destination.reset(&self.config.limits);
        }
        self.connections = 0;
        self.runnable.clear();
        self.deferred.clear();
        for (place, entry) in &mut self.entries {
            entry.open_jobs = 0;
            entry.due = Some(now);
            self.deferred.push(Reverse((now, entry.number, EntryId(place as u32))));
        }
    }
}

#[cfg(test)]
mod tests;
