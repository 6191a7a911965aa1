//! What an MTA is like.

use std::ops::Range;
use std::sync::Arc;

use super::Checker;
use super::drafts::Draft;
use super::hosts::{port, sending};
use super::names::HostKind;
use super::retry::retry;
use crate::agent::courier;
use crate::agent::mta::{Callers, ReplyRule, Rules, Service};
use crate::identity::{Domain, Mailbox};
use crate::policy::greylist::{GreylistConfig, Network};
use crate::scenario::plan::{Certificate, LocalDomain, MtaPlan, Role, Sending, Standing, SubmitsTo, TlsDemand};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::{GREYLIST, MTA, greylist_settings, mailbox_server_settings, mta_settings};
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;
use crate::smtp::{Extension, Offer, client, server};
use crate::trace::HostId;

/// The most that a mailbox may be said to hold: a terabyte.
const MOST_QUOTA: u64 = 1_000_000_000_000;
const SECOND: Duration = Duration::from_secs(1);

impl Checker {
    /// Local parts, for all domains or domain by domain; told when hosts are declared.
    pub(super) fn declare_mailboxes(&mut self, id: HostId, fields: &Fields<'_>) {
        let Some(node) = fields.get("mailboxes") else { return };
        match &node.kind {
            Kind::Map(entries) => {
                for (key, list) in entries {
                    let Some(domain) = self.r.domain(key) else { continue };
                    if !self.names.domains.get(&domain).is_some_and(|s| s.hosts.contains(&id)) {
                        let message = format!("`{domain}` is not a domain of this host");
                        let d = self.r.at(&key.span, "unknown-domain", message).label("not in its `domains`");
                        let mine = self.names.domains_of(id).iter().map(Domain::as_str);
                        self.r.push(d.did_you_mean(domain.as_str(), mine));
                        continue;
                    }
                    let locals = self.locals(list, domain.as_str(), "domains");
                    self.names.served(&domain).locals.extend(locals.iter().map(|l| l.to_lowercase()));
                }
            }
            _ => {
                let mine: Vec<Domain> = self.names.domains_of(id).to_vec();
                let locals = self.locals(node, mine.first().map_or("example", Domain::as_str), "domains");
                if mine.is_empty() && !locals.is_empty() && !fields.strange && fields.get("domains").is_none() {
                    let d = self.r.at(&node.span, "missing-field", "these mailboxes are in no domain");
                    let d = d.label("whose mailboxes?");
                    self.r.push(d.help("say which: domains: [\"green.example\"]"));
                }
                for domain in mine {
                    self.names.served(&domain).locals.extend(locals.iter().map(|l| l.to_lowercase()));
                }
            }
        }
    }

    /// Local parts of a domain that stands in the field `of`.
    fn locals(&mut self, node: &Node, domain: &str, of: &str) -> Vec<Arc<str>> {
        let mut locals: Vec<Arc<str>> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for item in self.r.list(node, "local parts").unwrap_or(&[]) {
            let Some(text) = self.r.text(item) else { continue };
            if let Some((local, rest)) = text.split_once('@').filter(|_| !text.starts_with('"')) {
                let d = self.r.at(&item.span, "bad-mailbox", "only the part before the `@` is written here");
                let d = d.label(format!("write \"{local}\""));
                self.r.push(d.note(format!("the domain `{rest}` stands in `{of}`")));
            } else if let Err(why) = format!("{text}@{domain}").parse::<Mailbox>() {
                let d = self.r.at(&item.span, "bad-mailbox", format!("`{text}` cannot have a mailbox: {why}"));
                self.r.push(d.label("expected a local part such as \"bob\""));
            } else if !seen.insert(text.to_ascii_lowercase()) {
                let d = self.r.at(&item.span, "duplicate", format!("the mailbox `{text}` is listed twice"));
                self.r.push(d.label("listed again here"));
            } else {
                locals.push(Arc::from(text));
            }
        }
        locals
    }

