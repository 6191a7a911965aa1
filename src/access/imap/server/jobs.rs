//! What a session has still to do: [`Job`].
//!
//! A command that answers with much is not done in one go. It is a list of jobs, and each time that somebody asks what is to be sent
//! the first of them is worked on until something is there.

use std::vec::IntoIter;

use super::items::Item;
use super::numbers::{Numbers, Walk};
use super::view::News;
use crate::store::{Deed, FlagChange};

/// Something to be done.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// To find what the client has not been told of its folder.
    CatchUp(Telling),
    /// To tell it.
    Tell(Box<Tell>),
    /// To give out mails.
    Fetch(Box<Fetch>),
    /// To change flags.
    Store(Box<Store>),
    /// To tell who looks on what was done.
    Deeds(IntoIter<Deed>),
    /// To end a command.
    Reply {
        /// Its tag.
        tag: String,
        /// The rest of the line: `OK Done.`
        text: String,
    },
}

/// What a client may be told before the end of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Telling {
    /// Whether mails may lose their sequence numbers: not during FETCH, STORE and SEARCH, whose client counts on them (RFC 9051
    /// §7.5.1).
    pub(super) may_expunge: bool,
    /// Whether unique identifiers are told with flags (§6.4.9: behind commands with UID).
    pub(super) with_uids: bool,
}

impl Telling {
    /// Everything.
    pub(super) const ALL: Telling = Telling { may_expunge: true, with_uids: false };

    /// What may be told at the end of a command that has a form with UID, and is used in that form or not.
    pub(super) fn for_numbers(by_uid: bool) -> Telling {
        Telling { may_expunge: by_uid, with_uids: by_uid }
    }
}

/// News that are being told.
#[derive(Clone, Debug)]
pub(super) struct Tell {
    /// All of them.
    pub(super) news: News,
    /// Of which mails flags are still to be told.
    pub(super) flags: Walk,
    /// Which are still to be told to be gone, the first of them last.
    pub(super) gone: Vec<u32>,
    /// Whether unique identifiers are told with flags.
    pub(super) with_uids: bool,
}

/// FETCH at work.
#[derive(Clone, Debug)]
pub(super) struct Fetch {
    /// The tag.
    pub(super) tag: String,
    /// Whether it is UID FETCH.
    pub(super) by_uid: bool,
    /// What is wanted of each mail.
    pub(super) items: Vec<Item>,
    /// Only mails that have changed behind this (RFC 7162 §3.1.4.1).
    pub(super) changed_since: u64,
    /// Whether a mail that is fetched counts as read.
    pub(super) sets_seen: bool,
    /// Sequence numbers.
    pub(super) targets: Walk,
    /// Whether a mail was wanted that is gone.
    pub(super) missed: bool,
    /// Whether a part was wanted whose encoding is not known.
    pub(super) is_undecodable: bool,
}

/// STORE at work.
#[derive(Clone, Debug)]
pub(super) struct Store {
    /// The tag.
    pub(super) tag: String,
    /// Whether it is UID STORE.
    pub(super) by_uid: bool,
    /// What changes.
    pub(super) change: FlagChange,
    /// Whether the client does not want to be told what has come of it.
    pub(super) is_silent: bool,
    /// Only mails that have not changed behind this (RFC 7162 §3.1.3).
    pub(super) unchanged_since: u64,
    /// Sequence numbers.
    pub(super) targets: Walk,
    /// Mails that have, by the numbers of the command.
    pub(super) modified: Numbers,
    /// Whether a mail was wanted that is gone.
    pub(super) missed: bool,
}
