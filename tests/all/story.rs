//! A story that is told as it happens has the words of one that is told when all is over.

use std::sync::Arc;

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
