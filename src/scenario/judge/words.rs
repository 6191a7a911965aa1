//! Words that sentences about claims are made of.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Hit, Judge, Seen};
use crate::scenario::expect::Count;
use crate::sim::{Duration, Instant};
use crate::trace::{HostId, transcript};

/// Whether so many are as many as there should be.
pub(super) fn holds(count: Count, n: u64) -> bool {
    (count.min..=count.max).contains(&n)
}

/// `exactly 1 copy`, `at least 2 copies`.
pub(super) fn counted(count: Count, one: &str, many: &str) -> String {
    let unit = |n: u64| if n == 1 { one } else { many };
    match (count.min, count.max) {
        (a, b) if a == b => format!("exactly {a} {}", unit(a)),
        (a, u64::MAX) => format!("at least {a} {}", unit(a)),
        (0, b) => format!("at most {b} {}", unit(b)),
        (a, b) => format!("{a} to {b} {many}"),
    }
}

/// A time of the run.
pub(super) fn clock(at: Instant) -> String {
    at.since(Instant::ZERO).to_string()
}

/// ` "Hello"`, which stands behind a word for a mail, or nothing.
pub(super) fn about(subject: Option<&Arc<str>>) -> String {
    subject.map_or_else(String::new, |s| format!(" \"{s}\""))
}

/// ` of "Hello"`, or nothing.
pub(super) fn of(subject: Option<&Arc<str>>) -> String {
    subject.map_or_else(String::new, |s| format!(" of \"{s}\""))
}

/// The times of the first few hits.
fn times(judge: &Judge, seen: &Seen, with_words: bool) -> String {
    let one = |hit: &Hit| {
        let mut text = format!("at {} on {}", transcript::clock(hit.at), judge.name(hit.host));
        if let Some(age) = hit.age {
            let _ = write!(text, " ({} after it was {})", transcript::span(age), hit.since);
        }
        if with_words && !hit.words.is_empty() {
            let _ = write!(text, ": {}", hit.words);
        }
        text
    };
    let first: Vec<String> = seen.hits.iter().take(6).map(one).collect();
    let more = seen.count.saturating_sub(first.len() as u64);
    let tail = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{tail}", first.join("; "))
}

/// `laptop > mx.blue.example`.
pub(super) fn path(judge: &Judge, hosts: &[HostId]) -> String {
    hosts.iter().map(|h| judge.name(*h)).collect::<Vec<_>>().join(" > ")
}

/// `it was filed 2 times: at ...`.
pub(super) fn happened(judge: &Judge, seen: &Seen, what: &str, with_words: bool) -> String {
    let near = seen.near.as_ref().map_or_else(String::new, |near| format!("; but {near}"));
    match seen.count {
        // `it never bounced`, `it was never filed`.
        0 => match what.split_once(" was ").map(|(it, done)| (it, " was never ", done)) {
            Some((it, never, done)) => format!("{it}{never}{done}{near}"),
            None => format!("{}{near}", what.replacen(' ', " never ", 1)),
        },
        1 => format!("{what} once: {}", times(judge, seen, with_words)),
        n => format!("{what} {n} times: {}", times(judge, seen, with_words)),
    }
}

/// Whether all ages are in the limits.
pub(super) fn in_time(seen: &Seen, within: Option<Duration>, after: Option<Duration>) -> bool {
    seen.hits.iter().all(|hit| {
        let age = hit.age.unwrap_or(Duration::ZERO);
        within.is_none_or(|w| age <= w) && after.is_none_or(|a| age >= a)
    })
}

/// `, within 5 s of being composed`, or nothing.
pub(super) fn limits(within: Option<Duration>, after: Option<Duration>) -> String {
    let mut text = String::new();
    if let Some(within) = within {
        let _ = write!(text, ", within {within} of being composed");
    }
    if let Some(after) = after {
        let _ = write!(text, ", not sooner than {after} after being composed");
    }
    text
}

/// `1 mail waits`, `2 mails wait`.
pub(super) fn number(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
