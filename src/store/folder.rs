//! A list of mails with a name: [`Folder`].

use std::collections::VecDeque;

use super::flags::{FlagChange, Flags};
use super::message::{GivenDate, Kept, Letter, Message};
use crate::sim::Instant;

/// How many of its last changes a folder remembers one by one. Who has missed more looks at all its mails.
const REMEMBERED: usize = 1024;

/// Names a folder in its mailbox. None is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderId(pub(super) u32);

impl FolderId {
    /// Where mail is filed.
    pub const INBOX: FolderId = FolderId(0);

    /// Its number in the mailbox.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

/// What a folder is for (RFC 6154).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpecialUse {
    /// What is not needed at hand.
    Archive,
    /// What is not finished.
    Drafts,
    /// What is probably unwanted.
    Junk,
    /// What was sent.
    Sent,
    /// What was thrown away.
    Trash,
}

impl SpecialUse {
    /// All of them, by name.
    pub const ALL: [SpecialUse; 5] =
        [SpecialUse::Archive, SpecialUse::Drafts, SpecialUse::Junk, SpecialUse::Sent, SpecialUse::Trash];

    /// The attribute of RFC 6154 §2, which without its backslash is what the folder is called here.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            SpecialUse::Archive => "\\Archive",
            SpecialUse::Drafts => "\\Drafts",
            SpecialUse::Junk => "\\Junk",
            SpecialUse::Sent => "\\Sent",
            SpecialUse::Trash => "\\Trash",
        }
    }

    /// What the folder is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.attribute()[1..]
    }
}

/// What has happened to a mail of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The number of the change; later ones are larger.
    pub modseq: u64,
    /// The mail.
    pub uid: u32,
    /// What has become of it.
    pub what: Changed,
}

/// See [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is there.
    Arrived,
    /// Something else is said about it.
    Flags,
    /// It is gone.
    Gone,
}

/// A list of mails with a name: what IMAP calls a mailbox.
#[derive(Clone, Debug)]
pub struct Folder {
    pub(super) messages: Vec<Message>,
    /// The number of the last mail that was filed.
    pub(super) last: u32,
    /// What only those who read it want to know; a store without letters has no such readers.
    pub(super) book: Option<Box<Book>>,
}

#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) id: FolderId,
    pub(super) name: Box<str>,
    pub(super) special_use: Option<SpecialUse>,
    pub(super) subscribed: bool,
    pub(super) selectable: bool,
    pub(super) uid_validity: u32,
    /// The first mail that no session was told of as recent (RFC 3501 §2.3.2).
    pub(super) recent_from: u32,
    pub(super) keywords: Vec<Box<str>>,
    pub(super) modseq: u64,
    /// The last changes, in order.
    pub(super) changes: VecDeque<Change>,
}

impl Book {
    fn note(&mut self, uid: u32, what: Changed) -> u64 {
        self.modseq += 1;
        if self.changes.len() == REMEMBERED {
            self.changes.pop_front();
        }
        self.changes.push_back(Change { modseq: self.modseq, uid, what });
        self.modseq
    }
}

impl Folder {
    pub(super) fn new(book: Option<Book>) -> Folder {
        Folder { messages: Vec::new(), last: 0, book: book.map(Box::new) }
    }

    fn book(&self) -> &Book {
        self.book.as_deref().expect("only a store that keeps letters is read")
    }

    pub(super) fn book_mut(&mut self) -> &mut Book {
        self.book.as_deref_mut().expect("only a store that keeps letters is read")
    }

    /// Its name in the mailbox.
    ///
    /// # Panics
    /// When the store keeps no letters; so do all but [`Folder::messages`], [`Folder::message`] and what they need.
    #[must_use]
    pub fn id(&self) -> FolderId {
        self.book().id
    }

