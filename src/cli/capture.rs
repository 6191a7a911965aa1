//! `postroad capture`: the packets of a run, for Wireshark.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::failure::Failure;
use super::input;
use super::making::Making;
use super::number::whole;
use super::page::Page;
use super::screen::{Screen, tell};
use super::simulate::{Wishes, build, history, simulate};
use super::status::Status;
use crate::capture::{Choice, Recorder};
use crate::sim::Duration;
use crate::trace::transcript::{clock, counted};
use crate::world::World;

/// Run a scenario and write its packets into a file for Wireshark
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// The capture: *.pcapng, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// From where to look: all (every packet once, where it was sent), host:NAME, or link:A-B
    #[arg(long, value_name = "WHERE", default_value_t)]
    capture: Choice,
    /// Another seed than the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(0, u64::MAX))]
    seed: Option<u64>,
    /// Run for so long instead of what the scenario says, such as 90s or 6h
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<Duration>,
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        refuse_format(&self.output)?;
        refuse_input(&self.file, &self.output)?;
        let Some((plan, _)) = input::scenario(&self.file)? else { return Ok(Status::Wrong) };
        let wishes = Wishes { seed: self.seed, until: self.until, ..Wishes::only_to_run() };
        let mut world = build(&plan, wishes);
        let place = Place::of(&self.output)?;
        let tape = Tape::start(&mut world, &self.capture, place.path()).map_err(|e| e.of(&self.output))?;
        let run = simulate(world, &plan, wishes, Vec::new(), |_, _| ());
        let packets = tape.packets();
        let is_file = matches!(place, Place::Beside { .. });
        tape.finish().and_then(|()| place.take()).map_err(|e| Failure::write(&self.output, e))?;
        if let Err(violation) = &run.report {
            screen.flush();
            let mut page = Page::default();
            page.lines(history(&plan, wishes, violation, &run.roster));
            tell(&page.plain(""));
            return Ok(Status::Defect);
        }
        if !is_file {
            // It may be standard output, and a word behind the capture would spoil it.
            return Ok(Status::Fine);
        }
        let shown = crate::diag::safe(&self.output.display().to_string());
        let (packets, time) = (counted(packets, "packet", "packets"), clock(run.world.ended_at()));
        screen.text(&format!("wrote {shown}: {packets}, {time} of virtual time\n"));
        Ok(Status::Fine)
    }
}

/// A capture that is being written.
pub(super) struct Tape(Rc<RefCell<Recorder<BufWriter<File>>>>);

/// Why a capture cannot begin.
pub(super) enum Trouble {
    /// There is no such place.
    Place(String),
    /// The file cannot be written.
    File(std::io::Error),
}

impl Trouble {
    /// As a failure to write `file`.
    pub(super) fn of(self, file: impl AsRef<Path>) -> Failure {
        match self {
            Trouble::Place(said) => Failure::said(said),
            Trouble::File(error) => Failure::write(file, error),
        }
    }
}

impl Tape {
    /// Looks at a world from now on.
    pub(super) fn start(world: &mut World, choice: &Choice, file: &Path) -> Result<Tape, Trouble> {
        let view = choice.find(world.roster()).map_err(|e| Trouble::Place(e.to_string()))?;
        let file = BufWriter::with_capacity(1 << 18, File::create(file).map_err(Trouble::File)?);
        let recorder = Recorder::new(file, view, world.roster()).map_err(Trouble::File)?;
        let tape = Rc::new(RefCell::new(recorder));
        world.tap(Box::new(Rc::clone(&tape)));
        Ok(Tape(tape))
    }

    /// Packets so far.
    pub(super) fn packets(&self) -> u64 {
        self.0.borrow().packets()
    }

    /// The run is over. The file is closed.
    pub(super) fn finish(self) -> std::io::Result<()> {
        self.0.borrow_mut().finish().map(drop)
    }
}

/// Where the capture goes.
enum Place {
    /// Devices and pipes cannot be replaced.
    Straight(PathBuf),
    /// Hidden beside its place until it is whole.
    Beside { making: Making, target: PathBuf, file: PathBuf },
}

impl Place {
    fn of(output: &Path) -> Result<Place, Failure> {
        let failed = |e| Failure::write(output, e);
        if fs::metadata(output).is_ok_and(|data| !data.is_file()) {
            return Ok(Place::Straight(output.to_owned()));
        }
        if output.file_name().is_none() {
            return Err(Failure::said(format!("{} is no file name", output.display())));
        }
        let target = std::path::absolute(output).map_err(failed)?;
        let making = Making::beside(&target).map_err(failed)?;
        let file = making.path().join("capture.pcapng");
        Ok(Place::Beside { making, target, file })
    }

    fn path(&self) -> &Path {
        match self {
            Place::Straight(path) => path,
            Place::Beside { file, .. } => file,
        }
    }

    /// It is whole.
    fn take(self) -> std::io::Result<()> {
        match self {
            Place::Straight(_) => Ok(()),
            Place::Beside { making, target, file } => making.finish(|_| fs::rename(&file, &target)),
        }
    }
}

/// A file whose name says that it is something else is of no use.
fn refuse_format(output: &Path) -> Result<(), Failure> {
    match output.extension() {
        Some(extension) if !extension.eq_ignore_ascii_case("pcapng") => {
            let named = input::quoted(&output.with_extension("pcapng").display().to_string());
            let shown = output.display();
            Err(Failure::said(format!("{shown}: a capture is pcapng; write it to {named}")))
        }
        _ => Ok(()),
    }
}

/// Whoever mistypes must not lose a scenario.
fn refuse_input(scenario: &str, output: &Path) -> Result<(), Failure> {
    let is_file = fs::metadata(output).is_ok_and(|data| data.is_file());
    if is_file && fs::canonicalize(scenario).is_ok_and(|s| fs::canonicalize(output).is_ok_and(|o| s == o)) {
        let shown = output.display();
        return Err(Failure::said(format!(
            "{shown} is the scenario itself, and stays as it is; choose another file for -o"
        )));
    }
    Ok(())
}
