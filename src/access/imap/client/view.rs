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
    /// The unique identifier at each place; 0: not known yet.
    places: VecDeque<u32>,
    /// How many are not known yet.
    blanks: usize,
    /// How many places there were when the folder was opened; those that came later were not there when it was asked what has changed.
    at_opening: usize,
    /// Whether that is still certain.
    is_opening_certain: bool,
    /// The mails by unique identifier.
    mails: BTreeMap<u32, Mail>,
    /// Which of them have a place, and the agent does not know them yet.
    unheard: BTreeSet<u32>,
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
    pub(super) highest_modseq: Option<u64>,
    pub(super) is_read_only: bool,
    /// The largest number of a change that was seen.
    seen_modseq: u64,
    /// What is to be told.
    events: Vec<Event>,
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

    /// What was known from before does not hold.
    pub(super) fn forget(&mut self) {
        self.mails.clear();
        self.unheard.clear();
        self.events.clear();
        self.places.iter_mut().for_each(|uid| *uid = 0);
        self.blanks = self.places.len();
        self.unsettled = false;
    }

    /// Whether SELECT has ended.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// SELECT has ended, and has told how many there are.
    pub(super) fn opened(&mut self) {
        self.is_open = true;
        self.at_opening = self.places.len();
        self.is_opening_certain = true;
        self.grown = false;
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The largest unique identifier that is known, whether it has a place or not.
    pub(super) fn last_known(&self) -> Option<u32> {
        self.mails.last_key_value().map(|(uid, _)| *uid)
    }

    /// The first and the last of the mails that have no place yet.
    pub(super) fn lost_range(&self) -> Option<Range> {
        let mut lost = self.mails.iter().filter(|(_, mail)| !mail.has_place).map(|(uid, _)| *uid);
        let first = lost.next()?;
        Some((first, lost.next_back().unwrap_or(first)))
    }

    /// Whether the agent knows all mails that there are.
    pub(super) fn is_whole(&self) -> bool {
        self.blanks == 0 && self.unheard.is_empty() && !self.unsettled
    }

    /// The largest number of a change that was seen.
    pub(super) fn seen_modseq(&self) -> u64 {
        self.seen_modseq
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
            self.places.clear();
            self.places.resize(count, 0);
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
            self.places.resize(count, 0);
            self.blanks += more;
            self.grown = true;
            self.in_vain = false;
        }
        Ok(())
    }

    /// The mail at this place is gone (RFC 9051 §7.5.1).
    pub(super) fn expunge(&mut self, seq: u32) {
        let place = (seq as usize).wrapping_sub(1);
        let Some(uid) = self.places.remove(place) else {
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
            self.places.retain(|uid| {
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
            if let Some(place) = self.places.iter().rposition(|uid| *uid == 0) {
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
        let Some(&before) = self.places.get(place) else {
            self.unexpected(format!("FETCH {seq}, and there are {}", self.places.len()));
            return Ok(None);
        };
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
        let bits = items.flags.as_ref().map(|list| self.keywords.bits(list));
        let Some(mail) = self.mails.get_mut(&uid) else { return Ok(Some(uid)) };
        let has_changed = bits.is_some_and(|bits| bits != mail.flags);
        mail.flags = bits.unwrap_or(mail.flags);
        if mail.is_heard {
            if has_changed {
                let flags = self.keywords.list(mail.flags);
                self.events.push(Event::Flags { uid, flags });
            }
        } else if let Some(size_bytes) = items.size_bytes {
            self.tell(uid, size_bytes, items.internal_date);
        }
        Ok(Some(uid))
    }

    /// A mail is at this place, where none was known.
    fn put(&mut self, place: usize, uid: u32) {
        self.places[place] = uid;
        self.blanks -= 1;
        let mail = self.mails.entry(uid).or_insert(Mail { flags: Flags::NONE, is_heard: false, has_place: false });
        mail.has_place = true;
        if !mail.is_heard {
            self.unheard.insert(uid);
        }
    }

    /// The agent hears of a mail.
    fn tell(&mut self, uid: u32, size_bytes: u64, internal_date: Option<GivenDate>) {
        if let Some(mail) = self.mails.get_mut(&uid)
            && self.unheard.remove(&uid)
        {
            mail.is_heard = true;
            let flags = self.keywords.list(mail.flags);
            self.events.push(Event::Mail { uid, flags, size_bytes, internal_date });
        }
    }

    fn remove(&mut self, uid: u32) {
        self.unheard.remove(&uid);
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
        self.places.iter_mut().for_each(|uid| *uid = 0);
        self.blanks = self.places.len();
        self.is_opening_certain = false;
        self.unheard.clear();
        // Who has never heard of a mail hears of it when it is found again.
        self.mails.retain(|_, mail| mail.is_heard);
        self.mails.values_mut().for_each(|mail| mail.has_place = false);
        self.unsettled = true;
        self.in_vain = false;
        // Whatever is being asked now, its answer is not all.
        self.grown = true;
        Ok(())
    }

    /// Puts the mails without a place into the places that are not known, in order, if there are as many of the ones as of the
    /// others. To be asked when all that has changed since they were known has been told: then nothing else can be there. Says
    /// whether all places that there were at the opening are known now.
    pub(super) fn infer(&mut self) -> bool {
        if !self.is_opening_certain {
            return false;
        }
        let places = self.at_opening.min(self.places.len());
        let blanks = self.places.range(..places).filter(|uid| **uid == 0).count();
        let lost: Vec<u32> = self.mails.iter().filter(|(_, mail)| !mail.has_place).map(|(uid, _)| *uid).collect();
        if blanks != lost.len() {
            return false;
        }
        let mut next = lost.iter().copied();
        let filled: Vec<u32> =
            self.places.range(..places).map(|uid| if *uid == 0 { next.next().unwrap_or(0) } else { *uid }).collect();
        if !filled.is_sorted_by(|a, b| a < b) {
            return false;
        }
        for (place, uid) in filled.into_iter().enumerate() {
            if self.places[place] == 0 {
                self.put(place, uid);
            }
        }
        true
    }

    fn are_blanks_last(&self) -> bool {
        self.places.iter().rev().take_while(|uid| **uid == 0).count() == self.blanks
    }

    /// Whether there is something to be asked.
    pub(super) fn has_question(&self) -> bool {
        self.blanks > 0 && !self.in_vain || !self.unheard.is_empty()
    }

    /// What is to be asked next; `None`: everything is known that can be.
    pub(super) fn question(&mut self) -> Option<Question> {
        self.grown = false;
        if self.blanks > 0 && !self.in_vain {
            let known = self.places.len() - self.blanks;
            if !self.are_blanks_last() || known == 0 && !self.mails.is_empty() {
                return Some(Question::All);
            }
            let last = if known == 0 { 0 } else { self.places[known - 1] };
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
                    uids.into_iter().for_each(|uid| self.tell(uid, 0, None));
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

    fn unexpected(&mut self, text: String) {
        self.events.push(Event::Said { kind: Said::Unexpected, text });
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
