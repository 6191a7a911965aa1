//! [`Message`]: a DNS message taken apart (RFC 1035 §4), and its bytes.
//!
//! Reading and writing bytes, with their compressed names, is hickory-proto's work; this is the plain form that the
//! rest of the floor uses, and the two-octet length framing of TCP.

use std::fmt;

use hickory_proto::op::{self as wire, Edns, MessageType, OpCode};
use hickory_proto::rr::DNSClass;

use super::{Name, Rcode, Record, RecordType};

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A datagram.
    Udp,
    /// A stream, where two octets of length precede each message (RFC 1035 §4.2.2).
    Tcp,
}

/// The port of name servers.
pub const PORT: u16 = 53;

/// RFC 1035 §4.2.1: what a datagram may hold when nothing else is said.
pub const CLASSIC_UDP_BYTES: u16 = 512;

/// What a datagram may hold with EDNS (RFC 6891): the size of DNS flag day 2020, which no usual path fragments.
pub const EDNS_UDP_BYTES: u16 = 1232;

/// A question: name and type, always of class IN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The name.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}

/// A DNS message. Records of kinds that [`super::RecordData`] has not got are left out when reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Brings question and response together.
    pub id: u16,
    /// QR: a response rather than a question.
    pub is_response: bool,
    /// 0 for an ordinary query.
    pub opcode: u8,
    /// AA: the server has authority over the name.
    pub authoritative: bool,
    /// TC: cut to fit the datagram.
    pub truncated: bool,
    /// RD: please ask others if need be.
    pub recursion_desired: bool,
    /// RA: would ask others.
    pub recursion_available: bool,
    /// What came of it.
    pub rcode: Option<Rcode>,
    /// The question; `None` when there is not exactly one of class IN.
    pub question: Option<Question>,
    /// Whether the question is of another class than IN.
    pub foreign_class: bool,
    /// The answer section.
    pub answers: Vec<Record>,
    /// The authority section.
    pub authorities: Vec<Record>,
    /// The additional section, without the OPT record.
    pub additionals: Vec<Record>,
    /// The size of datagrams that the sender can take, when it speaks EDNS.
    pub edns_udp_bytes: Option<u16>,
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not even a header.
    #[error("shorter than a header")]
    Short,
    /// A header, and then something that cannot be read.
    #[error("cannot be read")]
    Malformed {
        /// The id of the header.
        id: u16,
        /// The QR bit.
        is_response: bool,
        /// The opcode.
        opcode: u8,
    },
}

impl Message {
    /// A question.
    #[must_use]
    pub fn query(id: u16, name: Name, rtype: RecordType, recursion_desired: bool) -> Message {
        Message {
            id,
            recursion_desired,
            question: Some(Question { name, rtype }),
            edns_udp_bytes: Some(EDNS_UDP_BYTES),
            ..Message::default()
        }
    }

    /// The beginning of a response to this question.
    #[must_use]
    pub fn response(&self, rcode: Rcode) -> Message {
        Message {
            id: self.id,
            is_response: true,
            opcode: self.opcode,
            recursion_desired: self.recursion_desired,
            rcode: Some(rcode),
            question: self.question.clone(),
            edns_udp_bytes: self.edns_udp_bytes.map(|_| EDNS_UDP_BYTES),
            ..Message::default()
        }
    }

