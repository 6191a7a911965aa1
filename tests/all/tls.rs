//! Sealed connections in whole runs: what agent, TLS, TCP, trace and capture make of each other.

use postroad::trace::{CertificateDefect, ConnectionState, Direction, QueueName, Record, Side, TlsStep, Verdict, What};

use super::lab::{self, Look, Run};

/// Two people submit a mail each behind TLS: one takes any certificate, the other only a good one.
fn submission(certificate: &str) -> String {
    format!(
        r#"(
            title: "Sealed submission",
            hosts: {{
                "strict":             User(mailbox: "alice@green.example", submits_to: "mail.green.example", port: 465),
                "easy":               User(mailbox: "bob@green.example", submits_to: "mail.green.example", port: 465, tls: Required),
                "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["carol"], listens: {{ 465: Submissions }}, {certificate}),
            }},
            links: [("strict", "mail.green.example", (latency: "10ms")), ("easy", "mail.green.example", (latency: "10ms"))],
            mail: [
                (at: "1s", from: "alice@green.example", to: ["carol@green.example"], subject: "strict"),
                (at: "1s", from: "bob@green.example", to: ["carol@green.example"], subject: "easy", text: "for nobody else"),
            ],
            run_for: "1min",
        )"#
    )
}

/// Runs it for its time: who does not trust the server goes on trying.
fn tell(text: &str) -> Run {
    lab::run(&lab::plan(text), Look { records: true, ..Look::default() })
}

/// What TLS came to at a host, by what its records say.
fn steps<'r>(run: &'r Run, host: &str) -> Vec<&'r TlsStep> {
    let host = run.host(host);
    let of = |r: &'r Record| match &r.what {
        What::Tls { tls, .. } if r.host == host => Some(tls),
        _ => None,
    };
    run.records.iter().filter_map(of).collect()
}

#[test]
fn what_is_wrong_with_a_certificate_stops_who_wants_to_know_and_is_told_by_who_does_not() {
    let other = || CertificateDefect::OtherName { names: vec!["www.green.example".into()] };
    let cases = [
        ("certificate: Good", None, ""),
        ("certificate: Expired", Some(CertificateDefect::Expired { secs: 3 * 86_400 + 1 }), "certificate_expired"),
        ("certificate: NotYetValid", Some(CertificateDefect::NotYetValid { secs: 86_400 - 1 }), "certificate_expired"),
        ("certificate: SelfSigned", Some(CertificateDefect::SelfSigned), "unknown_ca"),
        ("certificate: Untrusted", Some(CertificateDefect::UntrustedIssuer), "unknown_ca"),
        (r#"certificate: Good, certificate_names: ["www.green.example"]"#, Some(other()), "bad_certificate"),
    ];
    for (certificate, defect, alert) in cases {
        let run = tell(&submission(certificate));
        run.report.as_ref().unwrap();
        let TlsStep::Secured { verified, certificate: found, version, .. } = steps(&run, "easy")[1] else {
            panic!("{certificate}: {:?}", steps(&run, "easy"));
        };
        assert_eq!((*verified, found, &**version), (defect.is_none(), &defect, "TLS 1.3"), "{certificate}");
        let letters: Vec<String> =
            run.mailbox("carol@green.example").iter().map(|f| String::from_utf8_lossy(&f.bytes).into_owned()).collect();
        assert!(letters.iter().any(|l| l.contains("Subject: easy") && l.contains("with ESMTPS id")), "{letters:?}");
        let strict = steps(&run, "strict");
        match defect {
            None => {
                assert!(matches!(strict[1], TlsStep::Secured { verified: true, .. }));
                assert_eq!(letters.len(), 2);
            }
            Some(defect) => {
                assert_eq!(strict[1], &TlsStep::Distrusted { certificate: defect }, "{certificate}");
                assert_eq!(letters.len(), 1, "the strict one has handed nothing over");
                assert!(steps(&run, "mail.green.example").contains(&&TlsStep::Alert { alert: alert.into() }));
                let reason = run.records.iter().find_map(|r| match &r.what {
                    What::Queue { queue: QueueName::Deferred, reason, .. } => Some(reason.to_string()),
                    _ => None,
                });
                let reason = reason.unwrap_or_default();
                let is_other =
                    matches!(strict[1], TlsStep::Distrusted { certificate: CertificateDefect::OtherName { .. } });
                let said = if is_other { "server certificate not verified" } else { "server certificate not trusted" };
                assert!(reason.contains(said), "{certificate}: {reason}");
            }
        }
    }
}

#[test]
fn what_is_sealed_is_not_on_the_wire_and_two_runs_seal_it_to_the_same_bytes() {
    let plan = lab::plan(&submission("certificate: Good"));
    let look = || Look { records: true, trace: true, capture: true, ..Look::default() };
    let (one, other) = (lab::run(&plan, look()), lab::run(&plan, look()));
    assert_eq!(one.capture, other.capture);
    assert_eq!(one.trace, other.trace);
    let has = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|w| w == word);
    assert!(!has(&one.capture, b"EHLO") && !has(&one.capture, b"for nobody else"));
    assert!(has(&one.capture, b"CLIENT_TRAFFIC_SECRET_0 "), "who has the capture can read it");
    let seed = lab::run(&plan, Look { seed: Some(2), ..look() });
    assert_ne!(one.capture, seed.capture);
    // With and without anybody who looks on.
    assert_eq!(lab::run(&plan, Look::default()).report.unwrap().events, one.report.unwrap().events);
    let lines = one.records.iter().filter(|r| matches!(r.what, What::Line { .. })).count();
    let sealed = one.records.iter().filter(|r| matches!(r.what, What::Line { sealed: true, .. })).count();
    assert!(lines > 20 && lines == sealed, "{lines} {sealed}");
}

