//! The hops of a mail as a table with bars.

use jiff::Timestamp;

use super::paragraph::{broken, cut_inside, cut_to};
use crate::mime::trail::{Client, Doubt, Encrypted, Hop, Moment, Trail};
use crate::sim::Duration;
use crate::trace::transcript::{Align, Line, Sheet, Style, counted, span};

/// The longest bar and the shortest of these, in columns.
const BARS: std::ops::RangeInclusive<usize> = 8..=20;
/// A name that is longer is cut: nobody has one, and a table is for reading.
const LONGEST_NAME: usize = 40;
/// The shortest that a name is cut to, however narrow the terminal is.
const SHORTEST_NAME: usize = 16;
/// `with` is cut to this: the longest registered protocol has ten letters (RFC 6531 §4.3).
const LONGEST_WITH: usize = 15;

/// How long it took, and where.
pub(super) fn head(trail: &Trail, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let Some(last) = trail.hops.last() else {
        let words = "There is no Received field: no server has taken this mail yet, or somebody has taken them away.";
        return vec![Line::new().and(words), Line::new()];
    };
    let mut line = Line::of(Style::Heading, counted(trail.hops.len() as u64, "hop", "hops"));
    if let Some(day) = only_day(trail) {
        line = line.and(" on ").with(Style::Time, day);
    }
    if let Some(total) = trail.total_secs {
        let since = if trail.time.is_some() { " from the Date field to " } else { " from the first hop to " };
        line = line.and(": ").with(Style::Time, signed(total)).and(since).with(Style::Host, server(last));
    }
    lines.push(line);
    if let Some(hop) = trail.slowest.and_then(|number| trail.hops.get(number - 1)) {
        lines.push(longest_wait(trail, hop));
    }
    lines.push(Line::new());
    lines.into_iter().flat_map(|line| broken(line, columns, 2)).collect()
}

/// A field is written when a mail is taken: before that, the mail was on the machine below the gap.
fn longest_wait(trail: &Trail, hop: &Hop) -> Line {
    let wait = hop.delay_secs.unwrap_or(0);
    let mut line = Line::new().and("The longest wait: ").with(Style::Time, signed(wait));
    line = line.and(format!(" between {} and hop {}, ", since(trail, hop), hop.number));
    let below = hop.number.checked_sub(2).and_then(|place| trail.hops.get(place));
    line = match (below, hop.kept_secs) {
        (_, Some(_)) => line.and("with who sent it again"),
        (None, _) => line.and("with the author"),
        (Some(below), None) => {
            // Who wrote no name may be called by one.
            let called = hop.from.as_ref().and_then(Client::name).filter(|_| below.by.is_none());
            let line = line.and("on ").with(Style::Host, called.map_or_else(|| server(below), cut));
            let gap = hop.doubts.iter().find_map(|doubt| match doubt {
                Doubt::Gap { from, .. } => Some(from),
                _ => None,
            });
            match gap {
                Some(from) => line.and(" or on ").with(Style::Host, cut(from)),
                None if below.time.is_none() => line.and(" or before it"),
                None => line,
            }
        }
    };
    // What is longer than the whole way is at least partly the fault of a clock.
    if trail.total_secs.is_some_and(|total| total < wait) { line.and("; but the clocks do not agree") } else { line }
}

/// From what the delay of a hop counts.
pub(super) fn since(trail: &Trail, hop: &Hop) -> String {
    let below = trail.hops[..hop.number - 1].iter().rev().find(|below| below.time.is_some());
    match below {
        _ if hop.kept_secs.is_some() => "the Resent-Date field".into(),
        Some(below) => format!("hop {}", below.number),
        None => "the Date field".into(),
    }
}

/// The table, first hop at the top.
pub(super) fn hops(trail: &Trail, columns: usize) -> Vec<Line> {
    if trail.hops.is_empty() {
        return Vec::new();
    }
    let day = only_day(trail);
    let time = |hop: &Hop| match (hop.time, &day) {
        (None, _) => "?".to_owned(),
        (Some(time), None) => utc(time),
        (Some(time), Some(_)) => utc(time).split_off(11),
    };
    let cells: Vec<[Line; 5]> = trail.hops.iter().map(|hop| cells(hop, time(hop))).collect();
    let widest = |place: usize, least: usize| cells.iter().map(|row| row[place].width()).fold(least, usize::max);
    let used = [(0, 3), (1, 5), (2, 4), (3, 6), (4, 10)].map(|(place, least)| widest(place, least));
    // Two spaces in front of each of the seven columns.
    let room = columns.saturating_sub(used.iter().sum::<usize>() + 14);
    let name_room = room.saturating_sub(*BARS.start() + 2).max(SHORTEST_NAME);
    let whole: Vec<Vec<Line>> = trail.hops.iter().map(|hop| vec![way(hop)]).collect();
    let widest_way = |ways: &[Vec<Line>]| ways.iter().flatten().map(Line::width).fold(9, usize::max);
    let ways = if widest_way(&whole) + BARS.start() <= room {
        whole
    } else {
        trail.hops.iter().map(|hop| two_lines(hop, name_room)).collect()
    };
    let bar_room = room.saturating_sub(widest_way(&ways)).clamp(*BARS.start(), *BARS.end());
    let longest = trail.hops.iter().filter_map(|hop| hop.delay_secs).max().unwrap_or(0).max(0);

    let mut sheet =
        Sheet::new(&[Align::Right, Align::Right, Align::Left, Align::Left, Align::Left, Align::Left, Align::Left]);
    sheet.head(&["hop", "delay", "", "from → by", "with", "sealed", "time (UTC)"]);
    // Below the headings; of each hop the first row.
    let (mut rows, mut starts) = (1, Vec::new());
    for ((hop, cells), way) in trail.hops.iter().zip(cells).zip(ways) {
        let slow = trail.slowest == Some(hop.number);
        let style = if slow { Style::Warning } else { Style::Plain };
        let bar = Line::of(style, bar(hop.delay_secs.unwrap_or(0), longest, bar_room as u64));
        let [number, delay, with, sealed, time] = cells;
        starts.push(rows);
        rows += way.len();
        let mut way = way.into_iter();
        sheet.row(vec![number, delay, bar, way.next().unwrap_or_default(), with, sealed, time]);
        for rest in way {
            sheet.row(vec![Line::new(), Line::new(), Line::new(), rest]);
        }
    }
    let mut lines = sheet.lines(2);
    for (hop, start) in trail.hops.iter().zip(starts).rev() {
        for rule in rules(trail, hop).into_iter().rev() {
            lines.insert(start, Line::of(Style::Faint, format!("  ─── {rule} ───")));
        }
    }
    lines.push(Line::new());
    lines
}

