//! Who a client is by the DNS: what is asked, what is written down, and who is told to come again.

use postroad::trace::{Direction, Side, What};

use super::lab::{self, Look, Run};

/// A zone of addresses in which only these are named.
fn named(records: &str) -> String {
    format!(r#""2.0.192.in-addr.arpa": Zone(hosts: false, records: [{records}]),"#)
}

/// A mail from Green to Blue, who may be set up further. Green has the address 192.0.2.11, its reverse zone is `zones`.
fn visit(green: &str, blue: &str, zones: &str, more: &str) -> Run {
    visit_by("", green, blue, zones, more)
}

/// The same, by a laptop that is set up further, too.
fn visit_by(laptop: &str, green: &str, blue: &str, zones: &str, more: &str) -> Run {
    let text = format!(
        r#"(
            title: "A client and its name",
            hosts: {{
                "laptop":            User(mailbox: "alice@green.example", submits_to: "out.green.example", {laptop}),
                "out.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], address: "192.0.2.11", {green}),
                "mx.blue.example":   Mta(domains: ["blue.example"], mailboxes: ["bob"], resolver: "ns.blue.example", {blue}),
                "ns.example":        NameServer(recursive: true),
                "ns.blue.example":   NameServer(recursive: true),
            }},
            links: [
                ("laptop", "out.green.example", Lan), ("out.green.example", "mx.blue.example", Fibre),
                ("ns.example", "out.green.example", Lan), ("ns.blue.example", "mx.blue.example", Lan),
            ],
            resolver: "ns.example",
            zones: {{ {zones} }},
            mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "Hello")],
            run_for: "20min",
            {more}
        )"#
    );
    let run = lab::run(&lab::plan(&text), Look { records: true, ..Look::default() });
    run.report.as_ref().unwrap();
    run
}

