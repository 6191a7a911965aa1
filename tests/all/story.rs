//! A story that is told as it happens has the words of one that is told when all is over.

use std::sync::Arc;

#[cfg(feature = "tls")]
use postroad::render::waterfall;
#[cfg(feature = "tls")]
use postroad::trace::MailId;
use postroad::trace::Record;
use postroad::trace::transcript::{Line, Options, Story, story};

use super::lab::{self, Look};

/// Words without the times' column, which grows as times do.
fn words(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.text().trim_start().to_owned()).collect()
}

fn as_it_happens(run: &lab::Run, options: &Options) -> Vec<Line> {
    let mut story = Story::new(Arc::clone(&run.roster), options);
    let mut lines = Vec::new();
    for record in &run.records {
        story.record(record);
        lines.extend(story.take_lines());
    }
    lines.extend(story.finish());
    lines
}

#[test]
fn every_shipped_scenario_is_told_alike_as_it_happens_and_afterwards() {
    for (name, plan) in lab::shipped() {
        for packets in [false, true] {
            let run = lab::run(&plan, Look { records: true, packets, ..Look::default() });
            let options = Options { packets, short: false };
            let (live, after) = (as_it_happens(&run, &options), story(&run.roster, &run.records, &options));
            let first = words(&live).iter().zip(&words(&after)).position(|(a, b)| a != b);
            assert_eq!(first.map(|at| (live[at].text(), after[at].text())), None, "{name}, packets: {packets}");
            assert_eq!(live.len(), after.len(), "{name}, packets: {packets}");
        }
    }
}

#[test]
fn nothing_has_to_be_kept_until_the_end() {
    // What is told is told soon: of many mails, most of the story lies behind when the last one is composed.
    let plan = lab::plan(
        r#"(
            title: "Many mails",
            hosts: {
                "laptop": User(mailbox: "alice@green.example", submits_to: "mx.blue.example"),
                "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob"]),
            },
            links: [("laptop", "mx.blue.example", (latency: "5ms"))],
            mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "Hi", count: 400, every: "1s")],
            expect: [],
        )"#,
    );
    let run = lab::run(&plan, Look { records: true, packets: true, ..Look::default() });
    let mut live = Story::new(Arc::clone(&run.roster), &Options { packets: true, short: false });
    let (mut told, mut most_behind) = (0, 0);
    let all = as_it_happens(&run, &Options { packets: true, short: false }).len();
    let records: &[Record] = &run.records;
    for (place, record) in records.iter().enumerate() {
        live.record(record);
        told += live.take_lines().len();
        let due = all * (place + 1) / records.len();
        most_behind = most_behind.max(due.saturating_sub(told));
    }
    // Ten seconds of silence and a few more, with some forty lines a mail.
    assert!(all > 12_000 && most_behind < 1_000, "{most_behind} of {all} lines behind");
}

/// Three thousand mails over a relay, one every half second, and what else the scenario says.
fn three_thousand_mails(link: &str, faults: &str) -> String {
    format!(
        r#"(
            title: "Three thousand mails",
            run_for: "30d",
            hosts: {{
                "laptop": User(mailbox: "alice@green.example", submits_to: "mx.green.example"),
                "mx.green.example": Mta(domains: ["green.example"], retry: Postfix),
                "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob"]),
                "ns.blue.example": NameServer(zones: ["blue.example"]),
            }},
            links: [
                ("laptop", "mx.green.example", (latency: "5ms")),
                ("mx.green.example", "mx.blue.example", {link}),
                ("mx.green.example", "ns.blue.example", (latency: "5ms")),
            ],
            mail: [(at: "0s", from: "alice@green.example", to: ["bob@blue.example"], count: 3000, every: "500ms")],
            faults: [{faults}],
        )"#
    )
}

#[test]
fn what_is_remembered_does_not_grow_with_the_run() {
    const QUIET: &str = "(latency: \"5ms\")";
    const LOSSY: &str = "(latency: \"20ms\", loss: \"2 %\")";
    let crashes: Vec<String> = (1..=14)
        .flat_map(|n| ["mx.blue.example", "mx.green.example"].map(|host| (host, n)))
        .map(|(host, n)| format!(r#"(at: "{}s", what: Down(host: "{host}"), lasting: "2s")"#, n * 100))
        .collect();
    let silences: Vec<String> = (1..=14)
        .map(|n| format!(r#"(at: "{}s", what: Dns(server: "ns.blue.example", mode: Silent), lasting: "30s")"#, n * 100))
        .collect();
    for (name, link, faults) in [
        ("quiet", QUIET, ""),
        ("lossy", LOSSY, ""),
        ("crashes", QUIET, &*crashes.join(", ")),
        ("silences", QUIET, &*silences.join(", ")),
    ] {
        let plan = lab::plan(&three_thousand_mails(link, faults));
        let run = lab::run(&plan, Look { records: true, packets: true, ..Look::default() });
        let mut story = Story::new(Arc::clone(&run.roster), &Options { packets: true, short: false });
        // What is held at most in each of the five parts of the time in which mail is sent, of five minutes each: longer
        // than anything is waited for.
        let mut most = [0; 5];
        let mut lines = 0;
        for (place, record) in run.records.iter().enumerate() {
            story.record(record);
            lines += story.take_lines().len();
            if place % 64 == 0
                && let Some(most) = most.get_mut((record.at.as_nanos() / 300_000_000_000) as usize)
            {
                *most = story.held().max(*most);
            }
        }
        assert!(lines > 150_000, "{name}: {lines} lines");
        let (first, last) = (most[1], most[4]);
        assert!(last < 10_000 && last * 10 < first * 13, "{name}: {most:?} of {lines} lines");
    }
}

/// Where the time of a mail went is all there: what its phases took is what it took in all.
#[test]
#[cfg(feature = "tls")]
fn a_waterfall_accounts_for_all_of_the_time() {
    let (_, plan) = lab::shipped().into_iter().find(|(name, _)| name.starts_with("28-")).unwrap();
    let run = lab::tell_plan(&plan);
    let options = |mail| waterfall::Options { mail: Some(MailId(mail)), ..waterfall::Options::default() };
    let text = |mail| waterfall::text(&run.roster, &run.records, &options(mail), 110);
    let path = format!("{}/tests/render/waterfall-stripped.txt", env!("CARGO_MANIFEST_DIR"));
    let twin = text(3);
    if std::env::var_os("POSTROAD_BLESS").is_some() {
        std::fs::write(&path, &twin).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(twin, expected, "tests/render/waterfall-stripped.txt; POSTROAD_BLESS=1 writes it anew");
    // Mail 1, sealed on both hops: to the millisecond.
    let twin = text(1);
    let millis = |line: &str| -> Vec<u64> {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.windows(2).filter(|w| w[1].starts_with("ms")).map(|w| w[0].parse().unwrap()).collect()
    };
    let all = millis(twin.lines().nth(1).unwrap())[0];
    let sum: u64 = twin.lines().skip_while(|line| !line.starts_with("In all:")).flat_map(millis).sum();
    assert!(sum.abs_diff(all) <= 4, "{sum} ms of {all} ms: each phase is rounded\n{twin}");
    assert!(twin.contains("TLS 23 ms, 1 round trip, 959 bytes"), "{twin}");
}
