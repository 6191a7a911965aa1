//! A mail that was filed: [`Message`].

use super::flags::Flags;
use crate::identity::{self, ReversePath};
use crate::mime::Content;
use crate::sim::Instant;

/// A mail as it lies in a folder.
#[derive(Clone, Debug)]
pub struct Message {
    pub(super) uid: u32,
    pub(super) flags: Flags,
    pub(super) at: Instant,
    pub(super) size_bytes: u64,
    pub(super) kept: Option<Box<Kept>>,
}

/// What is known of a mail whose letter is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) letter: Letter,
    /// The change of the folder that touched it last.
    pub(super) modseq: u64,
    pub(super) given_date: Option<GivenDate>,
}

/// What was filed.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The reverse-path of its envelope.
    pub from: ReversePath,
    /// The address it was delivered to, as its sender wrote it; the mailbox's own where a client has put it there.
    pub to: identity::Mailbox,
    /// The content, shared.
    pub content: Content,
    /// The number that observers know the mail by, and the hops that it has behind it; `None`: it came from a client and is new.
    pub mail: Option<(u64, u16)>,
}

/// A date that a client has given for a mail (RFC 9051 §6.3.12), which may be before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenDate {
    /// Seconds since 1970, Universal Time.
    pub unix_secs: i64,
    /// The zone in which it is shown, in minutes east of Universal Time.
    pub offset_minutes: i16,
}

impl Message {
    /// Its unique identifier in the folder, from 1 in order of arrival. None is given twice (RFC 9051 §2.3.1.1).
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// What was said about it.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// When it was filed in this folder.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The date that a client has given for it in the place of that.
    #[must_use]
    pub fn given_date(&self) -> Option<GivenDate> {
        self.kept.as_ref()?.given_date
    }

    /// The size of its content.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// What was filed; `None` where the store keeps no letters.
    #[must_use]
    pub fn letter(&self) -> Option<&Letter> {
        self.kept.as_ref().map(|kept| &kept.letter)
    }

    /// The number of the change of its folder that touched it last (RFC 7162 §3.1); 0 where the store keeps no letters.
    #[must_use]
    pub fn modseq(&self) -> u64 {
        self.kept.as_ref().map_or(0, |kept| kept.modseq)
    }
}
