//! A key, ready to be asked about many mails: [`Search`].

use std::cell::OnceCell;
use std::cmp::Ordering;

use imap_codec::imap_types::datetime::NaiveDate;
use imap_codec::imap_types::search::SearchKey;

use super::super::date::Day;
use super::candidate::{Around, Candidate};
use super::numbers::Numbers;
use super::texts::{Needle, Texts};
use crate::store::Flags;

/// So deep keys may lie inside each other.
pub const MOST_DEPTH: usize = 50;

/// So many keys a search may have: each may read the whole mail.
pub const MOST_KEYS: usize = 1_000;

/// A search asks for more than [`MOST_DEPTH`] or [`MOST_KEYS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many search keys")]
pub struct Refused;

/// What somebody looks for.
#[derive(Clone, Debug)]
pub struct Search {
    key: Key,
    asks_modseq: bool,
}

impl Search {
    /// Of a key; several are one in [`SearchKey::And`]. Its strings are in UTF-8, of which US-ASCII is part.
    ///
    /// # Errors
    /// When it has too many keys, or they lie too deep.
    pub fn new(key: &SearchKey<'_>, around: &Around) -> Result<Search, Refused> {
        let mut reader = Reader { around, keys: 0, asks_modseq: false };
        let key = reader.key(key, 0)?;
        Ok(Search { key, asks_modseq: reader.asks_modseq })
    }

    /// Whether it asks for the numbers of changes, so that the answer has the highest one (RFC 7162 §3.1.5).
    #[must_use]
    pub fn asks_modseq(&self) -> bool {
        self.asks_modseq
    }

    /// Whether it is this mail.
    #[must_use]
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        self.key.matches(&Mail { is: candidate, texts: OnceCell::new() })
    }
}

/// What is asked, in the order of what it costs.
#[derive(Clone, Debug)]
enum Key {
    All,
    Flag(Flags),
    Keyword(Box<str>),
    Recent,
    New,
    Sequence(Numbers),
    Uid(Numbers),
    /// The internal date is before, on or behind a day.
    Day(Ordering, Day),
    /// The internal date is this or an earlier one.
    Until(i64),
    /// The internal date is this or a later one.
    From(i64),
    Larger(u64),
    Smaller(u64),
    Modseq(u64),
    /// The same as [`Key::Day`] of the Date field.
    Sent(Ordering, Day),
    Field(String, Needle),
    Body(Needle),
    Text(Needle),
    Not(Box<Key>),
    And(Vec<Key>),
    Or(Vec<Key>),
}

struct Reader<'a> {
    around: &'a Around,
    keys: usize,
    asks_modseq: bool,
}

impl Reader<'_> {
    fn key(&mut self, key: &SearchKey<'_>, depth: usize) -> Result<Key, Refused> {
        self.keys += 1;
        if depth > MOST_DEPTH || self.keys > MOST_KEYS {
            return Err(Refused);
        }
        let not = |key| Key::Not(Box::new(key));
        let since = |day| not(Key::Day(Ordering::Less, day));
        let sent_since = |day| [Ordering::Equal, Ordering::Greater].map(|order| Key::Sent(order, day)).to_vec();
        let day = |date: &NaiveDate| Day::of_key(date);
        Ok(match key {
            SearchKey::And(keys) => self.several(keys.as_ref(), depth).map(Key::And)?,
            SearchKey::Or(one, other) => {
                let mut keys = vec![self.key(one, depth + 1)?, self.key(other, depth + 1)?];
                keys.sort_by_key(Key::cost);
                Key::Or(keys)
            }
            SearchKey::Not(key) => not(self.key(key, depth + 1)?),
            SearchKey::All => Key::All,
            SearchKey::SequenceSet(set) => Key::Sequence(Numbers::of(set, self.around.last_sequence)),
            SearchKey::Uid(set) => Key::Uid(Numbers::of(set, self.around.last_uid)),
            SearchKey::Answered => Key::Flag(Flags::ANSWERED),
            SearchKey::Deleted => Key::Flag(Flags::DELETED),
            SearchKey::Draft => Key::Flag(Flags::DRAFT),
            SearchKey::Flagged => Key::Flag(Flags::FLAGGED),
            SearchKey::Seen => Key::Flag(Flags::SEEN),
            SearchKey::Unanswered => not(Key::Flag(Flags::ANSWERED)),
            SearchKey::Undeleted => not(Key::Flag(Flags::DELETED)),
            SearchKey::Undraft => not(Key::Flag(Flags::DRAFT)),
            SearchKey::Unflagged => not(Key::Flag(Flags::FLAGGED)),
            SearchKey::Unseen => not(Key::Flag(Flags::SEEN)),
            SearchKey::Keyword(name) => Key::Keyword(name.as_ref().into()),
            SearchKey::Unkeyword(name) => not(Key::Keyword(name.as_ref().into())),
            SearchKey::Recent => Key::Recent,
            SearchKey::Old => not(Key::Recent),
            SearchKey::New => Key::New,
            SearchKey::Before(date) => Key::Day(Ordering::Less, day(date)),
            SearchKey::On(date) => Key::Day(Ordering::Equal, day(date)),
            SearchKey::Since(date) => since(day(date)),
            SearchKey::SentBefore(date) => Key::Sent(Ordering::Less, day(date)),
            SearchKey::SentOn(date) => Key::Sent(Ordering::Equal, day(date)),
            SearchKey::SentSince(date) => Key::Or(sent_since(day(date))),
            SearchKey::Older(secs) => Key::Until(self.ago(secs.get())),
            SearchKey::Younger(secs) => Key::From(self.ago(secs.get())),
            SearchKey::Larger(bytes) => Key::Larger(u64::from(*bytes)),
            SearchKey::Smaller(bytes) => Key::Smaller(u64::from(*bytes)),
            // There is one number for all that is said of a mail, so for whose it is does not matter (RFC 7162 §3.1.5).
            SearchKey::ModSequence { modseq, .. } => {
                self.asks_modseq = true;
                Key::Modseq(*modseq)
            }
            SearchKey::Bcc(text) => address("bcc", text.as_ref()),
            SearchKey::Cc(text) => address("cc", text.as_ref()),
            SearchKey::From(text) => address("from", text.as_ref()),
            SearchKey::To(text) => address("to", text.as_ref()),
            SearchKey::Subject(text) => field("subject", text.as_ref()),
            SearchKey::Header(name, text) => field(&String::from_utf8_lossy(name.as_ref()), text.as_ref()),
            SearchKey::Body(text) => Key::Body(Needle::new(text.as_ref())),
            SearchKey::Text(text) => Key::Text(Needle::new(text.as_ref())),
        })
    }

    fn several(&mut self, keys: &[SearchKey<'_>], depth: usize) -> Result<Vec<Key>, Refused> {
        let keys: Result<Vec<Key>, Refused> = keys.iter().map(|key| self.key(key, depth + 1)).collect();
        let mut keys = keys?;
        keys.sort_by_key(Key::cost);
        Ok(keys)
    }

    fn ago(&self, secs: u32) -> i64 {
        self.around.now_unix_secs.saturating_sub(i64::from(secs))
    }
}

