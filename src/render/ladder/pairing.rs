//! Arrows out of records: what one host sent is found again where the other received it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::trace::transcript::{names, words as say};
use crate::trace::{
    ConnId, ConnectionState, Dialects, Direction, HostId, Makeup, PacketStep, Query, Record, Roster, Side, Transport,
    What,
};

use super::super::text_width::{clean, thousands, words};
use super::model::{Arrow, ArrowKind, Moment, Note, NoteKind};
use super::replies::{Place, place};

/// What both ends of an arrow have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Line(Option<ConnId>, HostId, HostId, Vec<u8>),
    Content(Option<ConnId>, HostId, HostId, u64),
    Question(HostId, HostId, u16, Arc<str>, Arc<str>),
    Answer(HostId, HostId, u16, Arc<str>, Arc<str>),
}

/// The connection set-up seen so far.
struct Setup {
    client: HostId,
    server: HostId,
    port: u16,
    begun: Moment,
    scope: bool,
    done: bool,
}

struct Pairing<'a> {
    roster: &'a Roster,
    records: &'a [Record],
    arrows: Vec<Arrow>,
    /// Arrows that were sent and not yet received.
    open: BTreeMap<Key, VecDeque<usize>>,
    /// The last reply arrow of a connection's server, while more of its lines may follow.
    replies: BTreeMap<(Option<ConnId>, HostId), usize>,
    /// The last question under a number, for its answer: who asks, the number, the name.
    asked: BTreeMap<(HostId, u16, Arc<str>), usize>,
    setups: BTreeMap<ConnId, Setup>,
    packets: BTreeMap<u64, usize>,
    /// Connections on which something went through TLS.
    sealed: BTreeSet<ConnId>,
    /// What arrived with other bytes than it left with.
    changed: Vec<(usize, Note)>,
    light_marks: bool,
    makeup: Makeup,
    dialects: Dialects,
}

/// The arrows of a trace, in the order in which they were sent, and notes where one arrived with other bytes than it left with.
pub(super) fn arrows(roster: &Roster, records: &[Record], query: &Query, packets: bool) -> (Vec<Arrow>, Vec<Note>) {
    let has_packets = packets && records.iter().any(|r| matches!(r.what, What::Packet { .. }));
    let mut pairing = Pairing {
        roster,
        records,
        arrows: Vec::new(),
        open: BTreeMap::new(),
        replies: BTreeMap::new(),
        asked: BTreeMap::new(),
        setups: BTreeMap::new(),
        packets: BTreeMap::new(),
        sealed: BTreeSet::new(),
        changed: Vec::new(),
        light_marks: !has_packets,
        makeup: Makeup::default(),
        dialects: Dialects::default(),
    };
    let known = |host: HostId| (host.0 as usize) < roster.hosts.len();
    for (place, record) in records.iter().enumerate() {
        pairing.makeup.see(record);
        pairing.dialects.see(record);
        if known(record.host) {
            pairing.record(record, (record.at, place), query.wants(record), has_packets, &known);
        }
    }
    pairing.finish();
    // More lines of the same reply may have come behind it.
    let ends = |(arrow, note): (usize, Note)| Note { at: pairing.arrows[arrow].end(), ..note };
    let changed = std::mem::take(&mut pairing.changed).into_iter().map(ends).collect();
    // A host that talks to itself needs no arrow.
    pairing.arrows.retain(|a| a.from != a.to);
    (pairing.arrows, changed)
}

