//! One end of a sealed connection, as a machine: bytes of both sides go in, and bytes and news come out.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::rc::Rc;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection, Error, HandshakeKind, InvalidMessage, ProtocolVersion, ServerConnection};

use super::facts::{Defect, Facts, Failure, News, Trust, Version};
use super::identity::{Client, Server};
use super::scene::{self, Scene, Value};
use super::tickets::{Origin, Ticket};
use crate::octets::Chunk;
use crate::sim::Stream;

/// After so many sessions that went on with one another, a client begins anew: a ticket keeps the connections behind it.
const GENERATIONS: u32 = 64;

/// What comes out of a [`Session`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// For the user of the connection.
    Plain(Chunk),
    /// For TCP.
    Sealed(Chunk),
    /// What is to be known.
    News(News),
}

/// How a session began.
#[derive(Clone, Debug)]
enum Begin {
    Client { client: Client, name: Arc<str>, ticket: Option<Rc<Ticket>> },
    Server { server: Server },
}

/// Something that was handed to a session, as far as it matters for what the session is after it.
#[derive(Clone, Debug)]
enum Heard {
    /// What waits for the handshake.
    Early(Vec<u8>),
    /// So many bytes were sealed and are gone. Which they were does not change what comes.
    Plain(usize),
    Sealed(Chunk),
    Close,
}

/// A session from its beginning to some point. What happened can happen again, to the same end.
#[derive(Clone, Debug)]
struct Past {
    begin: Begin,
    random: Stream,
    /// With the time of each, in Unix seconds.
    heard: Vec<(u64, Heard)>,
    begun_unix_secs: u64,
    secrets: bool,
}

impl Past {
    /// Lets it happen again.
    fn again(&self) -> Session {
        let mut session = Session::begin(self.begin.clone(), self.random.clone(), self.begun_unix_secs, self.secrets);
        for (now, heard) in &self.heard {
            match heard {
                Heard::Early(data) => session.handle_plain(*now, data),
                Heard::Plain(bytes) => session.handle_plain(*now, &vec![0; *bytes]),
                Heard::Sealed(data) => session.handle_sealed(*now, data.clone()),
                Heard::Close => session.handle_close(*now),
            }
            session.outputs.retain(|output| matches!(output, Output::News(News::Ticket(_))));
        }
        session
    }
}

impl Origin for Past {
    fn issued(&self, place: usize) -> Option<Value> {
        let session = self.again();
        session.outputs.iter().find_map(|output| match output {
            Output::News(News::Ticket(ticket)) if ticket.place() == place => ticket.take(),
            _ => None,
        })
    }
}

/// One end of a sealed connection.
///
/// After each call that hands something in, [`poll_output`](Session::poll_output) is drained to `None`. A client has
/// something to say at once.
#[derive(Debug)]
pub struct Session {
    connection: Option<Connection>,
    /// What the connection has of its own, while it does not work.
    scene: Option<Box<Scene>>,
    past: Past,
    outputs: VecDeque<Output>,
    is_secured: bool,
    is_over: bool,
    peer_closed: bool,
    issued: usize,
    trust: Trust,
    sent_bytes: u64,
    received_bytes: u64,
    round_trips: u32,
    /// Whether something has been said since the other end was last heard.
    awaits: bool,
}

impl Clone for Session {
    /// Another one that goes on as this one would: its past happens again.
    fn clone(&self) -> Session {
        let mut twin = self.past.again();
        twin.outputs = self.outputs.clone();
        twin
    }
}

impl Session {
    /// A client that asks for the server of this name, draws from `random`, and goes on with an earlier session where it
    /// has a ticket. With `secrets`, it tells what one needs to read what was sealed.
    #[must_use]
    pub fn client(
        client: &Client,
        name: &str,
        ticket: Option<Rc<Ticket>>,
        random: Stream,
        now_unix_secs: u64,
        secrets: bool,
    ) -> Session {
        let ticket = ticket.filter(|ticket| ticket.generation < GENERATIONS);
        let begin = Begin::Client { client: client.clone(), name: name.into(), ticket };
        Session::begin(begin, random, now_unix_secs, secrets)
    }

    /// A server that waits for a client.
    #[must_use]
    pub fn server(server: &Server, random: Stream, now_unix_secs: u64, secrets: bool) -> Session {
        Session::begin(Begin::Server { server: server.clone() }, random, now_unix_secs, secrets)
    }

