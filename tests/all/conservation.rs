//! Nothing is lost, whatever goes wrong: hundreds of small random worlds, each run to its end.
//!
//! A world has three to six servers on a random graph of bad links, people who write, and a timetable of troubles:
//! links and hosts that go down, name servers that fail, scripted replies, greylists, forwards in circles, routes in
//! circles, mailboxes and domains that do not exist. Whatever happens, [`check`] must hold.
//!
//! `POSTROAD_SEEDS=100..200` runs other seeds than the usual ones; `POSTROAD_SHOW=1` prints their scenarios.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::lab::{self, Look, Run};
use postroad::identity::ReversePath;
use postroad::sim::{Instant, StopReason, Stream, Streams};
use postroad::trace::{Change, ConditionStep, Verdict, What};

/// How many worlds.
const SEEDS: std::ops::Range<u64> = 0..520;

/// No more events than this for each mail of a run, reports included. Most need some 160; the dearest of 4,500 worlds
/// needed 2,300 (long letters over a slow link that loses every tenth packet, tried again for hours).
const MOST_EVENTS_PER_MAIL: u64 = 8_000;
/// And for each recipient that a server takes.
const MOST_EVENTS_PER_COPY: u64 = 1_000;

struct Dice(Stream);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0.below(n)
    }
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.below(high - low + 1)
    }
    /// Once in so many times.
    fn one_in(&mut self, n: u64) -> bool {
        self.0.below(n) == 0
    }
    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.0.below(items.len() as u64) as usize]
    }
}

/// A random world as a scenario's text.
fn world(seed: u64) -> String {
    let d = &mut Dice(Streams::new(seed).stream("conservation"));
    let count = d.between(3, 6);
    let server = |n: u64| format!("mx{n}.d{n}.example");
    let people: Vec<u64> = (0..count).filter(|n| *n == 0 || !d.one_in(3)).collect();
    let mut out = format!("(\n    title: \"world {seed}\",\n    seed: {seed},\n    run_for: \"60d\",\n    hosts: {{\n");
    for n in 0..count {
        let _ = writeln!(out, "        \"{}\": Mta({}),", server(n), mta(d, n, count));
    }
    for n in &people {
        let mut fields = String::new();
        if d.one_in(4) {
            fields += ", pipelining: false";
        }
        if d.one_in(4) {
            fields += ", esmtp: false";
        }
        if d.one_in(3) {
            fields += ", reply_timeout: \"30s\"";
        }
        let _ = writeln!(
            out,
            "        \"pc{n}\": User(mailbox: \"u1@d{n}.example\", submits_to: \"{}\"{fields}),",
            server(*n)
        );
    }
    let router = d.one_in(2);
    if router {
        out += "        \"core\": Router,\n";
    }
    let second = d.one_in(3);
    if second {
        // A backup exchanger for the first domain.
        let _ = writeln!(
            out,
            "        \"mxb.d0.example\": Mta(relay_for: [\"d0.example\"], retry: Custom(delays: [\"7min\"]), lifetime: \"3h\"),"
        );
    }
    out += "    },\n    links: [\n";
    let mut pairs: Vec<(String, String)> = Vec::new();
    for n in 1..count {
        let other = d.below(n);
        pairs.push((server(other), server(n)));
    }
    if router {
        pairs.push(("core".into(), server(0)));
        let last = server(count - 1);
        if last != server(0) {
            pairs.push(("core".into(), last));
        }
    }
    if second {
        pairs.push(("mxb.d0.example".into(), server(count - 1)));
    }
    for _ in 0..d.below(3) {
        let (a, b) = (d.below(count), d.below(count));
        let known = |x: &str, y: &str| pairs.iter().any(|(p, q)| (p == x && q == y) || (p == y && q == x));
        if a != b && !known(&server(a), &server(b)) {
            pairs.push((server(a), server(b)));
        }
    }
    let bad = pairs.len();
    for n in &people {
        pairs.push((format!("pc{n}"), server(*n)));
    }
    for (place, (a, b)) in pairs.iter().enumerate() {
        let mut link = format!("latency: \"{}us\"", d.pick(&[200, 1_000, 10_000, 45_000, 150_000]));
        if place < bad || d.one_in(5) {
            if d.one_in(3) {
                let _ = write!(link, ", loss: \"{} %\"", d.between(1, 12));
            }
            if d.one_in(3) {
                let _ = write!(link, ", jitter: \"{}ms\"", d.between(1, 40));
            }
            if d.one_in(3) {
                let _ = write!(
                    link,
                    ", bandwidth: \"{}kbit/s\", buffer: \"{}kB\"",
                    d.pick(&[64, 512, 10_000]),
                    d.pick(&[6, 20, 200])
                );
            }
            if d.one_in(6) {
                link += ", mtu: \"576 B\"";
            }
        }
        let _ = writeln!(out, "        (\"{a}\", \"{b}\", ({link})),");
    }
    out += "    ],\n    zones: {\n        \"void.example\": [(\"@\", \"MX 0 .\")],\n";
    let _ = writeln!(out, "        \"odd.example\": [(\"@\", \"MX 10 {}\")],", server(0));
    if second {
        let _ = writeln!(
            out,
            "        \"d0.example\": Zone(ttl: \"10min\", records: [(\"@\", \"MX 10 {}\"), (\"@\", \"MX {} mxb.d0.example\")]),",
            server(0),
            d.pick(&[10, 20])
        );
    }
    out += "    },\n    mail: [\n";
    for _ in 0..d.between(3, 12) {
        let n = d.pick(&people);
        let mut to = BTreeSet::new();
        for _ in 0..d.between(1, 4) {
            to.insert(address(d, count));
        }
        let to: Vec<String> = to.into_iter().map(|t| format!("\"{t}\"")).collect();
        let mut fields = String::new();
        if d.one_in(3) {
            let _ = write!(fields, ", size: \"{} B\"", d.pick(&[2_000, 9_000, 60_000]));
        }
        if d.one_in(8) {
            fields += ", mail_from: \"<>\"";
        }
        if d.one_in(5) {
            let _ = write!(fields, ", count: {}, every: \"{}ms\"", d.between(2, 8), d.pick(&[1, 500, 60_000]));
        }
        let _ = writeln!(
            out,
            "        (at: \"{}s\", from: \"u1@d{n}.example\", to: [{}]{fields}),",
            d.below(1200),
            to.join(", ")
        );
    }
    out += "    ],\n    faults: [\n";
    out += &faults(d, &pairs, count, &server);
    out += "    ],\n    nowhere: [\"x@void.example\", \"x@odd.example\", \"x@missing.example\", \"missing.example\"";
    for n in 0..count {
        let _ = write!(out, ", \"ghost@d{n}.example\", \"loop@d{n}.example\", \"team@d{n}.example\"");
    }
    out + "],\n)\n"
}

