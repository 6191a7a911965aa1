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
