//! To which side of a lifeline a link leads.

use std::collections::BTreeSet;

use crate::trace::{HostId, Roster};

use super::model::{Bar, Side};

/// The side of the nearest lifelines behind a link, as the network goes from its far end without coming back. None where there
/// are none, or as near ones on both sides.
pub(super) fn side(roster: &Roster, bar: &Bar, column: impl Fn(HostId) -> Option<usize>) -> Option<Side> {
    let (own, other) = (column(bar.host)?, bar.link_to?);
    let mut known = BTreeSet::from([bar.host, other]);
    let mut ring = BTreeSet::from([other]);
    while !ring.is_empty() {
        let found: BTreeSet<Side> = (ring.iter())
            .filter_map(|host| column(*host))
            .map(|column| if column < own { Side::Left } else { Side::Right })
            .collect();
        if !found.is_empty() {
            return found.first().filter(|_| found.len() == 1).copied();
        }
        let ends = roster.links.iter().flat_map(|link| [(link.a, link.b), (link.b, link.a)]);
        ring = ends.filter(|(near, far)| ring.contains(near) && known.insert(*far)).map(|(_, far)| far).collect();
    }
    None
}
