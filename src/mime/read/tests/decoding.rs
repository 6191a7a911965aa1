//! What independent programs have encoded is decoded, in pieces that are cut anywhere.

use data_encoding::BASE64;
use proptest::prelude::*;

use crate::mime::read::{Count, Decoder, Encoding, Faults, Part, fields, read, with_parameters, words::decode_words};

/// Decodes in pieces of these lengths.
fn decode(encoding: &Encoding, bytes: &[u8], cuts: &[usize]) -> (Vec<u8>, Faults) {
    let (mut decoder, mut out, mut rest) = (Decoder::new(encoding), Vec::new(), bytes);
    for cut in cuts {
        let (piece, tail) = rest.split_at((*cut).min(rest.len()));
        decoder.feed(piece, &mut |piece| out.extend_from_slice(piece));
        rest = tail;
    }
    decoder.feed(rest, &mut |piece| out.extend_from_slice(piece));
    let faults = decoder.finish(&mut |piece| out.extend_from_slice(piece));
    (out, faults)
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0_usize..50, 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn base64_comes_back(data in proptest::collection::vec(any::<u8>(), 0..400), width in 1_usize..80, cuts in cuts()) {
        let encoded = BASE64.encode(&data);
        let lines: Vec<&[u8]> = encoded.as_bytes().chunks(width).collect();
        let (out, faults) = decode(&Encoding::Base64, &lines.join(&b"\r\n"[..]), &cuts);
        prop_assert_eq!(out, data);
        prop_assert_eq!(faults, Faults::default());
    }

    #[test]
    fn whole_mails_come_back(
        text in "[ -~\t\u{e4}\u{20ac}=.]{0,200}(\r\n[ -~\t\u{e4}]{0,200}){0,4}",
        subject in "[!-~\u{e4}\u{20ac}=?_]{1,30}( [!-~\u{e4}]{1,20}){0,3}",
        name in "[a-zA-Z\u{e4}\u{65e5}=?_.;\"]{1,60}",
        data in proptest::collection::vec(any::<u8>(), 1..400),
    ) {
        let mail = mail_builder::MessageBuilder::new()
            .from("alice@green.example")
            .date(0_i64)
            .message_id("1@green.example")
            .subject(subject.as_str())
            .text_body(text.as_str())
            .attachment("application/octet-stream", name.as_str(), data.as_slice())
            .write_to_vec()
            .expect("memory takes all");
        let tree = read(&mail);
        let [top, body, file] = tree.parts.as_slice() else { panic!("{:?}", tree.parts) };
        let said = fields(&mail[top.header.clone()]).find(|field| field.is("Subject")).expect("it has one");
        prop_assert_eq!(decode_words(said.value), subject);
        let decoded = |part: &Part| decode(&part.encoding, &mail[part.body.clone()], &[]);
        let (bytes, faults) = decoded(body);
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
        prop_assert_eq!(faults, Faults::default());
        prop_assert_eq!(decoded(file).0, data);
        prop_assert_eq!(file.file_name.as_deref(), Some(name.as_str()));
        prop_assert_eq!(file.disposition.as_deref(), Some("attachment"));
    }

    #[test]
    fn cuts_make_no_difference(bytes in "[=A-F09\r\n \tz/+]{0,120}", cuts in cuts()) {
        for encoding in [Encoding::Base64, Encoding::QuotedPrintable, Encoding::EightBit] {
            prop_assert_eq!(decode(&encoding, bytes.as_bytes(), &cuts), decode(&encoding, bytes.as_bytes(), &[]));
        }
    }
}

#[test]
fn broken_bodies_are_decoded_as_far_as_they_go() {
    let quoted = |text: &str| {
        let (out, faults) = decode(&Encoding::QuotedPrintable, text.as_bytes(), &[]);
        (String::from_utf8(out).unwrap(), faults.escapes)
    };
    let none = Count::default();
    let once = |first| Count { count: 1, first };
    for (text, decoded, escapes) in [
        ("a=3D=3db", "a==b", none),
        ("a  \t\r\nb ", "a\r\nb", none),
        ("a= \t\r\nb", "ab", none),
        ("a=\nb=\rc", "abc", none),
        ("a=", "a", none),
        ("a=  ", "a", none),
        ("a=4", "a=4", once(1)),
        ("a=4\r\n", "a=4\r\n", once(1)),
        ("a= b", "a= b", once(1)),
        ("==41", "=A", once(0)),
        ("=4=41", "=4A", once(0)),
        ("=", "", none),
    ] {
        assert_eq!(quoted(text), (decoded.to_owned(), escapes), "{text:?}");
    }
    let base64 = |text: &str| {
        let (out, faults) = decode(&Encoding::Base64, text.as_bytes(), &[]);
        (String::from_utf8(out).unwrap(), faults.illegal.count, faults.padding.count, faults.incomplete)
    };
    for (text, decoded, illegal, padding, incomplete) in [
        ("QUJD", "ABC", 0, 0, false),
        ("QUI=", "AB", 0, 0, false),
        ("QQ==\r\n", "A", 0, 0, false),
        ("Q Q\t=\r\n=", "A", 0, 0, false),
        ("QUI", "AB", 0, 0, true),
        ("Q", "", 0, 0, true),
        ("QQ=", "A", 0, 0, true),
        ("Q=", "", 0, 1, true),
        ("QQ==QUJD", "AABC", 0, 1, false),
        ("QUJD=", "ABC", 0, 1, false),
        ("=QUJD", "ABC", 0, 1, false),
        ("Q-U_J!D", "ABC", 3, 0, false),
    ] {
        assert_eq!(base64(text), (decoded.to_owned(), illegal, padding, incomplete), "{text:?}");
    }
}

#[test]
fn encodings_are_known_by_their_names() {
    for (name, encoding) in [("7Bit", Encoding::SevenBit), ("BASE64", Encoding::Base64), ("binary", Encoding::Binary)] {
        assert_eq!(Encoding::named(name), encoding);
        assert_eq!(encoding.to_string(), name.to_lowercase());
    }
    assert_eq!(Encoding::named("X-UUE"), Encoding::Unknown("x-uue".into()));
}

#[test]
fn parameters_are_passed_on_as_they_are_written() {
    for (value, main, expected) in [
        ("", "", vec![]),
        (" Text/Plain (c) ; Charset = \"US-ASCII\"", "text/plain", vec![("Charset", "US-ASCII")]),
        (
            "a/b; URL*1*=%20b; url*0=\"a\\\"\"; (c) name=x (d); name=y;",
            "a/b",
            vec![("URL*1*", "%20b"), ("url*0", "a\""), ("name", "x"), ("name", "y")],
        ),
        // What is broken is passed over, and what was meant is taken.
        ("inline; filename=My file.txt; x; =y; z=", "inline", vec![("filename", "My file.txt"), ("", "y"), ("z", "")]),
    ] {
        let read = with_parameters(value.as_bytes());
        let parameters: Vec<(&str, &str)> = read
            .parameters
            .iter()
            .map(|(name, value)| (std::str::from_utf8(name).unwrap(), std::str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!((read.main.as_str(), parameters), (main, expected), "{value}");
    }
}
