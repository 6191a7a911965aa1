//! Delivered mail as mbox and as Maildir, read back by readers of our own.

use std::collections::BTreeMap;
use std::fs;

use super::{Scratch, good};

/// Two servers that have a mailbox of the same name each, mail with lines that look like the beginning of another, and a report.
const BOXES: &str = r#"(
    title: "Mailboxes",
    hosts: {
        "laptop": User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], unknown_users: AcceptThenBounce),
        "mx1.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob", "nul.x"], forwards: {"team@blue.example": ["bob@blue.example"]}),
        "mx2.blue.example": Mta(domains: ["blue.example"], mailboxes: ["BOB"]),
    },
    links: [
        ("laptop", "mail.green.example", Lan),
        ("mail.green.example", "mx1.blue.example", Lan),
        ("mail.green.example", "mx2.blue.example", Lan),
    ],
    zones: { "blue.example": [("@", "MX 10 mx1.blue.example"), ("@", "MX 20 mx2.blue.example")] },
    mail: [
        (at: "1s", from: "alice@green.example", to: ["bob@blue.example"], text: "From here\n>From there\n.dot\nlast"),
        (at: "2s", from: "alice@green.example", to: ["bob@blue.example", "nul.x@blue.example"], text: "From all\n\nFrom\n"),
        (at: "3s", from: "alice@green.example", to: ["nobody@green.example"], subject: "Comes back"),
        (at: "4s", from: "alice@green.example", to: ["team@blue.example"]),
        (at: "70s", from: "alice@green.example", to: ["bob@blue.example"], count: 30, every: "1s"),
    ],
    nowhere: ["nobody@green.example"],
    faults: [ (at: "60s", what: Down(host: "mx1.blue.example"), lasting: "3h") ],
)
"#;

/// The mails of an mbox, each behind its first line, with the quoting undone (mboxrd).
fn mbox(text: &str) -> Vec<(String, String)> {
    let mut mails: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let after = line.trim_start_matches('>');
        if let Some(rest) = line.strip_prefix("From ") {
            assert!(mails.last().is_none_or(|(_, mail)| mail.ends_with("\n\n")), "an empty line is between two mails");
            mails.push((rest.trim_end().to_owned(), String::new()));
        } else if let Some((_, mail)) = mails.last_mut() {
            mail.push_str(if after.starts_with("From ") { &line[1..] } else { line });
        }
    }
    for (_, mail) in &mut mails {
        assert_eq!(mail.pop(), Some('\n'), "an empty line is behind each mail");
    }
    mails
}

/// The files of a directory and what is in them.
fn files(scratch: &Scratch, directory: &str) -> BTreeMap<String, String> {
    scratch
        .names(directory)
        .into_iter()
        .map(|name| (name.clone(), scratch.read(&format!("{directory}/{name}"))))
        .collect()
}

#[test]
fn mailboxes_hold_what_the_files_of_mails_hold() {
    let scratch = Scratch::new();
    scratch.file("a.ron", BOXES);
    scratch.run(&["run", "-q", "a.ron", "--out", "o", "--mail", "eml,mbox,maildir"]).ends(0);
    let boxes = ["BOB@blue.example~2", "_nul.x@blue.example", "alice@green.example", "bob@blue.example"];
    assert_eq!(scratch.names("o/maildir"), boxes);
    assert_eq!(scratch.names("o/mailboxes"), boxes.map(|name| format!("{name}.mbox")));

    let mut all: Vec<String> = files(&scratch, "o/mail").into_values().map(|mail| mail.replace("\r\n", "\n")).collect();
    all.sort();
    let (mut from_mbox, mut from_maildir) = (Vec::new(), Vec::new());
    for name in boxes {
        let mails = mbox(&scratch.read(&format!("o/mailboxes/{name}.mbox")));
        let new = files(&scratch, &format!("o/maildir/{name}/new"));
        assert_eq!(mails.len(), new.len(), "{name}");
        for (first, mail) in mails {
            let from = if mail.starts_with("Return-Path: <>\n") { "MAILER-DAEMON" } else { "alice@green.example" };
            assert!(first.starts_with(&format!("{from} Mon Jan  5 09:0")) && first.ends_with(" 2026"), "{first}");
            from_mbox.push(mail);
        }
        for (file, mail) in new {
            assert!(file.ends_with(&format!(".example,S={}", mail.len())) && file.starts_with("1767603"), "{file}");
            assert!(!file.contains(':'), "{file}");
            from_maildir.push(mail);
        }
        assert!(scratch.names(&format!("o/maildir/{name}/tmp")).is_empty());
        assert!(scratch.names(&format!("o/maildir/{name}/cur")).is_empty());
    }
    from_mbox.sort();
    from_maildir.sort();
    assert!(all.len() > 30 && all.iter().any(|mail| mail.starts_with("Return-Path: <>\n")));
    assert!(from_mbox == all && from_maildir == all);
    let bob = scratch.read("o/mailboxes/bob@blue.example.mbox");
    assert!(bob.contains("\n\n>From here\n>>From there\n.dot\nlast\n"), "{bob}");
}

#[test]
fn the_formats_are_those_that_are_asked_for_and_every_run_writes_the_same() {
    let scratch = Scratch::new();
    scratch.file("a.ron", BOXES);
    scratch.run(&["run", "-q", "a.ron", "--out", "o", "--mail", "maildir,mbox"]).ends(0);
    let tree = |scratch: &Scratch| {
        let mut all = files(scratch, "o/mailboxes");
        for name in scratch.names("o/maildir") {
            all.extend(files(scratch, &format!("o/maildir/{name}/new")));
        }
        all
    };
    let first = tree(&scratch);
    assert!(!scratch.names("o").contains(&"mail".to_owned()));
    scratch.run(&["run", "-q", "a.ron", "--out", "o", "--mail", "mbox,maildir"]).ends(0);
    assert!(tree(&scratch) == first);

    scratch.run(&["run", "-q", "a.ron", "--out", "o"]).ends(0);
    let names = scratch.names("o");
    assert!(names.contains(&"mail".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("mailbox") || name == "maildir"), "{names:?}");
    let bad = scratch.run(&["run", "a.ron", "--out", "o", "--mail", "pst"]).ends(2).err;
    assert!(bad.contains("eml, mbox, maildir"), "{bad}");
    scratch.run(&["run", "a.ron", "--mail", "mbox"]).ends(2);
}

#[test]
fn what_a_mail_program_has_touched_stays() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &good());
    let run = ["run", "-q", "a.ron", "--out", "o", "--mail", "maildir,mbox"];
    scratch.run(&run).ends(0);
    scratch.run(&run).ends(0);
    let bob = scratch.0.join("o/maildir/bob@blue.example");
    let name = &scratch.names("o/maildir/bob@blue.example/new")[0];
    fs::rename(bob.join("new").join(name), bob.join("cur").join(format!("{name}.S"))).unwrap();
    scratch.run(&run).complains("`maildir/bob@blue.example/cur/");
    fs::remove_file(bob.join("cur").join(format!("{name}.S"))).unwrap();
    scratch.file("o/mailboxes/notes.txt", "x");
    scratch.run(&run).complains("`mailboxes/notes.txt`");
    assert_eq!(scratch.read("o/mailboxes/notes.txt"), "x");
}
