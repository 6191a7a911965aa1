//! Where and for whom something is observed.

use super::{ConnId, HostId, MailId, RecordId};
use crate::sim::Instant;

/// Where and for whom something was observed: everything of a [`Record`](super::Record) but what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// When.
    pub at: Instant,
    /// Where.
    pub host: HostId,
    /// On which connection.
    pub conn: Option<ConnId>,
    /// For which mail.
    pub mail: Option<MailId>,
    /// On which of its hops.
    pub hop: Option<u16>,
    /// Because of what.
    pub cause: Option<RecordId>,
}

impl At {
    /// On a host, for no connection and no mail.
    #[must_use]
    pub fn host(at: Instant, host: HostId) -> At {
        At { at, host, conn: None, mail: None, hop: None, cause: None }
    }
    /// The same on a connection.
    #[must_use]
    pub fn conn(self, conn: ConnId) -> At {
        At { conn: Some(conn), ..self }
    }
    /// The same for a mail.
    #[must_use]
    pub fn mail(self, mail: MailId, hop: u16) -> At {
        At { mail: Some(mail), hop: Some(hop), ..self }
    }
    /// The same because of another record.
    #[must_use]
    pub fn because(self, cause: Option<RecordId>) -> At {
        At { cause, ..self }
    }
}
