//! Records in words: the one place that looks into their texts, and the only one that makes sentences of them.

pub mod names;
mod parts;
mod phrases;
mod reading;
mod record;

pub use parts::{content, made_of, weighs};
pub use phrases::*;
pub use reading::{Tone, reading};
pub use record::{Telling, record};
