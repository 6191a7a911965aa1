//! Observation: packets as records. Everything else is recorded where it happens.

use std::sync::Arc;

use super::World;
use crate::net::packet::Body;
use crate::trace::{At, HostId, LossReason, PacketStep, Sink, Transport, What};

impl World {
    /// Adds somebody who looks on. Do so before the first event.
    pub fn observe(&mut self, sink: Box<dyn Sink>) {
        let roster = self.roster.clone();
        self.tracer.add(sink, &roster);
    }

    /// Tells all sinks that the run is over.
    pub fn finish(&mut self) {
        self.tracer.finish();
    }

    #[inline]
    pub(super) fn observe_packet(&mut self, slot: u32, here: HostId, step: PacketStep, reason: Option<LossReason>) {
        if self.tracer.wants_packets() {
            self.record_packet(slot, here, step, reason);
        }
    }

    #[cold]
    fn record_packet(&mut self, slot: u32, here: HostId, step: PacketStep, reason: Option<LossReason>) {
        let now = self.engine.now();
        let packet = &self.packets[slot as usize];
        let pipe = packet.sender.socket.and_then(|place| self.sockets.get(place as usize)?.pipe.as_ref());
        let mut at = At::host(now, here);
        let what = match &packet.body {
            Body::Tcp(segment) => {
                let (mut sequence, mut acknowledgement, mut window) = (0, 0, u32::from(segment.window));
                if let Some(pipe) = pipe {
                    at = At { host: here, ..pipe.at(now) };
                    sequence = pipe.tcp.relative_send_seq(segment.seq);
                    if segment.flags.ack() {
                        acknowledgement = pipe.tcp.relative_receive_seq(segment.ack);
                    }
                    if !segment.flags.syn() {
                        window <<= pipe.tcp.window_shift();
                    }
                }
                What::Packet {
                    packet: packet.number,
                    step,
                    from: packet.from,
                    to: packet.to,
                    transport: Transport::Tcp,
                    source_port: segment.source_port,
                    destination_port: segment.destination_port,
                    flags: segment.flags.to_string().into(),
                    sequence,
                    acknowledgement,
                    window_bytes: window,
                    payload_bytes: segment.payload.len() as u32,
                    retransmission: segment.retransmission,
                    reason,
                }
            }
            Body::Udp(datagram) => What::Packet {
                packet: packet.number,
                step,
                from: packet.from,
                to: packet.to,
                transport: Transport::Udp,
                source_port: datagram.source_port,
                destination_port: datagram.destination_port,
                flags: Arc::from(""),
                sequence: 0,
                acknowledgement: 0,
                window_bytes: 0,
                payload_bytes: datagram.payload.len() as u32,
                retransmission: false,
                reason,
            },
        };
        self.tracer.packet(at, || what);
    }
}