/// The fields of a server.
fn mta(d: &mut Dice, n: u64, count: u64) -> String {
    let mut f = format!("domains: [\"d{n}.example\"], mailboxes: [\"u1\", \"u2\"]");
    f += &match d.below(4) {
        0 => String::from(", retry: Custom(delays: [\"2min\", \"5min\", \"20min\"]), lifetime: \"2h\""),
        1 => String::from(", retry: Postfix, lifetime: \"4h\", delay_warning: \"30min\""),
        2 => String::from(", retry: Exim, lifetime: \"6h\", delay_warning: Never"),
        _ => String::from(", retry: OpenSmtpd, lifetime: \"1h\", delay_warning: \"10min\""),
    };
    let next = (n + 1) % count;
    // `team` goes to others, `loop` from server to server and back.
    f += &format!(
        ", forwards: {{\"team@d{n}.example\": [\"u1@d{n}.example\", \"u2@d{next}.example\"{}], \"loop@d{n}.example\": [\"loop@d{next}.example\"]}}",
        d.pick(&["", ", \"x@missing.example\"", ", \"u2@d0.example\""])
    );
    f += &format!(", hop_limit: {}", d.between(8, 25));
    if d.one_in(3) {
        f += d.pick(&[
            ", without: [Pipelining]",
            ", without: [Size]",
            ", without: [Pipelining, EnhancedStatusCodes]",
            ", esmtp: false",
        ]);
    }
    if d.one_in(3) {
        f += d.pick(&[", unknown_users: AcceptThenBounce", ", unknown_users: AcceptThenDiscard"]);
    }
    if d.one_in(4) {
        f += d.pick(&[", greylist: \"3min\"", ", greylist: Greylist(delay: \"10min\", retry_window: \"20min\")"]);
    }
    if d.one_in(4) {
        f += ", sender_domain: MustExist";
    }
    if d.one_in(4) {
        f += d.pick(&[", looks_up_clients: true", ", client_name: MustExist", ", client_name: MustLeadBack"]);
    }
    if d.one_in(4) {
        f += ", max_size: \"20 kB\"";
    }
    if d.one_in(5) {
        f += ", max_recipients: 2";
    }
    if d.one_in(3) {
        f += &format!(", concurrency: {}, mails_per_connection: {}", d.between(1, 3), d.pick(&[1, 2, 100]));
    }
    if d.one_in(3) {
        f += d.pick(&[", idle: \"3s\"", ", idle: \"10min\""]);
    }
    if d.one_in(4) {
        f += d.pick(&[", idle_timeout: \"20s\"", ", idle_timeout: \"2min\""]);
    }
    if d.one_in(3) {
        f += d.pick(&[", reply_timeout: \"15s\"", ", reply_timeout: \"2min\""]);
    }
    if d.one_in(4) {
        f += d.pick(&[", processing: \"200ms\"", ", processing: \"5s\""]);
    }
    if n == 0 && d.one_in(8) && !f.contains("processing") {
        // Slower than impatient clients: every attempt makes a copy (RFC 1047).
        f += ", processing: \"20s\"";
    }
    if d.one_in(6) {
        f += ", recipients_per_transaction: 1";
    }
    if d.one_in(6) {
        f += ", pipelining: false";
    }
    if d.one_in(3) {
        f += d.pick(&[", sessions_per_attempt: 1", ", sessions_per_attempt: 5"]);
    }
    if d.one_in(4) {
        f += ", dns_cache: false";
    }
    if d.one_in(8) {
        // Mail for a neighbour's domain goes somewhere, perhaps in a circle.
        let (of, over) = (d.below(count), d.below(count));
        if of != n && over != n {
            f += &format!(", routes: {{\"d{of}.example\": \"mx{over}.d{over}.example\"}}");
        }
    }
    if d.one_in(8) {
        f += ", open_relay: true";
    }
    if d.one_in(3) {
        let mut rules = Vec::new();
        for _ in 0..d.between(1, 3) {
            let reply = d.pick(&[
                "450 4.2.0 Not now",
                "451 4.3.0 Trouble",
                "452 4.2.2 Full",
                "421 4.3.2 Going down",
                "550 5.7.1 No",
                "554 5.0.0 Never",
            ]);
            let stage = d.pick(&["Connect", "Hello", "Mail", "Rcpt", "Data", "EndOfData"]);
            let nth = d.pick(&["1", "(1, 3)", "(2, 4)", "(5, 9)"]);
            let close = if d.one_in(4) { ", close: true" } else { "" };
            rules.push(format!("(to: {stage}, nth: {nth}, reply: \"{reply}\"{close})"));
        }
        f += &format!(", replies: [{}]", rules.join(", "));
    }
    f
}

