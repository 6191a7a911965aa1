//! What a session of POP3 or IMAP works on: [`Desk`], and what it tells of it: [`Deed`].

use rustc_hash::FxHashSet;

use super::flags::Flags;
use super::folder::FolderId;
use super::site::{MailboxId, Store};
use crate::sim::calendar::Calendar;

/// Which mailboxes a POP3 session has for itself (RFC 1939 §8). Not on disk: a crash forgets it.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    // Looked up, never iterated.
    taken: FxHashSet<MailboxId>,
}

impl Locks {
    /// Takes a mailbox. Whether it was free.
    pub fn take(&mut self, id: MailboxId) -> bool {
        self.taken.insert(id)
    }

    /// Gives it back.
    pub fn release(&mut self, id: MailboxId) {
        self.taken.remove(&id);
    }

    /// Whether somebody has it.
    #[must_use]
    pub fn is_taken(&self, id: MailboxId) -> bool {
        self.taken.contains(&id)
    }
}

/// What a session is lent with every call.
pub struct Desk<'a> {
    /// The mailboxes.
    pub store: &'a mut Store,
    /// Who has one for itself.
    pub locks: &'a mut Locks,
    /// What the host's clock shows.
    pub calendar: Calendar,
}

/// Something that a session has done with a mail, for who looks on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Whose mailbox.
    pub mailbox: MailboxId,
    /// In which folder.
    pub folder: FolderId,
    /// The mail.
    pub uid: u32,
    /// The number that observers know it by, and its hops (see [`super::Letter::mail`]).
    pub mail: Option<(u64, u16)>,
    /// What was done.
    pub done: Done,
}

/// See [`Deed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was given out: all of it, or part of it.
    Fetched {
        /// Whether it was all of it.
        whole: bool,
        /// Octets of content that were given out.
        bytes: u64,
    },
    /// Something else is said about it.
    Flagged {
        /// What is said now that was not.
        set: Flags,
        /// What was said and is not now.
        cleared: Flags,
    },
    /// It was copied.
    Copied {
        /// To which folder.
        to: FolderId,
        /// Its number there.
        uid: u32,
    },
    /// It was moved.
    Moved {
        /// To which folder.
        to: FolderId,
        /// Its number there.
        uid: u32,
    },
    /// A client has put it there.
    Appended {
        /// Octets.
        bytes: u64,
    },
    /// It was removed for good.
    Removed,
}
