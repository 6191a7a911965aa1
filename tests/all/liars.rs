//! Somebody on a line writes over what passes: agents break off and put off, nobody is told a lie by the simulator, and what is
//! lost by it is said to be lost.

use super::lab::{self, Look, Run};

const PLAIN: &str = r#"
    "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
    "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], reply_timeout: "10s", retry: Custom(delays: ["1min"])),
    "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"]),"#;

/// The same hosts; Green seals what it hands to Blue, if that works.
#[cfg(feature = "tls")]
fn sealed() -> String {
    let green = PLAIN.replace("reply_timeout", "tls: IfOffered, reply_timeout");
    green.replace(r#"mailboxes: ["bob"]"#, r#"mailboxes: ["bob"], certificate: Good"#)
}

/// Mail from the laptop to Green to Blue; what passes the link between the last two is written over.
fn scenario(hosts: &str, mail: &str, faults: &str, expect: &str) -> String {
    format!(
        r#"(
            title: "A liar on the line", hosts: {{ {hosts} }},
            links: [("laptop", "mail.green.example", Lan), ("mail.green.example", "mx.blue.example", Lan)],
            nowhere: ["bib@blue.example"], run_for: "20min", mail: [{mail}], faults: [{faults}], expect: [{expect}],
        )"#
    )
}

fn tamper(find: &str, put: &str) -> String {
    format!(r#"Tamper(link: ("mail.green.example", "mx.blue.example"), find: "{find}", put: "{put}")"#)
}

fn tell(text: &str) -> Run {
    let run = lab::run(&lab::plan(text), Look { records: true, ..Look::default() });
    run.report.as_ref().unwrap();
    run
}

const HELLO: &str =
    r#"(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], text: "hi\nz\nthere", count: 3, every: "0s")"#;

#[test]
fn replies_that_nobody_asked_for_break_a_dialogue_and_nothing_else() {
    for (find, put) in [("250-", "250 "), ("354", "250"), ("250 2.1.0", "550 5.1.0"), ("z", "."), ("220 ", "220-")] {
        for hosts in [
            PLAIN.to_owned(),
            PLAIN
                .replace("retry", r#"mailbox_servers: { "blue.example": "mx.blue.example" }, retry"#)
                .replace(r#"["bob"]"#, r#"["bob"], listens: { 24: Lmtp }"#),
        ] {
            let faults = format!(r#"(at: "0s", what: {}, lasting: "5min")"#, tamper(find, put));
            let run = tell(&scenario(&hosts, HELLO, &faults, ""));
            assert!(
                run.letters("bob@blue.example") >= 3,
                "{find} -> {put}: each arrives, at the latest when the line is clean"
            );
        }
    }
}

/// A refusal becomes a yes: the mail is lost, by the line and by no host, and the claim says so. An earlier yes that did not arrive
/// makes no difference.
#[test]
fn a_yes_that_no_server_has_said_is_a_loss() {
    let two = |at: &str| {
        format!(
            r#"(at: "{at}", from: "alice@green.example", to: ["bob@blue.example", "bib@blue.example"], subject: "lost"),"#
        )
    };
    let lie = format!(r#"(at: "5min", what: {})"#, tamper("550 5.1.1", "250 2.1.5"));
    let cut = r#"(when: FinalDot(at: "mx.blue.example"), what: Down(link: ("mail.green.example", "mx.blue.example")), lasting: "30s"),"#;
    let once = r#"(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "twice"),"#;
    for (mail, faults) in [(two("10min"), lie.clone()), (format!("{once}{}", two("10min")), format!("{cut}{lie}"))] {
        let text = scenario(PLAIN, &mail, &faults, "NothingLost");
        assert_eq!(tell(&text).bounces(), []);
        let broken = super::scenarios::broken(&lab::plan(&text), None);
        assert!(broken.len() == 1 && broken[0].contains("bib@blue.example"), "{broken:?}");
        // Without the lie, it comes back.
        let honest = tell(&scenario(PLAIN, &mail, "", "NothingLost"));
        assert_eq!(honest.bounces().len(), 1);
    }
}

#[test]
#[cfg(feature = "tls")]
fn a_password_is_for_ones_own_server() {
    let text = |laptop: &str, mail: &str| {
        format!(
            r#"(
                title: "Two servers, one password",
                hosts: {{
                    "laptop": User(mailboxes: ["alice@green.example", "alice@red.example"], login: "alice@green.example", password: "sesame", {laptop}),
                    "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], certificate: Good,
                                              listens: {{ 25: Smtp, 465: Submissions, 587: Submission }}, accounts: {{ "alice@green.example": "sesame" }}),
                    "mail.red.example":   Mta(domains: ["red.example"], mailboxes: ["rob", "alice"], certificate: Good,
                                              listens: {{ 25: Smtp, 465: Submissions, 587: Submission }}, accounts: {{ "rob@red.example": "other" }}),
                }},
                links: [("laptop", "mail.green.example", Lan), ("laptop", "mail.red.example", Lan)],
                mail: [{mail}], run_for: "1min",
            )"#
        )
    };
    let said =
        |run: &Run, host: &str| run.lines(host, postroad::trace::Direction::Received, postroad::trace::Side::Server);
    let own = r#"submits_to: "mail.green.example", tls: Verified"#;
    let via = r#"(at: "1s", from: "alice@green.example", to: ["rob@red.example"], via: "mail.red.example")"#;
    let run = tell(&text(own, via));
    assert!(!said(&run, "mail.red.example").iter().any(|(_, line)| line.starts_with("AUTH")));
    assert_eq!(run.letters("rob@red.example"), 1, "as from any stranger");
    let found = r#"(at: "1s", from: "alice@red.example", to: ["rob@red.example"]), (at: "2s", from: "alice@green.example", to: ["alice@green.example"])"#;
    let run = tell(&text("submits_to: Discover", found));
    assert!(!said(&run, "mail.red.example").iter().any(|(_, line)| line.starts_with("AUTH")));
    assert_eq!(run.letters("alice@green.example"), 1);
}

#[test]
#[cfg(feature = "tls")]
fn a_handshake_that_nobody_answers_is_no_tls_either() {
    let drop = r#"(when: Heard(by: "mx.blue.example", line: "STARTTLS"), what: Drop(link: ("mail.green.example", "mx.blue.example"), from: "mail.green.example", packets: 40))"#;
    let one = r#"(at: "1s", from: "alice@green.example", to: ["bob@blue.example"])"#;
    let run = tell(&scenario(&sealed(), one, drop, ""));
    assert_eq!(run.letters("bob@blue.example"), 1);
    let tls = |r: &&postroad::trace::Record| matches!(&r.what, postroad::trace::What::Policy { policy, .. } if &**policy == "tls");
    assert_eq!(run.records.iter().filter(tls).count(), 1, "it says that it goes on in plain text");
}

/// Who is answered something else than it has asked has no answer, and the story says neither less nor more.
#[test]
fn an_answer_to_something_else_is_none() {
    let text = r#"(
        title: "Another question's answer",
        hosts: {
            "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
            "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
            "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"]),
            "ns.green.example":   NameServer(zones: ["blue.example"], recursive: true),
        },
        resolver: "ns.green.example",
        links: [("laptop", "mail.green.example", Lan), ("mail.green.example", "mx.blue.example", Lan), ("mail.green.example", "ns.green.example", Lan)],
        mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"])], run_for: "1min",
        faults: [(at: "0s", what: Tamper(link: ("mail.green.example", "ns.green.example"), find: "blue", put: "grey"))],
    )"#;
    let run = tell(text);
    let options = postroad::trace::transcript::Options { packets: false, short: false };
    let story = postroad::trace::transcript::story(&run.roster, &run.records, &options);
    let about: Vec<String> =
        story.iter().map(|line| line.text()).filter(|line| line.contains("blue.example MX")).collect();
    assert!(!about.is_empty() && !about.iter().any(|line| line.contains("NXDOMAIN")), "{about:?}");
    assert!(about.iter().any(|line| line.contains("no answer")), "{about:?}");
}

