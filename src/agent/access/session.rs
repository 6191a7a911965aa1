//! A session, whichever its protocol.

use std::sync::Arc;

use crate::access::{Output, imap, pop3};
use crate::octets::Chunk;
use crate::sasl::Nonce;
use crate::sim::Instant;
use crate::store::{Desk, MailboxId};

/// What is served on a port.
#[derive(Clone, Debug)]
pub enum Server {
    /// POP3 (RFC 1939).
    Pop3(Arc<pop3::server::Server>),
    /// IMAP (RFC 9051).
    Imap(Arc<imap::server::Server>),
}

/// One session.
#[derive(Clone, Debug)]
pub(super) enum Session {
    Pop3(Box<pop3::server::Session>),
    Imap(Box<imap::server::Session>),
}

macro_rules! each {
    ($self:ident, $session:ident => $do:expr) => {
        match $self {
            Session::Pop3($session) => $do,
            Session::Imap($session) => $do,
        }
    };
}

impl Session {
    pub(super) fn new(server: &Server, nonce: Nonce) -> Session {
        match server {
            Server::Pop3(server) => {
                Session::Pop3(Box::new(pop3::server::Session::new(server.clone()).with_nonce(nonce)))
            }
            Server::Imap(server) => {
                Session::Imap(Box::new(imap::server::Session::new(server.clone()).with_nonce(nonce)))
            }
        }
    }

    pub(super) fn offer_tls(&mut self) {
        each!(self, session => session.offer_tls());
    }

    pub(super) fn observe(&mut self, on: bool) {
        each!(self, session => session.observe(on));
    }

    pub(super) fn start(&mut self, now: Instant, desk: &mut Desk<'_>) {
        each!(self, session => session.start(now, desk));
    }

    pub(super) fn handle_secured(&mut self, now: Instant, desk: &mut Desk<'_>) {
        each!(self, session => session.handle_secured(now, desk));
    }

    pub(super) fn handle_input(&mut self, now: Instant, data: Chunk, desk: &mut Desk<'_>) {
        each!(self, session => session.handle_input(now, data, desk));
    }

    pub(super) fn handle_eof(&mut self, now: Instant, desk: &mut Desk<'_>) {
        each!(self, session => session.handle_eof(now, desk));
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, desk: &mut Desk<'_>) {
        each!(self, session => session.handle_timeout(now, desk));
    }

    pub(super) fn handle_gone(&mut self, desk: &mut Desk<'_>) {
        each!(self, session => session.handle_gone(desk));
    }

    /// Others have done something in the mailbox. POP3 knows the mail that was there when it began, and no other.
    pub(super) fn handle_news(&mut self, now: Instant, desk: &mut Desk<'_>) {
        match self {
            Session::Pop3(_) => {}
            Session::Imap(session) => session.handle_news(now, desk),
        }
    }

    pub(super) fn poll_output(&mut self, now: Instant, desk: &mut Desk<'_>) -> Option<Output> {
        each!(self, session => session.poll_output(now, desk))
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        each!(self, session => session.poll_timeout())
    }

    pub(super) fn mailbox(&self) -> Option<MailboxId> {
        each!(self, session => session.mailbox())
    }

    /// Whether a mail ends with a dot on a line of its own.
    pub(super) fn ends_with_dot(&self) -> bool {
        matches!(self, Session::Pop3(_))
    }
}
