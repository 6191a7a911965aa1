//! What leaves: segments (RFC 9293 §3.8) and the work of the timers.

use super::connection::Connection;
use super::segment::{Flags, Repeat, SackBlocks, Segment};
use super::sequence::{after, before, distance, later};
use super::state::{State, due, told};
use crate::octets::Rope;
use crate::sim::Instant;

impl Connection {
    /// The next segment to put on the network, `None` when there is no more for now.
    #[inline]
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Segment> {
        if self.due.is_empty() { None } else { self.transmit(now) }
    }

    fn transmit(&mut self, now: Instant) -> Option<Segment> {
        if self.due.has_any(due::URGENT)
            && let Some(segment) = self.urgent(now)
        {
            return Some(segment);
        }
        if self.due.has(due::DATA) {
            if let Some(segment) = self.data(now) {
                return Some(segment);
            }
            self.due.clear(due::DATA);
        }
        if self.due.take(due::PROBE)
            && let Some(segment) = self.probe(now)
        {
            return Some(segment);
        }
        if self.due.take(due::ACK) && self.state != State::SynSent {
            return Some(self.emit(now, self.acceptable_seq(), Flags::ACK, Rope::new(), None));
        }
        None
    }

    #[cold]
    fn urgent(&mut self, now: Instant) -> Option<Segment> {
        if self.due.take(due::RST) {
            return Some(self.reset(now));
        }
        if self.due.take(due::SYN) {
            return Some(self.syn(now));
        }
        if self.due.has(due::REPEAT) {
            if self.losses.on {
                if let Some(segment) = self.repair(now) {
                    return Some(segment);
                }
                self.due.clear(due::REPEAT);
            } else {
                self.due.clear(due::REPEAT);
                if let Some(segment) = self.repeat(now) {
                    return Some(segment);
                }
            }
        }
        if self.due.take(due::TAIL) && self.outstanding() {
            return self.probe_tail(now);
        }
        None
    }

    fn reset(&mut self, now: Instant) -> Segment {
        // RFC 9293 §3.10.7.3: in SYN-SENT there is nothing to acknowledge.
        let flags = if self.state == State::SynSent { Flags::RST } else { Flags::RST | Flags::ACK };
        Segment {
            source_port: self.local_port,
            destination_port: self.remote_port,
            seq: self.reset_seq,
            ack: if flags.ack() { self.rcv_nxt } else { 0 },
            flags,
            // RFC 7323 §3.2: a reset should carry it, too, once both ends have agreed.
            timestamps: if flags.ack() { self.clock.option(now) } else { None },
            ..Segment::default()
        }
    }

    fn syn(&mut self, now: Instant) -> Segment {
        let answers = self.state == State::SynReceived;
        let repeats = self.sent != self.iss;
        self.nxt = self.iss.wrapping_add(1);
        self.sent = self.nxt;
        if repeats {
            self.round_trip.spoil();
        } else {
            self.round_trip.start(now, self.nxt);
        }
        self.arm(now);
        // RFC 7323 §2.2: the window of a SYN is never scaled.
        let window = self.window.limit().min(0xffff);
        if answers {
            self.rcv_edge = later(self.rcv_edge, self.rcv_nxt.wrapping_add(window));
            self.acknowledgement_left();
        }
        Segment {
            source_port: self.local_port,
            destination_port: self.remote_port,
            seq: self.iss,
            ack: if answers { self.rcv_nxt } else { 0 },
            flags: if answers { Flags::SYN | Flags::ACK } else { Flags::SYN },
            window: window as u16,
            mss: Some(self.config.mss),
            // RFC 7323 §2.2: the answer carries the option only when the SYN did.
            window_scale: (!answers || self.scaling).then_some(self.config.window_shift()),
            sack_permitted: self.sack_permitted,
            timestamps: self.clock.option(now),
            retransmission: repeats.then_some(Repeat::Syn),
            ..Segment::default()
        }
    }

