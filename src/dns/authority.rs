//! [`Authority`]: a name server that answers from its own zones (RFC 1034 §4.3.2), and from nothing else.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::zone::Finding;
use super::{DecodeError, Message, Name, Rcode, Record, RecordData, RecordType, Transport, ZoneSet};

/// How a name server is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// It works.
    #[default]
    None,
    /// It answers nothing, as a host whose process hangs.
    Silent,
    /// It answers every question with SERVFAIL, as a secondary whose zone has expired.
    ServFail,
    /// It answers every question with REFUSED, as a server that does not know that it should serve the zone.
    Refused,
}

/// A name server for some zones.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    zones: ZoneSet,
    fault: Fault,
    recurses: bool,
    /// Answers to questions that came before, as the packet cache of PowerDNS keeps them: nothing but the id differs
    /// when the same bytes come again. Never iterated.
    said: FxHashMap<Box<[u8]>, Vec<u8>>,
}

/// How many answers are kept; then all are forgotten.
const MAX_SAID: usize = 32_768;
/// Octets of a message's id, its first.
const ID: usize = 2;

/// How many aliases are followed within the zones of one server.
const MAX_ALIASES: usize = 16;

impl Authority {
    /// A server of these zones.
    #[must_use]
    pub fn new(zones: ZoneSet) -> Authority {
        Authority { zones, ..Authority::default() }
    }

    /// The zones.
    #[must_use]
    pub fn zones(&self) -> &ZoneSet {
        &self.zones
    }

    /// The zones, for changing them during a run.
    pub fn zones_mut(&mut self) -> &mut ZoneSet {
        self.said.clear();
        &mut self.zones
    }

    /// Says whether the server also recurses: then every answer has RA set, one from its own zones too (RFC 1035 §4.1.1:
    /// whether recursion "is available in the name server", whatever the question).
    pub fn set_recurses(&mut self, recurses: bool) {
        self.said.clear();
        self.recurses = recurses;
    }

    /// Breaks or mends the server.
    pub fn set_fault(&mut self, fault: Fault) {
        self.said.clear();
        self.fault = fault;
    }

    /// How it is broken.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Answers the bytes of one message (over TCP: without the length). `None` when there is no answer, because the
    /// server is silent, or what came is no question.
    #[must_use]
    pub fn respond(&mut self, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
        if self.fault == Fault::Silent {
            return None;
        }
        let (id, rest) = query.split_at_checked(ID)?;
        if transport == Transport::Udp
            && let Some(said) = self.said.get(rest)
        {
            let mut answer = said.clone();
            answer[..ID].copy_from_slice(id);
            return Some(answer);
        }
        let answer = self.compose(query, transport)?;
        if transport == Transport::Udp && answer.len() >= ID {
            if self.said.len() >= MAX_SAID {
                self.said.clear();
            }
            self.said.insert(rest.into(), answer.clone());
        }
        Some(answer)
    }

    fn compose(&self, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let query = match Message::decode(query) {
            // RFC 1035 §7.3 in spirit: answering responses would let two servers talk for ever.
            Ok(message) if message.is_response => return None,
            Ok(message) => message,
            Err(DecodeError::Malformed { id, is_response: false, opcode }) => {
                let rcode = if opcode == 0 { Rcode::FormErr } else { Rcode::NotImp };
                let refusal = Message { id, opcode, ..Message::default() }.response(rcode);
                return Some(Message { recursion_available: self.recurses, ..refusal }.encode());
            }
            Err(_) => return None,
        };
        Some(self.answer(&query).encode_for(transport, query.udp_limit()))
    }

    /// Answers a message.
    #[must_use]
    pub fn answer(&self, query: &Message) -> Message {
        Message { recursion_available: self.recurses, ..self.answer_from_zones(query) }
    }

    fn answer_from_zones(&self, query: &Message) -> Message {
        match self.fault {
            Fault::ServFail => return query.response(Rcode::ServFail),
            Fault::Refused => return query.response(Rcode::Refused),
            Fault::None | Fault::Silent => {}
        }
        if query.opcode != 0 {
            return query.response(Rcode::NotImp);
        }
        if query.foreign_class {
            return query.response(Rcode::Refused);
        }
        let Some(question) = &query.question else { return query.response(Rcode::FormErr) };
        let mut response = query.response(Rcode::NoError);
        if self.zones.zone_of(&question.name).is_none() {
            // RFC 9499 "lame delegation": what it does not serve it refuses, rather than pointing upwards.
            response.rcode = Some(Rcode::Refused);
            return response;
        }
        self.fill(&mut response, question.name.clone(), question.rtype);
        self.add_addresses(&mut response);
        response
    }

