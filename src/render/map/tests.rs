use proptest::prelude::*;

use super::super::stories;
use super::super::synthetic::{self, Story, ms};
use super::super::testing::{assert_good, keep};
use super::*;
use crate::trace::HostId;

fn check(story: &Story, options: &Options) {
    let (roster, records) = (&story.roster, &story.records);
    let twin = |width| text(roster, records, options, width);
    assert_good(&scene(roster, records, options), &svg(roster, records, options), twin);
}

#[test]
fn words_never_overlap_in_the_stories() {
    for (name, story) in stories::all() {
        keep(&format!("map-{name}.svg"), &svg(&story.roster, &story.records, &Options::default()));
        keep(&format!("map-{name}.txt"), &text(&story.roster, &story.records, &Options::default(), 100));
        check(&story, &Options::default());
        check(&story, &Options { hops: false, ..Options::default() });
    }
}

#[test]
fn hops_are_those_of_the_mail() {
    let story = synthetic::eight();
    let way = hops::hops(&story.roster, &story.records, &Options::default());
    let said: Vec<_> = way.hops.iter().map(|h| (h.number, h.from.0, h.to.0, h.accepted.is_some())).collect();
    let expected =
        [(1, 0, 1, true), (2, 1, 2, true), (3, 2, 3, false), (3, 2, 4, false), (3, 2, 5, true), (4, 5, 6, true)];
    assert_eq!(said, expected);
    let picture = svg(&story.roster, &story.records, &Options::default());
    assert!(picture.contains("out.green.example → mx1.blue.example: in vain"));
    assert!(picture.contains("15 ms · 1 Gbit/s"));
}

#[test]
fn the_way_goes_on_to_the_machines_that_fetch() {
    let story = stories::reading();
    let way = hops::hops(&story.roster, &story.records, &Options::default());
    let said: Vec<_> = way.hops.iter().map(|h| (h.badge(), h.from.0, h.to.0, h.fetch.map(|f| f.protocol))).collect();
    let badge = |badge: &str| badge.to_owned();
    let expected = [
        (badge("1"), 0, 1, None),
        (badge("2"), 1, 2, None),
        (badge("F1"), 2, 4, Some("IMAP")),
        (badge("F2"), 2, 5, Some("POP3")),
    ];
    assert_eq!(said, expected);
    let lines: Vec<String> = text(&story.roster, &story.records, &Options::default(), 100)
        .lines()
        .rev()
        .take(7)
        .map(|line| line.trim().to_owned())
        .collect();
    let expected = [
        "bob@blue.example reads it at computer, 8:03:27.525",
        "removed from bob@blue.example at mx.blue.example, 8:02:42.515",
        "F2  mx.blue.example → computer: fetched by POP3 at 8:02:42.485",
        "bob@blue.example reads it at phone, 0:02:42.283",
        "F1  mx.blue.example → phone: fetched by IMAP at 0:02:42.283",
    ];
    assert_eq!(lines[..5], expected);
    // As long as only the header section is there, the line says so.
    let mut early = story;
    early.records.retain(|record| record.at.as_nanos() < 150_000_000_000);
    let told = text(&early.roster, &early.records, &Options::default(), 100);
    assert!(told.contains("mx.blue.example → phone: its header fetched by IMAP at 0:01:42"), "{told}");
}

#[test]
fn a_chain_lies_flat_with_its_author_left() {
    let mut story = Story::new("chain");
    let hosts: Vec<HostId> =
        (0..5).map(|n| story.host(&format!("h{n}"), if n == 0 { "user" } else { "mta" })).collect();
    for pair in hosts.windows(2) {
        story.link(pair[0], pair[1], ms(1), "lan");
    }
    let places = layout::places(&story.roster);
    for pair in places.windows(2) {
        assert!(pair[1].0 - pair[0].0 > 0.9 && (pair[1].1 - pair[0].1).abs() < 0.1, "{places:?}");
    }
}

#[test]
fn a_name_server_lies_on_no_link_of_others() {
    for arms in 2..9 {
        let mut story = Story::new("star");
        let middle = story.host("mail.green.example", "mta");
        for n in 0..arms {
            let host = story.host(&format!("h{n}.example"), "user");
            story.link(middle, host, ms(1), "National");
        }
        let names = story.host("name server", "name server");
        for host in 0..=arms {
            story.link(HostId(host), names, ms(1), "");
        }
        let way = hops::hops(&story.roster, &story.records, &Options::default());
        let placed = place::Placed::new(&story.roster, &way);
        let card = placed.cards[names.0 as usize];
        for link in story.roster.links.iter().filter(|link| link.b != names) {
            let (a, b) = (placed.centers[link.a.0 as usize], placed.centers[link.b.0 as usize]);
            assert!(!card.is_crossed(a, b), "{arms} arms: a link lies under the name server");
        }
    }
}

#[test]
fn large_nets_name_only_what_the_mail_touched() {
    let story = synthetic::internet(100);
    let picture = svg(&story.roster, &story.records, &Options::default());
    assert!(picture.contains("mx.site-50.example") && !picture.contains("mx.site-51.example"));
    assert!(picture.len() < 300_000, "{}", picture.len());
}

#[test]
fn the_text_twin_stays_as_it_is() {
    let story = synthetic::eight();
    let twin = text(&story.roster, &story.records, &Options::default(), 100);
    let path = format!("{}/tests/render/map-eight.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("POSTROAD_BLESS").is_some() {
        std::fs::write(&path, &twin).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(twin, expected, "tests/render/map-eight.txt; POSTROAD_BLESS=1 writes it anew");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn words_never_overlap(
        hosts in 0..50_u32, links in prop::collection::vec((0..50_u32, 0..50_u32, "\\PC{0,30}"), 0..70),
        trips in prop::collection::vec((0..50_u32, 0..50_u32, any::<bool>()), 0..12),
    ) {
        let mut story = Story::new("made up");
        for n in 0..hosts {
            let role = ["user", "mta", "name server", "router", "else"][n as usize % 5];
            let host = story.host(&format!("{}{n}.example", "long-".repeat(n as usize % 9)), role);
            if n % 7 == 6 {
                story.implied(host);
            }
        }
        for (a, b, label) in &links {
            story.link(HostId(*a), HostId(*b), ms(1), label);
        }
        if hosts > 0 {
            story.composed(HostId(0), 1, "a@x", "b@y", "s");
            for (a, b, fails) in &trips {
                let verdict = fails.then_some("450 later");
                story.hand_over(HostId(a % hosts), HostId(b % hosts), ms(2), "a@x", "b@y", verdict);
            }
        }
        check(&story, &Options::default());
    }
}
