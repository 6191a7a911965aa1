//! Every shipped scenario keeps its word, with its own luck and with other luck, and says the whole lesson.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use postroad::diag;
use postroad::scenario::{self, BuildOptions, Judge, Plan};
use postroad::sim::Instant;
use postroad::trace::transcript::{Line, Mails, Options, story};
use postroad::trace::{HostId, Sink, What};

use super::lab::{self, Look};

/// The expectations that a run of the plan does not meet.
pub(super) fn broken(plan: &Plan, seed: Option<u64>) -> Vec<String> {
    let mut world = scenario::build(plan, BuildOptions { seed });
    let judge = Rc::new(RefCell::new(Judge::new(plan)));
    world.observe(Box::new(judge.clone()));
    world.start();
    world.run_until(Instant::ZERO + plan.run_for, u64::MAX);
    world.finish();
    let judgements = judge.borrow().judgements();
    let broken = judgements.into_iter().filter(|j| !j.met);
    broken.map(|j| format!("expected {}; {}", j.expected, j.happened)).collect()
}

#[test]
fn shipped_scenarios_keep_their_word_whatever_the_luck() {
    for (name, plan) in lab::shipped() {
        assert!(plan.expectations.len() >= 6, "{name} claims little");
        for seed in [None, Some(2), Some(3), Some(4)] {
            assert_eq!(broken(&plan, seed), Vec::<String>::new(), "{name} with seed {seed:?}");
        }
    }
}

#[test]
fn the_large_scenario_keeps_its_word() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/large/internet.ron");
    let text = std::fs::read_to_string(path).unwrap();
    let plan =
        scenario::load("internet.ron", &text).unwrap_or_else(|d| panic!("{}", diag::render_all(&d, &text, false)));
    assert_eq!(broken(&plan, None), Vec::<String>::new());
}

#[test]
fn shipped_scenarios_begin_with_what_to_look_at_and_what_to_change() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for (name, plan) in lab::shipped() {
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with("//")).collect();
        for part in ["// You see: ", "// Look at: ", "// Change:  ", "// RFC "] {
            assert!(comment.iter().any(|line| line.starts_with(part)), "{name} has no line `{part}`");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 140), "{name} has a line that is too long");
        assert_ne!(plan.title, "untitled", "{name}");
    }
}

/// An attempt is one round through a server's queue: the numbers that hops bear are those that the table counts, and
/// those that `Attempts` counts.
#[test]
fn attempts_are_counted_alike_everywhere() {
    for (name, plan) in lab::shipped() {
        let run = lab::run(&plan, Look { records: true, ..Look::default() });
        let mut table = Mails::default();
        table.begin(&run.roster);
        run.records.iter().for_each(|r| table.record(r));
        for mail in table.list() {
            let rounds: BTreeSet<(HostId, &str, u32)> = run
                .records
                .iter()
                .filter(|r| r.mail == Some(mail.id) && &*run.roster.hosts[r.host.0 as usize].role == "mta")
                .filter_map(|r| match &r.what {
                    What::Attempt { queue_id, number, .. } | What::Outcome { queue_id, number, .. } => {
                        Some((r.host, &**queue_id, *number))
                    }
                    _ => None,
                })
                .collect();
            assert_eq!(mail.attempts as usize, rounds.len(), "{name}, mail {}", mail.id.0);
            let mut last: BTreeMap<(HostId, &str), u32> = BTreeMap::new();
            rounds.iter().for_each(|(host, id, number)| *last.entry((*host, *id)).or_default() = *number);
            assert_eq!(last.values().sum::<u32>(), mail.attempts, "{name}, mail {}: no round is skipped", mail.id.0);
        }
    }
}

/// A story can be read from end to end, and says so where it leaves something out.
#[test]
fn stories_are_short_and_say_what_they_leave_out() {
    for (name, plan) in lab::shipped() {
        let run = lab::run(&plan, Look { records: true, ..Look::default() });
        let tell = |short| {
            let lines = story(&run.roster, &run.records, &Options { short, ..Options::default() });
            lines.iter().map(Line::text).collect::<Vec<_>>()
        };
        let (short, whole) = (tell(true), tell(false));
        assert!(short.len() <= 220, "{name}: {} lines", short.len());
        if short != whole {
            let last = short.last().unwrap();
            assert!(last.starts_with("Left out") && last.ends_with("-v tells everything."), "{name}: {last}");
            assert!(whole.len() > 170, "{name}: a story of {} lines is told as it is", whole.len());
        }
        // What became of mail is told, even where how it came about is not.
        for fate in ["✉ delivered", "✗ bounced", "⚡"] {
            let is_there = |lines: &[String]| lines.iter().any(|line| line.contains(fate));
            assert_eq!(is_there(&short), is_there(&whole), "{name}: {fate}");
        }
    }
}

/// What the comment of lab 07 promises: one Received line a server, the oldest at the bottom.
#[test]
fn the_relay_chain_leaves_its_trail() {
    let plan = lab::shipped().into_iter().find(|(name, _)| name.starts_with("07-")).unwrap().1;
    let run = lab::run(&plan, Look::default());
    let [filed] = run.filed.as_slice() else { panic!("{} mails were filed", run.filed.len()) };
    let text = String::from_utf8(filed.bytes.clone()).unwrap();
    let by: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("\tby "))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(by, ["store.blue.example", "mx.blue.example", "smtp.provider.example", "mail.green.example"]);
    assert!(text.starts_with("Return-Path: <alice@green.example>\r\nReceived: from mx.blue.example "), "{text}");
}
