//! The faults of a plan, with the words that the trace has for them.

use std::sync::Arc;

use super::names::record_data;
use crate::agent::{Trigger, TriggerEvent};
use crate::dns::{self, Name, RecordType};
use crate::identity::Domain;
use crate::net::topology::LinkId;
use crate::scenario::{self, DnsMode, Fault as Planned, LinkIndex, Plan, ZoneIndex};
use crate::sim::Duration;
use crate::trace::{Direction, HostId};
use crate::world::{Builder, Fault, FaultSetup, When};

/// Adds the faults to a world. Links have the same numbers in the plan and in the world.
pub(super) fn add(plan: &Plan, builder: &mut Builder) {
    for fault in &plan.faults {
        let when = when(&fault.when, builder);
        let (what, text) = translate(plan, &fault.what);
        let undo = undo(plan, &fault.what);
        builder.fault(FaultSetup { when, lasting: fault.lasting, fault: what, text, undo });
    }
}

fn when(trigger: &scenario::Trigger, builder: &mut Builder) -> When {
    let (host, event, nth) = match trigger {
        scenario::Trigger::At(at) => return When::At(*at),
        scenario::Trigger::Line { host, sent, begins, nth } => {
            let direction = if *sent { Direction::Sent } else { Direction::Received };
            (*host, TriggerEvent::Line { direction, begins: begins.clone() }, *nth)
        }
        scenario::Trigger::FinalDot { host, nth } => (*host, TriggerEvent::FinalDot, *nth),
    };
    When::Triggered(builder.watch(Trigger { host, event, nth, seen: 0 }))
}

fn host(plan: &Plan, id: HostId) -> &str {
    &plan.host(id).name
}

fn link(plan: &Plan, index: LinkIndex) -> String {
    let link = &plan.links[index.0 as usize];
    format!("the link {} - {}", host(plan, link.a), host(plan, link.b))
}

fn server_name(plan: &Plan, server: Option<HostId>) -> &str {
    server.map_or("the name server", |s| host(plan, s))
}

fn percent(ppm: u32) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

pub(super) fn translate(plan: &Plan, fault: &Planned) -> (Fault, Arc<str>) {
    let (fault, text) = match fault {
        Planned::LinkDown(index) => {
            (Fault::Link { link: LinkId(index.0), up: false }, format!("{} goes down", link(plan, *index)))
        }
        Planned::LinkUp(index) => {
            (Fault::Link { link: LinkId(index.0), up: true }, format!("{} is up again", link(plan, *index)))
        }
        Planned::HostDown(id) => (Fault::Host { host: *id, up: false }, format!("{} goes down", host(plan, *id))),
        Planned::HostUp(id) => (Fault::Host { host: *id, up: true }, format!("{} is up again", host(plan, *id))),
        Planned::Loss { link: index, ppm } => (
            Fault::Loss { link: LinkId(index.0), ppm: *ppm },
            format!("{} loses {} of its packets", link(plan, *index), percent(*ppm)),
        ),
        Planned::Latency { link: index, latency } => (
            Fault::Latency { link: LinkId(index.0), latency: *latency },
            format!("{} has a latency of {latency}", link(plan, *index)),
        ),
        Planned::Drop { link: index, from, packets } => {
            let side = from.map_or(String::new(), |id| format!(" from {}", host(plan, id)));
            let text = format!("{} loses the next {packets} packets{side}", link(plan, *index));
            (Fault::Drop { link: LinkId(index.0), from: *from, packets: *packets }, text)
        }
        Planned::Dns { server, mode } => {
            let name = server_name(plan, *server);
            let (mode, text) = match mode {
                DnsMode::Working => (dns::Fault::None, format!("{name} answers again")),
                DnsMode::Silent => (dns::Fault::Silent, format!("{name} falls silent")),
                DnsMode::ServFail => (dns::Fault::ServFail, format!("{name} answers SERVFAIL to everything")),
            };
            (Fault::Dns { server: *server, mode }, text)
        }
        Planned::SetRecord { record, .. } => records(record, false, "now reads"),
        Planned::AddRecord { record, .. } => records(record, true, "also reads"),
        Planned::RemoveRecords { name, rtype, .. } => {
            let text = format!("the {rtype} records of {name} are gone");
            let rtype = record_type(rtype);
            (Fault::Records { name: Name::from(name), rtype, keep: false, records: Vec::new() }, text)
        }
    };
    (fault, text.into())
}

fn records(record: &scenario::RecordPlan, keep: bool, verb: &str) -> (Fault, String) {
    let data = record_data(&record.data);
    let text = format!("the {} record of {} {verb} {data}", record.data.rtype(), record.name);
    let ttl = Duration::from_secs(u64::from(record.ttl_secs));
    let fault =
        Fault::Records { name: Name::from(&record.name), rtype: data.rtype(), keep, records: vec![(ttl, data)] };
    (fault, text)
}

fn record_type(name: &str) -> RecordType {
    let known = [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Cname, RecordType::Ns, RecordType::Ptr];
    known.into_iter().find(|t| t.as_str() == name).unwrap_or(RecordType::Txt)
}

/// The records of a name and type are again what the plan says.
fn as_planned(plan: &Plan, zone: ZoneIndex, name: &Domain, rtype: &str) -> (Fault, Arc<str>) {
    let planned = plan.zones[zone.0 as usize].records.iter();
    let records = planned
        .filter(|r| r.name == *name && r.data.rtype() == rtype)
        .map(|r| (Duration::from_secs(u64::from(r.ttl_secs)), record_data(&r.data)))
        .collect();
    let text = format!("the {rtype} records of {name} are as before");
    (Fault::Records { name: Name::from(name), rtype: record_type(rtype), keep: false, records }, text.into())
}

/// What ends a fault that lasts for a while.
fn undo(plan: &Plan, fault: &Planned) -> Option<(Fault, Arc<str>)> {
    let back = match fault {
        Planned::LinkDown(index) => Planned::LinkUp(*index),
        Planned::HostDown(id) => Planned::HostUp(*id),
        Planned::Dns { server, .. } => Planned::Dns { server: *server, mode: DnsMode::Working },
        Planned::Loss { link, .. } => {
            let ppm = plan.links[link.0 as usize].forward.loss_ppm;
            Planned::Loss { link: *link, ppm }
        }
        Planned::Latency { link, .. } => {
            Planned::Latency { link: *link, latency: plan.links[link.0 as usize].forward.latency }
        }
        Planned::SetRecord { zone, record } | Planned::AddRecord { zone, record } => {
            return Some(as_planned(plan, *zone, &record.name, record.data.rtype()));
        }
        Planned::RemoveRecords { zone, name, rtype } => return Some(as_planned(plan, *zone, name, rtype)),
        Planned::LinkUp(_) | Planned::HostUp(_) | Planned::Drop { .. } => return None,
    };
    Some(translate(plan, &back))
}
