//! Traces as JSON Lines: first the roster, then one record a line.
//!
//! ```text
//! {"schema":2,"title":"A first message","seed":1,"start_unix_secs":1767603600,"hosts":[...],"links":[...]}
//! {"id":1,"at":1000000000,"host":0,"mail":1,"hop":1,"kind":"composed",...}
//! ```
//!
//! `at` and every other time is in nanoseconds since the beginning; `host` and every other host is a place in the
//! roster's `hosts`. Bytes of peers are written as [`super::visible`] text.
//!
//! In a [lean](Detail::Lean) trace, what arrives as it was sent is not written twice: a record of the kind `heard` is the other end
//! of its cause. All that it does not say itself (`conn`, `mail`, `hop`, and what was observed) is as in the cause, but for
//! `direction`, `side` and `peer`, which are turned round. [`read`] gives it back whole.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::echo;
use super::json;
use super::{ConnId, HostId, MailId, PacketStep, Record, RecordId, Roster, SCHEMA_VERSION, Sink, What};
use crate::sim::Instant;

#[derive(Serialize, Deserialize)]
struct Head {
    schema: u32,
    #[serde(flatten)]
    roster: Roster,
}

/// A record as it is read, but for what was observed.
#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    id: Option<RecordId>,
    at: Instant,
    host: HostId,
    #[serde(default)]
    conn: Option<ConnId>,
    #[serde(default)]
    mail: Option<MailId>,
    #[serde(default)]
    hop: Option<u16>,
    #[serde(default)]
    cause: Option<RecordId>,
}

/// What has been read.
#[derive(Default)]
struct Before {
    records: Vec<Record>,
    /// Those that have a number, by their places. Numbers rise.
    numbered: Vec<(RecordId, usize)>,
}

impl Before {
    fn push(&mut self, record: Record) {
        self.numbered.extend(record.id.map(|id| (id, self.records.len())));
        self.records.push(record);
    }

    fn find(&self, id: RecordId) -> Option<&Record> {
        let found = self.numbered.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.records.get(self.numbered[found].1)
    }
}

/// A record of the kind `heard`: the other end of one before it.
fn read_heard(place: Place, before: &Before) -> Result<Record, String> {
    let Place { id, at, host, conn, mail, hop, cause } = place;
    let said = cause.and_then(|cause| before.find(cause)).and_then(|record| Some((record, echo::turned(record)?)));
    let (record, what) = said.ok_or_else(|| "nothing was sent that could be heard here".to_owned())?;
    let (conn, mail, hop) = (conn.or(record.conn), mail.or(record.mail), hop.or(record.hop));
    Ok(Record { id, at, host, conn, mail, hop, cause, what })
}

/// Reads one line. Where and when comes before what, and holds numbers only, so the line is two documents one after the
/// other: read apart, neither has to be kept until the other is known.
fn read_record(line: &str, head: &mut String, before: &Before) -> Result<Record, String> {
    let kind = line.find("\"kind\"").ok_or_else(|| "this is no record: it has no kind".to_owned())?;
    let (place, what) = line.split_at(kind);
    head.clear();
    head.push_str(place.trim_end().trim_end_matches(','));
    head.push('}');
    let place: Place = serde_json::from_str(head).map_err(|e| e.to_string())?;
    if what.len() < 40 && what.replace(' ', "") == "\"kind\":\"heard\"}" {
        return read_heard(place, before);
    }
    head.clear();
    head.push('{');
    head.push_str(what);
    let what: What = serde_json::from_str(head).map_err(|e| e.to_string())?;
    let Place { id, at, host, conn, mail, hop, cause } = place;
    Ok(Record { id, at, host, conn, mail, hop, cause, what })
}

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 32 * 1024;

/// How much of a run a trace has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything, every step of every packet among it.
    Full,
    /// No packets.
    Records,
    /// What charts draw of a run that is too large to be read: of packets those that were lost, of sessions no states, which
    /// follow from the lines, of mails no header sections, and nothing twice.
    Lean,
}

/// Writes a trace.
pub struct JsonLines<W> {
    out: W,
    detail: Detail,
    writer: json::Writer,
    buffer: Vec<u8>,
    /// What has been sent and not been heard, where it is not to be written twice.
    sent: BTreeMap<RecordId, Record>,
    error: Option<io::Error>,
}

/// So much that was sent is remembered until it is heard. What is lost with its connection is never heard.
const MOST_SENT: usize = 50_000;

impl<W: Write> JsonLines<W> {
    /// Writes to `out`. The first error ends the writing and is kept for [`JsonLines::into_inner`].
    pub fn new(out: W, detail: Detail) -> JsonLines<W> {
        let buffer = Vec::with_capacity(BUFFER_BYTES + 512);
        JsonLines { out, detail, writer: json::Writer::default(), buffer, sent: BTreeMap::new(), error: None }
    }

    /// The writer, or the error that ended the writing.
    ///
    /// # Errors
    /// The first error of the writer.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.write_out();
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.out),
        }
    }

    fn put(&mut self, write: impl FnOnce(&mut json::Writer, &mut Vec<u8>) -> serde_json::Result<()>) {
        if self.error.is_some() {
            return;
        }
        if let Err(error) = write(&mut self.writer, &mut self.buffer) {
            self.error = Some(error.into());
        }
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES {
            self.write_out();
        }
    }

    fn write_out(&mut self) {
        if let (None, Err(error)) = (&self.error, self.out.write_all(&self.buffer)) {
            self.error = Some(error);
        }
        self.buffer.clear();
    }
}

