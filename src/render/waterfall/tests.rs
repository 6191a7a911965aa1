use proptest::prelude::*;

use super::super::stories;
use super::super::synthetic::{self, Story, ms};
use super::super::testing::{assert_good, keep};
use super::*;
use crate::trace::{HostId, Server, Verdict, What};

fn check(story: &Story, options: &Options) {
    let (roster, records) = (&story.roster, &story.records);
    let twin = |width| text(roster, records, options, width);
    assert_good(&scene(roster, records, options), &svg(roster, records, options), twin);
}

/// What became of an attempt.
fn outcome(story: &mut Story, host: HostId, number: u32, verdict: Verdict) {
    let what = What::Outcome {
        queue_id: "4F2A1C".into(),
        recipient: "bob@blue.example".into(),
        verdict,
        number,
        reply: crate::trace::Octets("250 Ok".into()),
        by: Some(Server { name: "mx.blue.example".into(), address: "10.0.0.3".into() }),
    };
    story.at(host, None, what);
}

#[test]
fn words_never_overlap_in_the_stories() {
    for (name, story) in stories::all() {
        keep(&format!("waterfall-{name}.svg"), &svg(&story.roster, &story.records, &Options::default()));
        check(&story, &Options::default());
        check(&story, &Options { max_rows: 3, ..Options::default() });
    }
}

/// Attempts that wait in between: each row has its phases, and all of the time is somewhere.
#[test]
fn waits_and_attempts_follow_each_other_without_a_gap() {
    let (mut s, [_, green, blue, names]) = synthetic::three("Waits");
    s.composed(green, 1, "alice@green.example", "bob@blue.example", "Patience");
    s.ask(green, names, "blue.example", "MX", &["10 mx.blue.example."], ms(5));
    s.lookup(green, "blue.example", "MX", "10 mx.blue.example", false);
    s.attempt(green, "mx.blue.example", 1);
    s.hand_over(green, blue, ms(40), "alice@green.example", "bob@blue.example", Some("450 later"));
    outcome(&mut s, green, 1, Verdict::Deferred);
    s.attempt(green, "mx.blue.example", 2);
    s.hand_over(green, blue, ms(40), "alice@green.example", "bob@blue.example", None);
    outcome(&mut s, green, 2, Verdict::Accepted);
    let fall = spans::fall(&s.roster, &s.records, &Options::default());
    let rows: Vec<(&str, String)> =
        fall.rows.iter().map(|row| (row.about.as_str(), row.phases().join(" · "))).collect();
    assert_eq!(
        rows,
        [
            ("hop 0, attempt 1: put off", "DNS 10 ms · connect 80 ms, 1 round trip · dialogue 400 ms, 5 round trips".into()),
            (
                "hop 1, attempt 2: accepted",
                "connect 80 ms, 1 round trip · dialogue 400 ms, 5 round trips · content 41 ms, 4096 bytes · reply to it 120 ms, 1 round trip".into()
            ),
        ] as [(&str, String); 2]
    );
    for row in &fall.rows {
        assert!(row.spans.windows(2).all(|pair| pair[0].to == pair[1].from), "{row:?}");
    }
    keep("waterfall-waits.txt", &text(&s.roster, &s.records, &Options::default(), 100));
}

/// Up to the person: each machine waits, connects, fetches, and waits for its reader.
#[test]
fn the_way_goes_on_to_the_last_screen() {
    let s = stories::reading();
    let fall = spans::fall(&s.roster, &s.records, &Options::default());
    let reading = |row: &&parts::Row| !row.about.starts_with("hop");
    let rows: Vec<(&str, &str, String)> = fall
        .rows
        .iter()
        .filter(reading)
        .map(|row| (row.title.as_str(), row.about.as_str(), row.phases().join(" · ")))
        .collect();
    let expected = [
        (
            "mx.blue.example → phone",
            "header fetched by IMAP",
            "waits in the mailbox 1 min 40 s · connect 60 ms, 1 round trip · dialogue 240 ms, 4 round trips · \
             content 90 ms, 1 round trip, 900 bytes",
        ),
        (
            "mx.blue.example → computer",
            "fetched by POP3",
            "waits in the mailbox 8 h 3 min · connect 20 ms, 1 round trip · dialogue 80 ms, 4 round trips · \
             content 32 ms, 1 round trip, 4500 bytes",
        ),
        (
            "mx.blue.example → phone",
            "fetched by IMAP, and read",
            "waits for its reader 1 min · content 95 ms, 1 round trip, 4500 bytes",
        ),
        ("computer", "read", "waits for its reader 45 s"),
    ];
    assert_eq!(rows, expected.map(|(title, about, phases)| (title, about, phases.to_owned())));
    for row in &fall.rows {
        assert!(row.spans.windows(2).all(|pair| pair[0].to == pair[1].from), "{row:?}");
    }
    assert!(fall.subtitle.contains("8 h 3 min in all"), "{}", fall.subtitle);
    keep("waterfall-reading.txt", &text(&s.roster, &s.records, &Options::default(), 100));
}

#[test]
fn a_mail_of_which_nothing_was_sent_is_said_to_be_that() {
    let (mut s, [laptop, ..]) = synthetic::three("Nothing");
    assert!(text(&s.roster, &s.records, &Options::default(), 80).contains("Nothing was sent"));
    s.composed(laptop, 1, "alice@green.example", "bob@blue.example", "Hello");
    check(&s, &Options::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn words_never_overlap(
        trips in prop::collection::vec((0..6_u32, 0..6_u32, 0..4_u8, 0..4_000_000_u64), 0..30), rows in 1..80_usize,
    ) {
        let mut story = Story::new("made up");
        for n in 0..6 {
            story.host(&format!("{}{n}.example", "long-".repeat(n * 3)), "mta");
        }
        story.composed(HostId(0), 1, "a@x", "b@y", "s");
        for (number, (a, b, ends, wait)) in trips.iter().enumerate() {
            story.attempt(HostId(*a), &format!("{}mx.example", "very-".repeat(*b as usize * 4)), number as u32);
            let verdict = (*ends == 1).then_some("450 later");
            story.hand_over(HostId(*a), HostId(*b), ms(wait % 500), "a@x", "b@y", verdict);
            if *ends < 3 {
                let verdict = [Verdict::Accepted, Verdict::Deferred, Verdict::Failed][*ends as usize];
                outcome(&mut story, HostId(*a), number as u32, verdict);
            }
            story.deferred(HostId(*a), "later", ms(*wait));
            story.wait(ms(*wait));
        }
        check(&story, &Options { max_rows: rows, ..Options::default() });
    }
}
