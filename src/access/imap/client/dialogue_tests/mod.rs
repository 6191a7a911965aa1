//! Runs the dialogues of `tests/dialogues/imap-client`: each case twice, with the bytes of one turn in one piece and byte by byte.
//! The format is described in `tests/dialogues/README.md`. With `POSTROAD_BLESS=1` what is expected is written anew.

mod player;
mod read;
mod show;

use std::fs;
use std::path::Path;

use player::{Arrival, Player};
use read::unescape;

/// A case: its name, and its lines with their numbers.
struct Case {
    name: String,
    lines: Vec<(usize, String)>,
}

fn read_cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("# ") {
            cases.push(Case { name: name.into(), lines: Vec::new() });
        } else if !line.trim().is_empty() && !line.starts_with("//") {
            let case = cases.last_mut().expect("a case begins with `# name`");
            case.lines.push((number + 1, line.to_owned()));
        }
    }
    cases
}

/// Whether a line is something that the case does, and not something that the session is to do.
fn is_action(line: &str) -> bool {
    ["S: ", "S:", "config: ", "request: ", "wait: ", "progress: ", "secured", "eof"]
        .iter()
        .any(|word| line.starts_with(word))
}

/// What is said in a line of the server: with CRLF, unless it ends in `\c`.
fn said(line: &str) -> Option<Vec<u8>> {
    let text = line.strip_prefix("S:")?;
    let text = text.strip_prefix(' ').unwrap_or(text);
    Some(match text.strip_suffix("\\c") {
        Some(text) => unescape(text),
        None => [&unescape(text)[..], b"\r\n"].concat(),
    })
}

/// Plays a case; what the session does, behind each line that is the last of its turn.
fn play(case: &Case, arrival: Arrival) -> Vec<(usize, Vec<String>)> {
    let settings: Vec<&str> = case.lines.iter().filter_map(|(_, line)| line.strip_prefix("config: ")).collect();
    let mut player = Player::start(&settings, arrival);
    let mut done = vec![(case.lines.first().map_or(0, |(number, _)| number - 1), player.transcript())];
    let actions: Vec<&(usize, String)> =
        case.lines.iter().filter(|(_, line)| is_action(line) && !line.starts_with("config: ")).collect();
    let mut turn = Vec::new();
    for (i, (number, line)) in actions.iter().enumerate() {
        let Some(bytes) = said(line) else {
            assert!(player.act(line), "line {number}: `{line}` is no action");
            done.push((*number, player.transcript()));
            continue;
        };
        turn.extend(bytes);
        // Neighbouring lines are one turn.
        if actions.get(i + 1).is_some_and(|(next, line)| *next == number + 1 && said(line).is_some()) {
            continue;
        }
        player.input(&std::mem::take(&mut turn));
        done.push((*number, player.transcript()));
    }
    done
}

/// Says where a case went otherwise than expected.
fn check(case: &Case, arrival: Arrival) -> Result<(), String> {
    let done = play(case, arrival);
    for (i, (number, got)) in done.iter().enumerate() {
        let end = done.get(i + 1).map_or(usize::MAX, |(next, _)| *next);
        let expected: Vec<&str> = case
            .lines
            .iter()
            .filter(|(at, line)| *at > *number && *at < end && !is_action(line))
            .map(|(_, line)| line.trim_end())
            .collect();
        if got != &expected {
            let (expected, got) = (expected.join("\n    "), got.join("\n    "));
            return Err(format!(
                "{} ({arrival:?}), behind line {number}:\n  expected\n    {expected}\n  got\n    {got}",
                case.name
            ));
        }
    }
    Ok(())
}

/// The file with what the session does in the place of what was expected.
fn bless(text: &str) -> String {
    let mut done: Vec<(usize, Vec<String>)> = Vec::new();
    for case in read_cases(text) {
        let first = case.lines.iter().rev().find(|(_, line)| line.starts_with("config: "));
        let mut played = play(&case, Arrival::Whole);
        if let (Some((number, _)), Some(start)) = (first, played.first_mut()) {
            start.0 = *number;
        }
        done.extend(played);
    }
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        if is_action(line) || line.starts_with("# ") || line.starts_with("//") || line.trim().is_empty() {
            out += &format!("{line}\n");
        }
        for (_, lines) in done.iter().filter(|(at, _)| *at == number + 1) {
            lines.iter().for_each(|line| out += &format!("{line}\n"));
        }
    }
    out
}

#[test]
fn dialogues() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues/imap-client");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut played, mut faults) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        if std::env::var_os("POSTROAD_BLESS").is_some() {
            fs::write(&file, bless(&text)).unwrap();
            continue;
        }
        for case in read_cases(&text) {
            for arrival in [Arrival::Whole, Arrival::ByteByByte] {
                let place = file.file_name().unwrap_or_default().display();
                faults.extend(check(&case, arrival).err().map(|fault| format!("{place}: {fault}")));
            }
            played += 1;
        }
    }
    assert!(faults.is_empty(), "{} differ:\n\n{}", faults.len(), faults.join("\n\n"));
    assert!(played >= 50 || std::env::var_os("POSTROAD_BLESS").is_some(), "only {played} cases");
}
