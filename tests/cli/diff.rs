//! What each hop does to a mail.

use std::path::Path;

use super::{Scratch, good};

fn shipped(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}

/// The output with what is not about a mail's body.
fn without_bodies(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut kept = Vec::new();
    for line in text.lines() {
        inside = line == "  body" || (inside && (line.is_empty() || line.starts_with(' ')));
        if !inside {
            kept.push(line);
        }
    }
    kept
}

#[test]
fn a_hop_has_a_new_envelope_and_puts_a_stamp_on_top() {
    let file = shipped("scenarios/07-relay-chain.ron");
    let scratch = Scratch::new();
    let told = scratch.run(&["diff", &file, "--hop", "2"]).ends(0).out;
    let expected = "\
1.224 s  hop 2  mail.green.example → smtp.provider.example, which takes it as V01B0001
  envelope
  - MAIL FROM:<alice@green.example> SIZE=283
  + MAIL FROM:<alice@green.example> SIZE=431
    RCPT TO:<bob@blue.example>
  header
  + Received: from mail.green.example ([192.0.2.2])
  +     by smtp.provider.example with ESMTPSA id V01B0001
  +     for <bob@blue.example>; Mon, 5 Jan 2026 09:00:01 +0000
    Received: from [192.0.2.1] ([192.0.2.1])
    … 10 lines of header unchanged
  body
    … 1 line of body unchanged
";
    assert_eq!(told, expected);
    let all = scratch.run(&["diff", &file, "--mail", "1"]).ends(0).out;
    assert!(all.contains(expected));
    assert_eq!(all.matches("  + Received: ").count(), 4);
    assert!(all.contains("  header\n  + Return-Path: <alice@green.example>\n"), "{all}");
}

#[test]
fn a_trace_tells_the_same_but_for_the_bodies() {
    let scratch = Scratch::new();
    for (scenario, mail) in [("07-relay-chain", "1"), ("02-envelope-and-header", "2"), ("18-duplicate-delivery", "1")] {
        let file = shipped(&format!("scenarios/{scenario}.ron"));
        scratch.run(&["run", "-q", &file, "--out", "o", "--capture", "none"]).ends(0);
        let run = scratch.run(&["diff", &file, "--mail", mail]).ends(0).out;
        let trace = scratch.run(&["diff", "o/trace.jsonl", "--mail", mail]).ends(0).out;
        assert_eq!(without_bodies(&trace), without_bodies(&run), "{scenario}");
        assert!(trace.contains("body unchanged") && !trace.contains(" ! changed"), "{trace}");
        let piped = scratch.run_with(&["diff", "-", "--mail", mail], &scratch.read("o/trace.jsonl")).ends(0).out;
        assert_eq!(piped, trace);
    }
}

#[test]
fn what_is_converted_on_the_way_is_told_alike_with_and_without_bodies() {
    let scratch = Scratch::new();
    let file = shipped("scenarios/21-i18n-mail.ron");
    scratch.run(&["run", "-q", &file, "--out", "o", "--capture", "none"]).ends(0);
    for mail in ["1", "2", "3"] {
        let run = scratch.run(&["diff", &file, "--mail", mail]).ends(0).out;
        let trace = scratch.run(&["diff", "o/trace.jsonl", "--mail", mail]).ends(0).out;
        assert_eq!(without_bodies(&trace), without_bodies(&run), "{mail}");
        assert_eq!(trace.matches("  ! changed: 558 bytes became 582").count(), usize::from(mail == "1"), "{trace}");
        let converted = "  - Content-Transfer-Encoding: 8bit\n  + Content-Transfer-Encoding: quoted-printable\n";
        assert_eq!(trace.matches(converted).count(), usize::from(mail == "1"), "{trace}");
    }
    let told = scratch.run(&["diff", "o/trace.jsonl", "--mail", "3"]).ends(0).out;
    assert!(told.contains("mail.green.example: bounced 5.6.3 clara@museum.example — mx.museum.example"), "{told}");
    scratch.run(&["diff", "o/trace.jsonl", "--mail", "3", "--hop", "4"]).complains("at no hop 4; its hops are 0 to 2");
}

