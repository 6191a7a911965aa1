//! `postroad check`: only the diagnostics.

use std::path::PathBuf;

use super::failure::Failure;
use super::input;
use super::screen::{Screen, complain};
use super::status::Status;
use crate::trace::transcript::{Line, Style, counted};

/// Look for mistakes in scenario files, without running them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenario files, and directories in which all *.ron are scenarios; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let mut files = Vec::new();
        for path in &self.paths {
            input::find(path, &mut files)?;
        }
        let mut status = Status::Fine;
        for file in &files {
            match input::scenario(&file.to_string_lossy()) {
                Ok(Some(_)) => {}
                Ok(None) => status = Status::Wrong,
                // The other files are looked at all the same.
                Err(failure) => {
                    complain(&failure.to_string());
                    status = Status::Wrong;
                }
            }
        }
        if status == Status::Fine {
            let name = match files.as_slice() {
                [file] => input::shown_name(&file.to_string_lossy()).to_owned(),
                all => counted(all.len() as u64, "scenario", "scenarios"),
            };
            screen.line(&Line::of(Style::Good, "✓ ").and(name).with(Style::Faint, "  no mistakes found"));
        }
        Ok(status)
    }
}
