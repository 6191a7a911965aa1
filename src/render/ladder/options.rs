//! What a ladder shows.

use crate::sim::Instant;
use crate::trace::{HostId, MailId};

/// When a ladder shows the DNS. Where there are many look-ups, those that repeat themselves are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dns {
    /// Where few hosts handle the mail, so that there is room for name servers; elsewhere as notes.
    WhereItFits,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a ladder shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Only this mail, the reports about it, and what was said around them. Everything where it is `None`.
    pub mail: Option<MailId>,
    /// Only what these hosts do, and say to each other. Everybody where there are none.
    pub hosts: Vec<HostId>,
    /// Nothing before this instant.
    pub from: Option<Instant>,
    /// Nothing after this instant.
    pub to: Option<Instant>,
    /// Also packets, where the trace has them.
    pub packets: bool,
    /// Whether to show questions to name servers and their answers.
    pub dns: Dns,
    /// At most this many arrows and notes; what is left out is counted at the end.
    pub max_rows: usize,
    /// In the text twin, only ASCII.
    pub ascii: bool,
}

impl Default for Options {
    /// Everything but packets, up to 500 arrows and notes.
    fn default() -> Options {
        Options {
            mail: None,
            hosts: Vec::new(),
            from: None,
            to: None,
            packets: false,
            dns: Dns::WhereItFits,
            max_rows: 500,
            ascii: false,
        }
    }
}