#[test]
fn a_second_connection_goes_on_with_the_session_of_the_first() {
    let text = submission("certificate: Good").replace(
        "mail: [",
        r#"mail: [(at: "20s", from: "alice@green.example", to: ["carol@green.example"], subject: "again"),"#,
    );
    let run = tell(&text);
    let resumed = |step: &&TlsStep| matches!(step, TlsStep::Secured { resumed: true, .. });
    let strict = steps(&run, "strict");
    assert_eq!(strict.iter().copied().filter(|s| resumed(s)).count(), 1, "{strict:?}");
    assert_eq!(steps(&run, "easy").iter().copied().filter(|s| resumed(s)).count(), 0);
    assert_eq!(run.letters("carol@green.example"), 3);
}

#[test]
fn who_speaks_plainly_to_a_sealed_port_and_the_other_way_round_finds_out() {
    let plain = submission("certificate: Good").replace("port: 465, tls: Required", "port: 466, tls: Never");
    let plain = plain.replace("465: Submissions", "465: Submissions, 466: Submissions");
    let run = tell(&plain);
    // The client waits for a greeting, and the server for a handshake: nobody says anything, until the first gives up.
    assert_eq!(run.letters("carol@green.example"), 1);
    let run = tell(&plain.replace("1min", "1h"));
    let (easy, server) = (run.host("easy"), run.host("mail.green.example"));
    let broken: Vec<f64> = run
        .records
        .iter()
        .filter(|r| {
            r.host == easy
                && matches!(r.what, What::Connection { state: ConnectionState::Reset, side: Side::Client, .. })
        })
        .map(|r| lab::secs(r.at))
        .collect();
    assert!(broken.first().is_some_and(|at| (301.0..301.1).contains(at)), "{broken:?}");
    assert!(run.records.iter().any(|r| r.host == server && matches!(r.what, What::Connection { .. })));
    let sealed = submission("certificate: Good").replace("465: Submissions", "465: Submission");
    let run = tell(&sealed);
    assert_eq!(run.letters("carol@green.example"), 0);
    assert!(steps(&run, "easy").contains(&&TlsStep::NotTls), "{:?}", steps(&run, "easy"));
    run.report.as_ref().unwrap();
}

#[test]
fn both_ends_close_in_peace() {
    let run = tell(&submission("certificate: Good"));
    let states: Vec<_> = run
        .records
        .iter()
        .filter_map(|r| match &r.what {
            What::Connection { state, side: Side::Client, .. } => Some(format!("{state:?}")),
            _ => None,
        })
        .collect();
    assert!(states.iter().all(|state| state != "Reset"), "{states:?}");
    assert_eq!(states.iter().filter(|state| *state == "Closed").count(), 2, "{states:?}");
}

/// Two servers: one hands on, the other takes.
fn relay(sender: &str, receiver: &str) -> String {
    format!(
        r#"(
            title: "STARTTLS",
            hosts: {{
                "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
                "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], {sender}),
                "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"], {receiver}),
            }},
            links: [("laptop", "mail.green.example", Lan), ("mail.green.example", "mx.blue.example", (latency: "20ms"))],
            mail: [
                (at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "one"),
                (at: "9s", from: "alice@green.example", to: ["bob@blue.example"], subject: "two"),
            ],
            run_for: "2min",
        )"#
    )
}

fn says(run: &Run, host: &str, begins: &str) -> usize {
    let host = run.host(host);
    let of = |r: &&Record| match &r.what {
        What::Line { direction: Direction::Sent, text, .. } => r.host == host && text.0.starts_with(begins.as_bytes()),
        _ => false,
    };
    run.records.iter().filter(of).count()
}

