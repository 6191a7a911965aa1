//! Sessions that look into one store, played to by tests.

use std::sync::Arc;

use crate::access::imap::server::{Config, Server, Session};
use crate::access::{Door, Event, Output, Says};
use crate::identity::{self, ReversePath};
use crate::mime::Content;
use crate::octets::{Chunk, Rope};
use crate::sasl::{Accounts, Mechanisms, Nonce, ScramConfig};
use crate::sim::Instant;
use crate::sim::calendar::Calendar;
use crate::store::{Deed, Desk, Done, FolderId, Letter, Locks, MailboxId, Store};
use crate::trace;

/// How the bytes of one turn arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Whole,
    ByteByByte,
}

/// Sessions of one server, and what they work on.
pub(super) struct Player {
    pub(super) store: Store,
    pub(super) bob: MailboxId,
    pub(super) now: Instant,
    pub(super) arrival: Arrival,
    /// Whether events are shown.
    pub(super) shows_events: bool,
    server: Arc<Server>,
    locks: Locks,
    sessions: Vec<(usize, Session)>,
    /// What each has sent since somebody looked, and the octets of a mail that are open.
    sent: Vec<(usize, Vec<u8>)>,
    open_octets: u64,
    lines: Vec<String>,
    mails: u64,
}

/// Bytes as they are shown; flags and attributes keep their one backslash.
fn visible(bytes: &[u8]) -> String {
    trace::visible(bytes).replace("\\\\", "\\")
}

fn address(text: &str) -> identity::Mailbox {
    text.parse().unwrap()
}

impl Player {
    pub(super) fn new(config: Config, plain_text_logins: bool, mechanisms: Mechanisms, arrival: Arrival) -> Player {
        let mut store = Store::new().with_epoch(1000);
        let bob = store.add_mailbox(address("bob@b.example"));
        let mut accounts = Accounts::new(ScramConfig::default());
        accounts.add("bob", &"secret".into()).unwrap();
        accounts.add("nobody", &"secret".into()).unwrap();
        let door = Door {
            name: "imap.b.example".parse().unwrap(),
            accounts: Arc::new(accounts),
            owners: [(Arc::from("bob"), bob)].into_iter().collect(),
            mechanisms,
            plain_text_logins,
            max_failed_logins: 3,
        };
        Player {
            store,
            bob,
            now: Instant::ZERO,
            arrival,
            shows_events: false,
            server: Arc::new(Server::new(Arc::new(config), Arc::new(door))),
            locks: Locks::default(),
            sessions: Vec::new(),
            sent: Vec::new(),
            open_octets: 0,
            lines: Vec::new(),
            mails: 0,
        }
    }

    /// Files a mail: bare LF stands for CRLF.
    pub(super) fn file(&mut self, text: &str) -> u32 {
        self.mails += 1;
        let content = Content::scan(Rope::from(Chunk::from(text.to_owned())));
        let mail = Some((self.mails, 1));
        self.store.file(self.bob, self.now, content.size_bytes(), || Letter {
            from: ReversePath::Null,
            to: address("bob@b.example"),
            content,
            mail,
        })
    }

    /// A connection, sealed from the beginning or not.
    pub(super) fn connect(&mut self, number: usize, offers_tls: bool, is_sealed: bool) {
        let nonce = Nonce::from_text(&format!("NONCE{number}")).unwrap();
        let mut session = Session::new(self.server.clone()).with_nonce(nonce);
        session.observe(self.shows_events);
        if offers_tls {
            session.offer_tls();
        }
        self.sessions.retain(|(known, _)| *known != number);
        self.sessions.push((number, session));
        self.with(number, |session, now, desk| match is_sealed {
            true => session.handle_secured(now, desk),
            false => session.start(now, desk),
        });
    }

    pub(super) fn is_connected(&self, number: usize) -> bool {
        self.sessions.iter().any(|(known, _)| *known == number)
    }

    pub(super) fn session(&self, number: usize) -> &Session {
        &self.sessions.iter().find(|(known, _)| *known == number).expect("it is connected").1
    }

    /// Bytes of a client.
    pub(super) fn input(&mut self, number: usize, bytes: &[u8]) {
        let pieces: Vec<&[u8]> = match self.arrival {
            Arrival::Whole => vec![bytes],
            Arrival::ByteByByte => bytes.chunks(1).collect(),
        };
        for piece in pieces {
            self.with(number, |session, now, desk| session.handle_input(now, Chunk::copy_from(piece), desk));
        }
    }

