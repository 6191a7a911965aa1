//! What a server session is set up with.

use std::sync::{Arc, OnceLock};

use crate::identity::Domain;
use crate::octets::Chunk;
use crate::sasl::{Accounts, Mechanisms};
use crate::sim::Duration;
use crate::smtp::extension::{Extension, Offer};
use crate::smtp::framing::BareNewlines;
use crate::smtp::{limits, timeouts};

/// Which decisions the agent wants to make beside those on recipients and messages, which it always makes. Everything
/// else is accepted on the spot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Whether to ask before the greeting.
    pub connect: bool,
    /// Whether to ask about HELO and EHLO.
    pub helo: bool,
    /// Whether to ask about MAIL.
    pub mail: bool,
    /// Whether to ask about DATA.
    pub data: bool,
}

/// The settings that all sessions of one server share; servers that are set up alike can share them, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What follows the server's name in the greeting; `ESMTP Postroad` by default (RFC 5321 §4.2: `ESMTP` tells that EHLO is
    /// understood). One line.
    pub greeting_text: String,
    /// Whether EHLO is understood; `false` is a server of RFC 821, which answers 502.
    pub esmtp: bool,
    /// Whether it speaks LMTP (RFC 2033): LHLO in the place of HELO and EHLO, and behind the final dot a reply for each
    /// recipient.
    pub lmtp: bool,
    /// Which extensions EHLO offers.
    pub offer: Offer,
    /// Which decisions the agent wants to make.
    pub ask: Ask,
    /// The largest message in octets (RFC 1870); offered with SIZE, and held against what is declared and what comes.
    /// `None`: no limit.
    pub max_message_bytes: Option<u64>,
    /// The most recipients in one transaction; further ones get 452 (RFC 5321 §4.5.3.1.10). At least 100 by
    /// §4.5.3.1.8; fewer is a quirk.
    pub max_recipients: usize,
    /// The most commands in one session; the next one gets 421. `None`: no limit.
    pub max_commands: Option<u32>,
    /// The most mails in one session; MAIL behind so many that were accepted gets 421 (Exim, `smtp_accept_max_per_connection`,
    /// whose words it has). `None`: no limit.
    pub max_mails: Option<u32>,
    /// The most octets of content in one session: when so many have come, MAIL gets 421. `None`: no limit. The mail that
    /// reaches the number is still taken, where others break it off: "Limit session size" of the Windows SMTP service
    /// closes the connection, Stalwart says 452 and closes it. RFC 5321 §3.8 has 421 for who closes.
    pub max_session_bytes: Option<u64>,
    /// The most protocol errors (syntax, sequence, unknown) in one session; the one that reaches the number gets 421.
    /// `None`: no limit. What the agent refuses is no protocol error.
    pub max_errors: Option<u32>,
    /// How long to wait for the next command (RFC 5321 §4.5.3.2.7), counted from the end of the last one: a line that
    /// dribbles in does not extend it.
    pub command_timeout: Duration,
    /// How long to wait for the next bytes of content.
    pub data_timeout: Duration,
    /// What to do about CR and LF outside of CRLF.
    pub bare_newlines: BareNewlines,
    /// Whether HELO or EHLO must come before MAIL (RFC 5321 §4.1.4). `false` is what Postfix does by default.
    pub require_helo: bool,
    /// The longest text line in octets, CRLF included; longer ones have the message refused with 550 5.6.0. `None`, the
    /// default, takes lines of any length: RFC 5321 §4.5.3.1.6 says what a server must at least take (1000), and
    /// warns against refusing more.
    pub max_text_line_bytes: Option<usize>,
    /// The text of the 214 reply, lines separated by `\n`.
    pub help_text: String,
    /// How one can log in, where the server has accounts (RFC 4954); offered with AUTH.
    pub mechanisms: Mechanisms,
    /// Whether one can log in over a connection that is not sealed. `false` is what RFC 4954 §4 asks of whoever offers
    /// PLAIN.
    pub plain_text_logins: bool,
    /// Whether whoever has not logged in is refused at MAIL (RFC 4954 §6: 530), wherever it comes from.
    pub requires_login: bool,
    /// Whether nothing is done before the connection is sealed, where it can be (RFC 3207 §4: 530). Not for a server that
    /// takes mail from everybody.
    pub requires_tls: bool,
    /// How many logins may fail; the one that reaches the number gets 421 behind its reply. RFC 4954 §4 leaves the number
    /// open.
    pub max_failed_logins: u32,
    /// The most octets of pipelined input that are kept while a question is open; more ends the session with 421.
    pub max_backlog_bytes: usize,
}

