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

/// A mail as it lies in a mailbox.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// When final delivery happened.
    pub at: Instant,
    /// The reverse-path of its envelope.
    pub from: ReversePath,
    /// The address it was delivered to, with subaddress.
    pub to: identity::Mailbox,
    /// The content, shared.
    pub content: Content,
}

/// One mailbox.
#[derive(Clone, Debug)]
pub struct Mailbox {
    address: identity::Mailbox,
    delivered: Vec<Delivered>,
    count: u64,
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
        self.count
    }

    /// The bytes of all mails that were ever filed.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The mails in order of delivery; none when the store only counts.
    pub fn messages(&self) -> impl ExactSizeIterator<Item = &Delivered> {
        self.delivered.iter()
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
    keep: bool,
    separator: Option<char>,
}

impl Store {
    /// A store without domains that keeps what is filed and knows no subaddresses.
    #[must_use]
    pub fn new() -> Store {
        Store {
            domains: Vec::new(),
            served: FxHashSet::default(),
            boxes: Vec::new(),
            index: FxHashMap::default(),
            keep: true,
            separator: None,
        }
    }

    /// Whether mails are kept (the default) or only counted, for runs with millions of them.
    #[must_use]
    pub fn with_keep(mut self, keep: bool) -> Store {
        self.keep = keep;
        self
    }

    /// The character between a name and its subaddress, such as `+` in `bob+lists@blue.example` (RFC 5233).
    #[must_use]
    pub fn with_subaddresses(mut self, separator: char) -> Store {
        self.separator = Some(separator);
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
            self.boxes.push(Mailbox { address, delivered: Vec::new(), count: 0, size_bytes: 0 });
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
    /// demands it for the postmaster. An address with a subaddress that has no mailbox of its own is that of the
    /// name in front.
    #[must_use]
    pub fn find(&self, address: &identity::Mailbox) -> Option<MailboxId> {
        let key = key(address);
        if let Some(id) = self.index.get(&key[..]) {
            return Some(*id);
        }
        let separator = self.separator?;
        let key = std::str::from_utf8(&key).ok()?;
        let (name, domain) = key.rsplit_once('@')?;
        let (name, _) = name.split_once(separator)?;
        self.index.get([name, "@", domain].concat().as_bytes()).copied()
    }

    /// Files a delivered mail of this size. Where mail is only counted, it is not even made.
    ///
    /// # Panics
    /// When `id` is from another store that has more mailboxes.
    pub fn file(&mut self, id: MailboxId, size_bytes: u64, delivered: impl FnOnce() -> Delivered) {
        let mailbox = &mut self.boxes[id.0 as usize];
        mailbox.count += 1;
        mailbox.size_bytes = mailbox.size_bytes.saturating_add(size_bytes);
        if self.keep {
            let delivered = delivered();
            debug_assert_eq!(delivered.content.size_bytes(), size_bytes, "the size is that of the content");
            mailbox.delivered.push(delivered);
        }
    }

    /// Takes the mails out that were filed before a time, mailbox by mailbox; their counts stay. For who writes them
    /// elsewhere.
    pub fn take_filed(&mut self, before: Instant) -> impl Iterator<Item = Delivered> + '_ {
        self.boxes.iter_mut().filter(|mailbox| !mailbox.delivered.is_empty()).flat_map(move |mailbox| {
            let count = mailbox.delivered.partition_point(|mail| mail.at < before);
            mailbox.delivered.drain(..count)
        })
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

    fn delivered(at: u64, to: &str) -> Delivered {
        Delivered {
            at: Instant::from_nanos(at),
            from: ReversePath::Null,
            to: address(to),
            content: Content::scan(Rope::from(Chunk::from("Subject: x\r\n\r\nhello\r\n"))),
        }
    }

    #[test]
    fn what_was_filed_can_be_taken_out_up_to_a_time() {
        let mut store = Store::new();
        let (bob, carol) = (store.add_mailbox(address("bob@b.example")), store.add_mailbox(address("carol@b.example")));
        let file = |store: &mut Store, id, at, to| {
            let mail = delivered(at, to);
            store.file(id, mail.content.size_bytes(), || mail);
        };
        for at in [1, 2, 3] {
            file(&mut store, bob, at, "bob@b.example");
            file(&mut store, carol, at + 1, "carol@b.example");
        }
        let mut take = |before| -> Vec<(u64, String)> {
            let taken = store.take_filed(Instant::from_nanos(before));
            taken.map(|m| (m.at.as_nanos(), m.to.local_part().to_owned())).collect()
        };
        let of = |list: &[(u64, &str)]| list.iter().map(|(at, to)| (*at, (*to).to_owned())).collect::<Vec<_>>();
        assert_eq!(take(3), of(&[(1, "bob"), (2, "bob"), (2, "carol")]), "what is filed at that very time stays");
        assert_eq!(take(3), []);
        assert_eq!(take(u64::MAX), of(&[(3, "bob"), (3, "carol"), (4, "carol")]));
        assert_eq!((store.count(), store.mailbox(bob).messages().len()), (6, 0), "the counts stay");
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
    fn subaddresses_lead_to_the_name_in_front() {
        let mut store = Store::new().with_subaddresses('+');
        let bob = store.add_mailbox(address("bob@blue.example"));
        let own = store.add_mailbox(address("bob+own@blue.example"));
        assert_eq!(store.find(&address("bob+a+b@blue.example")), Some(bob));
        assert_eq!(store.find(&address("Bob+Own@blue.example")), Some(own));
        assert_eq!(store.find(&address("+bob@blue.example")), None);
    }

    #[test]
    fn mail_is_kept_or_counted() {
        for keep in [true, false] {
            let mut store = Store::new().with_keep(keep);
            let bob = store.add_mailbox(address("bob@blue.example"));
            store.file(bob, 21, || delivered(1, "bob@blue.example"));
            store.file(bob, 21, || delivered(2, "bob@blue.example"));
            let mailbox = store.mailbox(bob);
            assert_eq!((mailbox.count(), mailbox.size_bytes(), store.count()), (2, 42, 2));
            let times: Vec<u64> = mailbox.messages().map(|m| m.at.as_nanos()).collect();
            assert_eq!(times, if keep { vec![1, 2] } else { vec![] });
        }
    }
}
