//! Mail in its mailbox, up to the person: what is fetched, read and removed, and what a crash, a lock or a closed lid makes of it.

use postroad::trace::{Deed, Record, What};

use super::lab::{self, Look, Run};

/// Letters of Alice's for Bob at 1, 2 and 3 minutes, and Bob's machines.
fn letters(server: &str, machines: &str, more: &str) -> Run {
    let text = format!(
        r#"(
            title: "Reading",
            hosts: {{
                "laptop": User(mailbox: "alice@blue.example", submits_to: "mx.blue.example"),
                "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["alice", "bob"], clients: ["laptop"],
                    accounts: {{ "alice@blue.example": "sesame", "bob@blue.example": "sesame" }}, {server}),
                "net": Router,
                {machines}
            }},
            links: [("laptop", "mx.blue.example", Lan), ("mx.blue.example", "net", Lan)],
            mail: [
                (at: "1min", from: "alice@blue.example", to: ["bob@blue.example"], subject: "One", text: "First."),
                (at: "2min", from: "alice@blue.example", to: ["bob@blue.example"], subject: "Two", text: "Second."),
                (at: "3min", from: "alice@blue.example", to: ["bob@blue.example"], subject: "Three", text: "Third."),
            ],
            run_for: "40min",
            {more}
        )"#
    );
    let text = text.replace("links: [", &linked(machines));
    let run = lab::run(&lab::plan(&text), Look { records: true, ..Look::default() });
    run.report.as_ref().unwrap();
    run
}

/// Every machine is on the network.
fn linked(machines: &str) -> String {
    let names = machines.split('"').skip(1).step_by(2).filter(|name| name.ends_with("-pc") || name.ends_with("-phone"));
    let links: Vec<String> = names.map(|name| format!("(\"{name}\", \"net\", Lan), ")).collect();
    format!("links: [{}", links.concat())
}

/// A machine of Bob's.
fn bob(name: &str, fetches: &str, more: &str) -> String {
    format!(
        r#""{name}": User(mailbox: "bob@blue.example", password: "sesame", plain_text_logins: true, fetches: [ {fetches} ], {more}),"#
    )
}

const OPEN: &str = "plain_text_logins: true";

fn count(run: &Run, host: &str, is_it: impl Fn(&What) -> bool) -> usize {
    on(run, host).filter(|record| is_it(&record.what)).count()
}

fn on<'r>(run: &'r Run, host: &str) -> impl Iterator<Item = &'r Record> {
    let id = run.roster.hosts.iter().position(|h| &*h.name == host).expect("a host") as u32;
    run.records.iter().filter(move |record| record.host.0 == id)
}

fn fetched(run: &Run, host: &str) -> usize {
    count(run, host, |what| matches!(what, What::Fetched { whole: true, .. }))
}

/// Why a machine could not look.
fn complaints(run: &Run, host: &str) -> Vec<String> {
    let of = |what: &What| match what {
        What::Unfetched { reason, .. } => Some(reason.visible()),
        _ => None,
    };
    on(run, host).filter_map(|record| of(&record.what)).collect()
}

fn deeds(run: &Run, is_it: impl Fn(&Deed) -> bool) -> usize {
    count(run, "mx.blue.example", |what| matches!(what, What::Mailbox { deed, .. } if is_it(deed)))
}

