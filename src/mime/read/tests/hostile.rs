//! Mails that were written to be expensive. What costs more than its length would not end here.

use super::soup::check;
use crate::mime::read::{Flaw, MOST_DEPTH, MOST_PARTS, Tree, read};

/// Reads, and sees that each line was looked at once.
fn told(mail: &[u8]) -> Tree {
    let tree = read(mail);
    check(mail, &tree);
    let ends = mail.iter().filter(|b| matches!(b, b'\r' | b'\n')).count() as u64;
    assert!(tree.totals.lines <= ends + 1, "{} lines of {ends}", tree.totals.lines);
    tree
}

fn has(tree: &Tree, code: &str) -> bool {
    tree.defects.iter().any(|defect| defect.what.code() == code)
}

const TOP: &str = "From: a@green.example\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n";

fn multipart(boundary: &str) -> String {
    format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n")
}

#[test]
fn very_many_parts() {
    let part = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
    let mail = format!("{TOP}{}{}--b--\r\n", multipart("b"), part.repeat(100_000));
    let tree = told(mail.as_bytes());
    assert_eq!((tree.parts.len(), tree.defects.len()), (100_001, 0));
    // More than are read: what is left is told, and the end is found all the same.
    let mail = format!("{TOP}{}{}--b--\r\nepilogue", multipart("b"), "--b\r\n\r\n".repeat(MOST_PARTS + 5));
    let tree = told(mail.as_bytes());
    assert_eq!((tree.parts.len(), tree.defects.len()), (MOST_PARTS, 1));
    assert_eq!(tree.defects[0].what, Flaw::TooManyParts { most: MOST_PARTS });
    assert_eq!(tree.parts[0].epilogue.len(), 8);
}

#[test]
fn very_long_header_sections() {
    for line in ["X-A: b\r\n", " folded\r\n", "no colon\r\n", "Subject: =?utf-8?q?a?=\r\n", "a:\r\n \r\n"] {
        let mail = format!("{TOP}X: y\r\n{}\r\nbody", line.repeat(10_000_000 / line.len()));
        let tree = told(mail.as_bytes());
        assert!(has(&tree, "header-too-long") && tree.parts[0].body.len() == 4, "{line}");
    }
    // One field, one line.
    let mail = format!("{TOP}To: {}\r\n\r\n", "a@b.example, ".repeat(800_000));
    assert!(has(&told(mail.as_bytes()), "long-lines"));
}

#[test]
fn values_that_never_end() {
    for piece in ["(", "\"", "\\", "; a=", ";", "a*0=b;", " x", "=?utf-8?q?", "\"\\", "()", "a=b ", "%41"] {
        for start in ["Content-Type: multipart/mixed; boundary=", "Content-Type: ", "Content-Disposition: a; filename="]
        {
            let mail = format!("{TOP}{start}{}\r\n\r\nbody", piece.repeat(1_000_000 / piece.len()));
            told(mail.as_bytes());
        }
    }
}

#[test]
fn very_deep_mails() {
    let mut nested = TOP.to_owned();
    for n in 0..1_000 {
        nested.push_str(&format!("{}--b{n}\r\n", multipart(&format!("b{n}"))));
    }
    let tree = told(nested.as_bytes());
    assert_eq!((tree.parts.len(), tree.parts.last().map(|part| part.depth)), (MOST_DEPTH + 1, Some(MOST_DEPTH)));
    assert!(has(&tree, "too-deep"));
    let message = format!("{TOP}Content-Type: message/rfc822\r\n\r\n");
    let tree = told(message.repeat(1_000).as_bytes());
    assert_eq!((tree.parts.len(), has(&tree, "too-deep")), (MOST_DEPTH + 1, true));
    // Down and up again, very often.
    let inner: String = (0..90).map(|n| format!("{}--b{n}\r\n", multipart(&format!("b{n}")))).collect();
    let mail = format!("{TOP}{}{}", multipart("top"), format!("--top\r\n{inner}").repeat(1_000));
    let tree = told(mail.as_bytes());
    assert_eq!(tree.parts.len(), 1 + 91 * 1_000);
}

#[test]
fn boundaries_that_begin_alike() {
    // Each of 99 boundaries begins as the ones around it, and each line as all of them.
    let long = "b".repeat(99);
    let mut mail = TOP.to_owned();
    for n in 1..100 {
        mail.push_str(&format!("{}--{}\r\n", multipart(&long[..n]), &long[..n]));
    }
    mail.push_str("\r\n");
    let top = mail.clone();
    mail.push_str(&format!("--{}\r\n", "b".repeat(100)).repeat(100_000));
    let tree = told(mail.as_bytes());
    assert_eq!((tree.parts.len(), has(&tree, "boundary-prefix")), (100, true));
    // Lines that are all dashes, and boundaries of dashes.
    told(format!("{TOP}{}{}", multipart("----"), "--------\r\n------\r\n".repeat(100_000)).as_bytes());
    told(format!("{TOP}{}{}", multipart("b"), "--".repeat(5_000_000)).as_bytes());
    // Boundaries of a megabyte, in each other.
    let huge = "h".repeat(1 << 19);
    let inner = format!("{}--{huge}\r\n", multipart(&huge));
    told(format!("{TOP}{}", inner.repeat(20)).as_bytes());
    assert!(top.len() < mail.len());
}

#[test]
fn lines_of_nothing() {
    for piece in ["\r", "\n", "\r\r", "\r\r\n", "\0", "\0\n", "\r\0", " ", " \r", "=", "=\r\n", "= ", "=4"] {
        let many = piece.repeat(10_000_000 / piece.len());
        told(many.as_bytes());
        for encoding in ["7bit", "base64", "quoted-printable", "binary"] {
            let mail = format!("{TOP}Content-Transfer-Encoding: {encoding}\r\n\r\n{}", &many[..2_000_000]);
            told(mail.as_bytes());
        }
    }
}

#[test]
fn defects_have_an_end() {
    let part = "--b\r\nContent-Type: x\r\nContent-Type: y\r\nno colon\r\n\r\n\0\n";
    let mail = format!("{TOP}{}{}", multipart("b"), part.repeat(20_000));
    let tree = told(mail.as_bytes());
    assert_eq!(tree.defects.len(), 10_000);
    // Line ends are told once, and so is that there is no end.
    assert_eq!(tree.more_defects, 20_000 * 4 + 2 - 10_000);
}
