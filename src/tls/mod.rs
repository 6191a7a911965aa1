//! TLS (RFC 8446, RFC 5246): what stands between TCP and a session when a connection is sealed.
//!
//! The protocol is `rustls`. What is ours makes it repeatable: each connection draws from its own stream of random bytes,
//! knows what time it is from the simulation, and certificates come from an authority whose keys follow from the seed.
//! The words for what came of it ([`News`], [`Facts`]) need none of the cryptography (feature `tls`).

#[cfg(not(feature = "tls"))]
mod absent;
#[cfg(feature = "tls")]
mod authority;
mod facts;
#[cfg(feature = "tls")]
mod identity;
#[cfg(feature = "tls")]
mod provider;
#[cfg(feature = "tls")]
mod scene;
#[cfg(feature = "tls")]
mod session;
#[cfg(feature = "tls")]
mod tickets;
#[cfg(feature = "tls")]
mod trust;

#[cfg(all(test, feature = "tls"))]
mod tests;

#[cfg(not(feature = "tls"))]
pub use absent::{Client, Server, Ticket};
#[cfg(feature = "tls")]
pub use authority::{Authority, Validity};
pub use facts::{Defect, Facts, Failure, News, Trust, Version};
#[cfg(feature = "tls")]
pub use identity::{Client, Server};
#[cfg(feature = "tls")]
pub use session::{Output, Session};
#[cfg(feature = "tls")]
pub use tickets::Ticket;

/// What an end of a connection is in a handshake.
#[derive(Clone, Debug)]
pub enum Role {
    /// The end that begins.
    Client {
        /// Whom it trusts.
        client: Client,
        /// The name of the server that it asks for.
        name: std::sync::Arc<str>,
        /// An earlier session that it would go on with.
        ticket: Option<std::rc::Rc<Ticket>>,
    },
    /// The end that shows a certificate.
    Server(Server),
}
