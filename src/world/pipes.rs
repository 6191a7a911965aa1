//! Where connections and agents meet: whose a connection is, what it is called, and what its agent said on it that has
//! not left the host yet.

use std::collections::VecDeque;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::{World, node};
use crate::agent::{Input, Peer, Says, SocketId, Sockets, Trouble};
use crate::net::{self, Dial, Mark, Network};
use crate::octets::Chunk;
use crate::sim::Instant;
use crate::trace::{At, ConnId, ConnectionState, Direction, HostId, MailId, Octets, RecordId, Side, What};

/// What a connection is about: a mail and its hop.
type About = Option<(MailId, u16)>;

/// One end of a connection and the agent behind it.
#[derive(Clone)]
struct Pipe {
    host: HostId,
    /// The host at the other end.
    peer: HostId,
    number: ConnId,
    side: Side,
    /// The server's port.
    port: u16,
    /// The agent's name for it, once it has one.
    token: u32,
    /// Whether the agent still wants to hear of it.
    attended: bool,
    about: About,
    said: VecDeque<Said>,
    /// How many bytes have come from the other end.
    heard: u64,
}

/// Something that an agent has said and that has not left yet.
#[derive(Clone)]
struct Said {
    /// How many bytes of the stream have left when it has.
    end: u64,
    about: About,
    what: Spoken,
    cause: Option<RecordId>,
}

#[derive(Clone)]
enum Spoken {
    Line(Chunk),
    Content { size_bytes: u64 },
}

/// All pipes, by the network's places.
#[derive(Clone, Default)]
pub(super) struct Pipes {
    pipes: Vec<Option<Pipe>>,
    /// What has left for an end of a connection and has not arrived there: where it ends in the stream, and its record. Only
    /// while somebody looks on. Looked up, never iterated.
    spoken: FxHashMap<(ConnId, Side), VecDeque<(u64, RecordId)>>,
    last_connection: u64,
}

/// A service to connect to, and where from.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) from: Option<IpAddr>,
    pub(super) to: IpAddr,
    pub(super) port: u16,
}

impl Pipe {
    fn at(&self, now: Instant) -> At {
        about(At::host(now, self.host).conn(self.number), self.about)
    }
}

fn about(at: At, mail: About) -> At {
    match mail {
        Some((mail, hop)) => at.mail(mail, hop),
        None => at,
    }
}

/// Mails are numbered from 1, so that no mark of a mail is zero.
fn mark(mail: About) -> Mark {
    mail.map_or(Mark::NONE, |(mail, hop)| Mark(mail.0 << 16 | u64::from(hop)))
}

pub(super) fn marked(mark: Mark) -> About {
    (mark != Mark::NONE).then_some((MailId(mark.0 >> 16), mark.0 as u16))
}

impl From<SocketId> for net::SocketId {
    fn from(socket: SocketId) -> net::SocketId {
        net::SocketId(socket.0)
    }
}

impl From<net::SocketId> for SocketId {
    fn from(socket: net::SocketId) -> SocketId {
        SocketId(socket.0)
    }
}

impl Sockets for Network {
    fn reserve(&mut self) -> SocketId {
        Network::reserve(self).into()
    }

    fn room(&self, socket: SocketId) -> usize {
        Network::room(self, socket.into())
    }
}

impl Pipes {
    pub(super) fn connections(&self) -> u64 {
        self.last_connection
    }

    fn get(&mut self, socket: SocketId) -> Option<&mut Pipe> {
        self.pipes.get_mut(socket.0 as usize)?.as_mut()
    }

    fn install(&mut self, socket: SocketId, pipe: Pipe) {
        let place = socket.0 as usize;
        if self.pipes.len() <= place {
            self.pipes.resize_with(place + 1, || None);
        }
        self.pipes[place] = Some(pipe);
    }

    /// The connection is gone; its number is given back.
    fn remove(&mut self, socket: SocketId) -> Option<ConnId> {
        let pipe = self.pipes.get_mut(socket.0 as usize)?.take()?;
        if !self.spoken.is_empty() {
            self.spoken.remove(&(pipe.number, pipe.side));
        }
        Some(pipe.number)
    }

    pub(super) fn adopt(&mut self, socket: SocketId, token: u32) {
        if let Some(pipe) = self.get(socket) {
            pipe.token = token;
        }
    }

    pub(super) fn dismiss(&mut self, socket: SocketId) {
        if let Some(pipe) = self.get(socket) {
            pipe.attended = false;
        }
    }

    /// A host goes down: what was said on its connections and has not left never will.
    pub(super) fn crash(&mut self, host: HostId) {
        for place in &mut self.pipes {
            if place.as_ref().is_some_and(|pipe| pipe.host == host) {
                *place = None;
            }
        }
    }
}

