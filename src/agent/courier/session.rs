//! One connection to a next hop, from dialling to QUIT.

use std::collections::VecDeque;

use smallvec::SmallVec;

use super::super::entities::entities;
use super::attempt::{Attempt, Ended};
use super::connection::{Breakdown, Connection, State};
use super::{Courier, MOST_TICKETS, waits_since};
use crate::agent::HANDSHAKE_TIMEOUT;
use crate::agent::outgoing::Outgoing;
use crate::agent::{Action, Context, End, Says, Trouble, Unsealed};
use crate::identity::{ForwardPath, ReversePath};
use crate::mime::convert;
use crate::octets::Chunk;
use crate::queue::{DestinationId, Fate, Job, NextHop};
use crate::sasl;
use crate::smtp::client::StartTls;
use crate::smtp::{self, Extension, client};
use crate::tls;
use crate::trace::{ConnId, HostId, MailId, Side, What, field_lines};

impl Courier {
    /// Opens a connection for a job, to the host that its attempt has come to.
    pub(super) fn dial(&mut self, ctx: &mut Context<'_>, job: Job, attempt: Attempt) {
        let from = match self.addresses.len() {
            0 => None,
            count => {
                self.memory.next_address += 1;
                Some(self.addresses[(self.memory.next_address - 1) % count])
            }
        };
        let candidate = attempt.candidate();
        let (address, port) = (candidate.address, candidate.port.unwrap_or(self.config.port));
        let spare = self.memory.spare_clients.pop();
        let mut client =
            spare.unwrap_or_else(|| Box::new(client::Session::new(self.config.client.clone(), self.host_name.clone())));
        if self.host_name.is_literal() {
            client.call_itself(self.own_name(address));
        }
        client.observe(ctx.wants_lines());
        if attempt.is_in_plain_text() {
            client.stay_in_plain_text();
        }
        if let NextHop::Mailboxes { .. } = self.queue.next_hop(job.destination) {
            client.speak_lmtp();
        }
        if let Some(login) = self.login_at(job.destination) {
            client.log_in_with(login, self.nonce());
        }
        let entry = self.queue.entry(job.entry);
        let about = (MailId(entry.mail), entry.hops + 1);
        let token = self.memory.sessions.insert(Connection {
            client,
            socket: None,
            conn: None,
            state: State::Dialling,
            destination: job.destination,
            job: Some(job),
            places: SmallVec::new(),
            attempt,
            mails: 0,
            deadline: Some(ctx.now + self.config.connect_timeout),
            peer: ctx.directory.find(address).unwrap_or(HostId::NOBODY),
            about: Some(about),
            outgoing: Outgoing::default(),
            sealed: false,
            distrust: None,
            cause: None,
        }) as u32;
        self.record_attempt(ctx, token);
        let socket = ctx.connect(token, from, address, port, Some(about));
        self.memory.sessions[token as usize].socket = Some(socket);
        self.note_deadline(token);
    }

    /// Whom it logs in as at a destination. Nobody else learns a password.
    fn login_at(&self, destination: DestinationId) -> Option<sasl::Login> {
        let credentials = self.credentials.as_ref()?;
        let is_meant = credentials.only.as_ref().is_none_or(|only| only == self.queue.next_hop(destination));
        is_meant.then(|| credentials.login.clone())
    }

    fn record_attempt(&mut self, ctx: &mut Context<'_>, token: u32) {
        if !ctx.tracer.is_on() {
            return;
        }
        let session = &self.memory.sessions[token as usize];
        let Some(job) = &session.job else { return };
        let entry = self.queue.entry(job.entry);
        let places = job.recipients.iter().map(|p| &entry.recipients[*p as usize]);
        let recipients = places.filter(|r| r.fate == Fate::Waiting).map(|r| r.mailbox.as_str().into()).collect();
        let what = What::Attempt {
            queue_id: (*crate::mime::queue_id(entry.serial)).into(),
            recipients,
            next_hop: session.candidate().server(),
            number: entry.attempts,
        };
        let at = session.at(ctx.at(), &self.queue);
        self.memory.sessions[token as usize].cause = ctx.record(at, || what);
    }

    /// Keeps the earliest deadline of all sessions.
    pub(super) fn note_deadline(&mut self, token: u32) {
        if let Some(at) = self.memory.sessions[token as usize].timeout()
            && self.memory.session_wake.is_none_or(|wake| at < wake)
        {
            self.memory.session_wake = Some(at);
        }
    }

