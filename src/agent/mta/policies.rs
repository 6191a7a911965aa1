//! What an MTA thinks of a client, a sender, a recipient or a message: one opinion after the other.
//!
//! Each policy looks at a question of a session and passes it on, answers it, or waits. What all of them pass is welcome.
//! Their order is that of the [`Service`](super::Service).

use super::Mta;
use super::listener::{Listener, Service};
use super::policy::{Policy, SenderDomain, Verdict};
use super::routing::Access;
use super::script::{Stage, scripted};
use crate::agent::Context;
use crate::agent::lookups::Waiter;
use crate::dns::mail::RouteFailure;
use crate::identity::{ForwardPath, ReversePath};
use crate::policy::greylist::Decision;
use crate::smtp::Reply;
use crate::smtp::server::Question;
use crate::trace::What;

impl Mta {
    /// Whether some policy of a listener has something to say to the MAIL of strangers, or must know their senders later.
    pub(super) fn looks_at_senders(&self, listener: usize) -> bool {
        let Listener { service, server, .. } = &self.config.listeners[listener];
        service.is_submission()
            || server.has_accounts()
            || self.disk.greylist.is_some()
            || self.config.rules.sender_domain != SenderDomain::Any
    }

    /// What a policy says to a question of the session at `token`.
    pub(super) fn opinion(
        &mut self,
        ctx: &mut Context<'_>,
        token: u32,
        policy: Policy,
        question: &Question,
    ) -> Verdict {
        match (policy, question) {
            (Policy::Door, Question::Connect) => self.opens_door(ctx, token),
            (Policy::LookUpClient, Question::Connect) => self.looks_up_client(ctx, token),
            (Policy::Processing, Question::Message(_)) if !self.config.rules.processing.is_zero() => {
                Verdict::Wait(ctx.now + self.config.rules.processing)
            }
            // What is said behind the final dot is said to each recipient.
            (Policy::Script, Question::Message(_)) if self.service(token) == Service::Lmtp => Verdict::Pass,
            (Policy::Script, _) if !self.script.is_empty() => self.scripted(ctx, token, question),
            (Policy::Submitters, Question::Mail { .. }) => self.may_submit(token),
            (Policy::SenderLogin, Question::Mail { reverse_path, .. }) => self.may_send_as(ctx, token, reverse_path),
            (Policy::KnownSender, Question::Mail { reverse_path, .. }) => self.knows_sender(ctx, token, reverse_path),
            (Policy::NamedClient, Question::Rcpt { .. }) => self.accepts_name(ctx, token),
            (Policy::Access, Question::Rcpt { forward_path }) => self.admits(token, forward_path),
            (Policy::Mailboxes, Question::Rcpt { forward_path }) => self.has_mailbox(token, forward_path),
            (Policy::Greylist, Question::Rcpt { forward_path }) => self.greylisted(ctx, token, forward_path),
            (Policy::Quota, Question::Rcpt { forward_path }) if self.config.has_quotas => {
                self.has_room_at_rcpt(ctx, token, forward_path)
            }
            (Policy::Quota, Question::Message(message)) if self.config.has_quotas => {
                // By LMTP each recipient hears of his own mailbox.
                match self.service(token) {
                    Service::Lmtp => Verdict::Pass,
                    _ => self.has_room_for_message(ctx, token, message),
                }
            }
            _ => Verdict::Pass,
        }
    }

    fn scripted(&mut self, ctx: &Context<'_>, token: u32, question: &Question) -> Verdict {
        let inbound = &self.memory.inbound[token as usize];
        let (client, sender) = (inbound.peer.host, inbound.reverse_path.as_ref());
        fn address(path: Option<&ReversePath>) -> Option<&crate::identity::Mailbox> {
            match path {
                Some(ReversePath::Mailbox(mailbox)) => Some(mailbox),
                Some(ReversePath::Null) | None => None,
            }
        }
        let (stage, address) = match question {
            Question::Connect => (Stage::Connect, None),
            Question::Helo { .. } => (Stage::Hello, None),
            Question::Mail { reverse_path, .. } => (Stage::Mail, address(Some(reverse_path))),
            Question::Rcpt { forward_path: ForwardPath::Mailbox(mailbox) } => (Stage::Rcpt, Some(mailbox)),
            Question::Rcpt { forward_path: ForwardPath::Postmaster } => (Stage::Rcpt, None),
            Question::Data => (Stage::Data, address(sender)),
            Question::Message(message) => (Stage::EndOfData, address(Some(&message.envelope.reverse_path))),
        };
        match scripted(&mut self.script, ctx.now, stage, client, address) {
            // Whoever says 2yz here is responsible, in whatever words (RFC 5321 §6.1).
            Some((reply, close)) if stage == Stage::EndOfData && reply.is_positive() => {
                Verdict::PassSaying(reply, close)
            }
            Some((reply, close)) => Verdict::Answer(reply, close),
            None => Verdict::Pass,
        }
    }

    fn may_submit(&self, token: u32) -> Verdict {
        if self.knows(token) {
            return Verdict::Pass;
        }
        // RFC 6409 §4.3: who is not authorised is refused at MAIL; RFC 4954 §6 has the words.
        Verdict::Answer(Reply::new(530, Some((5, 7, 0)), "Authentication required"), false)
    }

    /// Whether the client at `token` is one of the site's own, by its address or because somebody has logged in.
    pub(super) fn knows(&self, token: u32) -> bool {
        let inbound = &self.memory.inbound[token as usize];
        inbound.is_own || inbound.server.identity().is_some()
    }

