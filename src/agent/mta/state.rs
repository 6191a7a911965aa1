//! What an MTA has in memory, and what it knows of a connection that it has accepted.

use std::collections::VecDeque;

use slab::Slab;

use super::named::Named;
use crate::agent::access::Sessions;
use crate::agent::dates::DateCache;
use crate::agent::outgoing::Outgoing;
use crate::agent::{End, Peer, SocketId};
use crate::identity::ReversePath;
use crate::mime::FieldWriter;
use crate::sim::Instant;
use crate::smtp::Reply;
use crate::smtp::server::{Question, Session};
use crate::tls;
use crate::trace::{At, Because, ConnId, MailId, RecordId, Side};

/// Tokens of accepted connections carry this bit; those of the courier do not.
pub(super) use crate::agent::tokens::ACCEPTED as INBOUND_TOKEN;

/// What is gone when the host goes down.
#[derive(Clone)]
pub(super) struct Memory {
    pub(super) inbound: Slab<Inbound>,
    /// Server machines of connections that are gone, for their memory, by listener.
    #[expect(clippy::vec_box, reason = "a session moves in and out as a pointer, not as 400 bytes")]
    pub(super) spare_servers: Vec<Vec<Box<Session>>>,
    /// No deadline of an inbound session is earlier than this.
    pub(super) inbound_wake: Option<Instant>,
    /// What it shows to those who want TLS, with another key for tickets than before it went down (RFC 5077 §5.5: a key
    /// is kept in memory).
    pub(super) tls: Option<tls::Server>,
    /// Sessions in which people take mail out.
    pub(super) access: Sessions,
    pub(super) writer: FieldWriter,
    pub(super) date: DateCache,
}

impl Memory {
    pub(super) fn new() -> Memory {
        Memory {
            inbound: Slab::new(),
            spare_servers: Vec::new(),
            inbound_wake: None,
            tls: None,
            access: Sessions::default(),
            writer: FieldWriter::new(),
            date: DateCache::default(),
        }
    }
}

/// A connection that was accepted.
#[derive(Clone)]
pub(super) struct Inbound {
    pub(super) server: Box<Session>,
    /// Which of the listeners accepted it.
    pub(super) listener: u16,
    /// Whether the client is one of the site's own.
    pub(super) is_own: bool,
    /// Whether it counts as one of the connections that are open, where they are counted.
    pub(super) has_place: bool,
    pub(super) socket: SocketId,
    pub(super) conn: ConnId,
    pub(super) peer: Peer,
    /// What the DNS says of the client.
    pub(super) named: Named,
    /// Which mail the client says the connection is about, for observers.
    pub(super) about: Option<(MailId, u16)>,
    /// The last mail that it was about. The bytes of a client that went down meanwhile still arrive, when nobody can
    /// say any more what they are about: it is the same mail.
    pub(super) last_about: Option<(MailId, u16)>,
    /// The reverse-path of the transaction: what the greylist and the script look at.
    pub(super) reverse_path: Option<ReversePath>,
    /// A question that has no answer yet.
    pub(super) deciding: Option<Box<Deciding>>,
    /// Replies that the connection has not taken yet: the client does not read them.
    pub(super) outgoing: Outgoing,
    /// Commands that have had no reply yet, as the trace has them.
    pub(super) unanswered: VecDeque<RecordId>,
    /// Whether the client is gone. A message that is being considered is finished all the same.
    pub(super) gone: bool,
    /// Whether TLS stands between it and TCP.
    pub(super) sealed: bool,
    /// Until when a handshake has to be done that is under way.
    pub(super) handshake_until: Option<Instant>,
}

impl Inbound {
    /// This end, for records of what is heard.
    pub(super) fn end(&self) -> End {
        End { side: Side::Server, peer: self.peer.host, sealed: self.sealed }
    }

    pub(super) fn at(&self, at: At) -> At {
        let at = at.conn(self.conn);
        match self.about {
            Some((mail, hop)) => at.mail(mail, hop),
            None => at,
        }
    }

    /// Which of the commands these replies answer.
    pub(super) fn because(&mut self, replies: &[u8]) -> Because {
        if self.unanswered.is_empty() {
            return Because::new();
        }
        let lines = replies.split(|byte| *byte == b'\n').filter(|line| line.len() > 3);
        let count = lines.filter(|line| line[3] != b'-').count().min(self.unanswered.len());
        self.unanswered.drain(..count).collect()
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match &self.deciding {
            Some(deciding) => deciding.until,
            None => self.handshake_until.or_else(|| self.server.poll_timeout()),
        }
    }
}

/// What a session waits for while its policies are at it.
#[derive(Clone)]
pub(super) struct Deciding {
    pub(super) question: Question,
    /// Which of the policies speaks next.
    pub(super) policy: usize,
    /// What is said if nobody has anything against it, and whether the connection is closed then.
    pub(super) yes: Option<(Reply, bool)>,
    /// The last record before it had to wait.
    pub(super) cause: Option<RecordId>,
    /// When it goes on; `None`: when a look-up has come back.
    pub(super) until: Option<Instant>,
}

impl Deciding {
    /// Whether it is about a message: that is finished even when its client is gone.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.question, Question::Message(_))
    }
}
