//! Plays the dialogues of `tests/dialogues/imap`: each twice, with the bytes of one turn in one piece and byte by byte. The form is
//! described in its README.

use super::player::{Arrival, Player};
use crate::access::imap::server::{Config, Extension};
use crate::sasl::Mechanisms;
use crate::sim::Instant;
use crate::store::{FlagChange, Flags, FolderId, SpecialUse};
use crate::testing::{Golden, files};

/// One case: its name, and its lines.
struct Case {
    name: String,
    lines: Vec<String>,
}

fn read_cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# ") {
            Some(name) => cases.push(Case { name: name.into(), lines: Vec::new() }),
            None => cases.last_mut().expect("a case begins with `# name`").lines.push(line.to_owned()),
        }
    }
    cases
}

/// `{text*20}` stands for twenty times the text; then `\r`, `\n`, `\t`, `\\`, `\xNN` for bytes.
fn unescape(text: &str) -> Vec<u8> {
    let mut text = text.to_owned();
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| at + from) {
        let Some(close) = text[open..].find('}').map(|at| open + at) else { break };
        let repeated =
            text[open + 1..close].rsplit_once('*').and_then(|(piece, times)| Some(piece.repeat(times.parse().ok()?)));
        match repeated {
            Some(repeated) => {
                text.replace_range(open..=close, &repeated);
                from = open + repeated.len();
            }
            None => from = open + 1,
        }
    }
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        match bytes.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'x') => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            // Flags and attributes begin with one.
            Some(b'\\') | None => out.push(b'\\'),
            Some(other) => out.extend([b'\\', other]),
        }
    }
    out
}

/// What the text of a client's line sends: with CRLF, unless it ends in `\c`.
fn line_bytes(text: &str) -> Vec<u8> {
    match text.strip_suffix("\\c") {
        Some(text) => unescape(text),
        None => [unescape(text).as_slice(), b"\r\n"].concat(),
    }
}

/// `C2: text`: of which client, and what it says.
fn said(line: &str) -> Option<(usize, &str)> {
    let (who, text) = line.split_once(':')?;
    let number = who.strip_prefix('C')?;
    let number = if number.is_empty() { 1 } else { number.parse().ok()? };
    Some((number, text.strip_prefix(' ').unwrap_or(text)))
}

/// How a case is set up.
#[derive(Default)]
struct Setting {
    config: Config,
    shows_events: bool,
    offers_tls: bool,
    is_sealed: bool,
    forbids_plain_text: bool,
    mechanisms: Option<Mechanisms>,
    /// What each session does before the case begins to look.
    before: Vec<String>,
}

impl Setting {
    fn configure(&mut self, setting: &str) {
        let (key, value) = setting.split_once(' ').unwrap_or((setting, ""));
        let find = |name: &str| Extension::ALL.into_iter().find(|one| one.name() == name).unwrap();
        match key {
            "events" => self.shows_events = true,
            "starttls" => self.offers_tls = true,
            "sealed" => self.is_sealed = true,
            "plain-text-logins" => self.forbids_plain_text = value == "off",
            "mechanisms" => self.mechanisms = Some(value.split(' ').map(|name| name.parse().unwrap()).collect()),
            "login" => self.before.push("x LOGIN bob secret".into()),
            "open" => {
                self.before.push("x LOGIN bob secret".into());
                self.before.push(format!("x SELECT {value}"));
            }
            "say" => self.before.push(value.into()),
            "without" => self.config.offer = self.config.offer.without(find(value)),
            "max-append" => self.config.max_append_bytes = value.parse().unwrap(),
            "max-command" => self.config.max_command_bytes = value.parse().unwrap(),
            "max-bad" => self.config.max_bad_commands = value.parse().unwrap(),
            "max-backlog" => self.config.max_backlog_bytes = value.parse().unwrap(),
            "greeting" => self.config.greeting_text = value.into(),
            _ => panic!("unknown setting `{key}`"),
        }
    }
}

/// `Work (\Seen $Later) | Subject: x`: puts a mail into a folder.
fn put(player: &mut Player, line: &str) {
    let (place, content) = line.split_once(" | ").expect("a place and a content");
    let text = String::from_utf8(unescape(content)).unwrap();
    let (name, flags) = place.split_once(" (").map_or((place, ""), |(name, flags)| (name, flags.trim_end_matches(')')));
    let uid = player.file(&text);
    let bob = player.bob;
    let mut id = FolderId::INBOX;
    let mut uid = uid;
    if name != "INBOX" {
        id = player.store.mailbox(bob).find(name).expect("the folder is there").id();
        uid = player.store.take_over(bob, FolderId::INBOX, &[uid], id).unwrap()[0].1;
    }
    let flags: Vec<&str> = flags.split(' ').filter(|flag| !flag.is_empty()).collect();
    let flags = flags.into_iter().fold(Flags::NONE, |all, name| {
        let system = Flags::SYSTEM.into_iter().find(|(_, known)| *known == name).map(|(flag, _)| flag);
        all.and(system.or_else(|| player.store.learn_keyword(bob, id, name)).unwrap())
    });
    player.store.change_flags(bob, id, uid, FlagChange::Add(flags));
}

