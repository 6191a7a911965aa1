//! Short first: what has been told before is not told again, and a line says so in its place.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::super::clock::clock;
use super::super::{Line, Style, counted, number};
use super::choice::{Choice, more};
use super::item::{Item, Kind, Note};
use super::telling::Telling;
use crate::sim::Instant;
use crate::trace::{HostId, MailId};

/// So many lines are room enough for a story: with the tables around it, it can still be read from end to end.
const ROOM: usize = 170;
/// How many lines of one that does not fit in the end are its last.
const END: usize = 40;

/// How what becomes of mail is told, and what goes wrong.
const FATES: [&str; 3] = ["✉ delivered", "✗ bounced", "⚡"];

/// So many mails with the same words, or reports, are all told.
const FEW_MAILS: usize = 3;
const FEW_REPORTS: usize = 8;
/// At most so many of those that differ in what becomes of them.
const MOST_TOLD: usize = 3;
/// A dialogue that begins with so many lines of an earlier one does not repeat them.
const FEW_LINES: usize = 4;

/// How much is left out, from little to much; each measure is only taken where those before it do not make room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Measure {
    /// Mails of which many go the same way; attempts with one outcome but for the first two and the last; dialogues like
    /// an earlier one between the same hosts.
    Repetitions,
    /// Dialogues like an earlier one between any hosts.
    Dialogues,
    /// What a host remembers and has been told; empty lines; attempts with one outcome but for the first and the last.
    Details,
}

/// The items of one attempt, and what came of it.
#[derive(Default)]
struct Attempt {
    items: Vec<usize>,
    outcome: BTreeSet<String>,
}

/// A dialogue that was told: when, and its lines.
type Dialogue = (Instant, Vec<String>);

impl Telling {
    /// The story in as many lines as it needs or as there is room for.
    pub(super) fn short_lines(&mut self) -> Vec<Line> {
        let mut lines = self.lines();
        let mut left_out = None;
        let all = self.items.clone();
        for measure in [Measure::Repetitions, Measure::Dialogues, Measure::Details] {
            if lines.len() <= ROOM {
                break;
            }
            self.items = all.clone();
            self.is_tight = measure == Measure::Details;
            left_out = self.shorten(measure);
            lines = self.lines();
        }
        if lines.len() > ROOM + END {
            let is_blank = |line: &Line| line.pieces().is_empty();
            let from = (ROOM - END..ROOM).find(|n| is_blank(&lines[*n])).unwrap_or(ROOM - END);
            let end = lines.len() - END;
            let to = (end..lines.len()).find(|n| is_blank(&lines[*n])).unwrap_or(end);
            let words = format!("… {} are left out here …", counted((to - from) as u64, "line", "lines"));
            // One of each fate is told, or nobody would know that there was one.
            let tells = |line: &Line, fate: &str| line.text().contains(fate);
            let is_told = |fate: &str| lines[..from].iter().chain(&lines[to..]).any(|line| tells(line, fate));
            let missing = FATES.iter().filter(|fate| !is_told(fate));
            let missing: Vec<Line> =
                missing.filter_map(|fate| lines[from..to].iter().find(|line| tells(line, fate)).cloned()).collect();
            let gap = [Line::new(), Line::of(Style::Faint, words)];
            lines.splice(from..to, gap.into_iter().chain(missing));
            left_out.get_or_insert("…".into());
        }
        if let Some(words) = left_out {
            lines.extend([Line::new(), Line::of(Style::Faint, format!("{words} -v tells everything."))]);
        }
        lines
    }

