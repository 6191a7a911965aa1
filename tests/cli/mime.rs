//! `postroad mime`: mails taken apart, and what they hold in files.

use std::fs;

use super::Scratch;

const MAILS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail");

fn mail(name: &str) -> String {
    format!("{MAILS}/{name}.eml")
}

const TOP: &str = "From: a@green.example\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/mixed; boundary=b\r\n\r\n";

/// A mail with a part for each name, which holds its number.
fn with_files(names: &[&str]) -> String {
    let part = |(n, name): (usize, &&str)| {
        format!("--b\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{n}\r\n")
    };
    format!("{TOP}{}--b--\r\n", names.iter().enumerate().map(part).collect::<String>())
}

#[test]
fn a_mail_is_shown_as_a_tree() {
    let scratch = Scratch::new();
    let ran = scratch.run(&["mime", &mail("client-related")]).ends(0);
    let expected = "From     Alice <alice@green.example>
To       Bob <bob@blue.example>
Subject  With a picture inside
Date     Mon, 5 Jan 2026 09:00:00 +0000

part  type                      encoding  on the wire  decoded  name
   1  multipart/related         7bit            634 B
   2  ├─ multipart/alternative  7bit            279 B
   3  │  ├─ text/plain utf-8    7bit             18 B     18 B
      │  │    “[logo] Hello Bob”
   4  │  └─ text/html utf-8     7bit             73 B     73 B
      │       “Hello Bob”
   5  └─ image/png              base64          100 B     70 B  logo.png

5 parts; 902 bytes on the wire carry 161 bytes: base64 costs 42.9 %
✓ nothing is wrong with it
";
    assert_eq!(ran.out, expected);
    assert_eq!(ran.err, "");
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_is_no_failure() {
    let scratch = Scratch::new();
    let out = scratch.run(&["mime", &mail("bad-outer-boundary-ends-inner")]).ends(0).out;
    let warning = "Warnings\n  line  byte  part\n    \
                   10   249     2  ! the last boundary, with `--` at its end, never comes (RFC 2046 §5.1.1)\n";
    assert!(out.ends_with(warning), "{out}");
    // One field makes it a mail.
    for input in ["a:", "a:\n", "no colon\nFrom: x", "\u{1b}[31m: \u{7}\nX: \u{7}\n\n\u{202e}\u{1b}]0;x\u{7}"] {
        let out = scratch.run_with(&["mime", "-"], input).ends(0).out;
        assert!(out.contains("Warnings") && out.chars().all(|c| c == '\n' || !c.is_control()), "{out:?}");
        assert!(!out.contains('\u{202e}'), "{out:?}");
        let out = scratch.run_with(&["mime", "-", "--format", "json"], input).ends(0).out;
        serde_json::from_str::<serde_json::Value>(&out).unwrap();
        assert!(out.chars().all(|c| c == '\n' || !c.is_control()) && !out.contains('\u{202e}'), "{out:?}");
    }
}

#[test]
fn what_is_no_mail_is_refused() {
    let scratch = Scratch::new();
    scratch.file("scenario.ron", "(\n    title: \"a\",\n)\n");
    let why = "scenario.ron is no mail: its first line is `(`, and no header field such as `Subject: Hello` comes before the \
               first empty line (RFC 5322 §2.1); give a file that holds a mail with its header section";
    scratch.run(&["mime", "scenario.ron"]).complains(why);
    for (input, why) in [
        ("", "it is empty"),
        ("\nFrom: a@b.example\n", "it begins with an empty line"),
        ("no mail at all", "its first line is `no mail at all`"),
        ("{\"schema\":2}\n", "its first line is `{\"schema\":2}`"),
        ("\u{1b}[31m: \u{7}\n\n\u{202e}", "its first line is `"),
    ] {
        scratch.run_with(&["mime", "-"], input).complains(&format!("<standard input> is no mail: {why}"));
        let said = scratch.run_with(&["mime", "-"], input).ends(2).err;
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    }
}

#[test]
fn a_mailbox_file_is_read_mail_by_mail() {
    let scratch = Scratch::new();
    let file = mail("bad-mailbox-file");
    let out = scratch.run(&["mime", &file]).ends(0).out;
    assert!(out.contains("2 more mails behind this one") && out.contains("“First.”"), "{out}");
    assert!(out.ends_with("\nmail 1 of 3 in this file; --nth takes another\n"), "{out}");
    let out = scratch.run(&["mime", &file, "--nth", "3"]).ends(0).out;
    assert!(out.contains("From     carol@blue.example\n") && !out.contains("more mail"), "{out}");
    let out = scratch.run(&["mime", &file, "--nth", "2", "--format", "json"]).ends(0).out;
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["mail"], &json["mails"]), (&2.into(), &3.into()));
    assert_eq!(json["header"]["from"], "bob@blue.example");
    scratch.run(&["mime", &file, "--nth", "4"]).complains("has 3 mails only: there is no number 4");
    scratch.run(&["mime", &mail("no-body"), "--nth", "2"]).complains("has one mail only");
    scratch.run(&["mime", &file, "--nth", "0"]).ends(2);
}

