//! "There is no such ...": names that the scenario speaks of are looked up among those that it has.

use std::ops::Range;
use std::sync::Arc;

use super::Checker;
use super::names::{HostKind, some};
use crate::identity::{Domain, Mailbox};
use crate::scenario::read::Fields;
use crate::scenario::tree::{Kind, Node};
use crate::trace::HostId;

impl Checker {
    pub(super) fn nowhere(&mut self, fields: &Fields<'_>) {
        for node in fields.items(&mut self.r, "nowhere", "domains and mailboxes") {
            if matches!(&node.kind, Kind::Text(t) if t.contains('@')) {
                let mailbox = self.r.mailbox(node);
                self.names.no_mailboxes.extend(mailbox);
            } else {
                let domain = self.r.domain(node);
                self.names.no_domains.extend(domain);
            }
        }
        // The keys of `zones`, before anything else asks for them.
        if let Some(Kind::Map(entries)) = fields.get("zones").map(|n| &n.kind) {
            for (key, _) in entries {
                if let Kind::Text(text) = &key.kind {
                    let Ok(domain) = text.parse::<Domain>() else { continue };
                    self.names.zone_spans.insert(domain.clone(), key.span.clone());
                    self.names.written_zones.insert(domain);
                }
            }
        }
    }

    /// The host of this name.
    pub(super) fn host(&mut self, node: &Node) -> Option<HostId> {
        let name = self.r.text(node)?;
        if let Some(id) = self.names.by_name.get(name) {
            return Some(*id);
        }
        if self.r.is_full() {
            return None;
        }
        let d = self.r.at(&node.span, "unknown-host", format!("there is no host `{name}`"));
        let d = d.label("not one of the `hosts`");
        let near = crate::diag::nearest(name, self.names.hosts.iter().map(|h| &*h.name));
        let d = match near {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d.note(format!("the hosts are {}", some(self.names.hosts.iter().map(|h| &*h.name)))),
        };
        self.r.push(d);
        None
    }

    /// The host of this name, which must be of a kind.
    pub(super) fn host_that(&mut self, node: &Node, wanted: &str, good: impl Fn(HostKind) -> bool) -> Option<HostId> {
        let id = self.host(node)?;
        let kind = self.names.kind(id);
        if good(kind) || kind == HostKind::Unknown {
            return Some(id);
        }
        let name = Arc::clone(&self.names.hosts[id.0 as usize].name);
        let d = self.r.at(&node.span, "wrong-host", format!("`{name}` is {}, not {wanted}", kind.said()));
        let declared = self.names.hosts[id.0 as usize].span.clone();
        self.r.push(d.label(format!("expected {wanted}")).also(declared, "declared here"));
        None
    }

    pub(super) fn mta_host(&mut self, node: &Node) -> Option<HostId> {
        self.host_that(node, "an Mta", |k| k == HostKind::Mta)
    }

    /// A mailbox that mail can be sent to: it exists, or does not exist on purpose.
    pub(super) fn recipient(&mut self, node: &Node) -> Option<Mailbox> {
        let mailbox = self.r.mailbox(node)?;
        self.check_recipient(&mailbox, &node.span);
        Some(mailbox)
    }

    pub(super) fn check_recipient(&mut self, mailbox: &Mailbox, span: &Range<usize>) {
        let domain = mailbox.domain();
        let on_purpose = self.names.no_mailboxes.contains(mailbox) || self.names.is_nowhere(domain);
        if on_purpose || self.names.holes || self.names.exists(mailbox) {
            return;
        }
        if !self.names.knows_domain(domain) {
            if self.r.is_full() {
                return;
            }
            self.names.missed.insert(mailbox.clone());
            let d = self.r.at(span, "unknown-domain", format!("nobody receives mail for the domain `{domain}`"));
            let d = d.label("not a domain of any host");
            let near = crate::diag::nearest(domain, self.names.domain_order.iter().map(Domain::as_str));
            let d = match near {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.note(format!("the domains are {}", some(self.names.domain_order.iter().map(Domain::as_str)))),
            };
            self.r.push(d.help(format!("if it does not exist on purpose, say so: nowhere: [\"{domain}\"]")));
            return;
        }
        let Some(served) = self.names.domains.get(domain).filter(|s| !s.hosts.is_empty()) else { return };
        if self.r.is_full() {
            return;
        }
        self.names.missed.insert(mailbox.clone());
        let mut locals: Vec<&str> = served.locals.iter().map(String::as_str).collect();
        locals.sort_unstable();
        let d = self.r.at(span, "unknown-mailbox", format!("there is no mailbox `{mailbox}`"));
        let near = crate::diag::nearest(mailbox.local_part(), locals.iter().copied());
        let d = match near {
            Some(near) => d.help(format!("did you mean `{near}@{domain}`?")),
            None => d.note(format!("`{domain}` has {}", some(locals.into_iter()))),
        };
        let d = d.label(format!("not a mailbox of `{domain}`"));
        self.r.push(d.help(format!("if it does not exist on purpose, say so: nowhere: [\"{mailbox}\"]")));
    }
}
