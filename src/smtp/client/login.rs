//! Logging in (RFC 4954), once the connection is as well sealed as it is going to be.

use super::config::{NoLogin, Reason};
use super::credentials::LogIn;
use super::{Awaited, Output, Session};
use crate::octets::Chunk;
use crate::sasl::line::CANCEL;
use crate::sasl::{Client as Exchange, Login, Mechanism, Nonce};
use crate::sim::Instant;
use crate::smtp::limits;
use crate::smtp::reply::{Class, Reply};

impl Session {
    /// Logs in before anything is handed over. Only SCRAM uses the nonce, which no other session may have. Call it before
    /// [`start`](Session::start).
    pub fn log_in_with(&mut self, login: Login, nonce: Nonce) {
        self.login = Some(Box::new(LogIn { login, nonce, exchange: None, gave_up: None }));
    }

    /// Nothing more is going to be sealed: logs in, or is ready where nobody has to.
    pub(super) fn log_in(&mut self, now: Instant) {
        let Some(log_in) = &mut self.login else { return self.ready() };
        let offered = self.extensions.mechanisms.and(self.config.mechanisms);
        // What cannot say whom to act as is no choice for who acts as somebody else.
        let able = offered.iter().filter(|m| log_in.login.authzid().is_empty() || m.carries_authzid());
        let may_show = self.sealed || self.config.plain_text_logins;
        let exchange = Mechanism::choose(able, may_show)
            .and_then(|mechanism| Exchange::new(mechanism, log_in.login.clone(), log_in.nonce.clone()).ok());
        let Some(mut exchange) = exchange else {
            return self.not_logged_in(now, NoLogin::NotOffered { in_plain_text: !may_show });
        };
        let name = exchange.mechanism().name();
        // RFC 4954 §4: an initial response that does not fit into a command line waits for the empty challenge.
        let fits = |line: &String| "AUTH  \r\n".len() + name.len() + line.len() <= limits::COMMAND_LINE;
        let mut early = exchange.clone();
        let command = match early.initial_response().map(|response| response.initial()).filter(fits) {
            Some(initial) => {
                exchange = early;
                format!("AUTH {name} {initial}\r\n")
            }
            None => format!("AUTH {name}\r\n"),
        };
        log_in.exchange = Some(exchange);
        self.outputs.push_back(Output::Secret(Chunk::from(command)));
        self.await_reply(now, Awaited::Auth);
    }

    pub(super) fn auth_replied(&mut self, now: Instant, reply: Reply) {
        let Some(log_in) = &mut self.login else { return };
        if let Some(error) = log_in.gave_up.take() {
            return self.not_logged_in(now, NoLogin::GaveUp(error));
        }
        let Some(exchange) = &mut log_in.exchange else { return };
        match reply.class() {
            Class::Intermediate => match exchange.respond_line(reply.text()) {
                Ok(response) => {
                    self.outputs.push_back(Output::Secret(Chunk::from(response.line() + "\r\n")));
                    self.await_reply(now, Awaited::Auth);
                }
                Err(error) => {
                    log_in.gave_up = Some(error);
                    self.outputs.push_back(Output::Send(Chunk::from(format!("{CANCEL}\r\n"))));
                    self.await_reply(now, Awaited::Auth);
                }
            },
            Class::Completion => match exchange.finish() {
                Ok(()) => self.ready(),
                Err(error) => self.not_logged_in(now, NoLogin::GaveUp(error)),
            },
            Class::Transient | Class::Permanent => self.not_logged_in(now, NoLogin::Refused(reply)),
        }
    }

    /// Nothing is handed over by somebody else than the one who should.
    fn not_logged_in(&mut self, now: Instant, why: NoLogin) {
        self.report_failure(Reason::NotLoggedIn(why));
        self.say_quit(now);
    }
}
