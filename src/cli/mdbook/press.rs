//! Runs for the book: each scenario, with each change, once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::beside::Beside;
use crate::mime::Content;
use crate::scenario::{self, BuildOptions, Judge, Judgement, Plan};
use crate::sim::calendar::Calendar;
use crate::sim::{Duration, Instant};
use crate::trace::transcript::clock;
use crate::trace::{HostId, Makeup, Record, Roster, Sink};
use crate::{diag, trace};

/// One line of a scenario that is put in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// What the file says.
    pub(super) replace: String,
    /// What is put there.
    pub(super) with: String,
}

/// A mail in a mailbox.
pub(super) struct Filed {
    /// The address it was delivered to.
    pub(super) to: String,
    /// The mail.
    pub(super) content: Content,
}

/// What a run left behind.
pub(super) struct Run {
    pub(super) roster: Roster,
    /// Packets included.
    pub(super) records: Vec<Record>,
    /// What the mails are made of.
    pub(super) makeup: Makeup,
    pub(super) filed: Vec<Filed>,
    pub(super) judgements: Vec<Judgement>,
    pub(super) packets: u64,
    pub(super) connections: u64,
    pub(super) mails: u64,
    pub(super) events: u64,
    pub(super) end: Instant,
}

impl Run {
    /// The name of a host.
    pub(super) fn host(&self, id: HostId) -> &str {
        self.roster.hosts.get(id.0 as usize).map_or("nobody", |h| &h.name)
    }
    /// The host of this name.
    pub(super) fn id(&self, name: &str) -> Result<HostId, String> {
        let place = self.roster.hosts.iter().position(|h| *h.name == *name);
        place.map(|place| HostId(place as u32)).ok_or_else(|| format!("there is no host `{name}` in this run"))
    }
    /// What the clocks of the scenario show.
    pub(super) fn calendar(&self) -> Calendar {
        Calendar::new(self.roster.start_unix_secs, 0)
    }
    /// A run of minutes is told by its own clock, a run of hours by the time of day, a run of days with the day in front.
    pub(super) fn when(&self, at: Instant) -> String {
        if self.end - Instant::ZERO < Duration::from_mins(10) {
            return clock(at);
        }
        let civil = |t| self.calendar().civil(t);
        let (first, last, this) = (civil(Instant::ZERO), civil(self.end), civil(at));
        let (Some((first, _)), Some((last, _)), Some((date, time))) =
            (first.split_once(' '), last.split_once(' '), this.split_once(' '))
        else {
            return this;
        };
        if first == last { time.to_owned() } else { format!("{date} {time}") }
    }
}

/// Keeps every record.
#[derive(Default)]
struct Kept(Vec<Record>);

impl Sink for Kept {
    fn wants_packets(&self) -> bool {
        true
    }
    fn record(&mut self, record: &Record) {
        self.0.push(record.clone());
    }
}

/// The file, what is changed in it, and whether secrets are shown.
type Key = (String, Vec<Change>, bool);

/// Reads scenarios and sources below a directory, and runs each scenario once.
pub(super) struct Press {
    root: PathBuf,
    runs: RefCell<BTreeMap<Key, Rc<Run>>>,
}

impl Press {
    pub(super) fn new(root: &Path) -> Press {
        Press { root: root.to_owned(), runs: RefCell::default() }
    }

    /// The text of a file of the project.
    pub(super) fn read(&self, file: &str) -> Result<String, String> {
        let path = Path::new(file);
        if !path.components().all(|c| matches!(c, std::path::Component::Normal(_))) {
            return Err(format!("`{file}` is not a file of the project"));
        }
        std::fs::read_to_string(self.root.join(path)).map_err(|why| format!("cannot read {file}: {why}"))
    }