impl Pairing<'_> {
    fn record(&mut self, r: &Record, at: Moment, scope: bool, packets: bool, known: &dyn Fn(HostId) -> bool) {
        match &r.what {
            What::Line { direction, side, peer, text, sealed } if known(*peer) => {
                let (from, to) = ends(r.host, *peer, *direction);
                let bytes = text.0.to_vec();
                let from_server = (*side == Side::Server) == (*direction == Direction::Sent);
                let key = Key::Line(r.conn, from, to, bytes.clone());
                if *direction == Direction::Received {
                    if !self.open.contains_key(&key)
                        && let Some(arrow) = self.written_over(&key, &bytes, at, scope)
                    {
                        self.said_on(arrow, r.conn, *sealed);
                        return;
                    }
                    let begin = |p: &mut Self| p.line(r.conn, from, to, at, from_server, &bytes, scope);
                    let arrow = self.receive(key, at, scope, begin);
                    self.said_on(arrow, r.conn, *sealed);
                } else {
                    let arrow = self.line(r.conn, from, to, at, from_server, &bytes, scope);
                    self.said_on(arrow, r.conn, *sealed);
                    self.open.entry(key).or_default().push_back(arrow);
                }
            }
            What::Content { direction, peer, size_bytes, .. } if known(*peer) => {
                let (from, to) = ends(r.host, *peer, *direction);
                self.replies.remove(&(r.conn, from));
                let said = clean(&say::content(*size_bytes, self.makeup.of(r)));
                let key = Key::Content(r.conn, from, to, *size_bytes);
                let arrow = self.pair(key, *direction, from, to, at, ArrowKind::Content, said, scope);
                let sealed = r.conn.is_some_and(|conn| self.sealed.contains(&conn));
                self.said_on(arrow, r.conn, sealed);
            }
            What::Question { direction, peer, query, name, rtype, .. } if known(*peer) => {
                let (from, to) = ends(r.host, *peer, *direction);
                let key = Key::Question(from, to, *query, name.clone(), rtype.clone());
                let said = clean(&format!("{}?", names::question(name, rtype)));
                let arrow = self.pair(key, *direction, from, to, at, ArrowKind::Question, said, scope);
                self.arrows[arrow].exchange = Some(arrow);
                self.asked.insert((from, *query, name.clone()), arrow);
            }
            What::Answer { direction, peer, query, name, rtype, rcode, records, truncated, .. } if known(*peer) => {
                let (from, to) = ends(r.host, *peer, *direction);
                let key = Key::Answer(from, to, *query, name.clone(), rtype.clone());
                let said = match names::referred(self.records, at.1) {
                    Some(to) => names::referral(self.roster.hosts.get(to.0 as usize).map_or("?", |h| &*h.name)),
                    None => names::answer(name, rtype, rcode, records, *truncated),
                };
                let said = clean(&said);
                let arrow = self.pair(key, *direction, from, to, at, ArrowKind::Answer, said, scope);
                let question = self.asked.get(&(to, *query, name.clone())).copied();
                self.arrows[arrow].exchange = Some(question.unwrap_or(arrow));
            }
            What::Connection { state, side, peer, port } if known(*peer) && self.light_marks => {
                if let Some(conn) = r.conn {
                    self.connection(conn, r.host, *peer, *state, *side, *port, at, scope);
                }
            }
            What::Packet { packet, step, from, to, .. } if packets && known(*from) && known(*to) => {
                self.packet(*packet, *step, *from, *to, &r.what, at, scope);
                if let Some(arrow) = self.packets.get(packet) {
                    self.arrows[*arrow].conn = r.conn;
                }
            }
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        from: HostId,
        to: HostId,
        sent: Moment,
        received: Option<Moment>,
        kind: ArrowKind,
        words: String,
        in_scope: bool,
    ) -> usize {
        let (sealed, conn, exchange) = (false, None, None);
        self.arrows.push(Arrow { from, to, sent, received, kind, words, in_scope, sealed, conn, exchange });
        self.arrows.len() - 1
    }

    #[allow(clippy::too_many_arguments)]
    fn pair(
        &mut self,
        key: Key,
        direction: Direction,
        from: HostId,
        to: HostId,
        at: Moment,
        kind: ArrowKind,
        said: String,
        scope: bool,
    ) -> usize {
        if direction == Direction::Sent {
            let arrow = self.push(from, to, at, None, kind, said, scope);
            self.open.entry(key).or_default().push_back(arrow);
            arrow
        } else {
            self.receive(key, at, scope, |p| p.push(from, to, at, None, kind, said, scope))
        }
    }

    /// Ends the arrow that `key` began; where nothing began it (the trace starts later), `begin` does.
    fn receive(&mut self, key: Key, at: Moment, scope: bool, begin: impl FnOnce(&mut Self) -> usize) -> usize {
        let known = self.open.get_mut(&key).and_then(VecDeque::pop_front);
        let place = known.unwrap_or_else(|| begin(self));
        let arrow = &mut self.arrows[place];
        arrow.received = Some(arrow.received.map_or(at, |known| known.max(at)));
        arrow.in_scope |= scope;
        place
    }

    fn said_on(&mut self, arrow: usize, conn: Option<ConnId>, sealed: bool) {
        self.arrows[arrow].conn = conn;
        self.arrows[arrow].sealed = sealed;
        if sealed {
            self.sealed.extend(conn);
        }
    }

    /// A line of a connection that arrives with other bytes than it left with: somebody on the way has written over it.
    fn written_over(&mut self, key: &Key, bytes: &[u8], at: Moment, scope: bool) -> Option<usize> {
        let Key::Line(conn, from, to, _) = key else { return None };
        let is_it = |known: &Key| matches!(known, Key::Line(c, f, t, sent) if (c, f, t) == (conn, from, to) && sent.len() == bytes.len());
        let first = Key::Line(*conn, *from, *to, Vec::new());
        let mut open =
            self.open.range_mut(first..).take_while(|(known, _)| matches!(known, Key::Line(c, ..) if c == conn));
        let (known, arrows) = open.find(|(known, arrows)| is_it(known) && !arrows.is_empty())?;
        let Key::Line(.., sent) = known else { return None };
        let read = |bytes: &[u8]| words(&crate::trace::Octets(crate::octets::Chunk::copy_from(bytes)));
        let said = format!("reads “{}” where “{}” was said", read(bytes), read(sent));
        let arrow = arrows.pop_front()?;
        let arrow_of = &mut self.arrows[arrow];
        arrow_of.received = Some(arrow_of.received.map_or(at, |known| known.max(at)));
        arrow_of.in_scope |= scope;
        if arrow_of.in_scope {
            let note = Note {
                host: *to,
                at,
                kind: NoteKind::Bad,
                words: said,
                took: None,
                fault: false,
                link_to: None,
                remembers: false,
            };
            self.changed.push((arrow, note));
        }
        Some(arrow)
    }

    /// An arrow for a line, or the arrow of the reply that this line continues.
    #[allow(clippy::too_many_arguments)]
    fn line(
        &mut self,
        conn: Option<ConnId>,
        from: HostId,
        to: HostId,
        at: Moment,
        from_server: bool,
        bytes: &[u8],
        scope: bool,
    ) -> usize {
        let said = words(&crate::trace::Octets(crate::octets::Chunk::copy_from(bytes)));
        if !from_server {
            return self.push(from, to, at, None, ArrowKind::Command, said, scope);
        }
        let known = self.replies.get(&(conn, from)).copied().map(|arrow| (arrow, &self.arrows[arrow]));
        let dialect = self.dialects.of(conn);
        let Place { goes_on, more, is_refusal, rest } =
            place(dialect, bytes, &said, known.map(|(_, arrow)| (arrow.sent.0 == at.0, &*arrow.words)));
        let known = known.map(|(arrow, _)| arrow);
        if !more {
            self.replies.remove(&(conn, from));
        }
        if let (true, Some(place)) = (goes_on, known) {
            let arrow = &mut self.arrows[place];
            // Thousands of lines are no label.
            if arrow.words.len() < 2_000 && !rest.is_empty() {
                arrow.words.push_str(" · ");
                arrow.words.push_str(&rest);
            }
            arrow.in_scope |= scope;
            return place;
        }
        let kind = if is_refusal { ArrowKind::Refusal } else { ArrowKind::Reply };
        let arrow = self.push(from, to, at, None, kind, rest, scope);
        if more {
            self.replies.insert((conn, from), arrow);
        }
        arrow
    }

    #[allow(clippy::too_many_arguments)]
    fn connection(
        &mut self,
        conn: ConnId,
        host: HostId,
        peer: HostId,
        state: ConnectionState,
        side: Side,
        port: u16,
        at: Moment,
        scope: bool,
    ) {
        use ConnectionState::{Connecting, Open, Refused};
        match (state, side) {
            (Connecting, Side::Client) => {
                let setup = Setup { client: host, server: peer, port, begun: at, scope, done: false };
                self.setups.insert(conn, setup);
            }
            (Open | Refused, Side::Client) => {
                let Some(setup) = self.setups.get_mut(&conn).filter(|s| !s.done) else { return };
                setup.done = true;
                let (client, server, begun) = (setup.client, setup.server, setup.begun);
                let (said, scope) = (format!("connect to {}", say::port(setup.port)), setup.scope || scope);
                // Where the other end stood when the first packet reached it is not recorded: half-way in time.
                let half = crate::sim::Duration::from_nanos(at.0.since(begun.0).as_nanos() / 2);
                let middle = (begun.0 + half, begun.1);
                self.push(client, server, begun, Some(middle), ArrowKind::Connect, said, scope);
                let (kind, said) = match state {
                    Refused => (ArrowKind::Refused, "refused"),
                    _ => (ArrowKind::Connect, ""),
                };
                self.push(server, client, (middle.0, begun.1), Some(at), kind, said.into(), scope);
            }
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn packet(
        &mut self,
        packet: u64,
        step: PacketStep,
        from: HostId,
        to: HostId,
        what: &What,
        at: Moment,
        scope: bool,
    ) {
        match step {
            PacketStep::Sent => {
                let arrow = self.push(from, to, at, None, ArrowKind::Packet, packet_words(what), scope);
                self.packets.insert(packet, arrow);
            }
            PacketStep::Forwarded => {}
            PacketStep::Arrived => {
                if let Some(arrow) = self.packets.remove(&packet) {
                    self.arrows[arrow].received = Some(at);
                    self.arrows[arrow].in_scope |= scope;
                }
            }
            PacketStep::Lost => {
                if let Some(arrow) = self.packets.remove(&packet) {
                    let reason = match what {
                        What::Packet { reason: Some(reason), .. } => loss_words(*reason),
                        _ => "lost",
                    };
                    self.arrows[arrow].words.push_str(" · ");
                    self.arrows[arrow].words.push_str(reason);
                }
            }
        }
    }

    /// Connections that nobody answered.
    fn finish(&mut self) {
        for setup in std::mem::take(&mut self.setups).into_values().filter(|s| !s.done) {
            let said = format!("connect to {}", say::port(setup.port));
            self.push(setup.client, setup.server, setup.begun, None, ArrowKind::Connect, said, setup.scope);
        }
    }
}

fn ends(host: HostId, peer: HostId, direction: Direction) -> (HostId, HostId) {
    match direction {
        Direction::Sent => (host, peer),
        Direction::Received => (peer, host),
    }
}

fn packet_words(what: &What) -> String {
    let What::Packet { transport, flags, payload_bytes, sequence, acknowledgement, retransmission, .. } = what else {
        return String::new();
    };
    let mut said = match transport {
        Transport::Udp => format!("UDP {} bytes", thousands(u64::from(*payload_bytes))),
        Transport::Tcp if *payload_bytes > 0 => {
            format!("{} seq {sequence}, {} bytes", clean(flags), thousands(u64::from(*payload_bytes)))
        }
        Transport::Tcp if say::is_handshake(flags) => clean(flags),
        Transport::Tcp => format!("{} {acknowledgement}", clean(flags)),
    };
    if *retransmission {
        said.push_str(", again");
    }
    said
}

fn loss_words(reason: crate::trace::LossReason) -> &'static str {
    use crate::trace::LossReason as L;
    match reason {
        L::Noise => "lost",
        L::BufferFull => "lost: buffer full",
        L::LinkDown => "lost: link down",
        L::HostDown => "lost: host down",
        L::NoRoute => "lost: no route",
        L::Fault => "lost: fault",
        L::Forgotten => "lost: forgotten",
    }
}
