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
    /// §4.5.3.2.5: for each block of content to be taken by the transport. 3 minutes. Runs only where the carrier
    /// reports progress (`client::Session::handle_progress`).
    pub data_block: Duration,
    /// §4.5.3.2.6: for the reply after the final dot. 10 minutes: a short wait makes duplicates (RFC 1047).
    pub data_termination: Duration,
    /// For the reply to RSET. 5 minutes.
    pub rset: Duration,
    /// For the reply to QUIT. 5 minutes.
    pub quit: Duration,
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

/// RFC 5321 §4.5.3.2.7: how long a server waits for the next command. 5 minutes.
pub const SERVER_COMMAND: Duration = Duration::from_mins(5);
