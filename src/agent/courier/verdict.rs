//! What an attempt came to: verdicts of recipients, fail-over, what happens to the mails behind.

use std::net::IpAddr;
use std::sync::Arc;

use super::Courier;
use super::attempt::{Ended, Next};
use super::connection::{Breakdown, State};
use crate::agent::{Context, Ending};
use crate::identity::Domain;
use crate::octets::Chunk;
use crate::queue::{DestinationId, EntryId, Failure, Fate, Job, Settled};
use crate::smtp::client::{NoLogin, Reason};
use crate::smtp::{Reply, client};
use crate::trace::{MailId, Octets, Server, Verdict, What, visible};

impl Courier {
    /// The client machine has something to tell.
    pub(super) fn client_event(&mut self, ctx: &mut Context<'_>, token: u32, event: client::Event) {
        match event {
            client::Event::Ready { .. } => self.ready(ctx, token),
            client::Event::State(state) => {
                let at = self.at_session(ctx, token);
                ctx.record(at, || What::Session { side: crate::trace::Side::Client, state: state.into() });
            }
            client::Event::Finished { verdicts } => self.finished(ctx, token, &verdicts),
            client::Event::Failed(failure) => self.session_failed(ctx, token, &failure),
            client::Event::Recipient { .. } | client::Event::Closed { .. } => {}
        }
    }

    /// The session may begin a transaction, the first one or another.
    fn ready(&mut self, ctx: &mut Context<'_>, token: u32) {
        let session = &mut self.memory.sessions[token as usize];
        if !session.client.is_ready() {
            // Something came behind the last reply that nobody had asked for: the failure is the next event.
        } else if session.state == State::Quitting {
            // Its place in the window has passed to another candidate.
            session.client.quit(ctx.now);
        } else if session.job.is_some() {
            self.begin(ctx, token);
        } else if session.mails < self.config.mails_per_connection
            && let Some(next) = self.queue.take(session.destination)
        {
            self.take_job(ctx, token, next);
            self.begin(ctx, token);
        } else {
            self.rest_or_quit(ctx, token);
        }
    }

    /// A transaction is over: every recipient has a verdict.
    fn finished(&mut self, ctx: &mut Context<'_>, token: u32, verdicts: &[client::Verdict]) {
        let session = &mut self.memory.sessions[token as usize];
        session.mails += 1;
        let Some(job) = session.job.take() else { return };
        let places = std::mem::take(&mut session.places);
        let by = session.candidate().named();
        let destination = session.destination;
        for (place, verdict) in places.iter().zip(verdicts) {
            if verdict.stage == client::Stage::Local {
                self.unsendable(ctx, token, &job, *place, &verdict.reply);
            } else {
                self.recipient_replied(ctx, token, &job, *place, &verdict.reply, &by);
            }
        }
        self.queue.praise(destination);
        let put_off = job.recipients.iter().any(|p| self.is_waiting(&job, *p));
        let session = &mut self.memory.sessions[token as usize];
        if let Next::Try(next) = session.attempt.after(self.config.limits, Ended::Finished { put_off }) {
            // The connection's place in the destination's window passes on to the next one; this session only has to say
            // good-bye.
            session.state = State::Quitting;
            self.dial(ctx, job, next);
            return;
        }
        let settled = self.queue.finish(ctx.now, &job);
        self.memory.settled.extend(settled);
    }

    fn recipient_replied(
        &mut self,
        ctx: &mut Context<'_>,
        token: u32,
        job: &Job,
        place: u32,
        reply: &Reply,
        by: &(Domain, IpAddr),
    ) {
        if reply.is_positive() {
            self.queue.relayed(job.entry, place);
            let entry = self.queue.entry(job.entry);
            let serial = entry.serial;
            ctx.ledger.hand_over(ctx.host, serial, entry.mail);
            if self.config.responsible {
                ctx.ledger.end(ctx.host, serial, Ending::Relayed);
            }
            if ctx.tracer.is_on() {
                self.record_outcome(ctx, token, job.entry, place, Verdict::Accepted, reply_text(reply), Some(by));
            }
            return;
        }
        let failure =
            Failure { status: reply_status(reply), text: reply_text(reply), by: Some(by.clone()), is_reply: true };
        let verdict = if reply.is_permanent() { Verdict::Failed } else { Verdict::Deferred };
        if ctx.tracer.is_on() {
            self.record_outcome(ctx, token, job.entry, place, verdict, failure.text.clone(), Some(by));
        }
        if verdict == Verdict::Failed {
            self.queue.fail(job.entry, place, failure);
        } else {
            self.queue.fail_for_now(job.entry, place, &failure);
        }
    }

