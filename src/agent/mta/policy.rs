//! Whose opinion counts, and what an opinion can be.

use crate::sim::Instant;
use crate::smtp::Reply;

/// Whose opinion is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// A message takes time to be written to disk.
    Processing,
    /// What the scenario has the server say.
    Script,
    /// Who may submit (RFC 6409 §4.3).
    Submitters,
    /// Whether the domain of the sender exists.
    KnownSender,
    /// Whether a recipient is here, or the client may have mail passed on.
    Access,
    /// Whether the client comes back (RFC 6647).
    Greylist,
}

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing against it.
    Pass,
    /// This, and whether the connection is closed then.
    Answer(Reply, bool),
    /// Nothing against it, and this is what is said if nobody else has anything against it, either.
    PassSaying(Reply, bool),
    /// Nothing against it, once this time has come.
    Wait(Instant),
    /// It is waiting for a look-up, and wants to be asked again.
    LookUp,
}

/// What a server wants of the domain of a reverse-path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SenderDomain {
    /// Nothing.
    #[default]
    Any,
    /// That a report could be sent there: it has an exchanger or an address (Postfix, `reject_unknown_sender_domain`).
    MustExist,
}
