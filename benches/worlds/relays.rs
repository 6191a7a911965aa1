//! A relay, a chain of five relays, stars of a hundred and a thousand sites: a thousand mails in each.

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use postroad::workload::{self, Settings, Trial};

use super::sinks::Sinks;

/// Measures a workload with every kind of sink.
pub(super) fn measure(c: &mut Criterion, group: &str, name: &str, settings: &Settings, sinks: &[Sinks]) {
    let workload = workload::find(name).expect("a workload");
    let plan = workload.plan(settings).expect("a plan");
    let hops = Trial::of(&plan).run().expect("all is delivered").hops;
    let mut group = c.benchmark_group(group);
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(hops));
    for sinks in sinks {
        let id = BenchmarkId::from_parameter(format!("sinks-{}", sinks.name()));
        group.bench_function(id, |b| {
            b.iter_batched(
                || {
                    let mut trial = Trial::of(&plan);
                    sinks.observe(trial.world());
                    trial
                },
                |mut trial| {
                    trial.start();
                    trial.advance(u64::MAX);
                    let outcome = trial.finish().expect("all is delivered");
                    // The world is taken down outside of the measured time.
                    (trial, outcome)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

pub(super) fn benches(c: &mut Criterion) {
    let settings = |sites: u32| Settings { messages: 1000, sites: Some(sites), ..Settings::default() };
    measure(c, "relay", "relay", &settings(1), &Sinks::ALL);
    measure(c, "chain-of-5", "chain", &settings(1), &Sinks::ALL);
    measure(c, "star-100", "star", &settings(100), &Sinks::ALL);
    measure(c, "star-1000", "star", &settings(1000), &Sinks::ALL);
}
