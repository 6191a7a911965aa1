//! What stands in `tests/imap/`: ENVELOPE and BODYSTRUCTURE of each mail in `tests/mail/`, as they go over the wire, with line
//! ends put between parts and between addresses.

use super::*;
use crate::testing::{Golden, files};

#[test]
fn envelopes_and_structures_are_as_they_were_judged() {
    let mut golden = Golden::default();
    for mail in files("tests/mail", "eml", 100) {
        let reading = reading(&std::fs::read(&mail).unwrap());
        let mut told = String::new();
        for item in [
            MessageDataItem::Envelope(envelope(&reading)),
            MessageDataItem::BodyStructure(body_structure(&reading, true)),
        ] {
            told.push_str(&in_lines(&wire(item)));
            told.push('\n');
        }
        let name = mail.file_stem().unwrap().to_str().unwrap();
        golden.check(&mail.with_file_name(format!("../imap/{name}.txt")), &told);
    }
    golden.finish();
}

/// With a line end in front of a parenthesis that follows another one. What is not ASCII is escaped.
fn in_lines(wire: &[u8]) -> String {
    let mut out = String::new();
    let (mut depth, mut before, mut in_quotes) = (0, b' ', false);
    for byte in wire {
        match byte {
            b'"' if before != b'\\' => in_quotes = !in_quotes,
            b'(' if !in_quotes => {
                if matches!(before, b'(' | b')') {
                    out.push('\n');
                    out.push_str(&"  ".repeat(depth));
                }
                depth += 1;
            }
            b')' if !in_quotes => depth -= 1,
            _ => {}
        }
        match byte {
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => out.push_str(&byte.escape_ascii().to_string()),
        }
        before = *byte;
    }
    out
}
