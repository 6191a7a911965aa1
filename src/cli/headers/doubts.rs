//! What does not fit about the way of a mail.

use super::paragraph::{broken, cut_to};
use super::table::{at_least, cut, server, signed, since};
use crate::mime::trail::{Doubt, Hop, MOST_HOPS, Software, Trail};
use crate::trace::transcript::{Line, Style};

/// What a reader should know before believing it. What is the rule on every other way is told only when asked for.
pub(super) fn doubts(trail: &Trail, now: Option<i64>, verbose: bool, columns: usize) -> Vec<Line> {
    let mut rows: Vec<(String, Style, String)> = Vec::new();
    let mut row = |place: String, style: Style, words: String| rows.push((place, style, words));
    if trail.received > trail.hops.len() {
        let words =
            format!("{} Received fields: only the last {MOST_HOPS} are read; mail with so many loops", trail.received);
        row("all".into(), Style::Warning, words);
    }
    for doubt in &trail.doubts {
        row("Date".into(), Style::Warning, of_date(doubt, trail.date.as_deref()));
    }
    for hop in &trail.hops {
        let place = || format!("hop {}", hop.number);
        if hop.number > 1 && hop.is_own && !trail.hops[hop.number - 2].is_own {
            row(place(), Style::Plain, border(hop, verbose));
        }
        if let (Some(time), Some(now)) = (hop.time, now)
            && time.unix_secs > now
        {
            let ahead = at_least(time.unix_secs - now);
            let words = format!("the clock of {} is at least {ahead} ahead: that is still to come", server(hop));
            row(place(), Style::Warning, words);
        }
        for doubt in &hop.doubts {
            if verbose || !is_usual(doubt, hop) {
                let style = match doubt {
                    Doubt::HeloDiffers { .. } | Doubt::PrivateAfterPublic { .. } | Doubt::NoFrom => Style::Plain,
                    _ => Style::Warning,
                };
                row(place(), style, words(doubt, hop, trail));
            }
        }
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let width = rows.iter().map(|(place, ..)| place.len()).max().unwrap_or(0);
    let mut lines = vec![Line::of(Style::Heading, "To be taken with care")];
    for (place, style, words) in rows {
        let line = Line::of(Style::Faint, format!("  {place:<width$}  ")).with(style, words);
        lines.extend(broken(line, columns, width + 4));
    }
    lines.push(Line::new());
    lines
}

/// Where the reader's own side begins.
fn border(hop: &Hop, verbose: bool) -> String {
    let client = hop.from.as_ref();
    let address = client.and_then(|client| client.address.as_deref().or(client.name())).unwrap_or("a stranger");
    let below = match hop.number {
        2 => "hop 1 is what it said".to_owned(),
        3 => "hops 1 and 2 are what it said".to_owned(),
        number => format!("hops 1 to {} are what it said", number - 1),
    };
    let rule = match hop.own_because {
        Some(because) if verbose => format!(". That the border is here is a guess: {because}"),
        _ => String::new(),
    };
    format!("{} took the mail from {}; {below}, and nobody can check that{rule}", server(hop), cut(address))
}

/// What is found on most ways, and means little.
fn is_usual(doubt: &Doubt, hop: &Hop) -> bool {
    match doubt {
        // Whoever logs in is known by that, and a person's machine has no name in the DNS that it knows.
        Doubt::HeloDiffers { helo, is_one_site, .. } => {
            let with = hop.with.as_deref().unwrap_or_default().to_ascii_uppercase();
            with.ends_with("SMTPA") || with.ends_with("SMTPSA") || !helo.contains('.') || *is_one_site
        }
        Doubt::PrivateAfterPublic { .. } => hop.is_own,
        // Gmail's machines inside, and whatever was handed in on the host itself.
        Doubt::NoFrom => hop.is_local || !matches!(hop.software, Software::Unknown),
        _ => false,
    }
}

/// What does not fit about a hop.
fn words(doubt: &Doubt, hop: &Hop, trail: &Trail) -> String {
    match doubt {
        Doubt::Unreadable => "has neither `from` nor `by`: no server writes such a field".into(),
        Doubt::Cut => "is longer than 8 KiB; the rest was not read".into(),
        Doubt::NoBy => "does not say who wrote it".into(),
        Doubt::NoFrom => "does not say from whom the mail came".into(),
        Doubt::NoTime => "has no date".into(),
        Doubt::UnreadableTime | Doubt::WrongWeekday { .. } => of_date(doubt, hop.date.as_deref()),
        Doubt::Backwards { secs } => {
            // The hop below may have no time.
            let below = trail.hops[..hop.number - 1].iter().rev().find(|below| below.time.is_some());
            let below = match below.filter(|_| hop.kept_secs.is_none()) {
                Some(below) => format!("that of {} (hop {})", server(below), below.number),
                None => since(trail, hop),
            };
            format!("the clock of {} is at least {} behind {below}, or that one is ahead", server(hop), at_least(*secs))
        }
        Doubt::BeforeDate { secs } => {
            format!(
                "is {} before the Date field: one of the two clocks is wrong, or the date is made up",
                signed(*secs)
            )
        }
        Doubt::Gap { below, from } => format!(
            "came from {}, but hop {} was written by {}: a hop between them wrote nothing, the machine has two names, or \
             what is below is made up",
            cut(from),
            hop.number - 1,
            cut(below)
        ),
        Doubt::HeloDiffers { helo, reverse, .. } => {
            format!("the client called itself {}, and the DNS calls it {}", cut(helo), cut(reverse))
        }
        Doubt::MayBeForged => "the name of the client's address does not lead back to it (\"may be forged\")".into(),
        Doubt::PrivateAfterPublic { address } => {
            format!("came from {}, an address of a closed network, although it had been outside", cut(address))
        }
    }
}

/// What does not fit about a date by itself.
fn of_date(doubt: &Doubt, date: Option<&str>) -> String {
    match doubt {
        Doubt::WrongWeekday { said, is } => {
            format!("its date says {said}, but that day is a {is}: it was made up, or by a broken program")
        }
        _ => format!("its date cannot be read: {}", cut_to(date.unwrap_or_default(), 60)),
    }
}
