//! The schema of traces: every kind of record and every field, held against a list that only changes on purpose.
//!
//! Who changes the vocabulary runs this test with `POSTROAD_BLESS=1`, looks at what changed, and raises
//! `trace::SCHEMA_VERSION` when a reader of old traces would misread new ones.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use postroad::octets::Chunk;
use postroad::sim::Instant;
use postroad::trace::jsonl::{Detail, JsonLines, read};
use postroad::trace::{
    Change, ConditionStep, ConnId, ConnectionState, Deed, Direction, Entity, HostEntry, HostId, Kind, LinkEntry,
    LossReason, MailId, Octets, PacketStep, QueueName, Record, RecordEdit, RecordId, RepeatReason, Roster,
    SCHEMA_VERSION, ServerMode, Side, Sink, Transport, Verdict, What,
};
use serde_json::{Value, json};

/// One record of every kind, with every field that can be left out.
fn samples() -> Vec<What> {
    let (direction, side, peer, transport) = (Direction::Sent, Side::Client, HostId(0), Transport::Tcp);
    let text = || Octets(Chunk::from("text"));
    let a = || Arc::<str>::from("a");
    let server = || postroad::trace::Server { name: a(), address: a() };
    vec![
        What::Packet {
            packet: 1,
            step: PacketStep::Lost,
            from: HostId(0),
            to: HostId(0),
            transport,
            source_port: 1,
            destination_port: 2,
            flags: a(),
            sequence: 3,
            acknowledgement: 4,
            window_bytes: 5,
            payload_bytes: 6,
            retransmission: true,
            again: Some(RepeatReason::Rack),
            reason: Some(LossReason::Noise),
        },
        What::Connection { state: ConnectionState::Open, side, peer, port: 25 },
        What::Line { direction, side, peer, sealed: true, text: text() },
        What::Tls { side, peer, tls: postroad::trace::TlsStep::NotTls },
        What::Content { direction, side, peer, size_bytes: 1 },
        What::Session { side, state: a() },
        What::Question { direction, peer, query: 1, name: a(), rtype: a(), transport },
        What::Answer {
            direction,
            peer,
            query: 1,
            name: a(),
            rtype: a(),
            rcode: a(),
            records: vec![a()],
            transport,
            truncated: false,
        },
        What::Lookup { name: a(), rtype: a(), result: a(), cached: true },
        What::Composed {
            from: a(),
            to: vec![a()],
            subject: a(),
            size_bytes: 1,
            header: vec![a()],
            parts: vec![part()],
        },
        What::Accepted { queue_id: a(), reverse_path: a(), recipients: vec![a()], size_bytes: 1, added: vec![a()] },
        What::Queue { queue_id: a(), queue: QueueName::Active, reason: a(), until: Some(Instant::ZERO) },
        What::Attempt { queue_id: a(), recipients: vec![a()], next_hop: server(), number: 1 },
        What::Outcome {
            queue_id: a(),
            recipient: a(),
            verdict: Verdict::Accepted,
            number: 1,
            reply: text(),
            by: Some(server()),
        },
        What::Delivered {
            queue_id: a(),
            recipient: a(),
            mailbox: a(),
            uid: 1,
            size_bytes: 1,
            added: vec![a()],
            parts: vec![part()],
        },
        What::Bounced { queue_id: a(), recipient: a(), status: a(), reason: text(), report: Some(MailId(2)) },
        What::Discarded { queue_id: a(), recipient: a(), reason: a() },
        What::Converted {
            queue_id: a(),
            eight_bit: true,
            long_lines: true,
            was_bytes: 1,
            size_bytes: 1,
            header: vec![a()],
            parts: vec![part()],
        },
        What::Duplicate { queue_id: a(), recipient: a(), shares: a() },
        What::Unsent { recipient: a(), reason: text() },
        What::Mailbox { mailbox: a(), folder: a(), uid: 1, client: HostId(0), deed: Deed::Removed },
        What::Checked { mailbox: a(), protocol: a(), folder: a(), there: 2, new: 1 },
        What::Fetched { mailbox: a(), protocol: a(), folder: a(), size_bytes: 1, whole: true },
        What::Read { mailbox: a(), folder: a() },
        What::Vanished { mailbox: a(), folder: a() },
        What::Unfetched { mailbox: a(), protocol: a(), reason: text() },
        What::Policy { policy: a(), decision: a(), detail: a() },
        What::Condition {
            number: 1,
            step: ConditionStep::Begins,
            change: Change::Drop { a: HostId(0), b: HostId(0), from: Some(HostId(0)), packets: 1 },
            until: Some(Instant::ZERO),
            leaves: Some(Change::Host { host: HostId(0), up: false }),
        },
        What::Alarm { text: a() },
    ]
}

