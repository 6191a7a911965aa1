//! The name server: authoritative for its zones, and a recursor for others where asked to be one.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use rustc_hash::FxHashMap;
use slab::Slab;

use super::lookups::{Heard, Wire, observe};
use super::{Action, Context, Input, SocketId, tokens};
use crate::dns::{self, Authority, Deframer, Fault, Message, Name, RecordData, RecordType, Recursor, Transport};
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};
use crate::trace::{Direction, HostId, RecordId};

/// A name server.
#[derive(Clone)]
pub struct NameServer {
    /// The zones, on disk.
    authority: Authority,
    recursor: Option<Recursor>,
    /// How long it thinks about a question.
    processing: Duration,
    memory: Memory,
}

/// What is gone when the host goes down, beside what the recursor remembers.
#[derive(Clone, Default)]
struct Memory {
    clients: Slab<Client>,
    wire: Wire,
    /// Answers that are being thought about.
    pending: VecDeque<(Instant, Answer)>,
    /// Questions that the recursor is at, as the trace has them: by who asks, and the number. Looked up, never iterated.
    owed: FxHashMap<(SocketAddr, [u8; 2]), RecordId>,
}

#[derive(Clone)]
struct Client {
    socket: SocketId,
    host: HostId,
    address: SocketAddr,
    questions: Deframer,
}

/// Who asked, how, and which of the server's addresses.
#[derive(Clone, Copy)]
struct Asker {
    host: HostId,
    peer: dns::Peer,
}

#[derive(Clone, Debug)]
struct Answer {
    host: HostId,
    from: Option<IpAddr>,
    to: SocketAddr,
    transport: Transport,
    bytes: Vec<u8>,
    /// The last record before it was ready.
    cause: Option<RecordId>,
}

impl NameServer {
    /// A server of these zones; with a recursor it also answers questions about other names.
    #[must_use]
    pub fn new(mut authority: Authority, recursor: Option<Recursor>, processing: Duration) -> NameServer {
        authority.set_recurses(recursor.is_some());
        NameServer { authority, recursor, processing, memory: Memory::default() }
    }

    /// Makes it behave, be silent or fail.
    pub fn set_fault(&mut self, fault: Fault) {
        self.authority.set_fault(fault);
    }

    /// The records of a name and type, with their times to live; `None` where the server has no such zone.
    #[must_use]
    pub fn records(&self, name: &Name, rtype: RecordType) -> Option<Vec<(Duration, RecordData)>> {
        let zone = self.authority.zones().zone_of(name)?;
        let own = zone.iter().filter(|record| record.name == *name && record.data.rtype() == rtype);
        Some(own.map(|record| (Duration::from_secs(u64::from(record.ttl_secs)), record.data.clone())).collect())
    }

    /// Puts these in the place of the records of the name and type, where the server has the zone.
    pub fn replace_records(&mut self, name: &Name, rtype: RecordType, records: &[(Duration, RecordData)]) {
        let origin = self.authority.zones().zone_of(name).map(|zone| zone.origin().clone());
        let Some(zone) = origin.and_then(|origin| self.authority.zones_mut().get_mut(&origin)) else { return };
        zone.remove(name, rtype);
        for (ttl, data) in records {
            // What cannot stand beside what is there (an alias) was refused when the scenario was checked.
            let _ = zone.add(name.clone(), *ttl, data.clone());
        }
    }

