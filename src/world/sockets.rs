//! The table of TCP connections: where TCP and agents meet (the pipe).

use std::net::IpAddr;

use super::transit::Sender;
use super::{Event, World};
use crate::agent::{Input, Peer, SocketId, Trouble};
use crate::net::packet::Body;
use crate::net::tcp::{self, Connection, Segment};
use crate::net::topology::RouteId;
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};
use crate::trace::{At, ConnId, ConnectionState, HostId, MailId, Side, What};

/// How often a socket in TIME-WAIT looks whether the other end is still there.
const TIME_WAIT_LOOK: Duration = Duration::from_secs(1);

/// What tells the connections of a host apart: both hosts and both ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FourTuple {
    hosts: u64,
    ports: u32,
}

impl FourTuple {
    pub(super) fn new(local: HostId, local_port: u16, remote: HostId, remote_port: u16) -> FourTuple {
        FourTuple {
            hosts: u64::from(local.0) << 32 | u64::from(remote.0),
            ports: u32::from(local_port) << 16 | u32::from(remote_port),
        }
    }
}

/// One place of the table.
#[derive(Default)]
pub(super) struct Socket {
    /// Rises when the place is given to another connection: timers of the former one mean nothing then.
    pub(super) generation: u32,
    pub(super) pipe: Option<Pipe>,
}

/// One end of a TCP connection and the agent behind it.
pub(super) struct Pipe {
    pub(super) tcp: Connection,
    pub(super) number: ConnId,
    pub(super) host: HostId,
    pub(super) peer: HostId,
    pub(super) local: IpAddr,
    pub(super) remote: IpAddr,
    pub(super) local_port: u16,
    pub(super) remote_port: u16,
    pub(super) side: Side,
    /// The agent's name for it, once it has one.
    pub(super) token: u32,
    /// Whether the agent still wants to hear of it.
    pub(super) attended: bool,
    pub(super) about: Option<(MailId, u16)>,
    /// The other end: its place and generation, once it is there.
    pub(super) other: Option<(u32, u32)>,
    pub(super) route: Option<RouteId>,
    pub(super) route_epoch: u32,
    pub(super) timer_at: Option<Instant>,
    pub(super) listed: bool,
}

/// A connection that an agent asks for.
pub(super) struct Dialling {
    pub(super) token: u32,
    pub(super) from: Option<IpAddr>,
    pub(super) to: IpAddr,
    pub(super) port: u16,
    pub(super) about: Option<(MailId, u16)>,
}

impl Pipe {
    pub(super) fn service_port(&self) -> u16 {
        match self.side {
            Side::Client => self.remote_port,
            Side::Server => self.local_port,
        }
    }

    pub(super) fn at(&self, now: Instant) -> At {
        let at = At::host(now, self.host).conn(self.number);
        match self.about {
            Some((mail, hop)) => at.mail(mail, hop),
            None => at,
        }
    }
}

impl World {
    /// Opens a connection for an agent.
    pub(super) fn connect(&mut self, host: HostId, socket: SocketId, dialling: Dialling) {
        let Dialling { token, from, to, port, about } = dialling;
        let now = self.engine.now();
        let Some(peer) = self.directory.find(to) else {
            // Nobody has the address. The packets of a real host would vanish, and it would give up after some time;
            // sending them to itself on a port where nobody listens is the wrong lesson, so the time-out is said now.
            self.ids.free_socket(socket);
            self.agent_input(host, Input::Failed { token, trouble: Trouble::TimedOut });
            return;
        };
        let Some(local_port) = self.ephemeral_port(host, peer, port) else {
            // Every port is in use. A real host says "cannot assign requested address".
            self.ids.free_socket(socket);
            self.agent_input(host, Input::Failed { token, trouble: Trouble::TimedOut });
            return;
        };
        self.last_connection += 1;
        let number = ConnId(self.last_connection);
        let route = self.topology.route(super::transit::node(host), super::transit::node(peer));
        let config = self.connection_config(route);
        let iss = self.hosts[host.0 as usize].sequence_numbers.bits() as u32;
        let tcp = Connection::connect(&config, local_port, port, iss);
        let pipe = Pipe {
            tcp,
            number,
            host,
            peer,
            local: from.unwrap_or(self.hosts[host.0 as usize].address),
            remote: to,
            local_port,
            remote_port: port,
            side: Side::Client,
            token,
            attended: true,
            about,
            other: None,
            route,
            route_epoch: self.topology.epoch(),
            timer_at: None,
            listed: false,
        };
        self.record_connection(&pipe, now, ConnectionState::Connecting);
        self.install(socket, pipe);
        self.touch(socket.0);
    }

