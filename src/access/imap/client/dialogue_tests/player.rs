//! Plays the server to a client.

use std::sync::Arc;

use super::read::read_request;
use super::show::{show_about, show_event, visible};
use crate::access::imap::client::{Config, Output, Session, StartTls};
use crate::access::{About, Says};
use crate::octets::Chunk;
use crate::sasl::{Login, Nonce};
use crate::sim::{Duration, Instant};

/// How the bytes of one turn arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Whole,
    ByteByByte,
}

pub(super) struct Player {
    session: Session,
    now: Instant,
    arrival: Arrival,
    about: Option<About>,
    lines: Vec<String>,
    /// What was sent and has not ended its line.
    sent: Vec<u8>,
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
        "mechanisms" => config.mechanisms = value.split(' ').map(|name| name.parse().unwrap()).collect(),
        "plain-text-logins" => config.plain_text_logins = on,
        "idle" => config.uses_idle = on,
        "move" => config.uses_move = on,
        "condstore" => config.uses_condstore = on,
        "qresync" => config.uses_qresync = on,
        "literal-plus" => config.uses_literal_plus = on,
        "id" => config.identifies_as = Some(value.into()),
        "reply-timeout" => config.reply_timeout = value.parse().unwrap(),
        "idle-renew" => config.idle_renew = value.parse().unwrap(),
        "poll-every" => config.poll_every = value.parse().unwrap(),
        "max-line" => config.limits.line_bytes = value.parse().unwrap(),
        "max-response" => config.limits.response_bytes = value.parse().unwrap(),
        "max-content" => config.limits.content_bytes = value.parse().unwrap(),
        "max-messages" => config.limits.messages = value.parse().unwrap(),
        "max-folders" => config.limits.folders = value.parse().unwrap(),
        "max-queued" => config.limits.queued = value.parse().unwrap(),
        // Said to the session.
        "login" | "sealed" | "observe" | "about" => {}
        _ => panic!("unknown setting `{key}`"),
    }
}

impl Player {
    /// Reads the settings and starts the session.
    pub(super) fn start(settings: &[&str], arrival: Arrival) -> Player {
        let mut config = Config::default();
        settings.iter().for_each(|setting| configure(&mut config, setting));
        let value = |key: &str| settings.iter().find_map(|setting| setting.strip_prefix(key)?.strip_prefix(' '));
        let (user, password) = value("login").unwrap_or("alice sesame").split_once(' ').unwrap();
        let login = Login::new(user, &password.into()).unwrap();
        let nonce = Nonce::from_text("CNONCE").unwrap();
        let mut session = Session::new(Arc::new(config), login, password.into(), nonce);
        session.observe(value("observe").is_some());
        let about = value("about").map(|about| {
            let (mail, hops) = about.split_once('/').unwrap();
            (mail.parse().unwrap(), hops.parse().unwrap())
        });
        if value("sealed").is_some() {
            session.handle_secured(Instant::ZERO);
        } else {
            session.start(Instant::ZERO);
        }
        let mut player = Player { session, now: Instant::ZERO, arrival, about, lines: Vec::new(), sent: Vec::new() };
        player.drain();
        player
    }

    /// Bytes of the server.
    pub(super) fn input(&mut self, bytes: &[u8]) {
        let size = if self.arrival == Arrival::Whole { bytes.len().max(1) } else { 1 };
        for piece in bytes.chunks(size) {
            self.session.handle_input(self.now, Chunk::copy_from(piece), self.about);
            self.drain();
        }
    }

    /// Anything else; `false`: it is nothing that can be done.
    pub(super) fn act(&mut self, line: &str) -> bool {
        if let Some(time) = line.strip_prefix("wait: ") {
            self.now += time.parse::<Duration>().unwrap();
            self.session.handle_timeout(self.now);
        } else if let Some(request) = line.strip_prefix("request: ") {
            self.session.request(self.now, read_request(request));
        } else if let Some(unsent) = line.strip_prefix("progress: ") {
            self.session.handle_progress(self.now, unsent.parse().unwrap());
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

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            let line = match output {
                Output::Send { data, says: Says::Lines, about } => {
                    assert_eq!(about, None, "dialogue is about no mail");
                    self.sent.extend_from_slice(&data);
                    let text = self.sent.strip_suffix(b"\r\n").expect("whole lines");
                    let line = format!("C: {}", visible(text)).trim_end().to_owned();
                    self.sent.clear();
                    line
                }
                Output::Send { data, says: Says::Secret, .. } => match data.strip_suffix(b"\r\n") {
                    Some(line) => format!("secret: {}", visible(line)).trim_end().to_owned(),
                    None => format!("secret: {}\\c", visible(&data)),
                },
                Output::Send { data, says: Says::Content, about } => {
                    format!("content: {}{}", visible(&data), show_about(about))
                }
                Output::Send { data, says: Says::EndOfContent { size_bytes }, about } => {
                    format!("end of content: {} of {size_bytes}{}", visible(&data), show_about(about))
                }
                Output::Saw { line } => format!("saw: {}", visible(&line)).trim_end().to_owned(),
                Output::Content { size_bytes, about } => format!("came: {size_bytes}{}", show_about(about)),
                Output::StartTls { .. } => "start tls".into(),
                Output::Event(event) => show_event(&event, self.session.modseq()),
                Output::Close => "close".into(),
            };
            self.lines.push(line.trim_end().to_owned());
        }
    }

    /// What was done since the last time, as lines.
    pub(super) fn transcript(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }
}
