use std::sync::Arc;

use super::super::{Line, Mails};
use super::*;
use crate::trace::{HostEntry, HostId, MailId, Octets, Record, Roster, Sink, What};

const BOB: &str = "bob@blue.example";
const SERVER: HostId = HostId(0);
const PHONE: HostId = HostId(1);
const TABLET: HostId = HostId(2);

fn record(secs: u64, host: HostId, mail: Option<u64>, what: What) -> Record {
    let at = Instant::from_nanos(secs * 1_000_000_000);
    Record { id: None, at, host, conn: None, mail: mail.map(MailId), hop: None, cause: None, what }
}

fn composed(mail: u64, to: &[&str]) -> Record {
    let what = What::Composed {
        from: "alice@green.example".into(),
        to: to.iter().map(|to| Arc::from(*to)).collect(),
        subject: "Hello".into(),
        size_bytes: 1000,
        header: vec![],
        parts: vec![],
    };
    record(1, HostId(3), Some(mail), what)
}

fn filed(mail: u64, mailbox: &str, uid: u32) -> Record {
    let what = What::Delivered {
        queue_id: "A".into(),
        recipient: mailbox.into(),
        mailbox: mailbox.into(),
        uid,
        size_bytes: 1100,
        added: vec![],
        parts: vec![],
    };
    record(2, SERVER, Some(mail), what)
}

fn looks(host: HostId, mailbox: &str) -> Record {
    let (protocol, folder) = ("IMAP".into(), INBOX.into());
    record(3, host, None, What::Checked { mailbox: mailbox.into(), protocol, folder, there: 1, new: 1 })
}

fn fetched(host: HostId, mail: u64, mailbox: &str, whole: bool) -> Record {
    let (protocol, folder) = ("IMAP".into(), INBOX.into());
    let what = What::Fetched { mailbox: mailbox.into(), protocol, folder, size_bytes: 1100, whole };
    record(4, host, Some(mail), what)
}

fn read(secs: u64, host: HostId, mail: u64, mailbox: &str) -> Record {
    record(secs, host, Some(mail), What::Read { mailbox: mailbox.into(), folder: INBOX.into() })
}

fn deed(secs: u64, client: HostId, mail: u64, (folder, uid): (&str, u32), deed: Deed) -> Record {
    let what = What::Mailbox { mailbox: BOB.into(), folder: folder.into(), uid, client, deed };
    record(secs, SERVER, Some(mail), what)
}

fn collected(records: &[Record]) -> Mails {
    let mut mails = Mails::default();
    let host = |name: &str, role: &str| HostEntry {
        name: name.into(),
        role: role.into(),
        addresses: vec![],
        notes: vec![],
        implied: false,
    };
    let hosts = vec![host("mx", "mta"), host("phone", "user"), host("tablet", "user"), host("laptop", "user")];
    mails.begin(&Arc::new(Roster { hosts, ..Roster::default() }));
    records.iter().for_each(|record| mails.record(record));
    mails
}

fn table(records: &[Record]) -> Vec<String> {
    collected(records).table().map(|line: Line| line.text().trim_end().to_owned()).collect()
}

/// What stands in the last column for the first mail.
fn last_column(records: &[Record]) -> String {
    let lines = table(records);
    let (_, told) = lines[2].split_once("delivered").expect("it was delivered");
    told.trim().to_owned()
}

#[test]
fn where_nobody_looks_the_table_is_as_it_was() {
    let plain = [composed(1, &[BOB]), filed(1, BOB, 0)];
    let numbered = [composed(1, &[BOB]), filed(1, BOB, 1)];
    assert_eq!(table(&plain), table(&numbered));
    assert!(table(&plain).concat().ends_with("delivered") && collected(&numbered).reading().is_none());
    let json = serde_json::to_value(collected(&plain).list()).unwrap();
    assert!(json[0].get("copies").is_none(), "{json}");
}

