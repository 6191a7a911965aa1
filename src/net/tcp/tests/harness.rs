//! Two hosts and the link between them.

use std::collections::BTreeMap;

use crate::net::tcp::{Config, Connection, Event, Segment, State};
use crate::octets::Chunk;
use crate::sim::{Duration, Instant, Stream, Streams};

/// The side that connects.
pub(super) const CLIENT: usize = 0;
/// The side that listens.
pub(super) const SERVER: usize = 1;

pub(super) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// One direction of the link.
#[derive(Clone, Copy)]
pub(super) struct Path {
    pub(super) delay: Duration,
    /// Each segment takes up to this much longer, so segments overtake each other.
    pub(super) jitter: Duration,
    pub(super) loss_ppm: u32,
    pub(super) duplicate_ppm: u32,
}

impl Path {
    pub(super) fn clean(delay: Duration) -> Path {
        Path { delay, jitter: Duration::ZERO, loss_ppm: 0, duplicate_ppm: 0 }
    }
}

/// What answers at the server's port.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    Listens,
    Closed,
    Dead,
}

pub(super) type App = Box<dyn FnMut(Instant, &mut Connection, &Event)>;

pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) side: usize,
    pub(super) segment: Segment,
}

pub(super) struct Net {
    pub(super) now: Instant,
    pub(super) ends: [Option<Connection>; 2],
    pub(super) port: Port,
    pub(super) path: [Path; 2],
    pub(super) config: [Config; 2],
    pub(super) apps: [App; 2],
    pub(super) inbox: [Vec<u8>; 2],
    pub(super) events: [Vec<(Instant, Event)>; 2],
    /// All that was sent, lost or not; kept when `keep_log` says so.
    pub(super) log: Vec<Sent>,
    pub(super) keep_log: bool,
    /// Segments to lose, by side and place in the order of sending.
    pub(super) lose: Vec<(usize, usize)>,
    pub(super) keep_inbox: bool,
    /// Drain segments before events; the other order is the better one.
    pub(super) sends_first: bool,
    /// Whether the user of each side takes its events.
    pub(super) reads: [bool; 2],
    pub(super) received: [u64; 2],
    /// When data came last.
    pub(super) received_at: [Instant; 2],
    count: [usize; 2],
    order: u64,
    flying: BTreeMap<(Instant, u64), (usize, Segment)>,
    luck: [Stream; 2],
}

impl Net {
    pub(super) fn new(seed: u64, path: Path) -> Net {
        let streams = Streams::new(seed);
        Net {
            now: Instant::from_nanos(1_000_000_000),
            ends: [None, None],
            port: Port::Listens,
            path: [path, path],
            config: [Config::reno(); 2],
            apps: [Box::new(|_, _, _| {}), Box::new(|_, _, _| {})],
            inbox: [Vec::new(), Vec::new()],
            events: [Vec::new(), Vec::new()],
            log: Vec::new(),
            keep_log: true,
            lose: Vec::new(),
            keep_inbox: true,
            sends_first: false,
            reads: [true, true],
            received: [0, 0],
            received_at: [Instant::ZERO; 2],
            count: [0, 0],
            order: 0,
            flying: BTreeMap::new(),
            luck: [streams.stream("client>server"), streams.stream("server>client")],
        }
    }

    pub(super) fn connect(&mut self) {
        let iss = self.luck[CLIENT].bits() as u32;
        self.ends[CLIENT] = Some(Connection::connect(&self.config[CLIENT], 40_000, 25, iss));
        self.drain(CLIENT);
    }

    /// Calls into one end as its user would, and sends what comes of it.
    pub(super) fn call(&mut self, side: usize, f: impl FnOnce(Instant, &mut Connection)) {
        let now = self.now;
        f(now, self.ends[side].as_mut().expect("an end"));
        self.drain(side);
    }

    pub(super) fn send(&mut self, side: usize, bytes: &[u8]) {
        self.call(side, |now, end| end.send(now, Chunk::copy_from(bytes)));
    }

    pub(super) fn end(&self, side: usize) -> &Connection {
        self.ends[side].as_ref().expect("an end")
    }

    pub(super) fn state(&self, side: usize) -> State {
        self.end(side).state()
    }

    pub(super) fn saw(&self, side: usize, event: &Event) -> bool {
        self.events[side].iter().any(|(_, e)| e == event)
    }

    pub(super) fn drain(&mut self, side: usize) {
        let Some(mut end) = self.ends[side].take() else { return };
        loop {
            while self.sends_first
                && let Some(segment) = end.poll_transmit(self.now)
            {
                self.transmit(side, segment);
            }
            if !self.reads[side] {
                break;
            }
            let Some(event) = end.poll_event() else { break };
            (self.apps[side])(self.now, &mut end, &event);
            match event {
                Event::Data(chunk) => {
                    self.received[side] += chunk.len() as u64;
                    self.received_at[side] = self.now;
                    if self.keep_inbox {
                        self.inbox[side].extend_from_slice(&chunk);
                    }
                }
                event => self.events[side].push((self.now, event)),
            }
        }
        while let Some(segment) = end.poll_transmit(self.now) {
            self.transmit(side, segment);
        }
        self.ends[side] = Some(end);
    }

