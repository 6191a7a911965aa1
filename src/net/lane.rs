//! A lane: one direction of a link.

use std::sync::Arc;

use super::tamper::Tamper;
use crate::sim::{Duration, Instant, Stream};

/// What one direction of a link is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSpec {
    /// Time from the last bit sent to the last bit received. At least a nanosecond: time must pass between cause and
    /// effect at different places.
    pub latency: Duration,
    /// Extra delay, drawn anew for every packet between none and this. Packets are not reordered by it: a lane is a
    /// queue, so a late packet holds up those behind it.
    pub jitter: Duration,
    /// Bits per second; `None` is as fast as one likes.
    pub bandwidth_bps: Option<u64>,
    /// Bytes that may wait to be sent; what comes on top is dropped (drop-tail). Only with a bandwidth.
    pub buffer_bytes: u64,
    /// Packets lost, in parts per million.
    pub loss_ppm: u32,
    /// Largest IP packet in bytes.
    pub mtu: u16,
}

impl Default for LaneSpec {
    /// A perfect lane: one millisecond, no limit, no loss, an Ethernet's MTU.
    fn default() -> LaneSpec {
        LaneSpec {
            latency: Duration::from_millis(1),
            jitter: Duration::ZERO,
            bandwidth_bps: None,
            buffer_bytes: 256 * 1024,
            loss_ppm: 0,
            mtu: 1500,
        }
    }
}

/// Why a lane did not take a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drop {
    /// The link is down.
    Down,
    /// Chance.
    Noise,
    /// The buffer is full.
    BufferFull,
    /// A fault of the scenario took this very packet.
    Fault,
}

/// A lane and what is on it.
#[derive(Clone, Debug)]
pub struct Lane {
    spec: LaneSpec,
    up: bool,
    /// How often the link has gone down: a packet under way when that happens does not arrive.
    outages: u32,
    busy_until: Instant,
    last_arrival: Instant,
    /// The next so many packets are lost.
    doomed: u64,
    /// Who writes over what passes.
    tamper: Option<Arc<Tamper>>,
    /// Draws are made only where chance is used.
    luck: Option<Box<Stream>>,
}

impl Lane {
    /// A lane that is up. `luck` is drawn from for loss and jitter; without it there are none.
    #[must_use]
    pub fn new(spec: LaneSpec, luck: Option<Stream>) -> Lane {
        let spec = LaneSpec { latency: spec.latency.max(Duration::from_nanos(1)), ..spec };
        Lane {
            spec,
            up: true,
            outages: 0,
            busy_until: Instant::ZERO,
            last_arrival: Instant::ZERO,
            doomed: 0,
            tamper: None,
            luck: luck.map(Box::new),
        }
    }

    /// What the lane is like.
    #[must_use]
    pub fn spec(&self) -> &LaneSpec {
        &self.spec
    }

    /// How often it has gone down.
    #[must_use]
    #[inline]
    pub fn outages(&self) -> u32 {
        self.outages
    }

    /// Whether it carries anything.
    #[must_use]
    #[inline]
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Takes it down or up. What was under way is lost, and so is what waited.
    pub fn set_up(&mut self, up: bool) {
        if self.up && !up {
            self.outages += 1;
            self.busy_until = Instant::ZERO;
            self.last_arrival = Instant::ZERO;
        }
        self.up = up;
    }

    /// Changes the loss, in parts per million.
    pub fn set_loss(&mut self, loss_ppm: u32, luck: impl FnOnce() -> Stream) {
        self.spec.loss_ppm = loss_ppm;
        if loss_ppm > 0 && self.luck.is_none() {
            self.luck = Some(Box::new(luck()));
        }
    }

    /// Changes the latency. Packets under way keep theirs, and those that follow do not overtake them.
    pub fn set_latency(&mut self, latency: Duration) {
        self.spec.latency = latency.max(Duration::from_nanos(1));
    }

    /// Somebody writes over what passes from now on, or nobody.
    pub fn set_tamper(&mut self, tamper: Option<Arc<Tamper>>) {
        self.tamper = tamper;
    }

    /// Who writes over what passes.
    #[must_use]
    #[inline]
    pub fn tamper(&self) -> Option<&Arc<Tamper>> {
        self.tamper.as_ref()
    }

