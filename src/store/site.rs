//! The mailboxes of a site: [`Store`].

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::flags::{FlagChange, Flags};
use super::folder::{FolderId, SpecialUse};
use super::mailbox::{FolderError, Full, Mailbox};
use super::message::{GivenDate, Letter, Message};
use crate::identity::{self, Domain};
use crate::sim::Instant;

/// The local part that every domain has (RFC 5321 §4.5.1).
const POSTMASTER: &str = "postmaster";

/// Names a mailbox in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxId(u32);

/// The mailboxes of a site.
#[derive(Clone, Debug)]
pub struct Store {
    domains: Vec<Domain>,
    // The same in lower case. Looked up, never iterated.
    served: FxHashSet<Box<str>>,
    boxes: Vec<Mailbox>,
    /// From `local-part@domain` in lower case, quotes undone.
    index: FxHashMap<Box<[u8]>, MailboxId>,
    /// Whether letters are kept, or only what is known about them.
    keeps_letters: bool,
    /// The first UIDVALIDITY that is given.
    epoch: u32,
}

impl Store {
    /// A store without domains that keeps what is filed.
    #[must_use]
    pub fn new() -> Store {
        Store {
            domains: Vec::new(),
            served: FxHashSet::default(),
            boxes: Vec::new(),
            index: FxHashMap::default(),
            keeps_letters: true,
            epoch: 1,
        }
    }

    /// Whether the letters themselves are kept (the default), or only what is known about them: for runs with millions of
    /// mails that nobody reads. Call it before mailboxes are added.
    #[must_use]
    pub fn with_letters(mut self, keeps_letters: bool) -> Store {
        debug_assert!(self.boxes.is_empty(), "a mailbox is made in one way or the other");
        self.keeps_letters = keeps_letters;
        self
    }

    /// The UIDVALIDITY of the first folder, 1 by default; real servers take the seconds since 1970 at which it is made
    /// (RFC 9051 §2.3.1.1). Call it before mailboxes are added.
    #[must_use]
    pub fn with_epoch(mut self, epoch: u32) -> Store {
        self.epoch = epoch.max(1);
        self
    }

    /// Whether letters are kept.
    #[must_use]
    pub fn keeps_letters(&self) -> bool {
        self.keeps_letters
    }

    /// Adds a domain and the mailbox of its postmaster (RFC 5321 §4.5.1). Does nothing when it is there already.
    pub fn add_domain(&mut self, domain: Domain) {
        if self.serves(domain.as_str()) {
            return;
        }
        let postmaster = format!("{POSTMASTER}@{domain}").parse();
        self.served.insert(domain.as_str().to_ascii_lowercase().into());
        self.domains.push(domain);
        if let Ok(postmaster) = postmaster {
            self.add_mailbox(postmaster);
        }
    }

    /// Adds a mailbox, and its domain where needed. An address that is there already keeps its mailbox.
    pub fn add_mailbox(&mut self, address: identity::Mailbox) -> MailboxId {
        self.add_domain(address.to_domain());
        let id = MailboxId(u32::try_from(self.boxes.len()).expect("a store has fewer than 2^32 mailboxes"));
        let id = *self.index.entry(key(&address).into_vec().into_boxed_slice()).or_insert(id);
        if id.0 as usize == self.boxes.len() {
            self.boxes.push(Mailbox::new(address, self.keeps_letters.then_some(self.epoch)));
        }
        id
    }

    /// Says how many bytes a mailbox may have; `None`: any number. What is there stays.
    ///
    /// # Panics
    /// When `id` is from another store that has more mailboxes; so do all that take one.
    pub fn limit(&mut self, id: MailboxId, quota_bytes: Option<u64>) {
        self.at(id).limit_to(quota_bytes);
    }

    /// Whether mail for this domain ends here.
    #[must_use]
    pub fn serves(&self, domain: &str) -> bool {
        self.served.contains(domain)
            || domain.bytes().any(|b| b.is_ascii_uppercase()) && self.served.contains(&*domain.to_ascii_lowercase())
    }

    /// The domains in the order in which they were added.
    #[must_use]
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// The mailbox of an address. Upper and lower case are the same: RFC 5321 §2.4 leaves this to the host, and
    /// demands it for the postmaster.
    #[must_use]
    pub fn find(&self, address: &identity::Mailbox) -> Option<MailboxId> {
        self.index.get(&key(address)[..]).copied()
    }

