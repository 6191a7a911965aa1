//! The book: every directive finds what it names, every link leads somewhere, every scenario has its chapter, and
//! every RFC that the sources cite is in the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use postroad::cli::command;
use postroad::cli::mdbook::Expander;

mod links;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory with this ending, in a fixed order.
fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![below.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_directive_finds_what_it_names() {
    let source = project().join("book/src");
    let expander = Expander::new(project(), command());
    let mut problems = Vec::new();
    for file in files(&source, "md") {
        let path = file.strip_prefix(&source).unwrap().to_str().unwrap();
        match expander.chapter(path, &fs::read_to_string(&file).unwrap()) {
            Ok(text) => assert!(!text.contains("{{#postroad"), "{path}: a directive is left"),
            Err(found) => problems.extend(found.iter().map(ToString::to_string)),
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_same_book_is_made_twice() {
    let text = fs::read_to_string(project().join("book/src/labs/01-first-message.md")).unwrap();
    let make = || Expander::new(project(), command()).chapter("labs/01-first-message.md", &text).unwrap();
    assert_eq!(make(), make());
}

#[test]
fn a_directive_that_names_nothing_is_told_with_its_line() {
    let text = "# Title\n\n{{#postroad value 01 kind=bounced show=host}}\n\n{{#postroad ladder 99}}\n{{#postroad moon}}\n\
                {{#postroad source src/lib.rs item=\"fn nobody\"}}\n{{#postroad value 01 count kind=line hots=x}}\n";
    let found = Expander::new(project(), command()).chapter("x.md", text).unwrap_err();
    let lines: Vec<usize> = found.iter().map(|p| p.line).collect();
    assert_eq!(lines, [3, 5, 6, 7, 8], "{found:?}");
    assert_eq!(found[0].to_string(), "x.md, line 3: value: no record of the run matches");
}

#[test]
fn secrets_are_shown_to_a_directive_that_asks() {
    let show = |words: &str| {
        let text = format!("{{{{#postroad dialogue 08 {words} mail=1 hop=1 from=AUTH to=AUTH}}}}");
        Expander::new(project(), command()).chapter("x.md", &text).unwrap()
    };
    // "\0alice@green.example\0sesame"
    assert!(show("secrets").contains("AUTH PLAIN AGFsaWNlQGdyZWVuLmV4YW1wbGUAc2VzYW1l"));
    assert!(show("").contains("AUTH PLAIN ***"));
}

#[test]
fn every_chapter_is_in_the_summary() {
    let source = project().join("book/src");
    let summary = fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    for file in files(&source, "md") {
        let own = file.strip_prefix(&source).unwrap().to_str().unwrap();
        assert!(own == "SUMMARY.md" || summary.contains(&format!("({own})")), "{own} is not in SUMMARY.md");
    }
}

#[test]
fn every_scenario_has_its_chapter() {
    let summary = fs::read_to_string(project().join("book/src/SUMMARY.md")).unwrap();
    let large = project().join("scenarios/large");
    // Large scenarios are for measuring and for looking at totals; they are no labs.
    for scenario in files(&project().join("scenarios"), "ron").into_iter().filter(|f| !f.starts_with(&large)) {
        let chapter = format!("(labs/{}.md)", scenario.file_stem().unwrap().to_str().unwrap());
        assert!(summary.contains(&chapter), "{} has no chapter", scenario.display());
    }
}

#[test]
fn every_rfc_of_the_sources_is_in_the_table() {
    let table = fs::read_to_string(project().join("book/src/reference/rfcs.md")).unwrap();
    let mut cited = BTreeSet::new();
    for file in files(&project().join("src"), "rs") {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("RFC ") {
            let number: String = text[at + 4..].chars().take_while(char::is_ascii_digit).collect();
            if number.len() >= 3 {
                cited.insert(number.parse::<u32>().unwrap());
            }
        }
    }
    assert!(cited.contains(&5321));
    let missing: Vec<u32> = cited.into_iter().filter(|n| !table.contains(&format!("[RFC {n}]("))).collect();
    assert!(missing.is_empty(), "not in book/src/reference/rfcs.md: {missing:?}");
}

#[test]
fn chapters_have_their_parts() {
    let parts =
        ["## The map", "## Predict", "## The run", "## The reveal", "## The bytes to read", "## One line to change"];
    for chapter in files(&project().join("book/src/labs"), "md") {
        let text = fs::read_to_string(&chapter).unwrap();
        let mut from = 0;
        for part in parts.iter().chain(&["## In real life"]) {
            let at = text[from..].find(part).map(|i| i + from);
            from = at.unwrap_or_else(|| panic!("{} has no part `{part}` where it belongs", chapter.display()));
        }
        let questions = text.matches("```ask").count();
        assert!((2..=6).contains(&questions), "{} asks {questions} questions", chapter.display());
    }
}
