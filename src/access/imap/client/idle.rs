//! Waiting for changes (RFC 2177).

use imap_codec::imap_types::command::CommandBody;

use super::Session;
use super::capabilities::Capability;
use super::commands::Body;
use super::event::Output;
use super::state::{Command, Idle, Role, State};
use super::view::View;
use crate::access::Says;
use crate::octets::Chunk;
use crate::sim::Instant;

impl Session {
    /// Waits for changes, or for the time to ask again where the server does not tell.
    pub(super) fn idle(&mut self, now: Instant) {
        if self.config.uses_idle && self.offer.has(Capability::Idle) {
            self.say(now, "IDLE", Role::Idle(Idle::Asked), Body::Codec(CommandBody::Idle), Says::Lines);
        } else {
            self.stage = "idle";
            self.deadline = Some(now + self.config.poll_every);
        }
    }

    /// The server idles.
    pub(super) fn idling(&mut self, now: Instant) {
        let State::Waiting(Command { role: Role::Idle(idle), .. }) = &mut self.state else { return };
        if *idle == Idle::Unwanted {
            *idle = Idle::On;
            return self.leave_idle(now);
        }
        *idle = Idle::On;
        self.deadline = Some(now + self.config.idle_renew);
        self.leave_idle_for_news(now);
    }

    /// Says that something else is to be done: now, or as soon as it may be said.
    pub(super) fn leave_idle(&mut self, now: Instant) {
        let State::Waiting(Command { role: Role::Idle(idle), .. }) = &mut self.state else { return };
        match idle {
            Idle::Asked => *idle = Idle::Unwanted,
            Idle::On => {
                *idle = Idle::Ending;
                self.deadline = Some(now + self.config.reply_timeout);
                let data = Chunk::from_static(b"DONE\r\n");
                self.outputs.push_back(Output::Send { data, about: None, says: Says::Lines });
            }
            Idle::Unwanted | Idle::Ending => {}
        }
    }

    /// A request waits.
    pub(super) fn leave_idle_for_request(&mut self, now: Instant) {
        if !self.queue.is_empty() {
            self.leave_idle(now);
        }
    }

    /// There are mails of which nothing is known.
    pub(super) fn leave_idle_for_news(&mut self, now: Instant) {
        if self.view.as_ref().is_some_and(View::has_question) {
            self.leave_idle(now);
        }
    }
}
