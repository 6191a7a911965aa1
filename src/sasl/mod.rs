//! SASL (RFC 4422): how a client proves who it is, whatever protocol carries the messages.
//!
//! [`Client`] and [`Server`] are machines without input and output: a protocol gives each what the other has said, as octets
//! or as the line of base64 that SMTP (RFC 4954), POP3 and IMAP wrap around them, and gets what to say next. The mechanisms
//! are PLAIN, LOGIN, CRAM-MD5 and SCRAM-SHA-256, none of which has a security layer. Nothing here draws: who owns the
//! randomness gives a [`Nonce`].

mod accounts;
mod apop;
mod client;
mod cram_md5;
pub mod line;
mod login;
mod mechanism;
mod nonce;
mod plain;
mod prepare;
mod refusal;
mod scram;
mod secret;
mod server;

#[cfg(test)]
mod dialogue_tests;
#[cfg(test)]
mod garbage_tests;

pub use accounts::{AccountError, Accounts, ScramConfig};
pub use client::{Client, ClientError, MAX_ITERATIONS, Response};
pub use login::{Login, LoginError};
pub use mechanism::{Mechanism, Mechanisms, UnknownMechanism};
pub use nonce::Nonce;
pub use prepare::{PrepareError, prepare};
pub use refusal::Refusal;
pub use scram::MIN_ITERATIONS;
pub use secret::Secret;
pub use server::{Server, Step};
