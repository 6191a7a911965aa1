//! Generators of mail.

use std::sync::Arc;

use super::Checker;
use super::drafts::SitesPlan;
use super::mail::about_how_many;
use super::names::HostKind;
use crate::identity::Mailbox;
use crate::scenario::limits::{MAX_MAIL_BYTES, MAX_MAILS};
use crate::scenario::plan::{Role, TrafficPlan};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::{PARETO, TRAFFIC};
use crate::scenario::tree::{Kind, Node};
use crate::sim::{Distribution, Duration, Instant};
use crate::trace::HostId;

impl Checker {
    pub(super) fn traffic(&mut self, fields: &Fields<'_>, sites: Option<&SitesPlan<'_>>) {
        let end = Instant::ZERO + self.plan.run_for;
        for (i, node) in fields.items(&mut self.r, "traffic", "generators").iter().enumerate() {
            let Some(fields) = self.r.fields(node, &TRAFFIC) else { continue };
            let writers: Vec<(HostId, Mailbox)> = fields
                .items(&mut self.r, "from", "mailboxes and hosts")
                .iter()
                .flat_map(|node| self.writers_of(node))
                .collect();
            let to: Arc<[Mailbox]> =
                fields.items(&mut self.r, "to", "mailboxes").iter().filter_map(|node| self.recipient(node)).collect();
            for name in ["from", "to"] {
                if let Some(Node { kind: Kind::List(items), span }) = fields.get(name)
                    && items.is_empty()
                {
                    let _: Option<()> = self.r.bad_value(span, "nobody is in this list", "expected at least one");
                }
            }
            let start = fields.or("start", Instant::ZERO, |n| self.r.time(n));
            self.within_run(fields.get("start"), start);
            let stop = fields.or("stop", end, |n| self.r.time(n));
            if let (true, Some(node)) = (stop <= start, fields.get("stop")) {
                let _: Option<()> = self.r.bad_value(&node.span, "it stops before it starts", "expected a later time");
            }
            let name =
                fields.opt("name", |n| self.r.line(n, 100)).map_or_else(|| format!("traffic {}", i + 1), str::to_owned);
            if self.plan.traffic.iter().any(|t| *t.name == *name) {
                let span = fields.get("name").map_or(&fields.span, |n| &n.span);
                let d = self.r.at(span, "duplicate", format!("two generators are called `{name}`"));
                self.r.push(d.label("their luck follows from their names").help("give it another name"));
            }
            let subject = fields.or("subject", "Message {n}", |n| self.r.line(n, 900));
            let every = self.gap(&fields);
            let size_bytes = fields.or("sizes", Distribution::Fixed(4096), |n| sizes(&mut self.r, n));
            let count = fields.opt("count", |n| self.r.number(n, 1, MAX_MAILS));
            let Some(every) = every else { continue };
            let count = self.bounded(&fields, every, count, stop.since(start));
            self.names.correspondents.extend(to.iter().cloned());
            self.names.correspondents.extend(writers.iter().map(|(_, m)| m.clone()));
            self.plan.traffic.push(TrafficPlan {
                name: Arc::from(name),
                from: writers,
                to,
                every,
                size_bytes,
                max_size_bytes: MAX_MAIL_BYTES,
                start,
                stop,
                count,
                subject: Arc::from(subject),
            });
        }
        if let Some(sites) = sites {
            self.sites_traffic(sites);
        }
    }

    /// A mailbox of a user, or all mailboxes of a user's host.
    fn writers_of(&mut self, node: &Node) -> Vec<(HostId, Mailbox)> {
        let Some(text) = self.r.text(node) else { return Vec::new() };
        let found: Vec<(HostId, Mailbox)> = if text.contains('@') {
            let Some(mailbox) = self.r.mailbox(node) else { return Vec::new() };
            self.writer(&mailbox, node).map(|host| (host, mailbox)).into_iter().collect()
        } else {
            let Some(host) = self.host_that(node, "a User", |k| k == HostKind::User) else { return Vec::new() };
            match &self.plan.hosts[host.0 as usize].role {
                Role::User(user) => user.mailboxes.iter().map(|m| (host, m.clone())).collect(),
                _ => Vec::new(),
            }
        };
        for (host, _) in &found {
            if matches!(&self.plan.hosts[host.0 as usize].role, Role::User(u) if u.submits_to.is_none()) {
                let entry = &self.names.hosts[host.0 as usize];
                let message = format!("`{}` has no server to hand mail to", entry.name);
                let d = self.r.at(&node.span, "missing-field", message).label("handed to whom?");
                let d = d.also(entry.span.clone(), "this User has no good `submits_to`");
                self.r.push(d);
                return Vec::new();
            }
        }
        found
    }

