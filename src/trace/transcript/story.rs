//! The story: what happened, in time order, each hop with its dialogue.
//!
//! A line of a dialogue is told once, as the client saw it. What a server did about a hop while the dialogue went on
//! (a policy, a delivery) stands between the lines. A hop that falls silent while other things happen is taken up
//! again later, so that the story never goes back in time by more than a breath; and where the world itself changes
//! (a fault, a repair) every hop is broken off, so that nothing is told before what brought it about.

mod dialogue;
mod item;
mod names;
mod packets;
mod short;
mod telling;

use crate::sim::Duration;
use crate::trace::{Record, Roster};

use super::Line;

/// What a story tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Also packets, where the records have them.
    pub packets: bool,
    /// Where it would be long, what has been told before is not told again: attempts with the same outcome over and over,
    /// mails of which many go the same way, dialogues like earlier ones. A line stands in the place of each, and the
    /// last one says what was left out.
    pub short: bool,
}

/// Nothing happening for longer than this is said.
const SILENCE: Duration = Duration::from_secs(10);

/// The story of some records, which are in time order.
#[must_use]
pub fn story(roster: &Roster, records: &[Record], options: &Options) -> Vec<Line> {
    let mut telling = telling::Telling::new(roster, records, options);
    for place in 0..records.len() {
        telling.take(records, place);
    }
    telling.close_questions();
    if options.short { telling.short_lines() } else { telling.lines() }
}