    fn begin(begin: Begin, random: Stream, begun_unix_secs: u64, secrets: bool) -> Session {
        let mut scene = Scene::new(random.clone(), secrets);
        scene.now_unix_secs = begun_unix_secs;
        let mut trust = Trust::NotAsked;
        if let Begin::Client { ticket: Some(ticket), .. } = &begin {
            scene.ticket = ticket.take();
            trust = ticket.trust.clone();
        }
        let mut scene = Some(Box::new(scene));
        let made = scene::play(&mut scene, || connection(&begin));
        let past = Past { begin, random, heard: Vec::new(), begun_unix_secs, secrets };
        let mut session = Session {
            connection: None,
            scene,
            past,
            outputs: VecDeque::new(),
            is_secured: false,
            is_over: false,
            peer_closed: false,
            issued: 0,
            trust,
            sent_bytes: 0,
            received_bytes: 0,
            round_trips: 0,
            awaits: false,
        };
        match made {
            Ok(connection) => {
                session.connection = Some(connection);
                session.say();
            }
            Err(error) => session.fail(&error),
        }
        session
    }

    /// Whether the handshake is done, and nothing has gone wrong since.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.is_secured && !self.is_over
    }

    /// The user says something. Before the handshake is done, it waits.
    pub fn handle_plain(&mut self, now_unix_secs: u64, data: &[u8]) {
        let heard = if self.is_secured { Heard::Plain(data.len()) } else { Heard::Early(data.to_vec()) };
        self.past.heard.push((now_unix_secs, heard));
        self.work(now_unix_secs, |connection| {
            // Into memory without a limit, so it is taken whole.
            let _ = connection.writer().write_all(data);
        });
        self.say();
    }

    /// TCP brings something.
    pub fn handle_sealed(&mut self, now_unix_secs: u64, data: Chunk) {
        if self.is_over {
            return;
        }
        self.past.heard.push((now_unix_secs, Heard::Sealed(data.clone())));
        let mut rest = &data[..];
        while !rest.is_empty() && !self.is_over {
            let before = rest.len();
            let result = self.work(now_unix_secs, |connection| {
                let _ = connection.read_tls(&mut rest);
                let state = connection.process_new_packets()?;
                let mut plain = vec![0; state.plaintext_bytes_to_read()];
                let _ = connection.reader().read_exact(&mut plain);
                Ok((plain, state.peer_has_closed()))
            });
            if !self.is_secured {
                self.received_bytes += (before - rest.len()) as u64;
                self.round_trips += u32::from(std::mem::take(&mut self.awaits));
            }
            match result {
                Some(Ok((plain, peer_closed))) => {
                    self.say();
                    self.look();
                    if !plain.is_empty() {
                        self.outputs.push_back(Output::Plain(Chunk::from(plain)));
                    }
                    if peer_closed && !self.peer_closed {
                        self.peer_closed = true;
                        self.outputs.push_back(Output::News(News::Closed));
                    }
                }
                Some(Err(error)) => self.fail(&error),
                None => return,
            }
            if rest.len() == before {
                return; // it takes no more
            }
        }
    }

    /// The user has said everything: the other end is told so.
    pub fn handle_close(&mut self, now_unix_secs: u64) {
        self.past.heard.push((now_unix_secs, Heard::Close));
        self.work(now_unix_secs, |connection| connection.send_close_notify());
        self.say();
    }

    /// What comes next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn work<R>(&mut self, now_unix_secs: u64, work: impl FnOnce(&mut Connection) -> R) -> Option<R> {
        let connection = self.connection.as_mut()?;
        if let Some(scene) = &mut self.scene {
            scene.now_unix_secs = now_unix_secs;
        }
        Some(scene::play(&mut self.scene, || work(connection)))
    }

    /// What there is for TCP, and the secrets that came up.
    fn say(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        let mut sealed = Vec::new();
        while connection.wants_write() && connection.write_tls(&mut sealed).is_ok_and(|bytes| bytes > 0) {}
        let secrets = self.scene.as_mut().and_then(|scene| scene.secrets.as_mut()).map(std::mem::take);
        for line in secrets.unwrap_or_default() {
            self.outputs.push_back(Output::News(News::Secret(line.into())));
        }
        if !self.is_secured {
            self.sent_bytes += sealed.len() as u64;
            self.awaits |= !sealed.is_empty();
        }
        if !sealed.is_empty() {
            self.outputs.push_back(Output::Sealed(Chunk::from(sealed)));
        }
    }

    /// Whether the handshake is done now, and what was given out.
    fn look(&mut self) {
        let Some(connection) = &self.connection else { return };
        if let Some(verdict) = self.scene.as_mut().and_then(|scene| scene.verdict.take()) {
            self.trust = match verdict {
                Ok(()) => Trust::Verified,
                Err(defect) => Trust::Unverified(defect),
            };
        }
        if !self.is_secured && !connection.is_handshaking() {
            self.is_secured = true;
            let facts = self.facts(connection);
            self.outputs.push_back(Output::News(News::Secured(Box::new(facts))));
        }
        let issued = self.scene.as_mut().map(|scene| std::mem::take(&mut scene.issued)).unwrap_or_default();
        let generation = match &self.past.begin {
            Begin::Client { ticket: Some(ticket), .. } if self.is_resumed() => ticket.generation + 1,
            _ => 0,
        };
        for value in issued {
            let ticket = Ticket::new(value, self.trust.clone(), Box::new(self.past.clone()), self.issued, generation);
            self.issued += 1;
            self.outputs.push_back(Output::News(News::Ticket(ticket)));
        }
    }

    fn is_resumed(&self) -> bool {
        self.connection.as_ref().is_some_and(|c| c.handshake_kind() == Some(HandshakeKind::Resumed))
    }

    fn facts(&self, connection: &Connection) -> Facts {
        let name = match (&self.past.begin, connection) {
            (Begin::Client { name, .. }, _) => Some(Arc::clone(name)),
            (Begin::Server { .. }, Connection::Server(server)) => server.server_name().map(Arc::from),
            (Begin::Server { .. }, Connection::Client(_)) => None,
        };
        let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
        Facts {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => Version::Tls12,
                _ => Version::Tls13,
            },
            suite: suite.unwrap_or("?"),
            resumed: self.is_resumed(),
            trust: self.trust.clone(),
            name,
            sent_bytes: self.sent_bytes,
            received_bytes: self.received_bytes,
            round_trips: self.round_trips,
        }
    }

    fn fail(&mut self, error: &Error) {
        self.say(); // the alert
        self.is_over = true;
        let defect = self.scene.as_mut().and_then(|scene| scene.verdict.take()).and_then(Result::err);
        let is_begun = self.connection.as_ref().is_some_and(|connection| connection.protocol_version().is_some());
        let failure = failure(error, defect, is_begun);
        self.outputs.push_back(Output::News(News::Failed(failure)));
    }
}

