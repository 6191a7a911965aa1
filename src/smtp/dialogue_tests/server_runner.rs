//! Plays the client to a server session.

use std::sync::Arc;

use super::{Arrival, Player, deliver, show_lines, unescape};
use crate::octets::Chunk;
use crate::sasl::{Accounts, Nonce};
use crate::sim::{Duration, Instant};
use crate::smtp::Extension;
use crate::smtp::Reply;
use crate::smtp::framing::BareNewlines;
use crate::smtp::server::{Answer, Config, Message, Output, Question, Server, Session};
use crate::trace::visible;

pub(super) struct ServerPlayer {
    session: Session,
    /// `RCPT <bob@red.example>` and the reply to it; an empty reply holds the question.
    script: Vec<(String, String)>,
    now: Instant,
    arrival: Arrival,
    sent: Vec<u8>,
    lines: Vec<String>,
}

fn configure(config: &mut Config, setting: &str) {
    let (key, value) = setting.split_once(' ').unwrap_or((setting, ""));
    let on = value == "on";
    let mut offer = |extension| {
        config.offer = if on { config.offer.with(extension) } else { config.offer.without(extension) };
    };
    match key {
        "greeting" => config.greeting_text = value.into(),
        "esmtp" => config.esmtp = on,
        "pipelining" => offer(Extension::Pipelining),
        "size" => offer(Extension::Size),
        "8bitmime" => offer(Extension::EightBitMime),
        "requiretls" => offer(Extension::RequireTls),
        "enhanced" => offer(Extension::EnhancedStatusCodes),
        "max-message" => config.max_message_bytes = Some(value.parse().unwrap()),
        "max-recipients" => config.max_recipients = value.parse().unwrap(),
        "max-commands" => config.max_commands = Some(value.parse().unwrap()),
        "max-mails" => config.max_mails = Some(value.parse().unwrap()),
        "max-session" => config.max_session_bytes = Some(value.parse().unwrap()),
        "max-errors" => config.max_errors = Some(value.parse().unwrap()),
        "max-text-line" => config.max_text_line_bytes = Some(value.parse().unwrap()),
        "max-backlog" => config.max_backlog_bytes = value.parse().unwrap(),
        "command-timeout" => config.command_timeout = value.parse().unwrap(),
        "data-timeout" => config.data_timeout = value.parse().unwrap(),
        "normalise" => config.bare_newlines = if on { BareNewlines::Normalise } else { BareNewlines::Refuse },
        "require-helo" => config.require_helo = on,
        // Said to the session.
        "starttls" | "sealed" | "account" => {}
        "mechanisms" => config.mechanisms = value.split(' ').map(|name| name.parse().unwrap()).collect(),
        "plain-text-logins" => config.plain_text_logins = on,
        "requires-login" => config.requires_login = on,
        "lmtp" => config.lmtp = on,
        "requires-tls" => config.requires_tls = on,
        "max-failed-logins" => config.max_failed_logins = value.parse().unwrap(),
        "help" => config.help_text = value.into(),
        _ => panic!("unknown setting `{key}`"),
    }
}

/// What a question is called in a script.
fn name(question: &Question) -> String {
    match question {
        Question::Connect => "CONNECT".into(),
        Question::Helo { domain, .. } => format!("HELO {domain}"),
        Question::Mail { reverse_path, .. } => format!("MAIL {reverse_path}"),
        Question::Rcpt { forward_path } => format!("RCPT {forward_path}"),
        Question::Data => "DATA".into(),
        Question::Message { .. } => "MESSAGE".into(),
    }
}

fn answer(text: &str) -> Answer {
    if text == "accept" {
        return Answer::Accept;
    }
    let text = String::from_utf8(unescape(text)).unwrap();
    let reply = |text: &str| text.parse::<Reply>().unwrap_or_else(|e| panic!("`{text}`: {e}"));
    match text.contains(" | ") {
        // A reply for each recipient (LMTP).
        true => Answer::Each(text.split(" | ").map(reply).collect()),
        false => Answer::Reply(reply(&text)),
    }
}

