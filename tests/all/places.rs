//! Mail to hosts that are named by address, and servers at ports that are not the usual ones.

use super::lab::{self, Look, Run};

fn tell(text: &str) -> Run {
    let run = lab::run(&lab::plan(text), Look { records: true, ..Look::default() });
    run.report.as_ref().unwrap();
    run
}

/// A laptop that submits one mail to its provider, and two servers elsewhere, at 192.0.2.7 and 192.0.2.8; nobody has a domain at
/// the second.
fn letter(to: &str) -> Run {
    tell(&format!(
        r#"(
            title: "By address",
            hosts: {{
                "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
                "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
                "mx.blue.example":    Mta(
                    address: "192.0.2.7", outbound_addresses: ["192.0.2.9"], domains: ["blue.example", "azure.example"],
                    mailboxes: {{ "blue.example": ["bob"], "azure.example": ["carol"] }},
                    forwards: {{ "us@blue.example": ["bob@[192.0.2.7]", "Bob@blue.example"] }},
                ),
                "relay.example":      Mta(address: "192.0.2.8"),
            }},
            links: [
                ("laptop", "mail.green.example", (latency: "10ms")), ("mail.green.example", "mx.blue.example", (latency: "10ms")),
                ("mail.green.example", "relay.example", (latency: "10ms")),
            ],
            mail: [(at: "1s", from: "alice@green.example", to: ["{to}"], subject: "Hello")],
        )"#
    ))
}

#[test]
fn mail_to_an_address_literal_goes_there_without_a_question_and_is_at_home_there() {
    let run = letter("bob@[192.0.2.7]");
    assert_eq!(run.asked("mail.green.example"), [""; 0]);
    assert_eq!(run.dialled(), ["192.0.2.2", "192.0.2.7"]);
    for host in ["laptop", "mail.green.example"] {
        let said: Vec<String> = run.said(host, "RCPT").into_iter().map(|l| l.1).collect();
        assert_eq!(said, ["RCPT TO:<bob@[192.0.2.7]>"], "{host}");
    }
    assert_eq!(run.letters("bob@blue.example"), 1);
}

#[test]
fn a_literal_of_a_host_is_a_name_of_its_first_domain() {
    // RFC 5321 §4.5.1: the postmaster, in any case.
    for (to, at_home) in [
        ("Postmaster@[192.0.2.7]", "postmaster@blue.example"),
        // All of the host's addresses are the host.
        ("bob@[192.0.2.9]", "bob@blue.example"),
        // Two ways to one mailbox are one copy.
        ("us@[192.0.2.7]", "bob@blue.example"),
    ] {
        let run = letter(to);
        assert_eq!((run.letters(at_home), run.bounces().len()), (1, 0), "{to}");
    }
    for (to, reply) in [
        ("carol@[192.0.2.7]", "550 5.1.1 <carol@[192.0.2.7]>: no such mailbox here"),
        // A relay without a domain has no mailboxes, and a literal is no way to have it pass on mail.
        ("bob@[192.0.2.8]", "550 5.7.1 <bob@[192.0.2.8]>: relay access denied"),
    ] {
        let run = letter(to);
        assert_eq!(run.bounces().into_iter().map(|b| b.2).collect::<Vec<_>>(), [reply], "{to}");
        assert_eq!(run.mailbox("alice@green.example").len(), 1, "{to}");
    }
}

/// Three people and two servers, none of which is at a usual port. `laptop` and `phone` are further settings of two of them.
#[cfg(feature = "tls")]
fn elsewhere(laptop: &str, phone: &str, certificate: &str) -> Run {
    let text = format!(
        r#"(
            title: "Other ports",
            hosts: {{
                // Declared before their server.
                "laptop":              User(mailbox: "alice@green.example", submits_to: "mail.green.example", {laptop}),
                "phone":               User(mailbox: "bob@green.example", submits_to: "mail.green.example", {phone}),
                "mail.green.example":  Mta(
                    domains: ["green.example"], mailboxes: ["alice", "bob"], {certificate}, tls: Required,
                    listens: {{ 2525: Smtp, 5870: Submission, 4650: Submissions }},
                    smarthost: "out.pink.example", smarthost_port: 4651, login: "green", password: "sesame",
                ),
                "out.pink.example":    Mta(accounts: {{ "green": "sesame" }}, certificate: Good, listens: {{ 4651: Submissions }}, login_sender: Any),
                "mx.blue.example":     Mta(domains: ["blue.example"], mailboxes: ["carol"]),
            }},
            links: [
                ("laptop", "mail.green.example", (latency: "10ms")), ("phone", "mail.green.example", (latency: "10ms")),
                ("mail.green.example", "out.pink.example", (latency: "10ms")), ("out.pink.example", "mx.blue.example", (latency: "10ms")),
            ],
            mail: [
                (at: "1s", from: "alice@green.example", to: ["carol@blue.example"], subject: "laptop"),
                (at: "2s", from: "bob@green.example", to: ["carol@blue.example"], subject: "phone"),
            ],
            run_for: "1min",
        )"#
    );
    tell(&text)
}

/// The ports that were dialled for mail, each with how often.
#[cfg(feature = "tls")]
fn ports(run: &Run) -> std::collections::BTreeMap<u16, usize> {
    use postroad::trace::{ConnectionState, What};
    let mut ports = std::collections::BTreeMap::new();
    for record in &run.records {
        if let What::Connection { state: ConnectionState::Connecting, port, .. } = &record.what {
            *ports.entry(*port).or_default() += 1;
        }
    }
    ports.remove(&53);
    ports
}

/// Whether the certificate was looked at, of each handshake that a host has done.
#[cfg(feature = "tls")]
fn verified(run: &Run, host: &str) -> Vec<bool> {
    use postroad::trace::{TlsStep, What};
    let host = run.host(host);
    let of = |what: &What| match what {
        What::Tls { tls: TlsStep::Secured { verified, .. }, .. } => Some(*verified),
        _ => None,
    };
    run.records.iter().filter(|r| r.host == host).filter_map(|r| of(&r.what)).collect()
}

#[test]
#[cfg(feature = "tls")]
fn servers_are_reached_at_whatever_port_and_sealed_by_the_service_there() {
    let run = elsewhere("port: 5870", "port: 4650", "certificate: Good");
    assert_eq!(run.letters("carol@blue.example"), 2);
    assert_eq!(ports(&run), [(25, 2), (4650, 1), (4651, 2), (5870, 1)].into());
    // Who says nothing of TLS goes without it to a port that is not sealed, and verifies at one that is.
    assert_eq!((verified(&run, "laptop"), verified(&run, "phone")), (vec![], vec![true]));
    assert_eq!(
        run.said("mail.green.example", "STARTTLS").len(),
        0,
        "the smarthost's port is sealed from the first byte on"
    );
    for (host, logins) in [("mail.green.example", 2), ("laptop", 0)] {
        assert_eq!(run.said(host, "AUTH").len(), logins, "{host}");
    }
}

#[test]
#[cfg(feature = "tls")]
fn a_sealed_port_is_verified_unless_a_user_says_otherwise() {
    for (tls, certificate, letters) in [
        ("", "Good", 2),
        ("", "SelfSigned", 1),
        (", tls: Verified", "SelfSigned", 1),
        (", tls: Required", "SelfSigned", 2),
        // It waits for a greeting that never comes.
        (", tls: Never", "Good", 1),
    ] {
        let run = elsewhere("port: 2525", &format!("port: 4650{tls}"), &format!("certificate: {certificate}"));
        assert_eq!(run.letters("carol@blue.example"), letters, "{tls} {certificate}");
    }
}
