//! A run as JSON Lines: the writer of this program, and `serde_json` for the same bytes.

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;

use criterion::{BenchmarkId, Criterion, Throughput};
use postroad::trace::jsonl::{Detail, JsonLines};
use postroad::trace::{ConnId, HostId, MailId, Record, RecordId, Sink};
use postroad::workload::{self, Settings, Trial};
use serde::Serialize;

/// Keeps all records.
struct Memory {
    records: Vec<Record>,
    packets: bool,
}

impl Sink for Memory {
    fn wants_packets(&self) -> bool {
        self.packets
    }
    fn record(&mut self, record: &Record) {
        self.records.push(record.clone());
    }
}

/// The records of a chain of relays.
fn records(packets: bool) -> Vec<Record> {
    let settings = Settings { messages: 200, ..Settings::default() };
    let plan = workload::find("chain").and_then(|chain| chain.plan(&settings).ok()).expect("a plan");
    let mut trial = Trial::of(&plan);
    let memory = Rc::new(RefCell::new(Memory { records: Vec::new(), packets }));
    trial.world().observe(Box::new(Rc::clone(&memory)));
    trial.run().expect("all is delivered");
    std::mem::take(&mut memory.borrow_mut().records)
}

/// The fields of a record that are not of what was observed.
#[derive(Serialize)]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RecordId>,
    at: u64,
    host: HostId,
    #[serde(skip_serializing_if = "Option::is_none")]
    conn: Option<ConnId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<MailId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hop: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<RecordId>,
}

/// The quickest that `serde_json` can: two structs, and the bracket between them becomes a comma.
fn by_serde_json(records: &[Record], out: &mut Vec<u8>) {
    for record in records {
        let Record { id, at, host, conn, mail, hop, cause, what } = record;
        let (id, host, conn, mail, hop, cause) = (*id, *host, *conn, *mail, *hop, *cause);
        let place = Place { id, at: at.as_nanos(), host, conn, mail, hop, cause };
        serde_json::to_writer(&mut *out, &place).expect("numbers");
        out.pop();
        let bracket = out.len();
        serde_json::to_writer(&mut *out, what).expect("a record");
        out[bracket] = b',';
        out.push(b'\n');
    }
}

/// The writer of this program.
fn by_postroad(records: &[Record], out: Vec<u8>) -> Vec<u8> {
    let mut lines = JsonLines::new(out, Detail::Full);
    for record in records {
        lines.record(record);
    }
    lines.into_inner().expect("memory takes all")
}

pub(super) fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("jsonl");
    for (name, packets) in [("agents", false), ("with-packets", true)] {
        let records = records(packets);
        let mut same = Vec::new();
        by_serde_json(&records, &mut same);
        assert!(by_postroad(&records, Vec::new()) == same, "the same bytes");
        let mut buffer = Vec::with_capacity(same.len());
        group.throughput(Throughput::Elements(records.len() as u64));
        group.bench_function(BenchmarkId::new("postroad", name), |b| {
            b.iter(|| {
                buffer.clear();
                buffer = by_postroad(black_box(&records), std::mem::take(&mut buffer));
                buffer.len()
            });
        });
        group.bench_function(BenchmarkId::new("serde_json", name), |b| {
            b.iter(|| {
                buffer.clear();
                by_serde_json(black_box(&records), &mut buffer);
                buffer.len()
            });
        });
    }
    group.finish();
}
