use super::*;
use crate::access::imap::client::Capability;
use crate::sasl::Mechanism;

fn code(text: &str) -> Option<Code> {
    Status::read(format!("OK [{text}] x\r\n").as_bytes()).unwrap().code
}

#[test]
fn statuses_are_read_whatever_is_missing() {
    let read = |line: &str| {
        Status::read(line.as_bytes()).map(|status| (status.kind, status.word.unwrap_or_default(), status.text))
    };
    let cases = [
        ("OK done\r\n", Kind::Ok, "", "done"),
        ("ok", Kind::Ok, "", ""),
        ("NO [TRYCREATE] no such folder", Kind::No, "TRYCREATE", "no such folder"),
        ("NO [trycreate]", Kind::No, "TRYCREATE", ""),
        ("BAD [", Kind::Bad, "", "["),
        ("BAD []x", Kind::Bad, "", "x"),
        ("BYE [A B] C] D", Kind::Bye, "A", "C] D"),
        ("PREAUTH größer", Kind::PreAuth, "", "größer"),
    ];
    for (line, kind, word, text) in cases {
        assert_eq!(read(line), Some((kind, word.into(), text.into())), "{line:?}");
    }
    for line in ["", "OKAY x", "OK\tx", " OK x", "FETCH"] {
        assert_eq!(read(line), None, "{line:?}");
    }
    assert_eq!(read(&format!("OK {}", "x".repeat(2000))).unwrap().2.len(), 1000, "a text has an end");
}

#[test]
fn codes_are_read_where_they_are_whole() {
    assert_eq!(code("UIDVALIDITY 7"), Some(Code::UidValidity(7)));
    assert_eq!(code("uidnext 4294967295"), Some(Code::UidNext(u32::MAX)));
    assert_eq!(code("HIGHESTMODSEQ 18446744073709551615"), Some(Code::HighestModSeq(u64::MAX)));
    assert_eq!(code("APPENDUID 7 9"), Some(Code::AppendUid { uid_validity: 7, uid: 9 }));
    let copied = Code::CopyUid { uid_validity: 7, from: vec![(4, 4), (1, 3)], to: vec![(9, 12)] };
    assert_eq!(code("COPYUID 7 4,3:1 9:12"), Some(copied));
    for text in [
        "UIDVALIDITY",
        "UIDVALIDITY x",
        "UIDVALIDITY 4294967296",
        "UIDNEXT 1 2",
        "APPENDUID 7",
        "COPYUID 7 1",
        "COPYUID 7 0 1",
        "COPYUID 7 1, 1",
        "COPYUID 7 * 1",
        "HIGHESTMODSEQ -1",
        "X-FOO",
        "",
    ] {
        assert_eq!(code(text), None, "{text:?}");
    }
}

#[test]
fn an_offer_is_what_is_known_of_it() {
    let Some(Code::Capability(offer)) =
        code("CAPABILITY IMAP4rev1 idle  AUTH=plain AUTH=XOAUTH2 LITERAL- appendlimit=35000000 QRESYNC X-FOO")
    else {
        panic!("an offer");
    };
    use Capability::{CondStore, Idle, LiteralMinus, QResync};
    assert_eq!(offer.iter().collect::<Vec<_>>(), [LiteralMinus, Idle, CondStore, QResync]);
    assert_eq!(offer.mechanisms.iter().collect::<Vec<_>>(), [Mechanism::Plain]);
    assert_eq!(offer.append_limit, Some(35_000_000));
    assert_eq!(format!("{offer:?}"), "{LiteralMinus, Idle, CondStore, QResync, Plain, 35000000}");
    let Some(Code::Capability(offer)) = code("CAPABILITY IMAP4rev2 APPENDLIMIT") else { panic!("an offer") };
    assert!(offer.has(Capability::Move) && offer.has(Capability::UidPlus) && !offer.has(CondStore));
}
