//! `postroad bench`: the shape of its results, comparison, and what it says to mistakes.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs `postroad bench`.
fn bench_of(messages: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postroad"));
    command.args(["bench", "--messages", messages]).args(args).env("NO_COLOR", "1");
    command.output().expect("postroad runs")
}

/// Runs it with few mails.
fn bench(args: &[&str]) -> Output {
    bench_of("200", args)
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("a text")
}

/// A directory of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Folder(path)
    }
    fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_table_is_aligned_and_complete() {
    let text = stdout(&bench(&["--only", "single-hop", "--only", "chain"]));
    let lines: Vec<&str> = text.lines().collect();
    let head = "workload    messages  hops  virtual time  wall time";
    assert!(lines[0].starts_with(head), "{text}");
    assert!(lines[0].contains("hops/s") && lines[0].ends_with("events/s  packets  peak memory"), "{text}");
    assert!(lines[1].starts_with("single-hop       200   200"), "{text}");
    assert!(lines[2].starts_with("chain            200  1200"), "{text}");
    assert_eq!(lines[3], "");
    let widths: Vec<usize> = lines[..3].iter().map(|l| l.chars().count()).collect();
    assert!(widths.iter().all(|w| *w == widths[0]), "{text}");
    assert!(text.contains("seed 1") && text.contains("eak memory is"), "{text}");
}

#[test]
fn two_runs_agree_in_all_but_time_and_memory() {
    let run = || {
        let only = ["fan-in", "fan-out", "star", "lossy", "mixed-sizes", "outage", "idle"];
        let mut args = vec!["--format", "json", "--sites", "9", "--seed", "7"];
        args.extend(only.iter().flat_map(|name| ["--only", name]));
        let mut result = json(&stdout(&bench(&args)));
        for row in result["results"].as_array_mut().expect("rows") {
            let row = row.as_object_mut().expect("a row");
            for name in ["setup_ns", "wall_ns", "hops_per_s", "events_per_s", "runs", "peak_memory_bytes"] {
                assert!(row.remove(name).is_some(), "{name}");
            }
        }
        result
    };
    let first = run();
    assert_eq!(first["results"].as_array().expect("rows").len(), 7);
    assert_eq!(first, run());
}

#[test]
fn all_formats_say_the_same() {
    let folder = Folder::new("formats");
    let [as_json, as_csv, as_markdown] = ["r.json", "r.csv", "r.md"].map(|name| folder.file(name));
    let exports = ["--export-json", &as_json, "--export-csv", &as_csv, "--export-markdown", &as_markdown];
    let shown = stdout(&bench(&[&["--only", "reuse", "--size", "2KiB", "--format", "csv"], &exports[..]].concat()));
    let read = |path: &str| std::fs::read_to_string(path).expect("an export");

    let csv = read(&as_csv);
    assert_eq!(shown, csv);
    let rows: Vec<Vec<&str>> = csv.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (2, rows[1].len()));
    let result = &json(&read(&as_json))["results"][0];
    for (name, value) in rows[0].iter().zip(&rows[1]) {
        let expected = match &result[*name] {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        assert_eq!(expected, *value, "{name}");
    }
    assert_eq!((result["size_bytes"].as_u64(), result["hops"].as_u64()), (Some(2048), Some(200)));

    let markdown = read(&as_markdown);
    let lines: Vec<&str> = markdown.lines().collect();
    assert!(lines[0].starts_with("| workload | messages | hops | virtual time |"), "{markdown}");
    assert!(lines[1].starts_with("| --- | ---: |"), "{markdown}");
    assert!(lines[2].starts_with("| reuse | 200 | 200 |"), "{markdown}");
    let bars = |line: &str| line.matches('|').count();
    assert!(bars(lines[0]) == bars(lines[1]) && bars(lines[1]) == bars(lines[2]), "{markdown}");
}

#[test]
fn a_saved_result_can_be_compared_with() {
    let folder = Folder::new("compare");
    let saved = folder.file("before.json");
    stdout(&bench(&["--only", "single-hop", "--only", "reuse", "--export-json", &saved]));

    // The earlier machine was so much faster at one thing that no noise hides it, and slower at another.
    let mut before = json(&std::fs::read_to_string(&saved).expect("an export"));
    for (place, factor) in [(0, 1_000_000_u64), (1, 0)] {
        let speed = before["results"][place]["hops_per_s"].as_u64().expect("a number");
        before["results"][place]["hops_per_s"] = (speed * factor).into();
    }
    std::fs::write(&saved, before.to_string()).expect("a file");
    let args = ["--compare", &saved, "--only", "single-hop", "--only", "reuse", "--only", "fan-in", "--sites", "5"];
    let text = stdout(&bench(&args));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("against before"), "{text}");
    assert!(lines[1].ends_with("0.00x slower"), "{text}");
    assert!(lines[2].ends_with("new"), "{text}");
    assert!(lines[3].ends_with("x faster"), "{text}");

    // Another amount of work cannot be compared, and a comparison can itself be compared with.
    let again = folder.file("again.json");
    stdout(&bench(&["--compare", &saved, "--only", "reuse", "--export-json", &again]));
    let text = stdout(&bench_of("100", &["--compare", &again, "--only", "reuse"]));
    assert!(text.lines().nth(1).is_some_and(|l| l.ends_with("other work")), "{text}");
}

#[test]
fn the_list_names_every_workload() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_postroad")).args(["bench", "--list"]).output().expect("postroad runs");
    let text = stdout(&output);
    for workload in postroad::workload::all() {
        assert!(text.lines().any(|l| l.starts_with(workload.name) && l.ends_with(workload.about)), "{text}");
    }
    assert_eq!(text.lines().count(), postroad::workload::all().len());
}

#[test]
fn mistakes_are_told_in_one_message() {
    let folder = Folder::new("mistakes");
    let none = folder.file("none.json");
    let bad = folder.file("bad.json");
    let below = folder.file("none/r.csv");
    let here = folder.0.to_string_lossy().into_owned();
    std::fs::write(&bad, "{\"bench\": 1}").expect("a file");
    for (args, said) in [
        (vec!["--only", "singel-hop"], "invalid value 'singel-hop' for '--only <NAME>'"),
        (vec!["--size", "4kib"], "`kib` is not a unit of size"),
        (vec!["--size", "1GiB"], "is not a unit of size"),
        (vec!["--sites", "0"], "expected a whole number from 1 to 100000"),
        (vec!["--sites", "many"], "invalid value 'many'"),
        (vec!["--format", "xml"], "invalid value 'xml' for '--format <FORMAT>'"),
        (vec!["--speed"], "unexpected argument '--speed'"),
        (vec!["--compare", &none], "cannot read"),
        (vec!["--compare", &bad], "is no result of `postroad bench --export-json`"),
        (vec!["--export-csv", &below], "does not exist"),
        (vec!["--export-json", &here], "it is a directory"),
    ] {
        let output = bench(&[&["--only", "single-hop"], &args[..]].concat());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(text.contains(said), "{args:?}: {text}");
        assert_eq!(text.matches("error:").count(), 1, "{args:?}: {text}");
    }
}