/// What was sealed and breaks later was sealed; the next attempt begins from nothing (RFC 8446 §6: tickets of a connection that
/// failed are not used).
#[test]
#[cfg(feature = "tls")]
fn a_connection_that_breaks_behind_tls_was_sealed() {
    let fault =
        format!(r#"(when: Heard(by: "mx.blue.example", line: "DATA"), what: {}, lasting: "1s")"#, tamper("a", "b"));
    let mail = r#"(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], size: "20kB")"#;
    let expect = r#"
        Tls(from: "mail.green.example", outcome: Sealed, count: 2), Tls(from: "mail.green.example", outcome: Failed, count: 0),
        Delivered(to: "bob@blue.example", copies: 1)"#;
    let text = scenario(&sealed(), mail, &fault, expect);
    assert_eq!(super::scenarios::broken(&lab::plan(&text), None), Vec::<String>::new());
    use postroad::trace::TlsStep;
    let run = tell(&scenario(&sealed(), mail, &fault, ""));
    let told = run.records.iter().filter_map(|r| match &r.what {
        postroad::trace::What::Tls { tls, .. } => Some(tls),
        _ => None,
    });
    let ends: Vec<_> =
        told.clone().filter(|tls| !matches!(tls, TlsStep::Begins { .. } | TlsStep::Secured { .. })).collect();
    let resumed = told.clone().any(|tls| matches!(tls, TlsStep::Secured { resumed: true, .. }));
    assert!(!resumed, "the ticket is thrown away");
    assert!(!ends.is_empty(), "it is told that TLS breaks off");
    assert!(ends.iter().all(|tls| matches!(tls, TlsStep::Ended { .. })), "nobody says that there was none: {ends:?}");
}
