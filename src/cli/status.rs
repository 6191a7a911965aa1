//! How a subcommand went.

use std::process::ExitCode;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// All is well.
    Fine = 0,
    /// An expectation failed.
    Unmet = 1,
    /// The input is wrong; it has been said.
    Wrong = 2,
    /// A defect of the simulator; it has been said.
    Defect = 3,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status as u8)
    }
}
