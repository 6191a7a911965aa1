//! What a waterfall is made of: stretches of time, in rows.

use crate::sim::{Duration, Instant};
use crate::trace::TlsStep;
use crate::trace::transcript::counted;

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
    /// It lies in a mailbox, and nobody has fetched it.
    Mailbox,
    /// It is on a machine, and nobody has read it.
    Unread,
}

impl Phase {
    pub(super) const ALL: [Phase; 10] = [
        Phase::Names,
        Phase::Place,
        Phase::Connect,
        Phase::Tls,
        Phase::Dialogue,
        Phase::Content,
        Phase::Reply,
        Phase::Queue,
        Phase::Mailbox,
        Phase::Unread,
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
            Phase::Mailbox => "waits in the mailbox",
            Phase::Unread => "waits for its reader",
        }
    }

    /// Whether nothing is done for the mail meanwhile.
    pub(super) fn waits(self) -> bool {
        matches!(self, Phase::Queue | Phase::Mailbox | Phase::Unread)
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

/// Stretches of time under way, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) spans: Vec<Span>,
    phase: Phase,
    since: Instant,
    pub(super) trips: u32,
    pub(super) bytes: u64,
    /// Whether something has been said and no answer has been heard.
    awaits: bool,
    /// When something was said last, and heard.
    pub(super) said: Instant,
    pub(super) heard: Instant,
}

impl Course {
    pub(super) fn new(phase: Phase, at: Instant) -> Course {
        Course { spans: Vec::new(), phase, since: at, trips: 0, bytes: 0, awaits: false, said: at, heard: at }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Something else begins.
    pub(super) fn turn(&mut self, at: Instant, next: Phase) {
        let at = at.max(self.since);
        let (trips, bytes) = (std::mem::take(&mut self.trips), std::mem::take(&mut self.bytes));
        let span = Span { from: self.since, to: at, phase: self.phase, trips, bytes };
        if span.length() > Duration::ZERO || span.trips > 0 {
            self.spans.push(span);
        }
        (self.phase, self.since) = (next, at);
    }

    /// The connection is there; the server speaks first.
    pub(super) fn open(&mut self, at: Instant) {
        self.trips = 1;
        self.turn(at, Phase::Dialogue);
        self.awaits = true;
    }

    /// How far TLS has come.
    pub(super) fn tls(&mut self, at: Instant, step: &TlsStep) {
        match step {
            TlsStep::Begins { .. } => self.turn(at, Phase::Tls),
            TlsStep::Secured { round_trips, sent_bytes, received_bytes, .. } => {
                (self.trips, self.bytes) = (*round_trips, sent_bytes + received_bytes);
                self.turn(at, Phase::Dialogue);
            }
            _ => self.turn(at, Phase::Dialogue),
        }
    }

    pub(super) fn says(&mut self, at: Instant) {
        (self.awaits, self.said) = (true, at);
    }

    pub(super) fn hears(&mut self, at: Instant) {
        self.heard = at;
        self.trips += u32::from(std::mem::take(&mut self.awaits));
    }

    /// Whether an answer is to come.
    pub(super) fn awaits(&self) -> bool {
        self.awaits
    }
}
