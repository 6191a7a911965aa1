//! Scenario files: RON text to a checked [`Plan`], and the judge of what the file expects.
//!
//! [`load`] reads a file and tells all its mistakes in one go. [`reference()`] is the reference page of the format.

mod build;
mod check;
mod expect;
mod files;
mod judge;
mod limits;
mod missed;
mod plan;
pub mod presets;
mod read;
mod schema;
mod starter;
mod tree;
mod units;

pub use build::{BuildOptions, build};
pub use check::{load, load_with};
pub use expect::{Claim, Count, Expectation, Handshake};
pub use files::{Files, NoFiles};
pub use judge::{Judge, Judgement};
pub use missed::{Missed, missed};
pub use plan::{
    AccountPlan, Certificate, FaultPlan, HostPlan, IMPLIED_NAME_SERVER, LinkPlan, LocalDomain, MailPlan, MtaPlan,
    NameServerPlan, Plan, ReadingPlan, Role, ScriptedReply, Sending, Standing, SubmitsTo, TlsDemand, TlsVersions,
    TrafficPlan, Trigger, UserPlan, ZoneIndex, ZonePlan,
};
pub use schema::{Field, Shape, reference};
pub use starter::starter;

#[cfg(test)]
mod tests;
