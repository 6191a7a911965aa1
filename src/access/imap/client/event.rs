//! What a session says, and what it tells its agent.

use super::capabilities::Capabilities;
use super::flags::FlagList;
use super::folders::Folder;
use super::request::{Request, What};
use super::structure::Part;
use crate::access::{About, Says};
use crate::octets::{Chunk, Rope};
use crate::sasl::ClientError;
use crate::store::GivenDate;

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
    /// For observers: a line of a response was read, without its line end. What stands in literals is no line.
    Saw {
        /// The line.
        line: Chunk,
    },
    /// The content of a mail, or of part of it, has come whole.
    Content {
        /// Octets.
        size_bytes: u64,
        /// The mail.
        about: Option<About>,
    },
    /// Seal the connection, and say [`Session::handle_secured`](super::Session::handle_secured) then.
    StartTls {
        /// Octets that came behind the response and were thrown away.
        discarded_bytes: u64,
    },
    /// Something for the agent.
    Event(Event),
    /// Close the connection when everything is sent. The last output, but for the answers to requests that come behind it.
    Close,
}

/// What a session reports to its agent. The last event is [`Closed`](Event::Closed) or [`Failed`](Event::Failed), exactly one of
/// them, and by then every request has been answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// For observers only: the state of the session, by the name that RFC 9051 §3 gives it.
    State(&'static str),
    /// The client is logged in.
    Ready {
        /// By which mechanism, `LOGIN`, or `PREAUTH` where the server knew already.
        by: &'static str,
        /// What the server offers.
        offer: Capabilities,
    },
    /// A request has been worked off.
    Done {
        /// The request.
        request: Box<Request>,
        /// What came of it.
        result: Result<Outcome, Refusal>,
    },
    /// A folder is open. The mails follow.
    Opened {
        /// Its UIDVALIDITY; 0: the server has none.
        uid_validity: u32,
        /// What the next mail is going to have, if the server says so.
        uid_next: Option<u32>,
        /// How many mails are in it.
        count: u32,
        /// Whether what was known of it holds no more: it is another folder with the same name.
        reset: bool,
        /// Whether nothing can be changed in it.
        is_read_only: bool,
    },
    /// There is a mail that was not known.
    Mail {
        /// Its unique identifier.
        uid: u32,
        /// What is said about it.
        flags: FlagList,
        /// Octets; 0 where the server does not say.
        size_bytes: u64,
        /// Its internal date, if the server says it.
        internal_date: Option<GivenDate>,
    },
    /// Something else is said about a mail.
    Flags {
        /// Its unique identifier.
        uid: u32,
        /// What is said now.
        flags: FlagList,
    },
    /// A mail is not there any more.
    Gone {
        /// Its unique identifier.
        uid: u32,
    },
    /// Something of a mail was fetched.
    Got {
        /// Its unique identifier.
        uid: u32,
        /// What was asked for.
        what: What,
        /// What it is.
        content: Got,
        /// What observers know the mail by.
        about: Option<About>,
    },
    /// The server has said something that is worth telling.
    Said {
        /// What kind of thing.
        kind: Said,
        /// Its text.
        text: String,
    },
    /// The session ended because the agent wanted it to.
    Closed,
    /// The session ended otherwise.
    Failed(Box<Failure>),
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// Octets, as they came.
    Content(Rope),
    /// The parts of a mail, each behind the one that it is in.
    Structure(Vec<Part>),
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The folders, in the order in which the server lists them.
    Folders(Vec<Folder>),
    /// What could be fetched was.
    Fetched {
        /// The mails that were not there, or had no such part.
        missing: Vec<u32>,
    },
    /// The mails are in the other folder.
    Copied {
        /// Its UIDVALIDITY; `None`: the server does not say (RFC 4315 §3).
        uid_validity: Option<u32>,
        /// What the mails were called, and what they are called there.
        uids: Vec<(u32, u32)>,
    },
    /// The mail is in the folder.
    Appended {
        /// Its UIDVALIDITY, and what the mail is called there; `None`: the server does not say (RFC 4315 §3).
        place: Option<(u32, u32)>,
    },
}

/// Why a request was not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server says NO.
    No {
        /// The response code, such as `TRYCREATE`, without what stands behind it.
        code: Option<String>,
        /// The text.
        text: String,
    },
    /// The server says BAD.
    Bad {
        /// The text.
        text: String,
    },
    /// It needs a folder that is open, and none is.
    NoFolder,
    /// It cannot be said in IMAP, or not to this server.
    Unsendable(&'static str),
    /// Too many requests wait.
    TooMany,
    /// The session ended before.
    Lost,
}

/// What kind of thing a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Something that the user must see (RFC 9051 §7.1, `ALERT`).
    Alert,
    /// A warning.
    No,
    /// Something is wrong, and the server does not say with which command.
    Bad,
    /// It is going to close the connection.
    Bye,
    /// What is no response, or is none that can be read.
    Unknown,
    /// A response that does not fit: unasked, or about a mail that is not there.
    Unexpected,
}

/// How a session failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// At which command, such as `SELECT`, or `greeting`; `idle` where nothing was asked.
    pub stage: &'static str,
    /// Why.
    pub kind: FailureKind,
    /// What the server has said about it, if anything.
    pub text: String,
}

/// Why a session failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Nothing moved for too long.
    Timeout,
    /// The server closed the connection without a word, or it broke.
    Eof,
    /// The server wanted to end the session.
    Bye,
    /// What came in the place of a greeting is none.
    NoGreeting,
    /// TLS is required, and is not to be had.
    NoTls,
    /// Nobody is logged in.
    NotLoggedIn(NoLogin),
    /// A response is larger than the client takes.
    TooLarge,
    /// There are more mails in the folder than the client takes.
    TooManyMails,
    /// What the server says about which mail has which number contradicts itself.
    Numbers,
}

/// Why nobody is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLogin {
    /// The server offers no way that may be used.
    NotOffered {
        /// Whether those that show the password were left out, because the connection is not sealed.
        in_plain_text: bool,
    },
    /// The server refuses.
    Refused,
    /// The server's side of the exchange is wrong: it may be somebody else.
    GaveUp(ClientError),
}
