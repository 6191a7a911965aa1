//! Ports, and what tells connections apart.

use super::addresses::AddressId;

/// RFC 6335 §6: dynamic ports are 49152 to 65535.
pub(super) const FIRST_PORT: u16 = 49_152;

/// What tells connections apart: both addresses and both ports, as one end has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    local: AddressId,
    remote: AddressId,
    ports: u32,
}

impl Key {
    pub(super) fn new(local: AddressId, local_port: u16, remote: AddressId, remote_port: u16) -> Key {
        Key { local, remote, ports: u32::from(local_port) << 16 | u32::from(remote_port) }
    }

    pub(super) fn local(&self) -> AddressId {
        self.local
    }

    pub(super) fn remote(&self) -> AddressId {
        self.remote
    }

    pub(super) fn ports(&self) -> u32 {
        self.ports
    }
}