    /// Deadlines of sessions: the earliest one may have come. Sessions mostly move on before theirs, so this looks at
    /// all of them only as often as the shortest patience runs out.
    pub(super) fn expire_sessions(&mut self, ctx: &mut Context<'_>) {
        if self.memory.session_wake.is_none_or(|wake| wake > ctx.now) {
            return;
        }
        let due: Vec<u32> = self
            .memory
            .sessions
            .iter()
            .filter(|(_, s)| s.timeout().is_some_and(|at| at <= ctx.now))
            .map(|(token, _)| token as u32)
            .collect();
        for token in due {
            let Some(session) = self.memory.sessions.get_mut(token as usize) else { continue };
            // Nobody is connected yet while it is dialled: the record of the connection's own end cannot say why.
            let cause = session.cause.filter(|_| session.state == State::Dialling);
            ctx.tracer.because(cause);
            match session.state {
                State::Dialling | State::Securing => {
                    if let Some(socket) = session.socket.take() {
                        ctx.actions.push(Action::Abort { socket });
                    }
                    self.connection_failed(ctx, token, Trouble::TimedOut);
                }
                State::Idle => self.quit_idle(ctx, token),
                State::Talking | State::Quitting => {
                    session.client.handle_timeout(ctx.now);
                    self.drain(ctx, token);
                }
            }
        }
        self.memory.session_wake = self.memory.sessions.iter().filter_map(|(_, s)| s.timeout()).min();
    }

    fn quit_idle(&mut self, ctx: &mut Context<'_>, token: u32) {
        let destination = self.memory.sessions[token as usize].destination;
        self.memory.idle[destination.0 as usize].retain(|t| *t != token);
        self.quit(ctx, token);
    }

    fn quit(&mut self, ctx: &mut Context<'_>, token: u32) {
        let session = &mut self.memory.sessions[token as usize];
        session.state = State::Quitting;
        session.client.quit(ctx.now);
        self.drain(ctx, token);
    }

    pub(super) fn connected(&mut self, ctx: &mut Context<'_>, token: u32, conn: ConnId) {
        let Some(session) = self.memory.sessions.get_mut(token as usize) else { return };
        session.conn = Some(conn);
        if self.tls.is_some() && session.candidate().implicit_tls {
            session.state = State::Securing;
            session.deadline = Some(ctx.now + HANDSHAKE_TIMEOUT);
            self.note_deadline(token);
            return self.start_tls(ctx, token, 0);
        }
        session.state = State::Talking;
        session.deadline = None;
        session.client.start(ctx.now);
        self.drain(ctx, token);
    }

    /// The connection is sealed from here on.
    fn start_tls(&mut self, ctx: &mut Context<'_>, token: u32, discarded_bytes: u64) {
        let (Some(sealing), Some(session)) = (&self.tls, self.memory.sessions.get_mut(token as usize)) else {
            return;
        };
        let Some(socket) = session.socket else { return };
        session.sealed = true;
        let name = session.tls_name();
        let ticket = self.memory.tickets.get_mut(&name).and_then(VecDeque::pop_back);
        let role = tls::Role::Client { client: sealing.client.clone(), name, ticket };
        ctx.actions.push(Action::StartTls { socket, role, discarded_bytes });
    }

    /// TLS tells something.
    pub(super) fn tls(&mut self, ctx: &mut Context<'_>, token: u32, news: tls::News) {
        let may_do_without = self.may_do_without(token);
        let Some(session) = self.memory.sessions.get_mut(token as usize) else { return };
        if let tls::News::Failed(_) = news {
            // RFC 8446 §6: what a connection that failed has left is not used again.
            self.memory.tickets.remove(&session.tls_name());
        }
        match news {
            tls::News::Secured(facts) if session.state == State::Securing => {
                session.distrust = match &facts.trust {
                    tls::Trust::Unverified(defect) => Some(Unsealed::by(defect)),
                    tls::Trust::Verified | tls::Trust::NotAsked => None,
                };
                session.state = State::Talking;
                session.deadline = None;
                session.client.handle_secured(ctx.now);
                self.drain(ctx, token);
            }
            tls::News::Failed(_) if may_do_without => self.in_plain_text(ctx, token),
            tls::News::Failed(failure) => {
                if let Some(socket) = session.socket.take() {
                    ctx.actions.push(Action::Close { socket });
                }
                self.connection_failed(
                    ctx,
                    token,
                    Trouble::Unsealed(match failure {
                        tls::Failure::Certificate(defect) => Unsealed::by(&defect),
                        _ => Unsealed::Handshake,
                    }),
                );
            }
            tls::News::Ticket(ticket) if self.config.tls_tickets => {
                let tickets: &mut VecDeque<_> = self.memory.tickets.entry(session.tls_name()).or_default();
                if tickets.len() >= MOST_TICKETS {
                    tickets.pop_front();
                }
                tickets.push_back(ticket);
            }
            tls::News::Secured(_) | tls::News::Closed | tls::News::Ticket(_) | tls::News::Secret(_) => {}
        }
    }

