use super::*;

fn limits() -> Limits {
    Limits { line_bytes: 60, response_bytes: 150, content_bytes: 1000, ..Limits::default() }
}

/// Everything that comes of pieces, as text.
fn frame(framer: &mut Framer, pieces: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let mut chunk = Chunk::copy_from(piece.as_bytes());
        while let Some(piece) = framer.next(&mut chunk, Some((i as u64, 0))) {
            out.push(match piece {
                Piece::Line(line) => format!("line {}", line.escape_ascii()),
                Piece::Content { size_bytes, about } => {
                    format!("content {size_bytes} of {:?}", about.map(|about| about.0))
                }
                Piece::Response(raw) => {
                    let contents =
                        raw.contents.iter().map(|content| format!(" <{}>", content.rope.to_vec().escape_ascii()));
                    format!("{}{}", raw.text.escape_ascii(), contents.collect::<String>())
                }
                Piece::TooLarge => "too large".into(),
            });
        }
    }
    out
}

#[test]
fn contents_are_kept_beside_the_text_and_other_literals_in_it() {
    let mut framer = Framer::new(limits());
    let got = frame(&mut framer, &["* 1 FETCH (BODY[] {3}\r\na\r", "\n ENVELOPE {2}\r\nxy)\r\n* OK\r\n"]);
    assert_eq!(
        got,
        ["content 3 of Some(0)", "* 1 FETCH (BODY[] {0}\\r\\n ENVELOPE {2}\\r\\nxy)\\r\\n <a\\r\\n>", "* OK\\r\\n"]
    );
    framer.observe(true);
    let got = frame(&mut framer, &["* 1 FETCH (RFC822 {1}\r\nz)\r\n"]);
    let line = "line * 1 FETCH (RFC822 {1}";
    assert_eq!(got, [line, "content 1 of Some(0)", "line )", "* 1 FETCH (RFC822 {0}\\r\\n)\\r\\n <z>"]);
}

#[test]
fn only_what_can_hold_literals_announces_them() {
    let mut framer = Framer::new(limits());
    let status = ["* OK {3}\r\n", "* no {3}\r\n", "* BYE {3}\r\n", "A1 BAD {3}\r\n", "+ {3}\r\n", "* PREAUTH {3}\r\n"];
    assert_eq!(frame(&mut framer, &status), status.map(|line| line.as_bytes().escape_ascii().to_string()));
    for (line, is_one) in [
        ("* LIST () \"/\" {1}\r\n", true),
        ("* LIST () \"/\" {1+}\r\n", true),
        ("* LIST () \"/\" {}\r\n", false),
        ("* LIST () \"/\" {+}\r\n", false),
        ("* LIST () \"/\" {1 }\r\n", false),
        ("* LIST () \"/\" 1}\r\n", false),
    ] {
        let mut framer = Framer::new(limits());
        assert_eq!(frame(&mut framer, &[line]).is_empty(), is_one, "{line:?}");
    }
}

#[test]
fn contents_stand_where_rfc_9051_has_them() {
    for (before, is) in [
        ("BODY[] ", true),
        ("BODY[]<5> ", true),
        ("(RFC822 ", true),
        ("x rfc822.header ", true),
        ("BINARY[1] ~", true),
        ("XRFC822 ", false),
        ("BODY[HEADER.FIELDS (", false),
        ("ENVELOPE (", false),
        ("BODY[]", false),
        ("", false),
    ] {
        assert_eq!(is_content(before.as_bytes()), is, "{before:?}");
    }
}

#[test]
fn bounds_hold() {
    let mut framer = Framer::new(limits());
    let many = "x".repeat(60);
    assert_eq!(frame(&mut framer, &[&many, "y"]), ["too large"]);
    assert_eq!(frame(&mut Framer::new(limits()), &[&format!("{many}\r\n")]), ["too large"]);
    for line in ["* 1 FETCH (BODY[] {1001}\r\n", "* LIST () / {140}\r\n", "* X {18446744073709551616}\r\n"] {
        assert_eq!(frame(&mut Framer::new(limits()), &[line]), ["too large"], "{line:?}");
    }
    // Two that are small enough for themselves.
    let two = ["* 1 FETCH (BODY[] {600}\r\n", &"z".repeat(600), " BODY[1] {600}\r\n"];
    assert_eq!(frame(&mut Framer::new(limits()), &two), ["content 600 of Some(1)", "too large"]);
    let empty = format!("* 1 FETCH ({})\r\n", "BODY[] {0}\r\n ".repeat(9));
    let mut framer = Framer::new(Limits { response_bytes: 100, ..limits() });
    assert_eq!(frame(&mut framer, &[&empty]).last().map(String::as_str), Some("too large"));
}

#[test]
fn a_content_is_windows_onto_what_came() {
    let mail = "0123456789".repeat(300);
    let whole = Chunk::copy_from(format!("* 1 FETCH (BODY[] {{3000}}\r\n{mail})\r\n").as_bytes());
    let mut framer = Framer::new(Limits::default());
    let mut contents = Vec::new();
    for (from, to) in [(0, 1500), (1500, 2900), (2900, whole.len())] {
        let mut piece = whole.slice(from..to);
        while let Some(framed) = framer.next(&mut piece, None) {
            if let Piece::Response(raw) = framed {
                contents = raw.contents;
            }
        }
    }
    let [content] = &contents[..] else { panic!("one content") };
    // Windows that were cut apart grow together again, and only those onto the same memory do.
    assert_eq!(content.rope.chunks().len(), 1);
    let mut before = whole.slice(0..26);
    assert_eq!(&before[23..], b"}\r\n");
    assert!(before.try_merge(&content.rope.chunks()[0]));
}

#[test]
fn small_pieces_do_not_cost_much() {
    let mut framer = Framer::new(Limits::default());
    let mut contents = Vec::new();
    let text = format!("* 1 FETCH (BODY[] {{5000}}\r\n{})\r\n", "0123456789".repeat(500));
    for b in text.bytes() {
        let mut piece = Chunk::copy_from(&[b]);
        while let Some(framed) = framer.next(&mut piece, None) {
            if let Piece::Response(raw) = framed {
                contents = raw.contents;
            }
        }
    }
    assert_eq!(contents[0].rope.to_vec(), "0123456789".repeat(500).into_bytes());
    assert!(contents[0].rope.chunks().len() < 5000 / MANY + MANY + 1, "{}", contents[0].rope.chunks().len());
}

#[test]
fn what_is_unfinished_can_be_forgotten() {
    let mut framer = Framer::new(limits());
    frame(&mut framer, &["* 1 FETCH (BODY[] {9}\r\nabc"]);
    framer.clear();
    assert_eq!(frame(&mut framer, &["A1 OK\r\n"]), ["A1 OK\\r\\n"]);
    frame(&mut framer, &["* LIST"]);
    framer.clear();
    assert_eq!(framer.held_bytes(), 0);
}
