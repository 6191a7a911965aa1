//! What does not fit about the way of a mail, and what servers noted on it.

use super::table::{cut, cut_to, server, signed};
use crate::mime::trail::{AuthResult, Doubt, Hop, MOST_HOPS, MarkKind, Software, Trail};
use crate::trace::transcript::{Align, Line, Sheet, Style};

/// What a reader should know before believing it. What is the rule on every other way is told only when asked for.
pub(super) fn doubts(trail: &Trail, now: Option<i64>, verbose: bool) -> Vec<Line> {
    let mut sheet = Sheet::new(&[Align::Left, Align::Left]);
    let mut rows = 0;
    let mut row = |place: String, style: Style, words: String| {
        sheet.row(vec![Line::of(Style::Faint, place), Line::of(style, words)]);
        rows += 1;
    };
    if trail.received > trail.hops.len() {
        let words =
            format!("{} Received fields: only the last {MOST_HOPS} are read; mail with so many loops", trail.received);
        row("all".into(), Style::Warning, words);
    }
    for hop in &trail.hops {
        let place = || format!("hop {}", hop.number);
        if hop.number > 1 && hop.is_own && !trail.hops[hop.number - 2].is_own {
            let client = hop.from.as_ref();
            let address = client.and_then(|client| client.address.as_deref().or(client.name())).unwrap_or("a stranger");
            let below = if hop.number == 2 {
                "hop 1 is what it".to_owned()
            } else {
                format!("hops 1 to {} are what it", hop.number - 1)
            };
            let words =
                format!("{} took the mail from {}; {below} said, and nobody can check that", server(hop), cut(address));
            row(place(), Style::Plain, words);
        }
        if let (Some(time), Some(now)) = (hop.time, now)
            && time.unix_secs > now
        {
            let words = format!(
                "the clock of {} is at least {} ahead: that is still to come",
                server(hop),
                signed(time.unix_secs - now)
            );
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
    if rows == 0 {
        return Vec::new();
    }
    let mut lines = vec![Line::of(Style::Heading, "To be taken with care")];
    lines.extend(sheet.lines(2));
    lines.push(Line::new());
    lines
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
        Doubt::NoFrom => !matches!(hop.software, Software::Unknown),
        _ => false,
    }
}

fn words(doubt: &Doubt, hop: &Hop, trail: &Trail) -> String {
    match doubt {
        Doubt::Unreadable => "has neither `from` nor `by`: no server writes such a field".into(),
        Doubt::Cut => "is longer than 8 KiB; the rest was not read".into(),
        Doubt::NoBy => "does not say who wrote it".into(),
        Doubt::NoFrom => "does not say from whom the mail came".into(),
        Doubt::NoTime => "has no date".into(),
        Doubt::UnreadableTime => {
            format!("its date cannot be read: {}", cut_to(hop.date.as_deref().unwrap_or_default(), 80))
        }
        Doubt::Backwards { secs } => {
            // The hop below may have no time.
            let below = trail.hops[..hop.number - 1].iter().rev().find(|below| below.time.is_some());
            let below = below.map_or("the Date field".to_owned(), |below| {
                format!("that of {} (hop {})", server(below), below.number)
            });
            format!("the clock of {} is at least {} behind {below}, or that one is ahead", server(hop), signed(*secs))
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

/// What servers noted, in the order in which they did.
pub(super) fn marks(trail: &Trail) -> Vec<Line> {
    if trail.marks.is_empty() {
        return Vec::new();
    }
    let mut sheet = Sheet::new(&[Align::Left, Align::Left]);
    for mark in trail.marks.iter().rev() {
        let place = match mark.after_hop {
            0 => "before hop 1".to_owned(),
            hop => format!("after hop {hop}"),
        };
        sheet.row(vec![Line::of(Style::Faint, place), noted(&mark.what)]);
    }
    let mut lines = vec![Line::of(Style::Heading, "What was noted on the way")];
    lines.extend(sheet.lines(2));
    lines.push(Line::new());
    lines
}

fn noted(what: &MarkKind) -> Line {
    let named = |name: &str, rest: String| Line::new().and(name).and(": ").and(cut_to(&rest, 200));
    let parts = |parts: &[(&str, &Option<String>)]| {
        let said = parts.iter().filter_map(|(key, value)| Some(format!("{key} {}", cut(value.as_deref()?))));
        said.collect::<Vec<String>>().join(", ")
    };
    match what {
        MarkKind::ReturnPath { path } if path.is_empty() => named("Return-Path", "<> (not to be answered)".into()),
        MarkKind::ReturnPath { path } => named("Return-Path", path.clone()),
        MarkKind::DeliveredTo { name, address } => named(name, address.clone()),
        MarkKind::OriginatingIp { address } => named("X-Originating-IP", address.clone()),
        MarkKind::DkimSignature { domain, selector } => {
            named("DKIM-Signature", parts(&[("of", domain), ("by the key", selector)]))
        }
        MarkKind::ArcSeal { instance, chain, domain } => {
            named("ARC-Seal", parts(&[("number", instance), ("of", domain), ("the chain before it:", chain)]))
        }
        MarkKind::ReceivedSpf { result, properties } => {
            let mut line = Line::new().and("Received-SPF: ").with(verdict(result), cut(result));
            line.append(told(properties));
            line
        }
        MarkKind::AuthenticationResults { server, results } => {
            let mut line = Line::new().and("Authentication-Results");
            if let Some(server) = server {
                line = line.and(" of ").with(Style::Host, cut(server));
            }
            line = line.and(if results.is_empty() { ": none" } else { ": " });
            for (place, result) in results.iter().take(10).enumerate() {
                line = line.and(if place > 0 { ", " } else { "" });
                line.append(auth(result));
            }
            if results.len() > 10 { line.and(", …") } else { line }
        }
    }
}

fn auth(auth: &AuthResult) -> Line {
    let mut line = Line::of(verdict(&auth.result), format!("{}={}", cut(&auth.method), cut(&auth.result)));
    line.append(told(&auth.properties));
    match &auth.reason {
        Some(reason) => line.with(Style::Faint, format!(" because {}", cut(reason))),
        None => line,
    }
}

fn verdict(result: &str) -> Style {
    match result {
        "pass" => Style::Good,
        "fail" | "permerror" | "hardfail" => Style::Bad,
        "softfail" | "temperror" => Style::Warning,
        _ => Style::Plain,
    }
}

/// The first properties, in parentheses.
fn told(properties: &[(String, String)]) -> Line {
    if properties.is_empty() {
        return Line::new();
    }
    let said = properties.iter().take(4).map(|(key, value)| format!("{}={}", cut(key), cut(value)));
    Line::of(Style::Faint, format!(" ({})", said.collect::<Vec<String>>().join(", ")))
}
