//! The policies that want to know who a client is by the DNS.

use super::Mta;
use super::named::Named;
use super::policy::Verdict;
use crate::agent::Context;
use crate::agent::lookups::Waiter;
use crate::dns::RecordType;
use crate::identity::Domain;
use crate::smtp::Reply;
use crate::trace::What;

impl Mta {
    /// Finds out who has connected; the client is greeted when that is known.
    pub(super) fn looks_up_client(&mut self, ctx: &mut Context<'_>, token: u32) -> Verdict {
        if !self.config.rules.asks_for_client_names() {
            return Verdict::Pass;
        }
        loop {
            let inbound = &self.memory.inbound[token as usize];
            let address = inbound.peer.address;
            let (name, rtype) = match &inbound.named {
                Named::Unasked => (Domain::reverse(address), RecordType::Ptr),
                Named::Claimed(name) if address.is_ipv4() => (name.clone(), RecordType::A),
                Named::Claimed(name) => (name.clone(), RecordType::Aaaa),
                Named::Confirmed(_) | Named::Astray(_) | Named::Nameless(_) => return Verdict::Pass,
            };
            let Some(lookup) = self.lookups.records(ctx, Waiter::Session(token), &name, rtype) else {
                return Verdict::LookUp;
            };
            // It is kept, as whoever remembers no answers would have to ask for the pointer again.
            self.memory.inbound[token as usize].named = match rtype {
                RecordType::Ptr => Named::by_pointer(lookup),
                _ => Named::by_addresses(name, address, lookup),
            };
        }
    }

    /// Whether the name of the client at `token` is good enough.
    pub(super) fn accepts_name(&self, ctx: &mut Context<'_>, token: u32) -> Verdict {
        if self.knows(token) {
            return Verdict::Pass;
        }
        let inbound = &self.memory.inbound[token as usize];
        let Some((lacking, lookup)) = inbound.named.lacks(self.config.rules.client_name) else { return Verdict::Pass };
        let address = inbound.peer.address;
        ctx.record(inbound.at(ctx.at()), || What::Policy {
            policy: "client name".into(),
            decision: "defer".into(),
            detail: format!("{address}: {} {}: {lookup}", lookup.name, lookup.rtype.as_str()).into(),
        });
        // RFC 7372 §3.3 has the status, Postfix the words, and 450 in any case (`unknown_client_reject_code`): who runs a
        // reverse zone wrong can mend it before the mail comes back.
        let text = format!("Client host rejected: cannot find {lacking}, [{address}]");
        Verdict::Answer(Reply::new(450, Some((4, 7, 25)), text), false)
    }
}
