//! Names: zones, authority, the caching resolver, and what mail asks (RFC 1034, 1035, 2181, 2308, 5321 §5.1).
//!
//! Everything here is sans-IO: bytes and time go in, bytes, answers and a deadline come out. It knows no network, no
//! trace and no agent. On the wire are real DNS messages.
//!
//! * [`Zone`], [`ZoneSet`], [`Authority`]: a server that answers from its own zones.
//! * [`Recursor`]: a caching iterative resolver, for its own host and for others.
//! * [`Stub`]: the resolver of a host that asks a recursor elsewhere.
//! * [`Resolver`]: either of the two.
//! * [`mail`]: what mail asks: the hosts that take mail for a domain.

mod authority;
mod cache;
mod exchange;
mod lookup;
pub mod mail;
mod message;
mod name;
mod output;
mod record;
mod recursor;
mod resolver;
mod stub;
#[cfg(test)]
mod testing;
mod zone;

pub use authority::{Authority, Fault};
pub use lookup::{Lookup, Outcome};
pub use message::{
    CLASSIC_UDP_BYTES, DecodeError, Deframer, EDNS_UDP_BYTES, Message, PORT, Question, Summary, Transport, describe,
    frame,
};
pub use name::{Name, NameError};
pub use output::{Event, Output, Peer, QueryId, TcpFailure};
pub use record::{Rcode, Record, RecordData, RecordType, Soa, Srv};
pub use recursor::{Recursor, RecursorConfig, RootHint};
pub use resolver::Resolver;
pub use stub::{Stub, StubConfig};
pub use zone::{Zone, ZoneError, ZoneSet};
