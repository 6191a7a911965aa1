//! The network as a machine: hosts with addresses and ports, links between them, packets on their way, and the
//! connections of every host.
//!
//! [`Network`] has the four verbs. What a host does is a call ([`connect`](Network::connect), [`send`](Network::send),
//! ...); time is [`handle_timeout`](Network::handle_timeout), one event at a call; what comes of either is asked with
//! [`poll_output`](Network::poll_output) until there is nothing more, before the next call; and
//! [`poll_timeout`](Network::poll_timeout) says when the next event is due. It knows no mail and no agents.
//!
//! No host looks into another's memory here: whatever one knows of another came in a packet.

use std::collections::VecDeque;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::addresses::{AddressId, Addresses};
use super::endpoint::{Endpoint, Slot};
use super::flight::Flights;
use super::output::{Event, Output, SocketId, Trouble};
use super::ports::{FIRST_PORT, Key};
use super::state_table::StateTables;
use super::tcp;
use super::topology::{LinkId, Node, Topology};
use super::waits::Waits;
use crate::sim::{Duration, EventList, Instant};

/// A host, as its network stack has it.
#[derive(Clone)]
pub(super) struct Stack {
    pub(super) listening: Vec<u16>,
    /// The addresses at which it listens; empty: all of its own.
    pub(super) bound: Vec<AddressId>,
    pub(super) next_port: u16,
    /// RFC 6528 §3: what makes initial sequence numbers hard to guess.
    pub(super) secret: u64,
    pub(super) tcp: tcp::Config,
    pub(super) waits: Waits,
}

/// See the [module](self).
#[derive(Clone)]
pub struct Network {
    pub(super) events: EventList<Event>,
    pub(super) topology: Topology,
    /// What links know of connections, where they forget them.
    pub(super) state_tables: StateTables,
    pub(super) addresses: Addresses,
    pub(super) hosts: Vec<Stack>,
    pub(super) sockets: Vec<Slot>,
    /// Places of connections that are gone.
    pub(super) free: Vec<u32>,
    // Looked up, never iterated.
    pub(super) connections: FxHashMap<Key, u32>,
    pub(super) flights: Flights,
    pub(super) outputs: VecDeque<Output>,
    /// Sockets with something to send or to tell.
    pub(super) dirty: VecDeque<u32>,
    pub(super) watched: bool,
    pub(super) last_packet: u64,
    /// When something happened last that was more than a timer of what is over.
    pub(super) active_at: Instant,
}

impl Network {
    /// Hosts on this graph; add them with [`Network::host`] in the order of its nodes.
    #[must_use]
    pub fn new(topology: Topology) -> Network {
        Network {
            events: EventList::new(),
            topology,
            state_tables: StateTables::default(),
            addresses: Addresses::default(),
            hosts: Vec::new(),
            sockets: Vec::new(),
            free: Vec::new(),
            connections: FxHashMap::default(),
            flights: Flights::default(),
            outputs: VecDeque::new(),
            dirty: VecDeque::new(),
            watched: false,
            last_packet: 0,
            active_at: Instant::ZERO,
        }
    }

    /// Gives the next node of the graph its addresses (the first of each family is the one it sends from), the TCP ports
    /// that it listens on, and its TCP. `secret` makes its initial sequence numbers its own.
    pub fn host(
        &mut self,
        addresses: impl IntoIterator<Item = IpAddr>,
        listening: Vec<u16>,
        tcp: tcp::Config,
        secret: u64,
    ) -> Node {
        let node = Node(self.hosts.len() as u32);
        self.addresses.assign(node, addresses);
        self.hosts.push(Stack {
            listening,
            bound: Vec::new(),
            next_port: FIRST_PORT,
            secret,
            tcp,
            waits: Waits::default(),
        });
        node
    }

    /// Has a node listen at these of its addresses only. None is all of them.
    pub fn bind(&mut self, node: Node, addresses: impl IntoIterator<Item = IpAddr>) {
        self.hosts[node.0 as usize].bound = addresses.into_iter().map(|address| self.addresses.id(address)).collect();
    }

    /// The graph.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The graph, to change it.
    pub fn topology_mut(&mut self) -> &mut Topology {
        &mut self.topology
    }

