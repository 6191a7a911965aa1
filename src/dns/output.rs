//! What a resolver says: what it wants done, its answers, and what happens inside of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::{Lookup, Name, Question, Transport};

/// Names one question that was asked of a resolver of this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub(super) u64);

/// Who sent a question to a recursor. Over TCP the address and port name the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Address and port.
    pub addr: SocketAddr,
    /// How it came.
    pub transport: Transport,
    /// Which of our addresses was asked: the answer comes from there (RFC 2181 §4).
    pub asked: Option<IpAddr>,
}

/// What a resolver wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send a datagram.
    SendUdp {
        /// To this address and port.
        to: SocketAddr,
        /// From this port of ours; what comes back to it is for `handle_response`.
        local_port: u16,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Open a TCP connection, send one message (without its length: use [`super::frame`]), hand the response to
    /// `handle_response`, and close; or say `handle_tcp_failed`.
    SendTcp {
        /// To this address and port.
        to: SocketAddr,
        /// Names the exchange: to be given back with the response. Any port may be used for the connection.
        local_port: u16,
        /// The message.
        bytes: Vec<u8>,
    },
    /// The TCP exchange is no longer wanted: close the connection if it is still open.
    CloseTcp {
        /// The exchange of [`Output::SendTcp`].
        local_port: u16,
    },
    /// Send the response to a client (only from a recursor).
    Reply {
        /// The client.
        to: Peer,
        /// The message (for TCP without its length).
        bytes: Vec<u8>,
    },
    /// A question of this host has its answer.
    Answer {
        /// The question.
        query: QueryId,
        /// What it came to.
        lookup: Arc<Lookup>,
    },
    /// For observers; nothing has to be done.
    Event(Event),
}

/// Why a question over TCP came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpFailure {
    /// The server refused, did not answer in time, or closed without a response.
    Server,
    /// This host had no port left to connect from: the server is not to blame.
    NoPort,
}

/// What happens inside of a resolver, for observers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The answer was remembered from before.
    CacheHit(Question),
    /// The same question is already being asked: this one waits for its answer.
    Coalesced(Question),
    /// A server pointed to the servers of a zone further down.
    Referral {
        /// The question that is being resolved.
        question: Question,
        /// The zone.
        zone: Name,
        /// Its name servers.
        servers: Vec<Name>,
    },
    /// The answer is an alias, and the question goes on with its target.
    Alias {
        /// The question that is being resolved.
        question: Question,
        /// The target.
        target: Name,
    },
    /// A server did not answer in time.
    NoResponse {
        /// The question sent to it.
        question: Question,
        /// The server.
        server: IpAddr,
    },
    /// A server answered what is of no use, and will not be asked again for this question.
    Useless {
        /// The question sent to it.
        question: Question,
        /// The server.
        server: IpAddr,
        /// Why: a response code, or `not authoritative`.
        reason: &'static str,
    },
    /// A response was truncated; the question is asked again over TCP.
    Truncated {
        /// The question sent.
        question: Question,
        /// The server.
        server: IpAddr,
    },
    /// A message was ignored.
    Ignored {
        /// Where it came from.
        from: SocketAddr,
        /// Why, such as `no such question in flight`.
        reason: &'static str,
    },
}
