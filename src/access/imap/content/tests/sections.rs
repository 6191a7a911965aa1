//! Sections: the example of RFC 3501 §6.4.5, what is not there, what is beyond the end, and what cannot be taken apart.

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::fetch::{MacroOrMessageDataItemNames, MessageDataItemName};

use super::*;

/// What a client asks for, as it writes it: `BODY[1.MIME]<0.5>`.
pub(super) fn asked(item: &str) -> MessageDataItemName<'static> {
    let command = format!("a FETCH 1 {item}\r\n");
    let (_, command) = CommandCodec::new().decode(command.as_bytes()).unwrap();
    let CommandBody::Fetch { macro_or_item_names, .. } = command.body else { panic!("no FETCH") };
    let MacroOrMessageDataItemNames::MessageDataItemNames(items) = macro_or_item_names else { panic!("a macro") };
    imap_codec::imap_types::ToStatic::to_static(&items[0])
}

/// What a section holds; `None` where there is none.
fn fetched(reading: &Reading, item: &str) -> Option<String> {
    let rope = match asked(item) {
        MessageDataItemName::BodyExt { section, partial, .. } => super::section(reading, section.as_ref(), partial),
        MessageDataItemName::Binary { section, partial, .. } => binary(reading, &section, partial).unwrap(),
        _ => panic!("{item}"),
    };
    rope.map(|rope| rope.to_vec().escape_ascii().to_string().replace("\\r\\n", "|").replace("\\\"", "\""))
}

fn check(mail: &str, expected: &[(&str, Option<&str>)]) {
    let mail = mail.replace('\n', "\r\n");
    let reading = reading(mail.as_bytes());
    for (item, text) in expected {
        assert_eq!(fetched(&reading, item).as_deref(), *text, "{item}");
    }
}

/// The parts of the example, each with its number as its text.
const COMPLEX: &str = "Subject: all
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

--a

one
--a
Content-Type: application/octet-stream

two
--a
Content-Type: message/rfc822

Subject: three
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

three.one
--b
Content-Type: application/octet-stream

three.two
--b--
--a
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: image/gif

four.one
--c
Content-Type: message/rfc822

Subject: four.two
Content-Type: multipart/mixed; boundary=d

--d

four.two.one
--d
Content-Type: multipart/alternative; boundary=e

--e
Content-Type: text/plain

four.two.two.one
--e
Content-Type: text/richtext

four.two.two.two
--e--
--d--
--c--
--a--
";

#[test]
fn parts_are_numbered_as_in_the_standard() {
    check(
        COMPLEX,
        &[
            ("BODY[HEADER]", Some("Subject: all|MIME-Version: 1.0|Content-Type: multipart/mixed; boundary=a||")),
            ("BODY[1]", Some("one")),
            ("BODY[1.MIME]", Some("|")),
            ("BODY[2]", Some("two")),
            ("BODY[2.MIME]", Some("Content-Type: application/octet-stream||")),
            ("BODY[3.HEADER]", Some("Subject: three|Content-Type: multipart/mixed; boundary=b||")),
            (
                "BODY[3.TEXT]",
                Some(
                    "--b|Content-Type: text/plain||three.one|--b|Content-Type: application/octet-stream||three.two|--b--",
                ),
            ),
            ("BODY[3.MIME]", Some("Content-Type: message/rfc822||")),
            ("BODY[3.1]", Some("three.one")),
            ("BODY[3.2]", Some("three.two")),
            ("BODY[3.2.MIME]", Some("Content-Type: application/octet-stream||")),
            ("BODY[4.1]", Some("four.one")),
            ("BODY[4.1.MIME]", Some("Content-Type: image/gif||")),
            ("BODY[4.2.HEADER]", Some("Subject: four.two|Content-Type: multipart/mixed; boundary=d||")),
            ("BODY[4.2.HEADER.FIELDS (subject)]", Some("Subject: four.two||")),
            ("BODY[4.2.1]", Some("four.two.one")),
            (
                "BODY[4.2.2]",
                Some(
                    "--e|Content-Type: text/plain||four.two.two.one|--e|Content-Type: text/richtext||four.two.two.two|--e--",
                ),
            ),
            ("BODY[4.2.2.1]", Some("four.two.two.one")),
            ("BODY[4.2.2.2]", Some("four.two.two.two")),
            ("BODY[4.2.2.2.MIME]", Some("Content-Type: text/richtext||")),
        ],
    );
}

