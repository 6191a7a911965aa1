//! Writes down what it sees of packets.

use std::collections::VecDeque;
use std::io::{self, Write};

use rustc_hash::FxHashMap;

use super::pcapng::{Direction, Packet, Writer};
use super::view::View;
use crate::net::packet::Body;
use crate::net::tap::{Loss, Sight, Sighting, Tap};
use crate::net::tcp::Repeat;
use crate::net::topology::{LaneId, LinkId, Node};
use crate::net::wire::{self, HOP_LIMIT, Header};
use crate::sim::Instant;
use crate::trace::{LinkEntry, Roster};

/// A tap that writes pcapng.
///
/// A packet stands in the file at the time of its first sight, and a comment says when it was lost later. So it is held
/// back until its fate is known, and those behind it with it: what is kept in memory is what is under way.
pub struct Recorder<W> {
    /// `None` once it has failed or is finished.
    out: Option<Writer<W>>,
    error: Option<io::Error>,
    view: View,
    /// The date at the beginning, in nanoseconds since 1970.
    start_ns: u64,
    hosts: Vec<String>,
    /// The names of the links, as comments call them.
    links: Vec<String>,
    held: VecDeque<Held>,
    /// How many were held before the first of `held`.
    gone: u64,
    /// Where in the order of all that were held a packet is, by its number. Looked up, never iterated.
    places: FxHashMap<u64, u64>,
    packets: u64,
}

/// A packet whose fate is not known, or that stands behind such a one.
struct Held {
    packet: Packet,
    settled: bool,
}

impl<W: Write> Recorder<W> {
    /// Writes the head of a capture of this run.
    ///
    /// # Errors
    /// It could not be written.
    pub fn new(out: W, view: View, roster: &Roster) -> io::Result<Recorder<W>> {
        let mut out = Writer::new(out);
        out.section(concat!("Postroad ", env!("CARGO_PKG_VERSION")))?;
        let link_name = |link: &LinkEntry| {
            format!("{} - {}", roster.hosts[link.a.0 as usize].name, roster.hosts[link.b.0 as usize].name)
        };
        match &view {
            View::All => roster.hosts.iter().try_for_each(|host| out.interface(&host.name, &host.role))?,
            View::Host(Node(host)) => {
                let host = &roster.hosts[*host as usize];
                out.interface(&host.name, &host.role)?;
            }
            View::Links(links) => {
                for LinkId(place) in links {
                    let link = &roster.links[*place as usize];
                    out.interface(&link_name(link), &link.label)?;
                }
            }
        }
        let names = roster.hosts.iter().flat_map(|host| {
            let addresses = host.addresses.iter().filter_map(|address| address.parse().ok());
            addresses.map(|address| (address, &*host.name))
        });
        out.names(names)?;
        // The format counts from 1970 to 2554; what a scenario sets before or after stands at the edge.
        let start_ns = i128::from(roster.start_unix_secs) * 1_000_000_000;
        Ok(Recorder {
            out: Some(out),
            error: None,
            view,
            start_ns: start_ns.clamp(0, i128::from(u64::MAX)) as u64,
            hosts: roster.hosts.iter().map(|host| host.name.to_string()).collect(),
            links: roster.links.iter().map(link_name).collect(),
            held: VecDeque::new(),
            gone: 0,
            places: FxHashMap::default(),
            packets: 0,
        })
    }

    /// Packets so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// The run is over: writes what is still under way, and gives back what was written to.
    ///
    /// # Errors
    /// Something could not be written, now or before; or it is finished already.
    pub fn finish(&mut self) -> io::Result<W> {
        for held in &mut self.held {
            if !held.settled {
                held.packet.comments.push("still on its way when the run ended".into());
                held.settled = true;
            }
        }
        self.places.clear();
        self.release();
        match (self.error.take(), self.out.take()) {
            (Some(error), _) => Err(error),
            (None, Some(mut out)) => out.flush().map(|()| out.into_inner()),
            (None, None) => Err(io::Error::other("the capture is finished already")),
        }
    }

    fn packet(&self, now: Instant, interface: u32, direction: Direction, seen: &Sighting) -> Packet {
        let header = Header {
            source: seen.source,
            destination: seen.destination,
            // RFC 6864 §4.1: in packets that are not to be fragmented the field may hold anything. So it tells the
            // packet's number in the trace, as far as that goes.
            identification: seen.number as u16,
            hop_limit: HOP_LIMIT.saturating_sub(seen.hops.min(u16::from(u8::MAX)) as u8),
        };
        let mut octets = Vec::new();
        wire::encode(&header, &seen.body, &mut octets);
        let mut comments = Vec::new();
        if let Body::Tcp(segment) = &seen.body
            && let Some(why) = segment.retransmission
        {
            comments.push(format!("retransmission: {}", reason(why)));
        }
        Packet {
            interface,
            at_ns: self.start_ns.saturating_add(now.as_nanos()),
            direction,
            id: seen.number,
            octets,
            comments,
        }
    }

    /// Writes a packet behind those that are held back.
    fn hold(&mut self, packet: Packet, settled: bool) {
        if self.out.is_none() {
            return;
        }
        if !settled {
            self.places.insert(packet.id, self.gone + self.held.len() as u64);
        }
        self.packets += 1;
        self.held.push_back(Held { packet, settled });
        self.release();
    }

