//! Dot transparency (RFC 5321 §4.5.2), both ways: content with a dot at the start of every tenth line, and content that
//! is known to have none.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use postroad::octets::{Chunk, Rope};
use postroad::smtp::data::{Decoder, stuff};
use postroad::smtp::framing::BareNewlines;

const SEGMENT: usize = 1460;

fn content(bytes: usize, dots: bool) -> Rope {
    let line = "The quick brown fox jumps over the lazy dog, and does so for seventy bytes.\r\n";
    let mut text = String::with_capacity(bytes + line.len());
    let mut n = 0;
    while text.len() < bytes {
        if dots && n % 10 == 0 {
            text.push('.');
        }
        text.push_str(line);
        n += 1;
    }
    Rope::from(Chunk::from(text))
}

/// As it travels, in segments.
fn stuffed(content: &Rope) -> Vec<Chunk> {
    let mut bytes = Vec::new();
    stuff(content, false, |chunk| bytes.extend_from_slice(&chunk));
    let whole = Chunk::from(bytes);
    (0..whole.len()).step_by(SEGMENT).map(|at| whole.slice(at..whole.len().min(at + SEGMENT))).collect()
}

fn decode(segments: &[Chunk]) -> u64 {
    let mut decoder = Decoder::new(BareNewlines::Refuse, None);
    for segment in segments {
        let mut input = segment.clone();
        if decoder.feed(&mut input) {
            break;
        }
    }
    decoder.size()
}

pub(super) fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("transparency");
    for (name, bytes) in [("4KiB", 4 << 10), ("1MiB", 1 << 20)] {
        let dotted = content(bytes, true);
        let clean = content(bytes, false);
        let segments = stuffed(&dotted);
        assert_eq!(decode(&segments), dotted.len() as u64, "what goes in comes out");
        group.throughput(Throughput::Bytes(dotted.len() as u64));
        let send = |content: &Rope, known: bool| {
            stuff(content, known, |chunk| {
                black_box(&chunk);
            });
        };
        group.bench_function(BenchmarkId::new("stuff", name), |b| b.iter(|| send(&dotted, false)));
        group.bench_function(BenchmarkId::new("unstuff", name), |b| b.iter(|| decode(&segments)));
        // Here no byte is looked at: bytes a second would mean nothing.
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("stuff-known-clean", name), |b| b.iter(|| send(&clean, true)));
    }
    group.finish();
}
