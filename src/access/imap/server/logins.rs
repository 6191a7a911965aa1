//! What is offered, and logging in (RFC 9051 §6.1.1, §6.2; RFC 4959, RFC 5161).

use std::sync::Arc;

use super::Session;
use super::extension::Extension;
use super::intake::Line;
use super::jobs::Telling;
use super::state::{State, Tls};
use crate::access::{Event, Output};
use crate::sasl::{Mechanism, Mechanisms, Nonce, Refusal, Server as Exchange, Step};
use crate::sim::Instant;
use crate::store::Desk;

/// What is worth knowing before a login, as far as it is offered; all of it is told behind one, as Dovecot does.
const BEFORE_LOGIN: [Extension; 7] = [
    Extension::Rev2,
    Extension::SaslIr,
    Extension::LiteralPlus,
    Extension::LiteralMinus,
    Extension::Id,
    Extension::Enable,
    Extension::Idle,
];

impl Session {
    /// What the server can do now, behind CAPABILITY.
    pub(super) fn capabilities(&self) -> String {
        let has_logged_in = self.state.mailbox().is_some();
        let mut text = String::from("IMAP4rev1");
        for extension in self.server.offer().iter().filter(|one| has_logged_in || BEFORE_LOGIN.contains(one)) {
            text.push(' ');
            text.push_str(extension.name());
            match extension {
                Extension::Quota => text.push_str(" QUOTA=RES-STORAGE"),
                Extension::AppendLimit => text.push_str(&format!("={}", self.server.config.max_append_bytes)),
                _ => {}
            }
        }
        if has_logged_in {
            return text;
        }
        if self.tls == Tls::Offered {
            text.push_str(" STARTTLS");
        }
        if !self.logins_are_open() {
            text.push_str(" LOGINDISABLED");
        }
        for mechanism in self.mechanisms().iter() {
            text.push_str(" AUTH=");
            text.push_str(mechanism.name());
        }
        text
    }

    /// Whether somebody can log in now.
    fn logins_are_open(&self) -> bool {
        self.tls == Tls::Sealed || self.server.door.plain_text_logins
    }

    fn mechanisms(&self) -> Mechanisms {
        if !self.logins_are_open() {
            return Mechanisms::NONE;
        }
        let needs_nonce = |one: &Mechanism| matches!(one, Mechanism::ScramSha256 | Mechanism::CramMd5);
        let has_nonce = self.logins.nonce.is_some();
        self.server.door.mechanisms.iter().filter(|one| has_nonce || !needs_nonce(one)).collect()
    }

    /// STARTTLS (§6.2.1). What came behind it came from who knows whom.
    pub(super) fn start_tls(&mut self, tag: &str) {
        match self.tls {
            Tls::None => self.blame(tag, "TLS support isn't enabled."),
            Tls::Sealed => self.blame(tag, "TLS is already active."),
            Tls::Offered => {
                self.reply(tag, "OK Begin TLS negotiation now.");
                self.flush();
                let discarded_bytes = self.forget_input();
                self.enter(State::Securing);
                self.deadline = None;
                self.outputs.push_back(Output::StartTls { discarded_bytes });
            }
        }
    }

    /// LOGIN (§6.2.3).
    pub(super) fn login(&mut self, tag: &str, user: &[u8], password: &[u8], now: Instant) {
        if !self.logins_are_open() {
            return self.reply(tag, NOT_SEALED);
        }
        let server = self.server.clone();
        let text = |octets| std::str::from_utf8(octets).map_err(|_| Refusal::Unprepared);
        let result = text(user).and_then(|user| server.door.accounts.check(user, text(password)?));
        self.judge(tag, "LOGIN", result.map(str::to_owned), now);
    }

    /// AUTHENTICATE (§6.2.2).
    pub(super) fn authenticate(&mut self, tag: &str, mechanism: &str, initial: Option<&[u8]>, now: Instant) {
        if !self.logins_are_open() {
            return self.reply(tag, NOT_SEALED);
        }
        if initial.is_some() && !self.server.offers(Extension::SaslIr) {
            return self.blame(tag, "Error in IMAP command AUTHENTICATE: Invalid arguments.");
        }
        let known = mechanism.parse().ok().filter(|mechanism| self.mechanisms().has(*mechanism));
        let Some(mechanism) = known else {
            return self.reply(tag, "NO Unsupported authentication mechanism.");
        };
        self.logins.exchanges += 1;
        // Each exchange has a nonce of its own (RFC 5802 §5.1, RFC 2195 §2).
        let nonce = self.logins.nonce.as_ref().map_or("", Nonce::as_str);
        let nonce = Nonce::from_text(&format!("{nonce}.{}", self.logins.exchanges));
        let nonce = nonce.unwrap_or_else(|| Nonce::from_bytes(&self.logins.exchanges.to_be_bytes()));
        let server = self.server.clone();
        let mut exchange = Exchange::new(mechanism, nonce, server.door.name.to_string());
        let step = exchange.begin_line(&server.door.accounts, initial);
        self.logins.exchange = Some((tag.to_owned(), exchange));
        self.step(tag, step, now);
    }

