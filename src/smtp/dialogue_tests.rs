//! Runs the dialogues of `tests/dialogues`: each case twice, with the bytes of one turn in one piece and byte by byte.
//! The format is described in `tests/dialogues/README.md`.

mod client_runner;
mod server_runner;

use std::path::Path;

use crate::octets::Chunk;
use crate::trace::visible;

/// How the bytes of one turn arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Whole,
    ByteByByte,
}

/// One case: its name, and its directives with their lines.
struct Case {
    name: String,
    steps: Vec<(usize, String)>,
}

fn read_cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("# ") {
            cases.push(Case { name: name.into(), steps: Vec::new() });
        } else if !line.trim().is_empty() && !line.starts_with("//") {
            let case = cases.last_mut().expect("a case begins with `# name`");
            case.steps.push((number + 1, line.to_owned()));
        }
    }
    cases
}

/// `{x*20}` stands for twenty times `x`; then `\r`, `\n`, `\t`, `\\`, `\xNN` for bytes.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut text = text.to_owned();
    while let Some(open) = text.find('{') {
        let Some(close) = text[open..].find('}').map(|at| open + at) else { break };
        let (piece, times) = text[open + 1..close].rsplit_once('*').expect("{text*times}");
        let repeated = piece.repeat(times.parse().expect("a number of times"));
        text.replace_range(open..=close, &repeated);
    }
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        match bytes.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'\\') => out.push(b'\\'),
            Some(b'x') => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            other => panic!("unknown escape {other:?} in {text}"),
        }
    }
    out
}

/// What the text of a `C:` or `S:` line sends: with CRLF, unless it ends in `\c`.
fn line_bytes(text: &str) -> Vec<u8> {
    match text.strip_suffix("\\c") {
        Some(text) => unescape(text),
        None => [unescape(text).as_slice(), b"\r\n"].concat(),
    }
}

/// Bytes that were sent, shown as lines with `prefix`.
pub(crate) fn show_lines(prefix: &str, bytes: &mut Vec<u8>, out: &mut Vec<String>) {
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        match memchr::memmem::find(rest, b"\r\n") {
            Some(at) => {
                out.push(format!("{prefix} {}", visible(&rest[..at])));
                rest = &rest[at + 2..];
            }
            None => {
                out.push(format!("{prefix} {}\\c", visible(rest)));
                rest = &[];
            }
        }
    }
    bytes.clear();
}

/// An expected line as [`show_lines`] would show it.
fn show_expected(line: &str) -> String {
    match line.split_at_checked(3) {
        Some((prefix @ ("C: " | "S: "), text)) if text.contains('{') => format!("{prefix}{}", visible(&unescape(text))),
        // Editors cut trailing spaces, so none are expected.
        _ => line.trim_end().to_owned(),
    }
}

pub(crate) fn deliver(bytes: &[u8], arrival: Arrival, mut handle: impl FnMut(Chunk)) {
    match arrival {
        Arrival::Whole => handle(Chunk::copy_from(bytes)),
        Arrival::ByteByByte => bytes.iter().for_each(|&b| handle(Chunk::copy_from(&[b]))),
    }
}

/// A machine that a case is played to.
pub(crate) trait Player: Sized {
    /// What the peer's lines begin with; all other lines that are not actions are expected.
    const PEER: &'static str;
    /// What else actions begin with.
    const ACTIONS: &'static [&'static str];
    /// Reads `config:` and `agent:` directives, then starts the session.
    fn start(settings: &[&str], arrival: Arrival) -> Self;
    /// Bytes of the peer.
    fn input(&mut self, bytes: &[u8]);
    /// Any other action; `false` when the line is none.
    fn act(&mut self, line: &str) -> bool;
    /// What was done since the last time, as lines.
    fn transcript(&mut self) -> Vec<String>;
}

fn play<P: Player>(case: &Case, arrival: Arrival) -> Result<(), String> {
    let is_setting = |line: &str| line.starts_with("config:") || line.starts_with("agent:");
    let settings: Vec<&str> =
        case.steps.iter().map(|(_, line)| line.as_str()).filter(|line| is_setting(line)).collect();
    let mut player = P::start(&settings, arrival);
    let (mut got, mut expected) = (player.transcript(), Vec::new());
    let mut turn = Vec::new();
    let compare = |got: &[String], expected: &[String], line: usize| {
        if got == expected {
            return Ok(());
        }
        let (got, expected) = (got.join("\n    "), expected.join("\n    "));
        Err(format!("{} ({arrival:?}), before line {line}:\n  expected\n    {expected}\n  got\n    {got}", case.name))
    };
    for (number, line) in case.steps.iter().filter(|(_, line)| !is_setting(line)) {
        let said = line.strip_prefix(P::PEER);
        let action = said.is_some() || P::ACTIONS.iter().any(|word| line.starts_with(word));
        if action && turn.is_empty() {
            compare(&got, &expected, *number)?;
            (got, expected) = (Vec::new(), Vec::new());
        }
        if let Some(said) = said {
            turn.extend(line_bytes(said.strip_prefix(' ').unwrap_or(said)));
            continue;
        }
        if !turn.is_empty() {
            player.input(&turn);
            turn.clear();
        }
        if action {
            assert!(player.act(line), "line {number}: `{line}` is no action here");
        }
        got.extend(player.transcript());
        if !action {
            expected.push(show_expected(line));
        }
    }
    if !turn.is_empty() {
        player.input(&turn);
        got.extend(player.transcript());
    }
    compare(&got, &expected, usize::MAX)
}

/// Plays the cases of all files in a folder whose names begin so. There must be so many cases at least.
pub(crate) fn play_all<P: Player>(folder: &str, beginning: &str, least: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning)));
    files.sort();
    let (mut played, mut faults) = (0, Vec::new());
    for file in files {
        for case in read_cases(&std::fs::read_to_string(&file).unwrap()) {
            for arrival in [Arrival::Whole, Arrival::ByteByByte] {
                let place = file.file_name().unwrap_or_default().display();
                faults.extend(play::<P>(&case, arrival).err().map(|fault| format!("{place}: {fault}")));
            }
            played += 1;
        }
    }
    assert!(faults.is_empty(), "{} of {played} cases differ:\n\n{}", faults.len(), faults.join("\n\n"));
    assert!(played >= least, "only {played} cases");
}

#[test]
fn server_dialogues() {
    play_all::<server_runner::ServerPlayer>("server", "", 80);
}

#[test]
fn client_dialogues() {
    play_all::<client_runner::ClientPlayer>("client", "", 30);
}
