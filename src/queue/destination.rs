//! One destination: its backlog, its window of connections, and whether it is being given a rest.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Failure, Job};
use crate::sim::{Duration, Instant};

/// Names a destination of a queue: the domain of the recipients, or the smarthost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationId(pub u32);

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

#[derive(Debug)]
pub(super) struct Destination {
    pub(super) name: Arc<str>,
    pub(super) backlog: VecDeque<Job>,
    /// Connections that are being made or in use; idle ones do not count.
    pub(super) connections: u32,
    window: u32,
    rest: Option<(Instant, Failure)>,
    /// Whether it stands in the list of runnable destinations.
    pub(super) listed: bool,
}

impl Destination {
    pub(super) fn new(name: Arc<str>, limits: &Limits) -> Destination {
        Destination {
            name,
            backlog: VecDeque::new(),
            connections: 0,
            window: limits.initial_connections.max(1),
            rest: None,
            listed: false,
        }
    }

    pub(super) fn may_run(&self) -> bool {
        !self.backlog.is_empty() && self.connections < self.window
    }

    /// Why it rests, while it does.
    pub(super) fn resting(&mut self, now: Instant) -> Option<&Failure> {
        if self.rest.as_ref().is_some_and(|(until, _)| *until <= now) {
            self.rest = None;
        }
        self.rest.as_ref().map(|(_, failure)| failure)
    }

    pub(super) fn praise(&mut self, limits: &Limits) {
        self.window = (self.window + 1).min(limits.most_connections.max(1));
        self.rest = None;
    }

    pub(super) fn rest(&mut self, now: Instant, failure: &Failure, limits: &Limits) -> VecDeque<Job> {
        self.rest = Some((now + limits.rest, failure.clone()));
        self.window = limits.initial_connections.max(1);
        std::mem::take(&mut self.backlog)
    }

    pub(super) fn reset(&mut self, limits: &Limits) {
        *self = Destination::new(self.name.clone(), limits);
    }
}
