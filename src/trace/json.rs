//! Writes a record as JSON, the same bytes as `serde_json`: names of fields and kinds are constants of this program and need
//! no escapes, numbers are small, and most text is plain and copied as it stands.
//!
//! It is worth its place as long as it is about twice as fast. Measured (`cargo bench --bench parts -- jsonl`, the records of a
//! chain of relays, on a machine that was busy): 8.4 ms against 18.1 ms without packets (2.1 times as fast), 16.1 ms against
//! 30.5 ms with them (1.9 times). Causes differ from one record to the next, so they are not among what is kept.
//!
//! Functions here are inlined into the code that walks through a record, so that the names become constants there.
//!
//! It knows what records are made of (structs of numbers, texts, lists of texts) and refuses anything else.

use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeSeq, SerializeStruct, Serializer};

use super::echo::Differs;
use super::text::is_plain;
use super::{ConnId, HostId, MailId, Octets, Record, What};
use crate::octets::{Chunk, write_decimal};
use crate::sim::Instant;

type Error = serde_json::Error;
type Nothing = Impossible<(), Error>;

/// Writes records. One event makes several records in a row that differ in what was observed only, so where and when
/// is kept as it was written last. Most records are of lines and of states of sessions, and differ in their text only:
/// what stands before that is kept as well.
#[derive(Default)]
pub(super) struct Writer {
    id: Counter,
    place: Option<Place>,
    written: Vec<u8>,
    /// One for each direction and side.
    lines: [Head; 8],
    /// One for each side.
    sessions: [Head; 2],
}

/// The beginning of what was observed, from its kind up to the text that is its last field.
#[derive(Default)]
struct Head {
    /// For whom it was written.
    peer: Option<HostId>,
    written: Vec<u8>,
}

impl Head {
    /// Writes it for `peer`, where it was not. `what` has an empty text.
    #[inline]
    fn of(&mut self, peer: HostId, what: impl FnOnce() -> What) -> Result<&[u8], Error> {
        if self.peer != Some(peer) {
            self.peer = Some(peer);
            self.written.clear();
            What::serialize(&what(), Json { out: &mut self.written, inside: true })?;
            let without_text = self.written.len() - "\"\"}".len();
            self.written.truncate(without_text);
        }
        Ok(&self.written)
    }
}

/// A number that mostly rises by one, in decimal digits.
#[derive(Default)]
struct Counter {
    number: u64,
    digits: Vec<u8>,
}

impl Counter {
    #[inline]
    fn digits(&mut self, number: u64) -> &[u8] {
        match self.digits.last_mut() {
            Some(last) if *last < b'9' && number == self.number + 1 => *last += 1,
            _ => {
                self.digits.clear();
                write_decimal(&mut self.digits, number);
            }
        }
        self.number = number;
        &self.digits
    }
}

/// Fields of a record that those in a row share.
type Place = (Instant, HostId, Option<ConnId>, Option<MailId>, Option<u16>);

impl Writer {
    /// Writes a record to the end of `out`: its own fields first, then those of what was observed.
    ///
    /// # Errors
    /// When a record is made of something that this file does not know, which is a defect.
    pub(super) fn record(&mut self, out: &mut Vec<u8>, record: &Record) -> Result<(), Error> {
        self.head(out, record, (record.conn, record.mail, record.hop));
        let (head, text) = match &record.what {
            &What::Line { direction, side, peer, sealed, ref text } if is_plain(&text.0) => {
                let head = &mut self.lines[4 * usize::from(sealed) + 2 * direction as usize + side as usize];
                let line = || What::Line { direction, side, peer, sealed, text: Octets(Chunk::EMPTY) };
                (head.of(peer, line)?, &*text.0)
            }
            What::Session { side, state } if is_plain(state.as_bytes()) => {
                let head = &mut self.sessions[*side as usize];
                let session = || What::Session { side: *side, state: "".into() };
                (head.of(HostId(0), session)?, state.as_bytes())
            }
            what => return What::serialize(what, Json { out, inside: true }),
        };
        out.extend_from_slice(head);
        out.push(b'"');
        out.extend_from_slice(text);
        out.extend_from_slice(b"\"}");
        Ok(())
    }

    /// Writes that what the cause of a record says has come to its place, with what differs.
    pub(super) fn heard(&mut self, out: &mut Vec<u8>, record: &Record, differs: Differs) {
        self.head(out, record, differs);
        out.extend_from_slice(b"\"kind\":\"heard\"}");
    }