#[test]
fn the_line_of_a_mail_goes_on_up_to_the_person() {
    let begin = [composed(1, &[BOB]), filed(1, BOB, 1), looks(PHONE, BOB)];
    let with = |more: &[Record]| last_column(&[&begin[..], more].concat());
    assert_eq!(with(&[]), "not fetched");
    assert_eq!(with(&[fetched(PHONE, 1, BOB, false)]), "header fetched by phone, unread");
    let both = [fetched(PHONE, 1, BOB, false), fetched(PHONE, 1, BOB, true), fetched(TABLET, 1, BOB, true)];
    assert_eq!(with(&both), "fetched by phone, tablet, unread");
    let twice = [&both[..], &[read(31, PHONE, 1, BOB), read(32, PHONE, 1, BOB), read(61, TABLET, 1, BOB)]].concat();
    assert_eq!(with(&twice), "fetched by phone, tablet, read on phone after 30 s and on tablet after 1 min");
    let moved = deed(40, TABLET, 1, (INBOX, 1), Deed::Moved { to: "Archive".into(), to_uid: 7 });
    let gone = deed(71, TABLET, 1, ("Archive", 7), Deed::Removed);
    assert_eq!(
        with(&[fetched(PHONE, 1, BOB, true), moved.clone()]),
        "fetched by phone, unread, moved to Archive by tablet"
    );
    let gone = [fetched(PHONE, 1, BOB, true), moved, gone];
    assert_eq!(with(&gone), "fetched by phone, never read, removed by tablet after 1 min 10 s");
    // How programs move mail that know no MOVE (RFC 6851 §1): they copy it, and remove what they have copied.
    let copied = deed(40, PHONE, 1, (INBOX, 1), Deed::Copied { to: "Archive".into(), to_uid: 1 });
    let removed = deed(41, PHONE, 1, (INBOX, 1), Deed::Removed);
    assert_eq!(with(std::slice::from_ref(&copied)), "not fetched");
    assert_eq!(with(&[read(9, PHONE, 1, BOB), copied, removed]), "read on phone after 8 s, moved to Archive by phone");
}

#[test]
fn copies_are_told_one_by_one_or_counted() {
    let to = [BOB, "carol@blue.example", "dora@blue.example"];
    let of = |n: usize| -> Vec<Record> {
        let filed = to[..n].iter().zip(1..).map(|(to, uid)| filed(1, to, uid));
        let looks = to[..n].iter().map(|to| looks(PHONE, to));
        std::iter::once(composed(1, &to[..n])).chain(filed).chain(looks).collect()
    };
    let mut two = of(2);
    two.extend([fetched(PHONE, 1, to[1], true), read(8, PHONE, 1, to[1])]);
    let told = "bob@blue.example: not fetched; carol@blue.example: fetched by phone, read on phone after 7 s";
    assert_eq!(last_column(&two), told);
    let mut three = of(3);
    three.extend([fetched(PHONE, 1, BOB, true), fetched(TABLET, 1, to[2], true), read(5, PHONE, 1, BOB)]);
    three.push(deed(9, PHONE, 1, (INBOX, 1), Deed::Removed));
    assert_eq!(last_column(&three), "3 copies: 2 fetched, 1 read, 2 still unread, 1 removed");
    let sums = "  3 copies in mailboxes that programs look into: 2 fetched, 1 read, 2 still unread, 1 removed";
    assert_eq!(table(&three)[3], sums);
    // A mailbox that nobody looks into waits for nobody.
    let mut one = of(2);
    one.retain(|record| !matches!(&record.what, What::Checked { mailbox, .. } if **mailbox == *to[1]));
    assert_eq!(last_column(&one), "not fetched");
    let summary: Vec<String> = collected(&three).summary().iter().map(|line| line.text()).collect();
    for row in ["fetched", "read", "still unread", "removed"] {
        assert!(summary.iter().any(|line| line.trim_start().starts_with(row)), "{row}: {summary:?}");
    }
}

#[test]
fn whoever_could_not_look_has_looked() {
    let reason = Octets("no".into());
    let failed = record(3, PHONE, None, What::Unfetched { mailbox: BOB.into(), protocol: "POP3".into(), reason });
    assert_eq!(last_column(&[composed(1, &[BOB]), filed(1, BOB, 1), failed]), "not fetched");
}

#[test]
fn the_document_has_every_copy() {
    let mut records = vec![composed(1, &[BOB]), filed(1, BOB, 1), looks(PHONE, BOB), fetched(PHONE, 1, BOB, true)];
    records.push(deed(9, PHONE, 1, (INBOX, 1), Deed::Moved { to: "Trash".into(), to_uid: 3 }));
    let json = serde_json::to_value(collected(&records).list()).unwrap();
    let copy = &json[0]["copies"][0];
    assert_eq!((&copy["mailbox"], &copy["fetched"][0]["host"]), (&BOB.into(), &"phone".into()), "{json}");
    assert_eq!(copy["places"], serde_json::json!([["Trash", 3]]));
    assert_eq!((&copy["placed"]["host"], &copy["placed"]["at"]), (&"phone".into(), &9_000_000_000_u64.into()));
    // However often somebody copies a mail, what is remembered of it is bounded.
    let copies = (0..1000).map(|n| deed(9, PHONE, 1, ("Trash", 3), Deed::Copied { to: "Trash".into(), to_uid: n }));
    records.extend(copies);
    assert_eq!(collected(&records).list()[0].copies.list()[0].places.len(), MOST_PLACES);
}
