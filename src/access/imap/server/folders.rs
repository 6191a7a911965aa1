//! Making, renaming and removing folders, subscriptions (RFC 9051 §6.3.4 to §6.3.8), and STATUS (§6.3.11).

use super::Session;
use super::extension::Extension;
use super::jobs::Telling;
use super::names::{is_inbox, parents};
use super::state::State;
use super::syntax::status::StatusItem;
use crate::octets::write_decimal;
use crate::store::{Desk, Flags, Folder, FolderError, MailboxId, Message, SEPARATOR, SpecialUse};

impl Session {
    /// CREATE. Folders in which it lies are made, too (§6.3.4); a separator at the end only says that others are going to lie in it.
    pub(super) fn create_folder(&mut self, tag: &str, name: &[u8], uses: &[String], desk: &mut Desk<'_>) {
        let Some(mailbox) = self.state.mailbox() else { return };
        if !uses.is_empty() && !self.server.offers(Extension::CreateSpecialUse) {
            return self.blame(tag, "Error in IMAP command CREATE: Unknown parameter.");
        }
        let Some(name) = self.enabled.names().read(name) else { return self.refuse_name(tag) };
        let name = name.strip_suffix(SEPARATOR).unwrap_or(&name);
        let is_use = |special: &SpecialUse, word: &str| special.attribute().eq_ignore_ascii_case(word);
        let known: Option<Vec<SpecialUse>> =
            uses.iter().map(|word| SpecialUse::ALL.into_iter().find(|special| is_use(special, word))).collect();
        let special_use = match known.as_deref() {
            Some([]) => None,
            // RFC 6154 §3: one folder for each, and each folder for one.
            Some([one]) if desk.store.mailbox(mailbox).special(*one).is_none() => Some(*one),
            _ => return self.complete(tag, Telling::ALL, "NO [USEATTR] Unsupported special-use."),
        };
        let made = within_parents(name, mailbox, desk, |desk| {
            desk.store.create_folder(mailbox, name, special_use).map(|_| ())
        });
        self.finish_folders(tag, "Create", made);
    }

    /// DELETE.
    pub(super) fn delete_folder(&mut self, tag: &str, name: &[u8], desk: &mut Desk<'_>) {
        let Some(mailbox) = self.state.mailbox() else { return };
        let Some(name) = self.enabled.names().read(name) else { return self.refuse_name(tag) };
        let id = desk.store.mailbox(mailbox).find(&name).map(Folder::id);
        let gone = desk.store.delete_folder(mailbox, &name);
        let is_open = matches!(&self.state, State::Selected(_, selected) if Some(selected.folder) == id);
        if gone.is_ok() && is_open {
            // As in Dovecot: whoever deletes it has it open no longer.
            self.enter(State::Authenticated(mailbox));
            self.say("OK [CLOSED] Previous mailbox closed.");
        }
        self.finish_folders(tag, "Delete", gone.map(|_| ()));
    }

    /// RENAME. Folders in which it lies then are made.
    pub(super) fn rename_folder(&mut self, tag: &str, from: &[u8], to: &[u8], desk: &mut Desk<'_>) {
        let Some(mailbox) = self.state.mailbox() else { return };
        let names = self.enabled.names();
        let (Some(from), Some(to)) = (names.read(from), names.read(to)) else { return self.refuse_name(tag) };
        let to = to.strip_suffix(SEPARATOR).unwrap_or(&to);
        let store = desk.store.mailbox(mailbox);
        let renamed = match (store.find(&from), store.find(to)) {
            (None, _) => Err(FolderError::Missing),
            (_, Some(_)) => Err(FolderError::Exists),
            _ => within_parents(to, mailbox, desk, |desk| desk.store.rename_folder(mailbox, &from, to)),
        };
        self.finish_folders(tag, "Rename", renamed);
    }

    /// SUBSCRIBE and UNSUBSCRIBE.
    pub(super) fn subscribe(&mut self, tag: &str, name: &[u8], subscribes: bool, desk: &mut Desk<'_>) {
        let Some(mailbox) = self.state.mailbox() else { return };
        let Some(name) = self.enabled.names().read(name) else { return self.refuse_name(tag) };
        let found = desk.store.mailbox(mailbox).find(&name).map(Folder::id);
        let is_there = found.is_some_and(|id| desk.store.subscribe(mailbox, id, subscribes));
        self.complete(
            tag,
            Telling::ALL,
            match (is_there, subscribes) {
                (false, _) => "NO [NONEXISTENT] Mailbox doesn't exist.",
                (_, true) => "OK Subscribe completed.",
                (_, false) => "OK Unsubscribe completed.",
            },
        );
    }

