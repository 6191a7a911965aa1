//! The server half: accepted connections, and what their sessions say.

use std::collections::VecDeque;

use super::Mta;
use super::named::Named;
use super::state::{INBOUND_TOKEN, Inbound};
use crate::agent::outgoing::Outgoing;
use crate::agent::{Action, Context, End, HANDSHAKE_TIMEOUT, Peer, Says, SocketId};
use crate::octets::Chunk;
use crate::smtp::server::{Event, Output, Session};
use crate::tls;
use crate::trace::{ConnId, Direction, MailId, Side, What};

impl Mta {
    pub(super) fn accepted(&mut self, ctx: &mut Context<'_>, socket: SocketId, conn: ConnId, port: u16, peer: Peer) {
        let Some(place) = self.config.listeners.iter().position(|listener| listener.port == port) else {
            let nonce = self.courier.nonce();
            let mut taken = false;
            self.with_access(ctx, |sessions, ctx, room| {
                taken = sessions.accept(ctx, room, nonce, (socket, conn, port, peer));
            });
            if !taken {
                // The network accepts for the ports that it was given.
                ctx.actions.push(Action::Abort { socket });
            }
            return;
        };
        let is_own = self.config.clients.binary_search(&peer.address).is_ok();
        let spare = self.memory.spare_servers.get_mut(place).and_then(Vec::pop);
        let mut server = spare.unwrap_or_else(|| Box::new(Session::new(self.config.listeners[place].server.clone())));
        if !is_own && self.looks_at_senders(place) {
            server.ask_about_mail();
        }
        if self.config.listeners[place].tls.is_some() {
            server.offer_tls();
        }
        if self.config.listeners[place].server.has_accounts() {
            server.offer_logins(self.courier.nonce());
        }
        server.observe(ctx.wants_lines());
        let inbound = Inbound {
            server,
            listener: place as u16,
            is_own,
            has_place: false,
            socket,
            conn,
            peer,
            named: Named::Unasked,
            about: None,
            last_about: None,
            reverse_path: None,
            deciding: None,
            unanswered: VecDeque::new(),
            outgoing: Outgoing::default(),
            gone: false,
            sealed: false,
            handshake_until: None,
        };
        let token = self.memory.inbound.insert(inbound) as u32;
        ctx.actions.push(Action::Adopt { socket, token: token | INBOUND_TOKEN });
        if self.config.listeners[place].implicit_tls {
            return self.start_tls(ctx, token, 0);
        }
        self.memory.inbound[token as usize].server.start(ctx.now);
        self.drain_inbound(ctx, token);
    }

    /// The connection is sealed from here on.
    fn start_tls(&mut self, ctx: &mut Context<'_>, token: u32, discarded_bytes: u64) {
        let until = ctx.now + HANDSHAKE_TIMEOUT;
        let inbound = &mut self.memory.inbound[token as usize];
        let listener = &self.config.listeners[usize::from(inbound.listener)];
        let Some(server) = self.memory.tls.as_ref().or(listener.tls.as_ref()).cloned() else { return };
        (inbound.sealed, inbound.handshake_until) = (true, Some(until));
        self.memory.inbound_wake = Some(self.memory.inbound_wake.map_or(until, |wake| wake.min(until)));
        let (socket, role) = (inbound.socket, tls::Role::Server(server));
        ctx.actions.push(Action::StartTls { socket, role, discarded_bytes });
    }

    /// TLS tells something.
    pub(super) fn inbound_tls(&mut self, ctx: &mut Context<'_>, token: u32, news: &tls::News) {
        let token = token & !INBOUND_TOKEN;
        let Some(inbound) = self.memory.inbound.get_mut(token as usize) else { return };
        match news {
            tls::News::Secured(_) => {
                inbound.handshake_until = None;
                inbound.server.handle_secured(ctx.now);
                self.drain_inbound(ctx, token);
            }
            tls::News::Failed(_) => {
                ctx.actions.push(Action::Close { socket: inbound.socket });
                self.forget_inbound(token);
            }
            tls::News::Closed | tls::News::Ticket(_) | tls::News::Secret(_) => {}
        }
    }

    pub(super) fn inbound_received(
        &mut self,
        ctx: &mut Context<'_>,
        token: u32,
        data: Chunk,
        about: Option<(MailId, u16)>,
    ) {
        let token = token & !INBOUND_TOKEN;
        let Some(inbound) = self.memory.inbound.get_mut(token as usize) else { return };
        inbound.about = about;
        inbound.last_about = about.or(inbound.last_about);
        inbound.server.handle_input(ctx.now, data);
        self.drain_inbound(ctx, token);
    }

    /// There is room in the send buffer again.
    pub(super) fn inbound_room(&mut self, ctx: &mut Context<'_>, token: u32) {
        let Some(inbound) = self.memory.inbound.get_mut((token & !INBOUND_TOKEN) as usize) else { return };
        let socket = inbound.socket;
        inbound.outgoing.resume(ctx, socket);
        if inbound.outgoing.unsent() == 0 {
            ctx.actions.push(Action::Pause { socket, paused: false });
        }
    }

    /// The client will send no more (`broken`: and receive no more).
    pub(super) fn inbound_closed(&mut self, ctx: &mut Context<'_>, token: u32, broken: bool) {
        let token = token & !INBOUND_TOKEN;
        let Some(inbound) = self.memory.inbound.get_mut(token as usize) else { return };
        inbound.gone |= broken;
        if inbound.handshake_until.is_some() {
            // Nothing has been said yet.
            if !broken {
                ctx.actions.push(Action::Close { socket: inbound.socket });
            }
            return self.forget_inbound(token);
        }
        // While a message is considered the session only notes that nothing more comes, and closes after its reply.
        inbound.server.handle_eof(ctx.now);
        match &inbound.deciding {
            Some(deciding) if deciding.is_message() => {}
            Some(_) if broken => self.forget_inbound(token),
            Some(_) => {}
            None => {
                self.drain_inbound(ctx, token);
                if broken && self.memory.inbound.contains(token as usize) {
                    self.forget_inbound(token);
                }
            }
        }
    }