#[test]
fn line_ends_of_unix_are_told_once_and_last() {
    let scratch = Scratch::new();
    let part = "--b\nContent-Type: x\n\nx\n";
    scratch.file("unix.eml", &format!("{}{}--b--\n", TOP.replace('\r', ""), part.repeat(3)));
    let out = scratch.run(&["mime", "unix.eml"]).ends(0).out;
    assert_eq!(out.matches("LF alone").count(), 1, "{out}");
    let last = out.lines().last().unwrap();
    assert!(last.contains("! 18 lines end with LF alone, as all do here"), "{out}");
}

#[test]
fn a_report_says_what_became_of_the_mail() {
    let scratch = Scratch::new();
    let out = scratch.run(&["mime", &mail("client-delivery-report")]).ends(0).out;
    let said = "Final-Recipient: rfc822; nobody@blue.example\n";
    assert!(
        out.contains(said) && out.contains("│    Action: failed\n") && out.contains("│    Status: 5.1.1\n"),
        "{out}"
    );
}

#[test]
fn spaces_inside_a_field_stay() {
    let scratch = Scratch::new();
    let input = "From: a@b.example\nSubject:  =?utf-8?Q?a__b?=  c\n\td \n\n";
    let out = scratch.run_with(&["mime", "-"], input).ends(0).out;
    assert!(out.contains("Subject  a  b  c d\n"), "{out}");
}

#[test]
fn mails_inside_are_written_too() {
    let scratch = Scratch::new();
    let inner = "From: b@blue.example\r\nSubject: inside\r\n\r\nHi";
    let part = |more: &str| format!("--b\r\nContent-Type: message/rfc822\r\n{more}\r\n{inner}\r\n");
    let named = part("Content-Disposition: attachment; filename=\"a mail.eml\"\r\n");
    scratch.file("a.eml", &format!("{TOP}{}{named}--b--\r\n", part("")));
    scratch.run(&["mime", "a.eml", "--extract", "out"]).ends(0);
    assert_eq!(scratch.names("out"), ["a mail.eml", "part-2.eml", "part-3.txt", "part-5.txt"]);
    assert_eq!((scratch.read("out/part-2.eml"), scratch.read("out/a mail.eml")), (inner.into(), inner.into()));
}

#[test]
fn very_many_parts_and_warnings_are_cut_short() {
    let scratch = Scratch::new();
    let part = "--b\r\nContent-Type: x\r\n\r\nx\n";
    scratch.file("many.eml", &format!("{TOP}{}", part.repeat(3_000)));
    let out = scratch.run(&["mime", "many.eml"]).ends(0).out;
    assert!(out.contains("\n… 2501 more parts; --format json has them all\n\n3001 parts; "), "{out}");
    assert!(out.ends_with("\n  … 2802 more warnings\n") && out.lines().count() < 1_300, "{out}");
}