    pub(super) fn transmit(&mut self, side: usize, segment: Segment) {
        if self.keep_log {
            self.log.push(Sent { at: self.now, side, segment: segment.clone() });
        }
        let number = self.count[side];
        self.count[side] += 1;
        let path = self.path[side];
        if self.lose.contains(&(side, number)) || (path.loss_ppm > 0 && self.luck[side].chance_ppm(path.loss_ppm)) {
            return;
        }
        let copies = if path.duplicate_ppm > 0 && self.luck[side].chance_ppm(path.duplicate_ppm) { 2 } else { 1 };
        for _ in 0..copies {
            let more = if path.jitter.is_zero() { 0 } else { self.luck[side].below(path.jitter.as_nanos() + 1) };
            let at = self.now + path.delay + Duration::from_nanos(more);
            self.order += 1;
            self.flying.insert((at, self.order), (1 - side, segment.clone()));
        }
    }

    /// One step; `false` when nothing will happen any more.
    pub(super) fn step(&mut self) -> bool {
        let arrival = self.flying.first_key_value().map(|(key, _)| key.0);
        let timer = self.ends.iter().flatten().filter_map(Connection::poll_timeout).min();
        let Some(at) = [arrival, timer].into_iter().flatten().min() else { return false };
        self.now = self.now.max(at);
        if arrival == Some(at) {
            let Some((_, (side, segment))) = self.flying.pop_first() else { return false };
            self.arrive(side, segment);
        } else {
            for side in [CLIENT, SERVER] {
                if let Some(end) = &mut self.ends[side] {
                    end.handle_timeout(self.now);
                    self.drain(side);
                }
            }
        }
        true
    }

    fn arrive(&mut self, side: usize, mut segment: Segment) {
        if self.ends[side].is_none() {
            match self.port {
                Port::Dead => return,
                Port::Listens if segment.flags.syn() && !segment.flags.ack() => {
                    let iss = self.luck[side].bits() as u32;
                    self.ends[side] = Some(Connection::accept(self.now, &self.config[side], &segment, iss));
                }
                _ => {
                    if let Some(reset) = segment.reset_for() {
                        self.transmit(side, reset);
                    }
                    return;
                }
            }
        } else if let Some(end) = &mut self.ends[side] {
            if end.state() == State::Closed {
                if let Some(reset) = segment.reset_for() {
                    self.transmit(side, reset);
                }
                return;
            }
            end.handle_segment(self.now, &mut segment);
        }
        self.drain(side);
    }

    /// Steps until nothing is left to happen or `until` has come.
    pub(super) fn run_until(&mut self, until: Instant) {
        loop {
            let arrival = self.flying.first_key_value().map(|(key, _)| key.0);
            let timer = self.ends.iter().flatten().filter_map(Connection::poll_timeout).min();
            match [arrival, timer].into_iter().flatten().min() {
                Some(at) if at <= until => {
                    self.step();
                }
                _ => break,
            }
        }
        self.now = self.now.max(until);
    }

    pub(super) fn run_for(&mut self, time: Duration) {
        self.run_until(self.now + time);
    }

    /// Steps until nothing is left to happen.
    pub(super) fn run(&mut self) {
        let mut steps = 0_u64;
        while self.step() {
            steps += 1;
            assert!(steps < 20_000_000, "the simulation does not come to rest");
        }
    }

    /// Connected, with nothing in flight.
    pub(super) fn established(seed: u64, path: Path) -> Net {
        let mut net = Net::new(seed, path);
        net.connect();
        net.run_for(path.delay.times(3) + ms(100));
        assert_eq!(net.state(CLIENT), State::Established);
        assert_eq!(net.state(SERVER), State::Established);
        net.begin_log();
        net
    }

    /// Forgets what was sent so far, and counts anew.
    pub(super) fn begin_log(&mut self) {
        self.log.clear();
        self.count = [0, 0];
    }
}

/// Bytes that tell where they stand.
pub(super) fn pattern(len: usize, salt: u64) -> Vec<u8> {
    (0..len as u64).map(|i| (i.wrapping_mul(0x9e37_79b9).wrapping_add(salt) >> 7) as u8).collect()
}

impl Net {
    /// Shows what was sent; for finding out why a test fails.
    #[allow(dead_code)]
    pub(super) fn print(&self, limit: usize) {
        for sent in self.log.iter().take(limit) {
            let (end, s) = (self.end(CLIENT), &sent.segment);
            let (mine, theirs) = if sent.side == CLIENT {
                (end.relative_send_seq(s.seq), end.relative_receive_seq(s.ack))
            } else {
                (end.relative_receive_seq(s.seq), end.relative_send_seq(s.ack))
            };
            let who = if sent.side == CLIENT { "C" } else { "  S" };
            let again = if s.retransmission.is_some() { " again" } else { "" };
            println!(
                "{:>9} us {who} {} seq {mine} ack {theirs} len {} wnd {}{again}",
                sent.at.as_nanos() / 1000,
                s.flags,
                s.payload.len(),
                s.window
            );
        }
    }
}
