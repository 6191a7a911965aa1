//! The client's side of an SMTP session.
//!
//! [`Session`] greets, delivers one [`Transaction`] after the other over the same connection, and says for each
//! recipient what became of it. Which mail goes where, and what to do about a failure, is its agent's business.
//!
//! | RFC | here |
//! | --- | --- |
//! | RFC 5321 §3.2 | EHLO, and HELO where the peer does not know EHLO |
//! | RFC 2920 §3.1 | MAIL, every RCPT and DATA go out together where PIPELINING is offered |
//! | RFC 1870 | SIZE is declared; what is larger than the peer takes fails here, with 552 5.3.4, unsent |
//! | RFC 6152 | `BODY=8BITMIME` for 8-bit content; without the offer it fails here, with 554 5.6.3, unsent |
//! | RFC 2033 | LMTP: as above, but for LHLO, and a verdict for each recipient behind the final dot |
//! | RFC 4954 | logs in before the first mail, and hands nothing over where that fails |
//! | RFC 5321 §4.5.3.2 | a time-out for every reply |

mod config;
mod credentials;
mod dialogue;
mod login;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{Config, Event, Failure, NoLogin, Reason, Stage, StartTls, Transaction, Verdict, Verdicts};
use credentials::LogIn;
use smallvec::SmallVec;

use super::extension::{Extension, Extensions};
use super::framing::{BareNewlines, Framed, Framer};
use super::limits;
use super::reply::{Reply, ReplyError, ReplyReader};
use crate::identity::Domain;
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};

/// What a session wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these commands: whole lines.
    Send(Chunk),
    /// Send this line, which holds what proves who the client is.
    Secret(Chunk),
    /// Send this piece of a message.
    Content(Chunk),
    /// Send the end of a message, the final dot among it.
    EndOfContent {
        /// The bytes.
        data: Chunk,
        /// Size of the whole message without what transparency adds.
        size_bytes: u64,
    },
    /// For observers: this reply line was received, without its line end.
    Saw {
        /// The line.
        line: Chunk,
    },
    /// Something for the agent.
    Event(Event),
    /// Seal the connection, and say [`Session::handle_secured`] then.
    StartTls {
        /// Octets that came behind the reply and were thrown away.
        discarded_bytes: u64,
    },
    /// Close the connection when everything is sent. The last output.
    Close,
    /// Break the connection off, so that nothing of a message that was given up is delivered after all. The last output.
    Abort,
}

/// Which reply comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Auth,
    Rset,
    Mail,
    Rcpt(usize),
    Data,
    EndOfData,
    Quit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// `start` has not been called.
    Unborn,
    /// A reply is to come.
    Await(Awaited),
    /// A handshake is under way.
    Securing,
    /// Nothing is under way.
    Ready,
    /// Nothing more is said.
    Closed,
}

impl State {
    /// What the state is called in the record of a session: a state in which a reply is to come after what it is a reply to.
    fn name(self, lmtp: bool) -> &'static str {
        match self {
            State::Unborn => "not started",
            State::Securing => "starting TLS",
            State::Ready => "idle",
            State::Closed => "closed",
            State::Await(awaited) => match awaited {
                Awaited::Greeting => "greeting",
                Awaited::Ehlo if lmtp => "LHLO",
                Awaited::Ehlo => "EHLO",
                Awaited::Helo => "HELO",
                Awaited::StartTls => "STARTTLS",
                Awaited::Auth => "AUTH",
                Awaited::Rset => "RSET",
                Awaited::Mail => "MAIL",
                Awaited::Rcpt(_) => "RCPT",
                Awaited::Data => "DATA",
                Awaited::EndOfData => "end of data",
                Awaited::Quit => "QUIT",
            },
        }
    }
}

/// The transaction that is under way.
#[derive(Clone, Debug)]
struct Running {
    transaction: Transaction,
    verdicts: SmallVec<[Option<Verdict>; 1]>,
    /// Recipients without a verdict whose RCPT was accepted.
    accepted: usize,
    /// Whether MAIL, RCPT and DATA were all sent in one go.
    pipelined: bool,
    mail_refused: bool,
}

/// One session of a client. See [the module](self), and [`crate::smtp`] for the order of calls.
#[derive(Clone, Debug)]
pub struct Session {
    config: Arc<Config>,
    /// What the client calls itself in EHLO and HELO.
    helo_name: Domain,
    state: State,
    extensions: Extensions,
    running: Option<Running>,
    /// Whether the peer may think that a transaction is open.
    needs_rset: bool,
    /// Whether the session has reported its failure already.
    failed: bool,
    framer: Framer,
    reader: ReplyReader,
    /// Where commands are written; keeps its memory.
    buffer: Vec<u8>,
    outputs: VecDeque<Output>,
    deadline: Option<Instant>,
    observed: bool,
    /// Whether the connection is sealed.
    sealed: bool,
    /// Whether it speaks LMTP (RFC 2033).
    lmtp: bool,
    /// Whether STARTTLS is not said, whatever the settings say.
    in_plain_text: bool,
    /// Who it is to log in as.
    login: Option<Box<LogIn>>,
    /// The last reply to EHLO and what it offers. Servers say the same to everybody.
    last_offer: (Chunk, Extensions),
}

