//! A packet on its way, and what its host knows about it that is not on the wire.

use super::addresses::AddressId;
use super::mark::Marks;
use super::packet::Body;
use super::tap::Scale;
use super::topology::{Node, RouteId};

/// A packet on its way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) body: Body,
    pub(super) source: AddressId,
    pub(super) destination: AddressId,
    pub(super) from: Node,
    pub(super) to: Option<Node>,
    pub(super) route: RouteId,
    pub(super) step: u16,
    /// How often the lane had gone down when the packet entered it.
    pub(super) outages: u32,
    pub(super) wire_bytes: u32,
    pub(super) number: u64,
    pub(super) about: About,
}

/// What observers should know of a packet.
#[derive(Debug, Default)]
pub(super) struct About {
    /// What the connection is called.
    pub(super) tag: u64,
    pub(super) marks: Marks,
    pub(super) scale: Scale,
}

/// Where a packet comes from and where it goes, and what its host knows about it.
pub(super) struct Origin {
    pub(super) host: Node,
    pub(super) to: Option<Node>,
    pub(super) source: AddressId,
    pub(super) destination: AddressId,
    pub(super) route: Option<RouteId>,
    pub(super) about: About,
}
