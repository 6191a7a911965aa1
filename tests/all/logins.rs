//! Logins in whole runs: what a session, a policy, a queue and the trace make of who somebody is.

use postroad::trace::{Direction, Side, Verdict, What};

use super::lab::{self, Look, Run};

/// A laptop that submits one mail to its provider, and a server elsewhere. `user` and `server` are further settings.
fn submission(user: &str, server: &str) -> String {
    format!(
        r#"(
            title: "Submission",
            hosts: {{
                "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example", {user}),
                "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"], {server}),
                "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"]),
            }},
            links: [("laptop", "mail.green.example", (latency: "10ms")), ("mail.green.example", "mx.blue.example", (latency: "10ms"))],
            mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "Hello")],
            nowhere: [],
            run_for: "1min",
        )"#
    )
}

const ACCOUNTS: &str = r#"accounts: { "alice@green.example": "sesame", "alice": "sesame", "root": "sesame" }"#;
const LOGIN: &str = r#"login: "alice@green.example", password: "sesame""#;

fn tell(text: &str) -> Run {
    let run = lab::run(&lab::plan(text), Look { records: true, ..Look::default() });
    run.report.as_ref().unwrap();
    run
}

/// The lines that the laptop said, from AUTH to the one before MAIL.
fn proof(run: &Run) -> Vec<String> {
    let laptop = run.host("laptop");
    let lines = run.records.iter().filter_map(|r| match &r.what {
        What::Line { direction: Direction::Sent, side: Side::Client, text, .. } if r.host == laptop => {
            Some(text.visible().to_string())
        }
        _ => None,
    });
    lines
        .skip_while(|l| !l.starts_with("AUTH"))
        .take_while(|l| !l.starts_with("MAIL") && !l.starts_with("QUIT"))
        .collect()
}

/// Decisions of a policy, and what is said of them.
fn decisions(run: &Run, wanted: &str) -> Vec<String> {
    let of = |what: &What| match what {
        What::Policy { policy, decision, detail } if **policy == *wanted => Some(format!("{decision}: {detail}")),
        _ => None,
    };
    run.records.iter().filter_map(|r| of(&r.what)).collect()
}

/// What the first attempt of the laptop came to.
fn outcome(run: &Run) -> (Verdict, String) {
    let laptop = run.host("laptop");
    let outcome = run.records.iter().find_map(|r| match &r.what {
        What::Outcome { verdict, reply, .. } if r.host == laptop => Some((*verdict, reply.visible().to_string())),
        _ => None,
    });
    outcome.expect("an outcome")
}

#[test]
fn each_mechanism_logs_in_shows_stars_and_is_told() {
    for (mechanism, name, lines) in [
        ("Plain", "PLAIN", vec!["AUTH PLAIN ***"]),
        ("Login", "LOGIN", vec!["AUTH LOGIN", "***", "***"]),
        ("CramMd5", "CRAM-MD5", vec!["AUTH CRAM-MD5", "***"]),
        ("ScramSha256", "SCRAM-SHA-256", vec!["AUTH SCRAM-SHA-256 ***", "***", "***"]),
    ] {
        let server = format!("{ACCOUNTS}, mechanisms: [{mechanism}], plain_text_logins: true");
        let run = tell(&submission(&format!("{LOGIN}, plain_text_logins: true"), &server));
        assert_eq!(run.letters("bob@blue.example"), 1, "{name}");
        assert_eq!(proof(&run), lines, "{name}");
        assert_eq!(decisions(&run, "login"), [format!("accept: {name}: alice@green.example")]);
        let letter = String::from_utf8_lossy(&run.mailbox("bob@blue.example")[0].bytes).into_owned();
        assert!(letter.contains("with ESMTPA id"), "{letter}");
    }
}

#[test]
#[cfg(feature = "tls")]
fn a_login_behind_tls_is_told_in_the_trace_field() {
    for port in [587, 465] {
        let listens = "listens: { 465: Submissions, 587: Submission }, certificate: Good";
        let run =
            tell(&submission(&format!("{LOGIN}, port: {port}, tls: Verified"), &format!("{ACCOUNTS}, {listens}")));
        let letter = String::from_utf8_lossy(&run.mailbox("bob@blue.example")[0].bytes).into_owned();
        assert!(letter.contains("with ESMTPSA id"), "{port}: {letter}");
    }
}

#[test]
fn secrets_are_shown_to_who_asks_and_the_run_is_the_same() {
    let text =
        submission(&format!("{LOGIN}, plain_text_logins: true"), &format!("{ACCOUNTS}, plain_text_logins: true"));
    let (plan, look) = (lab::plan(&text), || Look { records: true, trace: true, capture: true, ..Look::default() });
    let (hidden, shown) = (lab::run(&plan, look()), lab::run(&plan, Look { secrets: true, ..look() }));
    // "\0alice@green.example\0sesame"
    let secret = "AGFsaWNlQGdyZWVuLmV4YW1wbGUAc2VzYW1l";
    assert_eq!(proof(&shown), [format!("AUTH PLAIN {secret}")]);
    assert_eq!(proof(&hidden), ["AUTH PLAIN ***"]);
    let has = |bytes: &[u8]| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
    assert!(has(&shown.trace) && !has(&hidden.trace));
    assert!(has(&hidden.capture), "what is on the wire is on the wire");
    assert_eq!(shown.capture, hidden.capture);
    let replaced = String::from_utf8(shown.trace).unwrap().replace(secret, "***");
    assert_eq!(replaced, String::from_utf8(hidden.trace).unwrap());
}

