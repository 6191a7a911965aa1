//! What dialogues cannot say: observers, shared memory, bounded memory, garbage.

use proptest::prelude::*;

use super::*;
use crate::sasl::{Accounts, Mechanisms, Nonce};

const NOW: Instant = Instant::ZERO;

fn config() -> Arc<Config> {
    Arc::new(Config::default())
}

fn started(config: Arc<Config>, observed: bool) -> Session {
    connected(config, observed, false)
}

/// A session that has begun, `sealed` or not. Alice can log in where a login is not read by others, or that is no matter.
fn connected(config: Arc<Config>, observed: bool, sealed: bool) -> Session {
    let mut accounts = Accounts::default();
    accounts.add("alice", &"sesame".into()).unwrap();
    let accounts = (sealed || config.plain_text_logins).then(|| Arc::new(accounts));
    let server = Server::new(config, "mx.green.example".parse().unwrap()).with_accounts(accounts);
    let mut session = Session::new(Arc::new(server));
    session.offer_logins(Nonce::from_text("NONCE").unwrap());
    session.observe(observed);
    if sealed {
        session.handle_secured(NOW);
    } else {
        session.start(NOW);
    }
    session
}

/// Drains the session, accepting everything.
fn drain(session: &mut Session, out: &mut Vec<Output>) {
    while let Some(output) = session.poll_output() {
        if matches!(output, Output::Ask(_)) {
            session.answer(NOW, Answer::Accept);
        }
        out.push(output);
    }
}

/// Everything that comes out: the bytes that were sent, and apart from them all else in its order. When replies leave
/// depends on what has come in already (RFC 2920 §3.2), but which replies leave does not.
fn play(config: Arc<Config>, observed: bool, pieces: &[&[u8]]) -> (String, Vec<Output>) {
    play_in(started(config, observed), pieces)
}

fn play_in(mut session: Session, pieces: &[&[u8]]) -> (String, Vec<Output>) {
    let mut out = Vec::new();
    drain(&mut session, &mut out);
    for piece in pieces {
        session.handle_input(NOW, Chunk::copy_from(piece));
        drain(&mut session, &mut out);
    }
    session.handle_eof(NOW);
    drain(&mut session, &mut out);
    let mut sent = Vec::new();
    out.retain(|output| {
        if let Output::Send(chunk) = output {
            sent.extend_from_slice(chunk);
        }
        !matches!(output, Output::Send(_))
    });
    (String::from_utf8(sent).unwrap(), out)
}

const DIALOGUE: &[u8] = b"EHLO relay.blue.example\r\nMAIL FROM:<a@b.example> SIZE=9\r\nRCPT TO:<c@d.example>\r\n\
    RCPT TO:<e@f.example>\r\nFOO\r\nDATA\r\nHello\r\n..dot\r\n.\r\nRSET\r\nMAIL FROM:<>\r\nNOOP\nx\r\nHELP\r\nQUIT\r\n";

#[test]
fn what_is_thrown_away_behind_starttls_is_counted() {
    for (behind, bytes) in [("", 0), ("RSET\r\n", 6), ("RSET\r\nNO", 8)] {
        let mut session = Session::new(Arc::new(Server::new(config(), "mx.green.example".parse().unwrap())));
        session.offer_tls();
        session.start(NOW);
        let mut out = Vec::new();
        drain(&mut session, &mut out);
        session.handle_input(NOW, Chunk::from("EHLO relay.blue.example\r\n"));
        session.handle_input(NOW, Chunk::from(format!("STARTTLS\r\n{behind}")));
        drain(&mut session, &mut out);
        assert_eq!(out.last(), Some(&Output::StartTls { discarded_bytes: bytes }), "{behind:?}");
        // What comes after it, before anything is sealed, is not read at all.
        session.handle_input(NOW, Chunk::from("QUIT\r\n"));
        assert_eq!(session.poll_output(), None);
    }
}

#[test]
fn split_at_any_byte_gives_the_same() {
    let whole = play(config(), false, &[DIALOGUE]);
    assert!(whole.1.iter().any(|o| matches!(o, Output::Ask(Question::Message { .. }))));
    for at in 0..DIALOGUE.len() {
        assert_eq!(play(config(), false, &[&DIALOGUE[..at], &DIALOGUE[at..]]), whole, "at {at}");
    }
}

