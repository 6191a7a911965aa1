//! Building a world: hosts, links, faults.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::pipes::Pipes;
use super::timetable::FaultSetup;
use super::{Host, World, node};
use crate::agent::{Agent, Directory, Identifiers, Input, Ledger, Trigger, Watch};
use crate::net::Network;
use crate::net::lane::LaneSpec;
use crate::net::tcp;
use crate::net::topology::{LinkId, Topology};
use crate::sim::calendar::Calendar;
use crate::sim::{Engine, Streams};
use crate::trace::{HostEntry, HostId, LinkEntry, Roster, Tracer};

/// A host to be.
pub struct HostSetup {
    /// Its name.
    pub name: Arc<str>,
    /// `user`, `mta`, `name server`, `router`.
    pub role: Arc<str>,
    /// Short notes for pictures, such as the domains it receives mail for.
    pub notes: Vec<Arc<str>>,
    /// Its addresses; the first is the one it sends from.
    pub addresses: Vec<IpAddr>,
    /// What its clock shows.
    pub calendar: Calendar,
    /// TCP ports that it listens on.
    pub listening: Vec<u16>,
    /// The addresses at which it listens; empty: all of its own.
    pub bound_to: Vec<IpAddr>,
    /// Its TCP; `None` is that of the world.
    pub tcp: Option<tcp::Config>,
    /// What runs on it.
    pub agent: Agent,
    /// Whether the scenario did not name it.
    pub implied: bool,
}

/// A link to be.
#[derive(Clone)]
pub struct LinkSetup {
    /// One end.
    pub a: HostId,
    /// The other end.
    pub b: HostId,
    /// From `a` to `b`.
    pub there: LaneSpec,
    /// From `b` to `a`.
    pub back: LaneSpec,
    /// How people call it.
    pub label: Arc<str>,
    /// Whether the scenario did not name it. An implied link carries nothing but what its two ends say to each other.
    pub implied: bool,
}

/// What the network needs to know of a host.
#[derive(Clone)]
struct Stack {
    addresses: Vec<IpAddr>,
    listening: Vec<u16>,
    bound_to: Vec<IpAddr>,
    tcp: Option<tcp::Config>,
    secret: u64,
}

/// A world in the making.
pub struct Builder {
    streams: Streams,
    topology: Topology,
    directory: Directory,
    hosts: Vec<Host>,
    stacks: Vec<Stack>,
    roster: Roster,
    faults: Vec<FaultSetup>,
    watch: Watch,
    link_names: FxHashMap<String, u32>,
    /// Settings of all TCPs; the segment size follows from the route.
    pub tcp: tcp::Config,
}

impl Builder {
    /// An empty world. `start_unix_secs` is the date at the beginning.
    #[must_use]
    pub fn new(title: &str, seed: u64, start_unix_secs: i64) -> Builder {
        let streams = Streams::new(seed);
        Builder {
            streams,
            topology: Topology::new(streams),
            directory: Directory::default(),
            hosts: Vec::new(),
            stacks: Vec::new(),
            roster: Roster { title: title.into(), seed, start_unix_secs, ..Roster::default() },
            faults: Vec::new(),
            watch: Watch::default(),
            link_names: FxHashMap::default(),
            tcp: tcp::Config::default(),
        }
    }

    /// The random streams of the run.
    #[must_use]
    pub fn streams(&self) -> Streams {
        self.streams
    }

    /// Adds a host; they are numbered from 0 in the order in which they are added.
    pub fn host(&mut self, setup: HostSetup) -> HostId {
        self.topology.add_node();
        let id = self.directory.add(setup.name.clone(), setup.addresses.iter().copied());
        self.roster.hosts.push(HostEntry {
            name: setup.name.clone(),
            role: setup.role,
            addresses: setup.addresses.iter().map(|a| a.to_string().into()).collect(),
            notes: setup.notes,
            implied: setup.implied,
        });
        self.hosts.push(Host { agent: setup.agent, calendar: setup.calendar, up: true, wake_at: None });
        self.stacks.push(Stack {
            addresses: setup.addresses,
            listening: setup.listening,
            bound_to: setup.bound_to,
            tcp: setup.tcp,
            secret: self.streams.stream(&format!("host:{}/tcp", setup.name)).bits(),
        });
        id
    }

    /// Adds a link; they are numbered from 0 in the order in which they are added.
    pub fn link(&mut self, setup: LinkSetup) -> LinkId {
        let end = |host: HostId| &*self.roster.hosts[host.0 as usize].name;
        let mut name = format!("{}-{}", end(setup.a), end(setup.b));
        // Parallel links are told apart by their number among those of the same two hosts.
        let count = self.link_names.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            name = format!("{name}#{count}");
        }
        self.roster.links.push(LinkEntry {
            a: setup.a,
            b: setup.b,
            latency_ns: setup.there.latency.as_nanos(),
            label: setup.label,
            implied: setup.implied,
        });
        let (a, b) = (node(setup.a), node(setup.b));
        self.topology.add_link(&name, a, b, setup.there, setup.back, setup.implied)
    }

    /// Adds a fault.
    pub fn fault(&mut self, fault: FaultSetup) {
        self.faults.push(fault);
    }

    /// Waits for something to be seen; the answer names the trigger in [`super::When::Triggered`].
    pub fn watch(&mut self, trigger: Trigger) -> u32 {
        self.watch.triggers.push(trigger);
        (self.watch.triggers.len() - 1) as u32
    }

    /// The world, at the instant before everything starts. `implied_name_server` answers where the scenario has
    /// named no other.
    #[must_use]
    pub fn build(self, implied_name_server: Option<HostId>) -> World {
        let mut network = Network::new(self.topology);
        for stack in self.stacks {
            let node = network.host(stack.addresses, stack.listening, stack.tcp.unwrap_or(self.tcp), stack.secret);
            network.bind(node, stack.bound_to);
        }
        World {
            engine: Engine::new(),
            network,
            hosts: self.hosts,
            directory: self.directory,
            pipes: Pipes::default(),
            ids: Identifiers::default(),
            ledger: Ledger::default(),
            condition_records: BTreeMap::new(),
            watch: self.watch,
            filed: None,
            held: None,
            secrets: None,
            streams: self.streams,
            tracer: Tracer::off(),
            tap: None,
            roster: Arc::new(self.roster),
            happened: vec![false; self.faults.len()],
            faults: self.faults,
            conditions: super::conditions::Conditions::default(),
            implied_name_server,
            spare_actions: Vec::new(),
            active_at: crate::sim::Instant::ZERO,
        }
    }
}

impl World {
    /// Starts all hosts and the timetable. Call once, after the observers have been added.
    pub fn start(&mut self) {
        for host in 0..self.hosts.len() as u32 {
            self.agent_input(HostId(host), Input::Start);
        }
        self.settle();
        self.schedule_faults();
    }
}
