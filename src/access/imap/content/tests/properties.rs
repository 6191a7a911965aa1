//! What holds of any mail: structure, sections and the parts that the reader sees are the same thing told three times.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use imap_codec::decode::Decoder;
use imap_codec::imap_types::body::{BodyStructure, SpecificFields};
use imap_codec::imap_types::core::{AString, Vec1};
use imap_codec::imap_types::fetch::{Part, Section};
use proptest::prelude::*;

use super::*;
use crate::mime::read::{Holds, Tree};
use crate::testing::files;

/// All mails of `tests/mail/`.
static MAILS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| files("tests/mail", "eml", 100).iter().map(|file| std::fs::read(file).unwrap()).collect());

/// What structures are made of.
const PIECES: [&[u8]; 24] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xe4",
    b"\r\n--b\r\n",
    b"\r\n--b--\r\n",
    b"\r\n--c\r\n",
    b"\r\n--c--\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/digest; boundary=\"c\"\r\n",
    b"Content-Type: multipart/mixed\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: message/global\r\n",
    b"Content-Type: text/html; charset*0=utf; x=\"\\",
    b"Content-Type: image/png; name=a b;;=\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: Quoted-Printable\r\n",
    b"Content-Transfer-Encoding: x\r\n",
    b"Content-Disposition: attachment; filename=a\r\nContent-Language: a, b\r\nContent-Location: x\r\n",
    b"From: A: (c) \"b\" <a@b>, c@[d];, =?x?q?,?= <e\r\nTo: <@a,@b:c@d>, e.f@g (h) i\r\nSender: ,\r\n",
    b"Subject: a\r\n b\r\nDate: x\r\n",
    b"--",
];

/// A mail that is told as text where it fails a test.
#[derive(Clone)]
pub(super) struct Mail(pub(super) Vec<u8>);

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// Pieces at random, or one of the mails with pieces in it and parts of it left out.
pub(super) fn mails() -> impl Strategy<Value = Mail> {
    let soup =
        proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..50).prop_map(|pieces| pieces.concat());
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), proptest::sample::select(&PIECES[..]));
    let changed = (0..MAILS.len(), proptest::collection::vec(change, 0..6)).prop_map(|(mail, changes)| {
        let mut mail = MAILS[mail].clone();
        for (at, to, piece) in changes {
            if mail.is_empty() {
                break;
            }
            let at = at.index(mail.len());
            let end = mail.len().min(at + to.index(40));
            mail.splice(at..end, piece.iter().copied());
        }
        mail
    });
    prop_oneof![soup, changed].prop_map(Mail)
}

/// The leaves of a structure, each with its number.
fn leaves<'a>(body: &'a BodyStructure<'a>, path: &[u32], out: &mut Vec<(Vec<u32>, &'a BodyStructure<'a>)>) {
    let child = |number: usize| [path, &[number as u32]].concat();
    match body {
        BodyStructure::Multi { bodies, .. } => {
            for (i, body) in bodies.as_ref().iter().enumerate() {
                let path = child(i + 1);
                leaves(body, &path, out);
            }
        }
        BodyStructure::Single { body: single, .. } => {
            // A message that is no multipart has its only part in front of it in the path.
            match &single.specific {
                SpecificFields::Message { body_structure, .. } => {
                    let inside: Vec<u32> = match **body_structure {
                        BodyStructure::Multi { .. } => path.to_vec(),
                        BodyStructure::Single { .. } => child(1),
                    };
                    out.push((path.to_vec(), body));
                    leaves(body_structure, &inside, out);
                }
                _ => out.push((path.to_vec(), body)),
            }
        }
    }
}

fn numbers(path: &[u32]) -> Vec<NonZeroU32> {
    path.iter().map(|number| NonZeroU32::new(*number).unwrap()).collect()
}

fn part(path: &[u32]) -> Part {
    Part(Vec1::try_from(numbers(path)).unwrap())
}