impl Session {
    /// A session that waits for [`start`](Session::start). In EHLO and HELO it calls itself `helo_name`.
    #[must_use]
    pub fn new(config: Arc<Config>, helo_name: Domain) -> Session {
        Session {
            config,
            helo_name,
            state: State::Unborn,
            extensions: Extensions::default(),
            running: None,
            needs_rset: false,
            failed: false,
            framer: Framer::new(limits::RECEIVED_REPLY_LINE, BareNewlines::Refuse),
            reader: ReplyReader::default(),
            buffer: Vec::new(),
            outputs: VecDeque::new(),
            deadline: None,
            observed: false,
            sealed: false,
            lmtp: false,
            in_plain_text: false,
            login: None,
            last_offer: (Chunk::EMPTY, Extensions::default()),
        }
    }

    /// Makes the session as good as new, for another connection of the same client. It keeps its memory: a client that
    /// opens one connection after the other need not allocate for each.
    pub fn renew(&mut self) {
        self.state = State::Unborn;
        self.extensions = Extensions::default();
        self.running = None;
        self.needs_rset = false;
        self.failed = false;
        self.framer.clear();
        self.reader.clear();
        self.buffer.clear();
        self.outputs.clear();
        self.deadline = None;
        self.observed = false;
        self.sealed = false;
        self.lmtp = false;
        self.in_plain_text = false;
        self.login = None;
    }

    /// Turns [`Output::Saw`] and [`Event::State`] on or off. Changes nothing else.
    pub fn observe(&mut self, on: bool) {
        self.observed = on;
    }

    /// Calls itself so in EHLO and HELO from now on.
    pub fn call_itself(&mut self, name: Domain) {
        self.helo_name = name;
    }

    /// Speaks LMTP (RFC 2033) in this session: LHLO, and a reply for each recipient behind the final dot.
    pub fn speak_lmtp(&mut self) {
        self.lmtp = true;
    }

    /// Says no STARTTLS in this session, whatever the settings say: it has been tried and did not work.
    pub fn stay_in_plain_text(&mut self) {
        self.in_plain_text = true;
    }

    /// Whether [`begin`](Session::begin) and [`quit`](Session::quit) may be called. What came behind the reply that made it ready
    /// may have ended it by the time that the event is read.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// What the peer offers, as far as it has been heard.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The connection is sealed: behind [`Output::StartTls`], or instead of [`start`](Session::start) where it is from its
    /// first byte on (RFC 8314). What was offered before is forgotten (RFC 3207 §4.2).
    pub fn handle_secured(&mut self, now: Instant) {
        self.sealed = true;
        match self.state {
            State::Unborn => self.start(now),
            State::Securing => {
                self.extensions = Extensions::default();
                self.say_hello(now, true);
            }
            _ => {}
        }
    }