#[test]
fn sections_that_are_not_there() {
    check(
        COMPLEX,
        &[
            ("BODY[5]", None),
            ("BODY[5.MIME]", None),
            ("BODY[1.1]", None),
            ("BODY[1.HEADER]", None),
            ("BODY[1.TEXT]", None),
            ("BODY[4.HEADER]", None),
            ("BODY[4.TEXT]", None),
            ("BODY[3.3]", None),
            ("BODY[3.1.1]", None),
            ("BODY[4.2.2.3]", None),
            ("BODY[4.2.2.HEADER.FIELDS (x)]", None),
            ("BODY[4294967295]", None),
            ("BODY[5]<0.10>", None),
            ("BINARY[5]", None),
        ],
    );
}

#[test]
fn a_mail_that_is_no_multipart_has_one_part() {
    let mail = "From: a@b.example\nSubject: x\n y\n\nHello\n\nworld\n";
    check(
        mail,
        &[
            ("BODY[]", Some("From: a@b.example|Subject: x| y||Hello||world|")),
            ("BODY[TEXT]", Some("Hello||world|")),
            ("BODY[1]", Some("Hello||world|")),
            ("BODY[1.MIME]", Some("From: a@b.example|Subject: x| y||")),
            ("BODY[2]", None),
            ("BODY[1.1]", None),
            ("BODY[1.HEADER]", None),
            ("BODY[HEADER.FIELDS (SUBJECT none)]", Some("Subject: x| y||")),
            ("BODY[HEADER.FIELDS (none)]", Some("|")),
            ("BODY[HEADER.FIELDS.NOT (SUBJECT)]", Some("From: a@b.example||")),
            ("BODY[HEADER.FIELDS.NOT (none)]", Some("From: a@b.example|Subject: x| y||")),
            // A substring of a subset is one of what is left (RFC 3501 §6.4.5).
            ("BODY[HEADER.FIELDS (SUBJECT)]<2.4>", Some("bjec")),
            ("BODY[TEXT]<0.5>", Some("Hello")),
            ("BODY[TEXT]<5.100>", Some("||world|")),
            ("BODY[TEXT]<16.1>", Some("")),
            ("BODY[TEXT]<4294967295.4294967295>", Some("")),
            ("BODY[]<0.4294967295>", Some("From: a@b.example|Subject: x| y||Hello||world|")),
            ("BINARY[1]<1.2>", Some("el")),
        ],
    );
}

#[test]
fn a_mail_without_an_empty_line_has_none_in_its_sections() {
    let mail = "From: a@b.example\nSubject: x\n";
    check(
        mail,
        &[
            ("BODY[HEADER]", Some("From: a@b.example|Subject: x|")),
            ("BODY[HEADER.FIELDS (from)]", Some("From: a@b.example|")),
            ("BODY[TEXT]", Some("")),
            ("BODY[1]", Some("")),
        ],
    );
    check("", &[("BODY[]", Some("")), ("BODY[HEADER]", Some("")), ("BODY[1]", Some("")), ("BODY[2]", None)]);
}

#[test]
fn a_message_may_be_the_mail_itself() {
    let mail = "Content-Type: message/rfc822\n\nSubject: inside\n\nHello\n";
    check(
        mail,
        &[
            ("BODY[1]", Some("Subject: inside||Hello|")),
            ("BODY[1.HEADER]", Some("Subject: inside||")),
            ("BODY[1.TEXT]", Some("Hello|")),
            ("BODY[1.1]", Some("Hello|")),
            ("BODY[1.1.MIME]", Some("Subject: inside||")),
            ("BODY[1.1.1]", None),
            ("BODY[1.2]", None),
        ],
    );
}

#[test]
fn what_cannot_be_taken_apart_is_one_part() {
    check(
        "Content-Type: multipart/mixed\n\n--b\n\nHello\n",
        &[("BODY[1]", Some("--b||Hello|")), ("BODY[1.MIME]", None), ("BODY[2]", None), ("BODY[1.1]", None)],
    );
    check(
        "Content-Type: multipart/mixed; boundary=b\n\nHello\n--b--\n",
        &[("BODY[1]", Some("")), ("BODY[1.MIME]", None), ("BODY[2]", None), ("BODY[TEXT]", Some("Hello|--b--|"))],
    );
    // In base64 it cannot be seen.
    check(
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQp5\n",
        &[
            ("BODY[1]", Some("U3ViamVjdDogeA0KDQp5|")),
            ("BODY[1.HEADER]", Some("")),
            ("BODY[1.TEXT]", Some("")),
            ("BODY[1.1]", Some("")),
            ("BODY[1.2]", None),
            ("BINARY[1]", Some("Subject: x||y")),
            ("BINARY[1.1]", Some("")),
        ],
    );
}

