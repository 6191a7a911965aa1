//! From the tree of a file to a [`Plan`], telling every mistake in one go.
//!
//! The passes: brackets and duplicate keys; the names of hosts, domains and mailboxes; what each host is; links; the
//! DNS; mail and traffic; faults; claims; sums. A pass that finds a mistake leaves the piece out or takes its default
//! and goes on, so that the later ones can tell theirs.

mod addresses;
mod claimed;
mod claims;
mod drafts;
mod faults;
mod graph;
mod headers;
mod hosts;
mod known;
mod letter;
mod link_kind;
mod links;
mod lmtp;
mod logins;
mod mail;
mod mailbox_claims;
mod mta;
mod names;
mod parts;
mod reading;
mod records;
mod replies;
mod retry;
mod service;
mod sites;
mod threads;
mod traffic;
mod zones;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::files::{Files, NoFiles};
use super::limits::{DEFAULT_RUN, MAX_HOSTS, MAX_MAILS};
use super::plan::Plan;
use super::read::{Fields, Reader};
use super::schema::{self, SCENARIO};
use super::tree::{self, Kind, Node};
use crate::diag::Diagnostic;
use crate::net::tcp;
use crate::octets::Chunk;
use crate::sim::calendar::Calendar;
use crate::sim::{Duration, Instant};
use names::Names;

/// Reads and checks a scenario file. The name is only used in diagnostics.
///
/// # Errors
/// All mistakes of the file, in its order; a mistake of syntax stands alone.
pub fn load(file_name: &str, text: &str) -> Result<Plan, Vec<Diagnostic>> {
    load_with(file_name, text, &mut NoFiles)
}

/// As [`load`], with files that the scenario may name.
///
/// # Errors
/// As [`load`].
pub fn load_with(file_name: &str, text: &str, files: &mut dyn Files) -> Result<Plan, Vec<Diagnostic>> {
    let file: Arc<str> = Arc::from(file_name);
    let tree = tree::parse(&file, text).map_err(|d| vec![*d])?;
    let mut checker = Checker::new(&file);
    checker.duplicates(&tree);
    checker.collect(&tree, files);
    if let Some(fields) = checker.r.fields(&tree, &SCENARIO) {
        checker.scenario(&fields);
    }
    let Checker { r: Reader { mut found, more, .. }, mut plan, .. } = checker;
    if found.is_empty() {
        plan.faults.shrink_to_fit();
        return Ok(plan);
    }
    found.sort_by_key(|d| (d.span.start, d.span.end));
    if more > 0 {
        let end = text.len();
        found.push(Diagnostic::error(&file, end..end, "too-many", format!("and {more} further mistakes")));
    }
    Err(found)
}

/// The passes and what they share.
struct Checker {
    r: Reader,
    names: Names,
    plan: Plan,
    /// Links by their two hosts, the smaller index first.
    link_of: HashMap<(u32, u32), u32>,
    zone_of: HashMap<Arc<str>, u32>,
    /// Mails that people send, so far.
    mails: u64,
    /// The files that the scenario names, or why they cannot be had.
    attached: BTreeMap<String, Result<Chunk, String>>,
}

impl Checker {
    fn new(file: &Arc<str>) -> Checker {
        let plan = Plan {
            title: "untitled".into(),
            about: String::new(),
            seed: 1,
            start_unix_secs: Calendar::default().unix_secs(Instant::ZERO),
            run_for: DEFAULT_RUN,
            tcp: tcp::Config::default(),
            resolver_latency: Duration::from_millis(5),
            keep_mail: true,
            hosts: Vec::new(),
            links: Vec::new(),
            zones: Vec::new(),
            mail: Vec::new(),
            traffic: Vec::new(),
            faults: Vec::new(),
            expectations: Vec::new(),
        };
        let (names, link_of, zone_of) = Default::default();
        Checker { r: Reader::new(file), names, plan, link_of, zone_of, mails: 0, attached: BTreeMap::new() }
    }

