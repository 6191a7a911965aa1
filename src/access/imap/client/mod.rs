//! The client's side of an IMAP session: what a mail program on a laptop or a phone does.
//!
//! [`Session`] logs in, works off one [`Request`] after the other, and tells what it sees of the folder that is open: which mails are
//! in it, what is said about them, and what changes, whenever the server says so. What to do with that is its agent's business.
//!
//! | RFC | here |
//! | --- | --- |
//! | RFC 3501, RFC 9051 | what both have; the client speaks IMAP4rev1, which servers of either understand |
//! | RFC 8314, RFC 9051 §11.1 | no password over a connection that is not sealed, unless the settings allow it |
//! | RFC 4959 | the mechanism's first message goes out with AUTHENTICATE where SASL-IR is offered |
//! | RFC 2177 | IDLE, left by itself for requests and for news, and renewed in time |
//! | RFC 4315 | UID EXPUNGE, and what mails are called in another folder |
//! | RFC 6154 | what folders are for |
//! | RFC 6851 | MOVE, and where it is not offered what it stands for |
//! | RFC 7162 | a folder that was known is looked at for changes only; QRESYNC where the settings want it |
//! | RFC 7888 | mails are sent without waiting where LITERAL+ is offered, small ones also with LITERAL- |
//!
//! One command is under way at a time, as with Thunderbird, so that no answer can be taken for that of another (RFC 9051 §5.5).

mod capabilities;
mod commands;
mod config;
mod event;
mod flags;
mod folders;
mod framing;
mod idle;
mod job;
mod listen;
mod login;
mod opening;
mod plan;
mod proof;
mod request;
mod response;
mod sets;
mod state;
mod status;
mod structure;
mod view;
mod work;

use std::collections::VecDeque;
use std::sync::Arc;

pub use capabilities::{Capabilities, Capability};
pub use config::{Config, Limits, StartTls};
pub use event::{Event, Failure, FailureKind, Got, NoLogin, Outcome, Output, Refusal, Said};
pub use flags::FlagList;
pub use folders::Folder;
use framing::{Framer, Piece as Framed};
use imap_codec::imap_types::mailbox::Mailbox;
use job::Job;
use proof::LogIn;
pub use request::{Known, Request, What};
use state::{Command, Idle, Role, State};
pub use structure::Part;
use view::View;

use super::super::{About, Says};
use crate::octets::Chunk;
use crate::sasl::{Login, Nonce, Secret};
use crate::sim::Instant;

/// One session of a client. See [the module](self), and [`crate::access`] for the order of calls.
#[derive(Clone, Debug)]
pub struct Session {
    config: Arc<Config>,
    log_in: LogIn,
    state: State,
    offer: Capabilities,
    /// Whether the server has said what it offers since the last time that this may have changed.
    is_offer_fresh: bool,
    is_sealed: bool,
    /// Whether STARTTLS was refused.
    is_tls_refused: bool,
    is_logged_in: bool,
    /// Whether QRESYNC is enabled.
    qresync: bool,
    framer: Framer,
    /// How many commands there were.
    tags: u32,
    /// What is left of the command that is being sent.
    pieces: VecDeque<commands::Piece>,
    job: Option<Job>,
    queue: VecDeque<Request>,
    /// The folder that is open, and what it looks like.
    folder: Option<Mailbox<'static>>,
    view: Option<View>,
    /// The number of the last change that the agent has been told of, with all before it.
    modseq: Option<u64>,
    /// How many questions were asked in a row while something else waits.
    questions: u32,
    outputs: VecDeque<Output>,
    deadline: Option<Instant>,
    is_observed: bool,
    /// What the server said when it took its leave.
    bye: Option<String>,
    /// Whether the failure has been told.
    has_failed: bool,
    /// The last command that was said, or what else is waited for.
    stage: &'static str,
    /// The state that was told last.
    told_state: &'static str,
}

impl Session {
    /// A session that waits for [`start`](Session::start). The password is that of the login, for servers that know nothing but
    /// LOGIN; only SCRAM uses the nonce, which no other session may have.
    #[must_use]
    pub fn new(config: Arc<Config>, login: Login, password: Secret, nonce: Nonce) -> Session {
        Session {
            framer: Framer::new(config.limits),
            config,
            log_in: LogIn::new(login, password, nonce),
            state: State::Unborn,
            offer: Capabilities::default(),
            is_offer_fresh: false,
            is_sealed: false,
            is_tls_refused: false,
            is_logged_in: false,
            qresync: false,
            tags: 0,
            pieces: VecDeque::new(),
            job: None,
            queue: VecDeque::new(),
            folder: None,
            view: None,
            modseq: None,
            questions: 0,
            outputs: VecDeque::new(),
            deadline: None,
            is_observed: false,
            bye: None,
            has_failed: false,
            stage: "not started",
            told_state: "",
        }
    }

