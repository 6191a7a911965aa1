//! [`Plan`] to [`World`].

mod agents;
mod faults;
mod names;
#[cfg_attr(not(feature = "tls"), path = "build/no_tls.rs")]
mod tls;

use std::net::IpAddr;

use super::{Plan, Role};
use crate::agent::Agent;
use crate::net::lane::LaneSpec;
use crate::sim::calendar::Calendar;
use crate::trace::HostId;
use crate::world::{Builder, HostSetup, LinkSetup, World};

/// What the command line adds to a plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildOptions {
    /// Another seed than the plan's.
    pub seed: Option<u64>,
}

/// The world of a plan, before its first instant. Add observers, then call [`World::start`].
#[must_use]
pub fn build(plan: &Plan, options: BuildOptions) -> World {
    let seed = options.seed.unwrap_or(plan.seed);
    let mut builder = Builder::new(&plan.title, seed, plan.start_unix_secs);
    builder.tcp = plan.tcp;
    let names = names::Names::new(plan);
    let trust = tls::Trust::new(plan, builder.streams());
    for (place, host) in plan.hosts.iter().enumerate() {
        let id = HostId(place as u32);
        let (agent, listening) = agents::agent(plan, id, (&names, trust.as_ref()), builder.streams());
        builder.host(HostSetup {
            name: host.name.clone(),
            role: agents::role_name(&host.role).into(),
            notes: agents::notes(plan, &host.role),
            addresses: agents::addresses(host),
            calendar: host.calendar,
            listening,
            bound_to: if let Role::Mta(mta) = &host.role { mta.bound_to.clone() } else { Vec::new() },
            tcp: host.tcp,
            agent,
            implied: false,
        });
    }
    for link in &plan.links {
        builder.link(LinkSetup {
            a: link.a,
            b: link.b,
            there: link.forward,
            back: link.back,
            label: link.label.clone(),
            implied: false,
        });
    }
    let implied = names.is_implied().then(|| add_implied_name_server(plan, &names, &mut builder));
    faults::add(plan, &mut builder);
    builder.build(implied)
}

/// The name server that nobody named: everybody's resolver, and the server of all zones without one. It is linked to
/// every host, and no other traffic takes those links.
fn add_implied_name_server(plan: &Plan, names: &names::Names, builder: &mut Builder) -> HostId {
    let server = names.implied_server(plan, builder.streams());
    let id = builder.host(HostSetup {
        name: "name server".into(),
        role: "name server".into(),
        notes: Vec::new(),
        addresses: vec![IpAddr::V4(super::IMPLIED_NAME_SERVER)],
        calendar: Calendar::new(plan.start_unix_secs, 0),
        listening: vec![crate::dns::PORT],
        bound_to: Vec::new(),
        tcp: None,
        agent: Agent::NameServer(Box::new(server)),
        implied: true,
    });
    let lane = LaneSpec { latency: plan.resolver_latency, ..LaneSpec::default() };
    for (place, host) in plan.hosts.iter().enumerate() {
        if !matches!(host.role, Role::Router) {
            builder.link(LinkSetup {
                a: HostId(place as u32),
                b: id,
                there: lane,
                back: lane,
                label: "implied".into(),
                implied: true,
            });
        }
    }
    id
}
