use proptest::prelude::*;

use super::*;

#[test]
fn announcements_stand_at_the_end_of_lines() {
    type Case = (&'static str, Option<(u64, bool, bool, usize)>);
    let cases: &[Case] = &[
        ("a LOGIN {3}", Some((3, true, false, 3))),
        ("a LOGIN {3+}", Some((3, false, false, 4))),
        ("a APPEND x ~{310}", Some((310, true, true, 6))),
        ("a APPEND x ~{310+}", Some((310, false, true, 7))),
        ("{0}", Some((0, true, false, 3))),
        ("{99999999999999999999}", Some((u64::MAX, true, false, 22))),
        ("a {3} ", None),
        ("a {3", None),
        ("a 3}", None),
        ("a {}", None),
        ("a {+}", None),
        ("a {-3}", None),
        ("a {3+", None),
        ("a {3++}", None),
        ("}", None),
        ("", None),
    ];
    for (line, expected) in cases {
        let read = Announced::read(line.as_bytes()).map(|a| (a.octets, a.waits, a.is_binary, a.len));
        assert_eq!(read, *expected, "{line}");
    }
}

/// All pieces, where each announcement is obeyed.
fn pieces(input: &[u8], sizes: &[usize], longest: usize) -> Vec<Piece> {
    let mut intake = Intake::default();
    let (mut out, mut rest, mut sizes) = (Vec::new(), input, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, more) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        rest = more;
        let mut chunk = Chunk::copy_from(piece);
        while !chunk.is_empty() || intake.is_inside_literal() {
            let Some(piece) = intake.next(&mut chunk, longest) else { break };
            if let Piece::Line(Line { announces: Some(announced), .. }) = &piece {
                match announced.octets {
                    0..50 => intake.expect(announced.octets),
                    _ => intake.skip(announced.octets),
                }
            }
            out.push(piece);
        }
    }
    out
}

#[test]
fn lines_that_are_too_long_lose_their_end_and_keep_their_announcement() {
    let line = |text: &str, is_too_long, announces| Piece::Line(Line { text: text.into(), is_too_long, announces });
    let five = Announced { octets: 5, waits: false, is_binary: false, len: 4 };
    let input = b"12345678\r\n123456789\r\n1234567890123456789012345678901234567890 {5+}\r\nhellox\n";
    let expected = [
        line("12345678", false, None),
        line("12345678", true, None),
        line("12345678", true, Some(five)),
        Piece::Literal(Rope::from(Chunk::from("hello"))),
        line("x", false, None),
    ];
    for sizes in [&[usize::MAX][..], &[1], &[3, 7]] {
        assert_eq!(pieces(input, sizes, 8), expected, "{sizes:?}");
    }
}

proptest! {
    #[test]
    fn it_does_not_matter_how_bytes_are_split(
        input in "([a ]{0,12}(~?\\{[0-9]{1,2}\\+?\\})?\r?\n){0,8}.{0,30}",
        sizes in prop::collection::vec(1..9_usize, 1..5),
    ) {
        let whole = pieces(input.as_bytes(), &[usize::MAX], 10);
        prop_assert_eq!(pieces(input.as_bytes(), &sizes, 10), whole);
    }
}
