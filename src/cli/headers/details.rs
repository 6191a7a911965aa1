//! Everything about a mail and each of its hops, one by one.

use std::net::IpAddr;

use super::paragraph::cut_to;
use super::table::signed;
use crate::mime::trail::{Encrypted, Hop, Moment, Trail};
use crate::trace::transcript::{Align, Line, Sheet, Style};

/// No text is longer.
const LONGEST_TEXT: usize = 1000;

/// The mail, and then its hops.
pub(super) fn details(trail: &Trail) -> Vec<Line> {
    let mail = [("from", &trail.from), ("to", &trail.to), ("subject", &trail.subject), ("date", &trail.date)];
    let mail = mail.into_iter().filter_map(|(word, value)| Some((word, cut_to(value.as_deref()?, LONGEST_TEXT))));
    let mut lines = part("The mail", mail.collect());
    for hop in &trail.hops {
        lines.extend(part(&format!("Hop {}", hop.number), facts(trail, hop)));
    }
    lines
}

fn part(heading: &str, facts: Vec<(&str, String)>) -> Vec<Line> {
    if facts.is_empty() {
        return Vec::new();
    }
    let mut sheet = Sheet::new(&[Align::Left, Align::Left]);
    for (word, value) in facts {
        sheet.row(vec![Line::of(Style::Faint, word), Line::new().and(value)]);
    }
    let mut lines = vec![Line::of(Style::Heading, heading)];
    lines.extend(sheet.lines(2));
    lines.push(Line::new());
    lines
}

/// What is taken for the reader's own side here.
fn side(trail: &Trail, hop: &Hop) -> &'static str {
    let below = hop.number.checked_sub(2).and_then(|place| trail.hops.get(place));
    match below {
        None => "down to here",
        Some(below) if below.is_own => "this hop, and the one below",
        Some(_) => "the border is below this hop",
    }
}

/// What is known of a hop, as words and values.
fn facts(trail: &Trail, hop: &Hop) -> Vec<(&'static str, String)> {
    let client = hop.from.clone().unwrap_or_default();
    let address = client.address.map(|written| match client.ip {
        Some(ip) if !written.contains(&ip.to_string()) => format!("{written} ({ip})"),
        _ => written,
    });
    let tls = hop.tls.as_ref().map(|tls| {
        let parts = [&tls.version, &tls.cipher];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<&str>>().join(", ")
    });
    let sealed = match hop.encrypted {
        Encrypted::Yes => "yes",
        Encrypted::No => "no",
        Encrypted::Unknown => "not said",
    };
    let zone = match hop.time {
        Some(Moment { zone_minutes: None, .. }) => " (no zone that is known: read as Universal Time)",
        _ => "",
    };
    let all = [
        ("said", client.helo),
        ("name by DNS", client.reverse),
        ("address", address),
        ("taken by", hop.by.clone()),
        ("its address", hop.by_address.as_ref().map(IpAddr::to_string)),
        ("via", hop.via.clone()),
        ("with", hop.with.clone()),
        ("sealed", Some(format!("{sealed}: {}", hop.encrypted_because))),
        ("TLS", tls.filter(|text| !text.is_empty())),
        ("id", hop.id.clone()),
        ("for", hop.for_.clone()),
        ("date", hop.date.as_ref().map(|date| format!("{date}{zone}"))),
        ("kept before", hop.kept_secs.map(|secs| format!("{}, up to the Resent-Date", signed(secs)))),
        ("software", Some(hop.software.as_str().to_owned())),
        ("reader's side", hop.own_because.map(|because| format!("{} (a guess): {because}", side(trail, hop)))),
        ("as written", Some(hop.written.clone())),
    ];
    all.into_iter().filter_map(|(word, value)| Some((word, cut_to(&value?, LONGEST_TEXT)))).collect()
}