#[test]
fn lines_that_are_no_fields_are_in_what_is_left() {
    check(
        "From a Mon\nSubject: x\nno colon here\nSubject : y\n: z\nTo: t\n\nHello\n",
        &[
            ("BODY[HEADER.FIELDS (subject)]", Some("Subject: x|Subject : y||")),
            ("BODY[HEADER.FIELDS.NOT (subject)]", Some("From a Mon|no colon here|: z|To: t||")),
        ],
    );
}

#[test]
fn no_literal_has_nul_and_binary_has() {
    let reading = reading(b"Subject: a\0b\r\nContent-Transfer-Encoding: binary\r\n\r\nc\0d");
    assert_eq!(fetched(&reading, "BODY[TEXT]").as_deref(), Some("c\\x80d"));
    assert_eq!(fetched(&reading, "BODY[1]<2.9>").as_deref(), Some("d"));
    assert_eq!(fetched(&reading, "BODY[HEADER.FIELDS (subject)]").as_deref(), Some("Subject: a\\x80b||"));
    assert_eq!(fetched(&reading, "BINARY[1]").as_deref(), Some("c\\x00d"));
}

#[test]
fn encodings_are_undone() {
    let mail =
        |encoding: &str, body: &str| reading(format!("Content-Transfer-Encoding: {encoding}\r\n\r\n{body}").as_bytes());
    for (encoding, body, text) in [
        ("7bit", "a=41", "a=41"),
        ("quoted-printable", "a=41=\r\nb  \r\n", "aAb|"),
        ("Base64", "SGVs\r\nbG8s\r\nIHdvcmxk", "Hello, world"),
        ("base64", "SGVs!bG8", "Hello"),
    ] {
        let reading = mail(encoding, body);
        assert_eq!(fetched(&reading, "BINARY[1]").as_deref(), Some(text), "{encoding}");
        let size = text.replace('|', "\r\n").len() as u32;
        assert_eq!(binary_size(&reading, &[1.try_into().unwrap()]), Ok(size), "{encoding}");
        assert_eq!(fetched(&reading, "BINARY[1]<1.2>").as_deref(), Some(&text[1..3]), "{encoding}");
        assert_eq!(fetched(&reading, "BINARY[1]<100.2>").as_deref(), Some(""), "{encoding}");
    }
    let unknown = mail("x-uuencode", "begin");
    let one = [1.try_into().unwrap()];
    assert_eq!(binary(&unknown, &one, None), Err(UnknownEncoding));
    assert_eq!(binary_size(&unknown, &one), Err(UnknownEncoding));
    assert_eq!(binary_size(&unknown, &[2.try_into().unwrap()]), Ok(0), "it is not there");
    assert_eq!(fetched(&unknown, "BODY[1]").as_deref(), Some("begin"));
    assert_eq!(fetched(&unknown, "BINARY[]"), fetched(&unknown, "BODY[]"), "the whole mail is in no encoding");
}

#[test]
fn sections_are_windows() {
    let text = Chunk::text(COMPLEX.replace('\n', "\r\n").into_bytes());
    let mut rope = Rope::from(Chunk::from("Received: from a\r\n"));
    rope.push(text.clone());
    let reading = Reading::new(&Content::scan(rope));
    for item in ["BODY[3.TEXT]", "BODY[4.1.MIME]", "BODY[4.2.2]", "BODY[HEADER.FIELDS (mime-version subject)]"] {
        let MessageDataItemName::BodyExt { section, .. } = asked(item) else { panic!() };
        let found = super::section(&reading, section.as_ref(), None).unwrap();
        for chunk in found.chunks() {
            let (start, end) = (text.as_ptr_range().start, text.as_ptr_range().end);
            assert!(chunk.as_ptr() >= start && chunk.as_ptr_range().end <= end, "{item} was copied");
        }
    }
    let whole = super::section(&reading, None, None).unwrap();
    assert_eq!(whole.chunks().len(), 2);
}
