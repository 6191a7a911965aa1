//! What goes wrong, and when: faults as data.

use super::Change;
use crate::sim::{Duration, Instant};

/// When a fault happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At a time.
    At(Instant),
    /// When the trigger at this place of [`super::Builder::watch`] goes off.
    Triggered(u32),
}

/// A change of the world, when it happens, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSetup {
    /// When.
    pub when: When,
    /// For how long; `None` is for good. A [`Change::Drop`] has an end of its own.
    pub lasting: Option<Duration>,
    /// What.
    pub change: Change,
}