    fn finish_folders(&mut self, tag: &str, what: &str, done: Result<(), FolderError>) {
        self.has_changed |= done.is_ok();
        // RFC 5530 §3.
        let text = match done {
            Ok(()) => format!("OK {what} completed."),
            Err(FolderError::Exists) => "NO [ALREADYEXISTS] Mailbox already exists.".into(),
            Err(FolderError::Missing) => "NO [NONEXISTENT] Mailbox doesn't exist.".into(),
            Err(FolderError::Inbox) => "NO [CANNOT] INBOX can't be deleted.".into(),
            Err(FolderError::Name) => "NO [CANNOT] Invalid mailbox name.".into(),
            Err(FolderError::TooMany) => "NO [LIMIT] Too many mailboxes.".into(),
            Err(FolderError::HasChildren) => "NO [HASCHILDREN] Mailbox has children, delete them first.".into(),
        };
        self.complete(tag, Telling::ALL, text);
    }

    fn refuse_name(&mut self, tag: &str) {
        self.complete(tag, Telling::ALL, "NO [CANNOT] Invalid mailbox name.");
    }

    /// STATUS.
    pub(super) fn status(&mut self, tag: &str, name: &[u8], items: &[StatusItem], desk: &mut Desk<'_>) {
        let Some(mailbox) = self.state.mailbox() else { return };
        let Some(name) = self.enabled.names().read(name) else { return self.refuse_name(tag) };
        if !self.may_ask(items, desk) {
            return self.blame(tag, "Error in IMAP command STATUS: Unknown item.");
        }
        match desk.store.mailbox(mailbox).find(&name).filter(|folder| folder.is_selectable()) {
            Some(folder) => self.say_status(folder, items),
            None => return self.complete(tag, Telling::ALL, "NO [NONEXISTENT] Mailbox doesn't exist."),
        }
        self.complete(tag, Telling::ALL, "OK Status completed.");
    }

    /// Whether all these are offered. Who asks for numbers of changes is told them from then on (RFC 7162 §3.1).
    pub(super) fn may_ask(&mut self, items: &[StatusItem], desk: &mut Desk<'_>) -> bool {
        let is_offered = |item: &StatusItem| item.needs().is_none_or(|needs| self.server.offers(needs));
        if !items.iter().all(is_offered) {
            return false;
        }
        if items.contains(&StatusItem::HighestModSeq) {
            self.use_condstore(desk);
        }
        true
    }

    /// `* STATUS INBOX (MESSAGES 3)`.
    pub(super) fn say_status(&mut self, folder: &Folder, items: &[StatusItem]) {
        let max_append_bytes = self.server.config.max_append_bytes;
        let out = &mut self.lines;
        out.extend_from_slice(b"* STATUS ");
        self.enabled.names().write(out, folder.name());
        for (i, item) in items.iter().enumerate() {
            out.extend_from_slice(if i == 0 { b" (" } else { b" " });
            out.extend_from_slice(item.name().as_bytes());
            out.push(b' ');
            write_decimal(out, value(folder, *item, max_append_bytes));
        }
        out.extend_from_slice(b")\r\n");
    }
}

fn value(folder: &Folder, item: StatusItem, max_append_bytes: u64) -> u64 {
    let mails = folder.messages();
    let with = |holds: &dyn Fn(&Message) -> bool| mails.iter().filter(|message| holds(message)).count() as u64;
    let is_marked = |message: &Message| message.flags().has(Flags::DELETED);
    let bytes = |holds: &dyn Fn(&Message) -> bool| -> u64 {
        mails.iter().filter(|message| holds(message)).map(Message::size_bytes).sum()
    };
    match item {
        StatusItem::Messages => mails.len() as u64,
        StatusItem::Recent => with(&|message| message.uid() >= folder.recent_from()),
        StatusItem::UidNext => folder.uid_next().into(),
        StatusItem::UidValidity => folder.uid_validity().into(),
        StatusItem::Unseen => with(&|message| !message.flags().has(Flags::SEEN)),
        StatusItem::Deleted => with(&is_marked),
        StatusItem::DeletedStorage => bytes(&is_marked).div_ceil(1024),
        StatusItem::Size => bytes(&|_| true),
        StatusItem::HighestModSeq => folder.modseq(),
        StatusItem::AppendLimit => max_append_bytes,
    }
}

/// Does something that needs the folders in which one with this name would lie: makes those that are not there, and takes them
/// away again if it cannot be done. Nothing is made for what lies in that of new mail.
fn within_parents(
    name: &str,
    mailbox: MailboxId,
    desk: &mut Desk<'_>,
    work: impl FnOnce(&mut Desk<'_>) -> Result<(), FolderError>,
) -> Result<(), FolderError> {
    let mut made = Vec::new();
    let mut done = Ok(());
    for parent in parents(name) {
        if done.is_ok() && !is_inbox(parent) && desk.store.mailbox(mailbox).find(parent).is_none() {
            done = desk.store.create_folder(mailbox, parent, None).map(|_| made.push(parent));
        }
    }
    let done = done.and_then(|()| work(desk));
    if done.is_err() {
        for parent in made.iter().rev() {
            // It was made just now, and nothing lies in it.
            let _ = desk.store.delete_folder(mailbox, parent);
        }
    }
    done
}