    fn ephemeral_port(&mut self, host: HostId, peer: HostId, port: u16) -> Option<u16> {
        // RFC 6335 §6: dynamic ports are 49152 to 65535.
        for _ in 49_152..=u16::MAX {
            let local = &mut self.hosts[host.0 as usize];
            let candidate = local.next_port;
            local.next_port = if candidate == u16::MAX { 49_152 } else { candidate + 1 };
            if !self.connections.contains_key(&FourTuple::new(host, candidate, peer, port)) {
                return Some(candidate);
            }
        }
        None
    }

    fn connection_config(&self, route: Option<RouteId>) -> tcp::Config {
        let mtu = route.map_or(1500, |r| self.topology.steps(r).mtu);
        tcp::Config { mss: mtu.saturating_sub(40), ..self.tcp_config }
    }

    fn install(&mut self, socket: SocketId, pipe: Pipe) {
        let place = socket.0 as usize;
        if self.sockets.len() <= place {
            self.sockets.resize_with(place + 1, Socket::default);
        }
        let tuple = FourTuple::new(pipe.host, pipe.local_port, pipe.peer, pipe.remote_port);
        self.connections.insert(tuple, socket.0);
        let slot = &mut self.sockets[place];
        slot.generation = slot.generation.wrapping_add(1);
        slot.pipe = Some(pipe);
    }

    /// Frees a place. Timers of the connection that are still scheduled find another generation, or nobody.
    fn free(&mut self, place: u32) {
        let slot = &mut self.sockets[place as usize];
        if let Some(pipe) = slot.pipe.take() {
            slot.generation = slot.generation.wrapping_add(1);
            self.connections.remove(&FourTuple::new(pipe.host, pipe.local_port, pipe.peer, pipe.remote_port));
            self.ids.free_socket(SocketId(place));
        }
    }

    /// A TCP segment has reached its host.
    pub(super) fn segment_arrived(&mut self, from: HostId, host: HostId, segment: Segment, known: Option<(u32, u32)>) {
        let now = self.engine.now();
        if let Some(place) = self.socket_of(from, host, &segment, known) {
            if let Some(pipe) = &mut self.sockets[place as usize].pipe {
                pipe.tcp.handle_segment(now, segment);
                self.touch(place);
            }
        } else if segment.flags.syn()
            && !segment.flags.ack()
            && self.hosts[host.0 as usize].listening.contains(&segment.destination_port)
        {
            self.accept(from, host, &segment);
        } else if let Some(reset) = segment.reset_for() {
            let route = self.topology.route(super::transit::node(host), super::transit::node(from));
            self.transmit(host, from, route, Sender::NONE, Body::Tcp(reset));
        }
    }

    /// The socket that a segment is for. `known` is where the sender's peer was: its generation says whether it still
    /// is, which spares most segments a search by ports.
    #[inline]
    fn socket_of(&self, from: HostId, host: HostId, segment: &Segment, known: Option<(u32, u32)>) -> Option<u32> {
        if let Some((place, _)) = known
            && self.at_other_end(known).is_some()
        {
            return Some(place);
        }
        let tuple = FourTuple::new(host, segment.destination_port, from, segment.source_port);
        self.connections.get(&tuple).copied()
    }

    fn accept(&mut self, from: HostId, host: HostId, syn: &Segment) {
        let now = self.engine.now();
        let route = self.topology.route(super::transit::node(host), super::transit::node(from));
        let config = self.connection_config(route);
        let iss = self.hosts[host.0 as usize].sequence_numbers.bits() as u32;
        let socket = self.ids.next_socket();
        let other = self
            .connections
            .get(&FourTuple::new(from, syn.source_port, host, syn.destination_port))
            .map(|place| (*place, self.sockets[*place as usize].generation));
        let (number, local, remote) = match other.and_then(|(place, _)| self.sockets[place as usize].pipe.as_ref()) {
            Some(pipe) => (pipe.number, pipe.remote, pipe.local),
            None => {
                // The client has gone while its SYN was under way.
                self.last_connection += 1;
                let address = |host: HostId| self.hosts[host.0 as usize].address;
                (ConnId(self.last_connection), address(host), address(from))
            }
        };
        let pipe = Pipe {
            tcp: Connection::accept(now, &config, syn, iss),
            number,
            host,
            peer: from,
            local,
            remote,
            local_port: syn.destination_port,
            remote_port: syn.source_port,
            side: Side::Server,
            token: u32::MAX,
            attended: false,
            about: None,
            other,
            route,
            route_epoch: self.topology.epoch(),
            timer_at: None,
            listed: false,
        };
        self.install(socket, pipe);
        if let Some((place, _)) = other {
            let here = (socket.0, self.sockets[socket.0 as usize].generation);
            if let Some(client) = &mut self.sockets[place as usize].pipe {
                client.other = Some(here);
            }
        }
        self.touch(socket.0);
    }

