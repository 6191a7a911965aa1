use proptest::prelude::*;

use super::*;

#[test]
fn names_are_those_of_the_rfc() {
    let cases = [
        ("INBOX", "INBOX"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("A&B", "A&-B"),
        ("&", "&-"),
        ("☺!", "&Jjo-!"),
        ("😀", "&2D3eAA-"),
    ];
    for (name, written) in cases {
        assert_eq!(encode(name), written);
        assert_eq!(decode(written.as_bytes()).as_deref(), Some(name));
    }
}

#[test]
fn what_could_be_written_otherwise_is_no_name() {
    let cases: [&[u8]; 11] = [
        // RFC 3501 §5.1.3: a superfluous shift, and one that it lacks.
        b"&U,BTFw-&ZeVnLIqe-",
        b"&Jjo!",
        b"&AGE-",
        b"&ACY-",
        b"&",
        b"&2D0-",
        b"&AP-",
        b"&APx-",
        b"&AP/8-",
        b"\xfc",
        "ü".as_bytes(),
    ];
    for written in cases {
        assert_eq!(decode(written), None, "{}", written.escape_ascii());
    }
}

proptest! {
    #[test]
    fn every_name_can_be_written_and_read(name in ".{0,20}") {
        let written = encode(&name);
        prop_assert!(written.is_ascii());
        prop_assert_eq!(decode(written.as_bytes()), Some(name));
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..40), text in "[&AZaz,+/-]{0,12}") {
        for written in [&bytes[..], text.as_bytes()] {
            if let Some(name) = decode(written) {
                prop_assert!(encode(&name).as_bytes() == written);
            }
        }
    }
}
