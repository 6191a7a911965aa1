//! Records: types, data, response codes, and how they are written for people.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{self as wire, RData, rdata};

use super::Name;
use crate::sim::Duration;

/// The type of a record or of a question (RFC 1035 §3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Mail exchange.
    Mx,
    /// The canonical name of an alias.
    Cname,
    /// Name server of a zone.
    Ns,
    /// Start of a zone of authority.
    Soa,
    /// Text.
    Txt,
    /// Pointer, for reverse look-up.
    Ptr,
    /// The servers of a service (RFC 2782).
    Srv,
    /// A question for all types (RFC 1035 §3.2.3 `*`).
    Any,
    /// Any type that zones here cannot hold; a question for it is answered that there is no such data.
    Other(u16),
}

impl RecordType {
    /// The mnemonic, such as `MX`; `TYPE` for a type that has none here.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Mx => "MX",
            RecordType::Cname => "CNAME",
            RecordType::Ns => "NS",
            RecordType::Soa => "SOA",
            RecordType::Txt => "TXT",
            RecordType::Ptr => "PTR",
            RecordType::Srv => "SRV",
            RecordType::Any => "ANY",
            RecordType::Other(code) => match wire::RecordType::from(code) {
                wire::RecordType::Unknown(_) | wire::RecordType::ZERO => "TYPE",
                known => known.into(),
            },
        }
    }

    pub(super) fn from_wire(rtype: wire::RecordType) -> RecordType {
        match rtype {
            wire::RecordType::A => RecordType::A,
            wire::RecordType::AAAA => RecordType::Aaaa,
            wire::RecordType::MX => RecordType::Mx,
            wire::RecordType::CNAME => RecordType::Cname,
            wire::RecordType::NS => RecordType::Ns,
            wire::RecordType::SOA => RecordType::Soa,
            wire::RecordType::TXT => RecordType::Txt,
            wire::RecordType::PTR => RecordType::Ptr,
            wire::RecordType::SRV => RecordType::Srv,
            wire::RecordType::ANY => RecordType::Any,
            other => RecordType::Other(other.into()),
        }
    }

    pub(super) fn to_wire(self) -> wire::RecordType {
        match self {
            RecordType::A => wire::RecordType::A,
            RecordType::Aaaa => wire::RecordType::AAAA,
            RecordType::Mx => wire::RecordType::MX,
            RecordType::Cname => wire::RecordType::CNAME,
            RecordType::Ns => wire::RecordType::NS,
            RecordType::Soa => wire::RecordType::SOA,
            RecordType::Txt => wire::RecordType::TXT,
            RecordType::Ptr => wire::RecordType::PTR,
            RecordType::Srv => wire::RecordType::SRV,
            RecordType::Any => wire::RecordType::ANY,
            RecordType::Other(code) => wire::RecordType::from(code),
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordType::Other(code) if self.as_str() == "TYPE" => write!(f, "TYPE{code}"),
            _ => f.pad(self.as_str()),
        }
    }
}

/// What a response came to (RFC 1035 §4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rcode {
    /// No error; that does not mean that there are records.
    NoError,
    /// The server could not read the question.
    FormErr,
    /// The server failed.
    ServFail,
    /// The name does not exist.
    NxDomain,
    /// The server does not do this kind of question.
    NotImp,
    /// The server does not want to.
    Refused,
    /// Anything else.
    Other(u16),
}