    /// The path of a scenario: itself, or found by its number.
    pub(super) fn scenario_file(&self, name: &str) -> Result<String, String> {
        if name.ends_with(".ron") {
            return Ok(name.to_owned());
        }
        self.scenarios()?
            .into_iter()
            .find(|file| file.strip_prefix("scenarios/").is_some_and(|f| f.starts_with(&format!("{name}-"))))
            .ok_or_else(|| format!("there is no scenario with the number {name}"))
    }

    /// All scenarios that ship, in their order.
    pub(super) fn scenarios(&self) -> Result<Vec<String>, String> {
        let found = std::fs::read_dir(self.root.join("scenarios")).map_err(|why| format!("scenarios: {why}"))?;
        let mut files: Vec<String> = found
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".ron"))
            .map(|name| format!("scenarios/{name}"))
            .collect();
        files.sort();
        Ok(files)
    }

    /// The text of a scenario with its changes made.
    pub(super) fn changed(&self, file: &str, changes: &[Change]) -> Result<String, String> {
        let mut text = self.read(file)?;
        for change in changes {
            match text.matches(&change.replace).count() {
                1 => text = text.replacen(&change.replace, &change.with, 1),
                0 => return Err(format!("{file} does not say `{}` any longer", change.replace)),
                n => return Err(format!("{file} says `{}` {n} times; say more of it", change.replace)),
            }
        }
        Ok(text)
    }

    /// The plan of a scenario with this text, with the files that lie beside it; or what is wrong with it.
    pub(super) fn plan(&self, file: &str, text: &str) -> Result<Plan, String> {
        let mut files = Beside::file(&self.root.join(file));
        scenario::load_with(file, text, &mut files).map_err(|found| diag::render_all(&found, text, false))
    }

    /// The run of a scenario; `secrets` shows passwords where there would be stars.
    pub(super) fn run(&self, file: &str, changes: &[Change], secrets: bool) -> Result<Rc<Run>, String> {
        let key = (file.to_owned(), changes.to_vec(), secrets);
        if let Some(run) = self.runs.borrow().get(&key) {
            return Ok(Rc::clone(run));
        }
        let text = self.changed(file, changes)?;
        let run = Rc::new(run(file, &self.plan(file, &text)?, secrets)?);
        self.runs.borrow_mut().insert(key, Rc::clone(&run));
        Ok(run)
    }
}

fn run(file: &str, plan: &Plan, secrets: bool) -> Result<Run, String> {
    let mut world = scenario::build(plan, BuildOptions::default());
    world.watch_mailboxes();
    if secrets {
        world.show_secrets();
    }
    let kept = Rc::new(RefCell::new(Kept::default()));
    let judge = Rc::new(RefCell::new(Judge::new(plan)));
    world.observe(Box::new(Rc::clone(&kept)));
    world.observe(Box::new(Rc::clone(&judge)));
    world.start();
    world.run_until(Instant::ZERO + plan.run_for, u64::MAX);
    world.finish();
    if let Err(violation) = world.audit() {
        return Err(format!("{file}: {violation:?}"));
    }
    let filed = world
        .take_filed()
        .into_iter()
        .map(|filed| Filed { to: filed.letter.to.as_str().to_owned(), content: filed.letter.content });
    let filed = filed.collect();
    let records = std::mem::take(&mut kept.borrow_mut().0);
    let judgements = judge.borrow().judgements();
    Ok(Run {
        roster: Roster::clone(world.roster()),
        end: records.last().map_or(Instant::ZERO, |r| r.at),
        makeup: Makeup::learn(&records),
        records,
        filed,
        judgements,
        packets: world.packets(),
        connections: world.connections(),
        mails: world.mails(),
        events: world.events(),
    })
}

/// The bytes of a mail.
pub(super) fn bytes(content: &Content) -> Vec<u8> {
    content.rope().chunks().iter().flat_map(|chunk| chunk.iter().copied()).collect()
}

/// A line of a peer.
pub(super) fn visible(bytes: &[u8]) -> String {
    trace::visible(bytes)
}
