//! Losing and mending as Linux does it: SACK's scoreboard (RFC 2018, 6675), RACK and the tail loss probe (RFC 8985),
//! proportional rate reduction (RFC 6937).
//!
//! Used where both ends permit SACK and the connection is not set to [`Algorithm::Reno`](super::Algorithm::Reno), whose
//! losses are found by counting duplicates (RFC 5681, RFC 6582) in [`input`](super::input).

use super::connection::Connection;
use super::losses::{Losses, Mending, Probe, Timer};
use super::prr::Reduction;
use super::rack::THRESHOLD;
use super::segment::{Flags, Repeat, SackBlocks, Segment};
use super::sequence::{after, before, distance};
use super::state::due;
use crate::sim::{Duration, Instant};

/// RFC 8985 §7.2: with one segment out, the acknowledgement may be delayed by this much (WCDelAckT; Linux adds its
/// `TCP_RTO_MIN`).
const WORST_DELAY: Duration = Duration::from_millis(200);
/// Linux `TCP_TIMEOUT_MIN`: a timer needs two ticks of its clock at the least.
const LEAST_TIMER: Duration = Duration::from_millis(2);

impl Connection {
    /// [`acknowledged`](Connection::acknowledged) for what is new on a connection on which nothing is amiss.
    #[inline]
    pub(super) fn advanced(&mut self, now: Instant, ack: u32) {
        let before_flight = self.losses.board.in_flight();
        let delivered = self.move_una(now, ack);
        self.grow(now, delivered, before_flight);
        self.set_timer(now, true);
        self.want_data();
    }

    /// SND.UNA moves to `ack`. Returns the bytes of which it was not known that they had arrived.
    #[inline(always)]
    fn move_una(&mut self, now: Instant, ack: u32) -> u32 {
        self.queue.acknowledge(ack.wrapping_sub(self.una) as usize);
        self.una = ack;
        self.peer_is_there();
        if before(self.nxt, ack) {
            // A look at a closed window was taken.
            self.nxt = ack;
            self.queue.rewind();
        }
        let Losses { board, rack, .. } = &mut self.losses;
        let delivered = board.acknowledge(ack, |sent| rack.delivered(now, sent));
        self.round_trip.acknowledged(now, ack);
        delivered
    }

    /// RFC 9293 §3.10.7.4, fifth step, with the scoreboard.
    #[inline]
    pub(super) fn acknowledged(&mut self, now: Instant, segment: &Segment) {
        let (ack, una) = (segment.ack, self.una);
        let advanced = after(ack, una);
        if !advanced && segment.sack.is_none() && self.losses.probe.is_none() {
            if !self.outstanding() && self.retries > 0 {
                // RFC 9293 §3.8.6.1: a peer that answers probes is alive, however long its window stays closed.
                self.peer_is_there();
            }
            return;
        }
        let before_flight = self.losses.board.in_flight();
        let mut delivered = 0;
        if advanced {
            delivered = self.move_una(now, ack);
            self.measure_by_clock(now, segment);
        }
        let duplicate = segment.sack.as_deref().is_some_and(|blocks| self.sacked(now, blocks, &mut delivered));
        if self.losses.probe.is_some() {
            self.probe_answered(segment, advanced, duplicate);
        }
        if self.losses.board.is_plain() && self.losses.mending == Mending::Open {
            if advanced {
                self.grow(now, delivered, before_flight);
            }
        } else {
            self.mend(now, delivered, before_flight, advanced);
        }
        if advanced || self.losses.timer == Timer::Reordering {
            self.set_timer(now, advanced);
        }
        self.want_data();
        if self.losses.board.has_unrepaired() {
            self.due.set(due::REPEAT);
        }
    }

    /// RFC 7323 §4.1: where segments were sent again, only the clock in their acknowledgement tells which copy arrived.
    fn measure_by_clock(&mut self, now: Instant, segment: &Segment) {
        if self.round_trip.is_timing() || self.losses.board.is_plain() && self.losses.mending == Mending::Open {
            return;
        }
        if let (true, Some(clock)) = (self.clock.on, segment.timestamps) {
            let millis = self.clock.millis(now).wrapping_sub(clock.echo);
            if millis < 1 << 20 {
                self.round_trip.measured(Duration::from_millis(u64::from(millis).max(1)));
            }
        }
    }

    /// Reads SACK blocks; says whether the first one reports a duplicate (RFC 2883 §4).
    fn sacked(&mut self, now: Instant, blocks: &SackBlocks, delivered: &mut u32) -> bool {
        let Some(first) = blocks.first().copied() else { return false };
        let is_inside = |outer: &(u32, u32)| !before(first.0, outer.0) && !after(first.1, outer.1);
        let duplicate = !after(first.1, self.una) && before(first.0, first.1) || blocks.get(1).is_some_and(is_inside);
        let Losses { board, rack, .. } = &mut self.losses;
        if duplicate {
            rack.saw_duplicate();
        }
        let mut reordered = false;
        *delivered += board.sack(self.una, self.sent, blocks, |sent, is_late| {
            reordered |= is_late && !sent.is_repeated();
            rack.delivered(now, sent);
        });
        if reordered {
            rack.saw_reordering();
        }
        duplicate
    }

