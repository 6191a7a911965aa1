//! The machines by themselves: event list, TCP, TLS, logins, SMTP sessions, dot transparency, reading mail, DNS messages, JSON
//! Lines.
//!
//! `cargo bench --bench parts`; a word after it picks those benchmarks whose name contains it.

#[path = "parts/dns.rs"]
mod dns;
#[path = "parts/events.rs"]
mod events;
#[path = "parts/jsonl.rs"]
mod jsonl;
#[path = "parts/mime.rs"]
mod mime;
#[path = "parts/sasl.rs"]
mod sasl;
#[cfg(feature = "tls")]
#[path = "parts/seal.rs"]
mod seal;
#[path = "parts/smtp.rs"]
mod smtp;
#[path = "parts/tcp.rs"]
mod tcp;
#[path = "parts/transparency.rs"]
mod transparency;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// Long enough for machines that take microseconds.
fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(40)
}

#[cfg(not(feature = "tls"))]
mod seal {
    pub(crate) fn benches(_: &mut criterion::Criterion) {}
}

criterion_group! {
    name = parts;
    config = config();
    targets = events::benches, tcp::benches, seal::benches, sasl::benches, smtp::benches, transparency::benches, mime::benches, dns::benches, jsonl::benches
}
criterion_main!(parts);
