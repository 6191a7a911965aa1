//! SEARCH (RFC 9051 §6.4.4, RFC 4731, RFC 5182).

use imap_codec::imap_types::core::Vec1;
use imap_codec::imap_types::search::SearchKey;

use super::super::content::search::{Around, Candidate, Refused, Search as Wanted};
use super::extension::Extension;
use super::jobs::Telling;
use super::numbers::Numbers;
use super::state::{Selected, State};
use super::syntax::search::{Returns, Search};
use super::{Session, dates, say};
use crate::octets::write_decimal;
use crate::sim::Instant;
use crate::store::{Desk, Folder};

/// What was found.
#[derive(Clone, Debug, Default)]
struct Found {
    /// By sequence number.
    seqs: Numbers,
    /// By unique identifier.
    uids: Numbers,
    /// The number of the last change of each.
    modseqs: Vec<u64>,
}

impl Found {
    /// The first, the last, or both.
    fn ends(&self, first: bool, last: bool) -> Found {
        let pick = |numbers: &Numbers| {
            let ends = [numbers.first().filter(|_| first), numbers.last().filter(|_| last)];
            ends.into_iter().flatten().collect()
        };
        let modseqs = [self.modseqs.first().filter(|_| first), self.modseqs.last().filter(|_| last)];
        Found {
            seqs: pick(&self.seqs),
            uids: pick(&self.uids),
            modseqs: modseqs.into_iter().flatten().copied().collect(),
        }
    }
}

impl Session {
    /// SEARCH.
    pub(super) fn search(&mut self, tag: &str, search: Search, now: Instant, desk: &mut Desk<'_>) {
        let telling = Telling::for_numbers(search.by_uid);
        let wants = |extension, is_wanted: bool| is_wanted && !self.server.offers(extension);
        let saves = search.returns.is_some_and(|returns| returns.save);
        let asks_modseq = search.keys.as_ref().iter().any(asks_modseq);
        if wants(Extension::ESearch, search.returns.is_some())
            || wants(Extension::SearchRes, saves)
            || wants(Extension::CondStore, asks_modseq)
        {
            return self.blame(tag, "Error in IMAP command SEARCH: Unknown argument.");
        }
        if self.enabled.utf8 && search.charset.is_some() {
            // RFC 6855 §3.
            return self.blame(tag, "Error in IMAP command SEARCH: All of it is UTF-8.");
        }
        let known = |charset: &str| ["US-ASCII", "UTF-8"].iter().any(|known| known.eq_ignore_ascii_case(charset));
        if !search.charset.as_deref().is_none_or(known) {
            if let (true, Some((_, selected))) = (saves, self.state.selected()) {
                selected.saved = Numbers::default();
            }
            return self.complete(tag, telling, "NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset.");
        }
        if asks_modseq {
            self.use_condstore(desk);
        }
        let State::Selected(mailbox, selected) = &mut self.state else { return };
        let folder = desk.store.mailbox(*mailbox).folder(selected.folder);
        let folder = folder.filter(|folder| folder.uid_validity() == selected.uid_validity);
        let found = folder.map_or(Ok(Found::default()), |folder| find(&search.keys, selected, folder, now, desk));
        let Ok(found) = found else {
            return self.complete(tag, telling, "NO [LIMIT] Too many keys, or too deep.");
        };
        let missed = selected.view.has_gone();
        // RFC 9051 §6.4.4: who knows IMAP4rev2 is answered in the newer form.
        let newer = Returns { all: true, ..Returns::default() };
        let returns = search.returns.or(self.enabled.rev2.then_some(newer));
        if let Some(returns) = returns.filter(|returns| returns.save) {
            // RFC 5182 §2.1: what is told decides what is kept.
            let is_all = returns.all || returns.count || !(returns.min || returns.max);
            let kept = if is_all { &found } else { &found.ends(returns.min, returns.max) };
            selected.saved = kept.uids.clone();
        }
        match returns {
            Some(returns) => tell_newer(&mut self.lines, tag, &search, returns, &found, asks_modseq),
            None => tell(&mut self.lines, &search, &found, asks_modseq),
        }
        let text = if missed { "OK [EXPUNGEISSUED] Search completed." } else { "OK Search completed." };
        self.complete(tag, telling, text);
    }
}

