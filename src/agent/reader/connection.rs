//! The connections of looks: found, opened, sealed, and driven.

use super::look::{Client, Line, Looked, Progress, Said, Stage, each};
use super::{CONNECT_TIMEOUT, Looks, Protocol, Reader, find, sessions};
use crate::access;
use crate::agent::lookups::Lookups;
use crate::agent::outgoing::Outgoing;
use crate::agent::tokens::READING;
use crate::agent::{Action, Context, HANDSHAKE_TIMEOUT, Input, Says, Trouble, Unsealed};
use crate::octets::Chunk;
use crate::sim::Instant;
use crate::tls;
use crate::trace::{Direction, HostId, MailId, Octets, Side, What};

impl Reader {
    /// A look begins.
    pub(super) fn begin(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups, place: usize) {
        let look = &mut self.looks[place];
        (look.stage, look.next, look.failure) = (Stage::Finding, None, None);
        look.asked = find::Asked::default();
        self.find(ctx, lookups, place);
    }

    /// Asks where the server is, and goes there once that is known.
    pub(super) fn find(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups, place: usize) {
        let look = &mut self.looks[place];
        let mut search = find::Search { ctx, lookups, place: place as u32, asked: &mut look.asked, ipv6: self.ipv6 };
        match search.run(&self.config.accounts[place], &mut self.luck) {
            None => {}
            Some(Ok(candidates)) => {
                look.candidates = candidates.into();
                self.dial(ctx, place);
            }
            Some(Err(why)) => self.failed(ctx, place, why),
        }
    }

    /// Dials the next server.
    fn dial(&mut self, ctx: &mut Context<'_>, place: usize) {
        let Some(candidate) = self.looks[place].candidates.pop_front() else {
            let why = self.looks[place].failure.take().unwrap_or_else(|| "there is no server to ask".into());
            return self.failed(ctx, place, why);
        };
        let account = &self.config.accounts[place];
        let is_sealed = candidate.implicit_tls;
        if is_sealed && self.tls[place].is_none() {
            self.looks[place].failure = Some(format!("{} wants TLS, and this program knows none", candidate.name));
            return self.dial(ctx, place);
        }
        let mut nonce = || {
            let (a, b) = (self.luck.bits(), self.luck.bits());
            crate::sasl::Nonce::from_bytes([a.to_be_bytes(), b.to_be_bytes()].as_flattened())
        };
        let mut client = match account.protocol {
            Protocol::Pop3 => Client::Pop3(Box::new(sessions::pop3(account, nonce()))),
            Protocol::Imap => match sessions::imap(account, nonce()) {
                Ok(session) => Client::Imap(Box::new(session)),
                Err(why) => return self.failed(ctx, place, why.to_string()),
            },
        };
        each!(&mut client, session => session.observe(ctx.wants_lines()));
        let socket = ctx.connect(place as u32 | READING, None, candidate.address, candidate.port, None);
        let peer = ctx.directory.find(candidate.address).unwrap_or(HostId::NOBODY);
        let look = &mut self.looks[place];
        look.line = Some(Line {
            client,
            socket,
            conn: None,
            peer,
            outgoing: Outgoing::default(),
            sealed: false,
            deadline: Some(ctx.now + CONNECT_TIMEOUT),
        });
        (look.server, look.stage) = (Some(candidate), Stage::Dialling);
        look.cause = ctx.tracer.last().or(look.cause);
        look.imap = Progress::default();
    }

