//! Mail that a scenario makes of parts, as it lies in mailboxes.

use postroad::mime::read::{self, Tree};
use postroad::octets::Chunk;
use postroad::scenario::{self, Files};
use postroad::trace::What;

use crate::lab::{self, Look};

/// A folder with a few files.
struct Folder;

impl Files for Folder {
    fn read(&mut self, path: &str) -> Result<Chunk, String> {
        match path {
            "letters/notes.txt" => Ok(Chunk::from("Bring a coat.\n")),
            "old.eml" => Ok(Chunk::from(
                "From: Zoe <zoe@grey.example>\nSubject: Old\nMessage-ID: <7@grey.example>\n\nLong ago.\n",
            )),
            "wild.eml" => Ok(Chunk::from("Subject: =?utf-8?q?wild?=\r\nX-Odd:\r\n\r\nas it is\r\n")),
            "signed.eml" => Ok(Chunk::from(
                "MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\
                 Content-Transfer-Encoding: 8bit\n\nGrüße\n--b\nContent-Type: application/x-proof\n\nabc\n--b--\n",
            )),
            "long.eml" => {
                Ok(Chunk::from(format!("MIME-Version: 1.0\nContent-Type: text/plain\n\n{}\n", "x".repeat(5000))))
            }
            "bare.eml" => Ok(Chunk::from(format!("Subject: Bare\n\n{}\n", "x".repeat(1200)))),
            "mixed.eml" => Ok(Chunk::from("Subject: Mixed\r\n\r\none\ntwo\rthree\r\n")),
            "photo.png" => Ok(Chunk::from("\u{89}PNG\r\n\u{1a}\n: no field\n")),
            "empty.eml" => Ok(Chunk::from("")),
            "many.mbox" => Ok(Chunk::from("From zoe@grey.example Mon Jan  5 09:00:00 2026\nSubject: One\n\n1\n")),
            other => Err(format!("no {other}")),
        }
    }
}

const WORLD: &str = r#"(
    hosts: {
        "alice": User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "bob": User(mailbox: "bob@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice", "bob"], clients: ["alice", "bob"]),
    },
    links: [("alice", "mail.green.example"), ("bob", "mail.green.example")],
    mail: [MAILS],
)"#;

/// What lies in mailboxes in the end, in the order of filing.
fn filed(mails: &str) -> Vec<(Tree, Vec<u8>)> {
    let text = WORLD.replace("MAILS", mails);
    let plan = scenario::load_with("letters.ron", &text, &mut Folder)
        .unwrap_or_else(|d| panic!("{}", postroad::diag::render_all(&d, &text, false)));
    let mut filed = lab::run(&plan, Look::default()).filed;
    filed.sort_by_key(|filed| filed.at);
    filed.into_iter().map(|filed| (read::read(&filed.bytes), filed.bytes)).collect()
}

/// A tree, a line for each part: type, decoded octets, name.
fn told(tree: &Tree) -> Vec<String> {
    let line = |part: &read::Part| {
        let name = part.file_name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
        let size = if part.is_leaf() { format!(" {}", part.decoded_bytes) } else { String::new() };
        format!("{}{}{size}{name}", ".".repeat(part.depth), part.media_type)
    };
    tree.parts.iter().map(line).collect()
}

#[test]
fn a_letter_with_everything() {
    let filed = filed(
        r#"(from: "Alice Müller <alice@green.example>", to: ["\"Bob, B.\" <bob@green.example>"], subject: "Grüße",
            charset: "iso-8859-1", text: "Grüße\n", html: "<p>Grüße <img src=\"cid:logo@green.example\"></p>",
            inline: [Generated(name: "logo.jpg", size: "5kB", cid: "logo@green.example")],
            attachments: [Generated(name: "photo.jpg", size: "3MB"), File(path: "letters/notes.txt"),
                          File(path: "letters/notes.txt", name: "Übersicht.txt", encoding: QuotedPrintable), Message(path: "old.eml")])"#,
    );
    let [(tree, bytes)] = &filed[..] else { panic!("{}", filed.len()) };
    assert_eq!(tree.defects, [], "{}", String::from_utf8_lossy(&bytes[..2000]));
    assert_eq!(
        told(tree),
        [
            "multipart/mixed",
            ".multipart/alternative",
            "..text/plain 7",
            "..multipart/related",
            "...text/html 49",
            "...image/jpeg 5000 logo.jpg",
            ".image/jpeg 3000000 photo.jpg",
            ".text/plain 14 notes.txt",
            ".text/plain 14 Übersicht.txt",
            ".message/rfc822",
            "..text/plain 11",
        ]
    );
    let head = String::from_utf8_lossy(&bytes[..2000]);
    assert!(head.contains("To: \"Bob, B.\" <bob@green.example>\r\n"), "{head}");
    assert!(head.contains("Subject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n"), "{head}");
    // RFC 2045 §6.8: four letters for three octets, and a line end for each 76 of them.
    let photo = tree.parts[6].body.len();
    assert_eq!(photo, 4_000_000 + 2 * 4_000_000_usize.div_ceil(76));
    let part = &tree.parts[8];
    assert_eq!(&bytes[part.body.clone()], b"Bring a coat.=0A", "an LF of a file is an octet like others");
}

