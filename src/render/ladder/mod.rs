//! The ladder chart: a lifeline for every host, time downwards, and an arrow for everything that one host tells another.
//!
//! Arrows slope from the moment of sending to the moment of arrival. Their words stand where they are spoken: at the
//! sender, above the line. Waits far beyond the pace of the dialogue are folded.

mod columns;
mod dns;
mod draw;
mod layout;
mod making;
mod model;
mod notes;
mod options;
mod order;
mod pairing;
mod placed;
mod replies;
mod sides;
mod sizes;
mod spacing;
mod text;

#[cfg(test)]
mod tests;

pub use options::{Dns, Options};

use crate::trace::{Record, Roster};

/// The chart as SVG.
#[must_use]
pub fn svg(roster: &Roster, records: &[Record], options: &Options) -> String {
    super::paint::paint(&scene(roster, records, options))
}

/// The chart as text, at most `width` columns wide (and never narrower than 40).
#[must_use]
pub fn text(roster: &Roster, records: &[Record], options: &Options, width: usize) -> String {
    text::text(&making::model(roster, records, options), options.ascii, width.max(40))
}

fn scene(roster: &Roster, records: &[Record], options: &Options) -> super::scene::Scene {
    let model = making::model(roster, records, options);
    let layout = layout::lay_out(&model);
    draw::draw(&model, &layout)
}
