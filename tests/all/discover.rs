//! Where people find the server for their mail (RFC 6186, RFC 8314 §5.1).

use postroad::trace::What;

use super::lab::{self, Look, Run};

/// A mail of Alice's, whose domain says what `zone` does; `alice` and `more` are further settings. Her provider has the address 192.0.2.17, and
/// its certificate is for smtp.provider.example.
fn letter(alice: &str, zone: &str, more: &str) -> Run {
    let text = format!(
        r#"(
            title: "Find your server",
            hosts: {{
                "laptop": User(mailbox: "alice@green.example", submits_to: Discover, login: "alice@green.example", password: "sesame", {alice}),
                "s17.provider.example": Mta(
                    address: "192.0.2.17", domains: ["green.example"], mailboxes: ["alice"], listens: {{ 25: Smtp, 465: Submissions, 587: Submission }},
                    certificate: Good, certificate_names: ["smtp.provider.example"], accounts: {{ "alice@green.example": "sesame" }},
                ),
                "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob"]),
                "ns.example": NameServer(recursive: true),
            }},
            links: [("laptop", "s17.provider.example", Lan), ("s17.provider.example", "mx.blue.example", Lan), ("ns.example", "s17.provider.example", Lan)],
            zones: {{
                "provider.example": Zone(records: [("smtp", "A 192.0.2.17")], ttl: "0s"),
                "green.example": Zone(records: [("@", "MX 10 s17.provider.example"), {zone}], ttl: "0s", negative_ttl: "0s"),
            }},
            mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "Hello")],
            run_for: "9min",
            {more}
        )"#
    );
    let run = lab::run(&lab::plan(&text), Look { records: true, ..Look::default() });
    run.report.as_ref().unwrap();
    run
}

/// What was shown to Alice as unsent.
fn unsent(run: &Run) -> Vec<String> {
    let of = |what: &What| match what {
        What::Unsent { reason, .. } => Some(reason.visible()),
        _ => None,
    };
    run.records.iter().filter_map(|r| of(&r.what)).collect()
}

const SEALED: &str = r#"("_submissions._tcp", "SRV 0 1 465 smtp.provider.example")"#;
const STARTTLS: &str = r#"("_submission._tcp", "SRV 0 1 587 smtp.provider.example")"#;

#[test]
fn both_services_are_asked_for_and_the_one_behind_tls_is_taken() {
    let run = letter("", &format!("{SEALED}, {STARTTLS}"), "");
    let names =
        ["_submissions._tcp.green.example. SRV", "_submission._tcp.green.example. SRV", "smtp.provider.example. A"];
    assert_eq!(run.asked("laptop"), names);
    assert_eq!((run.letters("bob@blue.example"), run.said("laptop", "STARTTLS").len()), (1, 0));
}

#[test]
fn who_speaks_no_tls_asks_for_starttls_only_and_shows_no_password() {
    let run = letter("tls: Never", &format!("{SEALED}, {STARTTLS}"), "");
    // The records have a TTL of nothing: five minutes later it asks again.
    let once = ["_submission._tcp.green.example. SRV", "smtp.provider.example. A"];
    assert_eq!(run.asked("laptop"), [once, once].concat());
    assert_eq!((run.letters("bob@blue.example"), run.said("laptop", "AUTH").len()), (0, 0));
}

#[test]
fn answers_that_hold_for_an_instant_and_ipv6_are_found_again() {
    // Nothing is remembered: each answer comes while others are still missing.
    let run = letter("dns_cache: false, ipv6: true", &format!("{SEALED}, {STARTTLS}"), "");
    let names = [
        "_submissions._tcp.green.example. SRV",
        "_submission._tcp.green.example. SRV",
        "smtp.provider.example. AAAA",
        "smtp.provider.example. A",
    ];
    assert_eq!(run.asked("laptop"), names);
    assert_eq!(run.letters("bob@blue.example"), 1);
}

#[test]
fn a_domain_that_names_no_server_is_told_to_its_author() {
    for zone in ["", r#"("_submissions._tcp", "SRV 0 0 0 ."), ("_submission._tcp", "SRV 0 0 0 .")"#] {
        let run = letter("", zone, "");
        assert_eq!(unsent(&run), ["green.example names no server for submission in the DNS"], "{zone}");
        assert_eq!(run.dialled(), [""; 0]);
    }
    let run = letter("", r#"("_submissions._tcp", "SRV 0 1 465 gone.example")"#, r#"nowhere: ["gone.example"],"#);
    assert_eq!(unsent(&run), ["none of the servers for submission of green.example has an address"]);
}

#[test]
fn a_name_server_that_does_not_answer_makes_the_mail_wait() {
    let cut = r#"faults: [(at: "0s", what: Down(host: "ns.example"), lasting: "4min")],"#;
    let run = letter("", SEALED, cut);
    assert_eq!(unsent(&run), [""; 0]);
    assert_eq!(run.letters("bob@blue.example"), 1, "once it is back");
}

#[test]
fn a_certificate_for_the_machine_alone_does_not_do_for_its_public_name() {
    let run = letter("", r#"("_submissions._tcp", "SRV 0 1 465 s17.provider.example")"#, "");
    assert_eq!(run.letters("bob@blue.example"), 0);
    assert_eq!(run.dialled(), ["192.0.2.17", "192.0.2.17"], "at first, and five minutes later");
    assert_eq!(run.said("laptop", "AUTH").len(), 0);
}
