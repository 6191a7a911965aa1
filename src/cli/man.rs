//! `postroad man`: the manual page.

use super::failure::Failure;
use super::screen::Screen;
use super::status::Status;

/// Write the manual page (roff) to standard output
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The page of this subcommand, instead of that of postroad itself
    subcommand: Option<String>,
}

impl Args {
    pub(super) fn work(self, mut all: clap::Command, screen: &mut Screen) -> Result<Status, Failure> {
        all.build();
        let page = match &self.subcommand {
            None => all,
            Some(name) => {
                let known: Vec<String> = all.get_subcommands().map(|c| c.get_name().to_owned()).collect();
                let found = all.find_subcommand(name).cloned();
                found.ok_or_else(|| {
                    Failure::said(format!("there is no subcommand `{name}`; there are {}", known.join(", ")))
                })?
            }
        };
        let mut text = Vec::new();
        clap_mangen::Man::new(page).render(&mut text).map_err(|e| Failure::write("standard output", e))?;
        screen.bytes(&text);
        Ok(Status::Fine)
    }
}
