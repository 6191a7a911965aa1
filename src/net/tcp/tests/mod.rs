//! Tests of the whole machine, grouped by what they look at.

mod congestion;
mod delivery;
mod handshake;
mod harness;
mod hostile;
mod inside;
mod script;
mod selective;
mod truth;
