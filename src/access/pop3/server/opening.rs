//! The way from AUTHORIZATION to TRANSACTION (RFC 1939 §4).

use super::maildrop::Maildrop;
use super::state::State;
use super::{Session, replies};
use crate::store::Desk;

impl Session {
    /// Takes the lock and opens the maildrop of an account; where that fails, somebody else may log in.
    pub(super) fn open(&mut self, account: &str, desk: &mut Desk<'_>) {
        let Some(mailbox) = self.server.door.mailbox_of(account) else { return self.say(replies::NO_MAILDROP) };
        if !desk.store.keeps_letters() {
            return self.say(replies::NOTHING_KEPT);
        }
        if !desk.locks.take(mailbox) {
            return self.say(replies::IN_USE);
        }
        let maildrop = Maildrop::of(desk.store, mailbox);
        let (count, bytes) = maildrop.count();
        self.maildrop = Some(maildrop);
        self.say(&format!("+OK Maildrop has {} ({bytes} octets)", replies::messages(count)));
        self.enter(State::Transaction);
    }
}
