//! Where connections and agents meet: whose a connection is, what it is called, and what its agent said on it that has
//! not left the host yet.

use std::collections::VecDeque;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::agent::{Says, SocketId, Sockets};
use crate::net::{self, Mark, Network};
use crate::octets::Chunk;
use crate::sim::Instant;
use crate::trace::{At, ConnId, HostId, MailId, RecordId, Side};

/// What a connection is about: a mail and its hop.
pub(super) type About = Option<(MailId, u16)>;

/// One end of a connection and the agent behind it.
#[derive(Clone)]
pub(super) struct Pipe {
    pub(super) host: HostId,
    /// The host at the other end.
    pub(super) peer: HostId,
    pub(super) number: ConnId,
    pub(super) side: Side,
    /// The server's port.
    pub(super) port: u16,
    /// The agent's name for it, once it has one.
    pub(super) token: u32,
    /// Whether the agent still wants to hear of it.
    pub(super) attended: bool,
    pub(super) about: About,
    pub(super) said: VecDeque<Said>,
    /// How many bytes the agent has sent, and how many it has been given: as it knows them, before they are sealed.
    pub(super) spoke: u64,
    pub(super) heard: u64,
    /// Whether TLS stands between the agent and TCP.
    pub(super) sealed: bool,
    /// Whether its handshake is done.
    pub(super) secured: bool,
}

/// Something that an agent has said and that has not left yet.
#[derive(Clone)]
pub(super) struct Said {
    /// How many bytes of the stream have left when it has.
    pub(super) end: u64,
    /// How many bytes the agent at the other end has been given when it has arrived.
    pub(super) arrives: u64,
    pub(super) sealed: bool,
    pub(super) about: About,
    pub(super) what: Spoken,
    pub(super) cause: Option<RecordId>,
}

#[derive(Clone)]
pub(super) enum Spoken {
    Line { text: Chunk, is_secret: bool },
    Content { size_bytes: u64 },
}

/// Lines on their way: where each ends in the stream, and its record.
pub(super) type Unheard = VecDeque<(u64, RecordId)>;

/// All pipes, by the network's places.
#[derive(Clone, Default)]
pub(super) struct Pipes {
    pipes: Vec<Option<Pipe>>,
    /// What has left for an end of a connection and has not arrived there: where it ends in the stream, and its record. Only
    /// while somebody looks on. Looked up, never iterated.
    pub(super) spoken: FxHashMap<(ConnId, Side), Unheard>,
    last_connection: u64,
}

/// A service to connect to, and where from.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) from: Option<IpAddr>,
    pub(super) to: IpAddr,
    pub(super) port: u16,
}

impl Pipe {
    #[inline]
    pub(super) fn at(&self, now: Instant) -> At {
        about(At::host(now, self.host).conn(self.number), self.about)
    }

    /// Notes what is said with bytes, and why. Of the stream, `sent` bytes went before them, and they end at `end`; what is
    /// sealed leaves as a whole.
    pub(super) fn note(
        &mut self,
        (sent, end): (u64, u64),
        data: &Chunk,
        about: About,
        says: Says,
        because: &[RecordId],
    ) {
        let (sealed, whole) = (self.sealed, end);
        let spoke = self.spoke;
        match says {
            Says::Nothing => {}
            Says::Lines | Says::Secret => {
                let is_secret = says == Says::Secret;
                let (mut rest, mut taken, mut replies) = (data.clone(), 0, 0);
                while let Some(newline) = memchr::memchr(b'\n', &rest) {
                    let line = rest.split_to(newline + 1);
                    taken += line.len() as u64;
                    let (end, arrives) = (if sealed { whole } else { sent + taken }, spoke + taken);
                    let text = line.len() - if line.ends_with(b"\r\n") { 2 } else { 1 };
                    let cause = because.get(replies).or(because.last()).copied();
                    // The next line is of the next reply, unless this one goes on (RFC 5321 §4.2.1).
                    replies += usize::from(line.get(3) != Some(&b'-'));
                    let what = Spoken::Line { text: line.slice(0..text), is_secret };
                    self.said.push_back(Said { end, arrives, sealed, about, what, cause });
                }
            }
            Says::EndOfContent { size_bytes } | Says::EndOfLiteral { size_bytes } => {
                let arrives = spoke + data.len() as u64;
                let cause = because.last().copied();
                let what = Spoken::Content { size_bytes };
                self.said.push_back(Said { end, arrives, sealed, about, what, cause });
                if matches!(says, Says::EndOfLiteral { .. }) {
                    return;
                }
                let dot = Spoken::Line { text: ".".into(), is_secret: false };
                self.said.push_back(Said { end, arrives, sealed, about, what: dot, cause });
            }
        }
    }
}

