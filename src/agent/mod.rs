//! The actors of RFC 5598, built from protocol machines; they carry nothing themselves.
//!
//! An [`Agent`] is what runs on a host. It is a machine like those it is built from: the world hands it an [`Input`]
//! and a [`Context`], and it answers with [`Action`]s: connect, send, close, wake me at. It never sees a packet, and it
//! does not know what a link is.

pub mod access;
mod context;
pub mod courier;
mod dates;
mod entities;
mod ledger;
pub mod lookups;
pub mod mta;
pub mod name_server;

mod outgoing;
pub mod reader;
#[cfg(test)]
pub(crate) mod testing;
mod tokens;
pub mod user;
mod watch;

pub use context::{
    Action, Context, Directory, End, Filed, HANDSHAKE_TIMEOUT, Held, Identifiers, Input, Peer, SEND_BUFFER_BYTES, Says,
    SocketId, Sockets, Trouble, Unsealed,
};
pub use ledger::{Ending, Ledger, Totals, Violation};
pub use watch::{Trigger, TriggerEvent, Watch};

use crate::sim::Instant;

/// What runs on a host.
#[derive(Clone)]
pub enum Agent {
    /// A mail user agent.
    User(Box<user::User>),
    /// A mail transfer agent, submission and delivery included.
    Mta(Box<mta::Mta>),
    /// A name server.
    NameServer(Box<name_server::NameServer>),
    /// Nothing but passing packets on.
    Router,
}

impl Agent {
    /// One thing happens. The actions it leads to are in the context when this returns.
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        match self {
            Agent::User(user) => user.handle_input(ctx, input),
            Agent::Mta(mta) => mta.handle_input(ctx, input),
            Agent::NameServer(server) => server.handle_input(ctx, input),
            Agent::Router => {}
        }
    }

    /// When it wants [`Input::Timer`] at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Agent::User(user) => user.poll_timeout(),
            Agent::Mta(mta) => mta.poll_timeout(),
            Agent::NameServer(server) => server.poll_timeout(),
            Agent::Router => None,
        }
    }

    /// Mails that were ever delivered into mailboxes of the host, and mails that lie there: what the audit compares with what
    /// clients have done.
    #[must_use]
    pub fn mailboxes(&self) -> (u64, u64) {
        match self {
            Agent::Mta(mta) => (mta.store().count(), mta.store().held()),
            Agent::User(_) | Agent::NameServer(_) | Agent::Router => (0, 0),
        }
    }

    /// Recipients that the host is responsible for, by the host's own number for their mail: what the audit compares
    /// with its ledger.
    #[must_use]
    pub fn responsibilities(&self) -> Vec<(u64, u32)> {
        match self {
            Agent::Mta(mta) => mta.responsibilities(),
            Agent::User(_) | Agent::NameServer(_) | Agent::Router => Vec::new(),
        }
    }
}
