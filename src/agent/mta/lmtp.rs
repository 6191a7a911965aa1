//! Taking mail by LMTP (RFC 2033): a recipient at a time, so that one whose mailbox is full does not hold up the others.

use super::Mta;
use super::script::{Stage, scripted};
use crate::agent::Context;
use crate::identity::ForwardPath;
use crate::smtp::Reply;
use crate::smtp::server::Message;

impl Mta {
    /// One reply for each recipient, in their order (RFC 2033 §4.2): what the script has for it, or that of the server, which
    /// takes responsibility for those that the script does not refuse.
    pub(super) fn take_for_each(&mut self, ctx: &mut Context<'_>, token: u32, mut message: Message) -> Vec<Reply> {
        let client = self.memory.inbound[token as usize].peer.host;
        let mut said = Vec::with_capacity(message.envelope.recipients.len());
        let paths: Vec<String> = message.envelope.recipients.iter().map(ToString::to_string).collect();
        for path in &message.envelope.recipients {
            let address = if let ForwardPath::Mailbox(mailbox) = path { Some(mailbox) } else { None };
            let by_script = scripted(&mut self.script, ctx.now, Stage::EndOfData, client, address);
            let full = match address {
                Some(address) if by_script.is_none() => self.has_room(address, message.content.len() as u64).err(),
                _ => None,
            };
            let full = full.zip(address).map(|(full, address)| self.full(ctx, token, address, full));
            said.push(by_script.map(|(reply, _)| reply).or(full));
        }
        let refuses = |reply: &Option<Reply>| reply.as_ref().is_some_and(|reply| !reply.is_positive());
        let mut of = said.iter();
        message.envelope.recipients.retain(|_| !of.next().is_some_and(refuses));
        let own = if message.envelope.recipients.is_empty() {
            None
        } else {
            let (reply, is_taken) = self.take_message(ctx, token, message);
            Some((reply, is_taken))
        };
        // Whom each reply is about can be read in it, as Dovecot has it: the client knows by the order.
        let saved = |path: &str| Reply::new(250, Some((2, 0, 0)), format!("{path} Saved").into_bytes());
        let one = |(said, path): (Option<Reply>, String)| match (said, &own) {
            (Some(reply), Some((_, true)) | None) => reply,
            (None, Some((_, true))) => saved(&path),
            (Some(reply), Some((own, false))) => {
                if reply.is_positive() {
                    own.clone()
                } else {
                    reply
                }
            }
            (None, Some((own, _))) => own.clone(),
            // Nobody is left without a refusal.
            (None, None) => Reply::new(451, Some((4, 3, 0)), "nothing was taken"),
        };
        said.into_iter().zip(paths).map(one).collect()
    }
}