    /// Leaves out what repeats itself. Returns words that say what was left out, if anything was.
    fn shorten(&mut self, measure: Measure) -> Option<String> {
        let mut choice = Choice { keeps: vec![true; self.items.end()], said: BTreeMap::new() };
        let mails = self.leave_out_mails(&mut choice);
        let looks = self.leave_out_looks(&mut choice);
        let attempts = self.leave_out_attempts(&mut choice, if measure == Measure::Details { 1 } else { 2 });
        self.leave_out_names(&mut choice);
        let mut items = Vec::with_capacity(self.items.end());
        for (place, (at, item)) in std::mem::take(&mut self.items).into_iter().enumerate() {
            for (host, line) in choice.said.remove(&place).unwrap_or_default() {
                items.push((at, Item::Line(Note { line, host, mail: None, kind: Kind::Other, waits: 0 })));
            }
            if choice.keeps[place] {
                items.push((at, item));
            }
        }
        self.items = items.into_iter().collect();
        let memories = self.gather_memories(measure);
        let dialogues = self.fold_dialogues(measure);
        let parts = [
            (mails, "mail", "mails"),
            (attempts, "attempt", "attempts"),
            (looks, "look", "looks"),
            (dialogues, "dialogue", "dialogues"),
            (memories, "remembered answer", "remembered answers"),
        ];
        let said: Vec<String> =
            parts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(n, one, many)).collect();
        (!said.is_empty())
            .then(|| format!("Left out or told in few words, for they are like others: {}.", said.join(", ")))
    }

    /// Of mails with the same author, recipients and subject, tells those that differ in what becomes of them.
    fn leave_out_mails(&self, choice: &mut Choice) -> u64 {
        let mut groups: BTreeMap<String, (bool, Vec<MailId>)> = BTreeMap::new();
        let mut ways: BTreeMap<MailId, BTreeSet<String>> = BTreeMap::new();
        for (_, item) in self.items.iter() {
            let (mail, steps) = match item {
                Item::Line(note) if note.kind == Kind::Composed => {
                    let Some(mail) = note.mail else { continue };
                    let words = note.line.text().replace(|c: char| c.is_ascii_digit(), "");
                    let is_report = words.contains(" writes a delivery report");
                    groups.entry(words).or_insert_with(|| (is_report, Vec::new())).1.push(mail);
                    continue;
                }
                Item::Line(note) if note.kind == Kind::Other => (note.mail, vec![self.own_words(note)]),
                Item::Line(_) => continue,
                Item::Hop(hop) => {
                    let results = hop.lines.iter().map(|(_, line)| line.text()).filter(|t| !is_talk(t));
                    (hop.mail, results.map(|t| shape(&t)).chain([hop.next_hop.to_string()]).collect())
                }
            };
            if let Some(mail) = mail {
                // What a policy says is said once for many.
                ways.entry(mail).or_default().extend(steps.into_iter().filter(|words| !words.starts_with('◆')));
            }
        }
        let mut left_out: BTreeMap<MailId, (Vec<MailId>, Vec<MailId>)> = BTreeMap::new();
        for (is_report, mails) in groups.into_values() {
            if mails.len() <= if is_report { FEW_REPORTS } else { FEW_MAILS } {
                continue;
            }
            let mut known: Vec<Option<&BTreeSet<String>>> = Vec::new();
            let is_told = |mail: &MailId| {
                let way = ways.get(mail);
                let told = known.len() < MOST_TOLD && !known.contains(&way);
                if told {
                    known.push(way);
                }
                told
            };
            let (told, others): (Vec<MailId>, Vec<MailId>) = mails.into_iter().partition(is_told);
            if let Some(first) = others.first() {
                left_out.insert(*first, (told, others));
            }
        }
        let mut count = 0;
        for (first, (told, others)) in left_out {
            count += others.len() as u64;
            let gone: BTreeSet<MailId> = others.iter().copied().collect();
            for (place, (_, item)) in self.items.iter().enumerate() {
                let (host, mail) = owner(item);
                let Some(mail) = mail.filter(|mail| gone.contains(mail)) else { continue };
                if mail == first && matches!(item, Item::Line(note) if note.kind == Kind::Composed) {
                    let words = format!("… {} like {}: {} …", more(others.len(), "mail"), mails(&told), mails(&others));
                    choice.say(place, host, Line::of(Style::Faint, words));
                }
                choice.keeps[place] = false;
            }
        }
        count
    }

    /// Of attempts for one mail that come to the same again and again, tells the `first` and the last.
    fn leave_out_attempts(&self, choice: &mut Choice, first: usize) -> u64 {
        let mut all: BTreeMap<(HostId, MailId), Vec<Attempt>> = BTreeMap::new();
        for (place, (_, item)) in self.items.iter().enumerate().filter(|(place, _)| choice.keeps[*place]) {
            let (host, Some(mail)) = owner(item) else { continue };
            let attempts = all.entry((host, mail)).or_default();
            let begins = match item {
                Item::Line(note) if matches!(note.kind, Kind::Composed | Kind::Names) => continue,
                Item::Line(note) => note.kind == Kind::Begins,
                Item::Hop(_) => false,
            };
            if begins || attempts.is_empty() {
                attempts.push(Attempt::default());
            }
            let Some(attempt) = attempts.last_mut() else { continue };
            attempt.items.push(place);
            match item {
                Item::Line(note) if note.kind == Kind::Other => {
                    attempt.outcome.insert(self.own_words(note));
                }
                Item::Line(_) => {}
                Item::Hop(hop) => {
                    attempt.outcome.insert(hop.next_hop.to_string());
                    attempt.outcome.extend(hop.lines.iter().map(|(_, line)| shape(&line.text())));
                }
            }
        }
        let mut count = 0;
        for ((host, mail), attempts) in all {
            let runs = attempts.chunk_by(|a, b| a.outcome == b.outcome);
            for same in runs.filter(|same| same.len() > first + 1) {
                let gone = &same[first..same.len() - 1];
                count += gone.len() as u64;
                let places = gone.iter().flat_map(|attempt| &attempt.items);
                places.clone().for_each(|place| choice.keeps[*place] = false);
                let (Some(begin), Some(end_of)) = (places.clone().min(), places.max()) else { continue };
                let outcome = gone[0].outcome.iter().find(|words| words.starts_with(['◌', '✗', '✓']));
                let which = if self.many_mails { format!(" with mail {}", number(mail.0)) } else { String::new() };
                let (last, end) = if gone.len() == 1 { ("", "") } else { ("the last ", ", each") };
                let ended = clock(self.items[*end_of].0);
                let words = format!(": {}{which}, {last}over at {ended}{end}: ", more(gone.len(), "attempt"));
                let line = Line::of(Style::Faint, "… ")
                    .with(Style::Host, self.name(host))
                    .with(Style::Faint, words)
                    .with(Style::Warning, outcome.map_or("the same", |words| words))
                    .with(Style::Faint, " …");
                choice.say(*begin, host, line);
            }
        }
        count
    }

    /// What a line about a host says behind the host's name, but for what differs from mail to mail.
    fn own_words(&self, note: &Note) -> String {
        let text = note.line.text();
        let own = format!("{}: ", self.name(note.host));
        shape(text.strip_prefix(&own).unwrap_or(&text))
    }

    /// Leaves out look-ups for what is left out, where the same was answered before.
    fn leave_out_names(&self, choice: &mut Choice) {
        let mut told: FxHashSet<(HostId, String)> = FxHashSet::default();
        let is_names = |place: usize| matches!(&self.items[place].1, Item::Line(note) if note.kind == Kind::Names);
        let mut place = 0;
        while place < self.items.end() {
            let end = (place..self.items.end()).find(|p| !is_names(*p)).unwrap_or(self.items.end());
            let gone = (place > 0 && !choice.keeps[place - 1]) || choice.keeps.get(end) == Some(&false);
            for here in place..end {
                if let Item::Line(note) = &self.items[here].1 {
                    let is_new = told.insert((note.host, answer(&note.line.text())));
                    choice.keeps[here] &= is_new || !gone;
                }
            }
            place = end + 1;
        }
    }

    /// What a host remembers, and what has been told when it was answered, becomes one line, or none.
    fn gather_memories(&mut self, measure: Measure) -> u64 {
        let mut count = 0;
        let mut told: FxHashSet<(HostId, String)> = FxHashSet::default();
        let mut items: Vec<(Instant, Item)> = Vec::with_capacity(self.items.end());
        let mut open: Option<HostId> = None;
        for (at, item) in std::mem::take(&mut self.items) {
            let mut memory = None;
            if let Item::Line(note) = &item
                && note.kind == Kind::Names
            {
                let text = note.line.text();
                let is_old = !told.insert((note.host, answer(&text)));
                if is_old && text.contains(" remembers ") {
                    memory = Some((note.host, question(&text).to_owned()));
                }
            }
            match (memory, items.last_mut()) {
                (Some(_), _) if measure == Measure::Details => count += 1,
                (Some((host, question)), Some((then, Item::Line(last)))) if open == Some(host) && *then == at => {
                    last.line.push(Style::Faint, ", ");
                    last.line.push(Style::Client, question);
                }
                (Some((host, question)), _) => {
                    let line = Line::of(Style::Host, self.name(host)).and(" remembers ").with(Style::Client, question);
                    items.push((at, Item::Line(Note { line, host, mail: None, kind: Kind::Names, waits: 0 })));
                    open = Some(host);
                }
                (None, _) => {
                    items.push((at, item));
                    open = None;
                }
            }
        }
        self.items = items.into_iter().collect();
        count
    }

    /// A dialogue that begins like an earlier one is told from where it differs.
    fn fold_dialogues(&mut self, measure: Measure) -> u64 {
        let names: Vec<&str> = self.roster.hosts.iter().map(|host| &*host.name).collect();
        let name = |host: HostId| names.get(host.0 as usize).copied().unwrap_or("?");
        let mut known: BTreeMap<(HostId, String), Vec<Dialogue>> = BTreeMap::new();
        let mut count = 0;
        for (at, item) in self.items.iter_mut() {
            let Item::Hop(hop) = item else { continue };
            let server = hop.next_hop.name.clone();
            let role = |text: &str| {
                let text = text.replace(name(hop.client), "client").replace(&*server, "server");
                // A user agent has no name to give but its address.
                if text.starts_with("C: EHLO [") { "C: EHLO client".to_owned() } else { shape(&text) }
            };
            // Where TLS comes in is part of how a dialogue goes; what it came to is told each time.
            let said = |text: String| match text.starts_with(SEAL) {
                true => Some(SEAL.to_owned()),
                false => is_talk(&text).then(|| role(&text)),
            };
            let talk: Vec<String> = hop.lines.iter().filter_map(|(_, line)| said(line.text())).collect();
            let pair = match measure {
                Measure::Repetitions => (hop.client, hop.next_hop.to_string()),
                _ => (HostId(0), String::new()),
            };
            let earlier = known.entry(pair).or_default();
            let alike = |other: &[String]| other.iter().zip(&talk).take_while(|(a, b)| a == b).count();
            // The first of those that are most alike.
            let best = earlier.iter().rev().map(|(then, other)| (alike(other), *then)).max_by_key(|(n, _)| *n);
            let best = best.filter(|(n, _)| *n > FEW_LINES);
            if best.is_none_or(|(n, _)| n < talk.len()) {
                earlier.push((*at, talk.clone()));
            }
            let Some((same, then)) = best else { continue };
            count += 1;
            let whole = same == talk.len();
            let seals = talk[..same].iter().filter(|text| *text == SEAL).count();
            let lines = counted((same - seals) as u64, "line", "lines");
            if whole {
                let also = if hop.remark.is_empty() { String::new() } else { format!("{}, ", hop.remark) };
                hop.remark = format!("{also}{lines} like those at {}", clock(then)).into();
            }
            let words = format!("… the first {lines} like those at {} …", clock(then));
            let mut gone = 0;
            let mut kept = Vec::with_capacity(hop.lines.len());
            for (when, line) in std::mem::take(&mut hop.lines) {
                let text = line.text();
                let is_seal = text.starts_with(SEAL);
                if gone < same && (is_seal || is_talk(&text)) {
                    if gone == 0 && !whole {
                        kept.push((when, Line::of(Style::Faint, &words)));
                    }
                    gone += 1;
                    if !is_seal {
                        continue;
                    }
                }
                kept.push((when, line));
            }
            hop.lines = kept;
        }
        count
    }
}

