//! Who may connect, and how many at a time: what is said in the place of a greeting.

use std::net::IpAddr;

use super::Mta;
use super::policy::Verdict;
use crate::agent::Context;
use crate::smtp::Reply;
use crate::trace::What;

impl Mta {
    /// Lets the client at `token` in, or says why not.
    pub(super) fn opens_door(&mut self, ctx: &mut Context<'_>, token: u32) -> Verdict {
        let address = self.memory.inbound[token as usize].peer.address;
        if !self.config.callers.admits(&address) {
            // RFC 5321 §3.1: 554 in the place of the greeting; the client is left to say QUIT.
            let text = format!("{} takes no mail from [{address}]", self.config.host_name);
            self.record_refusal(ctx, token, "client", "reject", &|| format!("[{address}] may not connect"));
            return Verdict::Answer(Reply::new(554, Some((5, 7, 1)), text), false);
        }
        if self.config.rules.counts_connections() {
            return self.finds_a_place(ctx, token, address);
        }
        Verdict::Pass
    }

    /// A connection has a place from when it is let in until it is closed.
    fn finds_a_place(&mut self, ctx: &mut Context<'_>, token: u32, address: IpAddr) -> Verdict {
        let (rules, is_own) = (self.config.rules, self.memory.inbound[token as usize].is_own);
        let (mut all, mut of_client) = (0, 0);
        for (_, inbound) in self.memory.inbound.iter().filter(|(_, inbound)| inbound.has_place) {
            all += 1;
            of_client += u32::from(inbound.peer.address == address);
        }
        let name = &self.config.host_name;
        // RFC 5321 §3.8: 421, and the connection is closed. RFC 3463 §3.4: the system takes no mail now; the words are
        // Exim's (`smtp_accept_max`).
        if let Some(most) = rules.max_connections.filter(|most| all >= *most) {
            let text = format!("{name} too many concurrent SMTP connections; please try again later");
            self.record_refusal(ctx, token, "connections", "defer", &|| format!("{all} of {most} are open"));
            return Verdict::Answer(Reply::new(421, Some((4, 3, 2)), text), true);
        }
        // Code and words are Postfix's (`smtpd_client_connection_count_limit`), and so is that a site does not count its own
        // (`smtpd_client_event_limit_exceptions`).
        if let Some(most) = rules.max_connections_per_client.filter(|most| !is_own && of_client >= *most) {
            let text = format!("{name} Error: too many connections from {address}");
            let detail = || format!("{of_client} of {most} from {address} are open");
            self.record_refusal(ctx, token, "client connections", "defer", &detail);
            return Verdict::Answer(Reply::new(421, Some((4, 7, 0)), text), true);
        }
        self.memory.inbound[token as usize].has_place = true;
        Verdict::Pass
    }

    fn record_refusal(
        &self,
        ctx: &mut Context<'_>,
        token: u32,
        policy: &str,
        decision: &str,
        detail: &dyn Fn() -> String,
    ) {
        let at = self.memory.inbound[token as usize].at(ctx.at());
        ctx.record(at, || What::Policy { policy: policy.into(), decision: decision.into(), detail: detail().into() });
    }
}