#[test]
fn observing_adds_and_changes_nothing() {
    let (plain_sent, plain) = play(config(), false, &[DIALOGUE]);
    let (sent, observed) = play(config(), true, &[DIALOGUE]);
    assert_eq!(sent, plain_sent);
    let saw: Vec<String> = observed
        .iter()
        .filter_map(|o| {
            if let Output::Saw { line, .. } = o { Some(String::from_utf8_lossy(line).into_owned()) } else { None }
        })
        .collect();
    assert_eq!(saw.len(), 11, "{saw:?}");
    assert_eq!((saw[0].as_str(), saw[8].as_str()), ("EHLO relay.blue.example", "NOOP\nx"));
    let states: Vec<&str> = observed
        .iter()
        .filter_map(|o| if let Output::Event(Event::State(name)) = o { Some(*name) } else { None })
        .collect();
    let expected = [
        "session initiation",
        "client initiation",
        "waiting for MAIL",
        "waiting for RCPT",
        "waiting for RCPT or DATA",
        "DATA",
        "end of data",
        "waiting for MAIL",
        "waiting for RCPT",
        "closed",
    ];
    assert_eq!(states, expected);
    assert!(observed.contains(&Output::Event(Event::Content { size: 13 })));
    let rest: Vec<Output> =
        observed.into_iter().filter(|o| !matches!(o, Output::Saw { .. } | Output::Event(_))).collect();
    assert_eq!(rest, plain);
}

#[test]
fn a_pipelined_group_is_answered_in_one_piece() {
    let mut session = started(config(), false);
    let mut out = Vec::new();
    session.handle_input(NOW, Chunk::from("EHLO a.example\r\n"));
    drain(&mut session, &mut out);
    out.clear();
    session.handle_input(NOW, Chunk::from("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"));
    drain(&mut session, &mut out);
    let sends: Vec<_> = out.iter().filter(|o| matches!(o, Output::Send(_))).collect();
    let expected = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n";
    assert_eq!(sends, [&Output::Send(Chunk::from(expected))]);
}

#[test]
fn content_is_handed_over_without_copying() {
    let mut session = started(config(), false);
    let mut out = Vec::new();
    session.handle_input(
        NOW,
        Chunk::from("EHLO a.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"),
    );
    drain(&mut session, &mut out);
    let wire = Chunk::copy_from(format!("{}.\r\n", "Hello, world.\r\n".repeat(100)).as_bytes());
    for from in (0..wire.len()).step_by(536) {
        session.handle_input(NOW, wire.slice(from..wire.len().min(from + 536)));
    }
    drain(&mut session, &mut out);
    let Some(Output::Ask(Question::Message(message))) =
        out.iter().find(|o| matches!(o, Output::Ask(Question::Message { .. })))
    else {
        panic!("a message")
    };
    let [one] = message.content.chunks() else { panic!("one chunk") };
    let mut before = wire.slice(0..0);
    assert!(before.try_merge(one), "the very memory that came in");
}

