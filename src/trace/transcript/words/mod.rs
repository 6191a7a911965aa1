//! Records in words: the one place that looks into their texts, and the only one that makes sentences of them.

pub mod names;
mod phrases;
mod record;

pub use phrases::*;
pub use record::{Telling, record};
