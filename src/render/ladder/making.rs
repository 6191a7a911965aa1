//! From records to what a ladder shows: which of them, how many, and under which heads.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::Instant;
use crate::trace::{ConnId, HostId, Query, Record, Roster};

use super::super::text_width::{clean, thousands};
use super::super::time_axis::TimeAxis;
use super::model::{Arrow, Model, Moment, Note};
use super::options::Options;
use super::{columns, dns, notes, pairing, sides};

/// The ladder of these records, without places.
pub(super) fn model(roster: &Roster, records: &[Record], options: &Options) -> Model {
    let query = Query::story(options.mail, records);
    let (mut arrows, changed) = pairing::arrows(roster, records, &query, options.packets);
    let (mut notes, mut bars) = notes::notes(roster, records, &query);
    notes.extend(changed);
    notes.sort_by_key(|note| note.at);
    let whole = columns::firsts(roster, arrows.iter().filter(|a| a.in_scope), &notes);
    let inside = |at: Instant| options.from.is_none_or(|from| at >= from) && options.to.is_none_or(|to| at <= to);
    arrows.retain(|a| a.in_scope && (inside(a.sent.0) || inside(a.end().0)));
    notes.retain(|n| inside(n.at.0));
    let among = |host: HostId| options.hosts.is_empty() || options.hosts.contains(&host);
    arrows.retain(|a| among(a.from) && among(a.to));
    notes.retain(|n| among(n.host));
    let folded = dns::fold(&mut arrows, &mut notes, options.dns);
    if options.mail.is_some() {
        keep_faults_of_the_story(&arrows, &mut notes);
    }
    keep_ends_that_take_part(&arrows, &mut notes);
    let more = limit(&mut arrows, &mut notes, options.max_rows.max(1));
    let bundles = bundles(&arrows);
    let columns = columns::columns(roster, &arrows, &notes, &whole);
    let shown = |host: HostId| columns.iter().position(|column| column.host == host);
    bars.retain(|bar| shown(bar.host).is_some());
    for bar in &mut bars {
        bar.side = sides::side(roster, bar, shown);
    }

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
    if !options.hosts.is_empty() {
        subtitle.push_str(&format!("{} of {} hosts · ", options.hosts.len(), roster.hosts.len()));
    }
    if folded > 0 {
        let look_ups = if folded == 1 { "look-up" } else { "look-ups" };
        subtitle.push_str(&format!("{} DNS {look_ups} not shown · ", thousands(folded as u64)));
    }
    subtitle.push_str(&format!("0 s is {begins} UTC · seed {}", roster.seed));
    Model { title: clean(&roster.title), subtitle, columns, arrows, bundles, notes, bars, more, axis }
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
