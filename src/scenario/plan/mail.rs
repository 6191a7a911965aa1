//! Mail of a plan.

use std::sync::Arc;

use smallvec::SmallVec;

use super::hosts::SubmitsTo;
use crate::agent::user::Letter;
use crate::identity::{Mailbox, ReversePath};
use crate::sim::{Distribution, Instant};
use crate::trace::HostId;

/// One line of the file's `mail`: one mail, or several of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPlan {
    /// When the first is sent.
    pub at: Instant,
    /// The host that composes it: always a user.
    pub host: HostId,
    /// Where it is handed in.
    pub submit_to: SubmitsTo,
    /// The port of a server that is named.
    pub port: u16,
    /// The reverse-path.
    pub reverse_path: ReversePath,
    /// The forward-paths: to, cc and bcc, or what the file wrote for the envelope alone. Never empty, no duplicates.
    pub recipients: SmallVec<[Mailbox; 1]>,
    /// Whether it goes on behind TLS only (RFC 8689).
    pub require_tls: bool,
    /// What it says.
    pub letter: Letter,
    /// How many.
    pub count: u64,
    /// Time between one and the next, in nanoseconds.
    pub every: Distribution,
}

/// A generator of mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficPlan {
    /// Its name, for its random stream.
    pub name: Arc<str>,
    /// Who writes: a user's host and one of its mailboxes. One is drawn for each mail.
    pub from: Vec<(HostId, Mailbox)>,
    /// For whom. One is drawn for each mail. Shared by all who write.
    pub to: Arc<[Mailbox]>,
    /// Time between one mail of this generator and the next, in nanoseconds.
    pub every: Distribution,
    /// Size of the content in bytes.
    pub size_bytes: Distribution,
    /// Sizes are held below this.
    pub max_size_bytes: u64,
    /// The first mail comes one gap after this time.
    pub start: Instant,
    /// No mail after this time.
    pub stop: Instant,
    /// No more mails than this.
    pub count: u64,
    /// The subject; `{n}` in it is the mail's number.
    pub subject: Arc<str>,
}
