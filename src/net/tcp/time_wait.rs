//! TIME-WAIT (RFC 9293 §3.3.2): what is left of a connection that closed first, in a few bytes.
//!
//! A host that talks to many keeps one of these for each connection of the last minute, as Linux does
//! (`tcp_timewait_sock`): enough to answer a peer that missed the last acknowledgement, and to tell old segments from
//! those of a new connection between the same ports.

use super::connection::Connection;
use super::segment::{Flags, Segment, Timestamps};
use super::sequence::after;
use super::state::State;
use crate::sim::{Duration, Instant};

/// A connection in TIME-WAIT.
#[derive(Clone, Copy, Debug)]
pub struct TimeWait {
    window: u16,
    snd_nxt: u32,
    rcv_nxt: u32,
    /// Before this, nothing stray is answered once more (RFC 5961 §7; Linux 500 ms).
    quiet_until: Instant,
    timestamps: bool,
    /// What the peer's clock said last (RFC 7323 TS.Recent).
    peer_clock: u32,
}

/// What a segment means to a connection in TIME-WAIT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Late {
    /// Nothing.
    Ignore,
    /// This goes back.
    Answer(Box<Segment>),
    /// The peer repeats its FIN: this goes back, and the wait begins anew.
    Again(Box<Segment>),
    /// The connection is forgotten: the peer has reset it.
    Forget,
    /// The connection is forgotten, and the segment opens a new one (RFC 9293 §3.10.7.4, RFC 6191 §2).
    Reopen,
}

impl Connection {
    /// What is to be kept of a connection that has come to TIME-WAIT; `None` in any other state.
    #[must_use]
    pub fn time_wait_record(&self) -> Option<TimeWait> {
        if self.state() != State::TimeWait {
            return None;
        }
        Some(TimeWait {
            window: (super::sequence::distance(self.rcv_nxt, self.rcv_edge) >> self.rcv_shift).min(0xffff) as u16,
            snd_nxt: self.sent,
            rcv_nxt: self.rcv_nxt,
            quiet_until: Instant::ZERO,
            timestamps: self.clock.on,
            peer_clock: self.clock.recent,
        })
    }
}

impl TimeWait {
    /// A segment for the connection has arrived (RFC 9293 §3.10.7.4).
    pub fn handle_segment(&mut self, now: Instant, segment: &Segment) -> Late {
        let flags = segment.flags;
        if flags.rst() {
            // RFC 1337 §3 would have resets ignored here; Linux obeys one at the expected place (`tcp_rfc1337` is off).
            return if segment.seq == self.rcv_nxt { Late::Forget } else { Late::Ignore };
        }
        if flags.syn() && !flags.ack() {
            // RFC 6191 §2: a newer time stamp, or else a higher sequence number, shows that it is no old duplicate.
            let newer = match segment.timestamps {
                Some(clock) if self.timestamps => {
                    after(clock.value, self.peer_clock)
                        || (clock.value == self.peer_clock && after(segment.seq, self.rcv_nxt))
                }
                _ => after(segment.seq, self.rcv_nxt),
            };
            if newer {
                return Late::Reopen;
            }
        } else if flags.fin() {
            return Late::Again(Box::new(self.acknowledgement(now, segment)));
        } else if segment.seq_len() == 0 && segment.seq == self.rcv_nxt {
            return Late::Ignore;
        }
        if now < self.quiet_until {
            return Late::Ignore;
        }
        self.quiet_until = now + Duration::from_millis(500);
        Late::Answer(Box::new(self.acknowledgement(now, segment)))
    }

    fn acknowledgement(&self, now: Instant, segment: &Segment) -> Segment {
        let millis = (now.as_nanos() / 1_000_000) as u32;
        Segment {
            source_port: segment.destination_port,
            destination_port: segment.source_port,
            seq: self.snd_nxt,
            ack: self.rcv_nxt,
            flags: Flags::ACK,
            window: self.window,
            timestamps: self.timestamps.then_some(Timestamps { value: millis, echo: self.peer_clock }),
            ..Segment::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> TimeWait {
        TimeWait {
            window: 500,
            snd_nxt: 900,
            rcv_nxt: 700,
            quiet_until: Instant::ZERO,
            timestamps: false,
            peer_clock: 0,
        }
    }

    fn segment(flags: Flags, seq: u32) -> Segment {
        Segment { source_port: 50_000, destination_port: 25, seq, ack: 900, flags, ..Segment::default() }
    }

    #[test]
    fn a_repeated_fin_is_acknowledged_and_the_wait_begins_anew() {
        let mut waiting = waiting();
        let Late::Again(answer) = waiting.handle_segment(Instant::ZERO, &segment(Flags::FIN | Flags::ACK, 699)) else {
            panic!("a FIN is answered");
        };
        assert_eq!((answer.seq, answer.ack, answer.flags, answer.window), (900, 700, Flags::ACK, 500));
    }

    #[test]
    fn a_syn_beyond_the_old_connection_opens_a_new_one() {
        assert_eq!(waiting().handle_segment(Instant::ZERO, &segment(Flags::SYN, 701)), Late::Reopen);
        assert!(matches!(waiting().handle_segment(Instant::ZERO, &segment(Flags::SYN, 600)), Late::Answer(_)));
        let mut clocked = TimeWait { timestamps: true, peer_clock: 10, ..waiting() };
        let syn = |value| Segment { timestamps: Some(Timestamps { value, echo: 0 }), ..segment(Flags::SYN, 5) };
        assert_eq!(clocked.handle_segment(Instant::ZERO, &syn(11)), Late::Reopen);
        assert!(matches!(clocked.handle_segment(Instant::ZERO, &syn(10)), Late::Answer(_)));
    }

    #[test]
    fn resets_count_at_the_expected_place_and_strays_are_answered_now_and_then() {
        let mut waiting = waiting();
        assert_eq!(waiting.handle_segment(Instant::ZERO, &segment(Flags::RST, 701)), Late::Ignore);
        assert_eq!(waiting.handle_segment(Instant::ZERO, &segment(Flags::RST, 700)), Late::Forget);
        assert_eq!(waiting.handle_segment(Instant::ZERO, &segment(Flags::ACK, 700)), Late::Ignore);
        assert!(matches!(waiting.handle_segment(Instant::ZERO, &segment(Flags::ACK, 650)), Late::Answer(_)));
        assert_eq!(waiting.handle_segment(Instant::ZERO, &segment(Flags::ACK, 650)), Late::Ignore);
    }
}
