//! What goes wrong, and when.

use std::sync::Arc;

use super::Checker;
use super::names::HostKind;
use super::records;
use crate::agent::{self, TriggerEvent};
use crate::dns::{self, Name};
use crate::net::tamper::Tamper;
use crate::net::topology::LinkId;
use crate::scenario::limits::LONGEST_RUN;
use crate::scenario::plan::{FaultPlan, Trigger};
use crate::scenario::read::Fields;
use crate::scenario::schema::{FAULT, FAULTS, TRIGGERS, latency};
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;
use crate::trace::{Direction, HostId, RecordEdit};
use crate::world::Change;

const SHORTEST: Duration = Duration::from_nanos(1);

impl Checker {
    pub(super) fn faults(&mut self, fields: &Fields<'_>) {
        for node in fields.items(&mut self.r, "faults", "faults") {
            let Some(fields) = self.r.fields(node, &FAULT) else { continue };
            let when = self.when(&fields);
            let lasting = fields.opt("lasting", |n| self.r.duration_in(n, SHORTEST, LONGEST_RUN));
            let what = fields.get("what").and_then(|n| self.fault(n));
            if let (Some(what), Some(node)) = (&what, fields.get("lasting")) {
                let undoable = !matches!(
                    what,
                    Change::Link { up: true, .. } | Change::Host { up: true, .. } | Change::Drop { .. }
                );
                if !undoable {
                    let message = "this cannot be undone, so it cannot last for a time";
                    let d = self.r.at(&node.span, "contradiction", message).label("leave this out");
                    self.r.push(
                        d.help("`lasting` is for Down, Loss, Latency, Tamper, Forgets, Dns and changes of records"),
                    );
                }
            }
            if let (Some(when), Some(what)) = (when, what) {
                self.plan.faults.push(FaultPlan { span: node.span.clone(), when, lasting, what });
            }
        }
        self.plan.faults = in_order_of_time(std::mem::take(&mut self.plan.faults));
    }

    fn when(&mut self, fields: &Fields<'_>) -> Option<Trigger> {
        let node = match (fields.get("at"), fields.get("when")) {
            (Some(node), None) => {
                let at = self.r.time(node)?;
                self.within_run(Some(node), at);
                return Some(Trigger::At(at));
            }
            (None, Some(node)) => node,
            (Some(_), Some(node)) => {
                let d = self.r.at(&node.span, "contradiction", "a fault has either `at` or `when`");
                self.r.push(d.label("one of them is enough"));
                return None;
            }
            (None, None) => {
                let d = self.r.at(&fields.span, "missing-field", "Fault needs `at` or `when`").label("when?");
                self.r.push(d.help("add at: \"10s\", or when: Said(by: \"..\", line: \"250\")"));
                return None;
            }
        };
        let trigger = self.r.variant(node, "something that a fault can wait for", TRIGGERS)?;
        let nth = trigger.or("nth", 1, |n| self.r.number(n, 1, u64::MAX));
        if trigger.shape.name == "FinalDot" {
            let host = trigger.get("at").and_then(|n| self.mta_host(n))?;
            return Some(Trigger::Event(agent::Trigger { host, event: TriggerEvent::FinalDot, nth, seen: 0 }));
        }
        let speaks = |k| matches!(k, HostKind::User | HostKind::Mta);
        let host = trigger.get("by").and_then(|n| self.host_that(n, "a User or an Mta", speaks));
        let begins = trigger.opt("line", |n| self.r.line(n, 500));
        if let (Some(""), Some(node)) = (begins, trigger.get("line")) {
            return self.r.bad_value(&node.span, "every line begins with nothing", "expected how the line begins");
        }
        let direction = if trigger.shape.name == "Said" { Direction::Sent } else { Direction::Received };
        let event = TriggerEvent::Line { direction, begins: Arc::from(begins?) };
        Some(Trigger::Event(agent::Trigger { host: host?, event, nth, seen: 0 }))
    }

