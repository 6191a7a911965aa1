use super::*;

#[test]
fn the_examples_of_rfc_2047() {
    for (written, shown) in [
        ("(=?ISO-8859-1?Q?a?=)", "(a)"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld Jørn Simonsen <keld@dkuug.dk>"),
        ("=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>", "André Pirard <PIRARD@vm1.ulg.ac.be>"),
        (
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            "If you can read this you understand the example.",
        ),
        ("=?ISO-8859-1?Q?Olle_J=E4rnefors?= <ojarnef@admin.kth.se>", "Olle Järnefors <ojarnef@admin.kth.se>"),
        ("=?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?= <paf@nada.kth.se>", "Patrik Fältström <paf@nada.kth.se>"),
        (
            "Nathaniel Borenstein <nsb@thumper.bellcore.com>\r\n        (=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)",
            "Nathaniel Borenstein <nsb@thumper.bellcore.com>        (םולש ןב ילטפנ)",
        ),
        // RFC 2231 §5.
        ("=?US-ASCII*EN?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
    ] {
        assert_eq!(decode_words(written.as_bytes()), shown, "{written}");
    }
}

#[test]
fn what_is_no_word_stays_as_it_is() {
    for (written, shown) in [
        ("=?iso-8859-1?q?this is some text?=", "=?iso-8859-1?q?this is some text?="),
        ("=?x-unknown?q?abc?= def", "=?x-unknown?q?abc?= def"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?q?abc", "=?utf-8?q?abc"),
        ("=?=?=?utf-8?q?a?=", "=?=?a"),
        ("=?=??=", "=?=??="),
        ("", ""),
        // Between a word that is known and one that is not, the space stays.
        ("=?utf-8?q?a?= =?x?q?b?=", "a =?x?q?b?="),
    ] {
        assert_eq!(decode_words(written.as_bytes()), shown, "{written}");
    }
}

#[test]
fn what_programs_really_write_is_understood() {
    for (written, shown) in [
        // A character that is cut between two words.
        ("=?utf-8?B?w6TD?= =?utf-8?B?tg==?=", "äö"),
        ("=?UTF-8?Q?Gr=C3=BC=C3?=\r\n =?UTF-8?Q?=9Fe?=", "Grüße"),
        // Glued to its neighbours.
        ("a=?utf-8?q?=C3=A4?=b", "aäb"),
        ("\"=?utf-8?q?=C3=A4?=\" <a@b.example>", "\"ä\" <a@b.example>"),
        // Lower case, bad escapes, missing padding.
        ("=?utf-8?q?=c3=a4=zz=?=", "ä=zz="),
        ("=?utf-8?b?w6Q?=", "ä"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?gb18030?B?xOO6ww==?=", "你好"),
        ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
    ] {
        assert_eq!(decode_words(written.as_bytes()), shown, "{written}");
    }
    assert_eq!(decode_words("Grüße".as_bytes()), "Grüße");
    assert_eq!(decode_words(b"Gr\xfc\xdfe"), "Grüße");
    assert_eq!(decode_words(b" a\r\n  b\r\n\tc\nd "), "a  b\tc d");
}

#[test]
fn many_beginnings_cost_no_more_than_their_length() {
    for piece in ["=?", "=?utf-8?q?", "=?a?q?b", "=?utf-8?q?a?= ", "=?utf-8?b?QQ==?=", "=?x"] {
        let value = piece.repeat(2_000_000 / piece.len());
        assert!(decode_words(value.as_bytes()).len() <= value.len());
    }
}
