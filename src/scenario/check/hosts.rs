//! What hosts there are, and what each one is.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::Checker;
use super::drafts::{Draft, SitesPlan};
use super::names::{HostKind, HostName};
use crate::agent::courier::{self, SUBMISSIONS_PORT};
use crate::agent::user;
use crate::identity::{Domain, Mailbox};
use crate::queue;
use crate::scenario::plan::{HostPlan, NameServerPlan, ReadingPlan, Role, Sending, SubmitsTo, TlsDemand, UserPlan};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::{
    MAILBOX_SERVER, MTA, NAME_SERVER, ROUTER, USER, client_settings, host_settings, name_server_settings, user_settings,
};
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;
use crate::sim::calendar::Calendar;
use crate::smtp::client::{self, StartTls};
use crate::smtp::timeouts::Patience;
use crate::trace::HostId;

impl Checker {
    /// Names of hosts, domains and mailboxes.
    pub(super) fn declare_hosts<'n>(&mut self, scenario: &Fields<'n>) -> Vec<Draft<'n>> {
        let mut drafts = Vec::new();
        let hosts = scenario.get("hosts");
        let entries = hosts.and_then(|node| self.r.map(node, "from host names to what they are")).unwrap_or(&[]);
        let misread = hosts.is_some_and(|n| !matches!(n.kind, Kind::Map(_)));
        self.names.holes |= misread;
        if entries.is_empty() && scenario.get("sites").is_none() && !misread {
            let span = hosts.map_or(&scenario.span, |n| &n.span);
            let d = self.r.at(span, "no-hosts", "a scenario needs hosts").label("nobody is there");
            self.r.push(d.help("add hosts: {\"laptop\": User(..), \"mail.green.example\": Mta(..)}"));
        }
        for (key, node) in entries {
            let name = self.host_name(key);
            let Some(fields) =
                self.r.variant(node, "a kind of host", &[&USER, &MTA, &MAILBOX_SERVER, &NAME_SERVER, &ROUTER])
            else {
                self.names.holes = true;
                // Known by name all the same, so that others may speak of it.
                if let Some(name) = name {
                    self.declare(&name, &key.span, HostKind::Unknown);
                }
                continue;
            };
            self.names.holes |= fields.strange;
            let Some(name) = name else { continue };
            let recursive = || matches!(fields.get("recursive").map(|n| &n.kind), Some(Kind::Bool(true)));
            let kind = match fields.shape.name {
                "User" => HostKind::User,
                "Mta" | "MailboxServer" => HostKind::Mta,
                "NameServer" => HostKind::NameServer { recursive: recursive() },
                _ => HostKind::Router,
            };
            let Some(id) = self.declare(&name, &key.span, kind) else { continue };
            if kind == HostKind::User {
                self.declare_writers(id, &fields);
            } else if kind == HostKind::Mta {
                self.declare_domains(id, &fields);
                // Known before any host is built: users depend on what their servers serve.
                let listens = self.listens(&fields);
                self.names.listens.insert(id, listens);
            }
            drafts.push(Draft { id, key: key.span.clone(), fields });
        }
        drafts
    }

    fn host_name(&mut self, key: &Node) -> Option<Arc<str>> {
        let name = self.r.text(key)?;
        let why = match Domain::check(name) {
            Ok(()) if name.starts_with('[') => "an address cannot be the name of a host".to_owned(),
            Ok(()) if name.bytes().any(|b| b.is_ascii_uppercase()) => "write host names in lower case".to_owned(),
            Ok(()) => return Some(Arc::from(name)),
            Err(why) => why.to_string(),
        };
        let d = self.r.at(&key.span, "bad-host-name", format!("`{name}` is not the name of a host: {why}"));
        self.r.push(d.label("expected a name such as \"laptop\" or \"mail.green.example\""));
        None
    }

    /// Gives a host its number; duplicates have been told already.
    pub(super) fn declare(&mut self, name: &Arc<str>, span: &Range<usize>, kind: HostKind) -> Option<HostId> {
        if self.names.by_name.contains_key(name) {
            return None;
        }
        let id = HostId(self.names.hosts.len() as u32);
        self.names.by_name.insert(Arc::clone(name), id);
        self.names.hosts.push(HostName { name: Arc::clone(name), span: span.clone(), kind });
        Some(id)
    }

    fn declare_writers(&mut self, id: HostId, fields: &Fields<'_>) {
        let mut nodes: Vec<&Node> = fields.get("mailbox").into_iter().collect();
        nodes.extend(fields.items(&mut self.r, "mailboxes", "mailboxes"));
        for node in nodes {
            let Some(mailbox) = self.r.mailbox(node) else { continue };
            if let Some(other) = self.names.writers.insert(mailbox.clone(), id) {
                self.names.writers.insert(mailbox.clone(), other);
                if other != id && fields.get("fetches").is_some() {
                    // Another machine of the same person.
                    continue;
                }
                let name = &self.names.hosts[other.0 as usize].name;
                let message = format!("`{mailbox}` already writes at `{name}`");
                let d = self.r.at(&node.span, "duplicate", message).label("a mailbox has one User");
                self.r.push(d.help("mail from another machine is said with `by: \"host\"` in `mail`"));
            }
        }
    }

    fn declare_domains(&mut self, id: HostId, fields: &Fields<'_>) {
        let catch_all = matches!(fields.get("catch_all").map(|n| &n.kind), Some(Kind::Bool(true)));
        for node in fields.items(&mut self.r, "domains", "domains") {
            let Some(domain) = self.r.domain(node) else { continue };
            let served = self.names.served(&domain);
            if served.hosts.contains(&id) {
                let d = self.r.at(&node.span, "duplicate", format!("the domain `{domain}` is listed twice"));
                self.r.push(d.label("listed again here"));
                continue;
            }
            served.hosts.push(id);
            served.catch_all |= catch_all;
            served.locals.insert("postmaster".into());
            self.names.files_for(id, &domain);
        }
        let is_mta = fields.shape.name == "Mta";
        let relay_for = if is_mta { fields.items(&mut self.r, "relay_for", "domains") } else { &[] };
        for node in relay_for {
            let Some(domain) = self.r.domain(node) else { continue };
            let served = self.names.served(&domain);
            if served.hosts.contains(&id) {
                let message = format!("this host files mail for `{domain}`: it cannot be its relay, too");
                let d = self.r.at(&node.span, "duplicate", message).label("also in `domains`");
                self.r.push(d.help("leave it out here"));
            } else if served.backups.contains(&id) {
                let d = self.r.at(&node.span, "duplicate", format!("the domain `{domain}` is listed twice"));
                self.r.push(d.label("listed again here"));
            } else {
                served.backups.push(id);
                self.names.backup_domains.entry(id.0).or_default().push(domain);
            }
        }
        self.declare_mailboxes(id, fields);
        let forwards = if is_mta { fields.get("forwards") } else { None };
        if let Some(Kind::Map(entries)) = forwards.map(|n| &n.kind) {
            for (key, _) in entries {
                if let Kind::Text(text) = &key.kind {
                    let mailbox = text.parse::<Mailbox>().ok();
                    self.names.forwarded.extend(mailbox.map(|m| m.as_str().to_ascii_lowercase()));
                }
            }
        }
    }

    pub(super) fn build_hosts(&mut self, drafts: Vec<Draft<'_>>, sites: Option<&SitesPlan<'_>>) {
        // A host whose kind was not understood stands in as a router, so that numbers stay in step.
        for (i, host) in self.names.hosts.iter().enumerate() {
            let domain = host.name.contains('.').then(|| host.name.parse().ok()).flatten();
            let calendar = Calendar::new(self.plan.start_unix_secs, self.names.zone_minutes);
            let ipv4 = self.plan.hosts[i].ipv4;
            let name = Arc::clone(&host.name);
            self.plan.hosts[i] =
                HostPlan { name, domain, ipv4, ipv6: None, tcp: None, resolver: None, calendar, role: Role::Router };
        }
        for draft in drafts {
            let role = match self.names.kind(draft.id) {
                HostKind::User => Role::User(self.user(&draft)),
                HostKind::Mta if draft.fields.shape.name == MAILBOX_SERVER.name => {
                    Role::Mta(Box::new(self.mailbox_server(draft.id, &draft.fields)))
                }
                HostKind::Mta => Role::Mta(Box::new(self.mta(draft.id, &draft.fields))),
                HostKind::NameServer { recursive } => {
                    // Which zones is read with the zones.
                    let mut server = NameServerPlan { zones: Vec::new(), recursive, processing: Duration::ZERO };
                    name_server_settings(&mut self.r, &draft.fields, &mut server);
                    Role::NameServer(server)
                }
                HostKind::Router | HostKind::Unknown => Role::Router,
            };
            self.common(&draft);
            self.plan.hosts[draft.id.0 as usize].role = role;
            self.name_server_zones(&draft);
        }
        if let Some(sites) = sites {
            self.build_sites(sites);
        }
        self.mailbox_ports();
        self.who_reads_where();
        self.who_relays_for_whom();
    }

    /// What every host can say.
    fn common(&mut self, draft: &Draft<'_>) {
        let fields = &draft.fields;
        let host = &mut self.plan.hosts[draft.id.0 as usize];
        if fields.or("ipv6", false, |n| self.r.bool(n)) {
            host.ipv6 = Some(super::addresses::ipv6(draft.id));
        }
        host_settings(&mut self.r, fields, host);
        let ahead_secs = fields.or("clock", 0, |n| self.r.offset_secs(n));
        let zone_minutes = fields.or("zone", self.names.zone_minutes, |n| self.r.zone(n));
        host.calendar = Calendar::new(self.plan.start_unix_secs.saturating_add(ahead_secs), zone_minutes);
        if let Some(node) = fields.get("resolver") {
            let resolver = self.resolver(node);
            self.plan.hosts[draft.id.0 as usize].resolver = resolver;
        }
    }

    pub(super) fn resolver(&mut self, node: &Node) -> Option<HostId> {
        self.host_that(node, "a recursive NameServer", |k| k == HostKind::NameServer { recursive: true })
    }

    fn user(&mut self, draft: &Draft<'_>) -> UserPlan {
        let fields = &draft.fields;
        let mailboxes = self.mailboxes_of(fields);
        if mailboxes.is_empty()
            && !fields.strange
            && fields.get("mailbox").is_none()
            && fields.get("mailboxes").is_none()
        {
            let d = self.r.at(&draft.key, "missing-field", "this User has no mailbox").label("nobody writes here");
            self.r.push(d.help("add mailbox: \"alice@green.example\""));
        }
        let submits_to = fields.get("submits_to").and_then(|n| self.submits_to(fields, n));
        let mut client = client::Config::default();
        let mut user =
            UserPlan { mailboxes, submits_to, port: 587, sending: Sending::default(), reading: ReadingPlan::default() };
        user_settings(&mut self.r, fields, &mut user, &mut client);
        // A person's program has one server.
        let courier = courier::Config { deliveries: u32::MAX, responsible: false, ..courier::Config::default() };
        // RFC 8314 §5.2: people's programs verify.
        let is_sealed = match submits_to {
            Some(SubmitsTo::Discovered) => true,
            Some(SubmitsTo::Host(server)) if self.names.seals(server, user.port) => true,
            _ => user.port == SUBMISSIONS_PORT,
        };
        let tls = if is_sealed { TlsDemand::Verified } else { TlsDemand::Never };
        user.sending = sending(&mut self.r, fields, client, courier, outbox(queue::Limits::default()), tls);
        user.reading = self.reading(draft.id, fields, &user);
        user
    }

    /// A server by its name, or whichever the author's domain names.
    fn submits_to(&mut self, fields: &Fields<'_>, node: &Node) -> Option<SubmitsTo> {
        let Kind::Name(name) = &node.kind else { return self.mta_host(node).map(SubmitsTo::Host) };
        if name != "Discover" {
            return self.r.choice(
                node,
                "a way to find a server (a host is written in quotes)",
                &[("Discover", SubmitsTo::Discovered)],
            );
        }
        if let Some(port) = fields.get("port") {
            let d =
                self.r.at(&port.span, "contradiction", "the port of a server that is looked up stands in the DNS, too");
            let d = d.label("has no effect").also(node.span.clone(), "looked up here");
            self.r.push(d.help("leave the port out, or name the server"));
        }
        Some(SubmitsTo::Discovered)
    }

    /// The mailboxes of a user, without telling again what was told when they were declared.
    fn mailboxes_of(&self, fields: &Fields<'_>) -> Vec<Mailbox> {
        let mut nodes: Vec<&Node> = fields.get("mailbox").into_iter().collect();
        if let Some(Kind::List(items)) = fields.get("mailboxes").map(|n| &n.kind) {
            nodes.extend(items);
        }
        let mut seen = HashSet::new();
        let texts =
            nodes.iter().filter_map(|n| if let Kind::Text(t) = &n.kind { t.parse::<Mailbox>().ok() } else { None });
        texts.filter(|m| seen.insert(m.clone())).collect()
    }
}

