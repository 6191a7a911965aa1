//! What dialogues cannot say: any bytes, observers, what is secret, what comes behind STLS.

use proptest::prelude::*;

use super::*;
use crate::sim::Duration;

const NOW: Instant = Instant::ZERO;

fn session(config: Config) -> Session {
    Session::new(config, "bob".into(), "sesame".into(), Nonce::from_text("CNONCE").unwrap())
}

/// Drains the session; what is listed is chosen, all of it.
fn drain(session: &mut Session, out: &mut Vec<Output>) {
    while let Some(output) = session.poll_output() {
        let all: Option<Vec<u32>> = match &output {
            Output::Event(Event::Listed(items)) => Some(items.iter().map(|item| item.number).collect()),
            _ => None,
        };
        out.push(output);
        if let Some(all) = all {
            session.choose(NOW, Choice { fetch: all.clone(), delete: all });
        }
    }
}

/// Plays `all`, each line in pieces of `step` octets, then ends.
fn play(config: &Config, sealed: bool, observed: bool, all: &[u8], step: usize) -> Vec<Output> {
    let mut session = session(config.clone());
    session.observe(observed);
    let mut out = Vec::new();
    if sealed {
        session.handle_secured(NOW)
    } else {
        session.start(NOW)
    }
    drain(&mut session, &mut out);
    // Line by line: a server that answers before it is asked is none.
    for piece in all.split_inclusive(|&b| b == b'\n').flat_map(|line| line.chunks(step)) {
        session.handle_input(NOW, Chunk::copy_from(piece), None);
        drain(&mut session, &mut out);
    }
    session.handle_eof(NOW);
    drain(&mut session, &mut out);
    assert_eq!(session.poll_timeout(), None, "it is over");
    out
}

/// What was sent, and all else in its order; how much leaves in one piece depends on what has come in already.
fn told(out: Vec<Output>) -> (Vec<u8>, Vec<Output>) {
    let mut sent = Vec::new();
    let mut rest = Vec::new();
    for output in out {
        match output {
            Output::Send { data, .. } => sent.extend_from_slice(&data),
            output => rest.push(output),
        }
    }
    (sent, rest)
}

const SESSION: &[u8] =
    b"+OK ready\r\n+OK\r\nSASL PLAIN\r\nPIPELINING\r\n.\r\n+OK\r\n+OK 2 6\r\n+OK\r\n1 a\r\n2 b\r\n.\r\n+OK\r\n1 3\r\n\
    2 3\r\n.\r\n+OK\r\n..a\r\n.\r\n+OK\r\nb\r\n.\r\n+OK\r\n+OK\r\n+OK\r\n";

#[test]
fn a_session_is_the_same_however_it_is_split() {
    let whole = told(play(&Config::default(), true, false, SESSION, SESSION.len()));
    assert_eq!(whole.1.len(), 7, "{:?}", whole.1);
    assert_eq!(whole.1[5], Output::Event(Event::Done { deleted: vec![1, 2] }));
    for step in 1..SESSION.len() {
        assert_eq!(told(play(&Config::default(), true, false, SESSION, step)), whole, "{step}");
    }
}

#[test]
fn observing_adds_the_lines_and_changes_nothing() {
    let plain = play(&Config::default(), true, false, SESSION, 7);
    let observed = play(&Config::default(), true, true, SESSION, 7);
    let saw: Vec<&Output> = observed.iter().filter(|o| matches!(o, Output::Saw { .. })).collect();
    // All lines but those of the two mails and their ends.
    assert_eq!(saw.len(), SESSION.split(|&b| b == b'\n').count() - 1 - 4);
    let rest: Vec<Output> = observed.iter().filter(|o| !matches!(o, Output::Saw { .. })).cloned().collect();
    assert_eq!(rest, plain);
}

