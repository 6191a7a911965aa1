//! What arrives: the segment processing of RFC 9293 §3.10.7, step by step.

use super::connection::Connection;
use super::segment::{Flags, Segment};
use super::sequence::{after, before, distance, later};
use super::state::{State, due, told};
use crate::octets::Rope;
use crate::sim::{Duration, Instant};

/// RFC 5961 §7 asks for a limit on answers to stray segments, or two confused ends answer each other for ever; Linux
/// has `tcp_invalid_ratelimit`, 500 ms.
const STRAY_INTERVAL: Duration = Duration::from_millis(500);

impl Connection {
    /// Takes a segment that arrived from the network. What is left of it is of no use.
    #[inline]
    pub fn handle_segment(&mut self, now: Instant, segment: &mut Segment) {
        match self.state {
            State::Closed => {}
            State::SynSent => self.in_syn_sent(now, segment),
            State::Established if self.is_predicted(segment) => self.predicted(now, segment),
            _ => self.synchronised(now, segment),
        }
    }

    /// Header prediction (V. Jacobson, 1990; RFC 7323 §5.3): whether the segment is the next one, of a
    /// connection on which nothing is amiss.
    #[inline]
    fn is_predicted(&self, segment: &Segment) -> bool {
        // Neither SYN nor FIN nor RST.
        segment.flags.bits() & !Flags::PSH.bits() == Flags::ACK.bits()
            && segment.seq == self.rcv_nxt
            && segment.sack.is_none()
            && self.early.is_none()
            && self.losses.is_calm()
            && !self.clock.is_old(segment)
            && segment.payload.len() <= distance(self.rcv_nxt, self.rcv_edge) as usize
            && !before(segment.ack, self.una)
            && !after(segment.ack, self.sent)
    }

    /// The same as [`synchronised`](Connection::synchronised), for the common case.
    fn predicted(&mut self, now: Instant, segment: &mut Segment) {
        self.clock.note(segment, self.rcv_acked);
        if segment.ack != self.una {
            self.advanced(now, segment.ack);
        } else if self.retries > 0 && !self.outstanding() {
            // RFC 9293 §3.8.6.1: a peer that answers probes is alive, however long its window stays closed.
            self.peer_is_there();
        }
        self.update_window(segment, u32::from(segment.window) << self.scale());
        if !segment.payload.is_empty() {
            self.measure_by_echo(now, segment);
            self.data_received(now, segment.seq, &mut segment.payload);
        }
    }

    /// A full segment tells how long ago what it answers left, for the receive window (Linux `tcp_rcv_rtt_measure_ts`).
    #[inline]
    fn measure_by_echo(&mut self, now: Instant, segment: &Segment) {
        if self.window.may_grow()
            && let (true, Some(clock)) = (self.clock.on, segment.timestamps)
            && segment.payload.len() >= usize::from(self.mss)
        {
            let millis = self.clock.millis(now).wrapping_sub(clock.echo);
            if millis < 1 << 20 {
                self.window.round_trip(Duration::from_millis(u64::from(millis).max(1)));
            }
        }
    }

    /// RFC 9293 §3.10.7.3
    fn in_syn_sent(&mut self, now: Instant, segment: &Segment) {
        let flags = segment.flags;
        let acknowledges = flags.ack() && after(segment.ack, self.iss) && !after(segment.ack, self.sent);
        if flags.ack() && !acknowledges {
            // First: an acknowledgement of something never sent belongs to an older connection; it is reset.
            if !flags.rst() {
                self.reset_seq = segment.ack;
                self.due.set(due::RST);
            }
            return;
        }
        if flags.rst() {
            // Second: only a reset that acknowledges our SYN counts.
            if acknowledges {
                self.finish(told::REFUSED);
            }
            return;
        }
        if !flags.syn() {
            return;
        }
        // Fourth. Data and FIN on a SYN ACK are left for the peer to repeat.
        self.take_syn(now, segment);
        if acknowledges {
            self.una = segment.ack;
            self.due.clear(due::SYN);
            self.round_trip.acknowledged(now, segment.ack);
            self.established();
            self.due.set(due::ACK);
        } else {
            // Simultaneous open: our SYN goes out again, with an acknowledgement.
            self.set_state(State::SynReceived);
            self.due.set(due::SYN);
        }
    }

    /// Our SYN is acknowledged.
    fn established(&mut self) {
        let lost_syns = self.retries;
        if lost_syns > 0 {
            self.round_trip.syn_lost();
        }
        // RFC 5681 §3.1: after a lost SYN the initial window is one segment. Linux forgives the first one, because a
        // timeout of one second (RFC 6298) strikes more often for no reason.
        let window = if lost_syns > 1 { u32::from(self.mss) } else { self.initial_window() };
        self.congestion.start(window);
        self.peer_is_there();
        self.timer_at = Instant::MAX;
        self.set_state(State::Established);
        self.told.set(told::CONNECTED);
        self.due.set(due::DATA);
        if self.fin_queued {
            self.leave();
        }
    }

