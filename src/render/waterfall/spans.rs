//! From records to stretches of time.

use std::collections::BTreeMap;

use crate::sim::{Duration, Instant};
use crate::trace::transcript::counted;
use crate::trace::{
    ConnId, ConnectionState, Direction, HostId, MailId, QueueName, Record, Roster, Side, TlsStep, Verdict, What,
};

use super::super::text_width::clean;
use super::options::Options;

/// What a stretch of time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Name servers are asked.
    Names,
    /// There is no place yet to send from.
    Place,
    /// The connection is being made (RFC 9293 §3.5: one round trip).
    Connect,
    /// The handshake of TLS.
    Tls,
    /// Commands and replies.
    Dialogue,
    /// The content, up to its final dot.
    Content,
    /// The reply to it is on its way back; the mail itself may be gone already.
    Reply,
    /// It waits in a queue for another attempt.
    Queue,
}

impl Phase {
    pub(super) const ALL: [Phase; 8] = [
        Phase::Names,
        Phase::Place,
        Phase::Connect,
        Phase::Tls,
        Phase::Dialogue,
        Phase::Content,
        Phase::Reply,
        Phase::Queue,
    ];

    pub(super) fn words(self) -> &'static str {
        match self {
            Phase::Names => "DNS",
            Phase::Place => "waits for a place",
            Phase::Connect => "connect",
            Phase::Tls => "TLS",
            Phase::Dialogue => "dialogue",
            Phase::Content => "content",
            Phase::Reply => "reply to it",
            Phase::Queue => "waits in the queue",
        }
    }
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Instant,
    pub(super) to: Instant,
    pub(super) phase: Phase,
    /// How often something was said and had to be waited for.
    pub(super) trips: u32,
    /// Bytes of a handshake, or of content.
    pub(super) bytes: u64,
}

impl Span {
    pub(super) fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// An attempt, or a wait between two.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// `laptop → mail.green.example`.
    pub(super) title: String,
    /// `hop 1, attempt 1: accepted`.
    pub(super) about: String,
    pub(super) spans: Vec<Span>,
    pub(super) went_well: bool,
}

impl Row {
    pub(super) fn begin(&self) -> Instant {
        self.spans.first().map_or(Instant::ZERO, |span| span.from)
    }

    /// What each phase took, in words, in the order in which they came first.
    pub(super) fn phases(&self) -> Vec<String> {
        sums(self.spans.iter()).iter().map(Sum::words).collect()
    }

    pub(super) fn length(&self) -> Duration {
        self.spans.iter().fold(Duration::ZERO, |sum, span| sum + span.length())
    }
}

/// What a phase took in all.
pub(super) struct Sum {
    pub(super) phase: Phase,
    pub(super) length: Duration,
    pub(super) trips: u32,
    pub(super) bytes: u64,
}

impl Sum {
    pub(super) fn words(&self) -> String {
        let some = |n: u64, one: &str, many: &str| match n {
            0 => String::new(),
            n => format!(", {}", counted(n, one, many)),
        };
        let trips = some(u64::from(self.trips), "round trip", "round trips");
        let bytes = some(self.bytes, "byte", "bytes");
        format!("{} {}{trips}{bytes}", self.phase.words(), crate::trace::transcript::span(self.length))
    }
}

fn sums<'s>(spans: impl Iterator<Item = &'s Span>) -> Vec<Sum> {
    let mut all: Vec<Sum> = Vec::new();
    for span in spans {
        match all.iter_mut().find(|sum| sum.phase == span.phase) {
            Some(sum) => {
                sum.length += span.length();
                sum.trips += span.trips;
                sum.bytes += span.bytes;
            }
            None => all.push(Sum { phase: span.phase, length: span.length(), trips: span.trips, bytes: span.bytes }),
        }
    }
    all
}

/// Words between dots, in lines that fit. The first begins with one text, and the others with the other.
pub(super) fn wrapped(words: Vec<String>, [first, other]: [&str; 2], fits: impl Fn(&str) -> bool) -> Vec<String> {
    let (mut lines, mut line, mut is_new) = (Vec::new(), first.to_owned(), true);
    for words in words {
        let longer = format!("{line}{}{words}", if is_new { "" } else { " · " });
        if is_new || fits(&longer) {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, format!("{other}{words}")));
        }
        is_new = false;
    }
    lines.push(line);
    lines
}

/// The waterfall of a mail.
#[derive(Clone, Debug)]
pub(super) struct Fall {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) rows: Vec<Row>,
    /// How many rows are left out at the end.
    pub(super) more: usize,
}

