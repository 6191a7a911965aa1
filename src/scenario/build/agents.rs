//! The agents of a plan.

use std::net::IpAddr;
use std::sync::Arc;

use super::names::Names;
use super::tls::Trust;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::access::{Door, imap, pop3};
use crate::agent::courier::{Courier, Credentials, SUBMISSIONS_PORT};
use crate::agent::lookups::Lookups;
use crate::agent::mta::{self, Mta, Service};
use crate::agent::reader::{self, Reader};
use crate::agent::user::{Kind, Task, User};
use crate::agent::{Agent, access};
use crate::dns::mail::{AddressFamilies, RouterConfig};
use crate::identity::{Domain, Mailbox};
use crate::policy::greylist::Greylist;
use crate::queue::NextHop;
use crate::sasl::Login;
use crate::scenario::{
    AccountPlan, HostPlan, MailPlan, MtaPlan, Plan, ReadingPlan, Role, Sending, SubmitsTo, TrafficPlan, UserPlan,
};
use crate::sim::{Distribution, Instant, Streams};
use crate::smtp::server;
use crate::store::Store;
use crate::trace::HostId;

/// The words of the trace for what a host does.
pub(super) fn role_name(role: &Role) -> &'static str {
    match role {
        Role::User(_) => "user",
        Role::Mta(_) => "mta",
        Role::NameServer(_) => "name server",
        Role::Router => "router",
    }
}

/// What is worth showing beside a host.
pub(super) fn notes(plan: &Plan, role: &Role) -> Vec<Arc<str>> {
    match role {
        Role::User(user) => user.mailboxes.iter().map(|m| m.as_str().into()).collect(),
        Role::Mta(mta) => mta_notes(plan, mta),
        Role::NameServer(server) => {
            server.zones.iter().map(|z| format!("zone {}", plan.zones[z.0 as usize].origin).into()).collect()
        }
        Role::Router => Vec::new(),
    }
}

/// What a mail server takes, and where what is not for here goes.
fn mta_notes(plan: &Plan, mta: &MtaPlan) -> Vec<Arc<str>> {
    let name = |host: &HostId| &plan.host(*host).name;
    let mut notes: Vec<Arc<str>> = mta.domains.iter().map(|d| format!("mail for {}", d.domain).into()).collect();
    notes.extend(mta.relay_for.iter().map(|domain| {
        let route = mta.routes.iter().find(|(routed, _)| routed == domain).map(|(_, host)| (host, ""));
        let by_lmtp = |(_, host, _): &'_ (Domain, HostId, u16)| (*host, " by LMTP");
        let mailboxes = mta.mailbox_servers.iter().find(|(routed, ..)| routed == domain).map(by_lmtp);
        let to = route.map(|(host, how)| (*host, how)).or(mailboxes);
        let to = to.map_or_else(String::new, |(host, how)| format!(" to {}{how}", name(&host)));
        format!("passes on mail for {domain}{to}").into()
    }));
    let others = mta.mailbox_servers.iter().filter(|(domain, ..)| !mta.relay_for.contains(domain));
    let by_lmtp = |domain: &Domain, host| format!("mail for {domain} goes to {} by LMTP", name(host)).into();
    notes.extend(others.map(|(domain, host, _)| by_lmtp(domain, host)));
    let others = mta.routes.iter().filter(|(domain, _)| !mta.relay_for.contains(domain));
    notes.extend(others.map(|(domain, host)| format!("mail for {domain} goes to {}", name(host)).into()));
    let other = if notes.is_empty() { "" } else { "other " };
    notes.extend(mta.smarthost.iter().map(|host| format!("all {other}mail goes to {}", name(host)).into()));
    // That the computers of its own people hand in mail goes without saying.
    let servers = mta.clients.iter().filter(|host| matches!(plan.host(**host).role, Role::Mta(_)));
    let servers: Vec<&str> = servers.map(|host| &**name(host)).collect();
    if !servers.is_empty() {
        notes.push(format!("passes on mail of {}", servers.join(", ")).into());
    }
    if mta.rules.open_relay {
        notes.push("passes on everybody's mail".into());
    }
    notes.extend(mta.forwards.iter().map(|(from, to)| {
        let to: Vec<&str> = to.iter().map(|mailbox| mailbox.as_str()).collect();
        format!("{} goes on to {}", from.as_str(), to.join(", ")).into()
    }));
    notes
}

/// Whom hosts ask for names, and whom they trust.
pub(super) type Known<'k> = (&'k Names, Option<&'k Trust>);

