//! [`Store`] and its [`Mailbox`]es.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::identity::{self, Domain, ReversePath};
use crate::mime::Content;
use crate::sim::Instant;

/// The local part that every domain has (RFC 5321 §4.5.1).
const POSTMASTER: &str = "postmaster";

/// Names a mailbox in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxId(u32);

/// What a person, or a program for them, has said about a mail (RFC 9051 §2.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    /// It has been read.
    pub const SEEN: Flags = Flags(1);
    /// It has been answered.
    pub const ANSWERED: Flags = Flags(1 << 1);
    /// It is urgent, or to be looked at.
    pub const FLAGGED: Flags = Flags(1 << 2);
    /// It is to be removed.
    pub const DELETED: Flags = Flags(1 << 3);
    /// It is not finished.
    pub const DRAFT: Flags = Flags(1 << 4);

    /// Both together.
    #[must_use]
    pub fn and(self, others: Flags) -> Flags {
        Flags(self.0 | others.0)
    }

    /// Whether all of these are among them.
    #[must_use]
    pub fn has(self, others: Flags) -> bool {
        self.0 & others.0 == others.0
    }
}

/// A mail as it lies in a mailbox.
#[derive(Clone, Debug)]
pub struct Message {
    number: u32,
    flags: Flags,
    at: Instant,
    size_bytes: u64,
    letter: Option<Box<Letter>>,
}

/// What was filed.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The reverse-path of its envelope.
    pub from: ReversePath,
    /// The address it was delivered to, as its sender wrote it.
    pub to: identity::Mailbox,
    /// The content, shared.
    pub content: Content,
}

impl Message {
    /// Its number in the mailbox, from 1 in order of arrival. None is given twice (RFC 9051 §2.3.1.1).
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What was said about it.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// When it was filed.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The size of its content.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// What was filed; `None` where the store keeps no letters.
    #[must_use]
    pub fn letter(&self) -> Option<&Letter> {
        self.letter.as_deref()
    }
}

/// One mailbox.
#[derive(Clone, Debug)]
pub struct Mailbox {
    address: identity::Mailbox,
    messages: Vec<Message>,
    /// The number of the last mail that was filed.
    last: u32,
    size_bytes: u64,
}

impl Mailbox {
    /// The address it was made for.
    #[must_use]
    pub fn address(&self) -> &identity::Mailbox {
        &self.address
    }

    /// How many mails were ever filed.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::from(self.last)
    }

    /// The bytes of all mails that were ever filed.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The mails that are there, in order of arrival.
    pub fn messages(&self) -> impl ExactSizeIterator<Item = &Message> {
        self.messages.iter()
    }

    /// The mail with this number, while it is there.
    #[must_use]
    pub fn message(&self, number: u32) -> Option<&Message> {
        self.place(number).map(|place| &self.messages[place])
    }

    fn place(&self, number: u32) -> Option<usize> {
        self.messages.binary_search_by_key(&number, |message| message.number).ok()
    }
}

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
        }
    }

    /// Whether the letters themselves are kept (the default), or only what is known about them: for runs with millions of
    /// mails that nobody reads.
    #[must_use]
    pub fn with_letters(mut self, keeps_letters: bool) -> Store {
        self.keeps_letters = keeps_letters;
        self
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
            self.boxes.push(Mailbox { address, messages: Vec::new(), last: 0, size_bytes: 0 });
        }
        id
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

    /// Files a letter of this size, and gives it its number. Where letters are not kept, it is not even made.
    ///
    /// # Panics
    /// When `id` is from another store that has more mailboxes.
    pub fn file(&mut self, id: MailboxId, at: Instant, size_bytes: u64, letter: impl FnOnce() -> Letter) -> u32 {
        let mailbox = &mut self.boxes[id.0 as usize];
        mailbox.last += 1;
        mailbox.size_bytes = mailbox.size_bytes.saturating_add(size_bytes);
        let letter = self.keeps_letters.then(|| Box::new(letter()));
        debug_assert!(
            letter.as_ref().is_none_or(|l| l.content.size_bytes() == size_bytes),
            "the size is that of the content"
        );
        mailbox.messages.push(Message { number: mailbox.last, flags: Flags::default(), at, size_bytes, letter });
        mailbox.last
    }

    /// Says something about a mail in the place of what was said before. Whether there is such a mail.
    pub fn set_flags(&mut self, id: MailboxId, number: u32, flags: Flags) -> bool {
        let mailbox = &mut self.boxes[id.0 as usize];
        let place = mailbox.place(number);
        if let Some(place) = place {
            mailbox.messages[place].flags = flags;
        }
        place.is_some()
    }

    /// Takes the mails out that are to be removed ([`Flags::DELETED`]). Their numbers are not given again.
    pub fn expunge(&mut self, id: MailboxId) -> Vec<Message> {
        let messages = &mut self.boxes[id.0 as usize].messages;
        messages.extract_if(.., |message| message.flags.has(Flags::DELETED)).collect()
    }

    /// One mailbox.
    ///
    /// # Panics
    /// When `id` is from another store that has more mailboxes.
    #[must_use]
    pub fn mailbox(&self, id: MailboxId) -> &Mailbox {
        &self.boxes[id.0 as usize]
    }

    /// All mailboxes in the order in which they were added.
    pub fn mailboxes(&self) -> impl ExactSizeIterator<Item = (MailboxId, &Mailbox)> {
        self.boxes.iter().enumerate().map(|(i, mailbox)| (MailboxId(i as u32), mailbox))
    }

    /// How many mails were ever filed, in all mailboxes.
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
mod tests {
    use super::*;
    use crate::octets::{Chunk, Rope};

