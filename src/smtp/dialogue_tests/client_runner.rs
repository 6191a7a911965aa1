//! Plays the server to a client session.

use std::sync::Arc;

use super::{Arrival, Player, deliver, show_lines, unescape};
use crate::identity::{ForwardPath, ReversePath};
use crate::octets::{Chunk, Rope};
use crate::sasl::{Login, Nonce};
use crate::sim::{Duration, Instant};
use crate::smtp::client::{Config, Event, Failure, NoLogin, Output, Reason, Session, StartTls, Transaction, Verdict};

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
        "esmtp" => config.try_esmtp = on,
        "pipelining" => config.pipelining = on,
        "size" => config.declare_size = on,
        "starttls" => {
            config.start_tls = match value {
                "never" => StartTls::Never,
                "if-offered" => StartTls::IfOffered,
                "required" => StartTls::Required,
                _ => panic!("unknown demand `{value}`"),
            };
        }
        // Said to the session.
        "sealed" | "plain" | "login" | "lmtp" => {}
        "mechanisms" => config.mechanisms = value.split(' ').map(|name| name.parse().unwrap()).collect(),
        "plain-text-logins" => config.plain_text_logins = on,
        _ => panic!("unknown setting `{key}`"),
    }
}

fn one_line(text: impl ToString) -> String {
    text.to_string().replace('\n', " / ")
}

fn show_verdict(verdict: &Verdict) -> String {
    format!("{:?} {}", verdict.stage, one_line(&verdict.reply))
}

fn show_failure(failure: &Failure) -> String {
    let reason = match &failure.reason {
        Reason::Timeout => "timeout".to_owned(),
        Reason::Eof => "eof".to_owned(),
        Reason::Refused(reply) => format!("refused ({})", one_line(reply)),
        Reason::NoTls(None) => "no TLS".to_owned(),
        Reason::NoTls(Some(reply)) => format!("no TLS ({})", one_line(reply)),
        Reason::NotLoggedIn(NoLogin::NotOffered { in_plain_text: false }) => "no mechanism".to_owned(),
        Reason::NotLoggedIn(NoLogin::NotOffered { in_plain_text: true }) => "no mechanism without TLS".to_owned(),
        Reason::NotLoggedIn(NoLogin::Refused(reply)) => format!("not logged in ({})", one_line(reply)),
        Reason::NotLoggedIn(NoLogin::GaveUp(error)) => format!("not logged in: {error}"),
        Reason::BadReply(error) => format!("bad reply ({error})"),
        Reason::UnexpectedReply(reply) => format!("unexpected reply ({})", one_line(reply)),
    };
    let dot = if failure.after_final_dot { " after final dot" } else { "" };
    let verdicts = failure.verdicts.iter().map(|v| v.as_ref().map_or("undecided".to_owned(), show_verdict));
    let verdicts: String = verdicts.map(|v| format!("; {v}")).collect();
    format!("event: failed: {reason}, awaited {}{dot}{verdicts}", failure.awaited)
}

fn show_event(event: &Event) -> String {
    match event {
        Event::Ready { .. } => "event: ready".to_owned(),
        Event::Recipient { index, reply } => format!("event: recipient {index}: {}", one_line(reply)),
        Event::Finished { verdicts } => {
            let verdicts: Vec<String> = verdicts.iter().map(show_verdict).collect();
            format!("event: finished: {}", verdicts.join("; "))
        }
        Event::Closed { reply: None } => "event: closed".to_owned(),
        Event::Closed { reply: Some(reply) } => format!("event: closed: {}", one_line(reply)),
        Event::Failed(failure) => show_failure(failure),
        Event::State(_) => panic!("nobody observes"),
    }
}

/// `<alice@green.example> -> <bob@red.example>,<Postmaster> [8bit] [requiretls] [clean] | content`
fn read_transaction(text: &str) -> Transaction {
    let (envelope, content) = text.split_once(" | ").unwrap_or((text.trim_end_matches(" |"), ""));
    let (from, rest) = envelope.split_once(" -> ").expect("from -> to");
    let mut words = rest.split(' ');
    let path = |text: &str| text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).expect("<path>").to_owned();
    let recipients = words.next().unwrap().split(',').map(|to| match path(to).as_str() {
        "Postmaster" => ForwardPath::Postmaster,
        mailbox => ForwardPath::Mailbox(mailbox.parse().unwrap()),
    });
    let recipients = recipients.collect();
    let flags: Vec<&str> = words.collect();
    let reverse_path = match path(from).as_str() {
        "" => ReversePath::Null,
        mailbox => ReversePath::Mailbox(mailbox.parse().unwrap()),
    };
    Transaction {
        reverse_path,
        recipients,
        content: Rope::from(Chunk::from(unescape(content))),
        eight_bit: flags.contains(&"8bit"),
        stuck: None,
        require_tls: flags.contains(&"requiretls"),
        clean_lines: flags.contains(&"clean"),
    }
}

impl ClientPlayer {
    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            let line = match output {
                Output::Send(chunk)
                | Output::Secret(chunk)
                | Output::Content(chunk)
                | Output::EndOfContent { data: chunk, .. } => {
                    self.sent.extend_from_slice(&chunk);
                    continue;
                }
                Output::Event(event) => show_event(&event),
                Output::Close => "close".to_owned(),
                Output::Abort => "abort".to_owned(),
                Output::StartTls { .. } => "start tls".to_owned(),
                Output::Saw { .. } => panic!("nobody observes"),
            };
            show_lines("C:", &mut self.sent, &mut self.lines);
            self.lines.push(line);
        }
    }
}

impl Player for ClientPlayer {
    const PEER: &'static str = "S:";
    const ACTIONS: &'static [&'static str] = &["wait:", "deliver:", "quit", "secured", "eof"];

    fn start(settings: &[&str], arrival: Arrival) -> ClientPlayer {
        let mut config = Config::default();
        for setting in settings {
            configure(&mut config, setting.strip_prefix("config: ").unwrap());
        }
        let mut session = Session::new(Arc::new(config), "relay.blue.example".parse().unwrap());
        if let Some(login) = settings.iter().find_map(|s| s.strip_prefix("config: login ")) {
            let words: Vec<&str> = login.split(' ').collect();
            let login = Login::new(words[0], &words[1].into()).unwrap();
            let login = words.get(2).map_or(login.clone(), |as_whom| login.acting_as(as_whom).unwrap());
            session.log_in_with(login, Nonce::from_text("CNONCE").unwrap());
        }
        if settings.contains(&"config: lmtp on") {
            session.speak_lmtp();
        }
        if settings.contains(&"config: plain on") {
            session.stay_in_plain_text();
        }
        if settings.contains(&"config: sealed on") {
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
            self.session.handle_input(self.now, chunk);
            self.drain();
        });
    }

    fn act(&mut self, line: &str) -> bool {
        if let Some(time) = line.strip_prefix("wait: ") {
            self.now += time.parse::<Duration>().unwrap();
            self.session.handle_timeout(self.now);
        } else if let Some(text) = line.strip_prefix("deliver: ") {
            self.session.begin(self.now, read_transaction(text));
        } else if line == "secured" {
            self.session.handle_secured(self.now);
        } else if line == "quit" {
            self.session.quit(self.now);
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
