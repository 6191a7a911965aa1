//! From a plan to a run that is over.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::collect::{Collector, Keep};
use super::progress::{Progress, SLICE};
use crate::agent::Violation;
use crate::scenario::{self, BuildOptions, Judge, Judgement, Missed, Plan};
use crate::sim::{Duration, Instant, StopReason};
use crate::trace::transcript::{self, Line, Style};
use crate::trace::{MailId, Record, Roster, Sink};
use crate::world::{Report, World};

/// How to run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes {
    pub(super) seed: Option<u64>,
    pub(super) until: Option<Duration>,
    pub(super) keep: Keep,
    pub(super) packets: bool,
    /// Somebody wants the letters that are filed, and the secrets of sealed connections.
    pub(super) mail: bool,
    /// Tell everything as it happens: what is told lies in the collector between two slices.
    pub(super) story: bool,
    /// Say how far it is, where somebody watches.
    pub(super) progress: bool,
    pub(super) slices: Slices,
}

impl Wishes {
    /// Nothing is kept; how far it is is said.
    pub(super) const fn only_to_run() -> Wishes {
        Wishes {
            seed: None,
            until: None,
            keep: Keep::Nothing,
            packets: false,
            mail: false,
            story: false,
            progress: true,
            slices: SLICES,
        }
    }
}

/// Events between two times at which something is done beside the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slices {
    /// What was filed is written down.
    pub(super) write: u64,
    /// What happened is told.
    pub(super) tell: u64,
}

/// Often enough to keep little, and not so often that it takes time.
pub(super) const SLICES: Slices = Slices { write: 1 << 20, tell: 1 << 14 };

/// A run that is over.
pub(super) struct Run {
    pub(super) world: World,
    pub(super) roster: Arc<Roster>,
    pub(super) collected: Collector,
    pub(super) judgements: Vec<Judgement>,
    /// What the file says will go wrong, and what did not.
    pub(super) missed: Vec<Missed>,
    pub(super) report: Result<Report, Violation>,
    pub(super) stop: StopReason,
}

impl Run {
    /// Whether all expectations came true.
    pub(super) fn is_met(&self) -> bool {
        self.judgements.iter().all(|j| j.met)
    }
}

/// The world of a plan, before anything has happened.
pub(super) fn build(plan: &Plan, wishes: Wishes) -> World {
    let mut world = scenario::build(plan, BuildOptions { seed: wishes.seed });
    if wishes.mail {
        world.watch_mailboxes();
        world.watch_secrets();
    }
    world
}

/// Runs the world of a plan. `others` also look on; `between` is called now and then.
pub(super) fn simulate(
    mut world: World,
    plan: &Plan,
    wishes: Wishes,
    others: Vec<Box<dyn Sink>>,
    mut between: impl FnMut(&mut World, &mut Collector),
) -> Run {
    let collector = Rc::new(RefCell::new(Collector::new(wishes.keep, wishes.packets)));
    let judge = Rc::new(RefCell::new(Judge::new(plan)));
    world.observe(Box::new(Rc::clone(&collector)));
    world.observe(Box::new(Rc::clone(&judge)));
    for other in others {
        world.observe(other);
    }
    let deadline = Instant::ZERO + wishes.until.unwrap_or(plan.run_for);
    if wishes.story {
        let options = transcript::Options { packets: wishes.packets, short: false };
        collector.borrow_mut().story = Some(transcript::Story::new(Arc::clone(world.roster()), &options));
    }
    let mut progress = Progress::new();
    world.start();
    let pause = if wishes.story { wishes.slices.tell } else { wishes.slices.write };
    let shows = progress.is_watched() && wishes.progress;
    let slice = if shows { SLICE } else { pause };
    let mut next = pause;
    let stop = loop {
        match world.run_until(deadline, slice) {
            StopReason::EventLimit if shows => progress.show(&world),
            StopReason::EventLimit => {}
            stop => break stop,
        }
        if world.events() >= next {
            next = world.events() + pause;
            between(&mut world, &mut collector.borrow_mut());
        }
    };
    progress.clear();
    let report = world.audit();
    world.finish();
    let judgements = judge.borrow().judgements();
    let missed = scenario::missed(plan, &world);
    let collected = collector.replace(Collector::new(Keep::Nothing, false));
    Run { roster: Arc::clone(world.roster()), world, collected, judgements, missed, report, stop }
}

/// A line for everything that the file says will go wrong and that did not: a note, for nothing is wrong with that.
pub(super) fn notes(missed: &[Missed], source: &str) -> Vec<Line> {
    let told = |m: &Missed| {
        let what = if m.is_fault { "this fault did not happen" } else { "this reply was not given" };
        let place = line_of(source, m.span.start);
        Line::of(Style::Warning, "note").and(format!(": {what} in the run: line {place}: {}", m.text))
    };
    missed.iter().map(told).collect()
}

/// The line of a place in the file, from 1.
pub(super) fn line_of(source: &str, at: usize) -> usize {
    1 + source.as_bytes().iter().take(at).filter(|b| **b == b'\n').count()
}

/// Keeps the records of one mail.
struct OneMail {
    mail: MailId,
    records: Vec<Record>,
}

impl Sink for OneMail {
    fn record(&mut self, record: &Record) {
        if record.mail == Some(self.mail) {
            self.records.push(record.clone());
        }
    }
}

/// The history of the mail for which the audit failed: a run is a function of the plan and the seed, so it is run
/// again with an eye on that mail.
pub(super) fn history(plan: &Plan, wishes: Wishes, violation: &Violation, roster: &Roster) -> Vec<Line> {
    let name = roster.hosts.get(violation.host.0 as usize).map_or("?", |h| &*h.name);
    let mut lines = vec![
        Line::of(Style::Bad, "‼ The simulator broke an invariant of its own: this is a defect of Postroad."),
        Line::new().and(format!(
            "  {name}, mail {} there as {}: {}",
            violation.mail,
            crate::mime::queue_id(violation.serial),
            violation.text
        )),
    ];
    if violation.mail > 0 {
        let one = Rc::new(RefCell::new(OneMail { mail: MailId(violation.mail), records: Vec::new() }));
        let mut world = scenario::build(plan, BuildOptions { seed: wishes.seed });
        world.observe(Box::new(Rc::clone(&one)));
        world.start();
        world.run_until(Instant::ZERO + wishes.until.unwrap_or(plan.run_for), u64::MAX);
        world.finish();
        lines.push(Line::new());
        lines.extend(transcript::story(roster, &one.borrow().records, &transcript::Options::default()));
    }
    lines
}
