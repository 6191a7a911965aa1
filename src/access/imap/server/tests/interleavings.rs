//! Three sessions look into one folder, in any order. Each client's picture, kept from untagged responses only, is the truth whenever
//! it has been told everything.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::picture::{Open, Picture, Silent, inside, numbers};
use super::player::{Arrival, Player};
use crate::access::imap::server::Config;
use crate::access::{Event, Output};
use crate::octets::Chunk;
use crate::sasl::Mechanisms;
use crate::store::{FlagChange, Flags, FolderId};

const FLAGS: [&str; 5] = ["\\Seen", "\\Flagged", "\\Deleted", "\\Answered", "Work"];

/// What a client does. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Act {
    Noop,
    Check,
    Fetch { by_uid: bool, from: u8, to: u8, reads: bool },
    Store { by_uid: bool, from: u8, to: u8, sign: u8, flags: u8, silent: bool, since: Option<u8> },
    Search { by_uid: bool },
    Expunge,
    UidExpunge { from: u8, to: u8 },
    Append { flags: u8 },
    Copy { by_uid: bool, from: u8, to: u8 },
    Move { by_uid: bool, from: u8, to: u8, stays: bool },
    Idle,
    Condstore,
    Reopen { is_read_only: bool },
}

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// A client does something, and reads so many outputs of what comes; `None`: all.
    Client { who: u8, act: Act, reads: Option<u8> },
    /// It reads so many.
    Read { who: u8, outputs: u8 },
    /// Mail comes.
    Mail,
    /// More changes come than a folder remembers.
    Many,
    /// All are told everything, and compare.
    Compare,
}

fn act() -> impl Strategy<Value = Act> {
    let (b, n) = (any::<bool>(), any::<u8>());
    prop_oneof![
        2 => Just(Act::Noop),
        1 => Just(Act::Check),
        3 => (b, n, n, b).prop_map(|(by_uid, from, to, reads)| Act::Fetch { by_uid, from, to, reads }),
        6 => (b, n, n, 0..3_u8, n, b, proptest::option::weighted(0.3, n)).prop_map(
            |(by_uid, from, to, sign, flags, silent, since)| Act::Store { by_uid, from, to, sign, flags, silent, since }
        ),
        2 => b.prop_map(|by_uid| Act::Search { by_uid }),
        2 => Just(Act::Expunge),
        1 => (n, n).prop_map(|(from, to)| Act::UidExpunge { from, to }),
        2 => n.prop_map(|flags| Act::Append { flags }),
        1 => (b, n, n).prop_map(|(by_uid, from, to)| Act::Copy { by_uid, from, to }),
        1 => (b, n, n, b).prop_map(|(by_uid, from, to, stays)| Act::Move { by_uid, from, to, stays }),
        2 => Just(Act::Idle),
        1 => Just(Act::Condstore),
        1 => prop::bool::weighted(0.3).prop_map(|is_read_only| Act::Reopen { is_read_only }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..3_u8, act(), proptest::option::weighted(0.3, 0..6_u8))
            .prop_map(|(who, act, reads)| Step::Client { who, act, reads }),
        3 => (0..3_u8, 0..6_u8).prop_map(|(who, outputs)| Step::Read { who, outputs }),
        4 => Just(Step::Mail),
        1 => prop::bool::weighted(0.2).prop_map(|many| if many { Step::Many } else { Step::Mail }),
        3 => Just(Step::Compare),
    ]
}

struct Client {
    picture: Picture,
    commands: u32,
    condstore: bool,
    is_read_only: bool,
    is_idle: bool,
}

struct Game {
    player: Player,
    clients: Vec<Client>,
    /// Flags and number of change of each mail when it was looked at last.
    last: BTreeMap<u32, (BTreeSet<String>, u64)>,
    /// Identifiers below this were given.
    given: u32,
}

