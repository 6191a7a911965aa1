//! AUTH (RFC 5034).

use super::state::State;
use super::{LONGEST_COMMAND, Session, command, replies};
use crate::sasl::line::MAX_LINE_OCTETS;
use crate::sasl::{Mechanism, Nonce, Refusal, Server as Exchange, Step};
use crate::smtp::framing::Framed;
use crate::store::Desk;

impl Session {
    /// The mechanisms that can be used now. Those that prove without showing the password need a nonce.
    pub(super) fn mechanisms(&self) -> impl Iterator<Item = Mechanism> + use<> {
        let (open, nonce) = (self.logins_are_open(), self.logins.nonce.is_some());
        let offered = self.server.door.mechanisms;
        Mechanism::ALL
            .into_iter()
            .filter(move |mechanism| open && offered.has(*mechanism) && (nonce || mechanism.reveals_password()))
    }

    pub(super) fn do_auth(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        let mut words = command::words(arguments.unwrap_or_default());
        let (name, initial) = (words.next(), words.next());
        if words.next().is_some() {
            return None;
        }
        if !self.logins_are_open() {
            self.blame(replies::NOT_IN_PLAIN_TEXT, desk);
            return Some(());
        }
        let Some(name) = name else {
            // No RFC has this, and old clients ask it. So does Dovecot answer.
            let names: String = self.mechanisms().map(|mechanism| format!("{mechanism}\r\n")).collect();
            return self.answer(&format!("+OK\r\n{names}."));
        };
        let mechanism = std::str::from_utf8(name).ok().and_then(|name| name.parse::<Mechanism>().ok());
        let Some(mechanism) = mechanism.filter(|mechanism| self.mechanisms().any(|offered| offered == *mechanism))
        else {
            self.blame(replies::NO_MECHANISM, desk);
            return Some(());
        };
        let server = self.server.clone();
        self.logins.user = None;
        self.logins.exchanges += 1;
        let mut exchange = Exchange::new(mechanism, self.next_nonce(), server.door.name.to_string());
        let step = exchange.begin_line(&server.door.accounts, initial);
        self.logins.exchange = Some(exchange);
        self.step(step, desk);
        Some(())
    }

    /// Each exchange has a nonce of its own (RFC 5802 §5.1, RFC 2195 §2). Mechanisms that need none do without.
    fn next_nonce(&self) -> Nonce {
        let nonce = self.logins.nonce.as_ref().map_or("none", Nonce::as_str);
        Nonce::from_text(&format!("{nonce}.{}", self.logins.exchanges)).expect("a nonce with a number is one")
    }

    /// What came is an answer to a challenge.
    pub(super) fn take_response(&mut self, framed: &Framed, desk: &mut Desk<'_>) {
        let server = self.server.clone();
        let Some(exchange) = &mut self.logins.exchange else { return };
        let step = match framed {
            Framed::Line(line) => exchange.accept_line(&server.door.accounts, line),
            Framed::TooLong => Step::Failed { reason: Refusal::TooLong },
            Framed::BareNewline(_) => Step::Failed { reason: Refusal::Garbled },
        };
        self.step(step, desk);
    }

    fn step(&mut self, step: Step, desk: &mut Desk<'_>) {
        if let Some(challenge) = step.challenge_line() {
            self.say(&format!("+ {challenge}"));
            if self.state != State::Authenticating {
                self.framer.limit_to(MAX_LINE_OCTETS + 2);
                self.enter(State::Authenticating);
            }
            return;
        }
        if self.state == State::Authenticating {
            self.framer.limit_to(LONGEST_COMMAND);
            self.enter(State::Authorization);
        }
        let Some(mechanism) = self.logins.exchange.take().map(|exchange| exchange.mechanism().name()) else { return };
        match step {
            Step::Challenge(_) => {}
            Step::Done { identity } => self.judged(mechanism, Ok(identity.into()), desk),
            Step::Failed { reason } if !reason.is_protocol_error() => self.judged(mechanism, Err(reason), desk),
            Step::Failed { reason } => {
                self.tell_login(mechanism, Err(reason));
                let text = match reason {
                    Refusal::Cancelled => replies::CANCELLED,
                    Refusal::TooLong => replies::RESPONSE_TOO_LONG,
                    Refusal::UnexpectedInitial => replies::UNEXPECTED_INITIAL,
                    Refusal::Garbled => replies::GARBLED,
                    _ => replies::MALFORMED,
                };
                self.blame(text, desk);
            }
        }
    }
}