    /// What this host knows by itself, from what the other one offers: nobody else has said so.
    fn unsendable(&mut self, ctx: &mut Context<'_>, token: u32, job: &Job, place: u32, reply: &Reply) {
        let label = self.memory.sessions[token as usize].candidate().label();
        let text: Chunk = format!("{label}: {}", visible(reply.text())).into();
        if ctx.tracer.is_on() {
            self.record_outcome(ctx, token, job.entry, place, Verdict::Failed, text.clone(), None);
        }
        self.queue.fail(job.entry, place, Failure { status: reply_status(reply), text, by: None, is_reply: false });
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
        by: Option<&(Domain, IpAddr)>,
    ) {
        let entry = self.queue.entry(entry);
        let at = ctx.at().mail(MailId(entry.mail), entry.hops + 1);
        let at = match self.memory.sessions.get(token as usize).and_then(|s| s.conn) {
            Some(conn) => at.conn(conn),
            None => at,
        };
        ctx.record(at, || What::Outcome {
            queue_id: (*crate::mime::queue_id(entry.serial)).into(),
            recipient: entry.recipients[place as usize].mailbox.as_str().into(),
            verdict,
            number: entry.attempts,
            reply: Octets(reply),
            by: by.map(|(name, address)| Server { name: name.as_str().into(), address: address.to_string().into() }),
        });
    }

    /// The dialogue broke down before every recipient had a verdict.
    fn session_failed(&mut self, ctx: &mut Context<'_>, token: u32, failure: &client::Failure) {
        let session = &mut self.memory.sessions[token as usize];
        let places = std::mem::take(&mut session.places);
        let begun = !places.is_empty();
        let Some(job) = session.job.clone() else {
            return; // nothing hangs on it: an idle connection that the other end closed, or a QUIT without a reply
        };
        let (label, by) = (session.candidate().label(), session.candidate().named());
        for (place, verdict) in places.iter().zip(&failure.verdicts) {
            if let Some(verdict) = verdict {
                self.recipient_replied(ctx, token, &job, *place, &verdict.reply, &by);
            }
        }
        let (status, text): (Arc<str>, Chunk) = match &failure.reason {
            Reason::Refused(reply) => (reply_status(reply), reply_text(reply)),
            // What does not fit says nothing about the mail, whatever its class: it is tried again (RFC 3463 §3.6).
            Reason::UnexpectedReply(reply) => ("4.5.0".into(), reply_text(reply)),
            Reason::Timeout => ("4.4.2".into(), broken(&label, "no reply in time to", failure)),
            Reason::Eof => ("4.4.2".into(), broken(&label, "connection lost while waiting for", failure)),
            // As Postfix says it (`smtp_proto.c`).
            Reason::NoTls(None) => ("4.7.4".into(), format!("{label}: TLS is required, but was not offered").into()),
            Reason::NoTls(Some(reply)) => {
                let said = quoted(reply);
                ("4.7.4".into(), format!("{label}: TLS is required, but it refused to start TLS: {said}").into())
            }
            Reason::NotLoggedIn(why) => {
                let (status, text) = not_logged_in(&label, why);
                (status.into(), text.into())
            }
            Reason::BadReply(error) => ("4.5.0".into(), format!("{label}: {error}").into()),
        };
        let is_reply = matches!(failure.reason, Reason::Refused(_) | Reason::UnexpectedReply(_));
        // RFC 5321 §4.2.1, RFC 7504 §4: who says 5yz to the session itself is not asked again.
        let permanent = matches!(&failure.reason, Reason::Refused(reply) if reply.is_permanent());
        let breakdown = Breakdown { status, text, is_reply, permanent, ours: false };
        let undecided = job.recipients.iter().any(|p| self.is_waiting(&job, *p));
        let ended = if begun || !undecided {
            Ended::Broken { permanent, after_final_dot: failure.after_final_dot, undecided }
        } else {
            Ended::Unheard { permanent }
        };
        self.candidate_failed(ctx, token, breakdown, ended);
    }

    /// This candidate will not take the job: the next one is asked, or the job comes back. The session itself stays until
    /// it has said good-bye, but no job hangs on it any more.
    pub(super) fn candidate_failed(&mut self, ctx: &mut Context<'_>, token: u32, breakdown: Breakdown, ended: Ended) {
        let session = &mut self.memory.sessions[token as usize];
        let next = match session.attempt.after(self.config.limits, ended) {
            Next::Try(next) => next,
            Next::Over { out_of_reach } => return self.give_up_job(ctx, token, breakdown, out_of_reach),
        };
        let Some(job) = session.job.take() else { return };
        let by = (ctx.tracer.is_on() && !breakdown.ours).then(|| session.candidate().named());
        session.state = State::Quitting;
        if ctx.tracer.is_on() {
            for place in job.recipients.iter().filter(|p| self.is_waiting(&job, **p)) {
                let text = breakdown.text.clone();
                self.record_outcome(ctx, token, job.entry, *place, Verdict::Deferred, text, by.as_ref());
            }
        }
        self.dial(ctx, job, next);
    }

