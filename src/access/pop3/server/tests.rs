//! What dialogues cannot say: any bytes, observers, shared memory, output that is made while it is asked for.

use proptest::prelude::*;

use super::*;
use crate::access::Door;
use crate::identity::ReversePath;
use crate::mime::Content;
use crate::octets::Rope;
use crate::sasl::{Accounts, Mechanisms};
use crate::sim::calendar::Calendar;
use crate::store::{Letter, Locks, Store};

const NOW: Instant = Instant::ZERO;

/// A session and its world.
#[derive(Clone)]
struct World {
    session: Session,
    store: Store,
    locks: Locks,
    mailbox: MailboxId,
}

impl World {
    fn new(config: Config, mails: &[Vec<u8>]) -> World {
        let mut store = Store::new();
        let mailbox = store.add_mailbox("bob@green.example".parse().unwrap());
        for (at, mail) in mails.iter().enumerate() {
            let content = Content::scan(Rope::from(Chunk::copy_from(mail)));
            let to = "bob@green.example".parse().unwrap();
            let letter = Letter { from: ReversePath::Null, to, content, mail: Some((at as u64, 1)) };
            store.file(mailbox, NOW, mail.len() as u64, || letter);
        }
        let mut accounts = Accounts::default();
        accounts.add("bob", &"sesame".into()).unwrap();
        let door = Door {
            name: "mail.green.example".parse().unwrap(),
            accounts: Arc::new(accounts),
            owners: [("bob".into(), mailbox)].into_iter().collect(),
            mechanisms: Mechanisms::ALL,
            plain_text_logins: true,
            max_failed_logins: 3,
        };
        let server = Arc::new(Server::new(Arc::new(config), Arc::new(door)));
        let session = Session::new(server).with_nonce(Nonce::from_text("NONCE").unwrap());
        World { session, store, locks: Locks::default(), mailbox }
    }

