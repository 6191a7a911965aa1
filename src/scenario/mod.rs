//! Scenario files: RON text to a checked [`Plan`], and the judge of what the file expects.

mod build;
mod expect;
mod plan;

pub use build::{BuildOptions, build};
pub use expect::{Claim, Count, Expectation};
pub use plan::*;
