//! Connections, lines and content, as the client saw them.

use super::super::{Line, Style, words};
use super::telling::Telling;
use crate::trace::{ConnectionState, Direction, Record, Reply, Side, What};

impl Telling {
    pub(super) fn dialogue(&mut self, record: &Record) {
        let Some(conn) = record.conn else { return };
        match &record.what {
            What::Connection { state, side: Side::Client, peer, port } => {
                let item = self.connection(record, conn, record.host, *peer);
                self.set_port(item, *port);
                self.state(item, record, *state);
            }
            What::Connection { state: ConnectionState::Reset | ConnectionState::TimedOut, side, peer, .. } => {
                debug_assert_eq!(*side, Side::Server);
                let item = self.connection(record, conn, *peer, record.host);
                let line = Line::of(Style::Host, self.name(record.host)).with(Style::Bad, " lost the connection");
                self.add(item, record.at, line);
                self.ends(item, record, ConnectionState::Reset);
            }
            What::Connection { state: ConnectionState::Closed, side: Side::Server, .. } => {
                if let Some(item) = self.connections.get(&conn) {
                    self.ends(*item, record, ConnectionState::Closed);
                }
            }
            What::Line { direction, side: Side::Client, peer, text, .. } => {
                let item = self.connection(record, conn, record.host, *peer);
                // The first line may know better what is spoken than the port.
                let dialect = self.dialects.of(Some(conn));
                if let Some(hop) = self.hop_mut(item) {
                    hop.dialect = dialect;
                }
                let line = match direction {
                    Direction::Sent => Line::of(Style::Client, format!("C: {}", text.visible())),
                    Direction::Received => {
                        let style = match self.dialects.of(Some(conn)).reply(&text.0) {
                            Reply::NotNow => Style::Warning,
                            Reply::No => Style::Bad,
                            Reply::Good => Style::Server,
                        };
                        Line::of(style, format!("S: {}", text.visible()))
                    }
                };
                self.add(item, record.at, line);
            }
            What::Content { direction, side: Side::Client, peer, size_bytes } => {
                let item = self.connection(record, conn, record.host, *peer);
                let who = if *direction == Direction::Sent { "C:" } else { "S:" };
                let content = words::content(*size_bytes, self.makeup.of(record));
                let line = Line::of(Style::Client, who).with(Style::Faint, format!(" … {content} …"));
                self.add(item, record.at, line);
            }
            _ => {}
        }
    }

    /// One end of a connection is over. When both are, nothing is heard of it any more but stray packets.
    fn ends(&mut self, item: usize, record: &Record, state: ConnectionState) {
        use ConnectionState::{Closed, Refused, Reset, TimedOut};
        let (Some(hop), Some(conn)) = (self.hop_mut(item), record.conn) else { return };
        if matches!(state, Closed | Refused | Reset | TimedOut) {
            // Of one that never came about, the other end knows nothing.
            hop.ends += if hop.is_open { 1 } else { 2 };
            if hop.ends >= 2 {
                self.ended.push_back((record.at, conn));
            }
        }
    }

    fn state(&mut self, item: usize, record: &Record, state: ConnectionState) {
        self.ends(item, record, state);
        let Some(hop) = self.hop_mut(item) else { return };
        let closes = matches!(state, ConnectionState::PeerClosed | ConnectionState::Closed);
        let was_closed = hop.is_closed;
        let was_open = hop.is_open;
        hop.is_closed |= closes;
        hop.is_open |= state == ConnectionState::Open;
        let line = match state {
            ConnectionState::Connecting => return,
            // The verdict of a connection that never came about has been told.
            ConnectionState::PeerClosed | ConnectionState::Closed if was_closed || !was_open => return,
            ConnectionState::Open => Line::of(Style::Faint, "connected"),
            ConnectionState::PeerClosed | ConnectionState::Closed => Line::of(Style::Faint, "closed"),
            ConnectionState::Refused => Line::of(Style::Bad, "connection refused: nobody listens there"),
            ConnectionState::TimedOut if was_open => {
                Line::of(Style::Faint, "TCP gives up the old connection: its last bytes were never acknowledged")
            }
            ConnectionState::TimedOut => Line::of(Style::Bad, "connection timed out: no answer"),
            ConnectionState::Reset => Line::of(Style::Bad, "connection reset by the other end"),
            ConnectionState::NoPort => Line::of(Style::Bad, "not connected: no port is free to connect from"),
        };
        self.add(item, record.at, line);
    }
}