    /// The domains of an MTA with their mailboxes, silently: mistakes were told when they were declared.
    fn local_domains(&self, id: HostId, fields: &Fields<'_>) -> Vec<LocalDomain> {
        let texts = |node: Option<&Node>| -> Vec<Arc<str>> {
            let Some(Kind::List(items)) = node.map(|n| &n.kind) else { return Vec::new() };
            items
                .iter()
                .filter_map(|n| if let Kind::Text(t) = &n.kind { Some(Arc::from(t.as_str())) } else { None })
                .collect()
        };
        let boxes = fields.get("mailboxes");
        let catch_all = matches!(fields.get("catch_all").map(|n| &n.kind), Some(Kind::Bool(true)));
        let with_boxes = |domain: &Domain| {
            let mut mailboxes = match boxes.map(|n| &n.kind) {
                Some(Kind::Map(entries)) => {
                    let mine = |key: &Node| matches!(&key.kind, Kind::Text(t) if t.parse::<Domain>().is_ok_and(|d| d == *domain));
                    texts(entries.iter().find(|(key, _)| mine(key)).map(|(_, list)| list))
                }
                _ => texts(boxes),
            };
            if !mailboxes.iter().any(|m| m.eq_ignore_ascii_case("postmaster")) {
                // RFC 5321 §4.5.1: every domain has a postmaster.
                mailboxes.push(Arc::from("postmaster"));
            }
            LocalDomain { domain: domain.clone(), mailboxes, catch_all }
        };
        self.names.domains_of(id).iter().map(with_boxes).collect()
    }

    pub(super) fn mta(&mut self, id: HostId, fields: &Fields<'_>) -> MtaPlan {
        fields.opt("catch_all", |n| self.r.bool(n));
        let domains = self.local_domains(id, fields);
        let relay_for = self.names.backup_domains.remove(&id.0).unwrap_or_default();
        let relay_recipients = self.relay_recipients(&relay_for, fields);
        let clients = self.hosts_in(fields, "clients");
        let callers = self.callers(fields);
        let smarthost = fields.get("smarthost").and_then(|n| self.next_mta(n, id));
        let mut routes = Vec::new();
        if let Some(node) = fields.get("routes") {
            for (key, value) in self.r.map(node, "from domains to hosts").unwrap_or(&[]) {
                let domain = self.r.domain(key);
                routes.extend(domain.zip(self.next_mta(value, id)));
            }
        }
        let mailbox_servers = self.mailbox_servers(id, fields);
        let replies = self.replies(fields);
        let mut server = server::Config {
            max_message_bytes: Some(10_000_000),
            ask: ReplyRule::ask(replies.iter().map(|scripted| &scripted.rule)),
            offer: self.offer(fields),
            ..server::Config::default()
        };
        self.mechanisms(fields, &mut server);
        let r = &mut self.r;
        let (mut courier, mut rules) = (courier::Config::default(), Rules::default());
        let mut queue = retry(r, fields);
        mta_settings(r, fields, &mut courier, &mut queue, &mut server, &mut rules);
        server.data_timeout = server.command_timeout;
        server.ask.connect |= rules.asks_for_client_names() || rules.counts_connections() || callers.are_chosen();
        if !server.esmtp {
            // `ESMTP` in a greeting is said by who knows EHLO, by convention.
            server.greeting_text = "Postroad".into();
        }
        let client = client::Config { try_esmtp: server.esmtp, ..client::Config::default() };
        let sending = sending(r, fields, client, courier, queue, TlsDemand::Never);
        // One word for both of what it is.
        server.plain_text_logins = sending.courier.client.plain_text_logins;
        let smarthost_port = fields.or("smarthost_port", 25, |n| port(r, n));
        let greylist = fields.opt("greylist", |n| greylist(r, n));
        self.needs_smarthost(fields);
        let outbound_addresses = self.names.outbound.remove(&id.0).unwrap_or_default();
        let bound_to = self.bound_to(id, &outbound_addresses, fields);
        let forwards = self.forwards(&domains, fields);
        let copies_undelivered_to = self.copies_undelivered_to(fields);
        let declared = self.names.listens.get(&id).cloned();
        let listens = declared.unwrap_or_else(|| self.listens(fields));
        let why = "a login is required, and nobody has an account";
        let needs = ("accounts", why, "add accounts: { \"alice@green.example\": \"sesame\" }");
        let requires_login = self.demanding_ports(fields, "requires_login", &listens, needs);
        let needs = ("certificate", "TLS is required, and there is no certificate", "add certificate: Good");
        let requires_tls = self.demanding_ports(fields, "requires_tls", &listens, needs);
        self.offers_what_it_requires(fields, &requires_tls, &listens);
        MtaPlan {
            domains,
            relay_for,
            relay_recipients,
            clients,
            callers,
            smarthost,
            routes,
            mailbox_servers,
            forwards,
            copies_undelivered_to,
            masquerades_as: self.masquerades_as(fields),
            sending,
            listens,
            bound_to,
            accounts: self.accounts(id, fields),
            requires_login,
            requires_tls,
            smarthost_port,
            certificate: self.certificate(fields),
            server: Arc::new(server),
            rules,
            greylist,
            replies,
            outbound_addresses,
            quotas: self.quotas(id, fields),
            only_mailboxes: false,
        }
    }

