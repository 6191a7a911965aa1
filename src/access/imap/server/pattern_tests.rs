use proptest::prelude::*;

use super::*;

#[test]
fn patterns_stand_for_names() {
    let cases: &[(&str, &str, bool)] = &[
        ("*", "a/b/c", true),
        ("%", "a", true),
        ("%", "a/b", false),
        ("%/%", "a/b", true),
        ("a*c", "ac", true),
        ("a*c", "a/b/c", true),
        ("a%c", "a/c", false),
        ("a%c", "abc", true),
        ("", "", true),
        ("", "a", false),
        ("a", "A", false),
        ("inBox", "INBOX", true),
        ("i%x", "INBOX", true),
        ("inbox/%", "INBOX/a", false),
        ("INBOX/%", "INBOX/a", true),
        ("*%*%b", "a/a/b", true),
        ("%*", "a/b", true),
        ("*é", "é", true),
        ("a**b", "ab", true),
    ];
    for (pattern, name, stands) in cases {
        assert_eq!(Pattern::new(pattern).matches(name), *stands, "{pattern} {name}");
    }
    assert!(Pattern::new("a/%").wants_levels() && !Pattern::new("%/a").wants_levels());
}

#[test]
fn many_signs_cost_little() {
    let pattern = Pattern::new(&"*a%".repeat(1000));
    assert!(!pattern.matches(&"ab".repeat(500)));
    assert!(pattern.matches(&"a".repeat(1000)));
}

/// What RFC 9051 says, letter by letter.
fn slowly(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((b'*', rest)), Some((_, less))) => slowly(rest, name) || slowly(pattern, less),
        (Some((b'%', rest)), Some((b, less))) => slowly(rest, name) || *b != b'/' && slowly(pattern, less),
        (Some((b'*' | b'%', rest)), None) => slowly(rest, name),
        (Some((sign, rest)), Some((b, less))) => sign == b && slowly(rest, less),
        (Some(_), None) => false,
    }
}

proptest! {
    #[test]
    fn the_quick_way_finds_what_the_slow_one_does(pattern in "[ab/*%]{0,8}", name in "[ab/]{0,8}") {
        prop_assert_eq!(Pattern::new(&pattern).matches(&name), slowly(pattern.as_bytes(), name.as_bytes()));
    }
}