    /// New data, or the FIN, as far as both windows allow.
    #[inline(always)]
    fn data(&mut self, now: Instant) -> Option<Segment> {
        // TIME-WAIT and FIN-WAIT-2 have nothing left; SYN-RECEIVED waits for its acknowledgement.
        if !matches!(
            self.state,
            State::Established | State::CloseWait | State::FinWait1 | State::Closing | State::LastAck
        ) {
            return None;
        }
        let flight = self.nxt.wrapping_sub(self.una);
        let len = self.queue.len();
        let unsent = len.saturating_sub(flight as usize);
        let mss = u32::from(self.mss);
        if unsent == 0 {
            // The FIN takes no room in the peer's buffer and does not wait for a window.
            if self.fin_queued && flight as usize == len {
                self.due.clear(due::DATA);
                return Some(self.emit_data(now, 0, true));
            }
            return None;
        }
        if flight == 0 && self.una == self.sent {
            self.restart_after_idle(now);
        }
        // RFC 6675 §4: what is known to have arrived, or to be lost, is not on its way.
        let on_its_way = if self.losses.on { self.losses.board.in_flight() } else { flight };
        let usable = self.congestion.allowance(mss).saturating_sub(on_its_way).min(self.wnd.saturating_sub(flight));
        let full = self.segment_room();
        let n = (unsent as u32).min(full).min(usable);
        // RFC 9293 §3.8.6.2.1: a full segment, or all there is, or half of the largest window; never crumbs.
        if n == 0 || (n < full && (n as usize) < unsent && n < self.max_wnd / 2) {
            // RFC 9293 §3.8.6.1: with nothing on its way back, only a timer can find the window open.
            if flight == 0 && self.timer_at == Instant::MAX {
                self.arm(now);
            }
            return None;
        }
        // A FIN rides along when the window holds it too.
        let fin = self.fin_queued && n as usize == unsent && n < self.wnd.saturating_sub(flight);
        if n as usize == unsent && fin == self.fin_queued {
            self.due.clear(due::DATA);
        }
        Some(self.emit_data(now, n, fin))
    }

    /// Sends `n` bytes at SND.NXT, and the FIN behind them.
    #[inline(always)]
    pub(super) fn emit_data(&mut self, now: Instant, n: u32, fin: bool) -> Segment {
        let seq = self.nxt;
        let payload = self.queue.take(n as usize);
        debug_assert_eq!(payload.len(), n as usize, "the queue holds what SND.NXT promises");
        self.nxt = seq.wrapping_add(n).wrapping_add(u32::from(fin));
        let again = before(seq, self.sent);
        let first = seq == self.una;
        if again {
            self.round_trip.spoil();
        } else {
            self.round_trip.start(now, self.nxt);
        }
        self.sent = later(self.sent, self.nxt);
        self.fin_sent |= fin;
        if self.losses.on {
            self.losses.sent(now, seq, self.nxt);
            self.set_timer(now, first);
        } else if first || self.timer_at == Instant::MAX {
            // RFC 6298 §5.1: the timer runs while something is out.
            self.arm(now);
        }
        self.sent_at = now;
        if n > 0 && now.since(self.received_at) < self.config.delayed_ack {
            // Linux `tcp_enter_pingpong_mode`: data that answers data makes this a dialogue.
            self.dialogue = true;
        }
        let mut flags = Flags::ACK;
        if n > 0 && self.nxt.wrapping_sub(self.una) as usize >= self.queue.len() {
            // RFC 9293 §3.9.1: push when the buffer runs empty.
            flags = flags.with(Flags::PSH);
        }
        if fin {
            flags = flags.with(Flags::FIN);
        }
        // With a scoreboard SND.NXT never goes back: then the byte was a look at a closed window.
        let why = if self.losses.on { Repeat::Window } else { Repeat::Timeout };
        self.emit(now, seq, flags, payload, again.then_some(why))
    }

