//! The waterfall: where the time of one mail went, attempt by attempt: names, connection, TLS, dialogue, content, waiting.

mod axis;
mod draw;
mod options;
mod parts;
mod reading;
mod spans;
mod text;

#[cfg(test)]
mod tests;

pub use options::Options;

use crate::trace::{Record, Roster};

/// The waterfall as SVG.
#[must_use]
pub fn svg(roster: &Roster, records: &[Record], options: &Options) -> String {
    super::paint::paint(&scene(roster, records, options))
}

/// The waterfall as text, at most `width` columns wide (and never narrower than 40).
#[must_use]
pub fn text(roster: &Roster, records: &[Record], options: &Options, width: usize) -> String {
    text::text(&spans::fall(roster, records, options), width.max(40))
}

fn scene(roster: &Roster, records: &[Record], options: &Options) -> super::scene::Scene {
    draw::draw(&spans::fall(roster, records, options))
}
