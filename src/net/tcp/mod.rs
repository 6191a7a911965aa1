//! TCP, sans-IO (RFC 9293): what a link does to a dialogue is the lesson, so this TCP is our own.
//!
//! A [`Connection`] takes segments, the user's calls and the time, and gives segments, [`Event`]s and one deadline. It
//! knows no addresses, no network and no clock. It does what Linux does where the standards leave a choice, because
//! its times are compared with those of real machines:
//!
//! - handshake, half-close, simultaneous open and close, resets (RFC 9293, RFC 5961);
//! - segment size, window scale, timestamps and selective acknowledgement (RFC 9293 §3.7.1, RFC 7323, RFC 2018, RFC 2883);
//! - slow start from ten segments and congestion avoidance (RFC 6928, 5681), or CUBIC (RFC 9438);
//! - losses found and mended as Linux does: RACK, tail loss probes and proportional rate reduction (RFC 8985, 6937); or,
//!   where asked for, by fast retransmit and NewReno (RFC 5681, 6582, 3042);
//! - retransmission timeout from measured round trips (RFC 6298), persist timer, delayed acknowledgements.
//!
//! Not here: listening sockets and addresses (the host's), ECN, urgent data, Nagle's algorithm, keep-alives, the undoing
//! of a window that was reduced for nothing (RFC 3522, RFC 4015).
//!
//! Data is never copied: a segment's payload is a window into the chunks that were sent, and windows that arrive in
//! order grow together again (see [`crate::octets`]).

mod clock;
mod config;
mod congestion;
mod connection;
mod cubic;
mod input;
mod loss;
mod losses;
mod output;
mod prr;
mod queue;
mod rack;
mod reassembly;
mod receive_window;
mod rto;
mod scoreboard;
mod segment;
pub(in crate::net) mod sequence;
mod state;
#[cfg(test)]
mod tests;
mod time_wait;
mod watch;

pub use config::{Algorithm, Config};
pub use connection::Connection;
pub use segment::{Flags, HEADER_BYTES, Repeat, SackBlocks, Segment, Timestamps};
pub use state::{Event, State};
pub use time_wait::{Late, TimeWait};
