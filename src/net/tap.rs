//! What observers see of a packet on its way.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;

use super::mark::Mark;
use super::packet::Body;
use super::topology::{LaneId, Node};
use crate::sim::Instant;

/// Why a packet was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// Chance, as the link is described.
    Noise,
    /// The link's buffer was full (drop-tail).
    BufferFull,
    /// The link was down.
    LinkDown,
    /// The host was down.
    HostDown,
    /// No route leads there, or nobody has the address.
    NoRoute,
    /// A fault of the scenario took this packet.
    Fault,
    /// The link has forgotten the connection that it is of, or never knew it.
    Forgotten,
}

/// Where on its way a packet was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// It left the host that it comes from.
    Sent,
    /// It was taken by a link.
    Entered(LaneId),
    /// It passed a node on its way.
    Forwarded,
    /// It reached the host that it is for.
    Arrived,
    /// It was lost here; the lane is the one that it was on or would have gone on to.
    Lost(Loss, Option<LaneId>),
}

/// A packet, where it was seen, and what its host knows about it that is not on the wire.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Its number, from 1; the same at every sight.
    pub number: u64,
    /// Where it was seen.
    pub node: Node,
    /// What happened there.
    pub sight: Sight,
    /// The node that sent it.
    pub from: Node,
    /// The node that has the address it is for; nobody may have it.
    pub to: Option<Node>,
    /// How many nodes have passed it on so far.
    pub hops: u16,
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// What the owner of the connection calls it; zero for none.
    pub tag: u64,
    /// What its first byte is about.
    pub mark: Mark,
    /// How the numbers of its header are to be read.
    pub scale: Scale,
    /// What it carries.
    pub body: Body,
}

/// How numbers in the header of a segment are read: what they are counted from, and by how many bits the window is
/// shifted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// The sender's initial sequence number.
    pub sequence: u32,
    /// The receiver's initial sequence number.
    pub acknowledgement: u32,
    /// RFC 7323 §2.2; zero in segments with SYN.
    pub window_shift: u8,
}

/// Somebody who looks at packets. It changes nothing.
pub trait Tap {
    /// A packet was seen. Times never go backwards.
    fn saw(&mut self, now: Instant, sighting: &Sighting);
    /// A line of a key log became known: with it, what a connection seals can be read.
    fn secret(&mut self, _now: Instant, _line: &str) {}
}

/// The world keeps one half, and whoever wants to ask the tap afterwards the other.
impl<T: Tap> Tap for Rc<RefCell<T>> {
    fn saw(&mut self, now: Instant, sighting: &Sighting) {
        self.borrow_mut().saw(now, sighting);
    }
    fn secret(&mut self, now: Instant, line: &str) {
        self.borrow_mut().secret(now, line);
    }
}
