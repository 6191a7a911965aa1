//! A packet on its way, and what its host knows about it that is not on the wire.

use super::addresses::AddressId;
use super::mark::Marks;
use super::packet::Body;
use super::tap::Scale;
use super::topology::{Node, RouteId, Step};

/// Where a packet comes from, where it goes, and which way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) host: Node,
    /// The node that has the destination address; nobody may have it.
    pub(super) to: Option<Node>,
    pub(super) source: AddressId,
    pub(super) destination: AddressId,
    pub(super) route: Option<RouteId>,
    /// Bytes of the IP header.
    pub(super) header_bytes: u16,
}

/// A packet on its way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) path: Path,
    pub(super) step: u16,
    /// Where the lane that the packet is on leads; none where it does not leave its host.
    pub(super) on: Option<Step>,
    /// How often the lane had gone down when the packet entered it.
    pub(super) outages: u32,
    pub(super) wire_bytes: u32,
    pub(super) number: u64,
    pub(super) about: About,
    pub(super) body: Body,
}

/// What is known of a packet that is not on the wire: for observers, and where to look first for its connection.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// What the connection is called.
    pub(super) tag: u64,
    pub(super) marks: Marks,
    /// Filled in where packets are watched.
    pub(super) scale: Scale,
    /// Place of the endpoint that sent it.
    pub(super) from_place: u32,
    /// Where the endpoint that it is for was when that sent something last.
    pub(super) likely_place: u32,
}

impl Default for About {
    fn default() -> About {
        About { tag: 0, marks: Marks::default(), scale: Scale::default(), from_place: u32::MAX, likely_place: u32::MAX }
    }
}

/// All packets on their way, by place. A packet stays in its place until it has arrived; what arrives is read there.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights {
    places: Vec<Flight>,
    free: Vec<u32>,
}

impl Flights {
    /// A packet sets out. It is written where it stays, part by part: packets are many and not small, and to put one together
    /// elsewhere and move it here is felt.
    #[inline(always)]
    pub(super) fn insert(&mut self, number: u64, path: Path, about: About, body: Body) -> u32 {
        let place = self.place(path);
        let flight = &mut self.places[place as usize];
        flight.body = body;
        flight.path = path;
        flight.about = about;
        flight.number = number;
        (flight.step, flight.on, flight.outages) = (0, None, 0);
        flight.wire_bytes = u32::from(flight.path.header_bytes) + flight.body.wire_len() as u32;
        place
    }

    /// A place for a packet that goes this way.
    #[inline]
    fn place(&mut self, path: Path) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            let (about, body) = (About::default(), Body::default());
            self.places.push(Flight { path, step: 0, on: None, outages: 0, wire_bytes: 0, number: 0, about, body });
            (self.places.len() - 1) as u32
        })
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> &Flight {
        &self.places[place as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> &mut Flight {
        &mut self.places[place as usize]
    }

    /// A packet has arrived, and what it carried was taken. If anything is left, it goes when the place is given to another,
    /// which is soon: the place that was left last is given first.
    #[inline]
    pub(super) fn leave(&mut self, place: u32) {
        self.free.push(place);
    }

    /// A packet is lost; what it carried is let go.
    pub(super) fn forget(&mut self, place: u32) {
        let flight = &mut self.places[place as usize];
        (flight.about, flight.body) = Default::default();
        self.free.push(place);
    }
}
