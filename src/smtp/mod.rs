//! SMTP: commands, replies and the sessions of both sides (RFC 5321), without any input or output of their own.
//!
//! Bytes and the time go in; bytes, questions, events and a deadline come out. The same sessions run under the
//! simulator and in a unit test. Nothing here knows a network, a queue or the trace.
//!
//! | module | concern |
//! | --- | --- |
//! | [`command`] | verbs, arguments, parameters: read and written (§4.1) |
//! | [`reply`] | codes, enhanced codes, replies of several lines: read and written (§4.2, RFC 3463) |
//! | [`extension`] | what EHLO offers: PIPELINING, SIZE, 8BITMIME, ENHANCEDSTATUSCODES |
//! | [`framing`] | bytes into lines, with a limit (§2.3.8, §4.5.3.1) |
//! | [`data`] | data transparency both ways, without copying (§4.5.2) |
//! | [`envelope`] | who mail is from and for (§2.3.1) |
//! | [`limits`], [`timeouts`] | the numbers of §4.5.3 |
//! | [`server`], [`client`] | the sessions |
//!
//! **Verbs of a session.** One mutation (`start`, `handle_input`, `handle_eof`, `handle_timeout`, `answer`, `begin`,
//! `quit`), then drain `poll_output` to `None`, then ask `poll_timeout`. A session never fails: what a peer does wrong
//! is a reply (server) or an event (client).

pub mod client;
pub mod command;
pub mod data;
#[cfg(test)]
pub(crate) mod dialogue_tests;
pub mod envelope;
pub mod extension;
pub mod framing;
pub mod limits;
mod outbox;
pub mod reply;
pub mod server;
pub mod timeouts;

pub use command::{BodyType, Command, CommandError, MailParameters, Verb};
pub use envelope::{Envelope, Recipients};
pub use extension::{Extension, Extensions, Offer};
pub use reply::{Class, Code, EnhancedCode, Reply, ReplyError};
