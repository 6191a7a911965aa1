//! What came of TLS on a connection, as a stored trace has it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What is wrong with a certificate. In JSON the name of the variant stands in `defect`, in snake_case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "defect", rename_all = "snake_case")]
pub enum CertificateDefect {
    /// It was valid until so many seconds ago.
    Expired {
        /// Seconds since then.
        secs: u64,
    },
    /// It is going to be valid.
    NotYetValid {
        /// Seconds until then.
        secs: u64,
    },
    /// It is for other names than the one that was asked for.
    OtherName {
        /// Those that it is for.
        names: Vec<Arc<str>>,
    },
    /// Nobody signed it but itself.
    SelfSigned,
    /// Whoever signed it is not trusted.
    UntrustedIssuer,
    /// Anything else, as the verifier calls it.
    Other {
        /// Its words.
        words: Arc<str>,
    },
}

/// How far TLS has come. In JSON the name of the variant stands in `step`, in snake_case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum TlsStep {
    /// This end begins a handshake, or waits for one.
    Begins {
        /// Bytes that had come before it and are thrown away (RFC 3207 §4.2).
        discarded_bytes: u64,
    },
    /// The handshake is done: everything that follows is sealed.
    Secured {
        /// The version, such as `TLS 1.3`.
        version: Arc<str>,
        /// The cipher suite, by its IANA name.
        suite: Arc<str>,
        /// Whether it goes on with an earlier session.
        resumed: bool,
        /// The name that the client asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Arc<str>>,
        /// Whether this end has checked the other's certificate and found it good. A server checks none.
        verified: bool,
        /// What it found, where it went on all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate: Option<CertificateDefect>,
        /// Bytes of the handshake that this end sent.
        sent_bytes: u64,
        /// Bytes of the handshake that this end received.
        received_bytes: u64,
        /// How often this end had said something and had to wait for what the other says to it.
        round_trips: u32,
    },
    /// There was TLS, and it broke off.
    Ended {
        /// Why, such as the name of an alert.
        words: Arc<str>,
    },
    /// There is none: this end does not accept the other's certificate.
    Distrusted {
        /// Why.
        certificate: CertificateDefect,
    },
    /// There is none: the other end has said so.
    Alert {
        /// The name of its alert in RFC 8446 §6.
        alert: Arc<str>,
    },
    /// There is none: what came is no TLS.
    NotTls,
    /// There is none: no version or cipher suite that both speak.
    NothingInCommon,
    /// There is none: something was against the protocol.
    Broken {
        /// What.
        words: Arc<str>,
    },
}
