//! What a ladder shows, before anything has a place: columns, arrows, notes and bars.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::Instant;
use crate::trace::{ConnId, HostId, Record, Roster};

use super::super::icons::Role;
use super::super::scope::Scope;
use super::super::text_width::{clean, thousands};
use super::super::time_axis::TimeAxis;
use super::{Options, columns, dns, notes, pairing};

/// A moment: its time, and its place among the moments of the same time.
pub(super) type Moment = (Instant, usize);

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ArrowKind {
    Command,
    Reply,
    Refusal,
    Content,
    Question,
    Answer,
    /// Connection set-up.
    Connect,
    /// A connection that is not accepted.
    Refused,
    Packet,
}

/// Something that one host tells another.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub(super) from: HostId,
    pub(super) to: HostId,
    pub(super) sent: Moment,
    /// Arrival; none where it never arrived.
    pub(super) received: Option<Moment>,
    pub(super) kind: ArrowKind,
    pub(super) words: String,
    /// Whether any of its records belongs to the scope.
    pub(super) in_scope: bool,
    /// Of what is said on a connection.
    pub(super) conn: Option<ConnId>,
    /// Of a DNS question and its answer: what the two have in common.
    pub(super) exchange: Option<usize>,
}

impl Arrow {
    /// When it came to an end.
    pub(super) fn end(&self) -> Moment {
        self.received.map_or(self.sent, |received| received.max(self.sent))
    }
}

/// What a note tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NoteKind {
    Good,
    Wait,
    Bad,
    Plain,
}

/// Something that happens at one host.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) host: HostId,
    pub(super) at: Moment,
    pub(super) kind: NoteKind,
    pub(super) words: String,
    /// What it took to get there.
    pub(super) took: Option<String>,
    /// Faults are shown only where their host takes part.
    pub(super) fault: bool,
    /// Of a fault of a link: its other end.
    pub(super) link_to: Option<HostId>,
    /// Whether it only says what a cache knew.
    pub(super) remembers: bool,
}

impl Note {
    /// Everything in one line.
    pub(super) fn said(&self) -> String {
        match &self.took {
            Some(took) => format!("{}, {took}", self.words),
            None => self.words.clone(),
        }
    }
}

/// A stretch of time in which something is out of order at a host, or on its link to another.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) host: HostId,
    /// The other end, where it is the link.
    pub(super) link_to: Option<HostId>,
    pub(super) from: Moment,
    pub(super) to: Option<Moment>,
}

/// The head of a lifeline.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) host: HostId,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) address: String,
    pub(super) implied: bool,
}

/// A ladder without places.
pub(super) struct Model {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) columns: Vec<Column>,
    pub(super) arrows: Vec<Arrow>,
    /// What travels together, by the index of the arrow: lines of one side that leave and arrive in the same instant.
    pub(super) bundles: Vec<Vec<usize>>,
    pub(super) notes: Vec<Note>,
    pub(super) bars: Vec<Bar>,
    /// How many arrows and notes are left out at the end.
    pub(super) more: usize,
    pub(super) axis: TimeAxis,
}

impl Model {
    pub(super) fn new(roster: &Roster, records: &[Record], options: &Options) -> Model {
        let scope = Scope::new(options.mail, records);
        let mut arrows = pairing::arrows(roster, records, &scope, options.packets);
        let (mut notes, mut bars) = notes::notes(roster, records, &scope);
        let inside = |at: Instant| options.from.is_none_or(|from| at >= from) && options.to.is_none_or(|to| at <= to);
        arrows.retain(|a| a.in_scope && (inside(a.sent.0) || inside(a.end().0)));
        notes.retain(|n| inside(n.at.0));
        let folded = dns::fold(&mut arrows, &mut notes, options.dns);
        if options.mail.is_some() {
            keep_faults_of_the_story(&arrows, &mut notes);
        }
        keep_ends_that_take_part(&arrows, &mut notes);
        let more = limit(&mut arrows, &mut notes, options.max_rows.max(1));
        let bundles = bundles(&arrows);
        let columns = columns::columns(roster, &arrows, &notes);
        let shown = |host: HostId| columns.iter().any(|column| column.host == host);
        bars.retain(|bar| shown(bar.host));

        let mut instants: Vec<Instant> = arrows.iter().flat_map(|a| [a.sent.0, a.end().0]).collect();
        instants.extend(notes.iter().map(|n| n.at.0));
        instants.sort_unstable();
        let axis = TimeAxis::new(&instants, roster.start_unix_secs);
        if let (Some(first), Some(last)) = (instants.first(), instants.last()) {
            bars.retain(|bar| bar.from.0 <= *last && bar.to.is_none_or(|to| to.0 >= *first));
        }
        let begins = axis.civil(Instant::ZERO);
        let mut subtitle = String::new();
        if let Some(mail) = options.mail {
            subtitle.push_str(&format!("mail {} only · ", mail.0));
        }
        if folded > 0 {
            let look_ups = if folded == 1 { "look-up" } else { "look-ups" };
            subtitle.push_str(&format!("{} DNS {look_ups} not shown · ", thousands(folded as u64)));
        }
        subtitle.push_str(&format!("0 s is {begins} UTC · seed {}", roster.seed));
        Model { title: clean(&roster.title), subtitle, columns, arrows, bundles, notes, bars, more, axis }
    }