#[test]
fn a_session_that_is_over_ignores_everything() {
    let mut session = started(config(), false);
    session.handle_input(NOW, Chunk::from("QUIT\r\n"));
    drain(&mut session, &mut Vec::new());
    session.handle_input(NOW, Chunk::from("NOOP\r\n"));
    session.handle_eof(NOW);
    session.handle_timeout(Instant::MAX);
    session.answer(NOW, Answer::Accept);
    assert_eq!((session.poll_output(), session.poll_timeout(), session.is_closed()), (None, None, true));
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "EHLO a.example\r\n",
        "HELO b\r\n",
        "LHLO c.example\r\n",
        "MAIL FROM:<a@b>\r\n",
        "MAIL FROM:<> SIZE=5\r\n",
        "MAIL FROM:<a@b> REQUIRETLS\r\n",
        "RCPT TO:<c@d>\r\n",
        "RCPT TO:<e@f>\r\n",
        "DATA\r\n",
        "RSET\r\n",
        "NOOP\r\n",
        "text\r\n",
        ".\r\n",
        "..\r\n",
        "\n",
        "\r",
        ".",
        "\r\n",
        "VRFY x\r\n",
        "HELP\r\n",
        "MAIL",
        "AUTH PLAIN AGFsaWNlAHNlc2FtZQ==\r\n",
        "AUTH PLAIN AGFsaWNlAHdyb25n\r\n",
        "AUTH LOGIN\r\n",
        "AUTH CRAM-MD5\r\n",
        "AUTH SCRAM-SHA-256 biwsbj1hbGljZSxyPUNO\r\n",
        "YWxpY2U=\r\n",
        "c2VzYW1l\r\n",
        "*\r\n",
    ]);
    prop_oneof![
        8 => known.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// A server with narrow bounds, so that garbage meets them.
fn narrow() -> Config {
    Config {
        max_message_bytes: Some(100),
        max_text_line_bytes: Some(50),
        mechanisms: Mechanisms::ALL,
        ..Config::default()
    }
}

/// Plays `all` at once and in pieces of `step` octets: it must come to the same. Each message that was taken is within bounds.
fn splits_alike(config: Config, sealed: bool, all: &[u8], step: usize) -> Result<Vec<Message>, TestCaseError> {
    let config = Arc::new(config);
    let pieces: Vec<&[u8]> = all.chunks(step).collect();
    let play = |observed, pieces: &[&[u8]]| play_in(connected(config.clone(), observed, sealed), pieces);
    let whole = play(false, &[all]);
    prop_assert_eq!(play(false, &pieces), whole);
    let mut messages = Vec::new();
    for output in play(true, &pieces).1 {
        if let Output::Ask(Question::Message(message)) = output {
            prop_assert!(message.content.len() <= 100 && !message.envelope.recipients.is_empty());
            messages.push(*message);
        }
    }
    Ok(messages)
}

/// What is needed for a mail to be taken, so that what garbage does in the middle of it and behind it is seen, too.
fn begun(hello: &str, mail: &str, words: &[Vec<u8>]) -> Vec<u8> {
    let lines = format!("{hello} a.example\r\nMAIL FROM:<a@b>{mail}\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n");
    [lines.as_bytes(), &words.concat()].concat()
}

#[test]
fn what_garbage_is_thrown_at_takes_mail() {
    let content = b"DATA\r\ntext\r\n.\r\n".to_vec();
    for (lmtp, sealed, hello, mail) in [(true, false, "LHLO", ""), (false, true, "EHLO", " REQUIRETLS")] {
        let all = begun(hello, mail, std::slice::from_ref(&content));
        let messages = splits_alike(Config { lmtp, ..narrow() }, sealed, &all, 3).unwrap();
        assert_eq!(messages.len(), 1, "{hello}");
        assert_eq!((messages[0].envelope.recipients.len(), messages[0].envelope.require_tls), (2, sealed), "{hello}");
    }
}

proptest! {
    #[test]
    fn garbage_never_panics_and_splits_alike(words in prop::collection::vec(words(), 0..60), step in 1_usize..20,
                                             normalise in any::<bool>(), logins in any::<bool>()) {
        let mut config = Config { plain_text_logins: logins, ..narrow() };
        if normalise {
            config.bare_newlines = crate::smtp::framing::BareNewlines::Normalise;
        }
        let messages = splits_alike(config, false, &words.concat(), step)?;
        prop_assert!(messages.iter().all(|m| !m.envelope.require_tls), "nothing is sealed");
    }

    #[test]
    fn garbage_never_panics_and_splits_alike_in_lmtp(words in prop::collection::vec(words(), 0..60), step in 1_usize..20,
                                                     greeted in any::<bool>()) {
        let config = Config { lmtp: true, ..narrow() };
        let all = if greeted { begun("LHLO", "", &words) } else { words.concat() };
        splits_alike(config, false, &all, step)?;
    }

    #[test]
    fn garbage_never_panics_and_splits_alike_behind_tls(words in prop::collection::vec(words(), 0..60), step in 1_usize..20,
                                                        greeted in any::<bool>(), requires_login in any::<bool>()) {
        let config = Config { requires_login, ..narrow() };
        let all = if greeted { begun("EHLO", " REQUIRETLS", &words) } else { words.concat() };
        splits_alike(config, true, &all, step)?;
    }

    #[test]
    fn memory_is_bounded(step in 1_usize..3000) {
        let settings = Config { max_backlog_bytes: 4000, max_message_bytes: Some(1000), ..Config::default() };
        let mut session = started(Arc::new(settings), false);
        let mut out = Vec::new();
        let piece = vec![b'x'; step];
        let kept = |session: &Session| {
            let content = if let State::Data(_) = &session.state { session.decoder.size().min(1001) } else { 0 };
            session.backlog.iter().map(Chunk::len).sum::<usize>() + session.input.len() + content as usize
        };
        for _ in 0..20 {
            session.handle_input(NOW, Chunk::copy_from(&piece));
            prop_assert_eq!(kept(&session), 0, "a line without end");
        }
        session.handle_input(NOW, Chunk::from("\r\nEHLO a.b\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n"));
        while session.pending.is_none() {
            prop_assert!(session.poll_output().is_some());
        }
        for _ in 0..20 {
            session.handle_input(NOW, Chunk::copy_from(&piece));
            prop_assert!(kept(&session) <= 4000, "input behind a question");
        }
        drain(&mut session, &mut out);
    }
}
