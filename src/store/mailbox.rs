//! What belongs to one address: [`Mailbox`].

use super::flags::Flags;
use super::folder::{Book, Folder, FolderId, SpecialUse};
use super::message::Message;
use crate::identity;

/// What stands between a folder and one in it.
pub const SEPARATOR: char = '/';
/// The folder where mail is filed, in whatever case it is written (RFC 9051 §5.1).
pub const INBOX: &str = "INBOX";
/// How many folders a mailbox can have: memory is bounded, whatever a client says.
pub const MOST_FOLDERS: usize = 1_000;

/// The mailbox of an address (RFC 5321 §2.3.11): its folders, and how full it may be.
#[derive(Clone, Debug)]
pub struct Mailbox {
    address: identity::Mailbox,
    inbox: Folder,
    more: Option<Box<More>>,
    /// How many mails were ever delivered.
    delivered: u32,
    /// The bytes of all mails that were ever delivered.
    delivered_bytes: u64,
    /// The bytes of all mails that are there.
    used_bytes: u64,
}

#[derive(Clone, Debug, Default)]
struct More {
    /// In order of name.
    folders: Vec<Folder>,
    quota_bytes: Option<u64>,
    /// Folders that were ever made, that of new mail not counted.
    made: u32,
}

/// Why a folder cannot be made, renamed or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// There is one with this name.
    #[error("there is such a folder already")]
    Exists,
    /// There is none with this name.
    #[error("there is no such folder")]
    Missing,
    /// That of new mail stays.
    #[error("INBOX stays where it is")]
    Inbox,
    /// Such a name is no name: it is empty, has an empty part, a control character, or is too long.
    #[error("that is no name for a folder")]
    Name,
    /// There are as many as there can be.
    #[error("there are too many folders")]
    TooMany,
    /// It only keeps its name because others lie in it.
    #[error("others lie in it")]
    HasChildren,
}

/// The mailbox has no room for that (RFC 3463 §3.3, X.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mailbox is full: {used_bytes} of {quota_bytes} bytes are used")]
pub struct Full {
    /// Bytes of all mails that are there.
    pub used_bytes: u64,
    /// Bytes that it may have.
    pub quota_bytes: u64,
}

impl Mailbox {
    pub(super) fn new(address: identity::Mailbox, uid_validity: Option<u32>) -> Mailbox {
        let book = uid_validity.map(|uid_validity| book(FolderId::INBOX, INBOX.into(), uid_validity));
        Mailbox { address, inbox: Folder::new(book), more: None, delivered: 0, delivered_bytes: 0, used_bytes: 0 }
    }

    /// The address it was made for.
    #[must_use]
    pub fn address(&self) -> &identity::Mailbox {
        &self.address
    }

