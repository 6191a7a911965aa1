use proptest::prelude::*;

use super::*;

fn shown(uids: &[u32]) -> Vec<String> {
    batches(uids.iter().copied()).iter().map(|set| show(&ranges(set))).collect()
}

fn show(ranges: &[Range]) -> String {
    let shown = ranges.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}:{b}") });
    shown.collect::<Vec<_>>().join(",")
}

#[test]
fn numbers_become_ranges() {
    assert_eq!(shown(&[7, 3, 4, 5, 3, 0, 9]), ["3:5,7,9"]);
    assert_eq!(shown(&[u32::MAX, u32::MAX - 1]), ["4294967294:4294967295"]);
    assert_eq!(shown(&[]), [""; 0]);
    assert_eq!(shown(&[0]), [""; 0]);
    assert_eq!(show(&ranges(&range(5, None))), "5:4294967295");
    assert_eq!(show(&ranges(&range(0, Some(0)))), "1:4294967295", "no number is 0");
    assert_eq!(show(&ranges(&range(5, Some(5)))), "5");
}

#[test]
fn sets_are_read_in_their_order() {
    assert_eq!(read("5,3:1,9"), Some(vec![(5, 5), (1, 3), (9, 9)]));
    for text in ["", ",", "1,", "0", "1:0", "*", "1:*", "1:2:3", "a", "4294967296", " 1"] {
        assert_eq!(read(text), None, "{text:?}");
    }
    assert_eq!(numbers(&[(4, 6), (2, 2)]).collect::<Vec<_>>(), [4, 5, 6, 2]);
    assert_eq!(numbers(&[(1, u32::MAX)]).nth(1000), Some(1001), "nobody counts to the end");
}

proptest! {
    #[test]
    fn no_number_is_lost_and_no_set_is_long(uids in prop::collection::vec(prop_oneof![any::<u32>(), 1_u32..3000], 0..2000)) {
        let sets = batches(uids.iter().copied());
        for set in &sets {
            prop_assert!(show(&ranges(set)).len() <= SET_OCTETS);
        }
        let all: Vec<Range> = sets.iter().flat_map(ranges).collect();
        let mut expected: Vec<u32> = uids.into_iter().filter(|uid| *uid > 0).collect();
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(numbers(&all).collect::<Vec<_>>(), expected);
    }
}