fn part() -> Entity {
    let a = || Arc::<str>::from("a");
    Entity { depth: 0, media_type: a(), encoding: a(), name: Some(a()), wire_bytes: 1, bytes: 1 }
}

/// One change of every kind, with every field that can be left out.
fn changes() -> Vec<Change> {
    let (a, b, host) = (HostId(0), HostId(0), HostId(0));
    let t = || Arc::<str>::from("a");
    vec![
        Change::Link { a, b, up: true },
        Change::Host { host, up: true },
        Change::Loss { a, b, ppm: 1 },
        Change::Latency { a, b, latency_ns: 1 },
        Change::Tamper { a, b, find: t(), put: t() },
        Change::Forgets { a, b, after_ns: 1 },
        Change::Drop { a, b, from: Some(host), packets: 1 },
        Change::NameServer { server: host, mode: ServerMode::Silent },
        Change::Records { name: t(), rtype: t(), edit: RecordEdit::Set, records: vec![t()] },
    ]
}

/// Their shapes, by what they are of.
fn shapes(changes: &[Change]) -> BTreeMap<String, Value> {
    let shaped = |change: &Change| {
        let value = serde_json::to_value(change).unwrap();
        (value["of"].as_str().unwrap().to_owned(), shape(&value))
    };
    changes.iter().map(shaped).collect()
}

fn roster() -> Arc<Roster> {
    Arc::new(Roster {
        title: "t".into(),
        seed: 1,
        start_unix_secs: 2,
        hosts: vec![HostEntry {
            name: "a".into(),
            role: "mta".into(),
            addresses: vec!["192.0.2.1".into()],
            notes: vec!["note".into()],
            implied: false,
        }],
        links: vec![LinkEntry { a: HostId(0), b: HostId(0), latency_ns: 1, label: "lan".into(), implied: true }],
    })
}

fn records() -> Vec<Record> {
    samples()
        .into_iter()
        .map(|what| Record {
            id: Some(RecordId(1)),
            at: Instant::from_nanos(5),
            host: HostId(0),
            conn: Some(ConnId(1)),
            mail: Some(MailId(1)),
            hop: Some(1),
            cause: Some(RecordId(1)),
            what,
        })
        .collect()
}

fn written(roster: &Arc<Roster>, records: &[Record], detail: Detail) -> Vec<u8> {
    let sink = Rc::new(RefCell::new(JsonLines::new(Vec::new(), detail)));
    let mut handle = sink.clone();
    handle.begin(roster);
    for record in records {
        handle.record(record);
    }
    handle.end();
    drop(handle);
    Rc::try_unwrap(sink).ok().unwrap().into_inner().into_inner().unwrap()
}

/// The type of a value, in words.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Array(items) => Value::Array(items.iter().take(1).map(shape).collect()),
        Value::Object(fields) => Value::Object(fields.iter().map(|(k, v)| (k.clone(), shape(v))).collect()),
    }
}

fn words<T: serde::Serialize>(values: &[T]) -> Value {
    values.iter().map(|v| serde_json::to_value(v).unwrap()).collect()
}

