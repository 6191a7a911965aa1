//! Distributions.

use super::Reader;
use crate::scenario::limits::LONGEST_RUN;
use crate::scenario::tree::{Kind, Node, Word};
use crate::sim::{Distribution, Duration};

impl Reader {
    /// Time between events: a duration, or `Fixed(..)`, `Uniform(..)`, `Exponential(..)`.
    pub(crate) fn gaps(&mut self, node: &Node) -> Option<Distribution> {
        let longest = LONGEST_RUN;
        let one = |r: &mut Reader, n: &Node| r.duration_in(n, Duration::ZERO, longest).map(Duration::as_nanos);
        let spread = match &node.kind {
            Kind::Tuple(Some(word), items) => match (word.text.as_str(), items.as_slice()) {
                ("Fixed", [a]) => Distribution::Fixed(one(self, a)?),
                ("Exponential", [a]) => Distribution::Exponential(one(self, a)?),
                ("Uniform", [a, b]) => {
                    let (a, b) = (one(self, a), one(self, b));
                    self.uniform(node, a, b)?
                }
                _ => return self.unknown_spread(word, "Fixed(a), Uniform(a, b), Exponential(mean)"),
            },
            Kind::Text(_) | Kind::Number(_) => Distribution::Fixed(one(self, node)?),
            _ => return self.wrong_type(node, "a duration, Fixed(..), Uniform(..) or Exponential(..)"),
        };
        Some(spread)
    }

    pub(crate) fn uniform(&mut self, node: &Node, low: Option<u64>, high: Option<u64>) -> Option<Distribution> {
        let (low, high) = (low?, high?);
        if low > high {
            return self.bad_value(
                &node.span,
                "the first value is larger than the second",
                "expected Uniform(least, most)",
            );
        }
        Some(Distribution::Uniform(low, high))
    }

    pub(crate) fn unknown_spread<T>(&mut self, word: &Word, known: &str) -> Option<T> {
        let d = self.at(&word.span, "unknown-word", format!("`{}` is not a distribution written like this", word.text));
        let d = d.label(format!("expected {known}"));
        let d = d.did_you_mean(
            &word.text,
            ["Fixed", "Uniform", "Exponential", "Pareto"].into_iter().filter(|n| *n != word.text),
        );
        self.push(d);
        None
    }
}