/// What Blue has written upon the letter that came: the first line of its own Received field.
fn written(run: &Run) -> String {
    let letter = String::from_utf8_lossy(&run.mailbox("bob@blue.example")[0].bytes).into_owned();
    let field = letter.split("Received: ").nth(1).unwrap();
    field.split("by ").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What Blue's policy says of clients.
fn opinions(run: &Run) -> Vec<String> {
    let of = |what: &What| match what {
        What::Policy { policy, decision, detail } if &**policy == "client name" => {
            Some(format!("{decision}: {detail}"))
        }
        _ => None,
    };
    run.records.iter().filter_map(|r| of(&r.what)).collect()
}

const ELSEWHERE: &str = r#"("11", "PTR mx.blue.example.")"#;

#[test]
fn who_does_not_look_writes_the_address_alone() {
    let run = visit("", "", "", "");
    assert_eq!(written(&run), "from out.green.example ([192.0.2.11])");
    assert_eq!(run.asked("mx.blue.example"), [""; 0]);
}

#[test]
fn a_name_that_leads_back_is_written_down() {
    for blue in ["looks_up_clients: true", "client_name: MustExist", "client_name: MustLeadBack"] {
        let run = visit("", blue, "", "");
        assert_eq!(written(&run), "from out.green.example (out.green.example [192.0.2.11])", "{blue}");
        assert_eq!(run.asked("mx.blue.example"), ["11.2.0.192.in-addr.arpa. PTR", "out.green.example. A"], "{blue}");
        assert_eq!(opinions(&run), [""; 0], "{blue}");
    }
}

#[test]
fn nobody_is_greeted_before_it_is_known() {
    let run = visit("", "looks_up_clients: true", "", "");
    let blue = run.host("mx.blue.example");
    let at = |wanted: &dyn Fn(&What) -> bool| {
        run.records.iter().position(|r| r.host == blue && wanted(&r.what)).expect("it happens")
    };
    let known = at(&|what| matches!(what, What::Lookup { rtype, .. } if &**rtype == "A"));
    let said = run.lines("mx.blue.example", Direction::Sent, Side::Server);
    assert!(said[0].1.starts_with("220 "), "{said:?}");
    let greeted = at(&|what| matches!(what, What::Line { text, .. } if text.visible().starts_with("220 ")));
    assert!(known < greeted, "{known} {greeted}");
}

#[test]
fn what_is_not_there_or_leads_elsewhere_is_unknown() {
    for zone in [named(""), named(ELSEWHERE), named(r#"("11", "PTR nobody.blue.example.")"#)] {
        let run = visit("", "looks_up_clients: true", &zone, r#"nowhere: ["nobody.blue.example"],"#);
        assert_eq!(written(&run), "from out.green.example (unknown [192.0.2.11])", "{zone}");
        assert_eq!(opinions(&run), [""; 0], "to write is not to refuse");
    }
}

#[test]
fn an_alias_in_the_reverse_zone_is_followed() {
    // RFC 2317 §4: the names of a small network stand in a zone of its own.
    let zone = named(r#"("11", "CNAME 11.green.2.0.192.in-addr.arpa."), ("11.green", "PTR out.green.example.")"#);
    let run = visit("", "client_name: MustLeadBack", &zone, "");
    assert_eq!(written(&run), "from out.green.example (out.green.example [192.0.2.11])");
}

#[test]
fn who_has_no_name_is_told_at_rcpt_to_come_again() {
    let green = r#"retry: Custom(delays: ["1h"])"#;
    for (blue, what) in [("MustExist", "your reverse hostname"), ("MustLeadBack", "your hostname")] {
        let run = visit(green, &format!("client_name: {blue}"), &named(""), "");
        let refused = run.replied("mx.blue.example", "450");
        let words = format!("450 4.7.25 Client host rejected: cannot find {what}, [192.0.2.11]");
        assert_eq!(refused.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>(), [words], "{blue}");
        assert_eq!(run.replied("mx.blue.example", "250 2.1.0").len(), 1, "MAIL is fine: it is said at RCPT");
        assert_eq!(opinions(&run), ["defer: 192.0.2.11: 11.2.0.192.in-addr.arpa. PTR: NXDOMAIN"], "{blue}");
        assert_eq!(run.letters("bob@blue.example"), 0);
    }
}

#[test]
fn a_name_that_leads_elsewhere_exists() {
    let green = r#"retry: Custom(delays: ["1h"])"#;
    let run = visit(green, "client_name: MustExist", &named(ELSEWHERE), "");
    assert_eq!(written(&run), "from out.green.example (unknown [192.0.2.11])");
    let run = visit(green, r#"client_name: MustLeadBack, address: "192.0.2.33""#, &named(ELSEWHERE), "");
    assert_eq!(opinions(&run), ["defer: 192.0.2.11: mx.blue.example. A: 192.0.2.33"]);
    assert_eq!(run.letters("bob@blue.example"), 0);
}

#[test]
fn a_resolver_that_is_silent_puts_off_who_comes() {
    let silent = r#"faults: [(at: "0s", what: Dns(server: "ns.blue.example", mode: Silent), lasting: "2min")],"#;
    let green = r#"retry: Custom(delays: ["5min"])"#;
    let run = visit(green, "client_name: MustLeadBack", "", silent);
    assert_eq!(opinions(&run), ["defer: 192.0.2.11: 11.2.0.192.in-addr.arpa. PTR: timeout"]);
    // resolv.conf(5): five seconds, twice.
    let greeted = lab::secs(run.replied("mx.blue.example", "220")[0].0);
    assert!((11.0..11.5).contains(&greeted), "{greeted}");
    assert_eq!(run.letters("bob@blue.example"), 1, "it comes again");
    assert_eq!(written(&run), "from out.green.example (out.green.example [192.0.2.11])");
    // Who only writes it down takes the mail all the same.
    let run = visit(green, "looks_up_clients: true", "", silent);
    assert_eq!(written(&run), "from out.green.example (unknown [192.0.2.11])");
    assert_eq!(run.replied("mx.blue.example", "450").len(), 0);
}

#[test]
fn who_asks_for_ipv6_names_asks_for_ipv6_addresses() {
    let run = visit("ipv6: true", "ipv6: true, client_name: MustLeadBack", "", "");
    assert_eq!(written(&run), "from out.green.example (out.green.example [IPv6:2001:db8::2])");
    let pointer = "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR";
    assert_eq!(run.asked("mx.blue.example"), [pointer, "out.green.example. AAAA"]);
    // Its IPv4 address has a name that leads back; that is another address.
    let zone = r#""8.b.d.0.1.0.0.2.ip6.arpa": Zone(hosts: false),"#;
    let green = r#"ipv6: true, retry: Custom(delays: ["1h"])"#;
    let run = visit(green, "ipv6: true, client_name: MustExist", zone, "");
    let refused = run.replied("mx.blue.example", "450");
    assert!(refused[0].1.ends_with("cannot find your reverse hostname, [2001:db8::2]"), "{refused:?}");
}

#[test]
fn without_a_cache_each_question_is_asked_once() {
    for ttl in ["", r#", "0s""#] {
        let zone = named(&format!(r#"("11", "PTR out.green.example."{ttl})"#));
        let run = visit("", "client_name: MustLeadBack, dns_cache: false", &zone, "");
        assert_eq!(written(&run), "from out.green.example (out.green.example [192.0.2.11])");
        assert_eq!(run.asked("mx.blue.example"), ["11.2.0.192.in-addr.arpa. PTR", "out.green.example. A"]);
    }
}

#[test]
fn those_who_submit_are_looked_up_and_not_refused() {
    // The laptop has no name. It is one of Green's own, and then nobody that Green knows but for a login.
    let zone = named(r#"("11", "PTR out.green.example.")"#);
    let login = r#"login: "alice", password: "sesame", plain_text_logins: true"#;
    let accounts = r#"accounts: { "alice": "sesame" }, plain_text_logins: true"#;
    for (laptop, accounts) in [("", ""), (login, accounts), (&format!("{login}, port: 25"), accounts)] {
        let run = visit_by(laptop, &format!("client_name: MustLeadBack, {accounts}"), "", &zone, "");
        assert_eq!(run.letters("bob@blue.example"), 1, "{laptop}: {:?}", run.bounces());
        let letter = String::from_utf8_lossy(&run.mailbox("bob@blue.example")[0].bytes).into_owned();
        assert!(letter.contains("(unknown [192.0.2.1])"), "{letter}");
        assert_eq!(opinions(&run), [""; 0], "{laptop}");
    }
    // Who is known by neither is a stranger at port 25.
    let run = visit_by("port: 25", &format!("client_name: MustLeadBack, {accounts}"), "", &zone, "");
    assert_eq!(opinions(&run)[0], "defer: 192.0.2.1: 1.2.0.192.in-addr.arpa. PTR: NXDOMAIN");
}

#[test]
fn a_client_that_does_not_wait_for_its_greeting_is_not_greeted() {
    let silent = r#"faults: [(at: "0s", what: Dns(server: "ns.blue.example", mode: Silent), lasting: "2min")],"#;
    let green = r#"retry: Custom(delays: ["5min"]), reply_timeout: "3s""#;
    let run = visit(green, "client_name: MustLeadBack", "", silent);
    let outcomes = run.outcomes("out.green.example");
    assert!(outcomes[0].2.contains("no reply in time to greeting"), "{outcomes:?}");
    // It comes again when the resolver does, and nothing is left of the first time.
    assert_eq!((outcomes.len(), run.connections("out.green.example"), run.letters("bob@blue.example")), (2, 2, 1));
    assert_eq!(opinions(&run), [""; 0]);
    assert_eq!(written(&run), "from out.green.example (out.green.example [192.0.2.11])");
}
