//! Where a session stands.

use imap_codec::imap_types::sequence::SequenceSet;

use super::names::Names;
use super::numbers::Numbers;
use super::view::View;
use crate::sasl::{Nonce, Server as Exchange};
use crate::store::{FolderId, MailboxId};

/// The states of a session (RFC 9051 §3).
#[derive(Clone, Debug)]
pub(super) enum State {
    /// `start` has not been called.
    Unborn,
    /// §3.1.
    NotAuthenticated,
    /// STARTTLS was answered, and nothing is read before the connection is sealed.
    Securing,
    /// §3.2.
    Authenticated(MailboxId),
    /// §3.3.
    Selected(MailboxId, Box<Selected>),
    /// §3.4: nothing more is said.
    Logout,
}

impl State {
    /// What the state is called in the record of a session: as in the RFC.
    pub(super) fn name(&self) -> &'static str {
        match self {
            State::Unborn => "not started",
            State::NotAuthenticated | State::Securing => "not authenticated",
            State::Authenticated(_) => "authenticated",
            State::Selected(..) => "selected",
            State::Logout => "logout",
        }
    }

    /// Whose mailbox is open.
    pub(super) fn mailbox(&self) -> Option<MailboxId> {
        match self {
            State::Authenticated(mailbox) | State::Selected(mailbox, _) => Some(*mailbox),
            _ => None,
        }
    }

    /// The folder that is open.
    pub(super) fn selected(&mut self) -> Option<(MailboxId, &mut Selected)> {
        match self {
            State::Selected(mailbox, selected) => Some((*mailbox, selected)),
            _ => None,
        }
    }
}

/// The folder that is open.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    /// Which one.
    pub(super) folder: FolderId,
    /// If this changes, it is another one.
    pub(super) uid_validity: u32,
    /// Whether it was opened with EXAMINE.
    pub(super) is_read_only: bool,
    /// What the client knows of it.
    pub(super) view: View,
    /// What `$` stands for (RFC 5182): unique identifiers.
    pub(super) saved: Numbers,
}

impl Selected {
    /// The sequence numbers that a command is about: of its set, or of what SEARCH has kept. `None`: a sequence number is larger
    /// than there are mails (RFC 9051 §9, `seq-number`).
    pub(super) fn targets(&self, set: Option<&SequenceSet>, by_uid: bool) -> Option<Numbers> {
        match set {
            None => Some(self.view.seqs(&self.saved)),
            Some(set) if by_uid => Some(self.view.seqs(&Numbers::of(set, self.view.last_uid()))),
            Some(set) => {
                let seqs = Numbers::of(set, self.view.count());
                let are_there = seqs.first() > Some(0) && seqs.last() <= Some(self.view.count());
                are_there.then_some(seqs)
            }
        }
    }
}

/// What a session has to do with TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tls {
    /// Nothing: STARTTLS is not known.
    #[default]
    None,
    /// It can be asked for.
    Offered,
    /// The connection is sealed.
    Sealed,
}

/// What the client has switched on (RFC 5161).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Enabled {
    /// RFC 7162 §3.1: numbers of changes are told.
    pub(super) condstore: bool,
    /// RFC 9051: nothing is recent, and SEARCH is answered with ESEARCH.
    pub(super) rev2: bool,
    /// RFC 6855.
    pub(super) utf8: bool,
}

impl Enabled {
    /// How names are written.
    pub(super) fn names(self) -> Names {
        if self.rev2 || self.utf8 { Names::Utf8 } else { Names::Utf7 }
    }
}

/// What a session knows of logins.
#[derive(Clone, Debug, Default)]
pub(super) struct Logins {
    /// What the challenges of this session are made from.
    pub(super) nonce: Option<Nonce>,
    /// How many exchanges have begun: each has a nonce of its own.
    pub(super) exchanges: u32,
    /// The exchange that is under way, and the tag of its command.
    pub(super) exchange: Option<(String, Exchange)>,
    /// How many have failed.
    pub(super) failed: u32,
}
