//! Client and server against each other, over a pipe.

use std::sync::Arc;

use proptest::prelude::*;

use super::client::{Choice, Config, Event, Output, Reason, Session as Client, StartTls};
use super::server::{self, Server, Session};
use crate::access::{self, About, Door, Says};
use crate::identity::ReversePath;
use crate::mime::Content;
use crate::octets::{Chunk, Rope};
use crate::sasl::{Accounts, Mechanisms, Nonce};
use crate::sim::Instant;
use crate::sim::calendar::Calendar;
use crate::store::{Desk, Flags, Letter, Locks, MailboxId, Store};

const NOW: Instant = Instant::ZERO;

/// How the two are set up.
#[derive(Clone, Debug)]
struct Setting {
    sealed: bool,
    offers_tls: bool,
    plain: bool,
    mechanisms: Mechanisms,
    tls: StartTls,
    pipelining: bool,
    step: usize,
}

struct Pair {
    client: Client,
    server: Session,
    store: Store,
    locks: Locks,
    mailbox: MailboxId,
    step: usize,
    choice: Choice,
    events: Vec<Event>,
    /// What the client has sent.
    asked: Vec<u8>,
    /// Octets that the client may still send before the connection breaks.
    left: usize,
    is_over: bool,
}

fn letter(content: &[u8], cut: usize, number: u64) -> Letter {
    let mut rope = Rope::new();
    // Pieces that do not lie side by side.
    content.chunks(cut).for_each(|piece| rope.push(Chunk::copy_from(piece)));
    let to = "bob@green.example".parse().unwrap();
    Letter { from: ReversePath::Null, to, content: Content::scan(rope), mail: Some((number, 2)) }
}

impl Pair {
    fn new(setting: &Setting, mails: &[Vec<u8>], choice: Choice) -> Pair {
        let mut store = Store::new();
        let mailbox = store.add_mailbox("bob@green.example".parse().unwrap());
        for (at, mail) in mails.iter().enumerate() {
            store.file(mailbox, NOW, mail.len() as u64, || letter(mail, 7 + at, at as u64));
        }
        let mut accounts = Accounts::default();
        accounts.add("bob", &"sesame".into()).unwrap();
        let door = Door {
            name: "mail.green.example".parse().unwrap(),
            accounts: Arc::new(accounts),
            owners: [("bob".into(), mailbox)].into_iter().collect(),
            mechanisms: setting.mechanisms,
            plain_text_logins: setting.plain,
            max_failed_logins: 3,
        };
        let server = Arc::new(Server::new(Arc::new(server::Config::default()), Arc::new(door)));
        let mut server = Session::new(server).with_nonce(Nonce::from_text("NONCE").unwrap());
        if setting.offers_tls {
            server.offer_tls();
        }
        let config = Config {
            tls: setting.tls,
            plain_text_logins: setting.plain,
            pipelining: setting.pipelining,
            ..Config::default()
        };
        let nonce = Nonce::from_text("CNONCE").unwrap();
        let client = Client::new(config, "bob".into(), "sesame".into(), nonce);
        let locks = Locks::default();
        let mut pair = Pair {
            client,
            server,
            store,
            locks,
            mailbox,
            step: setting.step,
            choice,
            events: Vec::new(),
            asked: Vec::new(),
            left: usize::MAX,
            is_over: false,
        };
        if setting.sealed {
            pair.serve(|session, desk| session.handle_secured(NOW, desk));
            pair.client.handle_secured(NOW);
        } else {
            pair.serve(|session, desk| session.start(NOW, desk));
            pair.client.start(NOW);
        }
        pair
    }