    /// How many mails were ever delivered.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::from(self.delivered)
    }

    /// The bytes of all mails that were ever delivered.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.delivered_bytes
    }

    /// The bytes of all mails that are there, in all folders.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.used_bytes
    }

    /// How many bytes it may have; `None`: any number.
    #[must_use]
    pub fn quota_bytes(&self) -> Option<u64> {
        self.more.as_ref()?.quota_bytes
    }

    /// Whether so many bytes more have room.
    ///
    /// # Errors
    /// [`Full`] when they have not.
    pub fn has_room(&self, bytes: u64) -> Result<(), Full> {
        match self.quota_bytes() {
            Some(quota_bytes) if self.used_bytes.saturating_add(bytes) > quota_bytes => {
                Err(Full { used_bytes: self.used_bytes, quota_bytes })
            }
            _ => Ok(()),
        }
    }

    /// Where mail is filed.
    #[must_use]
    pub fn inbox(&self) -> &Folder {
        &self.inbox
    }

    /// All its folders: that of new mail, then the others by name.
    pub fn folders(&self) -> impl Iterator<Item = &Folder> {
        std::iter::once(&self.inbox).chain(self.others())
    }

    fn others(&self) -> &[Folder] {
        self.more.as_ref().map_or(&[], |more| &more.folders)
    }

    /// One of its folders, while it is there.
    #[must_use]
    pub fn folder(&self, id: FolderId) -> Option<&Folder> {
        if id == FolderId::INBOX {
            return Some(&self.inbox);
        }
        self.others().iter().find(|folder| folder.id() == id)
    }

    pub(super) fn folder_mut(&mut self, id: FolderId) -> Option<&mut Folder> {
        if id == FolderId::INBOX {
            return Some(&mut self.inbox);
        }
        self.more.as_mut()?.folders.iter_mut().find(|folder| folder.id() == id)
    }

    /// The folder with this name; that of new mail is found in upper and lower case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Folder> {
        if name.eq_ignore_ascii_case(INBOX) {
            return Some(&self.inbox);
        }
        self.others().iter().find(|folder| folder.name() == name)
    }

    /// The folder for this, if there is one.
    #[must_use]
    pub fn special(&self, special_use: SpecialUse) -> Option<&Folder> {
        self.others().iter().find(|folder| folder.special_use() == Some(special_use))
    }

    /// Whether other folders lie in the one with this name.
    #[must_use]
    pub fn has_children(&self, name: &str) -> bool {
        self.others().iter().any(|folder| is_in(folder.name(), name))
    }

    /// Makes a folder. One that only kept its name can hold mails again.
    pub(super) fn create(
        &mut self,
        name: &str,
        special_use: Option<SpecialUse>,
        epoch: u32,
    ) -> Result<FolderId, FolderError> {
        check_name(name)?;
        match self.find(name).map(|found| (found.id(), found.is_selectable())) {
            Some((_, true)) => return Err(FolderError::Exists),
            Some((id, false)) => {
                self.folder_mut(id).expect("it was found").book_mut().selectable = true;
                return Ok(id);
            }
            None => {}
        }
        let more = self.more.get_or_insert_default();
        if more.folders.len() >= MOST_FOLDERS {
            return Err(FolderError::TooMany);
        }
        more.made += 1;
        let id = FolderId(more.made);
        let mut book = book(id, name.into(), epoch.saturating_add(more.made));
        book.special_use = special_use;
        let place = more.folders.partition_point(|folder| folder.name() < name);
        more.folders.insert(place, Folder::new(Some(book)));
        Ok(id)
    }

    /// Removes a folder and gives what lay in it. One with others in it keeps its name (RFC 9051 §6.3.5).
    pub(super) fn delete(&mut self, name: &str) -> Result<Vec<Message>, FolderError> {
        if name.eq_ignore_ascii_case(INBOX) {
            return Err(FolderError::Inbox);
        }
        let has_children = self.has_children(name);
        let more = self.more.as_mut().ok_or(FolderError::Missing)?;
        let place = more.folders.iter().position(|folder| folder.name() == name).ok_or(FolderError::Missing)?;
        let folder = &mut more.folders[place];
        let gone = if has_children {
            if !folder.is_selectable() {
                return Err(FolderError::HasChildren);
            }
            let uids: Vec<u32> = folder.messages.iter().map(Message::uid).collect();
            let gone = folder.remove(&uids);
            let book = folder.book_mut();
            (book.selectable, book.special_use) = (false, None);
            // Mails that come into it later are others, whatever their numbers.
            more.made += 1;
            book.uid_validity = book.uid_validity.saturating_add(more.made);
            gone
        } else {
            more.folders.remove(place).messages
        };
        self.used_bytes -= gone.iter().map(Message::size_bytes).sum::<u64>();
        Ok(gone)
    }

    /// Gives a folder and those in it another name. That of new mail stays, empty (RFC 9051 §6.3.6).
    pub(super) fn rename(&mut self, from: &str, to: &str, epoch: u32) -> Result<(), FolderError> {
        check_name(to)?;
        if self.find(to).is_some() {
            return Err(FolderError::Exists);
        }
        if from.eq_ignore_ascii_case(INBOX) {
            let id = self.create(to, None, epoch)?;
            let uids: Vec<u32> = self.inbox.messages.iter().map(Message::uid).collect();
            let (keywords, gone) = (self.inbox.keywords().to_vec(), self.inbox.remove(&uids));
            let folder = self.folder_mut(id).expect("it was made");
            folder.book_mut().keywords = keywords;
            for message in gone {
                let kept = message.kept.map(|kept| (kept.letter, kept.given_date));
                folder.add(message.at, message.size_bytes, message.flags, kept);
            }
            return Ok(());
        }
        if is_in(to, from) {
            return Err(FolderError::Name);
        }
        let more = self.more.as_mut().ok_or(FolderError::Missing)?;
        if !more.folders.iter().any(|folder| folder.name() == from) {
            return Err(FolderError::Missing);
        }
        let new_name = |name: &str| (name == from || is_in(name, from)).then(|| format!("{to}{}", &name[from.len()..]));
        let taken = |name: &str| more.folders.iter().any(|folder| folder.name() == name);
        if more.folders.iter().filter_map(|folder| new_name(folder.name())).any(|name| taken(&name)) {
            return Err(FolderError::Exists);
        }
        for folder in &mut more.folders {
            if let Some(name) = new_name(folder.name()) {
                folder.book_mut().name = name.into();
            }
        }
        more.folders.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(())
    }

    pub(super) fn delivered(&mut self, size_bytes: u64) {
        self.delivered += 1;
        self.delivered_bytes = self.delivered_bytes.saturating_add(size_bytes);
    }

    pub(super) fn used(&mut self, size_bytes: u64) {
        self.used_bytes = self.used_bytes.saturating_add(size_bytes);
    }

    pub(super) fn freed(&mut self, gone: &[Message]) {
        self.used_bytes -= gone.iter().map(Message::size_bytes).sum::<u64>();
    }

    pub(super) fn limit_to(&mut self, quota_bytes: Option<u64>) {
        if quota_bytes.is_some() || self.more.is_some() {
            self.more.get_or_insert_default().quota_bytes = quota_bytes;
        }
    }

    /// The keyword with this name in a folder, which learns it if it can.
    pub(super) fn learn_keyword(&mut self, folder: FolderId, name: &str) -> Option<Flags> {
        let folder = self.folder_mut(folder)?;
        if let Some(known) = folder.keyword(name) {
            return Some(known);
        }
        let keywords = &mut folder.book_mut().keywords;
        if keywords.len() >= Flags::MOST_KEYWORDS {
            return None;
        }
        keywords.push(name.into());
        Some(Flags::keyword(keywords.len() - 1))
    }
}

fn book(id: FolderId, name: Box<str>, uid_validity: u32) -> Book {
    Book {
        id,
        name,
        special_use: None,
        subscribed: false,
        selectable: true,
        uid_validity,
        recent_from: 1,
        keywords: Vec::new(),
        modseq: 1,
        changes: std::collections::VecDeque::new(),
    }
}

/// Whether a folder with this name lies in that one.
fn is_in(name: &str, parent: &str) -> bool {
    name.strip_prefix(parent).is_some_and(|rest| rest.starts_with(SEPARATOR))
}

/// Names have parts that are not empty and no control characters (RFC 9051 §5.1), and are held below 1,000 bytes.
fn check_name(name: &str) -> Result<(), FolderError> {
    let bad = name.len() > 1_000 || name.chars().any(char::is_control) || name.split(SEPARATOR).any(str::is_empty);
    if bad { Err(FolderError::Name) } else { Ok(()) }
}
