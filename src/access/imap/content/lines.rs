//! How many lines parts have: [`Lines`].

use std::ops::Range;

use memchr::memchr_iter;

use super::reading::Reading;

/// Where lines end in a mail, as far as is asked for. All of it is looked at once, however deep parts lie in each other.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    /// Where parts begin and end, in order.
    places: Vec<usize>,
    /// How many lines end in front of each.
    ends: Vec<u64>,
}

impl Lines {
    /// Of the parts that the reader sees.
    pub(super) fn of(reading: &Reading) -> Lines {
        let bodies = reading.tree().parts.iter().map(|part| &part.body);
        let mut places: Vec<usize> = bodies.flat_map(|body| [body.start, body.end]).collect();
        places.sort_unstable();
        places.dedup();
        let (mut passed, mut count) = (0, 0);
        let ends = places.iter().map(|place| {
            let bytes = reading.window(passed..*place);
            count += bytes.chunks().iter().map(|chunk| memchr_iter(b'\n', chunk).count() as u64).sum::<u64>();
            passed = *place;
            count
        });
        let ends = ends.collect();
        Lines { places, ends }
    }

    /// The lines that end in the body of a part.
    pub(super) fn in_body(&self, body: &Range<usize>) -> u64 {
        let before = |place| self.places.binary_search(place).map_or(0, |at| self.ends[at]);
        before(&body.end) - before(&body.start)
    }
}
