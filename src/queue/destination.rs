//! One destination: its backlog, its window of connections, and whether it is being given a rest.

use std::collections::VecDeque;

use super::{Failure, Job, NextHop, Patience, Schedule};
use crate::sim::{Duration, Instant};

/// Connections and recipients per destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the beginning and after a rest (Postfix `initial_destination_concurrency`, 5).
    pub initial_connections: u32,
    /// Most connections (Postfix `default_destination_concurrency_limit`, 20).
    pub most_connections: u32,
    /// Most recipients of one transaction (Postfix `default_destination_recipient_limit`, 50).
    pub recipients_per_transaction: usize,
    /// How long a destination rests that could not be reached (Postfix `transport_retry_time`, 60 s).
    pub rest: Duration,
}

impl Limits {
    /// The window of a destination of which nothing is known.
    fn first_window(&self) -> u32 {
        self.initial_connections.min(self.most_connections).max(1)
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            initial_connections: 5,
            most_connections: 20,
            recipients_per_transaction: 50,
            rest: Duration::from_secs(60),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) next_hop: NextHop,
    pub(super) backlog: VecDeque<Job>,
    /// Connections that are being made or in use; idle ones do not count.
    pub(super) connections: u32,
    window: u32,
    rest: Option<(Instant, Failure)>,
    /// Since when nobody there could be reached, by how many attempts, and how long the last rest is.
    trouble: Option<Trouble>,
    /// Whether it stands in the list of runnable destinations.
    pub(super) listed: bool,
}

/// The memory of a schedule that goes by destination.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    since: Instant,
    attempts: u32,
    gap: Duration,
}

impl Destination {
    pub(super) fn new(next_hop: NextHop, limits: &Limits) -> Destination {
        Destination {
            next_hop,
            backlog: VecDeque::new(),
            connections: 0,
            window: limits.first_window(),
            rest: None,
            trouble: None,
            listed: false,
        }
    }

    pub(super) fn may_run(&self) -> bool {
        !self.backlog.is_empty() && self.connections < self.window
    }

    /// Why it rests, while it does.
    pub(super) fn resting(&self, now: Instant) -> Option<&Failure> {
        self.rest.as_ref().filter(|(until, _)| *until > now).map(|(_, failure)| failure)
    }

    pub(super) fn praise(&mut self, limits: &Limits) {
        self.window = (self.window + 1).min(limits.most_connections.max(1));
        self.rest = None;
        self.trouble = None;
    }

    pub(super) fn rest(
        &mut self,
        now: Instant,
        failure: &Failure,
        limits: &Limits,
        schedule: &Schedule,
    ) -> VecDeque<Job> {
        let until = if schedule.is_by_destination() { self.next_try(now, schedule) } else { now + limits.rest };
        self.rest = Some((until, failure.clone()));
        // Exim's queue runner takes one mail after the other: the first one tries for all.
        self.window = if schedule.is_by_destination() { 1 } else { limits.first_window() };
        std::mem::take(&mut self.backlog)
    }

    /// Rests without being to blame.
    pub(super) fn pause(&mut self, now: Instant, failure: &Failure, limits: &Limits) -> VecDeque<Job> {
        // A rest that is under way for the destination's own sake may last longer.
        let until = self.rest.as_ref().map_or(now, |(until, _)| *until).max(now + limits.rest);
        self.rest = Some((until, failure.clone()));
        std::mem::take(&mut self.backlog)
    }

    /// When the destination is tried again, by a schedule of its own. Connections that fail side by side count once.
    fn next_try(&mut self, now: Instant, schedule: &Schedule) -> Instant {
        if let Some((until, _)) = self.rest.as_ref().filter(|(until, _)| *until > now) {
            return *until;
        }
        let before = self.trouble.unwrap_or(Trouble { since: now, attempts: 0, gap: Duration::ZERO });
        let Trouble { since, attempts, gap } = Trouble { attempts: before.attempts + 1, ..before };
        let until = schedule.next_attempt(now, Patience { arrived: since, attempts, last_gap: gap });
        self.trouble = Some(Trouble { since, attempts, gap: until - now });
        until
    }

    /// Until when it rests by a schedule of its own.
    pub(super) fn own_next_try(&self, now: Instant, schedule: &Schedule) -> Option<Instant> {
        let until = self.rest.as_ref().map(|(until, _)| *until)?;
        (schedule.is_by_destination() && until > now).then_some(until)
    }

    /// For how long nobody there could be reached.
    pub(super) fn failing_for(&self, now: Instant) -> Option<Duration> {
        self.trouble.map(|trouble| now - trouble.since)
    }

    /// The host was down. What it knows of the destination is on its disk where the schedule goes by it.
    pub(super) fn reset(&mut self, limits: &Limits) {
        let (rest, trouble) = (self.rest.take(), self.trouble);
        *self = Destination::new(self.next_hop.clone(), limits);
        if trouble.is_some() {
            (self.rest, self.trouble) = (rest, trouble);
        }
    }
}