/// Of fields with this name; an empty string is in all that are there.
fn field(name: &str, text: &[u8]) -> Key {
    Key::Field(name.to_owned(), Needle::new(text))
}

/// Of addresses in the envelope. An empty string is there even where they are NIL, as in Dovecot.
fn address(name: &str, text: &[u8]) -> Key {
    if text.is_empty() { Key::All } else { field(name, text) }
}

impl Key {
    /// 0: what is known without the mail. 1: its header section. 2: the mail.
    fn cost(&self) -> u8 {
        match self {
            Key::Sent(..) | Key::Field(..) => 1,
            Key::Body(_) | Key::Text(_) => 2,
            Key::Not(key) => key.cost(),
            Key::And(keys) | Key::Or(keys) => keys.iter().map(Key::cost).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn matches(&self, mail: &Mail<'_>) -> bool {
        let is = mail.is;
        match self {
            Key::All => true,
            Key::Flag(flag) => is.flags.has(*flag),
            Key::Keyword(name) => is
                .flags
                .keywords()
                .any(|place| is.keywords.get(place).is_some_and(|keyword| keyword.eq_ignore_ascii_case(name))),
            Key::Recent => is.is_recent,
            Key::New => is.is_recent && !is.flags.has(Flags::SEEN),
            Key::Sequence(numbers) => numbers.has(is.sequence),
            Key::Uid(numbers) => numbers.has(is.uid),
            Key::Day(order, day) => {
                Day::shown(is.internal_date.unix_secs, is.internal_date.offset_minutes).cmp(day) == *order
            }
            Key::Until(secs) => is.internal_date.unix_secs <= *secs,
            Key::From(secs) => is.internal_date.unix_secs >= *secs,
            Key::Larger(bytes) => is.size_bytes > *bytes,
            Key::Smaller(bytes) => is.size_bytes < *bytes,
            Key::Modseq(modseq) => is.modseq >= *modseq,
            Key::Sent(order, day) => mail.texts().and_then(Texts::sent).is_some_and(|sent| sent.cmp(day) == *order),
            Key::Field(name, needle) => mail.texts().is_some_and(|texts| texts.field_has(name, needle)),
            Key::Body(needle) => mail.texts().is_some_and(|texts| texts.body_has(needle)),
            Key::Text(needle) => mail.texts().is_some_and(|texts| texts.anything_has(needle)),
            Key::Not(key) => !key.matches(mail),
            Key::And(keys) => keys.iter().all(|key| key.matches(mail)),
            Key::Or(keys) => keys.iter().any(|key| key.matches(mail)),
        }
    }
}

/// A mail that is being asked about.
struct Mail<'a> {
    is: &'a Candidate<'a>,
    texts: OnceCell<Option<Texts>>,
}

impl Mail<'_> {
    fn texts(&self) -> Option<&Texts> {
        self.texts.get_or_init(|| self.is.content.map(Texts::of)).as_ref()
    }
}
