//! What a person has in mind: [`Person`].

use std::collections::BTreeMap;

use super::config::Config;
use super::shelf::MailIndex;
use crate::agent::courier::earlier;
use crate::sim::Instant;
use crate::trace::RecordId;

/// Things by time, and in the order in which they were thought of.
pub(super) type Todos<T> = BTreeMap<(Instant, u64), T>;

/// What is to be done with a mail at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Todo {
    pub(super) account: usize,
    pub(super) mail: MailIndex,
    pub(super) what: Doing,
    /// What it is because of.
    pub(super) cause: Option<RecordId>,
}

/// See [`Todo`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Read,
    Answer,
    Delete,
}

/// What a person has in mind.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) todos: Todos<Todo>,
    pub(super) last: u64,
    /// Acts of the file that are still to come, or wait for their mail, by place.
    pub(super) acts: Vec<usize>,
    pub(super) next_act: Option<Instant>,
}

impl Person {
    pub(super) fn new(config: &Config) -> Person {
        let acts: Vec<usize> = (0..config.acts.len()).collect();
        Person { next_act: config.acts.first().map(|act| act.at), acts, ..Person::default() }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        earlier(self.next_act, self.todos.keys().next().map(|(at, _)| *at))
    }
}
