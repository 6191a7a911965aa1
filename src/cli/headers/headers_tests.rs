//! Every `tests/headers/NAME.eml` is told exactly as `NAME.txt` says (`POSTROAD_BLESS=1` writes the latter anew), and its scenario comes to
//! the same delays.

use std::fs;
use std::path::PathBuf;

use super::super::simulate::{Wishes, build, simulate};
use super::*;
use crate::diag;
use crate::mime::trail::{MOST_HOPS, trail};
use crate::scenario::{Plan, load};
use crate::sim::StopReason;
use crate::testing::{Golden, files};

/// 1 June 2026, 00:00 Universal Time.
const NOW: i64 = 1_780_272_000;

fn samples() -> Vec<(String, PathBuf, Trail)> {
    let named = |path: PathBuf| {
        let trail = trail(&fs::read(&path).unwrap());
        (path.file_stem().unwrap().to_string_lossy().into_owned(), path, trail)
    };
    files("tests/headers", "eml", 20).into_iter().map(named).collect()
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text() + "\n").collect()
}

#[test]
fn mails_are_told_exactly_like_this() {
    let mut golden = Golden::default();
    for (name, path, trail) in samples() {
        let short = text(&lines(&trail, Some(NOW), false, COLUMNS));
        let whole = text(&lines(&trail, Some(NOW), true, COLUMNS));
        let told = format!("{short}\n--- with -v ---\n\n{whole}");
        golden.check(&path.with_extension("txt"), &told);
        assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{name}");
        let json = escape_controls(&serde_json::to_string(&trail).unwrap());
        assert!(json.chars().all(|c| !c.is_control()), "{name}");
    }
    golden.finish();
}

fn plan(name: &str, scenario: &str) -> Plan {
    load(name, scenario).unwrap_or_else(|d| panic!("{name}: {}\n{scenario}", diag::render_all(&d, scenario, false)))
}

/// Runs a scenario and reads the way of the mail that arrived.
fn simulated(name: &str, scenario: &str) -> Trail {
    let plan = plan(name, scenario);
    let wishes = Wishes { mail: true, progress: false, ..Wishes::only_to_run() };
    let mut run = simulate(build(&plan, wishes), &plan, wishes, Vec::new(), |_, _| {});
    let unmet: Vec<_> = run.judgements.iter().filter(|j| !j.met).map(|j| (&j.expected, &j.happened)).collect();
    assert!(unmet.is_empty() && !run.judgements.is_empty(), "{name}: {unmet:?}\n{scenario}");
    assert_eq!((run.stop, run.report.is_ok(), run.missed.len()), (StopReason::Idle, true, 0), "{name}\n{scenario}");
    let filed = run.world.take_filed();
    assert_eq!(filed.len(), 1, "{name}");
    trail(&filed[0].letter.content.rope().to_vec())
}

#[test]
fn scenarios_come_to_the_same_delays() {
    for (name, _, original) in samples() {
        let Some(scenario) = scenario::scenario(&original) else {
            assert!(original.hops.is_empty());
            continue;
        };
        let simulated = simulated(&name, &scenario);
        let told: Vec<i64> = simulated.hops.iter().map(|hop| hop.delay_secs.unwrap()).collect();
        // A second more where many hops took no time, of which the dialogues did.
        let wanted: Vec<i64> = original.hops.iter().map(|hop| hop.delay_secs.unwrap_or(0).max(0)).collect();
        let is_near = told.iter().zip(&wanted).all(|(told, wanted)| (0..=1).contains(&(told - wanted)));
        assert!(told.len() == wanted.len() && is_near, "{name}: {wanted:?}, {told:?}\n{scenario}");
        assert!(told == wanted || !["late-outbox", "forged-bottom", "backup-mx"].contains(&name.as_str()), "{name}");
        // The reader's own side begins at the same hop. Exchange's machines call themselves by other names than they write, and in a
        // copy they do not.
        if name != "many-providers" {
            let side = |trail: &Trail| trail.hops.iter().map(|hop| hop.is_own).collect::<Vec<_>>();
            assert_eq!(side(&simulated), side(&original), "{name}\n{scenario}");
        }
    }
}

#[test]
fn the_comments_of_a_scenario_are_about_its_fields() {
    let of = |name: &str| {
        let (_, _, original) = samples().into_iter().find(|(found, ..)| found == name).unwrap();
        scenario::scenario(&original).unwrap()
    };
    let forged = of("forged-bottom");
    assert!(forged.contains("nth: (1, 33)") && forged.contains("says 451 to 33 attempts of the outbox"), "{forged}");
    assert!(forged.contains("processing: \"2min57s\"") && forged.contains("thinks for 2min57s"), "{forged}");
    assert!(forged.contains("// Together these are 2h48min, where the original took 1min12s"), "{forged}");
    assert!(forged.contains("The delays above together are 2h48min;"), "{forged}");
    let backup = of("backup-mx");
    assert!(backup.contains("says 451 once; the host before tries again after 34min58s"), "{backup}");
    assert!(!backup.contains("Together"), "{backup}");
}

#[test]
fn nothing_hostile_gets_into_a_scenario() {
    let (_, _, hostile) = samples().into_iter().find(|(name, ..)| name == "hostile").unwrap();
    let scenario = scenario::scenario(&hostile).unwrap();
    assert!(scenario.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{scenario}");
    for word in ["evil", "open_relay", "owned", "unclosed", "eve@", "*)"] {
        assert!(!scenario.contains(word), "{word}\n{scenario}");
    }
    for name in
        ["a\", x: (\"", "a.example\n),", "// .example", "\\.example", "a/b.example", "{}.example", "\u{e4}.example"]
    {
        let mail = format!(
            "Received: from {name} by {name} for <{name}@{name}>; 5 Jan 2026 09:00 GMT\r\nFrom: <{name}@{name}>\r\nTo: {name}\r\n"
        );
        let scenario = scenario::scenario(&trail(mail.as_bytes())).unwrap();
        simulated(name, &scenario);
        assert!(scenario.contains("\"hop1.example\": Mta("), "{name}\n{scenario}");
    }
}

#[test]
fn a_loop_is_cut_and_simulated() {
    let mut mail = String::new();
    for hop in (0..MOST_HOPS + 3).rev() {
        let hop = hop as u32;
        mail += &format!(
            "Received: from a.example by a.example with ESMTP id {hop}; 5 Jan 2026 {:02}:{:02}:00 GMT\n",
            9 + hop / 60,
            hop % 60
        );
    }
    let way = trail(mail.as_bytes());
    assert!(text(&lines(&way, None, false, COLUMNS)).contains("103 Received fields"));
    assert_eq!(simulated("loop", &scenario::scenario(&way).unwrap()).hops.len(), MOST_HOPS);
}

#[test]
fn waits_that_nobody_could_simulate_are_cut() {
    for (first, last) in [("1 Jan 1970", "5 Jan 2026"), ("5 Jan 2026", "8 Jan 2026"), ("31 Dec 9999", "1 Jan 1900")] {
        let field = |by: &str, date: &str| format!("Received: from x by {by}.example; {date} 09:00 GMT\n");
        let mail = field("b", last) + &field("a", first) + "Date: 4 Jan 1960 00:00 GMT\n";
        simulated(first, &scenario::scenario(&trail(mail.as_bytes())).unwrap());
    }
}
