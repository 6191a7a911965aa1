//! The judge, fed with records by hand: every claim comes true once and fails once.

use std::sync::Arc;

use super::good;
use crate::octets::Chunk;
use crate::scenario::{Judge, Judgement};
use crate::sim::Instant;
use crate::trace::{
    ConnectionState, Direction, HostId, MailId, Octets, QueueName, Record, Server, Side, Sink, TlsStep, Verdict, What,
};

const HEAD: &str = r#"(hosts: {
    "laptop": User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
    "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
    "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob", "carol"],
        forwards: {"carol@blue.example": ["bob@blue.example"]}),
  }, links: [("laptop", "mail.green.example"), ("mail.green.example", "mx.blue.example")],
  mail: [(from: "alice@green.example", to: ["bob@blue.example"], subject: "Hello"),
    (from: "alice@green.example", to: ["x@blue.example"], subject: "Hello")], nowhere: ["x@blue.example"],
  expect: ["#;

fn octets(text: &str) -> Octets {
    Octets(Chunk::from(text.to_owned()))
}

/// One mail from the laptop to bob, deferred once; one to x that bounces with a report; one unsent.
fn story() -> Vec<Record> {
    let mut records = Vec::new();
    let mut push = |millis: u64, host: u32, mail: u64, hop: u16, what: What| {
        records.push(Record {
            id: None,
            at: Instant::from_nanos(millis * 1_000_000),
            host: HostId(host),
            conn: None,
            mail: (mail > 0).then_some(MailId(mail)),
            hop: Some(hop),
            cause: None,
            what,
        });
    };
    let composed = |to: &str, subject: &str, from: &str| What::Composed {
        from: Arc::from(from),
        to: vec![Arc::from(to)],
        subject: Arc::from(subject),
        size_bytes: 1000,
        header: vec![],
        parts: vec![],
    };
    let accepted = |id: &str, to: &str| What::Accepted {
        queue_id: Arc::from(id),
        reverse_path: Arc::from("alice@green.example"),
        recipients: vec![Arc::from(to)],
        size_bytes: 1000,
        added: vec![],
    };
    let attempt = |number: u32| What::Attempt {
        queue_id: Arc::from("A1"),
        recipients: vec![Arc::from("bob@blue.example")],
        next_hop: Server { name: "mx.blue.example".into(), address: "192.0.2.3".into() },
        number,
    };
    let outcome = |verdict: Verdict, to: &str, id: &str| What::Outcome {
        queue_id: Arc::from(id),
        recipient: Arc::from(to),
        verdict,
        number: 1,
        reply: octets("450 later"),
        by: Some(Server { name: "mx.blue.example".into(), address: "192.0.2.3".into() }),
    };
    let line = |direction, side, peer, text: &str| What::Line {
        direction,
        side,
        peer: HostId(peer),
        sealed: false,
        text: octets(text),
    };
    let filed = |id: &str, to: &str| What::Delivered {
        queue_id: Arc::from(id),
        recipient: Arc::from(to),
        mailbox: Arc::from(to),
        uid: 0,
        size_bytes: 1100,
        added: vec![],
        parts: vec![],
    };
    push(1000, 0, 1, 0, composed("bob@blue.example", "Hello", "alice@green.example"));
    push(1100, 1, 1, 1, accepted("A1", "bob@blue.example"));
    push(
        1150,
        1,
        1,
        1,
        What::Lookup {
            name: Arc::from("blue.example"),
            rtype: Arc::from("MX"),
            result: Arc::from("10 mx.blue.example"),
            cached: false,
        },
    );
    push(1200, 1, 1, 2, attempt(1));
    push(
        1210,
        1,
        0,
        0,
        What::Connection { state: ConnectionState::Open, side: Side::Client, peer: HostId(2), port: 25 },
    );
    push(1220, 1, 0, 0, line(Direction::Sent, Side::Client, 2, "EHLO mail.green.example"));
    let tls = |peer, tls| What::Tls { side: Side::Client, peer: HostId(peer), tls };
    let sealed = TlsStep::Secured {
        version: "TLS 1.3".into(),
        suite: "TLS13_AES_256_GCM_SHA384".into(),
        resumed: false,
        name: None,
        verified: true,
        certificate: None,
        sent_bytes: 300,
        received_bytes: 600,
        round_trips: 1,
    };
    push(1221, 1, 0, 0, tls(2, TlsStep::Begins { discarded_bytes: 0 }));
    push(1222, 1, 0, 0, tls(2, sealed));
    push(1223, 0, 0, 0, tls(1, TlsStep::NotTls));
    push(1225, 2, 0, 0, line(Direction::Sent, Side::Server, 1, "250-mx.blue.example"));
    push(1225, 2, 0, 0, line(Direction::Sent, Side::Server, 1, "250 SIZE 10000000"));
    push(
        1230,
        2,
        1,
        2,
        What::Policy { policy: Arc::from("greylist"), decision: Arc::from("defer"), detail: Arc::from("never seen") },
    );
    push(1240, 2, 1, 2, line(Direction::Sent, Side::Server, 1, "450 4.7.1 Greylisted"));
    push(1250, 1, 1, 2, outcome(Verdict::Deferred, "bob@blue.example", "A1"));
    push(301_200, 1, 1, 2, attempt(2));
    push(301_300, 2, 1, 2, accepted("B1", "bob@blue.example"));
    push(301_310, 2, 1, 2, filed("B1", "bob@blue.example"));
    push(
        301_310,
        2,
        1,
        2,
        What::Queue { queue_id: Arc::from("B1"), queue: QueueName::Done, reason: Arc::from(""), until: None },
    );
    push(301_320, 1, 1, 2, outcome(Verdict::Accepted, "bob@blue.example", "A1"));
    push(400_000, 0, 2, 0, composed("x@blue.example", "Hello", "alice@green.example"));
    push(400_100, 1, 2, 1, accepted("A2", "x@blue.example"));
    push(
        400_200,
        1,
        2,
        2,
        What::Bounced {
            queue_id: Arc::from("A2"),
            recipient: Arc::from("x@blue.example"),
            status: Arc::from("5.1.1"),
            reason: octets("mx.blue.example said: 550 5.1.1 No such user"),
            report: Some(MailId(3)),
        },
    );
    push(400_200, 1, 3, 0, composed("alice@green.example", "Undelivered", ""));
    push(400_300, 1, 3, 1, filed("A3", "alice@green.example"));
    push(500_000, 0, 4, 0, What::Unsent { recipient: Arc::from("bob@blue.example"), reason: octets("554 5.7.1 No") });
    records
}

fn judged(claim: &str, more: &[Record]) -> Judgement {
    let plan = good(&format!("{HEAD}{claim}])"));
    let mut judge = Judge::new(&plan);
    story().iter().chain(more).for_each(|r| judge.record(r));
    let judgements = judge.judgements();
    assert_eq!(judgements.len(), 1);
    judgements.into_iter().next().unwrap()
}

#[test]
fn every_claim_can_come_true_and_can_fail() {
    let cases: &[(&str, &str)] = &[
        (
            r#"Delivered(to: "bob@blue.example", copies: 1, within: "6min")"#,
            r#"Delivered(to: "bob@blue.example", copies: 2)"#,
        ),
        (
            r#"Delivered(to: "bob@blue.example", after: "5min", by: "6min")"#,
            r#"Delivered(to: "bob@blue.example", within: "5min")"#,
        ),
        (r#"Delivered(to: "alice@green.example")"#, r#"Delivered(to: "carol@blue.example")"#),
        (r#"Delivered(to: "bob@blue.example", subject: "Hello")"#, r#"Delivered(to: "bob@blue.example", by: "2min")"#),
        (r#"NotDelivered(to: "x@blue.example")"#, r#"NotDelivered(to: "bob@blue.example")"#),
        (
            r#"Bounced(to: "x@blue.example", status: "5.1.1", code: 550, contains: "no such", by: "mail.green.example", report_to: "alice@green.example")"#,
            r#"Bounced(to: "x@blue.example", status: "5.2.2")"#,
        ),
        (
            r#"Bounced(to: "x@blue.example", count: 1)"#,
            r#"Bounced(to: "x@blue.example", report_to: "bob@blue.example")"#,
        ),
        (r#"Bounced(to: "x@blue.example", within: "1s")"#, r#"Bounced(to: "x@blue.example", after: "1s")"#),
        (r#"Attempts(to: "bob@blue.example", count: 2)"#, r#"Attempts(to: "bob@blue.example", count: 1)"#),
        (
            r#"Attempts(to: "bob@blue.example", by: "mail.green.example", count: (1, 2))"#,
            r#"Attempts(to: "bob@blue.example", by: "mx.blue.example", count: AtLeast(1))"#,
        ),
        (
            r#"Hops(to: "bob@blue.example", hosts: ["laptop", "mail.green.example", "mx.blue.example"])"#,
            r#"Hops(to: "bob@blue.example", hosts: ["laptop", "mx.blue.example"])"#,
        ),
        (r#"Reply(from: "mx.blue.example", code: 450)"#, r#"Reply(from: "mail.green.example", code: 450)"#),
        (
            r#"Reply(from: "mx.blue.example", code: 250, count: 1)"#,
            r#"Reply(from: "mx.blue.example", code: 250, contains: "PIPE")"#,
        ),
        (
            r#"Command(from: "mail.green.example", to: "mx.blue.example", line: "ehlo")"#,
            r#"Command(from: "mail.green.example", line: "HELO")"#,
        ),
        (
            r#"Command(from: "mail.green.example", line: "EHLO", contains: "MAIL.green", count: 1)"#,
            r#"Command(from: "mail.green.example", line: "EHLO", contains: "mail.blue")"#,
        ),
        (
            r#"Command(from: "mail.green.example", line: "EHLO", sealed: false)"#,
            r#"Command(from: "mail.green.example", line: "EHLO", sealed: true)"#,
        ),
        (
            r#"Tls(from: "mail.green.example", to: "mx.blue.example", version: Tls13, resumed: false, verified: true, count: 1)"#,
            r#"Tls(from: "mail.green.example", version: Tls12)"#,
        ),
        (r#"Tls(from: "laptop", outcome: Failed, count: 1)"#, r#"Tls(from: "laptop")"#),
        (
            r#"Tls(from: "mail.green.example", outcome: Failed, count: 0)"#,
            r#"Tls(from: "mail.green.example", resumed: true)"#,
        ),
        (r#"Tls(from: "mail.green.example")"#, r#"Tls(from: "mail.green.example", verified: false)"#),
        (
            r#"Lookup(host: "mail.green.example", name: "blue.example", rtype: MX, result: "MX.blue")"#,
            r#"Lookup(host: "mail.green.example", name: "blue.example", cached: true)"#,
        ),
        (r#"Unsent(to: "bob@blue.example", code: 554)"#, r#"Unsent(to: "bob@blue.example", code: 550)"#),
        (
            r#"Policy(host: "mx.blue.example", policy: "greylist", decision: "defer", count: 1)"#,
            r#"Policy(host: "mx.blue.example", policy: "greylist", decision: "accept")"#,
        ),
        (
            r#"Connections(from: "mail.green.example", to: "mx.blue.example", count: 1)"#,
            r#"Connections(from: "laptop", count: 1)"#,
        ),
        ("Total(delivered: 2, bounced: 1, sent: 2, unsent: 1, queued: 0)", "Total(delivered: 3)"),
        ("Total(queued: AtMost(0))", "Total(bounced: 0, delivered: 2)"),
    ];
    for (met, failed) in cases {
        let judgement = judged(met, &[]);
        assert!(judgement.met, "{met}\n{judgement:?}");
        let judgement = judged(failed, &[]);
        assert!(!judgement.met, "{failed}\n{judgement:?}");
        assert!(!judgement.expected.is_empty() && !judgement.happened.is_empty());
    }
}

#[test]
fn queues_and_losses() {
    assert!(judged("QueueEmpty", &[]).met);
    assert!(judged("NothingLost", &[]).met);
    assert!(judged(r#"QueueEmpty(host: "mx.blue.example")"#, &[]).met);
    let record = |what| Record {
        id: None,
        at: Instant::from_nanos(600_000_000_000),
        host: HostId(1),
        conn: None,
        mail: Some(MailId(9)),
        hop: Some(1),
        cause: None,
        what,
    };
    let accepted = record(What::Accepted {
        queue_id: Arc::from("A9"),
        reverse_path: Arc::from(""),
        recipients: vec![Arc::from("bob@blue.example")],
        size_bytes: 1,
        added: vec![],
    });
    let done =
        record(What::Queue { queue_id: Arc::from("A9"), queue: QueueName::Done, reason: Arc::from(""), until: None });
    let waiting = judged("QueueEmpty", std::slice::from_ref(&accepted));
    assert!(!waiting.met);
    assert_eq!(
        waiting.happened,
        "1 mail still waits, the first on mail.green.example since 10 min as A9 for bob@blue.example"
    );
    assert!(judged(r#"QueueEmpty(host: "mx.blue.example")"#, std::slice::from_ref(&accepted)).met);
    assert!(judged("NothingLost", std::slice::from_ref(&accepted)).met);
    let lost = judged("NothingLost", &[accepted, done]);
    assert!(!lost.met);
    assert_eq!(lost.happened, "1 recipient has no fate, the first is bob@blue.example of A9 on mail.green.example");
}

#[test]
fn a_failed_claim_reads_like_a_diagnostic() {
    let text = format!(r#"{HEAD}Delivered(to: "bob@blue.example", copies: 2, within: "1min")])"#);
    let plan = good(&text);
    let mut judge = Judge::new(&plan);
    story().iter().for_each(|r| judge.record(r));
    let shown = crate::diag::render(&judge.judgements()[0].diagnostic("a.ron"), &text, false);
    assert_eq!(
        shown,
        "error[expectation]: expected: bob@blue.example gets exactly 2 copies, within 1 min of being composed\n --> a.ron:9:12\n  |\n9 |   expect: [Delivered(to: \"bob@blue.example\", copies: 2, within: \"1min\")])\n  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this did not come true\n  |\n  = note: what happened: it was filed once: at 0:05:01.310 on mx.blue.example (5 min after it was composed)\n"
    );
}