    fn fault(&mut self, node: &Node) -> Option<Change> {
        let fields = self.r.variant(node, "a fault", FAULTS)?;
        let link = |c: &mut Checker| fields.get("link").and_then(|n| c.link_between(n));
        match fields.shape.name {
            name @ ("Down" | "Up") => {
                let up = name == "Up";
                match (fields.get("link"), fields.get("host")) {
                    (Some(_), None) => link(self).map(|(link, _)| Change::Link { link, up }),
                    (None, Some(node)) => self.host(node).map(|host| Change::Host { host, up }),
                    _ => {
                        let message = format!("{name} needs either `link` or `host`");
                        let d = self.r.at(&fields.span, "missing-field", message).label("what is it about?");
                        self.r.push(d.help(format!("say {name}(link: (\"a\", \"b\")) or {name}(host: \"a\")")));
                        None
                    }
                }
            }
            "Loss" => {
                let (link, ppm) = (link(self), fields.opt("loss", |n| self.r.percent(n)));
                Some(Change::Loss { link: link?.0, ppm: ppm? })
            }
            "Latency" => {
                let latency = fields.opt("latency", |n| latency(&mut self.r, n));
                Some(Change::Latency { link: link(self)?.0, latency: latency? })
            }
            "Tamper" => {
                let find = fields.or("find", "STARTTLS", |n| self.r.line(n, 500));
                let put = fields.or("put", "XXXXXXXA", |n| self.r.line(n, 500));
                let (link, tamper) = (link(self)?, Tamper::new(find.into(), put.into()));
                let is_read = |name: &str, text: &str| {
                    matches!(fields.get(name).map(|n| &n.kind), None | Some(Kind::Text(_))) && !text.is_empty()
                };
                if tamper.is_none() && (is_read("find", find) || find.is_empty()) {
                    let message = if find.is_empty() {
                        "nothing is looked for".to_owned()
                    } else {
                        format!("`{find}` has {} bytes, and `{put}` has {}", find.len(), put.len())
                    };
                    let node = fields.get("put").or(fields.get("find"));
                    let d = self.r.at(node.map_or(&fields.span, |n| &n.span), "bad-value", message);
                    let d = d.label("expected two texts of the same length");
                    self.r.push(
                        d.note("whoever adds or takes away bytes must go on counting for both ends of a connection"),
                    );
                }
                Some(Change::Tamper { link: link.0, tamper: Arc::new(tamper?) })
            }
            "Forgets" => {
                let after = fields.opt("after", |n| self.r.duration_in(n, Duration::from_secs(1), LONGEST_RUN));
                Some(Change::Forgets { link: link(self)?.0, after: after? })
            }
            "Drop" => {
                let packets = fields.or("packets", 1, |n| self.r.number(n, 1, 1_000_000));
                let from = fields.get("from").map(|n| (n, self.host(n)));
                let (link, ends) = link(self)?;
                if let Some((node, Some(from))) = from
                    && from != ends.0
                    && from != ends.1
                {
                    return self.r.bad_value(
                        &node.span,
                        "this host is not an end of the link",
                        "expected one of its ends",
                    );
                }
                Some(Change::Drop { link, from: from.and_then(|(_, h)| h), packets })
            }
            "Dns" => {
                let modes =
                    [("Silent", dns::Fault::Silent), ("ServFail", dns::Fault::ServFail), ("Working", dns::Fault::None)];
                let mode = fields.opt("mode", |n| self.r.choice(n, "a way to answer", &modes));
                let server = match fields.get("server") {
                    Some(node) => {
                        Some(self.host_that(node, "a NameServer", |k| matches!(k, HostKind::NameServer { .. }))?)
                    }
                    None if self.plan.needs_implied_name_server() => None,
                    None => {
                        let d = self.r.at(&fields.span, "missing-field", "there is no implied name server here");
                        self.r.push(d.label("which one?").help("name it: server: \"ns.blue.example\""));
                        return None;
                    }
                };
                Some(Change::NameServer { server, mode: mode? })
            }
            _ => self.record_fault(&fields),
        }
    }

    fn record_fault(&mut self, fields: &Fields<'_>) -> Option<Change> {
        let zone = fields.get("zone").and_then(|n| self.zone(n));
        let rtype =
            (fields.shape.name == "RemoveRecord").then(|| fields.opt("rtype", |n| records::rtype(&mut self.r, n)));
        let data = (rtype.is_none()).then(|| {
            let data = fields.opt("record", |n| records::data(&mut self.r, n))?;
            if let Some(node) = fields.get("record") {
                self.check_target(&data, &node.span);
            }
            Some(data)
        });
        let (_, origin) = zone?;
        let name = fields.get("name").map_or(Some(origin.clone()), |n| records::owner(&mut self.r, n, &origin))?;
        let name = Name::from(&name);
        if let Some(rtype) = rtype {
            return Some(Change::Records { name, rtype: rtype?, edit: RecordEdit::Remove, records: Vec::new() });
        }
        let ttl_secs = fields.or("ttl", 3600, |n| records::ttl(&mut self.r, n));
        let data = data.flatten()?;
        let edit = if fields.shape.name == "SetRecord" { RecordEdit::Set } else { RecordEdit::Add };
        let records = vec![(Duration::from_secs(u64::from(ttl_secs)), data.clone())];
        Some(Change::Records { name, rtype: data.rtype(), edit, records })
    }

    /// The link between two hosts, and the hosts.
    fn link_between(&mut self, node: &Node) -> Option<(LinkId, (HostId, HostId))> {
        let Kind::Tuple(None, items) = &node.kind else { return self.r.wrong_type(node, "a link: (\"a\", \"b\")") };
        let [a, b] = items.as_slice() else { return self.r.wrong_type(node, "a link: (\"a\", \"b\")") };
        let (a, b) = (self.host(a), self.host(b));
        let (a, b) = (a?, b?);
        if let Some(index) = self.link_of.get(&(a.0.min(b.0), a.0.max(b.0))) {
            return Some((LinkId(*index), (a, b)));
        }
        let name = |h: HostId| Arc::clone(&self.names.hosts[h.0 as usize].name);
        let message = format!("there is no link between `{}` and `{}`", name(a), name(b));
        let neighbours: Vec<Arc<str>> = self
            .plan
            .links
            .iter()
            .filter_map(|l| if l.a == a { Some(name(l.b)) } else { (l.b == a).then(|| name(l.a)) })
            .collect();
        let d = self.r.at(&node.span, "unknown-link", message).label("not one of the `links`");
        let near = super::names::some(neighbours.iter().map(|n| &**n));
        self.r.push(d.note(format!("`{}` is linked to {near}", name(a))));
        None
    }
}

/// Faults that have a time in its order; those of one time stay in the order of the file, and those that wait for
/// something keep their places.
fn in_order_of_time(faults: Vec<FaultPlan>) -> Vec<FaultPlan> {
    let time = |fault: &FaultPlan| if let Trigger::At(at) = fault.when { Some(at) } else { None };
    let mut places: Vec<Option<FaultPlan>> = Vec::with_capacity(faults.len());
    let mut timed = Vec::new();
    for fault in faults {
        if time(&fault).is_some() {
            timed.push(fault);
            places.push(None);
        } else {
            places.push(Some(fault));
        }
    }
    timed.sort_by_key(time);
    let mut timed = timed.into_iter();
    places.into_iter().filter_map(|place| place.or_else(|| timed.next())).collect()
}
