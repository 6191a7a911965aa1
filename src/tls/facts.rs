//! What came of TLS on a connection.

use std::fmt;
use std::sync::Arc;

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::Tls12 => "TLS 1.2",
            Version::Tls13 => "TLS 1.3",
        })
    }
}

/// What is wrong with a certificate (RFC 5280 §6, RFC 9525).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
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
        names: Vec<String>,
    },
    /// Nobody signed it but itself.
    SelfSigned,
    /// Whoever signed it is not trusted here.
    UntrustedIssuer,
    /// Anything else, as the verifier calls it.
    Other(Arc<str>),
}

/// What a client knows of the server it speaks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Its certificate is for the name that was asked for, and a trusted authority signed it.
    Verified,
    /// It is not, and the client went on.
    Unverified(Defect),
    /// It is a server: clients show no certificates.
    NotAsked,
}

/// A handshake that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The version that both speak.
    pub version: Version,
    /// The cipher suite, by its IANA name.
    pub suite: &'static str,
    /// Whether an earlier session went on (RFC 8446 §2.2, RFC 5077), without certificates.
    pub resumed: bool,
    /// What is known of the other end.
    pub trust: Trust,
    /// The name that the client asked for (server name indication, RFC 6066 §3).
    pub name: Option<Arc<str>>,
    /// Bytes that this end sent until it was done, with the headers of TLS records.
    pub sent_bytes: u64,
    /// Bytes that came until it was done.
    pub received_bytes: u64,
    /// How often this end had said something and had to wait for what the other says to it.
    pub round_trips: u32,
}

/// Why a handshake failed, or a session ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// This end does not accept the other's certificate.
    Certificate(Defect),
    /// The other end sent this alert (RFC 8446 §6.2, by its name there).
    Alert(Arc<str>),
    /// What came is not TLS.
    NotTls,
    /// There is no version or cipher suite that both speak.
    NothingInCommon,
    /// Anything else that is against the protocol, as `rustls` calls it.
    Protocol(Arc<str>),
}

/// What a sealed connection tells its user beside bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The handshake is done; what is said from now on is sealed.
    Secured(Box<Facts>),
    /// It failed. An alert may be on its way to the other end.
    Failed(Failure),
    /// The other end says no more (`close_notify`, RFC 8446 §6.1).
    Closed,
    /// The server gave the client something to go on with.
    Ticket(std::rc::Rc<super::Ticket>),
    /// A line of a key log: who has it can read what was sealed (draft-ietf-tls-keylogfile).
    Secret(Arc<str>),
}
