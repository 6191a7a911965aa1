//! The server's side of a POP3 session.
//!
//! [`Session`] keeps what comes in until somebody asks for output ([`Session::poll_output`]); only then it reads commands, one after
//! the other, and makes their responses, the long ones piece by piece. So who stops asking because the peer does not read keeps
//! commands from being done: memory is bounded by what is [kept aside](Config::max_backlog_bytes). The table of RFCs is in
//! [`super`].

mod auth;
mod capabilities;
mod command;
mod config;
mod job;
mod login;
mod maildrop;
mod mails;
mod opening;
mod replies;
mod state;
mod update;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{Config, Server};

use command::{Place, Verb};
use job::{Job, PIECE_BYTES};
use maildrop::Maildrop;
use state::{Logins, State};

use crate::access::{Event, Output, Says};
use crate::octets::Chunk;
use crate::sasl::Nonce;
use crate::sim::Instant;
use crate::smtp::framing::{Framed, Framer};
use crate::store::{Desk, MailboxId};

/// The longest command, its CRLF included (RFC 2449 §4).
const LONGEST_COMMAND: usize = 255;

/// One session of a server. See [the module](self), and [`crate::access`] for the order of calls.
#[derive(Clone, Debug)]
pub struct Session {
    server: Arc<Server>,
    state: State,
    /// Whether the connection is sealed.
    sealed: bool,
    /// Whether it can be.
    offers_tls: bool,
    logins: Logins,
    /// Whether UTF8 was said.
    utf8: bool,
    maildrop: Option<Maildrop>,
    /// The response that is being made.
    job: Option<Job>,
    framer: Framer,
    /// What came in and was not read yet.
    backlog: VecDeque<Chunk>,
    backlog_bytes: usize,
    eof: bool,
    /// What was said and is not sent yet.
    said: Vec<u8>,
    outputs: VecDeque<Output>,
    deadline: Option<Instant>,
    /// Commands in a row that were wrong.
    errors: u32,
    observed: bool,
    /// The state that was told last.
    told: &'static str,
}

impl Session {
    /// A session that waits for [`start`](Session::start).
    #[must_use]
    pub fn new(server: Arc<Server>) -> Session {
        let framer = Framer::new(LONGEST_COMMAND, server.config.bare_newlines);
        Session {
            server,
            state: State::Unborn,
            sealed: false,
            offers_tls: false,
            logins: Logins::default(),
            utf8: false,
            maildrop: None,
            job: None,
            framer,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            eof: false,
            said: Vec::new(),
            outputs: VecDeque::new(),
            deadline: None,
            errors: 0,
            observed: false,
            told: "",
        }
    }

    /// Challenges and the timestamp of APOP are made from this nonce, which no other session may have. Without one nobody can log in
    /// in a way that needs it.
    #[must_use]
    pub fn with_nonce(mut self, nonce: Nonce) -> Session {
        self.logins.nonce = Some(nonce);
        self
    }

    /// Turns [`Output::Saw`] and [`Event::State`] on or off. Changes nothing else.
    pub fn observe(&mut self, on: bool) {
        self.observed = on;
    }

    /// Has STLS offered. Call it before [`start`](Session::start).
    pub fn offer_tls(&mut self) {
        self.offers_tls = true;
    }

    /// Whose maildrop is open, and locked.
    #[must_use]
    pub fn mailbox(&self) -> Option<MailboxId> {
        self.maildrop.as_ref().map(|maildrop| maildrop.mailbox)
    }

    /// The connection is there: greets.
    pub fn start(&mut self, now: Instant, _desk: &mut Desk<'_>) {
        debug_assert!(self.state == State::Unborn, "a session starts once");
        self.greet();
        self.enter(State::Authorization);
        self.wait(now);
    }