    /// The fate of a packet is known.
    fn settle(&mut self, number: u64, comment: Option<String>) {
        let Some(place) = self.places.remove(&number) else { return };
        let held = &mut self.held[(place - self.gone) as usize];
        held.settled = true;
        held.packet.comments.extend(comment);
        self.release();
    }

    /// Writes down what nothing stands before.
    fn release(&mut self) {
        while let Some(held) = self.held.pop_front_if(|held| held.settled) {
            self.gone += 1;
            let Some(out) = &mut self.out else { continue };
            if let Err(error) = out.packet(&held.packet) {
                // The run goes on all the same; it is said at the end.
                self.error = Some(error);
                self.out = None;
            }
        }
    }

    /// What became of a packet that was lost.
    fn lost(&self, node: Node, loss: Loss, lane: Option<LaneId>) -> String {
        let link = lane.map_or("?", |lane| &self.links[lane.link().0 as usize]);
        match loss {
            Loss::Noise => format!("lost: noise on the link {link}"),
            Loss::BufferFull => format!("lost: the buffer of the link {link} was full"),
            Loss::LinkDown => format!("lost: the link {link} was down"),
            Loss::HostDown => format!("lost: {} was down", self.hosts[node.0 as usize]),
            Loss::NoRoute => "lost: no way leads to this address".to_owned(),
            Loss::Fault => format!("lost: a fault of the scenario took it on the link {link}"),
            Loss::Forgotten => format!("lost: the link {link} has forgotten the connection"),
        }
    }

    /// Every packet where it began.
    fn saw_anywhere(&mut self, now: Instant, seen: &Sighting) {
        match seen.sight {
            Sight::Sent => {
                let packet = self.packet(now, seen.node.0, Direction::Outbound, seen);
                self.hold(packet, false);
            }
            Sight::Arrived => self.settle(seen.number, None),
            Sight::Lost(loss, lane) => self.settle(seen.number, Some(self.lost(seen.node, loss, lane))),
            Sight::Entered(_) | Sight::Forwarded => {}
        }
    }

    /// What a host sees: it does not know what becomes of a packet.
    fn saw_at_host(&mut self, now: Instant, seen: &Sighting) {
        let direction = match seen.sight {
            Sight::Sent => Direction::Outbound,
            // What a host sends to itself is seen once.
            Sight::Arrived if seen.from == seen.node => return,
            Sight::Arrived => Direction::Inbound,
            Sight::Forwarded => Direction::Unknown,
            Sight::Entered(_) | Sight::Lost(..) => return,
        };
        let packet = self.packet(now, 0, direction, seen);
        self.hold(packet, true);
    }

    /// What is put on links.
    fn saw_on_links(&mut self, now: Instant, seen: &Sighting) {
        let lane = match seen.sight {
            Sight::Entered(lane) | Sight::Lost(_, Some(lane)) => Some(lane),
            _ => None,
        };
        let interface = lane.and_then(|lane| self.interface_of(lane));
        match (seen.sight, interface) {
            (Sight::Lost(loss, lane), _) if self.places.contains_key(&seen.number) => {
                self.settle(seen.number, Some(self.lost(seen.node, loss, lane)));
            }
            (Sight::Lost(loss, lane), Some(interface)) => {
                let mut packet = self.packet(now, interface, Direction::Unknown, seen);
                packet.comments.push(self.lost(seen.node, loss, lane));
                self.hold(packet, true);
            }
            (Sight::Entered(_), Some(interface)) => {
                let packet = self.packet(now, interface, Direction::Unknown, seen);
                self.hold(packet, false);
            }
            // At the other end of the link.
            (Sight::Forwarded | Sight::Arrived, _) => self.settle(seen.number, None),
            _ => {}
        }
    }

    fn interface_of(&self, lane: LaneId) -> Option<u32> {
        let View::Links(links) = &self.view else { return None };
        links.iter().position(|link| *link == lane.link()).map(|place| place as u32)
    }
}

/// Why something is sent again.
fn reason(why: Repeat) -> &'static str {
    match why {
        Repeat::Timeout => "the timer struck",
        Repeat::Duplicates => "duplicate acknowledgements",
        Repeat::Rack => "what left later has arrived",
        Repeat::Probe => "a tail loss probe",
        Repeat::Window => "a look whether the window has opened",
        Repeat::Syn => "nobody answered the SYN",
    }
}

impl<W: Write> Tap for Recorder<W> {
    fn saw(&mut self, now: Instant, seen: &Sighting) {
        match self.view {
            View::All => self.saw_anywhere(now, seen),
            View::Host(host) if seen.node == host => self.saw_at_host(now, seen),
            View::Host(_) => {}
            View::Links(_) => self.saw_on_links(now, seen),
        }
    }

    /// Packets that need it are seen later, and stand later in the file.
    fn secret(&mut self, _now: Instant, line: &str) {
        if let Some(out) = &mut self.out
            && let Err(error) = out.secrets(&format!("{line}\n"))
        {
            self.error = Some(error);
            self.out = None;
        }
    }
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
