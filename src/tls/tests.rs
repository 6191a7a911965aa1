//! Both ends of a sealed connection, in each other's ears.

use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::octets::Chunk;
use crate::sim::{Stream, Streams};

const NOW: u64 = 1_767_603_600;
const DAY: i64 = 86_400;
const BOTH: &[Version] = &[Version::Tls13, Version::Tls12];

fn stream(name: &str) -> Stream {
    Streams::new(7).stream(name)
}

fn good() -> Validity {
    Validity { from_unix_secs: NOW as i64 - 30 * DAY, to_unix_secs: NOW as i64 + 60 * DAY }
}

fn authority() -> Authority {
    Authority::new("Example Root", good(), &mut stream("root"))
}

fn server(names: &[&str], validity: Validity, versions: &[Version]) -> Server {
    Server::new(Some(&authority()), names, validity, versions, true, &mut stream("server"))
}

/// What came out at both ends.
#[derive(Debug, Default)]
struct Seen {
    client: Vec<News>,
    server: Vec<News>,
    tickets: Vec<Rc<Ticket>>,
    client_heard: Vec<u8>,
    server_heard: Vec<u8>,
    wire: Vec<u8>,
    /// Times that the direction changed.
    turns: usize,
}

impl Seen {
    fn facts(news: &[News]) -> Option<&Facts> {
        news.iter().find_map(|news| if let News::Secured(facts) = news { Some(&**facts) } else { None })
    }

    fn failure(news: &[News]) -> Option<&Failure> {
        news.iter().find_map(|news| if let News::Failed(failure) = news { Some(failure) } else { None })
    }

    fn without_secrets(news: &[News]) -> Vec<News> {
        news.iter().filter(|news| !matches!(news, News::Secret(_))).cloned().collect()
    }
}

/// Carries everything to and fro, in pieces of `piece` bytes, until nobody has anything to say.
fn converse(client: &mut Session, server: &mut Session, piece: usize, seen: &mut Seen) {
    loop {
        let mut moved = false;
        for from_client in [true, false] {
            let (from, to) = if from_client { (&mut *client, &mut *server) } else { (&mut *server, &mut *client) };
            let mut said = Vec::new();
            while let Some(output) = from.poll_output() {
                match (output, from_client) {
                    (Output::Sealed(data), _) => said.extend_from_slice(&data),
                    (Output::Plain(data), true) => seen.client_heard.extend_from_slice(&data),
                    (Output::Plain(data), false) => seen.server_heard.extend_from_slice(&data),
                    (Output::News(News::Ticket(ticket)), _) => seen.tickets.push(ticket),
                    (Output::News(news), true) => seen.client.push(news),
                    (Output::News(news), false) => seen.server.push(news),
                }
            }
            if !said.is_empty() {
                moved = true;
                seen.turns += 1;
                seen.wire.extend_from_slice(&said);
                for part in said.chunks(piece) {
                    to.handle_sealed(NOW, Chunk::copy_from(part));
                }
            }
        }
        if !moved {
            return;
        }
    }
}

fn pair(client: &Client, server: &Server, name: &str, ticket: Option<Rc<Ticket>>) -> (Session, Session) {
    (
        Session::client(client, name, ticket, stream("client end"), NOW, true),
        Session::server(server, stream("server end"), NOW, true),
    )
}

fn meet(client: &Client, server: &Server, name: &str) -> Seen {
    let (mut a, mut b) = pair(client, server, name, None);
    let mut seen = Seen::default();
    converse(&mut a, &mut b, 1400, &mut seen);
    seen
}

#[test]
fn a_handshake_says_what_it_came_to_in_both_versions() {
    for (versions, version, turns) in [(BOTH, Version::Tls13, 4), (&BOTH[1..], Version::Tls12, 4)] {
        let client = Client::new(&[&authority()], true, versions);
        let seen = meet(&client, &server(&["mx.blue.example"], good(), BOTH), "mx.blue.example");
        let (c, s) = (Seen::facts(&seen.client).unwrap(), Seen::facts(&seen.server).unwrap());
        assert_eq!(
            (c.version, c.resumed, &c.trust, c.name.as_deref()),
            (version, false, &Trust::Verified, Some("mx.blue.example"))
        );
        assert_eq!(
            (s.version, s.resumed, &s.trust, s.name.as_deref()),
            (version, false, &Trust::NotAsked, Some("mx.blue.example"))
        );
        assert_eq!(c.suite, s.suite);
        assert!(c.suite.ends_with("AES_256_GCM_SHA384"), "{}", c.suite);
        assert_eq!(seen.turns, turns, "{version}");
        assert_eq!(c.round_trips, if version == Version::Tls13 { 1 } else { 2 }, "RFC 8446 §2, RFC 5246 §7.3");
        assert!(c.sent_bytes > 200 && c.received_bytes > 500 && s.received_bytes > 200, "{c:?} {s:?}");
        assert_eq!(seen.wire[..3], [22, 3, 1], "a handshake record (RFC 8446 §5.1)");
    }
}

