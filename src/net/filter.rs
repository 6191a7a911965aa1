//! The place between TCP and whoever uses a connection: a [`Filter`] turns what is said into what is sent, and back.
//!
//! TLS is the one; tests have a toy. A filter is a machine like all others: it takes bytes from both sides and is asked what comes of them.

use std::collections::VecDeque;
use std::fmt::Debug;

use crate::octets::Chunk;
use crate::sim::Instant;
use crate::tls;

/// What comes out of a [`Filter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filtered {
    /// For the user of the connection.
    Plain(Chunk),
    /// For TCP.
    Sealed(Chunk),
    /// For the user of the connection, beside its bytes.
    News(tls::News),
}

/// A filter on a connection.
///
/// After each call that hands something in, [`poll_output`](Filter::poll_output) is drained to `None`.
pub trait Filter: Debug {
    /// The user says something.
    fn handle_plain(&mut self, now: Instant, data: Chunk);
    /// TCP brings something.
    fn handle_sealed(&mut self, now: Instant, data: Chunk);
    /// The user has said everything; a filter may have a farewell of its own to send.
    fn handle_close(&mut self, now: Instant);
    /// What comes next.
    fn poll_output(&mut self) -> Option<Filtered>;
    /// Another one that goes on as this one would.
    fn twin(&self) -> Box<dyn Filter>;
}

impl Clone for Box<dyn Filter> {
    fn clone(&self) -> Box<dyn Filter> {
        self.twin()
    }
}

/// A filter at work, and what it has to tell.
#[derive(Clone)]
pub(super) struct Filtering {
    pub(super) filter: Box<dyn Filter>,
    pub(super) news: VecDeque<tls::News>,
}
