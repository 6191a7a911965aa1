//! Time, events and chance: the discrete-event simulation kernel.
//!
//! It knows nothing of networks or mail. Time is integer nanoseconds; the future event list has a written total
//! order; randomness comes from named streams. There is no wall clock, no operating-system randomness and no
//! floating-point number in the order of events.

pub mod calendar;
mod events;
mod streams;
mod time;

pub use events::{Engine, EventList, StopReason};
pub use streams::{Distribution, Stream, Streams, name_hash};
pub use time::{Duration, Instant, ParseDurationError};
