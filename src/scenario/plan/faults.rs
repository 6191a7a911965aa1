//! What goes wrong in a plan.

use std::ops::Range;

use crate::agent;
use crate::sim::{Duration, Instant};
use crate::world::Change;

/// Something that goes wrong, or is mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    /// The bytes of the file that say it.
    pub span: Range<usize>,
    /// When.
    pub when: Trigger,
    /// For how long; none is for good, or for as long as a [`Change::Drop`] lasts by itself.
    pub lasting: Option<Duration>,
    /// What, as the world has it. Links have the same numbers there as here.
    pub what: Change,
}

/// When a fault happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// At a time.
    At(Instant),
    /// When a host says, hears or reads something.
    Event(agent::Trigger),
}