/// The settings of a server that follows the RFC.
impl Default for Config {
    fn default() -> Config {
        Config {
            greeting_text: "ESMTP Postroad".into(),
            esmtp: true,
            lmtp: false,
            offer: Offer::ALL,
            ask: Ask::default(),
            max_message_bytes: None,
            max_recipients: 1000,
            max_commands: None,
            max_mails: None,
            max_session_bytes: None,
            max_errors: Some(20),
            command_timeout: timeouts::SERVER_COMMAND,
            data_timeout: timeouts::SERVER_COMMAND,
            bare_newlines: BareNewlines::Refuse,
            require_helo: true,
            max_text_line_bytes: None,
            help_text: "Commands: HELO EHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT\nSee RFC 5321".into(),
            mechanisms: Mechanisms::COMMON,
            plain_text_logins: false,
            requires_login: false,
            requires_tls: false,
            max_failed_logins: 3,
            max_backlog_bytes: 1 << 20,
        }
    }
}

impl Config {
    /// The longest line of a command, CRLF included. Only MAIL is lengthened by parameters, and only by those offered.
    pub(super) fn max_line(&self, mail: bool, offer: Offer) -> usize {
        let parameters = if mail && self.esmtp { offer } else { Offer::NONE };
        limits::COMMAND_LINE + parameters.iter().map(Extension::mail_octets).sum::<usize>()
    }
}

/// A server: its settings and its name. The greeting and the EHLO reply, which all its sessions say alike, are built
/// when the first one needs them.
#[derive(Debug)]
pub struct Server {
    pub(super) config: Arc<Config>,
    pub(super) name: Domain,
    /// Who can log in.
    pub(super) accounts: Option<Arc<Accounts>>,
    built: OnceLock<Box<Built>>,
}

impl Server {
    /// A server that calls itself `name` in its greeting and in 221 and 421 replies.
    #[must_use]
    pub fn new(config: Arc<Config>, name: Domain) -> Server {
        Server { config, name, accounts: None, built: OnceLock::new() }
    }

    pub(super) fn built(&self) -> &Built {
        self.built.get_or_init(|| {
            let name = &self.name;
            let config = &self.config;
            let mut ehlo = vec![name.to_string()];
            let some = [Extension::RequireTls, Extension::StartTls, Extension::Auth];
            let always = some.into_iter().fold(config.offer, Offer::without);
            ehlo.extend(always.keywords(config.max_message_bytes, Mechanisms::NONE));
            let with = |extension: Extension| {
                let said = config.offer.has(extension).then(|| extension.keyword().to_owned());
                Chunk::from(lines(&ehlo.iter().cloned().chain(said).collect::<Vec<_>>()))
            };
            // RFC 5321 §4.3.1: the greeting begins with the name; §4.2: so do 221 and 421.
            let greeting = format!("220 {name} {}", config.greeting_text.replace(['\r', '\n'], " "));
            Box::new(Built {
                greeting: Chunk::from(format!("{}\r\n", greeting.trim_end())),
                ehlo: Chunk::from(lines(&ehlo)),
                ehlo_starttls: with(Extension::StartTls),
                ehlo_sealed: with(Extension::RequireTls),
                helo: Chunk::from(format!("250 {name}\r\n")),
                bye: Chunk::from(format!("221 {name} closing connection\r\n")),
                bye_enhanced: Chunk::from(format!("221 2.0.0 {name} closing connection\r\n")),
            })
        })
    }
}

/// The lines of a reply to EHLO (RFC 5321 §4.2.1).
fn lines(lines: &[String]) -> String {
    let last = lines.len() - 1;
    let line = |(i, line): (usize, &String)| format!("250{}{line}\r\n", if i == last { ' ' } else { '-' });
    lines.iter().enumerate().map(line).collect()
}

/// Replies that depend on the settings alone.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) greeting: Chunk,
    pub(super) ehlo: Chunk,
    /// The same, with STARTTLS.
    pub(super) ehlo_starttls: Chunk,
    /// The same, over TLS.
    pub(super) ehlo_sealed: Chunk,
    pub(super) helo: Chunk,
    pub(super) bye: Chunk,
    pub(super) bye_enhanced: Chunk,
}
