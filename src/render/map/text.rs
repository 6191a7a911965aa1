//! The map as text: every host with its neighbours, then the hops.

use crate::trace::transcript::clock;
use crate::trace::{HostId, LinkEntry, Roster};

use super::super::text_width::{clean, columns, elide_columns, thousands};
use super::hops::Way;

/// One line about the whole.
pub(super) fn summary(roster: &Roster, way: &Way) -> String {
    let count = |n: usize, one: &str| format!("{} {one}{}", thousands(n as u64), if n == 1 { "" } else { "s" });
    // The name server that no scenario has to name is drawn, and nobody has put it there.
    let hosts = roster.hosts.iter().filter(|h| !h.implied).count();
    let links = roster.links.iter().filter(|l| !l.implied).count();
    let mut said = format!("{}, {}", count(hosts, "host"), count(links, "link"));
    if let Some(mail) = way.mail {
        said.push_str(&format!(" · the way of mail {}", mail.0));
    }
    said
}

/// A line for every hop (with its place among the hops) and for every end of the way, in the order of time.
pub(super) fn hop_lines(roster: &Roster, way: &Way) -> Vec<(Option<usize>, String)> {
    let name = |host: HostId| roster.hosts.get(host.0 as usize).map_or("?".into(), |h| clean(&h.name));
    let mut lines = Vec::new();
    for (place, hop) in way.hops.iter().enumerate() {
        // Whoever looks into a mailbox looks often.
        let dialled = if hop.dialled > 1 && hop.fetch.is_none() { format!(", dialled {} times", hop.dialled) } else { String::new() };
        let fate = match (hop.accepted, hop.fetch) {
            (Some(at), Some(fetch)) => {
                let what = if fetch.whole { "fetched" } else { "its header fetched" };
                format!("{what} by {} at {}", fetch.protocol, clock(at))
            }
            (Some(at), None) => format!("accepted at {}", clock(at)),
            (None, _) => format!("in vain, begun at {}", clock(hop.begun)),
        };
        let key = (hop.accepted.unwrap_or(hop.begun), place);
        lines.push((key, Some(place), format!("{} → {}: {fate}{dialled}", name(hop.from), name(hop.to))));
    }
    for (place, (host, at, words)) in way.ends.iter().enumerate() {
        let key = (*at, way.hops.len() + place);
        lines.push((key, None, format!("{words} at {}, {}", name(*host), clock(*at))));
    }
    lines.sort_by_key(|(key, _, _)| *key);
    lines.into_iter().map(|(_, place, words)| (place, words)).collect()
}

/// The whole map, at most `width` columns wide.
pub(super) fn text(roster: &Roster, way: &Way, width: usize) -> String {
    let mut out = String::new();
    let mut put = |line: String| {
        out.push_str(elide_columns(&line, width).trim_end());
        out.push('\n');
    };
    put(clean(&roster.title));
    put(summary(roster, way));
    put(String::new());
    let names: Vec<String> = roster.hosts.iter().map(|h| clean(&h.name)).collect();
    let widest = names.iter().map(|n| columns(n)).max().unwrap_or(0).min(width / 3);
    let pad = |text: &str| {
        let cut = elide_columns(text, widest);
        let fill = " ".repeat(widest.saturating_sub(columns(&cut)));
        cut + &fill
    };
    let mut links: Vec<Vec<(&LinkEntry, HostId)>> = vec![Vec::new(); names.len()];
    for link in &roster.links {
        for (here, there) in [(link.a, link.b), (link.b, link.a)] {
            if let (Some(list), true) = (links.get_mut(here.0 as usize), (there.0 as usize) < names.len()) {
                list.push((link, there));
            }
        }
    }
    for (i, host) in roster.hosts.iter().enumerate() {
        let implied = if host.implied { ", implied" } else { "" };
        let address = host.addresses.first().map(|a| format!("  {}", clean(a))).unwrap_or_default();
        put(format!("{}  {}{implied}{address}", pad(&names[i]), clean(&host.role)));
        for (place, (link, there)) in links[i].iter().enumerate() {
            let branch = if place + 1 == links[i].len() { "└─" } else { "├─" };
            put(format!("  {branch} {}  {}", pad(&names[there.0 as usize]), clean(&link.label)));
        }
    }
    let lines = hop_lines(roster, way);
    if !lines.is_empty() {
        put(String::new());
    }
    for (hop, words) in lines {
        let badge = hop.map(|place| way.hops[place].badge()).unwrap_or_default();
        put(format!("{badge:>3}  {words}"));
    }
    out
}
