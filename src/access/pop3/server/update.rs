//! QUIT, and UPDATE (RFC 1939 §4, §6).

use super::maildrop::Maildrop;
use super::{Session, command, replies};
use crate::access::{Event, Output};
use crate::store::{Deed, Desk, Done};

impl Session {
    /// The only way to UPDATE.
    pub(super) fn do_quit(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        command::nothing(arguments)?;
        let Some(maildrop) = self.maildrop.take() else {
            self.answer("+OK Bye");
            self.close(desk);
            return Some(());
        };
        self.flush();
        self.tell_state("UPDATE");
        let uids = maildrop.deleted();
        // What somebody else has removed meanwhile is gone, too, as was wanted.
        let gone = desk.store.remove(maildrop.mailbox, Maildrop::FOLDER, &uids);
        for message in &gone {
            let deed = Deed {
                mailbox: maildrop.mailbox,
                folder: Maildrop::FOLDER,
                uid: message.uid(),
                mail: message.letter().and_then(|letter| letter.mail),
                done: Done::Removed,
            };
            self.outputs.push_back(Output::Event(Event::Deed(deed)));
        }
        if !gone.is_empty() {
            self.outputs.push_back(Output::Event(Event::Changed));
        }
        desk.locks.release(maildrop.mailbox);
        let removed = match uids.len() {
            0 => String::new(),
            count => format!(", {} deleted", replies::messages(count as u64)),
        };
        self.answer(&format!("+OK Bye{removed}"));
        self.close(desk);
        Some(())
    }
}