impl Game {
    fn new() -> Game {
        let mut player = Player::new(Config::default(), true, Mechanisms::NONE, Arrival::Whole);
        player.store.create_folder(player.bob, "Other", None).unwrap();
        (0..4).for_each(|_| {
            player.file("Subject: x\r\n\r\nbody\r\n");
        });
        let clients = (0..3).map(|_| Client {
            picture: Picture::default(),
            commands: 0,
            condstore: false,
            is_read_only: false,
            is_idle: false,
        });
        let mut game = Game { player, clients: clients.collect(), last: BTreeMap::new(), given: 0 };
        for who in 0..3 {
            game.player.connect(who + 1, false, false);
            game.player.sent(who + 1);
            game.say(who, "LOGIN bob secret", true, None);
            game.read(who, None);
            game.reopen(who, false);
        }
        game
    }

    fn reopen(&mut self, who: usize, is_read_only: bool) {
        let client = &mut self.clients[who];
        client.is_read_only = is_read_only;
        let (condstore, open) = (client.condstore, std::mem::take(&mut client.picture.open));
        assert!(open.is_empty());
        client.picture = Picture::default();
        let verb = if is_read_only { "EXAMINE" } else { "SELECT" };
        self.say(who, &format!("{verb} INBOX{}", if condstore { " (CONDSTORE)" } else { "" }), true, None);
        self.read(who, None);
    }

    /// What is true: identifiers, flags, numbers of changes.
    fn truth(&self) -> Vec<(u32, BTreeSet<String>, u64)> {
        let inbox = self.player.store.mailbox(self.player.bob).inbox();
        let shown = |flags: Flags| -> BTreeSet<String> {
            let mut out = Vec::new();
            super::super::flags::write(&mut out, flags, inbox.keywords(), &[]);
            let text = String::from_utf8(out).unwrap();
            text[1..text.len() - 1].split(' ').filter(|flag| !flag.is_empty()).map(Into::into).collect()
        };
        inbox.messages().iter().map(|m| (m.uid(), shown(m.flags()), m.modseq())).collect()
    }

    fn say(&mut self, who: usize, text: &str, may_expunge: bool, silent: Option<Silent>) -> String {
        let client = &mut self.clients[who];
        client.commands += 1;
        let tag = format!("{}.{}", who + 1, client.commands);
        client.picture.open.push_back(Open { tag: tag.clone(), may_expunge, silent });
        self.hand(who, format!("{tag} {text}\r\n").as_bytes());
        tag
    }

    /// Bytes arrive; nothing is asked for yet.
    fn hand(&mut self, who: usize, bytes: &[u8]) {
        self.player.hand(who + 1, |session, now, desk| session.handle_input(now, Chunk::copy_from(bytes), desk));
    }

    /// A client takes so many outputs; others are told if something has changed.
    fn read(&mut self, who: usize, most: Option<u8>) {
        let mut has_changed = false;
        for _ in 0..most.map_or(usize::MAX, usize::from) {
            let Some(output) = self.player.poll(who + 1) else { break };
            match output {
                Output::Send { data, .. } => self.clients[who].picture.read(&data),
                Output::Event(Event::Changed) => has_changed = true,
                Output::Close => panic!("nobody has said goodbye"),
                _ => {}
            }
        }
        if has_changed {
            self.news(Some(who));
        }
    }

    fn news(&mut self, by: Option<usize>) {
        for other in (0..3).filter(|other| Some(*other) != by) {
            self.player.hand(other + 1, |session, now, desk| session.handle_news(now, desk));
            if self.clients[other].is_idle {
                self.read(other, None);
                self.compare_one(other);
            }
        }
    }

    fn end_idle(&mut self, who: usize) {
        if std::mem::take(&mut self.clients[who].is_idle) {
            self.hand(who, b"DONE\r\n");
            self.read(who, None);
        }
    }

    /// A set by sequence number or identifier, of what the client knows to be there. Sequence numbers are for those only who wait for
    /// no answer.
    fn set(&self, who: usize, by_uid: bool, from: u8, to: u8) -> Option<String> {
        let count = if by_uid { self.given.max(1) } else { self.clients[who].picture.mails.len() as u32 };
        let pick = |n: u8| (count > 0).then(|| u32::from(n) % count + 1);
        Some(format!("{}:{}", pick(from)?, pick(to)?))
    }