#[inline]
pub(super) fn about(at: At, mail: About) -> At {
    match mail {
        Some((mail, hop)) => at.mail(mail, hop),
        None => at,
    }
}

/// Mails are numbered from 1, so that no mark of a mail is zero.
#[inline]
pub(super) fn mark(mail: About) -> Mark {
    mail.map_or(Mark::NONE, |(mail, hop)| Mark(mail.0 << 16 | u64::from(hop)))
}

#[inline]
pub(super) fn marked(mark: Mark) -> About {
    (mark != Mark::NONE).then_some((MailId(mark.0 >> 16), mark.0 as u16))
}

impl From<SocketId> for net::SocketId {
    fn from(socket: SocketId) -> net::SocketId {
        net::SocketId(socket.0)
    }
}

impl From<net::SocketId> for SocketId {
    fn from(socket: net::SocketId) -> SocketId {
        SocketId(socket.0)
    }
}

impl Sockets for Network {
    fn reserve(&mut self) -> SocketId {
        Network::reserve(self).into()
    }

    fn room(&self, socket: SocketId) -> usize {
        Network::room(self, socket.into())
    }
}

impl Pipes {
    pub(super) fn connections(&self) -> u64 {
        self.last_connection
    }

    /// The number of a connection that is being opened.
    pub(super) fn number(&mut self) -> ConnId {
        self.last_connection += 1;
        ConnId(self.last_connection)
    }

    #[inline]
    pub(super) fn get(&mut self, socket: SocketId) -> Option<&mut Pipe> {
        self.pipes.get_mut(socket.0 as usize)?.as_mut()
    }

    /// An end of a connection, and what has left for it and has not arrived.
    pub(super) fn spoken_to(&mut self, socket: SocketId) -> Option<(&Pipe, Option<&mut Unheard>)> {
        let pipe = self.pipes.get(socket.0 as usize)?.as_ref()?;
        Some((pipe, self.spoken.get_mut(&(pipe.number, pipe.side))))
    }

    #[inline]
    pub(super) fn install(&mut self, socket: SocketId, pipe: Pipe) {
        let place = socket.0 as usize;
        if self.pipes.len() <= place {
            self.pipes.resize_with(place + 1, || None);
        }
        self.pipes[place] = Some(pipe);
    }

    /// The connection is gone; its number is given back.
    #[inline]
    pub(super) fn remove(&mut self, socket: SocketId) -> Option<ConnId> {
        let pipe = self.pipes.get_mut(socket.0 as usize)?.take()?;
        if !self.spoken.is_empty() {
            self.spoken.remove(&(pipe.number, pipe.side));
        }
        Some(pipe.number)
    }

    pub(super) fn adopt(&mut self, socket: SocketId, token: u32) {
        if let Some(pipe) = self.get(socket) {
            pipe.token = token;
        }
    }

    pub(super) fn dismiss(&mut self, socket: SocketId) {
        if let Some(pipe) = self.get(socket) {
            pipe.attended = false;
        }
    }

    /// A host goes down: what was said on its connections and has not left never will.
    pub(super) fn crash(&mut self, host: HostId) {
        for place in &mut self.pipes {
            if place.as_ref().is_some_and(|pipe| pipe.host == host) {
                *place = None;
            }
        }
    }
}
