//! Logging in (RFC 9051 §6.2.2, §6.2.3), once the connection is as well sealed as it is going to be.

use super::Session;
use super::capabilities::Capability;
use super::commands;
use super::event::{FailureKind, NoLogin, Output};
use super::proof::LogIn;
use super::state::Role;
use super::status::{Kind, Status};
use crate::access::Says;
use crate::octets::Chunk;
use crate::sasl::line::CANCEL;
use crate::sasl::{Client as Exchange, Mechanism};
use crate::sim::Instant;

impl Session {
    /// The server knows already who the client is.
    pub(super) fn log_in_by_greeting(&mut self) {
        self.log_in.by_greeting = true;
    }

    /// Nothing more is going to be sealed: logs in by the best way that there is.
    pub(super) fn log_in(&mut self, now: Instant) {
        let LogIn { login, password, nonce, .. } = &self.log_in;
        let may_show = self.is_sealed || self.config.plain_text_logins;
        let offered = self.offer.mechanisms.and(self.config.mechanisms);
        // What cannot say whom to act as is no choice for who acts as somebody else.
        let able = offered.iter().filter(|m| login.authzid().is_empty() || m.carries_authzid());
        let exchange = Mechanism::choose(able, may_show)
            .and_then(|mechanism| Exchange::new(mechanism, login.clone(), nonce.clone()).ok());
        self.is_offer_fresh = false;
        if let Some(mut exchange) = exchange {
            let name = exchange.mechanism().name();
            let initial = if self.offer.has(Capability::SaslIr) { exchange.initial_response() } else { None };
            if let Some(body) = commands::authenticate(name, initial.as_ref().map(|response| response.octets())) {
                self.log_in.exchange = Some(exchange);
                return self.say(now, "AUTHENTICATE", Role::LogIn, body, Says::Secret);
            }
        }
        let may_login = self.config.mechanisms.iter().any(Mechanism::reveals_password)
            && !self.offer.has(Capability::LoginDisabled)
            && login.authzid().is_empty();
        match commands::login(login.user(), password.reveal()).filter(|_| may_login && may_show) {
            Some(body) => self.say(now, "LOGIN", Role::LogIn, body, Says::Secret),
            None => self.not_logged_in(now, NoLogin::NotOffered { in_plain_text: !may_show }, String::new()),
        }
    }

    /// The server has a question (RFC 9051 §6.2.2).
    pub(super) fn challenged(&mut self, challenge: &[u8]) {
        let Some(exchange) = &mut self.log_in.exchange else { return };
        let (line, says) = match exchange.respond_line(challenge) {
            Ok(response) => (response.line() + "\r\n", Says::Secret),
            Err(error) => {
                self.log_in.gave_up = Some(error);
                (format!("{CANCEL}\r\n"), Says::Lines)
            }
        };
        self.outputs.push_back(Output::Send { data: Chunk::from(line), about: None, says });
    }

    /// The server has decided.
    pub(super) fn log_in_ended(&mut self, now: Instant, status: Status) {
        if let Some(error) = self.log_in.gave_up.take() {
            return self.not_logged_in(now, NoLogin::GaveUp(error), status.text);
        }
        if status.kind != Kind::Ok {
            return self.not_logged_in(now, NoLogin::Refused, status.text);
        }
        match self.log_in.exchange.as_ref().map_or(Ok(()), Exchange::finish) {
            Ok(()) => {
                self.is_logged_in = true;
                self.tell_state();
                self.ask_offer(now);
            }
            Err(error) => self.not_logged_in(now, NoLogin::GaveUp(error), status.text),
        }
    }

    /// Nothing is asked by somebody else than the one who should.
    fn not_logged_in(&mut self, now: Instant, why: NoLogin, text: String) {
        self.tell_failure(FailureKind::NotLoggedIn(why), text);
        self.say_logout(now);
    }
}
