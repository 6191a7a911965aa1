//! The graph of hosts and links, and the shortest routes on it.
//!
//! A route is the path of least total latency; at equal latency the one with fewer links, and then the one whose link
//! names hash lowest, so that no route depends on the order in which hosts were added. Links and routers that are down
//! are routed around at once: the convergence of routing protocols is not simulated. Nobody far away knows that a host is
//! down, or that no way around a cut is left: the packets set out all the same, on the shortest route that there would
//! be, and are lost where the way ends. Only what no link has ever led to has no route.
//!
//! Most hosts hang off the graph like leaves off a branch. Those trees are peeled off first, and only what is left
//! (the mesh of the core) is searched, once for each pair that talks: an internet of 10,000 sites costs no more per
//! pair than one of ten.

use std::ops::Add;
use std::sync::Arc;

use petgraph::algo::astar;
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::visit::{EdgeFiltered, EdgeRef};
use rustc_hash::FxHashMap;

use super::lane::{Lane, LaneSpec};
use super::tamper::Tamper;
use crate::sim::{Stream, Streams};

/// A host or router: a node of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u32);

/// A link between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// One direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub u32);

impl LaneId {
    /// The link that it is a direction of.
    #[must_use]
    pub fn link(self) -> LinkId {
        LinkId(self.0 / 2)
    }
}

/// One step of a route: a lane, and the node it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The lane.
    pub lane: LaneId,
    /// Where it leads.
    pub to: Node,
}

/// Names a route, for as long as the run lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteId(pub u32);

/// A route, shared by all packets that take it.
#[derive(Clone, Debug)]
pub struct Route {
    /// The steps in order; empty from a node to itself.
    pub steps: Box<[Step]>,
    /// The smallest MTU on the way: path MTU discovery (RFC 1191) is taken as done.
    pub mtu: u16,
}

#[derive(Clone)]
struct LinkInfo {
    ends: [Node; 2],
    name: String,
    /// Breaks ties between routes without looking at the order of hosts.
    name_hash: u64,
    up: bool,
    /// Reaches only the two ends: no packet for anybody else is passed over it.
    access_only: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    latency: u64,
    links: u32,
    tie: u64,
}

impl Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost {
            latency: self.latency.saturating_add(other.latency),
            links: self.links + other.links,
            tie: self.tie.wrapping_add(other.tie),
        }
    }
}

/// What of the graph is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The links and the nodes between the ends that are up.
    Up,
    /// Everything.
    Whole,
}

/// Where a node hangs after the trees have been peeled off.
#[derive(Clone, Copy)]
struct Branch {
    /// The step towards the core; `None` for a node of the core.
    up: Option<Step>,
    /// Steps to the core.
    depth: u32,
}

/// The graph.
#[derive(Clone)]
pub struct Topology {
    graph: UnGraph<bool, u32>,
    links: Vec<LinkInfo>,
    lanes: Vec<Lane>,
    streams: Streams,
    access: FxHashMap<(Node, Node), LaneId>,
    known: FxHashMap<(Node, Node), Option<RouteId>>,
    routes: Vec<Route>,
    /// The same by their steps: where a change of the graph leads back to a route that was there before, it is that one
    /// again, so that routes do not pile up however often the graph changes. Looked up, never iterated.
    by_steps: FxHashMap<Box<[Step]>, RouteId>,
    branches: Vec<Branch>,
    /// The same for the graph as if everything in it were up; empty until it is wanted.
    whole: Vec<Branch>,
    epoch: u32,
    stale: bool,
}

impl Topology {
    /// An empty graph; `streams` gives the links their luck.
    #[must_use]
    pub fn new(streams: Streams) -> Topology {
        Topology {
            graph: UnGraph::default(),
            links: Vec::new(),
            lanes: Vec::new(),
            streams,
            access: FxHashMap::default(),
            known: FxHashMap::default(),
            routes: Vec::new(),
            by_steps: FxHashMap::default(),
            branches: Vec::new(),
            whole: Vec::new(),
            epoch: 0,
            stale: true,
        }
    }

    /// Adds a node that is up.
    pub fn add_node(&mut self) -> Node {
        self.stale = true;
        self.whole.clear();
        Node(self.graph.add_node(true).index() as u32)
    }

