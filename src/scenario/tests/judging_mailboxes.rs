//! Claims about mail in its mailbox, fed with records by hand: each comes true and fails.

use std::sync::Arc;

use super::good;
use crate::scenario::{Judge, Judgement};
use crate::sim::Instant;
use crate::trace::{Deed, HostId, MailId, Record, Sink, What};

const HEAD: &str = r#"(hosts: {
    "laptop": User(mailbox: "alice@green.example", submits_to: "mx.blue.example"),
    "phone": User(mailbox: "bob@blue.example", submits_to: "mx.blue.example"),
    "tablet": User(mailboxes: ["carol@blue.example"], submits_to: "mx.blue.example"),
    "mx.blue.example": Mta(domains: ["blue.example", "green.example"], mailboxes: ["bob", "carol", "alice"],
        forwards: {"all@blue.example": ["bob@blue.example"]}),
  }, links: [("laptop", "mx.blue.example"), ("phone", "mx.blue.example"), ("tablet", "mx.blue.example")],
  mail: [(from: "alice@green.example", to: ["bob@blue.example"], subject: "Hello"),
    (from: "alice@green.example", to: ["bob@blue.example"], subject: "News")],
  expect: ["#;

const BOB: &str = "bob@blue.example";
const PHONE: HostId = HostId(1);
const TABLET: HostId = HostId(2);
const SERVER: HostId = HostId(3);

fn record(secs: u64, host: HostId, mail: Option<u64>, what: What) -> Record {
    let at = Instant::from_nanos(secs * 1_000_000_000);
    Record { id: None, at, host, conn: None, mail: mail.map(MailId), hop: Some(1), cause: None, what }
}

fn composed(secs: u64, mail: u64, subject: &str) -> Record {
    let what = What::Composed {
        from: "alice@green.example".into(),
        to: vec![BOB.into()],
        subject: subject.into(),
        size_bytes: 1000,
        header: vec![],
        parts: vec![],
    };
    record(secs, HostId(0), Some(mail), what)
}

fn delivered(secs: u64, mail: u64, uid: u32) -> Record {
    let what = What::Delivered {
        queue_id: "A".into(),
        recipient: BOB.into(),
        mailbox: BOB.into(),
        uid,
        size_bytes: 1100,
        added: vec![],
        parts: vec![],
    };
    record(secs, SERVER, Some(mail), what)
}

fn fetched(secs: u64, host: HostId, mail: u64, protocol: &str, whole: bool) -> Record {
    let what = What::Fetched {
        mailbox: BOB.into(),
        protocol: protocol.into(),
        folder: "INBOX".into(),
        size_bytes: 1100,
        whole,
    };
    record(secs, host, Some(mail), what)
}

fn read(secs: u64, host: HostId, mail: u64) -> Record {
    record(secs, host, Some(mail), What::Read { mailbox: BOB.into(), folder: "INBOX".into() })
}

fn deed(secs: u64, mail: Option<u64>, (folder, uid): (&str, u32), deed: Deed) -> Record {
    let what = What::Mailbox { mailbox: BOB.into(), folder: folder.into(), uid, client: PHONE, deed };
    record(secs, SERVER, mail, what)
}

fn flagged(set: &[&str], cleared: &[&str]) -> Deed {
    let list = |flags: &[&str]| flags.iter().map(|flag| Arc::from(*flag)).collect();
    Deed::Flagged { set: list(set), cleared: list(cleared) }
}

/// "Hello" is fetched whole by the phone and read there, flagged, copied to Trash, and moved to Archive. Of "News" the tablet fetches
/// the header section; it is removed.
fn story() -> Vec<Record> {
    vec![
        composed(1, 1, "Hello"),
        composed(1, 2, "News"),
        delivered(2, 1, 1),
        delivered(3, 2, 2),
        fetched(12, PHONE, 1, "IMAP", true),
        fetched(13, TABLET, 2, "POP3", false),
        read(31, PHONE, 1),
        deed(32, Some(1), ("INBOX", 1), flagged(&["Seen", "$Forwarded"], &[])),
        deed(33, Some(1), ("INBOX", 1), Deed::Copied { to: "Trash".into(), to_uid: 1 }),
        deed(34, Some(1), ("INBOX", 1), Deed::Moved { to: "Archive".into(), to_uid: 7 }),
        deed(35, Some(1), ("Archive", 7), flagged(&["Answered"], &["Seen"])),
        deed(36, Some(2), ("INBOX", 2), Deed::Removed),
        deed(37, None, ("Sent", 1), Deed::Appended { size_bytes: 10 }),
    ]
}

fn judged(claim: &str, records: &[Record]) -> Judgement {
    let plan = good(&format!("{HEAD}{claim}])"));
    let mut judge = Judge::new(&plan);
    records.iter().for_each(|record| judge.record(record));
    judge.judgements().pop().unwrap()
}

#[test]
fn every_claim_comes_true_and_fails() {
    let cases = [
        (r#"Fetched(by: "phone", count: 1)"#, r#"Fetched(by: "laptop")"#),
        (
            r#"Fetched(by: "phone", to: "Bob@blue.example", subject: "Hello", protocol: Imap, whole: true, within: "10s")"#,
            r#"Fetched(by: "phone", within: "9s")"#,
        ),
        (r#"Fetched(by: "tablet", whole: false, protocol: Pop3)"#, r#"Fetched(by: "tablet", whole: true)"#),
        (r#"Fetched(by: "phone", to: "carol@blue.example", count: 0)"#, r#"Fetched(by: "phone", subject: "News")"#),
        (r#"Fetched(by: "tablet", subject: "News")"#, r#"Fetched(by: "phone", protocol: Pop3)"#),
        (r#"Fetched(by: "tablet", to: "bob@blue.example", within: "10s")"#, r#"Fetched(by: "phone", count: 2)"#),
        (r#"Seen(to: "bob@blue.example", within: "30s", count: 1)"#, r#"Seen(to: "bob@blue.example", within: "29s")"#),
        (
            r#"Seen(by: "phone", to: "BOB@blue.example", subject: "Hello")"#,
            r#"Seen(by: "tablet", to: "bob@blue.example")"#,
        ),
        (
            r#"Seen(to: "bob@blue.example", subject: "News", count: 0)"#,
            r#"Seen(to: "carol@blue.example", count: AtLeast(1))"#,
        ),
        (
            r#"InFolder(mailbox: "bob@blue.example", folder: "Archive", subject: "Hello", count: 1)"#,
            r#"InFolder(mailbox: "bob@blue.example", folder: "inbox", subject: "Hello")"#,
        ),
        (
            r#"InFolder(mailbox: "bob@blue.example", folder: "Trash")"#,
            r#"InFolder(mailbox: "bob@blue.example", folder: "INBOX", subject: "News")"#,
        ),
        (
            r#"InFolder(mailbox: "bob@blue.example", folder: "Sent")"#,
            r#"InFolder(mailbox: "bob@blue.example", folder: "Sent", subject: "Hello")"#,
        ),
        (
            r#"Flags(mailbox: "bob@blue.example", subject: "Hello", has: ["answered", "$forwarded"], hasnt: ["Seen"], count: 1)"#,
            r#"Flags(mailbox: "bob@blue.example", folder: "Archive", has: ["Seen"])"#,
        ),
        (
            r#"Flags(mailbox: "bob@blue.example", folder: "Trash", has: ["Seen"], hasnt: ["Answered"])"#,
            r#"Flags(mailbox: "bob@blue.example", subject: "News", hasnt: ["Seen"])"#,
        ),
        (
            r#"MailboxCount(mailbox: "bob@blue.example", count: 0)"#,
            r#"MailboxCount(mailbox: "bob@blue.example", folder: "Archive", count: AtLeast(2))"#,
        ),
        (
            r#"MailboxCount(mailbox: "bob@blue.example", folder: "Sent", count: 1)"#,
            r#"MailboxCount(mailbox: "carol@blue.example", folder: "INBOX", count: 1)"#,
        ),
    ];
    for (met, failed) in cases {
        let judgement = judged(met, &story());
        assert!(judgement.met, "{met}\n{judgement:?}");
        let judgement = judged(failed, &story());
        assert!(!judgement.met, "{failed}\n{judgement:?}");
        assert!(!judgement.expected.is_empty() && !judgement.happened.is_empty());
    }
}

#[test]
fn what_happened_is_said() {
    let cases = [
        (
            r#"Fetched(by: "phone", to: "bob@blue.example", subject: "Hello", protocol: Imap, whole: true, within: "9s")"#,
            "phone fetches mail \"Hello\" of bob@blue.example by IMAP as a whole, at least 1 time, within 9 s of being delivered",
            "it was fetched once: at 12.000 s on phone (10 s after it was delivered): as a whole, by IMAP",
        ),
        (
            r#"Fetched(by: "laptop", subject: "News")"#,
            "laptop fetches mail \"News\", at least 1 time",
            "it was never fetched; but tablet fetched it",
        ),
        (
            r#"Fetched(by: "tablet", whole: true)"#,
            "tablet fetches mail as a whole, at least 1 time",
            "it was never fetched; but phone fetched it",
        ),
        (
            r#"Seen(by: "tablet", to: "bob@blue.example", within: "1min")"#,
            "mail of bob@blue.example is read on tablet, at least 1 time, within 1 min of being composed",
            "it was never read; but it was read on phone",
        ),
        (
            r#"InFolder(mailbox: "bob@blue.example", folder: "INBOX")"#,
            "at the end, at least 1 mail in INBOX of bob@blue.example",
            "no mail lies there, but 1 in Archive, 1 in Sent, 1 in Trash; 1 was removed by phone at 36 s",
        ),
        (
            r#"InFolder(mailbox: "bob@blue.example", folder: "INBOX", subject: "Hello")"#,
            "at the end, at least 1 mail \"Hello\" in INBOX of bob@blue.example",
            "no mail lies there, but 1 in Archive, 1 in Trash",
        ),
        (
            r#"Flags(mailbox: "bob@blue.example", subject: "Hello", has: ["Seen", "Answered"], hasnt: ["Deleted", "Draft"], count: (1, 2))"#,
            "at the end, 1 to 2 mails \"Hello\" of bob@blue.example with Seen and Answered and without Deleted or Draft",
            "no mail is like that; others have $Forwarded Answered (in Archive), $Forwarded Seen (in Trash)",
        ),
        (
            r#"Flags(mailbox: "bob@blue.example", folder: "Sent", hasnt: ["Seen"], count: 0)"#,
            "at the end, exactly 0 mails in Sent of bob@blue.example without Seen",
            "1 mail is like that; 1 was removed by phone at 36 s",
        ),
        (
            r#"MailboxCount(mailbox: "bob@blue.example", count: 2)"#,
            "at the end, exactly 2 mails in INBOX of bob@blue.example",
            "no mail lies there, but 1 in Archive, 1 in Sent, 1 in Trash",
        ),
    ];
    for (claim, expected, happened) in cases {
        let judgement = judged(claim, &story());
        assert_eq!((judgement.expected.as_str(), judgement.happened.as_str()), (expected, happened), "{claim}");
        assert!(!judgement.met);
    }
}

#[test]
fn mail_that_no_program_looks_at_is_counted_too() {
    let records =
        [composed(1, 1, "Hello"), composed(1, 2, "Hello"), delivered(2, 1, 0), delivered(2, 2, 0), delivered(3, 1, 0)];
    for claim in [
        r#"MailboxCount(mailbox: "bob@blue.example", count: 3)"#,
        r#"InFolder(mailbox: "bob@blue.example", folder: "INBOX", subject: "Hello", count: 3)"#,
        r#"Flags(mailbox: "bob@blue.example", hasnt: ["Seen"], count: 3)"#,
    ] {
        assert!(judged(claim, &records).met, "{claim}");
    }
    // The time is counted from the last copy that was filed before.
    let again = [delivered(2, 1, 1), delivered(50, 1, 2), fetched(60, PHONE, 1, "POP3", true)];
    assert!(judged(r#"Fetched(by: "phone", within: "10s")"#, &again).met);
    assert!(!judged(r#"Fetched(by: "phone", within: "9s")"#, &again).met);
}

#[test]
fn flags_that_a_record_writes_with_a_backslash_are_the_same() {
    let records = [delivered(1, 1, 1), deed(2, Some(1), ("INBOX", 1), flagged(&["\\Seen"], &[]))];
    assert!(judged(r#"Flags(mailbox: "bob@blue.example", has: ["Seen"])"#, &records).met);
    let cleared = [&records[..], &[deed(3, Some(1), ("INBOX", 1), flagged(&[], &["Seen"]))]].concat();
    assert!(judged(r#"Flags(mailbox: "bob@blue.example", has: ["Seen"], count: 0)"#, &cleared).met);
}
