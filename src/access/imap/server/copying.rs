//! COPY, MOVE and EXPUNGE (RFC 9051 §6.4.3, §6.4.7, §6.4.8, §6.4.9).

use imap_codec::imap_types::sequence::SequenceSet;

use super::Session;
use super::extension::Extension;
use super::fetching::NO_SUCH_MAIL;
use super::jobs::{Job, Telling};
use super::numbers::Numbers;
use super::state::State;
use super::storing::READ_ONLY;
use crate::store::{Deed, Desk, Done, Flags, FolderId, MailboxId, Message};

impl Session {
    /// COPY.
    pub(super) fn copy(
        &mut self,
        tag: &str,
        set: Option<&SequenceSet>,
        by_uid: bool,
        name: &[u8],
        desk: &mut Desk<'_>,
    ) {
        let Some((mailbox, from, to, uids)) = self.prepare(tag, set, by_uid, name, desk) else { return };
        let Ok(pairs) = desk.store.copy(mailbox, from, &uids, to) else {
            return self.complete(tag, Telling::ALL, "NO [OVERQUOTA] Quota exceeded.");
        };
        let pairs = pairs.unwrap_or_default();
        let code = self.copied(mailbox, to, &pairs, desk);
        let letters = desk.store.mailbox(mailbox).folder(from);
        let deeds = pairs.iter().map(|(uid, copy)| {
            let mail = letters.and_then(|folder| folder.message(*uid)?.letter()?.mail);
            Deed { mailbox, folder: from, uid: *uid, mail, done: Done::Copied { to, uid: *copy } }
        });
        self.has_changed |= !pairs.is_empty();
        self.jobs.push_back(Job::Deeds(deeds.collect::<Vec<_>>().into_iter()));
        self.complete(tag, Telling { with_uids: by_uid, ..Telling::ALL }, format!("OK {code}Copy completed."));
    }

