//! The pcapng format, as far as it is written here: a section, its interfaces, names of addresses, packets.
//!
//! Source: draft-ietf-opsawg-pcapng, "PCAP Now Generic (pcapng) Capture File Format", of which the sections are cited.
//! All numbers are little-endian; the reader knows by the magic number of the section.

use std::io::{self, Write};
use std::net::IpAddr;

/// Packets begin with the IP header (link type RAW).
const LINKTYPE_RAW: u16 = 101;

/// Types of blocks (§4).
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const NAMES: u32 = 4;
const PACKET: u32 = 6;
const SECRETS: u32 = 10;

/// Options (§3.5); what a code means depends on the block.
const COMMENT: u16 = 1;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_DESCRIPTION: u16 = 3;
const INTERFACE_RESOLUTION: u16 = 9;
const PACKET_FLAGS: u16 = 2;
const PACKET_ID: u16 = 5;
const SECTION_APPLICATION: u16 = 4;

/// Which way a packet passed its interface (§4.3.1, the direction of epb_flags).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Unknown = 0,
    Inbound = 1,
    Outbound = 2,
}

/// A packet as it will stand in the file.
#[derive(Debug)]
pub(super) struct Packet {
    /// Which of the interfaces, by the order in which they were written.
    pub(super) interface: u32,
    /// Nanoseconds since 1970.
    pub(super) at_ns: u64,
    pub(super) direction: Direction,
    /// The same for all sights of a packet.
    pub(super) id: u64,
    pub(super) octets: Vec<u8>,
    pub(super) comments: Vec<String>,
}

/// Writes blocks.
pub(super) struct Writer<W> {
    out: W,
    /// A block in the making, for its memory.
    block: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Writer<W> {
        Writer { out, block: Vec::new() }
    }

    pub(super) fn into_inner(self) -> W {
        self.out
    }

    /// The head of the file (§4.1). Its length is left open: the file is written in one go. Nothing says on what machine
    /// it was made, for it does not matter.
    pub(super) fn section(&mut self, application: &str) -> io::Result<()> {
        self.block.clear();
        self.block.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
        // Version 1.0.
        self.block.extend_from_slice(&[1, 0, 0, 0]);
        self.block.extend_from_slice(&u64::MAX.to_le_bytes());
        self.option(SECTION_APPLICATION, application.as_bytes());
        self.end_of_options();
        self.put(SECTION)
    }

    /// An interface (§4.2). They are numbered from 0 in the order in which they are written.
    pub(super) fn interface(&mut self, name: &str, description: &str) -> io::Result<()> {
        self.block.clear();
        self.block.extend_from_slice(&LINKTYPE_RAW.to_le_bytes());
        // Reserved, and no limit to what is kept of a packet.
        self.block.extend_from_slice(&[0; 6]);
        self.option(INTERFACE_NAME, name.as_bytes());
        if !description.is_empty() {
            self.option(INTERFACE_DESCRIPTION, description.as_bytes());
        }
        // Times count units of 10^-9 seconds.
        self.option(INTERFACE_RESOLUTION, &[9]);
        self.end_of_options();
        self.put(INTERFACE)
    }