    /// Keys and fields that are written twice, anywhere.
    fn duplicates(&mut self, node: &Node) {
        fn twice(
            r: &mut Reader,
            seen: &mut HashMap<String, Range<usize>>,
            what: &str,
            name: &str,
            span: &Range<usize>,
        ) {
            if let Some(first) = seen.get(name) {
                let d = r.at(span, "duplicate", format!("{what} `{name}` is written twice"));
                let d = d.label("written again here").also(first.clone(), "first written here");
                r.push(d);
            } else {
                seen.insert(name.to_owned(), span.clone());
            }
        }
        let mut seen = HashMap::new();
        match &node.kind {
            Kind::Struct(_, fields) => {
                for (word, value) in fields {
                    twice(&mut self.r, &mut seen, "the field", &word.text, &word.span);
                    self.duplicates(value);
                }
            }
            Kind::Map(entries) => {
                for (key, value) in entries {
                    if let Kind::Text(name) = &key.kind {
                        twice(&mut self.r, &mut seen, "the key", name, &key.span);
                    }
                    self.duplicates(value);
                }
            }
            Kind::Tuple(_, items) | Kind::List(items) => items.iter().for_each(|item| self.duplicates(item)),
            _ => {}
        }
    }

    fn scenario(&mut self, fields: &Fields<'_>) {
        self.settings(fields);
        self.nowhere(fields);
        let drafts = self.declare_hosts(fields);
        let sites = fields.get("sites").and_then(|node| self.declare_sites(node));
        self.names.holes |= fields.get("sites").is_some() && sites.is_none();
        if self.names.hosts.len() > MAX_HOSTS {
            let count = self.names.hosts.len();
            let d = self.r.at(&fields.span, "too-many", format!("{count} hosts are too many"));
            self.r.push(d.label(format!("at most {MAX_HOSTS} hosts")));
            return;
        }
        self.give_addresses(&drafts, sites.as_ref());
        self.build_hosts(drafts, sites.as_ref());
        self.links(fields, sites.as_ref());
        self.zones(fields);
        self.resolvers(fields);
        self.mail(fields);
        self.traffic(fields, sites.as_ref());
        self.faults(fields);
        self.claims(fields);
        let few = self.mails <= super::limits::MANY_MAILS;
        self.plan.keep_mail = fields.or("keep_mail", few, |n| self.r.bool(n));
        if self.mails > MAX_MAILS {
            let message = format!("about {} mails are too many", self.mails);
            let d = self.r.at(&fields.span, "too-many", message).label(format!("at most {MAX_MAILS} mails"));
            self.r.push(d.help("lower `count`, lower the rates, or stop earlier"));
        }
    }

    fn settings(&mut self, fields: &Fields<'_>) {
        let r = &mut self.r;
        let plan = &mut self.plan;
        if let Some(title) = fields.opt("title", |n| r.line(n, 200)) {
            plan.title = title.to_owned();
        }
        if let Some(about) = fields.opt("about", |n| r.text(n)) {
            plan.about = about.to_owned();
        }
        schema::scenario_settings(r, fields, plan);
        self.names.zone_minutes = fields.or("zone", 0, |n| r.zone(n));
        let zone = self.names.zone_minutes;
        plan.start_unix_secs = fields.or("start", plan.start_unix_secs, |n| r.date(n, zone));
    }

    /// Tells a time after the end of the run.
    fn within_run(&mut self, node: Option<&Node>, at: Instant) {
        let end = Instant::ZERO + self.plan.run_for;
        if let Some(node) = node.filter(|_| at > end) {
            let d = self.r.at(&node.span, "after-the-end", "this comes after the end of the run");
            let d = d.label(format!("the run ends after {}", self.plan.run_for));
            self.r.push(d.help("make `run_for` longer, or this earlier"));
        }
    }
}
