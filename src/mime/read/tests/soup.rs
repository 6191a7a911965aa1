//! Any bytes can be read, and what comes out hangs together.

use proptest::prelude::*;

use crate::mime::read::{
    Holds, Tree, beginning, fields, header_end, line_numbers, read, with_parameters, words::decode_words,
};

/// What mails are made of, so that chance comes upon structures.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\r\n",
    b"\r\n\r\n",
    b"--b",
    b"--",
    b"--bb",
    b"\r\n--b\r\n",
    b"\r\n--b--\r\n",
    b"\r\n--bb\r\n",
    b"\r\n--bb--\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n",
    b"Content-Type: multipart/digest; boundary=\"bb\"\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary*0=b; boundary*1*=%62\r\n\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: text/html; charset=\"utf-8\"\r\n",
    b"Content-Transfer-Encoding: base64\r\n\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
    b"Content-Disposition: attachment; filename*=utf-8''%41; filename=\"a\\",
    b"Content-Length: 3\r\n",
    b"From: =?utf-8?q?a?= <a@b.example>\r\n",
    b"Subject: =?utf-8?b?w6Q=?= =?x?q?",
    b"From ",
    b":",
    b" ",
    b"\t",
    b"\"",
    b"(",
    b";",
    b"=",
    b"=3D",
    b"=\r\n",
    b"QUJD",
    b"QQ==",
    b"<style>",
    b"\0",
    b"\xc3",
    b"\xa4",
    b"\xff",
];

pub(super) fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// What holds of every tree.
pub(super) fn check(mail: &[u8], tree: &Tree) {
    let first = &tree.parts[0];
    assert_eq!((first.parent, first.depth, first.header.start, first.body.end), (None, 0, 0, mail.len()));
    assert_eq!(header_end(mail), (first.header.end, first.body.start));
    let header = &mail[first.header.clone()];
    let mut end = 0;
    for field in fields(header) {
        assert!(end <= field.at && field.value_at + field.value.len() <= field.end, "{field:?}");
        end = field.end;
        assert!(header[field.value_at + field.value.len()..end].iter().all(|b| matches!(b, b'\r' | b'\n')));
    }
    assert!(end <= header.len());
    let mut ends = vec![0; tree.parts.len()];
    let mut decoded = 0;
    for (i, part) in tree.parts.iter().enumerate() {
        assert!(part.header.start <= part.header.end && part.header.end <= part.body.start, "{i} {part:?}");
        assert!(part.body.start <= part.body.end && part.body.end <= mail.len(), "{i} {part:?}");
        for place in [&part.preamble, &part.epilogue] {
            assert!(part.body.start <= place.start && place.start <= place.end && place.end <= part.body.end, "{i}");
        }
        ends[i] = part.body.start;
        if let Some(parent) = part.parent {
            let above = &tree.parts[parent];
            assert!(parent < i && above.depth + 1 == part.depth && above.holds != Holds::Nothing, "{i} {part:?}");
            assert!(ends[parent] <= part.header.start && part.body.end <= above.body.end, "{i} {part:?} {above:?}");
            ends[parent] = part.body.end;
        }
        if part.is_leaf() {
            let mut bytes = 0;
            part.encoding.decode(&mail[part.body.clone()], &mut |piece| bytes += piece.len() as u64);
            assert_eq!(bytes, part.decoded_bytes);
            decoded += bytes;
            assert!(beginning(part, &mail[part.body.clone()], 20).chars().count() <= 21);
        }
    }
    assert_eq!((tree.totals.decoded_bytes, tree.totals.leaves), (decoded, tree.leaves().count() as u64));
    let places: Vec<usize> = tree.defects.iter().map(|defect| defect.at).collect();
    assert!(places.is_sorted() && places.last().is_none_or(|at| *at <= mail.len()), "{places:?}");
    assert!(line_numbers(mail, places).iter().all(|line| *line <= tree.totals.lines + 1));
    assert!(tree.defects.iter().all(|d| d.part < tree.parts.len() && !d.what.sentence().is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_soup_of_mail_can_be_read(mail in soup()) {
        check(&mail, &read(&mail));
        let _ = (decode_words(&mail), with_parameters(&mail));
    }

    #[test]
    fn any_bytes_can_be_read(mail in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(&mail, &read(&mail));
        let _ = decode_words(&mail);
    }
}