/// The agent of a host and the TCP ports that it listens on.
pub(super) fn agent(plan: &Plan, id: HostId, known: Known<'_>, streams: Streams) -> (Agent, Vec<u16>) {
    let host = plan.host(id);
    match &host.role {
        Role::User(user) => (Agent::User(Box::new(build_user(plan, id, user, known, streams))), Vec::new()),
        Role::Mta(mta) => {
            let ports = mta.listens.iter().map(|(port, _)| *port).collect();
            (Agent::Mta(Box::new(build_mta(plan, id, mta, known, streams))), ports)
        }
        Role::NameServer(server) => {
            (Agent::NameServer(Box::new(known.0.server(plan, id, server, streams))), vec![crate::dns::PORT])
        }
        Role::Router => (Agent::Router, Vec::new()),
    }
}

/// What a host calls itself in EHLO and in what it writes: its name in the DNS. RFC 5321 §4.1.4: one without such a name
/// says its address as a literal; a bare `laptop` means nothing to others, and some refuse it.
fn own_name(host: &HostPlan) -> Domain {
    host.domain.clone().unwrap_or_else(|| {
        format!("[{}]", host.ipv4).parse().unwrap_or_else(|_| unreachable!("an address literal is a domain"))
    })
}

/// One host as a next hop, whatever the DNS says about its domain. Who is set up by hand knows whether the port is served behind TLS.
fn dial_host(plan: &Plan, host: HostId, port: u16) -> NextHop {
    let serves = |mta: &MtaPlan| mta.listens.contains(&(port, Service::Submissions));
    let implicit_tls = port == SUBMISSIONS_PORT || matches!(&plan.host(host).role, Role::Mta(mta) if serves(mta));
    NextHop::Host { name: own_name(plan.host(host)), port: Some(port), implicit_tls }
}

/// Where people hand their mail in; none where their domain is asked.
fn submission(plan: &Plan, submits_to: SubmitsTo, port: u16) -> Option<NextHop> {
    match submits_to {
        SubmitsTo::Host(host) => Some(dial_host(plan, host, port)),
        SubmitsTo::Discovered => None,
    }
}

fn build_courier(plan: &Plan, id: HostId, sending: &Sending, trust: Option<&Trust>, streams: Streams) -> Courier {
    let host = plan.host(id);
    let luck = streams.stream(&format!("host:{}/mx", host.name));
    let tls = trust.and_then(|trust| trust.sealing(sending));
    Courier::new(own_name(host), sending.courier.clone(), sending.queue.clone(), luck)
        .with_tls(tls)
        .with_ipv6(host.ipv6)
        .with_login(credentials(plan, host, sending))
}

/// Whom a host logs in as. An MTA does so at its smarthost only, a user agent at its own server.
fn credentials(plan: &Plan, host: &HostPlan, sending: &Sending) -> Option<Credentials> {
    let (user, password) = sending.login.as_ref()?;
    let only = match &host.role {
        Role::Mta(mta) => Some(dial_host(plan, mta.smarthost?, mta.smarthost_port)),
        Role::User(UserPlan { submits_to: Some(SubmitsTo::Host(server)), port, .. }) => {
            Some(dial_host(plan, *server, *port))
        }
        // The domain that the account belongs to is the one whose server is to have the password.
        Role::User(UserPlan { submits_to: Some(SubmitsTo::Discovered), mailboxes, .. }) => {
            let domain = user.parse::<Mailbox>().ok().or_else(|| mailboxes.first().cloned())?.to_domain();
            Some(NextHop::Submission(domain))
        }
        // Whose every mail says `via` has said it for each.
        Role::User(_) | Role::NameServer(_) | Role::Router => None,
    };
    // What cannot be prepared has had its diagnostic.
    Login::new(user, password).ok().map(|login| Credentials { login, only })
}

fn build_lookups(plan: &Plan, id: HostId, cache: bool, names: &Names, streams: Streams) -> Lookups {
    let host = plan.host(id);
    let name = own_name(host);
    let mut own_addresses = vec![IpAddr::V4(host.ipv4)];
    own_addresses.extend(host.ipv6.map(IpAddr::V6));
    let router = RouterConfig {
        families: if host.ipv6.is_some() { AddressFamilies::Both } else { AddressFamilies::Ipv4 },
        own_names: vec![name.clone()],
        own_addresses,
        ..RouterConfig::default()
    };
    // What is made of the answers is remembered for as long as they are, or not at all.
    let cache_capacity = if cache { router.cache_capacity } else { 0 };
    let router = RouterConfig { cache_capacity, ..router };
    Lookups::new(names.resolver(plan, id, cache, streams), router)
}