    fn act(&mut self, who: usize, act: &Act, reads: Option<u8>) {
        self.end_idle(who);
        let is_busy = !self.clients[who].picture.open.is_empty();
        let uids = |by_uid: &bool| is_busy || *by_uid;
        let prefix = |by_uid: bool| if by_uid { "UID " } else { "" };
        match act {
            Act::Noop => self.tell(who, "NOOP", true),
            Act::Check => self.tell(who, "CHECK", true),
            Act::Fetch { by_uid, from, to, reads } => {
                let by_uid = uids(by_uid);
                let Some(set) = self.set(who, by_uid, *from, *to) else { return };
                let modseq = if self.clients[who].condstore { " MODSEQ" } else { "" };
                let body = if *reads { " BODY[]" } else { "" };
                self.tell(who, &format!("{}FETCH {set} (UID FLAGS{modseq}{body})", prefix(by_uid)), by_uid);
            }
            Act::Store { by_uid, from, to, sign, flags, silent, since } => {
                let by_uid = uids(by_uid);
                let Some(set) = self.set(who, by_uid, *from, *to) else { return };
                // What only some of the mails are refused for is looked at when nobody comes between.
                let since = since.filter(|_| reads.is_none() && !is_busy);
                // Who does not know which identifier is whose cannot know what comes of it, unless it is told.
                let knows = !by_uid || self.clients[who].picture.mails.iter().all(|mail| mail.uid.is_some());
                return self.store(who, by_uid, &set, *sign, *flags, *silent && !is_busy && knows, since, reads);
            }
            Act::Search { by_uid } => {
                let by_uid = uids(by_uid);
                self.tell(who, &format!("{}SEARCH UNSEEN", prefix(by_uid)), by_uid);
            }
            Act::Expunge => self.tell(who, "EXPUNGE", true),
            Act::UidExpunge { from, to } => {
                let Some(set) = self.set(who, true, *from, *to) else { return };
                self.tell(who, &format!("UID EXPUNGE {set}"), true);
            }
            Act::Append { flags } => {
                let flags: Vec<&str> = pick(*flags).collect();
                self.tell(who, &format!("APPEND INBOX ({}) {{3+}}\r\nabc", flags.join(" ")), true);
            }
            Act::Copy { by_uid, from, to } => {
                let by_uid = uids(by_uid);
                let Some(set) = self.set(who, by_uid, *from, *to) else { return };
                self.tell(who, &format!("{}COPY {set} INBOX", prefix(by_uid)), true);
            }
            Act::Move { by_uid, from, to, stays } => {
                let by_uid = uids(by_uid);
                let Some(set) = self.set(who, by_uid, *from, *to) else { return };
                let target = if *stays { "INBOX" } else { "Other" };
                self.tell(who, &format!("{}MOVE {set} {target}", prefix(by_uid)), true);
            }
            Act::Idle => {
                self.read(who, None);
                self.tell(who, "IDLE", true);
                self.clients[who].is_idle = true;
                self.read(who, None);
                return self.compare_one(who);
            }
            Act::Condstore => {
                self.clients[who].condstore = true;
                self.tell(who, "ENABLE CONDSTORE", true);
            }
            Act::Reopen { is_read_only } => {
                self.read(who, None);
                return self.reopen(who, *is_read_only);
            }
        }
        self.read(who, reads);
    }

    fn tell(&mut self, who: usize, text: &str, may_expunge: bool) {
        self.say(who, text, may_expunge, None);
    }

