//! What an attempt came to: verdicts of recipients, fail-over, what happens to the mails behind.

use std::sync::Arc;

use super::Courier;
use super::session::State;
use crate::agent::{Context, Ending};
use crate::octets::Chunk;
use crate::queue::{DestinationId, EntryId, Failure, Job};
use crate::smtp::{Reply, client};
use crate::trace::{MailId, Octets, Verdict, What};

impl Courier {
    /// The client machine has something to tell.
    pub(super) fn client_event(&mut self, ctx: &mut Context<'_>, token: u32, event: client::Event) {
        match event {
            client::Event::Ready { .. } => {
                if self.sessions[token as usize].job.is_some() {
                    self.begin(ctx, token);
                }
            }
            client::Event::Content { size_bytes } => {
                let (at, peer) = (self.at_session(ctx, token), self.sessions[token as usize].peer);
                let (direction, side) = (crate::trace::Direction::Sent, crate::trace::Side::Client);
                ctx.record(at, || What::Content { direction, side, peer, size_bytes });
            }
            client::Event::State(state) => {
                let at = self.at_session(ctx, token);
                ctx.record(at, || What::Session { side: crate::trace::Side::Client, state: state.into() });
            }
            client::Event::Finished(outcome) => self.finished(ctx, token, &outcome),
            client::Event::Failed(failure) => self.session_failed(ctx, token, &failure),
            client::Event::Recipient { .. } | client::Event::Closed => {}
        }
    }

    /// A transaction is over: every recipient has a reply.
    fn finished(&mut self, ctx: &mut Context<'_>, token: u32, outcome: &client::Outcome) {
        let session = &mut self.sessions[token as usize];
        session.mails += 1;
        let Some(job) = session.job.take() else { return };
        let places = std::mem::take(&mut session.places);
        let by = ctx.tracer.is_on().then(|| session.candidate().label());
        let destination = session.destination;
        for (place, reply) in places.iter().zip(outcome.replies()) {
            self.recipient_replied(ctx, token, &job, *place, reply, by.as_ref());
        }
        self.queue.praise(destination);
        let settled = self.queue.finish(ctx.now, &job);
        self.settled.extend(settled);
        let session = &self.sessions[token as usize];
        if session.mails < self.config.mails_per_connection
            && let Some(next) = self.queue.take(destination)
        {
            self.take_job(ctx, token, next);
            self.begin(ctx, token);
        } else {
            self.rest_or_quit(ctx, token);
        }
    }