fn build_user(plan: &Plan, id: HostId, user: &UserPlan, (names, trust): Known<'_>, streams: Streams) -> User {
    let host = plan.host(id);
    let courier = build_courier(plan, id, &user.sending, trust, streams);
    let lookups = build_lookups(plan, id, user.sending.dns_cache, names, streams);
    let mut tasks: Vec<Task> = Vec::new();
    for (place, mail) in plan.mail.iter().enumerate().filter(|(_, m)| m.host == id) {
        let luck = streams.stream(&format!("mail:{place}"));
        tasks.push(Task {
            at: mail.at,
            left: mail.count,
            until: Instant::MAX,
            every: mail.every,
            kind: letter(mail),
            submit_to: submission(plan, mail.submit_to, mail.port),
            luck,
        });
    }
    for traffic in &plan.traffic {
        tasks.extend(traffic_task(plan, id, user, traffic, streams));
    }
    let reader = build_reader(plan, id, user, trust, streams);
    User::new(tasks, courier, lookups, streams.stream(&format!("host:{}/message-ids", host.name))).with_reader(reader)
}

/// How a person's machine takes mail out of mailboxes, where it does.
fn build_reader(plan: &Plan, id: HostId, user: &UserPlan, trust: Option<&Trust>, streams: Streams) -> Option<Reader> {
    let host = plan.host(id);
    let ReadingPlan { accounts, acts, offline } = &user.reading;
    if accounts.is_empty() {
        return None;
    }
    let account = |plan: &AccountPlan, server: Option<Domain>| {
        let mut account = plan.account.clone();
        if let (reader::From::Host { name, .. }, Some(server)) = (&mut account.from, server) {
            *name = server;
        }
        account
    };
    let tls = |account: &AccountPlan| {
        let sending = Sending { tls: account.tls, ..user.sending.clone() };
        trust.and_then(|trust| trust.sealing(&sending))
    };
    Some(Reader::new(reader::Setup {
        tls: accounts.iter().map(tls).collect(),
        config: reader::Config {
            accounts: accounts.iter().map(|a| account(a, a.server.map(|server| own_name(plan.host(server))))).collect(),
            acts: acts.clone(),
            offline: offline.clone(),
        },
        ipv6: host.ipv6.is_some(),
        submit_to: user.submits_to.and_then(|to| submission(plan, to, user.port)),
        luck: streams.stream(&format!("host:{}/reading", host.name)),
    }))
}

fn letter(mail: &MailPlan) -> Kind {
    Kind::Letter {
        reverse_path: mail.reverse_path.clone(),
        recipients: mail.recipients.clone(),
        require_tls: mail.require_tls,
        letter: mail.letter.clone(),
        composer: None,
    }
}

/// The part of a generator that falls to one host: its authors, and its share of the rate. Drawing the author for each
/// mail and giving every author a stream of its own come to the same (a Poisson process can be split), and only the
/// latter lets a host's luck depend on nobody else.
fn traffic_task(plan: &Plan, id: HostId, user: &UserPlan, traffic: &TrafficPlan, streams: Streams) -> Option<Task> {
    let mine: Vec<Mailbox> = traffic.from.iter().filter(|(h, _)| *h == id).map(|(_, m)| m.clone()).collect();
    let all = traffic.from.len() as u64;
    let share = mine.len() as u64;
    let before = traffic.from.iter().take_while(|(h, _)| *h != id).count() as u64;
    if share == 0 {
        return None;
    }
    let stretched = match traffic.every {
        Distribution::Fixed(gap) => Distribution::Fixed(scale(gap, all, share)),
        Distribution::Uniform(low, high) => Distribution::Uniform(scale(low, all, share), scale(high, all, share)),
        Distribution::Exponential(mean) => Distribution::Exponential(scale(mean, all, share)),
        Distribution::Pareto { minimum, shape_thousandths } => {
            Distribution::Pareto { minimum: scale(minimum, all, share), shape_thousandths }
        }
    };
    // Of a counted number everybody sends a share, and the first ones in line what does not divide.
    let count = if traffic.count == u64::MAX {
        u64::MAX
    } else {
        let upto = |n: u64| u64::try_from(u128::from(traffic.count) * u128::from(n) / u128::from(all)).unwrap_or(0);
        upto(before + share) - upto(before)
    };
    let mut luck = streams.stream(&format!("traffic:{}/{}", traffic.name, plan.host(id).name));
    let first_gap = luck.duration(stretched);
    Some(Task {
        at: traffic.start + first_gap,
        left: count,
        until: traffic.stop,
        every: stretched,
        kind: Kind::Traffic {
            from: mine.into(),
            to: traffic.to.clone(),
            size_bytes: traffic.size_bytes,
            max_size_bytes: traffic.max_size_bytes,
            subject: traffic.subject.clone(),
        },
        submit_to: submission(plan, user.submits_to?, user.port),
        luck,
    })
    .filter(|task| task.at <= task.until && task.left > 0)
}

