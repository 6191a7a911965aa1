//! The truth of Linux: times of real deliveries over a real delay line, against the simulated ones
//! (`tests/data/tcp-truth.csv`).

use std::sync::Arc;

use super::lab;
use postroad::scenario::Role;
use postroad::sim::{Distribution, Duration};
use postroad::trace::{ConnectionState, What};

/// A row of the table.
#[derive(Clone, Debug)]
struct Row {
    delay_us: u64,
    rate_mbit: u64,
    buffer_bytes: u64,
    loss_percent: String,
    bytes: u64,
    mails: u64,
    least: f64,
    most: f64,
    start_up: f64,
    kind: String,
}

fn rows() -> Vec<Row> {
    let text = include_str!("../data/tcp-truth.csv");
    let lines = text.lines().filter(|l| !l.starts_with('#')).skip(1);
    let row = |line: &str| {
        let f: Vec<&str> = line.split(',').collect();
        assert_eq!(f.len(), 10, "{line}");
        let float = |i: usize| f[i].parse::<f64>().unwrap();
        Row {
            delay_us: (float(0) * 1000.0) as u64,
            rate_mbit: f[1].parse().unwrap(),
            buffer_bytes: f[2].parse().unwrap(),
            loss_percent: f[3].into(),
            bytes: f[4].parse().unwrap(),
            mails: f[5].parse().unwrap(),
            least: float(6),
            most: float(7),
            start_up: float(8),
            kind: f[9].into(),
        }
    };
    lines.map(row).collect()
}

/// How far off a figure may be: nothing is left to chance where nothing is dropped; where a buffer overflows, which
/// packets are dropped hangs on microseconds.
fn tolerance(kind: &str) -> f64 {
    match kind {
        "clean" => 0.03,
        "rough" | "loss" => 0.15,
        "drops" => 0.25,
        "window" => 0.10,
        other => panic!("no such kind: {other}"),
    }
}

/// Seconds from the first SYN to the reply to QUIT.
fn simulated(row: &Row, seed: u64) -> f64 {
    let rate = if row.rate_mbit == 0 { "Unlimited".into() } else { format!("\"{}Mbit/s\"", row.rate_mbit) };
    let buffer = if row.buffer_bytes == 0 { String::new() } else { format!(", buffer: \"{} B\"", row.buffer_bytes) };
    let buffer = if row.rate_mbit > 0 && row.buffer_bytes == 0 { ", buffer: \"1GiB\"".into() } else { buffer };
    let loss = if row.loss_percent == "0" { String::new() } else { format!(", loss: \"{}%\"", row.loss_percent) };
    let text = format!(
        r#"(
    title: "delay line",
    seed: {seed},
    hosts: {{
        "client": User(mailbox: "a@client.example", submits_to: "mx.blue.example", port: 25, esmtp: false, pipelining: false),
        "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["b"]),
    }},
    links: [("client", "mx.blue.example", (latency: "{}us", bandwidth: {rate}{buffer}{loss}))],
    nowhere: ["client.example"],
    mail: [(at: "1s", from: "a@client.example", to: ["b@blue.example"], size: "{} B", count: {})],
)"#,
        row.delay_us, row.bytes, row.mails
    );
    let mut plan = lab::plan(&text);
    plan.mail[0].every = Distribution::Fixed(0);
    let Role::User(user) = &mut plan.hosts[0].role else { panic!("the client is a user") };
    Arc::make_mut(&mut user.sending.queue).limits.most_connections = 1;
    let courier = Arc::make_mut(&mut user.sending.courier);
    (courier.mails_per_connection, courier.idle) = (100, Duration::ZERO);
    let run = lab::tell_plan(&plan);
    assert_eq!(run.letters("b@blue.example") as u64, row.mails);
    assert!(run.filed.iter().all(|f| f.bytes.len() as u64 >= row.bytes));
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
    let rows = rows();
    assert!(rows.len() >= 20);
    for row in &rows {
        let ours = if row.kind == "loss" {
            let mut all: Vec<f64> = (1..=200).map(|seed| simulated(row, seed)).collect();
            all.sort_by(f64::total_cmp);
            (all[99] + all[100]) / 2.0
        } else {
            simulated(row, 1)
        };
        let ours = ours + row.start_up;
        let off = if ours < row.least { ours / row.least - 1.0 } else { (ours / row.most - 1.0).max(0.0) };
        let line = format!(
            "{} us, {} Mbit/s, {} B, {} %, {} bytes, {} mails: {ours:.3} s, measured {} to {} s: {:+.1} % ({})",
            row.delay_us,
            row.rate_mbit,
            row.buffer_bytes,
            row.loss_percent,
            row.bytes,
            row.mails,
            row.least,
            row.most,
            off * 100.0,
            row.kind
        );
        println!("{line}");
        if off.abs() > tolerance(&row.kind) {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
