//! SEARCH (RFC 9051 §6.4.4, RFC 4731, RFC 5182).

use imap_codec::imap_types::search::SearchKey;

use super::extension::Extension;
use super::jobs::Telling;
use super::numbers::Numbers;
use super::state::{Selected, State};
use super::syntax::search::{Returns, Search};
use super::{Session, say};
use crate::access::imap::content::date;
use crate::access::imap::content::search::{self as find, Around, Candidate};
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
        if let Err(why) = self.may_search(&search) {
            return self.blame(tag, &format!("Error in IMAP command SEARCH: {why}"));
        }
        let State::Selected(mailbox, selected) = &mut self.state else { return };
        let around = Around {
            last_sequence: selected.view.count(),
            last_uid: selected.view.last_uid(),
            now_unix_secs: desk.calendar.unix_secs(now),
        };
        let known = |charset: &str| ["US-ASCII", "UTF-8"].iter().any(|known| known.eq_ignore_ascii_case(charset));
        let wanted = match search.charset.as_deref().is_none_or(known) {
            true => find::Search::new(&SearchKey::And(search.keys.clone()), &around)
                .map_err(|_| "NO [LIMIT] Too many search keys."),
            false => Err("NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset."),
        };
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(why) => {
                // RFC 5182 §2.1: what could not be looked for is nothing.
                if search.returns.is_some_and(|returns| returns.save) {
                    selected.saved = Numbers::default();
                }
                return self.complete(tag, telling, why);
            }
        };
        let folder = desk.store.mailbox(*mailbox).folder(selected.folder);
        let folder = folder.filter(|folder| folder.uid_validity() == selected.uid_validity);
        let found = folder.map(|folder| look(&wanted, selected, folder, desk)).unwrap_or_default();
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
        // RFC 7162 §3.1.5.
        if wanted.asks_modseq() {
            self.use_condstore(desk);
        }
        match returns {
            Some(returns) => tell_newer(&mut self.lines, tag, &search, returns, &found, wanted.asks_modseq()),
            None => tell(&mut self.lines, &search, &found, wanted.asks_modseq()),
        }
        let text = if missed { "OK [EXPUNGEISSUED] Search completed." } else { "OK Search completed." };
        self.complete(tag, telling, text);
    }

    /// Whether all that is asked for is offered.
    fn may_search(&self, search: &Search) -> Result<(), &'static str> {
        let asks = |what: &dyn Fn(&SearchKey<'_>) -> bool| search.keys.as_ref().iter().any(|key| asks(key, what));
        let needs = [
            (Extension::ESearch, search.returns.is_some()),
            (Extension::SearchRes, search.returns.is_some_and(|returns| returns.save)),
            (Extension::CondStore, asks(&|key| matches!(key, SearchKey::ModSequence { .. }))),
            (Extension::Within, asks(&|key| matches!(key, SearchKey::Older(_) | SearchKey::Younger(_)))),
        ];
        if needs.into_iter().any(|(extension, is_asked)| is_asked && !self.server.offers(extension)) {
            return Err("Unknown argument.");
        }
        // RFC 6855 §3.
        if self.enabled.utf8 && search.charset.is_some() { Err("All of it is UTF-8.") } else { Ok(()) }
    }
}

/// The mails with a sequence number that are looked for.
fn look(wanted: &find::Search, selected: &Selected, folder: &Folder, desk: &Desk<'_>) -> Found {
    let mut found = Found::default();
    for (sequence, uid) in (1..).zip(selected.view.uids()) {
        let Some(message) = folder.message(*uid) else { continue };
        let candidate = Candidate {
            sequence,
            uid: *uid,
            flags: message.flags(),
            keywords: folder.keywords(),
            is_recent: selected.view.is_recent(*uid),
            internal_date: date::internal(message, &desk.calendar),
            size_bytes: message.size_bytes(),
            modseq: message.modseq(),
            content: message.letter().map(|letter| &letter.content),
        };
        if wanted.matches(&candidate) {
            found.seqs.push(sequence);
            found.uids.push(*uid);
            found.modseqs.push(candidate.modseq);
        }
    }
    found
}

/// Whether this is asked for, anywhere among the keys.
fn asks(key: &SearchKey<'_>, what: &dyn Fn(&SearchKey<'_>) -> bool) -> bool {
    match key {
        SearchKey::And(keys) => keys.as_ref().iter().any(|key| asks(key, what)),
        SearchKey::Or(a, b) => asks(a, what) || asks(b, what),
        SearchKey::Not(key) => asks(key, what),
        key => what(key),
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
