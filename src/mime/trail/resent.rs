//! Mail that somebody had and sent again (RFC 5322 §3.6.6): between the hop below and its Resent-Date no server had it.

use serde::Serialize;

use super::date::{Moment, moment};

/// A mail that was sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resent {
    /// How many hops stand below it: it was sent again after that hop.
    pub after_hop: usize,
    /// The Resent-Date field as written.
    pub date: Option<String>,
    /// The Resent-Date field, where it can be read.
    pub time: Option<Moment>,
    /// The Resent-From field, its encoded words decoded (RFC 2047).
    pub from: Option<String>,
}

/// The blocks of Resent fields of a header section, topmost first.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// How many Received fields stand above each block, and the block.
    found: Vec<(usize, Resent)>,
}

impl Blocks {
    /// More are not kept.
    const MOST: usize = 100;

    /// Takes a Resent-Date in that has so many Received fields above it.
    pub(super) fn date(&mut self, above: usize, text: String) {
        if let Some(block) = self.block(above, |block| block.date.is_some()) {
            block.time = moment(&text);
            block.date = Some(text);
        }
    }

    /// The same for a Resent-From.
    pub(super) fn from(&mut self, above: usize, text: String) {
        if let Some(block) = self.block(above, |block| block.from.is_some()) {
            block.from = Some(text);
        }
    }

    /// The block that a field belongs to. Each block has a field once, and no Received field inside.
    fn block(&mut self, above: usize, has: impl Fn(&Resent) -> bool) -> Option<&mut Resent> {
        if self.found.last().is_none_or(|(place, block)| *place != above || has(block)) {
            if self.found.len() == Blocks::MOST {
                return None;
            }
            self.found.push((above, Resent::default()));
        }
        self.found.last_mut().map(|(_, block)| block)
    }

    /// The blocks on a way of so many hops.
    pub(super) fn finish(self, hops: usize) -> Vec<Resent> {
        let placed = |(above, block): (usize, Resent)| Resent { after_hop: hops.saturating_sub(above), ..block };
        self.found.into_iter().map(placed).collect()
    }
}