/// What a row has beside the bar and the way.
fn cells(hop: &Hop, time: String) -> [Line; 5] {
    let style = if hop.delay_secs.is_some_and(|secs| secs < 0) { Style::Bad } else { Style::Time };
    [
        Line::of(Style::Faint, hop.number.to_string()),
        Line::of(style, hop.delay_secs.map_or("?".into(), signed)),
        Line::new().and(hop.with.as_deref().map_or("–".into(), |with| cut_to(with, LONGEST_WITH))),
        sealed(hop),
        Line::of(Style::Time, time),
    ]
}

/// What stands in the table above a hop.
fn rules(trail: &Trail, hop: &Hop) -> Vec<String> {
    let mut rules = Vec::new();
    if let Some(kept) = hop.kept_secs {
        let again = trail.resent.iter().find(|again| again.after_hop + 1 == hop.number && again.time.is_some());
        let who = again.and_then(|again| again.from.as_deref()).map_or("somebody".into(), cut);
        rules.push(format!("{who} kept it for {}, then sent it again", signed(kept)));
    }
    if hop.number > 1 && hop.is_own && !trail.hops[hop.number - 2].is_own {
        rules.push("above: what strangers say; below: what the reader's own side wrote (a guess)".into());
    }
    rules
}

/// The day of all hops, where it is one.
fn only_day(trail: &Trail) -> Option<String> {
    let mut days = trail.hops.iter().filter_map(|hop| hop.time).map(|time| utc(time)[..10].to_owned());
    let day = days.next()?;
    days.all(|other| other == day).then_some(day)
}

/// Whom the mail came from and who took it.
fn way(hop: &Hop) -> Line {
    let mut ways = two_lines(hop, LONGEST_NAME).into_iter();
    let mut line = ways.next().unwrap_or_default();
    if let Some(by) = ways.next() {
        line.push(Style::Plain, " ");
        line.append(by);
    }
    line
}

/// The same in two lines, each cut to so many columns.
fn two_lines(hop: &Hop, most: usize) -> Vec<Line> {
    if hop.from.is_none() && hop.by.is_none() {
        return vec![Line::of(Style::Faint, cut_to(hop.written.split(';').next().unwrap_or_default(), most))];
    }
    let from = match hop.from.as_ref().and_then(Client::name) {
        Some(name) => Line::new().and(cut_inside(name, most)),
        None if hop.is_local => Line::of(Style::Faint, "(itself)"),
        None => Line::of(Style::Faint, "(unsaid)"),
    };
    let by = cut_inside(&server(hop), most.saturating_sub(2));
    vec![from, Line::of(Style::Faint, "→ ").with(Style::Host, by)]
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

/// A text that fits into a sentence.
pub(super) fn cut(text: &str) -> String {
    cut_to(text, LONGEST_NAME)
}

/// A length of time, with a minus sign where time went backwards.
pub(super) fn signed(secs: i64) -> String {
    let length = span(Duration::from_secs(secs.unsigned_abs().min(18_000_000_000)));
    if secs < 0 { format!("−{length}") } else { length }
}

/// A length of time that is certainly not longer than the real one: [`signed`] rounds.
pub(super) fn at_least(secs: i64) -> String {
    let step = match secs {
        ..3600 => 1,
        3600..86_400 => 60,
        _ => 3600,
    };
    signed(secs - secs % step)
}

/// `2026-01-05 09:00:00`.
pub(super) fn utc(time: Moment) -> String {
    Timestamp::from_second(time.unix_secs)
        .map_or("????-??-?? ?".into(), |stamp| stamp.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A bar as long as its part of the longest delay, in eighths of a column.
fn bar(secs: i64, longest: i64, columns: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if secs <= 0 || longest <= 0 {
        return String::new();
    }
    let most = columns * 8;
    let eighths = (secs as u128 * u128::from(most) / longest as u128).clamp(1, u128::from(most)) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_rounds_down() {
        for (secs, text) in [
            (59, "59 s"),
            (3599, "59 min 59 s"),
            (10_008, "2 h 46 min"),
            (10_019, "2 h 46 min"),
            (86_399, "23 h 59 min"),
            (86_400 + 7199, "1 d 1 h"),
        ] {
            assert_eq!(at_least(secs), text, "{secs}");
        }
    }
}