    /// RFC 6409 §6.1: whoever has logged in sends in his own name.
    fn may_send_as(&self, ctx: &mut Context<'_>, token: u32, path: &ReversePath) -> Verdict {
        let (rule, inbound) = (self.config.rules.login_sender, &self.memory.inbound[token as usize]);
        let (ReversePath::Mailbox(sender), Some(identity)) = (path, inbound.server.identity()) else {
            return Verdict::Pass;
        };
        if rule.permits(identity, sender, |domain| self.disk.store.serves(domain)) {
            return Verdict::Pass;
        }
        let detail = || format!("{identity} is not {sender}").into();
        ctx.record(inbound.at(ctx.at()), || What::Policy {
            policy: "sender login".into(),
            decision: "reject".into(),
            detail: detail(),
        });
        // The code and the words are Postfix's (`reject_authenticated_sender_login_mismatch`).
        let text = format!("<{sender}>: Sender address rejected: not owned by user {identity}");
        Verdict::Answer(Reply::new(553, Some((5, 7, 1)), text), false)
    }

    fn knows_sender(&mut self, ctx: &mut Context<'_>, token: u32, path: &ReversePath) -> Verdict {
        let ReversePath::Mailbox(sender) = path else { return Verdict::Pass };
        if self.config.rules.sender_domain == SenderDomain::Any
            || self.knows(token)
            || self.disk.store.serves(sender.domain())
        {
            return Verdict::Pass;
        }
        let Some(route) = self.lookups.route(ctx, Waiter::Session(token), &sender.to_domain()) else {
            return Verdict::LookUp;
        };
        let Err(failure) = &route.result else { return Verdict::Pass };
        let reply = match failure {
            // RFC 7505 §4.2: who says that it takes no mail cannot be told of trouble, either.
            RouteFailure::NullMx(domain) => {
                Reply::new(550, Some((5, 7, 27)), format!("sender address has a null MX: {domain}"))
            }
            // This host is itself an exchanger of the domain.
            RouteFailure::LoopsBack(_) => return Verdict::Pass,
            // RFC 3463 §3.2, X.1.8: bad sender's system address.
            failure if failure.is_permanent() => {
                Reply::new(550, Some((5, 1, 8)), format!("<{sender}>: sender address rejected: {failure}"))
            }
            failure => Reply::new(451, Some((4, 4, 3)), format!("<{sender}>: sender address not checked: {failure}")),
        };
        let at = self.memory.inbound[token as usize].at(ctx.at());
        ctx.record(at, || What::Policy {
            policy: "sender domain".into(),
            decision: if reply.is_permanent() { "reject" } else { "defer" }.into(),
            detail: format!("{sender}: {failure}").into(),
        });
        Verdict::Answer(reply, false)
    }

    fn admits(&self, token: u32, path: &ForwardPath) -> Verdict {
        match self.access(self.knows(token), path) {
            Access::Welcome => Verdict::Pass,
            // RFC 5321 §3.3: a mailbox that is known not to exist is refused at RCPT, while the client listens.
            Access::UnknownUser => {
                Verdict::Answer(Reply::new(550, Some((5, 1, 1)), format!("{path}: no such mailbox here")), false)
            }
            Access::RelayDenied => {
                Verdict::Answer(Reply::new(550, Some((5, 7, 1)), format!("{path}: relay access denied")), false)
            }
        }
    }

    /// RFC 2033 §4.3, §5: who takes mail by LMTP delivers it himself and queues nothing.
    fn has_mailbox(&self, token: u32, path: &ForwardPath) -> Verdict {
        match path {
            ForwardPath::Mailbox(mailbox) if !self.disk.store.serves(self.at_home(mailbox).domain()) => {
                Verdict::Answer(
                    Reply::new(550, Some((5, 1, 2)), format!("{path}: no mailboxes of this domain here")),
                    false,
                )
            }
            _ => self.admits(token, path),
        }
    }

    /// What the client at `token` has come for.
    pub(super) fn service(&self, token: u32) -> Service {
        self.config.listeners[usize::from(self.memory.inbound[token as usize].listener)].service
    }

    fn greylisted(&mut self, ctx: &mut Context<'_>, token: u32, path: &ForwardPath) -> Verdict {
        let known = self.disk.greylist.is_none() || self.knows(token);
        let (Some(greylist), ForwardPath::Mailbox(mailbox), false) = (&mut self.disk.greylist, path, known) else {
            return Verdict::Pass;
        };
        let inbound = &self.memory.inbound[token as usize];
        let (address, at) = (inbound.peer.address, inbound.at(ctx.at()));
        let from = inbound.reverse_path.clone().unwrap_or(ReversePath::Null);
        match greylist.check(ctx.now, address, &from, mailbox) {
            Decision::Defer { until, .. } => {
                ctx.record(at, || What::Policy {
                    policy: "greylist".into(),
                    decision: "defer".into(),
                    detail: format!("{address} {from} {path}: come again in {}", until - at.at).into(),
                });
                // RFC 6647 §2: a temporary refusal; a real mail system comes back.
                let reply = Reply::new(451, Some((4, 7, 1)), "greylisted, please try again later");
                Verdict::Answer(reply, false)
            }
            Decision::Pass { waited } => {
                ctx.record(at, || What::Policy {
                    policy: "greylist".into(),
                    decision: "pass".into(),
                    detail: format!("{address} {from} {path}: waited {waited} when it was new").into(),
                });
                Verdict::Pass
            }
        }
    }
}
