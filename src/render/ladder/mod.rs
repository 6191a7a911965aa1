//! The ladder chart: a lifeline for every host, time downwards, and an arrow for everything that one host tells another.
//!
//! Arrows slope from the moment of sending to the moment of arrival. Their words stand where they are spoken: at the
//! sender, above the line. Waits far beyond the pace of the dialogue are folded.

mod columns;
mod draw;
mod layout;
mod model;
mod notes;
mod pairing;
mod text;

pub(in crate::render) use notes::host_name;

#[cfg(test)]
mod tests;

use crate::sim::Instant;
use crate::trace::{MailId, Record, Roster};

/// What a ladder shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Only this mail, the reports about it, and what was said around them. Everything where it is `None`.
    pub mail: Option<MailId>,
    /// Nothing before this instant.
    pub from: Option<Instant>,
    /// Nothing after this instant.
    pub to: Option<Instant>,
    /// Also packets, where the trace has them.
    pub packets: bool,
    /// At most this many arrows and notes; what is left out is counted at the end.
    pub max_rows: usize,
    /// In the text twin, only ASCII.
    pub ascii: bool,
}

impl Default for Options {
    /// Everything but packets, up to 500 arrows and notes.
    fn default() -> Options {
        Options { mail: None, from: None, to: None, packets: false, max_rows: 500, ascii: false }
    }
}

/// The chart as SVG.
#[must_use]
pub fn svg(roster: &Roster, records: &[Record], options: &Options) -> String {
    super::paint::svg(&scene(roster, records, options))
}

/// The chart as text, at most `width` columns wide (and never narrower than 40).
#[must_use]
pub fn text(roster: &Roster, records: &[Record], options: &Options, width: usize) -> String {
    text::text(&model::Model::new(roster, records, options), options.ascii, width.max(40))
}

fn scene(roster: &Roster, records: &[Record], options: &Options) -> super::scene::Scene {
    let model = model::Model::new(roster, records, options);
    let layout = layout::Layout::new(&model);
    draw::draw(&model, &layout)
}
