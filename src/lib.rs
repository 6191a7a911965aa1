//! Postroad: an educational SMTP/MIME network simulator.
//!
//! A scenario file says who is there and what happens; a discrete-event engine drives clients, mail transfer agents
//! and name servers that speak real byte streams over simulated links; the run yields a trace, and transcripts and
//! pictures are drawn from the trace. ARCHITECTURE.md shows the floors of the house.

pub mod access;
pub mod agent;
pub mod capture;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diag;
pub mod dns;
pub mod identity;
pub mod mime;
pub mod net;
pub mod octets;
pub mod policy;
pub mod queue;
pub mod render;
pub mod sasl;
pub mod scenario;
pub mod sim;
pub mod smtp;
pub mod store;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod trace;
pub mod workload;
pub mod world;
