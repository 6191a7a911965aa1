//! From the greeting to the first request.

use imap_codec::imap_types::command::CommandBody;

use super::Session;
use super::capabilities::Capability;
use super::commands::{self, Body};
use super::config::StartTls;
use super::event::{Event, FailureKind};
use super::state::{Role, State};
use super::status::{Kind, Status};
use crate::access::Says;
use crate::sim::Instant;

impl Session {
    /// The server has spoken first (RFC 9051 §7.1).
    pub(super) fn greeted(&mut self, now: Instant, status: Status) {
        self.state = State::Resting;
        match status.kind {
            Kind::Ok => self.ask_offer(now),
            Kind::PreAuth if self.config.tls == StartTls::Required && !self.is_sealed => {
                // RFC 9051 §11.1: there is no STARTTLS any more, and who says PREAUTH may be anybody.
                self.fail(FailureKind::NoTls, status.text);
            }
            Kind::PreAuth => {
                self.is_logged_in = true;
                self.log_in_by_greeting();
                self.tell_state();
                self.ask_offer(now);
            }
            Kind::Bye => {
                self.fail(FailureKind::Bye, status.text);
            }
            Kind::No | Kind::Bad => {
                self.fail(FailureKind::NoGreeting, status.text);
            }
        }
    }

    /// Asks what the server offers, unless it has just said so.
    pub(super) fn ask_offer(&mut self, now: Instant) {
        if self.is_offer_fresh {
            return self.offered(now);
        }
        self.say(now, "CAPABILITY", Role::Capability, Body::Codec(CommandBody::Capability), Says::Lines);
    }

    /// It is known what the server offers.
    pub(super) fn offered(&mut self, now: Instant) {
        if self.is_logged_in {
            return self.introduce(now);
        }
        let seals = !self.is_sealed && !self.is_tls_refused && self.config.tls != StartTls::Never;
        if seals && self.offer.has(Capability::StartTls) {
            return self.say(now, "STARTTLS", Role::StartTls, Body::Codec(CommandBody::StartTLS), Says::Lines);
        }
        if seals && self.config.tls == StartTls::Required {
            self.tell_failure(FailureKind::NoTls, String::new());
            return self.say_logout(now);
        }
        self.log_in(now);
    }

    /// STARTTLS has been answered.
    pub(super) fn start_tls_answered(&mut self, now: Instant, status: Status) {
        if status.kind == Kind::Ok {
            self.state = State::Securing;
            self.stage = "starting TLS";
            self.deadline = Some(now + self.config.reply_timeout);
        } else if self.config.tls == StartTls::Required {
            self.tell_failure(FailureKind::NoTls, status.text);
            self.say_logout(now);
        } else {
            self.is_tls_refused = true;
            self.log_in(now);
        }
    }

    /// Says who the client is, where it wants to and the server asks.
    fn introduce(&mut self, now: Instant) {
        let name = self.config.identifies_as.clone().filter(|_| self.offer.has(Capability::Id));
        match name.and_then(|name| commands::id(&name)) {
            Some(body) => self.say(now, "ID", Role::Id, body, Says::Lines),
            None => self.enable(now),
        }
    }

    /// Enables what must be enabled.
    pub(super) fn enable(&mut self, now: Instant) {
        let wanted = self.config.uses_condstore && self.config.uses_qresync;
        let offered = self.offer.has(Capability::Enable) && self.offer.has(Capability::QResync);
        match commands::enable_qresync().filter(|_| wanted && offered) {
            Some(body) => self.say(now, "ENABLE", Role::Enable, body, Says::Lines),
            None => self.ready(now),
        }
    }

    /// Requests may be worked off.
    pub(super) fn ready(&mut self, now: Instant) {
        self.state = State::Resting;
        self.deadline = None;
        let by = self.log_in.by();
        self.event(Event::Ready { by, offer: self.offer });
        self.work(now);
    }

    /// Takes leave (RFC 9051 §6.1.3).
    pub(super) fn say_logout(&mut self, now: Instant) {
        self.say(now, "LOGOUT", Role::Logout, Body::Codec(CommandBody::Logout), Says::Lines);
        self.tell_state();
    }
}
