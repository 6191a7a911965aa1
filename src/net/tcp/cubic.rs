//! CUBIC (RFC 9438), in integers.
//!
//! Windows are in bytes, and the formulas' segments are `mss` bytes. Times are in milliseconds, so that a cube of them
//! fits into 128 bits whatever the window.

use crate::sim::{Duration, Instant};

/// RFC 9438 §4.6: beta_cubic is 0.7.
const BETA: (u64, u64) = (7, 10);

/// The state of RFC 9438 §4.1.2.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cubic {
    /// W_max in bytes.
    max: u32,
    /// When the epoch of congestion avoidance began.
    epoch: Option<Instant>,
    /// K in milliseconds.
    k_ms: u64,
    /// Where the epoch's curve has its plateau, in bytes.
    origin: u32,
    /// W_est in bytes, times 1024.
    est: u64,
    /// cwnd_prior in bytes.
    prior: u32,
}

impl Cubic {
    /// A loss: the new slow start threshold (RFC 9438 §4.6, with the fast convergence of §4.7).
    pub(super) fn lost(&mut self, cwnd: u32, mss: u32) -> u32 {
        self.epoch = None;
        self.prior = cwnd;
        // RFC 9438 §4.7: a flow that had less than before leaves room for others: (1 + beta) / 2.
        self.max = if cwnd < self.max { (u64::from(cwnd) * 17 / 20) as u32 } else { cwnd };
        ((u64::from(cwnd) * BETA.0 / BETA.1) as u32).max(2 * mss)
    }

    /// How far the window grows for `acked` bytes in congestion avoidance (RFC 9438 §4.2 to §4.5), in bytes.
    pub(super) fn grow(&mut self, now: Instant, cwnd: u32, acked: u32, mss: u32, srtt: Duration) -> u32 {
        let epoch = *self.epoch.get_or_insert_with(|| {
            self.est = u64::from(cwnd) << 10;
            if cwnd < self.max {
                // §4.2: K = cbrt((W_max - cwnd_epoch) / C) seconds, with C = 0.4: in milliseconds, cubed, 2.5e9 a segment.
                self.k_ms = cube_root(u128::from(self.max - cwnd) * 2_500_000_000 / u128::from(mss));
                self.origin = self.max;
            } else {
                (self.k_ms, self.origin) = (0, cwnd);
            }
            now
        });
        // §4.2: the target is where the curve is a round trip from now, at most half as much again as the window.
        let t = (now.since(epoch) + srtt).as_nanos() / 1_000_000;
        let target = self.at(t, mss).clamp(u64::from(cwnd), u64::from(cwnd) * 3 / 2);
        let step = (target - u64::from(cwnd)) * u64::from(acked) / u64::from(cwnd.max(1));
        // §4.3: at least as fast as Reno: alpha is 3 (1 - beta) / (1 + beta) = 9/17, and 1 from the old window on.
        let alpha = if self.est >> 10 < u64::from(self.prior) { (9, 17) } else { (1, 1) };
        self.est += ((u64::from(mss) * u64::from(acked)) << 10) * alpha.0 / alpha.1 / u64::from(cwnd.max(1));
        let friendly = (self.est >> 10).saturating_sub(u64::from(cwnd));
        step.max(friendly).min(u64::from(acked)) as u32
    }

    /// W_cubic(t) = C (t - K)^3 + W_max, `t` in milliseconds (RFC 9438 §4.2, equation 1).
    fn at(&self, t_ms: u64, mss: u32) -> u64 {
        let far = t_ms.abs_diff(self.k_ms).min(1 << 30);
        // 0.4 segments for each cubed second: 4e-10 for each cubed millisecond.
        let off = u128::from(far).pow(3) * u128::from(mss) * 4 / 10_000_000_000;
        let off = off.min(u128::from(u32::MAX)) as u64;
        if t_ms < self.k_ms { u64::from(self.origin).saturating_sub(off) } else { u64::from(self.origin) + off }
    }
}

/// The largest integer whose cube is not above `x`.
fn cube_root(x: u128) -> u64 {
    let (mut low, mut high) = (0_u64, 1 << 42);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if u128::from(middle).pow(3) <= x { low = middle } else { high = middle - 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    const MSS: u32 = 1000;

    fn ms(n: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(n)
    }

    #[test]
    fn cube_roots() {
        assert_eq!([0, 1, 7, 8, 26, 27, 1_000_000_000].map(cube_root), [0, 1, 1, 2, 2, 3, 1000]);
        assert_eq!(cube_root(u128::from(u64::MAX)), 2_642_245);
    }

    /// RFC 9438 §4.2: K is the time that the window takes to come back to W_max when nothing else is lost. From 100
    /// segments, the loss leaves 70, and K = cbrt(30 / 0.4) = 4.217 s.
    #[test]
    fn the_window_comes_back_after_k() {
        let mut cubic = Cubic::default();
        assert_eq!(cubic.lost(100 * MSS, MSS), 70 * MSS);
        cubic.grow(ms(0), 70 * MSS, MSS, MSS, Duration::ZERO);
        assert_eq!(cubic.k_ms, 4217);
        let at = |t: u64| cubic.at(t, MSS) as f64 / 1000.0;
        let formula = |t: f64| 0.4 * (t - 4.217_163).powi(3) + 100.0;
        for t in [0, 500, 1000, 2000, 4000, 4217, 5000, 8000, 12_000] {
            let (ours, theirs) = (at(t), formula(t as f64 / 1000.0));
            assert!((ours - theirs).abs() < 0.05, "at {t} ms: {ours}, by the formula {theirs}");
        }
    }

    /// §4.7: a second loss at a lower window forgets some of it.
    #[test]
    fn fast_convergence() {
        let mut cubic = Cubic::default();
        cubic.lost(100 * MSS, MSS);
        assert_eq!(cubic.lost(80 * MSS, MSS), 56 * MSS);
        assert_eq!(cubic.max, 68 * MSS);
        assert_eq!(cubic.lost(2 * MSS, MSS), 2 * MSS, "never below two segments");
    }

    /// §4.3: where the path is short, the window grows as Reno's would with the same average: by 9/17 of a segment in a
    /// round trip, and not by the cube.
    #[test]
    fn on_short_paths_it_is_as_fast_as_reno() {
        let mut cubic = Cubic::default();
        let mut cwnd = cubic.lost(20 * MSS, MSS);
        let srtt = Duration::from_millis(5);
        for round in 0..40_u64 {
            let mut left = cwnd;
            while left > 0 {
                let acked = left.min(2 * MSS);
                cwnd += cubic.grow(ms(round * 5), cwnd, acked, MSS, srtt);
                left -= acked;
            }
        }
        // From 14 to 20 segments by 9/17 each round takes 11 rounds, and the other 29 add a segment each.
        assert!((46 * MSS..=50 * MSS).contains(&cwnd), "{cwnd}");
        // The cube alone would be back at 20 segments after cbrt(6 / 0.4) = 2.47 s only.
        assert_eq!(cubic.k_ms, 2466);
    }
}
