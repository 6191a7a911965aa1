//! What the network tells hosts and observers, and what happens inside it.

use std::net::IpAddr;

use super::mark::Mark;
use super::tap::Sighting;
use super::topology::Node;
use crate::octets::Chunk;
use crate::tls;

/// A connection of a host: its place in the network's table. Places are used again after a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

/// Why a connection could not be made, or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody listens at the port.
    Refused,
    /// The other end did not answer in time.
    TimedOut,
    /// The other end broke it off.
    Reset,
    /// All ephemeral ports to the other end's address and port are taken.
    NoPort {
        /// The address that the connection was to come from. Each has its own ports.
        from: IpAddr,
        /// How many of the ports belong to connections.
        open: u16,
        /// How many are in TIME-WAIT.
        time_wait: u16,
    },
}

/// What the network tells a host, or an observer.
#[derive(Clone, Debug)]
pub enum Output {
    /// A client has connected to a port that the host listens on.
    Accepted {
        /// The new connection.
        socket: SocketId,
        /// The host.
        host: Node,
        /// The port.
        port: u16,
        /// The client's address.
        remote: IpAddr,
        /// What the client calls the connection, for observers.
        tag: u64,
    },
    /// The connection is there.
    Connected(SocketId),
    /// Bytes, in order, and what they are about.
    Received(SocketId, Chunk, Mark),
    /// The other end will send no more.
    PeerClosed(SocketId),
    /// The connection could not be made, or is gone.
    Failed(SocketId, Trouble),
    /// Both ends have closed. The host has nothing to do with it any more.
    Closed(SocketId),
    /// There is room in the send buffer again.
    Room(SocketId),
    /// The filter of a connection has this to tell.
    News(SocketId, Box<tls::News>),
    /// So many bytes of all that was sent have left the host so far.
    Left(SocketId, u64),
    /// A datagram has reached this host.
    Datagram(Node, Box<Datagram>),
    /// A packet was seen. Only where [`Network::watch_packets`](super::Network::watch_packets) is on.
    Seen(Box<Sighting>),
}

/// A datagram that has arrived.
#[derive(Clone, Debug)]
pub struct Datagram {
    /// Who sent it.
    pub from: IpAddr,
    /// From which port.
    pub from_port: u16,
    /// To which of the host's addresses.
    pub to: IpAddr,
    /// To which port.
    pub port: u16,
    /// What it carries.
    pub payload: Chunk,
    /// What its sender has given with it, for observers.
    pub tag: u64,
}

/// What can happen inside the network.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A packet reaches the end of a lane.
    Arrival(u32),
    /// A TCP timer: place and generation of the endpoint.
    Timer(u32, u32),
    /// The oldest TIME-WAIT of a host may be over.
    Waited(Node),
}