    /// RFC 9293 §3.10.7.4: all other states.
    fn synchronised(&mut self, now: Instant, segment: &mut Segment) {
        let flags = segment.flags;
        let window = distance(self.rcv_nxt, self.rcv_edge);
        if self.clock.on {
            // RFC 7323 §5.3 R1: an old duplicate is acknowledged and dropped; a reset is looked at all the same. A bare
            // acknowledgement that others overtook is dropped without a word (Linux), or it would be answered for nothing.
            if !flags.rst() && self.clock.is_old(segment) {
                if segment.seq_len() > 0 {
                    self.hurry();
                }
                return;
            }
            self.clock.note(segment, self.rcv_acked);
        }
        if self.state == State::SynReceived && flags.syn() && flags.ack() && segment.seq == self.irs {
            // RFC 9293 §3.5, figure 7, line 6: both opened at the same time, and this acknowledges our SYN. Its number is
            // that of a SYN we have, which the check below would call old.
            self.acknowledgement(now, segment);
            return;
        }
        // First: the sequence number. What follows the last segment and fits is the common case.
        let expected = segment.seq == self.rcv_nxt && segment.payload.len() as u64 <= u64::from(window);
        if !expected && !self.trim(now, segment, window) {
            return;
        }
        // Second: RST.
        if flags.rst() {
            // RFC 5961 §3.2: only a reset at exactly the expected place is obeyed; others are asked about.
            if segment.seq == self.rcv_nxt {
                self.reset_received()
            } else {
                self.stray(now)
            }
            return;
        }
        // Fourth: SYN. RFC 5961 §4.2: whatever its number, it is answered with an acknowledgement only; a peer that
        // really began anew will reset us.
        if flags.syn() {
            self.stray(now);
            return;
        }
        // Fifth: ACK.
        if !flags.ack() || !self.acknowledgement(now, segment) {
            return;
        }
        // Seventh: the data.
        let end = segment.seq.wrapping_add(segment.payload.len() as u32);
        if !segment.payload.is_empty() {
            if !self.state.receives() {
                return;
            }
            self.measure_by_echo(now, segment);
            self.data_received(now, segment.seq, &mut segment.payload);
        }
        // Eighth: FIN.
        if flags.fin() && self.state.receives() {
            if end == self.rcv_nxt {
                self.fin_received(now);
            } else {
                self.early.get_or_insert_default().fin = Some(end);
                self.due.set(due::ACK);
            }
        } else if let Some(early) = &self.early
            && early.fin == Some(self.rcv_nxt)
            && self.state.receives()
        {
            self.fin_received(now);
        }
        if self.state == State::FinWait2 {
            self.timer_at = now + self.config.fin_wait_2;
        }
    }

    /// Cuts a segment down to the receive window; says whether something is left to look at.
    fn trim(&mut self, now: Instant, segment: &mut Segment, window: u32) -> bool {
        let flags = segment.flags;
        let offset = segment.seq.wrapping_sub(self.rcv_nxt) as i32;
        let len = segment.payload.len() as i64;
        let takes = len + i64::from(flags.syn()) + i64::from(flags.fin());
        let (begin, end) = (i64::from(offset), i64::from(offset) + takes);
        let edge = i64::from(window);
        // RFC 9293 §3.10.7.4, first step, the four cases: some part of it lies in the window.
        let acceptable = if takes == 0 { begin == 0 || (begin > 0 && begin < edge) } else { begin < edge && end > 0 };
        // RFC 9293 §3.10.7.4: with a closed window, what else a segment says at the expected place still counts.
        let closed = begin == 0 && window == 0 && !flags.syn();
        if !acceptable && !closed {
            self.unacceptable(now, segment);
            return false;
        }
        if begin < 0 && flags.syn() {
            self.stray(now);
            return false;
        }
        let skip = (-begin).clamp(0, len);
        let keep = (edge - begin).clamp(skip, len);
        if skip > 0 {
            self.came_twice(segment.seq, self.rcv_nxt);
        }
        if skip > 0 || keep < len {
            // Something came twice, or more than was asked for: the peer should learn soon where we stand.
            self.hurry();
            segment.payload = segment.payload.slice(skip as usize..keep as usize);
            segment.seq = segment.seq.wrapping_add(skip as u32);
            if keep < len {
                segment.flags = Flags::from_bits(flags.bits() & !Flags::FIN.bits());
            }
        }
        true
    }