    /// Turns [`Output::Saw`] and [`Event::State`] on or off. Changes nothing else.
    pub fn observe(&mut self, on: bool) {
        self.is_observed = on;
        self.framer.observe(on);
    }

    /// The connection is there: waits for the greeting.
    pub fn start(&mut self, now: Instant) {
        debug_assert!(matches!(self.state, State::Unborn), "a session starts once");
        self.state = State::Greeting;
        self.stage = "greeting";
        self.deadline = Some(now + self.config.reply_timeout);
        self.tell_state();
    }

    /// The connection is sealed: behind [`Output::StartTls`], or instead of [`start`](Session::start) where it is from its first
    /// byte on (RFC 8314 §3.2). What was offered before is forgotten (RFC 9051 §6.2.1).
    pub fn handle_secured(&mut self, now: Instant) {
        match self.state {
            State::Unborn => {
                self.is_sealed = true;
                self.start(now);
            }
            State::Securing => {
                self.is_sealed = true;
                self.state = State::Resting;
                self.offer = Capabilities::default();
                self.is_offer_fresh = false;
                self.framer.clear();
                self.ask_offer(now);
            }
            _ => {}
        }
    }

    /// Bytes came in, and are about this mail as far as observers know.
    pub fn handle_input(&mut self, now: Instant, mut bytes: Chunk, about: Option<About>) {
        if matches!(self.state, State::Unborn | State::Securing | State::Closed) {
            return; // nobody knows who says this, or nobody listens
        }
        if !self.is_idle_on() && self.deadline.is_some() && !matches!(self.state, State::Resting) {
            self.deadline = Some(now + self.config.reply_timeout);
        }
        while !self.is_closed()
            && let Some(framed) = self.framer.next(&mut bytes, about)
        {
            match framed {
                Framed::Line(line) => self.outputs.push_back(Output::Saw { line }),
                Framed::Content { size_bytes, about } => self.outputs.push_back(Output::Content { size_bytes, about }),
                Framed::Response(raw) => {
                    self.listen(now, response::read(raw));
                    if matches!(self.state, State::Securing) {
                        // RFC 9051 §11.1: what comes behind it was said by nobody knows whom (CVE-2021-33515 and its like).
                        let discarded_bytes = bytes.len() as u64;
                        return self.outputs.push_back(Output::StartTls { discarded_bytes });
                    }
                }
                Framed::TooLarge => self.fail(FailureKind::TooLarge, String::new()),
            }
        }
    }

    /// The server will send no more, or the connection broke.
    pub fn handle_eof(&mut self, _now: Instant) {
        if self.is_closed() {
            return;
        }
        match &self.state {
            // RFC 9051 §6.1.3 wants BYE and OK first, but it is what was wanted all the same.
            State::Waiting(Command { role: Role::Logout, .. }) => self.end(),
            _ => self.break_off(FailureKind::Eof),
        }
    }