    /// Whose addresses are whose (§4.5).
    pub(super) fn names<'a>(&mut self, names: impl IntoIterator<Item = (IpAddr, &'a str)>) -> io::Result<()> {
        const IPV4: u16 = 1;
        const IPV6: u16 = 2;
        self.block.clear();
        for (address, name) in names {
            let mut value = Vec::with_capacity(17 + name.len());
            let kind = match address {
                IpAddr::V4(v4) => {
                    value.extend_from_slice(&v4.octets());
                    IPV4
                }
                IpAddr::V6(v6) => {
                    value.extend_from_slice(&v6.octets());
                    IPV6
                }
            };
            value.extend_from_slice(name.as_bytes());
            value.push(0);
            // Records look like options.
            self.option(kind, &value);
        }
        self.end_of_options();
        self.put(NAMES)
    }

    /// What TLS sealed can be read with this (§4.7, Decryption Secrets Block): lines of a key log. It stands before the packets
    /// that need it.
    pub(super) fn secrets(&mut self, lines: &str) -> io::Result<()> {
        const TLS_KEY_LOG: u32 = 0x544c_534b;
        self.block.clear();
        self.block.extend_from_slice(&TLS_KEY_LOG.to_le_bytes());
        self.block.extend_from_slice(&(lines.len() as u32).to_le_bytes());
        self.block.extend_from_slice(lines.as_bytes());
        self.block.resize(self.block.len().next_multiple_of(4), 0);
        self.put(SECRETS)
    }

    /// A packet (§4.3, Enhanced Packet Block).
    pub(super) fn packet(&mut self, packet: &Packet) -> io::Result<()> {
        self.block.clear();
        let len = (packet.octets.len() as u32).to_le_bytes();
        self.block.extend_from_slice(&packet.interface.to_le_bytes());
        self.block.extend_from_slice(&((packet.at_ns >> 32) as u32).to_le_bytes());
        self.block.extend_from_slice(&(packet.at_ns as u32).to_le_bytes());
        // What was captured, and what it was: all of it.
        self.block.extend_from_slice(&len);
        self.block.extend_from_slice(&len);
        self.block.extend_from_slice(&packet.octets);
        self.pad();
        for comment in &packet.comments {
            self.option(COMMENT, comment.as_bytes());
        }
        if packet.direction != Direction::Unknown {
            self.option(PACKET_FLAGS, &(packet.direction as u32).to_le_bytes());
        }
        self.option(PACKET_ID, &packet.id.to_le_bytes());
        self.end_of_options();
        self.put(PACKET)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        // What is said here is short; host names end at 255 bytes.
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.block.extend_from_slice(&code.to_le_bytes());
        self.block.extend_from_slice(&(value.len() as u16).to_le_bytes());
        self.block.extend_from_slice(value);
        self.pad();
    }

    fn end_of_options(&mut self) {
        self.block.extend_from_slice(&[0; 4]);
    }

    /// Everything begins at a multiple of four bytes.
    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    /// Writes the block between its type and its length, which stands before and behind.
    fn put(&mut self, kind: u32) -> io::Result<()> {
        let len = (self.block.len() as u32 + 12).to_le_bytes();
        self.out.write_all(&kind.to_le_bytes())?;
        self.out.write_all(&len)?;
        self.out.write_all(&self.block)?;
        self.out.write_all(&len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_as_the_draft_draws_them() {
        let mut writer = Writer::new(Vec::new());
        writer.section("abcde").unwrap();
        writer.interface("pc", "").unwrap();
        writer.names([(IpAddr::from([192, 0, 2, 1]), "pc")]).unwrap();
        writer.secrets("CLIENT_RANDOM 00 ff\n").unwrap();
        let packet = Packet {
            interface: 0,
            at_ns: 0x0102_0304_0506_0708,
            direction: Direction::Outbound,
            id: 7,
            octets: vec![9; 5],
            comments: vec!["lost".into()],
        };
        writer.packet(&packet).unwrap();
        let mut wanted: Vec<u8> = Vec::new();
        wanted.extend([0x0a, 0x0d, 0x0d, 0x0a, 44, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0]);
        wanted.extend([0xff; 8]);
        wanted.extend(b"\x04\0\x05\0abcde\0\0\0\0\0\0\0");
        wanted.extend([44, 0, 0, 0]);
        wanted.extend(
            b"\x01\0\0\0\x28\0\0\0\x65\0\0\0\0\0\0\0\x02\0\x02\0pc\0\0\x09\0\x01\0\x09\0\0\0\0\0\0\0\x28\0\0\0",
        );
        wanted.extend(b"\x04\0\0\0\x1c\0\0\0\x01\0\x07\0\xc0\0\x02\x01pc\0\0\0\0\0\0\x1c\0\0\0");
        wanted.extend(b"\x0a\0\0\0\x28\0\0\0KSLT\x14\0\0\0CLIENT_RANDOM 00 ff\n\x28\0\0\0");
        wanted.extend([6, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5, 5, 0, 0, 0, 5, 0, 0, 0]);
        wanted.extend([9, 9, 9, 9, 9, 0, 0, 0]);
        wanted.extend(b"\x01\0\x04\0lost\x02\0\x04\0\x02\0\0\0\x05\0\x08\0\x07\0\0\0\0\0\0\0\0\0\0\0\x48\0\0\0");
        assert_eq!(writer.into_inner(), wanted);
    }
}