    /// A server with mailboxes, and nothing else.
    pub(super) fn mailbox_server(&mut self, id: HostId, fields: &Fields<'_>) -> MtaPlan {
        fields.opt("catch_all", |n| self.r.bool(n));
        let domains = self.local_domains(id, fields);
        let replies = self.replies(fields);
        let mut server = server::Config {
            max_message_bytes: Some(10_000_000),
            ask: ReplyRule::ask(replies.iter().map(|scripted| &scripted.rule)),
            ..server::Config::default()
        };
        self.mechanisms(fields, &mut server);
        let mut rules = Rules::default();
        mailbox_server_settings(&mut self.r, fields, &mut server, &mut rules);
        server.data_timeout = server.command_timeout;
        let declared = self.names.listens.get(&id).cloned();
        MtaPlan {
            domains,
            relay_for: Vec::new(),
            relay_recipients: Vec::new(),
            clients: Vec::new(),
            callers: Callers::All,
            smarthost: None,
            routes: Vec::new(),
            mailbox_servers: Vec::new(),
            forwards: Vec::new(),
            copies_undelivered_to: None,
            masquerades_as: None,
            sending: Sending::default(),
            listens: declared.unwrap_or_else(|| self.listens(fields)),
            bound_to: Vec::new(),
            accounts: self.accounts(id, fields),
            requires_login: Vec::new(),
            requires_tls: Vec::new(),
            smarthost_port: 25,
            certificate: self.certificate(fields),
            server: Arc::new(server),
            rules,
            greylist: None,
            replies,
            outbound_addresses: Vec::new(),
            quotas: self.quotas(id, fields),
            only_mailboxes: true,
        }
    }

    /// How full mailboxes may be.
    fn quotas(&mut self, id: HostId, fields: &Fields<'_>) -> (Vec<(Arc<str>, u64)>, Option<u64>) {
        let Some(node) = fields.get("quota") else { return (Vec::new(), None) };
        if !matches!(node.kind, Kind::Map(_)) {
            return (Vec::new(), self.r.size(node, 1, MOST_QUOTA));
        }
        let mut each = Vec::new();
        for (key, value) in self.r.map(node, "from local parts to sizes").unwrap_or(&[]) {
            let Some((local, size)) = self.r.text(key).zip(self.r.size(value, 1, MOST_QUOTA)) else { continue };
            let known = |domain: &Domain| {
                self.names.domains.get(domain).is_some_and(|d| d.catch_all || d.locals.contains(&local.to_lowercase()))
            };
            if !self.names.domains_of(id).iter().any(known) {
                let d = self.r.at(&key.span, "unknown-mailbox", format!("`{local}` has no mailbox here"));
                self.r.push(d.label("not in its `mailboxes`"));
                continue;
            }
            each.push((Arc::from(local), size));
        }
        (each, None)
    }

    /// Who has a mailbox in domains that it passes on mail for.
    fn relay_recipients(&mut self, relay_for: &[Domain], fields: &Fields<'_>) -> Vec<(Domain, Vec<Arc<str>>)> {
        let mut known = Vec::new();
        let Some(node) = fields.get("relay_recipients") else { return known };
        for (key, list) in self.r.map(node, "from domains to lists of local parts").unwrap_or(&[]) {
            let Some(domain) = self.r.domain(key) else { continue };
            if !relay_for.contains(&domain) {
                let message = format!("this host does not pass on mail for `{domain}`");
                let d = self.r.at(&key.span, "unknown-domain", message).label("not in its `relay_for`");
                self.r.push(d.did_you_mean(domain.as_str(), relay_for.iter().map(Domain::as_str)));
                continue;
            }
            let mut locals = self.locals(list, domain.as_str(), "relay_for");
            // RFC 5321 §4.5.1.
            locals.push(Arc::from("postmaster"));
            known.push((domain, locals));
        }
        known
    }

