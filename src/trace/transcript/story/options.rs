//! What a story tells, and what it takes for silence.

use crate::sim::Duration;

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
pub(super) const SILENCE: Duration = Duration::from_secs(10);