    /// From now on a link forgets TCP connections that were silent for longer than this, as a NAT or a stateful firewall does
    /// (RFC 5382 §5), or it forgets none. What comes for one that is forgotten is lost, until a SYN opens it anew. Those that
    /// are open now count from now on.
    pub fn set_link_forgets(&mut self, now: Instant, link: LinkId, after: Option<Duration>) {
        self.state_tables.set(now, link, after);
    }

    /// Turns [`Output::Seen`] on or off. Changes nothing else.
    pub fn watch_packets(&mut self, on: bool) {
        self.watched = on;
    }

    /// Packets so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.last_packet
    }

    /// When something happened last. Timers of what has ended meanwhile, and of TIME-WAIT, do not count.
    #[must_use]
    pub fn active_at(&self) -> Instant {
        self.active_at
    }

    /// When the next event is due.
    #[inline]
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        self.events.peek_time()
    }

    /// Lets the next event that is due happen; none, and nothing happens.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some((_, event)) = self.events.pop_until(now) {
            self.happen(now, event);
        }
    }

    /// For who has nothing else to do before `limit`: lets the next event happen, and says when it was; `None` when there
    /// is none until then. The same as asking [`poll_timeout`](Network::poll_timeout) and then calling
    /// [`handle_timeout`](Network::handle_timeout), and cheaper.
    #[inline]
    pub fn step_until(&mut self, limit: Instant) -> Option<Instant> {
        let (at, event) = self.events.pop_until(limit)?;
        self.happen(at, event);
        Some(at)
    }

    #[inline]
    fn happen(&mut self, now: Instant, event: Event) {
        match event {
            Event::Arrival(flight) => self.arrival(now, flight),
            Event::Timer(place, generation) => self.timer(now, place, generation),
            Event::Waited(host) => self.waited(now, host),
        }
    }

    /// Whether [`poll_output`](Network::poll_output) has nothing to tell and nothing to do.
    #[must_use]
    #[inline]
    pub fn is_silent(&self) -> bool {
        self.dirty.is_empty() && self.outputs.is_empty()
    }

    /// What comes of the last call, piece by piece. In between, hosts may make further calls: what a host answers at once
    /// leaves together with the acknowledgement of what it answers.
    #[inline]
    pub fn poll_output(&mut self, now: Instant) -> Option<Output> {
        loop {
            if !self.outputs.is_empty() {
                return self.first_output();
            }
            let place = *self.dirty.front()?;
            // What it tells comes first, so that an answer can carry the acknowledgement; then what it sends.
            if let Some(output) = self.tell(now, place) {
                return Some(output);
            }
            // Sending can be the end of a connection (a reset was the last thing to say), which is to be told.
            if self.send_segments(now, place) && (!self.outputs.is_empty() || self.has_news(place)) {
                continue;
            }
            self.dirty.pop_front();
            self.rest(now, place);
        }
    }

    /// Whether a socket has something to tell.
    #[inline]
    fn has_news(&self, place: u32) -> bool {
        self.sockets[place as usize].endpoint.as_ref().is_some_and(|e| e.has_news())
    }

    #[inline(never)]
    fn first_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if let Some(Output::Failed(socket, Trouble::NoPort { .. })) = output {
            // Not before it is told: the place would be given to another connection.
            self.free.push(socket.0);
        }
        output
    }

    /// A host goes down: its connections are forgotten without a word, those that are still being set up and those in
    /// TIME-WAIT included.
    pub fn crash(&mut self, host: Node) {
        for place in 0..self.sockets.len() as u32 {
            if self.sockets[place as usize].endpoint.as_ref().is_some_and(|e| e.path.host == host) {
                self.release(place);
            }
        }
        self.hosts[host.0 as usize].waits = Waits::default();
        self.topology.set_node_up(host, false);
    }

    /// A host that was down is there again.
    pub fn restart(&mut self, host: Node) {
        self.topology.set_node_up(host, true);
    }

    pub(super) fn endpoint(&mut self, socket: SocketId) -> Option<&mut Endpoint> {
        self.sockets.get_mut(socket.0 as usize)?.endpoint.as_mut()
    }

    /// An address that this address is the number of.
    pub(super) fn address(&self, id: AddressId) -> IpAddr {
        self.addresses.get(id)
    }
}
