//! `--out DIR`: everything about a run in one directory, whole or not at all.
//!
//! All is written into a directory beside it, which then takes its name. An earlier output is replaced; anything else
//! stays as it is, and the run does not even begin.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::boxes::Boxes;
use super::capture::Tape;
use super::failure::Failure;
use super::mail_files::MailFiles;
use super::making::Making;
use super::simulate::Run;
use super::strangers::{CAPTURE, KEYS, MAIL, MAILBOXES, MAILDIR, MARKER, TRANSCRIPT, refuse_strangers};
use crate::capture::Choice;
use crate::render::{ladder, map};
use crate::trace::Sink;
use crate::trace::jsonl::{Detail, JsonLines};
use crate::world::World;

const MARKER_TEXT: &str = "This directory was written by `postroad run --out`, which may replace it.\n";

type Trace = Rc<RefCell<JsonLines<BufWriter<File>>>>;

/// How delivered mail is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MailFormat {
    /// A file for each mail, in mail/
    Eml,
    /// A file for each mailbox, in mailboxes/
    Mbox,
    /// A directory for each mailbox, in maildir/
    Maildir,
}

/// An output in the making. Dropped before [`OutputDir::fill`] has come to its end, it leaves nothing behind.
pub(super) struct OutputDir {
    /// As it was asked for, to speak of it.
    shown: PathBuf,
    target: PathBuf,
    making: Making,
    trace: Option<Trace>,
    tape: Option<Tape>,
    transcript: Option<BufWriter<File>>,
    keys: Option<BufWriter<File>>,
    /// None where nobody wants them.
    mails: Option<MailFiles>,
    boxes: Boxes,
    /// Why the last of what is written as the run goes on could not be.
    failed: Option<Failure>,
}

impl OutputDir {
    /// Prepares a directory, for about so many mails in these formats.
    pub(super) fn create(target: &Path, mails: u64, formats: &[MailFormat]) -> Result<OutputDir, Failure> {
        let shown = target.to_owned();
        let target = std::path::absolute(target).map_err(|e| Failure::write(target, e))?;
        refuse_strangers(&target)?;
        let Some(parent) = target.parent().filter(|_| target.file_name().is_some()) else {
            return Err(Failure::said(format!("{} cannot be written as a directory", target.display())));
        };
        if !parent.is_dir() {
            return Err(Failure::said(format!("the directory {} does not exist", parent.display())));
        }
        // Whoever cannot write there is told about the directory that was asked for, not about our way to it.
        let making = Making::beside(&target).map_err(|e| Failure::write(&shown, e))?;
        let place = |format, name| formats.contains(&format).then(|| making.path().join(name));
        let mails = place(MailFormat::Eml, MAIL).map(|directory| MailFiles::new(directory, mails));
        let boxes = Boxes::new(place(MailFormat::Mbox, MAILBOXES), place(MailFormat::Maildir, MAILDIR));
        let output = OutputDir {
            shown,
            target,
            making,
            trace: None,
            tape: None,
            transcript: None,
            keys: None,
            mails,
            boxes,
            failed: None,
        };
        output.write(MARKER, MARKER_TEXT.as_bytes())?;
        Ok(output)
    }

    /// The sink that writes the trace.
    pub(super) fn trace(&mut self, detail: Detail) -> Result<Box<dyn Sink>, Failure> {
        let file = File::create(self.making.path().join("trace.jsonl"));
        let file = file.map_err(|e| Failure::write(self.shown.join("trace.jsonl"), e))?;
        let sink = Rc::new(RefCell::new(JsonLines::new(BufWriter::with_capacity(1 << 18, file), detail)));
        self.trace = Some(Rc::clone(&sink));
        Ok(Box::new(sink))
    }

    /// Lets the capture look at a world that has not begun.
    pub(super) fn capture(&mut self, world: &mut World, choice: &Choice) -> Result<(), Failure> {
        let tape = Tape::start(world, choice, &self.making.path().join(CAPTURE));
        self.tape = Some(tape.map_err(|e| e.of(self.shown.join(CAPTURE)))?);
        Ok(())
    }

    /// Writes the next lines of the transcript. A failure is told by [`fill`](OutputDir::fill).
    pub(super) fn transcribe(&mut self, text: &str) {
        if self.failed.is_none()
            && let Err(error) = self.try_transcribe(text)
        {
            self.failed = Some(Failure::write(self.shown.join(TRANSCRIPT), error));
        }
    }

    fn try_transcribe(&mut self, text: &str) -> io::Result<()> {
        if self.transcript.is_none() {
            let file = File::create(self.making.path().join(TRANSCRIPT))?;
            self.transcript = Some(BufWriter::new(file));
        }
        self.transcript.as_mut().map_or(Ok(()), |out| out.write_all(text.as_bytes()))
    }

