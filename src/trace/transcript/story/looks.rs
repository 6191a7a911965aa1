//! Looks into mailboxes that find nothing: of many, the first is told.

use std::collections::{BTreeMap, BTreeSet};

use super::super::clock::clock;
use super::super::{Line, Style};
use super::choice::{Choice, more};
use super::item::{Hop, Item, Kind, Look};
use super::telling::Telling;
use crate::sim::Instant;
use crate::trace::{Dialect, HostId};

/// Looks of one machine, one after the other, that all come to the same.
struct Run {
    words: String,
    /// The place of the first that is left out.
    first: usize,
    count: usize,
    last: Instant,
}

/// What an item is to its machine.
enum Step {
    /// A look that came to nothing: in words.
    Nothing(String),
    /// What goes before a look: names, and a connection that did not come about.
    Before,
    /// Something else.
    Other,
}

impl Telling {
    /// Of looks that find nothing, or fail for the same reason again and again, tells the first. Returns how many are left out.
    pub(super) fn leave_out_looks(&self, choice: &mut Choice) -> u64 {
        let mut told: BTreeSet<(HostId, String)> = BTreeSet::new();
        let mut runs: BTreeMap<HostId, Run> = BTreeMap::new();
        // What goes before the look that comes next.
        let mut before: BTreeMap<HostId, Vec<usize>> = BTreeMap::new();
        let mut count = 0;
        for (place, (at, item)) in self.items.iter().enumerate() {
            let (host, step) = step(item);
            match step {
                Step::Before => before.entry(host).or_default().push(place),
                Step::Other => {
                    before.remove(&host);
                    self.tell_run(runs.remove(&host), host, choice);
                }
                Step::Nothing(words) => {
                    let places = before.remove(&host).unwrap_or_default();
                    if told.insert((host, words.clone())) {
                        self.tell_run(runs.remove(&host), host, choice);
                        continue;
                    }
                    if runs.get(&host).is_some_and(|run| run.words != words) {
                        self.tell_run(runs.remove(&host), host, choice);
                    }
                    let first = places.first().copied().unwrap_or(place);
                    let run = runs.entry(host).or_insert(Run { words, first, count: 0, last: *at });
                    (run.count, run.last) = (run.count + 1, *at);
                    places.into_iter().chain([place]).for_each(|place| choice.keeps[place] = false);
                    count += 1;
                }
            }
        }
        for (host, run) in runs {
            self.tell_run(Some(run), host, choice);
        }
        count
    }

    fn tell_run(&self, run: Option<Run>, host: HostId, choice: &mut Choice) {
        let Some(Run { words, first, count, last }) = run else { return };
        let times = if count == 1 { "1 more time".to_owned() } else { more(count, "time") };
        let until = if count == 1 { String::new() } else { format!(", the last at {}", clock(last)) };
        let line = Line::of(Style::Faint, "… ")
            .with(Style::Host, self.name(host))
            .with(Style::Faint, format!(" {words} ({times}{until}) …"));
        choice.say(first, host, line);
    }
}

fn step(item: &Item) -> (HostId, Step) {
    match item {
        Item::Line(note) => {
            let step = match note.kind {
                Kind::NoLook => Step::Nothing(words_behind_host(&note.line.text())),
                Kind::Names if note.mail.is_none() => Step::Before,
                _ => Step::Other,
            };
            (note.host, step)
        }
        Item::Hop(hop) if !hop.dialect.reads_mailboxes() => (hop.client, Step::Other),
        Item::Hop(hop) => {
            let step = match &hop.look {
                Look::Nothing(words) if hop.is_closed => Step::Nothing(words.clone()),
                Look::Open if !hop.is_open => Step::Before,
                Look::Open if is_idle(hop) => Step::Nothing("is told nothing new, and goes on waiting".into()),
                _ => Step::Other,
            };
            (hop.client, step)
        }
    }
}

/// What a line says behind the name of its host and a sign.
fn words_behind_host(text: &str) -> String {
    let said = text.split_once(": ").map_or(text, |(_, said)| said);
    said.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// Whether nothing is said but that a client goes on waiting for news (RFC 2177 §3: every 29 minutes, or the server takes it for gone).
fn is_idle(hop: &Hop) -> bool {
    let is_wait = |text: &str| match text.split_once(": ") {
        Some(("C", line)) => line == "DONE" || line.ends_with(" IDLE") || line.ends_with(" NOOP"),
        Some(("S", line)) => line.starts_with('+') || !line.starts_with('*') && line.contains(" OK "),
        _ => false,
    };
    hop.dialect == Dialect::Imap && hop.is_open && hop.lines.iter().all(|(_, line)| is_wait(&line.text()))
}

#[cfg(test)]
#[path = "looks_tests.rs"]
mod tests;
