//! Packets on their way: one event for each lane they cross.

use std::net::IpAddr;

use super::{Event, World};
use crate::agent::{Input, Peer};
use crate::net::lane::Drop;
use crate::net::packet::{Body, Datagram};
use crate::net::topology::{Node, RouteId};
use crate::octets::Chunk;
use crate::trace::{HostId, LossReason, PacketStep};

/// Hosts and nodes of the graph have the same numbers.
#[inline]
pub(super) fn node(host: HostId) -> Node {
    Node(host.0)
}

/// A packet on a lane.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) number: u64,
    pub(super) from: HostId,
    pub(super) to: HostId,
    pub(super) body: Body,
    pub(super) sender: Sender,
    route: RouteId,
    step: u16,
    /// How often the lane had gone down when the packet entered it.
    outages: u32,
}

/// Where a packet comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender {
    /// The sending socket, for observers.
    pub(super) socket: Option<u32>,
    /// Place and generation of the socket that it takes for its peer.
    pub(super) peer: Option<(u32, u32)>,
}

impl Sender {
    /// No socket.
    pub(super) const NONE: Sender = Sender { socket: None, peer: None };
}

impl World {
    /// A host hands a packet to the network.
    pub(super) fn transmit(&mut self, from: HostId, to: HostId, route: Option<RouteId>, sender: Sender, body: Body) {
        self.last_packet += 1;
        let packet = Packet {
            number: self.last_packet,
            from,
            to,
            body,
            sender,
            route: route.unwrap_or(RouteId(0)),
            step: 0,
            outages: 0,
        };
        let slot = self.packets.insert(packet) as u32;
        self.observe_packet(slot, from, PacketStep::Sent, None);
        if from == to {
            // Loopback: the kernel hands it back at once, but never in the same instant.
            let at = self.engine.now() + crate::sim::Duration::from_micros(10);
            self.engine.schedule_at(at, Event::Packet(slot));
        } else if route.is_some() {
            self.enter_lane(slot, from);
        } else {
            self.lose(slot, from, LossReason::NoRoute);
        }
    }

    fn enter_lane(&mut self, slot: u32, here: HostId) {
        let packet = &mut self.packets[slot as usize];
        let step = self.topology.steps(packet.route).steps[usize::from(packet.step)];
        let now = self.engine.now();
        let lane = self.topology.lane_mut(step.lane);
        packet.outages = lane.outages();
        match lane.offer(now, packet.body.wire_len()) {
            Ok(at) => self.engine.schedule_at(at, Event::Packet(slot)),
            Err(Drop::Down) => self.lose(slot, here, LossReason::LinkDown),
            Err(Drop::Noise) => self.lose(slot, here, LossReason::Noise),
            Err(Drop::BufferFull) => self.lose(slot, here, LossReason::BufferFull),
            Err(Drop::Fault) => self.lose(slot, here, LossReason::Fault),
        }
    }

    #[cold]
    fn lose(&mut self, slot: u32, here: HostId, reason: LossReason) {
        self.observe_packet(slot, here, PacketStep::Lost, Some(reason));
        self.packets.remove(slot as usize);
    }

    /// A packet has reached the end of a lane.
    pub(super) fn packet_arrives(&mut self, slot: u32) {
        let packet = &mut self.packets[slot as usize];
        if packet.from != packet.to {
            let steps = &self.topology.steps(packet.route).steps;
            let step = steps[usize::from(packet.step)];
            let here = HostId(step.to.0);
            if self.topology.lane(step.lane).outages() != packet.outages {
                self.lose(slot, here, LossReason::LinkDown);
                return;
            }
            if !self.topology.is_node_up(step.to) {
                self.lose(slot, here, LossReason::HostDown);
                return;
            }
            if usize::from(packet.step) + 1 < steps.len() {
                packet.step += 1;
                self.observe_packet(slot, here, PacketStep::Forwarded, None);
                self.enter_lane(slot, here);
                return;
            }
        }
        let (from, to, peer) = (packet.from, packet.to, packet.sender.peer);
        self.observe_packet(slot, to, PacketStep::Arrived, None);
        match self.packets.remove(slot as usize).body {
            Body::Tcp(segment) => self.segment_arrived(from, to, segment, peer),
            Body::Udp(datagram) => {
                let address = self.hosts[from.0 as usize].address;
                let input = Input::Datagram {
                    from: Peer { host: from, address },
                    from_port: datagram.source_port,
                    port: datagram.destination_port,
                    payload: datagram.payload,
                };
                self.agent_input(to, input);
            }
        }
        self.active_at = self.engine.now();
        self.settle();
    }

    /// Sends a UDP datagram for an agent. To an address that nobody has, it vanishes.
    pub(super) fn send_datagram(&mut self, from: HostId, to: IpAddr, port: u16, from_port: u16, payload: Chunk) {
        let Some(peer) = self.directory.find(to) else { return };
        let route = self.topology.route(node(from), node(peer));
        let datagram = Datagram { source_port: from_port, destination_port: port, payload };
        self.transmit(from, peer, route, Sender::NONE, Body::Udp(datagram));
    }
}
