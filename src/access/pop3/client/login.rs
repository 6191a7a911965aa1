//! From the greeting to the maildrop: CAPA, STLS, and the best way to log in.

use super::config::{Reason, StartTls};
use super::reply::{self, Status};
use super::state::{Awaited, Capabilities, Stage};
use super::{LONGEST_LINE, Output, Session};
use crate::octets::Chunk;
use crate::sasl::line::MAX_LINE_OCTETS;
use crate::sasl::{Client as Exchange, Login, Mechanism};

/// The longest command, its CRLF included (RFC 2449 §4).
const LONGEST_COMMAND: usize = 255;

impl Session {
    pub(super) fn greeted(&mut self, status: Status<'_>) {
        match status {
            Status::Ok(text) => {
                self.timestamp = reply::timestamp(text).map(str::to_owned);
                self.ask_capabilities();
            }
            Status::Err(text) | Status::Challenge(text) => {
                self.give_up(Reason::Refused, format!("the server refuses: {}", reply::shown(text)));
            }
        }
    }

    pub(super) fn ask_capabilities(&mut self) {
        self.capabilities = Capabilities::default();
        self.say("CAPA", Awaited::Capa);
    }

    /// The server does not know CAPA (RFC 2449 §5).
    pub(super) fn without_capabilities(&mut self) {
        self.seal_or_log_in();
    }

    pub(super) fn capabilities_known(&mut self) {
        self.capabilities.known = true;
        self.seal_or_log_in();
    }

    fn seal_or_log_in(&mut self) {
        let wants = self.config.tls;
        if self.sealed || wants == StartTls::Never {
            self.prepare_login();
        } else if self.capabilities.stls {
            self.say("STLS", Awaited::Stls);
        } else if wants == StartTls::Required {
            self.give_up(Reason::NoTls, "TLS is required, and the server does not offer it".into());
        } else {
            self.prepare_login();
        }
    }

    pub(super) fn stls_replied(&mut self, status: Status<'_>, behind: &Chunk) {
        match status {
            Status::Ok(_) => {
                self.stage = Stage::Securing;
                self.outputs.push_back(Output::StartTls { discarded_bytes: behind.len() as u64 });
            }
            Status::Err(text) | Status::Challenge(text) if self.config.tls == StartTls::Required => {
                self.give_up(Reason::NoTls, format!("TLS is required, and the server says: {}", reply::shown(text)));
            }
            _ => self.prepare_login(),
        }
    }

    /// RFC 6856 §2.1: UTF8 is said before a login, and never before STLS.
    fn prepare_login(&mut self) {
        if self.config.utf8 && self.capabilities.utf8 && !self.asked_utf8 {
            self.asked_utf8 = true;
            self.say("UTF8", Awaited::Utf8);
        } else {
            self.log_in();
        }
    }

    /// Chooses a way to log in. One that shows the password is taken only where others cannot read it, or that is no matter; where
    /// they can, any other way is better.
    pub(super) fn log_in(&mut self) {
        let open = self.sealed || self.config.plain_text_logins;
        let offered = self.capabilities.sasl.and(self.config.mechanisms);
        let timestamp = self.timestamp.clone().filter(|_| self.config.apop);
        let has_user = self.capabilities.user || !self.capabilities.known;
        // What hides the password where it must be hidden, and whatever there is where it need not.
        let best = Mechanism::choose(offered.iter(), self.sealed);
        let last = Mechanism::choose(offered.iter(), open).filter(|_| timestamp.is_none());
        if let Some(mechanism) = best.or(last) {
            if self.prepare() {
                self.authenticate(mechanism);
            }
        } else if let Some(timestamp) = timestamp {
            if self.prepare() {
                self.say_apop(&timestamp);
            }
        } else if has_user && open {
            self.say_user();
        } else if has_user || !offered.is_empty() {
            let text = "the connection is not sealed, and the server takes no login that hides the password";
            self.give_up(Reason::NotLoggedIn, text.into());
        } else {
            self.give_up(Reason::NotLoggedIn, "the server offers no way to log in that is known here".into());
        }
    }

    /// Prepares name and password (RFC 4013). Whether they can be used.
    fn prepare(&mut self) -> bool {
        match Login::new(&self.user, &self.password) {
            Ok(login) => self.login = Some(login),
            Err(error) => self.give_up(Reason::NotLoggedIn, error.to_string()),
        }
        self.login.is_some()
    }

