//! The connections of all hosts: ports, demultiplexing, and the calls of those who use them.

use std::net::IpAddr;

use super::addresses::AddressId;
use super::endpoint::{Endpoint, Flags, Slot, Told};
use super::filter::Filter;
use super::flight::{About, Flight, Path};
use super::mark::{Mark, Marks};
use super::network::Network;
use super::output::{Event, Output, SocketId, Trouble};
use super::packet::{Body, Datagram, ip_header_bytes};
use super::ports::{FIRST_PORT, Key};
use super::tap::Scale;
use super::tcp::{self, Connection, Late, Segment};
use super::topology::Node;
use crate::octets::Chunk;
use crate::sim::Instant;

/// A connection to be.
#[derive(Clone, Copy, Debug)]
pub struct Dial {
    /// Address to connect from; `None` is the host's own.
    pub from: Option<IpAddr>,
    /// Address to connect to.
    pub to: IpAddr,
    /// Port to connect to.
    pub port: u16,
    /// What the owner calls it; both ends have it, for observers.
    pub tag: u64,
    /// What its first segments are about.
    pub mark: Mark,
}

impl Network {
    /// A free place for a connection that a host is going to open.
    pub fn reserve(&mut self) -> SocketId {
        SocketId(self.free.pop().unwrap_or_else(|| {
            self.sockets.push(Slot::default());
            (self.sockets.len() - 1) as u32
        }))
    }

    /// Opens a connection in a place that was [reserved](Network::reserve). [`Output::Connected`] or [`Output::Failed`]
    /// follows.
    pub fn connect(&mut self, now: Instant, host: Node, socket: SocketId, dial: Dial) {
        let remote = self.addresses.id(dial.to);
        let local = self.addresses.source(host, dial.from, remote);
        let local_port = match self.ephemeral_port(host, local, remote, dial.port) {
            Ok(port) => port,
            Err(trouble) => return self.outputs.push_back(Output::Failed(socket, trouble)),
        };
        let path = self.path(host, local, remote);
        let config = self.connection_config(&path);
        let iss = self.initial_sequence_number(now, host, Key::new(local, local_port, remote, dial.port));
        let tcp = Connection::connect(&config, local_port, dial.port, iss);
        let mut endpoint = Endpoint::new(tcp, path);
        endpoint.route_epoch = self.topology.epoch();
        endpoint.tag = dial.tag;
        endpoint.marks.begin(iss.wrapping_add(1), dial.mark);
        endpoint.flags = Flags { attended: true, ..Flags::default() };
        self.install(socket.0, endpoint);
        self.touch(socket.0);
    }

    fn ephemeral_port(&mut self, host: Node, local: AddressId, remote: AddressId, port: u16) -> Result<u16, Trouble> {
        let (mut open, mut time_wait) = (0, 0);
        for _ in FIRST_PORT..=u16::MAX {
            let stack = &mut self.hosts[host.0 as usize];
            let candidate = stack.next_port;
            stack.next_port = if candidate == u16::MAX { FIRST_PORT } else { candidate + 1 };
            let key = Key::new(local, candidate, remote, port);
            if self.connections.contains_key(&key) {
                open += 1;
            } else if self.hosts[host.0 as usize].waits.contains(&key) {
                time_wait += 1;
            } else {
                return Ok(candidate);
            }
        }
        Err(Trouble::NoPort { from: self.address(local), open, time_wait })
    }

    /// RFC 6528 §3: a clock, and for each pair of ends a number that others cannot guess. A new connection between the
    /// same ports begins beyond the old one. The clock ticks every 64 ns, as Linux's does (`secure_tcp_seq`).
    fn initial_sequence_number(&self, now: Instant, host: Node, key: Key) -> u32 {
        let mut mix = self.hosts[host.0 as usize].secret ^ (u64::from(key.ports()) << 32);
        for part in [self.address(key.local()), self.address(key.remote())] {
            let bits = match part {
                IpAddr::V4(v4) => u128::from(u32::from(v4)),
                IpAddr::V6(v6) => u128::from(v6),
            };
            mix = scramble(mix ^ bits as u64 ^ (bits >> 64) as u64);
        }
        (mix as u32).wrapping_add((now.as_nanos() >> 6) as u32)
    }

    /// The way from a host to an address.
    fn path(&mut self, host: Node, source: AddressId, destination: AddressId) -> Path {
        let to = self.addresses.node(destination);
        let route = to.and_then(|to| self.topology.route(host, to));
        let header_bytes = ip_header_bytes(self.address(destination)) as u16;
        Path { host, to, source, destination, route, header_bytes }
    }

