//! One end of a connection: the transmission control block of RFC 9293 §3.3.1 and the calls of its user (§3.10).
//!
//! What arrives is handled in [`input`](super::input), what leaves is formed in [`output`](super::output).

use super::clock::Clock;
use super::config::{Algorithm, Config};
use super::congestion::Congestion;
use super::losses::Losses;
use super::queue::{ChunkQueue, SendQueue};
use super::reassembly::Reassembly;
use super::receive_window::ReceiveWindow;
use super::rto::RoundTrip;
use super::segment::Segment;
use super::sequence::{before, distance};
use super::state::{Event, Marks, State, due, told};
use crate::octets::Chunk;
use crate::sim::Instant;

/// RFC 9293 §3.7.1: the segment size of a peer that names none.
const DEFAULT_MSS: u16 = 536;
/// A peer cannot force segments smaller than this (Linux `TCP_MIN_SND_MSS`).
const SMALLEST_MSS: u16 = 48;

/// One end of a TCP connection, sans-IO.
///
/// After each call that changes it, drain [`poll_event`](Connection::poll_event) and then
/// [`poll_transmit`](Connection::poll_transmit) to `None`, then schedule
/// [`poll_timeout`](Connection::poll_timeout). Events first, because an answer that the user gives at once then carries
/// the acknowledgement; the other order works too, and sends a few more bare acknowledgements. A timer that strikes early does nothing, so that a caller may keep an
/// earlier alarm instead of moving it.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) config: Config,
    pub(super) local_port: u16,
    pub(super) remote_port: u16,
    pub(super) state: State,
    pub(super) due: Marks,
    pub(super) told: Marks,

    // Sending (RFC 9293 §3.3.1). `queue` begins at `una` once the SYN is acknowledged.
    pub(super) queue: SendQueue,
    pub(super) iss: u32,
    pub(super) una: u32,
    /// Next to send. A timeout sets it back to `una`; `sent` remembers how far it had come.
    pub(super) nxt: u32,
    pub(super) sent: u32,
    pub(super) wnd: u32,
    /// Sequence and acknowledgement numbers of the segment that set `wnd` last.
    pub(super) wl1: u32,
    pub(super) wl2: u32,
    /// The largest window that the peer offered.
    pub(super) max_wnd: u32,
    /// Largest payload to send.
    pub(super) mss: u16,
    pub(super) wnd_shift: u8,
    /// Both SYNs carry the window scale option.
    pub(super) scaling: bool,
    /// The user closed: a FIN follows the queue.
    pub(super) fin_queued: bool,
    /// The FIN left at least once.
    pub(super) fin_sent: bool,
    /// Timeouts in a row.
    pub(super) retries: u8,
    /// When something was sent again first since the peer has acknowledged something new; [`Instant::MAX`] where nothing was.
    pub(super) repeats_since: Instant,
    pub(super) congestion: Congestion,
    pub(super) round_trip: RoundTrip,
    pub(super) losses: Losses,
    pub(super) clock: Clock,
    /// When data left last.
    pub(super) sent_at: Instant,
    /// Retransmission, persist, FIN-WAIT-2 and TIME-WAIT never run together and share one timer.
    pub(super) timer_at: Instant,

    // Receiving.
    pub(super) received: ChunkQueue,
    pub(super) early: Option<Box<Reassembly>>,
    /// Bytes that came twice and are to be reported (RFC 2883).
    pub(super) twice: Option<(u32, u32)>,
    pub(super) sack_permitted: bool,
    pub(super) window: ReceiveWindow,
    pub(super) irs: u32,
    pub(super) rcv_nxt: u32,
    /// Right edge of the window as the peer knows it. Never moves left (RFC 7323 §2.4).
    pub(super) rcv_edge: u32,
    /// What the last acknowledgement said.
    pub(super) rcv_acked: u32,
    pub(super) rcv_shift: u8,
    /// Acknowledgements that will not be delayed.
    pub(super) quick_acks: u8,
    /// Data flows in reply to data: acknowledgements wait for it.
    pub(super) dialogue: bool,
    /// When data came last.
    pub(super) received_at: Instant,
    pub(super) ack_at: Instant,
    /// Before this, a stray segment is not answered once more.
    pub(super) stray_at: Instant,
    /// Sequence number for a reset that is due.
    pub(super) reset_seq: u32,
}