fn schema() -> Value {
    let text = String::from_utf8(written(&roster(), &records(), Detail::Full)).unwrap();
    let mut lines = text.lines();
    let head: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let common = ["id", "at", "host", "conn", "mail", "hop", "cause", "kind"];
    let mut kinds: BTreeMap<String, Value> = BTreeMap::new();
    for (line, sample) in lines.zip(samples()) {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let kind = sample.kind().word();
        assert_eq!(record["kind"], kind);
        let fields = record.as_object_mut().unwrap();
        for name in common {
            assert!(fields.remove(name).is_some(), "{name} is missing in {line}");
        }
        assert!(kinds.insert(kind.into(), shape(&record)).is_none());
    }
    assert_eq!(kinds.len(), Kind::ALL.len(), "one sample of every kind");
    json!({
        "schema": SCHEMA_VERSION,
        "head": shape(&head),
        "every record": common,
        "kinds": kinds,
        "words": {
            "side": words(&[Side::Client, Side::Server]),
            "direction": words(&[Direction::Sent, Direction::Received]),
            "transport": words(&[Transport::Tcp, Transport::Udp]),
            "step": words(&[PacketStep::Sent, PacketStep::Forwarded, PacketStep::Arrived, PacketStep::Lost]),
            "reason of a loss": words(&[
                LossReason::Noise, LossReason::BufferFull, LossReason::LinkDown, LossReason::HostDown,
                LossReason::NoRoute, LossReason::Fault, LossReason::Forgotten,
            ]),
            "why bytes are sent again": words(&[
                RepeatReason::Timeout, RepeatReason::Duplicates, RepeatReason::Rack, RepeatReason::Probe,
                RepeatReason::Window, RepeatReason::Syn,
            ]),
            "state of a connection": words(&[
                ConnectionState::Connecting, ConnectionState::Open, ConnectionState::Refused,
                ConnectionState::TimedOut, ConnectionState::PeerClosed, ConnectionState::Reset,
                ConnectionState::Closed, ConnectionState::NoPort,
            ]),
            "step of a condition": words(&[ConditionStep::Begins, ConditionStep::Ends]),
            "mode of a name server": words(&[
                ServerMode::Working, ServerMode::Silent, ServerMode::ServFail, ServerMode::Refused,
            ]),
            "edit of records": words(&[RecordEdit::Set, RecordEdit::Add, RecordEdit::Remove]),
            "changes": shapes(&changes()),
            "queue": words(&[QueueName::Incoming, QueueName::Active, QueueName::Deferred, QueueName::Done]),
            "verdict": words(&[Verdict::Accepted, Verdict::Deferred, Verdict::Failed]),
        },
    })
}

#[test]
fn the_vocabulary_only_changes_on_purpose() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/trace-schema.json");
    let now = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("POSTROAD_BLESS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    if written != now {
        let differ = written.lines().zip(now.lines()).position(|(a, b)| a != b);
        let line = differ.unwrap_or_else(|| written.lines().count().min(now.lines().count()));
        panic!(
            "the schema of traces has changed at line {} of {}:\n- {}\n+ {}\nrun with POSTROAD_BLESS=1 if that is meant",
            line + 1,
            file.display(),
            written.lines().nth(line).unwrap_or("(end)"),
            now.lines().nth(line).unwrap_or("(end)")
        );
    }
}

#[test]
fn every_kind_of_record_can_be_read_back() {
    let records = records();
    let (head, back) = read(&written(&roster(), &records, Detail::Full)[..]).unwrap();
    assert_eq!(head, *roster());
    assert_eq!(back, records);
    // Without what may be left out.
    let bare: Vec<Record> =
        records.into_iter().map(|r| Record { id: None, conn: None, mail: None, hop: None, cause: None, ..r }).collect();
    assert_eq!(read(&written(&roster(), &bare, Detail::Full)[..]).unwrap().1, bare);
}

/// A lean trace leaves out packets that arrived, states of sessions, header sections, and what stands in it already; the last can be had again.
#[test]
fn what_is_not_written_twice_is_read_whole() {
    let mut heard = 0;
    for (name, plan) in super::lab::shipped() {
        let look = super::lab::Look { records: true, packets: true, ..super::lab::Look::default() };
        let run = super::lab::run(&plan, look);
        let stays = |r: &&Record| match &r.what {
            What::Packet { step, .. } => *step == PacketStep::Lost,
            What::Session { .. } => false,
            _ => true,
        };
        let mut kept: Vec<Record> = run.records.iter().filter(stays).cloned().collect();
        for record in &mut kept {
            if let What::Converted { header, .. } = &mut record.what {
                header.clear();
            }
            if let What::Composed { header, .. } = &mut record.what {
                assert!(header.len() > 4, "{name}: {header:?}");
                header.clear();
            }
        }
        let (lean, full) =
            (written(&run.roster, &run.records, Detail::Lean), written(&run.roster, &kept, Detail::Full));
        let (_, back) = read(lean.as_slice()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (_, all) = read(full.as_slice()).unwrap();
        assert_eq!(back.len(), all.len(), "{name}");
        for (back, all) in back.iter().zip(&all) {
            assert_eq!(back, all, "{name}");
        }
        heard += String::from_utf8(lean).unwrap().lines().filter(|l| l.ends_with("\"kind\":\"heard\"}")).count();
    }
    assert!(heard > 2_000, "{heard}");
    let head = String::from_utf8(written(&roster(), &[], Detail::Lean)).unwrap();
    for wrong in ["{\"at\":1,\"host\":0,\"kind\":\"heard\"}", "{\"at\":1,\"host\":0,\"cause\":7,\"kind\": \"heard\"}"] {
        let error = read(format!("{head}{wrong}\n").as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "line 2: nothing was sent that could be heard here");
    }
}
