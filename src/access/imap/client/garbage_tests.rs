//! Whatever a server says, however it is split: the client tells what it makes of it, and never breaks.

use std::sync::Arc;

use proptest::prelude::*;

use super::framing::Framer;
use super::*;
use crate::octets::Rope;
use crate::sim::Duration;
use crate::store::Flags;

fn limits() -> Limits {
    Limits { line_bytes: 500, response_bytes: 1500, content_bytes: 3000, messages: 40, folders: 5, queued: 6 }
}

fn requests() -> impl Strategy<Value = Request> {
    let uids = || prop::collection::vec(0_u32..12, 0..5);
    let flags = || prop_oneof![Just(FlagList::NONE), Just(FlagList::from(Flags::SEEN))];
    let known = (0_u32..3, prop::option::of(0_u64..20), prop::collection::vec((0_u32..12, flags()), 0..8))
        .prop_map(|(uid_validity, modseq, mails)| Known { uid_validity, modseq, mails });
    let what = prop_oneof![
        Just(What::Whole),
        Just(What::Header),
        Just(What::Structure),
        prop::collection::vec(0_u32..3, 0..3).prop_map(What::Part)
    ];
    prop_oneof![
        1 => Just(Request::List),
        1 => Just(Request::Sync),
        1 => Just(Request::Idle),
        1 => Just(Request::Close),
        1 => Just(Request::Logout),
        6 => known.prop_map(|known| Request::Open { folder: "INBOX".into(), known }),
        3 => (uids(), what).prop_map(|(uids, what)| Request::Fetch { uids, what }),
        1 => (uids(), flags(), flags()).prop_map(|(uids, add, remove)| Request::Flag { uids, add, remove }),
        1 => uids().prop_map(|uids| Request::Move { uids, to: "Trash".into() }),
        1 => uids().prop_map(|uids| Request::Delete { uids }),
        1 => "[a-z ]{0,9}".prop_map(|text| Request::Append {
            folder: "Sent".into(),
            flags: FlagList::NONE,
            date: None,
            content: Rope::from(Chunk::from(text)),
            about: None,
        }),
    ]
}

/// A line that a server might say; `TAG` is that of the last command.
fn lines() -> impl Strategy<Value = String> {
    let code = || {
        prop_oneof![
            6 => Just(String::new()),
            1 => Just("[ALERT] ".to_owned()),
            1 => Just("[CLOSED] ".into()),
            1 => Just("[READ-ONLY] ".into()),
            1 => Just("[CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS LITERAL+ CONDSTORE QRESYNC ENABLE SASL-IR AUTH=PLAIN] ".into()),
            1 => (0_u32..3).prop_map(|n| format!("[UIDVALIDITY {n}] ")),
            1 => (0_u32..15).prop_map(|n| format!("[UIDNEXT {n}] ")),
            1 => (0_u32..25).prop_map(|n| format!("[HIGHESTMODSEQ {n}] ")),
            1 => Just("[COPYUID 3 1:4294967295 4294967295:1] ".into()),
            1 => Just("[APPENDUID 3 5] ".into()),
            1 => "\\[[ -~]{0,9}\\]",
        ]
    };
    let item = prop_oneof![
        4 => (1_u32..13).prop_map(|n| format!("UID {n}")),
        3 => "(\\\\Seen|\\\\Draft|[a-z]{1,3})?".prop_map(|flag| format!("FLAGS ({flag})")),
        2 => (0_u32..99).prop_map(|n| format!("RFC822.SIZE {n}")),
        1 => (1_u32..25).prop_map(|n| format!("MODSEQ ({n})")),
        1 => Just("INTERNALDATE \"05-Jan-2026 10:00:00 +0100\"".to_owned()),
        1 => ("(BODY\\[\\]|BODY\\[HEADER\\]|RFC822|BODY\\[1\\]|X)", "[a-z)\r\n]{0,30}")
            .prop_map(|(name, text)| format!("{name} {{{}}}\r\n{text}", text.len())),
        1 => Just("BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)".to_owned()),
    ];
    let set = "[1-9](:[1-9])?(,1?[0-9](:1?[0-9])?)?";
    prop_oneof![
        8 => (code(), "(OK|OK|OK|OK|NO|BAD)").prop_map(|(code, kind)| format!("TAG {kind} {code}text")),
        5 => (0_u32..14).prop_map(|n| format!("* {n} EXISTS")),
        4 => (0_u32..14).prop_map(|n| format!("* {n} EXPUNGE")),
        9 => (0_u32..14, prop::collection::vec(item, 1..4))
            .prop_map(|(n, items)| format!("* {n} FETCH ({})", items.join(" "))),
        2 => (any::<bool>(), set)
            .prop_map(|(earlier, set)| format!("* VANISHED {}{set}", if earlier { "(EARLIER) " } else { "" })),
        4 => (code(), "(OK|OK|NO|BAD|PREAUTH)").prop_map(|(code, kind)| format!("* {kind} {code}text")),
        2 => "\\+( [ -~]{0,9})?",
        1 => Just("* BYE bye".to_owned()),
        1 => "\\* LIST \\((\\\\Sent)?\\) (\"/\"|NIL) [a-z&]{1,4}",
        1 => "[ -~]{0,20}",
    ]
}

