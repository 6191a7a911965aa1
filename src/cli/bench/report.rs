//! What was measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::memory::Memory;
use crate::workload::{Outcome, Settings, Workload};

/// The version of saved results.
pub(super) const VERSION: u32 = 1;

/// A whole result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Report {
    /// The version of this format.
    pub(super) bench: u32,
    /// The version of the program.
    pub(super) postroad: String,
    /// What was asked for.
    pub(super) settings: Asked,
    /// What the peak memory is the peak of.
    pub(super) memory: Memory,
    /// The workloads, in the order of the table.
    pub(super) results: Vec<Measured>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) messages: u64,
    pub(super) size_bytes: Option<u64>,
    pub(super) sites: Option<u32>,
    pub(super) seed: u64,
}

/// One workload. Everything down to `virtual_ns` is the same in every run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) workload: String,
    pub(super) messages: u64,
    pub(super) size_bytes: u64,
    pub(super) sites: u32,
    pub(super) hosts: u64,
    pub(super) hops: u64,
    pub(super) connections: u64,
    pub(super) packets: u64,
    pub(super) events: u64,
    pub(super) virtual_ns: u64,
    /// Writing, loading and building the scenario; no part of `wall_ns`.
    pub(super) setup_ns: u64,
    pub(super) wall_ns: u64,
    pub(super) hops_per_s: u64,
    pub(super) events_per_s: u64,
    /// How many runs there were; the times are those of the fastest.
    pub(super) runs: u32,
    pub(super) peak_memory_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) compared: Option<Compared>,
}

/// A workload beside its earlier result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Compared {
    pub(super) verdict: Change,
    /// Message-hops a second then; none where nothing can be compared.
    pub(super) before_hops_per_s: Option<u64>,
    /// Now divided by then: above one is faster.
    pub(super) ratio: Option<f64>,
}

/// What became of the speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Faster,
    Same,
    Slower,
    /// The saved result did other work.
    OtherWork,
    /// The saved result has not got it.
    New,
}

impl Change {
    pub(super) fn word(self) -> &'static str {
        match self {
            Change::Faster => "faster",
            Change::Same => "same",
            Change::Slower => "slower",
            Change::OtherWork => "other work",
            Change::New => "new",
        }
    }
}

impl Compared {
    /// `1.12x faster`.
    pub(super) fn text(&self) -> String {
        match self.ratio {
            Some(ratio) => format!("{ratio:.2}x {}", self.verdict.word()),
            None => self.verdict.word().to_owned(),
        }
    }
}

impl Report {
    pub(super) fn new(settings: &Settings) -> Report {
        let Settings { messages, size_bytes, sites, seed } = *settings;
        Report {
            bench: VERSION,
            postroad: env!("CARGO_PKG_VERSION").to_owned(),
            settings: Asked { messages, size_bytes, sites, seed },
            memory: Memory::default(),
            results: Vec::new(),
        }
    }

    /// Whether it was compared with another.
    pub(super) fn is_compared(&self) -> bool {
        self.results.iter().any(|r| r.compared.is_some())
    }
}

impl Measured {
    pub(super) fn new(
        workload: &Workload,
        settings: &Settings,
        outcome: &Outcome,
        setup: Duration,
        wall: Duration,
    ) -> Measured {
        let amounts = workload.amounts(settings);
        let wall_ns = nanos(wall).max(1);
        Measured {
            workload: workload.name.to_owned(),
            messages: outcome.messages,
            size_bytes: amounts.size_bytes,
            sites: amounts.sites,
            hosts: outcome.hosts,
            hops: outcome.hops,
            connections: outcome.connections,
            packets: outcome.packets,
            events: outcome.events,
            virtual_ns: outcome.virtual_time.as_nanos(),
            setup_ns: nanos(setup),
            wall_ns,
            hops_per_s: per_second(outcome.hops, wall_ns),
            events_per_s: per_second(outcome.events, wall_ns),
            runs: 1,
            peak_memory_bytes: None,
            compared: None,
        }
    }

    /// Whether everything agrees that must.
    pub(super) fn is_same_work(&self, other: &Measured) -> bool {
        let key = |m: &Measured| [m.messages, m.hosts, m.hops, m.connections, m.packets, m.events, m.virtual_ns];
        key(self) == key(other)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn per_second(count: u64, nanos: u64) -> u64 {
    u64::try_from(u128::from(count) * 1_000_000_000 / u128::from(nanos)).unwrap_or(u64::MAX)
}
