//! Where a session stands, and what it asks.

use std::sync::Arc;

use crate::identity::{Domain, ForwardPath, ReversePath};
use crate::octets::{Chunk, Rope};
use crate::sasl::{Mechanism, Refusal};
use crate::smtp::command::BodyType;
use crate::smtp::envelope::Envelope;
use crate::smtp::reply::Reply;

/// The states of a server session (RFC 5321 §3, §4.1.4).
#[derive(Clone, Debug)]
pub(super) enum State {
    /// `start` has not been called.
    Unborn,
    /// §3.1: before the greeting, while the agent considers the connection.
    Initiation,
    /// §3.1: the greeting was 554; only QUIT is obeyed.
    Refused,
    /// §3.2: waiting for HELO or EHLO.
    AwaitHelo,
    /// §3.3: waiting for MAIL.
    AwaitMail,
    /// §3.3: MAIL was accepted; RCPT comes, or DATA.
    AwaitRcpt(Transaction),
    /// §3.3: content comes.
    Data(Envelope),
    /// §4.1.1.4: the content is complete, and the agent considers the message.
    EndOfData,
    /// RFC 3207: 220 was said, and nothing is read before the connection is sealed.
    Securing,
    /// RFC 4954 §4: a challenge was said, and the next line is the answer to it.
    Authenticating,
    /// Nothing more is said.
    Closed,
}

/// What a session has to do with TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tls {
    /// Nothing: STARTTLS is not known.
    #[default]
    None,
    /// It can be asked for.
    Offered,
    /// The connection is sealed.
    Sealed,
}

impl State {
    /// What the state is called in the record of a session.
    pub(super) fn name(&self) -> &'static str {
        match self {
            State::Unborn => "not started",
            State::Initiation => "session initiation",
            State::Refused => "session refused",
            State::AwaitHelo => "client initiation",
            State::AwaitMail => "waiting for MAIL",
            State::AwaitRcpt(t) if t.envelope.recipients.is_empty() => "waiting for RCPT",
            State::AwaitRcpt(_) => "waiting for RCPT or DATA",
            State::Data(..) => "DATA",
            State::EndOfData => "end of data",
            State::Securing => "starting TLS",
            State::Authenticating => "authentication",
            State::Closed => "closed",
        }
    }
}

/// A mail transaction before its content.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) envelope: Envelope,
    /// Whether any RCPT was said, accepted or not.
    pub(super) any_rcpt: bool,
}

/// What the session has asked and with what it goes on.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    Connect,
    Helo {
        domain: Domain,
        esmtp: bool,
    },
    Mail(Box<Envelope>),
    Rcpt(ForwardPath),
    Data,
    /// With the number of recipients.
    Message(usize),
}

/// A decision that the agent has to make. Until it is answered the session reads nothing and no time-out runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// May this peer come in? Accepted: 220. Refused with 554: only QUIT is obeyed (RFC 5321 §3.1); with 421: closed.
    Connect,
    /// Is this name welcome?
    Helo {
        /// What the client calls itself.
        domain: Domain,
        /// Whether it said EHLO.
        esmtp: bool,
    },
    /// Is mail from this sender welcome?
    Mail {
        /// Where failure would be reported.
        reverse_path: ReversePath,
        /// The declared size in octets.
        size: Option<u64>,
        /// The declared body type.
        body: BodyType,
    },
    /// Is mail for this recipient welcome?
    Rcpt {
        /// Where it is to go.
        forward_path: ForwardPath,
    },
    /// May the content come? Accepted with 354 (RFC 5321 §4.3.2), or another 3yz.
    Data,
    /// Take responsibility for this message? (RFC 5321 §4.2.5)
    Message(Box<Message>),
}

/// A message that was transmitted completely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who it is from and for.
    pub envelope: Envelope,
    /// The content without transparency dots, in the chunks that came in.
    pub content: Rope,
}

/// The agent's answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The usual positive reply.
    Accept,
    /// This reply. 2yz accepts (3yz does after DATA), all others refuse, 421 ends the session as well (RFC 5321 §3.8).
    Reply(Reply),
    /// To a message by LMTP: a reply for each recipient, in their order (RFC 2033 §4.2).
    Each(Vec<Reply>),
}

/// What observers may want to know. Produced only while the session is observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session entered a state, in words close to the RFC's.
    State(&'static str),
    /// All of a message's content is there.
    Content {
        /// Octets, CRLFs included, transparency dots and the end not.
        size: u64,
    },
    /// Somebody has tried to log in.
    Login {
        /// How.
        mechanism: Mechanism,
        /// Who it is, or why nobody is logged in now.
        result: Result<Arc<str>, Refusal>,
    },
}

/// What a session wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes: one or more whole reply lines.
    Send(Chunk),
    /// For observers: this line was received, without its line end. Lines that are too long are not shown.
    Saw {
        /// The line.
        line: Chunk,
        /// Whether it holds what proves who the client is.
        is_secret: bool,
    },
    /// Answer this with [`Session::answer`](super::Session::answer), now or later.
    Ask(Question),
    /// For observers.
    Event(Event),
    /// Seal the connection when everything is sent, and say [`Session::handle_secured`](super::Session::handle_secured) then.
    StartTls {
        /// Octets that came behind the command and were thrown away.
        discarded_bytes: u64,
    },
    /// Close the connection when everything is sent. The last output.
    Close,
}
