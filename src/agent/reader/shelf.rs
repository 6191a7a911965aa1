//! What a mail program has on its disk: [`Shelf`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::access::About;
use crate::mime::Content;
use crate::sim::Instant;
use crate::store::Flags;

/// Names a mail on a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct MailIndex(pub(super) u32);

/// How the server calls a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// By POP3: its unique-id (RFC 1939 §7).
    Unique(Box<[u8]>),
    /// By IMAP: the place of the folder among those that are shown, and its number there.
    Uid {
        /// See there.
        folder: usize,
        /// See there.
        uid: u32,
    },
}

/// A mail that the program knows.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) name: Name,
    /// What observers know it by.
    pub(super) about: Option<About>,
    /// All of it, or its header section.
    pub(super) content: Option<Content>,
    pub(super) is_whole: bool,
    pub(super) flags: Flags,
    /// When it was fetched.
    pub(super) fetched_at: Instant,
    /// Whether the person has read it here.
    pub(super) is_read: bool,
    /// Whether it is to be shown as read as soon as all of it is here.
    pub(super) opens: bool,
    /// Whether it was answered from here by habit.
    pub(super) is_answered: bool,
    /// Whether it is no longer there, as far as this program knows.
    pub(super) is_gone: bool,
}

/// What is still to be done at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// Say something about a mail, or take it back.
    Flag {
        /// The mail.
        mail: MailIndex,
        /// What.
        flags: Flags,
        /// Whether it is said, or taken back.
        add: bool,
    },
    /// Fetch all of a mail.
    Fetch(MailIndex),
    /// Move it to a folder.
    Move(MailIndex, Arc<str>),
    /// Delete it.
    Delete(MailIndex),
}

impl Errand {
    /// The mail that it is about.
    pub(super) fn mail(&self) -> MailIndex {
        match self {
            Errand::Flag { mail, .. } | Errand::Fetch(mail) | Errand::Move(mail, _) | Errand::Delete(mail) => *mail,
        }
    }
}

/// What is known of a folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Folder {
    pub(super) uid_validity: u32,
    pub(super) modseq: Option<u64>,
    /// By number.
    pub(super) mails: BTreeMap<u32, MailIndex>,
}

/// All that a program knows of one mailbox. A crash does not touch it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    mails: Vec<Mail>,
    /// Of POP3, by unique-id.
    pub(super) unique: BTreeMap<Box<[u8]>, MailIndex>,
    /// Of IMAP, as the account lists them.
    pub(super) folders: Vec<Folder>,
    pub(super) errands: VecDeque<Errand>,
}

impl Shelf {
    /// An empty one, for so many folders.
    pub(super) fn new(folders: usize) -> Shelf {
        Shelf { folders: vec![Folder::default(); folders], ..Shelf::default() }
    }

    /// A mail that was not known.
    pub(super) fn add(&mut self, mail: Mail) -> MailIndex {
        let index = MailIndex(self.mails.len() as u32);
        match &mail.name {
            Name::Unique(id) => {
                self.unique.insert(id.clone(), index);
            }
            Name::Uid { folder, uid } => {
                self.folders[*folder].mails.insert(*uid, index);
            }
        }
        self.mails.push(mail);
        index
    }

    pub(super) fn mail(&self, index: MailIndex) -> &Mail {
        &self.mails[index.0 as usize]
    }

    pub(super) fn mail_mut(&mut self, index: MailIndex) -> &mut Mail {
        &mut self.mails[index.0 as usize]
    }

    /// Every mail that is there, the first that was fetched first.
    pub(super) fn shown(&self) -> impl Iterator<Item = (MailIndex, &Mail)> {
        let all = self.mails.iter().enumerate().map(|(place, mail)| (MailIndex(place as u32), mail));
        all.filter(|(_, mail)| !mail.is_gone)
    }

    /// The server has it no more: it is not shown, and nothing is to be done with it.
    pub(super) fn remove(&mut self, index: MailIndex) {
        let mail = &mut self.mails[index.0 as usize];
        mail.is_gone = true;
        mail.content = None;
        if let Name::Uid { folder, uid } = mail.name {
            self.folders[folder].mails.remove(&uid);
        }
        self.errands.retain(|errand| errand.mail() != index);
    }
}

impl Mail {
    /// The subject for people.
    pub(super) fn subject(&self) -> String {
        let value = self.content.as_ref().and_then(|content| content.first("Subject"));
        let value = value.unwrap_or_default();
        crate::mime::read::words::decode_words(value.trim_ascii())
    }
}
