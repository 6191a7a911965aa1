//! Whatever is composed is good mail and says what the draft said.

use super::part::lines;
use super::*;
use crate::mime::Content;
use mail_parser::MessageParser;
use proptest::prelude::*;

fn draft() -> Draft {
    let mut draft = Draft::new("alice@green.example".parse().unwrap(), "bob@blue.example".parse().unwrap());
    draft.subject = "Hello".into();
    draft.body = Body::plain("Hello Bob,\n.this is it\n");
    draft.date = "Mon, 5 Jan 2026 09:00:00 +0000".into();
    draft.message_id = "1@green.example".into();
    draft
}

fn assert_good_lines(bytes: &[u8]) {
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let inside = line.strip_suffix(b"\r\n").expect("every line ends with CRLF");
        assert!(inside.len() <= 998 && !inside.contains(&b'\r'), "{}", inside.escape_ascii());
    }
}

#[test]
fn forged_trace_fields_stand_where_a_forger_puts_them() {
    let mut draft = Draft::new("a@x.example".parse().unwrap(), "b@y.example".parse().unwrap());
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    draft.headers = vec![
        header("received", "from bank.example by mx.bank.example; Mon, 5 Jan 2026 09:00:00 +0000"),
        header("X-Mailer", "Forge"),
        header("Received", "from two"),
        header("Return-Path", "<boss@bank.example>"),
    ];
    draft.message_id = "1@x.example".into();
    for size in [None, Some(4096)] {
        draft.size = size;
        let mail = draft.compose();
        let text = String::from_utf8(mail.rope().to_vec()).unwrap();
        let names: Vec<&str> = text
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert_eq!(names[..5], ["received", "Received", "Return-Path", "Message-ID", "MIME-Version"], "{text}");
        assert!(names[5..].contains(&"X-Mailer"), "{text}");
        assert_eq!((mail.received_count(), mail.size_bytes()), (2, size.unwrap_or(text.len() as u64)));
        assert_eq!(mail, Content::scan(mail.rope().clone()), "the facts hold");
    }
}

#[test]
fn a_plain_message() {
    let mail = draft().compose();
    let expected = "Message-ID: <1@green.example>\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
                    From: <alice@green.example>\r\nTo: <bob@blue.example>\r\nSubject: Hello\r\n\
                    Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\
                    Hello Bob,\r\n.this is it\r\n";
    assert_eq!(String::from_utf8(mail.rope().to_vec()).unwrap(), expected);
    assert!(mail.has_leading_dot() && !mail.is_8bit());
    assert_eq!(mail.size_bytes(), expected.len() as u64);
}

#[test]
fn text_beyond_ascii_is_encoded() {
    let mut draft = draft();
    draft.from.name = Some("Älice, of \"Green\"".into());
    draft.subject = "Grüße 안녕 \r\nBcc: eve@red.example".into();
    let text = "Grüße = gut \nund lang: ".to_owned() + &"ä".repeat(100);
    for (encoding, is_8bit) in [(None, false), (Some(Encoding::Base64), false), (Some(Encoding::EightBit), true)] {
        draft.body = Body::Text(Text { encoding, ..Text::new(TextKind::Plain, text.as_str()) });
        let mail = draft.compose();
        assert_eq!(mail.is_8bit(), is_8bit);
        let bytes = mail.rope().to_vec();
        assert_good_lines(&bytes);
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        assert_eq!(parsed.subject(), Some("Grüße 안녕   Bcc: eve@red.example"));
        assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("Älice, of \"Green\""));
        assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n"), text.clone() + "\n");
        assert!(parsed.bcc().is_none());
    }
}

#[test]
fn more_fields_stay_in_their_place() {
    let mut draft = draft();
    for (name, value) in [
        ("Bcc", "eve@red.example"),
        ("bcc", "eve@red.example"),
        ("X-Note", "a\r\nBcc: eve@red.example"),
        ("X Bad:\r\nName", "v"),
        ("List-Id", "<list.green.example>"),
        ("Received", "from nowhere"),
        ("Subject", "two"),
        ("", "x"),
        ("X-Empty", ""),
    ] {
        draft.headers.push((name.into(), value.into()));
    }
    let mail = draft.compose();
    assert_eq!(mail.first("Bcc"), None);
    assert_eq!(mail.first("X-Note").as_deref(), Some(&b" a  Bcc: eve@red.example"[..]));
    assert_eq!(mail.first("XBadName").as_deref(), Some(&b" v"[..]));
    assert_eq!(mail.first("List-Id").as_deref(), Some(&b" <list.green.example>"[..]));
    assert_eq!(mail.fields().filter(|f| f.is("Subject")).count(), 1);
    assert_eq!(mail.received_count(), 1);
}