    /// Links `a` and `b`: `there` is the lane from `a` to `b`, `back` the other. `name` is unique, and names the
    /// link's random streams. An `access_only` link carries nothing but what its two ends say to each other.
    pub fn add_link(
        &mut self,
        name: &str,
        a: Node,
        b: Node,
        there: LaneSpec,
        back: LaneSpec,
        access_only: bool,
    ) -> LinkId {
        let id = LinkId(self.links.len() as u32);
        for (spec, direction) in [(there, "there"), (back, "back")] {
            let chancy = spec.loss_ppm > 0 || !spec.jitter.is_zero();
            let luck = chancy.then(|| lane_stream(&self.streams, name, direction));
            self.lanes.push(Lane::new(spec, luck));
        }
        if access_only {
            self.access.insert((a, b), LaneId(id.0 * 2));
            self.access.insert((b, a), LaneId(id.0 * 2 + 1));
        } else {
            self.graph.add_edge(NodeIndex::new(a.0 as usize), NodeIndex::new(b.0 as usize), id.0);
        }
        self.links.push(LinkInfo {
            ends: [a, b],
            name: name.into(),
            // Forty bits leave room for the sum over a long route.
            name_hash: crate::sim::name_hash(name) >> 24,
            up: true,
            access_only,
        });
        self.stale = true;
        self.whole.clear();
        id
    }

    /// A lane and what is on it.
    #[inline]
    pub fn lane_mut(&mut self, id: LaneId) -> &mut Lane {
        &mut self.lanes[id.0 as usize]
    }

    /// A lane.
    #[must_use]
    #[inline]
    pub fn lane(&self, id: LaneId) -> &Lane {
        &self.lanes[id.0 as usize]
    }

    /// The two ends of a link.
    #[must_use]
    pub fn ends(&self, link: LinkId) -> [Node; 2] {
        self.links[link.0 as usize].ends
    }

    /// Whether a link is up.
    #[must_use]
    pub fn is_link_up(&self, link: LinkId) -> bool {
        self.links[link.0 as usize].up
    }

    /// Takes a link down or up.
    pub fn set_link_up(&mut self, link: LinkId, up: bool) {
        let info = &mut self.links[link.0 as usize];
        info.up = up;
        for lane in [link.0 * 2, link.0 * 2 + 1] {
            self.lanes[lane as usize].set_up(up);
        }
        self.reroute();
    }

    /// The two directions of a link: from its first end, and back.
    #[must_use]
    pub fn lanes(&self, link: LinkId) -> [&Lane; 2] {
        [&self.lanes[link.0 as usize * 2], &self.lanes[link.0 as usize * 2 + 1]]
    }

    /// Changes the loss of the two directions of a link, in parts per million.
    pub fn set_link_loss(&mut self, link: LinkId, loss_ppm: [u32; 2]) {
        let name = &self.links[link.0 as usize].name;
        for (place, direction) in ["there", "back"].into_iter().enumerate() {
            let streams = &self.streams;
            let lane = &mut self.lanes[link.0 as usize * 2 + place];
            lane.set_loss(loss_ppm[place], || lane_stream(streams, name, direction));
        }
    }

    /// Somebody on a link writes over what passes, in both directions, or nobody does.
    pub fn set_link_tamper(&mut self, link: LinkId, tamper: Option<&Arc<Tamper>>) {
        for place in 0..2 {
            self.lanes[link.0 as usize * 2 + place].set_tamper(tamper.cloned());
        }
    }

    /// Changes the latency of the two directions of a link; routes may change with it.
    pub fn set_link_latency(&mut self, link: LinkId, latency: [crate::sim::Duration; 2]) {
        for (place, latency) in latency.into_iter().enumerate() {
            self.lanes[link.0 as usize * 2 + place].set_latency(latency);
        }
        self.reroute();
    }

    /// Takes a node down or up: it takes nothing and passes nothing on while down.
    pub fn set_node_up(&mut self, node: Node, up: bool) {
        self.graph[NodeIndex::new(node.0 as usize)] = up;
        self.reroute();
    }

    /// Whether a node is up.
    #[must_use]
    #[inline]
    pub fn is_node_up(&self, node: Node) -> bool {
        self.graph[NodeIndex::new(node.0 as usize)]
    }

    fn reroute(&mut self) {
        self.stale = true;
        self.epoch += 1;
    }

