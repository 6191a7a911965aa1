//! The command line: the only code that touches files, the terminal and the clock.
//!
//! One file a subcommand holds its arguments and its work. Exit status: 0 all is well, 1 an expectation failed,
//! 2 the command line, a scenario or a file is wrong, 3 the simulator broke an invariant of its own (a defect).

mod bench;
mod beside;
mod boxes;
mod capture;
mod check;
mod collect;
mod completions;
mod diff;
mod document;
mod draw;
mod failure;
mod file_names;
mod format;
mod headers;
mod input;
mod mail_files;
mod making;
mod man;
pub mod mdbook;
mod mime;
mod new;
mod number;
mod output_dir;
mod page;
mod progress;
mod run;
mod screen;
mod simulate;
mod status;
mod strangers;
mod test;
mod wrap;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use failure::Failure;
use screen::Screen;
use status::Status;

/// An educational SMTP/MIME network simulator: real bytes, virtual time, hop-by-hop trace charts.
#[derive(Debug, Parser)]
#[command(name = "postroad", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit status: 0 all is well, 1 an expectation failed, 2 the command line, a scenario or a file \
                        is wrong, 3 the simulator broke an invariant of its own."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Check(check::Args),
    Test(test::Args),
    Draw(draw::Args),
    Mime(mime::Args),
    Headers(headers::Args),
    Diff(diff::Args),
    Capture(capture::Args),
    Bench(bench::Args),
    New(new::Args),
    Completions(completions::Args),
    Man(man::Args),
    Mdbook(mdbook::Args),
}

impl Command {
    fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        match self {
            Command::Run(args) => args.work(screen),
            Command::Check(args) => args.work(screen),
            Command::Test(args) => args.work(screen),
            Command::Draw(args) => args.work(screen),
            Command::Mime(args) => args.work(screen),
            Command::Headers(args) => args.work(screen),
            Command::Diff(args) => args.work(screen),
            Command::Capture(args) => args.work(screen),
            Command::Bench(args) => args.work(screen),
            Command::New(args) => args.work(screen),
            Command::Completions(args) => args.work(command(), screen),
            Command::Man(args) => args.work(command(), screen),
            Command::Mdbook(args) => args.work(command(), screen),
        }
    }
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is nothing to complain about.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut screen = Screen::new();
    let status = cli.command.work(&mut screen);
    let status = status.and_then(|status| screen.finish().map(|()| status));
    match status {
        Ok(status) => status.into(),
        Err(failure) => {
            screen::complain(&failure.to_string());
            Status::Wrong.into()
        }
    }
}

/// The command as clap describes it, for completions, the manual page and the book.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