#[test]
fn by_pop3_mail_is_left_deleted_or_deleted_after_a_time() {
    for (keeps, fetches, removed) in [("Leave", 3, 0), ("Delete", 3, 3), ("\"15min\"", 3, 3)] {
        let pop3 = format!(r#"Pop3(from: "mx.blue.example", every: "10min", keeps: {keeps})"#);
        let run = letters(OPEN, &bob("bob-pc", &pop3, ""), "");
        assert_eq!(fetched(&run, "bob-pc"), fetches, "{keeps}: each once");
        assert_eq!(deeds(&run, |deed| *deed == Deed::Removed), removed, "{keeps}");
        assert_eq!(complaints(&run, "bob-pc"), [""; 0]);
    }
}

#[test]
fn what_one_machine_removes_another_does_not_show_any_more() {
    let pc = bob(
        "bob-pc",
        r#"Imap(from: "mx.blue.example")"#,
        r#"does: [ Delete(at: "5min", subject: "Two"), Move(at: "6min", subject: "One", to: "Kept") ]"#,
    );
    let phone = bob("bob-phone", r#"Imap(from: "mx.blue.example", folders: ["Kept"])"#, "");
    let run = letters(OPEN, &(pc + &phone), "");
    assert_eq!(fetched(&run, "bob-pc"), 3);
    let vanished =
        count(&run, "bob-phone", |what| matches!(what, What::Vanished { folder, .. } if &**folder == "INBOX"));
    assert_eq!(vanished, 2, "one is gone, one lies elsewhere");
    assert_eq!((deeds(&run, |d| *d == Deed::Removed), deeds(&run, |d| matches!(d, Deed::Moved { .. }))), (1, 1));
}

#[test]
fn who_reads_on_one_machine_has_read_it_on_the_other() {
    let pc = bob("bob-pc", r#"Imap(from: "mx.blue.example", reads: "30s")"#, "");
    let phone = bob("bob-phone", r#"Imap(from: "mx.blue.example", reads: "1min", whole: false)"#, "");
    let run = letters(OPEN, &(pc + &phone), "");
    let read = |host| count(&run, host, |what| matches!(what, What::Read { .. }));
    assert_eq!((read("bob-pc"), read("bob-phone")), (3, 0), "the flag is there before the phone's minute is over");
    assert_eq!(deeds(&run, |deed| matches!(deed, Deed::Flagged { set, .. } if set.iter().any(|f| &**f == "Seen"))), 3);
    let headers = count(&run, "bob-phone", |what| matches!(what, What::Fetched { whole: false, .. }));
    assert_eq!((headers, fetched(&run, "bob-phone")), (3, 0), "nobody has opened them there");
}

#[test]
fn two_machines_do_not_look_by_pop3_at_once() {
    let pop3 = r#"Pop3(from: "mx.blue.example", every: "10min")"#;
    let run = letters(OPEN, &(bob("bob-pc", pop3, "") + &bob("bob-phone", pop3, "")), "");
    let all = [complaints(&run, "bob-pc"), complaints(&run, "bob-phone")].concat();
    assert!(!all.is_empty() && all.iter().all(|why| why.contains("IN-USE")), "{all:?}");
}

#[test]
fn nobody_shows_a_password_in_the_open_unless_he_is_allowed_to() {
    let shown = ["PASS", "USER", "AUTH", "A1 LOGIN", "A1 AUTH", "A2 LOGIN", "A2 AUTH"];
    for (server, may) in [("", true), (OPEN, false)] {
        let machine = |fetches: &str| {
            bob("bob-pc", fetches, "").replace("plain_text_logins: true", &format!("plain_text_logins: {may}"))
        };
        let run = letters(server, &machine(r#"Imap(from: "mx.blue.example")"#), "");
        assert_eq!(fetched(&run, "bob-pc"), 0, "{server}");
        assert!(!complaints(&run, "bob-pc").is_empty());
        assert!(shown.iter().all(|line| run.said("bob-pc", line).is_empty()), "{server}");
        let run = letters(server, &machine(r#"Pop3(from: "mx.blue.example")"#), "");
        assert!(shown.iter().all(|line| run.said("bob-pc", line).is_empty()), "{server}");
        assert!(!run.said("bob-pc", "APOP bob@blue.example").is_empty(), "this shows nothing (RFC 1939 §7)");
        // A server that takes no logins in the open takes this one neither, as by SMTP.
        assert_eq!(fetched(&run, "bob-pc"), if may { 0 } else { 3 }, "{server}");
    }
}

#[test]
fn a_wrong_password_is_told_and_tried_again_at_the_next_look() {
    let machine = bob("bob-pc", r#"Pop3(from: "mx.blue.example", every: "10min", password: "open")"#, "");
    let run = letters(OPEN, &machine, "");
    let all = complaints(&run, "bob-pc");
    assert!(all.len() == 4 && all.iter().all(|why| why.contains("AUTH")), "{all:?}");
}

#[test]
fn a_closed_lid_breaks_off_and_everything_goes_on_when_it_opens() {
    let imap = r#"Imap(from: "mx.blue.example", reads: "20s")"#;
    let run = letters(OPEN, &bob("bob-pc", imap, r#"offline: [ ("90s", "10min"), ("20min", "30min") ]"#), "");
    assert_eq!(fetched(&run, "bob-pc"), 3);
    let read: Vec<u64> = on(&run, "bob-pc")
        .filter(|record| matches!(record.what, What::Read { .. }))
        .map(|record| record.at.as_nanos() / 60_000_000_000)
        .collect();
    assert_eq!(read, [1, 10, 10], "in minutes");
    assert_eq!(run.connections("bob-pc"), 3);
}

#[test]
fn a_server_that_crashes_in_the_middle_of_it_removes_nothing_that_was_not_said() {
    // It goes down when it has read the second DELE, and QUIT has not come.
    let pop3 = r#"Pop3(from: "mx.blue.example", every: "30min", keeps: Delete)"#;
    let machine = bob("bob-pc", pop3, r#"offline: [ ("0s", "5min") ]"#);
    let crash = r#"faults: [ (when: Heard(by: "mx.blue.example", line: "DELE 2"), what: Down(host: "mx.blue.example"), lasting: "1min") ]"#;
    let run = letters(OPEN, &machine, crash);
    let removed: Vec<u64> = on(&run, "mx.blue.example")
        .filter(|record| matches!(&record.what, What::Mailbox { deed: Deed::Removed, .. }))
        .map(|record| record.at.as_nanos() / 60_000_000_000)
        .collect();
    assert!(removed.iter().all(|minute| *minute > 30), "not before the next look: {removed:?}");
    assert_eq!(removed.len(), 3, "and then all of them");
    assert_eq!(fetched(&run, "bob-pc"), 3, "what is here is not fetched again");
}

#[test]
fn servers_are_found_by_the_names_of_their_services() {
    let machine = bob("bob-pc", "Imap(from: Discover)", "").replace("plain_text_logins: true", "tls: Verified");
    let run = letters("certificate: Good", &machine, "");
    assert_eq!(run.asked("bob-pc")[..2], ["_imaps._tcp.blue.example. SRV", "_imap._tcp.blue.example. SRV"]);
    assert_eq!((fetched(&run, "bob-pc"), complaints(&run, "bob-pc")), (3, vec![]));
}

#[test]
fn answers_go_on_with_the_conversation_and_end_there() {
    let imap = r#"Imap(from: "mx.blue.example", reads: "10s", answers: Answers(after: "10s", text: "Thanks."))"#;
    let alice = bob("alice-pc", imap, r#"submits_to: "mx.blue.example""#).replace("bob@", "alice@");
    let machines = bob("bob-pc", imap, r#"submits_to: "mx.blue.example""#) + &alice;
    let run = letters(OPEN, &machines, "");
    let subjects: Vec<&str> = run
        .records
        .iter()
        .filter_map(|r| match &r.what {
            What::Composed { subject, .. } if subject.starts_with("Re: ") => Some(&**subject),
            _ => None,
        })
        .collect();
    assert_eq!(subjects, ["Re: One", "Re: Two", "Re: Three"], "and no answer to an answer");
    let answered = |d: &Deed| matches!(d, Deed::Flagged { set, .. } if set.iter().any(|f| &**f == "Answered"));
    assert_eq!(deeds(&run, answered), 3);
}

#[test]
fn the_same_run_is_the_same_to_the_byte() {
    let imap = r#"Imap(from: "mx.blue.example", reads: "10s")"#;
    let pop3 = r#"Pop3(from: "mx.blue.example", every: "2min", keeps: Delete)"#;
    let run = || letters("certificate: Good", &(bob("bob-pc", imap, "") + &bob("bob-phone", pop3, "")), "");
    assert!(run().records == run().records);
}
