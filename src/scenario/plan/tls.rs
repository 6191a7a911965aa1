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

/// The versions of TLS that a host speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersions {
    /// TLS 1.3, and 1.2 with those that know no better.
    #[default]
    Both,
    /// TLS 1.2 only.
    Only12,
    /// TLS 1.3 only.
    Only13,
}

/// What a client wants of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsDemand {
    /// It does not speak it.
    #[default]
    Never,
    /// It takes it where it can be had, with any certificate (RFC 7435).
    IfOffered,
    /// It hands nothing over without, and takes any certificate.
    Required,
    /// It hands nothing over without, and ends the handshake where a certificate does not hold.
    Verified,
}