fn scale(value: u64, all: u64, share: u64) -> u64 {
    u64::try_from(u128::from(value) * u128::from(all) / u128::from(share)).unwrap_or(u64::MAX)
}

fn build_mta(plan: &Plan, id: HostId, mta: &MtaPlan, (names, trust): Known<'_>, streams: Streams) -> Mta {
    let host = plan.host(id);
    let outbound: Vec<IpAddr> = mta.outbound_addresses.iter().map(|a| IpAddr::V4(*a)).collect();
    let courier = build_courier(plan, id, &mta.sending, trust, streams).with_addresses(outbound);
    let lookups = build_lookups(plan, id, mta.sending.dns_cache, names, streams);
    let is_read = plan.is_read(id);
    let mut store = Store::new().with_letters(plan.keep_mail || is_read).with_epoch(epoch(plan));
    for local in &mta.domains {
        store.add_domain(local.domain.clone());
        for name in &local.mailboxes {
            if let Ok(mailbox) = format!("{name}@{}", local.domain).parse() {
                store.add_mailbox(mailbox);
            }
        }
    }
    limit(&mut store, mta);
    let access = access_listeners(host, mta, &store, trust, streams);
    let greylist = mta.greylist.map(Greylist::new);
    let script = mta.replies.iter().map(|scripted| scripted.rule.clone()).collect();
    let mut clients: Vec<IpAddr> = mta.clients.iter().flat_map(|host| addresses(plan.host(*host))).collect();
    clients.sort_unstable();
    let config = mta::Config {
        host_name: own_name(host),
        addresses: addresses(host).into(),
        listeners: listeners(host, mta, trust, streams),
        catch_all: mta.domains.iter().filter(|d| d.catch_all).map(|d| d.domain.clone()).collect(),
        relay_for: mta.relay_for.iter().cloned().collect(),
        relay_recipients: mta.relay_recipients.iter().map(|(domain, locals)| (domain.clone(), lower(locals))).collect(),
        has_quotas: !mta.quotas.0.is_empty() || mta.quotas.1.is_some(),
        access,
        is_read,
        clients: clients.into(),
        callers: mta.callers.flat_map(|host| addresses(plan.host(*host))),
        smarthost: mta.smarthost.map(|host| dial_host(plan, host, mta.smarthost_port)),
        routes: routes(plan, mta),
        forwards: mta.forwards.iter().map(|(from, to)| (from.as_str().to_ascii_lowercase(), to.clone())).collect(),
        copies_undelivered_to: mta.copies_undelivered_to.clone(),
        masquerades_as: mta.masquerades_as.clone(),
        rules: mta.rules,
    };
    Mta::new(mta::Parts { config, store, greylist, courier, lookups, script })
}

/// The first UIDVALIDITY: the time at which the store was made, as real servers have it.
fn epoch(plan: &Plan) -> u32 {
    u32::try_from(plan.start_unix_secs).unwrap_or(1)
}

/// How many bytes mailboxes may have.
fn limit(store: &mut Store, mta: &MtaPlan) {
    let (each, all) = &mta.quotas;
    let quota = |mailbox: &Mailbox| {
        let own = each.iter().find(|(local, _)| local.eq_ignore_ascii_case(mailbox.local_part()));
        own.map(|(_, bytes)| *bytes).or(*all)
    };
    let limits: Vec<_> = store.mailboxes().map(|(id, mailbox)| (id, quota(mailbox.address()))).collect();
    limits.into_iter().filter(|(_, quota)| quota.is_some()).for_each(|(id, quota)| store.limit(id, quota));
}

