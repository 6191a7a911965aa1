//! What a scenario waits for at a host.

use std::sync::Arc;

use crate::trace::{Direction, HostId, RecordId};

/// Lines that a scenario waits for: the trigger of a fault.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// What is waited for.
    pub triggers: Vec<Trigger>,
    /// Places of triggers that have gone off since the world looked last, and the records that set them off.
    pub fired: Vec<(u32, Option<RecordId>)>,
}

/// A line that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// At this host.
    pub host: HostId,
    /// What it looks for.
    pub event: TriggerEvent,
    /// Which occurrence, from 1.
    pub nth: u64,
    /// Occurrences so far.
    pub seen: u64,
}

/// What a [`Trigger`] looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerEvent {
    /// A line that begins like this, compared without case.
    Line {
        /// Sent or received by the host.
        direction: Direction,
        /// How it begins.
        begins: Arc<str>,
    },
    /// The server has read a final dot and has not answered yet.
    FinalDot,
}

impl Watch {
    /// Whether anything is waited for at this host.
    #[must_use]
    #[inline]
    pub fn is_on(&self, host: HostId) -> bool {
        !self.triggers.is_empty() && self.triggers.iter().any(|t| t.host == host && t.seen < t.nth)
    }

    /// A line of dialogue (without its line end) was sent or received.
    pub fn see_line(&mut self, host: HostId, direction: Direction, line: &[u8], record: Option<RecordId>) {
        self.see(host, record, |event| match event {
            TriggerEvent::Line { direction: wanted, begins } => {
                *wanted == direction
                    && line.len() >= begins.len()
                    && line[..begins.len()].eq_ignore_ascii_case(begins.as_bytes())
            }
            TriggerEvent::FinalDot => false,
        });
    }

    pub(super) fn see(&mut self, host: HostId, record: Option<RecordId>, matches: impl Fn(&TriggerEvent) -> bool) {
        for (place, trigger) in self.triggers.iter_mut().enumerate() {
            if trigger.host == host && trigger.seen < trigger.nth && matches(&trigger.event) {
                trigger.seen += 1;
                if trigger.seen == trigger.nth {
                    self.fired.push((place as u32, record));
                }
            }
        }
    }
}