    /// Writes the beginning of a record: its number, where and when, and its cause.
    #[inline]
    fn head(&mut self, out: &mut Vec<u8>, record: &Record, of: Differs) {
        let (conn, mail, hop) = of;
        let place = (record.at, record.host, conn, mail, hop);
        if self.place != Some(place) {
            self.place = Some(place);
            self.written.clear();
            write_number(&mut self.written, "at", Some(record.at.as_nanos()));
            write_number(&mut self.written, "host", Some(u64::from(record.host.0)));
            write_number(&mut self.written, "conn", conn.map(|conn| conn.0));
            write_number(&mut self.written, "mail", mail.map(|mail| mail.0));
            write_number(&mut self.written, "hop", hop.map(u64::from));
        }
        out.push(b'{');
        if let Some(id) = record.id {
            write_name(out, "id");
            out.extend_from_slice(self.id.digits(id.0));
            out.push(b',');
        }
        out.extend_from_slice(&self.written);
        write_number(out, "cause", record.cause.map(|cause| cause.0));
    }
}

#[inline(always)]
fn write_number(out: &mut Vec<u8>, name: &'static str, number: Option<u64>) {
    if let Some(number) = number {
        write_name(out, name);
        write_decimal(out, number);
        out.push(b',');
    }
}

#[inline(always)]
fn write_name(out: &mut Vec<u8>, name: &'static str) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Writes one value.
struct Json<'a> {
    out: &'a mut Vec<u8>,
    /// Whether the bracket of the first struct has been opened already.
    inside: bool,
}

/// Writes the values of a list or a struct.
struct Values<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Values<'_> {
    #[inline(always)]
    fn value<T: Serialize + ?Sized>(&mut self, name: Option<&'static str>, value: &T) -> Result<(), Error> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        if let Some(name) = name {
            write_name(self.out, name);
        }
        value.serialize(Json { out: self.out, inside: false })
    }
}

impl SerializeSeq for Values<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(None, value)
    }
    fn end(self) -> Result<(), Error> {
        self.out.push(b']');
        Ok(())
    }
}

impl SerializeStruct for Values<'_> {
    type Ok = ();
    type Error = Error;
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.value(Some(name), value)
    }
    fn end(self) -> Result<(), Error> {
        self.out.push(b'}');
        Ok(())
    }
}

