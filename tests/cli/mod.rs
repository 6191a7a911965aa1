//! The command line: what it prints, what it writes, and how it ends.

mod capture;
mod diff;
mod headers;
mod mailboxes;
mod mime;
mod readme;
mod tshark;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: &str = r#"(
    title: "A first message",
    hosts: {
        "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
        "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"]),
    },
    links: [
        ("laptop", "mail.green.example", Wifi),
        ("mail.green.example", "mx.blue.example", (latency: "40ms", bandwidth: "100Mbit/s")),
    ],
    mail: [ (at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "SUBJECT", COUNT text: "Hi Bob!") ],
    expect: [ Delivered(to: "bob@blue.example", copies: AtLeast(1), within: "WITHIN") ],
)
"#;

fn scenario(subject: &str, count: &str, within: &str) -> String {
    FIRST.replace("SUBJECT", subject).replace("COUNT", count).replace("WITHIN", within)
}

fn good() -> String {
    scenario("Hello", "", "2s")
}

fn unmet() -> String {
    scenario("Hello", "", "1ms")
}

/// A directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
    fn file(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
    fn names(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(directory)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postroad"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command
    }
    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }
    fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            status: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    fn ends(self, status: i32) -> Ran {
        assert_eq!(self.status, status, "out:\n{}\nerr:\n{}", self.out, self.err);
        self
    }
    /// One complaint, in one line.
    #[track_caller]
    fn complains(self, about: &str) {
        let ran = self.ends(2);
        assert!(ran.err.starts_with("error: ") && ran.err.contains(about), "{}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
}

#[test]
fn a_run_tells_the_whole_story() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let ran = scratch.run(&["run", "a.ron"]).ends(0);
    for part in [
        "A first message\n",
        "  laptop              user  192.0.2.1",
        "mail.green.example asks the DNS: blue.example MX → 10 mx.blue.example",
        "hop 1  laptop → mail.green.example [192.0.2.2]:587  attempt 1\n",
        "hop 2  mail.green.example → mx.blue.example [192.0.2.3]:25  attempt 1\n",
        "  S: 220 mx.blue.example ESMTP Postroad\n",
        "C: EHLO mail.green.example\n",
        "✉ delivered into the mailbox of bob@blue.example\n",
        "1  Hello    alice@green.example → bob@blue.example     2         1",
        "  ✓ bob@blue.example gets at least 1 copy",
    ] {
        assert!(ran.out.contains(part), "{part} is missing in\n{}", ran.out);
    }
    assert_eq!(ran.out.matches("C: DATA").count(), 2, "every line of a dialogue is told once");
    assert_eq!(ran.err, "");
    assert_eq!(scratch.run(&["run", "a.ron"]).ends(0).out, ran.out, "the same run is told the same way");
}

#[test]
fn what_to_look_at_stands_at_the_top() {
    let scratch = Scratch::new();
    let about = "about: \"Look at  the waits.\\n\\nAnd at the \\\\ bounces.\",";
    scratch.file("a.ron", &good().replace("hosts: {", &format!("{about} hosts: {{")));
    let ran = scratch.run(&["run", "a.ron"]).ends(0);
    assert!(ran.out.contains("UTC\n\nLook at the waits.\n\nAnd at the \\ bounces.\n\nHosts\n"), "{}", ran.out);
}

#[test]
fn quiet_tells_only_the_verdicts_and_verbose_packets() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let quiet = scratch.run(&["run", "-q", "a.ron"]).ends(0).out;
    assert_eq!(quiet.lines().count(), 2, "{quiet}");
    assert!(quiet.starts_with("Expectations\n  ✓ "));
    let verbose = scratch.run(&["run", "-v", "a.ron"]).ends(0).out;
    assert!(verbose.contains("#3 SYN ") && verbose.contains("SYN ACK") && verbose.contains("UDP len"), "{verbose}");
    scratch.run(&["run", "-q", "-v", "a.ron"]).ends(2);
}

