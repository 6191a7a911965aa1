//! `postroad headers`: the way of a mail, read from its header section.

mod details;
mod doubts;
mod notes;
mod paragraph;
mod scenario;
mod table;
mod wait;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::document::escape_controls;
use super::draw::write_whole;
use super::failure::Failure;
use super::format::Format;
use super::input;
use super::screen::Screen;
use super::status::Status;
use crate::mime::trail::{self, Trail};
use crate::trace::transcript::Line;
use paragraph::COLUMNS;

/// Tell the way of a mail from its Received fields: who took it when, where it waited, and what does not fit
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The mail, or its header section alone; `-` is standard input
    #[arg(value_name = "FILE.eml")]
    file: String,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Tell everything: addresses, ids, ciphers, and each field as it was written
    #[arg(short, long)]
    verbose: bool,
    /// Write a scenario in which a mail takes the same way with the same delays
    #[arg(long, conflicts_with_all = ["format", "verbose"])]
    scenario: bool,
    /// Write the scenario to this file, not to standard output
    #[arg(short, long, value_name = "FILE.ron", requires = "scenario")]
    output: Option<PathBuf>,
}

/// What is longer is no mail.
const LONGEST_MAIL_BYTES: u64 = 256 << 20;

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let name = input::shown_name(&self.file);
        if let Some(output) = &self.output {
            refuse_input(&self.file, output)?;
        }
        let trail = trail::trail(&read(&self.file)?);
        if !trail.is_mail {
            return Err(Failure::said(format!(
                "{name} is no mail: it does not begin with header fields such as `From: ...` or `Received: ...`"
            )));
        }
        if self.scenario {
            let text = scenario::scenario(&trail).ok_or_else(|| {
                Failure::said(format!("{name} has no Received field: there is no way that a scenario could take"))
            })?;
            match &self.output {
                Some(path) => write_whole(path, text.as_bytes())?,
                None => screen.text(&text),
            }
            return Ok(Status::Fine);
        }
        match self.format {
            Format::Text => {
                let columns = screen.columns().unwrap_or(COLUMNS).min(COLUMNS);
                lines(&trail, now(), self.verbose, columns).iter().for_each(|line| screen.line(line));
            }
            Format::Json => {
                let mut text = serde_json::to_string_pretty(&trail).map_err(|e| Failure::said(e.to_string()))?;
                text.push('\n');
                screen.text(&escape_controls(&text));
            }
        }
        Ok(Status::Fine)
    }
}

/// The way of a mail as the command tells it without options.
pub(super) fn told(bytes: &[u8]) -> Vec<Line> {
    lines(&trail::trail(bytes), None, false, COLUMNS)
}

/// All that is told of a mail. `now` is in seconds since 1970.
fn lines(trail: &Trail, now: Option<i64>, verbose: bool, columns: usize) -> Vec<Line> {
    let mut lines = table::head(trail, columns);
    lines.extend(table::hops(trail, columns));
    lines.extend(doubts::doubts(trail, now, verbose, columns));
    lines.extend(notes::marks(trail, verbose, columns));
    if verbose {
        lines.extend(details::details(trail));
    }
    // An empty line stands between parts, not below the last.
    while lines.last().is_some_and(|line| line.pieces().is_empty()) {
        lines.pop();
    }
    lines
}

fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// The bytes of a mail.
fn read(file: &str) -> Result<Vec<u8>, Failure> {
    let name = input::shown_name(file);
    let mut bytes = Vec::new();
    let reader = input::open(file)?;
    reader.take(LONGEST_MAIL_BYTES + 1).read_to_end(&mut bytes).map_err(|error| Failure::read(name, error))?;
    if bytes.len() as u64 > LONGEST_MAIL_BYTES {
        return Err(Failure::said(format!(
            "{name} is longer than 256 MiB: that is no mail; its header section alone would do"
        )));
    }
    Ok(bytes)
}

/// A mail cannot be made again.
fn refuse_input(file: &str, output: &Path) -> Result<(), Failure> {
    if fs::canonicalize(file).is_ok_and(|file| fs::canonicalize(output).is_ok_and(|output| file == output)) {
        let shown = output.display();
        return Err(Failure::said(format!(
            "{shown} is the mail itself, and stays as it is; choose another file for -o"
        )));
    }
    Ok(())
}

#[cfg(test)]
#[path = "headers/headers_tests.rs"]
mod tests;
