//! Reading: pieces into commands, and which literals are welcome (RFC 9051 §4.3, RFC 7888).

use super::Session;
use super::command::{Command, Mail, Refusal};
use super::extension::Extension;
use super::intake::{Announced, Line, Piece};
use super::jobs::Telling;
use super::state::State;
use super::syntax::{Head, append};
use crate::access::{Event, Output};
use crate::octets::{Chunk, Rope};
use crate::sim::Instant;
use crate::store::Desk;

/// The largest literal that needs no waiting under LITERAL- (RFC 7888 §5).
const LITERAL_MINUS: u64 = 4096;

impl Session {
    /// Reads a piece of what came. Whether there was one.
    pub(super) fn read(&mut self, now: Instant, desk: &mut Desk<'_>) -> bool {
        if matches!(self.state, State::Unborn | State::Securing | State::Logout) {
            return false;
        }
        let mut input = self.backlog.pop_front().unwrap_or_default();
        let before = input.len();
        let piece = self.command.intake.next(&mut input, self.server.config.max_command_bytes);
        self.backlog_bytes -= before - input.len();
        if !input.is_empty() {
            self.backlog.push_front(input);
        }
        match piece {
            Some(Piece::Line(line)) => self.take_line(&line, now, desk),
            Some(Piece::Literal(octets)) => self.take_literal(octets),
            Some(Piece::Skipped) => {}
            None if before > 0 => {}
            None if self.eof => self.close(),
            None => return false,
        }
        true
    }

    fn take_line(&mut self, line: &Line, now: Instant, desk: &mut Desk<'_>) {
        if let Some(tag) = self.logins.exchange.as_ref().map(|(tag, _)| tag.clone()) {
            self.saw(&line.text, line.text != b"*" && !line.text.is_empty());
            self.take_response(&tag, line, now);
        } else if let Some(tag) = self.idling.take() {
            self.saw(&line.text, false);
            self.end_idle(&tag, &line.text);
        } else {
            self.take_line_of_command(line, now, desk);
        }
    }

    fn take_line_of_command(&mut self, line: &Line, now: Instant, desk: &mut Desk<'_>) {
        if self.command.text.is_empty() {
            self.command.is_secret = holds_password(&line.text);
        }
        self.saw(&line.text, self.command.is_secret);
        let room = self.server.config.max_command_bytes.saturating_sub(self.command.text.len());
        if line.is_too_long || line.text.len() > room {
            self.refuse(Refusal::Bad("Too long command line.".into()));
        }
        self.command.text.extend_from_slice(&line.text[..line.text.len().min(room)]);
        match line.announces {
            Some(announced) => self.weigh(announced, desk),
            None => self.finish_command(now, desk),
        }
    }

    /// The first reason counts.
    fn refuse(&mut self, refusal: Refusal) {
        self.command.refusal.get_or_insert(refusal);
    }

    /// Decides about a literal that was announced.
    fn weigh(&mut self, announced: Announced, desk: &mut Desk<'_>) {
        let is_mail = self.command.refusal.is_none() && self.announces_mail(announced, desk);
        if self.command.refusal.is_none() {
            let room = self.server.config.max_command_bytes.saturating_sub(self.command.text.len());
            if !is_mail && announced.octets > room as u64 {
                self.refuse(Refusal::Bad("[TOOBIG] Literal is too large.".into()));
            } else if !announced.waits && !self.may_come_at_once(announced.octets) {
                self.refuse(Refusal::Bad("[TOOBIG] Such a literal has to wait.".into()));
            }
        }
        match (&self.command.refusal, announced.waits) {
            // It has not come, and will not (RFC 9051 §4.3).
            (Some(_), true) => self.answer_refusal(),
            (Some(_), false) => self.command.intake.skip(announced.octets),
            (None, waits) => {
                if !is_mail {
                    self.command.text.extend_from_slice(b"\r\n");
                }
                self.command.intake.expect(announced.octets);
                if waits {
                    self.lines.extend_from_slice(b"+ OK\r\n");
                }
            }
        }
    }

    fn may_come_at_once(&self, octets: u64) -> bool {
        let server = &self.server;
        server.offers(Extension::LiteralPlus) || server.offers(Extension::LiteralMinus) && octets <= LITERAL_MINUS
    }

    /// Whether the literal that was announced is the mail of APPEND. Whether that is welcome is decided before it comes.
    fn announces_mail(&mut self, announced: Announced, desk: &mut Desk<'_>) -> bool {
        let text = &self.command.text;
        let end = text.len().saturating_sub(announced.len);
        // The name of the folder can be a literal, too.
        let is_append = Head::read(&text[..end]).is_some_and(|head| head.is("APPEND") && head.arguments != b" ");
        if !is_append {
            return false;
        }
        if self.command.mail.is_some() {
            self.refuse(Refusal::Bad("Error in IMAP command APPEND: One mail at a time.".into()));
            return true;
        }
        let Some(append) = append::read(&text[..end]) else {
            self.refuse(Refusal::Bad("Error in IMAP command APPEND: Invalid arguments.".into()));
            return true;
        };
        if let Err(refusal) = self.may_append(&append, announced, desk) {
            self.refuse(refusal);
        }
        self.command.text.truncate(end);
        self.command.mail = Some(Mail { append, is_binary: announced.is_binary, before: end, octets: None });
        true
    }

    fn take_literal(&mut self, octets: Rope) {
        match &mut self.command.mail {
            Some(mail) => {
                self.outputs.push_back(Output::Event(Event::Content { size_bytes: octets.len() as u64 }));
                mail.octets = Some(octets);
            }
            None => octets.chunks().iter().for_each(|chunk| self.command.text.extend_from_slice(chunk)),
        }
    }

    /// A line has ended without announcing anything: the command is there.
    fn finish_command(&mut self, now: Instant, desk: &mut Desk<'_>) {
        if self.command.refusal.is_some() {
            return self.answer_refusal();
        }
        let mut text = std::mem::take(&mut self.command.text);
        self.command.is_secret = false;
        match self.command.mail.take() {
            Some(mail) => self.append(&text, mail, now, desk),
            None => {
                text.extend_from_slice(b"\r\n");
                self.obey(&text, now, desk);
            }
        }
    }

    fn answer_refusal(&mut self) {
        let Some(refusal) = self.command.refusal.take() else { return };
        let text = std::mem::take(&mut self.command.text);
        (self.command.mail, self.command.is_secret) = (None, false);
        let tag = Head::read(&text).map_or("*", |head| head.tag);
        match refusal {
            Refusal::Bad(why) => self.blame(tag, &why),
            Refusal::No(why) => self.complete(tag, Telling::ALL, format!("NO {why}")),
        }
    }

    /// A line was read.
    fn saw(&mut self, line: &[u8], is_secret: bool) {
        if self.observed {
            self.outputs.push_back(Output::Saw { line: Chunk::copy_from(line), is_secret });
        }
    }

    /// Forgets what has come: behind STARTTLS it is not to be trusted (RFC 9051 §6.2.1). How many octets that were.
    pub(super) fn forget_input(&mut self) -> u64 {
        let bytes = self.backlog_bytes as u64;
        (self.command, self.backlog_bytes) = (Command::default(), 0);
        self.backlog.clear();
        bytes
    }
}

/// Whether a command holds what proves who somebody is.
fn holds_password(line: &[u8]) -> bool {
    let Some(head) = Head::read(line) else { return false };
    let words = || head.arguments.split(|b| *b == b' ').filter(|word| !word.is_empty()).count();
    head.is("LOGIN") || head.is("AUTHENTICATE") && words() > 1
}
