//! How the service of an MTA is set up.

use super::Checker;
use crate::agent::mta::Callers;
use crate::identity::Mailbox;
use crate::scenario::read::Fields;
use crate::trace::HostId;

impl Checker {
    /// A list of hosts, sorted.
    pub(super) fn hosts_in(&mut self, fields: &Fields<'_>, name: &'static str) -> Vec<HostId> {
        let nodes = fields.items(&mut self.r, name, "hosts");
        let mut hosts: Vec<HostId> = nodes.iter().filter_map(|n| self.host(n)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// Who may connect.
    pub(super) fn callers(&mut self, fields: &Fields<'_>) -> Callers<HostId> {
        let only = self.hosts_in(fields, "takes_connections_from");
        let never = self.hosts_in(fields, "refuses_connections_from");
        match (fields.get("takes_connections_from"), fields.get("refuses_connections_from")) {
            (None, None) => Callers::All,
            (Some(_), None) => Callers::Only(only.into()),
            (None, Some(_)) => Callers::AllBut(never.into()),
            (Some(first), Some(second)) => {
                let message = "there is a list of those who may connect, and one of those who may not";
                let d = self.r.at(&second.span, "bad-value", message).label("whom does neither name?");
                let d = d.also(first.span.clone(), "the other list");
                self.r.push(d.help("write one of the two"));
                Callers::All
            }
        }
    }
    /// Who gets a copy of reports.
    pub(super) fn copies_undelivered_to(&mut self, fields: &Fields<'_>) -> Option<Mailbox> {
        let postmaster = fields.opt("copies_undelivered_to", |node| self.recipient(node))?;
        self.names.correspondents.insert(postmaster.clone());
        Some(postmaster)
    }
}