#[test]
fn conversations_go_on() {
    let filed = filed(
        r#"(at: "2min", from: "alice@green.example", replies_to: "yes"),
           (name: "yes", at: "1min", from: "Bob <bob@green.example>", replies_to: "Lunch?", text: "Yes."),
           (name: "Lunch?", from: "alice@green.example", to: ["bob@green.example"], subject: "Lunch", text: "At noon?\n> or later"),
           (at: "3min", from: "bob@green.example", to: ["alice@green.example"], forwards: "Lunch?", text: "see")"#,
    );
    let field = |n: usize, name: &str| {
        let content = postroad::mime::Content::scan(Chunk::from(filed[n].1.clone()).into());
        content.first(name).map(|value| String::from_utf8_lossy(&value).trim().to_owned())
    };
    let [first, second, third] = [0, 1, 2].map(|n| field(n, "Message-ID").unwrap());
    assert_eq!((first.as_str(), second.as_str()), ("<lunch.3@green.example>", "<yes.2@green.example>"));
    assert_eq!(field(1, "Subject").as_deref(), Some("Re: Lunch"));
    assert_eq!((field(1, "In-Reply-To"), field(1, "References")), (Some(first.clone()), Some(first.clone())));
    assert_eq!(field(2, "Subject").as_deref(), Some("Re: Lunch"));
    assert_eq!(field(2, "To").as_deref(), Some("\"Bob\" <bob@green.example>"));
    assert_eq!(field(2, "In-Reply-To").as_ref(), Some(&second));
    assert_eq!(field(2, "References"), Some(format!("{first}\r\n {second}")));
    assert!(third.ends_with("@green.example>") && third != second);
    let text = |n: usize| String::from_utf8(filed[n].1.clone()).unwrap().split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(text(1), "alice@green.example wrote:\r\n> At noon?\r\n>> or later\r\n\r\nYes.\r\n");
    assert!(
        text(2).starts_with(
            "Bob wrote:\r\n> alice@green.example wrote:\r\n>> At noon?\r\n>>> or later\r\n>\r\n> Yes.\r\n"
        )
    );
    let (tree, bytes) = &filed[3];
    assert_eq!(tree.parts[2].media_type, "message/rfc822");
    // It is the mail as its author sent it: what lies in the mailbox, without what servers have put on top.
    let inner = String::from_utf8(bytes[tree.parts[2].body.clone()].to_vec()).unwrap();
    let arrived = String::from_utf8(filed[0].1.clone()).unwrap();
    assert!(arrived.ends_with(&inner), "{inner}\n---\n{arrived}");
    assert!(
        inner.starts_with("Message-ID: <lunch.3@green.example>\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\n"),
        "{inner}"
    );
}

#[test]
fn a_file_is_sent_as_it_is() {
    let filed = filed(
        r#"(from: "alice@green.example", to: ["bob@green.example"], raw: "wild.eml"),
           (name: "old", at: "1s", from: "alice@green.example", to: ["bob@green.example"], raw: "old.eml"),
           (at: "1min", from: "bob@green.example", replies_to: "old", text: "When?")"#,
    );
    let wild = String::from_utf8(filed[0].1.clone()).unwrap();
    assert!(wild.ends_with("\r\nSubject: =?utf-8?q?wild?=\r\nX-Odd:\r\n\r\nas it is\r\n"), "{wild}");
    let old = String::from_utf8(filed[1].1.clone()).unwrap();
    assert!(
        old.ends_with("Message-ID: <7@grey.example>\r\n\r\nLong ago.\r\n"),
        "line ends become those of mail: {old}"
    );
    let answer = String::from_utf8(filed[2].1.clone()).unwrap();
    assert!(
        answer.contains("In-Reply-To: <7@grey.example>\r\n") && answer.contains("Subject: Re: Old\r\n"),
        "{answer}"
    );
}

/// Bob's server takes seven bits only; Alice's converts what it can.
fn seven_bits(setting: &str, mails: &str) -> (Vec<String>, lab::Run) {
    let text = r#"(
        hosts: {
            "alice": User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
            "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], clients: ["alice"] SETTING),
            "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob"], without: [EightBitMime]),
        },
        links: [("alice", "mail.green.example"), ("mail.green.example", "mx.blue.example")],
        mail: [MAILS],
    )"#;
    let text = text.replace("SETTING", setting).replace("MAILS", mails);
    let plan = scenario::load_with("seven.ron", &text, &mut Folder)
        .unwrap_or_else(|d| panic!("{}", postroad::diag::render_all(&d, &text, false)));
    let run = lab::run(&plan, Look { records: true, ..Look::default() });
    let filed = run.filed.iter().map(|filed| format!("{}\n{}", filed.to, String::from_utf8_lossy(&filed.bytes)));
    (filed.collect(), run)
}

