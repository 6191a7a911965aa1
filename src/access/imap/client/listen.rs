//! What responses mean, whenever they come.

use super::Session;
use super::event::{Event, FailureKind, Got, Said};
use super::plan;
use super::request::{Request, What};
use super::response::{Items, Response};
use super::state::{Command, Idle, Role, State};
use super::status::{Code, Kind, Status};
use super::view::Broken;
use crate::sim::Instant;

impl Session {
    pub(super) fn listen(&mut self, now: Instant, response: Response) {
        if matches!(self.state, State::Greeting) {
            return match response {
                Response::Untagged(status) => {
                    self.heed(&status);
                    self.greeted(now, status);
                }
                _ => self.fail(FailureKind::NoGreeting, String::new()),
            };
        }
        match response {
            Response::Tagged { tag, status } => self.ended(now, &tag, status),
            Response::Continue(rest) => self.continued(now, &rest),
            Response::Untagged(status) => self.told(now, status),
            Response::Capability(offer) => {
                self.offer = offer;
                self.is_offer_fresh = true;
            }
            Response::Folder(folder) => {
                let most = self.config.limits.folders;
                if let Some(job) = self.job.as_mut().filter(|job| job.request == Request::List)
                    && job.folders.len() < most
                {
                    job.folders.push(folder);
                }
            }
            Response::Exists(count) => self.seen(now, |view| view.exists(count)),
            Response::Expunge(seq) => self.seen(now, |view| {
                view.expunge(seq);
                Ok(())
            }),
            Response::Vanished { earlier, uids } => self.seen(now, |view| view.vanished(earlier, &uids)),
            Response::Fetch { seq, items } => self.fetched(now, seq, items),
            Response::Other => {}
            Response::Unknown(text) => self.event(Event::Said { kind: Said::Unknown, text }),
        }
    }

    /// The server says something about the folder that is open; what it says about none is forgotten.
    fn seen(&mut self, now: Instant, see: impl FnOnce(&mut super::View) -> Result<(), Broken>) {
        let Some(view) = &mut self.view else { return };
        if let Err(broken) = see(view) {
            return self.broken(broken);
        }
        self.tell_view();
        match self.state {
            State::Resting => self.work(now),
            _ if self.is_idle_on() => self.leave_idle_for_news(now),
            _ => {}
        }
    }

    fn fetched(&mut self, now: Instant, seq: u32, mut items: Items) {
        let Some(view) = &mut self.view else { return };
        let uid = match view.fetched(seq, &items) {
            Ok(uid) => uid,
            Err(broken) => return self.broken(broken),
        };
        self.tell_view();
        let Some(uid) = uid else { return self.seen(now, |_| Ok(())) };
        let contents = std::mem::take(&mut items.contents).into_iter();
        let structure = items.structure.take().map(|parts| (What::Structure, Got::Structure(parts), None));
        let all = contents.map(|(what, literal)| (what, Got::Content(literal.rope), literal.about)).chain(structure);
        for (what, content, about) in all {
            if self.job.as_mut().is_some_and(|job| job.takes(uid, &what)) {
                self.event(Event::Got { uid, what, content, about });
            }
        }
        self.seen(now, |_| Ok(()));
    }

    /// What the code of a status means, whoever it is said to.
    fn heed(&mut self, status: &Status) {
        let Some(code) = &status.code else { return };
        match (code, &mut self.view, &mut self.job) {
            // RFC 7162 §3.2.11: what came before it was about the folder that was open before.
            (Code::Closed, ..) if self.folder.is_none() => self.look_anew(),
            (Code::Alert, ..) => self.event(Event::Said { kind: Said::Alert, text: status.text.clone() }),
            (Code::Capability(offer), ..) => {
                self.offer = *offer;
                self.is_offer_fresh = true;
            }
            (Code::AppendUid { uid_validity, uid }, _, Some(job)) => job.appended = Some((*uid_validity, *uid)),
            (Code::CopyUid { uid_validity, from, to }, _, Some(job)) => job.copied(*uid_validity, from, to),
            (Code::UidValidity(number), Some(view), _) => view.uid_validity = *number,
            (Code::UidNext(number), Some(view), _) => view.uid_next = Some(*number),
            (Code::HighestModSeq(number), Some(view), _) if !view.is_open() => view.highest_modseq = Some(*number),
            (Code::ReadOnly, Some(view), _) => view.is_read_only = true,
            (Code::ReadWrite, Some(view), _) => view.is_read_only = false,
            _ => {}
        }
    }

    /// A status that ends no command.
    fn told(&mut self, now: Instant, status: Status) {
        self.heed(&status);
        let is_alert = status.code == Some(Code::Alert);
        let kind = match status.kind {
            Kind::Bye => {
                if !matches!(self.state, State::Waiting(Command { role: Role::Logout, .. })) {
                    self.bye = Some(status.text.clone());
                    self.deadline = Some(now + self.config.reply_timeout);
                }
                Said::Bye
            }
            Kind::No => Said::No,
            Kind::Bad => Said::Bad,
            Kind::Ok => return,
            Kind::PreAuth => Said::Unexpected,
        };
        if !is_alert {
            self.event(Event::Said { kind, text: status.text });
        }
    }

    /// The server waits for more.
    fn continued(&mut self, now: Instant, rest: &[u8]) {
        if let Some(piece) = self.pieces.front_mut() {
            piece.waits = false;
            return self.send_pieces();
        }
        match &self.state {
            State::Waiting(Command { role: Role::LogIn, .. }) if self.log_in.has_exchange() => self.challenged(rest),
            State::Waiting(Command { role: Role::Idle(Idle::Asked | Idle::Unwanted), .. }) => self.idling(now),
            _ => self.event(Event::Said { kind: Said::Unexpected, text: format!("+ {}", super::status::lossy(rest)) }),
        }
    }

    /// A command has ended.
    fn ended(&mut self, now: Instant, tag: &[u8], status: Status) {
        match &self.state {
            State::Waiting(command) if command.tag.as_bytes() == tag => {}
            _ => {
                let text = format!("{} {}", super::status::lossy(tag), status.text);
                return self.event(Event::Said { kind: Said::Unexpected, text });
            }
        }
        let State::Waiting(Command { role, .. }) = std::mem::replace(&mut self.state, State::Resting) else { return };
        self.pieces.clear();
        self.deadline = None;
        self.heed(&status);
        if self.bye.is_some() && !matches!(role, Role::Logout) {
            // Nothing more is said to who has taken leave, and what it has still done is not lost.
            self.deadline = Some(now + self.config.reply_timeout);
        }
        match role {
            Role::Capability => {
                // Who does not say it offers nothing.
                self.is_offer_fresh = true;
                self.ask_offer(now);
            }
            Role::StartTls => self.start_tls_answered(now, status),
            Role::LogIn => self.log_in_ended(now, status),
            Role::Id => self.enable(now),
            Role::Enable => {
                self.qresync = status.kind == Kind::Ok;
                self.ready(now);
            }
            Role::Step(kind) => self.step_ended(now, kind, status),
            Role::Question(question) => self.question_ended(now, &question, status),
            Role::Idle(_) => self.step_ended(now, plan::Kind::News, status),
            Role::Logout => self.end(),
        }
    }
}
