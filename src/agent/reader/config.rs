//! How a person's mail program takes mail out of a mailbox, and what the person does with it.

use std::sync::Arc;

use crate::dns::mail;
use crate::identity::{Domain, Mailbox};
use crate::sasl::Secret;
use crate::sim::{Duration, Instant};

/// How mail is taken out of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// RFC 1939.
    Pop3,
    /// RFC 9051.
    Imap,
}

impl Protocol {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Pop3 => "POP3",
            Protocol::Imap => "IMAP",
        }
    }

    /// Its port, without TLS from the first byte on and with it (RFC 8314 §3.2, §3.3).
    #[must_use]
    pub fn port(self, implicit_tls: bool) -> u16 {
        match (self, implicit_tls) {
            (Protocol::Pop3, false) => 110,
            (Protocol::Pop3, true) => 995,
            (Protocol::Imap, false) => 143,
            (Protocol::Imap, true) => 993,
        }
    }

    /// Where the SRV records of a domain are that name its servers, with TLS from the first byte on and without (RFC 6186 §3.2,
    /// §3.3).
    #[must_use]
    pub fn services(self) -> [&'static str; 2] {
        match self {
            Protocol::Pop3 => [mail::POP3S, mail::POP3],
            Protocol::Imap => [mail::IMAPS, mail::IMAP],
        }
    }
}

/// When a mail program looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// At the beginning, and then again and again after so long.
    Every(Duration),
    /// It stays connected, and is told (RFC 2177). Where that cannot be had, it looks after so long again.
    Idle {
        /// See there.
        otherwise: Duration,
    },
}

/// What becomes of mail on the server that POP3 has fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// It stays there.
    Leave,
    /// It is deleted once it is here.
    Delete,
    /// It is deleted at the first look that is at least so long after it was fetched.
    For(Duration),
}

/// Where the servers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// This host.
    Host {
        /// Its name, or an address literal.
        name: Domain,
        /// The port.
        port: u16,
        /// Whether TLS begins with the first byte.
        implicit_tls: bool,
    },
    /// Whichever the domain names (RFC 6186).
    Domain(Domain),
}

/// How much of TLS is wanted where it does not begin with the first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seals {
    /// None.
    Never,
    /// It is taken where it is offered.
    IfOffered,
    /// Nothing is said without it.
    Required,
}

/// A mailbox that a mail program looks into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub mailbox: Mailbox,
    /// By which protocol.
    pub protocol: Protocol,
    /// Where.
    pub from: From,
    /// Name and password.
    pub login: (Arc<str>, Secret),
    /// How it is sealed.
    pub seals: Seals,
    /// Whether a password may cross a connection that is not sealed.
    pub plain_text_logins: bool,
    /// When it looks.
    pub looks: Looks,
    /// What becomes of mail on a POP3 server.
    pub keeps: Keeps,
    /// The folders into which IMAP looks; that of new mail is the first.
    pub folders: Vec<Arc<str>>,
    /// Whether IMAP fetches all of a mail at once, or the header section first and the rest when somebody reads it.
    pub whole: bool,
    /// What the person does with mail that has come.
    pub habits: Habits,
}

/// What a person does with mail that has come, without being told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Reads it after so long; `None`: not by itself.
    pub reads_after: Option<Duration>,
    /// Then answers it.
    pub answers: Option<Answer>,
    /// Then moves it to this folder (IMAP).
    pub files_in: Option<Arc<str>>,
    /// Deletes it so long after it was read.
    pub deletes_after: Option<Duration>,
}

/// An answer to every mail from a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// So long after it was read.
    pub after: Duration,
    /// What it says.
    pub text: Arc<str>,
}

/// Something that a person does at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When. Where the mail is not here yet, as soon as it is.
    pub at: Instant,
    /// With the mails that have this subject; none: with every one that is here.
    pub subject: Option<Arc<str>>,
    /// What.
    pub what: Deed,
}

/// See [`Act`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Reads it.
    Read,
    /// Says that it has not been read.
    Unread,
    /// Marks it.
    Flag,
    /// Moves it to this folder.
    Move(Arc<str>),
    /// Deletes it.
    Delete,
    /// Answers it.
    Answer(Arc<str>),
}

/// A mail program that takes mail out of mailboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The mailboxes.
    pub accounts: Vec<Account>,
    /// What the person does when. In order of time.
    pub acts: Vec<Act>,
    /// When the machine is not connected to anything: from, to. In order of time.
    pub offline: Vec<(Instant, Instant)>,
}