fn connection(begin: &Begin) -> Result<Connection, Error> {
    let mut connection: Connection = match begin {
        Begin::Client { client, name, .. } => {
            let name = ServerName::try_from(&**name).map_err(|error| Error::General(error.to_string()))?.to_owned();
            ClientConnection::new(Arc::clone(&client.config), name)?.into()
        }
        Begin::Server { server } => ServerConnection::new(Arc::clone(&server.config))?.into(),
    };
    connection.set_buffer_limit(None);
    Ok(connection)
}

fn failure(error: &Error, defect: Option<Defect>, is_begun: bool) -> Failure {
    match error {
        Error::InvalidCertificate(_) if let Some(defect) = defect => Failure::Certificate(defect),
        Error::AlertReceived(alert) => Failure::Alert(alert_name(&format!("{alert:?}")).into()),
        Error::PeerIncompatible(_) => Failure::NothingInCommon,
        Error::InvalidMessage(InvalidMessage::InvalidContentType) if !is_begun => Failure::NotTls,
        other => Failure::Protocol(other.to_string().into()),
    }
}

/// `UnknownCA` is called `unknown_ca` in RFC 8446 §6.2.
fn alert_name(camel: &str) -> String {
    let mut name = String::new();
    let letters: Vec<char> = camel.chars().collect();
    for (place, letter) in letters.iter().enumerate() {
        let follows_small = place > 0 && letters[place - 1].is_lowercase();
        let begins_word = place > 0 && letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (follows_small || begins_word) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