    fn is_waiting(&self, job: &Job, place: u32) -> bool {
        self.queue.entry(job.entry).recipients[place as usize].fate == Fate::Waiting
    }

    /// The job comes back. Where the whole destination is out of reach, so does all other mail for it.
    fn give_up_job(&mut self, ctx: &mut Context<'_>, token: u32, breakdown: Breakdown, out_of_reach: bool) {
        let session = &mut self.memory.sessions[token as usize];
        let reached = session.state != State::Dialling;
        let Some(job) = session.job.take() else { return };
        let by = reached.then(|| session.candidate().named());
        let destination = session.destination;
        session.state = State::Quitting;
        self.queue.close(destination);
        let Breakdown { status, text, is_reply, permanent, ours } = breakdown;
        let failure = Failure { status, text, by, is_reply };
        let verdict = if permanent { Verdict::Failed } else { Verdict::Deferred };
        for place in job.recipients.iter().filter(|p| self.is_waiting(&job, **p)).copied().collect::<Vec<_>>() {
            if permanent {
                self.queue.fail(job.entry, place, failure.clone());
            } else {
                self.queue.fail_for_now(job.entry, place, &failure);
            }
            if ctx.tracer.is_on() {
                let text = failure.text.clone();
                self.record_outcome(ctx, token, job.entry, place, verdict, text, failure.by.as_ref());
            }
        }
        if out_of_reach {
            self.record_backlog(ctx, destination, &failure, false);
            let settled = if ours {
                self.queue.pause(ctx.now, destination, &failure)
            } else {
                self.queue.rest(ctx.now, destination, &failure)
            };
            self.memory.settled.extend(settled);
        }
        let settled = self.queue.finish(ctx.now, &job);
        self.memory.settled.extend(settled);
    }

    /// Says in the trace whom an attempt that has just begun does nothing for, because their destination failed a moment
    /// ago.
    pub(super) fn record_resting(&self, ctx: &mut Context<'_>, id: EntryId, settled: Option<&Settled>) {
        if !ctx.tracer.is_on() {
            return;
        }
        let expired = |place: u32| settled.is_some_and(|s| s.failed.contains(&place));
        let recipients = self.queue.entry(id).recipients.iter().zip(0..);
        for (recipient, place) in recipients.filter(|(r, place)| r.fate == Fate::Waiting || expired(*place)) {
            if let Some(failure) = self.queue.resting(ctx.now, recipient.destination) {
                self.record_outcome(ctx, u32::MAX, id, place, Verdict::Deferred, failure.text.clone(), None);
            }
        }
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

/// Why nothing was handed over without a login. It is put off, and never fails for this: a password can be mended (Postfix,
/// `smtp_sasl_auth_soft_bounce`).
fn not_logged_in(label: &str, why: &NoLogin) -> (&'static str, String) {
    match why {
        NoLogin::NotOffered { in_plain_text: true } => (
            "4.7.0",
            format!("{label}: cannot log in: nothing is offered that hides the password, and there is no TLS"),
        ),
        NoLogin::NotOffered { in_plain_text: false } => {
            ("4.7.0", format!("{label}: cannot log in: no mechanism is offered that is known here"))
        }
        NoLogin::Refused(reply) => ("4.7.8", format!("{label}: cannot log in: it said: {}", quoted(reply))),
        NoLogin::GaveUp(error) => ("4.7.0", format!("{label}: cannot log in: {error}")),
    }
}

/// What is said of a dialogue that broke down.
fn broken(label: &str, what: &str, failure: &client::Failure) -> Chunk {
    let twice = if failure.after_final_dot { "; the mail may arrive twice" } else { "" };
    format!("{label}: {what} {}{twice}", failure.awaited).into()
}

/// The enhanced status code of a reply, or the least that its code says (RFC 3463 §2).
fn reply_status(reply: &Reply) -> Arc<str> {
    match reply.enhanced() {
        Some(code) => code.to_string().into(),
        None if reply.is_permanent() => "5.0.0".into(),
        None => "4.0.0".into(),
    }
}

/// What the other end said, within a sentence of ours: code, enhanced code and text, as Postfix quotes it (`smtp_sasl_glue.c`).
fn quoted(reply: &Reply) -> String {
    let enhanced = reply.enhanced().map(|code| format!("{code} ")).unwrap_or_default();
    format!("{} {enhanced}{}", reply.code().get(), visible(reply.text()))
}

/// A reply as one line.
fn reply_text(reply: &Reply) -> Chunk {
    reply.to_string().into()
}