    /// Whether STARTTLS that comes to nothing is no reason not to hand over what it was for.
    fn may_do_without(&self, token: u32) -> bool {
        let Some(session) = self.memory.sessions.get(token as usize) else { return false };
        let requires = |job: &Job| {
            let entry = self.queue.entry(job.entry);
            entry.require_tls && entry.reverse_path != ReversePath::Null
        };
        session.client.is_securing()
            && self.config.client.start_tls == StartTls::IfOffered
            && !session.job.as_ref().is_some_and(requires)
    }

    /// TLS was worth a try, and it did not work: the same host is dialled once more, and everything goes in plain text (as
    /// Postfix does at the level `may`).
    fn in_plain_text(&mut self, ctx: &mut Context<'_>, token: u32) {
        let at = self.at_session(ctx, token);
        let (policy, decision) = ("tls".into(), "plain text".into());
        let detail = "TLS is used only where it works".into();
        ctx.record(at, || What::Policy { policy, decision, detail });
        let session = &mut self.memory.sessions[token as usize];
        if let Some(socket) = session.socket.take() {
            ctx.actions.push(Action::Close { socket });
        }
        let (job, attempt) = (session.job.take(), session.attempt.in_plain_text());
        session.state = State::Quitting;
        if let Some(job) = job {
            self.dial(ctx, job, attempt);
        }
        self.forget(token);
    }

    pub(super) fn received(&mut self, ctx: &mut Context<'_>, token: u32, data: Chunk) {
        let Some(session) = self.memory.sessions.get_mut(token as usize) else { return };
        session.client.handle_input(ctx.now, data);
        self.drain(ctx, token);
    }

    pub(super) fn peer_closed(&mut self, ctx: &mut Context<'_>, token: u32) {
        let Some(session) = self.memory.sessions.get_mut(token as usize) else { return };
        session.client.handle_eof(ctx.now);
        self.drain(ctx, token);
    }

    /// There is room in the send buffer again: content goes on, and its time-out begins anew.
    pub(super) fn room(&mut self, ctx: &mut Context<'_>, token: u32) {
        let Some(session) = self.memory.sessions.get_mut(token as usize) else { return };
        let Some(socket) = session.socket else { return };
        session.outgoing.resume(ctx, socket);
        session.client.handle_progress(ctx.now, session.outgoing.unsent());
        self.drain(ctx, token);
    }

    /// Empties the client machine: one mutation, then everything it has to say.
    pub(super) fn drain(&mut self, ctx: &mut Context<'_>, token: u32) {
        loop {
            let Some(session) = self.memory.sessions.get_mut(token as usize) else { return };
            let Some(output) = session.client.poll_output() else { break };
            match output {
                client::Output::Send(data) => self.send(ctx, token, data, Says::Lines),
                client::Output::Secret(data) => self.send(ctx, token, data, Says::Secret),
                client::Output::Content(data) => self.send(ctx, token, data, Says::Nothing),
                client::Output::EndOfContent { data, size_bytes } => {
                    self.send(ctx, token, data, Says::EndOfContent { size_bytes });
                    let session = &mut self.memory.sessions[token as usize];
                    if session.outgoing.unsent() > 0 {
                        session.client.handle_progress(ctx.now, session.outgoing.unsent());
                    }
                }
                client::Output::Saw { line } => {
                    let (at, session) = (self.at_session(ctx, token), &self.memory.sessions[token as usize]);
                    let end = End { side: Side::Client, peer: session.peer, sealed: session.sealed };
                    ctx.line_received(at, end, line, false);
                }
                client::Output::Close | client::Output::Abort => {
                    if let Some(socket) = session.socket.take() {
                        // What has not left must not: the peer could still deliver what was given up.
                        let given_up = output == client::Output::Abort || session.outgoing.unsent() > 0;
                        ctx.actions.push(if given_up { Action::Abort { socket } } else { Action::Close { socket } });
                    }
                    self.forget(token);
                    return;
                }
                client::Output::Event(event) => self.client_event(ctx, token, event),
                client::Output::StartTls { discarded_bytes } => {
                    session.state = State::Securing;
                    session.deadline = Some(ctx.now + HANDSHAKE_TIMEOUT);
                    self.start_tls(ctx, token, discarded_bytes);
                }
            }
        }
        if self.memory.sessions.contains(token as usize) {
            self.note_deadline(token);
        }
    }

