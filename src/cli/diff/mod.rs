//! `postroad diff`: what each hop added to a mail or changed in it, in envelope, header section and body.

mod hops;
mod lines;

use std::cell::RefCell;
use std::rc::Rc;

use super::draw::known;
use super::failure::Failure;
use super::input;
use super::number::whole;
use super::page::Page;
use super::screen::Screen;
use super::status::Status;
use crate::mime::Content;
use crate::scenario::{self, BuildOptions, Plan};
use crate::sim::Instant;
use crate::trace::transcript::Line;
use crate::trace::{MailId, Record, Roster, Sink, jsonl};

/// Show what each hop added to a mail, or changed in it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A scenario file (*.ron), which is run; or a trace, as `postroad run --out` writes it, which has no bodies. `-` is a
    /// trace on standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Which mail, by its number
    #[arg(long, value_name = "ID", default_value_t = 1, allow_negative_numbers = true, value_parser = whole::<u64>(1, u64::MAX))]
    mail: u64,
    /// Only this hop: 0 is the author's, 1 the first server that takes the mail
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u16>(0, u64::from(u16::MAX)))]
    hop: Option<u16>,
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let name = input::shown_name(&self.file);
        let mail = MailId(self.mail);
        let (roster, records, contents) = if self.file.ends_with(".ron") {
            let Some((plan, _)) = input::scenario(&self.file)? else { return Ok(Status::Wrong) };
            run(&plan, mail)
        } else {
            let read = jsonl::read(input::open(&self.file)?);
            let (roster, records) = read.map_err(|error| Failure::said(format!("{name}: {error}")))?;
            (roster, records, Vec::new())
        };
        known(mail, &records, name)?;
        let lines = tell(&roster, &records, mail, &contents, self.hop);
        if let Some(hop) = self.hop.filter(|_| lines.is_empty()) {
            let last = hops::steps(&records, mail, &contents).iter().map(|step| step.hop).max().unwrap_or_default();
            let hops =
                if last == 0 { "it never left its author".to_owned() } else { format!("its hops are 0 to {last}") };
            return Err(Failure::said(format!("mail {} of {name} was taken at no hop {hop}; {hops}", mail.0)));
        }
        let mut page = Page::default();
        page.lines(lines);
        page.show("", screen);
        Ok(Status::Fine)
    }
}

/// The hops of a mail, or one of them, as lines. `contents` are what [`World::watch_mail`](crate::world::World::watch_mail) has collected; without
/// them there are no bodies.
pub(super) fn tell(
    roster: &Roster,
    records: &[Record],
    mail: MailId,
    contents: &[Content],
    hop: Option<u16>,
) -> Vec<Line> {
    lines::tell(roster, &hops::steps(records, mail, contents), hop)
}

/// Keeps the records: how a mail came from one host to the next is told by what brought what about.
#[derive(Default)]
struct Kept(Vec<Record>);

impl Sink for Kept {
    fn record(&mut self, record: &Record) {
        self.0.push(record.clone());
    }
}

/// Runs a scenario with an eye on one mail.
pub(super) fn run(plan: &Plan, mail: MailId) -> (Roster, Vec<Record>, Vec<Content>) {
    let mut world = scenario::build(plan, BuildOptions::default());
    world.watch_mail(mail);
    let kept = Rc::new(RefCell::new(Kept::default()));
    world.observe(Box::new(Rc::clone(&kept)));
    world.start();
    world.run_until(Instant::ZERO + plan.run_for, u64::MAX);
    world.finish();
    let contents = world.take_held().map(|held| held.contents).unwrap_or_default();
    let records = std::mem::take(&mut kept.borrow_mut().0);
    (Roster::clone(world.roster()), records, contents)
}
