//! A generated internet.

use std::ops::Range;
use std::sync::Arc;

use super::Checker;
use super::drafts::SitesPlan;
use super::hosts::outbox;
use super::link_kind::{LinkKind, link_kind};
use super::names::HostKind;
use crate::agent::courier;
use crate::identity::{Domain, Mailbox};
use crate::scenario::limits::{MAX_HOSTS, MAX_MAIL_BYTES, MAX_MAILS};
use crate::scenario::plan::{LocalDomain, MtaPlan, ReadingPlan, Role, Sending, SubmitsTo, TrafficPlan, UserPlan};
use crate::scenario::presets;
use crate::scenario::read::Fields;
use crate::scenario::schema::{MTA, SITES, SITES_MAIL};
use crate::scenario::tree::Node;
use crate::sim::{Distribution, Duration, Instant};
use crate::smtp::client;
use crate::trace::HostId;

impl Checker {
    pub(super) fn declare_sites<'n>(&mut self, node: &'n Node) -> Option<SitesPlan<'n>> {
        let fields = self.r.fields(node, &SITES)?;
        let r = &mut self.r;
        let most = MAX_HOSTS as u64;
        let count = fields.opt("count", |n| r.number(n, 1, most));
        let users = fields.or("users_per_site", 3, |n| r.number(n, 0, 1000));
        let core = fields.or("core_routers", 4, |n| r.number(n, 1, 1000));
        let prefix = fields.or("prefix", "site", |n| r.text(n));
        let under = fields.opt("under", |n| r.domain(n));
        let mut link = |name: &str, preset: &str| {
            let default = presets::find(preset).map(LinkKind::preset);
            fields.get(name).and_then(|n| link_kind(r, n)).or(default)
        };
        let (link, core_link, user_link) =
            (link("link", "Fibre"), link("core_link", "Backbone"), link("user_link", "Lan"));
        if let (Some(node), false) = (fields.get("prefix"), plain_label(prefix)) {
            let message = format!("`{prefix}` cannot begin the name of a site");
            return r.bad_value(&node.span, message, "expected a few small letters, digits and hyphens");
        }
        let count = count?;
        let hosts = core + count * (1 + users);
        if hosts > most {
            let d = self.r.at(&node.span, "too-many", format!("these sites have {hosts} hosts"));
            self.r.push(d.label(format!("at most {MAX_HOSTS} hosts")));
            return None;
        }
        let digits = count.to_string().len().max(3);
        let under = under.as_ref().map_or("example", Domain::as_str);
        let domains: Option<Vec<Domain>> =
            (1..=count).map(|n| format!("{prefix}{n:0digits$}.{under}").parse().ok()).collect();
        let sites = SitesPlan {
            span: node.span.clone(),
            first: self.names.hosts.len() as u32,
            count: count as u32,
            users: users as u32,
            core: core as u32,
            domains: domains?,
            link: link?,
            core_link: core_link?,
            user_link: user_link?,
            fields,
        };
        self.declare_site_hosts(&sites)?;
        Some(sites)
    }

    fn declare_site_hosts(&mut self, sites: &SitesPlan<'_>) -> Option<()> {
        let span = &sites.span;
        for n in 0..sites.core {
            self.declare_generated(format!("core{}", n + 1), span, HostKind::Router)?;
        }
        for (site, domain) in sites.domains.iter().enumerate() {
            let server = self.declare_generated(format!("mx.{domain}"), span, HostKind::Mta)?;
            let served = self.names.served(domain);
            served.hosts.push(server);
            served.locals.insert("postmaster".into());
            served.locals.extend((0..sites.users).map(|u| format!("user{}", u + 1)));
            self.names.files_for(server, domain);
            for user in 0..sites.users {
                let id = self.declare_generated(format!("pc{}.{domain}", user + 1), span, HostKind::User)?;
                self.names.writers.extend(sites.mailbox(site as u32, user).map(|m| (m, id)));
            }
        }
        Some(())
    }

    fn declare_generated(&mut self, name: String, span: &Range<usize>, kind: HostKind) -> Option<HostId> {
        let name = Arc::from(name);
        let id = self.declare(&name, span, kind);
        if id.is_none() {
            let first = self.names.hosts[self.names.by_name[&name].0 as usize].span.clone();
            let d = self.r.at(&first, "duplicate", format!("`sites` makes a host `{name}`, too"));
            let d = d.label("written here").also(span.clone(), "generated here");
            self.r.push(d.help("give this host another name, or the sites another `prefix`"));
        }
        id
    }

    pub(super) fn build_sites(&mut self, sites: &SitesPlan<'_>) {
        let template = self.site_server(sites);
        // Its users send as the server does, but for what makes a server of it.
        let mut courier = courier::Config { responsible: false, ..(*template.sending.courier).clone() };
        courier.client = Arc::new(client::Config { try_esmtp: true, ..(*courier.client).clone() });
        let outbox = outbox(template.sending.queue.limits);
        let sending = Sending { courier: Arc::new(courier), queue: Arc::new(outbox), ..template.sending.clone() };
        for site in 0..sites.count {
            let server = sites.server(site);
            let users = (0..sites.users).map(|u| Arc::from(format!("user{}", u + 1)));
            let local = LocalDomain {
                domain: sites.domains[site as usize].clone(),
                mailboxes: users.chain([Arc::from("postmaster")]).collect(),
                catch_all: false,
            };
            self.plan.hosts[server.0 as usize].role =
                Role::Mta(Box::new(MtaPlan { domains: vec![local], ..template.clone() }));
            for user in 0..sites.users {
                self.plan.hosts[sites.user(site, user).0 as usize].role = Role::User(UserPlan {
                    mailboxes: sites.mailbox(site, user).into_iter().collect(),
                    submits_to: Some(SubmitsTo::Host(server)),
                    port: 587,
                    reading: ReadingPlan::default(),
                    sending: sending.clone(),
                });
            }
        }
    }

    fn site_server(&mut self, sites: &SitesPlan<'_>) -> MtaPlan {
        let fields = sites.fields.get("mta").and_then(|n| self.r.fields(n, &MTA));
        let fields = fields.unwrap_or_else(|| Fields::none(&MTA, sites.span.clone()));
        let places = ["address", "outbound_addresses", "bound_to"];
        for own in ["domains", "mailboxes", "catch_all", "relay_for", "forwards"].into_iter().chain(places) {
            if let Some(node) = fields.get(own) {
                let d = self.r.at(&node.span, "contradiction", format!("`{own}` cannot be the same at all sites"));
                self.r.push(
                    d.label("leave this out").help("hosts that differ are written in `hosts` and linked to a router"),
                );
            }
        }
        // No host has this number, so every named host is another one.
        self.mta(HostId(u32::MAX), &fields)
    }

    /// A ring of routers with chords, a site at each router in turn, its users at the site's server.
    pub(super) fn link_sites(&mut self, sites: &SitesPlan<'_>) {
        let span = &sites.span;
        for n in 0..sites.core {
            if n + 1 < sites.core || sites.core > 2 {
                self.add_link(sites.router(n), sites.router(n + 1), sites.core_link.clone(), span);
            }
        }
        for n in 0..sites.core / 2 {
            if sites.core > 3 {
                self.add_link(sites.router(n), sites.router(n + sites.core / 2), sites.core_link.clone(), span);
            }
        }
        for site in 0..sites.count {
            self.add_link(sites.server(site), sites.router(site), sites.link.clone(), span);
            for user in 0..sites.users {
                self.add_link(sites.user(site, user), sites.server(site), sites.user_link.clone(), span);
            }
        }
    }

    pub(super) fn sites_traffic(&mut self, sites: &SitesPlan<'_>) {
        let Some(fields) = sites.fields.get("mail").and_then(|n| self.r.fields(n, &SITES_MAIL)) else { return };
        let all: Vec<(u32, u32)> = (0..sites.count).flat_map(|s| (0..sites.users).map(move |u| (s, u))).collect();
        let from: Vec<(HostId, Mailbox)> =
            all.iter().filter_map(|(s, u)| Some((sites.user(*s, *u), sites.mailbox(*s, *u)?))).collect();
        if from.is_empty() {
            let _: Option<()> = self.r.bad_value(&fields.span, "the sites have no users who could write", "no users");
            return;
        }
        let r = &mut self.r;
        let count = fields.opt("count", |n| r.number(n, 1, MAX_MAILS));
        let start = fields.or("start", Instant::ZERO, |n| r.time(n));
        let size_bytes = fields.or("sizes", Distribution::Fixed(4096), |n| super::traffic::sizes(r, n));
        self.within_run(fields.get("start"), start);
        let every = if fields.get("rate").is_none() && fields.get("every").is_none() {
            Some(Distribution::Exponential(Duration::from_secs(1).as_nanos()))
        } else {
            self.gap(&fields)
        };
        let (Some(every), Some(count)) = (every, count) else { return };
        let stop = Instant::ZERO + self.plan.run_for;
        let count = self.bounded(&fields, every, Some(count), stop.since(start));
        let to: Arc<[Mailbox]> = from.iter().map(|(_, m)| m.clone()).collect();
        self.names.correspondents.extend(to.iter().cloned());
        self.plan.traffic.push(TrafficPlan {
            name: Arc::from("sites"),
            from,
            to,
            every,
            size_bytes,
            max_size_bytes: MAX_MAIL_BYTES,
            start,
            stop,
            count,
            subject: Arc::from("Message {n}"),
        });
    }
}

/// Letters, digits and inner hyphens, short enough for a number after them.
fn plain_label(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(good) && !text.starts_with('-')
}
