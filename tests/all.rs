//! The integration tests, in one binary: the floors of the house, whole runs, and the laws that every run obeys.

#[path = "all/behaviour.rs"]
mod behaviour;
#[cfg(feature = "cli")]
#[path = "book/mod.rs"]
mod book;
#[path = "all/causes.rs"]
mod causes;
#[path = "all/clients.rs"]
mod clients;
#[path = "all/conservation.rs"]
mod conservation;
#[path = "all/crash.rs"]
mod crash;
#[path = "all/determinism.rs"]
mod determinism;
#[cfg(feature = "tls")]
#[path = "all/discover.rs"]
mod discover;
#[path = "all/floors.rs"]
mod floors;
#[path = "all/imports.rs"]
mod imports;
#[path = "all/ipv6.rs"]
mod ipv6;
#[path = "all/joints.rs"]
mod joints;
#[path = "all/lab.rs"]
mod lab;
#[path = "all/letters.rs"]
mod letters;
#[path = "all/liars.rs"]
mod liars;
#[path = "all/logins.rs"]
mod logins;
#[path = "all/places.rs"]
mod places;
#[cfg(feature = "tls")]
#[path = "all/reading.rs"]
mod reading;
#[path = "all/rooms.rs"]
mod rooms;
#[path = "all/scenarios.rs"]
mod scenarios;
#[path = "all/schema.rs"]
mod schema;
#[path = "all/source.rs"]
mod source;
#[path = "all/story.rs"]
mod story;
#[path = "all/texts.rs"]
mod texts;
#[cfg(feature = "tls")]
#[path = "all/tls.rs"]
mod tls;
#[path = "all/truth.rs"]
mod truth;
// The command line, its exit codes and its benchmarks have folders of their own.
#[cfg(feature = "cli")]
#[path = "bench/mod.rs"]
mod bench;
#[cfg(feature = "cli")]
#[path = "cli/mod.rs"]
mod cli;
