//! The DNS: written zones, and those that follow from hosts and domains.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use super::Checker;
use super::names::{HostKind, some};
use super::records;
use crate::agent::mta::Service;
use crate::dns::mail::{IMAP, IMAPS, POP3, POP3S, SUBMISSION, SUBMISSIONS};
use crate::dns::{Name, Record, RecordData, RecordType, Srv};
use crate::identity::{Domain, Mailbox};
use crate::scenario::plan::{HostPlan, Role, SubmitsTo, ZoneIndex, ZonePlan};
use crate::scenario::read::Fields;
use crate::scenario::schema::ZONE;
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;
use crate::trace::HostId;

const TTL_SECS: u32 = 3600;
const NEGATIVE_TTL: Duration = Duration::from_mins(5);

impl Checker {
    pub(super) fn zones(&mut self, fields: &Fields<'_>) {
        let mut targets: Vec<(Name, Range<usize>, RecordType)> = Vec::new();
        let mut no_hosts: HashSet<u32> = HashSet::new();
        if let Some(node) = fields.get("zones") {
            for (key, value) in self.r.map(node, "from domains to lists of records").unwrap_or(&[]) {
                let Some(origin) = self.r.domain(key) else { continue };
                if self.zone_of.contains_key(origin.as_str()) {
                    continue; // Told as a duplicate key.
                }
                self.written_zone(origin, value, &mut targets, &mut no_hosts);
            }
        }
        let written = self.plan.zones.len();
        for domain in self.names.domain_order.clone() {
            if self.zone_around(domain.as_str()).is_none_or(|z| (z as usize) >= written) {
                self.add_zone(&domain, false);
            }
        }
        self.host_addresses(&no_hosts);
        self.exchangers();
        self.submission_servers();
        self.targets(targets);
        self.cname_alone();
        for (host, domain, span) in std::mem::take(&mut self.names.wanted_zones) {
            self.serve(host, &domain, &span);
        }
    }

    fn add_zone(&mut self, origin: &Domain, written: bool) -> u32 {
        if let Some(index) = self.zone_of.get(origin.as_str()) {
            return *index;
        }
        let index = self.plan.zones.len() as u32;
        self.zone_of.insert(Arc::from(origin.as_str()), index);
        self.plan.zones.push(ZonePlan {
            origin: origin.clone(),
            servers: Vec::new(),
            records: Vec::new(),
            negative_ttl: NEGATIVE_TTL,
            written,
        });
        index
    }

    /// The smallest zone that holds a name.
    fn zone_around(&self, name: &str) -> Option<u32> {
        let cuts = std::iter::once(0).chain(name.match_indices('.').map(|(i, _)| i + 1));
        cuts.filter_map(|at| self.zone_of.get(&name[at..])).next().copied()
    }

    fn written_zone(
        &mut self,
        origin: Domain,
        value: &Node,
        targets: &mut Vec<(Name, Range<usize>, RecordType)>,
        no_hosts: &mut HashSet<u32>,
    ) {
        let index = self.add_zone(&origin, true);
        let mut ttl_secs = TTL_SECS;
        let nodes = if let Kind::List(items) = &value.kind {
            items.as_slice()
        } else {
            let Some(fields) = self.r.fields(value, &ZONE) else { return };
            let r = &mut self.r;
            ttl_secs = fields.or("ttl", TTL_SECS, |n| records::ttl(r, n));
            let longest = Duration::from_hours(7 * 24);
            let negative = |n| r.duration_in(n, Duration::ZERO, longest);
            self.plan.zones[index as usize].negative_ttl = fields.or("negative_ttl", NEGATIVE_TTL, negative);
            if !fields.or("hosts", true, |n| r.bool(n)) {
                no_hosts.insert(index);
            }
            fields.items(r, "records", "records")
        };
        let mut seen = HashSet::new();
        for node in nodes {
            let Kind::Tuple(None, parts) = &node.kind else {
                let _: Option<()> = self.r.wrong_type(node, "a record: (\"@\", \"MX 10 mx1.blue.example\")");
                continue;
            };
            let (name, text, ttl) = match parts.as_slice() {
                [name, text] => (name, text, None),
                [name, text, ttl] => (name, text, Some(ttl)),
                _ => {
                    let _: Option<()> = self.r.wrong_type(node, "a record: (name, type and value, TTL if need be)");
                    continue;
                }
            };
            let owner = records::owner(&mut self.r, name, &origin);
            let data = records::data(&mut self.r, text);
            let ttl_secs = ttl.and_then(|n| records::ttl(&mut self.r, n)).unwrap_or(ttl_secs);
            let (Some(name), Some(data)) = (owner, data) else { continue };
            if let Some(target) = target(&data) {
                targets.push((target.clone(), text.span.clone(), data.rtype()));
            }
            let name = Name::from(&name);
            if !seen.insert((name.clone(), data.clone())) {
                let d = self.r.at(&node.span, "duplicate", "this record is written twice").label("again here");
                self.r.push(d);
                continue;
            }
            self.plan.zones[index as usize].records.push(Record { name, ttl_secs, data });
        }
    }