    fn serve<R>(&mut self, act: impl FnOnce(&mut Session, &mut Desk<'_>) -> R) -> R {
        let mut desk = Desk { store: &mut self.store, locks: &mut self.locks, calendar: Calendar::default() };
        act(&mut self.server, &mut desk)
    }

    /// Lets both talk until neither has anything more to say, or the connection breaks.
    fn settle(&mut self) {
        while !self.is_over && (self.server_speaks() | self.client_speaks()) {}
        if self.is_over {
            self.serve(|session, desk| session.handle_gone(desk));
            self.client.handle_eof(NOW);
            self.client_speaks();
        }
    }

    fn server_speaks(&mut self) -> bool {
        let mut spoke = false;
        while let Some(output) = self.serve(|session, desk| session.poll_output(NOW, desk)) {
            spoke = true;
            match output {
                access::Output::Send { data, about, says } => {
                    assert_eq!(about.is_some(), matches!(says, Says::Content | Says::EndOfContent { .. }));
                    for from in (0..data.len()).step_by(self.step) {
                        let piece = data.slice(from..data.len().min(from + self.step));
                        self.client.handle_input(NOW, piece, about);
                    }
                }
                access::Output::StartTls { discarded_bytes } => assert_eq!(discarded_bytes, 0),
                access::Output::Close => self.is_over = true,
                access::Output::Saw { .. } => panic!("nobody observes"),
                access::Output::Event(_) => {}
            }
        }
        spoke
    }

    fn client_speaks(&mut self) -> bool {
        let mut spoke = false;
        while let Some(output) = self.client.poll_output() {
            spoke = true;
            match output {
                Output::Send { data, says } => {
                    assert!(matches!(says, Says::Lines | Says::Secret));
                    let data = data.slice(0..data.len().min(self.left));
                    self.left -= data.len();
                    self.asked.extend_from_slice(&data);
                    for from in (0..data.len()).step_by(self.step) {
                        let piece = data.slice(from..data.len().min(from + self.step));
                        self.serve(|session, desk| session.handle_input(NOW, piece, desk));
                    }
                    // What has come is still done; then the connection breaks.
                    if self.left == 0 {
                        self.server_speaks();
                        self.is_over = true;
                    }
                }
                Output::StartTls { discarded_bytes } => {
                    assert_eq!(discarded_bytes, 0);
                    self.serve(|session, desk| session.handle_secured(NOW, desk));
                    self.client.handle_secured(NOW);
                }
                Output::Event(event) => {
                    if let Event::Listed(_) = event {
                        self.client.choose(NOW, self.choice.clone());
                    }
                    self.events.push(event);
                }
                Output::Content { .. } => {}
                Output::Saw { .. } => panic!("nobody observes"),
                Output::Close => {
                    self.server_speaks();
                    self.is_over = true;
                }
            }
        }
        spoke
    }

    /// The numbers of the mails that are still there, which are their uids.
    fn there(&self) -> Vec<u32> {
        self.store.mailbox(self.mailbox).inbox().messages().iter().map(crate::store::Message::uid).collect()
    }
}

/// What a client gets for what was filed: lines have ends.
fn carried(mail: &[u8]) -> Vec<u8> {
    let end: &[u8] = if mail.is_empty() || mail.ends_with(b"\r\n") { b"" } else { b"\r\n" };
    [mail, end].concat()
}

fn mails() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let line = prop_oneof![
        8 => "[.a]{0,3}\r\n|[ -~é]{0,70}\r\n".prop_map(String::into_bytes),
        1 => prop::sample::select(vec!["\r", "\n", ".", "\r.", "\n.", "\n.\r\n", "\n.\n", "\r\n"]).prop_map(|s| s.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..2000),
    ];
    let mail = prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat());
    prop::collection::vec(mail, 0..24)
}

fn settings() -> impl Strategy<Value = Setting> {
    let tls = prop::sample::select(vec![StartTls::Never, StartTls::IfOffered, StartTls::Required]);
    let mechanisms = prop::sample::select(vec![
        Mechanisms::ALL,
        Mechanisms::NONE,
        Mechanisms::COMMON,
        Mechanisms::NONE.with(crate::sasl::Mechanism::CramMd5),
        Mechanisms::NONE.with(crate::sasl::Mechanism::Login),
    ]);
    (any::<bool>(), any::<bool>(), any::<bool>(), mechanisms, tls, any::<bool>(), 1_usize..5000).prop_map(
        |(sealed, offers_tls, plain, mechanisms, tls, pipelining, step)| Setting {
            sealed,
            offers_tls,
            plain,
            mechanisms,
            tls,
            pipelining,
            step,
        },
    )
}

/// Numbers, some of which no mail has.
fn numbers() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0_u32..28, 0..30)
}

/// Whether somebody can log in.
fn gets_in(setting: &Setting) -> bool {
    let will_be_sealed = setting.sealed || setting.tls != StartTls::Never && setting.offers_tls;
    let has_tls = setting.tls != StartTls::Required || will_be_sealed;
    has_tls && (will_be_sealed || setting.plain)
}

fn check_contents(events: &[Event], mails: &[Vec<u8>]) -> Vec<u32> {
    let mut got = Vec::new();
    for event in events {
        if let Event::Got { number, content, about, .. } = event {
            assert_eq!(content.rope().to_vec(), carried(&mails[*number as usize - 1]));
            let own: About = (u64::from(*number) - 1, 2);
            assert_eq!(*about, Some(own));
            got.push(*number);
        }
    }
    got
}

