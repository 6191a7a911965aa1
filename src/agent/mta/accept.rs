//! Taking responsibility: the content gets its received field, and every recipient is filed, forwarded or queued.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::responsibility::{Responsibility, Undelivered};
use super::routing::Target;
use super::{Mta, UnknownUsers};
use crate::agent::{Context, Ending};
use crate::identity::Mailbox;
use crate::mime::queue_id;
use crate::octets::Chunk;
use crate::queue::{DestinationId, Failure, Mail};
use crate::store::{Delivered, MailboxId};
use crate::trace::{MailId, What};

/// What has been done with the recipients of a mail so far. A place that several recipients lead to gets one copy (as
/// Postfix's duplicate filter has it): a mailbox here, in whatever spelling and by whatever alias or subaddress, and an
/// address elsewhere. The spelling of a local part elsewhere is its host's business (RFC 5321 §2.4), so addresses that
/// differ in it are two.
#[derive(Clone, Default)]
struct Placed {
    /// Mailboxes that have their copy, and the recipient that it was filed for. Looked up, never iterated.
    filed: FxHashMap<MailboxId, Mailbox>,
    remote: SmallVec<[(Mailbox, DestinationId); 1]>,
    /// Those of them that were seen, where there are several.
    known: FxHashSet<Mailbox>,
    aliases: Vec<(u32, Mailbox)>,
    /// Aliases that have been expanded, in lower case. Never iterated.
    lists: FxHashSet<String>,
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

/// A recipient gets no copy of its own: `first` has it, or will.
fn duplicate(ctx: &mut Context<'_>, mail: &Responsibility, recipient: &Mailbox, first: &Mailbox) {
    ctx.ledger.end(ctx.host, mail.serial, Ending::Duplicate);
    ctx.record(ctx.at().mail(mail.mail, mail.hops), || What::Duplicate {
        queue_id: (*queue_id(mail.serial)).into(),
        recipient: recipient.as_str().into(),
        shares: first.as_str().into(),
    });
}

/// So many aliases are expanded for one mail (Postfix, `virtual_alias_recursion_limit` and `virtual_alias_expansion_limit`:
/// 1000 each). The addresses that they lead to are not counted.
const MOST_ALIASES: usize = 1_000;

/// Aliases that are being expanded, each with the addresses that are still to be placed.
type Way = Vec<(Mailbox, std::vec::IntoIter<Mailbox>)>;

impl Mta {
    /// Takes responsibility for every recipient and does for each what can be done at once.
    pub(super) fn take_responsibility(&mut self, ctx: &mut Context<'_>, mail: Responsibility) {
        let count = mail.recipients.len() as u32;
        ctx.ledger.accept(ctx.host, mail.serial, mail.mail.0, count);
        let mut placed = Placed::default();
        for recipient in &mail.recipients {
            placed.expanded = None;
            self.place(ctx, &mail, recipient, &mut placed);
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
                reverse_path: mail.reverse_path,
                recipients: remote,
                aliases,
                content: mail.content,
            };
            self.courier.accept(ctx, queued);
            self.courier.pump(ctx, &mut self.lookups);
        }
    }

    /// Places a recipient, and everything that its aliases lead to. Each alias is expanded once for a mail, so that lists of
    /// lists end however they point at each other; one that leads back to itself is a circle (RFC 5321 §3.9, §6.3).
    fn place(&mut self, ctx: &mut Context<'_>, mail: &Responsibility, recipient: &Mailbox, placed: &mut Placed) {
        let mut way: Way = Vec::new();
        self.step(ctx, mail, recipient.clone(), &mut way, placed);
        while let Some((_, rest)) = way.last_mut() {
            match rest.next() {
                Some(next) => self.step(ctx, mail, next, &mut way, placed),
                None => drop(way.pop()),
            }
        }
    }

    fn step(
        &mut self,
        ctx: &mut Context<'_>,
        mail: &Responsibility,
        recipient: Mailbox,
        way: &mut Way,
        placed: &mut Placed,
    ) {
        let is_alone = way.is_empty() && mail.recipients.len() == 1;
        let is_owner = |(owner, _): &(Mailbox, _)| owner.as_str().eq_ignore_ascii_case(recipient.as_str());
        // An alias that names itself keeps a copy (as in Postfix's virtual(5)).
        let target = match way.last().is_some_and(is_owner) {
            true => self.own_target(&recipient),
            false => self.target(&recipient),
        };
        match target {
            Target::Local(id) => {
                // Only where there are several can two be the same.
                if !is_alone {
                    if let Some(first) = placed.filed.get(&id) {
                        return duplicate(ctx, mail, &recipient, first);
                    }
                    placed.filed.insert(id, recipient.clone());
                }
                self.file(ctx, mail, &recipient, id);
            }
            Target::Remote(destination) => {
                if !is_alone && !placed.known.insert(recipient.clone()) {
                    duplicate(ctx, mail, &recipient, &recipient);
                } else {
                    let place = placed.remote.len() as u32;
                    placed.aliases.extend(placed.expanded.clone().map(|written| (place, written)));
                    placed.remote.push((recipient, destination));
                }
            }
            Target::Forward(_) if way.iter().any(is_owner) => {
                placed.fail(&recipient, "5.4.6", format!("forwards of {recipient} lead in a circle"));
            }
            Target::Forward(_) if placed.lists.contains(&recipient.as_str().to_ascii_lowercase()) => {
                duplicate(ctx, mail, &recipient, &recipient);
            }
            Target::Forward(_) if placed.lists.len() >= MOST_ALIASES => {
                placed.fail(&recipient, "5.4.6", format!("more than {MOST_ALIASES} aliases lead to {recipient}"));
            }
            Target::Forward(mut others) => {
                placed.lists.insert(recipient.as_str().to_ascii_lowercase());
                // A list may name one mailbox twice, in two spellings.
                let mut named = FxHashSet::default();
                others.retain(|other| named.insert(self.store.find(other).ok_or_else(|| other.clone())));
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
                placed.expanded.get_or_insert_with(|| recipient.clone());
                way.push((recipient, others.into_iter()));
            }
            Target::Unknown => self.unknown(ctx, mail, &recipient, placed),
        }
    }

    fn unknown(&mut self, ctx: &mut Context<'_>, mail: &Responsibility, recipient: &Mailbox, placed: &mut Placed) {
        if self.config.unknown_users == UnknownUsers::AcceptThenDiscard {
            self.discard(ctx, mail.serial, mail.mail, mail.hops, recipient, "no such mailbox, and the site discards");
            return;
        }
        placed.fail(recipient, "5.1.1", format!("{recipient}: no such mailbox here"));
    }

    /// Final delivery: Return-Path in front (RFC 5321 §4.4), then into the mailbox.
    fn file(&mut self, ctx: &mut Context<'_>, mail: &Responsibility, recipient: &Mailbox, id: MailboxId) {
        let return_path: Chunk = self.writer.return_path(&mail.reverse_path);
        let size_bytes = mail.content.size_bytes() + return_path.len() as u64;
        self.store.file(id, size_bytes, || Delivered {
            at: ctx.now,
            from: mail.reverse_path.clone(),
            to: recipient.clone(),
            content: mail.content.prepend(return_path, false),
        });
        ctx.ledger.end(ctx.host, mail.serial, Ending::Delivered);
        let at = ctx.at().mail(mail.mail, mail.hops);
        ctx.record(at, || What::Delivered {
            queue_id: (*queue_id(mail.serial)).into(),
            recipient: recipient.as_str().into(),
            mailbox: self.store.mailbox(id).address().as_str().into(),
            size_bytes,
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
