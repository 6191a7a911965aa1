//! What sessions of servers say and tell.

use std::sync::Arc;

use crate::octets::Chunk;
use crate::sasl::Refusal;
use crate::store::Deed;

/// The number that observers know a mail by, and the hops that it has behind it.
pub type About = (u64, u16);

/// What is said with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Whole lines of dialogue, each with its line end.
    Lines,
    /// A line of dialogue that holds what proves who somebody is.
    Secret,
    /// Content of a mail, and more of it comes.
    Content,
    /// The last of the content of a mail.
    EndOfContent {
        /// Octets of content in all, as they are without what the protocol adds (stuffed dots, the final dot).
        size_bytes: u64,
    },
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send bytes.
    Send {
        /// The bytes.
        data: Chunk,
        /// The mail that they are about, for observers.
        about: Option<About>,
        /// What they say.
        says: Says,
    },
    /// A line was read, without its line end. Only where somebody looks on.
    Saw {
        /// The line.
        line: Chunk,
        /// Whether it holds what proves who somebody is.
        is_secret: bool,
    },
    /// Something that is to be told. Deeds and logins are told always, states only where somebody looks on.
    Event(Event),
    /// Seal the connection.
    StartTls {
        /// Bytes that came before it and were thrown away.
        discarded_bytes: u64,
    },
    /// Finish the connection after everything was sent.
    Close,
}

/// Something that a session tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is in this state now, by the name that its RFC gives it.
    State(&'static str),
    /// Somebody has tried to log in.
    Login {
        /// By which mechanism or command.
        mechanism: &'static str,
        /// The name of the account, or why not.
        result: Result<Arc<str>, Refusal>,
    },
    /// The content of a mail has come.
    Content {
        /// Octets.
        size_bytes: u64,
    },
    /// Something was done with a mail.
    Deed(Deed),
    /// Something has changed in this mailbox: others who look at it want to know.
    Changed,
}