#[test]
fn a_failed_expectation_is_shown_in_its_place() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &unmet());
    for arguments in [&["run", "a.ron"][..], &["run", "-q", "a.ron"]] {
        let out = scratch.run(arguments).ends(1).out;
        assert!(out.contains("  ✗ ") && out.contains("  (line 13)\n"), "{out}");
        assert!(out.contains("1 of 1 expectation did not come true.") && out.contains("--no-expect"), "{out}");
        assert!(!out.contains("error["), "a changed line is no error: {out}");
    }
    scratch.run(&["run", "a.ron", "--format", "json"]).ends(1);
    let out = scratch.run(&["run", "-v", "a.ron"]).ends(1).out;
    assert!(out.contains("error[expectation]: expected: ") && out.contains("--> a.ron:13:15"), "{out}");
    let out = scratch.run(&["run", "a.ron", "--no-expect"]).ends(0).out;
    assert!(!out.contains('✗') && !out.contains("Expectations"), "{out}");
}

#[test]
fn what_did_not_happen_is_said() {
    let scratch = Scratch::new();
    let faults = "faults: [\n (when: Said(by: \"mx.blue.example\", line: \"354\", nth: 2), what: Down(host: \"laptop\")),\n\
                  (at: \"1h\", what: Down(host: \"laptop\"), lasting: \"1s\")],\n";
    let script = "replies: [(to: Rcpt, nth: 3, reply: \"451 4.3.0 Later\")]";
    let text = good().replace("    expect:", &format!("{faults}    expect:"));
    scratch.file("a.ron", &text.replace("mailboxes: [\"bob\"]", &format!("mailboxes: [\"bob\"], {script}")));
    let ran = scratch.run(&["run", "a.ron"]).ends(0);
    let reply = "note: this reply was not given in the run: line 6: `451 4.3.0 Later` to RCPT the 3rd time \
                 (what it waits for happened once)\n";
    let fault = "note: this fault did not happen in the run: line 14: laptop goes down (the 2nd time when mx.blue.example \
                 sends `354`, but that happened once)\n";
    assert!(ran.out.ends_with(&format!("\n\n{reply}{fault}")), "{}", ran.out);
    let cut = scratch.run(&["run", "a.ron", "--until", "10min"]).ends(0).out;
    assert!(cut.contains("line 15: laptop goes down (at 1 h, but the run was over at 10 min)"), "{cut}");
    let json = scratch.run(&["run", "a.ron", "--format", "json"]).ends(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["missed"][1]["kind"], &json["missed"][1]["line"]), (&"fault".into(), &14.into()));
    assert_eq!(json["missed"].as_array().unwrap().len(), 2);
    assert!(scratch.run(&["test", "-v", "a.ron"]).ends(0).out.contains(&format!("\n  {fault}")));
    assert_eq!(scratch.run(&["test", "a.ron"]).ends(0).out.lines().count(), 2);
    // A run in which all happens has nothing to say.
    scratch.file("b.ron", &good());
    assert!(!scratch.run(&["run", "b.ron"]).ends(0).out.contains("note"));
}

#[test]
fn json_is_one_document() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let ran = scratch.run(&["run", "a.ron", "--format", "json", "--seed", "9"]).ends(0);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["roster"]["seed"], 9);
    assert_eq!(json["roster"]["hosts"][0]["name"], "laptop");
    assert_eq!(json["mails"][0]["subject"], "Hello");
    assert_eq!(json["mails"][0]["hops"], 2);
    assert_eq!(json["totals"]["delivered"], 1);
    assert_eq!(json["expectations"][0]["met"], true);
    assert_eq!(json["expectations"][0]["line"], 13);
    // What became of the mail, and why: from the author's letter to the mailbox, each step because of the one before.
    let why = json["fates"][0]["why"].as_array().unwrap();
    assert_eq!((&json["fates"][0]["mail"], &json["fates"][0]["recipient"]), (&1.into(), &"bob@blue.example".into()));
    let kinds: Vec<&str> = why.iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], kinds[kinds.len() - 1]), ("composed", "delivered"));
    assert!(
        ["queue", "question", "attempt", "connection", "line", "accepted"].iter().all(|kind| kinds.contains(kind)),
        "{kinds:?}"
    );
    let at: Vec<u64> = why.iter().map(|step| step["at"].as_u64().unwrap()).collect();
    assert!(at.is_sorted() && why.iter().all(|step| !step["words"].as_str().unwrap().is_empty()));
}

