//! Giving mail out: the sessions of POP3 and IMAP of a host with mailboxes.
//!
//! `Sessions` are a part of an agent that has a [`Store`], which it lends them with every call. What one of them
//! changes, or what is delivered meanwhile, is told to the others that look at the same mailbox.

mod session;
mod told;

use std::sync::Arc;

use slab::Slab;

use super::outgoing::Outgoing;
use super::tokens::READING;
use super::{Action, Context, End, HANDSHAKE_TIMEOUT, Input, Peer, Says, SocketId};
use crate::access::{self, Output};
use crate::octets::Chunk;
use crate::sasl::Nonce;
use crate::sim::Instant;
use crate::store::{Desk, Locks, MailboxId, Store};
use crate::tls;
use crate::trace::{ConnId, Direction, MailId, RecordId, Side, What};

pub use session::Server;
use session::Session;

/// A port where mail is given out.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// What is served there.
    pub server: Server,
    /// What it shows to those who want TLS.
    pub tls: Option<tls::Server>,
    /// Whether connections are sealed from the first byte on (RFC 8314 §3.2).
    pub implicit_tls: bool,
}

/// What is gone when the host goes down.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    open: Slab<Open>,
    locks: Locks,
    /// No deadline is earlier than this.
    wake: Option<Instant>,
    /// Mailboxes in which something has changed that was not told yet, and by which session.
    news: Vec<(MailboxId, Option<u32>)>,
}

/// A connection.
#[derive(Clone, Debug)]
struct Open {
    session: Session,
    listener: u16,
    socket: SocketId,
    conn: ConnId,
    peer: Peer,
    outgoing: Outgoing,
    /// Whether nothing is read from it, since the client does not read.
    paused: bool,
    sealed: bool,
    /// Until when a handshake has to be done that is under way.
    handshake_until: Option<Instant>,
    /// The last command that was read.
    heard: Option<RecordId>,
}

impl Open {
    fn timeout(&self) -> Option<Instant> {
        self.handshake_until.or_else(|| self.session.poll_timeout())
    }
}

/// What the sessions of a host work with.
pub(super) struct Room<'a> {
    /// The mailboxes.
    pub(super) store: &'a mut Store,
    /// Where it listens.
    pub(super) listeners: &'a [Listener],
    /// What it shows to those who want TLS, where that is another than its listeners have: after a restart.
    pub(super) tls: Option<&'a tls::Server>,
}