    /// See [`super::Agent::poll_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let recursor = self.recursor.as_ref().and_then(Recursor::poll_timeout);
        let pending = self.memory.pending.front().map(|(at, _)| *at);
        [recursor, pending].into_iter().flatten().min()
    }

    /// See [`super::Agent::handle_input`].
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        let now = ctx.now;
        match input {
            Input::Start => {}
            Input::Crash => {
                self.memory = Memory::default();
                if let Some(recursor) = &mut self.recursor {
                    recursor.restart();
                }
            }
            Input::Timer => {
                if let Some(recursor) = &mut self.recursor {
                    recursor.handle_timeout(now);
                }
                self.send_pending(ctx);
            }
            Input::Datagram { from, from_port, to, port: dns::PORT, payload } => {
                observe(ctx, Direction::Received, from.host, Transport::Udp, &payload);
                let address = SocketAddr::new(from.address, from_port);
                let peer = dns::Peer { addr: address, transport: Transport::Udp, asked: Some(to) };
                self.question(ctx, Asker { host: from.host, peer }, &payload);
            }
            Input::Accepted { socket, peer, .. } => {
                // The connection's place stands in for the client's port, which names it to the recursor.
                let address = SocketAddr::new(peer.address, (self.memory.clients.vacant_key() % 65_535) as u16 + 1);
                let client = Client { socket, host: peer.host, address, questions: Deframer::new() };
                let token = self.memory.clients.insert(client) as u32 | tokens::ACCEPTED;
                ctx.actions.push(Action::Adopt { socket, token });
            }
            Input::Received { token, data, .. } if token & tokens::ACCEPTED != 0 => {
                self.client_received(ctx, token, &data);
            }
            Input::PeerClosed { token } if token & tokens::ACCEPTED != 0 => {
                if let Some(client) = self.memory.clients.try_remove((token & !tokens::ACCEPTED) as usize) {
                    ctx.actions.push(Action::Close { socket: client.socket });
                }
            }
            Input::Failed { token, .. } if token & tokens::ACCEPTED != 0 => {
                self.memory.clients.try_remove((token & !tokens::ACCEPTED) as usize);
            }
            other => self.heard(ctx, other),
        }
        self.drain(ctx);
    }

    /// What others answer the recursor.
    fn heard(&mut self, ctx: &mut Context<'_>, input: Input) {
        let Some(recursor) = &mut self.recursor else { return };
        match self.memory.wire.handle_input(ctx, input) {
            Some(Heard::Response { from, local_port, transport, bytes }) => {
                recursor.handle_response(ctx.now, from, local_port, transport, &bytes);
            }
            Some(Heard::Failed { local_port, why }) => recursor.handle_tcp_failed(ctx.now, local_port, why),
            None => {}
        }
    }

    fn client_received(&mut self, ctx: &mut Context<'_>, token: u32, data: &[u8]) {
        let place = (token & !tokens::ACCEPTED) as usize;
        let Some(client) = self.memory.clients.get_mut(place) else { return };
        client.questions.push(data);
        let (host, address) = (client.host, client.address);
        while let Some(message) = self.memory.clients.get_mut(place).and_then(|client| client.questions.next_message())
        {
            observe(ctx, Direction::Received, host, Transport::Tcp, &message);
            let peer = dns::Peer { addr: address, transport: Transport::Tcp, asked: None };
            self.question(ctx, Asker { host, peer }, &message);
        }
    }

    /// A question: answered from the zones, or handed to the recursor where they do not say.
    fn question(&mut self, ctx: &Context<'_>, asker: Asker, bytes: &[u8]) {
        let Asker { host, peer } = asker;
        // A server that is also a recursor looks further for clients that ask it to (RD), unless the zone is its own.
        // The root is nobody's own: it only says who to ask.
        let foreign = self.recursor.is_some()
            && Message::decode(bytes).is_ok_and(|query| {
                let name = query.question.as_ref().map(|q| q.name.clone()).unwrap_or_else(Name::root);
                query.recursion_desired
                    && self.authority.zones().zone_of(&name).is_none_or(|zone| zone.origin().is_root())
            });
        if foreign && self.authority.fault() == Fault::None {
            if let Some(recursor) = &mut self.recursor {
                if let (Some(record), Some(id)) = (ctx.tracer.last(), bytes.first_chunk()) {
                    self.memory.owed.insert((peer.addr, *id), record);
                }
                recursor.handle_client(ctx.now, peer, bytes);
            }
        } else if let Some(answer) = self.authority.respond(bytes, peer.transport) {
            let due = ctx.now + self.processing;
            self.memory.pending.push_back((due, answer_to(ctx, host, peer, answer)));
        }
    }

    fn send_pending(&mut self, ctx: &mut Context<'_>) {
        while self.memory.pending.front().is_some_and(|(due, _)| *due <= ctx.now) {
            if let Some((_, answer)) = self.memory.pending.pop_front() {
                self.send(ctx, answer);
            }
        }
    }

    fn send(&mut self, ctx: &mut Context<'_>, answer: Answer) {
        ctx.tracer.because(answer.cause);
        let record = observe(ctx, Direction::Sent, answer.host, answer.transport, &answer.bytes);
        match answer.transport {
            Transport::Udp => {
                ctx.tracer.send(record);
                ctx.actions.push(Action::SendDatagram {
                    from: answer.from,
                    to: answer.to.ip(),
                    port: answer.to.port(),
                    from_port: dns::PORT,
                    payload: Chunk::from(answer.bytes),
                });
            }
            Transport::Tcp => {
                if let Some((_, client)) = self.memory.clients.iter().find(|(_, c)| c.address == answer.to) {
                    ctx.send(client.socket, Chunk::from(dns::frame(&answer.bytes)));
                }
            }
        }
    }

    fn drain(&mut self, ctx: &mut Context<'_>) {
        while let Some(output) = self.recursor.as_mut().and_then(Recursor::poll_output) {
            if let Some(dns::Output::Reply { to, bytes }) = self.memory.wire.send(ctx, output) {
                let host = ctx.directory.find(to.addr.ip()).unwrap_or(HostId::NOBODY);
                let due = ctx.now + self.processing;
                let owed = bytes.first_chunk().and_then(|id| self.memory.owed.remove(&(to.addr, *id)));
                let mut answer = answer_to(ctx, host, to, bytes);
                // One that comes of waiting for too long has no other cause than its question.
                answer.cause = answer.cause.or(owed);
                self.memory.pending.push_back((due, answer));
            }
        }
        self.send_pending(ctx);
    }
}

fn answer_to(ctx: &Context<'_>, host: HostId, peer: dns::Peer, bytes: Vec<u8>) -> Answer {
    let cause = ctx.tracer.last();
    Answer { cause, host, from: peer.asked, to: peer.addr, transport: peer.transport, bytes }
}
