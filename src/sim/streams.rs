//! Chance: named random streams and the distributions drawn from them.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::Duration;

/// The source of all streams of one run.
///
/// A stream belongs to a name such as `link:a>b/loss`, so what one agent draws never moves another agent's luck, and
/// adding a host leaves all other hosts' luck as it was.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// All streams of the run with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Streams {
        Streams { seed }
    }

    /// The stream of this name, from its beginning.
    #[must_use]
    pub fn stream(&self, name: &str) -> Stream {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(fnv1a(name.as_bytes()));
        Stream(rng)
    }
}

/// A fixed 64-bit hash of a name, the same on every machine.
#[must_use]
pub fn name_hash(name: &str) -> u64 {
    fnv1a(name.as_bytes())
}

/// FNV-1a, 64 bits: a fixed hash of names (Fowler, Noll and Vo; draft-eastlake-fnv).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// One named random sequence (ChaCha8, whose output is promised to stay the same for all versions of `rand`).
#[derive(Debug)]
pub struct Stream(ChaCha8Rng);

/// The copy goes on as the original would.
impl Clone for Stream {
    fn clone(&self) -> Stream {
        Stream(ChaCha8Rng::deserialize_state(&self.0.serialize_state()))
    }
}

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A number below `bound`, every one equally likely (Lemire's multiply-shift with rejection). Zero for zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.bits()) * u128::from(bound);
            if wide as u64 >= threshold {
                return (wide >> 64) as u64;
            }
        }
    }

    /// True `parts_per_million` times in a million.
    pub fn chance_ppm(&mut self, parts_per_million: u32) -> bool {
        self.below(1_000_000) < u64::from(parts_per_million)
    }

    /// Puts a slice into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }

    /// A duration of the given distribution.
    pub fn duration(&mut self, distribution: Distribution) -> Duration {
        Duration::from_nanos(self.draw(distribution))
    }

    /// A whole number of the given distribution, drawn by inverting its cumulative distribution with the portable
    /// logarithms of `libm`.
    pub fn draw(&mut self, distribution: Distribution) -> u64 {
        match distribution {
            Distribution::Fixed(value) => value,
            Distribution::Uniform(low, high) => low + self.below(high.saturating_sub(low).saturating_add(1)),
            Distribution::Exponential(mean) => (-libm::log(self.open_unit()) * mean as f64).min(u64::MAX as f64) as u64,
            Distribution::Pareto { minimum, shape_thousandths } => {
                let exponent = -1000.0 / f64::from(shape_thousandths.max(1));
                (libm::pow(self.open_unit(), exponent) * minimum as f64).min(u64::MAX as f64) as u64
            }
        }
    }

    /// A number in (0, 1].
    fn open_unit(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

/// What a random whole number looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Always the same.
    Fixed(u64),
    /// Every number from the first to the second, both included.
    Uniform(u64, u64),
    /// Exponential with this mean: the gaps of a Poisson process.
    Exponential(u64),
    /// Pareto (type I): many small values, few huge ones, as with message sizes.
    Pareto {
        /// The smallest value.
        minimum: u64,
        /// The shape parameter alpha in thousandths; smaller means a heavier tail.
        shape_thousandths: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_pinned_and_independent() {
        let streams = Streams::new(1);
        let mut a = streams.stream("link:a>b/loss");
        let mut b = streams.stream("link:b>a/loss");
        let first: Vec<u64> = (0..3).map(|_| a.bits()).collect();
        assert_eq!(
            first,
            (0..3)
                .map({
                    let mut a = streams.stream("link:a>b/loss");
                    move |_| a.bits()
                })
                .collect::<Vec<_>>()
        );
        assert_ne!(first[0], b.bits());
        assert_ne!(first[0], Streams::new(2).stream("link:a>b/loss").bits());
        // Golden: if this moves, every seeded result in the field moves with it.
        assert_eq!(Streams::new(42).stream("golden").bits(), GOLDEN);
    }
    const GOLDEN: u64 = 13_219_497_134_826_386_224;

    #[test]
    fn distributions_have_their_means() {
        let mut stream = Streams::new(7).stream("test");
        let mean = |stream: &mut Stream, d| (0..20_000).map(|_| stream.draw(d)).sum::<u64>() / 20_000;
        assert_eq!(mean(&mut stream, Distribution::Fixed(5)), 5);
        let uniform = mean(&mut stream, Distribution::Uniform(0, 1000));
        assert!((490..=510).contains(&uniform), "{uniform}");
        let exponential = mean(&mut stream, Distribution::Exponential(1_000_000));
        assert!((970_000..=1_030_000).contains(&exponential), "{exponential}");
        // Mean of a Pareto with shape 3 and minimum 1000 is 1500.
        let pareto = mean(&mut stream, Distribution::Pareto { minimum: 1000, shape_thousandths: 3000 });
        assert!((1450..=1550).contains(&pareto), "{pareto}");
    }
}