    fn unacceptable(&mut self, now: Instant, segment: &Segment) {
        let flags = segment.flags;
        if flags.rst() {
            return;
        }
        if self.state == State::SynReceived && flags.syn() && !flags.ack() && segment.seq == self.irs {
            // The peer repeats its SYN, so our answer was lost: again, without waiting for the timer (Linux).
            self.due.set(due::SYN);
            return;
        }
        if self.state == State::TimeWait && flags.fin() {
            // RFC 9293 §3.10.7.4, TIME-WAIT: the peer repeats its FIN; the wait begins anew.
            self.timer_at = now + self.config.time_wait;
        }
        if segment.seq_len() > 0 && !flags.syn() {
            // Old data: our acknowledgement was lost, or the peer is impatient. Either way it must learn.
            if !after(segment.seq.wrapping_add(segment.payload.len() as u32), self.rcv_nxt) {
                self.came_twice(segment.seq, segment.seq.wrapping_add(segment.payload.len() as u32));
            }
            self.hurry();
        } else {
            self.stray(now);
        }
    }

    /// RFC 2883 §4: what comes twice is reported with the next acknowledgement.
    fn came_twice(&mut self, from: u32, to: u32) {
        if self.sack_permitted && before(from, to) {
            self.twice = Some((from, to));
        }
    }

    /// An acknowledgement goes out now, and the next ones are not delayed either.
    fn hurry(&mut self) {
        // RFC 5681 §4.2; Linux `tcp_enter_quickack_mode`.
        self.due.set(due::ACK);
        self.quick_acks = self.config.quick_acks;
        self.dialogue = false;
    }

    /// Answers something odd with an acknowledgement (a challenge ACK of RFC 5961), but not too often.
    fn stray(&mut self, now: Instant) {
        if now >= self.stray_at {
            self.stray_at = now + STRAY_INTERVAL;
            self.due.set(due::ACK);
        }
    }

    /// RFC 9293 §3.10.7.4, second step.
    fn reset_received(&mut self) {
        let event = match self.state {
            State::TimeWait | State::Closing => told::CLOSED,
            // All our data arrived; the peer had merely forgotten the connection.
            State::LastAck if self.queue.is_empty() => told::CLOSED,
            _ => told::RESET,
        };
        self.finish(event);
    }

    /// RFC 9293 §3.10.7.4, fifth step. Says whether the segment counts.
    #[inline]
    fn acknowledgement(&mut self, now: Instant, segment: &Segment) -> bool {
        let ack = segment.ack;
        if self.state == State::SynReceived {
            if ack != self.sent || ack == self.iss {
                self.reset_seq = ack;
                self.due.set(due::RST);
                return false;
            }
            self.round_trip.acknowledged(now, ack);
            self.una = ack;
            self.due.clear(due::SYN);
            // RFC 7323 §2.2: the window of a SYN is never scaled.
            self.wnd = u32::from(segment.window) << if segment.flags.syn() { 0 } else { self.scale() };
            self.max_wnd = self.max_wnd.max(self.wnd);
            (self.wl1, self.wl2) = (segment.seq, ack);
            self.established();
            return true;
        }
        if after(ack, self.sent) {
            // Something never sent.
            self.stray(now);
            return false;
        }
        if before(ack, self.una) {
            // RFC 5961 §5.2: too old to be a straggler. A mere straggler's data is welcome.
            if distance(ack, self.una) > self.max_wnd {
                self.stray(now);
                return false;
            }
            return true;
        }
        let window = u32::from(segment.window) << self.scale();
        if self.losses.on {
            self.acknowledged(now, segment);
        } else if ack == self.una {
            self.nothing_new(segment, window);
        } else {
            self.advance(now, ack);
        }
        self.update_window(segment, window);
        if self.fin_sent && self.una == self.sent && self.queue.is_empty() {
            self.fin_acknowledged(now);
        }
        self.state != State::Closed
    }

    #[inline]
    fn scale(&self) -> u8 {
        if self.scaling { self.wnd_shift } else { 0 }
    }

    /// SND.UNA moves.
    #[inline]
    fn advance(&mut self, now: Instant, ack: u32) {
        let acked = ack.wrapping_sub(self.una);
        let flight = later(self.nxt, ack).wrapping_sub(self.una);
        self.queue.acknowledge(acked as usize);
        self.una = ack;
        if before(self.nxt, ack) {
            // The peer had more than the timeout made us believe.
            self.nxt = ack;
            self.queue.rewind();
        }
        self.peer_is_there();
        self.round_trip.acknowledged(now, ack);
        let mss = u32::from(self.mss);
        if self.congestion.acknowledged(ack, acked, flight, self.nxt.wrapping_sub(ack), mss) {
            self.due.set(due::REPEAT);
        }
        // RFC 6298 §5.2 and §5.3: off when all is acknowledged, else anew.
        if self.outstanding() {
            self.arm(now);
        } else {
            self.timer_at = Instant::MAX;
        }
        self.want_data();
    }

