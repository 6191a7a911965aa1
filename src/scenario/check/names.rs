//! The names of a scenario: hosts, domains and mailboxes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::agent::mta::Service;
use crate::identity::{Domain, Mailbox};
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
    /// Domains that servers put in the place of others in the reverse-paths of their people.
    pub(super) shown: HashSet<Domain>,
    /// What hosts serve on which ports.
    pub(super) listens: HashMap<HostId, Vec<(u16, Service)>>,
    /// The addresses that MTAs send from, by host.
    pub(super) outbound: HashMap<u32, Vec<std::net::Ipv4Addr>>,
    /// The domains that a host files mail for, and those that it only passes on.
    pub(super) own_domains: HashMap<u32, Vec<Domain>>,
    pub(super) backup_domains: HashMap<u32, Vec<Domain>>,
    /// Where the keys of `zones` are.
    pub(super) zone_spans: HashMap<Domain, Range<usize>>,
    /// Zones that name servers want, with where they say so.
    pub(super) wanted_zones: Vec<(HostId, Domain, Range<usize>)>,
    /// Hosts that hand mail over by LMTP, to whom, and where they say so.
    pub(super) wanted_lmtp: Vec<(HostId, HostId, Range<usize>)>,
    /// Mailboxes that people look into.
    pub(super) wanted_accounts: Vec<super::reading::WantedAccount>,
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

    /// Whether mail is for this mailbox or from it, or may be once a server has put another domain into its reverse-path.
    pub(super) fn corresponds(&self, mailbox: &Mailbox) -> bool {
        self.correspondents.contains(mailbox)
            || (self.shown.contains(mailbox.domain())
                && self.correspondents.iter().any(|known| known.local_part() == mailbox.local_part()))
    }

    pub(super) fn files_for(&mut self, host: HostId, domain: &Domain) {
        self.own_domains.entry(host.0).or_default().push(domain.clone());
    }

    /// The domains that a host files mail for.
    pub(super) fn domains_of(&self, host: HostId) -> &[Domain] {
        self.own_domains.get(&host.0).map_or(&[], Vec::as_slice)
    }

    /// Whether a host serves this port behind TLS, from the first byte on.
    pub(super) fn seals(&self, host: HostId, port: u16) -> bool {
        self.listens.get(&host).is_some_and(|listens| listens.contains(&(port, Service::Submissions)))
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
    pub(super) fn knows_domain(&self, domain: &str) -> bool {
        domain.starts_with('[')
            || self.domains.contains_key(domain)
            || self.by_name.contains_key(domain)
            || self.is_nowhere(domain)
            || self.written_zones.contains(domain)
            // A name inside a written zone may have records of its own.
            || domain.match_indices('.').any(|(i, _)| self.written_zones.contains(&domain[i + 1..]))
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
