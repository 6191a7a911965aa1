//! DNS messages, written and read: a question for MX records, and its answer with two exchanges and their addresses.

use std::net::Ipv4Addr;

use criterion::{Criterion, Throughput};
use postroad::dns::{Message, Name, Rcode, Record, RecordData, RecordType};

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn answer(question: &Message) -> Message {
    let record = |owner: &str, data: RecordData| Record { name: name(owner), ttl_secs: 3600, data };
    let address = |last: u8| RecordData::A(Ipv4Addr::new(192, 0, 2, last));
    Message {
        authoritative: true,
        answers: vec![
            record("blue.example", RecordData::mx(10, name("mx1.blue.example"))),
            record("blue.example", RecordData::mx(20, name("mx2.blue.example"))),
        ],
        additionals: vec![record("mx1.blue.example", address(1)), record("mx2.blue.example", address(2))],
        ..question.response(Rcode::NoError)
    }
}

pub(super) fn benches(c: &mut Criterion) {
    let question = Message::query(4711, name("blue.example"), RecordType::Mx, true);
    let answer = answer(&question);
    let mut group = c.benchmark_group("dns");
    group.throughput(Throughput::Elements(1));
    for (kind, message) in [("question", &question), ("answer", &answer)] {
        let bytes = message.encode();
        assert_eq!(Message::decode(&bytes).map(|read| read.encode()), Ok(bytes.clone()), "what is written can be read");
        group.bench_function(format!("encode-{kind}"), |b| b.iter(|| message.encode()));
        group.bench_function(format!("decode-{kind}"), |b| b.iter(|| Message::decode(&bytes)));
    }
    group.finish();
}
