//! The faults of a plan.

use super::names::record_data;
use crate::agent::{Trigger, TriggerEvent};
use crate::dns::{self, Name, RecordType};
use crate::net::topology::LinkId;
use crate::scenario::{self, DnsMode, Fault, Plan};
use crate::sim::Duration;
use crate::trace::{Direction, RecordEdit};
use crate::world::{Builder, Change, FaultSetup, When};

/// Adds the faults to a world. Links have the same numbers in the plan and in the world.
pub(super) fn add(plan: &Plan, builder: &mut Builder) {
    for fault in &plan.faults {
        let when = when(&fault.when, builder);
        builder.fault(FaultSetup { when, lasting: fault.lasting, change: change(&fault.what) });
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

/// A fault as the world has it.
pub(super) fn change(fault: &Fault) -> Change {
    match fault {
        Fault::LinkDown(link) => Change::Link { link: LinkId(link.0), up: false },
        Fault::LinkUp(link) => Change::Link { link: LinkId(link.0), up: true },
        Fault::HostDown(host) => Change::Host { host: *host, up: false },
        Fault::HostUp(host) => Change::Host { host: *host, up: true },
        Fault::Loss { link, ppm } => Change::Loss { link: LinkId(link.0), ppm: *ppm },
        Fault::Latency { link, latency } => Change::Latency { link: LinkId(link.0), latency: *latency },
        Fault::Drop { link, from, packets } => Change::Drop { link: LinkId(link.0), from: *from, packets: *packets },
        Fault::Dns { server, mode } => Change::NameServer {
            server: *server,
            mode: match mode {
                DnsMode::Working => dns::Fault::None,
                DnsMode::Silent => dns::Fault::Silent,
                DnsMode::ServFail => dns::Fault::ServFail,
            },
        },
        Fault::SetRecord { record, .. } => records(record, RecordEdit::Set),
        Fault::AddRecord { record, .. } => records(record, RecordEdit::Add),
        Fault::RemoveRecords { name, rtype, .. } => Change::Records {
            name: Name::from(name),
            rtype: record_type(rtype),
            edit: RecordEdit::Remove,
            records: Vec::new(),
        },
    }
}

fn records(record: &scenario::RecordPlan, edit: RecordEdit) -> Change {
    let data = record_data(&record.data);
    let ttl = Duration::from_secs(u64::from(record.ttl_secs));
    Change::Records { name: Name::from(&record.name), rtype: data.rtype(), edit, records: vec![(ttl, data)] }
}

fn record_type(name: &str) -> RecordType {
    let known = [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Cname, RecordType::Ns, RecordType::Ptr];
    known.into_iter().find(|t| t.as_str() == name).unwrap_or(RecordType::Txt)
}