impl<W: Write> Sink for JsonLines<W> {
    fn begin(&mut self, roster: &Arc<Roster>) {
        let head = Head { schema: SCHEMA_VERSION, roster: Roster::clone(roster) };
        self.put(|_, line| serde_json::to_writer(line, &head));
    }
    fn wants_packets(&self) -> bool {
        self.detail != Detail::Records
    }
    fn record(&mut self, r: &Record) {
        let is_left_out = match &r.what {
            What::Packet { step, .. } => *step != PacketStep::Lost,
            What::Session { .. } => true,
            _ => false,
        };
        if self.detail == Detail::Lean && is_left_out {
            return;
        }
        if let (Detail::Lean, What::Composed { header, .. } | What::Converted { header, .. }) = (self.detail, &r.what)
            && !header.is_empty()
        {
            let mut short = r.clone();
            if let What::Composed { header, .. } | What::Converted { header, .. } = &mut short.what {
                header.clear();
            }
            return self.put(|writer, line| writer.record(line, &short));
        }
        if self.detail == Detail::Lean {
            if let Some(cause) = r.cause.and_then(|cause| self.sent.remove(&cause))
                && let Some(differs) = echo::heard(&cause, r)
            {
                return self.put(|writer, line| {
                    writer.heard(line, r, differs);
                    Ok(())
                });
            }
            if let Some(id) = r.id.filter(|_| echo::is_sent(&r.what)) {
                self.sent.insert(id, r.clone());
                if self.sent.len() > MOST_SENT {
                    self.sent.pop_first();
                }
            }
        }
        self.put(|writer, line| writer.record(line, r));
    }
    fn end(&mut self) {
        self.write_out();
        if let (None, Err(error)) = (&self.error, self.out.flush()) {
            self.error = Some(error);
        }
    }
}

/// Why a file is no trace.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be read.
    #[error("cannot read the trace: {0}")]
    Io(#[from] io::Error),
    /// A line is not what it should be.
    #[error("line {line}: {message}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Written by another version.
    #[error(
        "the trace has schema {found}; this program reads schema {SCHEMA_VERSION}: run the scenario again with this \
         program, or read the trace with the version that wrote it"
    )]
    Schema {
        /// The version it says.
        found: u32,
    },
}

/// Reads a whole trace.
///
/// # Errors
/// When a line cannot be read, is no record, or names a host that the roster has not got.
pub fn read(input: impl BufRead) -> Result<(Roster, Vec<Record>), ReadError> {
    let mut lines = input.lines().enumerate();
    let wrong = |line: usize, message: String| ReadError::Line { line: line + 1, message };
    let Some((_, first)) = lines.next() else {
        return Err(wrong(0, "the file is empty; a trace begins with its roster".into()));
    };
    let head: Head = serde_json::from_str(&first?).map_err(|e| match e.is_data() {
        true => wrong(0, format!("this is no trace: {e}")),
        false => wrong(0, "this is no trace: a trace begins with its roster, as `postroad run --out` writes it".into()),
    })?;
    if head.schema != SCHEMA_VERSION {
        return Err(ReadError::Schema { found: head.schema });
    }
    let (mut before, mut buffer) = (Before::default(), String::new());
    for (number, text) in lines {
        let text = text?;
        if text.is_empty() {
            continue;
        }
        let record = read_record(&text, &mut buffer, &before).map_err(|message| wrong(number, message))?;
        if record.host.0 as usize >= head.roster.hosts.len() {
            return Err(wrong(number, format!("host {} is not in the roster", record.host.0)));
        }
        before.push(record);
    }
    Ok((head.roster, before.records))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::Chunk;
    use crate::trace::{Direction, HostEntry, Octets, Side, Tracer};
    use std::cell::RefCell;
    use std::rc::Rc;

    fn roster() -> Arc<Roster> {
        let host = |name: &str| HostEntry {
            name: name.into(),
            role: "mta".into(),
            addresses: vec!["10.0.0.1".into()],
            notes: vec![],
            implied: false,
        };
        Arc::new(Roster { title: "t".into(), seed: 7, hosts: vec![host("a"), host("b")], ..Roster::default() })
    }

    #[test]
    fn what_is_written_can_be_read() {
        let sink = Rc::new(RefCell::new(JsonLines::new(Vec::new(), Detail::Records)));
        let mut tracer = Tracer::off();
        tracer.add(Box::new(sink.clone()), &roster());
        let at = crate::trace::At::host(Instant::from_nanos(5), HostId(1)).conn(ConnId(3)).mail(MailId(1), 2);
        tracer.record(at, || What::Line {
            direction: Direction::Sent,
            side: Side::Client,
            peer: HostId(0),
            sealed: false,
            text: Octets(Chunk::from("EHLO a\x1b")),
        });
        tracer.packet(at, || unreachable!("nobody wants packets"));
        tracer.finish();
        drop(tracer);
        let bytes = Rc::try_unwrap(sink).ok().unwrap().into_inner().into_inner().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text.lines().nth(1).unwrap(),
            r#"{"id":1,"at":5,"host":1,"conn":3,"mail":1,"hop":2,"kind":"line","direction":"sent","side":"client","peer":0,"text":"EHLO a\\x1b"}"#
        );
        let (read_roster, records) = read(text.as_bytes()).unwrap();
        assert_eq!((read_roster, records.len()), (Roster::clone(&roster()), 1));
    }

    #[test]
    fn what_is_no_trace_is_said_with_its_line() {
        for (text, said) in [
            ("", "line 1: the file is empty"),
            ("{}", "line 1: this is no trace"),
            ("{\"schema\":99,\"title\":\"\",\"seed\":0,\"start_unix_secs\":0,\"hosts\":[],\"links\":[]}", "schema 99"),
            (
                "{\"schema\":2,\"title\":\"\",\"seed\":0,\"start_unix_secs\":0,\"hosts\":[],\"links\":[]}\n{\"at\":1}",
                "line 2",
            ),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