impl World {
    /// Opens a connection for an agent.
    pub(super) fn connect(&mut self, host: HostId, socket: SocketId, token: u32, service: Service, about: About) {
        let now = self.engine.now();
        let Service { from, to, port } = service;
        self.pipes.last_connection += 1;
        let number = ConnId(self.pipes.last_connection);
        let peer = self.directory.find(to).unwrap_or(HostId::NOBODY);
        let said = VecDeque::new();
        let pipe = Pipe { host, peer, number, side: Side::Client, port, token, attended: true, about, said, heard: 0 };
        self.pipes.install(socket, pipe);
        self.connection_state(socket, ConnectionState::Connecting);
        let dial = Dial { from, to, port, tag: number.0, mark: mark(about) };
        self.network.connect(now, node(host), socket.into(), dial);
    }

    /// Sends bytes for an agent. What it says with them is told when they leave.
    pub(super) fn send(&mut self, host: HostId, socket: SocketId, data: Chunk, about: About, says: Says) {
        let now = self.engine.now();
        if let Some(pipe) = self.pipes.get(socket) {
            pipe.about = about;
            if says != Says::Nothing && (self.tracer.is_on() || self.watch.is_on(host)) {
                let sent = self.network.queued(socket.into());
                note(pipe, sent, &data, about, says, &self.tracer.said());
                self.network.watch(socket.into());
            }
        }
        self.network.send(now, socket.into(), data, mark(about));
    }

    /// The network tells something.
    pub(super) fn hear(&mut self, output: net::Output) {
        self.tracer.because(None);
        match output {
            net::Output::Received(socket, data, mark) => self.received(socket.into(), data, marked(mark)),
            net::Output::Accepted { socket, host, port, remote, tag } => {
                let host = HostId(host.0);
                let (number, peer) = (ConnId(tag), self.directory.find(remote).unwrap_or(HostId::NOBODY));
                let (side, said) = (Side::Server, VecDeque::new());
                let pipe = Pipe {
                    host,
                    peer,
                    number,
                    side,
                    port,
                    token: u32::MAX,
                    attended: true,
                    about: None,
                    said,
                    heard: 0,
                };
                let socket = socket.into();
                self.pipes.install(socket, pipe);
                self.connection_state(socket, ConnectionState::Open);
                let peer = Peer { host: peer, address: remote };
                self.agent_input(host, Input::Accepted { socket, conn: number, port, peer });
            }
            net::Output::Connected(socket) => {
                self.connection_state(socket.into(), ConnectionState::Open);
                self.tell(socket.into(), |pipe| Input::Connected { token: pipe.token, conn: pipe.number });
            }
            net::Output::PeerClosed(socket) => {
                self.connection_state(socket.into(), ConnectionState::PeerClosed);
                self.tell(socket.into(), |pipe| Input::PeerClosed { token: pipe.token });
            }
            net::Output::Room(socket) => self.tell(socket.into(), |pipe| Input::Room { token: pipe.token }),
            net::Output::Failed(socket, trouble) => self.failed(socket.into(), trouble),
            net::Output::Closed(socket) => {
                self.connection_state(socket.into(), ConnectionState::Closed);
                self.forget(socket.into());
            }
            net::Output::Left(socket, bytes) => self.left(socket.into(), bytes),
            net::Output::Datagram(host, datagram) => {
                let net::Datagram { from, from_port, to, port, payload, tag } = *datagram;
                self.tracer.because((tag > 0).then_some(RecordId(tag)));
                let host = HostId(host.0);
                let from = Peer { host: self.directory.find(from).unwrap_or(HostId::NOBODY), address: from };
                self.agent_input(host, Input::Datagram { from, from_port, to, port, payload });
            }
            net::Output::Seen(sighting) => self.saw(&sighting),
        }
    }

    fn forget(&mut self, socket: SocketId) {
        let number = self.pipes.remove(socket);
        if let (true, Some(number)) = (self.tracer.is_on(), number) {
            self.tracer.forget(number);
        }
    }

    fn tell(&mut self, socket: SocketId, input: impl FnOnce(&Pipe) -> Input) {
        if let Some(pipe) = self.pipes.get(socket)
            && pipe.attended
        {
            let (host, input) = (pipe.host, input(pipe));
            self.agent_input(host, input);
        }
    }