fn address(d: &mut Dice, count: u64) -> String {
    let n = d.below(count);
    match d.below(12) {
        0 => "x@void.example".into(),
        1 => "x@odd.example".into(),
        2 => "x@missing.example".into(),
        3 => format!("ghost@d{n}.example"),
        4 => format!("team@d{n}.example"),
        5 => format!("loop@d{n}.example"),
        6 | 7 => format!("u2@d{n}.example"),
        _ => format!("u1@d{n}.example"),
    }
}

fn faults(d: &mut Dice, pairs: &[(String, String)], count: u64, server: &dyn Fn(u64) -> String) -> String {
    let mut timed = Vec::new();
    for _ in 0..d.below(8) {
        let (a, b) = &pairs[d.below(pairs.len() as u64) as usize];
        let host = server(d.below(count));
        let what = match d.below(9) {
            0 | 1 => format!("Down(link: (\"{a}\", \"{b}\"))"),
            2 | 3 => format!("Down(host: \"{host}\")"),
            4 => format!("Loss(link: (\"{a}\", \"{b}\"), loss: \"{} %\")", d.pick(&[10, 30, 100])),
            5 => format!("Latency(link: (\"{a}\", \"{b}\"), latency: \"{}ms\")", d.pick(&[1, 400, 2_000])),
            6 => format!("Forgets(link: (\"{a}\", \"{b}\"), after: \"{}s\")", d.pick(&[1, 40, 240])),
            7 => String::from("Dns(mode: ServFail)"),
            _ => String::from("Dns(mode: Silent)"),
        };
        let lasting = match d.below(5) {
            0 => String::new(),
            1 => format!(", lasting: \"{}s\"", d.between(1, 20)),
            _ => format!(", lasting: \"{}s\"", d.between(30, 3000)),
        };
        timed.push((d.below(1500), what, lasting));
    }
    timed.sort();
    let mut out = String::new();
    for (at, what, lasting) in timed {
        let _ = writeln!(out, "        (at: \"{at}s\", what: {what}{lasting}),");
    }
    for _ in 0..d.below(4) {
        let (a, b) = &pairs[d.below(pairs.len() as u64) as usize];
        let host = server(d.below(count));
        let nth = d.between(1, 4);
        let when = match d.below(6) {
            0 | 1 => format!("FinalDot(at: \"{host}\", nth: {nth})"),
            2 => format!(
                "Heard(by: \"{host}\", line: \"{}\", nth: {nth})",
                d.pick(&["MAIL", "RCPT", "DATA", "QUIT", "RSET"])
            ),
            3 => format!("Heard(by: \"{host}\", line: \"{}\", nth: {nth})", d.pick(&["220", "250", "354", "221", "5"])),
            4 => format!(
                "Said(by: \"{host}\", line: \"{}\", nth: {nth})",
                d.pick(&["MAIL", "RCPT", "DATA", ".", "QUIT"])
            ),
            _ => format!("Said(by: \"{host}\", line: \"{}\", nth: {nth})", d.pick(&["220", "250", "354", "221"])),
        };
        let (what, undo) = match d.below(4) {
            0 => (format!("Down(host: \"{host}\")"), true),
            1 => (format!("Down(host: \"{}\")", server(d.below(count))), true),
            2 => (format!("Drop(link: (\"{a}\", \"{b}\"), packets: {})", d.between(1, 5)), false),
            _ => (format!("Down(link: (\"{a}\", \"{b}\"))"), true),
        };
        let lasting = if undo { format!(", lasting: \"{}s\"", d.pick(&[1, 20, 300, 2000])) } else { String::new() };
        let _ = writeln!(out, "        (when: {when}, what: {what}{lasting}),");
    }
    out
}