#[test]
fn what_shows_a_password_is_secret() {
    let cases: [(&[u8], bool, &[&str]); 4] = [
        (b"+OK\r\n+OK\r\nSASL PLAIN\r\n.\r\n", true, &["AUTH PLAIN AGJvYgBzZXNhbWU="]),
        (b"+OK\r\n+OK\r\nSASL LOGIN\r\n.\r\n+ \r\n+ \r\n", true, &["Ym9i", "c2VzYW1l"]),
        (b"+OK\r\n-ERR\r\n+OK\r\n", true, &["PASS sesame"]),
        (b"+OK <a@b>\r\n-ERR\r\n", false, &["APOP bob 03e11b492ccd57c8a7b2bef6451fc600"]),
    ];
    for (all, sealed, expected) in cases {
        let out = play(&Config::default(), sealed, false, all, all.len());
        let secret = out.iter().filter_map(|o| match o {
            Output::Send { data, says: Says::Secret } => Some(String::from_utf8(data.to_vec()).unwrap()),
            Output::Send { data, .. } => {
                let text = String::from_utf8(data.to_vec()).unwrap();
                assert!(!text.contains("sesame") && !text.contains("c2VzYW"), "{text}");
                None
            }
            _ => None,
        });
        let expected: Vec<String> = expected.iter().map(|line| format!("{line}\r\n")).collect();
        let secret: Vec<String> = secret.collect();
        assert_eq!(secret, expected);
    }
    assert!(!format!("{:?}", session(Config::default())).contains("sesame"));
}

#[test]
fn what_comes_behind_stls_is_thrown_away_and_counted() {
    let config = Config { tls: StartTls::Required, ..Config::default() };
    for (behind, bytes) in [("", 0), ("+OK\r\n", 5), ("+OK\r\n+O", 7)] {
        let mut session = session(config.clone());
        let mut out = Vec::new();
        session.start(NOW);
        session.handle_input(NOW, Chunk::from("+OK ready <a@b>\r\n+OK\r\nSTLS\r\n.\r\n"), None);
        session.handle_input(NOW, Chunk::from(format!("+OK\r\n{behind}")), None);
        drain(&mut session, &mut out);
        assert_eq!(out.last(), Some(&Output::StartTls { discarded_bytes: bytes }), "{behind:?}");
        assert_eq!(session.poll_timeout(), None, "the handshake has its own");
        session.handle_input(NOW, Chunk::from("-ERR\r\n"), None);
        assert_eq!(session.poll_output(), None);
        // The timestamp is forgotten: it may be anybody's.
        session.handle_secured(NOW);
        session.handle_input(NOW, Chunk::from("-ERR\r\n"), None);
        out.clear();
        drain(&mut session, &mut out);
        let (sent, _) = told(out);
        assert_eq!(sent, b"CAPA\r\nUSER bob\r\n");
    }
}

#[test]
fn a_mail_is_handed_over_without_copying() {
    let mut session = session(Config::default());
    let mut out = Vec::new();
    session.handle_secured(NOW);
    let end = SESSION.len() - b"..a\r\n.\r\n+OK\r\nb\r\n.\r\n+OK\r\n+OK\r\n+OK\r\n".len();
    for line in SESSION[..end].split_inclusive(|&b| b == b'\n') {
        session.handle_input(NOW, Chunk::copy_from(line), None);
        drain(&mut session, &mut out);
    }
    let wire = Chunk::copy_from(format!("{}.\r\n", "Hello, world.\r\n".repeat(1000)).as_bytes());
    for from in (0..wire.len()).step_by(536) {
        session.handle_input(NOW, wire.slice(from..wire.len().min(from + 536)), Some((7, 1)));
    }
    drain(&mut session, &mut out);
    let Some(Output::Event(Event::Got { content, about, .. })) = out.last() else { panic!("{out:?}") };
    assert_eq!((content.size_bytes(), *about), (15_000, Some((7, 1))));
    let [one] = content.rope().chunks() else { panic!("one chunk") };
    assert!(wire.slice(0..0).try_merge(one), "the very memory that came in");
}

