//! Who the client says it is: [`LogIn`].

use crate::sasl::{Client as Exchange, ClientError, Login, Nonce, Secret};

/// Who the client says it is, and how far it has come with that.
#[derive(Clone, Debug)]
pub(super) struct LogIn {
    pub(super) login: Login,
    pub(super) password: Secret,
    pub(super) nonce: Nonce,
    pub(super) exchange: Option<Exchange>,
    /// Whether the greeting has said that nobody needs to.
    pub(super) by_greeting: bool,
    /// Why the exchange has been cancelled.
    pub(super) gave_up: Option<ClientError>,
}

impl LogIn {
    pub(super) fn new(login: Login, password: Secret, nonce: Nonce) -> LogIn {
        LogIn { login, password, nonce, exchange: None, by_greeting: false, gave_up: None }
    }

    /// Whether a mechanism is at work.
    pub(super) fn has_exchange(&self) -> bool {
        self.exchange.is_some()
    }

    /// How it was.
    pub(super) fn by(&self) -> &'static str {
        if self.by_greeting {
            return "PREAUTH";
        }
        self.exchange.as_ref().map_or("LOGIN", |exchange| exchange.mechanism().name())
    }
}
