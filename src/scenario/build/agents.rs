//! The agents of a plan.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::names::Names;
use crate::agent::Agent;
use crate::agent::courier::{self, Courier};
use crate::agent::lookups::Lookups;
use crate::agent::mta::{self, Mta, Service, Stage};
use crate::agent::user::{self, Kind, Task, User};
use crate::dns::mail::{AddressFamilies, MailRouter, RouterConfig};
use crate::identity::{Domain, Mailbox, ReversePath};
use crate::mime::{Draft, Party};
use crate::policy::greylist::Greylist;
use crate::queue::{self, NextHop};
use crate::scenario::{ClientPlan, HostPlan, MailPlan, MtaPlan, Plan, Role, ServerPlan, TrafficPlan, UserPlan};
use crate::sim::{Distribution, Instant, Streams};
use crate::smtp::{Reply, client, server, timeouts::Timeouts};
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
        let route = mta.routes.iter().find(|(routed, _)| routed == domain);
        let to = route.map_or_else(String::new, |(_, host)| format!(" to {}", name(host)));
        format!("passes on mail for {domain}{to}").into()
    }));
    let others = mta.routes.iter().filter(|(domain, _)| !mta.relay_for.contains(domain));
    notes.extend(others.map(|(domain, host)| format!("mail for {domain} goes to {}", name(host)).into()));
    notes.extend(mta.smarthost.iter().map(|host| format!("all other mail goes to {}", name(host)).into()));
    // That the computers of its own people hand in mail goes without saying.
    let servers = mta.clients.iter().filter(|host| matches!(plan.host(**host).role, Role::Mta(_)));
    let servers: Vec<&str> = servers.map(|host| &**name(host)).collect();
    if !servers.is_empty() {
        notes.push(format!("passes on mail of {}", servers.join(", ")).into());
    }
    if mta.open_relay {
        notes.push("passes on everybody's mail".into());
    }
    notes.extend(mta.forwards.iter().map(|(from, to)| {
        let to: Vec<&str> = to.iter().map(|mailbox| mailbox.as_str()).collect();
        format!("{} goes on to {}", from.as_str(), to.join(", ")).into()
    }));
    notes
}