    /// Final delivery: files a letter of this size where new mail goes, and gives it its number. Where letters are not kept, it is
    /// not even made. How full the mailbox is does not matter here ([`Mailbox::has_room`] tells before).
    pub fn file(&mut self, id: MailboxId, at: Instant, size_bytes: u64, letter: impl FnOnce() -> Letter) -> u32 {
        let letter = self.keeps_letters.then(letter);
        let mailbox = self.at(id);
        mailbox.delivered(size_bytes);
        mailbox.used(size_bytes);
        debug_assert!(
            letter.as_ref().is_none_or(|l| l.content.size_bytes() == size_bytes),
            "the size is that of the content"
        );
        let inbox = mailbox.folder_mut(FolderId::INBOX).expect("there is always one");
        inbox.add(at, size_bytes, Flags::NONE, letter.map(|letter| (letter, None)))
    }

    /// Puts a letter that a client has given into a folder. Its number; `None`: there is no such folder.
    ///
    /// # Errors
    /// [`Full`] when the mailbox has no room for it.
    pub fn append(
        &mut self,
        id: MailboxId,
        folder: FolderId,
        at: Instant,
        flags: Flags,
        given_date: Option<GivenDate>,
        letter: Letter,
    ) -> Result<Option<u32>, Full> {
        let size_bytes = letter.content.size_bytes();
        let mailbox = self.at(id);
        mailbox.has_room(size_bytes)?;
        let Some(folder) = mailbox.folder_mut(folder) else { return Ok(None) };
        let uid = folder.add(at, size_bytes, flags, Some((letter, given_date)));
        mailbox.used(size_bytes);
        Ok(Some(uid))
    }

    /// Copies mails, in this order, into a folder, with flags and dates (RFC 9051 §6.4.7). The numbers that the copies have; numbers
    /// that are not there are left out, with nothing in their place. `None`: there is no such folder.
    ///
    /// # Errors
    /// [`Full`] when the mailbox has no room for all of them; then none is copied.
    pub fn copy(
        &mut self,
        id: MailboxId,
        from: FolderId,
        uids: &[u32],
        to: FolderId,
    ) -> Result<Option<Vec<(u32, u32)>>, Full> {
        self.duplicate(id, from, uids, to, true)
    }

    /// As [`Store::copy`], and takes the mails out of where they were (RFC 9051 §6.4.8). It needs no room. `uids` are in order.
    pub fn take_over(&mut self, id: MailboxId, from: FolderId, uids: &[u32], to: FolderId) -> Option<Vec<(u32, u32)>> {
        let pairs = self.duplicate(id, from, uids, to, false).unwrap_or(None)?;
        self.remove(id, from, uids);
        Some(pairs)
    }

    fn duplicate(
        &mut self,
        id: MailboxId,
        from: FolderId,
        uids: &[u32],
        to: FolderId,
        needs_room: bool,
    ) -> Result<Option<Vec<(u32, u32)>>, Full> {
        let mailbox = self.at(id);
        let (Some(source), Some(_)) = (mailbox.folder(from), mailbox.folder(to)) else { return Ok(None) };
        let names = source.keywords().to_vec();
        let copies: Vec<Message> = uids.iter().filter_map(|uid| source.message(*uid).cloned()).collect();
        let bytes = copies.iter().map(Message::size_bytes).sum();
        if needs_room {
            mailbox.has_room(bytes)?;
        }
        let mut pairs = Vec::with_capacity(copies.len());
        for message in copies {
            let keywords = message.flags().keywords().filter_map(|place| mailbox.learn_keyword(to, &names[place]));
            let keywords: Vec<Flags> = keywords.collect();
            let flags = keywords.into_iter().fold(message.flags().system(), Flags::and);
            let kept = message.kept.map(|kept| (kept.letter, kept.given_date));
            let target = mailbox.folder_mut(to).expect("it was looked for");
            pairs.push((message.uid, target.add(message.at, message.size_bytes, flags, kept)));
        }
        mailbox.used(bytes);
        Ok(Some(pairs))
    }

    /// Changes what is said about a mail. Whether anything is different now; `None`: there is no such mail.
    pub fn change_flags(&mut self, id: MailboxId, folder: FolderId, uid: u32, change: FlagChange) -> Option<bool> {
        self.at(id).folder_mut(folder)?.change_flags(uid, change)
    }

