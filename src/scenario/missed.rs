//! What a file says will go wrong, and what did not: faults that never happened, scripted replies that were never given.

use std::ops::Range;

use super::plan::{FaultPlan, Plan, Role, ScriptedReply, Trigger};
use crate::agent::mta::Stage;
use crate::agent::{Agent, TriggerEvent};
use crate::sim::Instant;
use crate::trace::transcript::words;
use crate::trace::{Direction, HostId};
use crate::world::World;

/// Something that the file says and that did not happen in a run. Nothing is wrong with it; but whoever wrote it should
/// know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Whether it is a fault; otherwise it is a scripted reply.
    pub is_fault: bool,
    /// The bytes of the file that say it.
    pub span: Range<usize>,
    /// What did not happen, and why not: words without a capital and without a full stop.
    pub text: String,
}

/// What did not happen in a run of `plan` that is over, in the order of the file. What would have undone a fault is not
/// asked about, and a reply of several hosts (of `sites`) has happened when one of them gave it.
#[must_use]
pub fn missed(plan: &Plan, world: &World) -> Vec<Missed> {
    let mut found = faults(plan, world);
    found.extend(replies(plan, world));
    found.sort_by_key(|m| (m.span.start, m.span.end));
    found
}

fn faults(plan: &Plan, world: &World) -> Vec<Missed> {
    let mut found = Vec::new();
    let mut triggers = 0;
    for (place, fault) in plan.faults.iter().enumerate() {
        let trigger = triggers;
        triggers += u32::from(!matches!(fault.when, Trigger::At(_)));
        if !world.has_happened(place) {
            let why = why_not(plan, fault, world.times_seen(trigger), world.ended_at());
            let name = |host: HostId| world.roster().hosts.get(host.0 as usize).map_or("nobody", |h| &*h.name);
            let text = format!("{} ({why})", words::begins(name, &world.fault(place)));
            found.push(Missed { is_fault: true, span: fault.span.clone(), text });
        }
    }
    found
}

fn why_not(plan: &Plan, fault: &FaultPlan, seen: u64, end: Instant) -> String {
    let name = |host: HostId| &plan.host(host).name;
    let but = match seen {
        0 => "that never happened".to_owned(),
        1 => "that happened once".to_owned(),
        n => format!("that happened {n} times"),
    };
    match &fault.when {
        Trigger::At(at) => {
            let (at, end) = (at.since(Instant::ZERO), end.since(Instant::ZERO));
            format!("at {at}, but the run was over at {end}")
        }
        Trigger::Event(trigger) => {
            let what = match &trigger.event {
                TriggerEvent::Line { direction: Direction::Sent, begins } => format!("sends `{begins}`"),
                TriggerEvent::Line { direction: Direction::Received, begins } => format!("receives `{begins}`"),
                TriggerEvent::FinalDot => "reads the final dot of a mail".to_owned(),
            };
            format!("{} when {} {what}, but {but}", ordinal(trigger.nth), name(trigger.host))
        }
    }
}

/// `the 3rd time`.
fn ordinal(n: u64) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("the {n}{ending} time")
}

fn replies(plan: &Plan, world: &World) -> Vec<Missed> {
    // Hosts of one site template share a rule: its place in the file, the most matches, whether anybody said it, and
    // whether anybody could have.
    let mut rules: Vec<(Missed, u64, bool, bool)> = Vec::new();
    for (place, host) in plan.hosts.iter().enumerate() {
        let (Role::Mta(planned), Agent::Mta(mta)) = (&host.role, world.agent(HostId(place as u32))) else { continue };
        for (ScriptedReply { span, rule }, played) in planned.replies.iter().zip(mta.script()) {
            let known = rules.iter().position(|(m, ..)| m.span == *span);
            let entry = known.unwrap_or_else(|| {
                let to = match rule.stage {
                    Stage::Connect => "a connection",
                    Stage::Hello => "EHLO or HELO",
                    Stage::Mail => "MAIL",
                    Stage::Rcpt => "RCPT",
                    Stage::Data => "DATA",
                    Stage::EndOfData => "the final dot",
                };
                let nth = if rule.nth.0 > 1 { format!(" {}", ordinal(rule.nth.0)) } else { String::new() };
                let text = format!("`{}` to {to}{nth}", rule.reply.to_string().trim_end());
                rules.push((Missed { is_fault: false, span: span.clone(), text }, 0, false, false));
                rules.len() - 1
            });
            let (_, matches, said, shadowed) = &mut rules[entry];
            *matches = (*matches).max(played.seen);
            *said |= played.said > 0;
            *shadowed |= played.seen >= rule.nth.0;
        }
    }
    let unsaid = rules.into_iter().filter(|(_, _, said, _)| !said);
    unsaid
        .map(|(mut missed, matches, _, shadowed)| {
            missed.text.push_str(&match matches {
                _ if shadowed => " (another rule above it came first)".to_owned(),
                0 => " (what it waits for never happened)".to_owned(),
                1 => " (what it waits for happened once)".to_owned(),
                n => format!(" (what it waits for happened {n} times)"),
            });
            missed
        })
        .collect()
}