#[test]
fn a_message_has_exactly_the_size_asked_for() {
    let bare = draft().compose().size_bytes();
    for size in (bare - 1..bare + 400).chain([100_000, 1_000_003]) {
        let mut draft = draft();
        draft.size = Some(size);
        let mail = draft.compose();
        assert_eq!(mail.size_bytes(), size.max(bare), "{size}");
        assert_eq!(mail, Content::scan(mail.rope().clone()));
        let bytes = mail.rope().to_vec();
        assert_good_lines(&bytes);
        assert!(mail.body().to_vec().split(|b| *b == b'\n').all(|line| line.len() <= 77));
        assert!(MessageParser::new().parse(&bytes).unwrap().body_text(0).unwrap().starts_with("Hello Bob,"));
    }
}

#[test]
fn copies_share_their_text() {
    let mut draft = draft();
    draft.size = Some(5000);
    let mut composer = Composer::new(&draft);
    let mut storage = Vec::new();
    // Ids of all lengths, shorter and longer than the first.
    for id in (0..160).map(|i| format!("{}@green.example", "7".repeat((i * 37) % 160 + 1))) {
        let mail = composer.mail(&id, &draft.date);
        assert_eq!(mail.size_bytes(), 5000);
        assert_good_lines(&mail.rope().to_vec());
        assert_eq!(mail.rope().to_vec()[..mail.header_end()].to_vec(), mail.header().to_vec());
        storage.push(mail.rope().chunks()[1][..].as_ptr());
    }
    let mut distinct = storage.clone();
    distinct.dedup();
    assert!(distinct.len() < 8, "written again only when an id is shorter than all before: {}", distinct.len());
    draft.size = None;
    let mut composer = Composer::new(&draft);
    let (a, b) = (composer.mail("a@x", ""), composer.mail("bb@x", ""));
    assert!(std::ptr::eq(&a.rope().chunks()[1][..], &b.rope().chunks()[1][..]));
    assert_eq!(a.rope().chunks().len(), 2);
}

#[test]
fn nothing_at_all_is_still_a_message() {
    let mut draft = Draft::new("a@b".parse().unwrap(), "c@d".parse().unwrap());
    draft.to.clear();
    let bytes = draft.compose().rope().to_vec();
    assert_good_lines(&bytes);
    let parsed = MessageParser::new().parse(&bytes).unwrap();
    assert_eq!(parsed.body_text(0).as_deref(), Some(""));
}

/// Any text, with a liking for what hurts.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,20}",
        "[ -~]{0,120}",
        prop::sample::select(vec![
            "\r\n",
            "\n",
            "\r",
            ".",
            "\r\n.\r\n",
            " ",
            "\t",
            "=",
            "é",
            "\0",
            "=?utf-8?Q?x?=",
            "\u{85}",
            "\u{7f}"
        ])
        .prop_map(str::to_owned),
        "a{0,1200}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_draft_composes_to_good_mail(
        (subject, text, name, value, custom) in (any_text(), any_text(), any_text(), any_text(), any_text()),
        size in prop::option::of(0_u64..6000),
        local in "[a-z]{1,20}|\"[ a-z,;]{1,20}\"",
        people in 0_usize..5,
        eight_bit in any::<bool>(),
    ) {
        let mut draft = Draft::new(format!("{local}@green.example").parse().unwrap(), "c@d.example".parse().unwrap());
        draft.from.name = Some(name.clone());
        draft.cc = vec![Party { name: Some(name), mailbox: "dave@blue.example".parse().unwrap() }; people];
        draft.subject = subject.clone();
        draft.headers = vec![(custom.clone(), value.clone()), ("X-Value".into(), value)];
        draft.message_id = custom;
        draft.date = "Mon, 5 Jan 2026 09:00:00 +0000".into();
        draft.size = size;
        let encoding = eight_bit.then_some(Encoding::EightBit);
        draft.body = Body::Text(Text { encoding, ..Text::new(TextKind::Plain, text.as_str()) });
        let mail = draft.compose();
        let bytes = mail.rope().to_vec();
        assert_good_lines(&bytes);
        prop_assert_eq!(&mail, &Content::scan(mail.rope().clone()));
        prop_assert!(size.is_none_or(|size| mail.size_bytes() >= size));
        prop_assert_eq!(mail.first("Bcc"), None);
        prop_assert!(mail.fields().all(|field| !field.name.is_empty()));
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        let from = parsed.from().unwrap().first().unwrap();
        prop_assert!(from.address().unwrap().ends_with("@green.example"));
        prop_assert_eq!(parsed.cc().map_or(0, |cc| cc.iter().count()), people);
        let words = |text: &str| text.split(|c: char| c.is_whitespace() || c.is_control()).map(str::to_owned).collect::<String>();
        if !subject.contains("=?") {
            prop_assert_eq!(words(parsed.subject().unwrap_or_default()), words(&subject));
        }
        let expected: String = lines(&text).map(|line| format!("{line}\n")).collect();
        let got = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        prop_assert!(got.starts_with(&expected), "{:?} {:?}", got, expected);
    }
}
