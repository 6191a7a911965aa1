//! `postroad check`: only the diagnostics.

use super::failure::Failure;
use super::screen::{Screen, complain};
use super::{Status, input};

/// Look for mistakes in scenario files, without running them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenario files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

impl Args {
    pub(super) fn work(self, _: &mut Screen) -> Result<Status, Failure> {
        let mut status = Status::Fine;
        for file in &self.files {
            match input::scenario(file) {
                Ok(Some(_)) => {}
                Ok(None) => status = Status::Wrong,
                // The other files are looked at all the same.
                Err(failure) => {
                    complain(&failure.to_string());
                    status = Status::Wrong;
                }
            }
        }
        Ok(status)
    }
}
