//! Scenario files: RON text to a checked [`Plan`], and the judge of what the file expects.

mod expect;
mod plan;

pub use expect::{Claim, Count, Expectation};
pub use plan::*;
