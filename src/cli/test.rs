//! `postroad test`: scenarios judge themselves.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::input;
use super::number::whole;
use super::page::Page;
use super::screen::{Screen, complain};
use super::simulate::{Run, Wishes, build, history, notes, simulate};
use super::status::Status;
use crate::trace::transcript::{Line, Style, clock, counted};

/// Run scenarios and judge what they expect
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenario files, and directories in which all *.ron are scenarios
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Another seed than the scenarios' own
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(0, u64::MAX))]
    seed: Option<u64>,
    /// Also say which faults and scripted replies of the scenarios did not happen
    #[arg(short, long)]
    verbose: bool,
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let mut files = Vec::new();
        for path in &self.paths {
            input::find(path, &mut files)?;
        }
        let (mut passed, mut failed) = (0, 0);
        let mut status = Status::Fine;
        for file in files {
            let result = self.one(&file, screen);
            screen.flush();
            match result {
                Status::Fine => passed += 1,
                _ => failed += 1,
            }
            status = status.max(result);
        }
        screen.line(&Line::new().and(format!("{passed} passed, {failed} failed")));
        Ok(status)
    }

    /// One scenario: a line, and what is wrong.
    fn one(&self, file: &Path, screen: &mut Screen) -> Status {
        let name = file.to_string_lossy();
        let line = |style, sign: &str| Line::of(style, format!("{sign} ")).and(&*name);
        let (plan, source) = match input::scenario(&name) {
            Ok(Some(found)) => found,
            Ok(None) => {
                screen.line(&line(Style::Bad, "✗").with(Style::Bad, "  this is no scenario"));
                return Status::Wrong;
            }
            Err(failure) => {
                complain(&failure.to_string());
                screen.line(&line(Style::Bad, "✗").with(Style::Bad, "  cannot be read"));
                return Status::Wrong;
            }
        };
        let wishes = Wishes { seed: self.seed, ..Wishes::only_to_run() };
        let run = simulate(build(&plan, wishes), &plan, wishes, Vec::new(), |_, _| ());
        let all = run.judgements.len();
        let unmet = run.judgements.iter().filter(|j| !j.met).count();
        if let Err(violation) = &run.report {
            screen.line(&line(Style::Bad, "✗").with(Style::Bad, "  the simulator broke an invariant"));
            let mut page = Page::default();
            page.lines(history(&plan, wishes, violation, &run.roster));
            screen.flush();
            super::screen::tell(&page.plain(""));
            return Status::Defect;
        }
        if unmet > 0 {
            let many = counted(all as u64, "expectation", "expectations");
            screen.line(&line(Style::Bad, "✗").with(Style::Bad, format!("  {unmet} of {many} failed")));
            let mut page = Page::default();
            for judgement in run.judgements.iter().filter(|j| !j.met) {
                page.diagnostic(judgement.diagnostic(&name));
                page.line(Line::new());
            }
            page.show(&source, screen);
            self.missed(&run, &source, screen);
            return Status::Unmet;
        }
        let many = match all {
            0 => "expects nothing".to_owned(),
            n => counted(n as u64, "expectation", "expectations"),
        };
        let time = clock(run.world.ended_at());
        screen.line(&line(Style::Good, "✓").with(Style::Faint, format!("  {many}, {time} of virtual time")));
        self.missed(&run, &source, screen);
        Status::Fine
    }

    fn missed(&self, run: &Run, source: &str, screen: &mut Screen) {
        if self.verbose {
            for note in notes(&run.missed, source) {
                let mut line = Line::new().and("  ");
                line.append(note);
                screen.line(&line);
            }
        }
    }
}