#[derive(Clone, Debug)]
enum Happening {
    Lines(Vec<String>),
    Bytes(Vec<u8>),
    Ask(Request),
    Wait(u64),
    Secured,
    Progress,
    Eof,
}

fn happenings() -> impl Strategy<Value = Happening> {
    prop_oneof![
        12 => prop::collection::vec(lines(), 1..6).prop_map(Happening::Lines),
        2 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Happening::Bytes),
        6 => requests().prop_map(Happening::Ask),
        1 => (0_u64..3000).prop_map(Happening::Wait),
        1 => Just(Happening::Secured),
        1 => Just(Happening::Progress),
        1 => Just(Happening::Eof),
    ]
}

/// A session, and what is to be true of it whatever happens.
struct Watched {
    session: Session,
    now: Instant,
    tag: String,
    asked: usize,
    answered: usize,
    ends: usize,
    closes: usize,
}

impl Watched {
    fn new(config: Config) -> Watched {
        let login = Login::new("alice", &"sesame".into()).unwrap();
        let mut session = Session::new(Arc::new(config), login, "sesame".into(), Nonce::from_text("N").unwrap());
        session.observe(true);
        session.start(Instant::ZERO);
        Watched { session, now: Instant::ZERO, tag: "A0".into(), asked: 0, answered: 0, ends: 0, closes: 0 }
    }

    fn hear(&mut self, bytes: &[u8], split: usize) {
        for piece in bytes.chunks(split.max(1)) {
            self.session.handle_input(self.now, Chunk::copy_from(piece), Some((1, 1)));
            self.watch();
        }
    }

    fn watch(&mut self) {
        let mut count = 0;
        while let Some(output) = self.session.poll_output() {
            count += 1;
            assert!(count < 2000, "outputs without end");
            let is_answer = matches!(&output, Output::Event(Event::Done { result: Err(Refusal::Lost), .. }));
            assert!(self.closes == 0 || is_answer, "closing is the last: {output:?}");
            match output {
                Output::Send { data, .. } => {
                    let text = String::from_utf8_lossy(&data);
                    let word = text.split(' ').next().unwrap_or_default();
                    if word.starts_with('A') && text.len() > word.len() {
                        self.tag = word.to_owned();
                    }
                }
                Output::Event(Event::Done { .. }) => self.answered += 1,
                Output::Event(Event::Closed | Event::Failed(_)) => self.ends += 1,
                Output::Event(event) => assert!(self.ends == 0 || matches!(event, Event::State(_)), "{event:?}"),
                Output::Close => self.closes += 1,
                _ => {}
            }
        }
        let session = &self.session;
        session.view.iter().for_each(View::check);
        assert!(session.framer.held_bytes() <= 500 + 1500 + 3000 + 100, "{} held", session.framer.held_bytes());
        assert!(!matches!(session.state, State::Waiting(_) | State::Securing) || session.deadline.is_some(), "no hang");
        assert_eq!(session.is_closed(), self.closes == 1);
        assert!(session.queue.len() <= 6);
    }

    fn happen(&mut self, what: Happening, split: usize) {
        match what {
            Happening::Lines(lines) => {
                for line in lines {
                    let line = line.replace("TAG", &self.tag) + "\r\n";
                    self.hear(line.as_bytes(), split);
                }
            }
            Happening::Bytes(bytes) => self.hear(&bytes, split),
            Happening::Ask(request) => {
                self.asked += 1;
                self.session.request(self.now, request);
            }
            Happening::Wait(secs) => {
                self.now += Duration::from_secs(secs);
                self.session.handle_timeout(self.now);
            }
            Happening::Secured => self.session.handle_secured(self.now),
            Happening::Progress => self.session.handle_progress(self.now, 5),
            Happening::Eof => self.session.handle_eof(self.now),
        }
        self.watch();
    }

    fn end(&mut self) {
        self.session.handle_eof(self.now);
        self.watch();
        assert_eq!((self.closes, self.ends), (1, 1), "it ends once");
        assert_eq!(self.answered, self.asked, "each request is answered once");
    }
}

