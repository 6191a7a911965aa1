//! Packets on their way: one event for each lane they cross.

use super::flight::{About, Flight, Path};
use super::lane::Drop;
use super::network::Network;
use super::output::{Datagram, Event, Output};
use super::packet::Body;
use super::ports::Key;
use super::tap::{Loss, Sight, Sighting};
use super::topology::{LaneId, Node};
use crate::sim::{Duration, Instant};

/// What a packet needs to hand itself to its own host: the kernel does not do it in the same instant.
const LOOPBACK: Duration = Duration::from_micros(10);

impl Network {
    /// A host puts a packet on the network.
    #[inline(always)]
    pub(super) fn transmit(&mut self, now: Instant, path: Path, about: About, body: Body) {
        self.last_packet += 1;
        let slot = self.flights.insert(self.last_packet, path, about, body);
        self.depart(now, slot);
    }

    #[inline]
    fn depart(&mut self, now: Instant, slot: u32) {
        let Path { host, to, route, .. } = self.flights.get(slot).path;
        self.see(slot, host, Sight::Sent);
        if to == Some(host) {
            self.events.push(now + LOOPBACK, Event::Arrival(slot));
        } else if route.is_some() {
            self.enter_lane(now, slot, host);
        } else {
            self.lose(slot, host, Loss::NoRoute, None);
        }
    }

    #[inline(always)]
    fn enter_lane(&mut self, now: Instant, slot: u32, here: Node) {
        let flight = self.flights.get_mut(slot);
        let Some(route) = flight.path.route else { return };
        let step = self.topology.steps(route).steps[usize::from(flight.step)];
        let lane = self.topology.lane_mut(step.lane);
        flight.on = Some(step);
        flight.outages = lane.outages();
        // What a link knows of connections stands at its door: what is lost behind it was heard, what finds it shut was not.
        if !self.state_tables.is_empty()
            && lane.is_up()
            && !self.state_tables.pass(now, step.lane.link(), &flight.path, &flight.body)
        {
            return self.lose(slot, here, Loss::Forgotten, Some(step.lane));
        }
        let loss = match lane.offer(now, flight.wire_bytes as usize) {
            Ok(at) => {
                self.events.push(at, Event::Arrival(slot));
                let tamper = lane.tamper().cloned();
                self.see(slot, here, Sight::Entered(step.lane));
                if let Some(tamper) = tamper {
                    tamper.pass(&mut self.flights.get_mut(slot).body);
                }
                return;
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
        self.flights.forget(slot);
    }

    /// A packet has reached the end of a lane.
    pub(super) fn arrival(&mut self, now: Instant, slot: u32) {
        let flight = self.flights.get_mut(slot);
        let Some(to) = flight.path.to else { return };
        if let Some(step) = flight.on {
            if self.topology.lane(step.lane).outages() != flight.outages {
                return self.lose(slot, step.to, Loss::LinkDown, Some(step.lane));
            }
            if !self.topology.is_node_up(step.to) {
                return self.lose(slot, step.to, Loss::HostDown, Some(step.lane));
            }
            // A route ends where it comes to the host that it leads to, and nowhere else.
            if step.to != to {
                flight.step += 1;
                self.see(slot, step.to, Sight::Forwarded);
                return self.enter_lane(now, slot, step.to);
            }
        }
        self.see(slot, to, Sight::Arrived);
        self.active_at = now;
        if !self.segment_arrived(now, slot) {
            self.others_arrived(now, to, slot);
        }
        self.flights.leave(slot);
    }

    /// What has arrived and is for no connection that is there.
    fn others_arrived(&mut self, now: Instant, to: Node, slot: u32) {
        let Flight { path, about, body, .. } = self.flights.get_mut(slot);
        let (path, about) = (*path, std::mem::take(about));
        match std::mem::take(body) {
            Body::Tcp(segment) => {
                let key = Key::new(path.destination, segment.destination_port, path.source, segment.source_port);
                self.stray(now, to, key, &about, &segment);
            }
            Body::Udp(datagram) => {
                let (from, local) = (self.address(path.source), self.address(path.destination));
                let datagram = Datagram {
                    from,
                    from_port: datagram.source_port,
                    to: local,
                    port: datagram.destination_port,
                    payload: datagram.payload,
                    tag: about.tag,
                };
                self.outputs.push_back(Output::Datagram(to, Box::new(datagram)));
            }
        }
    }

    /// TIME-WAITs of a host may be over.
    pub(super) fn waited(&mut self, now: Instant, host: Node) {
        if let Some(again) = self.hosts[host.0 as usize].waits.end(now) {
            self.events.push(again, Event::Waited(host));
        }
    }

    #[inline]
    fn see(&mut self, slot: u32, node: Node, sight: Sight) {
        if self.watched {
            self.saw(slot, node, sight);
        }
    }

    #[cold]
    fn saw(&mut self, slot: u32, node: Node, sight: Sight) {
        let flight = self.flights.get(slot);
        let sighting = Sighting {
            number: flight.number,
            node,
            sight,
            from: flight.path.host,
            to: flight.path.to,
            hops: flight.step,
            source: self.address(flight.path.source),
            destination: self.address(flight.path.destination),
            tag: flight.about.tag,
            mark: flight.about.marks.first,
            scale: flight.about.scale,
            body: flight.body.clone(),
        };
        self.outputs.push_back(Output::Seen(Box::new(sighting)));
    }
}
