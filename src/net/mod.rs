//! Hosts, routers and links; packets, UDP and TCP. It carries bytes and knows no mail.
//!
//! - [`topology`]: the graph and the shortest routes by latency.
//! - [`lane`]: one direction of a link: latency, jitter, bandwidth with a drop-tail buffer, loss.
//! - [`packet`]: what travels: IP packets with a TCP segment or a UDP datagram inside.
//! - [`tcp`]: TCP itself, sans-IO.

pub mod lane;
pub mod packet;
pub mod tcp;
pub mod topology;
