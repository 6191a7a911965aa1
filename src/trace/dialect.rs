//! Which protocol is spoken on a connection.

use std::collections::BTreeMap;

use super::{ConnId, ConnectionState, Record, Side, What};

/// A protocol in which lines are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// RFC 5321, and what is like it: submission (RFC 6409), LMTP (RFC 2033).
    Smtp,
    /// RFC 1939.
    Pop3,
    /// RFC 9051.
    Imap,
}

/// What a server thinks of what a client has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is done, or goes on.
    Good,
    /// Not now.
    NotNow,
    /// No.
    No,
}

impl Dialect {
    /// What is usually spoken at a port (RFC 1939 §3, RFC 9051 §2.1, RFC 8314 §3.2 and §3.3), of those that take mail out of
    /// mailboxes.
    #[must_use]
    pub fn at_port(port: u16) -> Option<Dialect> {
        match port {
            110 | 995 => Some(Dialect::Pop3),
            143 | 993 => Some(Dialect::Imap),
            _ => None,
        }
    }

    /// What a server speaks that begins with this line (RFC 1939 §4, RFC 9051 §7.1, RFC 5321 §4.2).
    fn of_greeting(line: &[u8]) -> Option<Dialect> {
        match line {
            [b'+', b'O', b'K', ..] | [b'-', b'E', b'R', b'R', ..] => Some(Dialect::Pop3),
            [b'*', b' ', ..] => Some(Dialect::Imap),
            [a, b, c, ..] if [a, b, c].iter().all(|b| b.is_ascii_digit()) => Some(Dialect::Smtp),
            _ => None,
        }
    }

    /// What a record calls so.
    fn called(protocol: &str) -> Option<Dialect> {
        [Dialect::Smtp, Dialect::Pop3, Dialect::Imap].into_iter().find(|dialect| dialect.name() == protocol)
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Smtp => "SMTP",
            Dialect::Pop3 => "POP3",
            Dialect::Imap => "IMAP",
        }
    }

    /// Whether mail is taken out of mailboxes with it.
    #[must_use]
    pub fn reads_mailboxes(self) -> bool {
        self != Dialect::Smtp
    }

    /// What a line of a server says: by its reply code (RFC 5321 §4.2.1), its status indicator (RFC 1939 §3), or its status
    /// response (RFC 9051 §7.1). A line that has none of these goes on.
    #[must_use]
    pub fn reply(self, line: &[u8]) -> Reply {
        let second = || line.split(|b| *b == b' ').nth(1).unwrap_or_default();
        match (self, line.first()) {
            (Dialect::Smtp, Some(b'4')) => Reply::NotNow,
            (Dialect::Smtp, Some(b'5')) => Reply::No,
            (Dialect::Pop3, _) if line.starts_with(b"-ERR") => Reply::No,
            (Dialect::Imap, Some(first)) if *first != b'+' && matches!(second(), b"NO" | b"BAD") => Reply::No,
            _ => Reply::Good,
        }
    }
}

/// Which protocol is spoken on which connection, learnt from records as they come: by the port, by the first line of the server,
/// or by who says so.
#[derive(Clone, Debug, Default)]
pub struct Dialects {
    /// And whether the server has begun to speak.
    known: BTreeMap<ConnId, (Dialect, bool)>,
}

impl Dialects {
    /// What all these records teach.
    #[must_use]
    pub fn learn(records: &[Record]) -> Dialects {
        let mut dialects = Dialects::default();
        records.iter().for_each(|record| dialects.see(record));
        dialects
    }

    /// One more record.
    pub fn see(&mut self, record: &Record) {
        let Some(conn) = record.conn else { return };
        match &record.what {
            What::Connection { state: ConnectionState::Connecting, port, .. } => {
                let dialect = Dialect::at_port(*port).unwrap_or(Dialect::Smtp);
                self.known.entry(conn).or_insert((dialect, false));
            }
            What::Line { side, direction, text, .. } if from_server(*side, *direction) => {
                let (dialect, spoke) = self.known.entry(conn).or_insert((Dialect::Smtp, false));
                if !std::mem::replace(spoke, true) {
                    *dialect = Dialect::of_greeting(&text.0).unwrap_or(*dialect);
                }
            }
            What::Checked { protocol, .. } | What::Fetched { protocol, .. } | What::Unfetched { protocol, .. } => {
                if let Some(dialect) = Dialect::called(protocol) {
                    self.known.insert(conn, (dialect, true));
                }
            }
            _ => {}
        }
    }

    /// What is spoken on a connection: SMTP, where nothing says otherwise.
    #[must_use]
    pub fn of(&self, conn: Option<ConnId>) -> Dialect {
        conn.and_then(|conn| self.known.get(&conn)).map_or(Dialect::Smtp, |(dialect, _)| *dialect)
    }

    /// Nothing more is said on a connection.
    pub fn forget(&mut self, conn: ConnId) {
        self.known.remove(&conn);
    }

    /// Of how many connections something is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Whether a line comes from the server, at whichever end it was recorded.
fn from_server(side: Side, direction: super::Direction) -> bool {
    (side == Side::Server) == (direction == super::Direction::Sent)
}

#[cfg(test)]
#[path = "dialect_tests.rs"]
mod tests;
