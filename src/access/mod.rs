//! Taking mail out of mailboxes: POP3 and IMAP, without any input or output of their own.
//!
//! Sessions of servers work on a [`Desk`](crate::store::Desk) that each call lends them; what others do to the same mailbox they
//! learn when they look again. What both protocols have in common is here: what a session [says](Output), what it
//! [tells](Event), and [who may come in](Door).
//!
//! **Verbs of a session.** One mutation (`start`, `handle_input`, `handle_eof`, `handle_timeout`, ...), then drain `poll_output`, then
//! ask `poll_timeout`. A server's output is made while it is polled, piece by piece: who stops polling because the peer does not
//! read keeps the rest from being made. A session never fails: what a peer does wrong is a response (server) or an event
//! (client).

mod door;
pub mod imap;
mod output;
pub mod pop3;

pub use door::Door;
pub use output::{About, Event, Output, Says};
