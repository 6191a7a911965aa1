//! The event list under the hold model: with N events pending, one is taken out and one is put in.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use postroad::sim::{Distribution, Duration, EventList, Streams};

/// Delays drawn before the clock runs; a power of two.
const DELAYS: usize = 1 << 16;
/// The mean of the delays.
const MEAN: Duration = Duration::from_millis(10);

pub(super) fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("event-list");
    group.throughput(Throughput::Elements(1));
    for pending in [10_u64, 10_000, 1_000_000] {
        let mut luck = Streams::new(1).stream("events");
        let delays: Vec<Duration> =
            (0..DELAYS).map(|_| luck.duration(Distribution::Exponential(MEAN.as_nanos()))).collect();
        let mut list = EventList::new();
        for n in 0..pending {
            list.push(postroad::sim::Instant::ZERO + delays[n as usize % DELAYS], n);
        }
        let mut next = 0;
        group.bench_function(BenchmarkId::new("push-pop", pending), |b| {
            b.iter(|| {
                let (now, event) = list.pop().expect("an event");
                next = (next + 1) % DELAYS;
                list.push(now + delays[next], black_box(event));
            });
        });
    }
    group.finish();
}