    /// Rises whenever routes may have changed: a route remembered from another epoch must be asked for again.
    #[must_use]
    #[inline]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The route from one node to another, or as far as there is one: round what is down where that is possible, or else
    /// into it. `None` when no links lead there, up or down.
    pub fn route(&mut self, from: Node, to: Node) -> Option<RouteId> {
        if self.stale {
            self.stale = false;
            self.known.clear();
            self.branches = self.peel(Part::Up);
        }
        if let Some(known) = self.known.get(&(from, to)) {
            return *known;
        }
        let mut steps = self.find(from, to, Part::Up);
        if steps.is_none() {
            if self.whole.is_empty() {
                self.whole = self.peel(Part::Whole);
            }
            steps = self.find(from, to, Part::Whole);
        }
        let id = steps.map(|steps| {
            if let Some(id) = self.by_steps.get(&steps[..]) {
                return *id;
            }
            let mtu = steps.iter().map(|s| self.lane(s.lane).spec().mtu).min().unwrap_or(u16::MAX);
            let id = RouteId(self.routes.len() as u32);
            self.by_steps.insert(steps.clone().into(), id);
            self.routes.push(Route { steps: steps.into(), mtu });
            id
        });
        self.known.insert((from, to), id);
        id
    }

    /// The steps of a route. They stay the same even when a newer route leads elsewhere.
    #[must_use]
    #[inline]
    pub fn steps(&self, id: RouteId) -> &Route {
        &self.routes[id.0 as usize]
    }

    fn find(&self, from: Node, to: Node, part: Part) -> Option<Vec<Step>> {
        if from == to {
            return Some(Vec::new());
        }
        if let Some(lane) = self.access.get(&(from, to)) {
            return self.is_usable(lane.link(), part).then(|| vec![Step { lane: *lane, to }]);
        }
        let branches = self.branches(part);
        // Climb from both sides to the core, or until the two climbs meet.
        let (mut a, mut b) = (from, to);
        let (mut climb, mut descent) = (Vec::new(), Vec::new());
        while a != b {
            let (at_a, at_b) = (branches[a.0 as usize], branches[b.0 as usize]);
            if let Some(step) = at_a.up
                && (at_b.up.is_none() || at_a.depth >= at_b.depth)
            {
                climb.push(step);
                a = step.to;
            } else if let Some(step) = at_b.up {
                descent.push(Step { lane: LaneId(step.lane.0 ^ 1), to: b });
                b = step.to;
            } else {
                break;
            }
        }
        if a != b {
            climb.extend(self.search_core(a, b, part)?);
        }
        climb.extend(descent.into_iter().rev());
        // Whether the last host is up, the others cannot know.
        let passable = part == Part::Whole || climb.iter().all(|s| s.to == to || self.is_node_up(s.to));
        passable.then_some(climb)
    }

    fn branches(&self, part: Part) -> &[Branch] {
        match part {
            Part::Up => &self.branches,
            Part::Whole => &self.whole,
        }
    }

    fn is_usable(&self, link: LinkId, part: Part) -> bool {
        part == Part::Whole || self.links[link.0 as usize].up
    }

    fn search_core(&self, from: Node, to: Node, part: Part) -> Option<Vec<Step>> {
        let branches = self.branches(part);
        let passes = |node: NodeIndex| {
            let ends = [from.0, to.0].contains(&(node.index() as u32));
            (part == Part::Whole || ends || self.graph[node]) && branches[node.index()].up.is_none()
        };
        let usable = EdgeFiltered::from_fn(&self.graph, |edge| {
            self.is_usable(LinkId(*edge.weight()), part) && passes(edge.source()) && passes(edge.target())
        });
        let cost = |lane: LaneId| Cost {
            latency: self.lane(lane).spec().latency.as_nanos(),
            links: 1,
            tie: self.links[lane.link().0 as usize].name_hash,
        };
        let goal = NodeIndex::new(to.0 as usize);
        let (_, nodes) = astar(
            &usable,
            NodeIndex::new(from.0 as usize),
            |node| node == goal,
            |edge| cost(self.lane_from(LinkId(*edge.weight()), Node(edge.source().index() as u32))),
            |_| Cost::default(),
        )?;
        let mut steps = Vec::with_capacity(nodes.len());
        for pair in nodes.windows(2) {
            let here = Node(pair[0].index() as u32);
            // Of parallel links, the one that the search counted: the cheapest.
            let lane = self
                .graph
                .edges_connecting(pair[0], pair[1])
                .filter(|e| self.is_usable(LinkId(*e.weight()), part))
                .map(|e| self.lane_from(LinkId(*e.weight()), here))
                .min_by_key(|lane| cost(*lane))?;
            steps.push(Step { lane, to: Node(pair[1].index() as u32) });
        }
        Some(steps)
    }

    /// The lane of `link` that leads away from `node`.
    #[must_use]
    pub fn lane_from(&self, link: LinkId, node: Node) -> LaneId {
        LaneId(link.0 * 2 + u32::from(self.links[link.0 as usize].ends[0] != node))
    }

