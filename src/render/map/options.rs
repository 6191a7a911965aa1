//! What a map shows.

use crate::trace::MailId;

/// What a map shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The mail whose hops are drawn, with those of its reports. The first mail of the trace where it is `None`.
    pub mail: Option<MailId>,
    /// Whether to draw hops at all.
    pub hops: bool,
}

impl Default for Options {
    /// The hops of the first mail.
    fn default() -> Options {
        Options { mail: None, hops: true }
    }
}
