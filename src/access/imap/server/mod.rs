//! The server's side of an IMAP session.
//!
//! [`Session`] reads commands and works on what it is lent (see [`Desk`]). Nothing is done while bytes come in: what is to be sent is
//! made while it is asked for, mail by mail, and the next command is read when the last one has been answered. So who stops asking
//! because the peer does not read holds a shared window of what is next and nothing more.
//!
//! | RFC 9051 | here |
//! | --- | --- |
//! | §4.3 literals, RFC 7888 | `intake.rs` cuts, `reading.rs` decides; a mail is never copied |
//! | §6, §9 commands | `syntax/`: the codec's, and what it does not know |
//! | §2.3.1.2 sequence numbers, §7.4, §7.5.1 | `view.rs`: what the client knows; `telling.rs`: what it is told, and when |
//! | §3 states | `commands.rs`: which command may come when |
//! | §6.2 logins | `logins.rs`: the exchange is [`crate::sasl`]'s |
//! | §6.3 folders | `folders.rs`, `listing.rs`, `appending.rs`, `selecting.rs` |
//! | §6.4 mails | `fetching.rs`, `storing.rs`, `searching.rs`, `copying.rs` |
//! | RFC 7162 §3.1 | numbers of changes are the store's ([`crate::store::Folder::modseq`]) |
//!
//! Where the RFCs leave a choice it does as Dovecot does, down to most of the texts.

mod appending;
mod command;
mod commands;
mod config;
mod copying;
mod extension;
mod fetching;
mod flags;
mod folders;
mod giving;
mod intake;
mod items;
mod jobs;
mod listing;
mod logins;
mod names;
mod numbers;
mod pattern;
mod quota;
mod reading;
mod say;
mod searching;
mod selecting;
mod state;
mod storing;
mod syntax;
mod telling;
mod view;

use std::collections::VecDeque;
use std::sync::Arc;

use command::Command;
pub use config::{Config, Server};
pub use extension::{Extension, Offer};
use jobs::{Job, Telling};
use state::{Enabled, Logins, State, Tls};

use crate::access::{About, Event, Output, Says};
use crate::octets::Chunk;
use crate::sasl::Nonce;
use crate::sim::Instant;
use crate::store::{Deed, Desk, MailboxId};

/// How many octets of lines are made before they are sent.
const BATCH: usize = 4096;

/// One session of a server. See [the module](self), and [`crate::access`] for the order of calls.
#[derive(Clone, Debug)]
pub struct Session {
    server: Arc<Server>,
    state: State,
    /// The mailbox of who has logged in; known also when the session is over.
    mailbox: Option<MailboxId>,
    tls: Tls,
    logins: Logins,
    enabled: Enabled,
    /// The command that is being read.
    command: Command,
    /// What came in and was not read yet.
    backlog: VecDeque<Chunk>,
    backlog_bytes: usize,
    eof: bool,
    /// The tag of IDLE, while it lasts.
    idling: Option<String>,
    /// What is to be done before the next command.
    jobs: VecDeque<Job>,
    /// Lines that are being made.
    lines: Vec<u8>,
    outputs: VecDeque<Output>,
    /// Whether the command has changed the mailbox.
    has_changed: bool,
    /// Bad commands since the last good one.
    bad_commands: u32,
    deadline: Option<Instant>,
    observed: bool,
}

impl Session {
    /// A session that waits for [`start`](Session::start).
    #[must_use]
    pub fn new(server: Arc<Server>) -> Session {
        Session {
            server,
            state: State::Unborn,
            mailbox: None,
            tls: Tls::None,
            logins: Logins::default(),
            enabled: Enabled::default(),
            command: Command::default(),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            eof: false,
            idling: None,
            jobs: VecDeque::new(),
            lines: Vec::new(),
            outputs: VecDeque::new(),
            has_changed: false,
            bad_commands: 0,
            deadline: None,
            observed: false,
        }
    }

    /// Turns [`Output::Saw`] and [`Event::State`] on or off. Changes nothing else.
    pub fn observe(&mut self, on: bool) {
        self.observed = on;
    }

