//! The server's side of an SMTP session.
//!
//! [`Session`] reads commands and says replies. Whether a recipient or a message is welcome is not its business: it
//! [asks](Output::Ask) its agent and waits in a state of its own, with what the client pipelines kept aside, until it is
//! [answered](Session::answer).
//!
//! | RFC 5321 | here |
//! | --- | --- |
//! | §4.1.4 which command may come when | `commands.rs`: a table of what may be said, apart from what it does |
//! | §4.5.3.1 limits | [`Config`]; a line that is too long is read to its end and gets 500 |
//! | §2.3.8 line ends | a command with a bare CR or LF gets 500; content with one gets 550 5.6.0 behind its final dot |
//! | RFC 2033 LMTP | a setting: LHLO, and a reply for each recipient behind the final dot |
//! | RFC 4954 AUTH | `auth.rs`: the exchange is [`crate::sasl`]'s, the replies are here |
//! | §3.8 closing | only behind QUIT, or with 421: time-outs, too many errors, too much pipelined input |

mod auth;
mod commands;
mod config;
mod content;
mod logins;
mod replies;
mod state;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{Ask, Config, Server};
use replies::Fixed;
pub use state::{Answer, Event, Message, Output, Question};
use state::{Pending, State, Tls};

use logins::Logins;

use super::data::Decoder;
use super::extension::Extension;
use super::framing::{Framed, Framer};
use super::outbox::Outbox;
use super::reply::Reply;
use super::{Envelope, limits};
use crate::identity::Domain;
use crate::octets::Chunk;
use crate::sasl::Nonce;
use crate::sim::Instant;

/// One session of a server. See [the module](self), and [`crate::smtp`] for the order of calls.
#[derive(Clone, Debug)]
pub struct Session {
    server: Arc<Server>,
    state: State,
    pending: Option<Pending>,
    /// Who the client said it is.
    helo: Option<Domain>,
    esmtp: bool,
    framer: Framer,
    /// What came in and was not read yet.
    input: Chunk,
    /// What came in behind that.
    backlog: VecDeque<Chunk>,
    backlog_bytes: usize,
    eof: bool,
    /// Reads the content in the data phase.
    decoder: Decoder,
    outbox: Outbox,
    outputs: VecDeque<Output>,
    deadline: Option<Instant>,
    commands: u32,
    errors: u32,
    /// MAIL commands that were accepted.
    mails: u32,
    /// Octets of content that came, accepted or not.
    content_bytes: u64,
    observed: bool,
    /// Whether the agent wants to decide about MAIL from this client, whatever the settings say.
    asks_mail: bool,
    tls: Tls,
    /// Who is at the other end, where one can log in.
    logins: Option<Box<Logins>>,
}

impl Session {
    /// A session that waits for [`start`](Session::start).
    #[must_use]
    pub fn new(server: Arc<Server>) -> Session {
        let config = &server.config;
        let framer = Framer::new(limits::LONGEST_COMMAND_LINE, config.bare_newlines);
        let decoder = Decoder::new(config.bare_newlines, config.max_message_bytes);
        Session {
            server,
            state: State::Unborn,
            pending: None,
            helo: None,
            esmtp: false,
            framer,
            input: Chunk::EMPTY,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            eof: false,
            decoder,
            outbox: Outbox::default(),
            outputs: VecDeque::new(),
            deadline: None,
            commands: 0,
            errors: 0,
            mails: 0,
            content_bytes: 0,
            observed: false,
            asks_mail: false,
            tls: Tls::None,
            logins: None,
        }
    }

    /// Makes the session as good as new, for another connection to the same server. It keeps its memory: a server that takes one connection after the other need not allocate for each.
    pub fn renew(&mut self) {
        self.state = State::Unborn;
        self.pending = None;
        self.helo = None;
        self.esmtp = false;
        self.framer.clear();
        self.input = Chunk::EMPTY;
        self.backlog.clear();
        self.backlog_bytes = 0;
        self.eof = false;
        self.decoder.clear();
        self.outbox.clear();
        self.outputs.clear();
        self.deadline = None;
        self.commands = 0;
        self.errors = 0;
        self.mails = 0;
        self.content_bytes = 0;
        self.observed = false;
        self.asks_mail = false;
        self.tls = Tls::None;
        if self.logins.take().is_some() {
            self.framer.limit_to(limits::LONGEST_COMMAND_LINE);
        }
    }

    /// Turns [`Output::Saw`] and [`Output::Event`] on or off. Changes nothing else.
    pub fn observe(&mut self, on: bool) {
        self.observed = on;
    }

    /// Has the agent [decide](Output::Ask) about MAIL in this session, whatever [`Ask::mail`] says.
    pub fn ask_about_mail(&mut self) {
        self.asks_mail = true;
    }

    /// Has STARTTLS offered, where the settings do not leave it out. Call it before [`start`](Session::start).
    pub fn offer_tls(&mut self) {
        if self.server.config.offer.has(Extension::StartTls) {
            self.tls = Tls::Offered;
        }
    }

