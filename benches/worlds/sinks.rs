//! Who looks on.

use std::io;

use postroad::trace::jsonl::{Detail, JsonLines};
use postroad::trace::{Record, Sink};
use postroad::world::World;

/// Keeps all records.
#[derive(Default)]
struct Memory(Vec<Record>);

impl Sink for Memory {
    fn record(&mut self, record: &Record) {
        self.0.push(record.clone());
    }
}

/// A way of looking on.
#[derive(Clone, Copy)]
pub(super) enum Sinks {
    /// Nobody.
    Off,
    /// A log in memory.
    Memory,
    /// JSON Lines that nobody keeps.
    JsonLines,
}

impl Sinks {
    /// All ways.
    pub(super) const ALL: [Sinks; 3] = [Sinks::Off, Sinks::Memory, Sinks::JsonLines];

    /// Its name in the results.
    pub(super) fn name(self) -> &'static str {
        match self {
            Sinks::Off => "off",
            Sinks::Memory => "memory",
            Sinks::JsonLines => "jsonl",
        }
    }

    /// Lets it look on.
    pub(super) fn observe(self, world: &mut World) {
        match self {
            Sinks::Off => {}
            Sinks::Memory => world.observe(Box::<Memory>::default()),
            Sinks::JsonLines => world.observe(Box::new(JsonLines::new(io::sink(), Detail::Records))),
        }
    }
}