    /// The connection is sealed: behind [`Output::StartTls`], or instead of [`start`](Session::start) where it is from its first
    /// byte on (RFC 8314 §3.2). What was said before is forgotten (RFC 2595 §4).
    pub fn handle_secured(&mut self, now: Instant, desk: &mut Desk<'_>) {
        self.sealed = true;
        match self.state {
            State::Unborn => self.start(now, desk),
            State::Securing => {
                self.logins.forget();
                self.enter(State::Authorization);
                self.wait(now);
            }
            _ => {}
        }
    }

    /// Bytes came in.
    pub fn handle_input(&mut self, _now: Instant, bytes: Chunk, desk: &mut Desk<'_>) {
        // Before a handshake is done, nobody knows who says this.
        if bytes.is_empty() || matches!(self.state, State::Closed | State::Securing) {
            return;
        }
        self.backlog_bytes += bytes.len();
        if !self.backlog.back_mut().is_some_and(|last| last.try_merge(&bytes)) {
            self.backlog.push_back(bytes);
        }
        if self.backlog_bytes > self.server.config.max_backlog_bytes {
            // Nothing says how much may be pipelined; memory says it.
            self.say(replies::TOO_MUCH_INPUT);
            self.close(desk);
        }
    }

    /// The peer will send no more. What it pipelined is still done; then the session closes, without UPDATE unless QUIT was among it.
    pub fn handle_eof(&mut self, _now: Instant, desk: &mut Desk<'_>) {
        self.eof = true;
        if matches!(self.state, State::Unborn | State::Securing) {
            self.close(desk);
        }
    }

