//! `--out DIR`: everything about a run in one directory, whole or not at all.
//!
//! All is written into a directory beside it, which then takes its name. An earlier output is replaced; anything else
//! stays as it is, and the run does not even begin.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::failure::Failure;
use super::simulate::Run;
use crate::agent::Agent;
use crate::render::{ladder, map};
use crate::sim::Instant;
use crate::store::Delivered;
use crate::trace::jsonl::JsonLines;
use crate::trace::{HostId, Sink};

/// The file by which an output of ours is known.
const MARKER: &str = ".postroad";
const MARKER_TEXT: &str = "This directory was written by `postroad run --out`, which may replace it.\n";

/// What an output holds besides its marker.
const FILES: [&str; 4] = ["trace.jsonl", "transcript.txt", "ladder.svg", "map.svg"];
const MAIL: &str = "mail";

type Trace = Rc<RefCell<JsonLines<BufWriter<File>>>>;

/// An output in the making. Dropped before [`OutputDir::fill`] has come to its end, it leaves nothing behind.
pub(super) struct OutputDir {
    target: PathBuf,
    making: PathBuf,
    trace: Option<Trace>,
    is_done: bool,
}

impl OutputDir {
    /// Prepares a directory.
    pub(super) fn create(target: &Path) -> Result<OutputDir, Failure> {
        let target = std::path::absolute(target).map_err(|e| Failure::write(target, e))?;
        refuse_strangers(&target)?;
        let Some((parent, name)) = target.parent().zip(target.file_name()) else {
            return Err(Failure::said(format!("{} cannot be written as a directory", target.display())));
        };
        if !parent.is_dir() {
            return Err(Failure::said(format!("the directory {} does not exist", parent.display())));
        }
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".postroad-{}", std::process::id()));
        let making = parent.join(hidden);
        fs::create_dir(&making).map_err(|e| Failure::write(&making, e))?;
        let output = OutputDir { target, making, trace: None, is_done: false };
        output.write(MARKER, MARKER_TEXT.as_bytes())?;
        Ok(output)
    }

    /// The sink that writes the trace.
    pub(super) fn trace(&mut self) -> Result<Box<dyn Sink>, Failure> {
        let path = self.making.join("trace.jsonl");
        let file = File::create(&path).map_err(|e| Failure::write(&path, e))?;
        let sink = Rc::new(RefCell::new(JsonLines::new(BufWriter::with_capacity(1 << 18, file), true)));
        self.trace = Some(Rc::clone(&sink));
        Ok(Box::new(sink))
    }

    /// Writes all the rest and puts it in its place.
    pub(super) fn fill(mut self, run: &Run, transcript: &str) -> Result<(), Failure> {
        if let Some(trace) = self.trace.take() {
            let nothing = JsonLines::new(BufWriter::new(self.sink_file()?), false);
            let written = trace.replace(nothing).into_inner().and_then(|mut out| out.flush());
            written.map_err(|e| Failure::write(self.target.join("trace.jsonl"), e))?;
        }
        let records = &run.collected.records;
        // The ladder of a large run would be as wide as its net: it shows the way of one mail.
        let first = run.collected.mails.list().first().filter(|_| run.collected.is_large());
        let options = ladder::Options { mail: first.map(|mail| mail.id), ..ladder::Options::default() };
        self.write("transcript.txt", transcript.as_bytes())?;
        self.write("ladder.svg", ladder::svg(&run.roster, records, &options).as_bytes())?;
        self.write("map.svg", map::svg(&run.roster, records, &map::Options::default()).as_bytes())?;
        self.mail(run)?;
        self.put_in_place()
    }

    /// Somewhere for a sink that has nothing more to write.
    fn sink_file(&self) -> Result<File, Failure> {
        let path = self.making.join(MARKER);
        File::options().append(true).open(&path).map_err(|e| Failure::write(&path, e))
    }

    fn mail(&self, run: &Run) -> Result<(), Failure> {
        let mut delivered: Vec<(Instant, u32, &Delivered)> = Vec::new();
        for host in 0..run.roster.hosts.len() as u32 {
            let Agent::Mta(mta) = run.world.agent(HostId(host)) else { continue };
            for (_, mailbox) in mta.store().mailboxes() {
                delivered.extend(mailbox.messages().map(|m| (m.at, host, m)));
            }
        }
        // The sort is stable: copies of one instant keep the order of their mailboxes.
        delivered.sort_by_key(|(at, host, _)| (*at, *host));
        let directory = self.making.join(MAIL);
        fs::create_dir(&directory).map_err(|e| Failure::write(&directory, e))?;
        let digits = delivered.len().to_string().len().max(3);
        for (i, (_, _, mail)) in delivered.iter().enumerate() {
            let path = directory.join(format!("{:0digits$}-{}.eml", i + 1, file_name(mail.to.as_str())));
            let file = File::create(&path).map_err(|e| Failure::write(&path, e))?;
            let mut out = BufWriter::new(file);
            let chunks = mail.content.rope().chunks();
            let written = chunks.iter().try_for_each(|chunk| out.write_all(chunk)).and_then(|()| out.flush());
            written.map_err(|e| Failure::write(&path, e))?;
        }
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        fs::write(self.making.join(name), bytes).map_err(|e| Failure::write(self.target.join(name), e))
    }

    /// The new one takes the place of the old one. Should that fail, the old one is put back.
    fn put_in_place(mut self) -> Result<(), Failure> {
        // Somebody may have come while we ran.
        refuse_strangers(&self.target)?;
        let failed = |e| Failure::write(&self.target, e);
        let mut old = self.making.clone().into_os_string();
        old.push("-old");
        let old = PathBuf::from(old);
        let had_one = match fs::rename(&self.target, &old) {
            Ok(()) => true,
            Err(e) if e.kind() == ErrorKind::NotFound => false,
            Err(e) => return Err(failed(e)),
        };
        if let Err(error) = fs::rename(&self.making, &self.target) {
            if had_one {
                let _ = fs::rename(&old, &self.target);
            }
            return Err(failed(error));
        }
        self.is_done = true;
        if had_one {
            fs::remove_dir_all(&old).map_err(|e| Failure::write(&old, e))?;
        }
        Ok(())
    }
}

