use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn text(numbers: &Numbers) -> String {
    let mut out = Vec::new();
    numbers.write_to(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn sets_are_put_in_order() {
    for (set, last, expected) in [
        ("1", 9, "1"),
        ("3,1,2", 9, "1:3"),
        ("*", 9, "9"),
        ("9:*", 5, "5:9"),
        ("*:4", 2, "2:4"),
        ("4:2,3:7,9", 9, "2:7,9"),
        ("1:4294967295,5", 9, "1:4294967295"),
        ("4294967295,1", 9, "1,4294967295"),
    ] {
        assert_eq!(text(&Numbers::of(&set.try_into().unwrap(), last)), expected, "{set}");
    }
}

proptest! {
    #[test]
    fn numbers_are_a_set(ends in prop::collection::vec((1..40_u32, 1..40_u32), 1..8), probe in 0..45_u32) {
        let set: Vec<String> = ends.iter().map(|(a, b)| format!("{a}:{b}")).collect();
        let numbers = Numbers::of(&set.join(",").as_str().try_into().unwrap(), 1);
        let slow: BTreeSet<u32> = ends.iter().flat_map(|(a, b)| *a.min(b)..=*a.max(b)).collect();
        let all: Vec<u32> = slow.iter().copied().collect();
        prop_assert_eq!(numbers.iter().collect::<Vec<_>>(), all.clone());
        prop_assert_eq!(numbers.clone().walk().collect::<Vec<_>>(), all.clone());
        prop_assert_eq!(numbers.len(), all.len() as u64);
        prop_assert_eq!(numbers.contains(probe), slow.contains(&probe));
        prop_assert_eq!(numbers.count_below(probe), slow.range(..probe).count() as u32);
        prop_assert_eq!((numbers.first(), numbers.last()), (all.first().copied(), all.last().copied()));
        prop_assert_eq!(&all.into_iter().collect::<Numbers>(), &numbers);
        prop_assert_eq!(Numbers::of(&text(&numbers).as_str().try_into().unwrap(), 1), numbers);
    }
}
