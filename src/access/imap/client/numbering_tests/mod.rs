//! Whatever a server tells, and whenever: in the end the client's picture of a folder is the server's.

mod model;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Deed, FLAGS, Model};
use proptest::prelude::*;

use super::{Config, Event, FlagList, Known, Outcome, Output, Request, Session};
use crate::octets::Chunk;
use crate::sasl::{Login, Nonce};
use crate::sim::Instant;
use crate::store::Flags;

/// What the client's agent does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Sync,
    Idle,
    Flag(usize, usize),
    Delete(usize),
    /// The folder is opened again in the same session.
    Open,
    /// The connection breaks, and there is a new one.
    Reconnect,
    /// Others do this before anything else happens.
    Others(Deed),
    /// Others do this when it suits them.
    Sometime(Deed),
}

/// An agent with what it knows of the folder, and the server on the other side.
struct Scene {
    server: Model,
    config: Arc<Config>,
    session: Session,
    picture: BTreeMap<u32, FlagList>,
    known_validity: u32,
    modseq: Option<u64>,
    waiting: usize,
}

fn session(config: &Arc<Config>) -> Session {
    let mut session = Session::new(
        config.clone(),
        Login::new("alice", &"sesame".into()).unwrap(),
        "sesame".into(),
        Nonce::from_text("N").unwrap(),
    );
    session.start(Instant::ZERO);
    session
}

impl Scene {
    fn new(server: Model, config: Config) -> Scene {
        let config = Arc::new(config);
        let session = session(&config);
        let mut scene =
            Scene { server, config, session, picture: BTreeMap::new(), known_validity: 0, modseq: None, waiting: 0 };
        scene.connect();
        scene
    }

    fn connect(&mut self) {
        self.session = session(&self.config);
        self.waiting = 0;
        let greeting = self.server.greet(self.config.uses_qresync);
        self.hear(&greeting);
        self.open();
    }

    fn open(&mut self) {
        let known = Known {
            uid_validity: self.known_validity,
            modseq: self.modseq,
            mails: self.picture.iter().map(|(uid, flags)| (*uid, flags.clone())).collect(),
        };
        self.ask(Request::Open { folder: "INBOX".into(), known });
    }

    fn ask(&mut self, request: Request) {
        self.waiting += 1;
        self.session.request(Instant::ZERO, request);
        self.drain();
    }

