//! A small network, and a log of what it tells.

use std::net::IpAddr;

use crate::net::lane::LaneSpec;
use crate::net::tap::Sighting;
use crate::net::topology::{LinkId, Node, Topology};
use crate::net::{Dial, Mark, Network, Output, SocketId, tcp};
use crate::octets::Chunk;
use crate::sim::{Duration, Instant, Streams};

/// Two hosts and a link between them: `192.0.2.1` is the client; the server, which listens on port 25, has two addresses
/// in each family.
pub(super) struct Net {
    pub(super) network: Network,
    pub(super) now: Instant,
    pub(super) told: Vec<(Instant, Output)>,
    pub(super) seen: Vec<(Instant, Sighting)>,
    /// What the server says as soon as somebody has connected.
    pub(super) greeting: Option<&'static str>,
    /// Connections that the server has accepted.
    pub(super) accepted: Vec<SocketId>,
    /// All bytes that a socket has received, with their marks.
    pub(super) bytes: Vec<(SocketId, Vec<u8>, Mark)>,
}

pub(super) const CLIENT: Node = Node(0);
pub(super) const SERVER: Node = Node(1);
pub(super) const LINK: LinkId = LinkId(0);

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(super) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

impl Net {
    pub(super) fn new(spec: LaneSpec) -> Net {
        Net::with(spec, tcp::Config::default())
    }

    pub(super) fn with(spec: LaneSpec, config: tcp::Config) -> Net {
        let mut topology = Topology::new(Streams::new(1));
        let (a, b) = (topology.add_node(), topology.add_node());
        topology.add_link("a-b", a, b, spec, spec, false);
        let mut network = Network::new(topology);
        network.host([ip("192.0.2.1"), ip("2001:db8::1")], vec![], config, 11);
        let both = [ip("192.0.2.2"), ip("192.0.2.22"), ip("2001:db8::2"), ip("2001:db8::22")];
        network.host(both, vec![25], config, 22);
        network.watch_packets(true);
        Net {
            network,
            now: Instant::ZERO,
            told: Vec::new(),
            seen: Vec::new(),
            greeting: None,
            accepted: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Opens a connection from the client and lets everything happen for ten seconds.
    pub(super) fn dial(&mut self, to: &str, port: u16) -> SocketId {
        let socket = self.network.reserve();
        let dial = Dial { from: None, to: ip(to), port, tag: 7, mark: Mark(1) };
        self.network.connect(self.now, CLIENT, socket, dial);
        self.run(secs(10));
        socket
    }

    pub(super) fn send(&mut self, socket: SocketId, text: &str, mark: u64) {
        self.network.send(self.now, socket, Chunk::copy_from(text.as_bytes()), Mark(mark));
        self.drain();
    }

    pub(super) fn close(&mut self, socket: SocketId) {
        self.network.close(self.now, socket);
        self.drain();
    }

    /// Lets time pass.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.drain();
        while let Some(at) = self.network.poll_timeout().filter(|at| *at <= end) {
            assert!(at >= self.now, "time does not run backwards");
            self.now = at;
            self.network.handle_timeout(at);
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        while let Some(output) = self.network.poll_output(self.now) {
            match &output {
                Output::Accepted { socket, .. } => {
                    self.accepted.push(*socket);
                    if let Some(text) = self.greeting {
                        self.network.send(self.now, *socket, Chunk::from(text), Mark::NONE);
                    }
                }
                Output::Received(socket, data, mark) => match self.bytes.last_mut() {
                    Some((last, bytes, known)) if last == socket && known == mark => bytes.extend_from_slice(data),
                    _ => self.bytes.push((*socket, data.to_vec(), *mark)),
                },
                Output::Seen(sighting) => {
                    self.seen.push((self.now, (**sighting).clone()));
                    continue;
                }
                _ => {}
            }
            self.told.push((self.now, output));
        }
    }

    /// What was told of a connection, in one word each.
    pub(super) fn words(&self, socket: SocketId) -> Vec<String> {
        let word = |output: &Output| match output {
            Output::Accepted { socket, .. } => (*socket, "accepted".to_owned()),
            Output::Connected(socket) => (*socket, "connected".to_owned()),
            Output::News(socket, news) => (*socket, format!("{news:?}")),
            Output::PeerClosed(socket) => (*socket, "peer closed".to_owned()),
            Output::Closed(socket) => (*socket, "closed".to_owned()),
            Output::Failed(socket, trouble) => (*socket, format!("{trouble:?}")),
            Output::Room(socket) => (*socket, "room".to_owned()),
            Output::Received(socket, ..) | Output::Left(socket, _) => (*socket, String::new()),
            Output::Datagram(..) | Output::Seen(_) => (SocketId(u32::MAX), String::new()),
        };
        let of = self.told.iter().map(|(_, output)| word(output));
        of.filter(|(of, word)| *of == socket && !word.is_empty()).map(|(_, word)| word).collect()
    }

    /// What a socket has received.
    pub(super) fn text(&self, socket: SocketId) -> String {
        let of = self.bytes.iter().filter(|(of, ..)| *of == socket);
        of.map(|(_, bytes, _)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}
