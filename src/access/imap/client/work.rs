//! Working off requests, step by step, and keeping the picture of the folder whole in between.

use imap_codec::imap_types::command::CommandBody;

use super::Session;
use super::commands::{self, Asked, Body};
use super::event::{Event, FailureKind, Refusal, Said};
use super::folders::write_name;
use super::job::Job;
use super::plan::{self, Means, Step};
use super::request::{Known, Request};
use super::sets;
use super::state::{Role, State};
use super::status::{Kind, Status};
use super::view::{Broken, Question, View};
use crate::access::Says;
use crate::sim::Instant;

/// How many questions about a folder may be asked in a row while a request waits.
const MOST_QUESTIONS: u32 = 4;
/// Where the session is when nothing is asked.
const RESTING: &str = "idle";

impl Session {
    fn means(&self) -> Means<'_> {
        Means { config: &self.config, offer: &self.offer, qresync: self.qresync, folder: self.folder.as_ref() }
    }

    /// Does what is to be done next, if nothing is under way.
    pub(super) fn work(&mut self, now: Instant) {
        self.leave_idle_for_request(now);
        loop {
            if !self.is_logged_in || !matches!(self.state, State::Resting) {
                return;
            }
            // Nothing is said to who has taken leave, but what is done is done.
            let may_speak = self.bye.is_none();
            if may_speak && self.ask(now) {
                return;
            }
            self.tell_view();
            let Some(job) = &mut self.job else {
                self.stage = RESTING;
                if !may_speak {
                    return;
                }
                let Some(request) = self.queue.pop_front() else {
                    self.deadline = None;
                    return;
                };
                self.begin(request);
                continue;
            };
            self.questions = 0;
            match &job.request {
                Request::Logout if may_speak => return self.say_logout(now),
                Request::Idle if may_speak && self.queue.is_empty() => return self.idle(now),
                _ if job.steps.is_empty() => self.finish(None),
                _ if !may_speak => return,
                _ => {}
            }
            if let Some(Step { name, body, kind }) = self.job.as_mut().and_then(|job| job.steps.pop_front()) {
                return self.say(now, name, Role::Step(kind), body, Says::Lines);
            }
        }
    }

    /// Asks what is not known of the folder. Says whether it does: not before it is open and what is known from before has been
    /// looked at, and not without end while somebody waits.
    fn ask(&mut self, now: Instant) -> bool {
        let is_opening =
            self.job.as_ref().is_some_and(|job| matches!(job.request, Request::Open { .. }) && !job.steps.is_empty());
        let is_waited_for = self.job.is_some() || !self.queue.is_empty();
        if is_opening || is_waited_for && self.questions >= MOST_QUESTIONS {
            return false;
        }
        let Some(view) = self.view.as_mut().filter(|view| view.is_open()) else { return false };
        let Some(question) = view.question() else {
            view.settle();
            return false;
        };
        let body = match &question {
            Question::From(uid) => commands::fetch(sets::range(*uid, None), Asked::All, None),
            Question::All => commands::fetch(sets::range(1, None), Asked::Flags, None),
            Question::Details(set) => commands::fetch(set.clone(), Asked::All, None),
        };
        self.questions += 1;
        self.say(now, "UID FETCH", Role::Question(question), body, Says::Lines);
        true
    }

    /// Begins with a request, or refuses it.
    fn begin(&mut self, mut request: Request) {
        let steps = match plan::steps(&request, &self.means()) {
            Ok(steps) => steps,
            Err(refusal) => return self.answer(request, Err(refusal)),
        };
        if let Request::Open { folder, known } = &mut request
            && let Some(view) = self.view.as_ref().filter(|view| view.is_open())
            && write_name(folder) == self.folder
        {
            // The agent may have heard something since it asked.
            *known = view.known(self.modseq);
        }
        if matches!(request, Request::Open { .. } | Request::Close) {
            // RFC 9051 §6.3.2, §6.4.1: whatever the server says then, what was open is open no more.
            self.closed();
        }
        self.questions = 0;
        self.job = Some(Job::new(request, steps));
        self.look_anew();
    }

    /// What the server says from now on is about the folder that is being opened.
    pub(super) fn look_anew(&mut self) {
        if let Some(Job { request: Request::Open { known, .. }, .. }) = &self.job {
            let mut view = View::new(self.config.limits.messages);
            view.remember(known);
            self.view = Some(view);
        }
    }

    /// A request has been worked off, or has failed.
    fn finish(&mut self, refusal: Option<Refusal>) {
        let Some(mut job) = self.job.take() else { return };
        let result = match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(job.outcome()),
        };
        if result.is_ok() {
            self.note_modseq();
        }
        self.answer(job.request, result);
    }

    /// If the agent knows all mails, it knows all changes that were told.
    fn note_modseq(&mut self) {
        if let Some(view) = self.view.as_ref().filter(|view| view.is_open() && view.is_whole()) {
            self.modseq = view.highest_modseq;
        }
    }

    /// A step has ended.
    pub(super) fn step_ended(&mut self, now: Instant, kind: plan::Kind, status: Status) {
        let is_ok = status.kind == Kind::Ok;
        match kind {
            plan::Kind::Select if is_ok => self.selected(),
            plan::Kind::Select => self.closed(),
            plan::Kind::Changes if is_ok => self.changes_told(true),
            plan::Kind::LastOfOld if is_ok => self.changes_told(false),
            plan::Kind::News if is_ok => self.view.iter_mut().for_each(View::told_all),
            _ => {}
        }
        if !is_ok && kind != plan::Kind::Optional {
            let text = status.text;
            self.finish(Some(match status.kind {
                Kind::No => Refusal::No { code: status.word, text },
                _ => Refusal::Bad { text },
            }));
        }
        self.work(now);
    }

    /// A folder is open: says so, and finds out what has changed in it.
    fn selected(&mut self) {
        let numbers_changes = self.means().numbers_changes();
        let qresync = self.qresync;
        let (Some(view), Some(job)) = (&mut self.view, &mut self.job) else { return };
        let Request::Open { folder, known: Known { uid_validity, modseq, .. } } = &job.request else { return };
        let reset = *uid_validity != 0 && *uid_validity != view.uid_validity;
        let is_known = *uid_validity != 0 && !reset;
        if !is_known {
            view.forget();
        }
        view.opened();
        let opened = Event::Opened {
            uid_validity: view.uid_validity,
            uid_next: view.uid_next,
            count: u32::try_from(view.len()).unwrap_or(u32::MAX),
            reset,
            is_read_only: view.is_read_only,
        };
        let since = modseq.filter(|_| is_known && numbers_changes).zip(view.highest_modseq);
        if let Some((modseq, highest)) = since {
            let is_told = qresync || highest == modseq;
            let nothing_else = is_told && view.infer(true);
            if !is_told && let Ok(modseq) = modseq.try_into() {
                // Who knows nothing else than what has changed: new mails, and flags.
                let body = commands::fetch(sets::range(1, None), Asked::All, Some(modseq));
                job.steps.push_back(Step::new("UID FETCH", body, plan::Kind::Changes));
            } else if !nothing_else {
                job.steps.extend(which_are_there(view));
            }
        } else if let Some(last) = view.last_of_old().filter(|_| view.len() > 0) {
            // RFC 4549 §4.3: the flags of what is known; what is new is asked for behind it.
            let body = commands::fetch(sets::range(1, Some(last)), Asked::Flags, None);
            job.steps.push_back(Step::new("UID FETCH", body, plan::Kind::Plain));
        }
        self.folder = write_name(folder);
        self.event(opened);
        self.tell_view();
        self.tell_state();
    }

    /// What has changed has been told, but not what is gone (RFC 7162 §3.1.4.1). With `may_ask`, one may be asked for first.
    fn changes_told(&mut self, may_ask: bool) {
        let (Some(view), Some(job)) = (&mut self.view, &mut self.job) else { return };
        if view.infer(view.has_no_news()) {
            return;
        }
        match view.last_of_old().filter(|last| may_ask && view.lacks(*last) && view.len() > 0) {
            Some(last) => {
                // Where the last one is shows whether all before it are there, and costs little.
                let body = commands::fetch(sets::range(last, Some(last)), Asked::Uid, None);
                job.steps.push_back(Step::new("UID FETCH", body, plan::Kind::LastOfOld));
            }
            None => job.steps.extend(which_are_there(view)),
        }
    }

    /// No folder is open.
    fn closed(&mut self) {
        self.tell_view();
        self.view = None;
        self.modseq = None;
        if self.folder.take().is_some() {
            self.tell_state();
        }
    }

    /// A question about the folder has been answered.
    pub(super) fn question_ended(&mut self, now: Instant, question: &Question, status: Status) {
        if status.kind != Kind::Ok {
            let kind = if status.kind == Kind::No { Said::No } else { Said::Bad };
            self.event(Event::Said { kind, text: status.text });
        }
        if let Some(view) = &mut self.view {
            view.answered(question);
        }
        self.work(now);
    }

    /// Tells what has happened in the folder.
    pub(super) fn tell_view(&mut self) {
        if let Some(view) = self.view.as_mut().filter(|view| view.is_open()) {
            let events = view.take_events();
            self.outputs.extend(events.into_iter().map(super::Output::Event));
        }
    }

    /// What the server says about the folder cannot be.
    pub(super) fn broken(&mut self, broken: Broken) {
        let kind = match broken {
            Broken::TooManyMails => FailureKind::TooManyMails,
            Broken::Numbers => FailureKind::Numbers,
        };
        self.fail(kind, String::new());
    }

    /// Asks whether something has changed, where nobody tells.
    pub(super) fn poll(&mut self, now: Instant) {
        self.deadline = None;
        if self.is_idle() {
            self.say(now, "NOOP", Role::Step(plan::Kind::News), Body::Codec(CommandBody::Noop), Says::Lines);
        }
    }
}

/// Asks which of the mails that are known are still there.
fn which_are_there(view: &View) -> Option<Step> {
    let (first, last) = view.lost_range().filter(|_| view.len() > 0)?;
    Some(Step::new("UID FETCH", commands::fetch(sets::range(first, Some(last)), Asked::Uid, None), plan::Kind::Plain))
}