#[test]
fn a_choice_at_another_time_is_ignored() {
    let mut session = session(Config::default());
    session.choose(NOW, Choice { fetch: vec![1], delete: vec![1] });
    session.start(NOW);
    session.choose(NOW, Choice { fetch: vec![1], delete: vec![1] });
    assert_eq!((session.poll_output(), session.poll_timeout()), (None, Some(NOW + Duration::from_mins(2))));
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "+OK\r\n",
        "+OK\r\n",
        "+OK\r\n",
        "+OK 2 6\r\n",
        "+OK 0 0\r\n",
        "-ERR\r\n",
        "-ERR [IN-USE] x\r\n",
        "+ \r\n",
        "+ PDFAYT4=\r\n",
        "+OK <a@b>\r\n",
        "SASL PLAIN CRAM-MD5\r\n",
        "SASL SCRAM-SHA-256\r\n",
        "STLS\r\n",
        "USER\r\n",
        "UTF8 USER\r\n",
        "PIPELINING\r\n",
        ".\r\n",
        ".\r\n",
        ".\r\n",
        "1 a\r\n",
        "2 b\r\n",
        "1 3\r\n",
        "2 3\r\n",
        "..x\r\n",
        "\n",
        "\r",
        ".",
        "x\r\n",
        "+ cj1DTk9OQ0VTLHM9YSxpPTQwOTY=\r\n",
    ]);
    prop_oneof![
        8 => known.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

/// How far a session is before garbage comes: nowhere, logged in, listed, fetching.
fn beginnings() -> impl Strategy<Value = &'static [u8]> {
    let lines = |count: usize| {
        let mut ends = SESSION.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1);
        &SESSION[..ends.nth(count - 1).unwrap()]
    };
    prop::sample::select(vec![&b""[..], lines(5), lines(6), lines(7), lines(11), lines(15), lines(16), lines(20)])
}

proptest! {
    #[test]
    fn whatever_a_server_says_is_survived(
        beginning in beginnings(), words in prop::collection::vec(words(), 0..30), step in 1_usize..30, sealed in any::<bool>(),
        pipelining in any::<bool>(), plain in any::<bool>(),
    ) {
        let all = [beginning, &words.concat()].concat();
        let config = Config {
            pipelining,
            plain_text_logins: plain,
            max_messages: 10,
            max_message_bytes: 40,
            ..Config::default()
        };
        let out = play(&config, sealed, false, &all, step);
        let is_end = |o: &&Output| matches!(o, Output::Event(Event::Done { .. } | Event::Failed { .. }));
        prop_assert_eq!(out.iter().filter(is_end).count(), 1);
        prop_assert_eq!(out.last(), Some(&Output::Close));
        // Nothing is to be deleted that has not come.
        let (sent, rest) = told(out);
        let got: Vec<u32> = rest.iter().filter_map(|o| if let Output::Event(Event::Got { number, .. }) = o { Some(*number) } else { None }).collect();
        let text = String::from_utf8(sent.clone()).unwrap();
        for line in text.lines() {
            if let Some(number) = line.strip_prefix("DELE ") {
                prop_assert!(got.contains(&number.parse().unwrap()));
            }
        }
        let whole = told(play(&config, sealed, false, &all, all.len().max(1)));
        prop_assert_eq!((sent, rest), whole);
    }

    #[test]
    fn memory_is_bounded(step in 1_usize..3000, lines in 0_usize..21) {
        let config = Config { max_messages: 100, max_message_bytes: 1000, ..Config::default() };
        let mut session = session(config);
        session.handle_secured(NOW);
        let mut ends = SESSION.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1);
        let end = lines.checked_sub(1).map_or(0, |n| ends.nth(n).unwrap());
        let mut out = Vec::new();
        for line in SESSION[..end].split_inclusive(|&b| b == b'\n') {
            session.handle_input(NOW, Chunk::copy_from(line), None);
            drain(&mut session, &mut out);
        }
        for _ in 0..20 {
            session.handle_input(NOW, Chunk::copy_from(&vec![b'x'; step]), None);
            drain(&mut session, &mut out);
            if let Some(Body::Content(coming)) = &session.body {
                prop_assert!(coming.decoder.size() <= 1000);
            }
        }
        session.handle_input(NOW, Chunk::from("\r\n"), None);
        drain(&mut session, &mut out);
        if step >= 100 {
            prop_assert_eq!(out.last(), Some(&Output::Close));
        }
    }
}

#[test]
fn who_answers_before_being_asked_is_not_believed() {
    let mut session = session(Config::default());
    session.handle_secured(NOW);
    session.handle_input(NOW, Chunk::copy_from(SESSION), None);
    let mut out = Vec::new();
    drain(&mut session, &mut out);
    let (sent, rest) = told(out);
    assert!(!sent.windows(4).any(|word| word == b"RETR"));
    assert!(matches!(rest[..], [_, Output::Event(Event::Failed { reason: Reason::Nonsense, .. }), Output::Close]));
}
