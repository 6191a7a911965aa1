//! `postroad completions`: what shells want to know.

use super::failure::Failure;
use super::screen::Screen;
use super::status::Status;

/// Write the completions for a shell to standard output
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

impl Args {
    pub(super) fn work(self, mut command: clap::Command, screen: &mut Screen) -> Result<Status, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, "postroad", &mut text);
        screen.bytes(&text);
        Ok(Status::Fine)
    }
}