#[test]
fn what_is_said_arrives_and_is_not_to_be_seen_on_the_way() {
    for piece in [1, 7, 1400, 100_000] {
        let client = Client::new(&[&authority()], true, BOTH);
        let (mut a, mut b) = pair(&client, &server(&["mx.blue.example"], good(), BOTH), "mx.blue.example", None);
        let mut seen = Seen::default();
        a.handle_plain(NOW, b"EHLO early\r\n"); // waits for the handshake
        converse(&mut a, &mut b, piece, &mut seen);
        let content = b"Subject: the letter\r\n".repeat(3_000);
        a.handle_plain(NOW, &content);
        b.handle_plain(NOW, b"250 Ok\r\n");
        converse(&mut a, &mut b, piece, &mut seen);
        a.handle_close(NOW);
        converse(&mut a, &mut b, piece, &mut seen);
        assert!(seen.server_heard.starts_with(b"EHLO early\r\n") && seen.server_heard.ends_with(&content));
        assert_eq!(seen.client_heard, b"250 Ok\r\n");
        assert!(!seen.wire.windows(10).any(|w| w == b"the letter"));
        assert_eq!(seen.server.last(), Some(&News::Closed));
    }
}

#[test]
fn the_same_luck_gives_the_same_bytes_and_other_luck_others() {
    let run = |luck: &str| {
        let client = Client::new(&[&authority()], true, BOTH);
        let server = server(&["mx.blue.example"], good(), BOTH);
        let mut a = Session::client(&client, "mx.blue.example", None, stream(luck), NOW, true);
        let mut b = Session::server(&server, stream("server end"), NOW, true);
        let mut seen = Seen::default();
        converse(&mut a, &mut b, 1400, &mut seen);
        a.handle_plain(NOW, b"MAIL FROM:<>\r\n");
        converse(&mut a, &mut b, 1400, &mut seen);
        seen
    };
    let (one, same, other) = (run("one"), run("one"), run("other"));
    assert_eq!((&one.wire, &one.client, &one.server), (&same.wire, &same.client, &same.server));
    assert_ne!(one.wire, other.wire);
    let secrets = one.client.iter().filter(|news| matches!(news, News::Secret(_))).count();
    assert_eq!(secrets, 5, "RFC 8446 §7.1: two of the handshake, two of the traffic, the exporter's: {:?}", one.client);
}

/// A certificate, the name that is asked for, and what a client finds.
fn defects() -> Vec<(&'static str, Server, &'static str, Defect)> {
    let now = NOW as i64;
    let old = Validity { from_unix_secs: now - 90 * DAY, to_unix_secs: now - 3 * DAY };
    let new = Validity { from_unix_secs: now + DAY, to_unix_secs: now + 90 * DAY };
    let stranger = Authority::new("Other Root", good(), &mut stream("stranger"));
    let name = "mx.blue.example";
    let by = |authority: Option<&Authority>| Server::new(authority, &[name], good(), BOTH, true, &mut stream("server"));
    vec![
        ("expired", server(&[name], old, BOTH), name, Defect::Expired { secs: 3 * DAY as u64 }),
        ("not yet valid", server(&[name], new, BOTH), name, Defect::NotYetValid { secs: DAY as u64 }),
        (
            "for another name",
            server(&["mail.blue.example", "*.red.example"], good(), BOTH),
            name,
            Defect::OtherName { names: vec!["mail.blue.example".into(), "*.red.example".into()] },
        ),
        ("self-signed", by(None), name, Defect::SelfSigned),
        ("by a stranger", by(Some(&stranger)), name, Defect::UntrustedIssuer),
    ]
}