    /// A and AAAA for every host with a name in the DNS, where its zone says nothing of it; PTR for every address.
    fn host_addresses(&mut self, no_hosts: &HashSet<u32>) {
        let mut reverse: Vec<(IpAddr, Domain)> = Vec::new();
        let spoken_for: HashSet<Name> = self
            .plan
            .zones
            .iter()
            .flat_map(|z| &z.records)
            .filter(|r| matches!(r.data, RecordData::A(_) | RecordData::Aaaa(_) | RecordData::Cname(_)))
            .map(|r| r.name.clone())
            .collect();
        for i in 0..self.plan.hosts.len() {
            let host = &self.plan.hosts[i];
            let Some(name) = host.domain.clone() else { continue };
            let (ipv4, ipv6) = (host.ipv4, host.ipv6);
            if let Role::Mta(mta) = &host.role {
                reverse.extend(mta.outbound_addresses.iter().map(|a| (IpAddr::V4(*a), name.clone())));
            }
            reverse.push((IpAddr::V4(ipv4), name.clone()));
            reverse.extend(ipv6.map(|a| (IpAddr::V6(a), name.clone())));
            let zone = self.zone_around(name.as_str()).unwrap_or_else(|| {
                let parent = name.as_str().split_once('.').map_or("", |(_, parent)| parent);
                let origin =
                    if parent.contains('.') { parent.parse().unwrap_or_else(|_| name.clone()) } else { name.clone() };
                self.add_zone(&origin, false)
            });
            if no_hosts.contains(&zone) || spoken_for.contains(name.as_str()) {
                continue;
            }
            let records = &mut self.plan.zones[zone as usize].records;
            let name = Name::from(&name);
            records.push(Record { name: name.clone(), ttl_secs: TTL_SECS, data: RecordData::A(ipv4) });
            if let Some(a) = ipv6 {
                records.push(Record { name, ttl_secs: TTL_SECS, data: RecordData::Aaaa(a) });
            }
        }
        let known: HashSet<Name> = self
            .plan
            .zones
            .iter()
            .flat_map(|z| &z.records)
            .filter(|r| matches!(r.data, RecordData::Ptr(_)))
            .map(|r| r.name.clone())
            .collect();
        for (address, name) in reverse {
            let owner = Domain::reverse(address);
            let top = if address.is_ipv4() { "in-addr.arpa" } else { "ip6.arpa" };
            let Ok(top) = top.parse::<Domain>() else { continue };
            if known.contains(owner.as_str()) {
                continue;
            }
            let zone = self.zone_around(owner.as_str()).unwrap_or_else(|| self.add_zone(&top, false));
            if no_hosts.contains(&zone) {
                continue;
            }
            let data = RecordData::Ptr(Name::from(&name));
            let record = Record { name: Name::from(&owner), ttl_secs: TTL_SECS, data };
            self.plan.zones[zone as usize].records.push(record);
        }
    }

