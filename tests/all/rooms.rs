//! No circles inside the rooms: files may use each other, but never in a ring.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Uses, uses};
use super::source::sources;

/// Each ring as the files in it, in order of their paths: every one of them leads to every other.
fn rings(uses: &Uses) -> BTreeSet<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = uses.keys().map(|file| (file.as_str(), reach(uses, file))).collect();
    let ring = |file: &&str| -> Vec<&str> {
        reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect()
    };
    reached.keys().map(ring).filter(|ring| !ring.is_empty()).collect()
}

/// The files that `file` leads to; itself only if in a ring.
fn reach<'a>(uses: &'a Uses, file: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = uses[file].keys().map(String::as_str).collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(uses[file].keys().map(String::as_str));
        }
    }
    reached
}

/// The ring, with the paths that close it.
fn told(ring: &[&str], uses: &Uses) -> String {
    let mut text = format!("{} files in a ring:\n", ring.len());
    for from in ring {
        for (to, why) in uses[*from].iter().filter(|(to, _)| ring.contains(&to.as_str())) {
            let why: Vec<&str> = why.iter().map(String::as_str).collect();
            text.push_str(&format!("  {from} uses {to}: {}\n", why.join(", ")));
        }
    }
    text
}

#[test]
fn no_files_use_each_other_in_a_ring() {
    let uses = uses(&sources());
    let rings: Vec<String> = rings(&uses).iter().map(|ring| told(ring, &uses)).collect();
    assert!(rings.is_empty(), "{}", rings.join("\n"));
}

#[test]
fn a_ring_is_found_and_told() {
    let mut uses = Uses::new();
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")] {
        uses.entry(to.into()).or_default();
        uses.entry(from.into()).or_default().entry(to.into()).or_default().insert(format!("{to}::X"));
    }
    let found = rings(&uses);
    assert_eq!(found, BTreeSet::from([vec!["b", "c"]]));
    assert_eq!(told(&["b", "c"], &uses), "2 files in a ring:\n  b uses c: c::X\n  c uses b: b::X\n");
}
