//! One end of a connection: TCP, an optional [`Filter`], the send buffer's bounds, and what observers know of its bytes.

use std::collections::VecDeque;

use super::filter::{Filter, Filtered, Filtering};
use super::flight::Path;
use super::mark::{Mark, Marked, Marks};
use super::ports::Key;
use super::tap::Scale;
use super::tcp::{self, Connection, Segment};
use crate::octets::Chunk;
use crate::sim::Instant;
use crate::tls;

/// One place of the table.
#[derive(Clone, Default)]
pub(super) struct Slot {
    /// Rises when the place is given to another connection: timers of the former one mean nothing then.
    pub(super) generation: u32,
    pub(super) endpoint: Option<Endpoint>,
}

/// One end of a connection.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) tcp: Connection,
    /// The way to the other end.
    pub(super) path: Path,
    pub(super) route_epoch: u32,
    /// Where the other end was when it sent something last.
    pub(super) likely_place: u32,
    /// When the pending timer comes.
    pub(super) timer_at: Option<Instant>,
    /// What the owner calls it.
    pub(super) tag: u64,
    pub(super) marks: Marked,
    pub(super) came: Marked,
    /// Sequence number of the next byte for the user.
    delivered: u32,
    /// Sequence number behind the last byte of which was told that it left.
    told_left: u32,
    /// Bytes of the stream of which was told that they left.
    left: u64,
    /// What came with the last chunk and is about something else.
    rest: Chunk,
    filter: Option<Box<Filtering>>,
    pub(super) flags: Flags,
}

/// Small facts about an [`Endpoint`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// It answered a SYN.
    pub(super) accepted: bool,
    /// Whoever listens has heard of it.
    pub(super) open: bool,
    /// TCP has ended; at most a reset is still to leave.
    pub(super) over: bool,
    /// The user still wants to hear of it.
    pub(super) attended: bool,
    /// The user takes no bytes for now.
    pub(super) paused: bool,
    /// The user waits for room.
    pub(super) wants_room: bool,
    /// The user wants to know when bytes leave.
    pub(super) watched: bool,
    /// The filter has something to tell.
    pub(super) news: bool,
    /// It is on the list of those with something to say.
    pub(super) listed: bool,
}

/// What an endpoint has to tell.
#[derive(Clone)]
pub(super) enum Told {
    Data(Chunk, Mark),
    State(tcp::Event),
    Room,
    News(tls::News),
    /// So many bytes of the stream have left.
    Left(u64),
}

impl Endpoint {
    pub(super) fn new(tcp: Connection, path: Path) -> Endpoint {
        let (iss, irs) = tcp.initial_sequence_numbers();
        let first = iss.wrapping_add(1);
        Endpoint {
            tcp,
            path,
            route_epoch: 0,
            likely_place: u32::MAX,
            timer_at: None,
            tag: 0,
            marks: Marked::new(first),
            came: Marked::new(irs.wrapping_add(1)),
            delivered: irs.wrapping_add(1),
            told_left: first,
            left: 0,
            rest: Chunk::EMPTY,
            filter: None,
            flags: Flags::default(),
        }
    }

    #[inline]
    pub(super) fn key(&self) -> Key {
        Key::new(self.path.source, self.tcp.local_port(), self.path.destination, self.tcp.remote_port())
    }

    /// Hands bytes to the filter, or to TCP.
    pub(super) fn send(&mut self, now: Instant, data: Chunk, mark: Mark) {
        if self.marks.last() != mark {
            self.turn_to(mark);
        }
        match &mut self.filter {
            None => self.tcp.send(now, data),
            Some(filter) => {
                filter.filter.handle_plain(now, data);
                self.pump_sealed(now);
            }
        }
    }

    /// What is sent from here on has another mark.
    #[cold]
    fn turn_to(&mut self, mark: Mark) {
        let end = self.tcp.queued_end();
        if self.tcp.acknowledged_end() == end {
            // What came before is never sent again.
            self.marks.begin_anew(end, mark);
        } else {
            self.marks.begin(end, mark);
        }
    }

    pub(super) fn close(&mut self, now: Instant) {
        if let Some(filter) = &mut self.filter {
            filter.filter.handle_close(now);
            self.pump_sealed(now);
        }
        self.tcp.close(now);
    }

    /// Puts a filter between TCP and the user. It may have something to say at once.
    pub(super) fn set_filter(&mut self, now: Instant, filter: Box<dyn Filter>) {
        self.filter = Some(Box::new(Filtering { filter, news: VecDeque::new() }));
        self.pump_sealed(now);
    }

    /// What the filter has for TCP; what it has for the user stays until asked for.
    fn pump_sealed(&mut self, now: Instant) {
        let Some(filter) = &mut self.filter else { return };
        let mut rest = std::mem::take(&mut self.rest).to_vec();
        while let Some(output) = filter.filter.poll_output() {
            match output {
                Filtered::Sealed(data) => self.tcp.send(now, data),
                Filtered::Plain(data) => rest.extend_from_slice(&data),
                Filtered::News(news) => {
                    filter.news.push_back(news);
                    self.flags.news = true;
                }
            }
        }
        self.rest = Chunk::from(rest);
    }

    /// What is to be told next.
    #[inline]
    pub(super) fn tell(&mut self, now: Instant) -> Option<Told> {
        if self.has_news() { self.told(now) } else { None }
    }

