//! What an MTA answers for: mail that it has taken, and recipients that it did not reach.

use smallvec::SmallVec;

use crate::identity::{Mailbox, ReversePath};
use crate::mime::Content;
use crate::queue::{Failure, Origin};
use crate::trace::MailId;

/// A mail that this host has just become responsible for.
#[derive(Clone)]
pub(super) struct Responsibility {
    pub(super) serial: u64,
    pub(super) mail: MailId,
    pub(super) hops: u16,
    pub(super) origin: Origin,
    pub(super) reverse_path: ReversePath,
    /// Whether it goes on behind TLS only (RFC 8689).
    pub(super) require_tls: bool,
    pub(super) recipients: SmallVec<[Mailbox; 1]>,
    pub(super) content: Content,
}

/// A recipient that was not reached, for good or for now.
#[derive(Clone)]
pub(super) struct Undelivered {
    pub(super) recipient: Mailbox,
    /// The address that the sender wrote, where an alias has put this one in its place.
    pub(super) expanded_from: Option<Mailbox>,
    pub(super) failure: Failure,
}
