//! Packets, where they are wanted: one line for a packet, from when it is sent until what becomes of it.

use super::super::clock::span;
use super::super::{Line, Style, number};
use super::item::Item;
use super::telling::Telling;
use crate::trace::{LossReason, PacketStep, Record, RepeatReason, Transport, What};

impl Telling {
    pub(super) fn packet(&mut self, record: &Record) {
        if !self.options.packets {
            return;
        }
        let What::Packet { packet, step, reason, .. } = &record.what else { return };
        match step {
            PacketStep::Sent => {
                let hop = record.conn.and_then(|conn| self.connections.get(&conn)).copied();
                let line = self.describe(record, hop);
                let (item, place) = match hop {
                    Some(item) => {
                        let (item, place) = self.add(item, record.at, line);
                        (item, Some(place))
                    }
                    None => (self.say(record.at, line), None),
                };
                self.packets.insert(*packet, (item, place, record.at));
                self.waits(item, 1);
            }
            PacketStep::Forwarded => {}
            PacketStep::Arrived | PacketStep::Lost => {
                let Some((item, place, sent)) = self.packets.remove(packet) else { return };
                self.waits(item, -1);
                let took = span(record.at.since(sent));
                let (style, fate) = match step {
                    PacketStep::Lost => {
                        let here = self.name(record.host);
                        (Style::Bad, format!("  ✗ lost at {here} after {took}: {}", why(*reason)))
                    }
                    _ => (Style::Faint, format!("  arrives {took} later")),
                };
                if item < self.turn {
                    let line = self.describe(record, place.map(|_| item)).with(style, fate);
                    match place {
                        Some(_) => self.add(item, record.at, line).0,
                        None => self.say(record.at, line),
                    };
                    return;
                }
                match (&mut self.items[item].1, place) {
                    (Item::Line(note), _) => note.line.push(style, fate),
                    (Item::Hop(hop), Some(place)) => hop.lines[place].1.push(style, fate),
                    (Item::Hop(_), None) => {}
                }
            }
        }
    }

    fn describe(&self, record: &Record, hop: Option<usize>) -> Line {
        let What::Packet {
            packet,
            from,
            to,
            transport,
            source_port,
            destination_port,
            flags,
            sequence,
            acknowledgement,
            window_bytes,
            payload_bytes,
            retransmission,
            again,
            ..
        } = &record.what
        else {
            return Line::new();
        };
        let client = hop.and_then(|item| self.hop(item)).map(|hop| hop.client);
        let way = match client {
            Some(client) if client == *from => "   ├─▶ ".to_owned(),
            Some(_) => "   ◀─┤ ".to_owned(),
            None => {
                format!("{}:{source_port} → {}:{destination_port} ", self.name(*from), self.name(*to))
            }
        };
        // In one piece: most lines of a story with packets are of these, and wait in memory until they can be told.
        let mut line = Line::of(
            Style::Faint,
            match transport {
                Transport::Tcp => {
                    let len = number((*payload_bytes).into());
                    format!(
                        "{way}#{packet} {flags:<11} seq {sequence} ack {acknowledgement} win {window_bytes} len {len}"
                    )
                }
                Transport::Udp => format!("{way}#{packet} UDP len {payload_bytes}"),
            },
        );
        if *retransmission {
            line.push(Style::Warning, format!(" sent again{}", again.map_or("", why_again)));
        }
        line
    }
}

fn why(reason: Option<LossReason>) -> &'static str {
    match reason {
        Some(LossReason::Noise) => "noise",
        Some(LossReason::BufferFull) => "the buffer was full",
        Some(LossReason::LinkDown) => "the link is down",
        Some(LossReason::HostDown) => "the host is down",
        Some(LossReason::NoRoute) => "no route leads there",
        Some(LossReason::Fault) => "a fault of the scenario",
        Some(LossReason::Forgotten) => "the link has forgotten the connection",
        None => "no reason known",
    }
}

/// Why TCP sends something again.
fn why_again(reason: RepeatReason) -> &'static str {
    match reason {
        RepeatReason::Timeout => ": no answer in time",
        RepeatReason::Duplicates => ": three duplicate acknowledgements",
        RepeatReason::Rack => ": what left later has arrived (RACK)",
        RepeatReason::Probe => ": tail loss probe",
        RepeatReason::Window => ": is the window still closed?",
        RepeatReason::Syn => ": nobody has answered",
    }
}