    /// Another MTA.
    pub(super) fn next_mta(&mut self, node: &Node, id: HostId) -> Option<HostId> {
        let next = self.mta_host(node)?;
        if next == id {
            return self.r.bad_value(&node.span, "a server cannot send its mail to itself", "expected another host");
        }
        Some(next)
    }

    fn forwards(&mut self, domains: &[LocalDomain], fields: &Fields<'_>) -> Vec<(Mailbox, Vec<Mailbox>)> {
        let mut forwards = Vec::new();
        let Some(node) = fields.get("forwards") else { return forwards };
        for (key, value) in self.r.map(node, "from mailboxes to lists of mailboxes").unwrap_or(&[]) {
            let Some(from) = self.r.mailbox(key) else { continue };
            if !domains.iter().any(|d| d.domain.as_str() == from.domain()) {
                let message = format!("`{}` is not a domain of this host", from.domain());
                let d = self.r.at(&key.span, "unknown-domain", message).label("this host does not file its mail");
                self.r.push(d.did_you_mean(from.domain(), domains.iter().map(|d| d.domain.as_str())));
            }
            let items = self.r.list(value, "mailboxes").unwrap_or(&[]);
            if items.is_empty() && matches!(value.kind, Kind::List(_)) {
                let d =
                    self.r.at(&value.span, "bad-value", "this mail goes on to nobody").label("expected at least one");
                self.r.push(d);
            }
            let to: Vec<Mailbox> = items.iter().filter_map(|n| self.recipient(n)).collect();
            self.names.correspondents.extend(to.iter().cloned());
            forwards.push((from, to));
        }
        forwards
    }

    /// What it serves on which ports.
    pub(super) fn listens(&mut self, fields: &Fields<'_>) -> Vec<(u16, Service)> {
        let Some(node) = fields.get("listens") else { return usual_services(fields) };
        let is_mta = fields.shape.name == MTA.name;
        let mut services = vec![("Smtp", Service::Smtp), ("Lmtp", Service::Lmtp)];
        if is_mta {
            services.extend([("Submission", Service::Submission), ("Submissions", Service::Submissions)]);
        }
        services.extend([("Pop3", Service::Pop3), ("Pop3s", Service::Pop3s)]);
        services.extend([("Imap", Service::Imap), ("Imaps", Service::Imaps)]);
        let mut listens: Vec<(u16, Service)> = Vec::new();
        for (key, value) in self.r.map(node, "from ports to services").unwrap_or(&[]) {
            let number = port(&mut self.r, key);
            let service = self.r.choice(value, "a service", &services);
            let Some((number, service)) = number.zip(service) else { continue };
            if service.is_sealed() && fields.get("certificate").is_none() {
                let d = self.r.at(
                    &value.span,
                    "missing-field",
                    "this port is served behind TLS, and there is no certificate",
                );
                self.r.push(d.label("what should it show to clients?").help("add certificate: Good"));
            }
            if !service.takes_mail() && fields.get("accounts").is_none() {
                let d = self.r.at(&value.span, "missing-field", "people take mail out here, and nobody has an account");
                self.r.push(d.label("who can log in?").help("add accounts: { \"bob@blue.example\": \"sesame\" }"));
            }
            if listens.iter().any(|(known, _)| *known == number) {
                let d = self.r.at(&key.span, "duplicate", format!("port {number} is listed twice"));
                self.r.push(d.label("listed again here").help("a port has one service"));
                continue;
            }
            listens.push((number, service));
        }
        listens.sort_unstable();
        listens
    }