/// Whose item it is, and of which mail.
fn owner(item: &Item) -> (HostId, Option<MailId>) {
    match item {
        Item::Line(note) => (note.host, note.mail),
        Item::Hop(hop) => (hop.client, hop.mail),
    }
}

/// How a line about TLS begins.
const SEAL: &str = "🔒";

/// Whether a line of a hop is part of what the two hosts say to each other.
fn is_talk(text: &str) -> bool {
    ["C: ", "S: ", "connected", "closed"].iter().any(|begin| text.starts_with(begin))
}

/// Words without what differs from mail to mail: addresses in commands, sizes, queue ids and the numbers of reports.
fn shape(text: &str) -> String {
    let cuts = ["C: MAIL FROM:<", "C: RCPT TO:<", " … content, ", "queued as ", "takes responsibility as ", "; mail "];
    let end = cuts.iter().filter_map(|cut| text.find(cut).map(|at| at + cut.len())).min();
    text[..end.unwrap_or(text.len())].to_owned()
}

/// What a line about names asks and what it is answered, without how long that took.
fn answer(text: &str) -> String {
    let said = text.split_once(" remembers ").or_else(|| text.split_once(": ")).map_or(text, |(_, said)| said);
    said.split("  ").next().unwrap_or(said).to_owned()
}

/// What a line about names asks.
fn question(text: &str) -> &str {
    let said = text.split_once(" remembers ").map_or(text, |(_, said)| said);
    said.split(" → ").next().unwrap_or(said)
}

/// `mail 3`, `mails 3, 5–21`.
fn mails(ids: &[MailId]) -> String {
    let runs = ids.chunk_by(|a, b| a.0 + 1 == b.0).map(|run| match run {
        [one] => number(one.0),
        [first, .., last] => format!("{}–{}", number(first.0), number(last.0)),
        [] => String::new(),
    });
    format!("mail{} {}", if ids.len() == 1 { "" } else { "s" }, runs.collect::<Vec<_>>().join(", "))
}
