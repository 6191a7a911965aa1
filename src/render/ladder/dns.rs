//! How much of the DNS a ladder shows: every look-up where there are a few; where there are many, those that tell
//! something new; and where name servers would make it too wide, a note for what was asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::HostId;

use super::model::{Arrow, ArrowKind, Note, NoteKind};
use super::options::Dns;

/// So many look-ups are all shown.
const FEW: usize = 8;
/// Never more than so many.
const MOST: usize = 16;

/// Beside more hosts that handle mail than this, name servers make a ladder too wide.
const HOSTS: usize = 3;

/// Takes look-ups out that are too many, or all. Says how many it has taken. Where name servers have no room, what hosts
/// asked is folded into a note at the one that asked.
pub(super) fn fold(arrows: &mut Vec<Arrow>, notes: &mut Vec<Note>, show: Dns) -> usize {
    let others = arrows.iter().filter(|a| a.exchange.is_none()).flat_map(|a| [a.from, a.to]);
    let others = others.chain(notes.iter().filter(|n| !n.fault && !n.remembers).map(|n| n.host));
    let handling: BTreeSet<HostId> = others.collect();
    let folded = show == Dns::WhereItFits && handling.len() > HOSTS;
    let asked: Vec<&Arrow> = arrows
        .iter()
        // What resolvers ask each other has no place in a fold.
        .filter(|a| a.kind == ArrowKind::Question && (!folded || handling.contains(&a.from)))
        .collect();
    let all = asked.len() + notes.iter().filter(|n| n.remembers).count();
    if all <= FEW && !folded && show != Dns::Never {
        return 0;
    }
    let mut answers: BTreeMap<usize, &str> = BTreeMap::new();
    for arrow in arrows.iter().filter(|a| a.kind == ArrowKind::Answer) {
        if let Some(exchange) = arrow.exchange {
            answers.insert(exchange, &arrow.words);
        }
    }
    let most = match show {
        Dns::Never => 0,
        _ if folded => FEW,
        _ => MOST,
    };
    // The same question with the same answer teaches nothing the second time.
    let mut told: BTreeSet<(HostId, HostId, &str, &str)> = BTreeSet::new();
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    let mut told_in_notes = Vec::new();
    for arrow in asked {
        let Some(exchange) = arrow.exchange else { continue };
        let answer = answers.get(&exchange).copied().unwrap_or("no answer");
        if kept.len() < most && told.insert((arrow.from, arrow.to, &arrow.words, answer)) {
            kept.insert(exchange);
            let words = format!("asks the DNS: {} → {answer}", arrow.words.trim_end_matches('?'));
            told_in_notes.push(Note {
                link_to: None,
                host: arrow.from,
                at: arrow.sent,
                kind: NoteKind::Plain,
                words,
                took: None,
                fault: false,
                remembers: false,
            });
        }
    }
    let remembered = if folded && all <= FEW { notes.iter().filter(|n| n.remembers).count() } else { 0 };
    let left = all - kept.len() - remembered;
    if remembered == 0 {
        notes.retain(|n| !n.remembers);
    }
    if folded {
        arrows.retain(|a| a.exchange.is_none());
        notes.extend(told_in_notes);
        notes.sort_by_key(|n| n.at);
    } else {
        arrows.retain(|a| a.exchange.is_none_or(|exchange| kept.contains(&exchange)));
    }
    left
}