impl Sessions {
    /// When [`Sessions::expire`] is wanted at the latest.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.wake
    }

    /// A client has connected to one of the listeners. `nonce` is used by nobody else.
    pub(super) fn accept(
        &mut self,
        ctx: &mut Context<'_>,
        room: &mut Room<'_>,
        nonce: Nonce,
        accepted: (SocketId, ConnId, u16, Peer),
    ) -> bool {
        let (socket, conn, port, peer) = accepted;
        let Some(place) = room.listeners.iter().position(|listener| listener.port == port) else { return false };
        let listener = &room.listeners[place];
        let mut session = Session::new(&listener.server, nonce);
        if listener.tls.is_some() {
            session.offer_tls();
        }
        session.observe(ctx.wants_lines());
        let open = Open {
            session,
            listener: place as u16,
            socket,
            conn,
            peer,
            outgoing: Outgoing::default(),
            paused: false,
            sealed: false,
            handshake_until: None,
            heard: None,
        };
        let token = self.open.insert(open) as u32;
        ctx.actions.push(Action::Adopt { socket, token: token | READING });
        if listener.implicit_tls {
            self.start_tls(ctx, room, token, 0);
            return true;
        }
        self.with(ctx, room, token, |session, now, desk| session.start(now, desk));
        true
    }

    /// Something about one of their connections.
    pub(super) fn handle_input(&mut self, ctx: &mut Context<'_>, room: &mut Room<'_>, input: Input) {
        match input {
            Input::Received { token, data, .. } => {
                self.with(ctx, room, token & !READING, |session, now, desk| session.handle_input(now, data, desk));
            }
            Input::Room { token } => {
                let token = token & !READING;
                let Some(open) = self.open.get_mut(token as usize) else { return };
                open.outgoing.resume(ctx, open.socket);
                self.drain(ctx, room, token);
            }
            Input::Tls { token, news } => self.tls(ctx, room, token & !READING, &news),
            Input::PeerClosed { token } => {
                let token = token & !READING;
                let Some(open) = self.open.get(token as usize) else { return };
                if open.handshake_until.is_some() {
                    ctx.actions.push(Action::Close { socket: open.socket });
                    return self.forget(ctx, room, token);
                }
                self.with(ctx, room, token, |session, now, desk| session.handle_eof(now, desk));
            }
            Input::Failed { token, .. } => self.forget(ctx, room, token & !READING),
            _ => {}
        }
    }

    /// Deadlines: the earliest may have come.
    pub(super) fn expire(&mut self, ctx: &mut Context<'_>, room: &mut Room<'_>) {
        if self.wake.is_none_or(|wake| wake > ctx.now) {
            return;
        }
        let is_due = |(_, open): &(usize, &Open)| open.timeout().is_some_and(|at| at <= ctx.now);
        let due: Vec<u32> = self.open.iter().filter(is_due).map(|(token, _)| token as u32).collect();
        for token in due {
            ctx.tracer.because(None);
            let Some(open) = self.open.get(token as usize) else { continue };
            if open.handshake_until.is_some() {
                ctx.actions.push(Action::Abort { socket: open.socket });
                self.forget(ctx, room, token);
            } else {
                self.with(ctx, room, token, |session, now, desk| session.handle_timeout(now, desk));
            }
        }
        self.wake = self.open.iter().filter_map(|(_, open)| open.timeout()).min();
    }

    /// Mail was filed in a mailbox.
    pub(super) fn filed(&mut self, mailbox: MailboxId) {
        if !self.open.is_empty() {
            self.news.push((mailbox, None));
        }
    }

    /// Whether there is something to [tell](Sessions::tell).
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Tells sessions what others have done to the mailbox that they look at.
    pub(super) fn tell(&mut self, ctx: &mut Context<'_>, room: &mut Room<'_>) {
        while !self.news.is_empty() {
            for (mailbox, by) in std::mem::take(&mut self.news) {
                let looks = |(_, open): &(usize, &Open)| open.session.mailbox() == Some(mailbox);
                let tokens: Vec<u32> = self.open.iter().filter(looks).map(|(token, _)| token as u32).collect();
                for token in tokens.into_iter().filter(|token| Some(*token) != by) {
                    // It is said because of what others did, and not because of what this client has asked.
                    let Some(open) = self.open.get_mut(token as usize) else { continue };
                    let heard = open.heard.take();
                    self.with(ctx, room, token, |session, now, desk| session.handle_news(now, desk));
                    if let Some(open) = self.open.get_mut(token as usize) {
                        open.heard = open.heard.or(heard);
                    }
                }
            }
        }
    }

    /// Hands something to a session, and does what it says then.
    fn with(
        &mut self,
        ctx: &mut Context<'_>,
        room: &mut Room<'_>,
        token: u32,
        hand: impl FnOnce(&mut Session, Instant, &mut Desk<'_>),
    ) {
        let Some(open) = self.open.get_mut(token as usize) else { return };
        let mut desk = Desk { store: &mut *room.store, locks: &mut self.locks, calendar: ctx.calendar };
        hand(&mut open.session, ctx.now, &mut desk);
        self.drain(ctx, room, token);
    }

    /// Does what a session says, as long as the client reads.
    fn drain(&mut self, ctx: &mut Context<'_>, room: &mut Room<'_>, token: u32) {
        loop {
            let Some(open) = self.open.get_mut(token as usize) else { return };
            if open.outgoing.unsent() > 0 {
                break;
            }
            let mut desk = Desk { store: &mut *room.store, locks: &mut self.locks, calendar: ctx.calendar };
            let Some(output) = open.session.poll_output(ctx.now, &mut desk) else { break };
            match output {
                Output::Send { data, about, says } => open.send(ctx, data, about, says),
                Output::Saw { line, is_secret } => {
                    let at = ctx.at().conn(open.conn);
                    let end = End { side: Side::Server, peer: open.peer.host, sealed: open.sealed };
                    open.heard = ctx.line_received(at, end, line, is_secret);
                }
                Output::Event(event) => self.event(ctx, room, token, event),
                Output::StartTls { discarded_bytes } => self.start_tls(ctx, room, token, discarded_bytes),
                Output::Close => {
                    ctx.actions.push(Action::Close { socket: open.socket });
                    return self.forget(ctx, room, token);
                }
            }
        }
        let Some(open) = self.open.get_mut(token as usize) else { return };
        let waits = open.outgoing.unsent() > 0;
        if waits != open.paused {
            open.paused = waits;
            ctx.actions.push(Action::Pause { socket: open.socket, paused: waits });
        }
        if let Some(at) = open.timeout() {
            self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        }
    }

    fn start_tls(&mut self, ctx: &mut Context<'_>, room: &Room<'_>, token: u32, discarded_bytes: u64) {
        let until = ctx.now + HANDSHAKE_TIMEOUT;
        let Some(open) = self.open.get_mut(token as usize) else { return };
        let shown = room.tls.or(room.listeners[usize::from(open.listener)].tls.as_ref());
        let Some(server) = shown.cloned() else { return };
        (open.sealed, open.handshake_until) = (true, Some(until));
        self.wake = Some(self.wake.map_or(until, |wake| wake.min(until)));
        ctx.actions.push(Action::StartTls { socket: open.socket, role: tls::Role::Server(server), discarded_bytes });
    }

    /// TLS tells something.
    fn tls(&mut self, ctx: &mut Context<'_>, room: &mut Room<'_>, token: u32, news: &tls::News) {
        let Some(open) = self.open.get_mut(token as usize) else { return };
        match news {
            tls::News::Secured(_) => {
                open.handshake_until = None;
                self.with(ctx, room, token, |session, now, desk| session.handle_secured(now, desk));
            }
            tls::News::Failed(_) => {
                ctx.actions.push(Action::Close { socket: open.socket });
                self.forget(ctx, room, token);
            }
            tls::News::Closed | tls::News::Ticket(_) | tls::News::Secret(_) => {}
        }
    }

    /// The connection is closed or gone.
    fn forget(&mut self, ctx: &mut Context<'_>, room: &mut Room<'_>, token: u32) {
        let Some(mut open) = self.open.try_remove(token as usize) else { return };
        let mut desk = Desk { store: &mut *room.store, locks: &mut self.locks, calendar: ctx.calendar };
        open.session.handle_gone(&mut desk);
        if self.open.is_empty() {
            self.wake = None;
        }
    }

    fn event(&mut self, ctx: &mut Context<'_>, room: &Room<'_>, token: u32, event: access::Event) {
        let open = &self.open[token as usize];
        let at = ctx.at().conn(open.conn);
        match event {
            access::Event::State(state) => {
                ctx.record(at, || What::Session { side: Side::Server, state: state.into() });
            }
            access::Event::Login { mechanism, result } => {
                let (decision, who) = match result {
                    Ok(account) => ("accept", account.to_string()),
                    Err(reason) => ("reject", reason.to_string()),
                };
                ctx.record(at, || What::Policy {
                    policy: "login".into(),
                    decision: decision.into(),
                    detail: format!("{mechanism}: {who}").into(),
                });
            }
            access::Event::Content { size_bytes } => {
                let (direction, side, peer) = (Direction::Received, Side::Server, open.peer.host);
                ctx.tracer.hear(at, || What::Content { direction, side, peer, size_bytes });
            }
            access::Event::Deed(deed) => {
                ctx.ledger.deed(ctx.host, &deed.done);
                let at = told::about(at, deed.mail);
                ctx.record(at, || told::deed(room.store, &deed, open.peer.host));
            }
            access::Event::Changed => {
                if let Some(mailbox) = open.session.mailbox() {
                    self.news.push((mailbox, Some(token)));
                }
            }
        }
    }
}

impl Open {
    fn send(&mut self, ctx: &mut Context<'_>, data: Chunk, about: Option<access::About>, says: access::Says) {
        if ctx.tracer.is_on()
            && let Some(heard) = self.heard
        {
            ctx.tracer.reasons([heard].into_iter().collect());
        }
        let says = match says {
            access::Says::Lines => Says::Lines,
            access::Says::Secret => Says::Secret,
            access::Says::Content => Says::Nothing,
            access::Says::EndOfContent { size_bytes } if self.session.ends_with_dot() => {
                Says::EndOfContent { size_bytes }
            }
            access::Says::EndOfContent { size_bytes } => Says::EndOfLiteral { size_bytes },
        };
        self.outgoing.send(ctx, self.socket, data, about.map(|(mail, hop)| (MailId(mail), hop)), says);
    }
}

/// Servers of a host that let people take mail out, as those who set them up have them.
pub type Servers = Arc<[Listener]>;
