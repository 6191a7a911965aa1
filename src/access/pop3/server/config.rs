//! What a server session is set up with.

use std::sync::Arc;

use crate::access::Door;
use crate::sim::Duration;
use crate::smtp::framing::BareNewlines;

/// The settings that all sessions of one server share; servers that are set up alike can share them, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What the greeting says behind `+OK` and before the timestamp. One line.
    pub greeting_text: String,
    /// What CAPA says of the program (RFC 2449 §6.9). One line.
    pub implementation: String,
    /// Whether one can log in by APOP (RFC 1939 §7), where the session has a nonce and the door lets anybody log in at all.
    pub apop: bool,
    /// Whether UTF8 is understood (RFC 6856 §2). Where it is not, mails are given out whatever they hold.
    pub utf8: bool,
    /// Whether RETR marks a mail as read. Dovecot does (`pop3_no_flag_updates = no`).
    pub marks_seen: bool,
    /// How long a client may say nothing, or read nothing of what is sent, before the session ends without UPDATE; at least ten
    /// minutes by RFC 1939 §3.
    pub autologout: Duration,
    /// The most commands in a row that are answered with `-ERR` because they are none, or are said wrongly or in the wrong state;
    /// the one that reaches the number ends the session. `None`: no limit. Dovecot has 20.
    pub max_errors: Option<u32>,
    /// The most octets of pipelined input that are kept while a response is being made; more ends the session.
    pub max_backlog_bytes: usize,
    /// What to do about CR and LF outside of CRLF. RFC 1939 §3 knows CRLF alone; Dovecot takes a bare LF, too.
    pub bare_newlines: BareNewlines,
}

/// The settings of a server that follows the RFC.
impl Default for Config {
    fn default() -> Config {
        Config {
            greeting_text: "Postroad ready".into(),
            implementation: "Postroad".into(),
            apop: true,
            utf8: true,
            marks_seen: true,
            autologout: Duration::from_mins(10),
            max_errors: Some(20),
            max_backlog_bytes: 1 << 20,
            bare_newlines: BareNewlines::Refuse,
        }
    }
}

/// A server: its settings, and who may come in.
#[derive(Debug)]
pub struct Server {
    pub(super) config: Arc<Config>,
    pub(super) door: Arc<Door>,
}

impl Server {
    /// A server for the mailboxes behind this door.
    #[must_use]
    pub fn new(config: Arc<Config>, door: Arc<Door>) -> Server {
        Server { config, door }
    }
}
