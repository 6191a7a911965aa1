//! The one place that observations pass through.

use std::sync::Arc;

use super::{ConnId, HostId, MailId, Record, RecordId, Roster, What};
use crate::sim::Instant;

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

/// Where and for whom something was observed: everything of a [`Record`] but what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// When.
    pub at: Instant,
    /// Where.
    pub host: HostId,
    /// On which connection.
    pub conn: Option<ConnId>,
    /// For which mail.
    pub mail: Option<MailId>,
    /// On which of its hops.
    pub hop: Option<u16>,
    /// Because of what.
    pub cause: Option<RecordId>,
}

impl At {
    /// On a host, for no connection and no mail.
    #[must_use]
    pub fn host(at: Instant, host: HostId) -> At {
        At { at, host, conn: None, mail: None, hop: None, cause: None }
    }
    /// The same on a connection.
    #[must_use]
    pub fn conn(self, conn: ConnId) -> At {
        At { conn: Some(conn), ..self }
    }
    /// The same for a mail.
    #[must_use]
    pub fn mail(self, mail: MailId, hop: u16) -> At {
        At { mail: Some(mail), hop: Some(hop), ..self }
    }
    /// The same because of another record.
    #[must_use]
    pub fn because(self, cause: Option<RecordId>) -> At {
        At { cause, ..self }
    }
}

/// Numbers records and hands them to the sinks. With no sink it does nothing, and callers ask [`Tracer::is_on`]
/// before they format anything.
#[derive(Default)]
pub struct Tracer {
    sinks: Vec<(Box<dyn Sink>, bool)>,
    on: bool,
    packets: bool,
    last_id: u64,
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
        Tracer { last_id: self.last_id, ..Tracer::default() }
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
        let id = Some(RecordId(self.last_id));
        let record =
            Record { id, at: at.at, host: at.host, conn: at.conn, mail: at.mail, hop: at.hop, cause: at.cause, what };
        for (sink, _) in &mut self.sinks {
            sink.record(&record);
        }
        id
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