/// Does what is neither said nor expected. `false`: the line is no such thing.
fn act(player: &mut Player, setting: &Setting, line: &str) -> bool {
    let (word, rest) = line.split_once(": ").unwrap_or((line, ""));
    let number = |text: &str| text.parse().unwrap_or(1);
    match word {
        "mail" => {
            put(player, rest);
            player.news(None);
        }
        "folder" => {
            let (name, special) = rest.split_once(" \\").unwrap_or((rest, ""));
            let special = SpecialUse::ALL.into_iter().find(|one| one.name() == special);
            player.store.create_folder(player.bob, name, special).unwrap();
        }
        "folders" => {
            for number in 0..rest.parse::<usize>().unwrap() {
                player.store.create_folder(player.bob, &format!("f{number}"), None).unwrap();
            }
        }
        // Somebody changes flags of the first mail so often.
        "churn" => {
            for round in 0..rest.parse::<usize>().unwrap() {
                let change =
                    if round % 2 == 0 { FlagChange::Add(Flags::DRAFT) } else { FlagChange::Remove(Flags::DRAFT) };
                player.store.change_flags(player.bob, FolderId::INBOX, 1, change);
            }
        }
        "quota" => player.store.limit(player.bob, Some(rest.parse().unwrap())),
        "wait" => {
            player.now += rest.parse::<crate::sim::Duration>().unwrap();
            let numbers: Vec<usize> = (1..=9).filter(|number| player.is_connected(*number)).collect();
            for number in numbers {
                if player.session(number).poll_timeout().is_some_and(|due| due <= player.now) {
                    player.with(number, |session, now, desk| session.handle_timeout(now, desk));
                }
            }
        }
        "connect" => player.connect(number(rest), setting.offers_tls, setting.is_sealed),
        "secured" => player.with(1, |session, now, desk| session.handle_secured(now, desk)),
        "eof" => player.with(number(rest), |session, now, desk| session.handle_eof(now, desk)),
        "gone" => player.with(number(rest), |session, _, desk| session.handle_gone(desk)),
        _ => return false,
    }
    true
}

/// A case as it comes out: what was expected makes way for what was said.
struct Played {
    player: Player,
    told: Vec<String>,
    /// What a client says in one go.
    turn: (usize, Vec<u8>),
}

impl Played {
    fn end_turn(&mut self) {
        if !self.turn.1.is_empty() {
            self.player.input(self.turn.0, &std::mem::take(&mut self.turn.1));
            self.told.extend(self.player.transcript());
        }
    }

    fn say(&mut self, setting: &Setting, client: usize, text: &str) {
        if client != self.turn.0 {
            self.end_turn();
        }
        if !self.player.is_connected(client) {
            self.player.connect(client, setting.offers_tls, setting.is_sealed);
            for line in &setting.before {
                self.player.input(client, format!("{line}\r\n").as_bytes());
            }
            self.player.transcript();
        }
        self.turn.0 = client;
        self.turn.1.extend(line_bytes(text));
    }
}

fn play(case: &Case, arrival: Arrival) -> Vec<String> {
    let mut setting = Setting::default();
    for line in &case.lines {
        line.strip_prefix("config: ").into_iter().for_each(|line| setting.configure(line));
    }
    let mechanisms = setting.mechanisms.unwrap_or(Mechanisms::NONE);
    let mut player = Player::new(setting.config.clone(), !setting.forbids_plain_text, mechanisms, arrival);
    player.shows_events = setting.shows_events;
    let mut played = Played { player, told: Vec::new(), turn: (0, Vec::new()) };
    for line in &case.lines {
        if let Some((client, text)) = said(line) {
            played.say(&setting, client, text);
            played.told.push(line.clone());
            continue;
        }
        played.end_turn();
        let is_remark = line.is_empty() || line.starts_with("//") || line.starts_with("config:");
        if is_remark || act(&mut played.player, &setting, line) {
            played.told.push(line.clone());
            played.told.extend(played.player.transcript());
        }
    }
    played.end_turn();
    played.told
}

/// With `POSTROAD_BLESS=1` the files are written anew.
#[test]
fn dialogues() {
    let (mut played, mut golden, mut split) = (0, Golden::default(), Vec::new());
    for file in files("tests/dialogues/imap", "txt", 1) {
        let mut told = String::new();
        for case in read_cases(&std::fs::read_to_string(&file).unwrap()) {
            let [whole, bytes] = [Arrival::Whole, Arrival::ByteByByte].map(|arrival| play(&case, arrival).join("\n"));
            if whole != bytes {
                split.push(format!("{}, whole:\n{whole}\nbyte by byte:\n{bytes}", case.name));
            }
            told.push_str(&format!("# {}\n{whole}\n", case.name));
            played += 1;
        }
        golden.check(&file, &told);
    }
    golden.finish();
    assert!(split.is_empty(), "it matters how bytes arrive: {}", split.join("\n\n"));
    assert!(played >= 1, "only {played} cases");
}

/// `wait: 5min` is read as scenario files have it.
#[test]
fn time_passes() {
    assert_eq!(Instant::ZERO + "30min".parse().unwrap(), Instant::from_nanos(1_800_000_000_000));
}
