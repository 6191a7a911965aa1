//! What a waterfall shows.

use crate::trace::MailId;

/// What a waterfall shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The mail; the first one of the trace where it is `None`.
    pub mail: Option<MailId>,
    /// How many rows are drawn. What is left out is counted.
    pub max_rows: usize,
}

impl Default for Options {
    /// Sixty rows of the first mail.
    fn default() -> Options {
        Options { mail: None, max_rows: 60 }
    }
}
