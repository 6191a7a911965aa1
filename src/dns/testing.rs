//! A tiny world for tests: resolvers, name servers and nothing between them but time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::mail::{MailRouter, Route, RouterPoll};
use super::{
    Authority, Event, Lookup, Message, Name, Output, Peer, QueryId, RecordData, RecordType, Recursor, RecursorConfig,
    Resolver, RootHint, Stub, StubConfig, TcpFailure, Transport, Zone, describe,
};
use crate::sim::{Duration, EventList, Instant, Streams};

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}
pub(super) fn ip(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}
pub(super) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
pub(super) fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// Reads lines such as `mx.blue 300 A 192.0.2.1`, relative to nothing, into a zone.
pub(super) fn zone(origin: &str, lines: &str) -> Zone {
    let mut zone = Zone::new(name(origin));
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let data = match words[2] {
            "A" => RecordData::A(words[3].parse().unwrap()),
            "AAAA" => RecordData::Aaaa(words[3].parse().unwrap()),
            "NS" => RecordData::Ns(name(words[3])),
            "CNAME" => RecordData::Cname(name(words[3])),
            "PTR" => RecordData::Ptr(name(words[3])),
            "TXT" => RecordData::text(words[3]),
            "MX" => RecordData::mx(words[3].parse().unwrap(), name(words[4])),
            other => panic!("{other}"),
        };
        zone.add(name(words[0]), secs(words[1].parse().unwrap()), data).unwrap();
    }
    zone
}

enum Happening {
    /// A message arrives at a name server or the recursor's port 53.
    Query {
        to: IpAddr,
        from: SocketAddr,
        transport: Transport,
        bytes: Vec<u8>,
    },
    Response {
        to: SocketAddr,
        from: SocketAddr,
        transport: Transport,
        bytes: Vec<u8>,
    },
    TcpFailed {
        to: IpAddr,
        local_port: u16,
    },
}

/// One way takes 10 ms. A host is a name server, or has a resolver, or both.
pub(super) struct Net {
    pub(super) now: Instant,
    list: EventList<Happening>,
    pub(super) servers: BTreeMap<IpAddr, Authority>,
    pub(super) resolvers: BTreeMap<IpAddr, Resolver>,
    pub(super) no_tcp: BTreeSet<IpAddr>,
    pub(super) answers: BTreeMap<(IpAddr, QueryId), (Instant, Arc<Lookup>)>,
    /// What was sent, a line each: `0 ms 192.0.2.9 > 192.0.2.1 udp blue.example. MX`.
    pub(super) log: Vec<String>,
    pub(super) events: Vec<Event>,
    pub(super) routers: BTreeMap<IpAddr, MailRouter>,
    pub(super) replies: Vec<Message>,
}

const ONE_WAY: Duration = Duration::from_millis(10);
/// Where the resolver under test lives, and where a stub that asks it.
pub(super) const RECURSOR: u8 = 53;
pub(super) const STUB: u8 = 100;

impl Net {
    pub(super) fn new() -> Net {
        Net {
            now: Instant::ZERO,
            list: EventList::new(),
            servers: BTreeMap::new(),
            resolvers: BTreeMap::new(),
            no_tcp: BTreeSet::new(),
            answers: BTreeMap::new(),
            log: Vec::new(),
            events: Vec::new(),
            routers: BTreeMap::new(),
            replies: Vec::new(),
        }
    }

    /// The usual tree: a root (1), `example` (2), and zones of ours on 3, 4 and so on; a recursor and a stub.
    pub(super) fn tree(example: &str, zones: &[(u8, &str, &str)]) -> Net {
        let mut net = Net::new();
        net.serve(1, zone("", "a.root 86400 A 192.0.2.1\nexample 86400 NS ns.example\nns.example 86400 A 192.0.2.2"));
        net.serve(2, zone("example", &format!("example 86400 NS ns.example\nns.example 86400 A 192.0.2.2\n{example}")));
        for (last, origin, lines) in zones {
            net.serve(*last, zone(origin, lines));
        }
        net.add_recursor(RECURSOR, 1, |_| {});
        net.add_stub(STUB, true);
        net
    }

    pub(super) fn serve(&mut self, last: u8, zone: Zone) {
        self.servers.entry(ip(last)).or_default().zones_mut().insert(zone);
    }

    pub(super) fn add_recursor(&mut self, last: u8, seed: u64, change: impl FnOnce(&mut RecursorConfig)) {
        let mut config = RecursorConfig::new(vec![RootHint { name: name("a.root"), address: ip(1) }]);
        change(&mut config);
        let recursor = Recursor::new(config, Streams::new(seed).stream("recursor"));
        self.resolvers.insert(ip(last), recursor.into());
    }

    pub(super) fn add_stub(&mut self, last: u8, cache: bool) {
        let config = StubConfig { cache, ..StubConfig::new(vec![ip(RECURSOR)]) };
        self.resolvers.insert(ip(last), Stub::new(config, Streams::new(1).stream("stub")).into());
    }

    pub(super) fn resolver(&mut self, last: u8) -> &mut Resolver {
        self.resolvers.get_mut(&ip(last)).unwrap()
    }