    fn received(&mut self, socket: SocketId, data: Chunk, about: About) {
        let Some(pipe) = self.pipes.get(socket) else { return };
        if pipe.side == Side::Server {
            // A server's connection is about what its client says it is about.
            pipe.about = about;
        }
        pipe.heard += data.len() as u64;
        let (host, token, attended) = (pipe.host, pipe.token, pipe.attended);
        if self.tracer.is_on() {
            self.arrived(socket);
        }
        if attended {
            self.agent_input(host, Input::Received { token, data, about });
        }
    }

    /// Bytes have come: the lines that end in them are those that the other end has recorded.
    #[cold]
    fn arrived(&mut self, socket: SocketId) {
        let Some(pipe) = self.pipes.pipes.get(socket.0 as usize).and_then(Option::as_ref) else { return };
        self.tracer.because(self.tracer.other_end(pipe.number, pipe.host));
        if let Some(spoken) = self.pipes.spoken.get_mut(&(pipe.number, pipe.side)) {
            let count = spoken.iter().take_while(|(end, _)| *end <= pipe.heard).count();
            self.tracer.arrive(spoken.drain(..count).map(|(_, record)| record));
        }
    }

    fn failed(&mut self, socket: SocketId, trouble: net::Trouble) {
        let (state, trouble) = match trouble {
            net::Trouble::Refused => (ConnectionState::Refused, Trouble::Refused),
            net::Trouble::TimedOut => (ConnectionState::TimedOut, Trouble::TimedOut),
            net::Trouble::Reset => (ConnectionState::Reset, Trouble::Reset),
            net::Trouble::NoPort { from, open, time_wait } => {
                (ConnectionState::NoPort, Trouble::NoPort { from, open, time_wait })
            }
        };
        self.connection_state(socket, state);
        let Some(pipe) = self.pipes.get(socket) else { return };
        let (host, token, attended) = (pipe.host, pipe.token, pipe.attended);
        self.forget(socket);
        if attended {
            self.agent_input(host, Input::Failed { token, trouble });
        }
    }

    /// Bytes have left a host: what they say is told now.
    fn left(&mut self, socket: SocketId, bytes: u64) {
        let now = self.engine.now();
        while let Some(pipe) = self.pipes.get(socket)
            && pipe.said.front().is_some_and(|said| said.end <= bytes)
        {
            let (host, side, peer) = (pipe.host, pipe.side, pipe.peer);
            let Some(said) = pipe.said.pop_front() else { return };
            let at = about(At::host(now, host).conn(pipe.number), said.about).because(said.cause);
            let there = (pipe.number, if side == Side::Client { Side::Server } else { Side::Client });
            let direction = Direction::Sent;
            let record = match said.what {
                Spoken::Line(line) => {
                    let text = Octets(line.clone());
                    let record = self.tracer.record(at, || What::Line { direction, side, peer, text });
                    self.watch.see_line(host, direction, &line, record);
                    record
                }
                Spoken::Content { size_bytes } => {
                    self.tracer.record(at, || What::Content { direction, side, peer, size_bytes })
                }
            };
            if let Some(record) = record {
                self.pipes.spoken.entry(there).or_default().push_back((said.end, record));
            }
        }
    }

    fn connection_state(&mut self, socket: SocketId, state: ConnectionState) {
        if self.tracer.is_on()
            && let Some(pipe) = self.pipes.get(socket)
        {
            let (at, side, port) = (pipe.at(self.engine.now()), pipe.side, pipe.port);
            let peer = pipe.peer;
            self.tracer.record(at, || What::Connection { state, side, peer, port });
        }
    }
}

/// Notes what is said with bytes that begin behind `sent` others.
fn note(pipe: &mut Pipe, sent: u64, data: &Chunk, about: About, says: Says, because: &[RecordId]) {
    match says {
        Says::Nothing => {}
        Says::Lines => {
            let (mut rest, mut end, mut replies) = (data.clone(), sent, 0);
            while let Some(newline) = memchr::memchr(b'\n', &rest) {
                let line = rest.split_to(newline + 1);
                end += line.len() as u64;
                let text = line.len() - if line.ends_with(b"\r\n") { 2 } else { 1 };
                let cause = because.get(replies).or(because.last()).copied();
                // The next line is of the next reply, unless this one goes on (RFC 5321 §4.2.1).
                replies += usize::from(line.get(3) != Some(&b'-'));
                pipe.said.push_back(Said { end, about, what: Spoken::Line(line.slice(0..text)), cause });
            }
        }
        Says::EndOfContent { size_bytes } => {
            let end = sent + data.len() as u64;
            let cause = because.last().copied();
            pipe.said.push_back(Said { end, about, what: Spoken::Content { size_bytes }, cause });
            pipe.said.push_back(Said { end, about, what: Spoken::Line(".".into()), cause });
        }
    }
}
