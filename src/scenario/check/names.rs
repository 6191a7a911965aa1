//! The names of a scenario, and "there is no such ...".

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::Checker;
use crate::identity::{Domain, Mailbox};
use crate::scenario::read::Fields;
use crate::scenario::tree::{Kind, Node};
use crate::trace::HostId;

/// What a host is, as far as others need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostKind {
    User,
    Mta,
    NameServer {
        recursive: bool,
    },
    Router,
    /// Not understood, which has been told: it may be anything.
    Unknown,
}

impl HostKind {
    pub(super) fn said(self) -> &'static str {
        match self {
            HostKind::User => "a User",
            HostKind::Mta => "an Mta",
            HostKind::NameServer { .. } => "a NameServer",
            HostKind::Router => "a Router",
            HostKind::Unknown => "unknown",
        }
    }
}

/// A declared host.
#[derive(Debug)]
pub(super) struct HostName {
    pub(super) name: Arc<str>,
    /// Where it is declared.
    pub(super) span: Range<usize>,
    pub(super) kind: HostKind,
}

/// A domain that some host receives mail for.
#[derive(Debug, Default)]
pub(super) struct Served {
    /// Local parts in lower case.
    pub(super) locals: BTreeSet<String>,
    pub(super) catch_all: bool,
    /// Hosts that file its mail.
    pub(super) hosts: Vec<HostId>,
    /// Hosts that only pass it on.
    pub(super) backups: Vec<HostId>,
}

/// Everything that has a name.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) hosts: Vec<HostName>,
    pub(super) by_name: HashMap<Arc<str>, HostId>,
    /// Which user host writes as this mailbox.
    pub(super) writers: HashMap<Mailbox, HostId>,
    pub(super) domains: HashMap<Domain, Served>,
    /// Domains in the order of the file.
    pub(super) domain_order: Vec<Domain>,
    /// Zones that are written.
    pub(super) written_zones: HashSet<Domain>,
    /// What does not exist on purpose.
    pub(super) no_domains: HashSet<Domain>,
    pub(super) no_mailboxes: HashSet<Mailbox>,
    /// Mailboxes whose mail goes on to others, in lower case, as servers compare them.
    pub(super) forwarded: HashSet<String>,
    /// Who writes or is written to: what claims can be about.
    pub(super) correspondents: HashSet<Mailbox>,
    /// The addresses that MTAs send from, by host.
    pub(super) outbound: HashMap<u32, Vec<std::net::Ipv4Addr>>,
    /// The domains that a host files mail for, and those that it only passes on.
    pub(super) own_domains: HashMap<u32, Vec<Domain>>,
    pub(super) backup_domains: HashMap<u32, Vec<Domain>>,
    /// Where the keys of `zones` are.
    pub(super) zone_spans: HashMap<Domain, Range<usize>>,
    /// Zones that name servers want, with where they say so.
    pub(super) wanted_zones: Vec<(HostId, Domain, Range<usize>)>,
    /// Mailboxes that were missed already: one diagnostic is enough for each.
    pub(super) missed: HashSet<Mailbox>,
    /// Whether some host was not understood, so that what seems to be missing may be there.
    pub(super) holes: bool,
    /// The zone of clocks that do not say otherwise.
    pub(super) zone_minutes: i16,
}

impl Names {
    pub(super) fn served(&mut self, domain: &Domain) -> &mut Served {
        if !self.domains.contains_key(domain) {
            self.domain_order.push(domain.clone());
        }
        self.domains.entry(domain.clone()).or_default()
    }

    pub(super) fn files_for(&mut self, host: HostId, domain: &Domain) {
        self.own_domains.entry(host.0).or_default().push(domain.clone());
    }

    /// The domains that a host files mail for.
    pub(super) fn domains_of(&self, host: HostId) -> &[Domain] {
        self.own_domains.get(&host.0).map_or(&[], Vec::as_slice)
    }

    pub(super) fn kind(&self, id: HostId) -> HostKind {
        self.hosts[id.0 as usize].kind
    }

    /// Whether mail for this mailbox is filed or goes on somewhere.
    pub(super) fn exists(&self, mailbox: &Mailbox) -> bool {
        let local = mailbox.local_part().to_lowercase();
        let filed = self.domains.get(mailbox.domain()).is_some_and(|d| d.catch_all || d.locals.contains(&local));
        filed || self.forwarded.contains(&mailbox.as_str().to_ascii_lowercase())
    }

    /// Whether this name, or one above it, does not exist on purpose.
    pub(super) fn is_nowhere(&self, domain: &str) -> bool {
        let above = domain.match_indices('.').map(|(i, _)| &domain[i + 1..]);
        !self.no_domains.is_empty() && std::iter::once(domain).chain(above).any(|d| self.no_domains.contains(d))
    }

    /// Whether this domain is known in any way.
    fn knows_domain(&self, domain: &str) -> bool {
        domain.starts_with('[')
            || self.domains.contains_key(domain)
            || self.by_name.contains_key(domain)
            || self.is_nowhere(domain)
            || self.written_zones.contains(domain)
            // A name inside a written zone may have records of its own.
            || domain.match_indices('.').any(|(i, _)| self.written_zones.contains(&domain[i + 1..]))
    }
}

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

/// The first few of many names.
pub(super) fn some<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let first: Vec<String> = names.by_ref().take(8).map(|n| format!("`{n}`")).collect();
    match (first.is_empty(), names.count()) {
        (true, _) => "none".into(),
        (_, 0) => first.join(", "),
        (_, more) => format!("{} and {more} more", first.join(", ")),
    }
}
