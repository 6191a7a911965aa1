//! Going on with an earlier session: what a server seals into a ticket (RFC 8446 §4.6.1, RFC 5077), and what a client keeps.

use std::cell::RefCell;
use std::rc::Rc;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::server::ProducesTickets;

use super::facts::Trust;
use super::scene::{self, Value};
use crate::sim::Stream;

/// How long a ticket is good, in seconds: Postfix's `smtpd_tls_session_cache_timeout` is an hour.
pub(super) const LIFETIME_SECS: u32 = 3600;

/// The key under which a server seals its tickets. It is in memory only: after a crash, old tickets mean nothing.
#[derive(Debug)]
pub(super) struct TicketKey(LessSafeKey);

impl TicketKey {
    pub(super) fn new(random: &mut Stream) -> Option<TicketKey> {
        let mut key = [0; 32];
        random.fill(&mut key);
        Some(TicketKey(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key).ok()?)))
    }
}

impl ProducesTickets for TicketKey {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        LIFETIME_SECS
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        if !scene::fill(&mut nonce) {
            return None;
        }
        let mut sealed = plain.to_vec();
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
        sealed.splice(..0, nonce);
        Some(sealed)
    }

    fn decrypt(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut plain = sealed.to_vec();
        let len = self.0.open_in_place(nonce, Aad::empty(), &mut plain).ok()?.len();
        plain.truncate(len);
        Some(plain)
    }
}

/// Where a ticket comes from.
pub(super) trait Origin: std::fmt::Debug {
    /// The ticket that was given out there as number `place`, from 0, once more.
    fn issued(&self, place: usize) -> Option<Value>;
}

/// What a client may go on with once (RFC 8446 §C.4: a ticket is not used twice, or observers could link the two).
///
/// A copy of a world has the same tickets, and `rustls` cannot copy them. So a ticket knows the connection that it came
/// from, and who needs it after the other has used it lets that connection happen again.
#[derive(Debug)]
pub struct Ticket {
    value: RefCell<Option<Value>>,
    pub(super) trust: Trust,
    /// The connection that it came from, as far as it had come.
    origin: Box<dyn Origin>,
    /// Its place among the tickets of that connection.
    place: usize,
    /// How many sessions in a row have been gone on with.
    pub(super) generation: u32,
}

/// One is equal to itself only.
impl PartialEq for Ticket {
    fn eq(&self, other: &Ticket) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Ticket {}

impl Ticket {
    pub(super) fn new(
        value: Value,
        trust: Trust,
        origin: Box<dyn Origin>,
        place: usize,
        generation: u32,
    ) -> Rc<Ticket> {
        Rc::new(Ticket { value: RefCell::new(Some(value)), trust, origin, place, generation })
    }

    pub(super) fn place(&self) -> usize {
        self.place
    }

    pub(super) fn take(&self) -> Option<Value> {
        self.value.borrow_mut().take().or_else(|| self.origin.issued(self.place))
    }
}

/// The tickets of a client, which are the scene's.
#[derive(Debug)]
pub(super) struct Purse;

impl ClientSessionStore for Purse {
    fn set_kx_hint(&self, _server: ServerName<'static>, _group: NamedGroup) {}

    fn kx_hint(&self, _server: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _server: ServerName<'static>, value: Tls12ClientSessionValue) {
        let _ = scene::with(|scene| scene.issued.push(Value::Tls12(value)));
    }

    fn tls12_session(&self, _server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        scene::with(|scene| match &scene.ticket {
            Some(Value::Tls12(value)) => Some(value.clone()),
            _ => None,
        })?
    }

    fn remove_tls12_session(&self, _server: &ServerName<'static>) {
        let _ = scene::with(|scene| scene.ticket.take_if(|ticket| matches!(ticket, Value::Tls12(_))));
    }

    fn insert_tls13_ticket(&self, _server: ServerName<'static>, value: Tls13ClientSessionValue) {
        let _ = scene::with(|scene| scene.issued.push(Value::Tls13(value)));
    }

    fn take_tls13_ticket(&self, _server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        scene::with(|scene| match scene.ticket.take() {
            Some(Value::Tls13(value)) => Some(value),
            other => {
                scene.ticket = other;
                None
            }
        })?
    }
}
