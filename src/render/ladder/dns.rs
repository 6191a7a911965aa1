//! How much of the DNS a ladder shows: every look-up where there are a few; where there are many, those that tell
//! something new.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::HostId;

use super::Dns;
use super::model::{Arrow, ArrowKind, Note};

/// So many look-ups are all shown.
const FEW: usize = 8;
/// Never more than so many.
const MOST: usize = 16;

/// Beside more hosts that handle mail than this, name servers make a ladder too wide.
const HOSTS: usize = 3;

/// Takes look-ups out that are too many, or all. Says how many it has taken.
pub(super) fn fold(arrows: &mut Vec<Arrow>, notes: &mut Vec<Note>, show: Dns) -> usize {
    let asked: Vec<&Arrow> = arrows.iter().filter(|a| a.kind == ArrowKind::Question).collect();
    let remembered = notes.iter().filter(|n| n.remembers).count();
    let all = asked.len() + remembered;
    let shown = match show {
        Dns::Always => true,
        Dns::Never => false,
        Dns::WhereItFits => {
            let others = arrows.iter().filter(|a| a.exchange.is_none()).flat_map(|a| [a.from, a.to]);
            let notes = notes.iter().filter(|n| !n.fault && !n.remembers).map(|n| n.host);
            others.chain(notes).collect::<BTreeSet<HostId>>().len() <= HOSTS
        }
    };
    if shown && all <= FEW {
        return 0;
    }
    let mut answers: BTreeMap<usize, &str> = BTreeMap::new();
    for arrow in arrows.iter().filter(|a| a.kind == ArrowKind::Answer) {
        if let Some(exchange) = arrow.exchange {
            answers.insert(exchange, &arrow.words);
        }
    }
    // The same question with the same answer teaches nothing the second time.
    let mut told: BTreeSet<(HostId, HostId, &str, &str)> = BTreeSet::new();
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    for arrow in asked {
        let Some(exchange) = arrow.exchange else { continue };
        let answer = answers.get(&exchange).copied().unwrap_or_default();
        if shown && kept.len() < MOST && told.insert((arrow.from, arrow.to, &arrow.words, answer)) {
            kept.insert(exchange);
        }
    }
    arrows.retain(|a| a.exchange.is_none_or(|exchange| kept.contains(&exchange)));
    notes.retain(|n| !n.remembers);
    all - kept.len()
}
