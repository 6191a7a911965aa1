//! The client's side of POP3: one poll of a mail program.
//!
//! [`Session`] logs in by the best way that is offered, tells its agent what is there, and fetches and deletes what the agent
//! [chooses](Session::choose). Nothing is deleted that has not come whole, but for what was chosen without being fetched; and where
//! anything goes wrong the connection is left without QUIT, so that the server deletes nothing (RFC 1939 §6). The table of RFCs is in
//! [`super`].

mod config;
mod lists;
mod login;
mod mails;
mod reply;
mod state;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{Choice, Config, Event, Item, Output, Reason, StartTls};

use reply::Status;
use state::{Awaited, Body, Capabilities, Lists, Plan, Stage};

use crate::access::{About, Says};
use crate::octets::Chunk;
use crate::sasl::{Client as Exchange, Login, Nonce, Secret};
use crate::sim::Instant;
use crate::smtp::framing::{BareNewlines, Framed, Framer};

/// The longest line of a response, its CRLF included (RFC 1939 §3, RFC 2449 §4).
const LONGEST_LINE: usize = 512;

/// One session of a client. See [the module](self), and [`crate::access`] for the order of calls.
#[derive(Clone, Debug)]
pub struct Session {
    config: Config,
    user: Arc<str>,
    password: Secret,
    /// Name and password as they are for mechanisms, from when they are needed.
    login: Option<Login>,
    nonce: Nonce,
    stage: Stage,
    sealed: bool,
    logged_in: bool,
    /// Whether UTF8 was asked for.
    asked_utf8: bool,
    awaited: VecDeque<Awaited>,
    body: Option<Body>,
    /// The timestamp of the greeting.
    timestamp: Option<String>,
    capabilities: Capabilities,
    /// Lines of the list that is coming.
    lines: usize,
    exchange: Option<Exchange>,
    /// Why the exchange was cancelled.
    gave_up: Option<String>,
    lists: Lists,
    /// Whether LIST was said, where nothing is pipelined.
    asked_sizes: bool,
    plan: Plan,
    framer: Framer,
    /// What was said and is not sent yet.
    said: Vec<u8>,
    outputs: VecDeque<Output>,
    deadline: Option<Instant>,
    observed: bool,
}

impl Session {
    /// A session that waits for [`start`](Session::start). Challenges are answered with `nonce`, which no other session may have.
    #[must_use]
    pub fn new(config: Config, login: Arc<str>, password: Secret, nonce: Nonce) -> Session {
        Session {
            config,
            user: login,
            password,
            login: None,
            nonce,
            stage: Stage::Unborn,
            sealed: false,
            logged_in: false,
            asked_utf8: false,
            awaited: VecDeque::new(),
            body: None,
            timestamp: None,
            capabilities: Capabilities::default(),
            lines: 0,
            exchange: None,
            gave_up: None,
            lists: Lists::default(),
            asked_sizes: false,
            plan: Plan::default(),
            framer: Framer::new(LONGEST_LINE, BareNewlines::Refuse),
            said: Vec::new(),
            outputs: VecDeque::new(),
            deadline: None,
            observed: false,
        }
    }

    /// Turns [`Output::Saw`] on or off. Changes nothing else.
    pub fn observe(&mut self, on: bool) {
        self.observed = on;
    }

    /// The connection is there: waits for the greeting.
    pub fn start(&mut self, now: Instant) {
        debug_assert!(self.stage == Stage::Unborn, "a session starts once");
        self.stage = Stage::Talking;
        self.awaited.push_back(Awaited::Greeting);
        self.wait(now);
    }

    /// The connection is sealed: behind [`Output::StartTls`], or instead of [`start`](Session::start) where it is from its first
    /// byte on (RFC 8314 §3.2). What was said before is forgotten (RFC 2595 §4), the timestamp of APOP among it.
    pub fn handle_secured(&mut self, now: Instant) {
        match self.stage {
            Stage::Unborn => {
                self.sealed = true;
                self.start(now);
            }
            Stage::Securing => {
                self.sealed = true;
                self.stage = Stage::Talking;
                self.timestamp = None;
                self.ask_capabilities();
                self.finish(now);
            }
            _ => {}
        }
    }

    /// Bytes came in; `about` says which mail they are about, where somebody knows.
    pub fn handle_input(&mut self, now: Instant, bytes: Chunk, about: Option<About>) {
        let mut input = bytes;
        while matches!(self.stage, Stage::Talking | Stage::Choosing) {
            if let Some(Body::Content(_)) = self.body {
                if input.is_empty() {
                    break;
                }
                self.take_content(&mut input, about);
                self.wait(now);
            } else if let Some(framed) = self.framer.next(&mut input) {
                match framed {
                    Framed::Line(line) => self.take_line(&line, &input),
                    Framed::TooLong => self.fail(Reason::Nonsense, "the server says a line without end".into()),
                    Framed::BareNewline(_) => self.fail(Reason::Nonsense, "the server breaks its lines wrongly".into()),
                }
                self.wait(now);
            } else {
                break;
            }
        }
        self.finish(now);
    }

    /// The server will send no more.
    pub fn handle_eof(&mut self, _now: Instant) {
        if self.stage != Stage::Closed {
            self.fail(Reason::Lost, format!("the server has closed the connection{}", self.during()));
        }
    }

