//! What became of the copies of a mail in mailboxes that people look into.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::clock::span;
use super::{Line, Style, counted, number};
use crate::sim::Instant;
use crate::trace::Deed;

/// Where mail is filed (RFC 9051 §5.1).
const INBOX: &str = "INBOX";

/// A copy of a mail, or what becomes of it, in so many places at most; who has more has a machine for it.
const MOST_PLACES: usize = 16;

/// Something that was done with a copy on a machine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OnMachine {
    /// The machine.
    pub host: Arc<str>,
    /// When, in nanoseconds.
    pub at: Instant,
    /// Whether it was about all of the mail, or its header section only.
    pub whole: bool,
}

/// What was done last with where a copy lies.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Placed {
    /// The machine of the client.
    pub host: Arc<str>,
    /// When, in nanoseconds.
    pub at: Instant,
}

/// A copy of a mail in a mailbox that a mail program may look into.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MailCopy {
    /// The mailbox.
    pub mailbox: Arc<str>,
    /// Which machines have fetched it, in order.
    pub fetched: Vec<OnMachine>,
    /// On which machines it was read, in order.
    pub read: Vec<OnMachine>,
    /// In which folders it lies, and its numbers there.
    pub places: Vec<(Arc<str>, u32)>,
    /// Who put it where it lies now, or removed it; none where it lies as it was filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
}

/// The copies of a mail. There may be millions of mails, and most have none here.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(transparent)]
#[expect(clippy::box_collection, reason = "a pointer is a third of a vector")]
pub struct Copies(Option<Box<Vec<MailCopy>>>);

/// How many copies have come how far, of those in mailboxes that mail programs look into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ReadSums {
    /// Copies in such mailboxes.
    #[serde(skip)]
    pub copies: u64,
    /// Fetched by a machine at least.
    pub fetched: u64,
    /// Read by a person.
    pub read: u64,
    /// Still there, and not read.
    pub unread: u64,
    /// Removed.
    pub removed: u64,
}

/// Mailboxes that mail programs look into, in lower case.
pub(super) type Looked = BTreeSet<String>;

impl ReadSums {
    fn add(&mut self, copy: &MailCopy) {
        let is_gone = copy.is_gone();
        self.copies += 1;
        self.fetched += u64::from(!copy.fetched.is_empty());
        self.read += u64::from(!copy.read.is_empty());
        self.unread += u64::from(copy.read.is_empty() && !is_gone);
        self.removed += u64::from(is_gone);
    }

    /// The same with those of others.
    #[must_use]
    pub(super) fn and(self, other: ReadSums) -> ReadSums {
        ReadSums {
            copies: self.copies + other.copies,
            fetched: self.fetched + other.fetched,
            read: self.read + other.read,
            unread: self.unread + other.unread,
            removed: self.removed + other.removed,
        }
    }

    /// `3 fetched, 2 read, 1 still unread`.
    #[must_use]
    pub fn words(&self) -> Line {
        let unread = if self.unread > 0 { Style::Warning } else { Style::Plain };
        let mut line = Line::new()
            .and(format!("{} fetched, {} read, ", number(self.fetched), number(self.read)))
            .with(unread, format!("{} still unread", number(self.unread)));
        if self.removed > 0 {
            line.push(Style::Plain, format!(", {} removed", number(self.removed)));
        }
        line
    }
}

impl Copies {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    /// All of them, in the order in which they were filed.
    #[must_use]
    pub fn list(&self) -> &[MailCopy] {
        self.0.as_ref().map_or(&[], |copies| copies)
    }

    /// The copy in a mailbox. What is filed twice is one copy in two places.
    fn at(&mut self, mailbox: &Arc<str>) -> &mut MailCopy {
        let copies = self.0.get_or_insert_default();
        let place = copies.iter().position(|copy| copy.mailbox.eq_ignore_ascii_case(mailbox));
        let place = place.unwrap_or_else(|| {
            let mailbox = Arc::clone(mailbox);
            copies.push(MailCopy { mailbox, fetched: vec![], read: vec![], places: vec![], placed: None });
            copies.len() - 1
        });
        &mut copies[place]
    }

    pub(super) fn filed(&mut self, mailbox: &Arc<str>, uid: u32) {
        self.at(mailbox).put((INBOX.into(), uid));
    }

    pub(super) fn fetched(&mut self, mailbox: &Arc<str>, host: Arc<str>, at: Instant, whole: bool) {
        let copy = self.at(mailbox);
        match copy.fetched.iter_mut().find(|known| known.host == host) {
            Some(known) => known.whole |= whole,
            None => copy.fetched.push(OnMachine { host, at, whole }),
        }
    }