    fn send(&mut self, ctx: &mut Context<'_>, token: u32, data: Chunk, says: Says) {
        let session = &mut self.memory.sessions[token as usize];
        let Some(socket) = session.socket else { return };
        session.outgoing.send(ctx, socket, data, session.about, says);
    }

    /// Begins the transaction for the session's job.
    pub(super) fn begin(&mut self, ctx: &mut Context<'_>, token: u32) {
        let session = &mut self.memory.sessions[token as usize];
        let Some(job) = &session.job else { return };
        let entry = self.queue.entry(job.entry);
        // After a fail-over some recipients have their verdict already.
        session.places.clear();
        let mut recipients = smtp::Recipients::new();
        for place in &job.recipients {
            let recipient = &entry.recipients[*place as usize];
            if recipient.fate == Fate::Waiting {
                session.places.push(*place);
                recipients.push(ForwardPath::Mailbox(recipient.mailbox.clone()));
            }
        }
        let offers = session.sealed && session.client.extensions().has(Extension::RequireTls);
        // RFC 8689 §5: a report goes on all the same, or nobody would hear of it.
        if entry.require_tls && entry.reverse_path != ReversePath::Null {
            let unsealed = (!offers).then_some(Unsealed::Handshake).or(session.distrust);
            if let Some(unsealed) = unsealed {
                return self.not_sealed_enough(ctx, token, offers, unsealed);
            }
        }
        let require_tls = entry.require_tls && offers;
        let offers_8bit = session.client.extensions().has(Extension::EightBitMime);
        let eight_bit = entry.content.is_8bit() && !offers_8bit;
        let long_lines = entry.content.has_long_line();
        let (mut content, mut stuck) = (entry.content.clone(), None);
        if self.config.converts && (eight_bit || long_lines) {
            match convert::to_seven_bit(&content) {
                Ok(converted) => {
                    let (was_bytes, size_bytes) = (content.size_bytes(), converted.size_bytes());
                    content = converted;
                    let queue_id = crate::mime::queue_id(entry.serial);
                    let at = session.at(ctx.at(), &self.queue);
                    ctx.record(at, || What::Converted {
                        queue_id: (*queue_id).into(),
                        eight_bit,
                        long_lines,
                        was_bytes,
                        size_bytes,
                        header: field_lines(&content.header().to_vec()),
                        parts: entities(&content),
                    });
                }
                // Long lines alone go on as they are: what a server does with them is its own business.
                Err(why) => stuck = Some(why.words()),
            }
        }
        let transaction = client::Transaction {
            reverse_path: entry.reverse_path.clone(),
            recipients,
            content: content.rope().clone(),
            eight_bit: content.is_8bit(),
            stuck,
            require_tls,
            clean_lines: !content.has_leading_dot(),
        };
        session.client.begin(ctx.now, transaction);
    }

    /// The mail of a session requires TLS all the way (RFC 8689 §4.2.1), and this server cannot promise that: it says good-bye, and the next
    /// one is asked. Where none can, the mail fails; a certificate may be mended.
    fn not_sealed_enough(&mut self, ctx: &mut Context<'_>, token: u32, offers: bool, unsealed: Unsealed) {
        let label = self.memory.sessions[token as usize].candidate().label();
        let (status, text) = match unsealed {
            // RFC 8689 §4.2.1: two codes, one for no TLS and one for TLS without the promise.
            Unsealed::Handshake if self.tls.is_none() => {
                ("5.7.10", format!("{}: REQUIRETLS is required, and this host speaks no TLS", self.host_name))
            }
            Unsealed::Handshake if !self.memory.sessions[token as usize].sealed => {
                ("5.7.10", format!("{label}: REQUIRETLS is required, and there is no TLS"))
            }
            Unsealed::Handshake => ("5.7.30", format!("{label}: REQUIRETLS is required, but was not offered")),
            Unsealed::OtherName | Unsealed::Distrusted => ("4.7.5", format!("{label}: {}", unsealed.words())),
        };
        let permanent = !offers;
        let breakdown = Breakdown { status: status.into(), text: text.into(), is_reply: false, permanent, ours: false };
        self.candidate_failed(ctx, token, breakdown, Ended::Unheard { permanent: true });
        if let Some(session) = self.memory.sessions.get_mut(token as usize) {
            session.client.quit(ctx.now);
        }
    }

