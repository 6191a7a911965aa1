//! What a short story leaves out, and what stands in its place.

use std::collections::BTreeMap;

use super::super::{Line, number};
use crate::trace::HostId;

/// Which items stay, and what stands in the places of others.
pub(super) struct Choice {
    pub(super) keeps: Vec<bool>,
    /// What is said before the item at this place.
    pub(super) said: BTreeMap<usize, Vec<(HostId, Line)>>,
}

impl Choice {
    pub(super) fn say(&mut self, place: usize, host: HostId, line: Line) {
        self.said.entry(place).or_default().push((host, line));
    }
}

/// `18 more mails`.
pub(super) fn more(n: usize, one: &str) -> String {
    format!("{} more {one}{}", number(n as u64), if n == 1 { "" } else { "s" })
}