    fn say_apop(&mut self, timestamp: &str) {
        let Some(login) = &self.login else { return };
        let line = format!("APOP {} {}", login.user(), login.apop_digest(timestamp));
        if let Some(why) = self.unsayable(&line) {
            return self.give_up(Reason::NotLoggedIn, why.into());
        }
        self.say_secret(&line);
        self.awaited.push_back(Awaited::Apop);
    }

    fn say_user(&mut self) {
        let (user, pass) = (format!("USER {}", self.user), format!("PASS {}", self.password.reveal()));
        if let Some(why) = self.unsayable(&user).or_else(|| self.unsayable(&pass)) {
            return self.give_up(Reason::NotLoggedIn, why.into());
        }
        self.say(&user, Awaited::User);
    }

    /// Why a line with a name or a password in it cannot be said.
    fn unsayable(&self, line: &str) -> Option<&'static str> {
        if line.len() + 2 > LONGEST_COMMAND {
            Some("name or password is too long for POP3")
        } else if line.chars().any(char::is_control) {
            Some("name or password has control characters")
        } else if !line.is_ascii() && !self.capabilities.utf8_user {
            // RFC 6856 §2.2.
            Some("name or password is not ASCII, and the server knows nothing else")
        } else {
            None
        }
    }

    pub(super) fn user_replied(&mut self, status: Status<'_>) {
        match status {
            Status::Ok(_) => {
                self.say_secret(&format!("PASS {}", self.password.reveal()));
                self.awaited.push_back(Awaited::Pass);
            }
            _ => self.login_replied(Awaited::User, status),
        }
    }

    fn authenticate(&mut self, mechanism: Mechanism) {
        let Some(login) = self.login.clone() else { return };
        let mut exchange = match Exchange::new(mechanism, login, self.nonce.clone()) {
            Ok(exchange) => exchange,
            Err(error) => return self.give_up(Reason::NotLoggedIn, error.to_string()),
        };
        self.framer.limit_to(MAX_LINE_OCTETS + 4);
        // RFC 5034 §4: an initial response for which the command has no room is the answer to an empty challenge.
        let mut ahead = exchange.clone();
        let command = ahead.initial_response().map(|response| format!("AUTH {mechanism} {}", response.initial()));
        if let Some(command) = command.filter(|command| command.len() + 2 <= LONGEST_COMMAND) {
            exchange = ahead;
            self.say_secret(&command);
            self.awaited.push_back(Awaited::Auth);
        } else {
            self.say(&format!("AUTH {mechanism}"), Awaited::Auth);
        }
        self.exchange = Some(exchange);
    }

    /// The server wants to know more.
    pub(super) fn challenged(&mut self, text: &[u8]) {
        let response = self.exchange.as_mut().filter(|_| self.gave_up.is_none()).map(|e| e.respond_line(text));
        match response {
            Some(Ok(response)) => self.say_secret(&response.line()),
            Some(Err(error)) => {
                self.gave_up = Some(error.to_string());
                self.said.extend_from_slice(b"*\r\n");
            }
            None => self.fail(Reason::Nonsense, "the server goes on with a login that was cancelled".into()),
        }
    }

    /// The response to the last word of a login.
    pub(super) fn login_replied(&mut self, awaited: Awaited, status: Status<'_>) {
        self.framer.limit_to(LONGEST_LINE);
        let exchange = self.exchange.take();
        if let Some(why) = self.gave_up.take() {
            return self.give_up(Reason::NotLoggedIn, why);
        }
        match status {
            Status::Ok(_) => match exchange.filter(|_| awaited == Awaited::Auth).map(|e| e.finish()) {
                Some(Err(error)) => self.fail(Reason::NotLoggedIn, error.to_string()),
                _ => {
                    self.logged_in = true;
                    self.ask_lists();
                }
            },
            Status::Err(text) | Status::Challenge(text) => {
                let in_use = reply::has_code(text, "IN-USE");
                let reason = if in_use { Reason::InUse } else { Reason::NotLoggedIn };
                self.give_up(reason, format!("the server refuses the login: {}", reply::shown(text)));
            }
        }
    }
}