#[test]
fn a_strict_client_ends_the_handshake_and_says_why() {
    let alerts = ["certificate_expired", "certificate_expired", "bad_certificate", "unknown_ca", "unknown_ca"];
    for ((case, server, name, defect), alert) in defects().into_iter().zip(alerts) {
        for versions in [BOTH, &BOTH[1..]] {
            let seen = meet(&Client::new(&[&authority()], true, versions), &server, name);
            assert_eq!(Seen::failure(&seen.client), Some(&Failure::Certificate(defect.clone())), "{case}");
            assert_eq!(Seen::failure(&seen.server), Some(&Failure::Alert(alert.into())), "{case}");
            assert_eq!(Seen::facts(&seen.client), None, "{case}");
        }
    }
}

#[test]
fn another_client_goes_on_and_says_what_it_found() {
    for (case, server, name, defect) in defects() {
        let seen = meet(&Client::new(&[&authority()], false, BOTH), &server, name);
        let facts = Seen::facts(&seen.client).unwrap_or_else(|| panic!("{case}: {seen:?}"));
        assert_eq!(facts.trust, Trust::Unverified(defect), "{case}");
        assert!(Seen::failure(&seen.server).is_none());
    }
}

#[test]
fn a_wildcard_fits_one_label() {
    let client = Client::new(&[&authority()], true, BOTH);
    let server = server(&["*.blue.example"], good(), BOTH);
    assert!(Seen::facts(&meet(&client, &server, "mx.blue.example").client).is_some());
    let seen = meet(&client, &server, "mx.sub.blue.example");
    assert!(matches!(Seen::failure(&seen.client), Some(Failure::Certificate(Defect::OtherName { .. }))), "{seen:?}");
}

#[test]
fn who_has_no_version_in_common_finds_out() {
    let client = Client::new(&[&authority()], false, &BOTH[..1]);
    let seen = meet(&client, &server(&["mx.blue.example"], good(), &BOTH[1..]), "mx.blue.example");
    assert_eq!(Seen::failure(&seen.server), Some(&Failure::NothingInCommon));
    assert_eq!(Seen::failure(&seen.client), Some(&Failure::Alert("protocol_version".into())));
}

#[test]
fn what_is_not_tls_is_called_so() {
    let client = Client::new(&[&authority()], false, BOTH);
    let server = server(&["mx.blue.example"], good(), BOTH);
    let (mut a, mut b) = pair(&client, &server, "mx.blue.example", None);
    a.handle_sealed(NOW, Chunk::from("454 4.7.0 TLS not available\r\n"));
    b.handle_sealed(NOW, Chunk::from("EHLO client.example\r\n"));
    let mut seen = Seen::default();
    converse(&mut a, &mut b, 1400, &mut seen);
    assert_eq!(Seen::failure(&seen.client), Some(&Failure::NotTls));
    assert_eq!(Seen::failure(&seen.server), Some(&Failure::NotTls));
}

#[test]
fn a_ticket_spares_the_certificate_and_is_good_until_the_server_forgets() {
    for versions in [BOTH, &BOTH[1..]] {
        let client = Client::new(&[&authority()], false, versions);
        let server = server(&["mx.blue.example"], good(), BOTH);
        let first = meet(&client, &server, "mx.blue.example");
        let full = Seen::facts(&first.client).unwrap();
        let ticket = first.tickets.last().expect("tickets were given").clone();
        let resume = |server: &Server, ticket: &Rc<Ticket>| {
            let (mut a, mut b) = pair(&client, server, "mx.blue.example", Some(Rc::clone(ticket)));
            let mut seen = Seen::default();
            converse(&mut a, &mut b, 1400, &mut seen);
            seen
        };
        let again = resume(&server, &ticket);
        let (c, s) = (Seen::facts(&again.client).unwrap(), Seen::facts(&again.server).unwrap());
        assert!(c.resumed && s.resumed, "{versions:?}");
        assert_eq!(c.trust, Trust::Verified, "what was found out holds on");
        assert_eq!(c.round_trips, 1, "RFC 8446 §2.2, RFC 5246 §7.3");
        assert!(c.received_bytes < full.received_bytes / 2, "{} {}", c.received_bytes, full.received_bytes);
        // A copy of the world needs the same ticket once more, and gets it.
        let copy = resume(&server, &ticket);
        assert_eq!((&copy.wire, &copy.client), (&again.wire, &again.client));
        let later = again.tickets.last().expect("a session that goes on gives tickets, too").clone();
        assert!(Seen::facts(&resume(&server, &later).client).unwrap().resumed);
        // Who lost its memory does a whole handshake.
        let restarted = resume(&server.restarted(&mut stream("after")), &ticket);
        assert!(!Seen::facts(&restarted.client).unwrap().resumed);
    }
}

