//! Logging in (RFC 4954).

use std::sync::Arc;

use super::replies::{self, Fixed};
use super::state::{Event, State, Tls};
use super::{Framed, Session, limits};
use crate::sasl::line::MAX_LINE_OCTETS;
use crate::sasl::{Accounts, Mechanism, Nonce, Refusal, Secret, Server as Exchange, Step};
use crate::smtp::extension::{Extension, Offer};

impl Session {
    /// What EHLO offers now.
    pub(super) fn offer(&self) -> Offer {
        let mut offer = self.server.config.offer;
        if self.tls != Tls::Offered {
            offer = offer.without(Extension::StartTls);
        }
        // RFC 8689 §4.1: offered over TLS only.
        if self.tls != Tls::Sealed {
            offer = offer.without(Extension::RequireTls);
        }
        // RFC 4954 §4: no mechanism that is not permitted now is offered.
        if !self.logins_are_open() {
            offer = offer.without(Extension::Auth);
        }
        offer
    }

    /// Whether somebody can log in now.
    fn logins_are_open(&self) -> bool {
        self.logins.is_some() && (self.tls == Tls::Sealed || self.server.config.plain_text_logins)
    }

    /// Whether AUTH may be said now. It has been offered, before or after TLS.
    pub(super) fn may_log_in(&self) -> Result<(), Fixed> {
        if !self.esmtp {
            return Err(self.hello_first());
        }
        if self.identity().is_some() {
            return Err(replies::LOGGED_IN);
        }
        if matches!(self.state, State::AwaitRcpt(_)) {
            return Err(replies::AUTH_IN_TRANSACTION);
        }
        if self.logins_are_open() { Ok(()) } else { Err(replies::ENCRYPTION_REQUIRED) }
    }

    pub(super) fn do_auth(&mut self, name: &str, initial: Option<&Secret>) {
        let offered = self.server.config.mechanisms;
        let mechanism = match name.parse::<Mechanism>() {
            Ok(mechanism) if offered.has(mechanism) => mechanism,
            // RFC 4954 §6: 534 is for a mechanism that is weaker than what is asked for.
            Ok(mechanism) if offered.iter().all(|better| better < mechanism) => {
                return self.blame(replies::TOO_WEAK);
            }
            _ => return self.blame(replies::UNKNOWN_MECHANISM),
        };
        let server = self.server.clone();
        let (Some(logins), Some(accounts)) = (&mut self.logins, &server.accounts) else { return };
        logins.exchanges += 1;
        // Each exchange has a nonce of its own (RFC 5802 §5.1, RFC 2195 §2).
        let text = format!("{}.{}", logins.nonce, logins.exchanges);
        let nonce = Nonce::from_text(&text).unwrap_or_else(|| logins.nonce.clone());
        let mut exchange = Exchange::new(mechanism, nonce, server.name.to_string());
        let step = exchange.begin_line(accounts, initial.map(|secret| secret.reveal().as_bytes()));
        logins.exchange = Some(exchange);
        self.step(step);
    }

    /// What came is an answer to a challenge.
    pub(super) fn take_response(&mut self, framed: &Framed) {
        let server = self.server.clone();
        let (Some(logins), Some(accounts)) = (&mut self.logins, &server.accounts) else { return };
        let Some(exchange) = &mut logins.exchange else { return };
        let step = match framed {
            Framed::Line(line) => exchange.accept_line(accounts, line),
            Framed::TooLong => Step::Failed { reason: Refusal::TooLong },
            Framed::BareNewline(_) => Step::Failed { reason: Refusal::Garbled },
        };
        self.step(step);
        self.flush();
    }

    fn step(&mut self, step: Step) {
        if let Some(challenge) = step.challenge_line() {
            let out = self.outbox.writer();
            for part in ["334 ", &challenge, "\r\n"] {
                out.extend_from_slice(part.as_bytes());
            }
            if !matches!(self.state, State::Authenticating) {
                self.framer.limit_to(MAX_LINE_OCTETS + 2);
                self.enter(State::Authenticating);
            }
            return;
        }
        if matches!(self.state, State::Authenticating) {
            self.framer.limit_to(limits::LONGEST_COMMAND_LINE);
            self.enter(if self.helo.is_some() { State::AwaitMail } else { State::AwaitHelo });
        }
        let mechanism = self.logins.as_mut().and_then(|logins| logins.exchange.take()).map(|e| e.mechanism());
        match step {
            Step::Challenge(_) => {}
            Step::Done { identity } => {
                let identity: Arc<str> = identity.into();
                self.note_login(mechanism, Ok(identity.clone()));
                if let Some(logins) = &mut self.logins {
                    logins.identity = Some(identity);
                }
                self.say(replies::WELCOME);
            }
            Step::Failed { reason } => {
                self.note_login(mechanism, Err(reason));
                self.login_failed(reason);
            }
        }
    }

    fn note_login(&mut self, mechanism: Option<Mechanism>, result: Result<Arc<str>, Refusal>) {
        if let Some(mechanism) = mechanism.filter(|_| self.observed) {
            self.outputs.push_back(super::Output::Event(Event::Login { mechanism, result }));
        }
    }

    /// RFC 4954 §4, §6. What is wrong with the credentials is not said (§9).
    fn login_failed(&mut self, reason: Refusal) {
        if reason.is_protocol_error() {
            return self.blame(match reason {
                Refusal::Cancelled => replies::AUTH_CANCELLED,
                Refusal::TooLong => replies::AUTH_TOO_LONG,
                Refusal::UnexpectedInitial => replies::AUTH_UNEXPECTED_INITIAL,
                Refusal::Garbled => replies::AUTH_GARBLED,
                _ => replies::AUTH_MALFORMED,
            });
        }
        let failed = self.logins.as_mut().map_or(0, |logins| {
            logins.failed += 1;
            logins.failed
        });
        self.say(replies::CREDENTIALS);
        if failed >= self.server.config.max_failed_logins {
            self.shut_down("4.7.0", "too many failed logins, closing transmission channel");
        }
    }
}

impl super::Server {
    /// Lets these people log in, where the settings offer a mechanism.
    #[must_use]
    pub fn with_accounts(mut self, accounts: Option<Arc<Accounts>>) -> super::Server {
        self.accounts = accounts.filter(|_| !self.config.mechanisms.is_empty());
        self
    }

    /// Whether there is anybody who could log in.
    #[must_use]
    pub fn has_accounts(&self) -> bool {
        self.accounts.is_some() && self.config.offer.has(Extension::Auth)
    }
}
