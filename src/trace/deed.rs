//! What is done with mail that lies in a mailbox, as a stored trace has it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What was done with a mail in a mailbox. In JSON the name of the variant stands in `deed`, in snake_case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// It was given out: all of it, or a part of it.
    GivenOut {
        /// Whether it was all of it.
        whole: bool,
        /// Octets of content that were given out.
        size_bytes: u64,
    },
    /// Something else is said about it now (RFC 9051 §2.3.2).
    Flagged {
        /// Flags and keywords that it has now and had not.
        set: Vec<Arc<str>>,
        /// Flags and keywords that it had and has not.
        cleared: Vec<Arc<str>>,
    },
    /// It was copied into another folder.
    Copied {
        /// Which.
        to: Arc<str>,
        /// The unique identifier of the copy.
        to_uid: u32,
    },
    /// It was moved into another folder.
    Moved {
        /// Which.
        to: Arc<str>,
        /// Its unique identifier there.
        to_uid: u32,
    },
    /// A client has put it there.
    Appended {
        /// Octets.
        size_bytes: u64,
    },
    /// It was removed for good.
    Removed,
}