/// Where a server gives mail out.
fn access_listeners(
    host: &HostPlan,
    mta: &MtaPlan,
    store: &Store,
    trust: Option<&Trust>,
    streams: Streams,
) -> access::Servers {
    let services = mta.listens.iter().filter(|(_, service)| !service.takes_mail());
    let Some(accounts) = mta.accounts.clone().filter(|_| services.clone().next().is_some()) else {
        return Arc::from([]);
    };
    let owner = |name: &str| {
        let first = mta.domains.first().map(|local| format!("{name}@{}", local.domain));
        let mailbox = name.parse().ok().or_else(|| first?.parse::<Mailbox>().ok())?;
        store.find(&mailbox)
    };
    let owners = accounts.names().filter_map(|name| Some((Arc::from(name), owner(name)?))).collect();
    let door = Arc::new(Door {
        name: own_name(host),
        accounts,
        owners,
        mechanisms: mta.server.mechanisms,
        plain_text_logins: mta.server.plain_text_logins,
        max_failed_logins: mta.server.max_failed_logins,
    });
    let tls = shown(host, mta, trust, streams);
    let pop3 = Arc::new(pop3::server::Server::new(Arc::default(), door.clone()));
    let imap = Arc::new(imap::server::Server::new(Arc::default(), door));
    let listener = |(port, service): &(u16, Service)| access::Listener {
        port: *port,
        server: match service {
            Service::Pop3 | Service::Pop3s => access::Server::Pop3(pop3.clone()),
            _ => access::Server::Imap(imap.clone()),
        },
        tls: tls.clone(),
        implicit_tls: service.is_sealed(),
    };
    services.map(listener).collect()
}

/// What a server shows to those who want TLS.
fn shown(host: &HostPlan, mta: &MtaPlan, trust: Option<&Trust>, streams: Streams) -> Option<crate::tls::Server> {
    let (trust, certificate) = trust.zip(mta.certificate.as_ref())?;
    Some(trust.server(own_name(host).as_str(), (certificate, mta.sending.tls_versions), host, streams))
}

fn lower(locals: &[Arc<str>]) -> FxHashSet<Box<str>> {
    locals.iter().map(|local| local.to_ascii_lowercase().into()).collect()
}

/// Where mail for certain domains goes, whatever the DNS says.
fn routes(plan: &Plan, mta: &MtaPlan) -> FxHashMap<Domain, NextHop> {
    let by_smtp = mta.routes.iter().map(|(domain, host)| (domain.clone(), dial_host(plan, *host, 25)));
    let by_lmtp = mta.mailbox_servers.iter().map(|(domain, host, port)| {
        (domain.clone(), NextHop::Mailboxes { name: own_name(plan.host(*host)), port: *port })
    });
    by_smtp.chain(by_lmtp).collect()
}

/// All addresses of a host, its own first.
pub(super) fn addresses(host: &HostPlan) -> Vec<IpAddr> {
    let mut addresses = vec![IpAddr::V4(host.ipv4)];
    addresses.extend(host.ipv6.map(IpAddr::V6));
    if let Role::Mta(mta) = &host.role {
        addresses.extend(mta.outbound_addresses.iter().map(|a| IpAddr::V4(*a)).filter(|a| *a != host.ipv4));
    }
    addresses
}

/// The listeners of a server. It is one server, whatever the port.
fn listeners(host: &HostPlan, mta: &MtaPlan, trust: Option<&Trust>, streams: Streams) -> Vec<mta::Listener> {
    let tls = shown(host, mta, trust, streams);
    let server = |config: Arc<server::Config>| {
        Arc::new(server::Server::new(config, own_name(host)).with_accounts(mta.accounts.clone()))
    };
    let usual = server(mta.server.clone());
    let listener = |(port, service): &(u16, Service)| {
        let (requires_login, requires_tls) = (mta.requires_login.contains(port), mta.requires_tls.contains(port));
        let lmtp = *service == Service::Lmtp;
        let special = || {
            let mut config = server::Config { requires_login, requires_tls, lmtp, ..(*mta.server).clone() };
            if lmtp {
                config.greeting_text = config.greeting_text.replace("ESMTP", "LMTP");
            }
            Arc::new(config)
        };
        mta::Listener {
            port: *port,
            service: *service,
            server: if requires_login || requires_tls || lmtp { server(special()) } else { usual.clone() },
            tls: tls.clone(),
            implicit_tls: *service == Service::Submissions,
        }
    };
    mta.listens.iter().filter(|(_, service)| service.takes_mail()).map(listener).collect()
}