    #[expect(clippy::too_many_arguments, reason = "they are those of the command")]
    fn store(
        &mut self,
        who: usize,
        by_uid: bool,
        set: &str,
        sign: u8,
        flags: u8,
        silent: bool,
        since: Option<u8>,
        reads: Option<u8>,
    ) {
        let flags: BTreeSet<String> = pick(flags).map(Into::into).collect();
        let sign = ["", "+", "-"][usize::from(sign)];
        let before = self.truth();
        // Near what the numbers of the mails are.
        let highest = self.player.store.mailbox(self.player.bob).inbox().modseq();
        let since = since.map(|back| highest.saturating_sub(u64::from(back) % 12));
        self.clients[who].condstore |= since.is_some();
        let picture = &self.clients[who].picture;
        let ends = numbers_of(set);
        let is_meant = |uid: Option<u32>, seq: u32| ends.contains(&if by_uid { uid.unwrap_or(0) } else { seq });
        let places = picture.mails.iter().zip(1..).filter(|(mail, seq)| is_meant(mail.uid, *seq));
        let meant = places.filter_map(|(mail, seq)| if by_uid { mail.uid } else { Some(seq) }).collect();
        let applied = silent.then(|| Silent { numbers: meant, by_uid, sign, flags: flags.clone() });
        // Who changes what it has never seen does not know what comes of it; nor who is refused by identifiers.
        let applied = applied.filter(|_| since.is_none());
        let list: Vec<&str> = flags.iter().map(String::as_str).collect();
        let modifier = since.map_or(String::new(), |since| format!(" (UNCHANGEDSINCE {since})"));
        let dot = if silent { ".SILENT" } else { "" };
        let uid = if by_uid { "UID " } else { "" };
        let text = format!("{uid}STORE {set}{modifier} {sign}FLAGS{dot} ({})", list.join(" "));
        let tag = self.say(who, &text, by_uid, applied);
        self.read(who, reads);
        if let Some(since) = since.filter(|_| !self.clients[who].is_read_only) {
            self.check_refused(who, &tag, by_uid, set, since, &before, (sign, &flags));
            if silent {
                // It is told which changed, and asks what they are now.
                self.tell(who, "UID FETCH 1:* (UID FLAGS)", true);
                self.read(who, None);
            }
        }
    }

    /// UNCHANGEDSINCE refuses exactly those mails that have changed behind it (RFC 7162 §3.1.3); others are changed.
    #[expect(clippy::too_many_arguments, reason = "they are those of the command")]
    fn check_refused(
        &self,
        who: usize,
        tag: &str,
        by_uid: bool,
        set: &str,
        since: u64,
        before: &[(u32, BTreeSet<String>, u64)],
        (sign, flags): (&str, &BTreeSet<String>),
    ) {
        let end = &self.clients[who].picture.ends[tag];
        let refused = inside(end, "[MODIFIED ", "]").map(numbers).unwrap_or_default();
        let after: BTreeMap<u32, (BTreeSet<String>, u64)> =
            self.truth().into_iter().map(|(uid, flags, modseq)| (uid, (flags, modseq))).collect();
        let set = numbers_of(set);
        for (uid, was, modseq) in before {
            let Some((is, _)) = after.get(uid) else { continue };
            if by_uid && set.contains(uid) && self.clients[who].picture.mails.iter().any(|mail| mail.uid == Some(*uid))
            {
                assert_eq!(refused.contains(uid), *modseq > since, "{uid} has {modseq}, and {end}");
            }
            let mut applied = was.clone();
            match sign {
                "+" => applied.extend(flags.iter().cloned()),
                "-" => applied.retain(|flag| !flags.contains(flag)),
                _ => applied = flags.clone(),
            }
            assert!(is == was || *is == applied, "{uid} is as it was, or as it was to be");
            assert!(is == was || *modseq <= since, "{uid} had changed, and was changed");
        }
    }

