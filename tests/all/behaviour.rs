//! Rules of mail that whole runs must show, one scenario each.

use mail_parser::{MessageParser, MimeHeaders};
use postroad::identity::ReversePath;
use postroad::sim::{Duration, Instant};
use postroad::trace::{Direction, LossReason, QueueName, Verdict, What, transcript};

use super::lab::{self, Look, Run, secs, tell};

/// `pc` writes as `a@green.example`, `mx.green.example` passes it on, `mx.blue.example` has the mailboxes b, c and d.
/// `green` and `blue` are further fields of the servers, `hosts` and `links` further entries, `rest` further fields.
struct Scene<'a> {
    green: &'a str,
    blue: &'a str,
    hosts: &'a str,
    links: &'a str,
    rest: &'a str,
}

const SCENE: Scene<'static> = Scene { green: "", blue: "", hosts: "", links: "", rest: "" };

impl Scene<'_> {
    fn text(&self) -> String {
        let Scene { green, blue, hosts, links, rest } = self;
        format!(
            r#"(
    title: "test",
    hosts: {{
        "pc": User(mailbox: "a@green.example", submits_to: "mx.green.example"),
        "mx.green.example": Mta(domains: ["green.example"], mailboxes: ["a"], {green}),
        "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["b", "c", "d"], {blue}),
        {hosts}
    }},
    links: [
        ("pc", "mx.green.example", (latency: "1ms")),
        ("mx.green.example", "mx.blue.example", (latency: "10ms")),
        {links}
    ],
    {rest}
)"#
        )
    }
    fn tell(&self) -> Run {
        tell(&self.text())
    }
}

