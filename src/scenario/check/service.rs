//! How the service of an MTA is set up.

use std::net::{IpAddr, Ipv4Addr};

use super::Checker;
use crate::agent::mta::{Callers, Service};
use crate::identity::{Domain, Mailbox};
use crate::scenario::read::Fields;
use crate::scenario::tree::{Kind, Node};
use crate::smtp::Extension;
use crate::trace::HostId;

impl Checker {
    /// Who wants TLS before anything else must offer it.
    pub(super) fn offers_what_it_requires(
        &mut self,
        fields: &Fields<'_>,
        requires_tls: &[u16],
        listens: &[(u16, Service)],
    ) {
        let (Some(demand), Some(without)) = (fields.get("requires_tls"), fields.get("without")) else { return };
        let Kind::List(left_out) = &without.kind else { return };
        let is_it = |node: &Node| matches!(&node.kind, Kind::Name(name) if name == Extension::StartTls.word());
        let sealed = |port: &u16| listens.contains(&(*port, Service::Submissions));
        if left_out.iter().any(is_it) && requires_tls.iter().any(|port| !sealed(port)) {
            let d = self.r.at(&demand.span, "contradiction", "TLS is required, and STARTTLS is not offered");
            let d = d.label("how should a client begin?").also(without.span.clone(), "left out here");
            self.r.push(d.help("leave StartTls in, or serve the port as Submissions"));
        }
    }

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
    /// The domain that it shows to others.
    pub(super) fn masquerades_as(&mut self, fields: &Fields<'_>) -> Option<Domain> {
        let shown = fields.opt("masquerades_as", |node| self.r.domain(node))?;
        self.names.shown.insert(shown.clone());
        Some(shown)
    }

    /// At which of its addresses it listens.
    pub(super) fn bound_to(&mut self, id: HostId, outbound: &[Ipv4Addr], fields: &Fields<'_>) -> Vec<IpAddr> {
        let Some(node) = fields.get("bound_to") else { return Vec::new() };
        // The servers of `sites` have none before they are built, and have been told.
        let Some(host) = self.plan.hosts.get(id.0 as usize) else { return Vec::new() };
        let mut own = vec![IpAddr::V4(host.ipv4)];
        own.extend(outbound.iter().map(|address| IpAddr::V4(*address)).filter(|address| *address != host.ipv4));
        if matches!(fields.get("ipv6").map(|n| &n.kind), Some(Kind::Bool(true))) {
            own.push(IpAddr::V6(super::addresses::ipv6(id)));
        }
        let items = self.r.list(node, "addresses").unwrap_or(&[]);
        if items.is_empty() && matches!(node.kind, Kind::List(_)) {
            let _: Option<()> = self.r.bad_value(&node.span, "it listens at no address", "expected at least one");
        }
        let mut bound = Vec::new();
        for item in items {
            let address = match &item.kind {
                Kind::Name(name) if name == "Ipv6" => own.iter().find(|address| address.is_ipv6()).copied(),
                _ => {
                    let Some(address) = self.r.ipv4(item) else { continue };
                    own.iter().find(|known| **known == address).copied()
                }
            };
            match address {
                Some(address) => bound.push(address),
                None => {
                    let d = self.r.at(&item.span, "unknown-address", "this host has no such address");
                    let mine: Vec<String> = own.iter().map(IpAddr::to_string).collect();
                    self.r.push(d.label("not one of its own").note(format!("it has {}", mine.join(", "))));
                }
            }
        }
        bound
    }
}