#[test]
fn a_scenario_comes_from_standard_input() {
    let scratch = Scratch::new();
    let ran = scratch.run_with(&["run", "-q", "-"], &good()).ends(0);
    assert!(ran.out.contains('✓'));
    let ran = scratch.run_with(&["run", "-"], "(title: \"x\", hots: {})").ends(2);
    assert!(ran.err.contains("<standard input>:1:"), "{}", ran.err);
    assert_eq!(ran.out, "");
    scratch.run_with(&["check", "-"], &good()).ends(0);
}

#[test]
fn until_cuts_the_run_short() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let ran = scratch.run(&["run", "a.ron", "--until", "1.2s"]).ends(1);
    assert!(ran.out.contains("until the time was up"), "{}", ran.out);
    let ran = scratch.run(&["run", "a.ron", "--until", "soon"]).ends(2);
    assert!(ran.err.contains("does not begin with a number"), "{}", ran.err);
}

#[test]
fn what_still_waits_is_counted_in_one_way() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good().replace("expect: [", "expect: [ QueueEmpty, Total(queued: 0),"));
    // In the outbox alone; in the outbox and at the server, whose 250 is on its way; at the server.
    for until in ["1.005s", "1.043s", "1.2s"] {
        let out = scratch.run(&["run", "a.ron", "--until", until]).ends(1).out;
        for part in ["  queued\n", "still queued  1 mail\n", "— 1 mail still waits, ", "— 1 still queued"] {
            assert!(out.contains(part), "{until}: {part} is missing in\n{out}");
        }
        let json = scratch.run(&["run", "a.ron", "--until", until, "--format", "json"]).ends(1).out;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["totals"]["queued"], 1);
    }
}

#[test]
fn an_output_directory_holds_everything() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let told = scratch.run(&["run", "a.ron", "--out", "o"]).ends(0).out;
    let all = [".postroad", "capture.pcapng", "ladder.svg", "mail", "map.svg", "trace.jsonl", "transcript.txt"];
    assert_eq!(scratch.names("o"), all);
    assert_eq!(scratch.names("o/mail"), ["001-bob@blue.example.eml"]);
    assert_eq!(scratch.read("o/transcript.txt"), told);
    assert!(scratch.read("o/trace.jsonl").contains("\"kind\":\"packet\""));
    assert!(scratch.read("o/mail/001-bob@blue.example.eml").starts_with("Return-Path: <alice@green.example>\r\n"));
    assert!(scratch.read("o/ladder.svg").starts_with("<svg") && scratch.read("o/map.svg").starts_with("<svg"));

    // An earlier output is replaced, and looking on changes nothing.
    scratch.file("o/mail/009-old.eml", "x");
    let trace = scratch.read("o/trace.jsonl");
    assert_eq!(scratch.run(&["run", "a.ron", "--out", "o/"]).ends(0).out, told);
    assert_eq!(scratch.names("o/mail").len(), 1);
    assert_eq!(scratch.read("o/trace.jsonl"), trace);
    assert_eq!(scratch.names("."), ["a.ron", "o"], "nothing is left over");

    // Also when an expectation fails.
    scratch.file("b.ron", &unmet());
    scratch.run(&["run", "-q", "b.ron", "--out", "p"]).ends(1);
    assert!(scratch.read("p/transcript.txt").contains("✗"));
}

#[test]
fn an_output_directory_replaces_nothing_of_others() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    scratch.file("theirs/thesis.tex", "x");
    scratch.run(&["run", "a.ron", "--out", "theirs"]).complains("was not written by postroad");
    assert_eq!(scratch.names("theirs"), ["thesis.tex"]);
    scratch.run(&["run", "a.ron", "--out", "a.ron"]).complains("is no directory");
    assert_eq!(scratch.read("a.ron"), good());
    scratch.run(&["run", "a.ron", "--out", "not/there"]).complains("does not exist");

    scratch.run(&["run", "-q", "a.ron", "--out", "o"]).ends(0);
    scratch.file("o/notes.txt", "x");
    scratch.run(&["run", "a.ron", "--out", "o"]).complains("`notes.txt`");
    assert_eq!(scratch.read("o/notes.txt"), "x");

    // A scenario that is wrong leaves nothing behind.
    scratch.file("bad.ron", "(");
    scratch.run(&["run", "bad.ron", "--out", "q"]).ends(2);
    assert_eq!(scratch.names("."), ["a.ron", "bad.ron", "o", "theirs"]);
}