    /// The response code; `NOERROR` where none is set.
    #[must_use]
    pub fn rcode(&self) -> Rcode {
        self.rcode.unwrap_or(Rcode::NoError)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is shorter than a header or what follows the header makes no sense.
    pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
        let [id_high, id_low, flags, _, ..] = bytes else { return Err(DecodeError::Short) };
        if bytes.len() < 12 {
            return Err(DecodeError::Short);
        }
        let (is_response, opcode) = (flags & 0x80 != 0, (flags >> 3) & 15);
        let id = u16::from_be_bytes([*id_high, *id_low]);
        let read = wire::Message::from_vec(bytes).map_err(|_| DecodeError::Malformed { id, is_response, opcode })?;
        let mut foreign_class = false;
        let question = match &read.queries[..] {
            [query] if query.query_class == DNSClass::IN => Some(Question {
                name: Name::from_wire(&query.name, None),
                rtype: RecordType::from_wire(query.query_type),
            }),
            [_] => {
                foreign_class = true;
                None
            }
            _ => None,
        };
        let asked = question.as_ref().map(|question| &question.name);
        let records = |section: &[hickory_proto::rr::Record]| {
            let mut records = Vec::with_capacity(section.len());
            records.extend(section.iter().filter_map(|record| Record::from_wire(record, asked)));
            records
        };
        Ok(Message {
            id,
            is_response,
            opcode,
            authoritative: read.metadata.authoritative,
            truncated: read.metadata.truncation,
            recursion_desired: read.metadata.recursion_desired,
            recursion_available: read.metadata.recursion_available,
            rcode: Some(Rcode::from_wire(read.metadata.response_code)),
            foreign_class,
            answers: records(&read.answers),
            authorities: records(&read.authorities),
            additionals: records(&read.additionals),
            edns_udp_bytes: read.edns.as_ref().map(Edns::max_payload),
            question,
        })
    }

    /// Writes the message, names compressed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let kind = if self.is_response { MessageType::Response } else { MessageType::Query };
        let mut out = wire::Message::new(self.id, kind, OpCode::from_u8(self.opcode & 15));
        out.metadata.authoritative = self.authoritative;
        out.metadata.truncation = self.truncated;
        out.metadata.recursion_desired = self.recursion_desired;
        out.metadata.recursion_available = self.recursion_available;
        out.metadata.response_code = self.rcode().to_wire();
        if let Some(question) = &self.question {
            out.add_query(wire::Query::query(question.name.to_wire(), question.rtype.to_wire()));
        }
        out.answers = self.answers.iter().map(Record::to_wire).collect();
        out.authorities = self.authorities.iter().map(Record::to_wire).collect();
        out.additionals = self.additionals.iter().map(Record::to_wire).collect();
        if let Some(size) = self.edns_udp_bytes {
            let mut edns = Edns::new();
            edns.set_max_payload(size.max(CLASSIC_UDP_BYTES));
            out.set_edns(edns);
        }
        // Only a message of more than 64 KiB cannot be written; the writer marks it truncated or gives up.
        out.to_vec().unwrap_or_default()
    }

    /// Writes a response so that it fits the transport: over UDP into `udp_bytes`, over TCP whole.
    ///
    /// RFC 2181 §9: additional records may be left out silently; when what was asked for does not fit, TC is set and
    /// the rest is empty, because the asker must throw it away and come back over TCP. RFC 9471 §3: the addresses in
    /// a referral are not such extra records, so a referral that loses them has TC set too.
    #[must_use]
    pub fn encode_for(&self, transport: Transport, udp_bytes: u16) -> Vec<u8> {
        let whole = self.encode();
        if transport == Transport::Tcp || whole.len() <= usize::from(udp_bytes) {
            return whole;
        }
        let mut shorter = self.clone();
        shorter.additionals.clear();
        let is_referral = !self.authoritative && self.answers.is_empty() && !self.authorities.is_empty();
        if !is_referral {
            let bytes = shorter.encode();
            if bytes.len() <= usize::from(udp_bytes) {
                return bytes;
            }
        }
        shorter.truncated = true;
        shorter.answers.clear();
        shorter.authorities.clear();
        shorter.encode()
    }

    /// The size of datagrams that whoever sent this question can take.
    #[must_use]
    pub fn udp_limit(&self) -> u16 {
        // RFC 6891 §6.2.3: less than 512 counts as 512; the server may set a lower limit of its own.
        self.edns_udp_bytes.map_or(CLASSIC_UDP_BYTES, |size| size.clamp(CLASSIC_UDP_BYTES, EDNS_UDP_BYTES))
    }
}

/// Puts the length in front of a message for TCP (RFC 1035 §4.2.2).
#[must_use]
pub fn frame(message: &[u8]) -> Vec<u8> {
    let len = message.len().min(usize::from(u16::MAX));
    let mut out = Vec::with_capacity(len + 2);
    out.extend_from_slice(&(len as u16).to_be_bytes());
    out.extend_from_slice(&message[..len]);
    out
}

/// Takes messages out of a TCP stream, however it was cut. Holds at most what was pushed and not yet taken.
#[derive(Clone, Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
}