    /// The keyword with this name in a folder, which learns it if it has fewer than [`Flags::MOST_KEYWORDS`].
    pub fn learn_keyword(&mut self, id: MailboxId, folder: FolderId, name: &str) -> Option<Flags> {
        self.at(id).learn_keyword(folder, name)
    }

    /// Takes mails out. Their numbers, which are in order, are not given again. What was taken out.
    pub fn remove(&mut self, id: MailboxId, folder: FolderId, uids: &[u32]) -> Vec<Message> {
        let mailbox = self.at(id);
        let gone = mailbox.folder_mut(folder).map(|folder| folder.remove(uids)).unwrap_or_default();
        mailbox.freed(&gone);
        gone
    }

    /// The first recent mail (RFC 3501 §2.3.2) for a session that opens a folder; the next session is told of later ones only.
    pub fn take_recent(&mut self, id: MailboxId, folder: FolderId) -> u32 {
        let Some(folder) = self.at(id).folder_mut(folder) else { return u32::MAX };
        let next = folder.uid_next();
        std::mem::replace(&mut folder.book_mut().recent_from, next)
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// When there is one, or the name is no name.
    pub fn create_folder(
        &mut self,
        id: MailboxId,
        name: &str,
        special_use: Option<SpecialUse>,
    ) -> Result<FolderId, FolderError> {
        let epoch = self.epoch;
        self.at(id).create(name, special_use, epoch)
    }

    /// Removes a folder. What lay in it.
    ///
    /// # Errors
    /// When there is none, or it is that of new mail, or only keeps its name for others that lie in it.
    pub fn delete_folder(&mut self, id: MailboxId, name: &str) -> Result<Vec<Message>, FolderError> {
        self.at(id).delete(name)
    }

    /// Gives a folder another name, and those in it.
    ///
    /// # Errors
    /// When there is none, or there is one with the new name, or that is no name.
    pub fn rename_folder(&mut self, id: MailboxId, from: &str, to: &str) -> Result<(), FolderError> {
        let epoch = self.epoch;
        self.at(id).rename(from, to, epoch)
    }

    /// Says whether somebody wants to see a folder in a short list. Whether there is such a folder.
    pub fn subscribe(&mut self, id: MailboxId, folder: FolderId, subscribed: bool) -> bool {
        let folder = self.at(id).folder_mut(folder);
        folder.map(|folder| folder.book_mut().subscribed = subscribed).is_some()
    }

    /// One mailbox.
    #[must_use]
    pub fn mailbox(&self, id: MailboxId) -> &Mailbox {
        &self.boxes[id.0 as usize]
    }

    fn at(&mut self, id: MailboxId) -> &mut Mailbox {
        &mut self.boxes[id.0 as usize]
    }

    /// All mailboxes in the order in which they were added.
    pub fn mailboxes(&self) -> impl ExactSizeIterator<Item = (MailboxId, &Mailbox)> {
        self.boxes.iter().enumerate().map(|(i, mailbox)| (MailboxId(i as u32), mailbox))
    }

    /// How many mails lie in all folders of all mailboxes.
    #[must_use]
    pub fn held(&self) -> u64 {
        let folders = self.boxes.iter().flat_map(Mailbox::folders);
        folders.map(|folder| folder.messages().len() as u64).sum()
    }

    /// How many mails were ever delivered, in all mailboxes.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.boxes.iter().map(Mailbox::count).sum()
    }
}

impl Default for Store {
    fn default() -> Store {
        Store::new()
    }
}

/// How an address is looked up.
fn key(address: &identity::Mailbox) -> SmallVec<[u8; 64]> {
    let mut key = SmallVec::from_slice(unquote(address.local_part()).as_bytes());
    key.make_ascii_lowercase();
    key.push(b'@');
    key.extend_from_slice(address.domain().as_bytes());
    key
}

/// RFC 5321 §4.1.2: `"bob"` and `bob` are the same local part.
fn unquote(local: &str) -> Cow<'_, str> {
    let Some(inside) = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) else { return Cow::Borrowed(local) };
    let mut text = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(text)
}

#[cfg(test)]
#[path = "site_tests.rs"]
mod tests;
