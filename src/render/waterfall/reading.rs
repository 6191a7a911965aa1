//! The way of a mail out of its mailbox, up to the person who reads it.

use std::collections::BTreeMap;

use crate::sim::Instant;
use crate::trace::{ConnId, ConnectionState, Dialects, Direction, HostId, MailId, Record, Roster, Side, What};

use super::super::text_width::clean;
use super::parts::{Course, Phase, Row, Span};

/// A connection of a machine to a mailbox.
struct Look {
    server: HostId,
    course: Course,
}

/// Collects the rows.
pub(super) struct Reading<'r> {
    roster: &'r Roster,
    mail: MailId,
    dialects: Dialects,
    rows: Vec<Row>,
    /// When it was filed in which mailbox, in lower case.
    filed: BTreeMap<String, Instant>,
    /// By the machine.
    looks: BTreeMap<(HostId, ConnId), Look>,
    /// Since when it is on which machine.
    fetched: BTreeMap<HostId, Instant>,
}

impl<'r> Reading<'r> {
    pub(super) fn new(roster: &'r Roster, mail: MailId, dialects: Dialects) -> Reading<'r> {
        let (rows, filed, looks, fetched) = (Vec::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Reading { roster, mail, dialects, rows, filed, looks, fetched }
    }

    /// The rows, in the order in which they ended.
    pub(super) fn rows(self) -> Vec<Row> {
        self.rows
    }

    fn name(&self, host: HostId) -> String {
        self.roster.hosts.get(host.0 as usize).map_or("?".into(), |h| clean(&h.name))
    }

    pub(super) fn record(&mut self, r: &Record) {
        let mine = r.mail == Some(self.mail);
        match &r.what {
            What::Delivered { mailbox, .. } if mine => {
                self.filed.insert(mailbox.to_ascii_lowercase(), r.at);
            }
            What::Read { mailbox, .. } if mine => {
                let since = self.fetched.get(&r.host).or_else(|| self.filed.get(&mailbox.to_ascii_lowercase()));
                let Some(from) = since.copied() else { return };
                if let (true, Some(last)) = (from == r.at, self.rows.last_mut()) {
                    last.about.push_str(", and read");
                    return;
                }
                let span = Span { from, to: r.at, phase: Phase::Unread, trips: 0, bytes: 0 };
                let (title, about) = (self.name(r.host), "read".to_owned());
                self.rows.push(Row { title, about, spans: vec![span], went_well: true });
            }
            _ if r.conn.is_some() && self.dialects.of(r.conn).reads_mailboxes() => self.on_connection(r, mine),
            _ => {}
        }
    }

    fn on_connection(&mut self, r: &Record, mine: bool) {
        let Some(conn) = r.conn else { return };
        let key = (r.host, conn);
        if let What::Connection { state: ConnectionState::Connecting, side: Side::Client, peer, .. } = &r.what {
            self.looks.insert(key, Look { server: *peer, course: Course::new(Phase::Connect, r.at) });
            return;
        }
        let Some(Look { server, course }) = self.looks.get_mut(&key) else { return };
        match &r.what {
            What::Connection { state: ConnectionState::Open, .. } => course.open(r.at),
            What::Connection { state: ConnectionState::PeerClosed, .. } => {}
            What::Connection { .. } => {
                self.looks.remove(&key);
            }
            What::Tls { tls, .. } => course.tls(r.at, tls),
            What::Line { direction, .. } => {
                // Nobody has said anything that was to be answered: until now it was waited for news.
                if !course.awaits() && course.heard.max(course.said) < r.at {
                    course.turn(course.heard.max(course.said), Phase::Mailbox);
                    course.turn(r.at, Phase::Dialogue);
                }
                match direction {
                    Direction::Sent => course.says(r.at),
                    Direction::Received => course.hears(r.at),
                }
            }
            What::Content { direction: Direction::Received, size_bytes, .. } if mine => {
                // From when it was asked for: what is short comes with the line in front of it, whose round trip it is.
                course.trips = course.trips.saturating_sub(u32::from(!course.awaits()));
                course.turn(course.said, Phase::Content);
                (course.trips, course.bytes) = (1, *size_bytes);
                course.turn(r.at, Phase::Dialogue);
                course.hears(r.at);
            }
            What::Fetched { mailbox, protocol, whole, .. } if mine => {
                course.turn(r.at, Phase::Dialogue);
                let (server, spans) = (*server, course.spans.clone());
                let before = self.fetched.insert(r.host, r.at);
                let since = before.or_else(|| self.filed.get(&mailbox.to_ascii_lowercase()).copied());
                let waits = if before.is_some() { Phase::Unread } else { Phase::Mailbox };
                let title = format!("{} → {}", self.name(server), self.name(r.host));
                let what = if *whole { "fetched" } else { "header fetched" };
                let about = format!("{what} by {}", clean(protocol));
                self.rows.push(Row { title, about, spans: from(since, spans, waits), went_well: true });
            }
            _ => {}
        }
    }
}

/// What is behind an instant, which is waited for until the first of these spans begins.
fn from(since: Option<Instant>, spans: Vec<Span>, waits: Phase) -> Vec<Span> {
    let Some(since) = since else { return spans };
    let mut behind: Vec<Span> = Vec::new();
    for span in spans.into_iter().filter(|span| span.to > since) {
        let span = Span { from: span.from.max(since), ..span };
        let phase = if span.phase == Phase::Mailbox { waits } else { span.phase };
        behind.push(Span { phase, ..span });
    }
    // It is here, whatever follows.
    while behind.len() > 1 && behind.last().is_some_and(|last| last.phase.waits()) {
        behind.pop();
    }
    if let Some(first) = behind.first().filter(|first| first.from > since) {
        behind.insert(0, Span { from: since, to: first.from, phase: waits, trips: 0, bytes: 0 });
    }
    behind
}