/// What `look` finds, `None` where it found nothing for a minute.
#[cfg(unix)]
fn within_a_minute<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..12_000 {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    None
}

/// Whether the tests were started with SIGHUP, SIGINT or SIGTERM ignored, as under `nohup` or in the background of a
/// script: what they start inherits that and, by convention, leaves all three as they are. Where the system does not say,
/// it is taken not to be so.
#[cfg(unix)]
fn interrupts_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| [1, 2, 15].iter().any(|signal| mask & (1 << (signal - 1)) != 0))
}

/// Ctrl-C and a polite request to end; what no program can answer to, the next run cleans up.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    let scratch = Scratch::new();
    scratch.file("long.ron", &scenario("Hello", "count: 20_000_000, every: \"1ms\",", "2s"));
    scratch.file("a.ron", &good());
    for (signal, left) in [("INT", 0), ("TERM", 0), ("KILL", 1)] {
        if signal != "KILL" && interrupts_are_ignored() {
            continue;
        }
        let mut child = scratch.command(&["run", "long.ron", "--out", "o"]).stdout(Stdio::null()).spawn().unwrap();
        let trace = scratch.0.join(format!(".o.postroad-{}/trace.jsonl", child.id()));
        let begun = within_a_minute(|| trace.exists().then_some(()));
        let id = child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().unwrap().success();
        let status = within_a_minute(|| child.try_wait().unwrap());
        if status.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(begun.is_some() && sent, "{signal}");
        let status = status.unwrap_or_else(|| panic!("{signal} did not end it"));
        assert_eq!(status.code(), (left == 0).then_some(130), "{signal}");
        assert_eq!(scratch.names(".").len(), 2 + left, "{signal}: {:?}", scratch.names("."));
    }
    // Not everything that has such a name was left behind by us.
    scratch.file(".o.postroad-1/notes.txt", "x");
    scratch.run(&["run", "-q", "a.ron", "--out", "o"]).ends(0);
    assert_eq!(scratch.names("."), [".o.postroad-1", "a.ron", "long.ron", "o"]);
    assert_eq!(scratch.names("o").len(), 7);
}

#[test]
fn an_empty_directory_may_be_filled() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    fs::create_dir(scratch.0.join("o")).unwrap();
    scratch.run(&["run", "-q", "a.ron", "--out", "o"]).ends(0);
    assert_eq!(scratch.names("o").len(), 7);
}

#[test]
fn bytes_of_mails_never_reach_the_terminal_raw() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &scenario("a\\u{9b}31m\\u{202e}b", "", "2s"));
    for arguments in [
        &["run", "a.ron"][..],
        &["run", "a.ron", "-v"],
        &["run", "a.ron", "--format", "json"],
        &["check", "a.ron"],
        &["test", "a.ron"],
    ] {
        let ran = scratch.run(arguments);
        let said = ran.out + &ran.err;
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!said.contains(steers), "{arguments:?}: {said:?}");
    }
    // A scenario whose subject holds an escape is refused or shown as one.
    scratch.file("b.ron", &scenario("a\\u{1b}[31mb", "", "2s"));
    let ran = scratch.run(&["run", "b.ron"]);
    assert!(!(ran.out + &ran.err).contains('\u{1b}'));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let with = |name: &str, value: &str| {
        let output = scratch.command(&["run", "a.ron"]).env(name, value).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = scratch.run(&["run", "a.ron"]).out;
    assert!(!plain.contains('\u{1b}'), "plain in a pipe");
    assert!(with("CLICOLOR_FORCE", "1").contains("\u{1b}["));
    assert_eq!(with("NO_COLOR", "1"), plain);
    assert_eq!(with("CLICOLOR", "0"), plain);
}

