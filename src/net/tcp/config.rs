//! What can be set about a TCP, with the defaults of Linux.

use crate::sim::Duration;

/// The least retransmission timeout of Linux, of which it reckons how long it tries, whatever the timeout is on a line.
const TCP_RTO_MIN: Duration = Duration::from_millis(200);

/// How a connection finds losses and sets its window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RFC 5681 and RFC 6582: losses are found by three duplicate acknowledgements, and mended one in a round trip.
    /// No selective acknowledgement, no timestamps: TCP as textbooks have it.
    Reno,
    /// Reno's window with what Linux does about losses: SACK, RACK, tail loss probes, proportional rate reduction.
    #[default]
    Linux,
    /// The same with the window of CUBIC (RFC 9438), Linux's default.
    Cubic,
}

/// Settings of one connection. Small and `Copy`: every connection keeps its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Largest payload of one segment in bytes that this side takes and sends (RFC 9293 §3.7.1). The path's MTU less
    /// 40 for IPv4, less 60 for IPv6.
    pub mss: u16,
    /// How losses are found and the window is set.
    pub algorithm: Algorithm,
    /// Offers selective acknowledgement (RFC 2018).
    pub sack: bool,
    /// Offers timestamps (RFC 7323).
    pub timestamps: bool,
    /// Repetitions of a SYN one second apart, before the interval doubles (Linux 6.5 `tcp_syn_linear_timeouts`, 4;
    /// before that, none). They come on top of [`syn_retries`](Config::syn_retries).
    pub syn_linear_timeouts: u8,
    /// Whether the receive window begins at 64 KiB and grows with what is read, as Linux's does. Otherwise the whole of
    /// it is open at once.
    pub window_grows: bool,
    /// Initial congestion window in segments (RFC 6928).
    pub initial_window_segments: u32,
    /// Receive buffer in bytes, offered as the receive window; at most 1 GiB (RFC 7323 §2.3). Above 65,535 the window
    /// scale option is used. Linux `tcp_rmem[2]` is 6 MiB, of which half is reckoned for overhead.
    pub receive_window_bytes: u32,
    /// Floor of the variance term of the retransmission timeout: RTO = SRTT + max(4·RTTVAR, this). Linux has 200 ms
    /// (`TCP_RTO_MIN`) and applies it the same way; RFC 6298 §2.4 wants at least one second for the whole timeout.
    pub min_rto: Duration,
    /// Retransmission timeout before the first measurement (RFC 6298 §2.1).
    pub initial_rto: Duration,
    /// Ceiling of the retransmission timeout (RFC 6298 §2.5 allows 60 s or more; Linux `TCP_RTO_MAX` is 120 s).
    pub max_rto: Duration,
    /// How often a SYN is repeated (Linux `tcp_syn_retries`): with six, connecting gives up after
    /// 1+2+4+8+16+32+64 = 127 seconds.
    pub syn_retries: u8,
    /// How often a SYN ACK is repeated (Linux `tcp_synack_retries`): with five, it gives up after 63 seconds.
    pub synack_retries: u8,
    /// How often data or a FIN is repeated (Linux `tcp_retries2`) where the timeout begins at 0.2 s: with fifteen, giving up
    /// takes 924.6 seconds or more (0.2 s doubling up to 120 s). Where it begins at more, the time counts, so there are fewer. A
    /// closed window is looked at so often, whatever time it takes.
    pub data_retries: u8,
    /// How long an acknowledgement waits for data to ride on (RFC 9293 §3.8.6.3 allows 0.5 s; Linux starts at 40 ms).
    pub delayed_ack: Duration,
    /// Acknowledgements that are not delayed at the start of a connection and after a gap (Linux
    /// `TCP_MAX_QUICKACKS`), as long as no data flows in reply.
    pub quick_acks: u8,
    /// How long TIME-WAIT lasts. RFC 9293 §3.4.2 has 2 MSL (four minutes), Linux 60 s. Zero skips the state.
    pub time_wait: Duration,
    /// How long FIN-WAIT-2 waits for a peer that says nothing (Linux `tcp_fin_timeout`, 60 s, counted from the last
    /// segment). [`Duration::MAX`] waits for ever, as RFC 9293 does.
    pub fin_wait_2: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            mss: 1460,
            algorithm: Algorithm::Linux,
            sack: true,
            timestamps: true,
            syn_linear_timeouts: 4,
            window_grows: true,
            initial_window_segments: 10,
            receive_window_bytes: 3 << 20,
            min_rto: Duration::from_millis(200),
            initial_rto: Duration::from_secs(1),
            max_rto: Duration::from_secs(120),
            syn_retries: 6,
            synack_retries: 5,
            data_retries: 15,
            delayed_ack: Duration::from_millis(40),
            quick_acks: 16,
            time_wait: Duration::from_secs(60),
            fin_wait_2: Duration::from_secs(60),
        }
    }
}

impl Config {
    /// TCP as textbooks have it, for lessons: [`Algorithm::Reno`], no options but segment size and window scale, and the
    /// whole receive window open at once.
    #[must_use]
    pub fn reno() -> Config {
        Config {
            algorithm: Algorithm::Reno,
            sack: false,
            timestamps: false,
            syn_linear_timeouts: 0,
            window_grows: false,
            receive_window_bytes: 6 << 20,
            ..Config::default()
        }
    }

    /// Linux with its default window.
    #[must_use]
    pub fn cubic() -> Config {
        Config { algorithm: Algorithm::Cubic, ..Config::default() }
    }

    /// How long repetitions go on: what [`data_retries`](Config::data_retries) of them take where the timeout begins at Linux's
    /// least (`tcp_model_timeout`).
    pub(super) fn gives_up_after(&self) -> Duration {
        let retries = u32::from(self.data_retries);
        let doublings = (self.max_rto.as_nanos() / TCP_RTO_MIN.as_nanos()).checked_ilog2().unwrap_or(0);
        let doubled = TCP_RTO_MIN.times((2 << retries.min(doublings)) - 1);
        doubled + self.max_rto.times(u64::from(retries.saturating_sub(doublings)))
    }

    /// The receive buffer in bytes, held below 2^30 (RFC 7323 §2.3).
    pub(super) fn window_bytes(&self) -> u32 {
        self.receive_window_bytes.clamp(1, (1 << 30) - 1)
    }

    /// The shift count that lets the whole receive buffer be offered in 16 bits (RFC 7323 §2.2).
    pub(super) fn window_shift(&self) -> u8 {
        // Linux reckons with all of `tcp_rmem[2]`, of which the half is offered at the most.
        let buffer = self.window_bytes() << u8::from(self.window_grows);
        let mut shift = 0;
        while shift < 14 && buffer >> shift > 0xffff {
            shift += 1;
        }
        shift
    }
}