impl Rcode {
    /// The mnemonic, such as `NXDOMAIN`; `RCODE` for one without.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Rcode::NoError => "NOERROR",
            Rcode::FormErr => "FORMERR",
            Rcode::ServFail => "SERVFAIL",
            Rcode::NxDomain => "NXDOMAIN",
            Rcode::NotImp => "NOTIMP",
            Rcode::Refused => "REFUSED",
            Rcode::Other(_) => "RCODE",
        }
    }

    pub(super) fn from_wire(code: ResponseCode) -> Rcode {
        match code {
            ResponseCode::NoError => Rcode::NoError,
            ResponseCode::FormErr => Rcode::FormErr,
            ResponseCode::ServFail => Rcode::ServFail,
            ResponseCode::NXDomain => Rcode::NxDomain,
            ResponseCode::NotImp => Rcode::NotImp,
            ResponseCode::Refused => Rcode::Refused,
            other => Rcode::Other(other.into()),
        }
    }

    pub(super) fn to_wire(self) -> ResponseCode {
        match self {
            Rcode::NoError => ResponseCode::NoError,
            Rcode::FormErr => ResponseCode::FormErr,
            Rcode::ServFail => ResponseCode::ServFail,
            Rcode::NxDomain => ResponseCode::NXDomain,
            Rcode::NotImp => ResponseCode::NotImp,
            Rcode::Refused => ResponseCode::Refused,
            Rcode::Other(code) => code.into(),
        }
    }
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rcode::Other(code) => write!(f, "RCODE{code}"),
            _ => f.pad(self.as_str()),
        }
    }
}

/// The data of an SOA record (RFC 1035 §3.3.13). Times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Soa {
    /// The primary server.
    pub mname: Name,
    /// The mailbox of the person in charge, as a name.
    pub rname: Name,
    /// Version of the zone.
    pub serial: u32,
    /// How often secondaries look for a new version.
    pub refresh_secs: u32,
    /// How soon they try again.
    pub retry_secs: u32,
    /// When they give up.
    pub expire_secs: u32,
    /// For how long "there is no such name" may be remembered (RFC 2308 §4).
    pub minimum_secs: u32,
}

/// The data of an SRV record (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Srv {
    /// The lowest is tried first.
    pub priority: u16,
    /// Among those of equal priority, how often this one comes first.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; the root where the domain does not have the service at all.
    pub target: Name,
}

/// The data of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecordData {
    /// IPv4 address.
    A(Ipv4Addr),
    /// IPv6 address.
    Aaaa(Ipv6Addr),
    /// Mail exchange: the lower preference wins (RFC 5321 §5.1).
    Mx {
        /// The preference.
        preference: u16,
        /// The host; the root for "no mail here" (RFC 7505).
        exchange: Name,
    },
    /// The owner is an alias of this name.
    Cname(Name),
    /// A name server of the zone that begins at the owner.
    Ns(Name),
    /// Start of authority.
    Soa(Arc<Soa>),
    /// Character strings; a string longer than 255 octets is cut into several on the wire.
    Txt(Vec<Arc<[u8]>>),
    /// The name for an address.
    Ptr(Name),
    /// A server of a service (RFC 2782).
    Srv(Box<Srv>),
}

impl RecordData {
    /// A mail exchange.
    #[must_use]
    pub fn mx(preference: u16, exchange: Name) -> RecordData {
        RecordData::Mx { preference, exchange }
    }

    /// A text record with one string, cut into strings of 255 octets where it is longer (RFC 7208 §3.3 joins them
    /// again without spaces).
    #[must_use]
    pub fn text(text: &str) -> RecordData {
        if text.is_empty() {
            return RecordData::Txt(vec![Arc::from(&b""[..])]);
        }
        RecordData::Txt(text.as_bytes().chunks(255).map(Arc::from).collect())
    }

    /// The type.
    #[must_use]
    pub fn rtype(&self) -> RecordType {
        match self {
            RecordData::A(_) => RecordType::A,
            RecordData::Aaaa(_) => RecordType::Aaaa,
            RecordData::Mx { .. } => RecordType::Mx,
            RecordData::Cname(_) => RecordType::Cname,
            RecordData::Ns(_) => RecordType::Ns,
            RecordData::Soa(_) => RecordType::Soa,
            RecordData::Txt(_) => RecordType::Txt,
            RecordData::Ptr(_) => RecordType::Ptr,
            RecordData::Srv(_) => RecordType::Srv,
        }
    }

    /// The address of an A or AAAA record.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            RecordData::A(v4) => Some(IpAddr::V4(*v4)),
            RecordData::Aaaa(v6) => Some(IpAddr::V6(*v6)),
            _ => None,
        }
    }
}

