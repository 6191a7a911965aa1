//! A connection of a courier: how far it has come, and why it came to nothing.

use std::sync::Arc;

use smallvec::SmallVec;

use super::attempt::{Attempt, Candidate};
use crate::agent::outgoing::Outgoing;
use crate::agent::{SocketId, Unsealed};
use crate::octets::Chunk;
use crate::queue::{DestinationId, Job, Queue};
use crate::sim::Instant;
use crate::smtp::client;
use crate::trace::{At, ConnId, HostId, MailId, RecordId};

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The connection is being made.
    Dialling,
    /// It is there, and a handshake seals it before anything is said.
    Securing,
    /// The dialogue is under way.
    Talking,
    /// Ready for another mail.
    Idle,
    /// QUIT has been said.
    Quitting,
}

/// One connection and the dialogue on it.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) client: Box<client::Session>,
    /// Its socket, while there is one.
    pub(super) socket: Option<SocketId>,
    pub(super) conn: Option<ConnId>,
    pub(super) state: State,
    pub(super) destination: DestinationId,
    pub(super) job: Option<Job>,
    /// The recipients of the transaction under way, as places in the queue's entry.
    pub(super) places: SmallVec<[u32; 2]>,
    pub(super) attempt: Attempt,
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
    /// Whether TLS stands between it and TCP.
    pub(super) sealed: bool,
    /// Why the other end's certificate is not good enough for a mail that requires TLS, where it is sealed.
    pub(super) distrust: Option<Unsealed>,
    /// The record of the attempt that it was opened for, or is used for again.
    pub(super) cause: Option<RecordId>,
}

impl Connection {
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
        self.attempt.candidate()
    }

    /// The name that the certificate must have, and under which tickets are kept.
    pub(super) fn tls_name(&self) -> Arc<str> {
        self.candidate().named().0.as_str().trim_matches(['[', ']']).into()
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match self.state {
            State::Dialling | State::Securing | State::Idle => self.deadline,
            State::Talking | State::Quitting => self.client.poll_timeout(),
        }
    }
}

/// Why a connection came to nothing.
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