    /// Every client is told everything; what it knows is true.
    fn compare(&mut self) {
        for who in 0..3 {
            self.read(who, None);
            self.end_idle(who);
        }
        for who in 0..3 {
            self.tell(who, "NOOP", true);
            self.read(who, None);
            assert!(self.clients[who].picture.open.is_empty(), "everything is answered");
        }
        for who in 0..3 {
            self.compare_one(who);
            let modseq = if self.clients[who].condstore { " MODSEQ" } else { "" };
            self.tell(who, &format!("UID FETCH 1:* (FLAGS{modseq})"), true);
            self.read(who, None);
            self.compare_one(who);
            let all_known =
                self.clients[who].picture.mails.iter().all(|mail| mail.uid.is_some() && mail.flags.is_some());
            assert!(all_known, "all were asked for");
        }
        let truth = self.truth();
        for (uid, flags, modseq) in &truth {
            assert!(self.last.contains_key(uid) || *uid > self.given, "{uid} was given twice");
            if let Some((last_flags, last_modseq)) = self.last.get(uid) {
                assert!(
                    modseq >= last_modseq && (flags == last_flags || modseq > last_modseq),
                    "a change has a number"
                );
            }
        }
        self.given = self.player.store.mailbox(self.player.bob).inbox().uid_next() - 1;
        self.last = truth.into_iter().map(|(uid, flags, modseq)| (uid, (flags, modseq))).collect();
        // RFC 3501 §2.3.2: a mail is recent in one session.
        let writers: Vec<&Client> = self.clients.iter().filter(|client| !client.is_read_only).collect();
        for (i, one) in writers.iter().enumerate() {
            for other in &writers[i + 1..] {
                assert!(one.picture.recent.is_disjoint(&other.picture.recent), "a mail is recent in one session");
            }
        }
    }

    /// What a client knows is true. It has been told everything.
    fn compare_one(&self, who: usize) {
        let (truth, client) = (self.truth(), &self.clients[who]);
        let mails = &client.picture.mails;
        assert_eq!(mails.len(), truth.len(), "client {} counts right", who + 1);
        for (seq, (mail, (uid, flags, modseq))) in mails.iter().zip(&truth).enumerate() {
            let place = format!("client {}, mail {}", who + 1, seq + 1);
            assert!(mail.uid.is_none_or(|known| known == *uid), "{place}: {mail:?} is {uid}");
            assert!(mail.flags.as_ref().is_none_or(|known| known == flags), "{place}: {mail:?} has {flags:?}");
            assert!(mail.modseq <= *modseq, "{place}: {mail:?} has {modseq}");
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Client { who, act, reads } => self.act(usize::from(*who), act, *reads),
            Step::Read { who, outputs } => self.read(usize::from(*who), Some(*outputs)),
            Step::Mail => {
                self.player.file("Subject: new\r\n\r\nbody\r\n");
                self.news(None);
            }
            Step::Many => {
                let bob = self.player.bob;
                let uids: Vec<u32> = self.truth().iter().map(|(uid, ..)| *uid).collect();
                for (round, uid) in (0..1030).zip(uids.iter().cycle()) {
                    let flag = if round % 3 == 0 { Flags::DRAFT } else { Flags::FLAGGED };
                    let was = self.player.store.mailbox(bob).inbox().message(*uid).unwrap().flags();
                    let change = if was.has(flag) { FlagChange::Remove(flag) } else { FlagChange::Add(flag) };
                    self.player.store.change_flags(bob, FolderId::INBOX, *uid, change);
                }
                self.news(None);
            }
            Step::Compare => self.compare(),
        }
    }
}

fn pick(bits: u8) -> impl Iterator<Item = &'static str> {
    FLAGS.into_iter().enumerate().filter(move |(place, _)| bits & (1 << place) != 0).map(|(_, flag)| flag)
}

fn numbers_of(set: &str) -> Vec<u32> {
    let (a, b) = set.split_once(':').unwrap();
    let (a, b): (u32, u32) = (a.parse().unwrap(), b.parse().unwrap());
    (a.min(b)..=a.max(b)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn what_clients_know_is_true(steps in prop::collection::vec(step(), 1..60)) {
        let mut game = Game::new();
        steps.iter().for_each(|step| game.step(step));
        game.compare();
    }
}