    /// Time has passed. Does nothing before [`poll_timeout`](Session::poll_timeout). Then the session ends without UPDATE and
    /// without a word (RFC 1939 §3).
    pub fn handle_timeout(&mut self, now: Instant, desk: &mut Desk<'_>) {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.close(desk);
        }
    }

    /// The connection is gone: gives the maildrop back, without UPDATE.
    pub fn handle_gone(&mut self, desk: &mut Desk<'_>) {
        self.close(desk);
        self.outputs.clear();
    }

    /// When [`handle_timeout`](Session::handle_timeout) is due; `None`: never.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// What is to be done next; `None`: nothing until the next call. Reads and does what has come in as far as that is needed.
    pub fn poll_output(&mut self, now: Instant, desk: &mut Desk<'_>) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if !self.work(now, desk) {
                return None;
            }
        }
    }

    /// Does one thing. `false`: there is nothing to do.
    fn work(&mut self, now: Instant, desk: &mut Desk<'_>) -> bool {
        if let Some(job) = self.job.take() {
            self.go_on(job, desk);
            self.wait(now);
            return true;
        }
        let reads = matches!(self.state, State::Authorization | State::Authenticating | State::Transaction);
        if reads && self.said.len() < PIECE_BYTES {
            if let Some(framed) = self.next_line() {
                self.take_line(framed, desk);
                self.wait(now);
                return true;
            }
            if self.eof {
                self.close(desk);
                return true;
            }
        }
        // RFC 2449 §6.6: responses to commands that came together may leave together.
        self.flush()
    }

    fn next_line(&mut self) -> Option<Framed> {
        while let Some(input) = self.backlog.front_mut() {
            let before = input.len();
            let framed = self.framer.next(input);
            self.backlog_bytes -= before - input.len();
            if input.is_empty() {
                self.backlog.pop_front();
            }
            if framed.is_some() {
                return framed;
            }
        }
        None
    }

    fn take_line(&mut self, framed: Framed, desk: &mut Desk<'_>) {
        let authenticating = self.state == State::Authenticating;
        if self.observed
            && let Framed::Line(line) | Framed::BareNewline(line) = &framed
        {
            let response = authenticating && !line.is_empty() && **line != *b"*";
            let is_secret = response || !authenticating && command::is_secret(line);
            self.outputs.push_back(Output::Saw { line: line.clone(), is_secret });
        }
        if authenticating {
            return self.take_response(&framed, desk);
        }
        match framed {
            Framed::Line(line) => self.obey(&line, desk),
            Framed::TooLong => self.blame(replies::LINE_TOO_LONG, desk),
            Framed::BareNewline(_) => self.blame(replies::BARE_NEWLINE, desk),
        }
    }

    fn obey(&mut self, line: &Chunk, desk: &mut Desk<'_>) {
        let Some((verb, arguments)) = command::read(line) else { return self.blame(replies::UNKNOWN, desk) };
        let is_open = self.state == State::Transaction;
        match verb.place() {
            Place::Authorization if is_open => return self.blame(replies::LOGGED_IN, desk),
            Place::Transaction if !is_open => return self.blame(replies::LOG_IN_FIRST, desk),
            _ => {}
        }
        let done = match verb {
            Verb::User => self.do_user(arguments, desk),
            Verb::Pass => self.do_pass(arguments, desk),
            Verb::Apop => self.do_apop(arguments, desk),
            Verb::Auth => self.do_auth(arguments, desk),
            Verb::Stls => self.do_stls(arguments, desk),
            Verb::Utf8 => self.do_utf8(arguments, desk),
            Verb::Capa => self.do_capa(arguments),
            Verb::Quit => self.do_quit(arguments, desk),
            Verb::Stat => self.do_stat(arguments),
            Verb::List | Verb::Uidl => self.do_list(arguments, verb == Verb::Uidl, desk),
            Verb::Retr => self.do_retr(arguments, desk),
            Verb::Top => self.do_top(arguments, desk),
            Verb::Dele => self.do_dele(arguments, desk),
            Verb::Noop => self.do_noop(arguments),
            Verb::Rset => self.do_rset(arguments),
        };
        if done.is_none() {
            let text = format!("-ERR Syntax: {}", verb.usage());
            self.blame(&text, desk);
        }
    }

    /// Begins to wait for what comes next.
    fn wait(&mut self, now: Instant) {
        self.deadline = match self.state {
            State::Unborn | State::Securing | State::Closed => None,
            _ => Some(now + self.server.config.autologout),
        };
    }

    /// The one place where the state changes.
    fn enter(&mut self, state: State) {
        self.state = state;
        if let Some(name) = state.name() {
            self.tell_state(name);
        }
    }

    fn tell_state(&mut self, name: &'static str) {
        if self.observed && self.told != name {
            self.told = name;
            self.outputs.push_back(Output::Event(Event::State(name)));
        }
    }

    /// Says a line.
    fn say(&mut self, line: &str) {
        self.said.extend_from_slice(line.as_bytes());
        self.said.extend_from_slice(b"\r\n");
    }

    /// Says a line in response to a command that was right.
    fn answer(&mut self, line: &str) -> Option<()> {
        self.errors = 0;
        self.say(line);
        Some(())
    }

    /// Says a line in response to a command that was wrong, and counts it.
    fn blame(&mut self, line: &str, desk: &mut Desk<'_>) {
        self.errors = self.errors.saturating_add(1);
        if self.server.config.max_errors.is_some_and(|most| self.errors >= most) {
            self.say(replies::TOO_MANY_ERRORS);
            self.close(desk);
        } else {
            self.say(line);
        }
    }

    /// Sends what was said. Whether there was anything.
    fn flush(&mut self) -> bool {
        if self.said.is_empty() {
            return false;
        }
        let data = Chunk::copy_from(&self.said);
        self.said.clear();
        self.outputs.push_back(Output::Send { data, about: None, says: Says::Lines });
        true
    }

    /// Sends what was said, gives the maildrop back as it is, and closes.
    fn close(&mut self, desk: &mut Desk<'_>) {
        if self.state == State::Closed {
            return;
        }
        self.flush();
        if let Some(maildrop) = self.maildrop.take() {
            desk.locks.release(maildrop.mailbox);
        }
        self.state = State::Closed;
        self.outputs.push_back(Output::Close);
        (self.job, self.deadline) = (None, None);
        self.backlog.clear();
        self.backlog_bytes = 0;
    }
}

#[cfg(test)]
mod tests;
