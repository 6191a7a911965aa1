//! Whole worlds: a relay, a chain, stars; each with nobody looking, with a log in memory, and with JSON Lines.
//!
//! `cargo bench --bench worlds`; a word after it picks those benchmarks whose name contains it. The unit is a
//! message-hop: a recipient for whom a host said 250. With `POSTROAD_BENCH_BULK=1` there are runs of a million
//! messages, too, which take their minutes.

#[path = "worlds/bulk.rs"]
mod bulk;
#[path = "worlds/relays.rs"]
mod relays;
#[path = "worlds/sinks.rs"]
mod sinks;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// Ten samples, criterion's fewest: a world is deterministic, and long in comparison with what disturbs it.
fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(10)
}

criterion_group! {
    name = worlds;
    config = config();
    targets = relays::benches, bulk::benches
}
criterion_main!(worlds);
