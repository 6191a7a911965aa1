//! Taking responsibility: every recipient is filed, forwarded, queued or reported.

use smallvec::SmallVec;

use super::super::entities::entities;
use super::expansion::{Expansion, MOST_ALIASES, Placement};
use super::responsibility::{Responsibility, Undelivered};
use super::{Mta, UnknownUsers};
use crate::agent::{Context, Ending, Filed};
use crate::identity::Mailbox;
use crate::mime::queue_id;
use crate::octets::Chunk;
use crate::queue::{DestinationId, Failure, Mail};
use crate::store::{Letter, MailboxId};
use crate::trace::{MailId, What, field_lines};

/// What is to be done for the recipients of a mail together.
#[derive(Clone, Default)]
struct Placed {
    remote: SmallVec<[(Mailbox, DestinationId); 1]>,
    aliases: Vec<(u32, Mailbox)>,
    unreachable: Vec<Undelivered>,
    /// The recipient that the sender wrote, where what is placed is what its alias leads to.
    expanded: Option<Mailbox>,
}

impl Placed {
    fn fail(&mut self, recipient: &Mailbox, status: &str, text: String) {
        let failure = Failure { status: status.into(), text: text.into(), by: None, is_reply: false };
        let (recipient, expanded_from) = (recipient.clone(), self.expanded.clone());
        self.unreachable.push(Undelivered { recipient, expanded_from, failure });
    }
}

impl Mta {
    /// Takes responsibility for every recipient and does for each what can be done at once.
    pub(super) fn take_responsibility(&mut self, ctx: &mut Context<'_>, mail: Responsibility) {
        let count = mail.recipients.len() as u32;
        ctx.ledger.accept(ctx.host, mail.serial, mail.mail.0, count);
        let mut placed = Placed::default();
        let mut expansion = Expansion::new(mail.recipients.len());
        for recipient in &mail.recipients {
            placed.expanded = None;
            expansion.begin(recipient.clone());
            while let Some((recipient, placement)) = expansion.poll(|mailbox, ask| self.target(mailbox, ask)) {
                self.place(ctx, &mail, recipient, placement, &mut placed);
            }
        }
        let Placed { remote, aliases, unreachable, .. } = placed;
        if !unreachable.is_empty() {
            self.report_at_once(ctx, &mail, unreachable);
        }
        if !remote.is_empty() {
            let queued = Mail {
                mail: mail.mail.0,
                hops: mail.hops,
                serial: mail.serial,
                origin: mail.origin,
                reverse_path: mail.reverse_path,
                recipients: remote,
                aliases,
                require_tls: mail.require_tls,
                content: mail.content,
            };
            self.courier.accept(ctx, queued);
            self.courier.pump(ctx, &mut self.lookups);
        }
    }

    fn place(
        &mut self,
        ctx: &mut Context<'_>,
        mail: &Responsibility,
        recipient: Mailbox,
        placement: Placement,
        placed: &mut Placed,
    ) {
        match placement {
            Placement::File(id) => match self.disk.store.mailbox(id).has_room(mail.content.size_bytes()) {
                Ok(()) => self.file(ctx, mail, &recipient, id),
                Err(full) => placed.fail(&recipient, "5.2.2", format!("{recipient}: {full}")),
            },
            Placement::Queue(destination) => {
                let place = placed.remote.len() as u32;
                placed.aliases.extend(placed.expanded.clone().map(|written| (place, written)));
                placed.remote.push((recipient, destination));
            }
            Placement::Duplicate(first) => {
                ctx.ledger.end(ctx.host, mail.serial, Ending::Duplicate);
                ctx.record(ctx.at().mail(mail.mail, mail.hops), || What::Duplicate {
                    queue_id: (*queue_id(mail.serial)).into(),
                    recipient: recipient.as_str().into(),
                    shares: first.as_str().into(),
                });
            }
            Placement::Redirect(others) => {
                // RFC 5321 §3.9.1: an alias puts other addresses in the place of the recipient and leaves the
                // reverse-path as it is.
                let detail = || others.iter().map(Mailbox::as_str).collect::<Vec<_>>().join(", ");
                ctx.record(ctx.at().mail(mail.mail, mail.hops), || What::Policy {
                    policy: "forward".into(),
                    decision: "redirect".into(),
                    detail: format!("{recipient} -> {}", detail()).into(),
                });
                ctx.ledger.accept(ctx.host, mail.serial, mail.mail.0, others.len() as u32);
                ctx.ledger.end(ctx.host, mail.serial, Ending::Forwarded);
                placed.expanded.get_or_insert(recipient);
            }
            Placement::Circle => {
                placed.fail(&recipient, "5.4.6", format!("forwards of {recipient} lead in a circle"));
            }
            Placement::TooMany => {
                placed.fail(&recipient, "5.4.6", format!("more than {MOST_ALIASES} aliases lead to {recipient}"));
            }
            Placement::Unknown => self.unknown(ctx, mail, &recipient, placed),
        }
    }

    fn unknown(&mut self, ctx: &mut Context<'_>, mail: &Responsibility, recipient: &Mailbox, placed: &mut Placed) {
        if self.config.rules.unknown_users == UnknownUsers::AcceptThenDiscard {
            self.discard(ctx, mail.serial, mail.mail, mail.hops, recipient, "no such mailbox, and the site discards");
            return;
        }
        placed.fail(recipient, "5.1.1", format!("{recipient}: no such mailbox here"));
    }

    /// Final delivery: Return-Path in front (RFC 5321 §4.4), then into the mailbox.
    fn file(&mut self, ctx: &mut Context<'_>, mail: &Responsibility, recipient: &Mailbox, id: MailboxId) {
        let return_path: Chunk = self.memory.writer.return_path(&mail.reverse_path);
        let size_bytes = mail.content.size_bytes() + return_path.len() as u64;
        let letter = || Letter {
            from: mail.reverse_path.clone(),
            to: recipient.clone(),
            content: mail.content.prepend(return_path.clone(), false),
            mail: Some((mail.mail.0, mail.hops)),
        };
        let number = self.disk.store.file(id, ctx.now, size_bytes, letter);
        self.memory.access.filed(id);
        if let Some(filed) = &mut ctx.filed {
            let mailbox = self.disk.store.mailbox(id).address().clone();
            filed.push(Filed { at: ctx.now, host: ctx.host, mail: mail.mail, mailbox, number, letter: letter() });
        }
        if ctx.holds(mail.mail) {
            ctx.hold(mail.mail, &letter().content);
        }
        ctx.ledger.end(ctx.host, mail.serial, Ending::Delivered);
        let at = ctx.at().mail(mail.mail, mail.hops);
        ctx.record(at, || What::Delivered {
            queue_id: (*queue_id(mail.serial)).into(),
            recipient: recipient.as_str().into(),
            mailbox: self.disk.store.mailbox(id).address().as_str().into(),
            uid: if self.config.is_read { number } else { 0 },
            size_bytes,
            added: field_lines(&return_path),
            parts: entities(&mail.content),
        });
    }

    pub(super) fn discard(
        &mut self,
        ctx: &mut Context<'_>,
        serial: u64,
        mail: MailId,
        hops: u16,
        recipient: &Mailbox,
        reason: &str,
    ) {
        ctx.ledger.end(ctx.host, serial, Ending::Discarded);
        ctx.record(ctx.at().mail(mail, hops), || What::Discarded {
            queue_id: (*queue_id(serial)).into(),
            recipient: recipient.as_str().into(),
            reason: reason.into(),
        });
    }
}

#[cfg(test)]
#[path = "accept_tests.rs"]
mod tests;