    /// `rate` or `every`.
    pub(super) fn gap(&mut self, fields: &Fields<'_>) -> Option<Distribution> {
        match (fields.get("rate"), fields.get("every")) {
            (Some(node), None) => self.r.rate(node).map(|gap| Distribution::Exponential(gap.as_nanos())),
            (None, Some(node)) => {
                let every = self.r.gaps(node)?;
                if about_how_many(every, Duration::from_nanos(1)) > 0 && fields.get("count").is_none() {
                    let d = self.r.at(&node.span, "bad-value", "without time between mails there is no end of them");
                    self.r.push(d.label("expected more than zero").help("or say how many: count: 100"));
                    return None;
                }
                Some(every)
            }
            (Some(_), Some(node)) => {
                let d = self.r.at(&node.span, "contradiction", "`rate` and `every` say the same thing twice");
                self.r.push(d.label("one of them is enough"));
                None
            }
            (None, None) => {
                let d =
                    self.r.at(&fields.span, "missing-field", format!("{} needs `rate` or `every`", fields.shape.name));
                self.r.push(d.label("how often?").help("add rate: \"10/min\""));
                None
            }
        }
    }

    /// The number of mails, counted towards the sum.
    pub(super) fn bounded(
        &mut self,
        fields: &Fields<'_>,
        every: Distribution,
        count: Option<u64>,
        length: Duration,
    ) -> u64 {
        let expected = about_how_many(every, length).min(count.unwrap_or(u64::MAX));
        if expected > MAX_MAILS {
            let d = self.r.at(&fields.span, "too-many", format!("this makes about {expected} mails"));
            let d = d.label(format!("at most {MAX_MAILS} mails"));
            self.r.push(d.help("say how many, `count: 1000`, or when to stop"));
            return 0;
        }
        self.mails = self.mails.saturating_add(expected);
        count.unwrap_or(MAX_MAILS)
    }
}

/// How large mails are.
pub(super) fn sizes(r: &mut Reader, node: &Node) -> Option<Distribution> {
    let one = |r: &mut Reader, n: &Node| r.size(n, 1, MAX_MAIL_BYTES);
    match &node.kind {
        Kind::Text(_) | Kind::Number(_) => one(r, node).map(Distribution::Fixed),
        Kind::Tuple(Some(word), items) => match (word.text.as_str(), items.as_slice()) {
            ("Fixed", [a]) => one(r, a).map(Distribution::Fixed),
            ("Uniform", [a, b]) => {
                let (a, b) = (one(r, a), one(r, b));
                r.uniform(node, a, b)
            }
            _ => r.unknown_spread(word, "Fixed(a), Uniform(a, b), Pareto(minimum: a, shape: 1.2)"),
        },
        Kind::Struct(Some(word), _) if word.text == "Pareto" => {
            let fields = r.fields(node, &PARETO)?;
            let minimum = fields.opt("minimum", |n| one(r, n));
            let shape = fields.or("shape", 1200, |n| shape(r, n));
            Some(Distribution::Pareto { minimum: minimum?, shape_thousandths: shape })
        }
        Kind::Struct(Some(word), _) => {
            r.unknown_spread(word, "Fixed(a), Uniform(a, b), Pareto(minimum: a, shape: 1.2)")
        }
        _ => r.wrong_type(node, "a size, Fixed(..), Uniform(..) or Pareto(..)"),
    }
}

/// The shape of a Pareto distribution in thousandths.
fn shape(r: &mut Reader, node: &Node) -> Option<u32> {
    let (Kind::Number(text) | Kind::Text(text)) = &node.kind else { return r.wrong_type(node, "a number such as 1.2") };
    match crate::scenario::units::thousandths(text) {
        Ok(n) if (100..=100_000).contains(&n) => Some(n as u32),
        Ok(_) => r.bad_value(&node.span, format!("a shape of {text} is out of range"), "expected 0.1 to 100"),
        Err(why) => r.bad_value(&node.span, why, "expected a number such as 1.2"),
    }
}
