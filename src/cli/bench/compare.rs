//! A result beside an earlier one.

use super::report::{Change, Compared, Measured, Report};

/// A difference of less than this share is taken for chance. It is a guess for a quiet machine: on two cores that
/// compilers wanted too, the same program differed from itself by up to a half.
pub(super) const NOISE: f64 = 0.10;

/// Writes into every workload of `now` how it was `before`.
pub(super) fn compare(now: &mut Report, before: &Report) {
    let seed_is_the_same = now.settings.seed == before.settings.seed;
    for result in &mut now.results {
        let then = before.results.iter().find(|r| r.workload == result.workload);
        result.compared = Some(match then {
            None => Compared { verdict: Change::New, before_hops_per_s: None, ratio: None },
            Some(then) if !seed_is_the_same || work(then) != work(result) => {
                Compared { verdict: Change::OtherWork, before_hops_per_s: Some(then.hops_per_s), ratio: None }
            }
            Some(then) => judge(then.hops_per_s, result.hops_per_s),
        });
    }
}

/// What makes two runs comparable. Events and packets may differ: they are what a faster simulator saves.
fn work(result: &Measured) -> (u64, u64, u64, u32) {
    (result.messages, result.hops, result.size_bytes, result.sites)
}

fn judge(then: u64, now: u64) -> Compared {
    // Three decimals say enough.
    let ratio = (now as f64 / then.max(1) as f64 * 1000.0).round() / 1000.0;
    let verdict = match ratio {
        r if r >= 1.0 + NOISE => Change::Faster,
        r if r <= 1.0 - NOISE => Change::Slower,
        _ => Change::Same,
    };
    Compared { verdict, before_hops_per_s: Some(then), ratio: Some(ratio) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_differences_are_chance() {
        for (then, now, text) in [
            (1000, 1000, "1.00x same"),
            (1000, 1099, "1.10x same"),
            (1000, 1100, "1.10x faster"),
            (1000, 901, "0.90x same"),
            (1000, 900, "0.90x slower"),
            (1000, 500, "0.50x slower"),
            (0, 2, "2.00x faster"),
        ] {
            assert_eq!(judge(then, now).text(), text, "{then} {now}");
        }
    }
}
