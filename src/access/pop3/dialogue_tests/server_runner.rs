//! Plays a client to a server session.

use std::sync::Arc;

use crate::access::pop3::server::{Config, Server, Session};
use crate::access::{Door, Event, Output};
use crate::identity::ReversePath;
use crate::mime::Content;
use crate::octets::{Chunk, Rope};
use crate::sasl::{Accounts, Mechanisms, Nonce};
use crate::sim::calendar::Calendar;
use crate::sim::{Duration, Instant};
use crate::smtp::dialogue_tests::{Arrival, Player, deliver, show_lines, unescape};
use crate::smtp::framing::BareNewlines;
use crate::store::{Deed, Desk, Done, Flags, FolderId, Letter, Locks, MailboxId, Message, Store};

pub(super) struct ServerPlayer {
    session: Session,
    store: Store,
    locks: Locks,
    mailbox: MailboxId,
    now: Instant,
    arrival: Arrival,
    events: bool,
    sent: Vec<u8>,
    lines: Vec<String>,
}

/// What the settings of a case say.
struct Settings {
    config: Config,
    name: &'static str,
    nonce: Option<&'static str>,
    accounts: Vec<(String, String)>,
    mechanisms: Mechanisms,
    mails: Vec<Vec<u8>>,
    on: Vec<String>,
}

fn read(settings: &[&str]) -> Settings {
    let mut read = Settings {
        config: Config::default(),
        name: "mail.green.example",
        nonce: Some("NONCE"),
        accounts: Vec::new(),
        mechanisms: Mechanisms::ALL,
        mails: Vec::new(),
        on: Vec::new(),
    };
    for setting in settings {
        let setting = setting.strip_prefix("config: ").expect("config: key value");
        let (key, value) = setting.split_once(' ').unwrap_or((setting, ""));
        match key {
            "greeting" => read.config.greeting_text = value.into(),
            "implementation" => read.config.implementation = value.into(),
            "apop" => read.config.apop = value == "on",
            "utf8" => read.config.utf8 = value == "on",
            "marks-seen" => read.config.marks_seen = value == "on",
            "max-errors" => read.config.max_errors = value.parse().ok(),
            "max-backlog" => read.config.max_backlog_bytes = value.parse().unwrap(),
            "normalise" => read.config.bare_newlines = BareNewlines::Normalise,
            "name" => read.name = value.to_owned().leak(),
            "nonce" => read.nonce = (value != "none").then(|| &*value.to_owned().leak()),
            "account" => {
                let (user, password) = value.split_once(' ').unwrap();
                read.accounts.push((user.into(), password.into()));
            }
            "mechanisms" => read.mechanisms = value.split_whitespace().map(|name| name.parse().unwrap()).collect(),
            "mail" => read.mails.push(unescape(value)),
            "sealed" | "starttls" | "closed" | "no-letters" | "no-maildrop" | "taken" | "events" => {
                read.on.push(key.into());
            }
            _ => panic!("unknown setting `{key}`"),
        }
    }
    if read.accounts.is_empty() {
        read.accounts.push(("bob".into(), "sesame".into()));
    }
    read
}

fn letter(content: &[u8], number: u64) -> Letter {
    Letter {
        from: ReversePath::Null,
        to: "bob@green.example".parse().unwrap(),
        content: Content::scan(Rope::from(Chunk::copy_from(content))),
        mail: Some((number, 1)),
    }
}

fn show_deed(deed: &Deed) -> String {
    let about = deed.mail.map(|(mail, hop)| format!("{mail}/{hop}")).unwrap_or_default();
    let done = match &deed.done {
        Done::Fetched { whole: true, bytes } => format!("fetched whole {bytes}"),
        Done::Fetched { whole: false, bytes } => format!("fetched part {bytes}"),
        Done::Flagged { set: Flags::SEEN, cleared: Flags::NONE } => "seen".to_owned(),
        Done::Removed => "removed".to_owned(),
        done => format!("{done:?}"),
    };
    assert_eq!(deed.folder, FolderId::INBOX);
    format!("event: uid {} mail {about} {done}", deed.uid)
}

