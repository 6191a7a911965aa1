//! Where a session stands, and what it knows of who is at the other end.

use crate::sasl::{self, Nonce};

/// Where a session stands (RFC 1939 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Before the greeting.
    Unborn,
    Authorization,
    /// In AUTHORIZATION, and a challenge is open.
    Authenticating,
    /// In AUTHORIZATION, behind STLS.
    Securing,
    Transaction,
    Closed,
}

impl State {
    /// What the RFC calls it. UPDATE is over as soon as it has begun.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            State::Unborn | State::Closed => None,
            State::Authorization | State::Authenticating | State::Securing => Some("AUTHORIZATION"),
            State::Transaction => Some("TRANSACTION"),
        }
    }
}

/// What a session knows of who is at the other end.
#[derive(Clone, Debug, Default)]
pub(super) struct Logins {
    /// What the challenges of this session are made from.
    pub(super) nonce: Option<Nonce>,
    pub(super) exchanges: u32,
    /// The exchange that is under way.
    pub(super) exchange: Option<sasl::Server>,
    pub(super) failed: u32,
    /// What USER has said, for the PASS that comes next.
    pub(super) user: Option<String>,
}

impl Logins {
    /// What was said before the connection was sealed is forgotten (RFC 2595 §4); that it failed is not.
    pub(super) fn forget(&mut self) {
        (self.exchange, self.user) = (None, None);
    }
}
