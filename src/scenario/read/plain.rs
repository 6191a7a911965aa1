//! Readers of plain values, as a [`shape!`](crate::scenario::schema) names them: what a field takes, in a word.

use super::Reader;
use crate::scenario::tree::Node;
use crate::sim::Duration;

/// A whole number from `least` to `most`, which fits.
pub(crate) fn whole<T: TryFrom<u64>>(least: u64, most: u64) -> impl Fn(&mut Reader, &Node) -> Option<T> {
    move |r, node| r.number(node, least, most).and_then(|n| T::try_from(n).ok())
}

/// `true` or `false`.
pub(crate) fn flag(r: &mut Reader, node: &Node) -> Option<bool> {
    r.bool(node)
}

/// A duration from `least` to `most`.
pub(crate) fn length(least: Duration, most: Duration) -> impl Fn(&mut Reader, &Node) -> Option<Duration> {
    move |r, node| r.duration_in(node, least, most)
}

/// A size in bytes from `least` to `most`.
pub(crate) fn bytes(least: u64, most: u64) -> impl Fn(&mut Reader, &Node) -> Option<u64> {
    move |r, node| r.size(node, least, most)
}

/// One of some words; `what` is what it is called in messages.
pub(crate) fn word<T: Copy>(what: &str, choices: &[(&str, T)]) -> impl Fn(&mut Reader, &Node) -> Option<T> {
    move |r, node| r.choice(node, what, choices)
}

/// What may be absent, and is written.
pub(crate) fn some<T>(
    read: impl Fn(&mut Reader, &Node) -> Option<T>,
) -> impl Fn(&mut Reader, &Node) -> Option<Option<T>> {
    move |r, node| read(r, node).map(Some)
}