    /// Puts a socket on the list of those that have something to send or to tell.
    pub(super) fn touch(&mut self, place: u32) {
        if let Some(pipe) = &mut self.sockets[place as usize].pipe
            && !pipe.listed
        {
            pipe.listed = true;
            self.dirty.push(place);
        }
    }

    /// Drains all sockets to silence: first what they tell their agents (so that an answer can carry the
    /// acknowledgement), then what they send, then their timers.
    pub(super) fn settle(&mut self) {
        let mut next = 0;
        while let Some(&place) = self.dirty.get(next) {
            next += 1;
            if let Some(pipe) = &mut self.sockets[place as usize].pipe {
                pipe.listed = false;
            }
            self.tell(place);
            self.send_segments(place);
            // Sending can be the end of a connection (a reset was the last thing to say).
            self.tell(place);
            self.arm(place);
        }
        self.dirty.clear();
    }

    /// Asked twice for each packet, and mostly there is nothing to tell: what there is to do is left to functions of
    /// their own.
    #[inline]
    fn tell(&mut self, place: u32) {
        while let Some(pipe) = &mut self.sockets[place as usize].pipe
            && pipe.tcp.has_event()
        {
            match pipe.tcp.poll_event() {
                Some(tcp::Event::Data(data)) => self.data_arrived(place, data),
                Some(event) => self.state_changed(place, &event),
                None => return,
            }
        }
    }

    #[inline(never)]
    fn data_arrived(&mut self, place: u32, data: Chunk) {
        let Some(pipe) = &mut self.sockets[place as usize].pipe else { return };
        if !pipe.attended {
            return;
        }
        let (host, token, other) = (pipe.host, pipe.token, pipe.other);
        let mut about = pipe.about;
        if pipe.side == Side::Server {
            // A server's connection is about what its client says it is about.
            pipe.about = None;
            about = about.or_else(|| self.at_other_end(other)?.about);
        }
        self.agent_input(host, Input::Received { token, data, about });
    }

    #[inline(never)]
    fn state_changed(&mut self, place: u32, event: &tcp::Event) {
        let now = self.engine.now();
        let Some(pipe) = &self.sockets[place as usize].pipe else { return };
        let (host, token, attended, side) = (pipe.host, pipe.token, pipe.attended, pipe.side);
        let state = match event {
            tcp::Event::Connected => ConnectionState::Open,
            tcp::Event::PeerClosed => ConnectionState::PeerClosed,
            tcp::Event::Closed => ConnectionState::Closed,
            tcp::Event::Reset => ConnectionState::Reset,
            tcp::Event::Refused => ConnectionState::Refused,
            tcp::Event::TimedOut => ConnectionState::TimedOut,
            tcp::Event::Data(_) => return,
        };
        if self.tracer.is_on() {
            let (at, peer, port) = (pipe.at(now), pipe.peer, pipe.service_port());
            self.tracer.record(at, || What::Connection { state, side, peer, port });
        }
        match event {
            tcp::Event::Connected if side == Side::Server => {
                let peer = Peer { host: pipe.peer, address: pipe.remote };
                let (conn, port) = (pipe.number, pipe.local_port);
                if let Some(pipe) = &mut self.sockets[place as usize].pipe {
                    pipe.attended = true;
                }
                self.agent_input(host, Input::Accepted { socket: SocketId(place), conn, port, peer });
            }
            tcp::Event::Connected if attended => {
                let conn = pipe.number;
                self.agent_input(host, Input::Connected { token, conn });
            }
            tcp::Event::PeerClosed if attended => self.agent_input(host, Input::PeerClosed { token }),
            tcp::Event::Connected | tcp::Event::Data(_) | tcp::Event::PeerClosed => {}
            tcp::Event::Refused | tcp::Event::TimedOut | tcp::Event::Reset => {
                let trouble = match event {
                    tcp::Event::Refused => Trouble::Refused,
                    tcp::Event::TimedOut => Trouble::TimedOut,
                    _ => Trouble::Reset,
                };
                self.free(place);
                if attended {
                    self.agent_input(host, Input::Failed { token, trouble });
                }
            }
            tcp::Event::Closed => self.free(place),
        }
    }