impl ServerPlayer {
    fn with(&mut self, act: impl FnOnce(&mut Session, Instant, &mut Desk<'_>)) {
        let mut desk = Desk { store: &mut self.store, locks: &mut self.locks, calendar: Calendar::default() };
        act(&mut self.session, self.now, &mut desk);
    }

    fn file(&mut self, content: &[u8]) {
        let number = self.store.mailbox(self.mailbox).count() + 1;
        self.store.file(self.mailbox, self.now, content.len() as u64, || letter(content, number));
    }

    fn drain(&mut self) {
        loop {
            let mut next = None;
            self.with(|session, now, desk| next = session.poll_output(now, desk));
            let Some(output) = next else { break };
            let line = match output {
                Output::Send { data, .. } => {
                    self.sent.extend_from_slice(&data);
                    continue;
                }
                Output::StartTls { discarded_bytes } => format!("start tls, {discarded_bytes} thrown away"),
                Output::Close => "close".to_owned(),
                Output::Event(_) if !self.events => continue,
                Output::Event(Event::State(name)) => format!("event: {name}"),
                Output::Event(Event::Login { mechanism, result: Ok(name) }) => {
                    format!("event: login {mechanism} {name}")
                }
                Output::Event(Event::Login { mechanism, result: Err(why) }) => {
                    format!("event: login {mechanism}: {why}")
                }
                Output::Event(Event::Deed(deed)) => show_deed(&deed),
                Output::Event(Event::Changed) => "event: changed".to_owned(),
                Output::Event(Event::Content { .. }) => panic!("nothing comes"),
                Output::Saw { is_secret, .. } => {
                    if is_secret {
                        "saw a secret".to_owned()
                    } else {
                        continue;
                    }
                }
            };
            show_lines("S:", &mut self.sent, &mut self.lines);
            self.lines.push(line);
        }
    }

    /// What lies in the mailbox, and whether somebody has it for himself.
    fn show_inbox(&mut self) {
        let show = |message: &Message| {
            let seen = if message.flags().has(Flags::SEEN) { " seen" } else { "" };
            format!("{}{seen}", message.uid())
        };
        let mails: Vec<String> = self.store.mailbox(self.mailbox).inbox().messages().iter().map(show).collect();
        let lock = if self.locks.is_taken(self.mailbox) { ", locked" } else { "" };
        self.lines.push(format!("holds: {}{lock}", mails.join(", ")).trim_end().to_owned());
    }
}

impl Player for ServerPlayer {
    const PEER: &'static str = "C:";
    const ACTIONS: &'static [&'static str] =
        &["wait:", "secured", "eof", "gone", "inbox", "expunge:", "arrives:", "give back"];

    fn start(settings: &[&str], arrival: Arrival) -> ServerPlayer {
        let settings = read(settings);
        let on = |key: &str| settings.on.iter().any(|on| on == key);
        let mut store = Store::new().with_letters(!on("no-letters")).with_epoch(0x5e5a_1234);
        let mailbox = store.add_mailbox("bob@green.example".parse().unwrap());
        let mut accounts = Accounts::default();
        let mut owners = rustc_hash::FxHashMap::default();
        for (user, password) in &settings.accounts {
            accounts.add(user, &password.as_str().into()).unwrap();
            if !on("no-maildrop") {
                owners.insert(user.as_str().into(), mailbox);
            }
        }
        let door = Door {
            name: settings.name.parse().unwrap(),
            accounts: Arc::new(accounts),
            owners,
            mechanisms: settings.mechanisms,
            plain_text_logins: !on("closed"),
            max_failed_logins: 3,
        };
        let server = Arc::new(Server::new(Arc::new(settings.config.clone()), Arc::new(door)));
        let mut session = Session::new(server);
        if let Some(nonce) = settings.nonce {
            session = session.with_nonce(Nonce::from_text(nonce).unwrap());
        }
        if on("starttls") {
            session.offer_tls();
        }
        session.observe(on("events"));
        let mut player = ServerPlayer {
            session,
            store,
            locks: Locks::default(),
            mailbox,
            now: Instant::ZERO,
            arrival,
            events: on("events"),
            sent: Vec::new(),
            lines: Vec::new(),
        };
        for mail in &settings.mails {
            player.file(mail);
        }
        if on("taken") {
            player.locks.take(mailbox);
        }
        let sealed = on("sealed");
        player.with(
            |session, now, desk| {
                if sealed { session.handle_secured(now, desk) } else { session.start(now, desk) }
            },
        );
        player.drain();
        player
    }

    fn input(&mut self, bytes: &[u8]) {
        let arrival = self.arrival;
        deliver(bytes, arrival, |chunk: Chunk| {
            self.with(|session, now, desk| session.handle_input(now, chunk, desk));
            self.drain();
        });
    }

    fn act(&mut self, line: &str) -> bool {
        if let Some(time) = line.strip_prefix("wait: ") {
            self.now += time.parse::<Duration>().unwrap();
            self.with(Session::handle_timeout);
        } else if let Some(uid) = line.strip_prefix("expunge: ") {
            self.store.remove(self.mailbox, FolderId::INBOX, &[uid.parse().unwrap()]);
        } else if let Some(content) = line.strip_prefix("arrives: ") {
            self.file(&unescape(content));
        } else {
            match line {
                "secured" => self.with(Session::handle_secured),
                "eof" => self.with(Session::handle_eof),
                "gone" => self.with(|session, _, desk| session.handle_gone(desk)),
                "inbox" => self.show_inbox(),
                "give back" => self.locks.release(self.mailbox),
                _ => return false,
            }
        }
        self.drain();
        true
    }

    fn transcript(&mut self) -> Vec<String> {
        show_lines("S:", &mut self.sent, &mut self.lines);
        std::mem::take(&mut self.lines).into_iter().map(|line| line.trim_end().to_owned()).collect()
    }
}
