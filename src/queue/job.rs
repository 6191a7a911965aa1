//! What a queue gives out: jobs to be carried, and what is due when those of a mail have come back.

use smallvec::SmallVec;

use super::{DestinationId, EntryId};
use crate::sim::Instant;

/// Part of a mail that goes to one destination in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The mail.
    pub entry: EntryId,
    /// Where it goes.
    pub destination: DestinationId,
    /// Places in the entry's recipients.
    pub recipients: SmallVec<[u32; 2]>,
}

/// What is due after all jobs of a mail have come back.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The mail.
    pub entry: EntryId,
    /// Places of the recipients that failed for good in this round: a report is due to the reverse-path.
    pub failed: SmallVec<[u32; 2]>,
    /// When the rest is tried again; `None` when nobody is left.
    pub retry_at: Option<Instant>,
    /// Whether the sender should be told that the mail is late (RFC 3461 §4.1 calls it "delay").
    pub warn: bool,
}
