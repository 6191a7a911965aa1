//! What agents say goes down to the network, and what the network tells comes up to them.

use std::collections::VecDeque;

use super::pipes::{About, Pipe, Service, Spoken, about, mark, marked};
use super::{World, node};
use crate::agent::{Input, Peer, Says, SocketId, Trouble};
use crate::net::{self, Dial};
use crate::octets::Chunk;
use crate::trace::{At, ConnId, ConnectionState, Direction, HostId, RecordId, Side, What};

impl World {
    /// Opens a connection for an agent.
    pub(super) fn connect(&mut self, host: HostId, socket: SocketId, token: u32, service: Service, about: About) {
        let now = self.engine.now();
        let Service { from, to, port } = service;
        let number = self.pipes.number();
        let peer = self.directory.find(to).unwrap_or(HostId::NOBODY);
        let said = VecDeque::new();
        let pipe = Pipe {
            host,
            peer,
            number,
            side: Side::Client,
            port,
            token,
            attended: true,
            about,
            said,
            spoke: 0,
            heard: 0,
            sealed: false,
            secured: false,
        };
        self.pipes.install(socket, pipe);
        self.connection_state(socket, ConnectionState::Connecting);
        let dial = Dial { from, to, port, tag: number.0, mark: mark(about) };
        self.network.connect(now, node(host), socket.into(), dial);
    }

    /// Sends bytes for an agent. What it says with them is told when they leave.
    pub(super) fn send(&mut self, host: HostId, socket: SocketId, data: Chunk, about: About, says: Says) {
        let now = self.engine.now();
        if self.tracer.is_on() || self.watch.is_on(host) {
            return self.send_observed(socket, data, about, says);
        }
        if let Some(pipe) = self.pipes.get(socket) {
            pipe.about = about;
            pipe.spoke += data.len() as u64;
        }
        self.network.send(now, socket.into(), data, mark(about));
    }

    /// The same, with somebody who wants to know what is said.
    #[cold]
    fn send_observed(&mut self, socket: SocketId, data: Chunk, about: About, says: Says) {
        let sent = self.network.queued(socket.into());
        self.network.watch(socket.into());
        self.network.send(self.engine.now(), socket.into(), data.clone(), mark(about));
        let end = self.network.queued(socket.into());
        if let Some(pipe) = self.pipes.get(socket) {
            pipe.about = about;
            if says != Says::Nothing {
                pipe.note((sent, end), &data, about, says, &self.tracer.said());
            }
            pipe.spoke += data.len() as u64;
        }
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
                    spoke: 0,
                    heard: 0,
                    sealed: false,
                    secured: false,
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
            net::Output::News(socket, news) => self.news(socket.into(), news),
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
        let Some((pipe, spoken)) = self.pipes.spoken_to(socket) else { return };
        self.tracer.because(self.tracer.other_end(pipe.number, pipe.host));
        if let Some(spoken) = spoken {
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
                Spoken::Line { text: line, is_secret } => {
                    let text = self.tracer.shown(&line, is_secret);
                    let sealed = said.sealed;
                    let record = self.tracer.record(at, || What::Line { direction, side, peer, sealed, text });
                    self.watch.see_line(host, direction, &line, record);
                    record
                }
                Spoken::Content { size_bytes } => {
                    self.tracer.record(at, || What::Content { direction, side, peer, size_bytes })
                }
            };
            if let Some(record) = record {
                self.pipes.spoken.entry(there).or_default().push_back((said.arrives, record));
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