    /// The first unacknowledged segment once more; SND.NXT stays.
    fn repeat(&mut self, now: Instant) -> Option<Segment> {
        if !self.outstanding() {
            return None;
        }
        let out = distance(self.una, self.sent) as usize;
        let n = usize::from(self.mss).min(self.queue.len()).min(out);
        let payload = self.queue.front(n);
        let fin = self.fin_sent && n == self.queue.len();
        if n == 0 && !fin {
            return None;
        }
        self.round_trip.spoil();
        // RFC 6582 §3.2 leaves the timer to the implementation; like Linux, each repetition sets it anew, so that
        // recovery may mend one hole each round trip however many there are.
        self.arm(now);
        let flags = if fin { Flags::ACK | Flags::FIN } else { Flags::ACK };
        Some(self.emit(now, self.una, flags, payload, Some(Repeat::Duplicates)))
    }

    /// Looks whether the peer's window opened (RFC 9293 §3.8.6.1).
    fn probe(&mut self, now: Instant) -> Option<Segment> {
        let n = self.queue.len().min(usize::from(self.mss)).min(self.wnd.max(1) as usize);
        if n == 0 {
            return None;
        }
        let payload = self.queue.front(n);
        let again = self.una != self.sent;
        // SND.NXT stays: the byte counts as sent only when the peer says that it took it.
        self.sent = later(self.sent, self.una.wrapping_add(n as u32));
        self.round_trip.spoil();
        self.arm(now);
        Some(self.emit(now, self.una, Flags::ACK, payload, again.then_some(Repeat::Window)))
    }

    /// The sequence number of a bare acknowledgement.
    fn acceptable_seq(&self) -> u32 {
        // RFC 9293 §3.10.7.4 has SND.NXT. A number set back by a timeout would be too old for the peer, and one past
        // a closed window (after a probe) too new (Linux `tcp_acceptable_seq`).
        let edge = self.una.wrapping_add(self.wnd);
        if after(self.sent, edge) { edge } else { self.sent }
    }

    /// Forms a segment with an acknowledgement. `why` its bytes are sent again, where they are.
    #[inline(always)]
    pub(super) fn emit(&mut self, now: Instant, seq: u32, flags: Flags, payload: Rope, why: Option<Repeat>) -> Segment {
        if why.is_some() {
            self.repeats_since = self.repeats_since.min(now);
        }
        let window = self.window_field();
        let sack = if self.twice.is_some() || self.early.is_some() { self.sack_option() } else { None };
        self.acknowledgement_left();
        Segment {
            source_port: self.local_port,
            destination_port: self.remote_port,
            seq,
            ack: self.rcv_nxt,
            flags,
            window,
            mss: None,
            window_scale: None,
            sack_permitted: false,
            timestamps: self.clock.option(now),
            sack,
            payload,
            retransmission: why,
        }
    }

    /// How much payload a segment has room for beside its options.
    #[inline]
    pub(super) fn segment_room(&self) -> u32 {
        let mss = u32::from(self.mss);
        if self.sack_permitted && (self.twice.is_some() || self.early.is_some()) {
            // RFC 2018 §3: three blocks beside timestamps, four without.
            mss.saturating_sub(if self.clock.on { 28 } else { 36 })
        } else {
            mss
        }
    }

    /// RFC 2018 §3 and §4, RFC 2883 §4: what came twice, and then the pieces beyond a gap, the most recent first.
    #[cold]
    fn sack_option(&mut self) -> Option<Box<SackBlocks>> {
        let twice = self.twice.take();
        if !self.sack_permitted {
            return None;
        }
        let most = if self.clock.on { 3 } else { 4 };
        let mut blocks: SackBlocks = twice.into_iter().collect();
        if let Some(early) = &self.early {
            early.report(&mut blocks, most);
        }
        (!blocks.is_empty()).then(|| Box::new(blocks))
    }

    #[inline]
    fn acknowledgement_left(&mut self) {
        if self.rcv_acked != self.rcv_nxt {
            self.quick_acks = self.quick_acks.saturating_sub(1);
            self.rcv_acked = self.rcv_nxt;
        }
        self.ack_at = Instant::MAX;
        self.due.clear(due::ACK);
    }

