//! Servers with mailboxes that take mail by LMTP.

use super::Checker;
use crate::agent::mta::Service;
use crate::identity::Domain;
use crate::scenario::plan::Role;
use crate::scenario::read::Fields;
use crate::trace::HostId;

/// The port that LMTP is usually served at (IANA: "any private mail system"; RFC 2033 §3 forbids 25).
const LMTP_PORT: u16 = 24;

impl Checker {
    /// Where mail goes by LMTP. At which port it is served there is seen when all hosts are known.
    pub(super) fn mailbox_servers(&mut self, id: HostId, fields: &Fields<'_>) -> Vec<(Domain, HostId, u16)> {
        let mut servers = Vec::new();
        let Some(node) = fields.get("mailbox_servers") else { return servers };
        for (key, value) in self.r.map(node, "from domains to hosts").unwrap_or(&[]) {
            let domain = self.r.domain(key);
            let Some(host) = self.next_mta(value, id) else { continue };
            servers.extend(domain.map(|domain| (domain, host, LMTP_PORT)));
            self.names.wanted_lmtp.push((id, host, value.span.clone()));
        }
        servers
    }

    /// The ports at which mailbox servers take mail by LMTP.
    pub(super) fn mailbox_ports(&mut self) {
        for (client, server, span) in std::mem::take(&mut self.names.wanted_lmtp) {
            let port = match &self.plan.hosts[server.0 as usize].role {
                Role::Mta(mta) => mta.listens.iter().find(|(_, s)| *s == Service::Lmtp).map(|(port, _)| *port),
                _ => None,
            };
            let Some(port) = port else {
                let name = &self.names.hosts[server.0 as usize].name;
                let d = self.r.at(&span, "no-lmtp", format!("`{name}` does not take mail by LMTP"));
                let d = d.label("nothing there serves it");
                self.r.push(d.help(format!("add listens: {{ 24: Lmtp }} to `{name}`")));
                continue;
            };
            if let Role::Mta(mta) = &mut self.plan.hosts[client.0 as usize].role {
                let mine = mta.mailbox_servers.iter_mut().filter(|(_, host, _)| *host == server);
                mine.for_each(|(_, _, known)| *known = port);
            }
        }
    }
}