    /// MOVE.
    pub(super) fn r#move(
        &mut self,
        tag: &str,
        set: Option<&SequenceSet>,
        by_uid: bool,
        name: &[u8],
        desk: &mut Desk<'_>,
    ) {
        if matches!(&self.state, State::Selected(_, selected) if selected.is_read_only) {
            return self.complete(tag, Telling::ALL, READ_ONLY);
        }
        let Some((mailbox, from, to, uids)) = self.prepare(tag, set, by_uid, name, desk) else { return };
        let folder = desk.store.mailbox(mailbox).folder(from);
        let mails: Vec<_> = uids.iter().map(|uid| folder.and_then(|f| f.message(*uid)?.letter()?.mail)).collect();
        let pairs = desk.store.take_over(mailbox, from, &uids, to).unwrap_or_default();
        let deeds = pairs.iter().zip(mails).map(|((uid, copy), mail)| Deed {
            mailbox,
            folder: from,
            uid: *uid,
            mail,
            done: Done::Moved { to, uid: *copy },
        });
        self.has_changed |= !pairs.is_empty();
        self.jobs.push_back(Job::Deeds(deeds.collect::<Vec<_>>().into_iter()));
        // RFC 6851 §4.3: told before the mails are told to be gone.
        let code = self.copied(mailbox, to, &pairs, desk);
        if !code.is_empty() {
            self.say(&format!("OK {code}Moved UIDs."));
        }
        self.complete(tag, Telling { with_uids: by_uid, ..Telling::ALL }, "OK Move completed.");
    }

    /// From where to where a command copies, and which mails, which are all there.
    fn prepare(
        &mut self,
        tag: &str,
        set: Option<&SequenceSet>,
        by_uid: bool,
        name: &[u8],
        desk: &mut Desk<'_>,
    ) -> Option<(MailboxId, FolderId, FolderId, Vec<u32>)> {
        let State::Selected(mailbox, selected) = &self.state else { return None };
        let (mailbox, from) = (*mailbox, selected.folder);
        let Some(targets) = selected.targets(set, by_uid) else {
            self.blame(tag, NO_SUCH_MAIL);
            return None;
        };
        let source = desk.store.mailbox(mailbox).folder(from);
        let source = source.filter(|folder| folder.uid_validity() == selected.uid_validity);
        let wanted = targets.len();
        let is_there = |uid: &u32| source.is_some_and(|folder| folder.message(*uid).is_some());
        let uids: Vec<u32> = targets.iter().filter_map(|seq| selected.view.uid(seq)).filter(is_there).collect();
        let name = self.enabled.names().read(name);
        let target = name.as_ref().and_then(|name| desk.store.mailbox(mailbox).find(name));
        let why = match (name, target.filter(|folder| folder.is_selectable())) {
            (None, _) => "NO [CANNOT] Invalid mailbox name.",
            (_, None) => "NO [TRYCREATE] Mailbox doesn't exist.",
            // RFC 2180 §4.4.1: all or none.
            _ if !by_uid && (uids.len() as u64) < wanted => "NO [EXPUNGEISSUED] Some of the messages no longer exist.",
            _ if uids.is_empty() => "OK No messages found.",
            (_, Some(target)) => return Some((mailbox, from, target.id(), uids)),
        };
        self.complete(tag, Telling::ALL, why);
        None
    }

    /// The code that tells which copy is whose (RFC 4315 §3), with a space behind it.
    fn copied(&self, mailbox: MailboxId, to: FolderId, pairs: &[(u32, u32)], desk: &Desk<'_>) -> String {
        let Some(folder) = desk.store.mailbox(mailbox).folder(to) else { return String::new() };
        if pairs.is_empty() || !self.server.offers(Extension::UidPlus) {
            return String::new();
        }
        let mut code = format!("[COPYUID {} ", folder.uid_validity()).into_bytes();
        pairs.iter().map(|pair| pair.0).collect::<Numbers>().write_to(&mut code);
        code.push(b' ');
        pairs.iter().map(|pair| pair.1).collect::<Numbers>().write_to(&mut code);
        code.extend_from_slice(b"] ");
        String::from_utf8(code).unwrap_or_default()
    }

    /// EXPUNGE; UID EXPUNGE has a set, or what SEARCH has kept.
    pub(super) fn expunge(&mut self, tag: &str, set: Option<Option<&SequenceSet>>, desk: &mut Desk<'_>) {
        let State::Selected(mailbox, selected) = &self.state else { return };
        let (mailbox, id) = (*mailbox, selected.folder);
        let telling = Telling { with_uids: set.is_some(), ..Telling::ALL };
        if selected.is_read_only {
            return self.complete(tag, telling, READ_ONLY);
        }
        let found = desk.store.mailbox(mailbox).folder(id);
        let Some(folder) = found.filter(|folder| folder.uid_validity() == selected.uid_validity) else {
            return self.complete(tag, telling, "OK Expunge completed.");
        };
        let is_marked = |message: &&Message| message.flags().has(Flags::DELETED);
        let uids: Vec<u32> = match set.map(|set| selected.targets(set, true).unwrap_or_default()) {
            // Mails that the client has not been told of are meant, too (§6.4.3: all that have the flag).
            None => folder.messages().iter().filter(is_marked).map(Message::uid).collect(),
            Some(seqs) => {
                let uids = seqs.iter().filter_map(|seq| selected.view.uid(seq));
                uids.filter(|uid| folder.message(*uid).as_ref().is_some_and(is_marked)).collect()
            }
        };
        self.remove(mailbox, id, &uids, desk);
        self.complete(tag, telling, "OK Expunge completed.");
    }

    /// Takes mails out of a folder.
    pub(super) fn remove(&mut self, mailbox: MailboxId, id: FolderId, uids: &[u32], desk: &mut Desk<'_>) {
        let gone = desk.store.remove(mailbox, id, uids);
        self.has_changed |= !gone.is_empty();
        let deeds = gone.iter().map(|message| {
            let mail = message.letter().and_then(|letter| letter.mail);
            Deed { mailbox, folder: id, uid: message.uid(), mail, done: Done::Removed }
        });
        self.jobs.push_back(Job::Deeds(deeds.collect::<Vec<_>>().into_iter()));
    }
}
