//! FETCH (RFC 9051 §6.4.5): mail by mail, while somebody takes what it says.

use std::cell::OnceCell;

use imap_codec::imap_types::command::FetchModifier;
use imap_codec::imap_types::fetch::MacroOrMessageDataItemNames;
use imap_codec::imap_types::sequence::SequenceSet;

use super::giving::Mail;
use super::items::{Item, wanted};
use super::jobs::{Fetch, Job, Telling};
use super::state::State;
use super::{BATCH, Session};
use crate::access::{About, Event, Output, Says};
use crate::octets::{Chunk, Rope};
use crate::store::{Deed, Desk, Done, FlagChange, Flags};

/// What is said of a set with numbers that are not there.
pub(super) const NO_SUCH_MAIL: &str = "Invalid messageset.";

impl Session {
    /// Begins FETCH.
    pub(super) fn begin_fetch(
        &mut self,
        tag: &str,
        set: Option<&SequenceSet>,
        names: MacroOrMessageDataItemNames<'static>,
        by_uid: bool,
        modifiers: &[FetchModifier],
        desk: &mut Desk<'_>,
    ) {
        let (mut items, sets_seen) = wanted(names, by_uid);
        let mut changed_since = None;
        for modifier in modifiers {
            match modifier {
                FetchModifier::ChangedSince(modseq) => changed_since = Some(modseq.get()),
                // It needs QRESYNC.
                FetchModifier::Vanished => return self.blame(tag, "Unknown FETCH modifier."),
            }
        }
        // RFC 7162 §3.1.4.1: who asks for what has changed asks for the numbers, too.
        if changed_since.is_some() && !items.contains(&Item::ModSeq) {
            items.push(Item::ModSeq);
        }
        if !items.iter().filter_map(Item::needs).all(|needs| self.server.offers(needs)) {
            return self.blame(tag, "Unknown FETCH item.");
        }
        let State::Selected(_, selected) = &self.state else { return };
        let Some(targets) = selected.targets(set, by_uid) else { return self.blame(tag, NO_SUCH_MAIL) };
        if items.is_empty() {
            return self.blame(tag, "FETCH list is empty.");
        }
        let sets_seen = sets_seen && !selected.is_read_only;
        if items.contains(&Item::ModSeq) {
            self.use_condstore(desk);
        }
        self.tell_keywords(desk);
        self.jobs.push_back(Job::Fetch(Box::new(Fetch {
            tag: tag.to_owned(),
            by_uid,
            items,
            changed_since: changed_since.unwrap_or(0),
            sets_seen,
            targets: targets.walk(),
            missed: false,
            is_undecodable: false,
        })));
    }

    /// Gives mails out, until something is to be sent.
    pub(super) fn fetch(&mut self, mut fetch: Box<Fetch>, desk: &mut Desk<'_>) {
        while self.lines.len() < BATCH && self.outputs.is_empty() {
            let Some(seq) = fetch.targets.next() else {
                let text = match (fetch.is_undecodable, fetch.missed) {
                    (true, _) => "NO [UNKNOWN-CTE] A part has an encoding that is not known.",
                    (_, true) => "OK [EXPUNGEISSUED] Some messages were already expunged.",
                    _ => "OK Fetch completed.",
                };
                return self.complete(&fetch.tag, Telling::for_numbers(fetch.by_uid), text);
            };
            self.fetch_one(&mut fetch, seq, desk);
        }
        self.jobs.push_front(Job::Fetch(fetch));
    }

    fn fetch_one(&mut self, fetch: &mut Fetch, seq: u32, desk: &mut Desk<'_>) {
        let enabled = self.enabled;
        let State::Selected(mailbox, selected) = &mut self.state else { return };
        let (mailbox, id) = (*mailbox, selected.folder);
        let folder = || desk.store.mailbox(mailbox).folder(id).filter(|f| f.uid_validity() == selected.uid_validity);
        let before = selected.view.uid(seq).and_then(|uid| folder()?.message(uid));
        let Some((uid, flags, modseq)) = before.map(|m| (m.uid(), m.flags(), m.modseq())) else {
            fetch.missed = true;
            return;
        };
        if modseq <= fetch.changed_since {
            return;
        }
        let is_read_now = fetch.sets_seen && !flags.has(Flags::SEEN);
        if is_read_now {
            desk.store.change_flags(mailbox, id, uid, FlagChange::Add(Flags::SEEN));
        }
        let Some(folder) = desk.store.mailbox(mailbox).folder(id) else { return };
        let Some((message, letter)) = folder.message(uid).and_then(|m| Some((m, m.letter()?))) else { return };
        let shows_flags =
            fetch.items.contains(&Item::Flags) && (!enabled.condstore || fetch.items.contains(&Item::ModSeq));
        if is_read_now {
            selected.view.knows(folder.modseq(), true);
        } else if shows_flags {
            selected.view.shows(modseq);
        }
        let mail = Mail {
            message,
            content: &letter.content,
            keywords: folder.keywords(),
            is_recent: !enabled.rev2 && selected.view.is_recent(uid),
            calendar: desk.calendar,
            reading: OnceCell::new(),
        };
        // RFC 3501 §6.4.5: flags that have changed so are told with it.
        let unasked = [(&Item::Flags, is_read_now), (&Item::ModSeq, is_read_now && enabled.condstore)];
        let unasked = unasked.into_iter().filter(|(item, tell)| *tell && !fetch.items.contains(item));
        let given = mail.give(seq, unasked.map(|(item, _)| item).chain(&fetch.items));
        let about = letter.mail;
        let deed = |done| Output::Event(Event::Deed(Deed { mailbox, folder: id, uid, mail: about, done }));
        fetch.is_undecodable |= given.is_undecodable;
        if is_read_now {
            self.has_changed = true;
            self.flush();
            self.outputs.push_back(deed(Done::Flagged { set: Flags::SEEN, cleared: Flags::NONE }));
        }
        if given.pieces.is_empty() {
            return self.lines.extend_from_slice(&given.end);
        }
        self.flush();
        for (before, octets) in given.pieces {
            self.send(Chunk::copy_from(&before), about, Says::Lines);
            self.send_octets(octets, about);
        }
        self.send(Chunk::copy_from(&given.end), about, Says::Lines);
        self.outputs.push_back(deed(Done::Fetched { whole: given.is_whole, bytes: given.bytes }));
    }

    fn send_octets(&mut self, octets: Rope, about: Option<About>) {
        let (size_bytes, last) = (octets.len() as u64, octets.chunks().len());
        for (i, chunk) in octets.into_chunks().enumerate() {
            let says = if i + 1 == last { Says::EndOfContent { size_bytes } } else { Says::Content };
            self.send(chunk, about, says);
        }
    }
}
