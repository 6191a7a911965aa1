//! A small server that tells everything at the oddest moments that RFC 9051 allows.

use std::collections::BTreeMap;

use crate::access::imap::client::sets;

/// Numbers from a seed, the same in every run.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed | 1)
    }

    /// One of the first `sides` numbers.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % sides.max(1)
    }

    pub(super) fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
}

/// What is said about a mail, and the number of the change that said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) flags: Vec<&'static str>,
    modseq: u64,
}

pub(super) const FLAGS: [&str; 5] = ["\\Seen", "\\Flagged", "\\Deleted", "$Junk", "$Forwarded"];

/// What others do in the folder.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Arrive,
    Remove(usize),
    Flag(usize, usize),
}

/// A folder, and one session that looks at it.
pub(super) struct Model {
    pub(super) dice: Dice,
    pub(super) mails: BTreeMap<u32, Mail>,
    next: u32,
    modseq: u64,
    gone: Vec<(u32, u64)>,
    /// What others are going to do, at any time.
    pub(super) deeds: Vec<Deed>,
    condstore: bool,
    /// Whether a removal has a number.
    counts_removals: bool,
    pub(super) uid_validity: u32,
    // The session.
    is_enabled: bool,
    is_open: bool,
    idle: Option<String>,
    /// The mails by place, as the client was told, with what it was told of them.
    told: Vec<(u32, Vec<&'static str>)>,
    out: String,
}

impl Model {
    pub(super) fn new(seed: u64, condstore: bool, counts_removals: bool) -> Model {
        Model {
            dice: Dice::new(seed),
            mails: BTreeMap::new(),
            next: 1,
            modseq: 1,
            gone: Vec::new(),
            deeds: Vec::new(),
            condstore,
            counts_removals,
            uid_validity: 77,
            is_enabled: false,
            is_open: false,
            idle: None,
            told: Vec::new(),
            out: String::new(),
        }
    }

    /// A new connection.
    pub(super) fn greet(&mut self, qresync: bool) -> String {
        (self.is_enabled, self.is_open, self.idle) = (false, false, None);
        let condstore = if self.condstore { " ENABLE CONDSTORE" } else { "" };
        let qresync = if qresync && self.condstore { " QRESYNC" } else { "" };
        format!("* PREAUTH [CAPABILITY IMAP4rev1 IDLE UIDPLUS{condstore}{qresync}] welcome\r\n")
    }