/// A port of TCP.
pub(super) fn port(r: &mut Reader, node: &Node) -> Option<u16> {
    r.number(node, 1, 65_535).map(|port| port as u16)
}

/// The outbox of a person's program.
pub(super) fn outbox(limits: queue::Limits) -> queue::Config {
    queue::Config { schedule: user::outbox_schedule(), lifetime: None, delay_warning: None, limits }
}

/// What every sender can say.
pub(super) fn sending(
    r: &mut Reader,
    fields: &Fields<'_>,
    mut client: client::Config,
    mut courier: courier::Config,
    queue: queue::Config,
    tls: TlsDemand,
) -> Sending {
    let names = [
        ("Rfc5321", Patience::Rfc5321),
        ("Postfix", Patience::Postfix),
        ("Exim", Patience::Exim),
        ("KumoMta", Patience::KumoMta),
        ("Stalwart", Patience::Stalwart),
        ("Mox", Patience::Mox),
    ];
    // Before the times that can be said one by one.
    let patience = fields.or("patience", Patience::Rfc5321, |n| r.choice(n, "a client's patience", &names));
    (courier.connect_timeout, client.timeouts) = (patience.connect(), patience.timeouts());
    let mut sending = Sending { queue: Arc::new(queue), tls, ..Sending::default() };
    client_settings(r, fields, &mut sending, &mut courier, &mut client);
    if sending.tls != TlsDemand::Never && !cfg!(feature = "tls") {
        let span = fields.get("tls").or_else(|| fields.get("port")).map_or(&fields.span, |node| &node.span);
        let d = r.at(span, "no-tls", "this Postroad was built without TLS").label("nobody can seal a connection");
        r.push(d.help("build it with the feature `tls`"));
    }
    client.start_tls = match sending.tls {
        TlsDemand::Never => StartTls::Never,
        TlsDemand::IfOffered => StartTls::IfOffered,
        TlsDemand::Required | TlsDemand::Verified => StartTls::Required,
    };
    sending.login = super::logins::login(r, fields);
    courier.client = Arc::new(client);
    Sending { courier: Arc::new(courier), ..sending }
}
