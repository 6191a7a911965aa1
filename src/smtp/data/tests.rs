use proptest::prelude::*;

use super::*;

fn stuffed(content: &Rope) -> Rope {
    let mut out = Rope::new();
    stuff(content, false, |chunk| out.push(chunk));
    out
}

/// Feeds `pieces`; gives the decoder and what lies behind the end, `None` when the end was not found.
fn decode(newlines: BareNewlines, pieces: &[&[u8]]) -> (Decoder, Option<Vec<u8>>) {
    let mut decoder = Decoder::new(newlines, None);
    let mut behind: Option<Vec<u8>> = None;
    for piece in pieces {
        if let Some(behind) = &mut behind {
            behind.extend_from_slice(piece);
            continue;
        }
        let mut chunk = Chunk::copy_from(piece);
        if decoder.feed(&mut chunk) {
            behind = Some(chunk.to_vec());
        }
    }
    (decoder, behind)
}

/// The content that both a whole and a byte-by-byte arrival give, whether it was bare, and what lies behind.
fn check(newlines: BareNewlines, data: &[u8]) -> (String, bool, Option<Vec<u8>>) {
    let (mut whole, behind) = decode(newlines, &[data]);
    let (mut split, split_behind) = decode(newlines, &data.chunks(1).collect::<Vec<_>>());
    assert_eq!((whole.has_bare_newline(), whole.size()), (split.has_bare_newline(), split.size()));
    assert_eq!(behind, split_behind);
    let bare = whole.has_bare_newline();
    let content = whole.take_content();
    assert_eq!(content, split.take_content());
    (String::from_utf8(content.to_vec()).unwrap(), bare, behind)
}

#[test]
fn the_end_is_crlf_dot_crlf_and_nothing_else() {
    let refuse = BareNewlines::Refuse;
    for (data, content, bare, behind) in [
        (".\r\n", "", false, Some("")),
        ("a\r\n.\r\nQUIT\r\n", "a\r\n", false, Some("QUIT\r\n")),
        ("a\r\n..\r\n.\r\n", "a\r\n.\r\n", false, Some("")),
        ("..a\r\n...\r\n.b\r\n.\r\n", ".a\r\n..\r\nb\r\n", false, Some("")),
        ("a.\r\n.\r\n", "a.\r\n", false, Some("")),
        ("a\n.\n", "a\n.\n", true, None),
        ("a\n.\r\n.\r\n", "a\n.\r\n", true, Some("")),
        ("a\r\n.\n.\r\n.\r\n", "a\r\n\n.\r\n", true, Some("")),
        ("a\r.\r\n.\r\n", "a\r.\r\n", true, Some("")),
        ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", true, Some("")),
        ("a\r\r\n.\r\n", "a\r\r\n", true, Some("")),
        ("\n.\r\n.\r\n", "\n.\r\n", true, Some("")),
        ("\r\n.\r\n", "\r\n", false, Some("")),
        (".\r.\r\n.\r\n", "\r.\r\n", true, Some("")),
    ] {
        let got = check(refuse, data.as_bytes());
        assert_eq!(got, (content.to_owned(), bare, behind.map(|b| b.as_bytes().to_vec())), "{data:?}");
    }
}

#[test]
fn normalising_mends_line_ends_but_not_the_end_of_data() {
    for (data, content, ended) in [
        ("a\nb\r\n.\r\n", "a\r\nb\r\n", true),
        ("a\n.\n", "a\r\n.\r\n", false),
        ("a\n.\r\n.\r\n", "a\r\n.\r\n", true),
        ("a\n..b\n.\r\n\r\n.\r\n", "a\r\n.b\r\n.\r\n\r\n", true),
        ("a\rb\r\r\n.\r\n", "a b \r\n", true),
        ("a\r\n.\rb\r\n.\r\n", "a\r\n b\r\n", true),
    ] {
        let (got, bare, behind) = check(BareNewlines::Normalise, data.as_bytes());
        assert_eq!((got.as_str(), bare, behind.is_some()), (content, false, ended), "{data:?}");
    }
}

#[test]
fn clean_content_passes_as_the_same_chunk() {
    let body = format!("Subject: hi\r\n\r\n{}\r\n", "a line of text\r\n".repeat(40));
    let content = Rope::from(Chunk::copy_from(body.as_bytes()));
    let mut sent = Vec::new();
    stuff(&content, false, |chunk| sent.push(chunk));
    assert_eq!(sent.len(), 2, "the content and the end");
    let mut decoder = Decoder::new(BareNewlines::Refuse, None);
    // Cut apart as segments would be.
    for start in (0..body.len()).step_by(100) {
        let mut piece = sent[0].slice(start..body.len().min(start + 100));
        assert!(!decoder.feed(&mut piece));
    }
    assert!(decoder.feed(&mut sent[1]));
    let received = decoder.take_content();
    assert_eq!(received.chunks().len(), 1, "windows grew together");
    assert_eq!(received, content);
}