    /// Whether a handshake of TLS is under way behind STARTTLS.
    #[must_use]
    pub fn is_securing(&self) -> bool {
        self.state == State::Securing
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// The connection is there: waits for the greeting.
    pub fn start(&mut self, now: Instant) {
        debug_assert_eq!(self.state, State::Unborn, "a session starts once");
        self.await_reply(now, Awaited::Greeting);
    }

    /// Bytes came in.
    pub fn handle_input(&mut self, now: Instant, mut bytes: Chunk) {
        if self.state == State::Securing {
            return; // nobody knows who says this
        }
        while !self.is_closed()
            && let Some(framed) = self.framer.next(&mut bytes)
        {
            if self.observed
                && let Framed::Line(line) | Framed::BareNewline(line) = &framed
            {
                self.outputs.push_back(Output::Saw { line: line.clone() });
            }
            let reply = match framed {
                Framed::Line(line) => self.reader.take_line(line),
                Framed::TooLong => Err(ReplyError::TooLong),
                Framed::BareNewline(_) => Err(ReplyError::BareNewline),
            };
            match reply {
                Ok(None) => {}
                Ok(Some(reply)) => {
                    self.take_reply(now, reply);
                    if self.state == State::Securing {
                        // RFC 3207 §4.2, seen from the other side (CVE-2021-38370 and its like).
                        let discarded_bytes = bytes.len() as u64;
                        return self.outputs.push_back(Output::StartTls { discarded_bytes });
                    }
                }
                Err(error) => self.fail(Reason::BadReply(error)),
            }
        }
    }

    /// The peer will send no more, or the connection broke.
    pub fn handle_eof(&mut self, _now: Instant) {
        match self.state {
            State::Closed => {}
            // RFC 5321 §4.1.1.10 wants QUIT first, but a peer that leaves while nothing is asked does no harm.
            State::Ready | State::Await(Awaited::Quit) => self.close(None),
            State::Unborn | State::Securing | State::Await(_) => self.fail(Reason::Eof),
        }
    }

    /// Time has passed. Does nothing before [`poll_timeout`](Session::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        if self.state == State::Await(Awaited::Quit) {
            self.close(None);
        } else if self.state == State::Await(Awaited::EndOfData) {
            self.report_failure(Reason::Timeout);
            self.end(Output::Abort);
        } else {
            self.fail(Reason::Timeout);
        }
    }

    /// For carriers that can tell: `unsent` bytes of what was to be sent have not been taken by the peer yet. While
    /// content is under way, each report with some left starts the time-out for a block anew (RFC 5321 §4.5.3.2.5), and
    /// the one with none left that for the end of the data (§4.5.3.2.6). Without reports, the latter runs from the
    /// moment at which the content was handed out.
    pub fn handle_progress(&mut self, now: Instant, unsent: u64) {
        if self.state == State::Await(Awaited::EndOfData) {
            let timeouts = &self.config.timeouts;
            self.deadline = Some(now + if unsent > 0 { timeouts.data_block } else { timeouts.data_termination });
        }
    }

    /// Delivers one mail. Allowed when the session [is ready](Session::is_ready).
    ///
    /// # Panics
    /// When the session is not ready, or there is no recipient: a broken agent.
    pub fn begin(&mut self, now: Instant, transaction: Transaction) {
        assert!(self.is_ready(), "a transaction begins when the session is ready");
        assert!(!transaction.recipients.is_empty(), "a transaction has a recipient");
        let mut verdicts = SmallVec::new();
        verdicts.resize_with(transaction.recipients.len(), || None);
        let pipelined = self.config.pipelining && self.extensions.has(Extension::Pipelining);
        let local = self.unsendable(&transaction);
        let running = Running { transaction, verdicts, accepted: 0, pipelined, mail_refused: false };
        self.running = Some(running);
        match local {
            Some(reply) => self.finish(Stage::Local, &reply),
            None => self.open_transaction(now),
        }
    }

    /// Ends the session. Allowed when it [is ready](Session::is_ready); nothing happens when it is closed.
    ///
    /// # Panics
    /// When the session is neither: a broken agent.
    pub fn quit(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        assert!(self.is_ready(), "QUIT is said when the session is ready");
        self.say_quit(now);
    }

    /// What is to be done next; `None`: nothing until the next call.
    #[inline]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Session::handle_timeout) is due; `None`: never. An idle session has no time-out: how long
    /// to keep a connection is the agent's choice.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// The one place where the state changes.
    fn enter(&mut self, state: State) {
        if !self.observed {
            self.state = state;
            return;
        }
        let before = self.state.name(self.lmtp);
        self.state = state;
        let name = state.name(self.lmtp);
        if before != name {
            self.event(Event::State(name));
        }
    }

    fn await_reply(&mut self, now: Instant, awaited: Awaited) {
        self.deadline = Some(now + self.patience(awaited));
        self.enter(State::Await(awaited));
    }

    /// RFC 5321 §4.5.3.2.
    fn patience(&self, awaited: Awaited) -> Duration {
        let timeouts = &self.config.timeouts;
        match awaited {
            Awaited::Greeting => timeouts.greeting,
            Awaited::Ehlo | Awaited::Helo | Awaited::StartTls | Awaited::Auth => timeouts.helo,
            Awaited::Rset => timeouts.rset,
            Awaited::Mail => timeouts.mail,
            Awaited::Rcpt(_) => timeouts.rcpt,
            Awaited::Data => timeouts.data_initiation,
            Awaited::EndOfData => timeouts.data_termination,
            Awaited::Quit => timeouts.quit,
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Sends what was written into the buffer.
    fn flush(&mut self) {
        if !self.buffer.is_empty() {
            self.outputs.push_back(Output::Send(Chunk::copy_from(&self.buffer)));
            self.buffer.clear();
        }
    }

    fn say_quit(&mut self, now: Instant) {
        self.outputs.push_back(Output::Send(Chunk::from_static(b"QUIT\r\n")));
        self.await_reply(now, Awaited::Quit);
    }

    /// The session is of no use any more.
    fn report_failure(&mut self, reason: Reason) {
        let running = self.running.take();
        let failure = Failure {
            reason,
            awaited: self.state.name(self.lmtp),
            after_final_dot: self.state == State::Await(Awaited::EndOfData)
                && running.as_ref().is_some_and(|running| running.accepted > 0),
            verdicts: running.map(|running| running.verdicts).unwrap_or_default(),
        };
        self.event(Event::Failed(Box::new(failure)));
        self.failed = true;
    }

    fn fail(&mut self, reason: Reason) {
        if !self.failed {
            self.report_failure(reason);
        }
        self.close(None);
    }

    fn close(&mut self, reply: Option<Reply>) {
        if !self.failed {
            self.event(Event::Closed { reply });
        }
        self.end(Output::Close);
    }

    fn end(&mut self, last: Output) {
        self.enter(State::Closed);
        self.outputs.push_back(last);
        self.deadline = None;
        self.running = None;
    }
}

#[cfg(test)]
mod tests;