impl Drop for OutputDir {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = fs::remove_dir_all(&self.making);
        }
    }
}

/// Only nothing, an empty directory, or an earlier output of ours may be replaced.
fn refuse_strangers(target: &Path) -> Result<(), Failure> {
    let shown = target.display();
    let data = match fs::symlink_metadata(target) {
        Ok(data) => data,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::read(&shown.to_string(), error)),
    };
    if !data.is_dir() {
        return Err(Failure::said(format!("{shown} is there already and is no directory; it stays as it is")));
    }
    let names = |directory: &Path| -> Result<Vec<String>, Failure> {
        let failed = |e| Failure::read(&directory.display().to_string(), e);
        let entries = fs::read_dir(directory).map_err(failed)?;
        entries.map(|e| e.map(|e| e.file_name().to_string_lossy().into_owned()).map_err(failed)).collect()
    };
    let held = names(target)?;
    if held.is_empty() {
        return Ok(());
    }
    if !held.iter().any(|name| name == MARKER) {
        return Err(Failure::said(format!(
            "{shown} is not empty and was not written by postroad; choose another directory for --out"
        )));
    }
    let mut foreign: Vec<String> =
        held.into_iter().filter(|n| n != MARKER && n != MAIL && !FILES.contains(&n.as_str())).collect();
    let mail = target.join(MAIL);
    if mail.is_dir() {
        foreign.extend(names(&mail)?.into_iter().filter(|n| !n.ends_with(".eml")).map(|n| format!("{MAIL}/{n}")));
    }
    foreign.sort();
    match foreign.first() {
        None => Ok(()),
        Some(first) => Err(Failure::said(format!(
            "{shown} holds `{first}`, which postroad did not write; move it away or choose another directory for --out"
        ))),
    }
}

/// An address as part of a file name.
fn file_name(address: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "@._+-=".contains(c) { c } else { '_' };
    address.chars().take(100).map(plain).collect()
}
