//! What a session knows of who is at the other end, and which of its lines nobody else should see.

use std::sync::Arc;

use crate::octets::Chunk;
use crate::sasl::{Nonce, Server as Exchange};

/// What a session knows of who is at the other end.
#[derive(Clone, Debug)]
pub(super) struct Logins {
    /// What the challenges of this session are made from.
    pub(super) nonce: Nonce,
    pub(super) exchanges: u32,
    /// The exchange that is under way.
    pub(super) exchange: Option<Exchange>,
    pub(super) failed: u32,
    /// Who has logged in.
    pub(super) identity: Option<Arc<str>>,
}

impl Logins {
    pub(super) fn new(nonce: Nonce) -> Logins {
        Logins { nonce, exchanges: 0, exchange: None, failed: 0, identity: None }
    }

    /// What was said before the connection was sealed is forgotten (RFC 3207 §4.2); that it failed is not.
    pub(super) fn forget(&mut self) {
        (self.exchange, self.identity) = (None, None);
    }

    pub(super) fn identity(&self) -> Option<&Arc<str>> {
        self.identity.as_ref()
    }
}

/// Whether a line of a client holds what proves who it is: an answer to a challenge, or AUTH with an initial response.
pub(super) fn is_secret(authenticating: bool, line: &Chunk) -> bool {
    let auth = || line.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "));
    let words = || line.split(|&b| b == b' ').filter(|word| !word.is_empty()).count();
    if authenticating { **line != *b"*" && !line.is_empty() } else { auth() && words() > 2 }
}