    /// Hands something to a session and does what it wants; then the others are told if something has changed.
    pub(super) fn with(&mut self, number: usize, hand: impl FnOnce(&mut Session, Instant, &mut Desk<'_>)) {
        self.hand(number, hand);
        if self.drain(number) {
            self.news(Some(number));
        }
    }

    /// Somebody has changed the mailbox.
    pub(super) fn news(&mut self, by: Option<usize>) {
        let others: Vec<usize> = self.sessions.iter().map(|(number, _)| *number).filter(|n| Some(*n) != by).collect();
        for other in others {
            self.hand(other, |session, now, desk| session.handle_news(now, desk));
            assert!(!self.drain(other), "who is told of a change has made none");
        }
    }

    pub(super) fn hand(&mut self, number: usize, hand: impl FnOnce(&mut Session, Instant, &mut Desk<'_>)) {
        let mut desk = Desk { store: &mut self.store, locks: &mut self.locks, calendar: Calendar::default() };
        let session = self.sessions.iter_mut().find(|(known, _)| *known == number).expect("it is connected");
        hand(&mut session.1, self.now, &mut desk);
    }

    /// Takes one output of a session.
    pub(super) fn poll(&mut self, number: usize) -> Option<Output> {
        let mut desk = Desk { store: &mut self.store, locks: &mut self.locks, calendar: Calendar::default() };
        let session = self.sessions.iter_mut().find(|(known, _)| *known == number).expect("it is connected");
        session.1.poll_output(self.now, &mut desk)
    }

    /// Does what a session wants. Whether it has changed something.
    fn drain(&mut self, number: usize) -> bool {
        let mut has_changed = false;
        while let Some(output) = self.poll(number) {
            has_changed |= output == Output::Event(Event::Changed);
            match output {
                Output::Send { data, says, .. } => self.send(number, &data, says),
                Output::Close => self.line(number, "close"),
                Output::StartTls { .. } => self.line(number, "start tls"),
                Output::Saw { line, is_secret } => {
                    let secret = if is_secret { " (secret)" } else { "" };
                    self.line(number, &format!("saw: {}{secret}", visible(&line)));
                }
                Output::Event(event) if self.shows_events => {
                    let event = self.shown(&event);
                    self.line(number, &event);
                }
                Output::Event(_) => {}
            }
        }
        has_changed
    }

    fn send(&mut self, number: usize, data: &Chunk, says: Says) {
        assert!(!data.is_empty(), "nothing is sent for nothing");
        match says {
            Says::Lines | Says::Secret => {
                assert!(self.open_octets == 0 && data.ends_with(b"\r\n"), "whole lines");
            }
            Says::Content => self.open_octets += data.len() as u64,
            Says::EndOfContent { size_bytes } => {
                assert_eq!(self.open_octets + data.len() as u64, size_bytes, "the octets of a literal");
                self.open_octets = 0;
            }
        }
        match self.sent.iter_mut().find(|(known, _)| *known == number) {
            Some((_, sent)) => sent.extend_from_slice(data),
            None => self.sent.push((number, data.to_vec())),
        }
    }

    /// What a session has sent.
    pub(super) fn sent(&mut self, number: usize) -> Vec<u8> {
        let sent = self.sent.iter_mut().find(|(known, _)| *known == number);
        sent.map(|(_, sent)| std::mem::take(sent)).unwrap_or_default()
    }

    fn line(&mut self, number: usize, line: &str) {
        self.settle(number);
        let prefix = if number == 1 { String::new() } else { format!("{number} ") };
        self.lines.push(format!("{prefix}{line}"));
    }

    /// What was sent becomes lines.
    fn settle(&mut self, number: usize) {
        let prefix = if number == 1 { "S:".to_owned() } else { format!("S{number}:") };
        let bytes = self.sent(number);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match memchr::memmem::find(rest, b"\r\n") {
                Some(at) => {
                    // Editors cut trailing spaces, so none are shown.
                    self.lines.push(format!("{prefix} {}", visible(&rest[..at])).trim_end().to_owned());
                    rest = &rest[at + 2..];
                }
                None => {
                    self.lines.push(format!("{prefix} {}\\c", visible(rest)));
                    rest = &[];
                }
            }
        }
    }

    /// What was done since the last time, as lines.
    pub(super) fn transcript(&mut self) -> Vec<String> {
        let numbers: Vec<usize> = self.sent.iter().map(|(number, _)| *number).collect();
        numbers.into_iter().for_each(|number| self.settle(number));
        self.sent.clear();
        std::mem::take(&mut self.lines)
    }

    fn shown(&self, event: &Event) -> String {
        match event {
            Event::State(state) => format!("state: {state}"),
            Event::Login { mechanism, result: Ok(account) } => format!("login: {mechanism} {account}"),
            Event::Login { mechanism, result: Err(why) } => format!("login: {mechanism} failed, {why}"),
            Event::Content { size_bytes } => format!("content: {size_bytes}"),
            Event::Changed => "changed".into(),
            Event::Deed(deed) => self.shown_deed(deed),
        }
    }

    fn shown_deed(&self, deed: &Deed) -> String {
        let mailbox = self.store.mailbox(deed.mailbox);
        let name = |id: FolderId| mailbox.folder(id).map_or("(gone)", |folder| folder.name());
        let about = deed.mail.map_or(String::new(), |(mail, _)| format!(" mail {mail}"));
        let done = match &deed.done {
            Done::Fetched { whole: true, bytes } => format!("fetched {bytes}, all of it"),
            Done::Fetched { whole: false, bytes } => format!("fetched {bytes}"),
            Done::Flagged { set, cleared } => {
                let keywords = mailbox.folder(deed.folder).map(|folder| folder.keywords()).unwrap_or_default();
                let shown = |flags| {
                    let mut out = Vec::new();
                    super::super::flags::write(&mut out, flags, keywords, &[]);
                    String::from_utf8(out).unwrap()
                };
                format!("flagged +{} -{}", shown(*set), shown(*cleared))
            }
            Done::Copied { to, uid } => format!("copied to {}/{uid}", name(*to)),
            Done::Moved { to, uid } => format!("moved to {}/{uid}", name(*to)),
            Done::Appended { bytes } => format!("appended {bytes}"),
            Done::Removed => "removed".into(),
        };
        format!("deed: {}/{}{about} {done}", name(deed.folder), deed.uid)
    }
}