    /// MX for every domain whose zone is not written: those who file its mail first, then those who relay for it.
    fn exchangers(&mut self) {
        for domain in self.names.domain_order.clone() {
            let Some(zone) = self.zone_around(domain.as_str()) else { continue };
            if self.plan.zones[zone as usize].written {
                continue;
            }
            let served = &self.names.domains[&domain];
            let first = served.hosts.iter().map(|h| (10, *h));
            let hosts: Vec<(u16, HostId)> = first.chain(served.backups.iter().map(|h| (20, *h))).collect();
            for (preference, host) in hosts {
                let Some(name) = self.plan.hosts[host.0 as usize].domain.clone() else {
                    let entry = &self.names.hosts[host.0 as usize];
                    let message =
                        format!("the MX of `{domain}` would be `{}`, which has no name in the DNS", entry.name);
                    let d = self.r.at(&entry.span, "mx-nowhere", message).label("a name without a dot");
                    self.r.push(d.help(format!("call it \"mx.{domain}\", or write the zone of `{domain}`")));
                    continue;
                };
                let data = RecordData::mx(preference, Name::from(&name));
                self.plan.zones[zone as usize].records.push(Record {
                    name: Name::from(&domain),
                    ttl_secs: TTL_SECS,
                    data,
                });
            }
        }
    }

    /// SRV for the domains of those who look their server up, where the zone is not written (RFC 6186 §3.1, RFC 8314 §5.1): the servers that
    /// file its mail, those behind TLS before those with STARTTLS.
    fn submission_servers(&mut self) {
        let mut domains: Vec<Domain> = Vec::new();
        for host in &self.plan.hosts {
            let Role::User(user) = &host.role else { continue };
            let discovers = user.submits_to == Some(SubmitsTo::Discovered);
            let mailboxes = user.mailboxes.iter().filter(|_| discovers).map(Mailbox::to_domain);
            let accounts = user.reading.accounts.iter().filter(|account| account.server.is_none());
            let accounts = accounts.map(|account| account.account.mailbox.to_domain());
            for domain in mailboxes.chain(accounts) {
                if !domains.contains(&domain) {
                    domains.push(domain);
                }
            }
        }
        for domain in domains {
            let zone = self.zone_around(domain.as_str()).filter(|z| !self.plan.zones[*z as usize].written);
            let (Some(zone), Some(served)) = (zone, self.names.domains.get(&domain)) else { continue };
            let mut records = Vec::new();
            for host in &served.hosts {
                let HostPlan { domain: Some(name), role: Role::Mta(mta), .. } = &self.plan.hosts[host.0 as usize]
                else {
                    continue;
                };
                for (port, service) in &mta.listens {
                    let (label, priority) = match service {
                        Service::Submissions => (SUBMISSIONS, 0),
                        Service::Submission => (SUBMISSION, 10),
                        Service::Imaps => (IMAPS, 0),
                        Service::Imap => (IMAP, 10),
                        Service::Pop3s => (POP3S, 20),
                        Service::Pop3 => (POP3, 30),
                        Service::Smtp | Service::Lmtp => continue,
                    };
                    let Ok(owner) = format!("{label}.{domain}").parse::<Name>() else { continue };
                    let srv = Srv { priority, weight: 1, port: *port, target: Name::from(name) };
                    records.push(Record { name: owner, ttl_secs: TTL_SECS, data: RecordData::Srv(Box::new(srv)) });
                }
            }
            self.plan.zones[zone as usize].records.extend(records);
        }
    }

    /// What MX, SRV, CNAME and NS name must exist, or be absent on purpose.
    fn targets(&mut self, targets: Vec<(Name, Range<usize>, RecordType)>) {
        if targets.is_empty() {
            return;
        }
        let owners: HashSet<&Name> = self.plan.zones.iter().flat_map(|z| &z.records).map(|r| &r.name).collect();
        let mut told = Vec::new();
        for (target, span, rtype) in targets {
            let name = target.as_str();
            if owners.contains(&target) || self.names.is_nowhere(name) {
                continue;
            }
            if told.len() >= 100 {
                break;
            }
            let d = self.r.at(&span, "unknown-host", format!("this {rtype} points at `{name}`, which does not exist"));
            let d = d.label("no host and no record has this name");
            let d = d.did_you_mean(name, self.names.hosts.iter().map(|h| &*h.name));
            told.push(d.help(format!("if it does not exist on purpose, say so: nowhere: [\"{name}\"]")));
        }
        told.into_iter().for_each(|d| self.r.push(d));
    }

