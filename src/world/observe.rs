//! Observation: packets as records. Everything else is recorded where it happens.

use std::sync::Arc;

use super::World;
use super::pipes::marked;
use crate::net::packet::Body;
use crate::net::tap::{Loss, Sight, Sighting, Tap};
use crate::net::tcp::Repeat;
use crate::trace::{At, ConnId, HostId, LossReason, PacketStep, RepeatReason, Sink, Transport, What};

impl World {
    /// Adds somebody who looks on. Do so before the first event.
    pub fn observe(&mut self, sink: Box<dyn Sink>) {
        let roster = self.roster.clone();
        self.tracer.add(sink, &roster);
        self.network.watch_packets(self.tracer.wants_packets() || self.tap.is_some());
    }

    /// Lets somebody look at all packets, in the place of who did so before. Do so before the first event.
    pub fn tap(&mut self, tap: Box<dyn Tap>) {
        self.tap = Some(tap);
        self.network.watch_packets(true);
    }

    /// Tells all sinks that the run is over.
    pub fn finish(&mut self) {
        self.tracer.finish();
    }

    /// The network has seen a packet.
    #[cold]
    pub(super) fn saw(&mut self, sighting: &Sighting) {
        if let Some(tap) = &mut self.tap {
            tap.saw(self.engine.now(), sighting);
        }
        if self.tracer.wants_packets() {
            self.record_packet(sighting);
        }
    }

    fn record_packet(&mut self, sighting: &Sighting) {
        let (step, reason) = match sighting.sight {
            Sight::Sent => (PacketStep::Sent, None),
            Sight::Entered(_) => return,
            Sight::Forwarded => (PacketStep::Forwarded, None),
            Sight::Arrived => (PacketStep::Arrived, None),
            Sight::Lost(loss, _) => (PacketStep::Lost, Some(reason(loss))),
        };
        let mut at = At::host(self.engine.now(), HostId(sighting.node.0));
        if let (Body::Tcp(_), 1..) = (&sighting.body, sighting.tag) {
            at = at.conn(ConnId(sighting.tag));
        }
        if let Some((mail, hop)) = marked(sighting.mark) {
            at = at.mail(mail, hop);
        }
        let (packet, from, to) =
            (sighting.number, HostId(sighting.from.0), sighting.to.map_or(HostId::NOBODY, |to| HostId(to.0)));
        let what = match &sighting.body {
            Body::Tcp(segment) => What::Packet {
                packet,
                step,
                from,
                to,
                transport: Transport::Tcp,
                source_port: segment.source_port,
                destination_port: segment.destination_port,
                flags: segment.flags.to_string().into(),
                sequence: segment.seq.wrapping_sub(sighting.scale.sequence),
                acknowledgement: if segment.flags.ack() {
                    segment.ack.wrapping_sub(sighting.scale.acknowledgement)
                } else {
                    0
                },
                window_bytes: u32::from(segment.window) << sighting.scale.window_shift,
                payload_bytes: segment.payload.len() as u32,
                retransmission: segment.retransmission.is_some(),
                again: segment.retransmission.map(again),
                reason,
            },
            Body::Udp(datagram) => What::Packet {
                packet,
                step,
                from,
                to,
                transport: Transport::Udp,
                source_port: datagram.source_port,
                destination_port: datagram.destination_port,
                flags: Arc::from(""),
                sequence: 0,
                acknowledgement: 0,
                window_bytes: 0,
                payload_bytes: datagram.payload.len() as u32,
                retransmission: false,
                again: None,
                reason,
            },
        };
        self.tracer.packet(at, || what);
    }
}

fn again(repeat: Repeat) -> RepeatReason {
    match repeat {
        Repeat::Timeout => RepeatReason::Timeout,
        Repeat::Duplicates => RepeatReason::Duplicates,
        Repeat::Rack => RepeatReason::Rack,
        Repeat::Probe => RepeatReason::Probe,
        Repeat::Window => RepeatReason::Window,
        Repeat::Syn => RepeatReason::Syn,
    }
}

fn reason(loss: Loss) -> LossReason {
    match loss {
        Loss::Noise => LossReason::Noise,
        Loss::BufferFull => LossReason::BufferFull,
        Loss::LinkDown => LossReason::LinkDown,
        Loss::HostDown => LossReason::HostDown,
        Loss::NoRoute => LossReason::NoRoute,
        Loss::Fault => LossReason::Fault,
        Loss::Forgotten => LossReason::Forgotten,
    }
}
