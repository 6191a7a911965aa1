//! Which hosts get a lifeline, and in which order.

use crate::trace::{HostId, Roster};

use super::super::icons::Role;
use super::super::text_width::clean;
use super::model::{Arrow, Column, Moment, Note};

/// When hosts first take part, by their place in the roster.
pub(super) type Firsts = Vec<Option<Moment>>;

/// When each host first takes part in this.
pub(super) fn firsts<'a>(roster: &Roster, arrows: impl Iterator<Item = &'a Arrow>, notes: &[Note]) -> Firsts {
    let mut first: Firsts = vec![None; roster.hosts.len()];
    let mut seen = |host: HostId, at: Moment| {
        if let Some(known) = first.get_mut(host.0 as usize) {
            *known = Some(known.map_or(at, |k| k.min(at)));
        }
    };
    for arrow in arrows {
        // The receiver takes part an instant later than the sender.
        seen(arrow.from, (arrow.sent.0, arrow.sent.1 * 2));
        seen(arrow.to, (arrow.sent.0, arrow.sent.1 * 2 + 1));
    }
    for note in notes.iter().filter(|n| !n.fault) {
        seen(note.host, (note.at.0, note.at.1 * 2));
    }
    for note in notes.iter().filter(|n| n.fault) {
        // A fault before everything else must not put its host in front of the author.
        seen(note.host, (crate::sim::Instant::MAX, note.at.1 * 2));
    }
    first
}

/// Hosts in the order in which they first take part, name servers behind all others: so mail travels left to right
/// between neighbours, and questions go out to the side. Of a section, the order is that of the `whole`, so that a host stands
/// where it stands in the picture of all.
pub(super) fn columns(roster: &Roster, arrows: &[Arrow], notes: &[Note], whole: &Firsts) -> Vec<Column> {
    let first = firsts(roster, arrows.iter(), notes);
    let mut order: Vec<(bool, Moment, HostId)> = Vec::new();
    for (place, host) in roster.hosts.iter().enumerate() {
        if let Some(at) = first[place].map(|at| whole[place].unwrap_or(at)) {
            order.push((Role::of(&host.role) == Role::NameServer, at, HostId(place as u32)));
        }
    }
    order.sort_unstable();
    order.into_iter().map(|(_, _, host)| column(roster, host)).collect()
}

fn column(roster: &Roster, host: HostId) -> Column {
    let entry = &roster.hosts[host.0 as usize];
    Column {
        host,
        name: clean(&entry.name),
        role: Role::of(&entry.role),
        address: entry.addresses.first().map(|a| clean(a)).unwrap_or_default(),
        implied: entry.implied,
    }
}