    /// Lets the peer log in, where the server has accounts and the settings do not leave AUTH out. Challenges are made from
    /// `nonce`, which no other session may have. Call it before [`start`](Session::start).
    pub fn offer_logins(&mut self, nonce: Nonce) {
        if self.server.has_accounts() {
            self.logins = Some(Box::new(Logins::new(nonce)));
        }
    }

    /// Who has logged in: the name of the account.
    #[must_use]
    pub fn identity(&self) -> Option<&Arc<str>> {
        self.logins.as_ref()?.identity()
    }

    /// The connection is sealed: behind [`Output::StartTls`], or instead of [`start`](Session::start) where it is from its
    /// first byte on (RFC 8314). Everything that was said before is forgotten (RFC 3207 §4.2).
    pub fn handle_secured(&mut self, now: Instant) {
        self.tls = Tls::Sealed;
        match self.state {
            State::Unborn => self.start(now),
            State::Securing => {
                self.helo = None;
                self.esmtp = false;
                if let Some(logins) = &mut self.logins {
                    logins.forget();
                }
                self.enter(State::AwaitHelo);
                self.await_command(now);
                self.run(now);
            }
            _ => {}
        }
    }

    /// The size in octets that the client has declared for the mail that is under way (RFC 1870 §6).
    #[must_use]
    pub fn declared_size(&self) -> Option<u64> {
        match &self.state {
            State::AwaitRcpt(transaction) => transaction.envelope.declared_size,
            _ => None,
        }
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// The connection is there: greets, or asks whether to.
    pub fn start(&mut self, now: Instant) {
        debug_assert!(matches!(self.state, State::Unborn), "a session starts once");
        self.enter(State::Initiation);
        if self.server.config.ask.connect {
            self.ask(Pending::Connect, Question::Connect);
        } else {
            self.accept_connection(now);
        }
        self.run(now);
    }

    /// Bytes came in.
    pub fn handle_input(&mut self, now: Instant, bytes: Chunk) {
        // Before a handshake is done, nobody knows who says this.
        if bytes.is_empty() || matches!(self.state, State::Closed | State::Securing) {
            return;
        }
        self.backlog_bytes += bytes.len();
        if self.input.is_empty() && self.backlog.is_empty() {
            self.input = bytes;
        } else if !self.backlog.back_mut().is_some_and(|last| last.try_merge(&bytes)) {
            self.backlog.push_back(bytes);
        }
        self.run(now);
        if self.pending.is_some() && self.backlog_bytes > self.server.config.max_backlog_bytes {
            // RFC 5321 §3.8: closing early needs a 421. Nothing says how much may be pipelined; memory says it.
            self.pending = None;
            self.shut_down("4.5.0", "too much pipelined input, closing transmission channel");
        }
    }

    /// The peer will send no more. What it pipelined is still done; then the session closes, and a transaction that was
    /// not finished is forgotten (RFC 5321 §4.1.1.10).
    pub fn handle_eof(&mut self, now: Instant) {
        self.eof = true;
        self.run(now);
    }

    /// Time has passed. Does nothing before [`poll_timeout`](Session::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            // RFC 5321 §4.5.3.2.7, §3.8: a server that gives up waiting says 421.
            self.shut_down("4.4.2", "timeout exceeded, closing transmission channel");
        }
    }

    /// The agent's answer to the question that is open. Ignored when the session has closed meanwhile.
    ///
    /// # Panics
    /// When nothing was asked: a broken agent.
    pub fn answer(&mut self, now: Instant, answer: Answer) {
        if self.is_closed() {
            return;
        }
        let pending = self.pending.take().expect("an answer needs a question");
        match pending {
            Pending::Connect => self.connect_answered(now, answer),
            Pending::Helo { domain, esmtp } => self.helo_answered(domain, esmtp, answer),
            Pending::Mail(envelope) => self.mail_answered(*envelope, answer),
            Pending::Rcpt(forward_path) => self.rcpt_answered(forward_path, answer),
            Pending::Data => self.data_answered(answer),
            Pending::Message(recipients) => self.message_answered(recipients, answer),
        }
        self.await_command(now);
        self.run(now);
    }

    /// What is to be done next; `None`: nothing until the next call.
    #[inline]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Session::handle_timeout) is due; `None`: never.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Reads input until it is used up, or a question is open, or the session is over.
    fn run(&mut self, now: Instant) {
        while self.pending.is_none() && !matches!(self.state, State::Closed | State::Securing) {
            if self.input.is_empty() {
                match self.backlog.pop_front() {
                    Some(chunk) => self.input = chunk,
                    None => break,
                }
            }
            let mut input = std::mem::take(&mut self.input);
            let before = input.len();
            if matches!(self.state, State::Data(..)) {
                self.take_content(now, &mut input);
            } else if let Some(framed) = self.framer.next(&mut input) {
                self.backlog_bytes -= before - input.len();
                self.input = input;
                self.take_line(now, framed);
                continue;
            }
            self.backlog_bytes -= before - input.len();
            self.input = input;
        }
        if self.input.is_empty() && self.backlog.is_empty() {
            // RFC 2920 §3.2 (5): replies are sent as soon as there is nothing more to read.
            self.flush();
            if self.eof && self.pending.is_none() {
                self.close();
            }
        }
    }

    fn take_line(&mut self, now: Instant, framed: Framed) {
        let authenticating = matches!(self.state, State::Authenticating);
        if self.observed
            && let Framed::Line(line) | Framed::BareNewline(line) = &framed
        {
            let is_secret = logins::is_secret(authenticating, line);
            self.outputs.push_back(Output::Saw { line: line.clone(), is_secret });
        }
        if authenticating {
            self.take_response(&framed);
            return self.await_command(now);
        }
        self.commands = self.commands.saturating_add(1);
        if self.server.config.max_commands.is_some_and(|most| self.commands > most) {
            self.shut_down("4.7.0", "too many commands, closing transmission channel");
            return;
        }
        match framed {
            Framed::Line(line) => self.obey(&line),
            Framed::TooLong => self.blame(replies::LINE_TOO_LONG),
            Framed::BareNewline(_) => self.blame(replies::BARE_NEWLINE),
        }
        self.await_command(now);
    }

    /// Starts to wait for what comes next.
    fn await_command(&mut self, now: Instant) {
        self.deadline = match &self.state {
            _ if self.pending.is_some() => None,
            State::Closed | State::Securing => None,
            State::Data(..) => Some(now + self.server.config.data_timeout),
            _ => Some(now + self.server.config.command_timeout),
        };
    }

    /// The one place where the state changes.
    fn enter(&mut self, state: State) {
        if !self.observed {
            self.state = state;
            return;
        }
        let before = self.state.name();
        self.state = state;
        if before != self.state.name() {
            self.outputs.push_back(Output::Event(Event::State(self.state.name())));
        }
    }

    fn ask(&mut self, pending: Pending, question: Question) {
        self.pending = Some(pending);
        self.deadline = None;
        self.outputs.push_back(Output::Ask(question));
    }

    /// Whether replies have enhanced codes: RFC 2034 §4, only where they were offered, hence behind EHLO.
    fn enhanced(&self) -> bool {
        self.esmtp && self.server.config.offer.has(Extension::EnhancedStatusCodes)
    }

    /// Says a constant reply.
    fn say(&mut self, reply: Fixed) {
        self.outbox.push(reply.chunk(self.enhanced()));
    }

    /// Says what the agent said.
    fn say_reply(&mut self, reply: &Reply) {
        let enhanced = self.enhanced();
        reply.write_to(self.outbox.writer(), enhanced);
        if reply.code().get() == 421 {
            // RFC 5321 §3.8.
            self.close();
        }
    }

    /// Says a reply to a protocol error, and counts it.
    fn blame(&mut self, reply: Fixed) {
        self.errors = self.errors.saturating_add(1);
        if self.server.config.max_errors.is_some_and(|most| self.errors >= most) {
            self.shut_down("4.7.0", "too many errors, closing transmission channel");
        } else {
            self.say(reply);
        }
    }

    /// Sends what was said.
    fn flush(&mut self) {
        if let Some(chunk) = self.outbox.take() {
            self.outputs.push_back(Output::Send(chunk));
        }
    }

    /// Says 421 and closes. RFC 5321 §4.2: the text begins with the server's name.
    fn shut_down(&mut self, enhanced: &str, text: &str) {
        let enhanced = if self.enhanced() { format!("{enhanced} ") } else { String::new() };
        let line = format!("421 {enhanced}{} {text}\r\n", self.server.name);
        self.outbox.writer().extend_from_slice(line.as_bytes());
        self.close();
    }

    fn close(&mut self) {
        if self.is_closed() {
            return;
        }
        self.flush();
        self.enter(State::Closed);
        self.outputs.push_back(Output::Close);
        self.pending = None;
        self.deadline = None;
        self.input = Chunk::EMPTY;
        self.backlog.clear();
        self.backlog_bytes = 0;
    }

    /// Takes the transaction out of the state, if there is one, and goes back to waiting for MAIL.
    fn reset(&mut self) {
        if matches!(self.state, State::AwaitRcpt(_) | State::EndOfData) {
            self.enter(State::AwaitMail);
        }
    }

    fn new_envelope(&self, reverse_path: crate::identity::ReversePath) -> Envelope {
        Envelope {
            helo: self.helo.clone(),
            esmtp: self.esmtp,
            reverse_path,
            recipients: super::Recipients::new(),
            body: super::BodyType::SevenBit,
            require_tls: false,
            declared_size: None,
        }
    }
}

#[cfg(test)]
mod tests;