    /// Peels the trees off the graph: a node with one usable link hangs on its neighbour; when that leaves the
    /// neighbour with one link, it hangs too.
    fn peel(&self, part: Part) -> Vec<Branch> {
        let count = self.graph.node_count();
        let mut degree = vec![0_u32; count];
        for link in self.links.iter().filter(|l| (l.up || part == Part::Whole) && !l.access_only) {
            for end in link.ends {
                degree[end.0 as usize] += 1;
            }
        }
        let mut branches = vec![Branch { up: None, depth: 0 }; count];
        let mut order: Vec<usize> = (0..count).filter(|n| degree[*n] == 1).collect();
        let mut next = 0;
        while next < order.len() {
            let node = order[next];
            next += 1;
            if degree[node] != 1 {
                continue; // the last of its tree: the neighbour hangs on it already
            }
            let index = NodeIndex::new(node);
            let parent = self
                .graph
                .edges(index)
                .filter(|e| self.is_usable(LinkId(*e.weight()), part))
                .map(|e| (e.target().index(), LinkId(*e.weight())))
                .find(|(to, _)| degree[*to] > 0);
            let Some((parent, link)) = parent else { continue };
            let lane = self.lane_from(link, Node(node as u32));
            branches[node].up = Some(Step { lane, to: Node(parent as u32) });
            degree[node] = 0;
            degree[parent] -= 1;
            if degree[parent] == 1 {
                order.push(parent);
            }
        }
        // Nodes were peeled from the outside in, so depths are known from the inside out.
        for node in order.into_iter().rev() {
            if let Some(step) = branches[node].up {
                branches[node].depth = branches[step.to.0 as usize].depth + 1;
            }
        }
        branches
    }
}