    /// The column of a host.
    pub(super) fn column(&self, host: HostId) -> Option<usize> {
        self.columns.iter().position(|column| column.host == host)
    }
}

/// More lines than this do not go into one bundle.
const MOST_TOGETHER: usize = 12;

/// Arrows in bundles, in the order of their first ones.
fn bundles(arrows: &[Arrow]) -> Vec<Vec<usize>> {
    let mut bundles: Vec<Vec<usize>> = Vec::new();
    let mut open: BTreeMap<(HostId, HostId, ConnId, Instant, Instant), usize> = BTreeMap::new();
    for (place, arrow) in arrows.iter().enumerate() {
        let key = match (arrow.conn, arrow.received) {
            (Some(conn), Some(received)) => Some((arrow.from, arrow.to, conn, arrow.sent.0, received.0)),
            _ => None,
        };
        let known = key.and_then(|key| open.get(&key)).copied().filter(|b| bundles[*b].len() < MOST_TOGETHER);
        match known {
            Some(bundle) => bundles[bundle].push(place),
            None => {
                if let Some(key) = key {
                    open.insert(key, bundles.len());
                }
                bundles.push(vec![place]);
            }
        }
    }
    bundles
}

/// Of the faults, a mail's story needs those that happen while it lasts, at hosts that take part.
fn keep_faults_of_the_story(arrows: &[Arrow], notes: &mut Vec<Note>) {
    let own = || notes.iter().filter(|n| !n.fault);
    let times = || arrows.iter().flat_map(|a| [a.sent.0, a.end().0]).chain(own().map(|n| n.at.0));
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return };
    let hosts = taking_part(arrows, notes);
    notes.retain(|n| !n.fault || ((first..=last).contains(&n.at.0) && hosts.contains(&n.host)));
}

/// Of the two ends of a link, those that take part, or the first where neither does.
fn keep_ends_that_take_part(arrows: &[Arrow], notes: &mut Vec<Note>) {
    let hosts = taking_part(arrows, notes);
    let mut told: Option<Moment> = None;
    notes.retain(|note| {
        let Some(other) = note.link_to else { return true };
        let keeps = hosts.contains(&note.host) || !hosts.contains(&other) && told != Some(note.at);
        told = Some(note.at);
        keeps
    });
}

/// The hosts that say, hear or do something.
fn taking_part(arrows: &[Arrow], notes: &[Note]) -> BTreeSet<HostId> {
    let own = notes.iter().filter(|n| !n.fault).map(|n| n.host);
    arrows.iter().flat_map(|a| [a.from, a.to]).chain(own).collect()
}

/// Keeps the first `most` arrows and notes and says how many are gone.
fn limit(arrows: &mut Vec<Arrow>, notes: &mut Vec<Note>, most: usize) -> usize {
    let all = arrows.len() + notes.len();
    if all <= most {
        return 0;
    }
    let mut moments: Vec<Moment> = arrows.iter().map(|a| a.sent).chain(notes.iter().map(|n| n.at)).collect();
    moments.sort_unstable();
    let end = moments[most];
    arrows.retain(|a| a.sent < end);
    notes.retain(|n| n.at < end);
    all - arrows.len() - notes.len()
}