fn fetch(reading: &Reading, section: Section<'static>) -> Option<Vec<u8>> {
    super::section(reading, Some(&section), None).map(|rope| rope.to_vec())
}

/// The bytes of the parts that hold no others; what is inside of `message/global` is not told.
fn read_leaves(tree: &Tree, mail: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut behind = 0;
    for part in &tree.parts {
        if part.header.start < behind {
            continue;
        }
        let is_closed = part.holds == Holds::Message && part.media_type == "message/global";
        if part.is_leaf() || is_closed {
            bytes.extend_from_slice(&mail[part.body.clone()]);
        }
        if is_closed {
            // An empty one at its end is inside, too.
            behind = part.body.end + 1;
        }
    }
    bytes
}

/// What the client sees, whose strings have no NUL.
fn seen(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte == 0 { 0x80 } else { *byte }).collect()
}

pub(super) fn check(mail: &[u8]) {
    let reading = reading(mail);
    let header = fetch(&reading, Section::Header(None)).unwrap();
    let text = fetch(&reading, Section::Text(None)).unwrap();
    assert_eq!([header.as_slice(), &text].concat(), seen(mail), "header section and text are all there is");
    let root = &reading.tree().parts[0];
    assert_eq!((header.len(), text.len()), (root.body.start, root.body.len()), "as the reader has it");

    let structure = body_structure(&reading, true);
    let start: &[u32] = match structure {
        BodyStructure::Multi { .. } => &[],
        BodyStructure::Single { .. } => &[1],
    };
    let mut found = Vec::new();
    leaves(&structure, start, &mut found);
    let mut all = Vec::new();
    for (path, body) in &found {
        let BodyStructure::Single { body, .. } = body else { panic!("a leaf") };
        let bytes = fetch(&reading, Section::Part(part(path))).unwrap_or_else(|| panic!("no section {path:?}"));
        assert_eq!(body.basic.size as usize, bytes.len(), "{path:?}");
        let lines = match &body.specific {
            SpecificFields::Text { number_of_lines, .. } => Some(*number_of_lines),
            SpecificFields::Message { number_of_lines, .. } => Some(*number_of_lines),
            SpecificFields::Basic { .. } => None,
        };
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count() as u32;
        assert!(lines.is_none_or(|lines| lines == ends), "{path:?} {lines:?} {ends}");
        if let SpecificFields::Message { .. } = body.specific {
            let header = fetch(&reading, Section::Header(Some(part(path)))).unwrap();
            let text = fetch(&reading, Section::Text(Some(part(path)))).unwrap();
            let is_closed = header.is_empty() && text.is_empty();
            assert!(is_closed || [header, text].concat() == bytes, "{path:?}");
            if is_closed {
                all.extend_from_slice(&bytes);
            }
        } else {
            all.extend_from_slice(&bytes);
        }
        match binary(&reading, &numbers(path), None) {
            Ok(rope) => assert_eq!(binary_size(&reading, &numbers(path)), Ok(rope.unwrap().len() as u32), "{path:?}"),
            Err(unknown) => assert_eq!(binary_size(&reading, &numbers(path)), Err(unknown)),
        }
    }
    assert_eq!(all, seen(&read_leaves(reading.tree(), mail)), "the leaves of the structure are those of the reader");

    // What the client reads is what was said.
    let response = |item| {
        let items = Vec1::from(item);
        Response::Data(Data::Fetch { seq: 1.try_into().unwrap(), items })
    };
    let codec = ResponseCodec::new();
    for item in [
        MessageDataItem::Envelope(envelope(&reading)),
        MessageDataItem::BodyStructure(structure),
        MessageDataItem::Body(body_structure(&reading, false)),
    ] {
        let is_envelope = matches!(item, MessageDataItem::Envelope(_));
        let said = response(item);
        let bytes = codec.encode(&said).dump();
        // The client that `imap-codec` has reads structures of few levels only.
        if is_envelope || reading.tree().parts.iter().all(|part| part.depth < 4) {
            let (rest, read) = codec.decode(&bytes).unwrap_or_else(|_| panic!("{}", bytes.escape_ascii()));
            assert_eq!((rest.len(), codec.encode(&read).dump()), (0, bytes));
        }
    }
}