    fn connection_config(&self, path: &Path) -> tcp::Config {
        let mtu = path.route.map_or(1500, |r| self.topology.steps(r).mtu);
        let headers = path.header_bytes + tcp::HEADER_BYTES as u16;
        tcp::Config { mss: mtu.saturating_sub(headers), ..self.hosts[path.host.0 as usize].tcp }
    }

    fn install(&mut self, place: u32, endpoint: Endpoint) {
        self.connections.insert(endpoint.key(), place);
        let slot = &mut self.sockets[place as usize];
        slot.generation = slot.generation.wrapping_add(1);
        slot.endpoint = Some(endpoint);
    }

    /// Frees a place. Timers of the connection that are still scheduled find another generation, or nobody.
    pub(super) fn release(&mut self, place: u32) {
        let slot = &mut self.sockets[place as usize];
        if let Some(endpoint) = &slot.endpoint {
            self.connections.remove(&endpoint.key());
            slot.endpoint = None;
            slot.generation = slot.generation.wrapping_add(1);
            self.free.push(place);
        }
    }

    /// Hands bytes to a connection. They are shared, not copied, and taken whatever [`room`](Network::room) there is.
    /// Nothing happens when the connection is gone.
    pub fn send(&mut self, now: Instant, socket: SocketId, data: Chunk, mark: Mark) {
        self.with(socket, |endpoint| endpoint.send(now, data, mark));
    }

    /// How many bytes the send buffer of a connection has room for; none where the connection is gone.
    #[must_use]
    pub fn room(&self, socket: SocketId) -> usize {
        let slot = self.sockets.get(socket.0 as usize);
        slot.and_then(|s| s.endpoint.as_ref()).map_or(0, |endpoint| endpoint.tcp.send_room())
    }

    /// Asks for [`Output::Room`] as soon as there is room worth speaking of.
    pub fn want_room(&mut self, socket: SocketId) {
        self.with(socket, |endpoint| endpoint.flags.wants_room = true);
    }

    /// Bytes that a connection was given so far.
    #[must_use]
    pub fn queued(&self, socket: SocketId) -> u64 {
        let slot = self.sockets.get(socket.0 as usize);
        slot.and_then(|s| s.endpoint.as_ref()).map_or(0, Endpoint::queued)
    }

    /// Turns [`Output::Left`] on for a connection. Changes nothing else.
    pub fn watch(&mut self, socket: SocketId) {
        if let Some(endpoint) = self.endpoint(socket) {
            endpoint.flags.watched = true;
        }
    }

    /// Takes no bytes out of a connection for now, or goes on. What is not taken fills the receive buffer, and the
    /// window closes.
    pub fn pause(&mut self, socket: SocketId, paused: bool) {
        self.with(socket, |endpoint| endpoint.flags.paused = paused);
    }

    /// Puts a filter between a connection and its user.
    pub fn set_filter(&mut self, now: Instant, socket: SocketId, filter: Box<dyn Filter>) {
        self.with(socket, |endpoint| endpoint.set_filter(now, filter));
    }

    /// Finishes a connection after everything has been sent. Its user hears nothing more of it but
    /// [`Output::Closed`] or [`Output::Failed`].
    pub fn close(&mut self, now: Instant, socket: SocketId) {
        self.with(socket, |endpoint| {
            endpoint.flags.attended = false;
            endpoint.flags.paused = false;
            endpoint.close(now);
        });
    }

    /// Breaks a connection off.
    pub fn abort(&mut self, now: Instant, socket: SocketId) {
        self.with(socket, |endpoint| {
            endpoint.flags.attended = false;
            endpoint.flags.paused = false;
            endpoint.tcp.abort(now);
        });
    }

    #[inline]
    fn with(&mut self, socket: SocketId, act: impl FnOnce(&mut Endpoint)) {
        if let Some(endpoint) = self.endpoint(socket) {
            act(endpoint);
            self.touch(socket.0);
        }
    }

    /// Sends a datagram. To an address that nobody has, it is lost. `tag` is for observers, and is told where it arrives.
    pub fn send_datagram(
        &mut self,
        now: Instant,
        host: Node,
        from: (Option<IpAddr>, u16),
        to: (IpAddr, u16),
        payload: Chunk,
        tag: u64,
    ) {
        let destination = self.addresses.id(to.0);
        let source = self.addresses.source(host, from.0, destination);
        let path = self.path(host, source, destination);
        let body = Body::Udp(Datagram { source_port: from.1, destination_port: to.1, payload });
        self.transmit(now, path, About { tag, ..About::default() }, body);
    }

