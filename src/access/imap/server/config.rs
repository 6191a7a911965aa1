//! What a server is set up with.

use std::sync::Arc;

use super::extension::{Extension, Offer};
use crate::access::Door;
use crate::sim::Duration;

/// The settings that all sessions of one server share; servers that are set up alike can share them, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What the greeting says behind its capabilities; `Postroad ready.` by default. One line.
    pub greeting_text: String,
    /// Which extensions are offered; what depends on one that is not is not either ([`Offer::settled`]).
    pub offer: Offer,
    /// The largest mail, in octets, that APPEND takes (RFC 7889).
    pub max_append_bytes: u64,
    /// The longest command, in octets, with its literals but without a mail; Dovecot has the same 64 KiB. RFC 7162 §4 asks for 8,192
    /// at least.
    pub max_command_bytes: usize,
    /// How many bad commands there may be one behind the other; the one that reaches the number ends the session. Dovecot has 20, too.
    pub max_bad_commands: u32,
    /// How long a client may be silent that has logged in, also in IDLE; at least 30 minutes (RFC 9051 §5.4).
    pub idle_timeout: Duration,
    /// How long a client may be silent that has not logged in.
    pub login_timeout: Duration,
    /// The most octets of pipelined input that are kept while a command is at work; more ends the session.
    pub max_backlog_bytes: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            greeting_text: "Postroad ready.".into(),
            offer: Offer::ALL,
            max_append_bytes: 64 << 20,
            max_command_bytes: 64 << 10,
            max_bad_commands: 20,
            idle_timeout: Duration::from_mins(30),
            login_timeout: Duration::from_mins(3),
            // A client may send a mail behind a command whose answer it has not read.
            max_backlog_bytes: 65 << 20,
        }
    }
}

/// What all sessions of a server know.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its settings.
    pub config: Arc<Config>,
    /// Who may come in.
    pub door: Arc<Door>,
    /// What it offers.
    offer: Offer,
}

impl Server {
    /// A server.
    #[must_use]
    pub fn new(config: Arc<Config>, door: Arc<Door>) -> Server {
        let offer = config.offer.settled();
        Server { config, door, offer }
    }

    /// Whether it offers this.
    #[must_use]
    pub fn offers(&self, extension: Extension) -> bool {
        self.offer.has(extension)
    }

    /// What it offers.
    #[must_use]
    pub fn offer(&self) -> Offer {
        self.offer
    }
}
