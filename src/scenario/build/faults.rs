//! The faults of a plan.

use crate::scenario::{Plan, Trigger};
use crate::world::{Builder, FaultSetup, When};

/// Adds the faults to a world.
pub(super) fn add(plan: &Plan, builder: &mut Builder) {
    for fault in &plan.faults {
        let when = match &fault.when {
            Trigger::At(at) => When::At(*at),
            Trigger::Event(trigger) => When::Triggered(builder.watch(trigger.clone())),
        };
        builder.fault(FaultSetup { when, lasting: fault.lasting, change: fault.what.clone() });
    }
}