/// One mail at one second.
fn letter(to: &str) -> String {
    format!(r#"mail: [(at: "1s", from: "a@green.example", to: [{to}], subject: "Hello", text: "Hi")],"#)
}

fn at(text: &str) -> Instant {
    Instant::ZERO + text.parse::<Duration>().unwrap()
}

const GREEN: &str = "mx.green.example";
const BLUE: &str = "mx.blue.example";

/// The run in words.
fn story(run: &Run) -> String {
    let lines = transcript::story(&run.roster, &run.records, &transcript::Options::default());
    lines.iter().map(|line| line.text() + "\n").collect()
}

/// The reports in the mailbox of the author.
fn reports(run: &Run) -> Vec<String> {
    let all = run.mailbox("a@green.example").into_iter();
    all.filter(|f| f.from == ReversePath::Null).map(|f| String::from_utf8(f.bytes.clone()).unwrap()).collect()
}

/// The values of the fields of one name, unfolded, from top to bottom.
fn fields(content: &[u8], name: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(content).replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = text.split("\r\n\r\n").next().unwrap().to_owned();
    let prefix = format!("{}:", name.to_ascii_lowercase());
    let found = header.lines().filter(|l| l.to_ascii_lowercase().starts_with(&prefix));
    found.map(|l| l[prefix.len()..].trim().to_owned()).collect()
}

// ---- the story

#[test]
fn a_fault_stands_in_its_place_in_the_story() {
    for (fault, before, after) in [
        (r#"what: Down(link: ("mx.green.example", "mx.blue.example")), lasting: "5s""#, "connected", "is up again"),
        (r#"what: Down(host: "mx.blue.example"), lasting: "1h""#, "connected", "deferred"),
    ] {
        let run =
            Scene { rest: &format!("{} faults: [(at: \"1050ms\", {fault})],", letter("\"b@blue.example\"")), ..SCENE };
        let told = story(&run.tell());
        let (told_before, rest) = told.split_once("goes down").unwrap();
        assert!(told_before.contains("hop 2") && told_before.contains(before), "{told}");
        assert!(!told_before.contains("delivered") && !told_before.contains("deferred"), "{told}");
        assert!(rest.contains("(continued)") && rest.contains(after), "{told}");
        assert!(!rest.split_once("(continued)").unwrap().1.contains("up again") || fault.contains("1h"), "{told}");
    }
}

// ---- connections and transactions

#[test]
fn a_connection_is_used_again_for_mail_that_waits() {
    let ten = r#"mail: [(at: "1s", from: "a@green.example", to: ["b@blue.example"], count: 10, every: "1ms")],"#;
    for (fields, connections) in [
        ("concurrency: 1, mails_per_connection: 100", 1),
        ("concurrency: 1, mails_per_connection: 4", 3),
        ("concurrency: 1, mails_per_connection: 1", 10),
    ] {
        let run = Scene { green: fields, rest: ten, ..SCENE }.tell();
        assert_eq!(run.letters("b@blue.example"), 10, "{fields}");
        assert_eq!(run.connections(GREEN), connections, "{fields}");
        assert_eq!(run.said(GREEN, "QUIT").len(), connections, "{fields}");
    }
}

#[test]
fn an_idle_connection_is_kept_as_long_as_it_says() {
    let slow = r#"mail: [(at: "1s", from: "a@green.example", to: ["b@blue.example"], count: 5, every: "8s")],"#;
    for (idle, connections) in [("0s", 5), ("5s", 5), ("10s", 1)] {
        let run = Scene { green: &format!("idle: \"{idle}\""), rest: slow, ..SCENE }.tell();
        assert_eq!((run.letters("b@blue.example"), run.connections(GREEN)), (5, connections), "idle: {idle}");
        assert_eq!(run.said(GREEN, "QUIT").len(), connections, "idle: {idle}");
        let last = run.said(GREEN, "QUIT").last().unwrap().0;
        let after = secs(last) - secs(run.mailbox("b@blue.example").last().unwrap().at);
        let patience = secs(at(idle));
        assert!((patience..patience + 0.1).contains(&after), "QUIT {after} s after the last mail; idle: {idle}");
    }
}

#[test]
fn an_idle_connection_that_the_server_closes_is_not_used() {
    // The server is less patient than the client.
    let slow = r#"mail: [(at: "1s", from: "a@green.example", to: ["b@blue.example"], count: 3, every: "1min")],"#;
    let run = Scene { green: "idle: \"10min\"", blue: "idle_timeout: \"20s\"", rest: slow, ..SCENE }.tell();
    assert_eq!((run.letters("b@blue.example"), run.connections(GREEN)), (3, 3));
    assert_eq!(run.replied(BLUE, "421").len(), 3);
    assert!(run.bounces().is_empty());
}

#[test]
fn recipients_of_one_destination_share_a_transaction_and_have_their_own_verdicts() {
    let blue = r#"replies: [(to: Rcpt, matching: "c@blue.example", nth: 1, reply: "451 4.3.0 Later")]"#;
    let rest =
        letter(r#""b@blue.example", "nobody@blue.example", "c@blue.example""#) + r#"nowhere: ["nobody@blue.example"]"#;
    let run = Scene { blue, rest: &rest, ..SCENE }.tell();
    assert_eq!((run.letters("b@blue.example"), run.letters("c@blue.example")), (1, 1));
    let bounces = run.bounces();
    assert_eq!(bounces.len(), 1);
    assert_eq!((&*bounces[0].0, &*bounces[0].1), ("nobody@blue.example", "5.1.1"));
    // The first transaction has all three, the second only the one that was put off.
    assert_eq!((run.said(GREEN, "MAIL").len(), run.said(GREEN, "RCPT").len()), (2, 4));
    assert_eq!(reports(&run).len(), 1);
    let verdicts: Vec<_> =
        run.outcomes(GREEN).into_iter().filter(|o| o.0.ends_with("blue.example")).map(|o| o.1).collect();
    assert_eq!(verdicts, [Verdict::Accepted, Verdict::Failed, Verdict::Deferred, Verdict::Accepted]);
}

#[test]
fn recipients_beyond_the_limit_come_in_further_transactions() {
    let rest = letter(r#""b@blue.example", "c@blue.example", "d@blue.example""#);
    let run = Scene { green: "recipients_per_transaction: 2", rest: &rest, ..SCENE }.tell();
    assert_eq!(run.said(GREEN, "MAIL").len(), 2);
    // RFC 5321 §4.5.3.1.10: the server has a limit of its own, and the client comes back with the rest.
    let run = Scene { blue: "max_recipients: 2", rest: &rest, ..SCENE }.tell();
    assert_eq!(run.replied(BLUE, "452").len(), 1);
    for name in ["b", "c", "d"] {
        assert_eq!(run.letters(&format!("{name}@blue.example")), 1, "{name}");
    }
}

#[test]
fn every_recipient_refused_and_the_line_cut_before_the_reply_to_data() {
    // The group of commands is cut inside DATA by the segment size: the replies to RCPT come first, alone.
    let hosts = r#""mx2.blue.example": Mta(relay_for: ["blue.example"])"#;
    let links = r#"("mx.green.example", "mx2.blue.example"),"#;
    let most = 536;
    let mail = "MAIL FROM:<a@green.example>\r\n".len();
    let mut names = Vec::new();
    let mut left = most - mail - 3;
    let frame = "RCPT TO:<@blue.example>\r\n".len();
    for others in (0..8).rev() {
        let local = left / (others + 1) - frame;
        names.push(format!("{others}{}", "x".repeat(local - 1)));
        left -= frame + local;
    }
    let list =
        |quote: &str| names.iter().map(|n| format!("{quote}{n}@blue.example{quote}")).collect::<Vec<_>>().join(", ");
    let rest = letter(&list("\""))
        + &format!(
            r#"zones: {{"blue.example": [("@", "MX 10 mx.blue.example"), ("@", "MX 20 mx2.blue.example")]}}, nowhere: [{}],
        faults: [(when: Heard(by: "mx.green.example", line: "550", nth: {}), what: Down(link: ("mx.green.example", "mx.blue.example")), lasting: "5min")]"#,
            list("\""),
            names.len()
        );
    let text = Scene { green: "reply_timeout: \"20s\"", blue: "without: [Size]", hosts, links, rest: &rest }
        .text()
        .replace("(latency: \"10ms\")", "(latency: \"10ms\", bandwidth: \"64kbit/s\", mtu: \"576 B\")");
    let run = tell(&text);
    for r in &run.records {
        if r.host.0 >= 1 {
            if let What::Line { direction, text, .. } = &r.what {
                eprintln!("{:.6} {} {direction:?} {}", secs(r.at), r.host.0, text.visible())
            }
            if let What::Condition { step, change, .. } = &r.what {
                eprintln!("{:.6} {step:?} {change:?}", secs(r.at))
            }
            if let What::Outcome { reply, .. } = &r.what {
                eprintln!("   {:.6} {}", secs(r.at), reply.visible())
            }
        }
    }
    let bounced = run.bounces();
    assert_eq!(bounced.len(), names.len(), "the verdicts of RCPT stand: {bounced:?}");
    assert!(bounced.iter().all(|b| b.1 == "5.1.1"));
    assert_eq!(run.attempts(GREEN).len(), 1, "nobody is left for the second exchanger");
    assert_eq!(reports(&run).len(), 1);
}

#[test]
fn a_server_that_knows_no_ehlo_is_greeted_with_helo() {
    let run = Scene { blue: "esmtp: false", rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
    assert_eq!((run.said(GREEN, "EHLO").len(), run.said(GREEN, "HELO").len()), (1, 1));
    assert_eq!(run.letters("b@blue.example"), 1);
    assert!(fields(&run.mailbox("b@blue.example")[0].bytes, "received")[0].contains("with SMTP "));
}

// ---- next hops

#[test]
fn exchangers_are_tried_in_order_of_preference() {
    let rest = letter(r#""b@blue.example""#)
        + r#"zones: {"blue.example": [("@", "MX 30 mx.blue.example"), ("@", "MX 10 mx1.blue.example"), ("@", "MX 20 mx2.blue.example")]},
        faults: [(at: "0s", what: Down(host: "mx1.blue.example"))],"#;
    let hosts = r#""mx1.blue.example": Mta(), "mx2.blue.example": Mta(relay_for: ["blue.example"], routes: {"blue.example": "mx.blue.example"}, replies: [(to: Connect, reply: "450 4.3.2 Not now", nth: 1)])"#;
    let links = r#"("mx.green.example", "mx1.blue.example"), ("mx.green.example", "mx2.blue.example"),"#;
    let run = Scene { hosts, links, rest: &rest, ..SCENE }.tell();
    let hops: Vec<String> = run.attempts(GREEN).into_iter().map(|a| a.1).collect();
    assert_eq!(hops, ["mx1.blue.example", "mx2.blue.example", "mx.blue.example"]);
    assert_eq!(run.letters("b@blue.example"), 1);
    assert!(run.mailbox("b@blue.example")[0].at < at("1min"), "one attempt went from one to the next");
}

#[test]
fn after_a_4yz_the_next_exchanger_is_asked_in_the_same_attempt() {
    // RFC 5321 §5.1. Each of the first two says 4yz at some stage; the third would take everything.
    let rest = letter(r#""b@blue.example", "c@blue.example""#)
        + r#"zones: {"blue.example": [("@", "MX 10 mx1.blue.example"), ("@", "MX 20 mx2.blue.example"), ("@", "MX 30 mx.blue.example")]},"#;
    let links = r#"("mx.green.example", "mx1.blue.example"), ("mx.green.example", "mx2.blue.example"),"#;
    let relay = |replies: &str| {
        format!(
            r#"Mta(relay_for: ["blue.example"], routes: {{"blue.example": "mx.blue.example"}}, replies: [{replies}])"#
        )
    };
    let tell = |green: &str, first: &str, second: &str| {
        let hosts = format!(r#""mx1.blue.example": {}, "mx2.blue.example": {}"#, relay(first), relay(second));
        Scene { green, hosts: &hosts, links, rest: &rest, ..SCENE }.tell()
    };
    let hops = |run: &Run| -> Vec<String> {
        run.attempts(GREEN).into_iter().filter(|a| a.0 < at("1min")).map(|a| a.1).collect()
    };
    for stage in ["Mail", "Rcpt", "Data", "EndOfData"] {
        let later = format!(r#"(to: {stage}, reply: "451 4.3.0 Later", until: "1min")"#);
        let run = tell("", &later, "");
        assert_eq!(hops(&run), ["mx1.blue.example", "mx2.blue.example"], "{stage}");
        assert_eq!((run.letters("b@blue.example"), run.letters("c@blue.example")), (1, 1), "{stage}");
        assert!(run.mailbox("b@blue.example")[0].at < at("1min"), "{stage}");
        // Two sessions, then the mail waits; three when that is allowed.
        let run = tell("", &later, &later);
        assert_eq!(hops(&run), ["mx1.blue.example", "mx2.blue.example"], "{stage}");
        assert!(run.mailbox("b@blue.example")[0].at > at("1min"), "{stage}");
        let run = tell("sessions_per_attempt: 3", &later, &later);
        assert_eq!(hops(&run).len(), 3, "{stage}");
        assert!(run.mailbox("b@blue.example")[0].at < at("1min"), "{stage}");
        let run = tell("sessions_per_attempt: 1", &later, "");
        assert_eq!(hops(&run), ["mx1.blue.example"], "{stage}");
        // 5yz is a verdict.
        let never = format!(r#"(to: {stage}, reply: "550 5.3.0 Never")"#);
        let run = tell("", &never, "");
        assert_eq!((hops(&run).len(), run.bounces().len()), (1, 2), "{stage}");
    }
    // Only those who were put off are asked for again.
    let run = tell("", r#"(to: Rcpt, matching: "c@blue.example", reply: "450 4.2.0 Later")"#, "");
    assert_eq!(hops(&run), ["mx1.blue.example", "mx2.blue.example"]);
    let asked: Vec<String> = run.said(GREEN, "RCPT").into_iter().map(|l| l.1).collect();
    assert_eq!(asked, ["RCPT TO:<b@blue.example>", "RCPT TO:<c@blue.example>", "RCPT TO:<c@blue.example>"]);
    assert_eq!((run.letters("b@blue.example"), run.letters("c@blue.example")), (1, 1));
    assert_eq!(run.said(GREEN, "QUIT").len(), 2, "both sessions say good-bye");
}

#[test]
fn no_more_than_five_addresses_are_tried_in_one_attempt() {
    let names: Vec<String> = (1..=7).map(|n| format!("mx{n}.far.example")).collect();
    let hosts: String = names.iter().map(|n| format!("\"{n}\": Mta(),")).collect();
    let links: String = names.iter().map(|n| format!("(\"mx.green.example\", \"{n}\"),")).collect();
    let records: String = names.iter().zip(1..).map(|(n, p)| format!("(\"@\", \"MX {p} {n}\"),")).collect();
    let downs: String = names.iter().map(|n| format!("(at: \"0s\", what: Down(host: \"{n}\")),")).collect();
    let rest = letter(r#""x@far.example""#)
        + &format!(
            r#"zones: {{"far.example": [{records}]}}, faults: [{downs}], nowhere: ["x@far.example", "far.example"],"#
        );
    let green = r#"retry: Custom(delays: ["20min"]), lifetime: "30min", connect_timeout: "10s""#;
    let run = Scene { green, hosts: &hosts, links: &links, rest: &rest, ..SCENE }.tell();
    let tried = run.attempts(GREEN);
    let first: Vec<&str> = tried.iter().filter(|a| a.0 < at("10min")).map(|a| &*a.1).collect();
    assert_eq!(first, names[..5]);
    assert!(tried.len() > 5 && tried[5].0 > at("20min"));
    assert_eq!(run.bounces()[0].1, "4.4.1");
}

#[test]
fn a_domain_without_mx_is_its_own_exchanger() {
    let rest = letter(r#""x@solo.example""#) + r#"zones: {"solo.example": [("@", "A 192.0.2.99")]},"#;
    let hosts = r#""solo.example": Mta(domains: ["solo.example"], mailboxes: ["x"], address: "192.0.2.99")"#;
    let run = Scene { hosts, links: r#"("mx.green.example", "solo.example"),"#, rest: &rest, ..SCENE }.tell();
    assert_eq!(run.letters("x@solo.example"), 1);
    assert_eq!(run.attempts(GREEN)[0].1, "solo.example");
}

#[test]
fn what_the_dns_says_decides_what_becomes_of_mail() {
    // Domain, its zone, the status of the bounce.
    for (domain, zone, status) in [
        // RFC 7505.
        ("void.example", r#"zones: {"void.example": [("@", "MX 0 .")]},"#, "5.1.10"),
        // RFC 5321 §5.1.
        ("odd.example", r#"zones: {"odd.example": [("@", "MX 10 mx.green.example")]},"#, "5.4.6"),
        ("missing.example", "", "5.1.2"),
    ] {
        let rest = letter(&format!("\"x@{domain}\"")) + zone + &format!("nowhere: [\"x@{domain}\", \"{domain}\"]");
        let run = Scene { rest: &rest, ..SCENE }.tell();
        let bounces = run.bounces();
        assert_eq!(bounces.len(), 1, "{domain}");
        assert_eq!(bounces[0].1, status, "{domain}: {bounces:?}");
        assert!(run.attempts(GREEN).is_empty(), "{domain}: nobody was dialled");
        assert_eq!(reports(&run).len(), 1, "{domain}");
    }
}

#[test]
fn a_name_server_in_trouble_defers_and_the_author_hears_of_it() {
    for mode in ["ServFail", "Silent"] {
        let rest = letter(r#""b@blue.example""#)
            + &format!(r#"faults: [(when: Said(by: "pc", line: "MAIL"), what: Dns(mode: {mode}), lasting: "50min")],"#);
        let green = r#"retry: Custom(delays: ["20min"]), delay_warning: "10min""#;
        let run = Scene { green, rest: &rest, ..SCENE }.tell();
        assert_eq!(run.letters("b@blue.example"), 1, "{mode}");
        assert!(run.mailbox("b@blue.example")[0].at > at("50min"), "{mode}");
        assert_eq!(run.attempts(GREEN).len(), 1, "{mode}: without a look-up nobody is dialled");
        let reports = reports(&run);
        assert_eq!(reports.len(), 1, "{mode}");
        assert!(
            reports[0].contains("Status: 4.4.3") && reports[0].contains("Action: delayed"),
            "{mode}: {}",
            reports[0]
        );
    }
}

#[test]
fn a_change_of_the_dns_that_lasts_for_a_time_is_undone() {
    let rest = r#"zones: {"blue.example": Zone(ttl: "1s", records: [("@", "MX 10 mx.blue.example")])},
        mail: [
            (at: "5min", from: "a@green.example", to: ["b@blue.example"]),
            (at: "20min", from: "a@green.example", to: ["b@blue.example"]),
        ],
        faults: [(at: "1min", what: SetRecord(zone: "blue.example", record: "MX 10 mx2.blue.example", ttl: "1s"), lasting: "10min")],"#;
    let hosts = r#""mx2.blue.example": Mta(relay_for: ["blue.example"], routes: {"blue.example": "mx.blue.example"})"#;
    let links = r#"("mx.green.example", "mx2.blue.example"),"#;
    let run = Scene { hosts, links, rest, ..SCENE }.tell();
    let hops: Vec<String> = run.attempts(GREEN).into_iter().map(|a| a.1).collect();
    assert_eq!(hops, ["mx2.blue.example", "mx.blue.example"]);
    assert_eq!(run.letters("b@blue.example"), 2);
}

#[test]
fn a_host_without_a_memory_of_its_own_sees_the_times_to_live_count_down() {
    let hosts = r#""ns.blue.example": NameServer(zones: ["blue.example"])"#;
    let links = r#"("mx.green.example", "ns.blue.example"),"#;
    let rest = r#"mail: [(at: "1s", from: "a@green.example", to: ["b@blue.example"], count: 3, every: "10min")],
        zones: {"blue.example": [("@", "MX 10 mx.blue.example", "1d")]},"#;
    let asked = |run: &Run, by: &str| -> Vec<String> {
        let by = run.host(by);
        let answers = run.records.iter().filter_map(|r| match &r.what {
            // The root, which the resolver asks first, only refers it to blue's server.
            What::Answer { direction: Direction::Received, name, rtype, records, .. }
                if r.host == by && &**name == "blue.example." && &**rtype == "MX" && !records.is_empty() =>
            {
                Some(records.join("; "))
            }
            _ => None,
        });
        answers.collect()
    };
    for (fields, ttls) in [("", vec!["86400"]), ("dns_cache: false", vec!["86400", "85800", "85200"])] {
        let run = Scene { green: fields, hosts, links, rest, ..SCENE }.tell();
        assert_eq!(run.letters("b@blue.example"), 3);
        let answers = asked(&run, GREEN);
        let seen: Vec<&str> =
            answers.iter().map(|a| a.split_whitespace().find(|w| w.parse::<u32>().is_ok()).unwrap()).collect();
        assert_eq!(seen, ttls, "{fields}: {answers:?}");
        let remembered = run.count(|w| matches!(w, What::Lookup { cached: true, rtype, .. } if &**rtype == "MX"));
        assert_eq!(remembered, if fields.is_empty() { 2 } else { 0 }, "{fields}");
        assert_eq!(asked(&run, "name server").len(), 1, "the resolver asks blue's own server once");
    }
}

#[test]
fn a_server_that_refuses_every_session_for_good_ends_the_attempts() {
    // RFC 5321 §4.2.1: 5yz is not repeated; another exchanger is asked first, where there is one.
    for stage in ["Connect", "Hello"] {
        let blue = format!(r#"replies: [(to: {stage}, reply: "554 5.3.2 No mail service here")]"#);
        let alone = Scene { blue: &blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
        let bounces = alone.bounces();
        assert_eq!(bounces.len(), 1, "{stage}");
        assert!(bounces[0].2.starts_with("554"), "{stage}: {bounces:?}");
        assert_eq!(alone.attempts(GREEN).len(), 1, "{stage}");
        let rest = letter(r#""b@blue.example""#)
            + r#"zones: {"blue.example": [("@", "MX 10 mx1.blue.example"), ("@", "MX 20 mx.blue.example")]},"#;
        let hosts = format!(r#""mx1.blue.example": Mta({blue})"#);
        let links = r#"("mx.green.example", "mx1.blue.example"),"#;
        let two = Scene { hosts: &hosts, links, rest: &rest, ..SCENE }.tell();
        assert_eq!((two.letters("b@blue.example"), two.attempts(GREEN).len()), (1, 2), "{stage}");
    }
    // 4yz defers.
    let blue = r#"replies: [(to: Connect, reply: "421 4.3.2 Later", nth: 1)]"#;
    let run = Scene { blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
    assert_eq!((run.letters("b@blue.example"), run.attempts(GREEN).len()), (1, 2));
}

#[test]
fn scripted_replies_are_said_as_they_are_written() {
    // With the enhanced code also where RFC 2034 §4 has none: in the greeting, to EHLO, to a client that said HELO.
    for (stage, esmtp) in
        [("Connect", true), ("Hello", true), ("Hello", false), ("Mail", true), ("Mail", false), ("Rcpt", false)]
    {
        let blue =
            format!(r#"esmtp: {esmtp}, replies: [(to: {stage}, reply: "450 4.3.2 mx.blue.example is busy", nth: 1)]"#);
        let run = Scene { blue: &blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
        let said: Vec<String> = run.replied(BLUE, "450").into_iter().map(|l| l.1).collect();
        assert_eq!(said, ["450 4.3.2 mx.blue.example is busy"], "{stage} {esmtp}");
        assert_eq!(run.letters("b@blue.example"), 1, "{stage} {esmtp}");
    }
    let blue = r#"replies: [(to: Connect, reply: "554 5.3.2 No mail service here")]"#;
    let run = Scene { blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
    assert_eq!(run.bounces()[0].1, "5.3.2", "the client reads the code there, too");
    let blue = r#"replies: [(to: Hello, reply: "250 2.0.0 Good day")]"#;
    let run = Scene { blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
    assert_eq!(run.replied(BLUE, "250-2.0.0 Good day").len(), 1);
    assert_eq!(run.replied(BLUE, "250 ENHANCEDSTATUSCODES").len(), 1);
}

#[test]
fn a_scripted_yes_is_a_yes_in_other_words() {
    for (stage, reply) in [
        ("Connect", "220 come in"),
        ("Hello", "250 Good day"),
        ("Mail", "250 2.1.0 I know her"),
        ("Rcpt", "251 2.1.5 He has moved, never mind"),
        ("Data", "354 Go ahead"),
        ("EndOfData", "250 2.0.0 Thank you"),
    ] {
        for close in [false, true] {
            let blue = format!(r#"replies: [(to: {stage}, reply: "{reply}", close: {close}, nth: 1)]"#);
            let rest = letter(r#""b@blue.example""#) + "expect: [NothingLost],";
            let run = Scene { blue: &blue, rest: &rest, ..SCENE }.tell();
            assert_eq!(run.letters("b@blue.example"), 1, "{stage} {close}");
            let said = run.replied(BLUE, &reply[..3]).into_iter().filter(|l| l.1.ends_with(&reply[4..])).count();
            assert_eq!(said, 1, "{stage} {close}");
            if !close {
                assert_eq!((run.attempts(GREEN).len(), run.replied(BLUE, "5").len()), (1, 0), "{stage}");
            }
        }
    }
}

#[test]
fn a_fin_that_is_repeated_late_is_acknowledged() {
    // RFC 9293 §3.10.7.4: TIME-WAIT outlasts the peer's repetitions, however many acknowledgements are lost.
    for seed in 1..=20 {
        let text = Scene { rest: &format!("seed: {seed}, {}", letter(r#""b@blue.example""#)), ..SCENE }
            .text()
            .replace(r#"(latency: "10ms")"#, r#"(latency: "10ms", loss: "20 %")"#);
        let run = lab::run(&lab::plan(&text), Look { records: true, packets: true, ..Look::default() });
        let resets = run.count(|w| matches!(w, What::Packet { flags, .. } if flags.contains("RST")));
        assert_eq!((run.letters("b@blue.example"), resets), (1, 0), "seed {seed}");
    }
}

#[test]
fn a_scripted_reply_that_makes_no_sense_is_said_and_refuses() {
    for (stage, reply) in [
        ("Hello", "354 Go on"),
        ("Mail", "354 Go on"),
        ("Rcpt", "354 Go on"),
        ("Data", "250 Ok"),
        ("EndOfData", "354 More"),
    ] {
        let blue = format!(r#"replies: [(to: {stage}, reply: "{reply}", nth: 1)]"#);
        let run = Scene { blue: &blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
        assert_eq!(run.replied(BLUE, reply).len(), 1, "{stage}");
        assert_eq!((run.letters("b@blue.example"), run.attempts(GREEN).len()), (1, 2), "{stage}: another attempt");
    }
}

#[test]
fn what_is_lost_is_lost_where_the_way_ends() {
    // Nobody far away knows that a host is down: the packet dies at its door. A cut takes it at the cut.
    let host = letter(r#""b@blue.example""#)
        + r#"faults: [(at: "0s", what: Down(host: "mx.blue.example"), lasting: "5min")],"#;
    let link = letter(r#""b@blue.example""#)
        + r#"faults: [(at: "0s", what: Down(link: ("middle", "mx.blue.example")), lasting: "5min")],"#;
    for (rest, place, why) in [(host, BLUE, LossReason::HostDown), (link, "middle", LossReason::LinkDown)] {
        let hosts = r#""middle": Router()"#;
        let text = Scene { hosts, rest: &rest, ..SCENE }.text().replace(
            r#"("mx.green.example", "mx.blue.example", (latency: "10ms"))"#,
            r#"("mx.green.example", "middle", (latency: "5ms")), ("middle", "mx.blue.example", (latency: "5ms"))"#,
        );
        let run = lab::run(&lab::plan(&text), Look { records: true, packets: true, ..Look::default() });
        let lost: Vec<_> = run
            .records
            .iter()
            .filter_map(|r| match &r.what {
                What::Packet { reason: Some(reason), .. } => {
                    Some((&*run.roster.hosts[r.host.0 as usize].name, *reason))
                }
                _ => None,
            })
            .collect();
        assert!(!lost.is_empty() && lost.iter().all(|l| *l == (place, why)), "{why:?}: {lost:?}");
        assert!(run.outcomes(GREEN)[0].2.ends_with("connection timed out"), "{:?}", run.outcomes(GREEN));
        assert_eq!(run.letters("b@blue.example"), 1);
    }
}

// ---- the end of responsibility

#[test]
fn there_is_no_report_about_a_report() {
    for (from, bounced, discarded) in [("<>", 0, 1), ("ghost@blue.example", 1, 1)] {
        let rest = format!(
            r#"mail: [(at: "1s", from: "a@green.example", mail_from: "{from}", to: ["nobody@blue.example"])],
            nowhere: ["nobody@blue.example", "ghost@blue.example"],"#
        );
        let run = Scene { rest: &rest, ..SCENE }.tell();
        assert_eq!(run.count(|w| matches!(w, What::Bounced { .. })), bounced, "{from}");
        assert_eq!(run.count(|w| matches!(w, What::Discarded { .. })), discarded, "{from}");
        // Only what a server composed is called a report.
        let why = if bounced == 1 { "no report about a report: " } else { "nobody to report to, " };
        assert_eq!(
            run.count(|w| matches!(w, What::Discarded { reason, .. } if reason.starts_with(why))),
            discarded,
            "{from}"
        );
        let told = story(&run);
        assert_eq!(told.contains("writes a delivery report"), bounced == 1, "{from}: {told}");
        assert_eq!(told.contains("” with an empty reverse-path to nobody@blue.example"), from == "<>", "{told}");
        assert_eq!(run.report.as_ref().unwrap().mails, 1 + bounced as u64, "{from}");
        assert!(run.filed.is_empty(), "{from}");
    }
}

#[test]
fn a_loop_is_found_by_its_received_fields() {
    let green = r#"relay_for: ["loop.example"], routes: {"loop.example": "mx.blue.example"}, hop_limit: 10"#;
    let blue = r#"relay_for: ["loop.example"], routes: {"loop.example": "mx.green.example"}, hop_limit: 10"#;
    let rest = letter(r#""x@loop.example""#) + r#"nowhere: ["x@loop.example", "loop.example"],"#;
    let run = Scene { green, blue, rest: &rest, ..SCENE }.tell();
    let bounces = run.bounces();
    assert_eq!(bounces.len(), 1);
    assert_eq!((&*bounces[0].0, &*bounces[0].1), ("x@loop.example", "5.4.6"));
    let reports = reports(&run);
    assert_eq!(reports.len(), 1);
    // The returned mail shows its way; the report has come through at most one server itself.
    let way = reports[0].matches("Received: ").count();
    assert!((10..=12).contains(&way), "{way}");
    assert_eq!(run.replied(GREEN, "554 5.4.6").len() + run.replied(BLUE, "554 5.4.6").len(), 1);
}

#[test]
fn a_loop_of_forwards_on_one_host_is_found() {
    let blue = r#"forwards: {"b@blue.example": ["c@blue.example"], "c@blue.example": ["b@blue.example"]}"#;
    let run = Scene { blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
    assert_eq!(run.bounces().len(), 1);
    assert_eq!(run.bounces()[0].1, "5.4.6");
}

#[test]
fn a_mailbox_that_several_addresses_lead_to_gets_one_copy() {
    // Locally and remotely: Postfix does the same (its duplicate filter).
    let blue = r#"forwards: {"team@blue.example": ["b@blue.example", "c@blue.example"], "all@blue.example": ["team@blue.example", "b@blue.example", "a@green.example"], "us@blue.example": ["a@green.example"]}"#;
    let rest = letter(r#""b@blue.example", "team@blue.example", "all@blue.example", "us@blue.example""#);
    let run = Scene { blue, rest: &rest, ..SCENE }.tell();
    for name in ["b@blue.example", "c@blue.example", "a@green.example"] {
        assert_eq!(run.letters(name), 1, "{name}");
    }
}

#[test]
fn a_crash_between_the_250_and_the_delivery_loses_nothing() {
    for line in ["250 2.0.0 Ok: queued", "221"] {
        let rest = letter(r#""b@blue.example""#)
            + &format!(
                r#"faults: [(when: Said(by: "mx.green.example", line: "{line}"), what: Down(host: "mx.green.example"), lasting: "10min")],"#
            );
        let run = Scene { rest: &rest, ..SCENE }.tell();
        assert_eq!(run.letters("b@blue.example"), 1, "{line}");
        assert!(run.bounces().is_empty());
    }
}

#[test]
fn a_crash_before_the_250_leaves_the_mail_with_the_client() {
    let rest = letter(r#""b@blue.example""#)
        + r#"faults: [(when: FinalDot(at: "mx.blue.example"), what: Down(host: "mx.blue.example"), lasting: "10min")],"#;
    let blue = r#"processing: "2s""#;
    let run = Scene { green: r#"reply_timeout: "1min""#, blue, rest: &rest, ..SCENE }.tell();
    assert_eq!(run.letters("b@blue.example"), 1);
    assert!(run.mailbox("b@blue.example")[0].at > at("10min"));
    assert!(run.outcomes(GREEN).iter().any(|o| o.1 == Verdict::Deferred && o.2.contains("may arrive twice")));
}

#[test]
fn a_reply_to_the_final_dot_that_is_lost_makes_two_copies() {
    let rest = |lasting: &str| {
        letter(r#""b@blue.example""#)
            + &format!(
                r#"faults: [(when: FinalDot(at: "mx.blue.example"), what: Down(link: ("mx.green.example", "mx.blue.example")), lasting: "{lasting}")],"#
            )
    };
    // RFC 1047: the client gives up after ten minutes and cannot know.
    let cut = Scene { rest: &rest("20min"), ..SCENE }.tell();
    assert_eq!(cut.letters("b@blue.example"), 2);
    assert!(cut.outcomes(GREEN).iter().any(|o| o.2.contains("may arrive twice")));
    // TCP bridges a short one.
    let short = Scene { rest: &rest("1min"), ..SCENE }.tell();
    assert_eq!((short.letters("b@blue.example"), short.attempts(GREEN).len()), (1, 1));
}

#[test]
fn bytes_of_a_client_that_crashed_are_still_about_its_mail() {
    // Found by a random world (seed 127 of the first generator): the content was under way when the client's host went
    // down, the server took it, and the mail was counted as one that nobody had composed.
    let rest = letter(r#""b@blue.example""#)
        + r#"faults: [(when: Said(by: "mx.green.example", line: "."), what: Down(host: "mx.green.example"), lasting: "10min")],"#;
    let run = Scene { rest: &rest, ..SCENE }.tell();
    assert_eq!(run.letters("b@blue.example"), 2, "RFC 1047: nobody told the client");
    assert_eq!(run.report.as_ref().unwrap().mails, 1);
    let accepted = run.records.iter().filter(|r| matches!(r.what, What::Accepted { .. }));
    assert!(accepted.clone().count() == 3 && accepted.clone().all(|r| r.mail.is_some_and(|m| m.0 == 1)));
}

#[test]
fn the_author_is_told_once_that_it_takes_long() {
    let green = r#"retry: Custom(delays: ["20min"]), delay_warning: "1h""#;
    let rest =
        letter(r#""b@blue.example""#) + r#"faults: [(at: "0s", what: Down(host: "mx.blue.example"), lasting: "5h")],"#;
    let run = Scene { green, rest: &rest, ..SCENE }.tell();
    let reports = reports(&run);
    assert_eq!(reports.len(), 1);
    assert!(reports[0].contains("Action: delayed") && reports[0].contains("Will-Retry-Until: "), "{}", reports[0]);
    assert_eq!((run.letters("b@blue.example"), run.bounces().len()), (1, 0));
    let told = run.mailbox("a@green.example")[0].at;
    assert!(told > at("1h") && told < at("90min"), "{told:?}");
}

#[test]
fn mail_that_waits_too_long_comes_back() {
    let green = r#"retry: Custom(delays: ["25min"]), lifetime: "2h", delay_warning: Never"#;
    let rest = letter(r#""b@blue.example""#) + r#"faults: [(at: "0s", what: Down(host: "mx.blue.example"))],"#;
    let run = Scene { green, rest: &rest, ..SCENE }.tell();
    let bounces = run.bounces();
    assert_eq!(bounces.len(), 1);
    // RFC 3463 §3.5: the status is that of the real trouble; that it is over stands in Action and in words.
    assert_eq!(bounces[0].1, "4.4.1");
    assert!(bounces[0].2.contains("timed out"), "the last failure is told: {bounces:?}");
    let reports = reports(&run);
    assert_eq!(reports.len(), 1);
    let report = reports[0].replace("\r\n ", " ");
    for line in ["Action: failed\r\n", "Status: 4.4.1\r\n", "X-Postroad; delivery time expired after 2 h "] {
        assert!(report.contains(line), "{line:?} in {report}");
    }
    assert!(run.end > at("2h") && run.end < at("3h"), "{:?}", run.end);
}

#[test]
fn a_reply_that_does_not_fit_puts_mail_off_with_a_status_of_class_4() {
    let green = r#"retry: Custom(delays: ["20min"]), lifetime: "30min", delay_warning: "10min""#;
    let blue = r#"replies: [(to: Mail, reply: "354 Go on")]"#;
    let run = Scene { green, blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
    assert_eq!(run.bounces()[0].1, "4.5.0");
    let reports = reports(&run);
    assert_eq!(reports.len(), 2);
    assert!(reports.iter().all(|r| r.contains("Status: 4.5.0\r\n")), "{}", reports[0]);
}

#[test]
fn a_destination_that_is_dead_is_given_a_rest() {
    let rest = r#"mail: [
            (at: "1s", from: "a@green.example", to: ["b@blue.example"], subject: "one"),
            (at: "40s", from: "a@green.example", to: ["b@blue.example"], subject: "two"),
        ],
        faults: [(at: "0s", what: Down(host: "mx.blue.example"), lasting: "2min")],"#;
    let run = Scene { rest, ..SCENE }.tell();
    assert_eq!(run.letters("b@blue.example"), 2);
    let early = run.attempts(GREEN).iter().filter(|a| a.0 < at("5min")).count();
    assert_eq!(early, 1, "the second mail is deferred without a try");
    let deferred = run.count(|w| matches!(w, What::Queue { queue: QueueName::Deferred, .. }));
    assert_eq!(deferred, 2);
}

#[test]
fn with_exim_mail_waits_for_the_next_try_of_its_destination() {
    let rest = r#"mail: [
            (at: "1s", from: "a@green.example", to: ["b@blue.example"], subject: "one"),
            (at: "40min", from: "a@green.example", to: ["c@blue.example"], subject: "two"),
            (at: "50min", from: "a@green.example", to: ["d@blue.example"], subject: "three"),
        ],
        faults: [(at: "0s", what: Down(host: "mx.blue.example"), lasting: "95min")],"#;
    let run = Scene { green: "retry: Exim", rest, ..SCENE }.tell();
    for name in ["b", "c", "d"] {
        assert_eq!(run.letters(&format!("{name}@blue.example")), 1, "{name}");
    }
    let times: Vec<u64> = run.attempts(GREEN).iter().map(|a| secs(a.0) as u64 / 60).collect();
    // Each try waits half a minute for an answer. In vain, one mail tries for all; then all go.
    assert_eq!(times, [0, 15, 31, 46, 62, 77, 93, 108, 108, 108]);
}

#[test]
fn mail_that_is_too_large_for_the_next_server_comes_back() {
    for (without, said, words) in
        [("", 0, "mx.blue.example [192.0.2.3]: Message size exceeds the limit"), ("without: [Size]", 1, "552 ")]
    {
        let rest = r#"mail: [(at: "1s", from: "a@green.example", to: ["b@blue.example"], size: "20 kB")],"#;
        let run = Scene { blue: &format!("max_size: \"10 kB\", {without}"), rest, ..SCENE }.tell();
        let bounces = run.bounces();
        assert_eq!(bounces.len(), 1, "{without}");
        assert_eq!(bounces[0].1, "5.3.4", "{without}");
        // With SIZE the limit is known, nothing is sent in vain (RFC 1870), and nobody but the client has said no.
        assert!(bounces[0].2.starts_with(words), "{without}: {}", bounces[0].2);
        assert_eq!(run.said(GREEN, "DATA").len(), said, "{without}");
    }
}

#[test]
fn the_verdicts_of_one_host_count_when_the_run_is_cut_short() {
    // One recipient has failed, another still waits, and the report is not due yet: nothing is lost.
    let rest = letter(r#""nobody@blue.example", "x@far.example""#)
        + r#"nowhere: ["nobody@blue.example"], faults: [(at: "0s", what: Down(host: "mx.far.example"), lasting: "10min")],"#;
    let hosts = r#""mx.far.example": Mta(domains: ["far.example"], mailboxes: ["x"])"#;
    let text = Scene { hosts, links: r#"("mx.green.example", "mx.far.example"),"#, rest: &rest, ..SCENE }.text();
    for seconds in 1..=40 {
        let mut plan = lab::plan(&text);
        plan.run_for = Duration::from_secs(seconds);
        let run = lab::run(&plan, Look::default());
        assert!(run.report.is_ok(), "after {seconds} s: {:?}", run.report);
    }
    let run = tell(&text);
    assert_eq!((run.letters("x@far.example"), run.bounces().len()), (1, 1));
}

// ---- sessions end

#[test]
fn a_client_that_leaves_while_the_server_thinks_is_noticed() {
    let blue = r#"processing: "30s", idle_timeout: "5min""#;
    let run = Scene { green: r#"reply_timeout: "10s""#, blue, rest: &letter(r#""b@blue.example""#), ..SCENE }.tell();
    // The client gives up after ten seconds each time, the server has the mail each time.
    assert!(run.letters("b@blue.example") >= 2);
    assert!(run.replied(BLUE, "421").is_empty(), "the server waited for a client that had left");
}

#[test]
fn a_client_that_vanishes_does_not_keep_a_run_going() {
    // The host goes down in the middle of a dialogue, for good.
    for line in ["EHLO", "MAIL", "RCPT", "DATA"] {
        let rest = letter(r#""b@blue.example""#)
            + &format!(
                r#"faults: [(when: Heard(by: "mx.blue.example", line: "{line}"), what: Down(host: "mx.green.example"))],"#
            );
        let run = Scene { rest: &rest, ..SCENE }.tell();
        assert!(run.end < at("1h"), "{line}: {:?}", run.end);
    }
}

#[test]
fn a_server_that_vanishes_is_given_up() {
    for line in ["EHLO", "MAIL", "RCPT", "DATA"] {
        let rest = letter(r#""b@blue.example""#)
            + &format!(
                r#"faults: [(when: Heard(by: "mx.blue.example", line: "{line}"), what: Down(host: "mx.blue.example"))],"#
            );
        let green = r#"retry: Custom(delays: ["30min"]), lifetime: "2h""#;
        let run = Scene { green, rest: &rest, ..SCENE }.tell();
        assert_eq!(run.bounces().len(), 1, "{line}");
        assert!(run.end < at("4h"), "{line}: {:?}", run.end);
    }
}

#[test]
fn more_connections_than_ports_do_not_hang_the_run() {
    // One connection a mail, quicker than TIME-WAIT gives ports back.
    let text = r#"(
    hosts: {
        "pc": User(mailbox: "a@blue.example", submits_to: "mx.blue.example"),
        "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["a", "b"]),
    },
    keep_mail: true,
    links: [("pc", "mx.blue.example", (latency: "1us"))],
    mail: [(at: "1s", from: "a@blue.example", to: ["b@blue.example"], count: 20000, every: "1us")],
)"#;
    let mut plan = lab::plan(text);
    let postroad::scenario::Role::User(user) = &mut plan.hosts[0].role else { panic!("a user") };
    std::sync::Arc::make_mut(&mut user.sending.courier).mails_per_connection = 1;
    std::sync::Arc::make_mut(&mut user.sending.queue).limits.most_connections = 5000;
    let run = lab::run(&plan, Look::default());
    assert_eq!(run.stop, postroad::sim::StopReason::Idle);
    assert_eq!(run.letters("b@blue.example"), 20_000);
}

// ---- content

#[test]
fn a_host_without_a_name_in_the_dns_shows_its_address() {
    // RFC 5321 §4.1.4: an address literal where there is no domain name. Two such machines called alike elsewhere.
    let hosts = r#""phone": User(mailbox: "e@green.example", submits_to: "mx.green.example")"#;
    let links = r#"("phone", "mx.green.example"),"#;
    let rest = r#"mail: [
        (at: "1s", from: "a@green.example", to: ["b@blue.example"], count: 2, every: "1s"),
        (at: "1s", from: "e@green.example", to: ["b@blue.example"], count: 2, every: "1s"),
    ], nowhere: ["e@green.example"],"#;
    let run = Scene { hosts, links, rest, ..SCENE }.tell();
    let said: Vec<String> = run.said("pc", "EHLO").into_iter().map(|l| l.1).collect();
    assert_eq!(said, ["EHLO [192.0.2.1]", "EHLO [192.0.2.1]"]);
    let filed = run.mailbox("b@blue.example");
    assert_eq!(filed.len(), 4);
    let stamp = fields(&filed[0].bytes, "received").pop().unwrap();
    assert!(stamp.starts_with("from [192.0.2.1] ([192.0.2.1]) by mx.green.example"), "{stamp}");
    // RFC 5322 §3.6.4: the author's domain, and a left part that nobody else has.
    let mut ids: Vec<String> = filed.iter().flat_map(|f| fields(&f.bytes, "message-id")).collect();
    assert!(ids.iter().all(|id| id.ends_with("@green.example>") && id.len() == ids[0].len()), "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[test]
fn the_trail_of_a_mail_reads_from_bottom_to_top() {
    let green = r#"routes: {"blue.example": "relay.example"}"#;
    let hosts = r#""relay.example": Mta(routes: {"blue.example": "mx.blue.example"}, clock: "-2min", zone: "+02:00")"#;
    let links = r#"("mx.green.example", "relay.example"), ("relay.example", "mx.blue.example"),"#;
    let rest = r#"mail: [(at: "1s", from: "a@green.example", to: ["b@blue.example"], cc: ["c@blue.example"], subject: "Grüße", text: "Hi Bob!\n.\n..\nFrom here\nä\n")],"#;
    let run = Scene { green, hosts, links, rest, ..SCENE }.tell();
    for name in ["b@blue.example", "c@blue.example"] {
        let mail = &run.mailbox(name)[0].bytes;
        assert!(mail.starts_with(b"Return-Path: <a@green.example>\r\n"), "first of all");
        assert_eq!(fields(mail, "return-path"), ["<a@green.example>"]);
        let trail = fields(mail, "received");
        let servers: Vec<&str> =
            trail.iter().map(|r| r.split(" by ").nth(1).unwrap().split(' ').next().unwrap()).collect();
        assert_eq!(servers, ["mx.blue.example", "relay.example", "mx.green.example"]);
        for (upper, lower) in trail.iter().zip(&servers[1..]) {
            assert!(upper.starts_with(&format!("from {lower}")), "{upper}");
        }
        assert!(trail.iter().all(|r| r.contains("with ESMTP")), "{trail:?}");
        // The date is what that host's clock showed.
        assert!(trail[1].ends_with("Mon, 5 Jan 2026 10:58:01 +0200"), "{}", trail[1]);
        let parsed = MessageParser::default().parse(mail).unwrap();
        assert_eq!(parsed.subject(), Some("Grüße"));
        assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n"), "Hi Bob!\n.\n..\nFrom here\nä\n");
        assert_eq!(parsed.cc().unwrap().first().unwrap().address(), Some("c@blue.example"));
        assert!(parsed.message_id().is_some() && parsed.date().is_some());
        assert!(parsed.header("Bcc").is_none());
    }
}

#[test]
fn a_report_names_the_address_that_the_author_wrote() {
    let blue = r#"forwards: {"b@blue.example": ["c@blue.example", "gone@green.example"], "d@blue.example": ["b@blue.example"]}"#;
    let rest = letter(r#""d@blue.example""#) + r#"nowhere: ["gone@green.example"],"#;
    let run = Scene { blue, rest: &rest, ..SCENE }.tell();
    assert_eq!(run.letters("c@blue.example"), 1);
    let reports = reports(&run);
    assert_eq!(reports.len(), 1);
    for line in [
        "\r\nOriginal-Recipient: rfc822; d@blue.example\r\nFinal-Recipient: rfc822; gone@green.example\r\n",
        "\r\n<gone@green.example> (expanded from <d@blue.example>): not delivered\r\n",
    ] {
        assert!(reports[0].contains(line), "{line:?} in {}", reports[0]);
    }
    // The report bears the stamp of the server that wrote it, below that of the one that took it.
    let trail = fields(reports[0].as_bytes(), "received");
    assert_eq!(trail.len(), 2, "{trail:?}");
    assert!(trail[1].starts_with("by mx.blue.example id "), "{trail:?}");
    assert!(fields(reports[0].as_bytes(), "message-id")[0].contains(trail[1].split([' ', ';']).nth(3).unwrap()));
}

#[test]
fn a_report_is_what_rfc_3464_says() {
    let rest = letter(r#""nobody@blue.example", "void@blue.example""#)
        + r#"nowhere: ["nobody@blue.example", "void@blue.example"],"#;
    let run = Scene { rest: &rest, ..SCENE }.tell();
    let report = run.mailbox("a@green.example");
    assert_eq!(report.len(), 1, "one report for both");
    let bytes = &report[0].bytes;
    assert_eq!(fields(bytes, "return-path"), ["<>"]);
    assert_eq!(fields(bytes, "auto-submitted"), ["auto-replied"]);
    let parsed = MessageParser::default().parse(bytes).unwrap();
    let kind = parsed.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("report")));
    assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
    let subparts: Vec<String> = parsed
        .parts
        .iter()
        .skip(1)
        .take(3)
        .map(|p| p.content_type().map_or("text/plain".into(), |t| format!("{}/{}", t.ctype(), t.subtype().unwrap())))
        .collect();
    assert_eq!(subparts, ["text/plain", "message/delivery-status", "message/rfc822"]);
    let text = String::from_utf8_lossy(bytes);
    for (line, times) in [
        ("\r\nReporting-MTA: dns; mx.green.example\r\n", 1),
        ("\r\nFinal-Recipient: rfc822; nobody@blue.example\r\n", 1),
        ("\r\nFinal-Recipient: rfc822; void@blue.example\r\n", 1),
        ("\r\nAction: failed\r\n", 2),
        ("\r\nStatus: 5.1.1\r\n", 2),
        ("\r\nRemote-MTA: dns; mx.blue.example\r\n", 2),
        ("\r\nDiagnostic-Code: smtp; 550 5.1.1", 2),
        ("\r\nSubject: Hello\r\n", 1),
    ] {
        assert_eq!(text.matches(line).count(), times, "{line:?} in {text}");
    }
}