    /// Something about one of the connections.
    pub(super) fn connection(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Connected { token, conn } => {
                let place = (token & !READING) as usize;
                let Some(line) = self.line(place) else { return };
                (line.conn, line.deadline) = (Some(conn), None);
                if self.looks[place].server.as_ref().is_some_and(|server| server.implicit_tls) {
                    return self.start_tls(ctx, place, 0);
                }
                self.looks[place].stage = Stage::Talking;
                let Some(line) = self.line(place) else { return };
                each!(&mut line.client, session => session.start(ctx.now));
                self.drain(ctx, place);
            }
            Input::Received { token, data, about } => {
                let place = (token & !READING) as usize;
                let about = about.map(|(mail, hop)| (mail.0, hop));
                let Some(line) = self.line(place) else { return };
                each!(&mut line.client, session => session.handle_input(ctx.now, data, about));
                self.drain(ctx, place);
            }
            Input::Room { token } => {
                let place = (token & !READING) as usize;
                let Some(line) = self.line(place) else { return };
                line.outgoing.resume(ctx, line.socket);
            }
            Input::Tls { token, news } => self.tls_news(ctx, (token & !READING) as usize, *news),
            Input::PeerClosed { token } => {
                let place = (token & !READING) as usize;
                let Some(line) = self.line(place) else { return };
                each!(&mut line.client, session => session.handle_eof(ctx.now));
                self.drain(ctx, place);
                // Of a session that is over before it was closed nothing more is to be heard.
                self.close(ctx, place, Looked::Lost("the server has closed the connection"));
            }
            Input::Failed { token, trouble } => self.trouble(ctx, (token & !READING) as usize, trouble),
            _ => {}
        }
    }

    fn line(&mut self, place: usize) -> Option<&mut Line> {
        self.looks.get_mut(place)?.line.as_mut()
    }

    /// The connection is sealed from here on.
    fn start_tls(&mut self, ctx: &mut Context<'_>, place: usize, discarded_bytes: u64) {
        let (Some(sealing), name) = (&self.tls[place], self.looks[place].tls_name()) else { return };
        let look = &mut self.looks[place];
        let Some(line) = &mut look.line else { return };
        look.stage = Stage::Securing;
        (line.sealed, line.deadline) = (true, Some(ctx.now + HANDSHAKE_TIMEOUT));
        let role = tls::Role::Client { client: sealing.client.clone(), name, ticket: look.ticket.take() };
        ctx.actions.push(Action::StartTls { socket: line.socket, role, discarded_bytes });
    }

    fn tls_news(&mut self, ctx: &mut Context<'_>, place: usize, news: tls::News) {
        let Some(look) = self.looks.get_mut(place) else { return };
        let Some(line) = &mut look.line else { return };
        match news {
            tls::News::Secured(_) if look.stage == Stage::Securing => {
                (look.stage, line.deadline) = (Stage::Talking, None);
                each!(&mut line.client, session => session.handle_secured(ctx.now));
                self.drain(ctx, place);
            }
            tls::News::Failed(failure) => {
                let unsealed = match failure {
                    tls::Failure::Certificate(defect) => Unsealed::by(&defect),
                    _ => Unsealed::Handshake,
                };
                ctx.actions.push(Action::Close { socket: line.socket });
                self.try_next(ctx, place, unsealed.words().into());
            }
            tls::News::Ticket(ticket) => look.ticket = Some(ticket),
            tls::News::Secured(_) | tls::News::Closed | tls::News::Secret(_) => {}
        }
    }

    /// The connection could not be made, or is gone.
    fn trouble(&mut self, ctx: &mut Context<'_>, place: usize, trouble: Trouble) {
        let Some(look) = self.looks.get(place) else { return };
        let why = match trouble {
            Trouble::Refused => "connection refused",
            Trouble::TimedOut => "connection timed out",
            Trouble::Reset => "the connection was broken",
            Trouble::Unsealed(unsealed) => unsealed.words(),
            Trouble::NoPort { .. } => "no port is free",
        };
        match look.stage {
            Stage::Dialling => self.try_next(ctx, place, why.into()),
            Stage::Securing | Stage::Talking => self.close(ctx, place, Looked::Gone(why)),
            Stage::Resting | Stage::Finding => {}
        }
    }

    /// This server is of no use: the next, or none.
    fn try_next(&mut self, ctx: &mut Context<'_>, place: usize, why: String) {
        let look = &mut self.looks[place];
        let name = look.server.as_ref().map(|server| server.name.to_string()).unwrap_or_default();
        look.failure.get_or_insert_with(|| format!("{name}: {why}"));
        look.line = None;
        self.dial(ctx, place);
    }

    /// A deadline of a look has come.
    pub(super) fn expire(&mut self, ctx: &mut Context<'_>, place: usize) {
        let stage = self.looks[place].stage;
        let Some(line) = self.line(place) else { return };
        if stage == Stage::Talking {
            each!(&mut line.client, session => session.handle_timeout(ctx.now));
            return self.drain(ctx, place);
        }
        ctx.actions.push(Action::Abort { socket: line.socket });
        self.try_next(ctx, place, "connection timed out".into());
    }

    /// The machine goes away in the middle of a look.
    pub(super) fn break_off(&mut self, ctx: &mut Context<'_>, place: usize, until: Instant) {
        if let Some(line) = self.looks[place].line.take() {
            ctx.actions.push(Action::Abort { socket: line.socket });
        }
        let look = &mut self.looks[place];
        (look.stage, look.next) = (Stage::Resting, Some(until));
        look.candidates.clear();
    }

    /// Does what the session of a look says.
    pub(super) fn drain(&mut self, ctx: &mut Context<'_>, place: usize) {
        loop {
            let Some(line) = self.line(place) else { return };
            let said = match &mut line.client {
                Client::Pop3(session) => session.poll_output().map(sessions::pop3_said),
                Client::Imap(session) => session.poll_output().map(sessions::imap_said),
            };
            let Some(said) = said else { return };
            match said {
                Said::Send { data, about, says } => line.send(ctx, data, about, says),
                Said::Saw(heard) => {
                    let (at, end) = (line.at(ctx.at()), line.end());
                    ctx.line_received(at, end, heard, false);
                }
                Said::Content { size_bytes, about } => {
                    let at = line.at(ctx.at());
                    let at = about.map_or(at, |(mail, hop)| at.mail(MailId(mail), hop));
                    let (direction, side, peer) = (Direction::Received, Side::Client, line.peer);
                    ctx.tracer.hear(at, || What::Content { direction, side, peer, size_bytes });
                    if matches!(line.client, Client::Pop3(_)) {
                        ctx.line_received(at, line.end(), ".".into(), false);
                    }
                }
                Said::StartTls { discarded_bytes } => self.start_tls(ctx, place, discarded_bytes),
                Said::Pop3(event) => self.pop3_event(ctx, place, event),
                Said::Imap(event) => self.imap_event(ctx, place, event),
                Said::Close => self.close(ctx, place, Looked::Done),
            }
        }
    }

    /// The look is over.
    pub(super) fn close(&mut self, ctx: &mut Context<'_>, place: usize, how: Looked) {
        let Some(line) = self.looks[place].line.take() else { return };
        match how {
            Looked::Gone(_) => {}
            _ => ctx.actions.push(Action::Close { socket: line.socket }),
        }
        let told = self.looks[place].failure.is_some();
        if let (Looked::Gone(why) | Looked::Lost(why), false) = (&how, told) {
            return self.failed(ctx, place, (*why).to_owned());
        }
        self.rest(ctx, place);
    }

    /// A look has come to nothing, or to less than it should have.
    pub(super) fn failed(&mut self, ctx: &mut Context<'_>, place: usize, why: String) {
        self.tell_failure(ctx, place, &why);
        if let Some(line) = self.looks[place].line.take() {
            ctx.actions.push(Action::Close { socket: line.socket });
        }
        self.rest(ctx, place);
    }

    /// Says why a look came to nothing. Nothing more is tried until the next one.
    pub(super) fn tell_failure(&mut self, ctx: &mut Context<'_>, place: usize, why: &str) {
        let account = &self.config.accounts[place];
        let at = self.looks[place].line.as_ref().map_or(ctx.at(), |line| line.at(ctx.at()));
        self.looks[place].failure = Some(why.to_owned());
        ctx.record(at, || What::Unfetched {
            mailbox: account.mailbox.as_str().into(),
            protocol: account.protocol.name().into(),
            reason: Octets(Chunk::copy_from(why.as_bytes())),
        });
    }

    /// The time until the next look begins.
    fn rest(&mut self, ctx: &mut Context<'_>, place: usize) {
        let look = &mut self.looks[place];
        look.stage = Stage::Resting;
        look.candidates.clear();
        let wait = match self.config.accounts[place].looks {
            Looks::Every(wait) | Looks::Idle { otherwise: wait } => wait,
        };
        look.next = Some(ctx.now + wait);
        look.cause = ctx.tracer.last();
    }
}

impl Line {
    fn send(&mut self, ctx: &mut Context<'_>, data: Chunk, about: Option<access::About>, says: access::Says) {
        let says = match says {
            access::Says::Lines => Says::Lines,
            access::Says::Secret => Says::Secret,
            access::Says::Content => Says::Nothing,
            access::Says::EndOfContent { size_bytes } => Says::EndOfLiteral { size_bytes },
        };
        self.outgoing.send(ctx, self.socket, data, about.map(|(mail, hop)| (MailId(mail), hop)), says);
    }
}