/// Presentation format (RFC 1035 §5.1), such as `10 mx.blue.example.`.
impl fmt::Display for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordData::A(v4) => write!(f, "{v4}"),
            RecordData::Aaaa(v6) => write!(f, "{v6}"),
            RecordData::Mx { preference, exchange } => write!(f, "{preference} {exchange}"),
            RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => write!(f, "{name}"),
            RecordData::Srv(srv) => write!(f, "{} {} {} {}", srv.priority, srv.weight, srv.port, srv.target),
            RecordData::Soa(soa) => write!(
                f,
                "{} {} {} {} {} {} {}",
                soa.mname, soa.rname, soa.serial, soa.refresh_secs, soa.retry_secs, soa.expire_secs, soa.minimum_secs
            ),
            RecordData::Txt(strings) => {
                for (i, string) in strings.iter().enumerate() {
                    f.write_str(if i == 0 { "\"" } else { " \"" })?;
                    for octet in string.iter() {
                        match octet {
                            b'"' | b'\\' => write!(f, "\\{}", char::from(*octet))?,
                            0x20..=0x7e => write!(f, "{}", char::from(*octet))?,
                            _ => write!(f, "\\{octet:03}")?,
                        }
                    }
                    f.write_str("\"")?;
                }
                Ok(())
            }
        }
    }
}

/// One resource record of class IN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The owner.
    pub name: Name,
    /// How long it may be remembered, in seconds.
    pub ttl_secs: u32,
    /// The data.
    pub data: RecordData,
}

/// RFC 2181 §8: a time to live has 31 bits.
pub(super) const MAX_TTL_SECS: u32 = i32::MAX as u32;

pub(super) fn ttl_secs(ttl: Duration) -> u32 {
    u32::try_from(ttl.as_secs()).unwrap_or(MAX_TTL_SECS).min(MAX_TTL_SECS)
}

impl Record {
    /// A record; a time to live is cut to whole seconds and to 31 bits.
    #[must_use]
    pub fn new(name: Name, ttl: Duration, data: RecordData) -> Record {
        Record { name, ttl_secs: ttl_secs(ttl), data }
    }

    /// The time to live.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        Duration::from_secs(u64::from(self.ttl_secs))
    }

    /// The type.
    #[must_use]
    pub fn rtype(&self) -> RecordType {
        self.data.rtype()
    }

    /// How long an SOA record lets a denial be remembered.
    ///
    /// RFC 2308 §5: the smaller of the record's own time to live and its MINIMUM field.
    #[must_use]
    pub fn negative_ttl(&self) -> Duration {
        match &self.data {
            RecordData::Soa(soa) => Duration::from_secs(u64::from(self.ttl_secs.min(soa.minimum_secs))),
            _ => Duration::ZERO,
        }
    }

    pub(super) fn to_wire(&self) -> wire::Record {
        let data = match &self.data {
            RecordData::A(v4) => RData::A(rdata::A(*v4)),
            RecordData::Aaaa(v6) => RData::AAAA(rdata::AAAA(*v6)),
            RecordData::Mx { preference, exchange } => RData::MX(rdata::MX::new(*preference, exchange.to_wire())),
            RecordData::Cname(name) => RData::CNAME(rdata::CNAME(name.to_wire())),
            RecordData::Ns(name) => RData::NS(rdata::NS(name.to_wire())),
            RecordData::Ptr(name) => RData::PTR(rdata::PTR(name.to_wire())),
            RecordData::Srv(srv) => {
                RData::SRV(rdata::SRV::new(srv.priority, srv.weight, srv.port, srv.target.to_wire()))
            }
            RecordData::Soa(soa) => RData::SOA(rdata::SOA::new(
                soa.mname.to_wire(),
                soa.rname.to_wire(),
                soa.serial,
                soa.refresh_secs.min(MAX_TTL_SECS) as i32,
                soa.retry_secs.min(MAX_TTL_SECS) as i32,
                soa.expire_secs.min(MAX_TTL_SECS) as i32,
                soa.minimum_secs,
            )),
            RecordData::Txt(strings) => {
                let mut parts: Vec<&[u8]> = strings.iter().flat_map(|s| s.chunks(255)).collect();
                if parts.is_empty() {
                    parts.push(b"");
                }
                RData::TXT(rdata::TXT::from_bytes(parts))
            }
        };
        wire::Record::from_rdata(self.name.to_wire(), self.ttl_secs, data)
    }

    /// `None` for a type that is not kept here or another class than IN. Most records of a message belong to the name of
    /// its question, and share it.
    pub(super) fn from_wire(record: &wire::Record, question: Option<&Name>) -> Option<Record> {
        if record.dns_class != wire::DNSClass::IN {
            return None;
        }
        let data = match &record.data {
            RData::A(a) => RecordData::A(a.0),
            RData::AAAA(a) => RecordData::Aaaa(a.0),
            RData::MX(mx) => {
                RecordData::Mx { preference: mx.preference, exchange: Name::from_wire(&mx.exchange, None) }
            }
            RData::CNAME(name) => RecordData::Cname(Name::from_wire(&name.0, None)),
            RData::NS(name) => RecordData::Ns(Name::from_wire(&name.0, None)),
            RData::PTR(name) => RecordData::Ptr(Name::from_wire(&name.0, None)),
            RData::SRV(srv) => RecordData::Srv(Box::new(Srv {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                target: Name::from_wire(&srv.target, None),
            })),
            RData::SOA(soa) => RecordData::Soa(Arc::new(Soa {
                mname: Name::from_wire(&soa.mname, None),
                rname: Name::from_wire(&soa.rname, None),
                serial: soa.serial,
                refresh_secs: soa.refresh as u32,
                retry_secs: soa.retry as u32,
                expire_secs: soa.expire as u32,
                minimum_secs: soa.minimum,
            })),
            RData::TXT(txt) => RecordData::Txt(txt.txt_data.iter().map(|s| Arc::from(&s[..])).collect()),
            _ => return None,
        };
        // RFC 2181 §8: a time to live with the highest bit set counts as zero.
        let ttl_secs = if record.ttl > MAX_TTL_SECS { 0 } else { record.ttl };
        Some(Record { name: Name::from_wire(&record.name, question), ttl_secs, data })
    }
}