#[test]
fn json_has_everything_in_the_same_order() {
    let scratch = Scratch::new();
    let file = mail("rfc2231-both-forms");
    let out = scratch.run(&["mime", &file, "--format", "json", "--extract", "out"]).ends(0).out;
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["header"]["subject"], "Old form and new form");
    let part = &json["parts"][0];
    assert_eq!((&part["part"], &part["parent"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!((&part["media_type"], &part["encoding"]), (&"application/pdf".into(), &"base64".into()));
    assert_eq!((&part["wire_bytes"], &part["decoded_bytes"]), (&14.into(), &9.into()));
    assert_eq!((&part["body"]["start"], &part["body"]["end"]), (&378.into(), &392.into()));
    assert_eq!(part["file_name"], "Grüße €.pdf");
    assert_eq!(json["totals"]["base64"]["wire_bytes"], 14);
    assert_eq!(json["extracted"][0]["file"], format!("out{}Grüße €.pdf", std::path::MAIN_SEPARATOR));
    let at = |key: &str| out.find(&format!("\n  \"{key}\":")).unwrap();
    assert!(["header", "parts", "totals", "defects", "more_defects", "extracted"].map(at).is_sorted(), "{out}");
    let out = scratch.run(&["mime", &mail("bad-charset"), "--format", "json"]).ends(0).out;
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let defect = &json["defects"][0];
    assert_eq!((&defect["code"], &defect["rfc"]), (&"unknown-charset".into(), &"RFC 2046 §4.1.2".into()));
    assert_eq!((&defect["part"], &defect["at"], &defect["line"]), (&1.into(), &189.into(), &7.into()));
}

#[test]
fn files_get_harmless_names_of_their_own() {
    let scratch = Scratch::new();
    let long = "x".repeat(300);
    let names = [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\\\x.dll",
        ".bashrc",
        "CON",
        "nul.txt",
        "a.txt",
        "A.TXT",
        "a.txt",
        "..",
        "",
        "a. .",
        "a\u{1b}[31m.txt",
        &long,
    ];
    scratch.file("hostile.eml", &with_files(&names));
    let ran = scratch.run(&["mime", "hostile.eml", "--extract", "deep/out"]).ends(0);
    let expected = [
        "A-2.TXT",
        "C__x.dll",
        "_",
        "_._.._etc_passwd",
        "_CON",
        "_bashrc",
        "_etc_passwd",
        "_nul.txt",
        "a",
        "a-3.txt",
        "a.txt",
        "a_[31m.txt",
        "part-12.txt",
        &long[..100],
    ];
    assert_eq!(scratch.names("deep/out"), expected);
    assert_eq!(scratch.names(""), ["deep", "hostile.eml"]);
    assert_eq!((scratch.read("deep/out/_._.._etc_passwd"), scratch.read("deep/out/a-3.txt")), ("0".into(), "8".into()));
    let wrote = format!("wrote deep/out{}a-3.txt  1 byte, part 10\n", std::path::MAIN_SEPARATOR);
    assert!(ran.out.replace("1 B,", "1 byte,").contains(&wrote), "{}", ran.out);
}

#[test]
fn nothing_is_overwritten() {
    let scratch = Scratch::new();
    scratch.file("a.eml", &with_files(&["a.txt", "b.txt", "c.txt"]));
    scratch.file("out/a.txt", "mine");
    fs::create_dir(scratch.0.join("out/b.txt")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../outside.txt", scratch.0.join("out/c.txt")).unwrap();
    scratch.run(&["mime", "a.eml", "--extract", "out"]).ends(0);
    assert_eq!((scratch.read("out/a.txt"), scratch.read("out/a-2.txt")), ("mine".into(), "0".into()));
    assert_eq!(scratch.read("out/b-2.txt"), "1");
    assert!(!scratch.0.join("outside.txt").exists());
}

#[test]
fn what_is_decoded_is_written_whole() {
    let scratch = Scratch::new();
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let body = line.repeat(5_000);
    scratch.file(
        "big.eml",
        &format!(
            "From: a@green.example\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: image/png; name=big.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}"
        ),
    );
    let out = scratch.run(&["mime", "big.eml", "--extract", "out"]).ends(0).out;
    assert_eq!(scratch.read("out/big.png"), "ABC".repeat(19 * 5_000));
    assert!(out.contains("1 part; 390.2 kB on the wire carry 285.0 kB: base64 costs 36.8 %\n"), "{out}");
}

#[test]
fn what_cannot_be_read_or_written_is_said() {
    let scratch = Scratch::new();
    scratch.run(&["mime", "missing.eml"]).complains("cannot read missing.eml: ");
    scratch.run(&["mime", "."]).complains("it is a directory");
    scratch.file("a.eml", &with_files(&["a.txt"]));
    scratch.file("file", "");
    scratch.run(&["mime", "a.eml", "--extract", "file"]).complains("cannot write file: ");
    scratch.run(&["mime"]).ends(2);
    scratch.run(&["mime", "a.eml", "--format", "xml"]).ends(2);
}