#[test]
fn servers_seal_what_they_hand_on_as_far_as_both_want() {
    const UNOFFERED: &str = "TLS is required, but was not offered";
    const DISTRUSTED: &str = "server certificate not trusted";
    const OTHER_NAME: &str = r#"certificate: Good, certificate_names: ["blue.example"]"#;
    // What the sender wants, what the receiver is, how many mails arrive, how many of them sealed; what is said otherwise.
    let cases = [
        ("tls: Never", "certificate: Good", 2, 0, ""),
        ("tls: IfOffered", "certificate: Good", 2, 2, ""),
        ("tls: IfOffered", "certificate: Expired", 2, 2, ""),
        ("tls: IfOffered", "certificate: SelfSigned", 2, 2, ""),
        ("tls: IfOffered", "hop_limit: 50", 2, 0, ""),
        ("tls: IfOffered", "certificate: Good, without: [StartTls]", 2, 0, ""),
        ("tls: Required", "certificate: Untrusted", 2, 2, ""),
        ("tls: Required", "certificate: Good, without: [StartTls]", 0, 0, UNOFFERED),
        ("tls: Required", "hop_limit: 50", 0, 0, UNOFFERED),
        ("tls: Verified", "certificate: Good", 2, 2, ""),
        ("tls: Verified", "certificate: Expired", 0, 0, DISTRUSTED),
        ("tls: Verified", OTHER_NAME, 0, 0, "server certificate not verified"),
        ("tls: IfOffered, tls_versions: Only12", "certificate: Good", 2, 2, ""),
        ("tls: IfOffered, tls_versions: Only13", "certificate: Good, tls_versions: Only12", 2, 0, ""),
        ("tls: Required, tls_versions: Only13", "certificate: Good, tls_versions: Only12", 0, 0, "handshake failure"),
    ];
    for (sender, receiver, arrives, sealed, reason) in cases {
        let case = format!("{sender} / {receiver}");
        let run = tell(&relay(sender, receiver));
        run.report.as_ref().unwrap();
        let letters = run.mailbox("bob@blue.example");
        let with = |word: &str| letters.iter().filter(|f| String::from_utf8_lossy(&f.bytes).contains(word)).count();
        assert_eq!((letters.len(), with("by mx.blue.example with ESMTPS id")), (arrives, sealed), "{case}");
        let told = run.records.iter().filter_map(|r| match &r.what {
            What::Queue { queue: QueueName::Deferred, reason, .. } => Some(reason.to_string()),
            _ => None,
        });
        let told: Vec<String> = told.collect();
        assert!(told.iter().all(|t| t.contains(reason)) && told.is_empty() == reason.is_empty(), "{case}: {told:?}");
        // RFC 3207 §4.2: everything is said anew behind it.
        let (starts, hellos) = (says(&run, "mail.green.example", "STARTTLS"), says(&run, "mail.green.example", "EHLO"));
        assert!(sealed == 0 || (starts, hellos) == (2, 4), "{case}: {starts} {hellos}");
    }
}

#[test]
fn who_can_do_without_tls_tries_once_more_in_plain_text_and_says_so() {
    let run = tell(&relay("tls: IfOffered, tls_versions: Only13", "certificate: Good, tls_versions: Only12"));
    assert!(steps(&run, "mx.blue.example").contains(&&TlsStep::NothingInCommon));
    let of = |r: &&Record| matches!(&r.what, What::Policy { policy, .. } if &**policy == "tls");
    assert_eq!(run.records.iter().filter(of).count(), 2, "once for each mail");
    assert_eq!(run.letters("bob@blue.example"), 2);
}

