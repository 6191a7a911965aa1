//! Every `tests/mail/NAME.eml` is read exactly as `NAME.txt` says. `POSTROAD_BLESS=1` writes the latter anew.

use std::fmt::Write as _;
use std::fs;

use crate::mime::read::{Part, Tree, beginning, fields, line_numbers, read, words::decode_words};
use crate::testing::{Golden, files};
use crate::trace::visible;

fn range(range: &std::ops::Range<usize>) -> String {
    format!("{}..{}", range.start, range.end)
}

fn told(part: &Part, index: usize, mail: &[u8]) -> String {
    let mut out = format!("{index} {}{} {}", "  ".repeat(part.depth), part.media_type, part.encoding);
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = write!(out, " {name}=\"{}\"", visible(value.as_bytes()));
        }
    };
    add("charset", part.charset.as_deref());
    add("disposition", part.disposition.as_deref());
    add("name", part.file_name.as_deref());
    add("id", part.content_id.as_deref());
    add("boundary", part.boundary.as_deref().map(String::from_utf8_lossy).as_deref());
    let (header, body) = (range(&part.header), range(&part.body));
    let _ = write!(out, "\n      header {header}, body {body}, {} lines", part.lines);
    if part.decoded_bytes != part.wire_bytes() {
        let _ = write!(out, ", {} bytes for {}", part.wire_bytes(), part.decoded_bytes);
    }
    for (name, place) in [("preamble", &part.preamble), ("epilogue", &part.epilogue)] {
        if !place.is_empty() {
            let _ = write!(out, ", {name} {}", range(place));
        }
    }
    if part.is_leaf() {
        let shown = beginning(part, &mail[part.body.clone()], 60);
        if !shown.is_empty() {
            let _ = write!(out, "\n      “{}”", visible(shown.as_bytes()));
        }
    }
    out.push('\n');
    out
}

pub(super) fn shown(mail: &[u8], tree: &Tree) -> String {
    let mut out = String::new();
    for field in fields(&mail[tree.parts[0].header.clone()]) {
        if ["From", "To", "Cc", "Subject"].iter().any(|name| field.is(name)) {
            let name = String::from_utf8_lossy(field.name);
            let _ = writeln!(out, "{name}: {}", visible(decode_words(field.value).as_bytes()));
        }
    }
    for (index, part) in tree.parts.iter().enumerate() {
        out.push_str(&told(part, index, mail));
    }
    let lines = line_numbers(mail, tree.defects.iter().map(|defect| defect.at));
    for (defect, line) in tree.defects.iter().zip(lines) {
        let _ = write!(
            out,
            "! part {} at {} (line {line}): {}: {}",
            defect.part,
            defect.at,
            defect.what.code(),
            defect.what
        );
        let _ = writeln!(out, " [{}]", defect.what.rfc());
    }
    out
}

#[test]
fn mails_are_read_exactly_like_this() {
    let mut golden = Golden::default();
    for file in files("tests/mail", "eml", 60) {
        let mail = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let told = shown(&mail, &read(&mail));
        let is_broken = name.starts_with("bad-");
        assert_eq!(told.contains("\n! "), is_broken, "{name}: only what is called bad may be told as bad\n{told}");
        golden.check(&file.with_extension("txt"), &told);
    }
    golden.finish();
}