    /// The pipe at the other end, while it is there.
    #[inline]
    fn at_other_end(&self, other: Option<(u32, u32)>) -> Option<&Pipe> {
        let (place, generation) = other?;
        let slot = self.sockets.get(place as usize)?;
        if slot.generation == generation { slot.pipe.as_ref() } else { None }
    }

    fn send_segments(&mut self, place: u32) {
        let now = self.engine.now();
        loop {
            let Some(pipe) = &mut self.sockets[place as usize].pipe else { return };
            let Some(segment) = pipe.tcp.poll_transmit(now) else { return };
            if pipe.route_epoch != self.topology.epoch() || pipe.route.is_none() {
                pipe.route_epoch = self.topology.epoch();
                pipe.route = self.topology.route(super::transit::node(pipe.host), super::transit::node(pipe.peer));
            }
            let (from, to, route) = (pipe.host, pipe.peer, pipe.route);
            let sender = Sender { socket: Some(place), peer: pipe.other };
            self.transmit(from, to, route, sender, Body::Tcp(segment));
        }
    }

    /// Schedules the socket's timer. A timer that moved to a later time is left where it is and looked at when it
    /// comes: most retransmission timers never run out.
    fn arm(&mut self, place: u32) {
        let slot = &mut self.sockets[place as usize];
        let Some(pipe) = &mut slot.pipe else { return };
        let Some(mut wanted) = pipe.tcp.poll_timeout() else { return };
        if pipe.tcp.state() == tcp::State::TimeWait {
            wanted = wanted.min(self.engine.now() + TIME_WAIT_LOOK);
        }
        if pipe.timer_at.is_none_or(|at| wanted < at) {
            pipe.timer_at = Some(wanted);
            self.engine.schedule_at(wanted, Event::Tcp(place, slot.generation));
        }
    }

    /// A TCP timer has come.
    pub(super) fn tcp_timer(&mut self, place: u32, generation: u32) {
        let now = self.engine.now();
        let slot = &mut self.sockets[place as usize];
        if slot.generation != generation {
            return;
        }
        let Some(pipe) = &mut slot.pipe else { return };
        if pipe.timer_at.is_some_and(|at| at <= now) {
            pipe.timer_at = None;
        }
        if pipe.tcp.state() == tcp::State::TimeWait {
            // TIME-WAIT is there for an end that missed the last acknowledgement. Where that end is gone, the minute
            // would change nothing that anybody can see, and cost the memory of every connection of the last minute.
            let other = pipe.other;
            if self.at_other_end(other).is_none()
                && let Some(pipe) = &mut self.sockets[place as usize].pipe
            {
                pipe.tcp.end_time_wait();
                self.touch(place);
                self.settle();
                return;
            }
        }
        let Some(pipe) = &mut self.sockets[place as usize].pipe else { return };
        if pipe.tcp.poll_timeout().is_none_or(|at| at > now) {
            // The connection has moved on meanwhile, as most do.
            self.arm(place);
            return;
        }
        if pipe.tcp.state() != tcp::State::TimeWait {
            self.active_at = now;
        }
        pipe.tcp.handle_timeout(now);
        self.touch(place);
        self.settle();
    }

    /// A host goes down: its connections are forgotten without a word.
    pub(super) fn forget_connections(&mut self, host: HostId) {
        for place in 0..self.sockets.len() as u32 {
            if self.sockets[place as usize].pipe.as_ref().is_some_and(|p| p.host == host) {
                self.free(place);
            }
        }
    }

    fn record_connection(&mut self, pipe: &Pipe, now: Instant, state: ConnectionState) {
        if self.tracer.is_on() {
            let (side, peer, port) = (pipe.side, pipe.peer, pipe.service_port());
            self.tracer.record(pipe.at(now), || What::Connection { state, side, peer, port });
        }
    }
}
