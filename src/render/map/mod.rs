//! The map: hosts, the links between them, and the hops that a mail took.
//!
//! Up to [`MOST_CARDS`] hosts are drawn as cards with their names, and links with theirs; larger nets are drawn as dots,
//! and only the hosts that the mail touched are named.

mod draw;
mod hops;
mod layout;
mod options;
mod place;
mod text;

#[cfg(test)]
mod tests;

pub use options::Options;
pub use place::MOST_CARDS;

use crate::trace::{Record, Roster};

/// The map as SVG.
#[must_use]
pub fn svg(roster: &Roster, records: &[Record], options: &Options) -> String {
    super::paint::paint(&scene(roster, records, options))
}

/// The map as text: every host with its links, then the hops; at most `width` columns wide (and never narrower than 40).
#[must_use]
pub fn text(roster: &Roster, records: &[Record], options: &Options, width: usize) -> String {
    text::text(roster, &hops::hops(roster, records, options), width.max(40))
}

fn scene(roster: &Roster, records: &[Record], options: &Options) -> super::scene::Scene {
    draw::draw(roster, &hops::hops(roster, records, options))
}
