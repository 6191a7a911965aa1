//! A question of a session that has no answer yet, and how it gets one.

use super::Mta;
use super::listener::Service;
use super::policy::Verdict;
use super::state::Deciding;
use crate::agent::Context;
use crate::smtp::server::{Answer, Question};

impl Mta {
    /// A session wants to know something.
    pub(super) fn decide(&mut self, ctx: &mut Context<'_>, token: u32, question: Question) {
        if let Question::Message(_) = question {
            ctx.final_dot();
        }
        self.consider(ctx, token, Deciding { question, policy: 0, yes: None, cause: None, until: None });
    }

    /// The session at `token` has waited for long enough, or for a look-up that has come back.
    pub(super) fn go_on_deciding(&mut self, ctx: &mut Context<'_>, token: u32) {
        if let Some(deciding) = self.memory.inbound.get_mut(token as usize).and_then(|i| i.deciding.take()) {
            if deciding.until.is_some() {
                ctx.tracer.because(deciding.cause);
            }
            self.consider(ctx, token, *deciding);
        }
    }

    /// Asks one policy after the other until one answers, has to wait, or all of them have passed.
    fn consider(&mut self, ctx: &mut Context<'_>, token: u32, mut deciding: Deciding) {
        let listener = self.memory.inbound[token as usize].listener;
        let policies = self.config.listeners[usize::from(listener)].service.policies();
        while let Some(policy) = policies.get(deciding.policy) {
            match self.opinion(ctx, token, *policy, &deciding.question) {
                Verdict::Pass => deciding.policy += 1,
                Verdict::PassSaying(reply, close) => {
                    deciding.policy += 1;
                    deciding.yes = Some((reply, close));
                }
                Verdict::Answer(reply, close) => {
                    self.note_sender(token, deciding.question);
                    return self.answer(ctx, token, Answer::Reply(reply), close);
                }
                Verdict::Wait(until) => {
                    deciding.policy += 1;
                    deciding.until = Some(until);
                    deciding.cause = ctx.tracer.last();
                    self.memory.inbound[token as usize].deciding = Some(Box::new(deciding));
                    return;
                }
                Verdict::LookUp => {
                    deciding.until = None;
                    self.memory.inbound[token as usize].deciding = Some(Box::new(deciding));
                    return;
                }
            }
        }
        match deciding.question {
            Question::Message(message) if self.service(token) == Service::Lmtp => {
                let replies = self.take_for_each(ctx, token, *message);
                self.answer(ctx, token, Answer::Each(replies), false);
            }
            Question::Message(message) => {
                let (own, is_taken) = self.take_message(ctx, token, *message);
                let (reply, close) = deciding.yes.filter(|_| is_taken).unwrap_or((own, false));
                self.answer(ctx, token, Answer::Reply(reply), close);
            }
            other => {
                self.note_sender(token, other);
                self.answer(ctx, token, Answer::Accept, false);
            }
        }
    }

    /// The reverse-path is what later policies look at.
    fn note_sender(&mut self, token: u32, question: Question) {
        if let Question::Mail { reverse_path, .. } = question {
            self.memory.inbound[token as usize].reverse_path = Some(reverse_path);
        }
    }

    fn answer(&mut self, ctx: &Context<'_>, token: u32, answer: Answer, close: bool) {
        if let Some(inbound) = self.memory.inbound.get_mut(token as usize) {
            inbound.server.answer(ctx.now, answer);
            if close {
                inbound.server.handle_eof(ctx.now);
            }
        }
    }
}