    fn with<R>(&mut self, act: impl FnOnce(&mut Session, &mut Desk<'_>) -> R) -> R {
        let mut desk = Desk { store: &mut self.store, locks: &mut self.locks, calendar: Calendar::default() };
        act(&mut self.session, &mut desk)
    }

    fn started(mut self) -> World {
        self.with(|session, desk| session.start(NOW, desk));
        self
    }

    fn input(&mut self, bytes: &[u8]) {
        self.with(|session, desk| session.handle_input(NOW, Chunk::copy_from(bytes), desk));
    }

    fn poll(&mut self) -> Option<Output> {
        self.with(|session, desk| session.poll_output(NOW, desk))
    }

    fn drain(&mut self, out: &mut Vec<Output>) {
        while let Some(output) = self.poll() {
            if let Output::StartTls { .. } = output {
                self.with(|session, desk| session.handle_secured(NOW, desk));
            }
            out.push(output);
        }
    }

    fn uids(&self) -> Vec<u32> {
        self.store.mailbox(self.mailbox).inbox().messages().iter().map(crate::store::Message::uid).collect()
    }
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

/// Plays `all` in pieces of `step` octets, then ends.
fn play(world: &World, observed: bool, all: &[u8], step: usize) -> (World, Vec<Output>) {
    let mut world = world.clone();
    let mut out = Vec::new();
    world.session.observe(observed);
    let mut world = world.started();
    world.drain(&mut out);
    for piece in all.chunks(step.max(1)) {
        world.input(piece);
        world.drain(&mut out);
    }
    world.with(|session, desk| session.handle_eof(NOW, desk));
    world.drain(&mut out);
    (world, out)
}

const LOGIN: &[u8] = b"USER bob\r\nPASS sesame\r\n";

const DIALOGUE: &[u8] = b"CAPA\r\nUSER bob\r\nPASS wrong\r\nAUTH PLAIN\r\nAGJvYgBzZXNhbWU=\r\nSTAT\r\nLIST\r\nUIDL\r\nFOO\r\nRETR 2\r\nTOP 1 0\r\n\
    DELE 1\r\nNOOP\nx\r\nLIST 1\r\nQUIT\r\nNOOP\r\n";

fn mails() -> Vec<Vec<u8>> {
    vec![b"Subject: a\r\n\r\nx\r\n".to_vec(), b".a\r\n..b\r\n".to_vec()]
}

#[test]
fn split_at_any_byte_gives_the_same() {
    let world = World::new(Config::default(), &mails());
    let (ended, out) = play(&world, false, DIALOGUE, DIALOGUE.len());
    assert_eq!((ended.uids(), ended.session.mailbox()), (vec![2], None));
    let whole = told(out);
    for step in 1..DIALOGUE.len() {
        assert_eq!(told(play(&world, false, DIALOGUE, step).1), whole, "{step}");
    }
}

#[test]
fn observing_adds_and_changes_nothing() {
    let world = World::new(Config::default(), &mails());
    let plain = play(&world, false, DIALOGUE, DIALOGUE.len()).1;
    let observed = play(&world, true, DIALOGUE, DIALOGUE.len()).1;
    let saw = |secret: bool| {
        let lines = observed.iter().filter_map(move |o| match o {
            Output::Saw { line, is_secret } if *is_secret == secret => Some(String::from_utf8_lossy(line).into_owned()),
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(saw(true), ["PASS wrong", "AGJvYgBzZXNhbWU="]);
    assert_eq!(saw(false).len(), 13, "{:?}", saw(false));
    let is_added = |o: &Output| matches!(o, Output::Saw { .. } | Output::Event(Event::State(_)));
    let states: Vec<&Output> = observed.iter().filter(|o| matches!(o, Output::Event(Event::State(_)))).collect();
    assert_eq!(states.len(), 3);
    let rest: Vec<Output> = observed.iter().filter(|o| !is_added(o)).cloned().collect();
    assert_eq!(rest, plain);
}

#[test]
fn a_pipelined_group_is_answered_in_one_piece() {
    let mut world = World::new(Config::default(), &mails()).started();
    world.drain(&mut Vec::new());
    world.input(b"USER bob\r\nNOOP\r\nFOO\r\n");
    let expected = Chunk::from("+OK\r\n-ERR Log in first\r\n-ERR Unknown command\r\n");
    assert_eq!(world.poll(), Some(Output::Send { data: expected, about: None, says: Says::Lines }));
    assert_eq!(world.poll(), None);
}

#[test]
fn content_is_given_out_without_copying_and_says_what_it_is_about() {
    let mail = "Hello, world.\r\n".repeat(20_000).into_bytes();
    let mut world = World::new(Config::default(), &[mail]).started();
    let kept = world.store.mailbox(world.mailbox).inbox().message(1).unwrap().letter().unwrap().content.clone();
    world.input(LOGIN);
    world.drain(&mut Vec::new());
    world.input(b"RETR 1\r\n");
    let mut out = Vec::new();
    world.drain(&mut out);
    let mut all = kept.rope().chunks()[0].slice(0..0);
    let mut ends = 0;
    for output in &out[1..] {
        match output {
            Output::Send { data, about: Some((0, 1)), says: Says::Content } => assert!(all.try_merge(data), "a window"),
            Output::Send { data, about: Some((0, 1)), says: Says::EndOfContent { size_bytes: 300_000 } } => {
                assert!(data.ends_with(b".\r\n"));
                ends += 1;
            }
            Output::Event(_) => {}
            output => panic!("{output:?}"),
        }
    }
    assert_eq!(ends, 1);
    assert!(all.len() > 290_000, "{}", all.len());
}

/// What the session holds of its own, without what lies in the mailbox.
fn held(session: &Session) -> usize {
    let sends = session.outputs.iter().map(|o| if let Output::Send { data, .. } = o { data.len() } else { 0 });
    sends.sum::<usize>() + session.said.len() + session.backlog_bytes
}

#[test]
fn output_is_made_while_it_is_asked_for() {
    let dots = b".\r\n".repeat(500_000);
    let many: Vec<Vec<u8>> = std::iter::once(dots).chain((0..20_000).map(|_| b"x\r\n".to_vec())).collect();
    let mut world = World::new(Config::default(), &many).started();
    world.input(LOGIN);
    world.drain(&mut Vec::new());
    world.input(b"RETR 1\r\nLIST\r\nUIDL\r\nQUIT\r\n");
    let (mut polls, mut bytes) = (0, 0);
    while let Some(output) = world.poll() {
        assert!(held(&world.session) <= 3 * PIECE_BYTES, "{}", held(&world.session));
        if let Output::Send { data, .. } = output {
            bytes += data.len();
        }
        polls += 1;
    }
    assert!(polls > 20 && bytes > 2_000_000, "{polls} {bytes}");
    assert_eq!(world.session.poll_timeout(), None);
}

#[test]
fn who_is_not_asked_does_nothing_and_keeps_no_more_than_it_may() {
    let config = Config { max_backlog_bytes: 1000, ..Config::default() };
    let mut world = World::new(config, &mails()).started();
    world.input(LOGIN);
    world.drain(&mut Vec::new());
    assert!(world.locks.is_taken(world.mailbox));
    world.input(b"DELE 1\r\nRETR 2\r\nQUIT\r\n");
    // Nobody has asked for what comes of it.
    assert_eq!(world.uids(), [1, 2]);
    for _ in 0..100 {
        world.input(&b"STAT\r\n".repeat(5));
        assert!(held(&world.session) <= 1100);
    }
    let mut out = Vec::new();
    world.drain(&mut out);
    let (sent, rest) = told(out);
    assert_eq!(String::from_utf8(sent).unwrap(), "-ERR [SYS/TEMP] Too much pipelined input\r\n");
    assert_eq!(rest, [Output::Close]);
    assert_eq!((world.uids(), world.locks.is_taken(world.mailbox)), (vec![1, 2], false));
}

#[test]
fn a_peer_that_does_not_read_is_logged_out_and_one_that_reads_slowly_is_not() {
    let mail = b"x\r\n".repeat(1_000_000);
    let mut world = World::new(Config::default(), &[mail]).started();
    world.input(LOGIN);
    world.drain(&mut Vec::new());
    world.input(b"RETR 1\r\n");
    let at = |minutes| NOW + crate::sim::Duration::from_mins(minutes);
    for minute in 0..30 {
        assert!(world.with(|session, desk| session.poll_output(at(minute), desk)).is_some());
        world.with(|session, desk| session.handle_timeout(at(minute), desk));
        assert!(world.session.mailbox().is_some());
    }
    let due = world.session.poll_timeout().unwrap();
    world.with(|session, desk| session.handle_timeout(due, desk));
    assert_eq!(world.session.mailbox(), None);
    let mut out = Vec::new();
    world.drain(&mut out);
    assert_eq!(out.last(), Some(&Output::Close));
}

#[test]
fn what_is_thrown_away_behind_stls_is_counted() {
    for (behind, bytes) in [("", 0), ("NOOP\r\n", 6), ("NOOP\r\nNO", 8)] {
        let mut world = World::new(Config::default(), &[]);
        world.session.offer_tls();
        let mut world = world.started();
        world.input(format!("STLS\r\n{behind}").as_bytes());
        let mut out = Vec::new();
        while let Some(output) = world.poll() {
            out.push(output);
        }
        assert_eq!(out.last(), Some(&Output::StartTls { discarded_bytes: bytes }), "{behind:?}");
    }
}

#[test]
fn a_session_that_is_over_ignores_everything() {
    let mut world = World::new(Config::default(), &[]).started();
    world.input(b"QUIT\r\n");
    world.drain(&mut Vec::new());
    world.input(b"NOOP\r\n");
    world.with(|session, desk| {
        session.handle_eof(NOW, desk);
        session.handle_timeout(Instant::MAX, desk);
        session.handle_secured(NOW, desk);
        session.handle_gone(desk);
    });
    assert_eq!((world.poll(), world.session.poll_timeout(), world.session.mailbox()), (None, None, None));
}

#[test]
fn a_connection_that_is_gone_gives_the_maildrop_back_and_says_nothing() {
    let mut world = World::new(Config::default(), &[b"a\r\n".to_vec(), b"b\r\n".repeat(100_000)]).started();
    world.input(LOGIN);
    world.input(b"DELE 1\r\nRETR 2\r\n");
    while world.session.job.is_none() {
        assert!(world.poll().is_some());
    }
    world.with(|session, desk| session.handle_gone(desk));
    assert_eq!((world.poll(), world.locks.is_taken(world.mailbox), world.uids()), (None, false, vec![1, 2]));
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "USER bob\r\n",
        "PASS sesame\r\n",
        "USER bob\r\nPASS sesame\r\n",
        "PASS x\r\n",
        "APOP bob c4c9334bac560ecc979e58001b3e22fb\r\n",
        "AUTH PLAIN AGJvYgBzZXNhbWU=\r\n",
        "AUTH PLAIN\r\n",
        "AGJvYgBzZXNhbWU=\r\n",
        "AUTH CRAM-MD5\r\n",
        "AUTH LOGIN\r\n",
        "Ym9i\r\n",
        "*\r\n",
        "AUTH SCRAM-SHA-256 biwsbj1ib2Iscj1D\r\n",
        "CAPA\r\n",
        "STLS\r\n",
        "UTF8\r\n",
        "STAT\r\n",
        "LIST\r\n",
        "LIST 1\r\n",
        "UIDL\r\n",
        "UIDL 2\r\n",
        "RETR 1\r\n",
        "RETR 2\r\n",
        "RETR 9\r\n",
        "TOP 1 1\r\n",
        "TOP 2 0\r\n",
        "DELE 1\r\n",
        "DELE 2\r\n",
        "RSET\r\n",
        "NOOP\r\n",
        "\r\n",
        "\n",
        "\r",
        ".",
        "x",
        " ",
    ]);
    prop_oneof![
        20 => known.prop_map(|word| word.as_bytes().to_vec()),
        1 => Just(b"QUIT\r\n".to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn garbage_never_panics_splits_alike_and_removes_nothing_without_quit(
        words in prop::collection::vec(words(), 0..40), step in 1_usize..20, logged_in in any::<bool>(), tls in any::<bool>(),
        errors in prop::option::of(1_u32..30),
    ) {
        let mut all = if logged_in { LOGIN.to_vec() } else { Vec::new() };
        words.iter().for_each(|word| all.extend_from_slice(word));
        let mut world = World::new(Config { max_errors: errors, ..Config::default() }, &mails());
        if tls {
            world.session.offer_tls();
        }
        let (ended, out) = play(&world, false, &all, step);
        prop_assert_eq!(out.last(), Some(&Output::Close));
        prop_assert!(!ended.locks.is_taken(ended.mailbox));
        prop_assert!(ended.session.mailbox().is_none() && ended.session.poll_timeout().is_none());
        let removed = ended.uids().len() < 2;
        let lines = all.split(|&b| b == b'\n').any(|line| line.eq_ignore_ascii_case(b"QUIT\r"));
        prop_assert!(!removed || lines, "removed without QUIT");
        // Behind STLS it matters what has come in already.
        if !tls {
            let (other, whole) = play(&world, false, &all, all.len());
            prop_assert_eq!(other.uids(), ended.uids());
            prop_assert_eq!(told(whole), told(out));
            let (_, observed) = play(&world, true, &all, step);
            let is_added = |o: &Output| matches!(o, Output::Saw { .. } | Output::Event(Event::State(_)));
            let rest: Vec<Output> = observed.into_iter().filter(|o| !is_added(o)).collect();
            prop_assert_eq!(told(rest), told(play(&world, false, &all, step).1));
        }
    }

    #[test]
    fn lines_without_end_take_no_memory(step in 1_usize..3000, secret in any::<bool>()) {
        let mut world = World::new(Config::default(), &[]).started();
        if secret {
            world.input(b"AUTH PLAIN\r\n");
        }
        let mut out = Vec::new();
        for _ in 0..20 {
            world.input(&vec![b'x'; step]);
            world.drain(&mut out);
            prop_assert_eq!(held(&world.session), 0);
        }
        world.input(b"\r\nQUIT\r\n");
        world.drain(&mut out);
        prop_assert_eq!(out.last(), Some(&Output::Close));
    }
}