/// Values that `serde_json` writes: rare ones, and those that are no part of a record.
macro_rules! rare {
    ($($method:ident: $type:ty;)*) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            serde_json::to_writer(self.out, &value)
        })*
    };
}
macro_rules! unknown {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, Error> {
            Err(Error::custom(concat!("a record has no ", stringify!($method))))
        })*
    };
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Values<'a>;
    type SerializeStruct = Values<'a>;
    type SerializeTuple = Nothing;
    type SerializeTupleStruct = Nothing;
    type SerializeTupleVariant = Nothing;
    type SerializeMap = Nothing;
    type SerializeStructVariant = Nothing;

    #[inline(always)]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }
    #[inline(always)]
    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(u64::from(value))
    }
    #[inline(always)]
    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(u64::from(value))
    }
    #[inline(always)]
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        write_decimal(self.out, value);
        Ok(())
    }
    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        if !is_plain(value.as_bytes()) {
            return serde_json::to_writer(self.out, value);
        }
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
        Ok(())
    }
    #[inline(always)]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    #[inline(always)]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.out.push(b'"');
        self.out.extend_from_slice(variant.as_bytes());
        self.out.push(b'"');
        Ok(())
    }
    #[inline(always)]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Values<'a>, Error> {
        self.out.push(b'[');
        Ok(Values { out: self.out, first: true })
    }
    #[inline(always)]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Values<'a>, Error> {
        if !self.inside {
            self.out.push(b'{');
        }
        Ok(Values { out: self.out, first: true })
    }

    rare! {
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_u8: u8;
        serialize_f32: f32;
        serialize_f64: f64;
        serialize_char: char;
        serialize_bytes: &[u8];
    }
    fn serialize_none(self) -> Result<(), Error> {
        serde_json::to_writer(self.out, &())
    }
    unknown! {
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_tuple(usize) -> Nothing;
        serialize_tuple_struct(&'static str, usize) -> Nothing;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Nothing;
        serialize_map(Option<usize>) -> Nothing;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Nothing;
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error::custom("a record has no serialize_newtype_variant"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Direction, LossReason, PacketStep, RecordId, Side, Transport};

    /// The record as `serde_json` writes it, by way of its own map.
    fn by_serde(record: &Record) -> serde_json::Value {
        let mut map = serde_json::to_value(&record.what).unwrap();
        let numbers = [
            ("id", record.id.map(|id| id.0)),
            ("at", Some(record.at.as_nanos())),
            ("host", Some(u64::from(record.host.0))),
            ("conn", record.conn.map(|conn| conn.0)),
            ("mail", record.mail.map(|mail| mail.0)),
            ("hop", record.hop.map(u64::from)),
            ("cause", record.cause.map(|cause| cause.0)),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                map[name] = number.into();
            }
        }
        map
    }

    #[test]
    fn it_writes_what_serde_json_writes() {
        let packet = |reason| What::Packet {
            packet: u64::MAX,
            step: PacketStep::Lost,
            from: HostId(1),
            to: HostId(0),
            transport: Transport::Tcp,
            source_port: 49_152,
            destination_port: 25,
            flags: "SYN ACK".into(),
            sequence: u32::MAX,
            acknowledgement: 0,
            window_bytes: 65_535,
            payload_bytes: 10,
            retransmission: true,
            again: Some(crate::trace::RepeatReason::Rack),
            reason,
        };
        let line = |direction, peer, text: &[u8]| What::Line {
            direction,
            side: Side::Server,
            peer: HostId(peer),
            sealed: peer == 2,
            text: Octets(Chunk::copy_from(text)),
        };
        let odd = "a \"quoted\" \\ text\twith\u{1}controls, é and \u{1f300}";
        let whats = [
            packet(None),
            packet(Some(LossReason::BufferFull)),
            What::Composed {
                from: odd.into(),
                to: vec!["b".into(), odd.into()],
                subject: "".into(),
                size_bytes: 0,
                header: vec![odd.into()],
                parts: vec![],
            },
            What::Composed {
                from: "".into(),
                to: vec![],
                subject: "\u{7f}".into(),
                size_bytes: 1,
                header: vec![],
                parts: vec![crate::trace::Entity {
                    depth: 0,
                    media_type: odd.into(),
                    encoding: "base64".into(),
                    name: Some(odd.into()),
                    wire_bytes: 4,
                    bytes: 3,
                }],
            },
            What::Unsent { recipient: "x".into(), reason: Octets(Chunk::copy_from(b"550 \xff\x00 \"no\"\\")) },
            What::Condition {
                number: 7,
                step: crate::trace::ConditionStep::Ends,
                change: crate::trace::Change::Records {
                    name: odd.into(),
                    rtype: "MX".into(),
                    edit: crate::trace::RecordEdit::Set,
                    records: vec!["10 mx".into()],
                },
                until: Some(Instant::from_nanos(9)),
                leaves: Some(crate::trace::Change::Drop { a: HostId(0), b: HostId(1), from: None, packets: 3 }),
            },
            line(Direction::Sent, 1, b"250 Ok"),
            line(Direction::Sent, 1, b"250 2.0.0"),
            line(Direction::Sent, 2, b""),
            line(Direction::Received, 2, b"a\"b\\c"),
            line(Direction::Received, 2, "grün".as_bytes()),
            What::Session { side: Side::Client, state: "idle".into() },
            What::Session { side: Side::Client, state: "".into() },
            What::Session { side: Side::Server, state: odd.into() },
        ];
        let mut writer = Writer::default();
        for (id, what) in whats.into_iter().enumerate() {
            for full in [true, false] {
                let record = Record {
                    id: full.then_some(RecordId(id as u64 + 1)),
                    at: Instant::from_nanos(1_000_000_007),
                    host: HostId(3),
                    conn: full.then_some(ConnId(9)),
                    mail: full.then_some(MailId(1)),
                    hop: full.then_some(2),
                    cause: full.then_some(RecordId(6)),
                    what: what.clone(),
                };
                let mut line = Vec::new();
                writer.record(&mut line, &record).unwrap();
                let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
                assert_eq!(read, by_serde(&record));
                let what = serde_json::to_string(&what).unwrap();
                assert!(line.ends_with(&what.as_bytes()[1..]), "to the byte");
            }
        }
    }
}