#[test]
fn a_sealed_relay_goes_on_with_its_session_and_uses_connections_again() {
    let run = tell(&relay(r#"tls: Verified, idle: "30s""#, "certificate: Good"));
    assert_eq!(says(&run, "mail.green.example", "STARTTLS"), 1, "one connection carries both");
    assert_eq!(run.letters("bob@blue.example"), 2);
    let run = tell(&relay("tls: Verified", "certificate: Good"));
    let resumed = |step: &&&TlsStep| matches!(step, TlsStep::Secured { resumed: true, .. });
    assert_eq!(steps(&run, "mail.green.example").iter().filter(resumed).count(), 1);
}

#[test]
fn a_server_that_was_down_knows_no_ticket_from_before() {
    let text = submission("certificate: Good").replace(
        "mail: [",
        r#"mail: [(at: "5min", from: "alice@green.example", to: ["carol@green.example"], subject: "again"),"#,
    );
    let resumed = |text: &str| {
        let run = tell(&text.replace("1min", "10min"));
        assert_eq!(run.letters("carol@green.example"), 3);
        steps(&run, "strict").iter().filter(|s| matches!(s, TlsStep::Secured { resumed: true, .. })).count()
    };
    assert_eq!(resumed(&text), 1);
    let down = r#"faults: [(at: "70s", what: Down(host: "mail.green.example"), lasting: "30s")], run_for"#;
    assert_eq!(resumed(&text.replace("run_for", down)), 0);
}

/// The offer of STARTTLS is written over on the way from Blue to Green.
fn stripped(sender: &str) -> Run {
    let text = relay(sender, "certificate: Good");
    let tamper = r#"faults: [(at: "0s", what: Tamper(link: ("mail.green.example", "mx.blue.example")))], run_for"#;
    tell(&text.replace("run_for", tamper))
}

#[test]
fn who_sits_on_the_line_takes_the_offer_away_and_each_end_has_its_own_story() {
    let run = stripped("tls: IfOffered");
    assert_eq!((run.letters("bob@blue.example"), steps(&run, "mail.green.example").len()), (2, 0));
    let lines = |host: &str, direction, side| -> Vec<String> {
        let lines = run.lines(host, direction, side);
        lines.into_iter().map(|(_, text)| text).filter(|t| t.contains("STARTTLS") || t.contains("XXXXXXXA")).collect()
    };
    assert_eq!(lines("mx.blue.example", Direction::Sent, Side::Server), ["250 STARTTLS"; 2]);
    assert_eq!(lines("mail.green.example", Direction::Received, Side::Client), ["250 XXXXXXXA"; 2]);
    // Whoever wants TLS has had no offer, and waits.
    for sender in ["tls: Required", "tls: Verified"] {
        let run = stripped(sender);
        assert_eq!((run.letters("bob@blue.example"), says(&run, "mail.green.example", "MAIL")), (0, 0), "{sender}");
    }
}

#[test]
fn who_is_refused_tls_says_what_was_said() {
    // The fault begins when the offer is through, and writes over the command: the server hears nonsense.
    let text = relay("tls: Required", "certificate: Good");
    let clean = tell(&text);
    let (offered, _) = clean.said("mail.green.example", "STARTTLS")[0].clone();
    let fault = format!(
        r#"faults: [(at: "{}ns", what: Tamper(link: ("mail.green.example", "mx.blue.example")), lasting: "1s")], run_for"#,
        offered.as_nanos() - 1
    );
    let run = tell(&text.replace("run_for", &fault));
    let (_, verdict, reply) = run.outcomes("mail.green.example")[0].clone();
    assert_eq!(verdict, Verdict::Deferred);
    let why = "TLS is required, but it refused to start TLS: 500 5.5.1 Command not recognized";
    assert!(reply.ends_with(why), "{reply}");
}

/// A mail that requires TLS, which Green cannot hand on; Alice's own server is set up further.
fn required(pink: &str, wishes: bool) -> Run {
    let text = format!(
        r#"(
            title: "REQUIRETLS",
            hosts: {{
                "laptop":            User(mailbox: "alice@pink.example", submits_to: "out.green.example", tls: Required),
                "out.green.example": Mta(certificate: Good, tls: IfOffered),
                "mx.pink.example":   Mta(domains: ["pink.example"], mailboxes: ["alice"], {pink}),
                "mx.blue.example":   Mta(domains: ["blue.example"], mailboxes: ["bob"]),
            }},
            links: [
                ("laptop", "out.green.example", Lan), ("out.green.example", "mx.pink.example", Lan), ("out.green.example", "mx.blue.example", Lan),
            ],
            mail: [(at: "1s", from: "alice@pink.example", to: ["bob@blue.example"], text: "the secret", require_tls: {wishes})],
        )"#
    );
    tell(&text)
}

#[test]
fn a_mail_that_requires_tls_comes_back_without_its_body_and_its_report_is_not_lost() {
    // RFC 8689 §5: the report requires TLS, too; where the way back has no such promise, it goes all the same.
    for (pink, promised, sealed) in
        [("certificate: Good", true, 1), ("certificate: Good, without: [RequireTls]", false, 1), ("", false, 0)]
    {
        let run = required(pink, true);
        assert_eq!(run.letters("bob@blue.example"), 0);
        let report = String::from_utf8_lossy(&run.mailbox("alice@pink.example")[0].bytes).into_owned();
        assert!(report.contains("Status: 5.7.10") && report.contains("text/rfc822-headers"), "{report}");
        assert!(!report.contains("the secret"), "{report}");
        let said = run.said("out.green.example", "MAIL FROM:<>");
        assert_eq!(
            said.iter().map(|(_, line)| line.ends_with(" REQUIRETLS")).collect::<Vec<_>>(),
            [promised],
            "{pink}"
        );
        assert_eq!(
            steps(&run, "out.green.example").iter().filter(|s| matches!(s, TlsStep::Secured { .. })).count(),
            1 + sealed
        );
    }
    // Who does not wish it gets what there is.
    assert_eq!(required("", false).letters("bob@blue.example"), 1);
}
