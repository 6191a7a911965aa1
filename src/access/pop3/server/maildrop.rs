//! The mails of a session, as they were when it began: [`Maildrop`].

use crate::smtp::data;
use crate::store::{FolderId, Letter, MailboxId, Message, Store};

/// A mail of the session.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) uid: u32,
    /// As RETR sends it (RFC 1939 §11), stuffed dots and the end left out.
    pub(super) size_bytes: u64,
    /// Whether it goes at UPDATE.
    pub(super) deleted: bool,
}

/// The mails of a session. Their numbers are their places, from 1.
#[derive(Clone, Debug)]
pub(super) struct Maildrop {
    pub(super) mailbox: MailboxId,
    uid_validity: u32,
    pub(super) entries: Vec<Entry>,
}

/// Octets of a mail as RETR sends it: a missing last CRLF is added.
fn carried(message: &Message) -> u64 {
    message.letter().map_or(message.size_bytes(), |letter| data::carried_len(letter.content.rope()))
}

impl Maildrop {
    /// The INBOX as it is now. The store keeps letters.
    pub(super) fn of(store: &Store, mailbox: MailboxId) -> Maildrop {
        let inbox = store.mailbox(mailbox).inbox();
        let entry = |message: &Message| Entry { uid: message.uid(), size_bytes: carried(message), deleted: false };
        Maildrop { mailbox, uid_validity: inbox.uid_validity(), entries: inbox.messages().iter().map(entry).collect() }
    }

    /// How many mails are there, and their octets, without those that are marked as deleted.
    pub(super) fn count(&self) -> (u64, u64) {
        let there = self.entries.iter().filter(|entry| !entry.deleted);
        there.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.size_bytes))
    }

    /// The place of the mail with this number, whether it is deleted or not.
    pub(super) fn place(&self, number: u64) -> Option<usize> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        (place < self.entries.len()).then_some(place)
    }

    /// What was filed, while it still lies there.
    pub(super) fn letter<'s>(&self, store: &'s Store, place: usize) -> Option<&'s Letter> {
        store.mailbox(self.mailbox).inbox().message(self.entries[place].uid)?.letter()
    }

    /// Writes the unique-id of a mail (RFC 1939 §7), as Dovecot's `%08Xu%08Xv` does.
    pub(super) fn unique_id(&self, place: usize) -> String {
        format!("{:08x}{:08x}", self.entries[place].uid, self.uid_validity)
    }

    /// The mails that go at UPDATE, by uid.
    pub(super) fn deleted(&self) -> Vec<u32> {
        self.entries.iter().filter(|entry| entry.deleted).map(|entry| entry.uid).collect()
    }

    /// Where the mails lie.
    pub(super) const FOLDER: FolderId = FolderId::INBOX;
}
