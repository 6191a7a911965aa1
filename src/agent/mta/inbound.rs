//! The server half: accepted connections, and the answers to what their sessions ask.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Mta;
use super::responsibility::Responsibility;
use super::routing::Access;
use super::script::{Stage, scripted};
use super::state::{INBOUND_TOKEN, Inbound};
use crate::agent::outgoing::Outgoing;
use crate::agent::{Action, Context, Peer, Says, SocketId};
use crate::identity::{ForwardPath, Mailbox, ReversePath};
use crate::mime::{Content, Protocol, Received, queue_id};
use crate::octets::Chunk;
use crate::policy::greylist::Decision;
use crate::smtp::Reply;
use crate::smtp::server::{Answer, Event, Message, Output, Question, Session};
use crate::trace::{ConnId, Direction, HostId, MailId, Side, What};

impl Mta {
    pub(super) fn accepted(&mut self, ctx: &mut Context<'_>, socket: SocketId, conn: ConnId, _port: u16, peer: Peer) {
        let spare = self.spare_servers.pop();
        let mut server =
            spare.unwrap_or_else(|| Box::new(Session::new(self.config.server.clone(), self.peer_label.clone())));
        server.observe(ctx.wants_lines());
        let inbound = Inbound {
            server,
            socket,
            conn,
            peer,
            about: None,
            last_about: None,
            reverse_path: None,
            held: None,
            outgoing: Outgoing::default(),
            gone: false,
        };
        let token = self.inbound.insert(inbound) as u32;
        ctx.actions.push(Action::Adopt { socket, token: token | INBOUND_TOKEN });
        self.inbound[token as usize].server.start(ctx.now);
        self.drain_inbound(ctx, token);
    }

    pub(super) fn inbound_received(
        &mut self,
        ctx: &mut Context<'_>,
        token: u32,
        data: Chunk,
        about: Option<(MailId, u16)>,
    ) {
        let token = token & !INBOUND_TOKEN;
        let Some(inbound) = self.inbound.get_mut(token as usize) else { return };
        inbound.about = about;
        inbound.last_about = about.or(inbound.last_about);
        inbound.server.handle_input(ctx.now, data);
        self.drain_inbound(ctx, token);
    }

    /// There is room in the send buffer again.
    pub(super) fn inbound_room(&mut self, ctx: &mut Context<'_>, token: u32) {
        let Some(inbound) = self.inbound.get_mut((token & !INBOUND_TOKEN) as usize) else { return };
        let socket = inbound.socket;
        inbound.outgoing.resume(ctx, socket);
        if inbound.outgoing.unsent() == 0 {
            ctx.actions.push(Action::Pause { socket, paused: false });
        }
    }

    /// The client will send no more (`broken`: and receive no more).
    pub(super) fn inbound_closed(&mut self, ctx: &mut Context<'_>, token: u32, broken: bool) {
        let token = token & !INBOUND_TOKEN;
        let Some(inbound) = self.inbound.get_mut(token as usize) else { return };
        inbound.gone |= broken;
        // While a message is thought about the session only notes that nothing more comes, and closes after its reply.
        inbound.server.handle_eof(ctx.now);
        if inbound.held.is_none() {
            self.drain_inbound(ctx, token);
            if broken && self.inbound.contains(token as usize) {
                self.forget_inbound(token);
            }
        }
    }

    /// The connection is closed or gone.
    fn forget_inbound(&mut self, token: u32) {
        let mut server = self.inbound.remove(token as usize).server;
        server.renew();
        self.spare_servers.push(server);
        if self.inbound.is_empty() {
            self.inbound_wake = None;
        }
    }

    /// Deadlines of inbound sessions: the earliest one may have come.
    pub(super) fn expire_inbound(&mut self, ctx: &mut Context<'_>) {
        if self.inbound_wake.is_none_or(|wake| wake > ctx.now) {
            return;
        }
        let due: Vec<u32> = self
            .inbound
            .iter()
            .filter(|(_, i)| i.timeout().is_some_and(|at| at <= ctx.now))
            .map(|(token, _)| token as u32)
            .collect();
        for token in due {
            let Some(inbound) = self.inbound.get_mut(token as usize) else { continue };
            match inbound.held.take() {
                Some((_, message)) => {
                    let answer = self.decide_message(ctx, token, *message);
                    self.answer(ctx, token, answer);
                    if self.inbound.get(token as usize).is_some_and(|i| i.gone) {
                        self.forget_inbound(token);
                        continue;
                    }
                }
                None => inbound.server.handle_timeout(ctx.now),
            }
            self.drain_inbound(ctx, token);
        }
        self.inbound_wake = self.inbound.iter().filter_map(|(_, i)| i.timeout()).min();
    }

