//! The faults of a plan.

use crate::agent::{Trigger, TriggerEvent};
use crate::scenario::{self, Plan};
use crate::trace::Direction;
use crate::world::{Builder, FaultSetup, When};

/// Adds the faults to a world.
pub(super) fn add(plan: &Plan, builder: &mut Builder) {
    for fault in &plan.faults {
        let when = when(&fault.when, builder);
        builder.fault(FaultSetup { when, lasting: fault.lasting, change: fault.what.clone() });
    }
}

fn when(trigger: &scenario::Trigger, builder: &mut Builder) -> When {
    let (host, event, nth) = match trigger {
        scenario::Trigger::At(at) => return When::At(*at),
        scenario::Trigger::Line { host, sent, begins, nth } => {
            let direction = if *sent { Direction::Sent } else { Direction::Received };
            (*host, TriggerEvent::Line { direction, begins: begins.clone() }, *nth)
        }
        scenario::Trigger::FinalDot { host, nth } => (*host, TriggerEvent::FinalDot, *nth),
    };
    When::Triggered(builder.watch(Trigger { host, event, nth, seen: 0 }))
}