/// What must hold of every run. Returns what is wrong.
pub(crate) fn check(run: &Run) -> Result<(), String> {
    if run.stop != StopReason::Idle {
        return Err(format!("the run does not end: {:?} at {:?}", run.stop, run.end));
    }
    let report = run.report.as_ref().map_err(Clone::clone)?;
    // What a host holds that never comes back stays there.
    let mut down = BTreeSet::new();
    for record in &run.records {
        if let What::Condition { step, change: Change::Host { host, up }, leaves, .. } = &record.what {
            if *step == ConditionStep::Begins && !up || leaves.is_some() {
                down.insert(*host);
            } else {
                down.remove(host);
            }
        }
    }
    if report.queued != 0 && down.is_empty() {
        return Err(format!("{} recipients are queued, and nothing will happen any more", report.queued));
    }
    // Where answers to the dot come too late, copies breed in a loop: lawful, and as many events as there are copies.
    let most = MOST_EVENTS_PER_MAIL * report.mails.max(3) + MOST_EVENTS_PER_COPY * report.totals.accepted;
    if report.events > most {
        return Err(format!("{} events for {} mails: a storm", report.events, report.mails));
    }
    // What people composed, and what became of it on their own machine.
    let mut composed: BTreeMap<(u64, String), u32> = BTreeMap::new();
    let mut hosts = BTreeMap::new();
    let mut ended: BTreeMap<(u64, String), u32> = BTreeMap::new();
    // Recipients of a mail on a hop that a client saw accepted, and that a server accepted.
    let mut seen: BTreeMap<(u64, u16, String), u32> = BTreeMap::new();
    let mut taken: BTreeMap<(u64, u16, String), u32> = BTreeMap::new();
    let mut copies: BTreeMap<(u64, String), u32> = BTreeMap::new();
    let mut doubtful: BTreeMap<u64, u32> = BTreeMap::new();
    let (mut crashes, mut forwarded) = (0, BTreeSet::new());
    let (mut reported, mut reports) = (BTreeSet::new(), BTreeSet::new());
    let mut last = Instant::ZERO;
    for record in &run.records {
        if record.at < last {
            return Err(format!("time goes backwards at {record:?}"));
        }
        last = record.at;
        let user = &*run.roster.hosts[record.host.0 as usize].role == "user";
        let mail = record.mail.map_or(0, |m| m.0);
        let hop = record.hop.unwrap_or(0);
        match &record.what {
            What::Composed { to, .. } if user => {
                hosts.insert(mail, record.host);
                for recipient in to {
                    *composed.entry((mail, recipient.to_string())).or_default() += 1;
                }
            }
            What::Composed { .. } => {
                reports.insert(mail);
            }
            What::Outcome { recipient, verdict, reply, .. } => {
                if *verdict == Verdict::Accepted {
                    *seen.entry((mail, hop, recipient.to_string())).or_default() += 1;
                    if hosts.get(&mail) == Some(&record.host) {
                        *ended.entry((mail, recipient.to_string())).or_default() += 1;
                    }
                } else if reply.visible().contains("may arrive twice") {
                    *doubtful.entry(mail).or_default() += 1;
                }
            }
            What::Unsent { recipient, .. } => {
                *ended.entry((mail, recipient.to_string())).or_default() += 1;
            }
            What::Accepted { recipients, .. } => {
                if !hosts.contains_key(&mail) && !reports.contains(&mail) {
                    return Err(format!("a mail that nobody composed was accepted: {record:?}"));
                }
                for recipient in recipients {
                    *taken.entry((mail, hop, recipient.to_string())).or_default() += 1;
                }
            }
            What::Delivered { recipient, .. } => {
                *copies.entry((mail, recipient.to_string())).or_default() += 1;
            }
            What::Bounced { report, .. } => {
                reported.extend(report.map(|r| r.0));
            }
            What::Policy { policy, .. } if &**policy == "forward" => {
                forwarded.insert(mail);
            }
            What::Condition { step: ConditionStep::Begins, change: Change::Host { up: false, .. }, .. } => crashes += 1,
            What::Alarm { text } => return Err(format!("alarm: {text}")),
            _ => {}
        }
    }
    if !run.outbox.is_empty() {
        return Err(format!("left in outboxes: {:?}", run.outbox));
    }
    if composed != ended {
        let differ: Vec<_> = composed.iter().filter(|(k, v)| ended.get(k) != Some(v)).collect();
        return Err(format!("composed, but handed over or unsent another number of times: {differ:?}"));
    }
    for (key, times) in &seen {
        if taken.get(key).is_none_or(|t| t < times) {
            return Err(format!(
                "{key:?}: a client saw 250 {times} times, the server said it {:?} times",
                taken.get(key)
            ));
        }
    }
    for ((mail, recipient), times) in &copies {
        let most = 1 + doubtful.get(mail).copied().unwrap_or(0) + crashes;
        if !forwarded.contains(mail) && *times > most {
            return Err(format!("mail {mail}: {times} copies for {recipient}, {most} can be explained"));
        }
    }
    if let Some(missing) = reported.difference(&reports).next() {
        return Err(format!("report {missing} was promised and never written"));
    }
    let total: u32 = copies.values().sum();
    if report.totals.delivered != u64::from(total) || run.filed.len() as u64 != report.totals.delivered {
        return Err(format!("{total} deliveries told, {} counted, {} filed", report.totals.delivered, run.filed.len()));
    }
    for filed in &run.filed {
        let front = match &filed.from {
            ReversePath::Null => "Return-Path: <>\r\n".to_owned(),
            ReversePath::Mailbox(mailbox) => format!("Return-Path: <{mailbox}>\r\n"),
        };
        if !filed.bytes.starts_with(front.as_bytes()) {
            return Err(format!("{}: no Return-Path in front", filed.to));
        }
    }
    Ok(())
}

