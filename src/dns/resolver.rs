//! [`Resolver`]: a [`Stub`] or a [`Recursor`].

use std::net::SocketAddr;
use std::sync::Arc;

use super::{Lookup, Name, Output, QueryId, RecordType, Recursor, Stub, TcpFailure, Transport};
use crate::sim::Instant;

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