    /// The window to offer, as it goes on the wire.
    #[inline]
    fn window_field(&mut self) -> u16 {
        let known = distance(self.rcv_nxt, self.rcv_edge);
        // RFC 9293 §3.8.6.2.2: a window smaller than a segment (and than half of the buffer) is not worth offering.
        let mut window = self.free_window();
        if window < u32::from(self.mss).min(self.window.limit() / 2) {
            window = 0;
        }
        // RFC 9293 §3.8.6.2: what was offered is not taken back. Rounding to the scale may take back some bytes, which
        // RFC 7323 §2.4 allows; they would still be accepted.
        let raw = (window.max(known) >> self.rcv_shift).min(0xffff);
        self.rcv_edge = later(self.rcv_edge, self.rcv_nxt.wrapping_add(raw << self.rcv_shift));
        raw as u16
    }

    /// Starts the retransmission timer anew.
    #[inline]
    pub(super) fn arm(&mut self, now: Instant) {
        self.timer_at = now + self.round_trip.timeout(&self.config);
    }

    fn restart_after_idle(&mut self, now: Instant) {
        let initial = self.initial_window();
        if self.congestion.cwnd > initial && self.sent_at != Instant::ZERO {
            let timeout = self.round_trip.timeout(&self.config).as_nanos().max(1);
            self.congestion.idle(now.since(self.sent_at).as_nanos() / timeout, initial);
        }
    }

    /// The initial congestion window in bytes.
    pub(super) fn initial_window(&self) -> u32 {
        u32::from(self.mss).saturating_mul(self.config.initial_window_segments.max(1))
    }

    /// A deadline of [`poll_timeout`](Connection::poll_timeout) has come. Early or needless calls do nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.ack_at <= now {
            self.ack_at = Instant::MAX;
            self.due.set(due::ACK);
        }
        if self.timer_at > now || self.timer_at == Instant::MAX {
            return;
        }
        self.timer_at = Instant::MAX;
        if self.other_timer(now) {
            return;
        }
        match self.state {
            State::Closed => {}
            State::TimeWait => self.finish(told::CLOSED),
            State::FinWait2 => self.finish(told::TIMED_OUT),
            State::SynSent => self.syn_timed_out(self.config.syn_retries),
            State::SynReceived => self.syn_timed_out(self.config.synack_retries),
            _ => self.data_timed_out(now),
        }
    }

    fn syn_timed_out(&mut self, limit: u8) {
        let linear = if self.state == State::SynSent { self.config.syn_linear_timeouts } else { 0 };
        if self.retries >= limit.saturating_add(linear) {
            return self.finish(told::TIMED_OUT);
        }
        self.retries += 1;
        if self.retries > linear {
            self.round_trip.back_off();
        }
        self.due.set(due::SYN);
    }

    fn data_timed_out(&mut self, now: Instant) {
        if self.queue.is_empty() && !self.fin_queued {
            return;
        }
        let flight = self.nxt.wrapping_sub(self.una);
        let waits_for_window = !self.queue.is_empty() && (self.wnd == 0 || flight == 0);
        if self.has_tried_enough(now, waits_for_window) {
            // RFC 9293 §3.8.3: the user learns that the peer is gone. Linux sends no reset then.
            return self.finish(told::TIMED_OUT);
        }
        let first = self.retries == 0;
        self.retries = self.retries.saturating_add(1);
        self.round_trip.back_off();
        if self.losses.on && flight > 0 {
            return self.all_timed_out(now, first);
        }
        if !waits_for_window {
            self.congestion.timed_out(self.sent, flight, first, u32::from(self.mss));
        }
        // RFC 6298 §5.4: the earliest unacknowledged segment goes out again, and the rest after it as the window
        // grows from one segment.
        self.nxt = self.una;
        self.queue.rewind();
        self.due.clear(due::REPEAT);
        self.due.set(if waits_for_window { due::PROBE } else { due::DATA });
        debug_assert!(!after(self.nxt, self.sent));
    }

    /// Linux counts looks at a closed window, but not what it sends again: it gives up at the first timeout that comes
    /// so long after the first repetition as all of them would take on the fastest line (`retransmits_timed_out`).
    fn has_tried_enough(&self, now: Instant, waits_for_window: bool) -> bool {
        if waits_for_window {
            self.retries >= self.config.data_retries
        } else {
            self.retries > 0 && now.since(self.repeats_since) >= self.config.gives_up_after()
        }
    }
}
