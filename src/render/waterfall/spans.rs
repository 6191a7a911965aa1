//! From records to stretches of time.

use std::collections::BTreeMap;

use crate::sim::{Duration, Instant};
use crate::trace::{
    ConnId, ConnectionState, Dialects, Direction, HostId, MailId, QueueName, Record, Roster, Side, Verdict, What,
};

use super::super::text_width::clean;
use super::options::Options;
use super::parts::{Course, Fall, Phase, Row, Span};
use super::reading::Reading;

/// An attempt under way.
struct Attempt {
    row: Row,
    host: HostId,
    conn: Option<ConnId>,
    course: Course,
}

struct Collector<'r> {
    roster: &'r Roster,
    mail: MailId,
    rows: Vec<Row>,
    open: Vec<Attempt>,
    /// Since when a host has had the mail before it, and whether it waits for another attempt.
    holds: BTreeMap<HostId, (Instant, bool)>,
    /// When a host last heard from a name server.
    asked: BTreeMap<HostId, Instant>,
}

/// The rows of a mail, in the order in which they began.
pub(super) fn fall(roster: &Roster, records: &[Record], options: &Options) -> Fall {
    let first = || records.iter().filter_map(|r| r.mail).min();
    let Some(mail) = options.mail.or_else(first) else {
        return Fall { title: clean(&roster.title), subtitle: "no mail".into(), rows: Vec::new(), more: 0 };
    };
    let mut c =
        Collector { roster, mail, rows: Vec::new(), open: Vec::new(), holds: BTreeMap::new(), asked: BTreeMap::new() };
    let mut reading = Reading::new(roster, mail, Dialects::learn(records));
    let mut ends: Option<(Instant, Instant)> = None;
    for record in records {
        c.record(record);
        reading.record(record);
        if record.mail == Some(mail) {
            let begun = ends.map_or(record.at, |(begun, _)| begun);
            let is_end = matches!(
                record.what,
                What::Delivered { .. }
                    | What::Bounced { .. }
                    | What::Unsent { .. }
                    | What::Fetched { .. }
                    | What::Read { .. }
            );
            let ended = ends.map_or(record.at, |(_, ended)| ended);
            ends = Some((begun, if is_end { record.at } else { ended }));
        }
    }
    for attempt in std::mem::take(&mut c.open) {
        c.close(attempt, None);
    }
    let mut rows = c.rows;
    rows.extend(reading.rows());
    rows.retain(|row| !row.spans.is_empty());
    rows.sort_by_key(Row::begin);
    let more = rows.len().saturating_sub(options.max_rows.max(1));
    rows.truncate(options.max_rows.max(1));
    let took = ends.map(|(begun, ended)| ended.since(begun)).filter(|took| *took > Duration::ZERO);
    let took = took.map_or_else(String::new, |took| format!(" · {} in all", crate::trace::transcript::span(took)));
    let subtitle = format!("where the time of mail {} went{took} · seed {}", mail.0, roster.seed);
    Fall { title: clean(&roster.title), subtitle, rows, more }
}