#[test]
fn it_holds_of_all_mails_of_the_tests() {
    for mail in MAILS.iter() {
        check(mail);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn it_holds_of_any_mail(Mail(mail) in mails()) {
        check(&mail);
    }

    #[test]
    fn where_chunks_are_cut_makes_no_difference(Mail(mail) in mails(), cuts in proptest::collection::vec(0_usize..80, 0..6)) {
        let (mut rope, mut rest) = (Rope::new(), mail.as_slice());
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (piece, tail) = rest.split_at(cut.min(rest.len()));
            rope.push(Chunk::copy_from(piece));
            rest = tail;
        }
        let (cut, whole) = (Reading::new(&Content::scan(rope)), reading(&mail));
        prop_assert_eq!(envelope(&cut), envelope(&whole));
        prop_assert_eq!(body_structure(&cut, true), body_structure(&whole, true));
        let names = Vec1::from(AString::try_from("subject").unwrap());
        for section in [
            Section::Header(None),
            Section::Text(None),
            Section::Part(part(&[1])),
            Section::Part(part(&[2, 1])),
            Section::Mime(part(&[1])),
            Section::HeaderFields(None, names.clone()),
            Section::HeaderFieldsNot(Some(part(&[1])), names),
        ] {
            prop_assert_eq!(fetch(&cut, section.clone()), fetch(&whole, section));
        }
        prop_assert_eq!(binary(&cut, &numbers(&[1]), None), binary(&whole, &numbers(&[1]), None));
    }

    #[test]
    fn a_part_of_a_section_is_a_part_of_it(Mail(mail) in mails(), start in 0_u32..300, most in 1_u32..300) {
        let reading = reading(&mail);
        let partial = Some((start, NonZeroU32::new(most).unwrap()));
        for section in [None, Some(Section::Header(None)), Some(Section::Part(part(&[1])))] {
            let whole = super::section(&reading, section.as_ref(), None);
            let piece = super::section(&reading, section.as_ref(), partial);
            let expected = whole.map(|rope| {
                rope.to_vec().into_iter().skip(start as usize).take(most as usize).collect::<Vec<u8>>()
            });
            prop_assert_eq!(piece.map(|rope| rope.to_vec()), expected);
        }
        if let (Ok(whole), Ok(piece)) = (binary(&reading, &numbers(&[1]), None), binary(&reading, &numbers(&[1]), partial)) {
            let expected = whole.map(|rope| {
                rope.to_vec().into_iter().skip(start as usize).take(most as usize).collect::<Vec<u8>>()
            });
            prop_assert_eq!(piece.map(|rope| rope.to_vec()), expected);
        }
    }

    #[test]
    fn fields_that_are_asked_for_and_the_others_are_all(Mail(mail) in mails()) {
        let reading = reading(&mail);
        let names = Vec1::try_from(vec!["subject".try_into().unwrap(), "CONTENT-TYPE".try_into().unwrap()]).unwrap();
        let whole = fetch(&reading, Section::Header(None)).unwrap();
        let wanted = fetch(&reading, Section::HeaderFields(None, names.clone())).unwrap();
        let others = fetch(&reading, Section::HeaderFieldsNot(None, names)).unwrap();
        let empty_line = reading.tree().parts[0].body.start - reading.tree().parts[0].header.end;
        prop_assert_eq!(wanted.len() + others.len(), whole.len() + empty_line);
        prop_assert_eq!(&wanted[wanted.len() - empty_line..], &whole[whole.len() - empty_line..]);
        prop_assert_eq!(&others[others.len() - empty_line..], &whole[whole.len() - empty_line..]);
    }
}
