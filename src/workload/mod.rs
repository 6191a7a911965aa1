//! Embedded relay workloads: scenarios of any size for measuring the simulator.
//!
//! Each is an ordinary scenario, written as text by [`Workload::text`] and loaded by [`crate::scenario::load`], so it
//! can be read, and its mistakes would be found. A [`Trial`] runs one and holds what came of it against what it must
//! come to: a measurement that lost mail is none. There is no clock here; who measures brings one.

mod size;
mod table;
mod text;
mod trial;

pub use size::{LARGEST_BYTES, parse_size};
pub use table::{all, find};
pub use trial::{Outcome, Trial};

use std::sync::Arc;

use crate::agent::courier;
use crate::diag::Diagnostic;
use crate::scenario::{self, Plan, Role};

/// The most mails that can be asked for.
pub const MOST_MESSAGES: u64 = 10_000_000;
/// The most sites that can be asked for.
pub const MOST_SITES: u32 = 100_000;

/// How large workloads are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Mails; workloads of huge mails send fewer.
    pub messages: u64,
    /// Size of a mail, where it is not the workload's own.
    pub size_bytes: Option<u64>,
    /// Number of sites, where it is not the workload's own. Workloads without sites do not care.
    pub sites: Option<u32>,
    /// The seed.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { messages: 10_000, size_bytes: None, sites: None, seed: 1 }
    }
}

/// The settings of one workload, all defaults resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// Mails.
    pub messages: u64,
    /// Size of a mail.
    pub size_bytes: u64,
    /// Sites; 0 in a workload without sites.
    pub sites: u32,
    /// The seed.
    pub seed: u64,
}

/// A workload.
#[derive(Debug)]
pub struct Workload {
    /// Its name, such as `fan-in`.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Size of a mail where nobody says another.
    pub size_bytes: u64,
    /// Number of sites where nobody says another; none where it has no sites.
    pub sites: Option<u32>,
    /// One mail of this workload counts for so many messages asked for.
    divisor: u64,
    /// Mails that each sender hands over on one connection.
    mails_per_connection: u32,
    write: fn(&Amounts) -> String,
}

impl Workload {
    /// What these settings mean for this workload.
    #[must_use]
    pub fn amounts(&self, settings: &Settings) -> Amounts {
        Amounts {
            messages: settings.messages.div_ceil(self.divisor).max(1),
            size_bytes: settings.size_bytes.unwrap_or(self.size_bytes),
            sites: self.sites.map_or(0, |own| settings.sites.unwrap_or(own).max(1)),
            seed: settings.seed,
        }
    }

    /// The scenario as text.
    #[must_use]
    pub fn text(&self, settings: &Settings) -> String {
        (self.write)(&self.amounts(settings))
    }

    /// The scenario as a plan.
    ///
    /// # Errors
    /// What is wrong with the text: settings beyond what scenarios allow.
    pub fn plan(&self, settings: &Settings) -> Result<Plan, Vec<Diagnostic>> {
        let mut plan = scenario::load(self.name, &self.text(settings))?;
        // A file can say this of an Mta, but not of a User. Hosts that share their settings go on doing so.
        let mut changed: Vec<(Arc<courier::Config>, Arc<courier::Config>)> = Vec::new();
        for host in &mut plan.hosts {
            let courier = match &mut host.role {
                Role::User(user) => &mut user.sending.courier,
                Role::Mta(mta) => &mut mta.sending.courier,
                Role::NameServer(_) | Role::Router => continue,
            };
            *courier = match changed.iter().position(|(before, _)| before == courier) {
                Some(place) => changed[place].1.clone(),
                None => {
                    let after =
                        courier::Config { mails_per_connection: self.mails_per_connection, ..(**courier).clone() };
                    changed.push((courier.clone(), Arc::new(after)));
                    changed[changed.len() - 1].1.clone()
                }
            };
        }
        for traffic in &mut plan.traffic {
            traffic.max_size_bytes = traffic.max_size_bytes.min(LARGEST_BYTES);
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests;