/// `script` gives a program a terminal; where there is none, nothing can be seen.
#[cfg(target_os = "linux")]
#[test]
fn long_lines_are_broken_on_a_terminal_and_nowhere_else() {
    let scratch = Scratch::new();
    let on_terminal = |command: &str, columns: &str| {
        let program = env!("CARGO_BIN_EXE_postroad");
        let line = format!("stty cols 80 rows 24; {columns} NO_COLOR=1 '{program}' {command} 2>/dev/null");
        let mut script = Command::new("script");
        let script = script.args(["-qec", &line, "/dev/null"]).env_remove("COLUMNS");
        let output = script.current_dir(&scratch.0).stdin(Stdio::null()).output().ok()?;
        Some(String::from_utf8(output.stdout).unwrap().replace('\r', ""))
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for lab in ["01-first-message", "04-reply-codes", "06-mx-preference"] {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let command = format!("run '{file}/{lab}.ron'");
        let whole = scratch.run(&["run", &format!("{file}/{lab}.ron")]).out;
        let Some(shown) = on_terminal(&command, "") else { return };
        assert_eq!(words(&shown), words(&whole), "{lab}: the words are the same");
        for line in shown.lines() {
            assert!(line.chars().count() <= 80, "{lab}: {line}");
        }
        assert!(whole.lines().any(|line| line.chars().count() > 80), "{lab}: a pipe has whole lines");
        let wide = on_terminal(&command, "COLUMNS=1000").unwrap();
        assert_eq!(wide, whole, "{lab}: COLUMNS overrides");
    }
}

#[test]
fn many_mails_are_summed_up() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &scenario("Hello", "count: 60, every: \"2s\",", "1min"));
    let ran = scratch.run(&["run", "a.ron"]).ends(0).out;
    assert!(!ran.contains("C: DATA") && ran.contains("too many") && ran.contains("Delivered within\n"), "{ran}");
    assert!(ran.contains("delivered       60  copies filed in mailboxes"), "{ran}");
    let ran = scratch.run(&["run", "-v", "a.ron"]).ends(0).out;
    assert!(ran.contains("C: DATA") && ran.contains("mail 60"));
    scratch.run(&["run", "-q", "a.ron", "--out", "o"]).ends(0);
    assert_eq!(scratch.names("o/mail").len(), 60);
}

#[test]
fn mistakes_are_told_all_at_once() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good().replace("Wifi", "Wify").replace("mailboxes: [\"bob\"]", "mailboxs: [\"bob\"]"));
    scratch.file("b.ron", &good());
    for arguments in [&["check", "a.ron", "b.ron"][..], &["run", "a.ron"]] {
        let ran = scratch.run(arguments).ends(2);
        assert!(ran.err.contains("Wify") && ran.err.contains("mailboxs"), "{}", ran.err);
        assert_eq!(ran.out, "");
    }
    let ran = scratch.run(&["check", "b.ron"]).ends(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("✓ b.ron  no mistakes found\n", ""));
    scratch.file("s/c.ron", &good());
    scratch.file("s/d/d.ron", &good());
    assert_eq!(scratch.run(&["check", "b.ron", "s"]).ends(0).out, "✓ 3 scenarios  no mistakes found\n");
    assert!(scratch.run(&["check", "."]).ends(2).err.contains("Wify"));
}

#[test]
fn a_mistyped_name_is_one_mistake() {
    let scratch = Scratch::new();
    for (right, wrong) in [
        ("mailboxes: [\"bob\"]", "mailboxs: [\"bob\"]"),
        ("mailboxes: [\"bob\"]", "mailboxes: [\"bobb\"]"),
        ("domains: [\"blue", "domain: [\"blue"),
        ("mailbox: \"alice", "mailbx: \"alice"),
        ("User(", "Usr("),
    ] {
        scratch.file("a.ron", &good().replace(right, wrong));
        let err = scratch.run(&["check", "a.ron"]).ends(2).err;
        assert_eq!(err.matches("error[").count(), 1, "{wrong}: {err}");
    }
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &format!("\u{feff}{}", good()));
    assert_eq!(scratch.run(&["check", "a.ron"]).ends(0).err, "");
    scratch.file("b.ron", "\u{feff}(titel: \"x\", hosts: {}]");
    assert!(scratch.run(&["check", "b.ron"]).ends(2).err.contains("b.ron:1:23\n"));
    scratch.file("c.ron", "\u{feff}(titel: \"x\", hosts: {})");
    assert!(scratch.run(&["check", "c.ron"]).ends(2).err.contains("c.ron:1:2\n"));
    for (text, said) in [("", "the file is empty"), ("\u{feff}\r\n", "the file is empty"), ("// x", "only comments")] {
        scratch.file("d.ron", text);
        let err = scratch.run(&["check", "d.ron"]).ends(2).err;
        assert!(err.contains(said) && err.contains("postroad new NAME"), "{err}");
    }
}