    pub(super) fn read(&mut self, mailbox: &Arc<str>, host: Arc<str>, at: Instant) {
        let copy = self.at(mailbox);
        if copy.read.iter().all(|known| known.host != host) {
            copy.read.push(OnMachine { host, at, whole: true });
        }
    }

    /// Something was done at the server with the mail that has this number in a folder.
    pub(super) fn done(
        &mut self,
        mailbox: &Arc<str>,
        place: (Arc<str>, u32),
        deed: &Deed,
        (host, at): (Arc<str>, Instant),
    ) {
        let copy = self.at(mailbox);
        match deed {
            Deed::GivenOut { .. } | Deed::Flagged { .. } => return,
            Deed::Copied { to, to_uid } => return copy.put((Arc::clone(to), *to_uid)),
            Deed::Moved { to, to_uid } => {
                copy.places.retain(|known| *known != place);
                copy.put((Arc::clone(to), *to_uid));
            }
            Deed::Appended { .. } => copy.put(place),
            Deed::Removed => copy.places.retain(|known| *known != place),
        }
        copy.placed = Some(Placed { host, at });
    }

    /// Those in mailboxes that somebody looks into.
    pub(super) fn looked<'a>(&'a self, looked: &'a Looked) -> impl Iterator<Item = &'a MailCopy> {
        self.list().iter().filter(|copy| looked.contains(&copy.mailbox.to_ascii_lowercase()))
    }

    /// How far they have come.
    pub(super) fn sums(&self, looked: &Looked) -> ReadSums {
        self.looked(looked).fold(ReadSums::default(), |mut sums, copy| {
            sums.add(copy);
            sums
        })
    }

    /// What became of them, in words: one by one where they are few. The mail was composed at `begun`.
    pub(super) fn words(&self, looked: &Looked, begun: Instant) -> Line {
        let copies: Vec<&MailCopy> = self.looked(looked).collect();
        match copies[..] {
            [] => Line::new(),
            [one] => one.words(begun),
            [one, other] => {
                let mut line = Line::new().and(format!("{}: ", one.mailbox));
                line.append(one.words(begun));
                line.push(Style::Plain, format!("; {}: ", other.mailbox));
                line.append(other.words(begun));
                line
            }
            _ => {
                let many = counted(copies.len() as u64, "copy", "copies");
                let mut line = Line::new().and(format!("{many}: "));
                line.append(self.sums(looked).words());
                line
            }
        }
    }
}

impl MailCopy {
    fn put(&mut self, place: (Arc<str>, u32)) {
        if self.places.len() < MOST_PLACES {
            self.places.push(place);
        }
    }

    /// Whether it was removed for good.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.places.is_empty() && self.placed.is_some()
    }

    /// What became of it, piece by piece. The mail was composed at `begun`.
    fn pieces(&self, begun: Instant) -> Vec<(Style, String)> {
        let mut pieces = Vec::new();
        let hosts = |whole: bool| {
            let of = self.fetched.iter().filter(|known| known.whole == whole);
            of.map(|known| &*known.host).collect::<Vec<_>>().join(", ")
        };
        for (whole, what) in [(true, "fetched by"), (false, "header fetched by")] {
            let hosts = hosts(whole);
            if !hosts.is_empty() {
                pieces.push((Style::Plain, format!("{what} {hosts}")));
            }
        }
        let after = |at: Instant| span(at.since(begun));
        let read: Vec<String> =
            self.read.iter().map(|read| format!("on {} after {}", read.host, after(read.at))).collect();
        match (self.fetched.is_empty(), read.is_empty(), self.is_gone()) {
            (_, false, _) => pieces.push((Style::Good, format!("read {}", read.join(" and ")))),
            (true, true, false) => pieces.push((Style::Warning, "not fetched".into())),
            (false, true, false) => pieces.push((Style::Warning, "unread".into())),
            (_, true, true) => pieces.push((Style::Warning, "never read".into())),
        }
        if let Some(placed) = &self.placed {
            let by = &placed.host;
            match self.places.last() {
                None => pieces.push((Style::Plain, format!("removed by {by} after {}", after(placed.at)))),
                Some((folder, _)) if self.places.iter().all(|(folder, _)| &**folder != INBOX) => {
                    pieces.push((Style::Plain, format!("moved to {folder} by {by}")));
                }
                Some(_) => {}
            }
        }
        pieces
    }

    /// What became of it, in words. The mail was composed at `begun`.
    #[must_use]
    pub fn words(&self, begun: Instant) -> Line {
        let mut line = Line::new();
        for (place, (style, words)) in self.pieces(begun).into_iter().enumerate() {
            line.push(Style::Plain, if place > 0 { ", " } else { "" });
            line.push(style, words);
        }
        line
    }
}

#[cfg(test)]
#[path = "copies_tests.rs"]
mod tests;
