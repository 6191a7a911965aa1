//! What is composed of parts is read as the same parts, by our own reader and by another.

use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

use super::*;
use crate::mime::read;
use crate::octets::Chunk;

fn draft(body: Body) -> Draft {
    let mut draft = Draft::new("alice@green.example".parse().unwrap(), "bob@blue.example".parse().unwrap());
    draft.subject = "Parts".into();
    draft.date = "Mon, 5 Jan 2026 09:00:00 +0000".into();
    draft.message_id = "1@green.example".into();
    draft.body = body;
    draft
}

fn file(name: &str, media_type: &str, octets: &[u8], encoding: Encoding) -> File {
    File {
        media_type: media_type.into(),
        name: Some(name.into()),
        disposition: Disposition::Attachment,
        content_id: None,
        encoding,
        data: Data::Octets(Chunk::copy_from(octets)),
    }
}

/// The leaves that a body should be read as: type, name, octets.
fn leaves(body: &Body, out: &mut Vec<(String, Option<String>, Vec<u8>)>) {
    match body {
        Body::Text(text) => {
            let kind = if text.kind == TextKind::Html { "text/html" } else { "text/plain" };
            let lines: String = part::lines(&text.text).map(|line| format!("{line}\r\n")).collect();
            out.push((kind.into(), None, text.charset.encode(&lines).unwrap().into_owned()));
        }
        Body::File(file) => {
            let mut octets = Vec::new();
            file.data.in_blocks(100, |block| octets.extend_from_slice(block));
            out.push((file.media_type.clone(), file.name.clone(), octets));
        }
        Body::Message(message) => {
            let tree = read::read(message);
            for (_, part) in tree.leaves() {
                let mut octets = Vec::new();
                part.encoding.decode(&message[part.body.clone()], &mut |piece| octets.extend_from_slice(piece));
                out.push((part.media_type.clone(), part.file_name.clone(), octets));
            }
        }
        Body::Parts(_, parts) => parts.iter().for_each(|part| leaves(part, out)),
    }
}

/// The same, as the mail is read.
fn read_leaves(bytes: &[u8]) -> Vec<(String, Option<String>, Vec<u8>)> {
    let tree = read::read(bytes);
    assert!(tree.defects.is_empty(), "{:?}\n{}", tree.defects, String::from_utf8_lossy(bytes));
    tree.leaves()
        .map(|(_, part)| {
            let mut octets = Vec::new();
            part.encoding.decode(&bytes[part.body.clone()], &mut |piece| octets.extend_from_slice(piece));
            (part.media_type.clone(), part.file_name.clone(), octets)
        })
        .collect()
}

