//! `postroad capture`, and what `run --out` captures.

use std::fs;

use super::{Scratch, good, scenario};

impl Scratch {
    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }
}

#[test]
fn a_capture_is_the_same_in_every_run_and_by_every_way() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let told = scratch.run(&["capture", "a.ron", "-o", "a.pcapng"]).ends(0).out;
    assert!(told.starts_with("wrote a.pcapng: ") && told.contains(" packets, "), "{told}");
    let first = scratch.bytes("a.pcapng");
    assert_eq!(first[..4], [0x0a, 0x0d, 0x0d, 0x0a]);
    // An earlier one is replaced.
    scratch.run(&["capture", "a.ron", "-o", "a.pcapng"]).ends(0);
    assert!(scratch.bytes("a.pcapng") == first);
    scratch.run(&["run", "-q", "a.ron", "--out", "o"]).ends(0);
    assert!(scratch.bytes("o/capture.pcapng") == first);
    assert_eq!(scratch.names("."), ["a.pcapng", "a.ron", "o"], "nothing is left over");
}

#[test]
fn a_run_captures_what_is_asked_for_and_changes_nothing_else() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let mut traces = Vec::new();
    let mut sizes = Vec::new();
    for place in ["all", "host:mx.blue.example", "link:laptop-mail.green.example", "none"] {
        scratch.run(&["run", "-q", "a.ron", "--out", "o", "--capture", place]).ends(0);
        traces.push(scratch.read("o/trace.jsonl"));
        let has_one = scratch.names("o").contains(&"capture.pcapng".to_owned());
        assert_eq!(has_one, place != "none", "{place}");
        if has_one {
            sizes.push(scratch.bytes("o/capture.pcapng").len());
        }
    }
    assert!(traces.iter().all(|trace| *trace == traces[0]));
    assert!(sizes[0] > sizes[1] && sizes[0] > sizes[2], "{sizes:?}");
}

#[test]
fn places_that_are_not_there_are_said_and_leave_nothing_behind() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let wrong = [
        ("host:mx.blu.example", "has no host mx.blu.example; did you mean host:mx.blue.example?"),
        ("link:laptop-mail.green.exmple", "did you mean link:laptop-mail.green.example?"),
        ("link:laptop-mx.blue.example", "has no link laptop-mx.blue.example"),
    ];
    for (place, said) in wrong {
        scratch.run(&["capture", "a.ron", "-o", "a.pcapng", "--capture", place]).complains(said);
        scratch.run(&["run", "a.ron", "--out", "o", "--capture", place]).complains(said);
        assert_eq!(scratch.names("."), ["a.ron"], "{place}");
    }
    // What is no place at all is said by the command line.
    for arguments in [
        &["capture", "a.ron", "-o", "a.pcapng", "--capture", "everything"][..],
        &["capture", "a.ron", "-o", "a.pcapng", "--capture", "none"],
        &["run", "a.ron", "--out", "o", "--capture", "host:"],
    ] {
        let said = scratch.run(arguments).ends(2).err;
        assert!(said.contains("it is all, host:NAME or link:A-B"), "{said}");
    }
    let said = scratch.run(&["run", "a.ron", "--capture", "all"]).ends(2).err;
    assert!(said.contains("--out <DIR>"), "{said}");
    assert_eq!(scratch.names("."), ["a.ron"]);
}

#[test]
fn a_capture_takes_the_place_of_nothing_else() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    scratch.run(&["capture", "a.ron", "-o", "a.ron"]).complains("a capture is pcapng; write it to a.pcapng");
    scratch.file("b.pcapng", &good());
    scratch.run(&["capture", "b.pcapng", "-o", "b.pcapng"]).complains("is the scenario itself");
    scratch.run(&["capture", "a.ron", "-o", "not/there.pcapng"]).complains("cannot write not/there.pcapng");
    scratch.file("bad.ron", "(");
    scratch.run(&["capture", "bad.ron", "-o", "bad.pcapng"]).ends(2);
    assert_eq!(scratch.names("."), ["a.ron", "b.pcapng", "bad.ron"]);
    assert!(scratch.read("a.ron") == good() && scratch.read("b.pcapng") == good());
    // What cannot be replaced is written to, and gets nothing but the capture.
    if cfg!(unix) {
        scratch.run(&["capture", "a.ron", "-o", "a.pcapng"]).ends(0);
        let piped = scratch.command(&["capture", "a.ron", "-o", "/dev/stdout"]).output().unwrap();
        assert!(piped.status.success() && piped.stdout == scratch.bytes("a.pcapng"));
    }
}

/// Ctrl-C leaves no half of a capture.
#[cfg(unix)]
#[test]
fn an_interrupted_capture_leaves_nothing_behind() {
    use super::{interrupts_are_ignored, within_a_minute};
    use std::process::{Command, Stdio};
    if interrupts_are_ignored() {
        return;
    }
    let scratch = Scratch::new();
    scratch.file("long.ron", &scenario("Hello", "count: 20_000_000, every: \"1ms\",", "2s"));
    let mut child = scratch.command(&["capture", "long.ron", "-o", "a.pcapng"]).stdout(Stdio::null()).spawn().unwrap();
    let making = scratch.0.join(format!(".a.pcapng.postroad-{}/capture.pcapng", child.id()));
    let begun = within_a_minute(|| making.exists().then_some(()));
    let sent = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success();
    let status = within_a_minute(|| child.try_wait().unwrap());
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(begun.is_some() && sent);
    assert_eq!(status.and_then(|status| status.code()), Some(130));
    assert_eq!(scratch.names("."), ["long.ron"]);
}
