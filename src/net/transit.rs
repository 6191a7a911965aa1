//! Packets on their way: one event for each lane they cross.

use super::flight::{Flight, Origin};
use super::lane::Drop;
use super::network::Network;
use super::output::{Event, Output};
use super::packet::{Body, ip_header_bytes};
use super::tap::{Loss, Sight, Sighting};
use super::topology::{LaneId, Node, RouteId};
use crate::sim::{Duration, Instant};

/// What a packet needs to hand itself to its own host: the kernel does not do it in the same instant.
const LOOPBACK: Duration = Duration::from_micros(10);

impl Network {
    /// A host puts a packet on the network.
    #[inline]
    pub(super) fn transmit(&mut self, now: Instant, origin: Origin, mut flight: Flight) {
        self.last_packet += 1;
        flight.number = self.last_packet;
        (flight.source, flight.destination) = (origin.source, origin.destination);
        (flight.from, flight.to) = (origin.host, origin.to);
        flight.route = origin.route.unwrap_or(RouteId(0));
        flight.wire_bytes = (ip_header_bytes(self.address(flight.destination)) + flight.body.wire_len()) as u32;
        let slot = self.flights.insert(flight) as u32;
        self.see(slot, origin.host, Sight::Sent);
        if origin.to == Some(origin.host) {
            self.events.push(now + LOOPBACK, Event::Arrival(slot));
        } else if origin.route.is_some() {
            self.enter_lane(now, slot, origin.host);
        } else {
            self.lose(slot, origin.host, Loss::NoRoute, None);
        }
    }

    fn enter_lane(&mut self, now: Instant, slot: u32, here: Node) {
        let flight = &mut self.flights[slot as usize];
        let step = self.topology.steps(flight.route).steps[usize::from(flight.step)];
        let lane = self.topology.lane_mut(step.lane);
        flight.outages = lane.outages();
        let loss = match lane.offer(now, flight.wire_bytes as usize) {
            Ok(at) => {
                self.events.push(at, Event::Arrival(slot));
                return self.see(slot, here, Sight::Entered(step.lane));
            }
            Err(Drop::Down) => Loss::LinkDown,
            Err(Drop::Noise) => Loss::Noise,
            Err(Drop::BufferFull) => Loss::BufferFull,
            Err(Drop::Fault) => Loss::Fault,
        };
        self.lose(slot, here, loss, Some(step.lane));
    }

    #[cold]
    fn lose(&mut self, slot: u32, here: Node, loss: Loss, lane: Option<LaneId>) {
        self.see(slot, here, Sight::Lost(loss, lane));
        self.flights.remove(slot as usize);
    }

    /// A packet has reached the end of a lane.
    pub(super) fn arrival(&mut self, now: Instant, slot: u32) {
        let flight = &mut self.flights[slot as usize];
        let Some(to) = flight.to else { return };
        if flight.from != to {
            let steps = &self.topology.steps(flight.route).steps;
            let step = steps[usize::from(flight.step)];
            if self.topology.lane(step.lane).outages() != flight.outages {
                return self.lose(slot, step.to, Loss::LinkDown, Some(step.lane));
            }
            if !self.topology.is_node_up(step.to) {
                return self.lose(slot, step.to, Loss::HostDown, Some(step.lane));
            }
            if usize::from(flight.step) + 1 < steps.len() {
                flight.step += 1;
                self.see(slot, step.to, Sight::Forwarded);
                return self.enter_lane(now, slot, step.to);
            }
        }
        self.see(slot, to, Sight::Arrived);
        self.active_at = now;
        let flight = self.flights.remove(slot as usize);
        match &flight.body {
            Body::Tcp(_) => self.segment_arrived(now, to, flight),
            Body::Udp(datagram) => {
                let (from, local) = (self.address(flight.source), self.address(flight.destination));
                self.outputs.push_back(Output::Datagram {
                    host: to,
                    from,
                    from_port: datagram.source_port,
                    to: local,
                    port: datagram.destination_port,
                    payload: datagram.payload.clone(),
                });
            }
        }
    }

    /// TIME-WAITs may be over.
    pub(super) fn waited(&mut self, now: Instant) {
        self.waits.end(now, &mut self.events);
    }

    #[inline]
    fn see(&mut self, slot: u32, node: Node, sight: Sight) {
        if self.watched {
            self.saw(slot, node, sight);
        }
    }

    #[cold]
    fn saw(&mut self, slot: u32, node: Node, sight: Sight) {
        let flight = &self.flights[slot as usize];
        let sighting = Sighting {
            number: flight.number,
            node,
            sight,
            from: flight.from,
            to: flight.to,
            source: self.address(flight.source),
            destination: self.address(flight.destination),
            tag: flight.tag,
            mark: flight.marks.first,
            scale: flight.scale,
            body: flight.body.clone(),
        };
        self.outputs.push_back(Output::Seen(Box::new(sighting)));
    }
}