    /// Time has passed. Does nothing before [`poll_timeout`](Session::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match &self.state {
            State::Closed => {}
            State::Waiting(Command { role: Role::Logout, .. }) => self.end(),
            State::Waiting(Command { role: Role::Idle(Idle::On), .. }) => self.leave_idle(now),
            State::Resting if self.bye.is_none() => self.poll(now),
            _ => self.break_off(FailureKind::Timeout),
        }
    }

    /// For carriers that can tell: `unsent` bytes of what was to be sent have not been taken by the server yet. Each report with
    /// some left starts the wait for an answer anew.
    pub fn handle_progress(&mut self, now: Instant, unsent: u64) {
        if unsent > 0 && matches!(self.state, State::Waiting(_)) && !self.is_idle_on() {
            self.deadline = Some(now + self.config.reply_timeout);
        }
    }

    /// Something is to be done; it waits until all before it is. If it cannot be taken, it is answered at once.
    pub fn request(&mut self, now: Instant, request: Request) {
        if self.is_closed() || self.has_failed {
            return self.answer(request, Err(Refusal::Lost));
        }
        if self.queue.len() >= self.config.limits.queued {
            return self.answer(request, Err(Refusal::TooMany));
        }
        self.queue.push_back(request);
        self.work(now);
    }

    /// What is to be done next; `None`: nothing until the next call.
    #[inline]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Session::handle_timeout) is due; `None`: never. A session that has nothing to do has no time-out.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether the client is logged in, and nothing is asked or waits.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.is_logged_in && matches!(self.state, State::Resting) && self.job.is_none() && self.queue.is_empty()
    }

    /// Whether it waits for changes: the request is under way, whether by IDLE or by asking now and then.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.request == Request::Idle)
    }

    /// Whether a handshake of TLS is under way behind STARTTLS.
    #[must_use]
    pub fn is_securing(&self) -> bool {
        matches!(self.state, State::Securing)
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// What the server offers, as far as it has been heard.
    #[must_use]
    pub fn offer(&self) -> &Capabilities {
        &self.offer
    }

    /// The number of the last change of the open folder that the agent has been told of with all before it (RFC 7162 §3.1): what to
    /// give to the next [`Open`](Request::Open) of the folder. `None`: the server does not number them.
    #[must_use]
    pub fn modseq(&self) -> Option<u64> {
        self.modseq
    }

    fn is_idle_on(&self) -> bool {
        matches!(self.state, State::Waiting(Command { role: Role::Idle(Idle::On), .. }))
    }

    fn event(&mut self, event: Event) {
        // Behind a failure, nobody listens to what the server says when it takes its leave.
        if !(self.has_failed && matches!(event, Event::Said { .. })) {
            self.outputs.push_back(Output::Event(event));
        }
    }

    /// Tells in which of the states of RFC 9051 §3 the session is.
    fn tell_state(&mut self) {
        if self.is_observed {
            let name = match &self.state {
                State::Closed | State::Waiting(Command { role: Role::Logout, .. }) => "logout",
                _ if !self.is_logged_in => "not authenticated",
                _ if self.folder.is_some() => "selected",
                _ => "authenticated",
            };
            if std::mem::replace(&mut self.told_state, name) != name {
                self.event(Event::State(name));
            }
        }
    }

    fn answer(&mut self, mut request: Request, result: Result<Outcome, Refusal>) {
        if let Request::Open { known, .. } = &mut request {
            *known = Known::default();
        }
        self.event(Event::Done { request: Box::new(request), result });
    }

    /// Sends a command, as far as it can go out without waiting. `says` is what its lines are.
    fn say(&mut self, now: Instant, name: &'static str, role: Role, body: commands::Body, says: Says) {
        self.tags = self.tags.wrapping_add(1);
        let tag = format!("A{}", self.tags);
        self.pieces = commands::write(&tag, body, says).into();
        self.state = State::Waiting(Command { tag, role });
        self.stage = name;
        self.deadline = Some(now + self.config.reply_timeout);
        self.send_pieces();
    }

    /// Sends what does not wait.
    fn send_pieces(&mut self) {
        while let Some(piece) = self.pieces.pop_front_if(|piece| !piece.waits) {
            self.outputs.push_back(Output::Send { data: piece.data, about: piece.about, says: piece.says });
        }
    }

    /// Every request that is left is answered: nothing comes of it.
    fn drop_requests(&mut self) {
        let job = self.job.take().map(|job| job.request);
        for request in job.into_iter().chain(std::mem::take(&mut self.queue)) {
            self.answer(request, Err(Refusal::Lost));
        }
    }

    /// The session ends as it was wanted, or behind a failure that has been told.
    fn end(&mut self) {
        if let Some(mut job) = self.job.take_if(|job| job.request == Request::Logout) {
            let outcome = job.outcome();
            self.answer(job.request, Ok(outcome));
        }
        self.drop_requests();
        if !self.has_failed {
            self.event(Event::Closed);
        }
        self.close();
    }

    fn close(&mut self) {
        self.deadline = None;
        self.pieces.clear();
        self.view = None;
        self.state = State::Closed;
        self.tell_state();
        self.outputs.push_back(Output::Close);
    }

    /// Tells a failure, once. The connection stays.
    fn tell_failure(&mut self, kind: FailureKind, text: String) {
        self.drop_requests();
        if !std::mem::replace(&mut self.has_failed, true) {
            let stage = self.stage;
            self.event(Event::Failed(Box::new(Failure { stage, kind, text })));
        }
    }

    fn fail(&mut self, kind: FailureKind, text: String) {
        self.tell_failure(kind, text);
        self.close();
    }

    /// Nothing more comes. If the server has taken its leave, that is why.
    fn break_off(&mut self, kind: FailureKind) {
        match self.bye.take() {
            Some(text) => self.fail(FailureKind::Bye, text),
            None => self.fail(kind, String::new()),
        }
    }
}

#[cfg(test)]
mod dialogue_tests;
#[cfg(test)]
mod garbage_tests;
#[cfg(test)]
mod numbering_tests;
