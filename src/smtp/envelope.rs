//! The envelope of a mail (RFC 5321 §2.3.1): what a server learned about it outside of its content.

use smallvec::SmallVec;

use super::command::BodyType;
use crate::identity::{Domain, ForwardPath, ReversePath};

/// The recipients of one transaction, in the order in which they were named.
pub type Recipients = SmallVec<[ForwardPath; 1]>;

/// What the commands before DATA said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the client called itself; `None` where it said neither EHLO nor HELO.
    pub helo: Option<Domain>,
    /// Whether it said EHLO: received fields write `ESMTP` then (RFC 3848), `SMTP` otherwise.
    pub esmtp: bool,
    /// Where to report failure.
    pub reverse_path: ReversePath,
    /// Everyone whose RCPT was accepted; at least one when the server hands over a message.
    pub recipients: Recipients,
    /// The declared body type (RFC 6152).
    pub body: BodyType,
    /// Whether it goes on behind TLS only (RFC 8689).
    pub require_tls: bool,
    /// The declared size in octets (RFC 1870).
    pub declared_size: Option<u64>,
}
