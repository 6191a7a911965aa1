//! The facts of [`Content`] against a naive reading, for ropes cut anywhere.

use super::*;
use proptest::prelude::*;

fn rope_cut_at(bytes: &[u8], cuts: &[usize]) -> Rope {
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (bytes.len() + 1)).collect();
    cuts.push(bytes.len());
    cuts.sort_unstable();
    let (mut rope, mut from) = (Rope::new(), 0);
    for to in cuts {
        // Copies, so that the pieces do not grow together again.
        rope.push(Chunk::copy_from(&bytes[from..to]));
        from = to;
    }
    rope
}

fn naive(bytes: &[u8]) -> Facts {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    let blank = lines.iter().position(|line| matches!(*line, b"\n" | b"\r\n")).unwrap_or(lines.len());
    let header = &lines[..blank];
    let received = header.iter().filter(|line| line.to_ascii_lowercase().starts_with(b"received:")).count();
    Facts {
        header_end: header.iter().map(|line| line.len()).sum(),
        received_count: received as u16,
        has_leading_dot: lines.iter().any(|line| line.starts_with(b".")),
        is_8bit: bytes.iter().any(|b| *b > 127),
    }
}

fn content(text: &'static str) -> Content {
    Content::scan(Rope::from(Chunk::from(text)))
}

#[test]
fn facts_of_a_message() {
    let mail = content(
        "Received: from a\r\n\tby b\r\nSubject: x\r\n y\r\nreceived: c\r\n\r\nbody\r\n.dot\r\nReceived: no\r\n",
    );
    assert_eq!(
        (mail.received_count(), mail.header_end(), mail.has_leading_dot(), mail.is_8bit()),
        (2, 54, true, false)
    );
    assert_eq!(mail.header().to_vec().len(), 54);
    assert_eq!(mail.body().to_vec(), b"body\r\n.dot\r\nReceived: no\r\n");
    let fields: Vec<(Vec<u8>, Vec<u8>)> = mail.fields().map(|f| (f.name.into_owned(), f.value.into_owned())).collect();
    let expected = [("Received", " from a\r\n\tby b"), ("Subject", " x\r\n y"), ("received", " c")];
    assert_eq!(fields, expected.map(|(n, v)| (n.into(), v.into())));
    assert_eq!(mail.first("SUBJECT").as_deref(), Some(&b" x\r\n y"[..]));
    assert_eq!(mail.first("To"), None);
    for (text, header_end, body) in
        [("", 0, ""), ("\r\n", 0, ""), ("A: b", 4, ""), ("\r\nx", 0, "x"), ("A: b\r\n\r\n", 6, "")]
    {
        let mail = content(text);
        assert_eq!((mail.header_end(), mail.body().to_vec()), (header_end, body.as_bytes().to_vec()), "{text:?}");
    }
}

#[test]
fn a_hop_adds_a_field_and_shares_the_rest() {
    let mail = content("Subject: x\r\n\r\nhello\r\n");
    let hop = mail.prepend(Chunk::from("Received: from a\r\n"), true).prepend(Chunk::from("X-Seen: 1\r\n"), false);
    assert_eq!((hop.received_count(), hop.header_end(), hop.size_bytes()), (1, 12 + 18 + 11, 21 + 18 + 11));
    assert_eq!(hop, Content::scan(hop.rope().clone()));
    assert_eq!(hop.0.facts, Facts::of(hop.rope()));
    assert!(std::ptr::eq(&hop.rope().chunks()[2][..], &mail.rope().chunks()[0][..]), "not copied");
    assert_eq!(hop.fields().map(|f| f.value).collect::<Vec<_>>(), [&b" 1"[..], b" from a", b" x"]);
}

#[test]
fn needles_are_found_across_borders() {
    let rope = rope_cut_at(b"abcdefgh", &[1, 2, 5]);
    for needle in ["a", "abcdefgh", "bcdef", "fgh", "de", "cde"] {
        assert!(contains(&rope, needle.as_bytes()), "{needle}");
    }
    for needle in ["ac", "abcdefghi", "hg"] {
        assert!(!contains(&rope, needle.as_bytes()), "{needle}");
    }
}

/// Text of the pieces that matter to the facts.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        ".",
        "Received:",
        "receIVED: x",
        " ",
        "\t",
        "a: b",
        ":",
        "é",
        "xyz",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn facts_do_not_depend_on_the_cuts(bytes in pieces(), cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        let rope = rope_cut_at(&bytes, &cuts);
        prop_assert_eq!(Facts::of(&rope), naive(&bytes));
        let (cut, whole) = (Content::scan(rope), Content::scan(Rope::from(Chunk::copy_from(&bytes))));
        prop_assert_eq!(cut.fields().collect::<Vec<_>>(), whole.fields().collect::<Vec<_>>());
        prop_assert_eq!(cut.body(), whole.body());
    }

    #[test]
    fn facts_of_a_prepended_field_are_those_of_a_scan(bytes in pieces(), n in 0_usize..3) {
        let mut content = Content::scan(Rope::from(Chunk::copy_from(&bytes)));
        for _ in 0..n {
            content = content.prepend(Chunk::from("Received: from a\r\n\tby b\r\n"), true);
        }
        // A first line that goes on with the field above it is the business of whoever sent it.
        prop_assert_eq!(content.0.facts, Facts::of(content.rope()));
    }

    #[test]
    fn searching_agrees_with_a_naive_search(
        bytes in "[ab]{0,40}", needle in "[ab]{1,6}", cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let rope = rope_cut_at(bytes.as_bytes(), &cuts);
        prop_assert_eq!(contains(&rope, needle.as_bytes()), bytes.contains(&needle));
    }
}

/// Prints what the hot paths cost: `cargo test --release --lib hot_paths -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn hot_paths() {
    fn measure<T>(what: &str, mut work: impl FnMut() -> T) {
        const ROUNDS: u32 = 500_000;
        let start = std::time::Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(work());
        }
        println!("{what}: {:?}", start.elapsed() / ROUNDS);
    }
    let date = "Mon, 5 Jan 2026 09:00:00 +0000";
    let (from, to): (crate::identity::Mailbox, crate::identity::Mailbox) =
        ("a@b.example".parse().unwrap(), "c@d.example".parse().unwrap());
    let mut draft = crate::mime::Draft::new(from, to.clone());
    draft.size = Some(4096);
    let mut composer = crate::mime::Composer::new(&draft);
    let mail = composer.mail("1@b.example", date);
    let received = crate::mime::Received {
        helo: "mail.green.example",
        reverse_name: Some("mail.green.example"),
        client: "192.0.2.7".parse().unwrap(),
        by: "mx.blue.example",
        with: crate::mime::Protocol::Esmtp,
        id: "00000A",
        recipient: Some(&to),
        date,
    };
    let mut writer = crate::mime::FieldWriter::new();
    let field = writer.received(&received);
    let hop = mail.prepend(field.clone(), true).prepend(field.clone(), true);
    for (what, content) in [("as composed", &mail), ("after two hops", &hop)] {
        measure(&format!("scan {} bytes {what}", content.size_bytes()), || Content::scan(content.rope().clone()));
    }
    measure("compose one of many", || composer.mail("1@b.example", date));
    measure("write a Received field", || writer.received(&received));
    measure("prepend", || hop.prepend(field.clone(), true));
}