/// The mails with a sequence number for which all keys hold.
fn find(
    keys: &Vec1<SearchKey<'_>>,
    selected: &Selected,
    folder: &Folder,
    now: Instant,
    desk: &Desk<'_>,
) -> Result<Found, Refused> {
    let mut keys: Vec<SearchKey<'_>> = keys.as_ref().to_vec();
    keys.iter_mut().for_each(|key| settle(key, selected));
    let around = Around {
        last_sequence: selected.view.uids().len() as u32,
        last_uid: selected.view.uids().last().copied().unwrap_or(0),
        now_unix_secs: desk.calendar.unix_secs(now),
    };
    let wanted: Result<Vec<Wanted>, Refused> = keys.iter().map(|key| Wanted::new(key, &around)).collect();
    let wanted = wanted?;
    let mut found = Found::default();
    for (place, uid) in selected.view.uids().iter().enumerate() {
        let Some(message) = folder.message(*uid) else { continue };
        let candidate = Candidate {
            sequence: place as u32 + 1,
            uid: *uid,
            flags: message.flags(),
            keywords: folder.keywords(),
            is_recent: selected.view.is_recent(*uid),
            internal_date: dates::internal(message, desk.calendar),
            size_bytes: message.size_bytes(),
            modseq: message.modseq(),
            content: message.letter().map(|letter| &letter.content),
        };
        if wanted.iter().all(|wanted| wanted.matches(&candidate)) {
            found.seqs.push(candidate.sequence);
            found.uids.push(candidate.uid);
            found.modseqs.push(candidate.modseq);
        }
    }
    Ok(found)
}

/// Puts the numbers that are meant in the place of `*`, in order and each once.
fn settle(key: &mut SearchKey<'_>, selected: &Selected) {
    let settled = |set: &_, last| Numbers::of(set, last).to_set();
    match key {
        SearchKey::And(keys) => {
            let mut settled = keys.as_ref().to_vec();
            settled.iter_mut().for_each(|key| settle(key, selected));
            if let Ok(settled) = Vec1::try_from(settled) {
                *keys = settled;
            }
        }
        SearchKey::Or(a, b) => [a, b].into_iter().for_each(|key| settle(key, selected)),
        SearchKey::Not(key) => settle(key, selected),
        SearchKey::SequenceSet(set) => {
            if let Some(numbers) = settled(set, selected.view.count()) {
                *set = numbers;
            }
        }
        SearchKey::Uid(set) => {
            if let Some(numbers) = settled(set, selected.view.last_uid()) {
                *set = numbers;
            }
        }
        _ => {}
    }
}

/// Whether numbers of changes are asked for (RFC 7162 §3.1.5).
fn asks_modseq(key: &SearchKey<'_>) -> bool {
    match key {
        SearchKey::And(keys) => keys.as_ref().iter().any(asks_modseq),
        SearchKey::Or(a, b) => asks_modseq(a) || asks_modseq(b),
        SearchKey::Not(key) => asks_modseq(key),
        SearchKey::ModSequence { .. } => true,
        _ => false,
    }
}

/// `* SEARCH 2 84 882` (RFC 3501 §7.2.5).
fn tell(out: &mut Vec<u8>, search: &Search, found: &Found, with_modseq: bool) {
    out.extend_from_slice(b"* SEARCH");
    for number in if search.by_uid { found.uids.iter() } else { found.seqs.iter() } {
        out.push(b' ');
        write_decimal(out, number.into());
    }
    if let Some(modseq) = found.modseqs.iter().max().filter(|_| with_modseq) {
        out.extend_from_slice(format!(" (MODSEQ {modseq})").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// `* ESEARCH (TAG "A282") MIN 2 COUNT 3` (RFC 9051 §7.3.4).
fn tell_newer(out: &mut Vec<u8>, tag: &str, search: &Search, returns: Returns, found: &Found, with_modseq: bool) {
    if returns == (Returns { save: true, ..Returns::default() }) {
        // RFC 5182 §2.1: nothing was asked for.
        return;
    }
    out.extend_from_slice(b"* ESEARCH (TAG ");
    say::quoted(out, tag);
    out.extend_from_slice(if search.by_uid { b") UID" } else { b")" });
    let numbers = if search.by_uid { &found.uids } else { &found.seqs };
    let number = |out: &mut Vec<u8>, name: &str, number: Option<u64>| {
        if let Some(number) = number {
            out.extend_from_slice(format!(" {name} {number}").as_bytes());
        }
    };
    number(out, "MIN", numbers.first().filter(|_| returns.min).map(u64::from));
    number(out, "MAX", numbers.last().filter(|_| returns.max).map(u64::from));
    if returns.all && !numbers.is_empty() {
        out.extend_from_slice(b" ALL ");
        numbers.write_to(out);
    }
    number(out, "COUNT", returns.count.then_some(numbers.len()));
    // RFC 7162 §3.1.10: of those that are told.
    let told = if returns.all || returns.count { found } else { &found.ends(returns.min, returns.max) };
    number(out, "MODSEQ", told.modseqs.iter().max().filter(|_| with_modseq).copied());
    out.extend_from_slice(b"\r\n");
}
