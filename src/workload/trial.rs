//! Running a workload, and judging whether it did all its work.

use super::{Settings, Workload};
use crate::diag::Diagnostic;
use crate::scenario::{self, BuildOptions, HostPlan, Plan, Role};
use crate::sim::{Duration, Instant, StopReason};
use crate::world::World;

/// What a workload came to. The same in every run with the same settings, on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Mails composed.
    pub messages: u64,
    /// Message-hops: transfers from one host to another that ended with 250, counted by recipient, and mails that were fetched from
    /// their mailboxes.
    pub hops: u64,
    /// TCP connections.
    pub connections: u64,
    /// Packets.
    pub packets: u64,
    /// Events.
    pub events: u64,
    /// Hosts, the implied name server included.
    pub hosts: u64,
    /// When the last mail was delivered.
    pub virtual_time: Duration,
}

/// One run of a workload.
pub struct Trial {
    world: World,
    deadline: Instant,
    expected: u64,
    /// How many of them are to be fetched from their mailboxes.
    expected_fetched: u64,
    /// When the last mail was delivered. What happens later are timers that nobody needs any more.
    delivered_at: Option<Instant>,
}

impl Trial {
    /// The world of a workload, before its first instant.
    ///
    /// # Errors
    /// What is wrong with its scenario: settings beyond what scenarios allow.
    pub fn new(workload: &Workload, settings: &Settings) -> Result<Trial, Vec<Diagnostic>> {
        Ok(Trial::of(&workload.plan(settings)?))
    }

    /// The world of a plan in which every mail is to reach all its recipients.
    #[must_use]
    pub fn of(plan: &Plan) -> Trial {
        let letters: u64 = plan.mail.iter().map(|m| m.count * m.recipients.len() as u64).sum();
        let expected = letters + plan.traffic.iter().map(|t| t.count).sum::<u64>();
        let is_reader = |host: &HostPlan| matches!(&host.role, Role::User(user) if !user.reading.accounts.is_empty());
        let expected_fetched = if plan.hosts.iter().any(is_reader) { expected } else { 0 };
        let world = scenario::build(plan, BuildOptions::default());
        Trial { world, deadline: Instant::ZERO + plan.run_for, expected, expected_fetched, delivered_at: None }
    }

    /// The world: to add observers before [`Trial::start`], or to look how far it is.
    pub fn world(&mut self) -> &mut World {
        &mut self.world
    }

    /// Starts all hosts.
    pub fn start(&mut self) {
        self.world.start();
    }

    /// Runs for `events` events; `true` when there was nothing left to do.
    pub fn advance(&mut self, mut events: u64) -> bool {
        while events > 0 {
            // No event delivers two mails, so the last one is not passed by.
            let missing = self.expected - self.world.ledger().totals().delivered.min(self.expected);
            if missing == 0 {
                self.delivered_at.get_or_insert(self.world.now());
            }
            let step = if missing == 0 { events } else { events.min(missing) };
            if self.world.run_until(self.deadline, step) != StopReason::EventLimit {
                return true;
            }
            events -= step;
        }
        false
    }

    /// The end: tells the observers, and judges.
    ///
    /// # Errors
    /// What went wrong, in words: mail was lost, or not delivered.
    pub fn finish(&mut self) -> Result<Outcome, String> {
        let report = self.world.audit();
        self.world.finish();
        let report = report.map_err(|v| {
            let host = self.world.roster().hosts.get(v.host.0 as usize).map_or("?", |h| &*h.name);
            format!("{host} lost mail {} (there {:06}): {}", v.mail, v.serial, v.text)
        })?;
        let totals = report.totals;
        if totals.delivered != self.expected || report.queued > 0 || totals.bounced + totals.discarded > 0 {
            return Err(format!(
                "{} of {} recipients got their mail; {} are queued, {} bounced, {} discarded",
                totals.delivered, self.expected, report.queued, totals.bounced, totals.discarded
            ));
        }
        if totals.fetched != self.expected_fetched {
            return Err(format!("{} of {} mails were fetched", totals.fetched, self.expected_fetched));
        }
        Ok(Outcome {
            messages: report.mails,
            hops: totals.accepted + totals.fetched,
            connections: report.connections,
            packets: report.packets,
            events: report.events,
            hosts: self.world.roster().hosts.len() as u64,
            virtual_time: self.delivered_at.unwrap_or(self.world.now()).since(Instant::ZERO),
        })
    }

    /// All of it in one go.
    ///
    /// # Errors
    /// As [`Trial::finish`].
    pub fn run(mut self) -> Result<Outcome, String> {
        self.start();
        self.advance(u64::MAX);
        self.finish()
    }
}
