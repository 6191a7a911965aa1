//! The examples of RFC 3501.

use super::*;

fn body(reading: &Reading) -> String {
    let item = MessageDataItem::Body(body_structure(reading, false));
    String::from_utf8(wire(item)).unwrap().strip_prefix("BODY ").unwrap().to_owned()
}

/// So many lines in so many octets.
fn lines(lines: usize, octets: usize) -> String {
    let last = "x".repeat(octets - (lines - 1) * 3 - 2);
    format!("{}{last}\r\n", "x\r\n".repeat(lines - 1))
}

#[test]
fn the_sample_connection() {
    // RFC 3501 §8.
    let header = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n\
                  From: Terry Gray <gray@cac.washington.edu>\r\n\
                  Subject: IMAP4rev1 WG mtg summary and minutes\r\n\
                  To: imap@cac.washington.edu\r\n\
                  cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n\
                  Message-Id: <B27397-0100000@cac.washington.edu>\r\n\
                  MIME-Version: 1.0\r\n\
                  Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n";
    let reading = reading(format!("{header}{}", lines(92, 3028)).as_bytes());
    let envelope = String::from_utf8(wire(MessageDataItem::Envelope(envelope(&reading)))).unwrap();
    let terry = r#"(("Terry Gray" NIL "gray" "cac.washington.edu"))"#;
    let expected = format!(
        "ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" {terry} {terry} {terry} {} {} {}",
        r#"((NIL NIL "imap" "cac.washington.edu"))"#,
        r#"((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU"))"#,
        r#"NIL NIL "<B27397-0100000@cac.washington.edu>")"#,
    );
    assert_eq!(envelope, expected);
    assert_eq!(body(&reading), r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)"#);
    let section = imap_codec::imap_types::fetch::Section::Header(None);
    assert_eq!(super::section(&reading, Some(&section), None).map(|rope| rope.to_vec()), Some(header.into()));
    assert_eq!(header.len(), 342);
    assert_eq!(size(reading.content()), 342 + 3028);
}

#[test]
fn the_structures_of_fetch_responses() {
    // RFC 3501 §7.4.2.
    let one = format!("Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n{}", lines(48, 2279));
    assert_eq!(body(&reading(one.as_bytes())), r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 2279 48)"#);
    let two = format!(
        "Content-Type: MULTIPART/MIXED; BOUNDARY=b\r\n\r\n\
         --b\r\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n{}\r\n\
         --b\r\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME=\"cc.diff\"\r\n\
         Content-ID: <960723163407.20117h@cac.washington.edu>\r\n\
         Content-Description: Compiler diff\r\nContent-Transfer-Encoding: BASE64\r\n\r\n{}\r\n--b--\r\n",
        lines(23, 1152),
        lines(73, 4554),
    );
    let first = r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)"#;
    let second = r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73)"#;
    assert_eq!(body(&reading(two.as_bytes())), format!("({first}{second} \"MIXED\")"));
}

#[test]
fn extension_data_in_its_order() {
    let mail = "Content-Type: multipart/mixed; boundary=b; x=\"a b\"\r\n\
                Content-Disposition: inline\r\nContent-Language: en (English), de,,\r\n \ti-default\r\n\
                Content-Location: http://a.example/\r\n b\r\n\r\n\
                --b\r\nContent-Type: image/gif\r\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n\
                Content-Disposition: ATTACHMENT; FileName*0=a; FileName*1*=%20b\r\nContent-Language: mi\r\n\
                Content-Location: x\r\n\r\nGIF\r\n--b--\r\n";
    let item = MessageDataItem::BodyStructure(body_structure(&reading(mail.as_bytes()), true));
    let expected = concat!(
        r#"BODYSTRUCTURE (("IMAGE" "GIF" NIL NIL NIL "7BIT" 3 "Q2hlY2sgSW50ZWdyaXR5IQ==" "#,
        r#"("attachment" ("FileName*0" "a" "FileName*1*" "%20b")) ("mi") "x") "MIXED" "#,
        r#"("boundary" "b" "x" "a b") ("inline" NIL) ("en" "de" "i-default") "http://a.example/b")"#,
    );
    assert_eq!(String::from_utf8(wire(item)).unwrap(), expected);
}

#[test]
fn what_is_absent_and_what_is_empty() {
    let told =
        |mail: &str| String::from_utf8(wire(MessageDataItem::Envelope(envelope(&reading(mail.as_bytes()))))).unwrap();
    assert_eq!(told("\r\n"), "ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    let empty = "Date:\r\nSubject: \r\nFrom:\r\nSender:\r\nReply-To: ,\r\nTo:\r\nCc: (none)\r\nBcc:\r\nIn-Reply-To:\r\n \r\nMessage-ID:\r\n\r\n";
    assert_eq!(told(empty), r#"ENVELOPE ("" "" NIL NIL NIL NIL NIL NIL "" "")"#);
    let from = "From: a@b\r\nSender:\r\nReply-To: c@d\r\n\r\n";
    assert_eq!(
        told(from),
        r#"ENVELOPE (NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "c" "d")) NIL NIL NIL NIL NIL)"#
    );
}
