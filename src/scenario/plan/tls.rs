//! Sealed connections of a plan.

use crate::identity::Domain;

/// What is right or wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is wrong.
    Good,
    /// It was valid until three days before the beginning.
    Expired,
    /// It is valid from a day after the beginning on.
    NotYetValid,
    /// It has signed itself.
    SelfSigned,
    /// An authority has signed it that nobody knows.
    Untrusted,
}

/// The certificate of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What is right or wrong with it.
    pub standing: Standing,
    /// The names that it is for; empty is the server's own.
    pub names: Vec<Domain>,
}

/// How far a client trusts a server where a connection is sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrustDemand {
    /// It takes any certificate, and says what is wrong with it.
    Any,
    /// It ends the handshake where a certificate does not hold (RFC 8314 §5.2 wants this of people's programs).
    #[default]
    Verified,
}