/// A line of a zone file: `blue.example. 300 IN MX 10 mx.blue.example.`
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} IN {} {}", self.name, self.ttl_secs, self.rtype(), self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_names() {
        assert_eq!(RecordType::Aaaa.to_string(), "AAAA");
        assert_eq!(RecordType::Other(35).to_string(), "NAPTR");
        assert_eq!(RecordType::Other(4711).to_string(), "TYPE4711");
        for code in 0..=u16::MAX {
            let rtype = RecordType::from_wire(wire::RecordType::from(code));
            assert_eq!(u16::from(rtype.to_wire()), code);
        }
    }

    #[test]
    fn presentation_and_wire() {
        let long = "v=spf1 \"x\" ".repeat(40);
        let soa = Soa {
            mname: "ns.a".parse().unwrap(),
            rname: "hostmaster.a".parse().unwrap(),
            serial: 1,
            refresh_secs: 2,
            retry_secs: 3,
            expire_secs: 4,
            minimum_secs: 5,
        };
        for (data, shown) in [
            (RecordData::A("192.0.2.1".parse().unwrap()), "192.0.2.1".to_string()),
            (RecordData::Aaaa("2001:db8::1".parse().unwrap()), "2001:db8::1".into()),
            (RecordData::mx(10, "mx.blue.example".parse().unwrap()), "10 mx.blue.example.".into()),
            (RecordData::mx(0, Name::root()), "0 .".into()),
            (RecordData::Cname("b.c".parse().unwrap()), "b.c.".into()),
            (RecordData::Soa(Arc::new(soa)), "ns.a. hostmaster.a. 1 2 3 4 5".into()),
            (RecordData::text("a\"b\\c\u{7}"), "\"a\\\"b\\\\c\\007\"".into()),
        ] {
            assert_eq!(data.to_string(), shown);
            let record = Record::new("x.example".parse().unwrap(), Duration::from_secs(7), data);
            assert_eq!(Record::from_wire(&record.to_wire(), None), Some(record));
        }
        // RFC 7208 §3.3: joined without spaces.
        let RecordData::Txt(strings) = RecordData::text(&long) else { panic!() };
        assert_eq!(strings.concat(), long.as_bytes());
    }
}
