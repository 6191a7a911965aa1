//! The client's picture of the folder that is open: [`View`].
//!
//! Servers count mails by their place (RFC 9051 §2.3.1.2) and may say at any time that one has come or gone; agents know mails by
//! unique identifiers. The view follows what the server says, knows which identifier is at which place, and says what is to be
//! asked so that it knows that again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use imap_codec::imap_types::sequence::SequenceSet;

use super::event::{Event, Said};
use super::flags::Table;
use super::request::Known;
use super::response::Items;
use super::sets::{self, Range};
use crate::store::{Flags, GivenDate};

/// How often in a row the numbers may contradict each other before the server is given up.
const MOST_CONTRADICTIONS: u32 = 3;
/// Of how many mails the details are asked at once.
const MOST_DETAILS: usize = 10_000;

/// A folder as the client sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The most mails that it may have.
    most: u32,
    is_open: bool,
    places: VecDeque<Place>,
    /// How many are not known yet.
    blanks: usize,
    /// How many places there were when the folder was opened; those that came later were not there when it was asked what has changed.
    at_opening: usize,
    /// Whether that is still certain.
    is_opening_certain: bool,
    /// The last mail that was known then.
    last_of_old: Option<u32>,
    /// The mails by unique identifier.
    mails: BTreeMap<u32, Mail>,
    /// Which of them have a place, and the agent does not know them yet.
    unheard: BTreeSet<u32>,
    /// Those among them of which something was heard since the last question, but not how large they are.
    half_heard: BTreeSet<u32>,
    /// Those about which the server was asked and said nothing: most probably they are gone, and it is going to say so.
    silent: BTreeSet<u32>,
    keywords: Table,
    /// Whether there may be mails without a place, which are gone when all places are known.
    unsettled: bool,
    /// Whether the places that are not known have been asked for, and the answer did not tell.
    in_vain: bool,
    /// Whether mails have come since something was asked.
    grown: bool,
    contradictions: u32,
    pub(super) uid_validity: u32,
    pub(super) uid_next: Option<u32>,
    /// The number of the last change that was told with all before it, if changes have numbers.
    pub(super) highest_modseq: Option<u64>,
    pub(super) is_read_only: bool,
    /// The largest number of a change that was seen.
    seen_modseq: u64,
    /// What is to be told.
    events: Vec<Event>,
}

/// Where a mail is.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// Its unique identifier; 0: not known yet.
    uid: u32,
    /// What was said about it while that was not known.
    flags: Option<Flags>,
}

impl Place {
    fn is_blank(&self) -> bool {
        self.uid == 0
    }
}

#[derive(Clone, Debug)]
struct Mail {
    flags: Flags,
    /// Whether the agent knows it.
    is_heard: bool,
    has_place: bool,
}

/// What is to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// All about the mails from this unique identifier on.
    From(u32),
    /// Which mails there are, from the first to the last.
    All,
    /// Size and date of these.
    Details(SequenceSet),
}

/// What the client cannot live with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    TooManyMails,
    Numbers,
}

impl View {
    /// A folder with at most this many mails, of which nothing is known.
    pub(super) fn new(most: u32) -> View {
        View { most, ..View::default() }
    }

    /// What is known from before, unless it was another folder.
    pub(super) fn remember(&mut self, known: &Known) {
        for (uid, flags) in known.mails.iter().filter(|(uid, _)| *uid > 0) {
            let flags = self.keywords.bits(flags);
            self.mails.insert(*uid, Mail { flags, is_heard: true, has_place: false });
        }
        self.unsettled = !self.mails.is_empty();
    }

    /// What the agent knows of it.
    pub(super) fn known(&self, modseq: Option<u64>) -> Known {
        let heard = self.mails.iter().filter(|(_, mail)| mail.is_heard);
        let mails = heard.map(|(uid, mail)| (*uid, self.keywords.list(mail.flags))).collect();
        Known { uid_validity: self.uid_validity, modseq, mails }
    }

    /// What was known from before does not hold.
    pub(super) fn forget(&mut self) {
        self.mails.clear();
        self.forget_unheard();
        self.events.clear();
        self.places.iter_mut().for_each(|place| *place = Place::default());
        self.blanks = self.places.len();
        self.unsettled = false;
    }