    /// Whether there may be something to tell.
    #[inline]
    pub(super) fn has_news(&self) -> bool {
        self.tcp.has_event() || !self.rest.is_empty() || self.flags.wants_room || self.flags.news
    }

    #[inline]
    fn told(&mut self, now: Instant) -> Option<Told> {
        if self.flags.attended
            && !self.flags.paused
            && self.rest.is_empty()
            && self.filter.is_none()
            && let Some(data) = self.tcp.poll_data()
        {
            return Some(self.deliver(data));
        }
        self.told_seldom(now)
    }

    /// Everything but bytes on a connection as most are.
    fn told_seldom(&mut self, now: Instant) -> Option<Told> {
        loop {
            // What is known of bytes is told before them: a handshake, and then what was sealed with it.
            if self.flags.news {
                let news = self.filter.as_mut().and_then(|filter| filter.news.pop_front());
                self.flags.news = self.filter.as_ref().is_some_and(|filter| !filter.news.is_empty());
                if let Some(news) = news {
                    return Some(Told::News(news));
                }
            }
            if !self.flags.paused && !self.rest.is_empty() {
                let data = std::mem::take(&mut self.rest);
                return Some(self.deliver(data));
            }
            if self.flags.paused && self.tcp.has_data() {
                break;
            }
            match self.tcp.poll_event() {
                None => break,
                // Linux `tcp_rcv_state_process`: what comes when nobody reads any more is answered with a reset
                // (RFC 9293 §3.6.1, RFC 1122 §4.2.2.13).
                Some(tcp::Event::Data(_)) if !self.flags.attended && self.filter.is_none() => self.tcp.abort(now),
                Some(tcp::Event::Data(data)) => match &mut self.filter {
                    None => return Some(self.deliver(data)),
                    Some(filter) => {
                        self.delivered = self.delivered.wrapping_add(data.len() as u32);
                        filter.filter.handle_sealed(now, data);
                        self.pump_sealed(now);
                        // A farewell of the filter's own hurts nobody; words that nobody reads any more do.
                        if !self.flags.attended && !std::mem::take(&mut self.rest).is_empty() {
                            self.tcp.abort(now);
                        }
                    }
                },
                Some(state) => {
                    if state == tcp::Event::Connected && !self.flags.accepted {
                        self.synchronised();
                    }
                    return Some(Told::State(state));
                }
            }
        }
        if self.flags.wants_room && self.tcp.is_writable() {
            self.flags.wants_room = false;
            return Some(Told::Room);
        }
        None
    }

    /// Bytes for the user, as far as they are about one thing.
    #[inline]
    fn deliver(&mut self, data: Chunk) -> Told {
        let len = data.len() as u32;
        if self.filter.is_none()
            && let Some(mark) = self.came.only()
        {
            self.delivered = self.delivered.wrapping_add(len);
            return Told::Data(data, mark);
        }
        self.deliver_part(data)
    }

    #[cold]
    fn deliver_part(&mut self, mut data: Chunk) -> Told {
        if self.filter.is_some() {
            let (mark, _) = self.came.take(self.delivered.wrapping_sub(1), 1);
            return Told::Data(data, mark);
        }
        let (mark, run) = self.came.take(self.delivered, data.len() as u32);
        let first = data.split_to(run as usize);
        self.rest = data;
        self.delivered = self.delivered.wrapping_add(run);
        Told::Data(first, mark)
    }

    /// The peer's initial sequence number has become known.
    fn synchronised(&mut self) {
        let (_, irs) = self.tcp.initial_sequence_numbers();
        self.delivered = irs.wrapping_add(1);
        self.came = Marked::new(self.delivered);
    }

    /// A segment of the peer has come with these marks.
    #[inline]
    pub(super) fn note(&mut self, segment: &Segment, marks: &Marks) {
        let len = segment.payload.len() as u32;
        if len > 0 {
            // What a filter has opened and nobody has taken yet has the mark of the last byte that it was sealed in.
            let wanted = self.delivered.wrapping_sub(u32::from(!self.rest.is_empty()));
            self.came.note(segment.seq, segment.seq.wrapping_add(len), marks, wanted);
        }
    }

    /// The marks of a segment that leaves.
    #[inline]
    pub(super) fn marks_of(&mut self, segment: &Segment) -> Marks {
        self.marks.forget(self.tcp.acknowledged_end());
        let len = segment.payload.len() as u32;
        if len > 0 {
            return self.marks.of(segment.seq, len);
        }
        // What carries no bytes is about what was said last here, or else by the peer.
        let own = self.marks.last();
        Marks { first: if own == Mark::NONE { self.came.last() } else { own }, others: None }
    }

    /// Bytes that have left since this was asked last.
    #[inline]
    pub(super) fn newly_left(&mut self) -> Option<Told> {
        let end = self.tcp.left_end();
        let new = tcp::sequence::distance(self.told_left, end);
        if new == 0 {
            return None;
        }
        self.told_left = end;
        self.left += u64::from(new);
        Some(Told::Left(self.left))
    }

    /// Bytes of the stream that were handed to TCP so far.
    pub(super) fn queued(&self) -> u64 {
        self.left + u64::from(self.tcp.queued_end().wrapping_sub(self.told_left))
    }

    /// How the numbers of a segment from here are read.
    pub(super) fn scale(&self, syn: bool) -> Scale {
        let (iss, irs) = self.tcp.initial_sequence_numbers();
        Scale { sequence: iss, acknowledgement: irs, window_shift: if syn { 0 } else { self.tcp.window_shift() } }
    }
}
