//! Mailboxes that are full.
//!
//! It is told as early as can be: at RCPT, where the mailbox is full or the client has said how large the mail is (RFC 1870 §6), else
//! behind the final dot. Where a mail is for others, too, what is said there is said of all: a mail that is to come again comes
//! again for everybody, and of one that is refused for good those with room keep theirs, and the others are reported.

use super::policy::Verdict;
use super::{FullMailbox, Mta};
use crate::agent::Context;
use crate::identity::{ForwardPath, Mailbox};
use crate::smtp::Reply;
use crate::smtp::server::Message;
use crate::store::Full;
use crate::trace::What;

impl Mta {
    /// Whether a recipient has room for so many bytes.
    pub(super) fn has_room(&self, recipient: &Mailbox, bytes: u64) -> Result<(), Full> {
        match self.disk.store.find(recipient) {
            Some(id) => self.disk.store.mailbox(id).has_room(bytes),
            None => Ok(()),
        }
    }

    /// Whether a recipient who is named has room.
    pub(super) fn has_room_at_rcpt(&self, ctx: &mut Context<'_>, token: u32, path: &ForwardPath) -> Verdict {
        let recipient = self.mailbox_of(path);
        let declared = self.memory.inbound[token as usize].server.declared_size().unwrap_or(1);
        match self.has_room(&recipient, declared) {
            Ok(()) => Verdict::Pass,
            Err(full) => Verdict::Answer(self.full(ctx, token, &recipient, full), false),
        }
    }

    /// Whether those whom a mail is for have room.
    pub(super) fn has_room_for_message(&self, ctx: &mut Context<'_>, token: u32, message: &Message) -> Verdict {
        let bytes = message.content.len() as u64;
        let recipients = message.envelope.recipients.iter().map(|path| self.mailbox_of(path));
        let all: Vec<(Mailbox, Result<(), Full>)> =
            recipients.map(|recipient| (recipient.clone(), self.has_room(&recipient, bytes))).collect();
        let mut full = all.iter().filter_map(|(recipient, room)| room.err().map(|full| (recipient, full)));
        let refused = match self.config.rules.full_mailbox {
            FullMailbox::Defer => full.next(),
            FullMailbox::Reject if all.iter().all(|(_, room)| room.is_err()) => full.next(),
            FullMailbox::Reject => None,
        };
        match refused {
            Some((recipient, full)) => Verdict::Answer(self.full(ctx, token, recipient, full), false),
            None => Verdict::Pass,
        }
    }

    /// What is said of a mailbox that has no room.
    pub(super) fn full(&self, ctx: &mut Context<'_>, token: u32, recipient: &Mailbox, full: Full) -> Reply {
        let defers = self.config.rules.full_mailbox == FullMailbox::Defer;
        let at = self.memory.inbound[token as usize].at(ctx.at());
        ctx.record(at, || What::Policy {
            policy: "quota".into(),
            decision: if defers { "defer" } else { "reject" }.into(),
            detail: format!("{recipient}: {full}").into(),
        });
        // RFC 3463 §3.3, X.2.2; the words are Dovecot's.
        let text = format!("<{recipient}> Quota exceeded (mailbox for user is full)");
        match defers {
            true => Reply::new(452, Some((4, 2, 2)), text),
            false => Reply::new(552, Some((5, 2, 2)), text),
        }
    }
}
