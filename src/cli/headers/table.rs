//! The hops of a mail as a table with bars, and one by one.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::mime::trail::{Client, Encrypted, Hop, Moment, Trail};
use crate::sim::Duration;
use crate::trace::transcript::{Align, Line, Sheet, Style, counted, span};

/// The longest bar, in columns.
const BAR: u64 = 20;
/// A name that is longer is cut: nobody has one, and a table is for reading.
const LONGEST_NAME: usize = 40;

/// How long it took, and where.
pub(super) fn head(trail: &Trail) -> Vec<Line> {
    let mut lines = Vec::new();
    let Some(last) = trail.hops.last() else {
        let words = "There is no Received field: no server has taken this mail yet, or somebody has taken them away.";
        return vec![Line::new().and(words), Line::new()];
    };
    let mut line = Line::of(Style::Heading, counted(trail.hops.len() as u64, "hop", "hops"));
    if let Some(total) = trail.total_secs {
        let since = if trail.time.is_some() { " from the Date field to " } else { " from the first hop to " };
        line = line.and(": ").with(Style::Time, signed(total)).and(since).with(Style::Host, server(last));
    }
    lines.push(line);
    if let Some(hop) = trail.slowest.and_then(|number| trail.hops.get(number - 1)) {
        let wait = signed(hop.delay_secs.unwrap_or(0));
        let below = if hop.number == 1 { "the Date field".to_owned() } else { format!("hop {}", hop.number - 1) };
        lines.push(
            Line::new()
                .and("The longest wait: ")
                .with(Style::Time, wait)
                .and(format!(" between {below} and hop {} (", hop.number))
                .with(Style::Host, server(hop))
                .and(")"),
        );
    }
    lines.push(Line::new());
    lines
}

/// The table, first hop at the top.
pub(super) fn hops(trail: &Trail) -> Vec<Line> {
    if trail.hops.is_empty() {
        return Vec::new();
    }
    let longest = trail.hops.iter().filter_map(|hop| hop.delay_secs).max().unwrap_or(0).max(0);
    let mut sheet =
        Sheet::new(&[Align::Right, Align::Right, Align::Left, Align::Left, Align::Left, Align::Left, Align::Left]);
    sheet.head(&["hop", "delay", "", "from → by", "with", "sealed", "time (UTC)", "software"]);
    for hop in &trail.hops {
        let delay = hop.delay_secs;
        let style = if delay.is_some_and(|secs| secs < 0) { Style::Bad } else { Style::Time };
        let slow = trail.slowest == Some(hop.number);
        sheet.row(vec![
            Line::of(Style::Faint, hop.number.to_string()),
            Line::of(style, delay.map_or("?".into(), signed)),
            Line::of(if slow { Style::Warning } else { Style::Plain }, bar(delay.unwrap_or(0), longest)),
            way(hop),
            Line::new().and(hop.with.as_deref().map_or("–".into(), cut)),
            sealed(hop),
            Line::of(Style::Time, hop.time.map_or("?".into(), utc)),
            Line::of(Style::Faint, hop.software.as_str()),
        ]);
    }
    let mut lines = sheet.lines(2);
    let strangers = trail.hops.iter().take_while(|hop| !hop.is_own).count();
    if strangers > 0 && strangers < trail.hops.len() {
        let words = "  ─── above: what strangers say; below: what the reader's own side wrote ───";
        lines.insert(1 + strangers, Line::of(Style::Faint, words));
    }
    lines.push(Line::new());
    lines
}

/// Whom the mail came from and who took it.
fn way(hop: &Hop) -> Line {
    if hop.from.is_none() && hop.by.is_none() {
        return Line::of(Style::Faint, cut(hop.written.split(';').next().unwrap_or_default()));
    }
    let from = hop.from.as_ref().and_then(Client::name);
    let from = from.map_or(Line::of(Style::Faint, "(itself)"), |name| Line::new().and(cut(name)));
    let mut line = from.with(Style::Faint, " → ");
    line.append(Line::of(Style::Host, server(hop)));
    line
}

fn sealed(hop: &Hop) -> Line {
    match hop.encrypted {
        Encrypted::Yes => Line::of(Style::Good, "✓ yes"),
        Encrypted::No => Line::of(Style::Warning, "✗ no"),
        Encrypted::Unknown => Line::of(Style::Faint, "? unsaid"),
    }
}

/// What a hop's server is called.
pub(super) fn server(hop: &Hop) -> String {
    match (&hop.by, hop.by_address) {
        (Some(name), _) => cut(name),
        (None, Some(address)) => address.to_string(),
        (None, None) => format!("the server of hop {}", hop.number),
    }
}

/// A text that fits into a table.
pub(super) fn cut(text: &str) -> String {
    cut_to(text, LONGEST_NAME)
}

/// The beginning of a text.
pub(super) fn cut_to(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A length of time, with a minus sign where time went backwards.
pub(super) fn signed(secs: i64) -> String {
    let length = span(Duration::from_secs(secs.unsigned_abs().min(18_000_000_000)));
    if secs < 0 { format!("−{length}") } else { length }
}

/// `2026-01-05 09:00:00`.
pub(super) fn utc(time: Moment) -> String {
    Timestamp::from_second(time.unix_secs).map_or("?".into(), |stamp| stamp.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A bar as long as its part of the longest delay, in eighths of a column.
fn bar(secs: i64, longest: i64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if secs <= 0 || longest <= 0 {
        return String::new();
    }
    let eighths = (secs as u128 * u128::from(BAR) * 8 / longest as u128).clamp(1, u128::from(BAR) * 8) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// Everything about each hop.
pub(super) fn details(trail: &Trail) -> Vec<Line> {
    let mut lines = Vec::new();
    for hop in &trail.hops {
        lines.push(Line::of(Style::Heading, format!("Hop {}", hop.number)));
        let mut sheet = Sheet::new(&[Align::Left, Align::Left]);
        for (word, value) in facts(hop) {
            sheet.row(vec![Line::of(Style::Faint, word), Line::new().and(value)]);
        }
        lines.extend(sheet.lines(2));
        lines.push(Line::new());
    }
    lines
}

/// What is known of a hop, as words and values.
fn facts(hop: &Hop) -> Vec<(&'static str, String)> {
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
        ("software", Some(hop.software.as_str().to_owned())),
        ("as written", Some(hop.written.clone())),
    ];
    all.into_iter().filter_map(|(word, value)| Some((word, cut_to(&value?, 1000)))).collect()
}
