//! The patience of RFC 5321 §4.5.3.2.

use crate::sim::Duration;

/// How long a client waits for each reply. The default is the least that RFC 5321 §4.5.3.2 asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// §4.5.3.2.1: for the 220 greeting. 5 minutes.
    pub greeting: Duration,
    /// For the reply to EHLO and HELO; the RFC gives no number of its own. 5 minutes.
    pub helo: Duration,
    /// §4.5.3.2.2: for the reply to MAIL. 5 minutes.
    pub mail: Duration,
    /// §4.5.3.2.3: for the reply to each RCPT. 5 minutes.
    pub rcpt: Duration,
    /// §4.5.3.2.4: for the 354 after DATA. 2 minutes.
    pub data_initiation: Duration,
    /// §4.5.3.2.5: for each block of content to be taken by the transport. 3 minutes. Counted from
    /// one block that was taken to the next (`client::Session::handle_progress`).
    pub data_block: Duration,
    /// §4.5.3.2.6: for the reply after the final dot. 10 minutes: a short wait makes duplicates (RFC 1047).
    pub data_termination: Duration,
    /// For the reply to RSET. 5 minutes.
    pub rset: Duration,
    /// For the reply to QUIT. 5 minutes.
    pub quit: Duration,
}

impl Timeouts {
    /// The same for everything.
    #[must_use]
    pub const fn all(each: Duration) -> Timeouts {
        Timeouts {
            greeting: each,
            helo: each,
            mail: each,
            rcpt: each,
            data_initiation: each,
            data_block: each,
            data_termination: each,
            rset: each,
            quit: each,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let five = Duration::from_mins(5);
        Timeouts {
            greeting: five,
            helo: five,
            mail: five,
            rcpt: five,
            data_initiation: Duration::from_mins(2),
            data_block: Duration::from_mins(3),
            data_termination: Duration::from_mins(10),
            rset: five,
            quit: five,
        }
    }
}

/// Whose patience a client has: the defaults of mail systems that people run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// The least that RFC 5321 §4.5.3.2 asks for; 30 seconds for a connection, of which the RFC says nothing.
    #[default]
    Rfc5321,
    /// Postfix `smtp_connect_timeout` 30 s, `smtp_helo_timeout`, `smtp_mail_timeout` and `smtp_rcpt_timeout` 300 s,
    /// `smtp_data_init_timeout` 120 s, `smtp_data_xfer_timeout` 180 s, `smtp_data_done_timeout` 600 s,
    /// `smtp_rset_timeout` 20 s, `smtp_quit_timeout` 300 s (src/global/mail_params.h).
    Postfix,
    /// Exim's smtp transport: `connect_timeout`, `command_timeout` and `data_timeout` 5 m, `final_timeout` 10 m
    /// (src/src/transports/smtp.c).
    Exim,
    /// KumoMTA's client: connect 60 s, banner 60 s, EHLO, MAIL and RCPT 300 s, DATA 30 s, final dot 60 s
    /// (crates/rfc5321/src/client_types.rs); each block like a command.
    KumoMta,
    /// Stalwart: connect, greeting, EHLO, MAIL and RCPT 5 m, DATA and what follows 10 m
    /// (common/src/config/smtp/queue.rs).
    Stalwart,
    /// mox: 30 s for each operation (smtpclient/client.go).
    Mox,
}

impl Patience {
    /// How long it waits for a connection to open.
    #[must_use]
    pub fn connect(self) -> Duration {
        match self {
            Patience::Rfc5321 | Patience::Postfix | Patience::Mox => Duration::from_secs(30),
            Patience::KumoMta => Duration::from_mins(1),
            Patience::Exim | Patience::Stalwart => Duration::from_mins(5),
        }
    }

    /// How long it waits for each reply, and for each block of content to be taken.
    #[must_use]
    pub fn timeouts(self) -> Timeouts {
        let (secs, mins) = (Duration::from_secs, Duration::from_mins);
        match self {
            Patience::Rfc5321 => Timeouts::default(),
            Patience::Postfix => Timeouts { rset: secs(20), ..Timeouts::default() },
            Patience::Exim => Timeouts { data_initiation: mins(5), data_block: mins(5), ..Timeouts::default() },
            Patience::KumoMta => Timeouts {
                greeting: mins(1),
                data_initiation: secs(30),
                data_block: secs(30),
                data_termination: mins(1),
                ..Timeouts::default()
            },
            Patience::Stalwart => Timeouts { data_initiation: mins(10), data_block: mins(10), ..Timeouts::default() },
            Patience::Mox => Timeouts::all(secs(30)),
        }
    }
}

/// RFC 5321 §4.5.3.2.7: how long a server waits for the next command. 5 minutes.
pub const SERVER_COMMAND: Duration = Duration::from_mins(5);