proptest! {
    #[test]
    fn every_content_comes_and_what_was_chosen_goes(
        setting in settings(), mails in mails(), fetch in numbers(), delete in numbers(),
    ) {
        let choice = Choice { fetch: fetch.clone(), delete: delete.clone() };
        let mut pair = Pair::new(&setting, &mails, choice);
        pair.settle();
        let all: Vec<u32> = (1..=mails.len() as u32).collect();
        prop_assert!(!pair.locks.is_taken(pair.mailbox));
        if !gets_in(&setting) {
            let failed = pair.events.last();
            let why = if setting.tls == StartTls::Required { Reason::NoTls } else { Reason::NotLoggedIn };
            prop_assert!(matches!(failed, Some(Event::Failed { reason, .. }) if *reason == why), "{:?}", failed);
            prop_assert!(!pair.asked.windows(6).any(|word| word == b"sesame" || word == b"c2VzYW"), "no password is shown");
            prop_assert_eq!(pair.there(), all);
            return Ok(());
        }
        let Some(Event::Listed(items)) = pair.events.first() else { panic!("{:?}", pair.events) };
        let sizes: Vec<u64> = items.iter().map(|item| item.size_bytes).collect();
        prop_assert_eq!(sizes, mails.iter().map(|mail| carried(mail).len() as u64).collect::<Vec<_>>());
        let got = check_contents(&pair.events, &mails);
        let mut wanted: Vec<u32> = Vec::new();
        for number in fetch {
            if all.contains(&number) && !wanted.contains(&number) {
                wanted.push(number);
            }
        }
        prop_assert_eq!(&got, &wanted);
        let goes: Vec<u32> = all.iter().copied().filter(|number| delete.contains(number)).collect();
        prop_assert_eq!(pair.events.last(), Some(&Event::Done { deleted: goes.clone() }));
        let stays: Vec<u32> = all.into_iter().filter(|number| !goes.contains(number)).collect();
        prop_assert_eq!(pair.there(), stays);
        let inbox = pair.store.mailbox(pair.mailbox).inbox();
        prop_assert!(inbox.messages().iter().all(|m| m.flags().has(Flags::SEEN) == got.contains(&m.uid())));
    }

    #[test]
    fn a_cut_deletes_nothing_unless_quit_was_read(
        setting in settings(), mails in mails(), delete in numbers(), left in 0_usize..600,
    ) {
        let fetch = (1..=mails.len() as u32).collect();
        let mut pair = Pair::new(&setting, &mails, Choice { fetch, delete: delete.clone() });
        pair.left = left;
        pair.settle();
        prop_assert!(!pair.locks.is_taken(pair.mailbox));
        check_contents(&pair.events, &mails);
        let stays: Vec<u32> = (1..=mails.len() as u32).collect();
        if !pair.asked.ends_with(b"\r\nQUIT\r\n") {
            prop_assert_eq!(pair.there(), stays);
            let last = pair.events.last();
            prop_assert!(matches!(last, Some(Event::Failed { .. })), "{:?}", last);
        } else if gets_in(&setting) {
            let stays: Vec<u32> = stays.into_iter().filter(|number| !delete.contains(number)).collect();
            prop_assert_eq!(pair.there(), stays);
        }
    }
}

/// The same at each octet of one session: the server's answers may be cut off, too.
#[test]
fn a_cut_at_any_octet() {
    let mails = vec![b"a\r\n".to_vec(), b".b\r\n".to_vec(), b"c".to_vec()];
    for pipelining in [false, true] {
        let setting = Setting {
            sealed: true,
            offers_tls: false,
            plain: false,
            mechanisms: Mechanisms::COMMON,
            tls: StartTls::Never,
            pipelining,
            step: 1,
        };
        let choice = Choice { fetch: vec![1, 2, 3], delete: vec![1, 3] };
        let mut whole = Pair::new(&setting, &mails, choice.clone());
        whole.settle();
        assert_eq!(whole.there(), [2]);
        for left in 0..whole.asked.len() {
            let mut pair = Pair::new(&setting, &mails, choice.clone());
            pair.left = left;
            pair.settle();
            assert_eq!(pair.there(), [1, 2, 3], "cut at {left}");
            assert!(matches!(pair.events.last(), Some(Event::Failed { .. })), "cut at {left}");
        }
    }
}