fn configs() -> impl Strategy<Value = Config> {
    (any::<bool>(), any::<bool>(), 0..3).prop_map(|(on, qresync, tls)| Config {
        tls: [StartTls::Never, StartTls::IfOffered, StartTls::Required][tls as usize],
        plain_text_logins: on,
        uses_idle: on,
        uses_qresync: qresync,
        identifies_as: on.then(|| "x".into()),
        limits: limits(),
        ..Config::default()
    })
}

/// What the servers of the dialogues say.
fn real_sessions() -> Vec<Vec<u8>> {
    let files = crate::testing::files("tests/dialogues/imap-client", "txt", 5);
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for case in text.split("\n# ") {
            let said = case.lines().filter_map(|line| line.strip_prefix("S: ")).flat_map(|line| [line, "\r\n"]);
            all.push(said.collect::<String>().into_bytes());
        }
    }
    all
}

/// A change of some bytes.
#[derive(Clone, Debug)]
enum Mutation {
    Set(usize, u8),
    Cut(usize, usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (any::<usize>(), 1_usize..30).prop_map(|(at, len)| Mutation::Cut(at, len)),
        (
            any::<usize>(),
            prop_oneof![
                prop::collection::vec(any::<u8>(), 1..5),
                "(\r\n|\\{[0-9]{1,20}\\}\r\n|\\(|\\)|\"|[0-9]{1,12}| )".prop_map(String::into_bytes),
            ]
        )
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<usize>(), 1_usize..60).prop_map(|(at, len)| Mutation::Repeat(at, len)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: Mutation) {
    let (Mutation::Set(at, _) | Mutation::Cut(at, _) | Mutation::Insert(at, _) | Mutation::Repeat(at, _)) = mutation;
    let at = at % bytes.len().max(1);
    match mutation {
        Mutation::Set(_, byte) => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
        Mutation::Cut(_, len) => drop(bytes.drain(at.min(bytes.len())..(at + len).min(bytes.len()))),
        Mutation::Insert(_, new) => drop(bytes.splice(at..at, new)),
        Mutation::Repeat(_, len) => {
            let piece = bytes[at.min(bytes.len())..(at + len).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_client_survives_what_servers_might_say(
        config in configs(),
        greeting in "\\* (OK|PREAUTH) \\[CAPABILITY IMAP4rev1( IDLE)?( MOVE)?( UIDPLUS)?( CONDSTORE)?( ENABLE QRESYNC)?( STARTTLS)?( AUTH=PLAIN SASL-IR)?\\] hi\r\n",
        happenings in prop::collection::vec(happenings(), 0..40),
        split in 1_usize..40,
    ) {
        let mut watched = Watched::new(config);
        watched.hear(greeting.as_bytes(), split);
        happenings.into_iter().for_each(|what| watched.happen(what, split));
        watched.end();
    }

    #[test]
    fn a_client_survives_sessions_with_mistakes(
        config in configs(),
        which in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutations(), 0..6),
        requests in prop::collection::vec(requests(), 0..8),
        split in 1_usize..200,
    ) {
        thread_local!(static SESSIONS: Vec<Vec<u8>> = real_sessions());
        let mut bytes = SESSIONS.with(|all| all[which.index(all.len())].clone());
        mutations.into_iter().for_each(|mutation| mutate(&mut bytes, mutation));
        let mut watched = Watched::new(config);
        for request in requests {
            watched.happen(Happening::Ask(request), split);
        }
        watched.hear(&bytes, split);
        watched.end();
    }

    #[test]
    fn bytes_are_framed_the_same_however_they_are_split(
        lines in prop::collection::vec(lines(), 0..8),
        junk in prop::collection::vec(any::<u8>(), 0..20),
        splits in prop::collection::vec(1_usize..50, 1..6),
    ) {
        let bytes = [lines.join("\r\n").as_bytes(), b"\r\n", &junk].concat();
        let frame = |splits: &[usize]| {
            let (mut framer, mut out, mut rest) = (Framer::new(limits()), Vec::new(), &bytes[..]);
            let mut sizes = splits.iter().cycle();
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                rest = behind;
                let mut chunk = Chunk::copy_from(piece);
                while let Some(piece) = framer.next(&mut chunk, None) {
                    match piece {
                        Framed::Response(raw) => out.push((raw.text.to_vec(), raw.contents)),
                        Framed::TooLarge => return out,
                        Framed::Line(_) | Framed::Content { .. } => {}
                    }
                }
            }
            out
        };
        prop_assert_eq!(frame(&splits), frame(&[usize::MAX]));
    }
}