    /// Loses `packets` more of the next packets.
    pub fn doom(&mut self, packets: u64) {
        self.doomed = self.doomed.saturating_add(packets);
    }

    /// Hands over a packet of `bytes` (IP header included); says when it arrives at the other end.
    ///
    /// # Errors
    /// Says why the packet will not arrive.
    #[inline]
    pub fn offer(&mut self, now: Instant, bytes: usize) -> Result<Instant, Drop> {
        if !self.up {
            return Err(Drop::Down);
        }
        if self.doomed > 0 {
            self.doomed -= 1;
            return Err(Drop::Fault);
        }
        let mut leaves = now;
        if let Some(bps) = self.spec.bandwidth_bps {
            let starts = self.busy_until.max(now);
            let waiting_bytes = bytes_in((starts - now).as_nanos(), bps);
            if waiting_bytes.saturating_add(bytes as u64) > self.spec.buffer_bytes.max(u64::from(self.spec.mtu)) {
                return Err(Drop::BufferFull);
            }
            let nanos = (bytes as u64 * 8).saturating_mul(1_000_000_000) / bps;
            leaves = starts + Duration::from_nanos(nanos);
            self.busy_until = leaves;
        }
        let mut arrives = leaves + self.spec.latency;
        if let Some(luck) = &mut self.luck {
            if self.spec.loss_ppm > 0 && luck.chance_ppm(self.spec.loss_ppm) {
                return Err(Drop::Noise);
            }
            if !self.spec.jitter.is_zero() {
                arrives += Duration::from_nanos(luck.below(self.spec.jitter.as_nanos() + 1));
            }
        }
        // A lane is a queue: neither jitter nor a change of latency lets one packet overtake another.
        arrives = arrives.max(self.last_arrival);
        self.last_arrival = arrives;
        Ok(arrives)
    }
}

/// How many bytes a lane sends in a time.
#[inline]
fn bytes_in(nanos: u64, bps: u64) -> u64 {
    const NANOS_A_BYTE: u64 = 8_000_000_000;
    match nanos.checked_mul(bps) {
        Some(product) => product / NANOS_A_BYTE,
        None => (u128::from(nanos) * u128::from(bps) / u128::from(NANOS_A_BYTE)).min(u128::from(u64::MAX)) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Streams;

    fn ms(n: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(n)
    }

    #[test]
    fn bandwidth_spaces_packets_out_and_the_buffer_is_drop_tail() {
        // 12 kbit/s: 1500 bytes take a second.
        let spec = LaneSpec { bandwidth_bps: Some(12_000), buffer_bytes: 3000, ..LaneSpec::default() };
        let mut lane = Lane::new(spec, None);
        assert_eq!(lane.offer(ms(0), 1500), Ok(ms(1001)));
        assert_eq!(lane.offer(ms(0), 1500), Ok(ms(2001)));
        assert_eq!(lane.offer(ms(0), 1500), Err(Drop::BufferFull));
        assert_eq!(lane.offer(ms(1000), 1500), Ok(ms(3001)));
        lane.set_up(false);
        assert_eq!(lane.offer(ms(1100), 1500), Err(Drop::Down));
        lane.set_up(true);
        assert_eq!((lane.offer(ms(1200), 1500), lane.outages()), (Ok(ms(2201)), 1));
    }

    #[test]
    fn loss_is_as_frequent_as_it_says_and_jitter_does_not_reorder() {
        let spec = LaneSpec { loss_ppm: 100_000, jitter: Duration::from_millis(5), ..LaneSpec::default() };
        let mut lane = Lane::new(spec, Some(Streams::new(3).stream("lane")));
        let (mut lost, mut last, mut latest) = (0, Instant::ZERO, Duration::ZERO);
        for i in 0..10_000 {
            let now = ms(i);
            match lane.offer(now, 100) {
                Err(Drop::Noise) => lost += 1,
                Ok(at) => {
                    assert!(at >= last, "a lane is a queue");
                    latest = latest.max(at - now);
                    last = at;
                }
                other => panic!("{other:?}"),
            }
        }
        assert!((900..1100).contains(&lost), "{lost}");
        assert!(latest <= Duration::from_millis(6) && latest > Duration::from_millis(5), "{latest}");
    }
}
