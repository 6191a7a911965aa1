//! The sink of the command line: what became of every mail, and the records that are to be told or drawn.

use std::sync::Arc;

use crate::trace::transcript::{Mails, Story};
use crate::trace::{MailId, Record, Roster, Sink, What};

/// A run with more mails than this is summed up, not told, unless somebody insists.
pub(super) const MOST_TOLD: usize = 50;

/// So many records of such a run are kept for the pictures.
const MOST_DRAWN: usize = 100_000;

/// Which records to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// None: only what became of the mails.
    Nothing,
    /// Those of a run that is short enough to be told.
    ToTell,
    /// The same, and the beginning of a longer run, which can be drawn.
    ToDraw,
}

/// Collects.
pub(super) struct Collector {
    pub(super) mails: Mails,
    pub(super) records: Vec<Record>,
    /// The story, where it is told as it happens.
    pub(super) story: Option<Story>,
    keep: Keep,
    packets: bool,
    is_large: bool,
}

impl Collector {
    pub(super) fn new(keep: Keep, packets: bool) -> Collector {
        Collector { mails: Mails::default(), records: Vec::new(), story: None, keep, packets, is_large: false }
    }

    /// Whether there are more mails than can be told.
    pub(super) fn is_large(&self) -> bool {
        self.is_large
    }
}

impl Sink for Collector {
    fn begin(&mut self, roster: &Arc<Roster>) {
        self.mails.begin(roster);
    }

    fn wants_packets(&self) -> bool {
        self.packets
    }

    fn record(&mut self, record: &Record) {
        if record.id.is_some() {
            self.mails.record(record);
        }
        if let Some(story) = &mut self.story {
            story.record(record);
        }
        if matches!(record.what, What::Composed { .. }) && self.mails.list().len() == MOST_TOLD + 1 {
            self.is_large = true;
            if self.keep == Keep::ToTell {
                self.records = Vec::new();
            }
        }
        let wanted = match (self.keep, self.is_large) {
            (Keep::Nothing, _) | (Keep::ToTell, true) => false,
            // The map shows the way of the first mail, however long it takes.
            (Keep::ToDraw, true) => self.records.len() < MOST_DRAWN || record.mail == Some(MailId(1)),
            _ => true,
        };
        if wanted {
            self.records.push(record.clone());
        }
    }
}