    fn fill(&self, response: &mut Message, mut name: Name, rtype: RecordType) {
        for followed in 0..=MAX_ALIASES {
            // RFC 1034 §4.3.2 step 3a: an alias that leaves our zones is for the asker to follow.
            let Some(zone) = self.zones.zone_of(&name) else { return };
            match zone.find(&name, rtype) {
                Finding::Records(records) => {
                    response.authoritative = true;
                    response.answers.extend(records);
                    return;
                }
                Finding::Alias(alias) => {
                    response.authoritative = true;
                    let RecordData::Cname(target) = &alias.data else { return };
                    let target = target.clone();
                    let is_loop = followed == MAX_ALIASES || response.answers.iter().any(|r| r.name == target);
                    response.answers.push(alias);
                    if is_loop {
                        return;
                    }
                    name = target;
                }
                Finding::Delegation(ns) => {
                    // RFC 1034 §4.2.1: what lies below the cut is not ours to say, so AA is off, unless an alias of
                    // ours led there (RFC 1035 §4.1.1: AA is about the first owner name of the answer).
                    response.authorities.extend(ns);
                    return;
                }
                denial @ (Finding::NoData | Finding::NoName) => {
                    response.authoritative = true;
                    if denial == Finding::NoName {
                        // RFC 2308 §2.1: also when an alias led to the name that is not there.
                        response.rcode = Some(Rcode::NxDomain);
                    }
                    // RFC 2308 §3: the SOA says for how long this may be remembered; its time to live is lowered
                    // to that.
                    let soa = zone.soa();
                    let ttl = soa.negative_ttl();
                    response.authorities.push(Record::new(soa.name.clone(), ttl, soa.data.clone()));
                    return;
                }
            }
        }
    }