    /// Has STARTTLS offered. Call it before [`start`](Session::start).
    pub fn offer_tls(&mut self) {
        self.tls = Tls::Offered;
    }

    /// Lets challenges be made from `nonce`, which no other session may have; without it there are no mechanisms but those that need
    /// none. Call it before [`start`](Session::start).
    #[must_use]
    pub fn with_nonce(mut self, nonce: Nonce) -> Session {
        self.logins.nonce = Some(nonce);
        self
    }

    /// The mailbox of who has logged in; also when the session is over.
    #[must_use]
    pub fn mailbox(&self) -> Option<MailboxId> {
        self.mailbox
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Logout)
    }

    /// The connection is there: greets.
    pub fn start(&mut self, now: Instant, _desk: &mut Desk<'_>) {
        debug_assert!(matches!(self.state, State::Unborn), "a session starts once");
        self.enter(State::NotAuthenticated);
        let greeting = format!("* OK [CAPABILITY {}] {}\r\n", self.capabilities(), self.server.config.greeting_text);
        self.lines.extend_from_slice(greeting.as_bytes());
        self.flush();
        self.await_input(now);
    }

    /// The connection is sealed: behind [`Output::StartTls`], or instead of [`start`](Session::start) where it is from its first byte
    /// on (RFC 8314). What was said before is forgotten (RFC 9051 §6.2.1).
    pub fn handle_secured(&mut self, now: Instant, desk: &mut Desk<'_>) {
        self.tls = Tls::Sealed;
        match self.state {
            State::Unborn => self.start(now, desk),
            State::Securing => {
                self.state = State::NotAuthenticated;
                self.await_input(now);
            }
            _ => {}
        }
    }

    /// Bytes came in.
    pub fn handle_input(&mut self, now: Instant, bytes: Chunk, _desk: &mut Desk<'_>) {
        // Before a handshake is done, nobody knows who says this.
        if bytes.is_empty() || matches!(self.state, State::Logout | State::Securing) {
            return;
        }
        self.await_input(now);
        let waits = self.backlog_bytes > 0;
        self.backlog_bytes += bytes.len();
        if !self.backlog.back_mut().is_some_and(|last| last.try_merge(&bytes)) {
            self.backlog.push_back(bytes);
        }
        if waits && self.backlog_bytes > self.server.config.max_backlog_bytes {
            // Nothing says how much may be pipelined; memory says it.
            self.bye("Too much pipelined input.");
        }
    }

    /// The peer will send no more. What it pipelined is still done; then the session ends.
    pub fn handle_eof(&mut self, _now: Instant, _desk: &mut Desk<'_>) {
        self.eof = true;
    }

    /// Time has passed. Does nothing before [`poll_timeout`](Session::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant, _desk: &mut Desk<'_>) {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.bye("Disconnected for inactivity.");
        }
    }

    /// The connection is gone. What the session has changed and not told yet, [`Session::poll_output`] tells.
    pub fn handle_gone(&mut self, _desk: &mut Desk<'_>) {
        self.outputs.retain(|output| matches!(output, Output::Event(_)));
        self.lines.clear();
        self.tell_change();
        self.jobs.clear();
        self.enter(State::Logout);
        self.deadline = None;
    }

    /// Somebody else has changed the mailbox. A session in IDLE tells it (RFC 2177); others are told when they may be.
    pub fn handle_news(&mut self, _now: Instant, _desk: &mut Desk<'_>) {
        // What is to be done already finds this, too.
        if self.idling.is_some() && self.jobs.is_empty() {
            self.jobs.push_back(Job::CatchUp(Telling::ALL));
        }
    }

    /// What is to be done next; `None`: nothing until the next call.
    pub fn poll_output(&mut self, now: Instant, desk: &mut Desk<'_>) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if let Some(job) = self.jobs.pop_front() {
                if self.idling.is_none() {
                    self.await_input(now);
                }
                self.work(job, desk);
            } else if !self.read(now, desk) {
                return None;
            }
            self.flush();
        }
    }

    /// When [`handle_timeout`](Session::handle_timeout) is due; `None`: never.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Works on a job until something is to be sent, or it is done.
    fn work(&mut self, job: Job, desk: &mut Desk<'_>) {
        match job {
            Job::CatchUp(telling) => self.catch_up(telling, desk),
            Job::Tell(tell) => self.tell(tell, desk),
            Job::Fetch(fetch) => self.fetch(fetch, desk),
            Job::Store(store) => self.store(store, desk),
            Job::Deeds(mut deeds) => {
                let some: Vec<Deed> = deeds.by_ref().take(64).collect();
                self.outputs.extend(some.into_iter().map(|deed| Output::Event(Event::Deed(deed))));
                if deeds.len() > 0 {
                    self.jobs.push_front(Job::Deeds(deeds));
                }
            }
            Job::Reply { tag, text } => {
                self.flush();
                self.tell_change();
                self.reply(&tag, &text);
            }
        }
    }

    /// Ends a command: the client is told what it may be told, then this.
    fn complete(&mut self, tag: &str, telling: Telling, text: impl Into<String>) {
        self.jobs.push_back(Job::CatchUp(telling));
        self.jobs.push_back(Job::Reply { tag: tag.into(), text: text.into() });
    }

    /// Says the last line of a command.
    fn reply(&mut self, tag: &str, text: &str) {
        for part in [tag, " ", text, "\r\n"] {
            self.lines.extend_from_slice(part.as_bytes());
        }
    }

    /// Says an untagged line.
    fn say(&mut self, text: &str) {
        self.reply("*", text);
    }

    /// Says what is wrong with a command, and counts it.
    fn blame(&mut self, tag: &str, text: &str) {
        self.reply(tag, &format!("BAD {text}"));
        self.bad_commands = self.bad_commands.saturating_add(1);
        if self.bad_commands >= self.server.config.max_bad_commands {
            self.bye("Too many invalid IMAP commands.");
        }
    }

    /// Tells others that the mailbox has changed, if it has.
    fn tell_change(&mut self) {
        if std::mem::take(&mut self.has_changed) {
            self.outputs.push_back(Output::Event(Event::Changed));
        }
    }

    /// Sends the lines that were made.
    fn flush(&mut self) {
        if !self.lines.is_empty() {
            let data = Chunk::copy_from(&self.lines);
            self.lines.clear();
            self.send(data, None, Says::Lines);
        }
    }

    fn send(&mut self, data: Chunk, about: Option<About>, says: Says) {
        self.outputs.push_back(Output::Send { data, about, says });
    }

    /// Starts to wait for what the client says next.
    fn await_input(&mut self, now: Instant) {
        let config = &self.server.config;
        self.deadline = match self.state {
            State::Unborn | State::Logout | State::Securing => None,
            State::NotAuthenticated => Some(now + config.login_timeout),
            State::Authenticated(_) | State::Selected(..) => Some(now + config.idle_timeout),
        };
    }

    /// The one place where the state changes.
    fn enter(&mut self, state: State) {
        let before = self.state.name();
        self.state = state;
        if before != self.state.name() {
            // What was said before is said before, whether somebody looks on or not.
            self.flush();
            if self.observed {
                self.outputs.push_back(Output::Event(Event::State(self.state.name())));
            }
        }
    }

    /// Says goodbye, whatever is at work, and why (RFC 9051 §7.1.5).
    fn bye(&mut self, text: &str) {
        self.flush();
        self.jobs.clear();
        self.tell_change();
        self.say(&format!("BYE {text}"));
        self.close();
    }

    fn close(&mut self) {
        if self.is_closed() {
            return;
        }
        self.flush();
        self.enter(State::Logout);
        (self.deadline, self.idling, self.logins.exchange) = (None, None, None);
        self.jobs.clear();
        self.backlog.clear();
        self.backlog_bytes = 0;
        self.outputs.push_back(Output::Close);
    }
}

#[cfg(test)]
mod tests;
