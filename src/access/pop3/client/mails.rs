//! Fetching and deleting: RETR, DELE, QUIT.

use std::collections::BTreeSet;

use super::Session;
use super::config::{Choice, Event, Output, Reason};
use super::reply::{self, Status};
use super::state::{Awaited, Body, Coming, Plan};
use crate::access::About;
use crate::mime::Content;
use crate::octets::Chunk;
use crate::smtp::data::Decoder;
use crate::smtp::framing::BareNewlines;

/// The most commands that are under way at a time. RFC 2449 §6.6: not more than the window of TCP takes.
const MOST_PIPELINED: usize = 16;

impl Session {
    pub(super) fn make_plan(&mut self, choice: Choice) {
        let names = &self.lists.names;
        let mut seen = BTreeSet::new();
        let fetch =
            choice.fetch.into_iter().filter(|number| names.contains_key(number) && seen.insert(*number)).collect();
        let there = choice.delete.into_iter().filter(|number| names.contains_key(number));
        let (delete_fetched, delete) = there.partition(|number| seen.contains(number));
        self.plan = Plan { fetch, delete, delete_fetched, deleted: Vec::new() };
    }

    /// Says what is next: first all RETR, then, when all of them are answered, all DELE, then QUIT.
    pub(super) fn go_on(&mut self) {
        let most = if self.is_pipelined() { MOST_PIPELINED } else { 1 };
        while self.awaited.len() < most {
            let is_fetching = self.awaited.iter().any(|awaited| matches!(awaited, Awaited::Retr(_)));
            if let Some(number) = self.plan.fetch.pop_front() {
                self.say(&format!("RETR {number}"), Awaited::Retr(number));
            } else if is_fetching {
                break;
            } else if let Some(number) = self.plan.delete.pop_first() {
                self.say(&format!("DELE {number}"), Awaited::Dele(number));
            } else {
                // RFC 1939 §6: what a DELE could not do is known before QUIT makes the rest final.
                if self.awaited.is_empty() {
                    self.say("QUIT", Awaited::Quit);
                }
                break;
            }
        }
    }

    /// A mail is going to come.
    pub(super) fn content_body(&self) -> Body {
        let decoder = Decoder::new(BareNewlines::Refuse, Some(self.config.max_message_bytes));
        Body::Content(Box::new(Coming { decoder, about: None }))
    }

    /// Takes content off the front of `input`.
    pub(super) fn take_content(&mut self, input: &mut Chunk, about: Option<About>) {
        let Some(Body::Content(coming)) = &mut self.body else { return };
        coming.about = about.or(coming.about);
        let is_whole = coming.decoder.feed(input);
        if coming.decoder.is_over_limit() {
            return self.fail(Reason::TooMuch, "a mail is larger than this program takes".into());
        }
        if !is_whole {
            return;
        }
        let (rope, about) = (coming.decoder.take_content(), coming.about);
        self.body = None;
        let Some(Awaited::Retr(number)) = self.awaited.pop_front() else { return };
        if self.plan.delete_fetched.remove(&number) {
            self.plan.delete.insert(number);
        }
        let content = Content::scan(rope);
        let uidl = self.lists.names.get(&number).cloned().unwrap_or_default();
        self.outputs.push_back(Output::Content { size_bytes: content.size_bytes(), about });
        self.tell(Event::Got { number, uidl, content, about });
        self.go_on();
    }

    pub(super) fn dele_replied(&mut self, number: u32, status: Status<'_>) {
        if let Status::Ok(_) = status {
            self.plan.deleted.push(number);
        }
        self.go_on();
    }

    pub(super) fn quit_replied(&mut self, status: Status<'_>) {
        match status {
            Status::Ok(_) => {
                let deleted = std::mem::take(&mut self.plan.deleted);
                self.tell(Event::Done { deleted });
                self.close();
            }
            Status::Err(text) | Status::Challenge(text) => {
                // RFC 1939 §6: some mails may be deleted, and others not.
                self.fail(Reason::NotUpdated, format!("the server says to QUIT: {}", reply::shown(text)));
            }
        }
    }
}
