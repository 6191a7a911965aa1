//! A look into a mailbox: what is in memory while it goes on.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::find::{Asked, Candidate};
use crate::access::{imap, pop3};
use crate::agent::outgoing::Outgoing;
use crate::agent::{End, SocketId};
use crate::sim::Instant;
use crate::tls;
use crate::trace::{At, ConnId, HostId, RecordId, Side};

/// The session of a look, whichever its protocol.
#[derive(Clone, Debug)]
pub(super) enum Client {
    Pop3(Box<pop3::client::Session>),
    Imap(Box<imap::client::Session>),
}

macro_rules! each {
    ($client:expr, $session:ident => $do:expr) => {
        match $client {
            $crate::agent::reader::look::Client::Pop3($session) => $do,
            $crate::agent::reader::look::Client::Imap($session) => $do,
        }
    };
}
pub(super) use each;

/// How far a look has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// None goes on.
    #[default]
    Resting,
    /// Where the server is is being asked.
    Finding,
    /// A connection is being opened.
    Dialling,
    /// It is being sealed.
    Securing,
    /// The session talks.
    Talking,
}

/// A look, or the time until the next one.
#[derive(Clone, Default)]
pub(super) struct Look {
    pub(super) stage: Stage,
    /// When the next one begins.
    pub(super) next: Option<Instant>,
    /// What has been found out about the server.
    pub(super) asked: Asked,
    /// Servers that were not tried yet.
    pub(super) candidates: VecDeque<Candidate>,
    /// The one that is tried.
    pub(super) server: Option<Candidate>,
    pub(super) line: Option<Line>,
    /// The tickets of the last server.
    pub(super) ticket: Option<Rc<tls::Ticket>>,
    /// What IMAP has come to.
    pub(super) imap: super::imap::Progress,
    /// Why it began, for observers.
    pub(super) cause: Option<RecordId>,
    /// Why the last server could not be used.
    pub(super) failure: Option<String>,
}

/// A connection and the session on it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) client: Client,
    pub(super) socket: SocketId,
    pub(super) conn: Option<ConnId>,
    pub(super) peer: HostId,
    pub(super) outgoing: Outgoing,
    pub(super) sealed: bool,
    /// Until when it has to be open, or sealed.
    pub(super) deadline: Option<Instant>,
}

impl Line {
    pub(super) fn at(&self, at: At) -> At {
        self.conn.map_or(at, |conn| at.conn(conn))
    }

    /// This end, for records of what is heard.
    pub(super) fn end(&self) -> End {
        End { side: Side::Client, peer: self.peer, sealed: self.sealed }
    }
}

impl Look {
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self.stage {
            Stage::Resting => self.next,
            Stage::Finding => None,
            Stage::Dialling | Stage::Securing => self.line.as_ref()?.deadline,
            Stage::Talking => each!(&self.line.as_ref()?.client, session => session.poll_timeout()),
        }
    }

    /// The name that the certificate must have.
    pub(super) fn tls_name(&self) -> Arc<str> {
        let name = self.server.as_ref().map(|server| server.name.as_str()).unwrap_or_default();
        name.trim_matches(['[', ']']).into()
    }
}
