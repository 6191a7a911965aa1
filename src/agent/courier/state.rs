//! What a courier knows of a connection: whom it tries, how far it has come, why it came to nothing.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::agent::SocketId;
use crate::agent::outgoing::Outgoing;
use crate::identity::Domain;
use crate::octets::Chunk;
use crate::queue::{DestinationId, Job, Queue};
use crate::sim::Instant;
use crate::smtp::client;
use crate::trace::{At, ConnId, HostId, MailId};

/// A host to try: its name and one of its addresses.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) name: Domain,
    pub(super) address: IpAddr,
    /// Its port, where it is not the usual one.
    pub(super) port: Option<u16>,
}

impl Candidate {
    pub(super) fn label(&self) -> Arc<str> {
        format!("{} [{}]", self.name, self.address).into()
    }
}

pub(super) type Candidates = SmallVec<[Candidate; 1]>;

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The connection is being made.
    Dialling,
    /// The dialogue is under way.
    Talking,
    /// Ready for another mail.
    Idle,
    /// QUIT has been said.
    Quitting,
}

/// One connection and the dialogue on it.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) client: Box<client::Session>,
    /// The connection, while there is one.
    pub(super) socket: Option<SocketId>,
    pub(super) conn: Option<ConnId>,
    pub(super) state: State,
    pub(super) destination: DestinationId,
    pub(super) job: Option<Job>,
    /// The recipients of the transaction under way, as places in the queue's entry.
    pub(super) places: SmallVec<[u32; 2]>,
    pub(super) candidates: Candidates,
    /// Which of the candidates this is.
    pub(super) current: usize,
    /// Sessions with other candidates in which this attempt has begun a transaction.
    pub(super) earlier: u32,
    /// Mails handed over on this connection.
    pub(super) mails: u32,
    /// When dialling or idling ends.
    pub(super) deadline: Option<Instant>,
    /// The host at the other end.
    pub(super) peer: HostId,
    /// The mail that what it says is about, and its hop, for observers. QUIT still belongs to the last one.
    pub(super) about: Option<(MailId, u16)>,
    /// What it has said and the connection has not taken yet.
    pub(super) outgoing: Outgoing,
}

impl Session {
    pub(super) fn at(&self, at: At, queue: &Queue) -> At {
        let at = match self.conn {
            Some(conn) => at.conn(conn),
            None => at,
        };
        match &self.job {
            Some(job) => {
                let entry = queue.entry(job.entry);
                at.mail(MailId(entry.mail), entry.hops + 1)
            }
            None => at,
        }
    }

    pub(super) fn candidate(&self) -> &Candidate {
        &self.candidates[self.current]
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match self.state {
            State::Dialling | State::Idle => self.deadline,
            State::Talking | State::Quitting => self.client.poll_timeout(),
        }
    }
}

/// Why a session came to nothing.
#[derive(Clone)]
pub(super) struct Breakdown {
    pub(super) status: Arc<str>,
    pub(super) text: Chunk,
    /// Whether the text is a reply.
    pub(super) is_reply: bool,
    /// Whether there is no point in asking this host again.
    pub(super) permanent: bool,
    /// Whether it is this end that could not: nothing is known of the other host.
    pub(super) ours: bool,
}