    /// The connection is closed or gone.
    fn forget_inbound(&mut self, token: u32) {
        let Inbound { mut server, listener, deciding, .. } = self.memory.inbound.remove(token as usize);
        if deciding.is_some() {
            self.lookups.forget_session(token);
        }
        server.renew();
        let place = usize::from(listener);
        if self.memory.spare_servers.len() <= place {
            self.memory.spare_servers.resize_with(place + 1, Vec::new);
        }
        self.memory.spare_servers[place].push(server);
        if self.memory.inbound.is_empty() {
            self.memory.inbound_wake = None;
        }
    }

    /// Deadlines of inbound sessions: the earliest one may have come.
    pub(super) fn expire_inbound(&mut self, ctx: &mut Context<'_>) {
        if self.memory.inbound_wake.is_none_or(|wake| wake > ctx.now) {
            return;
        }
        let due: Vec<u32> = self
            .memory
            .inbound
            .iter()
            .filter(|(_, i)| i.timeout().is_some_and(|at| at <= ctx.now))
            .map(|(token, _)| token as u32)
            .collect();
        for token in due {
            let Some(inbound) = self.memory.inbound.get_mut(token as usize) else { continue };
            ctx.tracer.because(None);
            if inbound.deciding.is_some() {
                self.resume(ctx, token);
            } else if inbound.handshake_until.is_some() {
                ctx.actions.push(Action::Abort { socket: inbound.socket });
                self.forget_inbound(token);
            } else {
                inbound.server.handle_timeout(ctx.now);
                self.drain_inbound(ctx, token);
            }
        }
        self.memory.inbound_wake = self.memory.inbound.iter().filter_map(|(_, i)| i.timeout()).min();
    }

    /// What the session at `token` has waited for is there.
    pub(super) fn resume(&mut self, ctx: &mut Context<'_>, token: u32) {
        self.go_on_deciding(ctx, token);
        if self.memory.inbound.get(token as usize).is_some_and(|i| i.gone && i.deciding.is_none()) {
            self.forget_inbound(token);
        } else {
            self.drain_inbound(ctx, token);
        }
    }

    /// Empties the server machine: one mutation, then everything it has to say.
    fn drain_inbound(&mut self, ctx: &mut Context<'_>, token: u32) {
        loop {
            let Some(inbound) = self.memory.inbound.get_mut(token as usize) else { return };
            let Some(output) = inbound.server.poll_output() else { break };
            match output {
                Output::Send(data) => {
                    if !inbound.gone {
                        let (socket, about, waits) = (inbound.socket, inbound.about, inbound.outgoing.unsent() > 0);
                        if ctx.tracer.is_on() {
                            ctx.tracer.reasons(inbound.because(&data));
                        }
                        inbound.outgoing.send(ctx, socket, data, about, Says::Lines);
                        if inbound.outgoing.unsent() > 0 && !waits {
                            // Whoever does not read what it is told is not listened to either, or what it is told
                            // would pile up.
                            ctx.actions.push(Action::Pause { socket, paused: true });
                        }
                    }
                }
                Output::Saw { line, is_secret } => {
                    let (at, end) = (inbound.at(ctx.at()), inbound.end());
                    let record = ctx.line_received(at, end, line, is_secret);
                    self.memory.inbound[token as usize].unanswered.extend(record);
                }
                Output::Event(event) => self.server_event(ctx, token, event),
                Output::Ask(question) => self.decide(ctx, token, question),
                Output::StartTls { discarded_bytes } => self.start_tls(ctx, token, discarded_bytes),
                Output::Close => {
                    if !inbound.gone {
                        ctx.actions.push(Action::Close { socket: inbound.socket });
                    }
                    self.forget_inbound(token);
                    return;
                }
            }
        }
        if let Some(inbound) = self.memory.inbound.get(token as usize)
            && let Some(at) = inbound.timeout()
            && self.memory.inbound_wake.is_none_or(|wake| at < wake)
        {
            self.memory.inbound_wake = Some(at);
        }
    }

    fn server_event(&mut self, ctx: &mut Context<'_>, token: u32, event: Event) {
        let inbound = &self.memory.inbound[token as usize];
        let (at, end) = (inbound.at(ctx.at()), inbound.end());
        match event {
            Event::State(state) => {
                ctx.record(at, || What::Session { side: Side::Server, state: state.into() });
            }
            Event::Login { mechanism, result } => {
                let (decision, who) = match result {
                    Ok(identity) => ("accept", identity.to_string()),
                    Err(reason) => ("reject", reason.to_string()),
                };
                ctx.record(at, || What::Policy {
                    policy: "login".into(),
                    decision: decision.into(),
                    detail: format!("{mechanism}: {who}").into(),
                });
            }
            Event::Content { size } => {
                let (direction, End { side, peer, .. }) = (Direction::Received, end);
                ctx.tracer.hear(at, || What::Content { direction, side, peer, size_bytes: size });
                // The data phase ends with the final dot, which the session does not show as a line.
                let record = ctx.line_received(at, end, ".".into(), false);
                self.memory.inbound[token as usize].unanswered.extend(record);
            }
        }
    }
}
