//! Plays the server to a client session.

use crate::access::pop3::client::{Choice, Config, Event, Item, Output, Session, StartTls};
use crate::octets::Chunk;
use crate::sasl::Nonce;
use crate::sim::{Duration, Instant};
use crate::smtp::dialogue_tests::{Arrival, Player, deliver, show_lines};
use crate::trace::visible;

pub(super) struct ClientPlayer {
    session: Session,
    now: Instant,
    arrival: Arrival,
    sent: Vec<u8>,
    lines: Vec<String>,
}

fn configure(config: &mut Config, setting: &str) {
    let (key, value) = setting.split_once(' ').unwrap_or((setting, ""));
    let on = value == "on";
    match key {
        "tls" => {
            config.tls = match value {
                "never" => StartTls::Never,
                "if-offered" => StartTls::IfOffered,
                "required" => StartTls::Required,
                _ => panic!("unknown demand `{value}`"),
            };
        }
        "plain-text-logins" => config.plain_text_logins = on,
        "mechanisms" => config.mechanisms = value.split_whitespace().map(|name| name.parse().unwrap()).collect(),
        "apop" => config.apop = on,
        "utf8" => config.utf8 = on,
        "pipelining" => config.pipelining = on,
        "max-messages" => config.max_messages = value.parse().unwrap(),
        "max-message" => config.max_message_bytes = value.parse().unwrap(),
        // Said to the session.
        "login" | "sealed" => {}
        _ => panic!("unknown setting `{key}`"),
    }
}

fn numbers(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

fn show_item(item: &Item) -> String {
    format!(" {}:{}:{}", item.number, visible(&item.uidl), item.size_bytes)
}

fn show_event(event: &Event) -> String {
    match event {
        Event::Listed(items) => format!("event: listed{}", items.iter().map(show_item).collect::<String>()),
        Event::Got { number, uidl, content, about: _ } => {
            format!("event: got {number}:{} | {}", visible(uidl), visible(&content.rope().to_vec()))
        }
        Event::Done { deleted } => format!("event: done, deleted {}", numbers(deleted)).trim_end().to_owned(),
        Event::Failed { text, reason } => format!("event: failed, {reason:?}: {text}"),
    }
}

/// `fetch 1 2, delete 1`
fn read_choice(text: &str) -> Choice {
    let mut choice = Choice::default();
    for part in text.split(", ") {
        let (what, numbers) = part.split_once(' ').unwrap_or((part, ""));
        let numbers = numbers.split_whitespace().map(|number| number.parse().unwrap()).collect();
        match what {
            "fetch" => choice.fetch = numbers,
            "delete" => choice.delete = numbers,
            "nothing" => {}
            _ => panic!("unknown choice `{what}`"),
        }
    }
    choice
}

impl ClientPlayer {
    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            let line = match output {
                Output::Send { data, .. } => {
                    self.sent.extend_from_slice(&data);
                    continue;
                }
                // Its event tells the same.
                Output::Content { .. } => continue,
                Output::Event(event) => show_event(&event),
                Output::Close => "close".to_owned(),
                Output::StartTls { discarded_bytes: _ } => "start tls".to_owned(),
                Output::Saw { .. } => panic!("nobody observes"),
            };
            show_lines("C:", &mut self.sent, &mut self.lines);
            self.lines.push(line);
        }
    }
}

impl Player for ClientPlayer {
    const PEER: &'static str = "S:";
    const ACTIONS: &'static [&'static str] = &["wait:", "choose:", "secured", "eof"];

    fn start(settings: &[&str], arrival: Arrival) -> ClientPlayer {
        let mut config = Config::default();
        for setting in settings {
            configure(&mut config, setting.strip_prefix("config: ").unwrap());
        }
        let login = settings.iter().find_map(|s| s.strip_prefix("config: login ")).unwrap_or("bob sesame");
        let (user, password) = login.split_once(' ').unwrap();
        let nonce = Nonce::from_text("CNONCE").unwrap();
        let mut session = Session::new(config, user.into(), password.into(), nonce);
        if settings.contains(&"config: sealed") {
            session.handle_secured(Instant::ZERO);
        } else {
            session.start(Instant::ZERO);
        }
        let mut player = ClientPlayer { session, now: Instant::ZERO, arrival, sent: Vec::new(), lines: Vec::new() };
        player.drain();
        player
    }

    fn input(&mut self, bytes: &[u8]) {
        let arrival = self.arrival;
        deliver(bytes, arrival, |chunk: Chunk| {
            self.session.handle_input(self.now, chunk, None);
            self.drain();
        });
    }

    fn act(&mut self, line: &str) -> bool {
        if let Some(time) = line.strip_prefix("wait: ") {
            self.now += time.parse::<Duration>().unwrap();
            self.session.handle_timeout(self.now);
        } else if let Some(choice) = line.strip_prefix("choose: ") {
            self.session.choose(self.now, read_choice(choice));
        } else if line == "secured" {
            self.session.handle_secured(self.now);
        } else if line == "eof" {
            self.session.handle_eof(self.now);
        } else {
            return false;
        }
        self.drain();
        true
    }

    fn transcript(&mut self) -> Vec<String> {
        show_lines("C:", &mut self.sent, &mut self.lines);
        std::mem::take(&mut self.lines).into_iter().map(|line| line.trim_end().to_owned()).collect()
    }
}