    /// Empties the server machine: one mutation, then everything it has to say.
    fn drain_inbound(&mut self, ctx: &mut Context<'_>, token: u32) {
        loop {
            let Some(inbound) = self.inbound.get_mut(token as usize) else { return };
            let Some(output) = inbound.server.poll_output() else { break };
            match output {
                Output::Send(data) => {
                    if !inbound.gone {
                        let (socket, about, waits) = (inbound.socket, inbound.about, inbound.outgoing.unsent() > 0);
                        inbound.outgoing.send(ctx, socket, data, about, Says::Lines);
                        if inbound.outgoing.unsent() > 0 && !waits {
                            // Whoever does not read what it is told is not listened to either, or what it is told
                            // would pile up.
                            ctx.actions.push(Action::Pause { socket, paused: true });
                        }
                    }
                }
                Output::Saw { line } => {
                    let (at, peer) = (inbound.at(ctx.at()), inbound.peer.host);
                    ctx.line_received(at, Side::Server, peer, line);
                }
                Output::Event(event) => self.server_event(ctx, token, event),
                Output::Ask(question) => self.decide(ctx, token, question),
                Output::Close => {
                    if !inbound.gone {
                        ctx.actions.push(Action::Close { socket: inbound.socket });
                    }
                    self.forget_inbound(token);
                    return;
                }
            }
        }
        if let Some(inbound) = self.inbound.get(token as usize)
            && let Some(at) = inbound.timeout()
            && self.inbound_wake.is_none_or(|wake| at < wake)
        {
            self.inbound_wake = Some(at);
        }
    }

    fn server_event(&mut self, ctx: &mut Context<'_>, token: u32, event: Event) {
        let inbound = &self.inbound[token as usize];
        let (at, peer) = (inbound.at(ctx.at()), inbound.peer.host);
        match event {
            Event::State(state) => {
                ctx.record(at, || What::Session { side: Side::Server, state: state.into() });
            }
            Event::Content { size } => {
                let (direction, side) = (Direction::Received, Side::Server);
                ctx.record(at, || What::Content { direction, side, peer, size_bytes: size });
                // The data phase ends with the final dot, which the session does not show as a line.
                ctx.line_received(at, side, peer, ".".into());
            }
        }
    }

    fn answer(&mut self, ctx: &mut Context<'_>, token: u32, (answer, close): (Answer, bool)) {
        if let Some(inbound) = self.inbound.get_mut(token as usize) {
            inbound.server.answer(ctx.now, answer);
            if close {
                inbound.server.handle_eof(ctx.now);
            }
        }
    }

    /// A session wants to know something.
    fn decide(&mut self, ctx: &mut Context<'_>, token: u32, question: Question) {
        let inbound = &self.inbound[token as usize];
        let client = inbound.peer.host;
        let answer = match question {
            Question::Connect => self.script_answer(ctx, Stage::Connect, client, None),
            Question::Helo { .. } => self.script_answer(ctx, Stage::Hello, client, None),
            Question::Data => {
                let from = inbound.reverse_path.clone();
                self.script_answer(ctx, Stage::Data, client, from.as_ref())
            }
            Question::Mail { reverse_path, .. } => {
                let answer = self.script_answer(ctx, Stage::Mail, client, Some(&reverse_path));
                self.inbound[token as usize].reverse_path = Some(reverse_path);
                answer
            }
            Question::Rcpt { forward_path } => self.decide_rcpt(ctx, token, &forward_path),
            Question::Message(message) => {
                ctx.final_dot();
                if !self.config.processing.is_zero() {
                    let until = ctx.now + self.config.processing;
                    self.inbound[token as usize].held = Some((until, message));
                    return;
                }
                self.decide_message(ctx, token, *message)
            }
        };
        self.answer(ctx, token, answer);
    }

    fn script_answer(
        &mut self,
        ctx: &Context<'_>,
        stage: Stage,
        client: HostId,
        path: Option<&ReversePath>,
    ) -> (Answer, bool) {
        let address = match path {
            Some(ReversePath::Mailbox(mailbox)) => Some(mailbox),
            Some(ReversePath::Null) | None => None,
        };
        match scripted(&mut self.config.replies, ctx.now, stage, client, address) {
            Some((reply, close)) => (Answer::Reply(reply), close),
            None => (Answer::Accept, false),
        }
    }