/// The agent of a host and the TCP ports that it listens on.
pub(super) fn agent(plan: &Plan, id: HostId, names: &Names, streams: Streams) -> (Agent, Vec<u16>) {
    let host = plan.host(id);
    match &host.role {
        Role::User(user) => (Agent::User(Box::new(build_user(plan, id, user, names, streams))), Vec::new()),
        Role::Mta(mta) => {
            let ports = mta.listens.iter().map(|(port, _)| *port).collect();
            (Agent::Mta(Box::new(build_mta(plan, id, mta, names, streams))), ports)
        }
        Role::NameServer(server) => {
            (Agent::NameServer(Box::new(names.server(plan, id, server, streams))), vec![crate::dns::PORT])
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

/// One host as a next hop, whatever the DNS says about its domain.
fn dial_host(plan: &Plan, host: HostId, port: u16) -> NextHop {
    NextHop::Host { name: own_name(plan.host(host)), port: Some(port) }
}

fn client_config(name: &Domain, plan: &ClientPlan) -> Arc<client::Config> {
    let timeouts = match plan.reply_timeout {
        None => plan.patience.timeouts(),
        Some(all) => Timeouts::all(all),
    };
    Arc::new(client::Config {
        try_esmtp: plan.esmtp,
        pipelining: plan.pipelining,
        timeouts,
        ..client::Config::new(name.clone())
    })
}

fn build_courier(
    plan: &Plan,
    id: HostId,
    client: &ClientPlan,
    retry: queue::Config,
    addresses: Vec<IpAddr>,
    streams: Streams,
) -> Courier {
    let host = plan.host(id);
    let name = own_name(host);
    let config = courier::Config {
        host_name: name.clone(),
        port: 25,
        tls: None,
        client: client_config(&name, client),
        addresses,
        connect_timeout: client.connect_timeout,
        mails_per_connection: client.mails_per_connection,
        idle: client.idle,
        limits: courier::Limits { sessions: client.sessions_per_attempt, ..courier::Limits::default() },
        deliveries: client.deliveries,
        responsible: matches!(host.role, Role::Mta(_)),
    };
    Courier::new(config, retry, streams.stream(&format!("host:{}/mx", host.name)))
}

fn build_lookups(plan: &Plan, id: HostId, client: &ClientPlan, names: &Names, streams: Streams) -> Lookups {
    let host = plan.host(id);
    let name = own_name(host);
    let mut own_addresses = vec![IpAddr::V4(host.ipv4)];
    own_addresses.extend(host.ipv6.map(IpAddr::V6));
    let router = RouterConfig {
        families: AddressFamilies::Ipv4,
        own_names: vec![name.clone()],
        own_addresses,
        ..RouterConfig::default()
    };
    // What is made of the answers is remembered for as long as they are, or not at all.
    let cache_capacity = if client.dns_cache { router.cache_capacity } else { 0 };
    let router = RouterConfig { cache_capacity, ..router };
    Lookups::new(names.resolver(plan, id, client.dns_cache, streams), MailRouter::new(router))
}

fn limits(client: &ClientPlan) -> queue::Limits {
    let defaults = queue::Limits::default();
    queue::Limits {
        initial_connections: defaults.initial_connections.min(client.concurrency),
        most_connections: client.concurrency,
        recipients_per_transaction: client.recipients_per_transaction as usize,
        ..defaults
    }
}

fn build_user(plan: &Plan, id: HostId, user: &UserPlan, names: &Names, streams: Streams) -> User {
    let host = plan.host(id);
    let retry = queue::Config {
        schedule: user::outbox_schedule(),
        lifetime: None,
        delay_warning: None,
        limits: limits(&user.client),
    };
    let courier = build_courier(plan, id, &user.client, retry, Vec::new(), streams);
    let lookups = build_lookups(plan, id, &user.client, names, streams);
    let mut tasks: Vec<Task> = Vec::new();
    for (place, mail) in plan.mail.iter().enumerate().filter(|(_, m)| m.host == id) {
        let luck = streams.stream(&format!("mail:{place}"));
        tasks.push(Task {
            at: mail.at,
            left: mail.count,
            until: Instant::MAX,
            every: mail.every,
            kind: letter(mail),
            submit_to: dial_host(plan, mail.submit_to, mail.port),
            luck,
        });
    }
    for traffic in &plan.traffic {
        tasks.extend(traffic_task(plan, id, user, traffic, streams));
    }
    User::new(tasks, courier, lookups, streams.stream(&format!("host:{}/message-ids", host.name)))
}

fn letter(mail: &MailPlan) -> Kind {
    let party = |text: &Arc<str>| parse_party(text);
    // The reverse-path stands in where the file wrote a From field that is no address.
    let author = parse_party(&mail.header_from).or_else(|| mail.reverse_path.clone().map(Party::from));
    let recipients: SmallVec<[Mailbox; 1]> = mail.recipients.iter().cloned().collect();
    let from = author.unwrap_or_else(|| Party::from(recipients[0].clone()));
    let draft = Draft {
        from,
        to: mail.header_to.iter().filter_map(party).collect(),
        cc: mail.header_cc.iter().filter_map(party).collect(),
        subject: mail.subject.to_string(),
        text: mail.text.to_string(),
        headers: mail.headers.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect(),
        size: mail.size_bytes,
        date: String::new(),
        message_id: String::new(),
        encoding: crate::mime::TextEncoding::default(),
    };
    let reverse_path = mail.reverse_path.clone().map_or(ReversePath::Null, ReversePath::Mailbox);
    Kind::Letter { reverse_path, recipients, draft: Box::new(draft), composer: None }
}

/// `Alice <alice@green.example>` or a bare address.
fn parse_party(text: &Arc<str>) -> Option<Party> {
    let text = text.trim();
    let Some((name, rest)) = text.rsplit_once('<') else { return text.parse::<Mailbox>().ok().map(Party::from) };
    let mailbox: Mailbox = rest.strip_suffix('>')?.parse().ok()?;
    let name = name.trim().trim_matches('"').to_owned();
    Some(Party { name: (!name.is_empty()).then_some(name), mailbox })
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
        submit_to: dial_host(plan, user.submits_to?, user.port),
        luck,
    })
    .filter(|task| task.at <= task.until && task.left > 0)
}

fn scale(value: u64, all: u64, share: u64) -> u64 {
    u64::try_from(u128::from(value) * u128::from(all) / u128::from(share)).unwrap_or(u64::MAX)
}

fn build_mta(plan: &Plan, id: HostId, mta: &MtaPlan, names: &Names, streams: Streams) -> Mta {
    let host = plan.host(id);
    let retry = queue::Config {
        schedule: mta.retry.schedule.clone(),
        lifetime: Some(mta.retry.lifetime),
        delay_warning: mta.retry.delay_warning,
        limits: limits(&mta.client),
    };
    let outbound = mta.outbound_addresses.iter().map(|a| IpAddr::V4(*a)).collect();
    let courier = build_courier(plan, id, &mta.client, retry, outbound, streams);
    let lookups = build_lookups(plan, id, &mta.client, names, streams);
    let mut store = Store::new().with_letters(plan.keep_mail);
    for local in &mta.domains {
        store.add_domain(local.domain.clone());
        for name in &local.mailboxes {
            if let Ok(mailbox) = format!("{name}@{}", local.domain).parse() {
                store.add_mailbox(mailbox);
            }
        }
    }
    let greylist = mta.server.greylist.map(Greylist::new);
    let replies: Vec<mta::ReplyRule> = mta.server.replies.iter().map(reply_rule).collect();
    let mut clients: Vec<IpAddr> = mta.clients.iter().flat_map(|host| addresses(plan.host(*host))).collect();
    clients.sort_unstable();
    let config = mta::Config {
        host_name: own_name(host),
        listeners: listeners(host, mta, &replies),
        catch_all: mta.domains.iter().filter(|d| d.catch_all).map(|d| d.domain.clone()).collect(),
        relay_for: mta.relay_for.iter().cloned().collect(),
        clients: clients.into(),
        open_relay: mta.open_relay,
        smarthost: mta.smarthost.map(|host| dial_host(plan, host, 25)),
        routes: mta.routes.iter().map(|(domain, host)| (domain.clone(), dial_host(plan, *host, 25))).collect(),
        forwards: mta.forwards.iter().map(|(from, to)| (from.as_str().to_ascii_lowercase(), to.clone())).collect(),
        hop_limit: mta.server.hop_limit,
        unknown_users: mta.server.unknown_users,
        processing: mta.server.processing,
        sender_domain: mta.server.sender_domain,
    };
    Mta::new(mta::Parts { config, store, greylist, courier, lookups, script: replies })
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

/// The listeners of a server. What they are set up with is the same, and kept once.
fn listeners(host: &HostPlan, mta: &MtaPlan, replies: &[mta::ReplyRule]) -> Vec<mta::Listener> {
    let server = Arc::new(server_config(own_name(host), &mta.server, replies));
    let listener = |(port, service): &(u16, Service)| mta::Listener {
        port: *port,
        service: *service,
        server: server.clone(),
        tls: None,
        implicit_tls: false,
    };
    mta.listens.iter().map(listener).collect()
}

fn server_config(name: Domain, plan: &ServerPlan, replies: &[mta::ReplyRule]) -> server::Config {
    let any = |stage: Stage| replies.iter().any(|rule| rule.stage == stage);
    let mut config = server::Config::new(name);
    config.esmtp = plan.esmtp;
    config.offer = plan.offer;
    config.ask = server::Ask {
        connect: any(Stage::Connect),
        helo: any(Stage::Hello),
        data: any(Stage::Data),
        mail: any(Stage::Mail) || any(Stage::Data),
    };
    config.max_message_bytes = Some(plan.max_size_bytes);
    config.max_recipients = plan.max_recipients as usize;
    config.command_timeout = plan.idle_timeout;
    config.data_timeout = plan.idle_timeout;
    config
}

fn reply_rule(rule: &crate::scenario::ReplyRule) -> mta::ReplyRule {
    mta::ReplyRule {
        stage: rule.stage,
        matching: rule.matching.clone(),
        client: rule.client,
        nth: rule.nth,
        from: rule.from,
        until: rule.until,
        reply: written_reply(&rule.reply),
        close: rule.close,
        seen: 0,
        said: 0,
    }
}

/// A reply of the script goes out as it is written. A server of this world leaves enhanced codes out where RFC 2034 §4
/// knows none (in the greeting, to EHLO and to a client that said HELO), but others send them there as well, and what
/// the script says is what it wants to be seen: so the enhanced code is a part of the text.
fn written_reply(reply: &crate::scenario::ReplyText) -> Reply {
    Reply::new(reply.code, None, behind_code(reply))
}

fn behind_code(reply: &crate::scenario::ReplyText) -> String {
    let text = match reply.enhanced {
        Some((class, subject, detail)) => format!("{class}.{subject}.{detail} {}", reply.text),
        None => reply.text.to_string(),
    };
    text.trim_end().to_owned()
}

/// The whole line of a scripted reply.
pub(super) fn written_text(reply: &crate::scenario::ReplyText) -> String {
    format!("{} {}", reply.code, behind_code(reply)).trim_end().to_owned()
}
