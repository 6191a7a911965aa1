//! Who is there.

use super::{Align, Line, Sheet, Style, width};
use crate::sim::Instant;
use crate::sim::calendar::Calendar;
use crate::trace::Roster;

/// More hosts or links than this are counted, not listed.
const MOST: usize = 60;

/// How wide the author's words are set.
const MEASURE: usize = 100;

/// The title, what to look at in the author's words (which may be empty), the hosts and the links.
#[must_use]
pub fn people(roster: &Roster, about: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let title = if roster.title.is_empty() { "A scenario without a title" } else { &roster.title };
    let begins = Calendar::new(roster.start_unix_secs, 0).civil(Instant::ZERO);
    lines.push(Line::of(Style::Title, title));
    lines.push(Line::of(Style::Faint, format!("seed {} · begins {begins} UTC", roster.seed)));
    lines.push(Line::new());
    words(about, &mut lines);
    hosts(roster, &mut lines);
    links(roster, &mut lines);
    lines
}

/// Paragraphs, broken between words; an empty line ends a paragraph.
fn words(about: &str, lines: &mut Vec<Line>) {
    for paragraph in about.trim().split("\n\n").filter(|p| !p.trim().is_empty()) {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && width(&line) + 1 + width(word) > MEASURE {
                lines.push(Line::new().and(std::mem::take(&mut line)));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(Line::new().and(line));
        lines.push(Line::new());
    }
}

fn hosts(roster: &Roster, lines: &mut Vec<Line>) {
    lines.push(Line::of(Style::Heading, "Hosts"));
    if roster.hosts.len() > MOST {
        // In the order in which the roles first appear.
        let mut roles: Vec<(&str, usize)> = Vec::new();
        for host in &roster.hosts {
            match roles.iter_mut().find(|(role, _)| *role == &*host.role) {
                Some((_, count)) => *count += 1,
                None => roles.push((&host.role, 1)),
            }
        }
        let said: Vec<String> = roles.iter().map(|(role, n)| format!("{n} × {role}")).collect();
        lines.push(Line::new().and(format!("  {} hosts: {}", roster.hosts.len(), said.join(", "))));
    } else {
        let mut sheet = Sheet::new(&[Align::Left; 4]);
        for host in &roster.hosts {
            let mut notes: Vec<&str> = host.notes.iter().map(|n| &**n).collect();
            if host.implied {
                notes.push("implied: no link of the scenario leads to it");
            }
            sheet.row(vec![
                Line::of(Style::Host, &host.name),
                Line::new().and(if host.implied && host.name == host.role { "" } else { &host.role }),
                Line::of(Style::Faint, host.addresses.join(", ")),
                Line::new().and(notes.join("; ")),
            ]);
        }
        lines.extend(sheet.lines(2));
    }
    lines.push(Line::new());
}

fn links(roster: &Roster, lines: &mut Vec<Line>) {
    let named: Vec<_> = roster.links.iter().filter(|l| !l.implied).collect();
    if named.is_empty() {
        return;
    }
    lines.push(Line::of(Style::Heading, "Links"));
    if named.len() > MOST {
        lines.push(Line::new().and(format!("  {} links", named.len())));
    } else {
        let name = |id: crate::trace::HostId| roster.hosts.get(id.0 as usize).map_or("?", |h| &*h.name);
        let mut sheet = Sheet::new(&[Align::Left; 3]);
        for link in named {
            sheet.row(vec![
                Line::of(Style::Host, name(link.a)),
                Line::of(Style::Faint, "── ").with(Style::Host, name(link.b)),
                Line::new().and(&*link.label),
            ]);
        }
        lines.extend(sheet.lines(2));
    }
    lines.push(Line::new());
}
