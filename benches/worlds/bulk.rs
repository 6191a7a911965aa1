//! A million messages: one hop each, and between a thousand sites. Only where `POSTROAD_BENCH_BULK=1` asks for it.

use criterion::Criterion;
use postroad::workload::Settings;

use super::relays::measure;
use super::sinks::Sinks;

pub(super) fn benches(c: &mut Criterion) {
    if std::env::var_os("POSTROAD_BENCH_BULK").is_none_or(|value| value != "1") {
        return;
    }
    let settings = Settings { messages: 1_000_000, ..Settings::default() };
    measure(c, "bulk-million-single-hop", "single-hop", &settings, &[Sinks::Off]);
    measure(c, "bulk-million-star-1000", "star", &settings, &[Sinks::Off]);
}
