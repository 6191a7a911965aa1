//! `postroad bench`: how fast the simulator is on this machine.

mod compare;
mod csv;
mod export;
mod json;
mod markdown;
mod memory;
mod report;
mod text;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::builder::PossibleValuesParser;

use super::failure::Failure;
use super::number::whole;
use super::progress::{Progress, SLICE};
use super::screen::{Screen, complain, tell_all};
use super::status::Status;
use crate::trace::transcript::{Align, Line, Sheet, Style};
use crate::workload::{self, MOST_MESSAGES, MOST_SITES, Settings, Trial, Workload};
use export::Exporter;
use report::{Measured, Report};

/// A workload is run so often, and the fastest run counts: whatever disturbs a run makes it slower, never faster.
const MOST_RUNS: u32 = 5;

/// After this time no further run of a workload is begun.
const ENOUGH: Duration = Duration::from_secs(3);

/// Measure the simulator with embedded relay workloads
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Mails in each workload
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = Settings::default().messages,
          value_parser = whole::<u64>(1, MOST_MESSAGES))]
    messages: u64,
    /// Size of a mail, such as 64KiB, instead of each workload's own
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, value_parser = workload::parse_size)]
    size: Option<u64>,
    /// Sites, users or domains, in workloads that have many
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32>(1, u64::from(MOST_SITES)))]
    sites: Option<u32>,
    /// Only this workload; can be given several times
    #[arg(long, value_name = "NAME", hide_possible_values = true, value_parser = names())]
    only: Vec<String>,
    /// The seed of all runs
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = Settings::default().seed,
          value_parser = whole::<u64>(0, u64::MAX))]
    seed: u64,
    /// Show the workloads, and measure nothing
    #[arg(long, exclusive = true)]
    list: bool,
    /// How to show the result
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Compare with a result that was saved by --export-json
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Also write the result as JSON
    #[arg(long, value_name = "FILE")]
    export_json: Option<PathBuf>,
    /// Also write the result as comma-separated values
    #[arg(long, value_name = "FILE")]
    export_csv: Option<PathBuf>,
    /// Also write the result as a table in Markdown
    #[arg(long, value_name = "FILE")]
    export_markdown: Option<PathBuf>,
}

/// How to show the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// All there is, for --compare and for programs
    Json,
    /// Comma-separated values
    Csv,
    /// A table for a page
    Markdown,
}

impl Format {
    fn exporter(self) -> &'static dyn Exporter {
        match self {
            Format::Text => &text::Text,
            Format::Json => &json::Json,
            Format::Csv => &csv::Csv,
            Format::Markdown => &markdown::Markdown,
        }
    }
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(workload::all().iter().map(|w| w.name))
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        if self.list {
            list(screen);
            return Ok(Status::Fine);
        }
        // What can be wrong is found before the first run, not after the last.
        let before = self.compare.as_deref().map(json::read).transpose()?;
        let exports: Vec<(&Path, Format)> = [
            (self.export_json.as_deref(), Format::Json),
            (self.export_csv.as_deref(), Format::Csv),
            (self.export_markdown.as_deref(), Format::Markdown),
        ]
        .into_iter()
        .filter_map(|(path, format)| Some((path?, format)))
        .collect();
        for (path, _) in &exports {
            must_be_writable(path)?;
        }

        let settings = Settings { messages: self.messages, size_bytes: self.size, sites: self.sites, seed: self.seed };
        let mut report = Report::new(&settings);
        let mut status = Status::Fine;
        for workload in workload::all().iter().filter(|w| self.only.is_empty() || self.only.iter().any(|o| o == w.name))
        {
            match measure(workload, &settings, &mut report)? {
                Some(measured) => report.results.push(measured),
                None => status = Status::Unmet,
            }
        }
        if let Some(before) = &before {
            compare::compare(&mut report, before);
        }
        screen.text(&self.format.exporter().export(&report)?);
        if status != Status::Fine {
            if !exports.is_empty() {
                complain("nothing was exported, because a workload failed");
            }
            return Ok(status);
        }
        for (path, format) in exports {
            fs::write(path, format.exporter().export(&report)?).map_err(|e| Failure::write(path, e))?;
        }
        Ok(status)
    }
}

/// One workload, a few times. None where it did not do its work; that has been said.
fn measure(workload: &Workload, settings: &Settings, report: &mut Report) -> Result<Option<Measured>, Failure> {
    report.memory = report.memory.max(memory::begin());
    let began = Instant::now();
    let mut best: Option<Measured> = None;
    for run in 1..=MOST_RUNS {
        let measured = match once(workload, settings)? {
            Ok(measured) => measured,
            Err(text) => {
                complain(&format!("the workload {} failed: {text}", workload.name));
                return Ok(None);
            }
        };
        if best.as_ref().is_some_and(|best| !best.is_same_work(&measured)) {
            complain(&format!("the workload {} failed: run {run} did other things than the first", workload.name));
            return Ok(None);
        }
        best = Some(match best {
            Some(best) if best.wall_ns <= measured.wall_ns => best,
            _ => measured,
        });
        if let Some(best) = &mut best {
            best.runs = run;
            best.peak_memory_bytes = memory::peak_bytes();
        }
        if began.elapsed() >= ENOUGH {
            break;
        }
    }
    Ok(best)
}

/// One run, or what went wrong in it.
fn once(workload: &Workload, settings: &Settings) -> Result<Result<Measured, String>, Failure> {
    let began = Instant::now();
    let mut trial = Trial::new(workload, settings).map_err(|diagnostics| {
        let text = workload.text(settings);
        tell_all(&diagnostics, &text);
        Failure::said(format!("these settings are too much for the workload {}", workload.name))
    })?;
    let setup = began.elapsed();

    let mut progress = Progress::new();
    let began = Instant::now();
    trial.start();
    if progress.is_watched() {
        while !trial.advance(SLICE) {
            progress.show(trial.world());
        }
    } else {
        trial.advance(u64::MAX);
    }
    let outcome = trial.finish();
    let wall = began.elapsed();
    progress.clear();
    Ok(outcome.map(|outcome| Measured::new(workload, settings, &outcome, setup, wall)))
}

fn list(screen: &mut Screen) {
    let mut sheet = Sheet::new(&[Align::Left, Align::Left]);
    for workload in workload::all() {
        sheet.row(vec![Line::of(Style::Heading, workload.name), Line::new().and(workload.about)]);
    }
    for line in sheet.lines(0) {
        screen.line(&line);
    }
}

fn must_be_writable(path: &Path) -> Result<(), Failure> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        return Err(Failure::said(format!("cannot write {}: it is a directory", path.display())));
    }
    if !parent.is_dir() {
        return Err(Failure::said(format!(
            "cannot write {}: the directory {} does not exist",
            path.display(),
            parent.display()
        )));
    }
    Ok(())
}
