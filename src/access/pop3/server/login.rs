//! AUTHORIZATION: the greeting, and who comes in by POP3's own commands (RFC 1939 §4, §7).

use super::state::State;
use super::{Session, command, replies};
use crate::access::{Event, Output};
use crate::sasl::Refusal;
use crate::store::Desk;
use std::sync::Arc;

impl Session {
    /// RFC 1939 §7: where APOP is understood, the greeting has a timestamp in it. Behind STLS there is no other greeting (RFC 2595 §4).
    pub(super) fn greet(&mut self) {
        let timestamp = self.timestamp().map(|timestamp| format!(" {timestamp}")).unwrap_or_default();
        let text = self.server.config.greeting_text.replace(['\r', '\n'], " ");
        self.say(format!("+OK {text}{timestamp}").trim_end());
    }

    /// The timestamp of APOP: `<nonce@host>`.
    fn timestamp(&self) -> Option<String> {
        let nonce = self.logins.nonce.as_ref().filter(|_| self.server.config.apop)?;
        Some(format!("<{nonce}@{}>", self.server.door.name))
    }

    /// Whether somebody can log in now.
    pub(super) fn logins_are_open(&self) -> bool {
        self.sealed || self.server.door.plain_text_logins
    }

    pub(super) fn do_user(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        // RFC 6856 §2.2: what is no UTF-8 is refused. It is nobody's name, either.
        let name = arguments.filter(|name| !name.is_empty())?;
        if !self.logins_are_open() {
            self.blame(replies::NOT_IN_PLAIN_TEXT, desk);
            return Some(());
        }
        self.logins.user = Some(std::str::from_utf8(name).ok()?.to_owned());
        // RFC 1939 §13: who asks should not learn who has a maildrop.
        self.answer("+OK")
    }

    pub(super) fn do_pass(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        // RFC 1939 §7: only directly behind USER, and a space may be part of the password.
        let password = arguments?;
        let Some(user) = self.logins.user.take() else {
            self.blame(replies::USER_FIRST, desk);
            return Some(());
        };
        let accounts = self.server.door.accounts.clone();
        let checked = std::str::from_utf8(password).map_err(|_| Refusal::Unprepared);
        let checked = checked.and_then(|password| accounts.check(&user, password)).map(Arc::from);
        self.judged("USER", checked, desk);
        Some(())
    }

    pub(super) fn do_apop(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        // The name may have spaces in it, so the last one counts.
        let arguments = arguments?.trim_ascii_end();
        let at = memchr::memrchr(b' ', arguments)?;
        let (name, digest) = (&arguments[..at], &arguments[at + 1..]);
        if name.is_empty() || command::words(name).next().is_none() {
            return None;
        }
        let Some(timestamp) = self.timestamp() else {
            self.blame(replies::NO_APOP, desk);
            return Some(());
        };
        if !self.logins_are_open() {
            self.blame(replies::NOT_IN_PLAIN_TEXT, desk);
            return Some(());
        }
        let accounts = self.server.door.accounts.clone();
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Refusal::Unprepared);
        let checked = text(name).and_then(|name| accounts.check_apop(name, &timestamp, text(digest)?)).map(Arc::from);
        self.judged("APOP", checked, desk);
        Some(())
    }

    /// It is known whether somebody is who he says.
    pub(super) fn judged(&mut self, mechanism: &'static str, result: Result<Arc<str>, Refusal>, desk: &mut Desk<'_>) {
        self.logins.user = None;
        self.tell_login(mechanism, result.clone());
        match result {
            Ok(account) => {
                self.errors = 0;
                self.open(&account, desk);
            }
            Err(_) => {
                self.logins.failed += 1;
                self.say(replies::CREDENTIALS);
                if self.logins.failed >= self.server.door.max_failed_logins {
                    self.close(desk);
                }
            }
        }
    }

    pub(super) fn tell_login(&mut self, mechanism: &'static str, result: Result<Arc<str>, Refusal>) {
        self.flush();
        self.outputs.push_back(Output::Event(Event::Login { mechanism, result }));
    }

    pub(super) fn do_stls(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        command::nothing(arguments)?;
        if self.sealed {
            self.blame(replies::IS_SEALED, desk);
        } else if !self.offers_tls {
            self.blame(replies::NO_TLS, desk);
        } else if self.utf8 {
            self.blame(replies::TLS_BEHIND_UTF8, desk);
        } else {
            self.answer(replies::BEGIN_TLS);
            self.flush();
            // What came behind it came from nobody knows whom.
            self.outputs.push_back(Output::StartTls { discarded_bytes: self.backlog_bytes as u64 });
            self.backlog.clear();
            self.backlog_bytes = 0;
            self.enter(State::Securing);
        }
        Some(())
    }

    pub(super) fn do_utf8(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        command::nothing(arguments)?;
        if !self.server.config.utf8 {
            self.blame(replies::UNKNOWN, desk);
            return Some(());
        }
        self.utf8 = true;
        self.answer("+OK UTF8 enabled")
    }
}