    /// Time has passed. Does nothing before [`poll_timeout`](Session::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.fail(Reason::TimedOut, format!("the server says nothing any more{}", self.during()));
        }
    }

    /// What is to be done with the mails that were [listed](Event::Listed). Ignored at any other time.
    pub fn choose(&mut self, now: Instant, choice: Choice) {
        if self.stage == Stage::Choosing {
            self.stage = Stage::Talking;
            self.make_plan(choice);
            self.go_on();
            self.finish(now);
        }
    }

    /// What is to be done next; `None`: nothing until the next call.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Session::handle_timeout) is due; `None`: never.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// A line came; `behind` is what came with it.
    fn take_line(&mut self, line: &Chunk, behind: &Chunk) {
        if self.observed {
            self.outputs.push_back(Output::Saw { line: line.clone() });
        }
        let Some(&awaited) = self.awaited.front() else {
            return self.fail(Reason::Nonsense, format!("the server says unasked: {}", reply::shown(line)));
        };
        if let Some(Body::Lines) = self.body {
            return self.take_list_line(awaited, line);
        }
        match Status::read(line) {
            Some(Status::Challenge(text)) if awaited == Awaited::Auth => self.challenged(text),
            None | Some(Status::Challenge(_)) => {
                let text = reply::shown(line);
                self.fail(Reason::Nonsense, format!("the server says to {}: {text}", awaited.name()));
            }
            Some(status) => {
                // Those with more to come stay in front.
                let has_body = match awaited {
                    Awaited::Capa | Awaited::Uidl | Awaited::List => Some(Body::Lines),
                    Awaited::Retr(_) => Some(self.content_body()),
                    _ => None,
                };
                match (status, has_body) {
                    (Status::Ok(_), Some(body)) => (self.body, self.lines) = (Some(body), 0),
                    _ => {
                        self.awaited.pop_front();
                        self.replied(awaited, status, behind);
                    }
                }
            }
        }
    }

    /// A response came that is all in one line.
    fn replied(&mut self, awaited: Awaited, status: Status<'_>, behind: &Chunk) {
        match awaited {
            Awaited::Greeting => self.greeted(status),
            Awaited::Capa => self.without_capabilities(),
            Awaited::Stls => self.stls_replied(status, behind),
            Awaited::Utf8 => self.log_in(),
            Awaited::User => self.user_replied(status),
            Awaited::Auth | Awaited::Apop | Awaited::Pass => self.login_replied(awaited, status),
            Awaited::Stat => self.stat_replied(status),
            Awaited::Uidl | Awaited::List => self.list_refused(awaited, status),
            // It is gone, or is not to be had: it stays where it is.
            Awaited::Retr(_) => self.go_on(),
            Awaited::Dele(number) => self.dele_replied(number, status),
            Awaited::Quit => self.quit_replied(status),
        }
    }

    /// A line of a list.
    fn take_list_line(&mut self, awaited: Awaited, line: &Chunk) {
        if **line == *b"." {
            self.body = None;
            self.awaited.pop_front();
            return match awaited {
                Awaited::Capa => self.capabilities_known(),
                _ => self.list_ended(),
            };
        }
        let text = line.strip_prefix(b".").unwrap_or(line);
        self.lines += 1;
        if self.lines > self.config.max_messages {
            return self.fail(Reason::TooMuch, format!("the server's list has no end ({})", awaited.name()));
        }
        match awaited {
            Awaited::Capa => self.capabilities.add(text),
            Awaited::Uidl => self.take_name(text),
            _ => self.take_size(text),
        }
    }

    /// Adds a command to what is said.
    fn say(&mut self, line: &str, awaited: Awaited) {
        self.said.extend_from_slice(line.as_bytes());
        self.said.extend_from_slice(b"\r\n");
        self.awaited.push_back(awaited);
    }

    /// Says a line that shows a password, or what is made from one.
    fn say_secret(&mut self, line: &str) {
        self.flush();
        let data = Chunk::from(format!("{line}\r\n"));
        self.outputs.push_back(Output::Send { data, says: Says::Secret });
    }

    fn flush(&mut self) {
        if !self.said.is_empty() {
            let data = Chunk::copy_from(&self.said);
            self.said.clear();
            self.outputs.push_back(Output::Send { data, says: Says::Lines });
        }
    }

    /// Everything that came was read.
    fn finish(&mut self, now: Instant) {
        if !self.said.is_empty() {
            self.flush();
            self.wait(now);
        }
    }

    /// Begins to wait for what comes next.
    fn wait(&mut self, now: Instant) {
        let waits = self.stage == Stage::Talking && !self.awaited.is_empty();
        self.deadline = waits.then(|| now + self.config.timeout);
    }

    /// In the middle of what.
    fn during(&self) -> String {
        self.awaited.front().map(|awaited| format!(" ({})", awaited.name())).unwrap_or_default()
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// The session is of no use any more, and nothing more is said.
    fn fail(&mut self, reason: Reason, text: String) {
        if self.stage == Stage::Closed {
            return;
        }
        self.said.clear();
        self.tell(Event::Failed { text, reason });
        self.close();
    }

    /// As [`fail`](Session::fail), where the server can be told before anybody is logged in, so that nothing can be deleted.
    fn give_up(&mut self, reason: Reason, text: String) {
        self.tell(Event::Failed { text, reason });
        self.said.extend_from_slice(b"QUIT\r\n");
        self.flush();
        self.close();
    }

    fn close(&mut self) {
        self.outputs.push_back(Output::Close);
        self.stage = Stage::Closed;
        (self.body, self.deadline) = (None, None);
        self.awaited.clear();
    }
}

#[cfg(test)]
mod tests;
