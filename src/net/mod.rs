//! Hosts, routers and links; packets, UDP and TCP. It carries bytes and knows no mail.
//!
//! - [`topology`]: the graph and the shortest routes by latency.
//! - [`lane`]: one direction of a link: latency, jitter, bandwidth with a drop-tail buffer, loss.
//! - [`network`]: the machine of it all: hosts, their addresses and connections, and packets on their way.
//! - [`packet`]: what travels: IP packets with a TCP segment or a UDP datagram inside.
//! - [`tamper`]: somebody on a line who writes over what passes.
//! - `state_table`: links that forget connections.
//! - [`tap`] and [`mark`]: what observers see, and what they know of bytes.
//! - [`wire`]: the real octets of a packet, for captures.
//! - [`filter`]: the place between TCP and whoever uses a connection.
//! - [`tcp`]: TCP itself, sans-IO.

pub mod addresses;
mod endpoint;
pub mod filter;
mod flight;
pub mod lane;
pub mod mark;
pub mod network;
mod output;
pub mod packet;
mod ports;
mod sockets;
mod state_table;
pub mod tamper;
pub mod tap;
pub mod tcp;
#[cfg(test)]
mod tests;
pub mod topology;
mod transit;
mod waits;
pub mod wire;

pub use mark::Mark;
pub use network::Network;
pub use output::{Datagram, Output, SocketId, Trouble};
pub use sockets::Dial;