    fn address(text: &str) -> identity::Mailbox {
        text.parse().unwrap()
    }

    fn letter(to: &str) -> Letter {
        Letter {
            from: ReversePath::Null,
            to: address(to),
            content: Content::scan(Rope::from(Chunk::from("Subject: x\r\n\r\nhello\r\n"))),
        }
    }

    /// What a mailbox holds: numbers, times and flags.
    fn holds(store: &Store, id: MailboxId) -> Vec<(u32, u64, Flags)> {
        store.mailbox(id).messages().map(|m| (m.number(), m.at().as_nanos(), m.flags())).collect()
    }

    #[test]
    fn mails_have_numbers_and_flags_and_no_number_comes_again() {
        let mut store = Store::new();
        let bob = store.add_mailbox(address("bob@b.example"));
        let carol = store.add_mailbox(address("carol@b.example"));
        for at in [1, 2, 3] {
            assert_eq!(store.file(bob, Instant::from_nanos(at), 21, || letter("bob@b.example")), at as u32);
        }
        assert_eq!(
            store.file(carol, Instant::from_nanos(4), 21, || letter("carol@b.example")),
            1,
            "each counts its own"
        );
        let both = Flags::SEEN.and(Flags::DELETED);
        assert!(
            store.set_flags(bob, 2, both) && store.set_flags(bob, 3, Flags::SEEN) && !store.set_flags(bob, 4, both)
        );
        let none = Flags::default();
        assert_eq!(holds(&store, bob), [(1, 1, none), (2, 2, both), (3, 3, Flags::SEEN)]);
        let gone: Vec<u32> = store.expunge(bob).iter().map(Message::number).collect();
        assert_eq!((gone, store.mailbox(bob).message(2).is_none()), (vec![2], true));
        assert_eq!(store.file(bob, Instant::from_nanos(5), 21, || letter("bob@b.example")), 4);
        assert_eq!(holds(&store, bob), [(1, 1, none), (3, 3, Flags::SEEN), (4, 5, none)]);
        assert_eq!((store.mailbox(bob).count(), store.mailbox(bob).size_bytes()), (4, 84), "what was ever filed");
    }

    #[test]
    fn lookup_ignores_case_and_quotes() {
        let mut store = Store::new();
        let bob = store.add_mailbox(address("Bob@blue.example"));
        assert_eq!(store.add_mailbox(address("bob@BLUE.example")), bob);
        for same in ["bob@blue.example", "BOB@Blue.Example", "\"bob\"@blue.example", "\"b\\ob\"@blue.example"] {
            assert_eq!(store.find(&address(same)), Some(bob), "{same}");
        }
        for other in ["bo@blue.example", "bob@green.example", "bob+x@blue.example"] {
            assert_eq!(store.find(&address(other)), None, "{other}");
        }
        assert_eq!(store.mailboxes().len(), 2, "bob and the postmaster");
    }

    #[test]
    fn the_postmaster_always_exists() {
        let mut store = Store::new();
        assert_eq!(store.find(&address("postmaster@blue.example")), None, "there is no domain yet");
        store.add_domain("blue.example".parse().unwrap());
        store.add_domain("red.example".parse().unwrap());
        let first = store.find(&address("postmaster@blue.example")).unwrap();
        assert_eq!(store.mailbox(first).address().as_str(), "postmaster@blue.example");
        assert!(store.find(&address("PostMaster@red.example")).is_some());
        assert!(store.serves("RED.example") && !store.serves("example"));
    }

    #[test]
    fn letters_are_kept_or_only_what_is_known_about_them() {
        for keeps in [true, false] {
            let mut store = Store::new().with_letters(keeps);
            let bob = store.add_mailbox(address("bob@blue.example"));
            store.file(bob, Instant::from_nanos(1), 21, || letter("Bob@blue.example"));
            let message = store.mailbox(bob).message(1).unwrap();
            assert_eq!((message.size_bytes(), store.count()), (21, 1));
            assert_eq!(message.letter().map(|l| l.to.as_str()), keeps.then_some("Bob@blue.example"));
        }
        assert_eq!(size_of::<Message>(), 32, "of a mail whose letter is not kept");
    }
}