    /// RFC 1034 §3.6.2: a name with a CNAME has nothing else.
    fn cname_alone(&mut self) {
        let mut told: Vec<(Name, Domain)> = Vec::new();
        for zone in self.plan.zones.iter().filter(|z| z.written) {
            let mut count: HashMap<&Name, usize> = HashMap::new();
            zone.records.iter().for_each(|r| *count.entry(&r.name).or_default() += 1);
            let doubles = zone.records.iter().filter(|r| matches!(r.data, RecordData::Cname(_)) && count[&r.name] > 1);
            told.extend(doubles.map(|c| (c.name.clone(), zone.origin.clone())));
        }
        told.dedup();
        for (name, origin) in told {
            // The place of the key is not kept: the zone's first mention is the best there is.
            let span = self.names.zone_spans.get(&origin).cloned().unwrap_or(0..0);
            let d = self.r.at(&span, "bad-record", format!("`{}` has a CNAME and other records", name.as_str()));
            let d = d.label("in this zone").note("a name with a CNAME has nothing else (RFC 1034 §3.6.2)");
            self.r.push(d);
        }
    }

    fn serve(&mut self, host: HostId, domain: &Domain, span: &Range<usize>) {
        let Some(index) = self.zone_of.get(domain.as_str()).copied() else {
            if self.r.is_full() {
                return;
            }
            let d = self.r.at(span, "unknown-zone", format!("there is no zone `{domain}`"));
            let d = d.label("neither written nor the domain of a host");
            let zones: Vec<&str> = self.plan.zones.iter().map(|z| z.origin.as_str()).collect();
            let d = match crate::diag::nearest(domain.as_str(), zones.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.note(format!("the zones are {}", some(zones.into_iter()))),
            };
            self.r.push(d);
            return;
        };
        let zone = &mut self.plan.zones[index as usize];
        if zone.servers.contains(&host) {
            let d = self.r.at(span, "duplicate", format!("the zone `{domain}` is listed twice")).label("again here");
            self.r.push(d);
            return;
        }
        zone.servers.push(host);
        if let Role::NameServer(server) = &mut self.plan.hosts[host.0 as usize].role {
            server.zones.push(ZoneIndex(index));
        }
        if self.plan.hosts[host.0 as usize].domain.is_none() {
            let entry = &self.names.hosts[host.0 as usize];
            let message = format!("the name server `{}` has no name in the DNS", entry.name);
            let d = self.r.at(&entry.span, "bad-host-name", message).label("a name without a dot");
            self.r.push(d.help(format!("call it \"ns.{domain}\"")));
        }
    }

    /// Whom hosts ask that do not say it.
    pub(super) fn resolvers(&mut self, fields: &Fields<'_>) {
        let written = fields.get("resolver").map(|n| self.resolver(n));
        let is_recursive = |h: &super::names::HostName| h.kind == HostKind::NameServer { recursive: true };
        let first = self.names.hosts.iter().position(is_recursive).map(|i| HostId(i as u32));
        let default = written.unwrap_or(first);
        for host in &mut self.plan.hosts {
            host.resolver = host.resolver.or(default);
        }
    }

    /// The zone of this name.
    pub(super) fn zone(&mut self, node: &Node) -> Option<(ZoneIndex, Domain)> {
        let domain = self.r.domain(node)?;
        if let Some(index) = self.zone_of.get(domain.as_str()) {
            return Some((ZoneIndex(*index), domain));
        }
        if self.r.is_full() {
            return None;
        }
        let d = self.r.at(&node.span, "unknown-zone", format!("there is no zone `{domain}`")).label("not a zone");
        let zones: Vec<&str> = self.plan.zones.iter().map(|z| z.origin.as_str()).collect();
        let d = match crate::diag::nearest(domain.as_str(), zones.iter().copied()) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d.note(format!("the zones are {}", some(zones.into_iter()))),
        };
        self.r.push(d);
        None
    }

    /// Whether a name exists that a record may point at.
    pub(super) fn check_target(&mut self, data: &RecordData, span: &Range<usize>) {
        if let Some(target) = target(data) {
            self.targets(vec![(target.clone(), span.clone(), data.rtype())]);
        }
    }
}

/// The name that a record points at.
fn target(data: &RecordData) -> Option<&Name> {
    match data {
        RecordData::Mx { exchange, .. } => Some(exchange).filter(|name| !name.is_root()),
        RecordData::Srv(srv) => Some(&srv.target).filter(|name| !name.is_root()),
        RecordData::Cname(name) | RecordData::Ns(name) => Some(name),
        _ => None,
    }
}
