//! Patterns of names (RFC 9051 §6.3.9).

use super::names::is_inbox;
use crate::store::{INBOX, SEPARATOR};

/// What stands for one octet of a name, or for any number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// This octet.
    Octet(u8),
    /// `*`: anything.
    All,
    /// `%`: anything up to the next separator.
    Level,
}

/// A pattern of names.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    signs: Vec<Sign>,
    /// The same in capitals, for the name that is the same in upper and lower case.
    for_inbox: Vec<Sign>,
}

impl Pattern {
    /// Reads a pattern.
    pub(super) fn new(text: &str) -> Pattern {
        let sign = |b: u8| match b {
            b'*' => Sign::All,
            b'%' => Sign::Level,
            b => Sign::Octet(b),
        };
        let mut signs: Vec<Sign> = text.bytes().map(sign).collect();
        // One behind another stands for no more than one.
        signs.dedup_by(|next, sign| *next == *sign && !matches!(sign, Sign::Octet(_)));
        let for_inbox = signs.iter().map(|sign| match sign {
            Sign::Octet(b) => Sign::Octet(b.to_ascii_uppercase()),
            other => *other,
        });
        Pattern { for_inbox: for_inbox.collect(), signs }
    }

    /// Whether names that only stand before others are told, too: `%` is its last sign.
    pub(super) fn wants_levels(&self) -> bool {
        self.signs.last() == Some(&Sign::Level)
    }

    /// Whether it stands for this name.
    pub(super) fn matches(&self, name: &str) -> bool {
        if is_inbox(name) { matches(&self.for_inbox, INBOX) } else { matches(&self.signs, name) }
    }
}

/// Goes through the name once, with all places of the pattern that fit what was seen of it.
fn matches(signs: &[Sign], name: &str) -> bool {
    // What stands for nothing, too, lets the sign behind it begin.
    let open = |places: &mut Vec<usize>, place: usize| {
        let end = (place..signs.len()).find(|place| matches!(signs[*place], Sign::Octet(_))).unwrap_or(signs.len());
        let from = places.last().map_or(place, |last| place.max(last + 1));
        places.extend(from..=end);
    };
    let mut places = Vec::new();
    open(&mut places, 0);
    for b in name.bytes() {
        let mut next = Vec::with_capacity(places.len() + 1);
        for place in places {
            match signs.get(place) {
                Some(Sign::All) => open(&mut next, place),
                Some(Sign::Level) if b != SEPARATOR as u8 => open(&mut next, place),
                Some(Sign::Octet(octet)) if *octet == b => open(&mut next, place + 1),
                _ => {}
            }
        }
        if next.is_empty() {
            return false;
        }
        places = next;
    }
    places.last() == Some(&signs.len())
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
