//! STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3).

use imap_codec::imap_types::command::StoreModifier;
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::sequence::SequenceSet;

use super::extension::Extension;
use super::fetching::NO_SUCH_MAIL;
use super::flags::{LONGEST_KEYWORD, Named};
use super::jobs::{Job, Store, Telling};
use super::numbers::Numbers;
use super::state::State;
use super::telling::write_flags;
use super::{BATCH, Session};
use crate::access::{Event, Output};
use crate::store::{Deed, Desk, Done, FlagChange, Flags, FolderId, MailboxId};

/// What is said to who would change a folder that was opened with EXAMINE.
pub(super) const READ_ONLY: &str = "NO [NOPERM] Mailbox is read-only.";

impl Session {
    /// Begins STORE.
    pub(super) fn begin_store(
        &mut self,
        tag: &str,
        set: Option<&SequenceSet>,
        by_uid: bool,
        (kind, response, flags, modifiers): (StoreType, StoreResponse, &[Flag<'static>], &[StoreModifier]),
        desk: &mut Desk<'_>,
    ) {
        if !modifiers.is_empty() && !self.server.offers(Extension::CondStore) {
            return self.blame(tag, "Unknown STORE modifier.");
        }
        let named = match Named::of(flags) {
            Ok(named) => named,
            Err(flag) => return self.blame(tag, &format!("Invalid system flag {flag}.")),
        };
        let State::Selected(mailbox, selected) = &self.state else { return };
        let Some(targets) = selected.targets(set, by_uid) else { return self.blame(tag, NO_SUCH_MAIL) };
        let (mailbox, id) = (*mailbox, selected.folder);
        if selected.is_read_only {
            return self.complete(tag, Telling::for_numbers(by_uid), READ_ONLY);
        }
        if !modifiers.is_empty() {
            self.use_condstore(desk);
        }
        let change = match kind {
            StoreType::Remove => {
                let folder = desk.store.mailbox(mailbox).folder(id);
                Ok(FlagChange::Remove(folder.map_or(Flags::NONE, |folder| named.known(folder))))
            }
            StoreType::Replace => learn(&named, mailbox, id, desk).map(FlagChange::Replace),
            StoreType::Add => learn(&named, mailbox, id, desk).map(FlagChange::Add),
        };
        let change = match change {
            Ok(change) => change,
            Err(why) => return self.complete(tag, Telling::for_numbers(by_uid), why),
        };
        self.tell_keywords(desk);
        let StoreModifier::UnchangedSince(unchanged_since) =
            modifiers.last().unwrap_or(&StoreModifier::UnchangedSince(u64::MAX));
        self.jobs.push_back(Job::Store(Box::new(Store {
            tag: tag.to_owned(),
            by_uid,
            change,
            is_silent: response == StoreResponse::Silent,
            unchanged_since: *unchanged_since,
            targets: targets.walk(),
            modified: Numbers::default(),
            missed: false,
        })));
    }

    /// Changes mails, until something is to be sent.
    pub(super) fn store(&mut self, mut store: Box<Store>, desk: &mut Desk<'_>) {
        while self.lines.len() < BATCH && self.outputs.is_empty() {
            let Some(seq) = store.targets.next() else {
                let text = if !store.modified.is_empty() {
                    let mut set = Vec::new();
                    store.modified.write_to(&mut set);
                    format!("OK [MODIFIED {}] Conditional store failed.", String::from_utf8_lossy(&set))
                } else if store.missed {
                    "NO [EXPUNGEISSUED] Some of the messages no longer exist.".into()
                } else {
                    "OK Store completed.".into()
                };
                return self.complete(&store.tag, Telling::for_numbers(store.by_uid), text);
            };
            self.store_one(&mut store, seq, desk);
        }
        self.jobs.push_front(Job::Store(store));
    }

    fn store_one(&mut self, store: &mut Store, seq: u32, desk: &mut Desk<'_>) {
        let enabled = self.enabled;
        let State::Selected(mailbox, selected) = &mut self.state else { return };
        let (mailbox, id) = (*mailbox, selected.folder);
        let found = desk.store.mailbox(mailbox).folder(id).filter(|f| f.uid_validity() == selected.uid_validity);
        let message = selected.view.uid(seq).and_then(|uid| found?.message(uid));
        let Some((uid, before, modseq)) = message.map(|m| (m.uid(), m.flags(), m.modseq())) else {
            store.missed |= !store.by_uid;
            return;
        };
        if modseq > store.unchanged_since {
            return store.modified.push(if store.by_uid { uid } else { seq });
        }
        let has_changed = desk.store.change_flags(mailbox, id, uid, store.change) == Some(true);
        let Some(folder) = desk.store.mailbox(mailbox).folder(id) else { return };
        let Some(message) = folder.message(uid) else { return };
        if has_changed {
            selected.view.knows(folder.modseq(), !store.is_silent);
        }
        if !has_changed && !store.is_silent {
            selected.view.shows(message.modseq());
        }
        let flags = (message.flags(), folder.keywords(), !enabled.rev2 && selected.view.is_recent(uid));
        let flags = (!store.is_silent).then_some(flags);
        let modseq = enabled.condstore.then_some(message.modseq());
        if flags.is_some() || modseq.is_some() {
            write_flags(&mut self.lines, seq, store.by_uid.then_some(uid), flags, modseq);
        }
        if has_changed {
            self.has_changed = true;
            let after = message.flags();
            let done = Done::Flagged { set: after.without(before), cleared: before.without(after) };
            let mail = message.letter().and_then(|letter| letter.mail);
            self.flush();
            self.outputs.push_back(Output::Event(Event::Deed(Deed { mailbox, folder: id, uid, mail, done })));
        }
    }
}

/// The flags that these names stand for in a folder, which learns them.
///
/// # Errors
/// Why it cannot: as the rest of a response (RFC 5530 §3).
pub(super) fn learn(
    named: &Named,
    mailbox: MailboxId,
    id: FolderId,
    desk: &mut Desk<'_>,
) -> Result<Flags, &'static str> {
    if named.keywords.iter().any(|name| name.len() > LONGEST_KEYWORD) {
        return Err("NO [LIMIT] Keyword name is too long.");
    }
    let mut flags = named.system;
    for name in &named.keywords {
        let Some(keyword) = desk.store.learn_keyword(mailbox, id, name) else {
            return Err("NO [LIMIT] Too many keywords in this mailbox.");
        };
        flags = flags.and(keyword);
    }
    Ok(flags)
}
