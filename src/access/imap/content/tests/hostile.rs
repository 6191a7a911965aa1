//! Mails that were written to be expensive. What costs more than its length would not end here.

use std::num::NonZeroU32;

use imap_codec::imap_types::body::BodyStructure;
use imap_codec::imap_types::fetch::{Part, Section};

use super::properties::check;
use super::search::Search;
use super::searching::{AROUND, key};
use super::*;
use crate::mime::read::MOST_DEPTH;
use crate::store::{Flags, GivenDate};

/// All that can be said of it.
fn told(mail: &[u8]) -> Reading {
    let reading = reading(mail);
    let items = [
        MessageDataItem::Envelope(envelope(&reading)),
        MessageDataItem::Body(body_structure(&reading, false)),
        MessageDataItem::BodyStructure(body_structure(&reading, true)),
    ];
    for item in items {
        assert!(wire(item).len() < 40 * mail.len() + 10_000);
    }
    for text in ["TEXT none", "SUBJECT none FROM none", "SENTON 1-Jan-2026"] {
        let candidate = super::search::Candidate {
            sequence: 1,
            uid: 1,
            flags: Flags::NONE,
            keywords: &[],
            is_recent: false,
            internal_date: GivenDate { unix_secs: 0, offset_minutes: 0 },
            size_bytes: mail.len() as u64,
            modseq: 1,
            content: Some(reading.content()),
        };
        assert!(!Search::new(&key(text), &AROUND).unwrap().matches(&candidate));
    }
    let names: Vec<_> = (0..5_000).map(|n| format!("x{n}").try_into().unwrap()).collect();
    let fields = Section::HeaderFieldsNot(None, names.try_into().unwrap());
    let rest = super::section(&reading, Some(&fields), None).unwrap();
    assert_eq!(Some(rest), super::section(&reading, Some(&Section::Header(None)), None));
    let _ = binary(&reading, &[NonZeroU32::MIN], Some((1, NonZeroU32::MIN)));
    reading
}

fn number(n: usize) -> NonZeroU32 {
    NonZeroU32::new(n as u32).unwrap()
}

#[test]
fn very_many_parts() {
    let part = "--b\r\nContent-Type: text/plain; name=x\r\n\r\nx\r\n";
    let mail =
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n", part.repeat(MOST_TOLD_PARTS + 5));
    let reading = told(mail.as_bytes());
    let BodyStructure::Multi { bodies, .. } = body_structure(&reading, true) else { panic!() };
    // The mail itself is one.
    assert_eq!(bodies.as_ref().len(), MOST_TOLD_PARTS - 1);
    let section = |n: usize| super::section(&reading, Some(&Section::Part(Part(number(n).into()))), None);
    assert_eq!(section(MOST_TOLD_PARTS - 1).map(|rope| rope.len()), Some(1));
    assert_eq!(section(MOST_TOLD_PARTS), None, "what the structure does not tell of is not there");
    let deep = "--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n";
    told(format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", deep.repeat(MOST_TOLD_PARTS)).as_bytes());
}

#[test]
fn parts_that_are_cut_off_leave_their_containers_whole() {
    // Containers of each kind are the last part that is told.
    for last in ["message/rfc822", "multipart/mixed; boundary=c", "message/global"] {
        let inner = format!("--b\r\nContent-Type: {last}\r\n\r\n--c\r\n\r\ninside\r\n--c--\r\n");
        let parts = "--b\r\n\r\n\r\n".repeat(MOST_TOLD_PARTS - 2);
        told(format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}{inner}--b--\r\n").as_bytes());
    }
}

#[test]
fn very_deep_mails() {
    let multipart = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    let nested: String = (0..300).map(multipart).collect();
    let reading = told(nested.as_bytes());
    assert_eq!(reading.tree().parts.last().map(|part| part.depth), Some(MOST_DEPTH));
    check(nested.as_bytes());
    let messages = "From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n".repeat(300);
    told(messages.as_bytes());
    check(messages.as_bytes());
    // Many lines, in a hundred messages.
    told(format!("{messages}{}", "x\r\n".repeat(500_000)).as_bytes());
}

#[test]
fn header_sections_without_an_end() {
    for line in ["X-A: b\r\n", " folded\r\n", "no colon\r\n", "Subject: =?utf-8?q?a?=\r\n", "To: a@b,c <d@e>\r\n"] {
        told(format!("X: y\r\n{}\r\nbody", line.repeat(2_000_000 / line.len())).as_bytes());
    }
    for piece in [
        "(",
        "<",
        "a,",
        "\"",
        "\\",
        "@",
        "a.",
        "a@b,",
        "a:",
        "=?utf-8?q?",
        "[",
        "<@a:",
        "=?",
        "a:;",
        "a ",
        "<@",
        ";",
        ")",
        "a:b,",
    ] {
        let reading = told(format!("To: {}\r\nSubject: x\r\n\r\nbody", piece.repeat(200_000 / piece.len())).as_bytes());
        let envelope = envelope(&reading);
        assert!(envelope.to.len() <= MOST_ADDRESSES + 1, "{piece}");
        assert!(envelope.subject.0.is_some(), "{piece}");
    }
    for piece in ["(", "\"", "\\", "; a=", ";", "a*0=b;", " x", "=?utf-8?q?", "\"\\", "()", "a=b ", "%41", ","] {
        for start in ["Content-Type: text/plain; name=", "Content-Disposition: a; filename=", "Content-Language: "] {
            told(format!("{start}{}\r\n\r\nbody", piece.repeat(100_000 / piece.len())).as_bytes());
        }
    }
}

#[test]
fn content_in_very_many_chunks() {
    let mut rope = Rope::from(Chunk::from("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
    for _ in 0..5_000 {
        for piece in ["--b\r\nContent-Type: ", "text/plain\r\n\r\n", "x", "\r\n"] {
            rope.push(Chunk::copy_from(piece.as_bytes()));
        }
    }
    rope.push(Chunk::from("--b--\r\n"));
    let reading = Reading::new(&Content::scan(rope));
    let structure = body_structure(&reading, true);
    assert!(matches!(structure, BodyStructure::Multi { bodies, .. } if bodies.as_ref().len() == 5_000));
    for n in 1..=5_000 {
        let section = Section::Part(Part(number(n).into()));
        assert_eq!(super::section(&reading, Some(&section), None).map(|rope| rope.len()), Some(1));
    }
}
