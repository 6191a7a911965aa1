//! From an effect back to its causes.

use super::{Record, RecordId};

/// The record with this number and what brought it about, step by step, the first cause last. Records must be in the order
/// in which they were made, as a trace has them; packets among them do no harm. Empty where there is no such record.
#[must_use]
pub fn chain(records: &[Record], id: RecordId) -> Vec<&Record> {
    let mut chain: Vec<&Record> = Vec::new();
    let mut next = Some(id);
    while let Some(record) = next.and_then(|id| find(records, id)) {
        // A cause comes before what it brings about; a file that says otherwise is not followed in circles.
        if chain.last().is_some_and(|effect| effect.id <= record.id) {
            break;
        }
        chain.push(record);
        next = record.cause;
    }
    chain
}

/// The record with this number.
fn find(records: &[Record], id: RecordId) -> Option<&Record> {
    // Packets have no numbers: from one that is met on the way, the search goes on at the next record that has.
    let (mut low, mut high) = (0, records.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(place) = (middle..high).find(|place| records[*place].id.is_some()) else {
            high = middle;
            continue;
        };
        match records[place].id.cmp(&Some(id)) {
            std::cmp::Ordering::Equal => return Some(&records[place]),
            std::cmp::Ordering::Less => low = place + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Instant;
    use crate::trace::{HostId, What};

    fn record(id: Option<u64>, cause: Option<u64>) -> Record {
        let what = What::Alarm { text: "x".into() };
        let (id, cause) = (id.map(RecordId), cause.map(RecordId));
        Record { id, at: Instant::ZERO, host: HostId(0), conn: None, mail: None, hop: None, cause, what }
    }

    #[test]
    fn chains_are_walked_backwards_and_end() {
        let mut records = vec![record(None, None), record(Some(1), None)];
        for id in 2..=40 {
            records.push(record(Some(id), Some(id / 2)));
            records.extend((0..id % 4).map(|_| record(None, None)));
        }
        let walk =
            |records: &[Record], id| chain(records, RecordId(id)).iter().map(|r| r.id.unwrap().0).collect::<Vec<_>>();
        assert_eq!(walk(&records, 37), [37, 18, 9, 4, 2, 1]);
        assert_eq!(walk(&records, 41), [] as [u64; 0]);
        for id in 1..=40 {
            assert_eq!(walk(&records, id).last(), Some(&1), "{id}");
        }
        let circle = [record(Some(1), Some(2)), record(Some(2), Some(1))];
        assert_eq!(walk(&circle, 2), [2, 1]);
    }
}