    /// Looks for losses, and sets the window by what is known.
    fn mend(&mut self, now: Instant, delivered: u32, before_flight: u32, advanced: bool) {
        let lost = self.detect(now);
        let mss = u32::from(self.mss);
        match self.losses.mending {
            Mending::Open => {
                if lost {
                    self.enter_recovery(Repeat::Rack);
                    self.reduce(delivered, advanced && !lost);
                } else if advanced {
                    self.grow(now, delivered, before_flight);
                }
            }
            Mending::Recovery if !before(self.una, self.losses.high) => {
                // RFC 6937 §3: the window ends at the threshold.
                self.congestion.cwnd = self.congestion.ssthresh.max(mss);
                self.losses.mending = Mending::Open;
                self.losses.rack.recovered();
                if lost {
                    self.enter_recovery(Repeat::Rack);
                }
            }
            Mending::Recovery => self.reduce(delivered, advanced && !lost),
            Mending::Loss => {
                if !before(self.una, self.losses.high) {
                    self.losses.mending = Mending::Open;
                    if lost {
                        return self.enter_recovery(Repeat::Rack);
                    }
                }
                if advanced {
                    // RFC 3465 §2.3: after a timeout an acknowledgement may cover much that had arrived long before;
                    // what is delivered anew counts, as in Linux.
                    self.grow(now, delivered, before_flight.max(self.congestion.cwnd));
                }
            }
        }
    }

    fn detect(&mut self, now: Instant) -> bool {
        let mss = u32::from(self.mss).max(1);
        let srtt = self.round_trip.smoothed();
        let in_recovery = self.losses.mending != Mending::Open;
        let Losses { board, rack, .. } = &mut self.losses;
        let sacked = board.sacked_bytes().div_ceil(mss);
        let (lost, look_again) = rack.detect(now, board, in_recovery, sacked, srtt);
        if let Some(at) = look_again {
            // Linux `tcp_rack_reo_timeout` comes two ticks after the last of them is overdue.
            let at = at.max(now) + LEAST_TIMER;
            if at < self.timer_at || self.losses.timer == Timer::Probe {
                self.timer_at = at;
                self.losses.timer = Timer::Reordering;
            }
        }
        lost
    }

    /// RFC 5681 §3.2 step 2 with the window of the algorithm, then RFC 6937.
    fn enter_recovery(&mut self, why: Repeat) {
        self.losses.why = why;
        self.losses.high = self.sent;
        self.losses.mending = Mending::Recovery;
        self.losses.probe = None;
        self.losses.reduction = Reduction::begin(self.congestion.cwnd);
        self.congestion.lost(self.config.algorithm, u32::from(self.mss));
    }

    fn reduce(&mut self, delivered: u32, is_progress: bool) {
        let in_flight = self.losses.board.in_flight();
        let ssthresh = self.congestion.ssthresh;
        self.congestion.cwnd =
            self.losses.reduction.window(delivered, in_flight, ssthresh, is_progress, u32::from(self.mss));
    }

    fn grow(&mut self, now: Instant, delivered: u32, before_flight: u32) {
        let (mss, srtt) = (u32::from(self.mss), self.round_trip.smoothed());
        self.congestion.grow_by(self.config.algorithm, now, delivered, before_flight, mss, srtt);
    }

    /// RFC 8985 §7.4.2: what the answer to a tail loss probe says.
    fn probe_answered(&mut self, segment: &Segment, advanced: bool, duplicate: bool) {
        let Some(probe) = self.losses.probe.filter(|probe| !before(segment.ack, probe.high)) else { return };
        if !probe.is_repeat || duplicate {
            // Nothing was lost: new bytes went out, or the peer has got the same ones twice.
            self.losses.probe = None;
        } else if after(segment.ack, probe.high) {
            // The probe itself mended a loss, and the window must feel it.
            self.losses.probe = None;
            self.congestion.lost(self.config.algorithm, u32::from(self.mss));
            self.congestion.cwnd = self.congestion.ssthresh;
        } else if !advanced && segment.sack.is_none() && segment.payload.is_empty() {
            // A bare duplicate acknowledgement: both copies have arrived.
            self.losses.probe = None;
        }
    }

    /// The next segment that is taken for lost, where the window lets it out.
    pub(super) fn repair(&mut self, now: Instant) -> Option<Segment> {
        let (place, sent) = self.losses.board.next_unrepaired()?;
        let len = distance(sent.seq, sent.end);
        let in_flight = self.losses.board.in_flight();
        // What is out in excess of the window waits, but one segment may always be.
        if in_flight > 0 && in_flight + len.min(u32::from(self.mss)) > self.congestion.cwnd {
            return None;
        }
        self.losses.reduction.sent(len);
        let why = self.losses.why;
        Some(self.send_again(now, place, sent.seq, sent.end, why))
    }