#[test]
fn a_content_of_dots_leaves_in_pieces_of_a_segment() {
    let large = "x".repeat(3 * PIECE_BYTES);
    for (line, lines) in [(".\r\n".to_owned(), 5000), (".dots\r\n".to_owned(), 2000), (format!(".\r\n{large}\r\n"), 9)]
    {
        let body = line.repeat(lines);
        for split in [body.len(), 1000] {
            let mut content = Rope::new();
            body.as_bytes().chunks(split).for_each(|piece| content.push(Chunk::copy_from(piece)));
            let mut sent = Vec::new();
            stuff(&content, false, |chunk| sent.push(chunk));
            let bytes: Vec<u8> = sent.iter().flat_map(|chunk| chunk.to_vec()).collect();
            let doubled =
                format!("{}{}.\r\n", if body.starts_with('.') { "." } else { "" }, body.replace("\n.", "\n.."));
            assert!(bytes == doubled.as_bytes(), "{split}");
            if split == body.len() {
                let end = sent.len() - 1;
                assert!(sent[..end - 1].iter().all(|chunk| chunk.len() >= PIECE_BYTES), "{sent:?}");
            }
            assert!(sent.iter().all(|chunk| chunk.is_ascii()));
        }
    }
}

#[test]
fn what_is_carried_ends_with_crlf() {
    for (content, carried) in [("", 0), ("a", 3), ("\n", 3), ("\r\n", 2), ("a\r\n", 3), ("a\r", 4), ("a\n", 4)] {
        let pieces = [Rope::from(Chunk::copy_from(content.as_bytes())), {
            let mut rope = Rope::new();
            content.bytes().for_each(|b| rope.push(Chunk::copy_from(&[b])));
            rope
        }];
        for content in pieces {
            assert_eq!(carried_len(&content), carried, "{content:?}");
            let mut decoder = Decoder::new(BareNewlines::Refuse, None);
            let mut ended = false;
            stuff(&content, false, |mut chunk| ended = decoder.feed(&mut chunk));
            assert_eq!((ended, decoder.size()), (true, carried), "what the server counts: {content:?}");
        }
    }
}

#[test]
fn content_over_the_limit_is_counted_but_not_kept() {
    let mut decoder = Decoder::new(BareNewlines::Refuse, Some(10));
    for _ in 0..100 {
        assert!(!decoder.feed(&mut Chunk::from("0123456\r\n")));
        assert!(decoder.content.len() <= 10);
    }
    assert!(decoder.feed(&mut Chunk::from(".\r\n")));
    assert!(decoder.is_over_limit());
    assert_eq!(decoder.size(), 900);
    assert!(decoder.take_content().is_empty());
}

#[test]
fn a_missing_last_crlf_is_added() {
    for (content, wire) in [
        ("", ".\r\n"),
        ("a", "a\r\n.\r\n"),
        ("a\r\n", "a\r\n.\r\n"),
        (".", "..\r\n.\r\n"),
        ("a\r", "a\r\r\n.\r\n"),
        ("a\n", "a\n\r\n.\r\n"),
        ("a\n.b\r\n", "a\n..b\r\n.\r\n"),
    ] {
        for split in 0..=content.len() {
            let mut rope = Rope::from(Chunk::copy_from(&content.as_bytes()[..split]));
            rope.push(Chunk::copy_from(&content.as_bytes()[split..]));
            assert_eq!(stuffed(&rope).to_vec(), wire.as_bytes(), "{content:?} at {split}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_stuffed_comes_out_again(lines in prop::collection::vec("[.a]{0,4}|[ -~]{0,90}", 0..12),
                                       cuts in prop::collection::vec(0_usize..600, 0..6)) {
        let content: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let bytes = content.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut rope = Rope::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            rope.push(Chunk::copy_from(&bytes[from..cut]));
            from = cut;
        }
        let mut wire = stuffed(&rope).to_vec();
        wire.extend_from_slice(b"QUIT\r\n");
        let (got, bare, behind) = check(BareNewlines::Refuse, &wire);
        prop_assert_eq!(got, content);
        prop_assert!(!bare);
        prop_assert_eq!(behind.unwrap(), b"QUIT\r\n");
    }

    #[test]
    fn any_split_of_anything_gives_the_same(data in "[a.\r\n]{0,200}", normalise in any::<bool>()) {
        check(if normalise { BareNewlines::Normalise } else { BareNewlines::Refuse }, data.as_bytes());
    }

    #[test]
    fn text_that_was_looked_at_before_decodes_as_any_other(
        lines in prop::collection::vec("[ab.]{0,5}", 0..20), cuts in prop::collection::vec(0_usize..100, 0..6),
    ) {
        let mut wire = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>().into_bytes();
        wire.extend_from_slice(b"x\r\n.\r\nQUIT\r\n");
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(wire.len())).collect();
        cuts.sort_unstable();
        let mut decoders = [(); 2].map(|()| Decoder::new(BareNewlines::Refuse, None));
        for (decoder, whole) in decoders.iter_mut().zip([Chunk::copy_from(&wire), Chunk::text(wire.clone())]) {
            let mut from = 0;
            for cut in cuts.iter().copied().chain([wire.len()]) {
                if decoder.feed(&mut whole.slice(from..cut)) {
                    break;
                }
                from = cut;
            }
        }
        let [(bare, content), (bare_too, content_too)] = decoders.map(|mut d| (d.has_bare_newline(), d.take_content()));
        prop_assert_eq!((bare, content), (bare_too, content_too));
    }
}