    /// What came is an answer to a challenge.
    pub(super) fn take_response(&mut self, tag: &str, line: &Line, now: Instant) {
        let server = self.server.clone();
        let Some((_, exchange)) = &mut self.logins.exchange else { return };
        let step = match line.is_too_long {
            true => Step::Failed { reason: Refusal::TooLong },
            false => exchange.accept_line(&server.door.accounts, &line.text),
        };
        self.step(tag, step, now);
    }

    fn step(&mut self, tag: &str, step: Step, now: Instant) {
        if let Some(challenge) = step.challenge_line() {
            return self.reply("+", &challenge);
        }
        let Some((_, exchange)) = self.logins.exchange.take() else { return };
        let result = match step {
            Step::Challenge(_) => return,
            Step::Done { identity } => Ok(identity),
            Step::Failed { reason } => Err(reason),
        };
        self.judge(tag, exchange.mechanism().name(), result, now);
    }

    /// Lets somebody in, or not. What is wrong with name and password is not said.
    fn judge(&mut self, tag: &str, mechanism: &'static str, result: Result<String, Refusal>, now: Instant) {
        let account = result.map(Arc::<str>::from);
        let mailbox = account.as_ref().ok().and_then(|account| self.server.door.mailbox_of(account));
        let result =
            account.and_then(|account| if mailbox.is_some() { Ok(account) } else { Err(Refusal::NotPermitted) });
        self.outputs.push_back(Output::Event(Event::Login { mechanism, result: result.clone() }));
        match (result, mailbox) {
            (Ok(_), Some(mailbox)) => {
                self.mailbox = Some(mailbox);
                self.enter(State::Authenticated(mailbox));
                self.await_input(now);
                let text = format!("OK [CAPABILITY {}] Logged in", self.capabilities());
                self.reply(tag, &text);
            }
            (Err(Refusal::Cancelled), _) => self.blame(tag, "Authentication aborted by client."),
            (Err(reason), _) if reason.is_protocol_error() => self.blame(tag, "Invalid authentication data."),
            (Err(reason), _) => {
                self.logins.failed = self.logins.failed.saturating_add(1);
                self.reply(
                    tag,
                    match reason {
                        Refusal::NotPermitted => "NO [AUTHORIZATIONFAILED] Authorization failed.",
                        _ => "NO [AUTHENTICATIONFAILED] Authentication failed.",
                    },
                );
                if self.logins.failed >= self.server.door.max_failed_logins {
                    self.bye("Too many failed logins.");
                }
            }
            (Ok(_), None) => {}
        }
    }

    /// ENABLE (RFC 5161). What is not known is passed over.
    pub(super) fn enable(&mut self, tag: &str, names: &[String], desk: &mut Desk<'_>) {
        let mut told = String::from("ENABLED");
        for name in names {
            let wanted = [Extension::CondStore, Extension::Rev2, Extension::Utf8Accept].into_iter();
            let known = wanted.filter(|one| self.server.offers(*one)).find(|one| one.name().eq_ignore_ascii_case(name));
            let is_new = match known {
                Some(Extension::CondStore) => !std::mem::replace(&mut self.enabled.condstore, true),
                Some(Extension::Rev2) => !std::mem::replace(&mut self.enabled.rev2, true),
                Some(_) => !std::mem::replace(&mut self.enabled.utf8, true),
                None => false,
            };
            if let Some(known) = known.filter(|_| is_new) {
                told.push(' ');
                told.push_str(known.name());
                if known == Extension::CondStore {
                    self.tell_modseq(desk);
                }
            }
        }
        self.say(&told);
        self.complete(tag, Telling::ALL, "OK Enabled.");
    }

    /// A command was said that only who knows numbers of changes says (RFC 7162 §3.1): from now on they are told.
    pub(super) fn use_condstore(&mut self, desk: &mut Desk<'_>) {
        if !std::mem::replace(&mut self.enabled.condstore, true) {
            self.tell_modseq(desk);
        }
    }

    fn tell_modseq(&mut self, desk: &mut Desk<'_>) {
        let State::Selected(mailbox, selected) = &self.state else { return };
        if let Some(folder) = desk.store.mailbox(*mailbox).folder(selected.folder) {
            self.say(&format!("OK [HIGHESTMODSEQ {}] Highest", folder.modseq()));
        }
    }
}

/// RFC 9051 §6.2.3, RFC 5530 §3.
const NOT_SEALED: &str =
    "NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.";
