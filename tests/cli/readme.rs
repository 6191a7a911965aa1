//! What the README shows is what the program does.

use std::fs;

use super::Scratch;

/// The README, and the scenario that it shows.
const README: &str = include_str!("../../README.md");
const FIRST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/01-first-message.ron");

/// The first block of the README that holds `line`.
fn block_with(line: &str) -> &'static str {
    README.split("```").find(|block| block.contains(line)).expect("the README shows it")
}

#[test]
fn the_transcript_of_the_readme_is_that_of_the_run() {
    let said = Scratch::new().run(&["run", FIRST]).ends(0).out;
    let mut rest = said.lines();
    let mut compared = 0;
    for line in block_with("EHLO mail.green.example").lines().skip(1).filter(|line| line.trim() != "...") {
        assert!(rest.any(|other| other == line), "the run does not say, or not in this place: {line}\n{said}");
        compared += 1;
    }
    assert!(compared > 8);
}

#[test]
fn the_picture_of_the_readme_is_that_of_the_run() {
    let dir = Scratch::new();
    dir.run(&["run", FIRST, "-q", "--out", "lesson"]).ends(0);
    let args = ["draw", "lesson/trace.jsonl", "--chart", "ladder", "--mail", "1", "-o", "ladder.svg"];
    dir.run(&args).ends(0);
    let drawn = dir.read("ladder.svg");
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/first-message-ladder.svg");
    if std::env::var_os("POSTROAD_BLESS").is_some() {
        fs::write(kept, &drawn).unwrap();
    }
    let same = fs::read_to_string(kept).unwrap() == drawn;
    assert!(same, "docs/first-message-ladder.svg is not what the run draws; POSTROAD_BLESS=1 writes it anew");
}

#[test]
fn the_scenario_of_the_readme_is_sound() {
    let dir = Scratch::new();
    dir.file("readme.ron", block_with("hosts: {").trim_start_matches("ron"));
    dir.run(&["run", "readme.ron"]).ends(0);
}

#[test]
fn every_scenario_that_ships_is_in_the_readme() {
    for directory in ["", "large/"] {
        let path = format!("{}/scenarios/{directory}", env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(path).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".ron") {
                assert!(README.contains(&format!("](scenarios/{directory}{name})")), "{directory}{name}");
            }
        }
    }
}