fn check(body: Body) -> String {
    let draft = draft(body);
    let bytes = draft.compose().rope().to_vec();
    let mut expected = Vec::new();
    leaves(&draft.body, &mut expected);
    assert_eq!(read_leaves(&bytes), expected, "{}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn the_letter_of_a_mail_program() {
    let html = Text::new(TextKind::Html, "<p>Grüße <img src=\"cid:logo@green.example\"></p>");
    let logo = File {
        disposition: Disposition::Inline,
        content_id: Some("logo@green.example".into()),
        data: Data::Sample(Sample::new("image/jpeg", 5000, 1)),
        ..file("logo.jpg", "image/jpeg", b"", Encoding::Base64)
    };
    let text = check(Body::Parts(
        Family::Mixed,
        vec![
            Body::Parts(
                Family::Alternative,
                vec![Body::plain("Grüße"), Body::Parts(Family::Related, vec![Body::Text(html), Body::File(logo)])],
            ),
            Body::File(file("Übersicht 2026.csv", "text/csv", b"a;b\r\n1;2\r\n", Encoding::QuotedPrintable)),
            Body::File(file("notes.bin", "application/octet-stream", &[0, 13, 10, 13, 255], Encoding::QuotedPrintable)),
        ],
    ));
    assert!(text.contains("Content-Type: multipart/related; type=\"text/html\";\r\n boundary="), "{text}");
    assert!(text.contains("filename*=UTF-8''%C3%9Cbersicht%202026.csv"), "{text}");
    assert!(text.contains("Content-ID: <logo@green.example>\r\n"), "{text}");
    let parsed = MessageParser::new().parse(text.as_bytes()).unwrap();
    assert_eq!(parsed.attachment_count(), 3);
    assert_eq!(parsed.body_text(0).unwrap().trim_end(), "Grüße");
    let names: Vec<_> = parsed.attachments().map(|part| part.attachment_name().unwrap()).collect();
    assert_eq!(names, ["logo.jpg", "Übersicht 2026.csv", "notes.bin"]);
}

#[test]
fn a_mail_within_a_mail_within_a_mail_keeps_its_boundaries_apart() {
    let two = |first: &str, second: Body| Body::Parts(Family::Mixed, vec![Body::plain(first), second]);
    let inner = draft(two("inner", Body::File(file("a.bin", "application/octet-stream", b"abc", Encoding::Base64))));
    let whole = |draft: &Draft| Chunk::text(draft.compose().rope().to_vec());
    let middle = draft(two("middle", Body::Message(whole(&inner))));
    let outer = two("outer", Body::Message(whole(&middle)));
    let text = check(outer);
    let boundaries: std::collections::BTreeSet<&str> =
        text.split("boundary=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(boundaries.len(), 3, "{boundaries:?}");
}

#[test]
fn eight_bits_are_said_all_the_way_up() {
    let text = Text { encoding: Some(Encoding::EightBit), ..Text::new(TextKind::Plain, "Grüße") };
    let inner = draft(Body::Text(text));
    let message = Body::Message(Chunk::text(inner.compose().rope().to_vec()));
    let mail = check(Body::Parts(Family::Mixed, vec![Body::plain("see below"), message]));
    assert_eq!(mail.matches("Content-Transfer-Encoding: 8bit").count(), 3, "{mail}");
    // What may not stand in another mail goes as a file.
    let odd = Body::Message(Chunk::text(b"Subject: x\r\n\r\nbare\nnewline\r\n".to_vec()));
    let mail = draft(Body::Parts(Family::Mixed, vec![odd])).compose();
    let tree = read::read_content(&mail);
    assert_eq!(tree.parts[1].media_type, "application/octet-stream");
    assert!(tree.defects.is_empty());
}

#[test]
fn charsets_go_into_text_and_subject() {
    for (name, subject) in [
        ("iso-8859-1", "Grüße aus Köln und noch viel mehr Wörter, damit die Zeile gebrochen werden muß"),
        ("koi8-r", "Привет, как дела"),
        ("iso-2022-jp", "日本語のメールです。長い件名は二つの語になります。そうですか。"),
        ("gb18030", "中文邮件"),
    ] {
        let charset = Charset::named(name).unwrap();
        let text = Text { charset: charset.clone(), ..Text::new(TextKind::Plain, subject) };
        let mut draft = draft(Body::Text(text));
        draft.charset = charset;
        draft.subject = subject.into();
        let bytes = draft.compose().rope().to_vec();
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(
            text.contains(&format!("Subject: =?{name}?")) && text.contains(&format!("charset={name}\r\n")),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() <= 78), "{text}");
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        assert_eq!(parsed.subject(), Some(subject));
        assert_eq!(parsed.body_text(0).unwrap().trim_end(), subject);
        let content = draft.compose();
        assert_eq!(read::words::decode_words(&content.first("Subject").unwrap()).trim(), subject);
        assert!(read::read(&bytes).defects.is_empty());
    }
}

#[test]
fn conversations_and_mail_without_mime() {
    let mut answer = draft(Body::plain("Yes."));
    answer.in_reply_to = vec!["3@blue.example".into()];
    answer.references = (1..=3).map(|n| format!("{n}@blue.example")).collect();
    let text = String::from_utf8(answer.compose().rope().to_vec()).unwrap();
    assert!(text.contains("In-Reply-To: <3@blue.example>\r\n"), "{text}");
    assert!(text.contains("References: <1@blue.example>\r\n <2@blue.example>\r\n <3@blue.example>\r\n"), "{text}");
    let mut old = draft(Body::plain("Hello\n.\n"));
    old.is_mime = false;
    let text = String::from_utf8(old.compose().rope().to_vec()).unwrap();
    assert!(!text.contains("MIME") && !text.contains("Content-") && text.ends_with("\r\n\r\nHello\r\n.\r\n"), "{text}");
    // It cannot be as of 1982 with letters that were not there.
    old.body = Body::plain("Grüße");
    let text = String::from_utf8(old.compose().rope().to_vec()).unwrap();
    assert!(text.contains("MIME-Version: 1.0\r\n") && text.contains("quoted-printable"), "{text}");
}

#[test]
fn text_that_flows_says_so() {
    let long = "Words that go on and on until the line is broken, softly. ".repeat(5);
    let text = Text { flowed: true, ..Text::new(TextKind::Plain, long.trim_end()) };
    let text = String::from_utf8(draft(Body::Text(text)).compose().rope().to_vec()).unwrap();
    let (header, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(header.contains("text/plain; charset=us-ascii; format=flowed\r\n"));
    assert_eq!(body.replace(" \r\n", " "), long.trim_end().to_owned() + "\r\n");
}

fn any_body() -> impl Strategy<Value = Body> {
    let octets = prop::collection::vec(any::<u8>(), 0..400);
    let encoding = prop_oneof![
        Just(Encoding::Base64),
        Just(Encoding::QuotedPrintable),
        Just(Encoding::EightBit),
        Just(Encoding::SevenBit),
    ];
    let leaf = prop_oneof![
        ("[ -~äöü\n\r=.]{0,300}", any::<bool>(), prop::option::of(encoding.clone())).prop_map(
            |(text, html, encoding)| {
                let kind = if html { TextKind::Html } else { TextKind::Plain };
                Body::Text(Text { encoding, ..Text::new(kind, text) })
            }
        ),
        (octets, "[a-zA-Z0-9 äöü\"\\\\;.-]{1,60}", encoding).prop_map(|(octets, name, encoding)| {
            Body::File(file(name.trim(), "application/octet-stream", &octets, encoding))
        }),
        (0_u64..3000, any::<u64>()).prop_map(|(size, seed)| {
            let mut file = file("s.jpg", "image/jpeg", b"", Encoding::Base64);
            file.data = Data::Sample(Sample::new("image/jpeg", size, seed));
            Body::File(file)
        }),
    ];
    let family = prop_oneof![Just(Family::Mixed), Just(Family::Alternative), Just(Family::Related)];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        prop_oneof![
            (family.clone(), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(family, parts)| Body::Parts(family, parts)),
            inner.prop_map(|body| Body::Message(Chunk::text(draft(body).compose().rope().to_vec()))),
        ]
    })
}

proptest! {
    #[test]
    fn any_parts_come_back(body in any_body()) {
        let nameless = |body: &Body| matches!(body, Body::File(file) if file.name.as_deref() == Some(""));
        prop_assume!(!nameless(&body));
        let mail = draft(body).compose();
        prop_assert_eq!(&mail, &crate::mime::Content::scan(mail.rope().clone()));
        let bytes = mail.rope().to_vec();
        let mut expected = Vec::new();
        let tree = read::read(&bytes);
        prop_assert!(tree.defects.is_empty(), "{:?}", tree.defects);
        leaves(&Body::Message(Chunk::text(bytes.clone())), &mut expected);
        prop_assert_eq!(read_leaves(&bytes), expected);
        prop_assert!(bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
    }

    #[test]
    fn any_parts_are_what_was_written(body in any_body()) {
        let mut named = Vec::new();
        leaves(&body, &mut named);
        prop_assume!(named.iter().all(|(_, name, _)| name.as_deref() != Some("")));
        check(body);
    }
}