impl Connection {
    fn new(config: &Config, local_port: u16, remote_port: u16, iss: u32, state: State) -> Connection {
        Connection {
            config: *config,
            local_port,
            remote_port,
            state,
            due: Marks::default(),
            told: Marks::default(),
            queue: SendQueue::default(),
            iss,
            una: iss,
            nxt: iss,
            sent: iss,
            wnd: 0,
            wl1: 0,
            wl2: 0,
            max_wnd: 0,
            mss: DEFAULT_MSS,
            wnd_shift: 0,
            scaling: false,
            fin_queued: false,
            fin_sent: false,
            retries: 0,
            repeats_since: Instant::MAX,
            congestion: Congestion::new(iss),
            round_trip: RoundTrip::default(),
            losses: Losses::default(),
            clock: Clock::new(config.timestamps),
            sent_at: Instant::ZERO,
            timer_at: Instant::MAX,
            received: ChunkQueue::default(),
            early: None,
            twice: None,
            sack_permitted: config.sack,
            window: ReceiveWindow::new(config),
            irs: 0,
            rcv_nxt: 0,
            rcv_edge: 0,
            rcv_acked: 0,
            rcv_shift: config.window_shift(),
            quick_acks: config.quick_acks,
            dialogue: false,
            received_at: Instant::ZERO,
            ack_at: Instant::MAX,
            stray_at: Instant::ZERO,
            reset_seq: 0,
        }
    }

    /// Opens a connection (RFC 9293 §3.10.1, active): [`poll_transmit`](Connection::poll_transmit) gives the SYN.
    /// `iss` is the initial send sequence number.
    #[must_use]
    pub fn connect(config: &Config, local_port: u16, remote_port: u16, iss: u32) -> Connection {
        let mut connection = Connection::new(config, local_port, remote_port, iss, State::SynSent);
        connection.due.set(due::SYN);
        connection
    }

    /// Answers `syn`, which came to a port that listens (RFC 9293 §3.10.7.2): the SYN ACK is due.
    ///
    /// The listener calls this for segments with SYN and without ACK or RST; it drops resets, and answers others with
    /// [`Segment::reset_for`].
    #[must_use]
    pub fn accept(now: Instant, config: &Config, syn: &Segment, iss: u32) -> Connection {
        let mut connection = Connection::new(config, syn.destination_port, syn.source_port, iss, State::SynReceived);
        connection.take_syn(now, syn);
        connection.due.set(due::SYN);
        connection
    }

    /// Reads the peer's SYN: its sequence number, window and options.
    pub(super) fn take_syn(&mut self, now: Instant, syn: &Segment) {
        self.irs = syn.seq;
        self.rcv_nxt = syn.seq.wrapping_add(1);
        self.rcv_acked = self.rcv_nxt;
        self.rcv_edge = self.rcv_nxt;
        self.received_at = now;
        self.mss = syn.mss.unwrap_or(DEFAULT_MSS).min(self.config.mss).max(SMALLEST_MSS);
        self.sack_permitted &= syn.sack_permitted;
        self.losses.on = self.sack_permitted && self.config.algorithm != Algorithm::Reno;
        self.clock.begin(syn.timestamps);
        if self.clock.on {
            // RFC 6691 §2: the segment size counts no options, and each segment carries this one.
            self.mss = self.mss.saturating_sub(super::clock::OPTION_BYTES).max(SMALLEST_MSS - 12);
        }
        match syn.window_scale {
            // RFC 7323 §2.3: a shift above 14 counts as 14.
            Some(shift) => {
                self.wnd_shift = shift.min(14);
                self.scaling = true;
            }
            // RFC 7323 §1.3: windows are scaled only when both SYNs carry the option.
            None => self.rcv_shift = 0,
        }
        // RFC 7323 §2.2: the window of a SYN is never scaled.
        self.wnd = u32::from(syn.window);
        self.max_wnd = self.wnd;
        self.wl1 = syn.seq;
        self.wl2 = syn.ack;
    }

    /// The one place where the state changes.
    pub(super) fn set_state(&mut self, state: State) {
        debug_assert!(self.state != State::Closed, "nothing leaves CLOSED");
        self.state = state;
        if state == State::Closed {
            self.timer_at = Instant::MAX;
            self.ack_at = Instant::MAX;
            self.due = Marks::default();
            self.queue.clear();
            self.losses.board.clear();
            self.early = None;
        }
    }

    /// Ends the connection with this final event.
    pub(super) fn finish(&mut self, event: u8) {
        self.set_state(State::Closed);
        self.told.set(event);
    }

    /// Queues bytes for sending (RFC 9293 §3.10.2). They are shared, not copied. After [`close`](Connection::close),
    /// or when the connection is gone, they are dropped.
    ///
    /// There is no Nagle algorithm (RFC 9293 §3.7.4 lets it be turned off): mail programs hand over whole lines or
    /// batches of lines and then wait for the answer, and turn it off themselves with `TCP_NODELAY`.
    pub fn send(&mut self, _now: Instant, chunk: Chunk) {
        if self.fin_queued || !self.state.takes_data() {
            return;
        }
        self.queue.push(chunk);
        self.due.set(due::DATA);
    }