#[test]
fn every_recipient_has_a_way_and_blind_ones_are_in_the_envelope_only() {
    let file = shipped("scenarios/02-envelope-and-header.ron");
    let told = Scratch::new().run(&["diff", &file, "--mail", "2"]).ends(0).out;
    assert_eq!(told.matches("    RCPT TO:<dave@blue.example>\n").count(), 3, "{told}");
    assert_eq!(told.matches("dave@").count(), 4, "{told}");
    for name in ["bob", "carol", "dave"] {
        assert!(told.contains(&format!("mx.blue.example files it for {name}@blue.example\n")), "{told}");
    }
    assert_eq!(told.matches("  + Return-Path: ").count(), 3, "{told}");
    assert_eq!(told.matches("  compared with what mx.blue.example had\n").count(), 2, "{told}");
}

#[test]
fn a_masqueraded_sender_and_an_alias_are_told() {
    let scratch = Scratch::new();
    let told = scratch.run(&["diff", &shipped("tests/joints/masquerade.ron"), "--mail", "2"]).ends(0).out;
    for part in [
        "  ◆ masquerade: rewrite — alice@pc.green.example -> alice@green.example\n",
        "  - MAIL FROM:<alice@pc.green.example> SIZE=244\n  + MAIL FROM:<alice@green.example> SIZE=390\n",
        "  + Return-Path: <alice@green.example>\n",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let told = scratch.run(&["diff", &shipped("scenarios/14-mail-loop.ron"), "--hop", "3"]).ends(0).out;
    assert!(told.contains("◆ forward: redirect — bob@red.example -> bob@blue.example\n"), "{told}");
    assert!(told.contains("  - RCPT TO:<bob@blue.example>\n") && told.contains("  + RCPT TO:<bob@red.example>\n"));
}

#[test]
fn a_large_run_has_less_in_its_trace_and_that_is_said() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good().replace("text: \"Hi Bob!\"", "text: \"Hi Bob!\", count: 60, every: \"1s\""));
    scratch.run(&["run", "-q", "--no-expect", "a.ron", "--out", "o", "--capture", "none"]).ends(0);
    let told = scratch.run(&["diff", "o/trace.jsonl", "--mail", "60"]).ends(0).out;
    assert!(told.contains("    … not in this trace: that of a large run has no header sections\n"), "{told}");
    assert!(told.contains("  + Received: from mail.green.example") && told.contains("below it unchanged"), "{told}");
}

#[test]
fn a_trace_that_does_not_say_what_was_added_is_not_guessed_at() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    scratch.run(&["run", "-q", "a.ron", "--out", "o", "--capture", "none"]).ends(0);
    let without = |line: &str| {
        // What was written is the last field of its record.
        let end = [",\"header\":[", ",\"added\":["].iter().find_map(|field| line.find(field));
        end.map_or(format!("{line}\n"), |end| format!("{}}}\n", &line[..end]))
    };
    let old: String = scratch.read("o/trace.jsonl").lines().map(without).collect();
    scratch.file("old.jsonl", &old);
    let told = scratch.run(&["diff", "old.jsonl"]).ends(0).out;
    assert!(told.matches("    … not in this trace\n").count() >= 6 && !told.contains("unchanged"), "{told}");
}

#[test]
fn what_is_not_there_is_complained_about_and_bytes_are_shown_as_escapes() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good().replace("Hi Bob!", "Hi \\u{1b}[31m\\u{202e}Bob!\\n.dot"));
    scratch.run(&["diff", "a.ron", "--mail", "2"]).complains("a.ron has no mail 2; its mails are numbered 1 to 1");
    scratch.run(&["diff", "a.ron", "--hop", "7"]).complains("mail 1 of a.ron was taken at no hop 7");
    scratch.run(&["diff", "nothing.jsonl"]).complains("nothing.jsonl");
    let told = scratch.run(&["diff", "a.ron"]).ends(0).out;
    assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told}");
}
