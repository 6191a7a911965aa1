//! The truth of Linux: times of real deliveries over a real delay line, against the simulated ones.
//!
//! Measured with a real client, a real server and the TCP of Linux (Reno) over a line that delays and does nothing
//! else: one connection; banner, HELO, MAIL, RCPT, DATA, content, QUIT, without pipelining; from connect to the reply to
//! QUIT. About 0.01 s of process start-up is in each figure, and is added to ours.

use super::lab;
use postroad::scenario::Role;
use postroad::sim::{Distribution, Duration};
use postroad::trace::{ConnectionState, What};

/// What the start of two processes adds to every measured figure, in seconds.
const START_UP: f64 = 0.01;

/// How far off a figure may be.
const TOLERANCE: f64 = 0.03;

/// One-way delay in milliseconds, size in bytes, mails on the connection, least and most seconds measured, whether the
/// tolerance is demanded (at 5 ms the start-up is a tenth of the figure and is not known that well).
const MEASURED: &[(u64, u64, u64, f64, f64, bool)] = &[
    (5, 4_096, 1, 0.087, 0.087, false),
    (5, 100_000, 1, 0.111, 0.111, false),
    (5, 1_000_000, 1, 0.158, 0.158, false),
    (50, 4_096, 1, 0.809, 0.809, true),
    (50, 100_000, 1, 1.010, 1.010, true),
    (50, 1_000_000, 1, 1.42, 1.46, true),
    (50, 4_096, 10, 4.42, 4.42, true),
    (100, 4_096, 1, 1.609, 1.609, true),
    (100, 100_000, 1, 2.010, 2.010, true),
    (100, 1_000_000, 1, 2.82, 3.02, true),
];

/// Seconds from the first SYN to the reply to QUIT.
fn simulated(delay_ms: u64, size: u64, mails: u64) -> f64 {
    let text = format!(
        r#"(
    title: "delay line",
    hosts: {{
        "client": User(mailbox: "a@client.example", submits_to: "mx.blue.example", port: 25, esmtp: false, pipelining: false),
        "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["b"]),
    }},
    links: [("client", "mx.blue.example", (latency: "{delay_ms}ms", bandwidth: Unlimited))],
    nowhere: ["client.example"],
    mail: [(at: "1s", from: "a@client.example", to: ["b@blue.example"], size: "{size} B", count: {mails})],
)"#
    );
    let mut plan = lab::plan(&text);
    plan.mail[0].every = Distribution::Fixed(0);
    let Role::User(user) = &mut plan.hosts[0].role else { panic!("the client is a user") };
    user.client.concurrency = 1;
    user.client.mails_per_connection = 100;
    user.client.idle = Duration::ZERO;
    let run = lab::tell_plan(&plan);
    assert_eq!(run.letters("b@blue.example") as u64, mails);
    assert!(run.filed.iter().all(|f| f.bytes.len() as u64 >= size));
    // The look-up of the server's name came before, and does not count.
    let client = run.host("client");
    let began: Vec<_> = run
        .records
        .iter()
        .filter(|r| r.host == client && matches!(r.what, What::Connection { state: ConnectionState::Connecting, .. }))
        .map(|r| r.at)
        .collect();
    assert_eq!(began.len(), 1, "one connection");
    assert_eq!(run.said("client", "HELO").len(), 1);
    let replies = run.lines("client", postroad::trace::Direction::Received, postroad::trace::Side::Client);
    let last = replies.last().unwrap();
    assert!(last.1.starts_with("221"), "{last:?}");
    lab::seconds(last.0 - began[0])
}

#[test]
fn deliveries_take_as_long_as_they_do_on_linux() {
    let mut wrong = Vec::new();
    for (delay, size, mails, least, most, demanded) in MEASURED.iter().copied() {
        let ours = simulated(delay, size, mails) + START_UP;
        let off = if ours < least { ours / least - 1.0 } else { (ours / most - 1.0).max(0.0) };
        let line = format!(
            "{delay} ms, {size} bytes, {mails} mails: {ours:.3} s, measured {least} to {most} s: {:+.1} %",
            off * 100.0
        );
        println!("{line}");
        // At 5 ms a tenth is enough.
        if off.abs() > if demanded { TOLERANCE } else { 0.15 } {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