impl Deframer {
    /// An empty one.
    #[must_use]
    pub fn new() -> Deframer {
        Deframer::default()
    }

    /// Adds bytes from the stream. Take all messages out after each push.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, without its length.
    pub fn next_message(&mut self) -> Option<Vec<u8>> {
        let [high, low, rest @ ..] = &self.buffer[..] else { return None };
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let message = rest.get(..len)?.to_vec();
        self.buffer.drain(..len + 2);
        Some(message)
    }
}

/// What an observer wants to know of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The id.
    pub id: u16,
    /// A response rather than a question.
    pub is_response: bool,
    /// The name asked for, with final dot; empty when the question cannot be told.
    pub name: String,
    /// The type asked for.
    pub rtype: &'static str,
    /// The response code.
    pub rcode: &'static str,
    /// AA.
    pub authoritative: bool,
    /// TC.
    pub truncated: bool,
    /// The answer section as lines of a zone file.
    pub answers: Vec<String>,
    /// Whether this is a referral: no answers, and name servers of a zone below in the authority section.
    pub referral: Option<String>,
}

/// Reads a message for an observer; `None` when it cannot be read.
#[must_use]
pub fn describe(bytes: &[u8]) -> Option<Summary> {
    let message = Message::decode(bytes).ok()?;
    let referral = message.authorities.iter().find(|r| r.rtype() == RecordType::Ns).map(|r| r.name.to_string());
    Some(Summary {
        id: message.id,
        is_response: message.is_response,
        name: message.question.as_ref().map_or_else(String::new, |q| q.name.to_string()),
        rtype: message.question.as_ref().map_or("", |q| q.rtype.as_str()),
        rcode: message.rcode().as_str(),
        authoritative: message.authoritative,
        truncated: message.truncated,
        answers: message.answers.iter().map(Record::to_string).collect(),
        referral: referral.filter(|_| message.is_response && !message.authoritative && message.answers.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::RecordData;
    use crate::sim::Duration;
    use proptest::prelude::*;

    #[test]
    fn a_message_survives_its_bytes() {
        let query = Message::query(7, "blue.example".parse().unwrap(), RecordType::Mx, true);
        let read = Message::decode(&query.encode()).unwrap();
        assert_eq!(Message { rcode: None, ..read }, query);
        let mut response = query.response(Rcode::NoError);
        response.answers.push(Record::new(
            "blue.example".parse().unwrap(),
            Duration::from_secs(300),
            RecordData::mx(10, "mx.blue.example".parse().unwrap()),
        ));
        assert_eq!(Message::decode(&response.encode()).unwrap(), response);
        let summary = describe(&response.encode()).unwrap();
        assert_eq!((summary.name.as_str(), summary.rtype, summary.rcode), ("blue.example.", "MX", "NOERROR"));
        assert_eq!(summary.answers, ["blue.example. 300 IN MX 10 mx.blue.example."]);
    }

    #[test]
    fn frames_come_out_however_the_stream_was_cut() {
        let stream = [frame(b"abc"), frame(b""), frame(b"defg")].concat();
        for cut in 1..stream.len() {
            let mut deframer = Deframer::new();
            let mut got = Vec::new();
            for part in stream.chunks(cut) {
                deframer.push(part);
                got.extend(std::iter::from_fn(|| deframer.next_message()));
            }
            assert_eq!(got, [&b"abc"[..], b"", b"defg"]);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(message) = Message::decode(&bytes) {
                let again = Message::decode(&message.encode());
                prop_assert!(again.is_ok());
            }
            let _ = describe(&bytes);
        }

        #[test]
        fn damaged_messages_never_panic(at in 0_usize..200, with: u8, cut in 0_usize..200) {
            let mut message = Message::query(1, "a.b.example".parse().unwrap(), RecordType::Txt, true)
                .response(Rcode::NoError);
            for data in [RecordData::text("hello"), RecordData::mx(1, "m.b.example".parse().unwrap())] {
                message.answers.push(Record::new("a.b.example".parse().unwrap(), Duration::from_secs(1), data));
            }
            let mut bytes = message.encode();
            let len = bytes.len();
            bytes[at % len] = with;
            bytes.truncate(len - cut % len);
            let _ = describe(&bytes);
        }
    }
}
