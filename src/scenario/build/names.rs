//! Zones, name servers and resolvers of a plan.

use std::net::IpAddr;

use crate::agent::name_server::NameServer;
use crate::dns::{
    Authority, Name, RecordData, Recursor, RecursorConfig, Resolver, RootHint, Stub, StubConfig, Zone, ZoneSet,
};
use crate::scenario::{self, IMPLIED_NAME_SERVER, Plan, Role, ZonePlan};
use crate::sim::{Duration, Streams};
use crate::trace::HostId;

/// How long delegations may be remembered.
const DELEGATION_TTL: Duration = Duration::from_hours(24);

/// What the hosts of a plan need to know about names.
pub(super) struct Names {
    implied: bool,
}

impl Names {
    pub(super) fn new(plan: &Plan) -> Names {
        let recursive = plan.hosts.iter().any(|h| matches!(&h.role, Role::NameServer(n) if n.recursive));
        Names { implied: plan.needs_implied_name_server() || recursive }
    }

    /// Whether there is a name server that nobody named. Recursive servers need it as their root.
    pub(super) fn is_implied(&self) -> bool {
        self.implied
    }

    /// The implied server: the zones without a server of their own, and the root that delegates all others.
    pub(super) fn implied_server(&self, plan: &Plan, streams: Streams) -> NameServer {
        let mut zones = ZoneSet::new();
        let mut root = Zone::new(Name::root());
        let mut delegates = false;
        for zone in &plan.zones {
            if zone.servers.is_empty() {
                zones.insert(build_zone(plan, zone));
                continue;
            }
            delegates = true;
            for server in &zone.servers {
                let name = server_name(plan, *server);
                let _ = root.add(Name::from(&zone.origin), DELEGATION_TTL, RecordData::Ns(name.clone()));
                let _ = root.add(name, DELEGATION_TTL, RecordData::A(plan.host(*server).ipv4));
            }
        }
        // The root says NXDOMAIN for every domain that no zone has; without it the server could only refuse.
        zones.insert(root);
        let recursor = delegates.then(|| recursor(streams, "implied name server"));
        NameServer::new(Authority::new(zones), recursor, Duration::ZERO)
    }

    /// A name server of the plan.
    pub(super) fn server(
        &self,
        plan: &Plan,
        host: HostId,
        server: &scenario::NameServerPlan,
        streams: Streams,
    ) -> NameServer {
        let zones = server.zones.iter().map(|z| build_zone(plan, &plan.zones[z.0 as usize])).collect();
        let recursor = server.recursive.then(|| recursor(streams, &plan.host(host).name));
        NameServer::new(Authority::new(zones), recursor, server.processing)
    }

    /// The resolver of a host: it asks the host's name server, and remembers what it says where it is to `cache`.
    pub(super) fn resolver(&self, plan: &Plan, host: HostId, cache: bool, streams: Streams) -> Resolver {
        let server = match plan.host(host).resolver {
            Some(server) => IpAddr::V4(plan.host(server).ipv4),
            None => IpAddr::V4(IMPLIED_NAME_SERVER),
        };
        let config = StubConfig { cache, ..StubConfig::new(vec![server]) };
        Stub::new(config, streams.stream(&format!("host:{}/dns", plan.host(host).name))).into()
    }
}

fn recursor(streams: Streams, host: &str) -> Recursor {
    let root = RootHint {
        name: "root.servers.invalid".parse().unwrap_or_else(|_| Name::root()),
        address: IpAddr::V4(IMPLIED_NAME_SERVER),
    };
    Recursor::new(RecursorConfig::new(vec![root]), streams.stream(&format!("host:{host}/recursor")))
}

/// The name of a name server: its own, or one made up for a host without.
fn server_name(plan: &Plan, host: HostId) -> Name {
    match &plan.host(host).domain {
        Some(domain) => Name::from(domain),
        None => format!("ns{}.servers.invalid", host.0).parse().unwrap_or_else(|_| Name::root()),
    }
}

fn build_zone(plan: &Plan, zone: &ZonePlan) -> Zone {
    let mut built = Zone::new(Name::from(&zone.origin));
    built.set_negative_ttl(zone.negative_ttl);
    for server in &zone.servers {
        let _ = built.add(Name::from(&zone.origin), DELEGATION_TTL, RecordData::Ns(server_name(plan, *server)));
    }
    for record in &zone.records {
        // Records that cannot stand in the zone were refused when the scenario was checked.
        let _ = built.add(record.name.clone(), record.ttl(), record.data.clone());
    }
    built
}