    pub(super) fn do_deed(&mut self, deed: Deed) {
        let pick = |n: usize, mails: &BTreeMap<u32, Mail>| mails.keys().nth(n % mails.len().max(1)).copied();
        match deed {
            Deed::Arrive => {
                self.modseq += 1;
                self.mails.insert(self.next, Mail { flags: Vec::new(), modseq: self.modseq });
                self.next += 1 + u32::from(self.dice.one_in(4));
            }
            Deed::Remove(n) => {
                if let Some(uid) = pick(n, &self.mails) {
                    self.modseq += u64::from(self.counts_removals);
                    self.mails.remove(&uid);
                    self.gone.push((uid, self.modseq));
                }
            }
            Deed::Flag(n, flag) => {
                if let Some(mail) = pick(n, &self.mails).and_then(|uid| self.mails.get_mut(&uid)) {
                    self.modseq += 1;
                    mail.modseq = self.modseq;
                    let flag = FLAGS[flag % FLAGS.len()];
                    match mail.flags.iter().position(|had| *had == flag) {
                        Some(at) => drop(mail.flags.remove(at)),
                        None => mail.flags.push(flag),
                    }
                }
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.out += line;
        self.out += "\r\n";
    }

    /// Others do something, perhaps.
    fn others_may_act(&mut self) {
        while !self.deeds.is_empty() && self.dice.one_in(3) {
            let deed = self.deeds.remove(0);
            self.do_deed(deed);
        }
    }

    /// Tells one thing that the client does not know yet; `false`: there is none.
    fn tell_one(&mut self) -> bool {
        let gone: Vec<usize> = (0..self.told.len()).filter(|at| !self.mails.contains_key(&self.told[*at].0)).collect();
        let last = self.told.last().map_or(0, |(uid, _)| *uid);
        let new: Vec<(u32, Vec<&str>)> =
            self.mails.range(last + 1..).map(|(uid, mail)| (*uid, mail.flags.clone())).collect();
        let changed: Vec<usize> = (0..self.told.len())
            .filter(|at| self.mails.get(&self.told[*at].0).is_some_and(|mail| mail.flags != self.told[*at].1))
            .collect();
        let kinds: Vec<usize> = [(0, !gone.is_empty()), (1, !new.is_empty()), (2, !changed.is_empty())]
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(kind, _)| kind)
            .collect();
        if kinds.is_empty() {
            return false;
        }
        match kinds[self.dice.roll(kinds.len())] {
            0 if self.is_enabled => {
                let some: Vec<u32> = gone.iter().map(|at| self.told[*at].0).filter(|_| !self.dice.one_in(3)).collect();
                let some = if some.is_empty() { vec![self.told[gone[0]].0] } else { some };
                self.told.retain(|(uid, _)| !some.contains(uid));
                let set = some.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
                self.line(&format!("* VANISHED {set}"));
            }
            0 => {
                let at = gone[self.dice.roll(gone.len())];
                self.told.remove(at);
                self.line(&format!("* {} EXPUNGE", at + 1));
            }
            1 => {
                let some = 1 + self.dice.roll(new.len());
                self.told.extend(new.into_iter().take(some));
                let count = self.told.len();
                self.line(&format!("* {count} EXISTS"));
            }
            _ => {
                let at = changed[self.dice.roll(changed.len())];
                self.told[at].1 = self.mails[&self.told[at].0].flags.clone();
                let uid = self.is_enabled || self.dice.one_in(3);
                self.fetch(at, if uid { &["UID", "FLAGS"] } else { &["FLAGS"] });
            }
        }
        true
    }

    fn tell_some(&mut self) {
        while self.dice.one_in(2) && self.tell_one() {}
    }

    fn tell_all(&mut self) {
        while self.tell_one() {}
    }

    /// A FETCH response for the mail at a place.
    fn fetch(&mut self, at: usize, items: &[&str]) {
        let uid = self.told[at].0;
        let Some(mail) = self.mails.get(&uid).cloned() else { return };
        let mut parts = Vec::new();
        for item in items {
            match *item {
                "UID" => parts.push(format!("UID {uid}")),
                "FLAGS" => {
                    self.told[at].1 = mail.flags.clone();
                    parts.push(format!("FLAGS ({})", mail.flags.join(" ")));
                    if self.condstore {
                        parts.push(format!("MODSEQ ({})", mail.modseq));
                    }
                }
                "RFC822.SIZE" => parts.push(format!("RFC822.SIZE {}", uid * 10)),
                _ => parts.push("INTERNALDATE \"05-Jan-2026 10:00:00 +0000\"".into()),
            }
        }
        self.line(&format!("* {} FETCH ({})", at + 1, parts.join(" ")));
    }

    /// A line of the client.
    pub(super) fn handle(&mut self, line: &str) -> String {
        self.others_may_act();
        if line == "DONE" {
            self.tell_all();
            let tag = self.idle.take().expect("DONE ends an IDLE");
            self.line(&format!("{tag} OK done"));
            return std::mem::take(&mut self.out);
        }
        let (tag, rest) = line.split_once(' ').unwrap();
        let words: Vec<&str> = rest.split(' ').collect();
        match words[..] {
            ["ENABLE", "QRESYNC"] => self.is_enabled = true,
            ["SELECT", ..] => self.select(rest),
            ["NOOP"] if self.is_open => self.tell_all(),
            ["NOOP"] => {}
            ["IDLE"] => {
                self.tell_some();
                self.line("+ idling");
                self.tell_some();
                self.idle = Some(tag.into());
                return std::mem::take(&mut self.out);
            }
            ["UID", "FETCH", set, ..] => self.uid_fetch(set, rest),
            ["UID", "STORE", set, kind, ..] => self.store(set, kind == "+FLAGS", rest),
            ["UID", "EXPUNGE", set] => self.uid_expunge(set),
            _ => panic!("unknown command `{line}`"),
        }
        self.tell_some();
        self.line(&format!("{tag} OK done"));
        std::mem::take(&mut self.out)
    }

    /// Something happens while the client waits.
    pub(super) fn nudge(&mut self) -> String {
        self.others_may_act();
        if self.idle.is_some() {
            self.tell_some();
        }
        std::mem::take(&mut self.out)
    }

    fn select(&mut self, rest: &str) {
        self.told = self.mails.iter().map(|(uid, mail)| (*uid, mail.flags.clone())).collect();
        self.is_open = true;
        let (count, next, modseq) = (self.told.len(), self.next, self.modseq);
        self.line(&format!("* OK [UIDVALIDITY {}] valid", self.uid_validity));
        self.line(&format!("* {count} EXISTS"));
        self.line(&format!("* OK [UIDNEXT {next}] next"));
        if self.condstore {
            self.line(&format!("* OK [HIGHESTMODSEQ {modseq}] highest"));
        }
        let Some((_, since)) = rest.split_once("(QRESYNC (") else { return };
        let words: Vec<&str> = since.trim_end_matches(')').split(' ').collect();
        if words[0] != self.uid_validity.to_string() {
            return;
        }
        let since: u64 = words[1].parse().unwrap();
        let known = words.get(2).and_then(|set| sets::read(set)).unwrap_or_default();
        let gone = self.gone.iter().filter(|(_, modseq)| *modseq > since || !self.counts_removals);
        let gone: Vec<String> = gone
            .filter(|(uid, _)| known.iter().any(|(from, to)| (from..=to).contains(&uid)))
            .map(|(uid, _)| uid.to_string())
            .collect();
        if !gone.is_empty() {
            self.line(&format!("* VANISHED (EARLIER) {}", gone.join(",")));
        }
        for at in 0..self.told.len() {
            if self.mails[&self.told[at].0].modseq > since {
                self.fetch(at, &["UID", "FLAGS"]);
            }
        }
    }

    /// The mails of a set that the client knows of, by unique identifier.
    fn named(&self, set: &str) -> Vec<u32> {
        let last = self.told.last().map_or(0, |(uid, _)| *uid);
        let ranges: Vec<(u32, u32)> = set
            .split(',')
            .map(|part| {
                let end = |text: &str| if text == "*" { last } else { text.parse().unwrap() };
                let (from, to) = part.split_once(':').unwrap_or((part, part));
                (end(from).min(end(to)), end(from).max(end(to)))
            })
            .collect();
        let named = |uid: &u32| ranges.iter().any(|(from, to)| (*from..=*to).contains(uid));
        self.told.iter().map(|(uid, _)| *uid).filter(named).collect()
    }

    fn uid_fetch(&mut self, set: &str, rest: &str) {
        let since: u64 =
            rest.split_once("CHANGEDSINCE ").map_or(0, |(_, number)| number.trim_end_matches(')').parse().unwrap());
        let items: Vec<&str> =
            ["FLAGS", "RFC822.SIZE", "INTERNALDATE"].into_iter().filter(|item| rest.contains(item)).collect();
        let items = [&["UID"][..], &items].concat();
        for uid in self.named(set) {
            self.others_may_act();
            self.tell_some();
            let Some(at) = self.told.iter().position(|(told, _)| *told == uid) else { continue };
            if self.mails.get(&uid).is_some_and(|mail| mail.modseq > since) {
                self.fetch(at, &items);
            }
        }
    }

    fn store(&mut self, set: &str, add: bool, rest: &str) {
        let (_, flags) = rest.split_once('(').unwrap();
        let flags: Vec<&str> = flags.trim_end_matches(')').split(' ').collect();
        for uid in self.named(set) {
            self.tell_some();
            let Some(mail) = self.mails.get_mut(&uid) else { continue };
            self.modseq += 1;
            mail.modseq = self.modseq;
            for flag in FLAGS.into_iter().filter(|flag| flags.contains(flag)) {
                mail.flags.retain(|had| *had != flag);
                if add {
                    mail.flags.push(flag);
                }
            }
            if let Some(at) = self.told.iter().position(|(told, _)| *told == uid) {
                self.fetch(at, &["UID", "FLAGS"]);
            }
        }
    }

    fn uid_expunge(&mut self, set: &str) {
        for uid in self.named(set) {
            if self.mails.get(&uid).is_some_and(|mail| mail.flags.contains(&"\\Deleted")) {
                self.modseq += u64::from(self.counts_removals);
                self.mails.remove(&uid);
                self.gone.push((uid, self.modseq));
            }
        }
        self.tell_all();
    }
}
