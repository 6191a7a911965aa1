//! What an MTA knows of a connection that it has accepted.

use crate::agent::outgoing::Outgoing;
use crate::agent::{Peer, SocketId};
use crate::identity::ReversePath;
use crate::sim::Instant;
use crate::smtp::server::{Message, Session};
use crate::trace::{At, ConnId, MailId};

/// Tokens of accepted connections carry this bit; those of the courier do not.
pub(super) use crate::agent::tokens::ACCEPTED as INBOUND_TOKEN;

/// A connection that was accepted.
#[derive(Clone)]
pub(super) struct Inbound {
    pub(super) server: Box<Session>,
    pub(super) socket: SocketId,
    pub(super) conn: ConnId,
    pub(super) peer: Peer,
    /// Which mail the client says the connection is about, for observers.
    pub(super) about: Option<(MailId, u16)>,
    /// The last mail that it was about. The bytes of a client that went down meanwhile still arrive, when nobody can
    /// say any more what they are about: it is the same mail.
    pub(super) last_about: Option<(MailId, u16)>,
    /// The reverse-path of the transaction: what the greylist and the script look at.
    pub(super) reverse_path: Option<ReversePath>,
    /// A message that is being thought about, and until when.
    pub(super) held: Option<(Instant, Box<Message>)>,
    /// Replies that the connection has not taken yet: the client does not read them.
    pub(super) outgoing: Outgoing,
    /// Whether the client is gone. A message that is being thought about is finished all the same.
    pub(super) gone: bool,
}

impl Inbound {
    pub(super) fn at(&self, at: At) -> At {
        let at = at.conn(self.conn);
        match self.about {
            Some((mail, hop)) => at.mail(mail, hop),
            None => at,
        }
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match &self.held {
            Some((until, _)) => Some(*until),
            None => self.server.poll_timeout(),
        }
    }
}