    /// An idle connection takes another job.
    pub(super) fn reuse(&mut self, ctx: &mut Context<'_>, token: u32, job: Job) {
        self.take_job(ctx, token, job);
        self.begin(ctx, token);
        self.drain(ctx, token);
    }

    /// Gives a connection that is already there its next job.
    pub(super) fn take_job(&mut self, ctx: &mut Context<'_>, token: u32, job: Job) {
        let session = &mut self.memory.sessions[token as usize];
        let entry = self.queue.entry(job.entry);
        let cause = waits_since(entry);
        session.about = Some((MailId(entry.mail), entry.hops + 1));
        session.state = State::Talking;
        session.deadline = None;
        session.attempt.renew();
        session.job = Some(job);
        // It waited for its turn, not for the mail before it.
        ctx.tracer.because(cause);
        self.record_attempt(ctx, token);
    }

    /// The session's connection did not come about, or broke.
    pub(super) fn connection_failed(&mut self, ctx: &mut Context<'_>, token: u32, trouble: Trouble) {
        let Some(session) = self.memory.sessions.get_mut(token as usize) else { return };
        session.socket = None;
        if matches!(session.state, State::Securing) && self.may_do_without(token) {
            // Silence in a handshake, or a connection that goes away in it, is no TLS, either (Postfix,
            // `PLAINTEXT_FALLBACK_OK_AFTER_STARTTLS_FAILURE`).
            return self.in_plain_text(ctx, token);
        }
        let session = &mut self.memory.sessions[token as usize];
        if matches!(session.state, State::Dialling | State::Securing) {
            let breakdown = self.undialled(ctx, token, trouble);
            let ended = Ended::Unheard { permanent: false };
            self.candidate_failed(ctx, token, breakdown, ended);
            self.forget(token);
        } else {
            session.client.handle_eof(ctx.now);
            self.drain(ctx, token);
        }
    }

    /// Why there is no connection, in words.
    fn undialled(&self, ctx: &Context<'_>, token: u32, trouble: Trouble) -> Breakdown {
        let candidate = self.memory.sessions[token as usize].candidate();
        let label = candidate.label();
        let (status, text) = match trouble {
            Trouble::Refused => ("4.4.1", format!("{label}: connection refused")),
            Trouble::TimedOut => ("4.4.1", format!("{label}: connection timed out")),
            Trouble::Reset => ("4.4.2", format!("{label}: connection reset")),
            Trouble::Unsealed(why) => ("4.7.5", format!("{label}: {}", why.words())),
            // RFC 3463 §3.5: the mail system is congested, and it is this end of it.
            Trouble::NoPort { from, open, time_wait } => {
                let (host, port) = (ctx.directory.name(ctx.host), candidate.port.unwrap_or(self.config.port));
                let text = format!(
                    "{host} [{from}] has no port free to connect to {label} port {port} from: \
                     all {} of them are taken, {open} by connections and {time_wait} by TIME-WAIT",
                    u32::from(open) + u32::from(time_wait)
                );
                ("4.4.5", text)
            }
        };
        let ours = matches!(trouble, Trouble::NoPort { .. });
        Breakdown { status: status.into(), text: text.into(), is_reply: false, permanent: false, ours }
    }

    /// The session is over; its connection has been closed or is gone.
    fn forget(&mut self, token: u32) {
        let mut session = self.memory.sessions.remove(token as usize);
        session.client.renew();
        self.memory.spare_clients.push(session.client);
        if self.memory.sessions.is_empty() {
            self.memory.session_wake = None;
        }
        if let Some(idle) = self.memory.idle.get_mut(session.destination.0 as usize) {
            idle.retain(|t| *t != token);
        }
        if matches!(session.state, State::Dialling | State::Talking) {
            self.queue.close(session.destination);
        }
    }

    /// The connection has nothing to do: it is kept for a while, or closed.
    pub(super) fn rest_or_quit(&mut self, ctx: &mut Context<'_>, token: u32) {
        let session = &mut self.memory.sessions[token as usize];
        let destination = session.destination;
        let keep = session.mails < self.config.mails_per_connection && !self.config.idle.is_zero();
        if keep {
            session.state = State::Idle;
            session.about = None;
            session.deadline = Some(ctx.now + self.config.idle);
            let place = destination.0 as usize;
            if self.memory.idle.len() <= place {
                self.memory.idle.resize_with(place + 1, Vec::new);
            }
            self.memory.idle[place].push(token);
        } else {
            session.state = State::Quitting;
            session.client.quit(ctx.now);
        }
        self.queue.close(destination);
    }
}
