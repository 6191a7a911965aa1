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
    /// What the connection is called, for observers.
    pub(super) tag: u64,
    pub(super) marks: Marks,
    pub(super) scale: Scale,
}

/// Where a packet comes from and where it goes.
pub(super) struct Origin {
    pub(super) host: Node,
    pub(super) to: Option<Node>,
    pub(super) source: AddressId,
    pub(super) destination: AddressId,
    pub(super) route: Option<RouteId>,
}

impl Flight {
    #[inline]
    pub(super) fn new(body: Body) -> Flight {
        Flight {
            body,
            source: AddressId::NONE,
            destination: AddressId::NONE,
            from: Node(0),
            to: None,
            route: RouteId(0),
            step: 0,
            outages: 0,
            wire_bytes: 0,
            number: 0,
            tag: 0,
            marks: Marks::default(),
            scale: Scale::default(),
        }
    }
}
