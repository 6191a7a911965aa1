//! Questions on their way: a resolver's datagrams, and its connections to name servers.

use std::net::SocketAddr;

use slab::Slab;

use super::observe::{Asked, observe_own};
use crate::agent::{Action, Context, Input, SocketId, Trouble, tokens};
use crate::dns::{self, Deframer, TcpFailure, Transport};
use crate::octets::Chunk;
use crate::trace::{Direction, HostId, RecordId};

/// What a host asks others, and what comes back.
#[derive(Clone, Default)]
pub(in crate::agent) struct Wire {
    /// Questions over TCP.
    exchanges: Slab<Exchange>,
    asked: Asked,
}

/// A question over TCP.
#[derive(Clone)]
struct Exchange {
    socket: Option<SocketId>,
    to: SocketAddr,
    local_port: u16,
    question: Chunk,
    answer: Deframer,
}

/// What came back; it is for the resolver.
pub(in crate::agent) enum Heard {
    /// A message.
    Response {
        /// Who sent it.
        from: SocketAddr,
        /// The port, or the name of the exchange, that it came in on.
        local_port: u16,
        /// How it came.
        transport: Transport,
        /// The message.
        bytes: Chunk,
    },
    /// An exchange over TCP came to nothing.
    Failed {
        /// The name of the exchange.
        local_port: u16,
        /// Why.
        why: TcpFailure,
    },
}

impl Wire {
    /// The last question for this name and type, where what happens now happens because of the time.
    pub(super) fn asked(&self, ctx: &Context<'_>, name: &str, rtype: &str) -> Option<RecordId> {
        if ctx.tracer.is_on() && ctx.tracer.is_timer() { self.asked.get(name, rtype) } else { None }
    }

    /// Does what a resolver wants done about its messages. What it tells its own host is given back.
    pub(in crate::agent) fn send(&mut self, ctx: &mut Context<'_>, output: dns::Output) -> Option<dns::Output> {
        match output {
            dns::Output::SendUdp { to, local_port, bytes } => {
                let record =
                    observe_own(ctx, &mut self.asked, Direction::Sent, peer_at(ctx, to), Transport::Udp, &bytes);
                let (to, port) = (to.ip(), to.port());
                ctx.tracer.send(record);
                let payload = Chunk::from(bytes);
                ctx.actions.push(Action::SendDatagram { from: None, to, port, from_port: local_port, payload });
            }
            dns::Output::SendTcp { to, local_port, bytes } => {
                observe_own(ctx, &mut self.asked, Direction::Sent, peer_at(ctx, to), Transport::Tcp, &bytes);
                let question = Chunk::from(dns::frame(&bytes));
                let exchange = Exchange { socket: None, to, local_port, question, answer: Deframer::new() };
                let place = self.exchanges.insert(exchange);
                let socket = ctx.connect(place as u32 | tokens::LOOKUP, None, to.ip(), to.port(), None);
                self.exchanges[place].socket = Some(socket);
            }
            dns::Output::CloseTcp { local_port } => {
                let place = self.exchanges.iter().find(|(_, e)| e.local_port == local_port).map(|(p, _)| p);
                if let Some(socket) = place.and_then(|p| self.exchanges.remove(p).socket) {
                    ctx.actions.push(Action::Abort { socket });
                }
            }
            own => return Some(own),
        }
        None
    }

    /// Something happened on a connection of an exchange, or a datagram came.
    pub(in crate::agent) fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) -> Option<Heard> {
        match input {
            Input::Datagram { from, from_port, port, payload, .. } => {
                observe_own(ctx, &mut self.asked, Direction::Received, from.host, Transport::Udp, &payload);
                let from = SocketAddr::new(from.address, from_port);
                return Some(Heard::Response { from, local_port: port, transport: Transport::Udp, bytes: payload });
            }
            Input::Connected { token, .. } => {
                if let Some(exchange) = self.exchanges.get(place_of(token))
                    && let Some(socket) = exchange.socket
                {
                    ctx.send(socket, exchange.question.clone());
                }
            }
            Input::Received { token, data, .. } => return self.received(ctx, place_of(token), &data),
            Input::PeerClosed { token } => {
                let exchange = self.exchanges.try_remove(place_of(token))?;
                if let Some(socket) = exchange.socket {
                    ctx.actions.push(Action::Close { socket });
                }
                return Some(Heard::Failed { local_port: exchange.local_port, why: TcpFailure::Server });
            }
            Input::Failed { token, trouble } => {
                let exchange = self.exchanges.try_remove(place_of(token))?;
                let why = match trouble {
                    Trouble::NoPort { .. } => TcpFailure::NoPort,
                    Trouble::Refused | Trouble::TimedOut | Trouble::Reset | Trouble::Unsealed(_) => TcpFailure::Server,
                };
                return Some(Heard::Failed { local_port: exchange.local_port, why });
            }
            Input::Start
            | Input::Crash
            | Input::Accepted { .. }
            | Input::Room { .. }
            | Input::Tls { .. }
            | Input::Timer => {}
        }
        None
    }

    fn received(&mut self, ctx: &mut Context<'_>, place: usize, data: &[u8]) -> Option<Heard> {
        let exchange = self.exchanges.get_mut(place)?;
        exchange.answer.push(data);
        let message = exchange.answer.next_message()?;
        let exchange = self.exchanges.remove(place);
        if let Some(socket) = exchange.socket {
            ctx.actions.push(Action::Close { socket });
        }
        let peer = peer_at(ctx, exchange.to);
        observe_own(ctx, &mut self.asked, Direction::Received, peer, Transport::Tcp, &message);
        let (from, local_port) = (exchange.to, exchange.local_port);
        Some(Heard::Response { from, local_port, transport: Transport::Tcp, bytes: message.into() })
    }
}

fn place_of(token: u32) -> usize {
    (token & !tokens::LOOKUP) as usize
}

fn peer_at(ctx: &Context<'_>, address: SocketAddr) -> HostId {
    ctx.directory.find(address.ip()).unwrap_or(HostId::NOBODY)
}