    /// Puts a socket on the list of those that have something to send or to tell.
    pub(super) fn touch(&mut self, place: u32) {
        if let Some(endpoint) = &mut self.sockets[place as usize].endpoint
            && !endpoint.flags.listed
        {
            endpoint.flags.listed = true;
            self.dirty.push_back(place);
        }
    }

    /// A packet has reached its host: hands a segment to its connection. Says whether there is one.
    #[inline]
    pub(super) fn segment_arrived(&mut self, now: Instant, flight: u32) -> bool {
        let Network { flights, sockets, connections, dirty, .. } = self;
        let Flight { path, about, body: Body::Tcp(segment), .. } = flights.get_mut(flight) else { return false };
        let key = Key::new(path.destination, segment.destination_port, path.source, segment.source_port);
        // It mostly is where it was before, which spares a search.
        let is_it = |slot: &Slot| slot.endpoint.as_ref().is_some_and(|e| e.key() == key);
        let place = match sockets.get(about.likely_place as usize) {
            Some(slot) if is_it(slot) => about.likely_place,
            _ => match connections.get(&key) {
                Some(place) => *place,
                None => return false,
            },
        };
        let Some(endpoint) = &mut sockets[place as usize].endpoint else { return false };
        endpoint.likely_place = about.from_place;
        endpoint.note(segment, &about.marks);
        endpoint.tcp.handle_segment(now, segment);
        if !endpoint.flags.listed {
            endpoint.flags.listed = true;
            dirty.push_back(place);
        }
        true
    }

    /// A segment for no connection that is there.
    pub(super) fn stray(&mut self, now: Instant, host: Node, key: Key, about: &About, segment: &Segment) {
        let stack = &mut self.hosts[host.0 as usize];
        let late = stack.waits.handle_segment(now, &key, segment);
        let flags = segment.flags;
        match late {
            Some(Late::Answer(answer) | Late::Again(answer)) => self.answer(now, host, key, about, *answer),
            Some(Late::Ignore | Late::Forget) => {}
            Some(Late::Reopen) | None => {
                let opens = flags.syn() && !flags.ack() && !flags.rst();
                let is_bound = stack.bound.is_empty() || stack.bound.contains(&key.local());
                if opens && is_bound && stack.listening.contains(&segment.destination_port) {
                    self.accept(now, host, key, about, segment);
                } else if let Some(reset) = segment.reset_for() {
                    self.answer(now, host, key, about, reset);
                }
            }
        }
    }

    /// Sends a segment that belongs to no connection, back to where another came from.
    fn answer(&mut self, now: Instant, host: Node, key: Key, about: &About, segment: Segment) {
        let path = self.path(host, key.local(), key.remote());
        let scale =
            Scale { sequence: about.scale.acknowledgement, acknowledgement: about.scale.sequence, window_shift: 0 };
        let marks = Marks { first: about.marks.first, others: None };
        let about = About { tag: about.tag, marks, scale, likely_place: about.from_place, ..About::default() };
        self.transmit(now, path, about, Body::Tcp(segment));
    }

    fn accept(&mut self, now: Instant, host: Node, key: Key, about: &About, syn: &Segment) {
        let path = self.path(host, key.local(), key.remote());
        let config = self.connection_config(&path);
        let iss = self.initial_sequence_number(now, host, key);
        let mut endpoint = Endpoint::new(Connection::accept(now, &config, syn, iss), path);
        endpoint.route_epoch = self.topology.epoch();
        endpoint.likely_place = about.from_place;
        endpoint.tag = about.tag;
        let first = syn.seq.wrapping_add(1);
        endpoint.came.note(first, first, &about.marks, first);
        endpoint.flags = Flags { accepted: true, ..Flags::default() };
        let socket = self.reserve();
        self.install(socket.0, endpoint);
        self.touch(socket.0);
    }

    /// What a socket has to tell next.
    #[inline]
    pub(super) fn tell(&mut self, now: Instant, place: u32) -> Option<Output> {
        let endpoint = self.sockets[place as usize].endpoint.as_mut()?;
        let socket = SocketId(place);
        Some(match endpoint.tell(now)? {
            Told::Data(data, mark) => Output::Received(socket, data, mark),
            Told::Room => Output::Room(socket),
            Told::News(news) => Output::News(socket, Box::new(news)),
            Told::Left(bytes) => Output::Left(socket, bytes),
            Told::State(event) => return self.state_changed(socket, &event),
        })
    }