impl Fall {
    /// What each phase took in all. The reply to a content that was taken keeps nobody waiting: it is left out.
    pub(super) fn sums(&self) -> Vec<Sum> {
        let well = |row: &Row| row.went_well;
        let counts = |(well, span): &(bool, &Span)| !(*well && span.phase == Phase::Reply);
        let spans = self.rows.iter().flat_map(|row| row.spans.iter().map(move |span| (well(row), span)));
        let spans: Vec<&Span> = spans.filter(counts).map(|(_, span)| span).collect();
        let mut sums = sums(spans.into_iter());
        sums.sort_by_key(|sum| sum.phase);
        sums
    }
}

/// An attempt under way.
struct Attempt {
    row: Row,
    host: HostId,
    conn: Option<ConnId>,
    phase: Phase,
    since: Instant,
    trips: u32,
    bytes: u64,
    /// Whether something has been said and no answer has been heard.
    awaits: bool,
    /// When something was heard last.
    heard: Instant,
}

impl Attempt {
    fn turn(&mut self, at: Instant, next: Phase) {
        let (trips, bytes) = (std::mem::take(&mut self.trips), std::mem::take(&mut self.bytes));
        let span = Span { from: self.since, to: at, phase: self.phase, trips, bytes };
        if span.length() > Duration::ZERO || span.trips > 0 {
            self.row.spans.push(span);
        }
        (self.phase, self.since) = (next, at);
    }
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
    let mut ends: Option<(Instant, Instant)> = None;
    for record in records {
        c.record(record);
        if record.mail == Some(mail) {
            let begun = ends.map_or(record.at, |(begun, _)| begun);
            let is_end = matches!(record.what, What::Delivered { .. } | What::Bounced { .. } | What::Unsent { .. });
            let ended = ends.map_or(record.at, |(_, ended)| ended);
            ends = Some((begun, if is_end { record.at } else { ended }));
        }
    }
    for attempt in std::mem::take(&mut c.open) {
        c.close(attempt, None);
    }
    let mut rows = c.rows;
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
                let row = Row { title, about: format!("hop {hop}, attempt {number}"), spans, went_well: false };
                let phase = if r.conn.is_some() { Phase::Dialogue } else { Phase::Connect };
                self.open.push(Attempt {
                    row,
                    host: r.host,
                    conn: r.conn,
                    phase,
                    since: r.at,
                    trips: 0,
                    bytes: 0,
                    awaits: false,
                    heard: r.at,
                });
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
                    attempt.trips = 1;
                    attempt.turn(r.at, Phase::Dialogue);
                    attempt.awaits = true;
                }
            }
            What::Tls { side: Side::Client, tls, .. } => {
                let Some(attempt) = r.conn.and_then(|conn| self.on(r.host, conn)) else { return };
                match tls {
                    TlsStep::Begins { .. } => attempt.turn(r.at, Phase::Tls),
                    TlsStep::Secured { round_trips, sent_bytes, received_bytes, .. } => {
                        (attempt.trips, attempt.bytes) = (*round_trips, sent_bytes + received_bytes);
                        attempt.turn(r.at, Phase::Dialogue);
                    }
                    _ => attempt.turn(r.at, Phase::Dialogue),
                }
            }
            What::Line { side: Side::Client, direction, .. } => {
                let Some(attempt) = r.conn.and_then(|conn| self.on(r.host, conn)) else { return };
                if *direction == Direction::Sent {
                    attempt.awaits = true;
                } else {
                    attempt.heard = r.at;
                    attempt.trips += u32::from(std::mem::take(&mut attempt.awaits));
                }
            }
            What::Content { side: Side::Client, direction: Direction::Sent, size_bytes, .. } => {
                let Some(attempt) = r.conn.and_then(|conn| self.on(r.host, conn)) else { return };
                // It began to leave when it was asked for; the record stands where its last byte does.
                attempt.turn(attempt.heard, Phase::Content);
                attempt.bytes = *size_bytes;
            }
            What::Accepted { .. } if mine => {
                self.holds.insert(r.host, (r.at, false));
                let attempt = self.open.iter_mut().find(|a| a.conn.is_some() && a.conn == r.conn);
                if let Some(attempt) = attempt.filter(|a| a.phase == Phase::Content) {
                    attempt.turn(r.at, Phase::Reply);
                }
            }
            What::Composed { .. } if mine => {
                self.holds.insert(r.host, (r.at, false));
            }
            What::Outcome { verdict, .. } if mine => {
                let is_it = |a: &Attempt| a.host == r.host && (a.conn == r.conn || r.conn.is_none());
                let Some(place) = self.open.iter().position(is_it) else { return };
                let mut attempt = self.open.remove(place);
                attempt.turn(r.at, Phase::Dialogue);
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
        attempt.row.about.push_str(words);
        attempt.row.went_well = verdict == Some(Verdict::Accepted);
        self.rows.push(attempt.row);
    }
}