impl Collector<'_> {
    fn name(&self, host: HostId) -> String {
        self.roster.hosts.get(host.0 as usize).map_or("?".into(), |h| clean(&h.name))
    }

    fn record(&mut self, r: &Record) {
        if let What::Lookup { cached: false, .. } = &r.what {
            self.asked.insert(r.host, r.at);
        }
        let mine = r.mail == Some(self.mail);
        match &r.what {
            What::Queue { queue, .. } if mine => self.queue(r, *queue),
            What::Attempt { next_hop, number, .. } if mine => {
                let hop = r.hop.unwrap_or(0);
                let mut spans = Vec::new();
                if let Some((since, waits)) = self.holds.get(&r.host).copied().filter(|(since, _)| *since < r.at) {
                    let asked = self.asked.get(&r.host).is_some_and(|at| *at > since);
                    let phase = if asked { Phase::Names } else { Phase::Place };
                    if !waits {
                        spans.push(Span { from: since, to: r.at, phase, trips: 0, bytes: 0 });
                    }
                }
                self.holds.insert(r.host, (r.at, false));
                let title = format!("{} → {}", self.name(r.host), clean(&next_hop.name));
                let row = Row { title, about: format!("hop {hop}, attempt {number}"), spans: vec![], went_well: false };
                let phase = if r.conn.is_some() { Phase::Dialogue } else { Phase::Connect };
                let mut course = Course::new(phase, r.at);
                course.spans = spans;
                self.open.push(Attempt { row, host: r.host, conn: r.conn, course });
            }
            What::Connection { state, side: Side::Client, .. } => {
                let Some(conn) = r.conn else { return };
                if *state == ConnectionState::Connecting && mine {
                    let attempt = self.open.iter_mut().rev().find(|a| a.host == r.host && a.conn.is_none());
                    if let Some(attempt) = attempt {
                        attempt.conn = Some(conn);
                    }
                } else if *state == ConnectionState::Open
                    && let Some(attempt) = self.on(r.host, conn)
                {
                    attempt.course.open(r.at);
                }
            }
            What::Tls { side: Side::Client, tls, .. } => {
                let Some(attempt) = r.conn.and_then(|conn| self.on(r.host, conn)) else { return };
                attempt.course.tls(r.at, tls);
            }
            What::Line { side: Side::Client, direction, .. } => {
                let Some(attempt) = r.conn.and_then(|conn| self.on(r.host, conn)) else { return };
                match direction {
                    Direction::Sent => attempt.course.says(r.at),
                    Direction::Received => attempt.course.hears(r.at),
                }
            }
            What::Content { side: Side::Client, direction: Direction::Sent, size_bytes, .. } => {
                let Some(attempt) = r.conn.and_then(|conn| self.on(r.host, conn)) else { return };
                // It began to leave when it was asked for; the record stands where its last byte does.
                attempt.course.turn(attempt.course.heard, Phase::Content);
                attempt.course.bytes = *size_bytes;
            }
            What::Accepted { .. } if mine => {
                self.holds.insert(r.host, (r.at, false));
                let attempt = self.open.iter_mut().find(|a| a.conn.is_some() && a.conn == r.conn);
                if let Some(attempt) = attempt.filter(|a| a.course.phase() == Phase::Content) {
                    attempt.course.turn(r.at, Phase::Reply);
                }
            }
            What::Composed { .. } if mine => {
                self.holds.insert(r.host, (r.at, false));
            }
            What::Outcome { verdict, .. } if mine => {
                let is_it = |a: &Attempt| a.host == r.host && (a.conn == r.conn || r.conn.is_none());
                let Some(place) = self.open.iter().position(is_it) else { return };
                let mut attempt = self.open.remove(place);
                attempt.course.turn(r.at, Phase::Dialogue);
                self.holds.insert(r.host, (r.at, false));
                self.close(attempt, Some(*verdict));
            }
            _ => {}
        }
    }

    fn on(&mut self, host: HostId, conn: ConnId) -> Option<&mut Attempt> {
        self.open.iter_mut().find(|a| a.host == host && a.conn == Some(conn))
    }

    fn queue(&mut self, r: &Record, queue: QueueName) {
        match queue {
            QueueName::Deferred => {
                self.holds.insert(r.host, (r.at, true));
            }
            QueueName::Active => {
                if let Some((since, true)) = self.holds.get(&r.host).copied()
                    && since < r.at
                {
                    let span = Span { from: since, to: r.at, phase: Phase::Queue, trips: 0, bytes: 0 };
                    let (title, about) = (self.name(r.host), "waits for the next attempt".to_owned());
                    self.rows.push(Row { title, about, spans: vec![span], went_well: false });
                }
                self.holds.insert(r.host, (r.at, false));
            }
            _ => {}
        }
    }

    fn close(&mut self, mut attempt: Attempt, verdict: Option<Verdict>) {
        let words = match verdict {
            Some(Verdict::Accepted) => ": accepted",
            Some(Verdict::Deferred) => ": put off",
            Some(Verdict::Failed) => ": refused",
            None => ": not over",
        };
        attempt.row.spans = attempt.course.spans;
        attempt.row.about.push_str(words);
        attempt.row.went_well = verdict == Some(Verdict::Accepted);
        self.rows.push(attempt.row);
    }
}