    fn send_again(&mut self, now: Instant, place: usize, seq: u32, end: u32, why: Repeat) -> Segment {
        self.losses.board.repeated(now, place);
        self.round_trip.spoil();
        let offset = distance(self.una, seq) as usize;
        let fin = self.fin_sent && end == self.sent;
        let bytes = (distance(seq, end) as usize - usize::from(fin)).min(self.queue.len().saturating_sub(offset));
        let payload = self.queue.range(offset, bytes);
        let mut flags = Flags::ACK;
        if bytes > 0 && offset + bytes == self.queue.len() {
            flags = flags.with(Flags::PSH);
        }
        if fin {
            flags = flags.with(Flags::FIN);
        }
        if seq == self.una || self.timer_at == Instant::MAX {
            self.losses.timer = Timer::Usual;
            self.arm(now);
        }
        self.emit(now, seq, flags, payload, Some(why))
    }

    /// A tail loss probe is due (RFC 8985 §7.3): new data where there is any, or else the last segment again.
    pub(super) fn probe_tail(&mut self, now: Instant) -> Option<Segment> {
        self.losses.timer = Timer::Usual;
        let flight = self.nxt.wrapping_sub(self.una);
        let unsent = self.queue.len().saturating_sub(flight as usize);
        let room = self.wnd.saturating_sub(flight);
        let segment = if unsent > 0 && room >= u32::from(self.mss).min(unsent as u32) {
            let n = (unsent as u32).min(self.segment_room());
            let fin = self.fin_queued && n as usize == unsent && n < room;
            self.losses.probe = None;
            let segment = self.emit_data(now, n, fin);
            self.losses.probe = Some(Probe { high: self.sent, is_repeat: false });
            segment
        } else {
            let (place, sent) = self.losses.board.last()?;
            self.losses.probe = Some(Probe { high: self.sent, is_repeat: true });
            self.send_again(now, place, sent.seq, sent.end, Repeat::Probe)
        };
        self.losses.timer = Timer::Usual;
        self.arm(now);
        Some(segment)
    }

    /// Sets the timer after something has left or was acknowledged: for a tail loss probe where one makes sense
    /// (RFC 8985 §7.2), or for a retransmission.
    pub(super) fn set_timer(&mut self, now: Instant, anew: bool) {
        if self.losses.timer == Timer::Reordering && self.timer_at != Instant::MAX && self.timer_at > now {
            return;
        }
        if !self.outstanding() {
            self.losses.timer = Timer::Usual;
            self.timer_at = Instant::MAX;
            return;
        }
        if anew || self.timer_at == Instant::MAX || self.losses.timer != Timer::Usual {
            self.losses.timer = Timer::Usual;
            self.arm(now);
        }
        if self.losses.mending == Mending::Open
            && self.losses.probe.is_none()
            && self.losses.board.is_plain()
            && let Some(srtt) = self.round_trip.smoothed()
        {
            let mut patience = srtt.times(2);
            patience += if self.losses.board.len() == 1 { WORST_DELAY } else { LEAST_TIMER };
            // RFC 8985 §7.2: where the retransmission timer would strike first, the probe takes its place.
            self.timer_at = self.timer_at.min(now + patience);
            self.losses.timer = Timer::Probe;
        }
    }

    /// The timer struck for something else than a retransmission; says whether it did.
    pub(super) fn other_timer(&mut self, now: Instant) -> bool {
        match std::mem::take(&mut self.losses.timer) {
            Timer::Usual => return false,
            Timer::Probe => {
                self.due.set(due::TAIL);
                self.arm(now);
            }
            Timer::Reordering => {
                self.arm(now);
                let was_open = self.losses.mending == Mending::Open;
                if self.detect(now) {
                    if was_open {
                        self.enter_recovery(Repeat::Rack);
                    }
                    if self.losses.mending == Mending::Recovery {
                        self.reduce(0, false);
                    }
                    self.due.set(due::REPEAT);
                }
            }
        }
        true
    }

    /// The retransmission timer struck (RFC 6298 §5.4 to §5.6, RFC 5681 §3.1; Linux `tcp_enter_loss`). `first` unless it
    /// had struck for the same bytes before.
    pub(super) fn all_timed_out(&mut self, now: Instant, first: bool) {
        let mss = u32::from(self.mss);
        if self.losses.board.is_reneged() {
            self.losses.board.renege();
        }
        let news = self.losses.mending == Mending::Open || !before(self.una, self.losses.high);
        if first && (news || self.losses.mending == Mending::Loss) {
            self.congestion.lost(self.config.algorithm, mss);
        }
        let una = self.una;
        let Losses { board, rack, .. } = &mut self.losses;
        board.mark_lost(|segment| segment.seq == una || rack.is_overdue(now, segment));
        self.losses.mending = Mending::Loss;
        self.losses.why = Repeat::Timeout;
        self.losses.high = self.sent;
        self.losses.probe = None;
        self.congestion.cwnd = self.losses.board.in_flight() + mss;
        self.due.set(due::REPEAT);
    }
}

const _: () = assert!(THRESHOLD == 3, "RFC 6675 DupThresh");
