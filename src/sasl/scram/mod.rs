//! SCRAM-SHA-256 (RFC 5802, RFC 7677): four messages after which each side knows that the other has the password, and
//! nobody has seen it. Without channel binding: the connection is not part of the proof.

mod keys;
mod messages;

pub use keys::MIN_ITERATIONS;
pub(super) use keys::{Derived, Keys, hmac};
pub(super) use messages::{
    BadMessage, Binding, ClientFinal, ClientFirst, ServerFinal, ServerFirst, client_final_without_proof, with_proof,
};