    /// Does what a resolver wants done.
    pub(super) fn drain(&mut self, host: IpAddr) {
        let now = self.now;
        while let Some(output) = self.resolvers.get_mut(&host).and_then(Resolver::poll_output) {
            match output {
                Output::SendUdp { to, local_port, bytes } => self.send(host, to, local_port, Transport::Udp, bytes),
                Output::SendTcp { to, local_port, bytes } if self.no_tcp.contains(&to.ip()) => {
                    let _ = bytes;
                    self.list.push(now + ONE_WAY.times(2), Happening::TcpFailed { to: host, local_port });
                }
                Output::SendTcp { to, local_port, bytes } => self.send(host, to, local_port, Transport::Tcp, bytes),
                Output::CloseTcp { .. } => {}
                Output::Reply { to, bytes } => {
                    self.replies.push(Message::decode(&bytes).unwrap());
                    let from = SocketAddr::new(host, 53);
                    let response = Happening::Response { to: to.addr, from, transport: to.transport, bytes };
                    self.list.push(now + ONE_WAY, response);
                }
                Output::Answer { query, lookup } => {
                    let resolver = self.resolvers.get_mut(&host).unwrap();
                    let is_routers = self
                        .routers
                        .get_mut(&host)
                        .is_some_and(|router| router.handle_answer(resolver, now, query, &lookup));
                    if !is_routers {
                        self.answers.insert((host, query), (now, lookup));
                    }
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    fn send(&mut self, host: IpAddr, to: SocketAddr, local_port: u16, transport: Transport, bytes: Vec<u8>) {
        let what = describe(&bytes).unwrap();
        let word = if transport == Transport::Udp { "udp" } else { "tcp" };
        let ms = self.now.as_nanos() / 1_000_000;
        self.log.push(format!("{ms} ms {host} > {} {word} {} {}", to.ip(), what.name, what.rtype));
        // A connection takes a round trip more.
        let trips = if transport == Transport::Udp { 1 } else { 3 };
        let from = SocketAddr::new(host, local_port);
        self.list.push(self.now + ONE_WAY.times(trips), Happening::Query { to: to.ip(), from, transport, bytes });
    }

    /// Lets everything happen until `deadline`.
    pub(super) fn run_until(&mut self, deadline: Instant) {
        loop {
            let timeout = self.resolvers.iter().filter_map(|(host, r)| Some((r.poll_timeout()?, *host))).min();
            let next = self.list.peek_time();
            let (due, host) = match (next, timeout) {
                (Some(event), Some((timer, _))) if event <= timer => (event, None),
                (_, Some((timer, host))) => (timer, Some(host)),
                (Some(event), None) => (event, None),
                (None, None) => break,
            };
            if due > deadline {
                break;
            }
            self.now = due;
            let host = match host {
                Some(host) => {
                    self.resolvers.get_mut(&host).unwrap().handle_timeout(due);
                    host
                }
                None => self.happen(),
            };
            self.drain(host);
        }
        self.now = self.now.max(deadline);
    }

    fn happen(&mut self) -> IpAddr {
        let now = self.now;
        match self.list.pop().unwrap().1 {
            Happening::Query { to, from, transport, bytes } => {
                if let Some(server) = self.servers.get_mut(&to) {
                    if let Some(bytes) = server.respond(&bytes, transport) {
                        let response =
                            Happening::Response { to: from, from: SocketAddr::new(to, 53), transport, bytes };
                        self.list.push(now + ONE_WAY, response);
                    }
                } else if let Some(Resolver::Recursor(recursor)) = self.resolvers.get_mut(&to) {
                    recursor.handle_client(now, Peer { addr: from, transport, asked: None }, &bytes);
                }
                to
            }
            Happening::Response { to, from, transport, bytes } => {
                if let Some(resolver) = self.resolvers.get_mut(&to.ip()) {
                    resolver.handle_response(now, from, to.port(), transport, &bytes);
                }
                to.ip()
            }
            Happening::TcpFailed { to, local_port } => {
                self.resolvers.get_mut(&to).unwrap().handle_tcp_failed(now, local_port, TcpFailure::Server);
                to
            }
        }
    }

    /// Asks at the resolver of a host and waits for the answer; says when it came.
    pub(super) fn ask(&mut self, last: u8, n: &str, rtype: RecordType) -> (Duration, Arc<Lookup>) {
        let started = self.now;
        let query = self.resolver(last).ask(started, &name(n), rtype);
        self.drain(ip(last));
        for _ in 0..20_000 {
            if let Some((when, lookup)) = self.answers.remove(&(ip(last), query)) {
                return (when.since(started), lookup);
            }
            let next = self.now + Duration::from_millis(1);
            self.run_until(next);
        }
        for _ in 0..60 {
            let next = self.now + secs(1);
            self.run_until(next);
        }
        let (when, lookup) = self.answers.remove(&(ip(last), query)).expect("an answer");
        (when.since(started), lookup)
    }

    /// The answer as text, such as `192.0.2.7` or `NXDOMAIN`.
    pub(super) fn text(&mut self, last: u8, n: &str, rtype: RecordType) -> String {
        self.ask(last, n, rtype).1.to_string()
    }

    /// Routes mail on a host.
    pub(super) fn route(&mut self, last: u8, domain: &str) -> Arc<Route> {
        let (host, domain) = (ip(last), domain.parse().unwrap());
        let resolver = self.resolvers.get_mut(&host).unwrap();
        let polled = self.routers.get_mut(&host).unwrap().lookup(resolver, self.now, &domain);
        let RouterPoll::Pending(id) = polled else {
            let RouterPoll::Ready(route) = polled else { unreachable!() };
            return route;
        };
        self.drain(host);
        for _ in 0..3_000 {
            while let Some(routed) = self.routers.get_mut(&host).unwrap().poll_output() {
                if routed.id == id {
                    return routed.route;
                }
            }
            let next = self.now + Duration::from_millis(10);
            self.run_until(next);
        }
        panic!("no route for {domain}");
    }

    /// Takes the log of what was sent.
    pub(super) fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}