#[test]
fn who_cannot_log_in_hands_nothing_over_and_tries_again() {
    let open = "plain_text_logins: true";
    for (user, server, why) in [
        (
            r#"login: "alice@green.example", password: "pencil", plain_text_logins: true"#,
            format!("{ACCOUNTS}, {open}"),
            "cannot log in: it said: 535 5.7.8 Authentication credentials invalid",
        ),
        (
            r#"login: "mallory", password: "sesame", plain_text_logins: true"#,
            format!("{ACCOUNTS}, {open}"),
            "cannot log in: it said: 535 5.7.8 Authentication credentials invalid",
        ),
        (
            LOGIN,
            format!("{ACCOUNTS}, {open}"),
            "cannot log in: nothing is offered that hides the password, and there is no TLS",
        ),
        (LOGIN, String::new(), "cannot log in: nothing is offered that hides the password, and there is no TLS"),
    ] {
        let run = tell(&submission(user, &server));
        assert_eq!(run.letters("bob@blue.example"), 0);
        let (verdict, reply) = outcome(&run);
        assert_eq!(verdict, Verdict::Deferred);
        assert!(reply.ends_with(why), "{reply}");
    }
}

#[test]
fn who_has_not_logged_in_is_refused_at_every_submission_port_and_on_port_25_relayed_nowhere() {
    let tls = cfg!(feature = "tls");
    let mut cases = vec![(587, "", "530 5.7.0 Authentication required"), (25, "", "550 5.7.1")];
    if tls {
        cases.push((465, "listens: { 465: Submissions }, certificate: Good", "530 5.7.0 Authentication required"));
    }
    cases.push((25, "requires_login: [25]", "530 5.7.0 Authentication required"));
    for (port, server, reply) in cases {
        let run = tell(&submission(&format!("port: {port}"), &format!("{ACCOUNTS}, {server}")));
        assert_eq!(run.letters("bob@blue.example"), 0, "{port}");
        let (verdict, said) = outcome(&run);
        assert_eq!(verdict, Verdict::Failed, "{said}");
        assert!(said.starts_with(reply), "{port}: {said}");
    }
    // Without accounts the server knows its people by their addresses, as ever.
    assert_eq!(tell(&submission("", "")).letters("bob@blue.example"), 1);
    // Whoever the operator names needs no login, but where one is required of everybody.
    let named = format!(r#"{ACCOUNTS}, clients: ["laptop"]"#);
    assert_eq!(tell(&submission("", &named)).letters("bob@blue.example"), 1);
    assert_eq!(tell(&submission("", &format!("{named}, requires_login: [587]"))).letters("bob@blue.example"), 0);
}

#[test]
fn one_sends_in_ones_own_name_where_nothing_else_is_said() {
    let open = "plain_text_logins: true";
    for (login, rule, arrives) in [
        ("alice@green.example", "", true),
        ("alice", "", true),
        ("root", "", false),
        ("root", "login_sender: Any", true),
    ] {
        let user = format!(r#"login: "{login}", password: "sesame", {open}"#);
        let run = tell(&submission(&user, &format!("{ACCOUNTS}, {open}, {rule}")));
        assert_eq!(run.letters("bob@blue.example"), usize::from(arrives), "{login} {rule}");
        if !arrives {
            let said = "553 5.7.1 <alice@green.example>: Sender address rejected: not owned by user root";
            assert_eq!(outcome(&run), (Verdict::Failed, said.into()));
            assert_eq!(decisions(&run, "sender login"), ["reject: root is not alice@green.example"]);
        }
    }
}

#[test]
fn failed_logins_have_an_end() {
    let user = r#"login: "alice", password: "wrong", plain_text_logins: true"#;
    let run = tell(&submission(user, &format!("{ACCOUNTS}, plain_text_logins: true, max_failed_logins: 1")));
    let server = run.host("mail.green.example");
    let says = |begins: &str| {
        run.records.iter().any(|r| {
            r.host == server
                && matches!(&r.what, What::Line { direction: Direction::Sent, text, .. } if text.0.starts_with(begins.as_bytes()))
        })
    };
    assert!(says("535 5.7.8 ") && says("421 4.7.0 mail.green.example too many failed logins"));
    assert_eq!(decisions(&run, "login"), ["reject: PLAIN: wrong password"]);
}

#[test]
fn a_submission_server_adds_what_is_missing_and_nothing_else_does() {
    for (without, port, added) in [
        ("[Date, MessageId]", 587, vec!["add: Date, Message-ID"]),
        ("[Date]", 587, vec!["add: Date"]),
        ("[MessageId]", 587, vec!["add: Message-ID"]),
        ("[]", 587, vec![]),
        ("[Date, MessageId]", 25, vec![]),
    ] {
        let text = submission(&format!("port: {port}"), "");
        let text = text.replace("subject: \"Hello\"", &format!("subject: \"Hello\", without: {without}"));
        let run = tell(&text);
        assert_eq!(decisions(&run, "submission"), added, "{without} {port}");
        let letter = String::from_utf8_lossy(&run.mailbox("bob@blue.example")[0].bytes).into_owned();
        let fields = |name: &str| letter.lines().filter(|l| l.starts_with(name)).count();
        let both = usize::from(port == 587);
        assert_eq!((fields("Date: "), fields("Message-ID: <")), (both, both), "{letter}");
        if added == ["add: Date, Message-ID"] {
            assert!(letter.contains("Date: Mon, 5 Jan 2026 09:00:01 +0000\r\nMessage-ID: <"), "{letter}");
            assert!(letter.contains("@mail.green.example>\r\nMIME-Version:"), "{letter}");
        }
    }
}
