//! What a client session is set up with, and what it delivers.

use crate::access::{About, Says};
use crate::mime::Content;
use crate::octets::Chunk;
use crate::sasl::Mechanisms;
use crate::sim::Duration;

/// When a client says STLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartTls {
    /// Never.
    #[default]
    Never,
    /// Where it is offered; where it is not, or is refused, everything goes on in plain text (RFC 7435).
    IfOffered,
    /// Always: nothing is asked for in plain text.
    Required,
}

/// The settings of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whether to seal the connection (RFC 2595).
    pub tls: StartTls,
    /// Whether to show a password over a connection that is not sealed (RFC 8314 §4.1: better not).
    pub plain_text_logins: bool,
    /// How to log in by AUTH, where there is a choice (RFC 5034).
    pub mechanisms: Mechanisms,
    /// Whether to log in by APOP, where the server has a timestamp in its greeting (RFC 1939 §7).
    pub apop: bool,
    /// Whether to say UTF8 where it is offered (RFC 6856): mails with UTF-8 in their headers may be had in no other way.
    pub utf8: bool,
    /// Whether to send commands before the responses to earlier ones are there, where that is offered (RFC 2449 §6.6).
    pub pipelining: bool,
    /// How long to wait for each line of a response, or for more of a mail.
    pub timeout: Duration,
    /// The most mails in a maildrop, and the most lines in any list of the server; more fails the session.
    pub max_messages: usize,
    /// The most octets of a mail; one with more fails the session.
    pub max_message_bytes: u64,
}

/// The settings of a client that uses what is offered.
impl Default for Config {
    fn default() -> Config {
        Config {
            tls: StartTls::Never,
            plain_text_logins: false,
            mechanisms: Mechanisms::ALL,
            apop: true,
            utf8: true,
            pipelining: true,
            timeout: Duration::from_mins(2),
            max_messages: 1 << 17,
            max_message_bytes: 1 << 28,
        }
    }
}

/// A mail in the maildrop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number in this session.
    pub number: u32,
    /// Its unique-id, which it has in all sessions; two mails that are the same may share one (RFC 1939 §7).
    pub uidl: Chunk,
    /// Its size as the server has it.
    pub size_bytes: u64,
}

/// What is to be done with the mails, by their numbers. Numbers that are not in the list are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// To be fetched, in this order.
    pub fetch: Vec<u32>,
    /// To be deleted. What is to be fetched, too, is deleted only when it has come whole.
    pub delete: Vec<u32>,
}

/// Why a session failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The server does not want to talk.
    Refused,
    /// TLS is required, and is not to be had.
    NoTls,
    /// The server has refused the login, or there is no way to log in that may be used.
    NotLoggedIn,
    /// Somebody else has the maildrop open (RFC 2449 §8.1.2).
    InUse,
    /// What the server says cannot be read, or does not agree with what it has said before.
    Nonsense,
    /// There is more than the settings allow.
    TooMuch,
    /// The server has said nothing for too long.
    TimedOut,
    /// The connection is gone.
    Lost,
    /// The server has not done what was to be done at the end: mails may still be there.
    NotUpdated,
}

/// What a session reports to its agent. The last event is [`Done`](Event::Done) or [`Failed`](Event::Failed), exactly one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// These mails are there, by number. Now [`Session::choose`](super::Session::choose) is to be called.
    Listed(Vec<Item>),
    /// A mail has come whole.
    Got {
        /// Its number in this session.
        number: u32,
        /// Its unique-id.
        uidl: Chunk,
        /// The mail.
        content: Content,
        /// The number that observers know it by, and its hops, where that came with its octets.
        about: Option<About>,
    },
    /// The session is over, and the server has confirmed that these mails are deleted.
    Done {
        /// Their numbers.
        deleted: Vec<u32>,
    },
    /// The session is over. Nothing was deleted, unless QUIT had been said already: then nobody knows.
    Failed {
        /// Why, for people.
        text: String,
        /// Why.
        reason: Reason,
    },
}

/// What a session wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes: one or more whole lines.
    Send {
        /// The bytes.
        data: Chunk,
        /// What they say.
        says: Says,
    },
    /// For observers: this line was received, without its line end.
    Saw {
        /// The line.
        line: Chunk,
    },
    /// A mail has come whole. Its [`Event::Got`] is next.
    Content {
        /// Octets, without stuffed dots and the end.
        size_bytes: u64,
        /// As in [`Event::Got`].
        about: Option<About>,
    },
    /// Seal the connection when everything is sent, and say [`Session::handle_secured`](super::Session::handle_secured) then.
    StartTls {
        /// Octets that came behind the response and were thrown away.
        discarded_bytes: u64,
    },
    /// Something is reported.
    Event(Event),
    /// Close the connection when everything is sent. The last output.
    Close,
}