#[test]
fn files_that_cannot_be_read() {
    let scratch = Scratch::new();
    for command in ["run", "check"] {
        scratch.run(&[command, "no.ron"]).complains("cannot read no.ron");
    }
    scratch.run(&["run", "."]).complains("is a directory");
    scratch.run(&["check", "."]).complains("there is no *.ron below .");
    fs::write(scratch.0.join("bytes.ron"), b"(\n\xff)").unwrap();
    scratch.run(&["run", "bytes.ron"]).complains("line 2 has a byte");
    scratch.run(&["test", "."]).ends(2);
    scratch.run(&["draw", "no.jsonl", "--chart", "map"]).complains("cannot read no.jsonl");
}

#[test]
fn the_command_line_is_checked() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    for arguments in [
        &[][..],
        &["walk"],
        &["run"],
        &["run", "a.ron", "--seed", "-1"],
        &["run", "a.ron", "--seed", "x"],
        &["run", "a.ron", "--format", "xml"],
        &["run", "a.ron", "--verbos"],
        &["draw", "t.jsonl"],
        &["draw", "t.jsonl", "--chart", "pie"],
        &["check"],
        &["test"],
        &["completions", "tcsh-ish"],
    ] {
        let ran = scratch.run(arguments).ends(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{arguments:?}");
    }
    for (arguments, said) in [
        (&["run", "a.ron", "--until", "-1s"][..], "`-1s` is negative"),
        (&["run", "a.ron", "--seed", "-1"], "expected a whole number from 0 on"),
        (&["bench", "--messages", "-3"], "expected a whole number from 1 to "),
        (&["draw", "t.jsonl", "--chart", "map", "--text", "--width", "7"], "expected a whole number from 40 to 1000"),
    ] {
        let err = scratch.run(arguments).ends(2).err;
        assert!(err.contains(said) && !err.contains("unexpected argument"), "{arguments:?}: {err}");
    }
    assert!(scratch.run(&["--version"]).ends(0).out.starts_with("postroad "));
    assert!(scratch.run(&["run", "--help"]).ends(0).out.contains("--until"));
}

#[test]
fn tests_end_with_their_count() {
    let scratch = Scratch::new();
    scratch.file("s/b.ron", &good());
    scratch.file("s/deep/a.ron", &good());
    scratch.file("s/notes.txt", "no scenario");
    let ran = scratch.run(&["test", "s"]).ends(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.out);
    assert!(lines[0].starts_with("✓ s/b.ron  1 expectation"), "{}", ran.out);
    assert!(lines[1].starts_with("✓ s/deep/a.ron"), "{}", ran.out);
    assert_eq!(lines[2], "2 passed, 0 failed");

    scratch.file("s/c.ron", &unmet());
    let ran = scratch.run(&["test", "s"]).ends(1);
    assert!(ran.out.contains("✗ s/c.ron  1 of 1 expectation failed\n"), "{}", ran.out);
    assert!(ran.out.ends_with("\n2 passed, 1 failed\n"), "{}", ran.out);

    scratch.file("s/d.ron", "(");
    let ran = scratch.run(&["test", "s", "s/b.ron"]).ends(2);
    assert!(ran.out.ends_with("\n3 passed, 2 failed\n"), "{}", ran.out);
    fs::create_dir(scratch.0.join("empty")).unwrap();
    scratch.run(&["test", "empty"]).complains("there is no *.ron below empty");
}

#[test]
fn a_new_scenario_is_a_good_one() {
    let scratch = Scratch::new();
    assert!(scratch.run(&["new", "mine"]).ends(0).out.contains("mine.ron"));
    scratch.run(&["check", "mine.ron"]).ends(0);
    scratch.run(&["test", "mine.ron"]).ends(0);
    let text = scratch.read("mine.ron");
    for name in ["mine", "mine.ron"] {
        scratch.run(&["new", name]).complains("mine.ron is there already");
    }
    assert_eq!(scratch.read("mine.ron"), text);
    let hint = scratch.run(&["new", "two words"]).ends(0).out;
    if cfg!(unix) {
        assert_eq!(hint, "wrote two words.ron; run it with: postroad run 'two words.ron'\n");
    }
    scratch.run(&["new", "no/such/place"]).complains("cannot write no/such/place.ron");
}

