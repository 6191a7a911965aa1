//! `postroad headers`: a mail in, its way out, and a scenario that takes the same.

use super::Scratch;

const MAIL: &str = "Received: from mail.green.example (mail.green.example [192.0.2.7])\r
\tby mx.blue.example (Postfix) with ESMTPS id 4dLk2855g2z1yT\r
\tfor <bob@blue.example>; Mon,  5 Jan 2026 10:12:09 +0100 (CET)\r
Received: from laptop (unknown [198.51.100.5])\r
\tby mail.green.example (Postfix) with ESMTPSA id 4dLjpJ0Rx5z9vJ\r
\tfor <bob@blue.example>; Mon,  5 Jan 2026 09:00:03 +0000 (UTC)\r
Date: Mon, 5 Jan 2026 09:00:00 +0000\r
From: Alice <alice@green.example>\r
To: bob@blue.example\r
Subject: \u{1b}[31mWhere was it?\r
\r
Received: from the by body; Mon, 5 Jan 2026 09:00:03 +0000\r
";

#[test]
fn a_mail_is_told() {
    let scratch = Scratch::new();
    scratch.file("late.eml", MAIL);
    let told = scratch.run(&["headers", "late.eml"]).ends(0).out;
    assert!(told.starts_with("2 hops on 2026-01-05: 12 min 9 s from the Date field to mx.blue.example\n"), "{told}");
    assert!(
        told.contains("    2  12 min 6 s  ██████████████  mail.green.example → mx.blue.example  ESMTPS   ✓ yes"),
        "{told}"
    );
    assert!(!told.contains("4dLk2855g2z1yT") && !told.contains("→ body"), "{told}");
    let whole = scratch.run(&["headers", "late.eml", "-v"]).ends(0).out;
    assert!(
        whole.contains("id             4dLk2855g2z1yT\n") && whole.contains(&told.replace("\n\n", "\n")[..40]),
        "{whole}"
    );
    assert_eq!(scratch.run_with(&["headers", "-"], MAIL).ends(0).out, told);
    // A header section is enough.
    let (header, _) = MAIL.split_once("\r\n\r\n").unwrap();
    assert_eq!(scratch.run_with(&["headers", "-"], header).ends(0).out, told);
}

#[test]
fn json_has_everything() {
    let scratch = Scratch::new();
    let hostile = MAIL.replace("from laptop", "from \u{9b}31m\u{202e}\u{1b}[0m");
    let told = scratch.run_with(&["headers", "--format", "json", "-"], &hostile).ends(0).out;
    assert!(told.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{told}");
    let document: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&document["total_secs"], &document["slowest"]), (&729.into(), &2.into()));
    let hop = &document["hops"][1];
    assert_eq!((&hop["by"], &hop["for"]), (&"mx.blue.example".into(), &"bob@blue.example".into()));
    assert_eq!(
        (&hop["encrypted"], &hop["software"], &hop["delay_secs"]),
        (&"yes".into(), &"postfix".into(), &726.into())
    );
    assert_eq!((&hop["from"]["ip"], &hop["time"]["zone_minutes"]), (&"192.0.2.7".into(), &60.into()));
}

#[test]
fn words_are_decoded() {
    let scratch = Scratch::new();
    let mail = MAIL.replace("Subject: \u{1b}[31mWhere was it?", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=");
    let mail = mail.replace("From: Alice", "From: =?iso-8859-1?q?Al=EFce?=");
    let told = scratch.run_with(&["headers", "-v", "-"], &mail).ends(0).out;
    assert!(told.contains("  subject  Grüße\n") && told.contains("  from     Alïce <alice@green.example>\n"), "{told}");
    let json = scratch.run_with(&["headers", "--format", "json", "-"], &mail).ends(0).out;
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&document["subject"], &document["from"]), (&"Grüße".into(), &"Alïce <alice@green.example>".into()));
    let scenario = scratch.run_with(&["headers", "--scenario", "-"], &mail).ends(0).out;
    assert!(scenario.contains("from: \"alice@green.example\""), "{scenario}");
}

#[test]
fn a_company_ends_at_its_gateway() {
    let scratch = Scratch::new();
    let chain = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/07-relay-chain.ron");
    scratch.run(&["run", chain, "--out", "o"]).ends(0);
    let told = scratch.run(&["headers", &format!("o/mail/{}", scratch.names("o/mail")[0])]).ends(0).out;
    let (strangers, own) = told.split_once("─── above: what strangers say").unwrap();
    assert!(strangers.contains("→ smtp.provider.example") && !strangers.contains("→ mx.blue.example"), "{told}");
    assert!(own.contains("→ mx.blue.example") && own.contains("→ store.blue.example"), "{told}");
}

#[test]
fn the_scenario_runs() {
    let scratch = Scratch::new();
    scratch.file("late.eml", MAIL);
    let shown = scratch.run(&["headers", "late.eml", "--scenario"]).ends(0).out;
    scratch.run(&["headers", "late.eml", "--scenario", "-o", "late.ron"]).ends(0);
    assert_eq!(scratch.read("late.ron"), shown);
    assert!(shown.is_ascii() && !shown.contains('\u{1b}'), "{shown}");
    scratch.run(&["check", "late.ron"]).ends(0);
    let told = scratch.run(&["run", "late.ron", "--out", "o"]).ends(0).out;
    assert!(!told.contains('✗'), "{told}");
    // What arrived has taken the same way, as its own header says.
    let names = scratch.names("o/mail");
    let again = scratch.run(&["headers", "-v", &format!("o/mail/{}", names[0])]).ends(0).out;
    assert!(again.contains("2  12 min 6 s  ██████████"), "{again}");
    assert!(again.contains("Postroad"), "{again}");
}

#[test]
fn what_is_no_mail_is_refused() {
    let scratch = Scratch::new();
    scratch.file("late.eml", MAIL);
    scratch.file("letter.txt", "Dear Bob,\nwhere is it?\n");
    scratch.file("draft.eml", "Subject: x\n\nHello\n");
    scratch.run(&["headers", "none.eml"]).complains("cannot read none.eml");
    scratch.run(&["headers", "."]).complains("it is a directory");
    scratch.run(&["headers", "letter.txt"]).complains("letter.txt is no mail");
    // What Postroad writes itself, with mails inside.
    scratch.run(&["headers", "late.eml", "--scenario", "-o", "late.ron"]).ends(0);
    scratch.run(&["run", "late.ron", "--out", "o"]).ends(0);
    for other in ["o/trace.jsonl", "o/capture.pcapng", "o/transcript.txt", "o/map.svg", "late.ron"] {
        let told = scratch.run(&["headers", other]);
        told.complains(&format!("{other} is no mail: it does not begin with header fields"));
    }
    scratch.run_with(&["headers", "-"], "").complains("<standard input> is no mail");
    scratch.run(&["headers", "draft.eml", "--scenario"]).complains("draft.eml has no Received field");
    scratch.run(&["headers", "late.eml", "--scenario", "-o", "late.eml"]).complains("is the mail itself");
    assert_eq!(scratch.read("late.eml"), MAIL);
    let told = scratch.run(&["headers", "draft.eml"]).ends(0).out;
    assert!(told.starts_with("There is no Received field"), "{told}");
    for wrong in
        [&["headers"][..], &["headers", "late.eml", "-o", "x.ron"], &["headers", "late.eml", "--scenario", "-v"]]
    {
        scratch.run(wrong).ends(2);
    }
}