fn lane_stream(streams: &Streams, link: &str, direction: &str) -> Stream {
    streams.stream(&format!("link:{link}/{direction}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Duration;
    use proptest::prelude::*;

    fn spec(ms: u64) -> LaneSpec {
        LaneSpec { latency: Duration::from_millis(ms), ..LaneSpec::default() }
    }

    fn build(nodes: u32, links: &[(u32, u32, u64)]) -> Topology {
        let mut t = Topology::new(Streams::new(1));
        for _ in 0..nodes {
            t.add_node();
        }
        for (i, (a, b, ms)) in links.iter().enumerate() {
            t.add_link(&format!("l{i}"), Node(*a), Node(*b), spec(*ms), spec(*ms), false);
        }
        t
    }

    fn path(t: &mut Topology, from: u32, to: u32) -> Option<Vec<u32>> {
        t.route(Node(from), Node(to)).map(|r| t.steps(r).steps.iter().map(|s| s.to.0).collect())
    }

    #[test]
    fn routes_are_shortest_by_latency_and_go_round_what_is_down() {
        // A square 0-1-2-3 with a slow side, and a tail 4-5 on 0.
        let mut t = build(6, &[(0, 1, 10), (1, 2, 10), (2, 3, 10), (3, 0, 50), (0, 4, 1), (4, 5, 1)]);
        assert_eq!(path(&mut t, 0, 3), Some(vec![1, 2, 3]));
        assert_eq!(path(&mut t, 5, 2), Some(vec![4, 0, 1, 2]));
        assert_eq!(path(&mut t, 2, 5), Some(vec![1, 0, 4, 5]));
        assert_eq!(path(&mut t, 5, 4), Some(vec![4]));
        t.set_link_up(LinkId(1), false);
        assert_eq!(path(&mut t, 0, 3), Some(vec![3]));
        assert_eq!(path(&mut t, 1, 2), Some(vec![0, 3, 2]));
        t.set_node_up(Node(3), false);
        assert_eq!(path(&mut t, 0, 3), Some(vec![3]), "a host that is down is still found");
        assert_eq!(path(&mut t, 0, 2), Some(vec![1, 2]), "no way is left: the shortest that there was");
        t.set_link_up(LinkId(1), true);
        assert_eq!(path(&mut t, 0, 2), Some(vec![1, 2]));
        // A tail that is cut off, and a host at its end that is down.
        t.set_link_up(LinkId(4), false);
        assert_eq!(path(&mut t, 2, 5), Some(vec![1, 0, 4, 5]));
        t.set_link_up(LinkId(4), true);
        t.set_node_up(Node(5), false);
        assert_eq!(path(&mut t, 2, 5), Some(vec![1, 0, 4, 5]));
        let mut apart = build(3, &[(0, 1, 10)]);
        assert_eq!(path(&mut apart, 0, 2), None);
    }

    #[test]
    fn what_is_down_is_passed_by_and_still_found_as_an_end() {
        // A ring 0-1-2-3 with 0-1-2 the shorter side.
        let mut t = build(4, &[(0, 1, 10), (1, 2, 10), (2, 3, 20), (3, 0, 20)]);
        t.set_node_up(Node(1), false);
        assert_eq!(path(&mut t, 0, 2), Some(vec![3, 2]));
        assert_eq!(path(&mut t, 0, 1), Some(vec![1]));
        t.set_node_up(Node(3), false);
        assert_eq!(path(&mut t, 0, 2), Some(vec![1, 2]), "both ways are closed");
    }

    #[test]
    fn routes_do_not_pile_up_however_often_the_graph_changes() {
        let mut t = build(4, &[(0, 1, 10), (1, 2, 10), (2, 3, 10), (3, 0, 50)]);
        for round in 0..100_000_u32 {
            t.set_link_up(LinkId(round % 4), round / 4 % 2 == 1);
            for to in 1..4 {
                t.route(Node(0), Node(to));
            }
        }
        // From one corner of a square two ways lead to each other one.
        assert_eq!((t.routes.len(), t.by_steps.len()), (6, 6));
    }

    #[test]
    fn two_hosts_and_parallel_links() {
        let mut t = build(2, &[(0, 1, 10), (0, 1, 5)]);
        let route = t.route(Node(1), Node(0)).unwrap();
        assert_eq!(t.steps(route).steps[..], [Step { lane: LaneId(3), to: Node(0) }]);
        let mut one = build(2, &[(0, 1, 10)]);
        assert_eq!(path(&mut one, 0, 1), Some(vec![1]));
        assert_eq!(path(&mut one, 1, 0), Some(vec![0]));
    }

    #[test]
    fn an_access_link_carries_nothing_for_others() {
        let mut t = build(3, &[(0, 1, 50)]);
        t.add_link("ns0", Node(2), Node(0), spec(1), spec(1), true);
        t.add_link("ns1", Node(2), Node(1), spec(1), spec(1), true);
        assert_eq!(path(&mut t, 0, 1), Some(vec![1]));
        assert_eq!(path(&mut t, 0, 2), Some(vec![2]));
        assert_eq!(path(&mut t, 2, 1), Some(vec![1]));
    }

    proptest! {
        /// Against Floyd and Warshall's algorithm on random graphs.
        #[test]
        fn no_route_is_longer_than_it_must_be(
            links in prop::collection::vec((0_u32..9, 0_u32..9, 1_u64..40), 0..20),
            down in prop::collection::vec(any::<bool>(), 20),
        ) {
            let links: Vec<_> = links.into_iter().filter(|(a, b, _)| a != b).collect();
            let mut t = build(9, &links);
            for (i, _) in links.iter().enumerate().filter(|(i, _)| down[*i]) {
                t.set_link_up(LinkId(i as u32), false);
            }
            let mut best = [[u64::MAX / 4; 9]; 9];
            for (i, (a, b, ms)) in links.iter().enumerate() {
                if !down[i] {
                    let known = &mut best[*a as usize][*b as usize];
                    *known = (*ms).min(*known);
                    best[*b as usize][*a as usize] = *known;
                }
            }
            for (i, row) in best.iter_mut().enumerate() {
                row[i] = 0;
            }
            for k in 0..9 {
                for i in 0..9 {
                    for j in 0..9 {
                        best[i][j] = best[i][j].min(best[i][k] + best[k][j]);
                    }
                }
            }
            for a in 0..9_u32 {
                for b in 0..9_u32 {
                    let expected = best[a as usize][b as usize];
                    let route = t.route(Node(a), Node(b));
                    let is_up = |t: &Topology, route| {
                        t.steps(route).steps.iter().all(|s| !down[s.lane.link().0 as usize])
                    };
                    let open = route.is_some_and(|route| is_up(&t, route));
                    prop_assert_eq!(open, expected < u64::MAX / 4);
                    if let Some(route) = route.filter(|_| open) {
                        let mut here = Node(a);
                        let mut sum = 0;
                        for step in t.steps(route).steps.iter() {
                            let ends = t.ends(step.lane.link());
                            prop_assert_eq!(ends[(step.lane.0 % 2) as usize], here);
                            here = step.to;
                            sum += t.lane(step.lane).spec().latency.as_nanos() / 1_000_000;
                        }
                        prop_assert_eq!((here, sum), (Node(b), expected));
                    }
                }
            }
        }
    }
}
