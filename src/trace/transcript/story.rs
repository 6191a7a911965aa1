//! The story: what happened, in time order, each hop with its dialogue.
//!
//! A line of a dialogue is told once, as the client saw it. What a server did about a hop while the dialogue went on
//! (a policy, a delivery) stands between the lines. A hop that falls silent while other things happen is taken up
//! again later, so that the story never goes back in time by more than a breath; and where the world itself changes
//! (a fault, a repair) every hop is broken off, so that nothing is told before what brought it about.

mod choice;
mod dialogue;
mod item;
mod items;
mod looks;
mod names;
mod options;
mod packets;
mod print;
mod short;
mod telling;

use std::sync::Arc;

use crate::sim::Instant;
use crate::trace::{Record, Roster, What};

use super::{Line, Style};
pub use options::Options;

/// A story that is told as it happens: what can change no more is told, and forgotten.
pub struct Story {
    telling: telling::Telling,
    printer: print::Printer,
    /// Records of one instant: what one of them means may depend on those behind it.
    instant: Vec<Record>,
    /// Records from the beginning until it is known whether there is more than one mail.
    held: Option<Vec<Record>>,
    mails: u64,
    lines: Vec<Line>,
}

impl Story {
    /// A story about these hosts. [`Options::short`] needs all of it at once and is not looked at here.
    #[must_use]
    pub fn new(roster: Arc<Roster>, options: &Options) -> Story {
        Story {
            telling: telling::Telling::new(roster, *options),
            printer: print::Printer::new(std::iter::empty()),
            instant: Vec::new(),
            held: Some(Vec::new()),
            mails: 0,
            lines: Vec::new(),
        }
    }

    /// One more record. They come in time order.
    pub fn record(&mut self, record: &Record) {
        let Some(held) = &mut self.held else { return self.take(record) };
        held.push(record.clone());
        self.mails += u64::from(matches!(record.what, What::Composed { .. }));
        if self.mails > 1 {
            self.begin();
        }
    }

    /// It is known how many mails there are.
    fn begin(&mut self) {
        self.telling.many_mails = self.mails > 1;
        self.printer.many_mails = self.mails > 1;
        for record in self.held.take().unwrap_or_default() {
            self.take(&record);
        }
    }

    fn take(&mut self, record: &Record) {
        if self.instant.first().is_some_and(|first| first.at < record.at) {
            self.flush();
            self.telling.pass(record.at);
            while let Some((at, item)) = self.telling.take_final(record.at) {
                self.printer.item(&self.telling.roster, at, &item, &mut self.lines);
            }
        }
        self.instant.push(record.clone());
    }

    fn flush(&mut self) {
        for place in 0..self.instant.len() {
            self.telling.take(&self.instant, place);
        }
        self.instant.clear();
    }

    /// The lines that have been told since this was asked last.
    pub fn take_lines(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }

    /// How much is remembered: records that wait, items with their lines, and what refers to them. It follows from how
    /// much goes on at a time, not from how much there was.
    #[must_use]
    pub fn held(&self) -> usize {
        self.instant.len() + self.held.as_ref().map_or(0, Vec::len) + self.telling.held()
    }

    /// The end: the rest of the lines.
    pub fn finish(&mut self) -> Vec<Line> {
        if self.held.is_some() {
            self.begin();
        }
        self.flush();
        self.telling.close_questions();
        for (at, item) in std::mem::take(&mut self.telling.items) {
            self.printer.item(&self.telling.roster, at, &item, &mut self.lines);
        }
        if self.printer.is_new() {
            self.lines.push(Line::of(Style::Faint, "Nothing happened."));
        }
        self.take_lines()
    }
}

/// The story of some records, which are in time order.
#[must_use]
pub fn story(roster: &Roster, records: &[Record], options: &Options) -> Vec<Line> {
    let mut telling = telling::Telling::new(Arc::new(roster.clone()), *options);
    telling.many_mails = records.iter().filter(|r| matches!(r.what, What::Composed { .. })).take(2).count() > 1;
    let mut now = Instant::ZERO;
    for (place, record) in records.iter().enumerate() {
        if record.at > now {
            now = record.at;
            telling.pass(now);
        }
        telling.take(records, place);
    }
    telling.close_questions();
    if options.short { telling.short_lines() } else { telling.lines() }
}
