//! [`Resolver`]: a [`Stub`] or a [`Recursor`], and what both say.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::{Lookup, Name, Question, RecordType, Recursor, Stub, Transport};
use crate::sim::Instant;

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
    pub asked: Option<std::net::IpAddr>,
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

/// How a host resolves names: by asking a recursor, or by being one.
#[derive(Clone, Debug)]
pub enum Resolver {
    /// Asks a recursor elsewhere.
    Stub(Box<Stub>),
    /// Is a recursor itself.
    Recursor(Box<Recursor>),
}

impl From<Stub> for Resolver {
    fn from(stub: Stub) -> Resolver {
        Resolver::Stub(Box::new(stub))
    }
}

impl From<Recursor> for Resolver {
    fn from(recursor: Recursor) -> Resolver {
        Resolver::Recursor(Box::new(recursor))
    }
}

macro_rules! both {
    ($self:ident, $it:ident => $body:expr) => {
        match $self {
            Resolver::Stub($it) => $body,
            Resolver::Recursor($it) => $body,
        }
    };
}

impl Resolver {
    /// What is remembered at `now`, without asking. `name` is in lower case without final dot. Does not allocate.
    #[inline]
    #[must_use]
    pub fn cached(&self, now: Instant, name: &str, rtype: RecordType) -> Option<Arc<Lookup>> {
        both!(self, it => it.cached(now, name, rtype))
    }

    /// Asks; the answer comes as [`Output::Answer`], at once when it is remembered.
    pub fn ask(&mut self, now: Instant, name: &Name, rtype: RecordType) -> QueryId {
        both!(self, it => it.ask(now, name, rtype))
    }

    /// Takes a response that reached `local_port` (for TCP: the exchange) from `from`.
    pub fn handle_response(
        &mut self,
        now: Instant,
        from: SocketAddr,
        local_port: u16,
        transport: Transport,
        bytes: &[u8],
    ) {
        both!(self, it => it.handle_response(now, from, local_port, transport, bytes));
    }

    /// The TCP exchange failed.
    pub fn handle_tcp_failed(&mut self, now: Instant, local_port: u16, why: TcpFailure) {
        both!(self, it => it.handle_tcp_failed(now, local_port, why));
    }

    /// Takes a datagram or message that a client sent to port 53; a stub ignores it.
    pub fn handle_client(&mut self, now: Instant, from: Peer, bytes: &[u8]) {
        if let Resolver::Recursor(recursor) = self {
            recursor.handle_client(now, from, bytes);
        }
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        both!(self, it => it.handle_timeout(now));
    }

    /// What is to be done next; call until `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        both!(self, it => it.poll_output())
    }

    /// When [`Resolver::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        both!(self, it => it.poll_timeout())
    }

    /// Forgets everything, as a restart does.
    pub fn restart(&mut self) {
        both!(self, it => it.restart());
    }
}
