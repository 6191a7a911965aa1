use proptest::prelude::*;

use super::*;

#[test]
fn names_of_the_standard() {
    for (name, written) in [
        ("", ""),
        ("INBOX", "INBOX"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("R&D", "R&-D"),
        ("&&", "&-&-"),
        ("&ü", "&-&APw-"),
        ("ü&", "&APw-&-"),
        ("a-b", "a-b"),
        ("ü-", "&APw--"),
        ("😀", "&2D3eAA-"),
        ("\u{0}\u{7f}", "&AAAAfw-"),
        ("\t", "&AAk-"),
    ] {
        assert_eq!(encode(name), written, "{name}");
        assert_eq!(decode(written.as_bytes()).as_deref(), Some(name), "{written}");
    }
}

#[test]
fn what_could_be_written_in_another_way_is_refused() {
    for written in [
        // RFC 3501 §5.1.3 forbids what goes to ASCII and back again between two runs.
        "&U,BTFw-&ZeVnLIqe-",
        // A printable letter in base64.
        "&AGE-",
        "&ACY-",
        // Bits that are left over.
        "&APx-",
        "&APw",
        "&",
        "a&b",
        "&AP-",
        "&A-",
        "&APw=-",
        "&A/w-",
        // Half of a pair, and halves that are no pair.
        "&2D0-",
        "&3gDYPQ-",
        "ü",
        "\u{7f}",
        "\t",
    ] {
        assert_eq!(decode(written.as_bytes()), None, "{written}");
    }
    assert_eq!(decode(b"\xff"), None);
}

proptest! {
    #[test]
    fn what_was_written_is_read(name in "\\PC{0,20}|[a&ü😀\t-]{0,20}") {
        let written = encode(&name);
        prop_assert!(written.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        prop_assert_eq!(decode(written.as_bytes()), Some(name));
    }

    #[test]
    fn there_is_one_way_to_write_a_name(written in "[a&,A-Dw2-]{0,12}") {
        if let Some(name) = decode(written.as_bytes()) {
            prop_assert_eq!(encode(&name), written);
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        if let Some(name) = decode(&bytes) {
            prop_assert_eq!(encode(&name).into_bytes(), bytes);
        }
    }
}
