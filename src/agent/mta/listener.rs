//! What a server listens for, and what differs from port to port.

use std::sync::Arc;

use super::policy::Policy;
use crate::smtp::server;
use crate::tls;

/// What is served on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Mail from other servers (RFC 5321): whoever it is, for the domains that are here; for elsewhere from known
    /// clients only.
    Smtp,
    /// Mail from the site's own people (RFC 6409): known clients and those who have logged in, to anywhere. What their
    /// mail lacks is added.
    Submission,
    /// The same, sealed by TLS from the first byte on (RFC 8314 §3.3).
    Submissions,
    /// Mail for mailboxes that are here, from the site's own servers (LMTP, RFC 2033): one reply for each recipient, and
    /// nothing is passed on.
    Lmtp,
    /// Mail for those who own it, by POP3 (RFC 1939).
    Pop3,
    /// The same, sealed by TLS from the first byte on (RFC 8314 §3.2).
    Pop3s,
    /// Mail for those who own it, by IMAP (RFC 9051).
    Imap,
    /// The same, sealed by TLS from the first byte on (RFC 8314 §3.2).
    Imaps,
}

impl Service {
    /// Whether it is the site's own people who hand mail in.
    #[must_use]
    pub fn is_submission(self) -> bool {
        matches!(self, Service::Submission | Service::Submissions)
    }

    /// Whether it seals connections from the first byte on.
    #[must_use]
    pub fn is_sealed(self) -> bool {
        matches!(self, Service::Submissions | Service::Pop3s | Service::Imaps)
    }

    /// Whether it takes mail, and does not give it out.
    #[must_use]
    pub fn takes_mail(self) -> bool {
        matches!(self, Service::Smtp | Service::Submission | Service::Submissions | Service::Lmtp)
    }

    /// What is considered of everything that a client says, in this order.
    pub(super) fn policies(self) -> &'static [Policy] {
        use Policy::{Access, Door, Greylist, KnownSender, LookUpClient, Mailboxes, NamedClient, Processing, Script};
        use Policy::{Quota, SenderLogin, Submitters};
        match self {
            // As Postfix has it (`smtpd_delay_reject`): what the name of a client leads to is said at RCPT, where a log can
            // tell whose mail it was.
            Service::Smtp => &[
                Door,
                LookUpClient,
                Processing,
                Script,
                SenderLogin,
                KnownSender,
                NamedClient,
                Access,
                Greylist,
                Quota,
            ],
            Service::Lmtp => &[Door, LookUpClient, Processing, Script, Mailboxes, Quota],
            Service::Submission | Service::Submissions => {
                &[Door, LookUpClient, Processing, Script, Submitters, SenderLogin, Access, Quota]
            }
            Service::Pop3 | Service::Pop3s | Service::Imap | Service::Imaps => &[],
        }
    }
}

/// A port that a server listens on.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// What is served there.
    pub service: Service,
    /// The server there.
    pub server: Arc<server::Server>,
    /// What it shows to those who want TLS.
    pub tls: Option<tls::Server>,
    /// Whether connections are sealed from the first byte on (RFC 8314 §3).
    pub implicit_tls: bool,
}
