//! The one place that observations pass through.

use std::sync::Arc;

use super::at::At;
use super::causes::{Because, Causes};
use super::{ConnId, HostId, Octets, Record, RecordId, Roster, What};
use crate::octets::Chunk;

/// Takes records.
pub trait Sink {
    /// The head of the trace; called once, first.
    fn begin(&mut self, _roster: &Arc<Roster>) {}
    /// Whether packets are wanted. Asked once.
    fn wants_packets(&self) -> bool {
        false
    }
    /// One record.
    fn record(&mut self, record: &Record);
    /// The end of the run.
    fn end(&mut self) {}
}

/// Numbers records and hands them to the sinks. With no sink it does nothing, and callers ask [`Tracer::is_on`]
/// before they format anything.
#[derive(Default)]
pub struct Tracer {
    sinks: Vec<(Box<dyn Sink>, bool)>,
    on: bool,
    packets: bool,
    secrets: bool,
    last_id: u64,
    causes: Causes,
}

impl Tracer {
    /// A tracer without sinks.
    #[must_use]
    pub fn off() -> Tracer {
        Tracer::default()
    }

    /// A tracer without sinks that numbers its records on from where this one is: for a copy of a world.
    #[must_use]
    pub fn twin(&self) -> Tracer {
        Tracer { last_id: self.last_id, causes: self.causes.clone(), ..Tracer::default() }
    }

    /// Adds a sink and gives it the head of the trace.
    pub fn add(&mut self, mut sink: Box<dyn Sink>, roster: &Arc<Roster>) {
        sink.begin(roster);
        let packets = sink.wants_packets();
        self.on = true;
        self.packets |= packets;
        self.sinks.push((sink, packets));
    }

    /// Whether anybody looks.
    #[must_use]
    #[inline]
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Whether anybody looks at packets.
    #[must_use]
    #[inline]
    pub fn wants_packets(&self) -> bool {
        self.packets
    }

    /// Shows secrets from now on, where there would be stars.
    pub fn show_secrets(&mut self) {
        self.secrets = true;
    }

    /// A line as the trace has it.
    #[must_use]
    pub fn shown(&self, line: &Chunk, is_secret: bool) -> Octets {
        Octets(if is_secret && !self.secrets { super::secrets::starred(line) } else { line.clone() })
    }

    /// Records what `what` returns, and returns the record's number so that others can name it as their cause. With
    /// no sink, `what` is not called.
    #[inline]
    pub fn record(&mut self, at: At, what: impl FnOnce() -> What) -> Option<RecordId> {
        if !self.on {
            return None;
        }
        self.emit(at, what())
    }

    #[cold]
    fn emit(&mut self, at: At, what: What) -> Option<RecordId> {
        self.last_id += 1;
        let id = RecordId(self.last_id);
        let cause = at.cause.or_else(|| self.causes.find(&at));
        // The state of a session follows from its lines and brings nothing about: a trace that leaves states out has whole
        // chains all the same.
        if !matches!(what, What::Session { .. }) {
            self.causes.note(&at, id);
        }
        let At { at, host, conn, mail, hop, .. } = at;
        let record = Record { id: Some(id), at, host, conn, mail, hop, cause, what };
        for (sink, _) in &mut self.sinks {
            sink.record(&record);
        }
        Some(id)
    }

    /// What is recorded from now on, until this is said again, is because of `cause`; of `None`: because of the time.
    #[inline]
    pub fn because(&mut self, cause: Option<RecordId>) {
        if self.on {
            self.causes.begin(cause);
        }
    }

    /// Whether what happens now happens because of the time.
    #[must_use]
    pub fn is_timer(&self) -> bool {
        self.causes.is_timer()
    }

    /// The last record of what happens now, or else what brought it about: for who is going to go on with it later.
    #[must_use]
    #[inline]
    pub fn last(&self) -> Option<RecordId> {
        if self.on { self.causes.last() } else { None }
    }

    /// What the other end of a connection recorded last.
    #[must_use]
    pub fn other_end(&self, conn: ConnId, host: HostId) -> Option<RecordId> {
        self.causes.other_end(conn, host)
    }

    /// These lines of the other end, as it recorded them, have arrived and are going to be heard.
    pub fn arrive(&mut self, lines: impl Iterator<Item = RecordId>) {
        self.causes.heard.extend(lines);
    }

    /// Records something that the other end has said.
    pub fn hear(&mut self, at: At, what: impl FnOnce() -> What) -> Option<RecordId> {
        if !self.on {
            return None;
        }
        let said = self.causes.heard.pop_front();
        self.emit(at.because(said), what())
    }

    /// What is said next is said for these reasons.
    pub fn reasons(&mut self, because: Because) {
        self.causes.reasons = because;
    }

    /// The reasons that were given for what is said next, for who says it later.
    pub fn take_reasons(&mut self) -> Because {
        std::mem::take(&mut self.causes.reasons)
    }

    /// Something is about to be said: for the reasons that were given, or else because of what was recorded last about the
    /// same mail.
    pub fn say(&mut self, at: &At) {
        let because = self.take_reasons();
        let because = if because.is_empty() { self.causes.find(at).into_iter().collect() } else { because };
        self.causes.said.push_back(because);
    }

    /// A question or an answer that was recorded is about to be sent.
    pub fn send(&mut self, record: Option<RecordId>) {
        if let Some(record) = record {
            self.causes.sent.push_back(record);
        }
    }

    /// The record of the question or answer that was sent first.
    pub fn sent(&mut self) -> Option<RecordId> {
        if self.on { self.causes.sent.pop_front() } else { None }
    }

    /// The reasons of what was said first.
    pub fn said(&mut self) -> Because {
        self.causes.said.pop_front().unwrap_or_default()
    }

    /// Nothing more happens at one of the ends of a connection.
    pub fn forget(&mut self, conn: ConnId) {
        self.causes.forget(conn);
    }

    /// Records a packet for the sinks that want packets. Packets do not take record numbers, so the numbers of all
    /// other records are the same whether somebody looks at packets or not.
    #[inline]
    pub fn packet(&mut self, at: At, what: impl FnOnce() -> What) {
        if !self.packets {
            return;
        }
        let what = what();
        let record = Record {
            id: None,
            at: at.at,
            host: at.host,
            conn: at.conn,
            mail: at.mail,
            hop: at.hop,
            cause: at.cause,
            what,
        };
        for (sink, _) in self.sinks.iter_mut().filter(|(_, packets)| *packets) {
            sink.record(&record);
        }
    }

    /// Ends the trace for all sinks.
    pub fn finish(&mut self) {
        for (sink, _) in &mut self.sinks {
            sink.end();
        }
    }
}

/// A sink that others can keep a handle on: what it collected is read after the run.
impl<S: Sink> Sink for std::rc::Rc<std::cell::RefCell<S>> {
    fn begin(&mut self, roster: &Arc<Roster>) {
        self.borrow_mut().begin(roster);
    }
    fn wants_packets(&self) -> bool {
        self.borrow().wants_packets()
    }
    fn record(&mut self, record: &Record) {
        self.borrow_mut().record(record);
    }
    fn end(&mut self) {
        self.borrow_mut().end();
    }
}
