//! Who a client is.

use crate::sasl::{Client as Exchange, ClientError, Login, Nonce};

/// Who the client says it is, and how far it has come with that.
#[derive(Clone, Debug)]
pub(super) struct LogIn {
    pub(super) login: Login,
    pub(super) nonce: Nonce,
    pub(super) exchange: Option<Exchange>,
    /// Why the exchange has been cancelled.
    pub(super) gave_up: Option<ClientError>,
}
