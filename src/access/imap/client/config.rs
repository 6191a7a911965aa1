//! What a client is set up with.

use std::sync::Arc;

use crate::sasl::Mechanisms;
use crate::sim::Duration;

/// The settings that all sessions of one client share; clients that are set up alike can share them, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whether to seal the connection (RFC 9051 §6.2.1).
    pub tls: StartTls,
    /// Whether to show a password over a connection that is not sealed. RFC 8314 §4.1 says better not.
    pub plain_text_logins: bool,
    /// How to log in, where there is a choice. LOGIN counts as one that shows the password, and is taken where nothing better is
    /// offered and one of those is among these.
    pub mechanisms: Mechanisms,
    /// Whether to use IDLE (RFC 2177) where it is offered; else the client [asks now and then](Config::poll_every).
    pub uses_idle: bool,
    /// Whether to use MOVE (RFC 6851) where it is offered.
    pub uses_move: bool,
    /// Whether to use the numbers of changes (RFC 7162 §3.1) where they are offered.
    pub uses_condstore: bool,
    /// Whether to let SELECT tell what has changed (RFC 7162 §3.2) where it is offered. Phones do, Thunderbird does not.
    pub uses_qresync: bool,
    /// Whether to send literals without waiting (RFC 7888) where it is offered.
    pub uses_literal_plus: bool,
    /// What the client calls itself where ID (RFC 2971) is offered; `None`: it says nothing.
    pub identifies_as: Option<Arc<str>>,
    /// How long to wait while nothing moves, before the connection counts as lost.
    pub reply_timeout: Duration,
    /// How long to stay in one IDLE: less than half an hour, or the server may close the connection (RFC 2177 §3).
    pub idle_renew: Duration,
    /// How often to ask while idling without IDLE.
    pub poll_every: Duration,
    /// What a server may ask of the client's memory.
    pub limits: Limits,
}

/// When a client says STARTTLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartTls {
    /// Never.
    #[default]
    Never,
    /// Where it is offered; where it is not, or is refused, everything goes on in plain text (RFC 7435).
    IfOffered,
    /// Always: nobody logs in over a connection that is not sealed.
    Required,
}

/// Bounds. Who goes beyond one ends the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest line of a response, its CRLF included.
    pub line_bytes: usize,
    /// The longest response, without the content of mails.
    pub response_bytes: usize,
    /// The most content of mails in one response.
    pub content_bytes: u64,
    /// The most mails in a folder that is open.
    pub messages: u32,
    /// The most folders in a list; what comes behind is left out.
    pub folders: usize,
    /// The most requests that wait.
    pub queued: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            line_bytes: 1 << 18,
            response_bytes: 1 << 20,
            content_bytes: 1 << 28,
            messages: 250_000,
            folders: 10_000,
            queued: 1_000,
        }
    }
}

/// The settings of a client that follows the RFCs and uses what is offered. The times are Thunderbird's.
impl Default for Config {
    fn default() -> Config {
        Config {
            tls: StartTls::Never,
            plain_text_logins: false,
            mechanisms: Mechanisms::ALL,
            uses_idle: true,
            uses_move: true,
            uses_condstore: true,
            uses_qresync: false,
            uses_literal_plus: true,
            identifies_as: None,
            reply_timeout: Duration::from_secs(100),
            idle_renew: Duration::from_mins(29),
            poll_every: Duration::from_mins(10),
            limits: Limits::default(),
        }
    }
}