    /// An acknowledgement of nothing new.
    #[inline]
    fn nothing_new(&mut self, segment: &Segment, window: u32) {
        // RFC 5681 §2, duplicate acknowledgement: data is out, the segment has no data, SYN or FIN, and it changes
        // neither acknowledgement nor window.
        let flight = self.nxt.wrapping_sub(self.una);
        if flight > 0 && segment.payload.is_empty() && !segment.flags.fin() && window == self.wnd {
            if self.congestion.duplicate(self.una, self.sent, flight, u32::from(self.mss)) {
                self.due.set(due::REPEAT);
            }
            self.due.set(due::DATA);
        } else if flight == 0 && self.retries > 0 {
            // RFC 9293 §3.8.6.1: a peer that answers probes is alive, however long its window stays closed.
            self.peer_is_there();
        }
    }

    /// RFC 9293 §3.10.7.4, fifth step: only the newest segment sets the window.
    #[inline]
    fn update_window(&mut self, segment: &Segment, window: u32) {
        if before(self.wl1, segment.seq) || (self.wl1 == segment.seq && !after(self.wl2, segment.ack)) {
            if window > self.wnd {
                self.want_data();
                if self.wnd < u32::from(self.mss) && self.nxt == self.una {
                    // The wait was for the window and tells nothing about the path.
                    self.round_trip.reset_back_off();
                }
                self.max_wnd = self.max_wnd.max(window);
            }
            self.wnd = window;
            (self.wl1, self.wl2) = (segment.seq, segment.ack);
        }
    }

    fn fin_acknowledged(&mut self, now: Instant) {
        match self.state {
            State::FinWait1 => {
                self.set_state(State::FinWait2);
                self.timer_at = now + self.config.fin_wait_2;
            }
            State::Closing => self.time_wait(now),
            State::LastAck => self.finish(told::CLOSED),
            _ => {}
        }
    }

    fn time_wait(&mut self, now: Instant) {
        if self.config.time_wait.is_zero() {
            // The last acknowledgement must still leave, so the timer strikes at once.
            self.timer_at = now;
        } else {
            self.timer_at = now + self.config.time_wait;
        }
        self.set_state(State::TimeWait);
    }

    /// RFC 9293 §3.10.7.4, seventh step.
    #[inline(always)]
    fn data_received(&mut self, now: Instant, seq: u32, payload: &mut Rope) {
        if seq != self.rcv_nxt {
            // RFC 5681 §4.2: a gap is reported at once, for each segment behind it.
            let (from, to) = (seq, seq.wrapping_add(payload.len() as u32));
            if !self.early.get_or_insert_default().insert(seq, std::mem::take(payload)) {
                self.came_twice(from, to);
            }
            self.hurry();
            return;
        }
        let len = payload.len() as u32;
        self.rcv_nxt = seq.wrapping_add(len);
        payload.take_chunks(|chunk| self.received.push(chunk));
        self.received_at = now;
        if self.window.may_grow() {
            self.window.read(now, len, u32::from(self.mss));
        }
        if let Some(early) = &mut self.early {
            self.rcv_nxt = early.take_from(self.rcv_nxt, &mut self.received);
            if early.is_empty() {
                self.early = None;
            }
            // RFC 5681 §4.2: so is a gap that fills.
            self.due.set(due::ACK);
            return;
        }
        let unacknowledged = self.rcv_nxt.wrapping_sub(self.rcv_acked);
        if unacknowledged > u32::from(self.mss) || (self.quick_acks > 0 && !self.dialogue) {
            // RFC 9293 §3.8.6.3: at least every second full segment is acknowledged at once. Linux: as soon as more
            // than one full segment waits.
            self.due.set(due::ACK);
        } else if self.ack_at == Instant::MAX {
            self.ack_at = now + self.config.delayed_ack;
        }
    }

    /// RFC 9293 §3.10.7.4, eighth step.
    fn fin_received(&mut self, now: Instant) {
        self.early = None;
        self.rcv_nxt = self.rcv_nxt.wrapping_add(1);
        self.rcv_edge = later(self.rcv_edge, self.rcv_nxt);
        self.due.set(due::ACK);
        self.told.set(told::PEER_CLOSED);
        match self.state {
            State::Established => self.set_state(State::CloseWait),
            // Our own FIN was not acknowledged, or FIN-WAIT-2 would have begun.
            State::FinWait1 => self.set_state(State::Closing),
            State::FinWait2 => self.time_wait(now),
            _ => {}
        }
    }
}