#[test]
fn a_relay_converts_what_the_next_hop_cannot_take() {
    let mail = r#"(from: "alice@green.example", to: ["bob@blue.example"], text: "Grüße", encoding: EightBit, PARTS)"#;
    let parts = r#"attachments: [File(path: "letters/notes.txt")]"#;
    for parts in ["", parts] {
        let (filed, run) = seven_bits("", &mail.replace("PARTS", parts));
        let [arrived] = &filed[..] else { panic!("{filed:?}") };
        assert!(arrived.is_ascii() && arrived.contains("Gr=C3=BC=C3=9Fe\r\n"), "{arrived}");
        let tree = read::read(arrived.split_once('\n').unwrap().1.as_bytes());
        assert_eq!(tree.defects, []);
        let converted =
            run.records.iter().filter(|r| matches!(r.what, What::Converted { eight_bit: true, .. })).count();
        assert_eq!(converted, 1);
    }
    // Who must not, or may not, sends it back.
    let (filed, _) = seven_bits(", converts: false", &mail.replace("PARTS", ""));
    assert!(filed[0].starts_with("alice@green.example\n") && filed[0].contains("Status: 5.6.3"), "{filed:?}");
    let (filed, run) = seven_bits("", r#"(from: "alice@green.example", to: ["bob@blue.example"], raw: "signed.eml")"#);
    assert!(filed[0].starts_with("alice@green.example\n") && filed[0].contains("Status: 5.6.3"), "{filed:?}");
    assert!(filed[0].contains("content is 8-bit: it is signed or encrypted"), "{filed:?}");
    assert!(!run.records.iter().any(|r| matches!(r.what, What::Converted { .. })));
}

#[test]
fn lines_that_are_too_long_are_broken_and_can_be_put_together_again() {
    let (filed, run) = seven_bits("", r#"(from: "alice@green.example", to: ["bob@blue.example"], raw: "long.eml")"#);
    let [arrived] = &filed[..] else { panic!("{filed:?}") };
    assert!(arrived.starts_with("bob@") && arrived.lines().all(|line| line.len() <= 78), "{arrived}");
    assert_eq!(arrived.split_once("\r\n\r\n").unwrap().1.replace("=\r\n", ""), "x".repeat(5000) + "\r\n");
    // The user agent has done it: nobody behind it has anything to convert.
    let told: Vec<_> =
        run.records.iter().filter(|r| matches!(r.what, What::Converted { long_lines: true, .. })).collect();
    assert_eq!((told.len(), told[0].host.0), (1, 0));
    // A line of octets without MIME is nobody's to encode, and goes on as it is.
    let (filed, _) = seven_bits("", r#"(from: "alice@green.example", to: ["bob@blue.example"], raw: "bare.eml")"#);
    assert!(filed[0].starts_with("bob@") && filed[0].contains(&"x".repeat(1200)), "{filed:?}");
}

/// RFC 5321 §2.3.8: neither a bare CR nor a bare LF may be sent, and none is a line end.
#[test]
fn bare_newlines_are_refused_or_made_lines() {
    let mail = r#"(from: "alice@green.example", to: ["bob@blue.example"], raw: "mixed.eml")"#;
    let (filed, run) = seven_bits("", mail);
    assert_eq!(filed, Vec::<String>::new());
    let unsent = run.records.iter().find_map(|r| match &r.what {
        What::Unsent { reason, .. } => Some(reason.visible()),
        _ => None,
    });
    assert!(unsent.is_some_and(|why| why.contains("550 5.6.0 Message has CR or LF outside of CRLF")));
    let (filed, _) = seven_bits(", bare_newlines: Normalise", mail);
    assert!(filed[0].starts_with("bob@") && filed[0].ends_with("\r\n\r\none\r\ntwo three\r\n"), "{filed:?}");
    // Where one hop has made lines of them, the next has nothing to refuse.
    assert_eq!(filed.len(), 1);
}

#[test]
fn a_file_that_is_no_mail_is_not_sent_as_one() {
    let told = |file: &str| {
        let mail = format!(r#"(from: "alice@green.example", to: ["bob@green.example"], raw: "{file}")"#);
        let text = WORLD.replace("MAILS", &mail);
        let wrong = scenario::load_with("a.ron", &text, &mut Folder).map(|_| ()).unwrap_err();
        postroad::diag::render_all(&wrong, &text, false)
    };
    for file in ["photo.png", "empty.eml"] {
        assert!(told(file).contains("this file is no mail: it does not begin with a header field"), "{}", told(file));
    }
    assert!(told("many.mbox").contains("this file is a mailbox with many mails (mbox)"), "{}", told("many.mbox"));
}

#[test]
fn what_a_file_says_of_itself_is_decoded() {
    let mail = r#"(from: "alice@green.example", to: ["bob@green.example"], raw: "wild.eml")"#;
    let plan = scenario::load_with("a.ron", &WORLD.replace("MAILS", mail), &mut Folder).unwrap();
    let run = lab::run(&plan, Look { records: true, ..Look::default() });
    let subject = run.records.iter().find_map(|record| match &record.what {
        What::Composed { subject, .. } => Some(subject.to_string()),
        _ => None,
    });
    assert_eq!(subject.as_deref(), Some("wild"));
}