    fn decide_rcpt(&mut self, ctx: &mut Context<'_>, token: u32, path: &ForwardPath) -> (Answer, bool) {
        let inbound = &self.inbound[token as usize];
        let (peer, at) = (inbound.peer, inbound.at(ctx.at()));
        let mailbox = match path {
            ForwardPath::Mailbox(mailbox) => Some(mailbox),
            ForwardPath::Postmaster => None,
        };
        if !self.config.replies.is_empty()
            && let Some((reply, close)) = scripted(&mut self.config.replies, ctx.now, Stage::Rcpt, peer.host, mailbox)
        {
            return (Answer::Reply(reply), close);
        }
        match self.access(peer.host, path) {
            Access::UnknownUser => {
                // RFC 5321 §3.3: a mailbox that is known not to exist is refused at RCPT, while the client listens.
                let text = format!("{path}: no such mailbox here");
                return (Answer::Reply(Reply::new(550, Some((5, 1, 1)), text)), false);
            }
            Access::RelayDenied => {
                let text = format!("{path}: relay access denied");
                return (Answer::Reply(Reply::new(550, Some((5, 7, 1)), text)), false);
            }
            Access::Welcome => {}
        }
        if let Some(greylist) = &mut self.greylist
            && let Some(mailbox) = mailbox
            && !self.config.clients.contains(&peer.host)
        {
            let from = self.inbound[token as usize].reverse_path.clone().unwrap_or(ReversePath::Null);
            match greylist.check(ctx.now, peer.address, &from, mailbox) {
                Decision::Defer { until, .. } => {
                    ctx.record(at, || What::Policy {
                        policy: "greylist".into(),
                        decision: "defer".into(),
                        detail: format!("{} {from} {path}: come again in {}", peer.address, until - at.at).into(),
                    });
                    // RFC 6647 §2: a temporary refusal; a real mail system comes back.
                    let text = "greylisted, please try again later";
                    return (Answer::Reply(Reply::new(451, Some((4, 7, 1)), text)), false);
                }
                Decision::Pass { waited } => {
                    ctx.record(at, || What::Policy {
                        policy: "greylist".into(),
                        decision: "pass".into(),
                        detail: format!("{} {from} {path}: waited {waited} when it was new", peer.address).into(),
                    });
                }
            }
        }
        (Answer::Accept, false)
    }

    /// The content is complete: refuse it, or take responsibility and say 250.
    fn decide_message(&mut self, ctx: &mut Context<'_>, token: u32, message: Message) -> (Answer, bool) {
        let Message { envelope, content } = message;
        let inbound = &self.inbound[token as usize];
        let (peer, about, at) = (inbound.peer, inbound.about.or(inbound.last_about), inbound.at(ctx.at()));
        // Whoever says 2yz here is responsible, in whatever words (RFC 5321 §6.1).
        let mut yes = None;
        if !self.config.replies.is_empty() {
            match self.script_answer(ctx, Stage::EndOfData, peer.host, Some(&envelope.reverse_path)) {
                (Answer::Reply(reply), close) if reply.is_positive() => yes = Some((reply, close)),
                (Answer::Accept, _) => {}
                no => return no,
            }
        }
        let content = Content::scan(content);
        if u32::from(content.received_count()) >= self.config.hop_limit {
            // RFC 5321 §6.3: counting Received fields finds loops that nothing else finds.
            let reply = Reply::new(554, Some((5, 4, 6)), "too many hops, this mail is looping");
            return (Answer::Reply(reply), false);
        }
        let serial = self.next_serial();
        let id = queue_id(serial);
        let recipients: SmallVec<[Mailbox; 1]> = envelope.recipients.iter().map(|p| self.mailbox_of(p)).collect();
        let received = Received {
            helo: envelope.helo.as_ref().map_or("unknown", |d| d.as_str()),
            reverse_name: None,
            client: peer.address,
            by: self.config.host_name.as_str(),
            with: if envelope.esmtp { Protocol::Esmtp } else { Protocol::Smtp },
            id: &id,
            recipient: if let [only] = &recipients[..] { Some(only) } else { None },
            date: self.date.get(ctx.calendar, ctx.now),
        };
        let field = self.writer.received(&received);
        let content = content.with_field(field, true);
        // A client that is no agent of this world says nothing about its mail: it is given a number here.
        let (mail, hops) = about.unwrap_or_else(|| (ctx.ids.next_mail(), 1));
        ctx.record(at.mail(mail, hops), || What::Accepted {
            queue_id: (*id).into(),
            reverse_path: match &envelope.reverse_path {
                ReversePath::Null => "".into(),
                ReversePath::Mailbox(mailbox) => mailbox.as_str().into(),
            },
            recipients: recipients.iter().map(|r| Arc::from(r.as_str())).collect(),
            size_bytes: content.size_bytes(),
        });
        ctx.ledger.take_over(recipients.len() as u32);
        self.take_responsibility(
            ctx,
            Responsibility { serial, mail, hops, reverse_path: envelope.reverse_path, recipients, content },
        );
        if let Some((reply, close)) = yes {
            return (Answer::Reply(reply), close);
        }
        let mut text = SmallVec::<[u8; 32]>::from_slice(b"Ok: queued as ");
        text.extend_from_slice(id.as_bytes());
        (Answer::Reply(Reply::new(250, Some((2, 0, 0)), Chunk::copy_from(&text))), false)
    }
}