impl ServerPlayer {
    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send(chunk) => self.sent.extend_from_slice(&chunk),
                Output::Close => self.line("close".into()),
                Output::Ask(question) => self.consider(&question),
                Output::StartTls { .. } => self.line("start tls".into()),
                Output::Saw { .. } | Output::Event(_) => panic!("nobody observes"),
            }
        }
    }

    fn line(&mut self, line: String) {
        show_lines("S:", &mut self.sent, &mut self.lines);
        self.lines.push(line);
    }

    fn consider(&mut self, question: &Question) {
        let name = name(question);
        if let Question::Message(message) = question {
            let Message { envelope, content } = &**message;
            let helo = envelope.helo.as_ref().map_or("(none)", |domain| domain.as_str());
            let with = if envelope.esmtp { "ESMTP" } else { "SMTP" };
            let to: Vec<String> = envelope.recipients.iter().map(ToString::to_string).collect();
            let size = envelope.declared_size.map_or(String::new(), |size| format!(" SIZE={size}"));
            let tls = if envelope.require_tls { " REQUIRETLS" } else { "" };
            self.line(format!(
                "message: {helo} {with} {}{size} {}{tls} -> {} | {}",
                envelope.reverse_path,
                envelope.body.as_str(),
                to.join(","),
                visible(&content.to_vec())
            ));
        }
        let scripted =
            self.script.iter().find(|(question, _)| *question == name || name.starts_with(&format!("{question} ")));
        match scripted.map(|(_, reply)| reply.clone()) {
            None => self.session.answer(self.now, Answer::Accept),
            Some(reply) if reply.is_empty() => self.line(format!("ask: {name}")),
            Some(reply) => self.session.answer(self.now, answer(&reply)),
        }
    }
}

impl Player for ServerPlayer {
    const PEER: &'static str = "C:";
    const ACTIONS: &'static [&'static str] = &["wait:", "answer:", "secured", "eof"];

    fn start(settings: &[&str], arrival: Arrival) -> ServerPlayer {
        let mut config = Config::default();
        // Only the cases about it want its line in every EHLO reply over TLS.
        config.offer = config.offer.without(Extension::RequireTls);
        let mut script = Vec::new();
        let (mut offers_tls, mut is_sealed) = (false, false);
        let mut accounts: Option<Accounts> = None;
        for setting in settings {
            match *setting {
                "config: starttls on" => offers_tls = true,
                "config: sealed on" => is_sealed = true,
                _ => {}
            }
            if let Some(account) = setting.strip_prefix("config: account ") {
                let (name, password) = account.split_once(' ').expect("name and password");
                accounts.get_or_insert_default().add(name, &password.into()).unwrap();
            }
            if let Some(setting) = setting.strip_prefix("config: ") {
                configure(&mut config, setting);
                continue;
            }
            // `agent: RCPT <bob@red.example> 550 ...` or `agent: hold RCPT`
            let setting = setting.strip_prefix("agent: ").unwrap();
            let (question, reply) = match setting.strip_prefix("hold ") {
                Some(question) => (question, ""),
                None => {
                    let digit = |w: &str| w.len() > 4 && w.as_bytes()[1..4].iter().all(u8::is_ascii_digit);
                    let at = (0..setting.len()).find(|&i| setting[i..].starts_with(' ') && digit(&setting[i..]));
                    let at = at.unwrap_or_else(|| panic!("`{setting}` has no reply"));
                    (&setting[..at], &setting[at + 1..])
                }
            };
            config.ask.connect |= question == "CONNECT";
            config.ask.helo |= question.starts_with("HELO");
            config.ask.mail |= question.starts_with("MAIL");
            script.push((question.to_owned(), reply.to_owned()));
        }
        let server = Server::new(Arc::new(config), "mx.green.example".parse().unwrap());
        let mut session = Session::new(Arc::new(server.with_accounts(accounts.map(Arc::new))));
        session.offer_logins(Nonce::from_text("NONCE").unwrap());
        if offers_tls {
            session.offer_tls();
        }
        if is_sealed {
            session.handle_secured(Instant::ZERO);
        } else {
            session.start(Instant::ZERO);
        }
        let mut player =
            ServerPlayer { session, script, now: Instant::ZERO, arrival, sent: Vec::new(), lines: Vec::new() };
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
        } else if let Some(text) = line.strip_prefix("answer: ") {
            self.session.answer(self.now, answer(text));
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
        show_lines("S:", &mut self.sent, &mut self.lines);
        std::mem::take(&mut self.lines).into_iter().map(|line| line.trim_end().to_owned()).collect()
    }
}
