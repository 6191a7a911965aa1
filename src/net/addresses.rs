//! Who has which address. An address that nobody has may be written on a packet all the same; it leads nowhere.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::topology::Node;

/// An address, as a number: packets carry these, and they are compared at every packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressId(u32);

/// All addresses that were ever named.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    // Looked up, never iterated.
    ids: FxHashMap<IpAddr, AddressId>,
    known: Vec<(IpAddr, Option<Node>)>,
    of_nodes: Vec<Vec<AddressId>>,
}

impl Addresses {
    /// Gives a node its addresses; the first of each family is the one it sends from.
    pub(super) fn assign(&mut self, node: Node, addresses: impl IntoIterator<Item = IpAddr>) {
        let place = node.0 as usize;
        if self.of_nodes.len() <= place {
            self.of_nodes.resize_with(place + 1, Vec::new);
        }
        for address in addresses {
            let id = self.id(address);
            self.known[id.0 as usize].1 = Some(node);
            self.of_nodes[place].push(id);
        }
    }

    /// The number of an address.
    pub(super) fn id(&mut self, address: IpAddr) -> AddressId {
        if let Some(id) = self.ids.get(&address) {
            return *id;
        }
        let id = AddressId(self.known.len() as u32);
        self.known.push((address, None));
        self.ids.insert(address, id);
        id
    }

    /// The address.
    #[must_use]
    #[inline]
    pub fn get(&self, id: AddressId) -> IpAddr {
        self.known[id.0 as usize].0
    }

    /// The node that has an address.
    #[must_use]
    #[inline]
    pub fn node(&self, id: AddressId) -> Option<Node> {
        self.known[id.0 as usize].1
    }

    /// The address that a node sends from to `to`: the one that is asked for where it is the node's own, else its first
    /// of the same family, else its first (RFC 6724 §5, rule 8 aside: hosts here have one network).
    pub(super) fn source(&mut self, node: Node, asked: Option<IpAddr>, to: AddressId) -> AddressId {
        if let Some(asked) = asked {
            let id = self.id(asked);
            if self.node(id) == Some(node) {
                return id;
            }
        }
        let own = self.of_nodes.get(node.0 as usize).map_or(&[][..], Vec::as_slice);
        let family = own.iter().find(|id| self.get(**id).is_ipv4() == self.get(to).is_ipv4());
        match family.or(own.first()) {
            Some(id) => *id,
            // RFC 1122 §3.2.1.3: a host that has not learned its address yet sends from this one.
            None => self.id(IpAddr::from([0, 0, 0, 0])),
        }
    }
}
