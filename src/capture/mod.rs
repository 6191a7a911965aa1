//! Captures: the packets of a run as a file that Wireshark opens.
//!
//! A [`Recorder`] is a tap on the network. It gives packets their octets ([`net::wire`](crate::net::wire)), with a
//! comment where something happened to one, and streams them as pcapng. A [`View`] says from where it looks, and so
//! which packets it sees and when.

mod pcapng;
mod recorder;
mod view;

pub use recorder::Recorder;
pub use view::{Choice, NoSuchPlace, View};