    /// RFC 1035 §3.3.9 and §3.3.11, RFC 2782: addresses of the hosts named by MX, NS and SRV records, where they are known here.
    fn add_addresses(&self, response: &mut Message) {
        let mut hosts: Vec<&Name> = Vec::new();
        for record in response.answers.iter().chain(&response.authorities) {
            let host = match &record.data {
                RecordData::Mx { exchange: host, .. } | RecordData::Ns(host) => host,
                RecordData::Srv(srv) => &srv.target,
                _ => continue,
            };
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let cuts: Vec<&Name> =
            response.authorities.iter().filter(|r| r.rtype() == RecordType::Ns).map(|r| &r.name).collect();
        let mut additionals: Vec<Record> = Vec::new();
        for host in hosts {
            // Glue lies in the zone above, below the cut; any other host in the zone closest to it.
            let glue_zone = cuts
                .iter()
                .find(|cut| host.is_within(cut.as_str()))
                .and_then(|cut| cut.ancestors().skip(1).find_map(|above| self.zones.get(&Name::from_trusted(above))));
            if let Some(zone) = self.zones.zone_of(host).filter(|z| !z.addresses(host).is_empty()).or(glue_zone) {
                additionals.extend(zone.addresses(host));
            }
        }
        additionals.retain(|r| !response.answers.contains(r));
        response.additionals = additionals;
    }
}

/// The addresses of a list of records, in order.
pub(super) fn addresses_of(records: &[Record]) -> impl Iterator<Item = IpAddr> {
    records.iter().filter_map(|record| record.data.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Zone, describe};
    use crate::sim::Duration;
    use proptest::prelude::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn authority() -> Authority {
        let hour = Duration::from_hours(1);
        let mut zone = Zone::new(name("example"));
        zone.set_negative_ttl(Duration::from_secs(60));
        zone.add(name("blue.example"), hour, RecordData::Ns(name("ns.blue.example"))).unwrap();
        zone.add(name("ns.blue.example"), hour, RecordData::A([192, 0, 2, 1].into())).unwrap();
        zone.add(name("green.example"), hour, RecordData::mx(10, name("mx.green.example"))).unwrap();
        zone.add(name("mx.green.example"), hour, RecordData::A([192, 0, 2, 2].into())).unwrap();
        zone.add(name("www.example"), hour, RecordData::Cname(name("mx.green.example"))).unwrap();
        zone.add(name("x.example"), hour, RecordData::Cname(name("y.example"))).unwrap();
        zone.add(name("y.example"), hour, RecordData::Cname(name("x.example"))).unwrap();
        zone.add(name("dead.example"), hour, RecordData::Cname(name("nothing.example"))).unwrap();
        for i in 0..60 {
            zone.add(name("big.example"), hour, RecordData::text(&format!("text number {i}"))).unwrap();
        }
        Authority::new([zone].into_iter().collect())
    }

    #[test]
    fn a_server_that_recurses_says_so_in_every_answer() {
        let mut authority = authority();
        for recurses in [false, true, false] {
            authority.set_recurses(recurses);
            for (n, fault) in
                [("mx.green.example", Fault::None), ("other.test", Fault::None), ("example", Fault::ServFail)]
            {
                authority.set_fault(fault);
                for transport in [Transport::Udp, Transport::Udp, Transport::Tcp] {
                    let query = Message::query(5, name(n), RecordType::A, true).encode();
                    let answer = Message::decode(&authority.respond(&query, transport).unwrap()).unwrap();
                    assert_eq!(answer.recursion_available, recurses, "{n}");
                }
            }
            authority.set_fault(Fault::None);
            let garbage = [0, 5, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 77];
            let answer = Message::decode(&authority.respond(&garbage, Transport::Tcp).unwrap()).unwrap();
            assert_eq!((answer.rcode(), answer.recursion_available), (Rcode::FormErr, recurses));
        }
    }

    fn ask(authority: &mut Authority, n: &str, rtype: RecordType) -> Message {
        let query = Message::query(5, name(n), rtype, false).encode();
        Message::decode(&authority.respond(&query, Transport::Tcp).unwrap()).unwrap()
    }

    #[test]
    fn answers_denials_and_referrals() {
        let mut server = authority();
        let mx = ask(&mut server, "green.example", RecordType::Mx);
        assert!(mx.authoritative && mx.answers.len() == 1 && mx.additionals.len() == 1);
        let alias = ask(&mut server, "www.example", RecordType::A);
        assert_eq!(alias.answers.len(), 2);
        let none = ask(&mut server, "nobody.example", RecordType::A);
        assert_eq!((none.rcode(), none.authorities[0].ttl_secs), (Rcode::NxDomain, 60));
        let no_data = ask(&mut server, "green.example", RecordType::Aaaa);
        assert_eq!((no_data.rcode(), no_data.authorities.len()), (Rcode::NoError, 1));
        let referral = ask(&mut server, "mail.blue.example", RecordType::A);
        assert!(!referral.authoritative && referral.answers.is_empty());
        assert_eq!((referral.authorities.len(), referral.additionals.len()), (1, 1));
        assert_eq!(ask(&mut server, "foreign.test", RecordType::A).rcode(), Rcode::Refused);
        assert_eq!(ask(&mut server, "x.example", RecordType::A).answers.len(), 2, "a loop ends");
        let dead = ask(&mut server, "dead.example", RecordType::A);
        assert_eq!((dead.rcode(), dead.answers.len()), (Rcode::NxDomain, 1));
    }

    #[test]
    fn what_does_not_fit_a_datagram_is_truncated() {
        let mut server = authority();
        let mut query = Message::query(5, name("big.example"), RecordType::Txt, false);
        for (edns, limit) in [(None, 512), (Some(4096), 1232), (Some(600), 600)] {
            query.edns_udp_bytes = edns;
            let bytes = server.respond(&query.encode(), Transport::Udp).unwrap();
            assert!(bytes.len() <= limit && describe(&bytes).unwrap().truncated);
        }
        let whole = server.respond(&query.encode(), Transport::Tcp).unwrap();
        assert_eq!(describe(&whole).unwrap().answers.len(), 60);
        // More than even TCP can frame is marked as well.
        let mut server = authority();
        let zone = server.zones_mut().get_mut(&name("example")).unwrap();
        for i in 0..1000 {
            let text = RecordData::text(&format!("{i:0>100}"));
            zone.add(name("big.example"), Duration::from_hours(1), text).unwrap();
        }
        let most = server.respond(&query.encode(), Transport::Tcp).unwrap();
        assert!(most.len() <= 65_535 && describe(&most).unwrap().truncated);
    }

    #[test]
    fn what_it_cannot_do_it_says() {
        let mut server = authority();
        let mut query = Message::query(5, name("green.example"), RecordType::Mx, false);
        let rcode =
            |server: &mut Authority, q: &[u8]| server.respond(q, Transport::Udp).map(|r| describe(&r).unwrap().rcode);
        query.opcode = 2;
        assert_eq!(rcode(&mut server, &query.encode()), Some("NOTIMP"));
        query.opcode = 0;
        let mut broken = query.encode();
        broken[12] = 0xc0;
        broken[13] = 0xff;
        assert_eq!(rcode(&mut server, &broken), Some("FORMERR"));
        broken[2] |= 0x80;
        assert_eq!(rcode(&mut server, &broken), None);
        assert_eq!(rcode(&mut server, &[0; 12]), Some("FORMERR"), "no question");
        assert_eq!(rcode(&mut server, b"short"), None);
        for (fault, result) in
            [(Fault::ServFail, Some("SERVFAIL")), (Fault::Refused, Some("REFUSED")), (Fault::Silent, None)]
        {
            server.set_fault(fault);
            assert_eq!(rcode(&mut server, &query.encode()), result);
        }
    }

    #[test]
    fn an_answer_that_is_kept_is_the_one_that_would_be_made() {
        let mut server = authority();
        for (id, edns) in [(5, Some(1232)), (6, Some(1232)), (7, None), (8, Some(600)), (9, Some(600))] {
            let mut query = Message::query(id, name("big.example"), RecordType::Txt, false);
            query.edns_udp_bytes = edns;
            let query = query.encode();
            assert_eq!(server.respond(&query, Transport::Udp), server.compose(&query, Transport::Udp), "{id}");
        }
        let query = Message::query(5, name("green.example"), RecordType::Mx, false).encode();
        let before = server.respond(&query, Transport::Udp);
        let zone = server.zones_mut().get_mut(&name("example")).unwrap();
        zone.remove(&name("green.example"), RecordType::Mx);
        assert_ne!(server.respond(&query, Transport::Udp), before, "a zone that changed is asked anew");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = authority().respond(&bytes, Transport::Udp);
        }
    }
}