    /// Writes all the rest, the end of the transcript among it, and puts it in its place.
    pub(super) fn fill(mut self, run: &Run, transcript: &str) -> Result<(), Failure> {
        self.transcribe(transcript);
        if let Some(mut out) = self.transcript.take() {
            out.flush().map_err(|e| Failure::write(self.shown.join(TRANSCRIPT), e))?;
        }
        if let Some(mut out) = self.keys.take() {
            out.flush().map_err(|e| Failure::write(self.shown.join(KEYS), e))?;
        }
        if let Some(trace) = self.trace.take() {
            let nothing = JsonLines::new(BufWriter::new(self.sink_file()?), Detail::Records);
            let written = trace.replace(nothing).into_inner().and_then(|mut out| out.flush());
            written.map_err(|e| Failure::write(self.shown.join("trace.jsonl"), e))?;
        }
        if let Some(tape) = self.tape.take() {
            tape.finish().map_err(|e| Failure::write(self.shown.join(CAPTURE), e))?;
        }
        let records = &run.collected.records;
        // The ladder of a large run would be as wide as its net: it shows the way of one mail.
        let first = run.collected.mails.list().first().filter(|_| run.collected.is_large());
        let options = ladder::Options { mail: first.map(|mail| mail.id), ..ladder::Options::default() };
        self.write("ladder.svg", ladder::svg(&run.roster, records, &options).as_bytes())?;
        self.write("map.svg", map::svg(&run.roster, records, &map::Options::default()).as_bytes())?;
        if let Some(failure) = self.failed.take() {
            return Err(failure);
        }
        if let Some(mails) = &self.mails {
            mails.finish().map_err(|e| Failure::write(self.shown.join(MAIL), e))?;
        }
        self.put_in_place()
    }

    /// Somewhere for a sink that has nothing more to write.
    fn sink_file(&self) -> Result<File, Failure> {
        let file = File::options().append(true).open(self.making.path().join(MARKER));
        file.map_err(|e| Failure::write(self.shown.join(MARKER), e))
    }

    /// Writes the mails that were filed, and the secrets that became known, since it was last called: however many there are,
    /// they are not kept until the end. A failure is told by [`fill`](OutputDir::fill).
    pub(super) fn write_filed(&mut self, world: &mut World) {
        if self.failed.is_none() {
            self.failed = self.try_write_filed(world).err();
        }
        if self.failed.is_none()
            && let Err(error) = self.try_write_keys(world)
        {
            self.failed = Some(Failure::write(self.shown.join(KEYS), error));
        }
    }

    fn try_write_keys(&mut self, world: &mut World) -> io::Result<()> {
        for line in world.take_secrets() {
            if self.keys.is_none() {
                self.keys = Some(BufWriter::new(File::create(self.making.path().join(KEYS))?));
            }
            if let Some(out) = &mut self.keys {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    fn try_write_filed(&mut self, world: &mut World) -> Result<(), Failure> {
        let filed = world.take_filed();
        if let Some(mails) = &mut self.mails {
            mails.prepare().map_err(|e| Failure::write(self.shown.join(MAIL), e))?;
            for filed in &filed {
                let written = mails.write(filed.letter.to.as_str(), filed.letter.content.rope());
                written.map_err(|(name, e)| Failure::write(self.shown.join(MAIL).join(name), e))?;
            }
        }
        let written = self.boxes.prepare().and_then(|()| self.boxes.write(&filed, world.roster()));
        written.map_err(|e| Failure::write(&self.shown, e))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        fs::write(self.making.path().join(name), bytes).map_err(|e| Failure::write(self.shown.join(name), e))
    }

    /// The new one takes the place of the old one. Should that fail, the old one is put back.
    fn put_in_place(self) -> Result<(), Failure> {
        // Somebody may have come while we ran.
        refuse_strangers(&self.target)?;
        let OutputDir { shown, target, making, .. } = self;
        making.finish(|whole| replace(&target, whole)).map_err(|e| Failure::write(&shown, e))
    }
}

/// The new directory takes the place of the old one.
fn replace(target: &Path, whole: &Path) -> io::Result<()> {
    let mut old = whole.to_owned().into_os_string();
    old.push("-old");
    let old = PathBuf::from(old);
    let had_one = match fs::rename(target, &old) {
        Ok(()) => true,
        Err(e) if e.kind() == ErrorKind::NotFound => false,
        Err(e) => return Err(e),
    };
    if let Err(error) = fs::rename(whole, target) {
        if had_one {
            let _ = fs::rename(&old, target);
        }
        return Err(error);
    }
    if had_one { fs::remove_dir_all(&old) } else { Ok(()) }
}