    /// Closes our direction (RFC 9293 §3.10.4): a FIN follows everything queued. The peer may go on sending.
    pub fn close(&mut self, _now: Instant) {
        if self.fin_queued {
            return;
        }
        match self.state {
            // RFC 9293 §3.10.4, SYN-SENT: the connection is deleted.
            State::SynSent => self.finish(told::CLOSED),
            // RFC 9293 §3.10.4, SYN-RECEIVED: queued until the connection is established.
            State::SynReceived => self.fin_queued = true,
            State::Established | State::CloseWait => {
                self.fin_queued = true;
                self.leave();
            }
            _ => {}
        }
    }

    /// Takes the state that follows our close.
    pub(super) fn leave(&mut self) {
        match self.state {
            State::Established => self.set_state(State::FinWait1),
            State::CloseWait => self.set_state(State::LastAck),
            _ => return,
        }
        self.due.set(due::DATA);
    }

    /// Gives the connection up at once (RFC 9293 §3.10.5): a reset goes out where the peer must know.
    pub fn abort(&mut self, _now: Instant) {
        let state = self.state;
        if state == State::Closed {
            return;
        }
        self.received.clear();
        self.finish(told::CLOSED);
        match state {
            // RFC 9293 §3.10.5: nothing that the peer could reset, or both sides are done anyway.
            State::SynSent | State::Closing | State::LastAck | State::TimeWait => {}
            _ => {
                self.reset_seq = self.sent;
                self.due.set(due::RST);
            }
        }
    }

    /// The next bytes from the peer, where nothing is to be told before them: the same as
    /// [`poll_event`](Connection::poll_event), for who expects data.
    #[inline]
    pub fn poll_data(&mut self) -> Option<Chunk> {
        if self.told.has(told::CONNECTED) {
            return None;
        }
        let chunk = self.received.pop()?;
        self.offer_window();
        Some(chunk)
    }

    /// What happened, oldest first. Taking data out opens the receive window, which may make a segment due.
    pub fn poll_event(&mut self) -> Option<Event> {
        if !self.has_event() {
            return None;
        }
        if self.told.take(told::CONNECTED) {
            return Some(Event::Connected);
        }
        if let Some(chunk) = self.received.pop() {
            self.offer_window();
            return Some(Event::Data(chunk));
        }
        for (mark, event) in [
            (told::PEER_CLOSED, Event::PeerClosed),
            (told::CLOSED, Event::Closed),
            (told::RESET, Event::Reset),
            (told::REFUSED, Event::Refused),
            (told::TIMED_OUT, Event::TimedOut),
        ] {
            if self.told.take(mark) {
                return Some(event);
            }
        }
        None
    }

    /// When [`handle_timeout`](Connection::handle_timeout) must be called.
    #[must_use]
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let at = self.timer_at.min(self.ack_at);
        (at != Instant::MAX).then_some(at)
    }

    /// The state.
    #[must_use]
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// Our port.
    #[must_use]
    pub fn local_port(&self) -> u16 {
        self.local_port
    }

    /// The peer's port.
    #[must_use]
    pub fn remote_port(&self) -> u16 {
        self.remote_port
    }

    /// Congestion window in bytes (RFC 5681 cwnd).
    #[must_use]
    pub fn congestion_window(&self) -> u32 {
        self.congestion.cwnd
    }

    /// By how many bits the window in this side's segments is to be shifted (RFC 7323 §2.2).
    #[must_use]
    pub fn window_shift(&self) -> u8 {
        self.rcv_shift
    }

    /// Whether something that takes sequence numbers is out and not acknowledged.
    #[inline]
    pub(super) fn outstanding(&self) -> bool {
        before(self.una, self.sent)
    }

    /// The peer has said something that shows that it is there.
    #[inline]
    pub(super) fn peer_is_there(&mut self) {
        self.retries = 0;
        self.repeats_since = Instant::MAX;
    }

    /// The receive window that could be offered, in bytes.
    #[inline]
    pub(super) fn free_window(&self) -> u32 {
        self.window.limit().saturating_sub(u32::try_from(self.received.len()).unwrap_or(u32::MAX))
    }

    /// Marks that data or a FIN may leave, where there is any that has not.
    #[inline]
    pub(super) fn want_data(&mut self) {
        if self.fin_queued || self.queue.len() > self.nxt.wrapping_sub(self.una) as usize {
            self.due.set(due::DATA);
        }
    }

    /// Whether [`poll_event`](Connection::poll_event) has something to say.
    #[must_use]
    #[inline]
    pub fn has_event(&self) -> bool {
        !self.told.is_empty() || !self.received.is_empty()
    }

    /// Tells the peer that the window opened, when that is worth a segment.
    #[inline]
    pub(super) fn offer_window(&mut self) {
        // RFC 9293 §3.8.6.2.2: no small steps. Linux tells when the window has at least doubled.
        let known = distance(self.rcv_nxt, self.rcv_edge);
        let free = self.free_window();
        if free >= known.saturating_mul(2).max(1) && free > known && self.state.receives() {
            self.due.set(due::ACK);
        }
    }
}
