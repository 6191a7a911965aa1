//! Opening and closing folders (RFC 9051 §6.3.2, §6.3.3, §6.4.1, §6.4.2).

use imap_codec::imap_types::command::SelectParameter;

use super::Session;
use super::extension::Extension;
use super::jobs::Telling;
use super::numbers::Numbers;
use super::state::{Selected, State};
use super::telling::{number_line, write_flags_lines};
use super::view::View;
use crate::store::{Desk, Flags, Message};

impl Session {
    /// SELECT and EXAMINE. Whatever comes of it, what was open before is not open any more.
    pub(super) fn select(
        &mut self,
        tag: &str,
        name: &[u8],
        parameters: &[SelectParameter],
        is_read_only: bool,
        desk: &mut Desk<'_>,
    ) {
        let knows = |one: &SelectParameter| matches!(one, SelectParameter::CondStore);
        if !parameters.iter().all(|one| knows(one) && self.server.offers(Extension::CondStore)) {
            return self.blame(tag, "Unknown parameter.");
        }
        let Some(mailbox) = self.state.mailbox() else { return };
        if matches!(self.state, State::Selected(..)) {
            self.enter(State::Authenticated(mailbox));
            self.say("OK [CLOSED] Previous mailbox closed.");
        }
        self.enabled.condstore |= !parameters.is_empty();
        let names = self.enabled.names();
        let name = names.read(name);
        let found = name.as_ref().and_then(|name| desk.store.mailbox(mailbox).find(name));
        let Some(folder) = found.filter(|folder| folder.is_selectable()) else {
            return self.reply(
                tag,
                match (name, found) {
                    (None, _) => "NO [CANNOT] Invalid mailbox name.",
                    (_, Some(_)) => "NO [NONEXISTENT] Mailbox isn't selectable.",
                    _ => "NO [NONEXISTENT] Mailbox doesn't exist.",
                },
            );
        };
        let (id, uid_validity) = (folder.id(), folder.uid_validity());
        let recent_from = match is_read_only {
            true => folder.recent_from(),
            false => desk.store.take_recent(mailbox, id),
        };
        let Some(folder) = desk.store.mailbox(mailbox).folder(id) else { return };
        let view = View::open(folder, recent_from);
        let out = &mut self.lines;
        write_flags_lines(out, folder, is_read_only);
        number_line(out, view.count().into(), "EXISTS");
        let unseen = folder.messages().iter().position(|message| !message.flags().has(Flags::SEEN));
        if self.enabled.rev2 {
            // RFC 9051 §6.3.2: REQUIRED, and RECENT and UNSEEN are gone.
            out.extend_from_slice(b"* LIST () \"/\" ");
            names.write(out, folder.name());
            if let Some(written) = name.filter(|written| written != folder.name()) {
                // §6.3.9.7: it was written in another way.
                out.extend_from_slice(b" (\"OLDNAME\" (");
                names.write(out, &written);
                out.extend_from_slice(b"))");
            }
            out.extend_from_slice(b"\r\n");
        } else {
            number_line(out, view.count_recent(), "RECENT");
            if let Some(unseen) = unseen {
                number_code(out, "UNSEEN", unseen as u64 + 1, "First unseen.");
            }
        }
        number_code(out, "UIDVALIDITY", uid_validity.into(), "UIDs valid");
        number_code(out, "UIDNEXT", folder.uid_next().into(), "Predicted next UID");
        if self.server.offers(Extension::CondStore) {
            number_code(out, "HIGHESTMODSEQ", folder.modseq(), "Highest");
        }
        let selected = Selected { folder: id, uid_validity, is_read_only, view, saved: Numbers::default() };
        self.enter(State::Selected(mailbox, Box::new(selected)));
        self.reply(
            tag,
            match is_read_only {
                true => "OK [READ-ONLY] Examine completed.",
                false => "OK [READ-WRITE] Select completed.",
            },
        );
    }

    /// CLOSE and UNSELECT: the former removes what is marked, and tells nobody which.
    pub(super) fn close_folder(&mut self, tag: &str, expunges: bool, desk: &mut Desk<'_>) {
        let State::Selected(mailbox, selected) = &self.state else { return };
        let (mailbox, id, may_change) = (*mailbox, selected.folder, !selected.is_read_only);
        if expunges && may_change {
            let found = desk.store.mailbox(mailbox).folder(id);
            let same = found.filter(|folder| folder.uid_validity() == selected.uid_validity);
            let is_marked = |message: &&Message| message.flags().has(Flags::DELETED);
            let uids =
                same.map(|folder| folder.messages().iter().filter(is_marked).map(Message::uid).collect::<Vec<_>>());
            self.remove(mailbox, id, &uids.unwrap_or_default(), desk);
        }
        self.enter(State::Authenticated(mailbox));
        self.complete(tag, Telling::ALL, if expunges { "OK Close completed." } else { "OK Unselect completed." });
    }
}

/// `* OK [UIDNEXT 7] Predicted next UID`.
fn number_code(out: &mut Vec<u8>, code: &str, number: u64, text: &str) {
    out.extend_from_slice(format!("* OK [{code} {number}] {text}\r\n").as_bytes());
}