/// Runs one world twice, once without keeping records, and checks it. Returns events per mail.
fn try_seed(seed: u64) -> Result<u64, String> {
    let text = world(seed);
    if std::env::var_os("POSTROAD_SHOW").is_some() {
        println!("{text}");
    }
    let plan = lab::plan(&text);
    let run = lab::run(&plan, Look { records: true, checksum: true, ..Look::default() });
    check(&run)?;
    let again = lab::run(&plan, Look { checksum: true, ..Look::default() });
    if (run.checksum, &run.report) != (again.checksum, &again.report) {
        return Err("two runs differ".into());
    }
    let report = run.report.as_ref().map_err(Clone::clone)?;
    Ok(report.events / report.mails.max(3))
}

fn try_seeds(seeds: std::ops::Range<u64>) {
    let mut failures = Vec::new();
    let (mut worst, mut sum, count) = ((0, 0), 0, seeds.end - seeds.start);
    for seed in seeds {
        match std::panic::catch_unwind(|| try_seed(seed)) {
            Ok(Ok(events)) => {
                worst = worst.max((events, seed));
                sum += events;
            }
            Ok(Err(wrong)) => failures.push(format!("seed {seed}: {wrong}")),
            Err(_) => failures.push(format!("seed {seed}: panic")),
        }
    }
    println!("events per mail: {} on average, {} at most (seed {})", sum / count.max(1), worst.0, worst.1);
    assert!(failures.is_empty(), "{} worlds failed\n{}", failures.len(), failures.join("\n"));
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("POSTROAD_SEEDS") else { return SEEDS };
    let (from, to) = text.split_once("..").expect("POSTROAD_SEEDS is from..to");
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn nothing_is_lost_in_random_worlds_1() {
    let all = seeds();
    try_seeds(all.start..(all.start + all.end) / 2);
}

#[test]
fn nothing_is_lost_in_random_worlds_2() {
    let all = seeds();
    try_seeds((all.start + all.end) / 2..all.end);
}