    /// What it shows to clients that want TLS.
    fn certificate(&mut self, fields: &Fields<'_>) -> Option<Certificate> {
        let standings = [
            ("Good", Standing::Good),
            ("Expired", Standing::Expired),
            ("NotYetValid", Standing::NotYetValid),
            ("SelfSigned", Standing::SelfSigned),
            ("Untrusted", Standing::Untrusted),
        ];
        let mut names = Vec::new();
        for node in fields.items(&mut self.r, "certificate_names", "domains") {
            names.extend(self.r.domain(node));
        }
        let Some(node) = fields.get("certificate") else {
            if let Some(node) = fields.get("certificate_names") {
                let d = self.r.at(&node.span, "missing-field", "these are the names of no certificate");
                self.r.push(d.label("for which certificate?").help("add certificate: Good"));
            }
            return None;
        };
        if !cfg!(feature = "tls") {
            let d = self.r.at(&node.span, "no-tls", "this Postroad was built without TLS");
            self.r.push(d.label("nobody can show a certificate").help("build it with the feature `tls`"));
        }
        let standing = self.r.choice(node, "what a certificate can be", &standings)?;
        Some(Certificate { standing, names })
    }

    /// What EHLO offers.
    fn offer(&mut self, fields: &Fields<'_>) -> Offer {
        let names = Extension::ALL.map(|extension| (extension.word(), extension));
        let mut offer = Offer::ALL;
        for node in fields.items(&mut self.r, "without", "extensions") {
            if let Some(extension) = self.r.choice(node, "an extension", &names) {
                offer = offer.without(extension);
            }
        }
        offer
    }

    /// Users' servers relay for them, and so do smarthosts and routes.
    pub(super) fn who_relays_for_whom(&mut self) {
        let mut pairs: Vec<(HostId, HostId)> = Vec::new();
        for (i, host) in self.plan.hosts.iter().enumerate() {
            let id = HostId(i as u32);
            match &host.role {
                Role::User(user) => {
                    if let Some(SubmitsTo::Host(server)) = user.submits_to {
                        pairs.push((server, id));
                    }
                }
                Role::Mta(mta) => {
                    pairs.extend(mta.smarthost.iter().chain(mta.routes.iter().map(|(_, h)| h)).map(|s| (*s, id)))
                }
                _ => {}
            }
        }
        pairs.retain(|(server, client)| self.is_known_by_address(*server, *client));
        for (server, client) in pairs {
            if let Role::Mta(mta) = &mut self.plan.hosts[server.0 as usize].role {
                mta.clients.push(client);
            }
        }
        for host in &mut self.plan.hosts {
            if let Role::Mta(mta) = &mut host.role {
                mta.clients.sort_unstable();
                mta.clients.dedup();
            }
        }
    }

    /// The zones that a name server wants; looked up when the zones are known.
    pub(super) fn name_server_zones(&mut self, draft: &Draft<'_>) {
        if !matches!(self.names.kind(draft.id), HostKind::NameServer { .. }) {
            return;
        }
        for node in draft.fields.items(&mut self.r, "zones", "domains") {
            let span: Range<usize> = node.span.clone();
            if let Some(domain) = self.r.domain(node) {
                self.names.wanted_zones.push((draft.id, domain, span));
            }
        }
    }
}

/// What a server listens for that does not say it.
fn usual_services(fields: &Fields<'_>) -> Vec<(u16, Service)> {
    let mut services = match fields.shape.name == MTA.name {
        true => vec![(25, Service::Smtp), (587, Service::Submission)],
        false => vec![(24, Service::Lmtp)],
    };
    let files = matches!(fields.get("domains").map(|n| &n.kind), Some(Kind::List(items)) if !items.is_empty());
    if files && fields.get("accounts").is_some() {
        services.extend([(110, Service::Pop3), (143, Service::Imap)]);
        if fields.get("certificate").is_some() {
            services.extend([(993, Service::Imaps), (995, Service::Pop3s)]);
        }
    }
    services.sort_unstable();
    services
}

fn greylist(r: &mut Reader, node: &Node) -> Option<GreylistConfig> {
    let mut config = GreylistConfig { network: Network::Address, ..GreylistConfig::default() };
    if matches!(node.kind, Kind::Text(_) | Kind::Number(_)) {
        config.min_delay = r.duration_in(node, SECOND, SECOND.times(86_400))?;
        return Some(config);
    }
    let fields = r.fields(node, &GREYLIST)?;
    greylist_settings(r, &fields, &mut config);
    if config.max_delay <= config.min_delay {
        return r.bad_value(&fields.span, "nobody can come back in time", "`retry_window` must be longer than `delay`");
    }
    Some(config)
}