    /// Whether SELECT has ended.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    fn forget_unheard(&mut self) {
        self.unheard.clear();
        self.half_heard.clear();
        self.silent.clear();
    }

    /// SELECT has ended, and has told how many there are.
    pub(super) fn opened(&mut self) {
        self.is_open = true;
        self.at_opening = self.places.len();
        self.is_opening_certain = true;
        self.last_of_old = self.mails.iter().rev().find(|(_, mail)| mail.is_heard).map(|(uid, _)| *uid);
        self.grown = false;
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The first and the last of the mails that have no place yet.
    pub(super) fn lost_range(&self) -> Option<Range> {
        let mut lost = self.mails.iter().filter(|(_, mail)| !mail.has_place).map(|(uid, _)| *uid);
        let first = lost.next()?;
        Some((first, lost.next_back().unwrap_or(first)))
    }

    /// Whether the agent knows all mails that there are.
    pub(super) fn is_whole(&self) -> bool {
        self.blanks == 0 && self.unheard.is_empty() && self.silent.is_empty() && !self.unsettled
    }

    /// The server has told everything that has changed until now. What it said of a mail before may have been newer than what it
    /// had not said yet.
    pub(super) fn told_all(&mut self) {
        self.highest_modseq = self.highest_modseq.map(|highest| highest.max(self.seen_modseq));
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// There are so many mails (RFC 9051 §7.4.1).
    pub(super) fn exists(&mut self, count: u32) -> Result<(), Broken> {
        if count > self.most {
            return Err(Broken::TooManyMails);
        }
        let count = count as usize;
        if !self.is_open {
            // What was said before SELECT was heard is about another folder.
            if self.blanks < self.places.len() {
                self.forget_places();
            }
            self.places.resize(count, Place::default());
            self.blanks = count;
            return Ok(());
        }
        if count < self.places.len() {
            // Only EXPUNGE makes it smaller: which is gone?
            self.unexpected(format!("EXISTS {count}, and there are {}", self.places.len()));
            self.places.truncate(count);
            return self.begin_anew();
        }
        let more = count - self.places.len();
        if more > 0 {
            self.places.resize(count, Place::default());
            self.blanks += more;
            self.grown = true;
            self.in_vain = false;
        }
        Ok(())
    }

    /// The mail at this place is gone (RFC 9051 §7.5.1).
    pub(super) fn expunge(&mut self, seq: u32) {
        let place = (seq as usize).wrapping_sub(1);
        let Some(Place { uid, .. }) = self.places.remove(place) else {
            return self.unexpected(format!("EXPUNGE {seq}, and there are {}", self.places.len()));
        };
        self.at_opening -= usize::from(place < self.at_opening);
        if uid == 0 {
            self.blanks -= 1;
        } else {
            self.remove(uid);
        }
    }

    /// The mails with these unique identifiers are gone, now or since an earlier session (RFC 7162 §3.2.10).
    pub(super) fn vanished(&mut self, earlier: bool, uids: &[Range]) -> Result<(), Broken> {
        let mut known = BTreeSet::new();
        for (from, to) in uids {
            known.extend(
                self.mails.range(*from..=*to).filter(|(_, mail)| !(earlier && mail.has_place)).map(|(uid, _)| *uid),
            );
        }
        let placed = known.iter().filter(|uid| self.mails.get(uid).is_some_and(|mail| mail.has_place)).count();
        if placed > 0 {
            let at_opening = self.at_opening;
            let mut place = 0;
            let mut before = 0;
            self.places.retain(|Place { uid, .. }| {
                let gone = known.contains(uid);
                before += usize::from(gone && place < at_opening);
                place += 1;
                !gone
            });
            self.at_opening -= before;
        }
        known.iter().for_each(|uid| self.remove(*uid));
        if earlier {
            return Ok(());
        }
        // Others of them had places that are not known. Where those are the last ones, it does not matter which it was.
        let all = uids.iter().fold(0_u64, |all, (from, to)| all.saturating_add(u64::from(to - from) + 1));
        let others = usize::try_from(all.saturating_sub(placed as u64)).unwrap_or(usize::MAX).min(self.blanks);
        if others == 0 {
            return Ok(());
        }
        self.is_opening_certain = false;
        let are_last = self.are_blanks_last();
        for _ in 0..others {
            if let Some(place) = self.places.iter().rposition(Place::is_blank) {
                self.places.remove(place);
                self.blanks -= 1;
            }
        }
        if are_last { Ok(()) } else { self.begin_anew() }
    }

    /// FETCH tells something of the mail at this place: which that is, if it is known.
    pub(super) fn fetched(&mut self, seq: u32, items: &Items) -> Result<Option<u32>, Broken> {
        self.seen_modseq = self.seen_modseq.max(items.modseq.unwrap_or(0));
        let place = (seq as usize).wrapping_sub(1);
        let bits = items.flags.as_ref().map(|list| self.keywords.bits(list));
        let count = self.places.len();
        let Some(at) = self.places.get_mut(place) else {
            self.unexpected(format!("FETCH {seq}, and there are {count}"));
            return Ok(None);
        };
        let before = at.uid;
        if before == 0 {
            at.flags = bits.or(at.flags);
        }
        let uid = match items.uid {
            None if before == 0 => return Ok(None),
            None => before,
            Some(uid) if before == uid => uid,
            Some(uid) if before == 0 && !self.mails.get(&uid).is_some_and(|mail| mail.has_place) => {
                self.put(place, uid);
                uid
            }
            Some(uid) => {
                self.unexpected(format!("FETCH {seq} with UID {uid}, which is not there"));
                self.begin_anew()?;
                return Ok(None);
            }
        };
        self.flag(uid, bits);
        if self.unheard.contains(&uid) || self.silent.contains(&uid) {
            match items.size_bytes {
                Some(size_bytes) => self.tell(uid, size_bytes, items.internal_date),
                None => drop(self.half_heard.insert(uid)),
            }
        }
        Ok(Some(uid))
    }

    /// Something is said about a mail.
    fn flag(&mut self, uid: u32, flags: Option<Flags>) {
        if let Some(mail) = self.mails.get_mut(&uid)
            && let Some(flags) = flags
            && std::mem::replace(&mut mail.flags, flags) != flags
            && mail.is_heard
        {
            let flags = self.keywords.list(flags);
            self.events.push(Event::Flags { uid, flags });
        }
    }

    /// A mail is at this place, where none was known.
    fn put(&mut self, place: usize, uid: u32) {
        let Place { flags, .. } = std::mem::replace(&mut self.places[place], Place { uid, flags: None });
        self.blanks -= 1;
        let mail = self.mails.entry(uid).or_insert(Mail { flags: Flags::NONE, is_heard: false, has_place: false });
        mail.has_place = true;
        if !mail.is_heard {
            self.unheard.insert(uid);
        }
        self.flag(uid, flags);
    }

    /// The agent hears of a mail.
    fn tell(&mut self, uid: u32, size_bytes: u64, internal_date: Option<GivenDate>) {
        if let Some(mail) = self.mails.get_mut(&uid)
            && (self.unheard.remove(&uid) || self.silent.remove(&uid))
        {
            mail.is_heard = true;
            let flags = self.keywords.list(mail.flags);
            self.events.push(Event::Mail { uid, flags, size_bytes, internal_date });
        }
    }

    fn remove(&mut self, uid: u32) {
        self.unheard.remove(&uid);
        self.silent.remove(&uid);
        if self.mails.remove(&uid).is_some_and(|mail| mail.is_heard) {
            self.events.push(Event::Gone { uid });
        }
    }

    /// The numbers do not fit: no place is known any more.
    fn begin_anew(&mut self) -> Result<(), Broken> {
        self.contradictions += 1;
        if self.contradictions > MOST_CONTRADICTIONS {
            return Err(Broken::Numbers);
        }
        self.forget_places();
        self.is_opening_certain = false;
        self.unsettled = true;
        self.in_vain = false;
        // Whatever is being asked now, its answer is not all.
        self.grown = true;
        Ok(())
    }

    fn forget_places(&mut self) {
        self.places.iter_mut().for_each(|place| *place = Place::default());
        self.blanks = self.places.len();
        self.forget_unheard();
        // Who has never heard of a mail hears of it when it is found again.
        self.mails.retain(|_, mail| mail.is_heard);
        self.mails.values_mut().for_each(|mail| mail.has_place = false);
    }

    /// The last mail that was known when the folder was opened.
    pub(super) fn last_of_old(&self) -> Option<u32> {
        self.last_of_old
    }

    /// Whether this mail is known, and has no place.
    pub(super) fn lacks(&self, uid: u32) -> bool {
        self.mails.get(&uid).is_some_and(|mail| !mail.has_place)
    }

    /// Whether no mail came since the folder was known.
    pub(super) fn has_no_news(&self) -> bool {
        let last = self.last_of_old.unwrap_or(0);
        self.uid_next.is_some_and(|next| next <= last.saturating_add(1))
    }

    /// Puts the mails without a place into the places that are not known, in order, if nothing else can be there. To be asked when
    /// all that has changed since they were known has been told, and with `is_all_told` if that is certainly so: a new mail that
    /// was removed before it was asked for has a place, and nobody tells of it. Else the last of the old ones shows whether all
    /// before it are there.
    ///
    /// Says whether all mails that were known have a place.
    pub(super) fn infer(&mut self, is_all_told: bool) -> bool {
        let Some(last) = self.last_of_old.filter(|_| self.is_opening_certain) else {
            return self.lost_range().is_none();
        };
        let mut places = self.at_opening.min(self.places.len());
        if !is_all_told {
            let old = self.mails.range(..=last).count();
            match self.places.get(old.wrapping_sub(1)) {
                Some(place) if place.uid == last => places = old,
                _ => return self.lost_range().is_none(),
            }
        }
        let lost: Vec<u32> = self.mails.iter().filter(|(_, mail)| !mail.has_place).map(|(uid, _)| *uid).collect();
        if self.places.range(..places).filter(|place| place.is_blank()).count() != lost.len() {
            return false;
        }
        let mut next = lost.into_iter();
        let filled =
            self.places.range(..places).map(|at| if at.is_blank() { next.next().unwrap_or(0) } else { at.uid });
        let filled: Vec<u32> = filled.collect();
        if !filled.is_sorted_by(|a, b| a < b) {
            return false;
        }
        for (place, uid) in filled.into_iter().enumerate() {
            if self.places[place].is_blank() {
                self.put(place, uid);
            }
        }
        true
    }

    fn are_blanks_last(&self) -> bool {
        self.places.iter().rev().take_while(|place| place.is_blank()).count() == self.blanks
    }

    /// Whether there is something to be asked.
    pub(super) fn has_question(&self) -> bool {
        self.blanks > 0 && !self.in_vain || !self.unheard.is_empty()
    }

    /// What is to be asked next; `None`: everything is known that can be.
    pub(super) fn question(&mut self) -> Option<Question> {
        self.grown = false;
        self.half_heard.clear();
        if self.blanks > 0 && !self.in_vain {
            let known = self.places.len() - self.blanks;
            if !self.are_blanks_last() || known == 0 && !self.mails.is_empty() {
                return Some(Question::All);
            }
            let last = if known == 0 { 0 } else { self.places[known - 1].uid };
            return Some(Question::From(last.saturating_add(1)));
        }
        let some = self.unheard.iter().copied().take(MOST_DETAILS);
        sets::batches(some).into_iter().next().map(Question::Details)
    }

    /// A question has been answered: what it was about and is not known now is not going to be.
    pub(super) fn answered(&mut self, question: &Question) {
        match question {
            Question::From(_) | Question::All => self.in_vain = self.blanks > 0 && !self.grown,
            Question::Details(set) => {
                for (from, to) in sets::ranges(set) {
                    let uids: Vec<u32> = self.unheard.range(from..=to).copied().collect();
                    for uid in uids {
                        if self.half_heard.contains(&uid) {
                            self.tell(uid, 0, None);
                        } else {
                            self.unheard.remove(&uid);
                            self.silent.insert(uid);
                        }
                    }
                }
            }
        }
    }

    /// There is no question left: the mails without a place are gone.
    pub(super) fn settle(&mut self) {
        if self.blanks > 0 || !self.unsettled {
            return;
        }
        self.unsettled = false;
        self.contradictions = 0;
        let events = &mut self.events;
        self.mails.retain(|uid, mail| {
            if !mail.has_place {
                events.push(Event::Gone { uid: *uid });
            }
            mail.has_place
        });
    }

    /// What is always so.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert_eq!(self.places.iter().filter(|place| place.is_blank()).count(), self.blanks);
        assert!(self.at_opening <= self.places.len() || !self.is_opening_certain);
        let placed = self.places.iter().filter(|place| !place.is_blank());
        assert!(placed.clone().all(|place| self.mails.get(&place.uid).is_some_and(|mail| mail.has_place)));
        assert_eq!(placed.count(), self.mails.values().filter(|mail| mail.has_place).count(), "each has one place");
        for (uid, mail) in &self.mails {
            let is_unheard = self.unheard.contains(uid) || self.silent.contains(uid);
            assert_eq!(mail.is_heard, !is_unheard, "{uid}");
            assert!(mail.is_heard || mail.has_place, "what has no place was known");
        }
        assert!(self.unheard.iter().chain(&self.silent).all(|uid| self.mails.contains_key(uid)));
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> impl Iterator<Item = u32> + '_ {
        self.places.iter().map(|place| place.uid)
    }

    fn unexpected(&mut self, text: String) {
        self.events.push(Event::Said { kind: Said::Unexpected, text });
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