    /// What it is called, in Unicode, with `/` between a folder and one in it. That of new mail is `INBOX`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.book().name
    }

    /// What it is for.
    #[must_use]
    pub fn special_use(&self) -> Option<SpecialUse> {
        self.book().special_use
    }

    /// Whether somebody wants to see it in a short list.
    #[must_use]
    pub fn is_subscribed(&self) -> bool {
        self.book().subscribed
    }

    /// Whether it can hold mails; one that was deleted while others lay in it only keeps its name (RFC 9051 §6.3.5).
    #[must_use]
    pub fn is_selectable(&self) -> bool {
        self.book().selectable
    }

    /// What, with a unique identifier, names a mail for ever (RFC 9051 §2.3.1.1).
    #[must_use]
    pub fn uid_validity(&self) -> u32 {
        self.book().uid_validity
    }

    /// What the next mail is going to have (RFC 9051 §2.3.1.1).
    #[must_use]
    pub fn uid_next(&self) -> u32 {
        self.last.saturating_add(1)
    }

    /// The number of its last change (RFC 7162 §3.1.2.1); 1 before the first.
    #[must_use]
    pub fn modseq(&self) -> u64 {
        self.book().modseq
    }

    /// The first mail that no session was told of as recent (RFC 3501 §2.3.2).
    #[must_use]
    pub fn recent_from(&self) -> u32 {
        self.book().recent_from
    }

    /// Its keywords, by place (see [`Flags::keyword`]).
    #[must_use]
    pub fn keywords(&self) -> &[Box<str>] {
        &self.book().keywords
    }

    /// The place of a keyword, if it is known; upper and lower case are the same.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<Flags> {
        self.keywords().iter().position(|known| known.eq_ignore_ascii_case(name)).map(Flags::keyword)
    }

    /// The mails that are there, by number.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The mail with this number, while it is there.
    #[must_use]
    pub fn message(&self, uid: u32) -> Option<&Message> {
        self.place(uid).map(|place| &self.messages[place])
    }

    /// What has happened behind the change with this number, one by one; `None`: too much for it to be remembered, so look at all
    /// mails.
    pub fn changes_since(&self, modseq: u64) -> Option<impl Iterator<Item = Change> + '_> {
        let book = self.book();
        let missed = usize::try_from(book.modseq.saturating_sub(modseq)).unwrap_or(usize::MAX);
        let first = book.changes.len().checked_sub(missed)?;
        Some(book.changes.range(first..).copied())
    }

    pub(super) fn place(&self, uid: u32) -> Option<usize> {
        // Where nothing was removed yet, a number says where its mail is.
        let guess = (uid as usize).wrapping_sub(1);
        if self.messages.get(guess).is_some_and(|message| message.uid == uid) {
            return Some(guess);
        }
        self.messages.binary_search_by_key(&uid, |message| message.uid).ok()
    }

    pub(super) fn add(
        &mut self,
        at: Instant,
        size_bytes: u64,
        flags: Flags,
        letter: Option<(Letter, Option<GivenDate>)>,
    ) -> u32 {
        self.last += 1;
        let uid = self.last;
        let kept = letter.map(|(letter, given_date)| {
            let modseq = self.book_mut().note(uid, Changed::Arrived);
            Box::new(Kept { letter, modseq, given_date })
        });
        self.messages.push(Message { uid, flags, at, size_bytes, kept });
        uid
    }

    pub(super) fn change_flags(&mut self, uid: u32, change: FlagChange) -> Option<bool> {
        let place = self.place(uid)?;
        let before = self.messages[place].flags;
        let after = change.of(before);
        if after == before {
            return Some(false);
        }
        let modseq = self.book.as_mut().map(|book| book.note(uid, Changed::Flags));
        let message = &mut self.messages[place];
        message.flags = after;
        if let (Some(kept), Some(modseq)) = (&mut message.kept, modseq) {
            kept.modseq = modseq;
        }
        Some(true)
    }

    pub(super) fn remove(&mut self, uids: &[u32]) -> Vec<Message> {
        debug_assert!(uids.is_sorted(), "binary search needs order");
        let gone: Vec<Message> =
            self.messages.extract_if(.., |message| uids.binary_search(&message.uid).is_ok()).collect();
        if let Some(book) = &mut self.book {
            for message in &gone {
                book.note(message.uid, Changed::Gone);
            }
        }
        gone
    }
}