#[test]
fn a_row_of_tickets_ends() {
    let client = Client::new(&[&authority()], false, BOTH);
    let server = server(&["mx.blue.example"], good(), BOTH);
    let (mut ticket, mut whole) = (None, Vec::new());
    for number in 0..140 {
        let (mut a, mut b) = pair(&client, &server, "mx.blue.example", ticket.take());
        let mut seen = Seen::default();
        converse(&mut a, &mut b, 1400, &mut seen);
        if !Seen::facts(&seen.client).unwrap().resumed {
            whole.push(number);
        }
        ticket = seen.tickets.pop();
    }
    assert_eq!(whole, [0, 65, 130]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Wherever a connection is copied, the copy says the same from there on.
    #[test]
    fn a_copy_goes_on_as_the_original(steps in 0_usize..12, piece in 1_usize..900, tls12 in any::<bool>()) {
        let client = Client::new(&[&authority()], false, if tls12 { &BOTH[1..] } else { BOTH });
        let server = server(&["mx.blue.example"], good(), BOTH);
        let (mut a, mut b) = pair(&client, &server, "mx.blue.example", None);
        let mut copies = None;
        for step in 0..12 {
            if step == steps {
                copies = Some((a.clone(), b.clone()));
            }
            let mut said = Vec::new();
            a.handle_plain(NOW, b"NOOP\r\n");
            while let Some(output) = if step % 2 == 0 { a.poll_output() } else { b.poll_output() } {
                if let Output::Sealed(data) = output { said.extend_from_slice(&data) }
            }
            let to = if step % 2 == 0 { &mut b } else { &mut a };
            for part in said.chunks(piece) { to.handle_sealed(NOW, Chunk::copy_from(part)) }
            if let Some((twin_a, twin_b)) = &mut copies {
                let mut same = Vec::new();
                twin_a.handle_plain(NOW, b"NOOP\r\n");
                while let Some(output) = if step % 2 == 0 { twin_a.poll_output() } else { twin_b.poll_output() } {
                    if let Output::Sealed(data) = output { same.extend_from_slice(&data) }
                }
                prop_assert_eq!(&same, &said);
                let to = if step % 2 == 0 { twin_b } else { twin_a };
                for part in same.chunks(piece) { to.handle_sealed(NOW, Chunk::copy_from(part)) }
            }
        }
    }

    /// Garbage ends a handshake, or is waited on; nothing is believed.
    #[test]
    fn garbage_is_never_believed(bytes in prop::collection::vec(any::<u8>(), 1..2000), piece in 1_usize..500, cut in 0_usize..400) {
        let client = Client::new(&[&authority()], false, BOTH);
        let server = server(&["mx.blue.example"], good(), BOTH);
        let (mut a, mut b) = pair(&client, &server, "mx.blue.example", None);
        // The server hears the beginning of a true hello, and then something else.
        let mut hello = Vec::new();
        while let Some(output) = a.poll_output() {
            if let Output::Sealed(data) = output { hello.extend_from_slice(&data) }
        }
        hello.truncate(cut.min(hello.len() - 1));
        hello.extend_from_slice(&bytes);
        for part in hello.chunks(piece) { b.handle_sealed(NOW, Chunk::copy_from(part)) }
        for part in bytes.chunks(piece) { a.handle_sealed(NOW, Chunk::copy_from(part)) }
        prop_assert!(!a.is_secured() && !b.is_secured());
    }
}

#[test]
fn news_without_secrets_are_few() {
    let client = Client::new(&[&authority()], true, BOTH);
    let server = server(&["mx.blue.example"], good(), BOTH);
    let mut a = Session::client(&client, "mx.blue.example", None, stream("client end"), NOW, false);
    let mut b = Session::server(&server, stream("server end"), NOW, false);
    let mut seen = Seen::default();
    converse(&mut a, &mut b, 1400, &mut seen);
    assert_eq!((seen.client.len(), seen.server.len()), (1, 1));
    assert_eq!(Seen::without_secrets(&seen.client), seen.client);
}