    fn state_changed(&mut self, socket: SocketId, event: &tcp::Event) -> Option<Output> {
        let endpoint = self.endpoint(socket)?;
        let announced = !endpoint.flags.accepted || endpoint.flags.open;
        let trouble = match event {
            tcp::Event::Connected if endpoint.flags.accepted => {
                endpoint.flags.attended = true;
                endpoint.flags.open = true;
                let (host, port, tag, remote) =
                    (endpoint.path.host, endpoint.tcp.local_port(), endpoint.tag, endpoint.path.destination);
                return Some(Output::Accepted { socket, host, port, remote: self.address(remote), tag });
            }
            tcp::Event::Connected => return Some(Output::Connected(socket)),
            tcp::Event::PeerClosed => return Some(Output::PeerClosed(socket)),
            tcp::Event::Data(_) => return None,
            tcp::Event::Closed => None,
            tcp::Event::Reset => Some(Trouble::Reset),
            tcp::Event::Refused => Some(Trouble::Refused),
            tcp::Event::TimedOut => Some(Trouble::TimedOut),
        };
        if trouble.is_none() {
            // The reset of an abort may still have to leave.
            endpoint.flags.over = true;
        } else {
            self.release(socket.0);
        }
        // Of a connection that never came about, whoever listens has heard nothing.
        match trouble {
            _ if !announced => None,
            Some(trouble) => Some(Output::Failed(socket, trouble)),
            None => Some(Output::Closed(socket)),
        }
    }

    /// Sends the segments that a socket has; says whether there were any.
    #[inline]
    pub(super) fn send_segments(&mut self, now: Instant, place: u32) -> bool {
        let mut any = false;
        while let Some(endpoint) = &mut self.sockets[place as usize].endpoint
            && let Some(segment) = endpoint.tcp.poll_transmit(now)
        {
            any = true;
            self.send_segment(now, place, segment);
        }
        any
    }

    #[inline(never)]
    fn send_segment(&mut self, now: Instant, place: u32, segment: Segment) {
        let Some(endpoint) = &mut self.sockets[place as usize].endpoint else { return };
        if endpoint.route_epoch != self.topology.epoch() {
            endpoint.route_epoch = self.topology.epoch();
            let Path { host, to, .. } = endpoint.path;
            endpoint.path.route = to.and_then(|to| self.topology.route(host, to));
        }
        if endpoint.flags.watched
            && let Some(Told::Left(bytes)) = endpoint.newly_left()
        {
            self.outputs.push_back(Output::Left(SocketId(place), bytes));
        }
        let about = About {
            tag: endpoint.tag,
            marks: endpoint.marks_of(&segment),
            scale: if self.watched { endpoint.scale(segment.flags.syn()) } else { Scale::default() },
            from_place: place,
            likely_place: endpoint.likely_place,
        };
        let path = endpoint.path;
        self.transmit(now, path, about, Body::Tcp(segment));
    }

    /// A socket has nothing more to say for now.
    pub(super) fn rest(&mut self, now: Instant, place: u32) {
        let slot = &mut self.sockets[place as usize];
        let Some(endpoint) = &mut slot.endpoint else { return };
        endpoint.flags.listed = false;
        if endpoint.flags.over {
            return self.release(place);
        }
        if endpoint.tcp.state() == tcp::State::TimeWait
            && let Some(record) = endpoint.tcp.time_wait_record()
        {
            let (key, host) = (endpoint.key(), endpoint.path.host);
            self.release(place);
            let stack = &mut self.hosts[host.0 as usize];
            if let Some(end) = stack.waits.begin(now, stack.tcp.time_wait, key, record) {
                self.events.push(end, Event::Waited(host));
            }
            self.outputs.push_back(Output::Closed(SocketId(place)));
            return;
        }
        // A timer that moved to a later time is left where it is and looked at when it comes: most retransmission
        // timers never run out.
        let Some(wanted) = endpoint.tcp.poll_timeout() else { return };
        if endpoint.timer_at.is_none_or(|at| wanted < at) {
            endpoint.timer_at = Some(wanted);
            self.events.push(wanted, Event::Timer(place, slot.generation));
        }
    }

    /// A TCP timer has come.
    pub(super) fn timer(&mut self, now: Instant, place: u32, generation: u32) {
        let slot = &mut self.sockets[place as usize];
        if slot.generation != generation {
            return;
        }
        let Some(endpoint) = &mut slot.endpoint else { return };
        if endpoint.timer_at.is_some_and(|at| at <= now) {
            endpoint.timer_at = None;
        }
        let Some(wanted) = endpoint.tcp.poll_timeout() else { return };
        if wanted <= now {
            self.active_at = now;
            endpoint.tcp.handle_timeout(now);
            self.touch(place);
        } else if endpoint.timer_at.is_none_or(|at| wanted < at) {
            // The connection has moved on meanwhile, as most do.
            endpoint.timer_at = Some(wanted);
            self.events.push(wanted, Event::Timer(place, generation));
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
const fn scramble(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