    /// Bytes of the server, in pieces.
    fn hear(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let some = 1 + self.server.dice.roll(rest.len());
            let (piece, behind) = rest.split_at(some);
            self.session.handle_input(Instant::ZERO, Chunk::copy_from(piece), None);
            rest = behind;
        }
        self.drain();
    }

    fn drain(&mut self) {
        let mut said = String::new();
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send { data, .. } => said += std::str::from_utf8(&data).unwrap(),
                Output::Event(event) => self.learn(event),
                Output::Close => panic!("nobody wants to close"),
                _ => {}
            }
        }
        for line in said.lines() {
            let answer = self.server.handle(line);
            self.hear(&answer);
        }
    }

    fn learn(&mut self, event: Event) {
        match event {
            Event::Opened { uid_validity, reset, .. } => {
                assert!(!reset || self.known_validity != uid_validity);
                if reset {
                    self.picture.clear();
                }
                self.known_validity = uid_validity;
            }
            Event::Mail { uid, flags, size_bytes, .. } => {
                assert_eq!(size_bytes, u64::from(uid) * 10, "each mail has its own size");
                assert_eq!(self.picture.insert(uid, flags), None, "{uid} is told once");
            }
            Event::Flags { uid, flags } => {
                let before = self.picture.insert(uid, flags.clone());
                assert!(before.is_some_and(|before| before != flags), "{uid} has changed");
            }
            Event::Gone { uid } => assert!(self.picture.remove(&uid).is_some(), "{uid} was there"),
            Event::Done { request, result } => {
                assert_eq!(result, Ok(Outcome::Done), "{request:?}");
                self.waiting -= 1;
                if let Some(modseq) = self.session.modseq() {
                    assert!(self.modseq.is_none_or(|before| before <= modseq), "numbers of changes grow");
                    self.modseq = Some(modseq);
                }
            }
            Event::Said { kind, text } => panic!("{kind:?}: {text}"),
            Event::Failed(failure) => panic!("{failure:?}"),
            _ => {}
        }
    }

    fn act(&mut self, act: Act) {
        let pick = |n: usize, picture: &BTreeMap<u32, FlagList>| picture.keys().nth(n % picture.len().max(1)).copied();
        match act {
            Act::Sync => self.ask(Request::Sync),
            Act::Idle => self.ask(Request::Idle),
            Act::Open => self.open(),
            Act::Reconnect => self.connect(),
            Act::Others(deed) => self.server.do_deed(deed),
            Act::Sometime(deed) => self.server.deeds.push(deed),
            Act::Flag(n, flag) => {
                let flag = FLAGS[flag % FLAGS.len()];
                let list = match Flags::SYSTEM.iter().find(|(_, name)| *name == flag) {
                    Some((flag, _)) => FlagList::from(*flag),
                    None => FlagList { system: Flags::NONE, keywords: vec![flag.into()] },
                };
                let uids = pick(n, &self.picture).into_iter().collect();
                let (add, remove) = if n % 2 == 0 { (list, FlagList::NONE) } else { (FlagList::NONE, list) };
                self.ask(Request::Flag { uids, add, remove });
            }
            Act::Delete(n) => {
                let uids = pick(n, &self.picture).into_iter().collect();
                self.ask(Request::Delete { uids });
            }
        }
        let told = self.server.nudge();
        self.hear(&told);
    }

    /// Everything that is going to happen has happened and is told: the pictures are the same.
    fn check(&mut self) {
        for deed in std::mem::take(&mut self.server.deeds) {
            self.server.do_deed(deed);
        }
        self.ask(Request::Sync);
        assert_eq!(self.waiting, 0, "everything was answered");
        assert!(self.session.is_resting());
        let seen: Vec<(u32, Vec<&str>)> =
            self.picture.iter().map(|(uid, flags)| (*uid, sorted(flags.names()))).collect();
        let real: Vec<(u32, Vec<&str>)> =
            self.server.mails.iter().map(|(uid, mail)| (*uid, sorted(mail.flags.clone()))).collect();
        assert_eq!(seen, real);
        let places = self.session.view.as_ref().map(|view| view.places().collect::<Vec<u32>>());
        assert_eq!(places, Some(self.server.mails.keys().copied().collect()), "each at its place");
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => Just(Deed::Arrive),
        2 => (0_usize..50).prop_map(Deed::Remove),
        2 => (0_usize..50, 0_usize..FLAGS.len()).prop_map(|(n, flag)| Deed::Flag(n, flag)),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Sync),
        2 => Just(Act::Idle),
        2 => (0_usize..50, 0_usize..FLAGS.len()).prop_map(|(n, flag)| Act::Flag(n, flag)),
        1 => (0_usize..50).prop_map(Act::Delete),
        1 => Just(Act::Open),
        1 => Just(Act::Reconnect),
        4 => deeds().prop_map(Act::Others),
        6 => deeds().prop_map(Act::Sometime),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_picture_is_the_folder(
        seed in any::<u64>(),
        condstore in any::<bool>(),
        qresync in any::<bool>(),
        counts_removals in any::<bool>(),
        first in prop::collection::vec(deeds(), 0..12),
        acts in prop::collection::vec(acts(), 0..40),
        check_often in any::<bool>(),
    ) {
        let mut server = Model::new(seed, condstore, counts_removals);
        first.into_iter().for_each(|deed| server.do_deed(deed));
        let config = Config { uses_qresync: qresync, ..Config::default() };
        let mut scene = Scene::new(server, config);
        for act in acts {
            scene.act(act);
            if check_often {
                scene.check();
            }
        }
        scene.check();
    }
}
