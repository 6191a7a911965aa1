//! Mail between hosts that have two kinds of addresses: which is asked for, which is dialled, and what is written down.

use super::lab::{self, Look, Run};

/// A laptop, its provider and a server elsewhere; `laptop`, `green` and `blue` are further settings, `zone` records of blue's.
fn letter(laptop: &str, green: &str, blue: &str, zone: &str) -> Run {
    let text = format!(
        r#"(
            title: "Two kinds of addresses",
            hosts: {{
                "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example", {laptop}),
                "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], {green}),
                "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"], {blue}),
            }},
            links: [("laptop", "mail.green.example", (latency: "10ms")), ("mail.green.example", "mx.blue.example", (latency: "10ms"))],
            zones: {{ "blue.example": [("@", "MX 10 mx.blue.example"), {zone}] }},
            mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "Hello")],
        )"#
    );
    let run = lab::run(&lab::plan(&text), Look { records: true, ..Look::default() });
    run.report.as_ref().unwrap();
    assert_eq!(run.letters("bob@blue.example"), 1);
    run
}

const SIX: &str = "ipv6: true";

#[test]
fn who_has_ipv6_goes_that_way_and_says_so() {
    let run = letter(SIX, SIX, SIX, "");
    assert_eq!(run.dialled(), ["2001:db8::2", "2001:db8::3"]);
    assert_eq!(run.asked("laptop"), ["mail.green.example. AAAA", "mail.green.example. A"]);
    let asked = run.asked("mail.green.example");
    assert!(
        asked.contains(&"mx.blue.example. AAAA".into()) && asked.contains(&"mx.blue.example. A".into()),
        "{asked:?}"
    );
    let letter = String::from_utf8_lossy(&run.mailbox("bob@blue.example")[0].bytes).into_owned();
    assert!(letter.contains("Received: from mail.green.example ([IPv6:2001:db8::2])"), "{letter}");
    // RFC 5321 §4.1.3: the literal of the address that the server sees.
    assert!(letter.contains("Received: from [ipv6:2001:db8::1] ([IPv6:2001:db8::1])"), "{letter}");
}

#[test]
fn where_one_end_has_no_ipv6_nobody_tries() {
    for (laptop, green, blue) in [("", SIX, ""), (SIX, "", SIX), ("", "", SIX)] {
        let run = letter(laptop, green, blue, "");
        assert_eq!(run.dialled(), ["192.0.2.2", "192.0.2.3"], "{laptop}/{green}/{blue}");
        for (host, has) in [("laptop", !laptop.is_empty()), ("mail.green.example", !green.is_empty())] {
            let asks = run.asked(host).iter().any(|question| question.ends_with("AAAA"));
            assert_eq!(asks, has, "{host}");
        }
    }
}

#[test]
fn an_ipv6_address_that_does_not_work_costs_a_time_out_and_no_mail() {
    // Blue's record names an address where nobody is.
    let run = letter("", SIX, "", r#"("mx", "A 192.0.2.3"), ("mx", "AAAA 2001:db8:dead::1")"#);
    assert_eq!(run.dialled(), ["192.0.2.2", "2001:db8:dead::1", "192.0.2.3"]);
    let took = lab::secs(run.mailbox("bob@blue.example")[0].at);
    assert!(
        (31.0..32.0).contains(&took),
        "thirty seconds for the first address (RFC 5321 leaves it open, Postfix's default): {took}"
    );
}

#[test]
fn without_a_cache_the_two_questions_are_asked_once_each() {
    let run = letter("ipv6: true, dns_cache: false", "ipv6: true, dns_cache: false", SIX, "");
    assert_eq!(run.asked("laptop"), ["mail.green.example. AAAA", "mail.green.example. A"]);
    assert_eq!(run.dialled(), ["2001:db8::2", "2001:db8::3"]);
}
