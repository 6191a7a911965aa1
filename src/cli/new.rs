//! `postroad new`: a scenario to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use super::failure::Failure;
use super::screen::Screen;
use super::status::Status;
use crate::scenario::starter;

/// Write a commented scenario to begin with
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name of the scenario: NAME.ron is written, and nothing is ever overwritten
    #[arg(value_name = "NAME")]
    name: PathBuf,
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let mut path = self.name;
        if path.extension().is_none_or(|e| e != "ron") {
            path.as_mut_os_string().push(".ron");
        }
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if stem.is_empty() || path.file_name().is_some_and(|n| n == ".ron") {
            return Err(Failure::said("a scenario needs a name, such as `postroad new first`"));
        }
        let written = OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| {
            file.write_all(starter(&stem).as_bytes())?;
            file.flush()
        });
        match written {
            Ok(()) => {
                let shown = crate::diag::safe(&path.display().to_string());
                let quoted = super::input::quoted(&path.display().to_string());
                screen.text(&format!("wrote {shown}; run it with: postroad run {quoted}\n"));
                Ok(Status::Fine)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(Failure::said(format!("{} is there already; it stays as it is", path.display())))
            }
            Err(error) => Err(Failure::write(&path, error)),
        }
    }
}