    fn recipient_replied(
        &mut self,
        ctx: &mut Context<'_>,
        token: u32,
        job: &Job,
        place: u32,
        reply: &Reply,
        by: Option<&Arc<str>>,
    ) {
        if reply.is_positive() {
            self.queue.relayed(job.entry, place);
            if self.config.responsible {
                let serial = self.queue.entry(job.entry).serial;
                ctx.ledger.end(ctx.host, serial, Ending::Relayed);
            }
            if ctx.tracer.is_on() {
                self.record_outcome(ctx, token, job.entry, place, Verdict::Accepted, reply_text(reply), by.cloned());
            }
            return;
        }
        let session = &self.sessions[token as usize];
        let failure = Failure {
            status: reply_status(reply),
            text: reply_text(reply),
            by: Some(by.cloned().unwrap_or_else(|| session.candidate().label())),
            is_reply: true,
        };
        let verdict = if reply.is_permanent() { Verdict::Failed } else { Verdict::Deferred };
        if ctx.tracer.is_on() {
            self.record_outcome(ctx, token, job.entry, place, verdict, failure.text.clone(), by.cloned());
        }
        if verdict == Verdict::Failed {
            self.queue.fail(job.entry, place, failure);
        } else {
            self.queue.fail_for_now(job.entry, place, &failure);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record")]
    fn record_outcome(
        &self,
        ctx: &mut Context<'_>,
        token: u32,
        entry: EntryId,
        place: u32,
        verdict: Verdict,
        reply: Chunk,
        by: Option<Arc<str>>,
    ) {
        let entry = self.queue.entry(entry);
        let at = ctx.at().mail(MailId(entry.mail), entry.hops + 1);
        let at = match self.sessions.get(token as usize).and_then(|s| s.conn) {
            Some(conn) => at.conn(conn),
            None => at,
        };
        ctx.record(at, || What::Outcome {
            queue_id: crate::mime::queue_id(entry.serial).as_str().into(),
            recipient: entry.recipients[place as usize].mailbox.as_str().into(),
            verdict,
            number: entry.attempts,
            reply: Octets(reply),
            by: by.unwrap_or_default(),
        });
    }

    /// The dialogue broke down before every recipient had a reply.
    fn session_failed(&mut self, ctx: &mut Context<'_>, token: u32, failure: &client::Failure) {
        let session = &self.sessions[token as usize];
        if session.job.is_none() {
            return; // nothing hangs on it: an idle connection that the other end closed, or a QUIT without a reply
        }
        let label = session.candidate().label();
        let status = failure.status();
        let text: Chunk = match failure.reply() {
            Some(reply) => reply_text(reply),
            None => format!("{label}: {failure}").into(),
        };
        if failure.after_final_dot() {
            // RFC 1047: nobody knows whether the other host has the mail. It is tried again, and may arrive twice;
            // another exchanger would make that certain, so the same attempt does not go on to one.
            self.give_up_job(ctx, token, status, text, failure.reply().is_some(), false);
        } else {
            self.candidate_failed(ctx, token, status, text, failure.reply().is_some());
        }
    }

    /// This candidate will not take the job: the next one is asked (RFC 5321 §5.1), or the job comes back.
    pub(super) fn candidate_failed(
        &mut self,
        ctx: &mut Context<'_>,
        token: u32,
        status: &str,
        text: Chunk,
        is_reply: bool,
    ) {
        if self.sessions[token as usize].current + 1
            < self.sessions[token as usize].candidates.len().min(self.config.most_addresses)
        {
            if ctx.tracer.is_on() {
                let session = &self.sessions[token as usize];
                let by = Some(session.candidate().label());
                if let Some(job) = session.job.clone() {
                    for place in &job.recipients {
                        self.record_outcome(ctx, token, job.entry, *place, Verdict::Deferred, text.clone(), by.clone());
                    }
                }
            }
            // The old connection is closed by the machine itself, or was never there.
            let session = &self.sessions[token as usize];
            if session.state != State::Dialling {
                let socket = session.socket;
                self.close_socket(ctx, socket);
            }
            self.next_candidate(ctx, token);
            return;
        }
        self.give_up_job(ctx, token, status, text, is_reply, true);
    }

    /// The job comes back with a failure for now. Where the whole destination is out of reach, so does all other mail
    /// for it.
    fn give_up_job(
        &mut self,
        ctx: &mut Context<'_>,
        token: u32,
        status: &str,
        text: Chunk,
        is_reply: bool,
        out_of_reach: bool,
    ) {
        let session = &mut self.sessions[token as usize];
        let dialling = session.state == State::Dialling;
        let Some(job) = session.job.take() else { return };
        let by = (!dialling).then(|| session.candidate().label());
        let (destination, socket) = (session.destination, session.socket);
        let failure = Failure { status: status.into(), text, by, is_reply };
        for place in &job.recipients {
            if self.queue.entry(job.entry).recipients[*place as usize].fate == crate::queue::Fate::Waiting {
                self.queue.fail_for_now(job.entry, *place, &failure);
                if ctx.tracer.is_on() {
                    let by = failure.by.clone();
                    self.record_outcome(ctx, token, job.entry, *place, Verdict::Deferred, failure.text.clone(), by);
                }
            }
        }
        if out_of_reach {
            self.record_backlog(ctx, destination, &failure, false);
            let settled = self.queue.rest(ctx.now, destination, &failure);
            self.settled.extend(settled);
        }
        let settled = self.queue.finish(ctx.now, &job);
        self.settled.extend(settled);
        if !dialling {
            self.close_socket(ctx, socket);
        }
        self.forget(token);
    }

    /// Says in the trace what the rest of a destination's mail has to wait for.
    pub(super) fn record_backlog(
        &self,
        ctx: &mut Context<'_>,
        destination: DestinationId,
        failure: &Failure,
        permanent: bool,
    ) {
        if !ctx.tracer.is_on() {
            return;
        }
        let verdict = if permanent { Verdict::Failed } else { Verdict::Deferred };
        for job in self.queue.backlog(destination) {
            for place in &job.recipients {
                self.record_outcome(ctx, u32::MAX, job.entry, *place, verdict, failure.text.clone(), None);
            }
        }
    }
}

/// The enhanced status code of a reply, or the least that its code says (RFC 3463 §2).
fn reply_status(reply: &Reply) -> Arc<str> {
    match reply.enhanced() {
        Some(code) => code.to_string().into(),
        None if reply.is_permanent() => "5.0.0".into(),
        None => "4.0.0".into(),
    }
}

/// A reply as one line.
fn reply_text(reply: &Reply) -> Chunk {
    reply.to_string().into()
}
