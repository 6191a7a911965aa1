//! A message has come whole: it is refused, or the host takes responsibility for it.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Mta;
use super::listener::Service;
use super::responsibility::Responsibility;
use crate::agent::Context;
use crate::identity::{Mailbox, ReversePath};
use crate::mime::{Content, Protocol, Received, queue_id};
use crate::octets::Chunk;
use crate::queue::Origin;
use crate::smtp::Reply;
use crate::smtp::server::Message;
use crate::trace::{What, field_lines};

/// The lines on top of a content that had so many bytes without them.
fn added(content: &Content, given_bytes: u64) -> Vec<Arc<str>> {
    let bytes = content.size_bytes().saturating_sub(given_bytes) as usize;
    field_lines(&content.rope().slice(0..bytes).to_vec())
}

impl Mta {
    /// Refuses the message, or takes responsibility and says 250. Whether it was taken.
    pub(super) fn take_message(&mut self, ctx: &mut Context<'_>, token: u32, message: Message) -> (Reply, bool) {
        let Message { envelope, content } = message;
        let inbound = &self.memory.inbound[token as usize];
        let (sealed, logged_in) = (inbound.sealed, inbound.server.identity().is_some());
        let (peer, about, at) = (inbound.peer, inbound.about.or(inbound.last_about), inbound.at(ctx.at()));
        let service = self.config.listeners[usize::from(inbound.listener)].service;
        let (named, is_own) = (inbound.named.clone(), self.knows(token));
        let (is_submitted, by_lmtp) = (service.is_submission(), service == Service::Lmtp);
        let mut content = Content::scan(content);
        let given_bytes = content.size_bytes();
        if u32::from(content.received_count()) >= self.config.rules.hop_limit {
            // RFC 5321 §6.3: counting Received fields finds loops that nothing else finds.
            return (Reply::new(554, Some((5, 4, 6)), "too many hops, this mail is looping"), false);
        }
        let serial = self.next_serial();
        let id = queue_id(serial);
        if is_submitted {
            content = self.complete(ctx, at, content, &id);
        }
        let recipients: SmallVec<[Mailbox; 1]> = envelope.recipients.iter().map(|p| self.mailbox_of(p)).collect();
        let received = Received {
            helo: envelope.helo.as_ref().map_or("unknown", |d| d.as_str()),
            reverse_name: named.for_received(),
            client: peer.address,
            by: self.config.host_name.as_str(),
            // RFC 3848 §1.
            with: match (envelope.esmtp, sealed, logged_in) {
                (_, true, true) if by_lmtp => Protocol::Lmtpsa,
                (_, true, false) if by_lmtp => Protocol::Lmtps,
                (_, false, true) if by_lmtp => Protocol::Lmtpa,
                (_, false, false) if by_lmtp => Protocol::Lmtp,
                (true, true, true) => Protocol::Esmtpsa,
                (true, true, false) => Protocol::Esmtps,
                (true, false, true) => Protocol::Esmtpa,
                (true, false, false) => Protocol::Esmtp,
                (false, ..) => Protocol::Smtp,
            },
            id: &id,
            recipient: if let [only] = &recipients[..] { Some(only) } else { None },
            date: self.memory.date.get(ctx.calendar, ctx.now),
        };
        let field = self.memory.writer.received(&received);
        let content = content.with_field(field, true);
        // A client that is no agent of this world says nothing about its mail: it is given a number here.
        let (mail, hops) = about.unwrap_or_else(|| (ctx.ids.next_mail(), 1));
        let reverse_path = self.masquerade(ctx, at.mail(mail, hops), is_own, envelope.reverse_path);
        ctx.record(at.mail(mail, hops), || What::Accepted {
            queue_id: (*id).into(),
            reverse_path: match &reverse_path {
                ReversePath::Null => "".into(),
                ReversePath::Mailbox(mailbox) => mailbox.as_str().into(),
            },
            recipients: recipients.iter().map(|r| Arc::from(r.as_str())).collect(),
            size_bytes: content.size_bytes(),
            added: added(&content, given_bytes),
        });
        ctx.hold(mail, &content);
        ctx.ledger.take_over(recipients.len() as u32);
        self.take_responsibility(
            ctx,
            Responsibility {
                serial,
                mail,
                hops,
                origin: Origin::Elsewhere,
                reverse_path,
                require_tls: envelope.require_tls,
                recipients,
                content,
            },
        );
        let mut text = SmallVec::<[u8; 32]>::from_slice(b"Ok: queued as ");
        text.extend_from_slice(id.as_bytes());
        (Reply::new(250, Some((2, 0, 0)), Chunk::copy_from(&text)), true)
    }
}