#[test]
fn charts_are_drawn_from_a_stored_trace() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    scratch.run(&["run", "-q", "a.ron", "--out", "o"]).ends(0);
    let draw = |more: &[&str]| {
        let mut arguments = vec!["draw", "o/trace.jsonl", "--chart"];
        arguments.extend(more);
        scratch.run(&arguments)
    };
    assert_eq!(draw(&["ladder"]).ends(0).out, scratch.read("o/ladder.svg"), "a stored trace draws the same picture");
    assert_eq!(draw(&["map"]).ends(0).out, scratch.read("o/map.svg"));
    assert!(draw(&["ladder", "--text"]).ends(0).out.contains("EHLO [192.0.2.1]"));
    assert!(draw(&["waterfall", "--text"]).ends(0).out.contains("In all: DNS"));
    assert!(draw(&["waterfall", "--mail", "1"]).ends(0).out.starts_with("<svg"));
    draw(&["waterfall", "--from", "1s"]).complains("are for a ladder");
    assert!(draw(&["map", "--text", "--mail", "1"]).ends(0).out.contains("mx.blue.example"));
    let part = draw(&["ladder", "--text", "--from", "1.06s", "--to", "1.3s"]).ends(0).out;
    assert!(!part.contains("EHLO [192.0.2.1]") && part.contains("EHLO mail"), "{part}");
    assert_eq!(draw(&["ladder", "-o", "l.svg"]).ends(0).out, "");
    assert_eq!(scratch.read("l.svg"), scratch.read("o/ladder.svg"));
    draw(&["ladder", "--mail", "7"]).complains("has no mail 7; its mails are numbered 1 to 1");
    draw(&["ladder", "--from", "2s", "--to", "1s"]).complains("is later than");
    let two = draw(&["ladder", "--text", "--hosts", "laptop,mail.green.example"]).ends(0).out;
    assert!(two.contains("EHLO [192.0.2.1]") && !two.contains("mx.blue.example"), "{two}");
    assert!(two.contains("2 of 4 hosts"), "what is left out is said\n{two}");
    draw(&["ladder", "--hosts", "laptop,mail.gren.example"])
        .complains("has no host mail.gren.example; it has laptop, ");
    draw(&["map", "--packets"]).complains("are for a ladder");

    let trace = scratch.read("o/trace.jsonl");
    draw(&["map", "-o", "o/../o/trace.jsonl"]).complains("is the trace itself");
    assert_eq!(scratch.read("o/trace.jsonl"), trace);
    draw(&["map", "-o", "x.png"]).complains("SVG, not png; write it to x.svg");
    draw(&["map", "-o", "x.txt"]).complains("draw it with --text");
    draw(&["map", "--text", "-o", "x.svg"]).complains("write it to x.txt");
    assert!(draw(&["map", "--width", "80"]).ends(2).err.contains("--text"));
    draw(&["map", "--text", "--width", "80", "-o", "x.txt"]).ends(0);
    let piped = scratch.run_with(&["draw", "-", "--chart", "ladder"], &trace).ends(0);
    assert_eq!(piped.out, scratch.read("o/ladder.svg"));
    scratch.file("cut.jsonl", &trace[..trace.len() / 2]);
    scratch.run(&["draw", "cut.jsonl", "--chart", "ladder"]).complains("cut.jsonl: line ");
    scratch.file("none.jsonl", "");
    scratch.run(&["draw", "none.jsonl", "--chart", "map"]).complains("the file is empty");
    assert_eq!(scratch.names(".").iter().filter(|n| n.starts_with('.')).count(), 0, "nothing is left over");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let mut child = scratch.command(&["run", "a.ron"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn completions_and_manual_pages() {
    let scratch = Scratch::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(scratch.run(&["completions", shell]).ends(0).out.contains("postroad"));
    }
    assert!(scratch.run(&["man"]).ends(0).out.contains(".TH postroad 1"));
    assert!(scratch.run(&["man", "run"]).ends(0).out.contains("until"));
    scratch.run(&["man", "walk"]).complains("there is no subcommand `walk`");
}
