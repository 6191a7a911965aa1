//! The steps of a mail as lines: `+` is new, `-` is gone, and what stays is folded.

use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::hops::{Body, Kind, Step};
use crate::octets::Rope;
use crate::trace::transcript::{Line, Style, clock, counted};
use crate::trace::{HostId, Roster, field_lines};

/// So many lines that stay are shown beside a change; a fold must hide more than one.
const AROUND: usize = 1;
/// So much of the body is shown where it is new.
const MOST_BODY: usize = 12;

/// All steps, or those of one hop.
pub(super) fn tell(roster: &Roster, steps: &[Step], hop: Option<u16>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, step) in steps.iter().enumerate().filter(|(_, step)| hop.is_none_or(|hop| step.hop == hop)) {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        let before = step.before.and_then(|before| steps.get(before));
        lines.push(heading(roster, step, before));
        if matches!(step.kind, Kind::Ended { .. }) {
            continue;
        }
        if let Some(before) = before.filter(|_| step.before != place.checked_sub(1) && hop.is_none()) {
            let words = format!("  compared with what {} had", name(roster, before.host));
            lines.push(Line::of(Style::Faint, words));
        }
        lines.extend(step.notes.iter().map(|note| Line::of(Style::Warning, format!("  ◆ {note}"))));
        match before {
            None => first(step, &mut lines),
            Some(before) => changes(step, before, &mut lines),
        }
    }
    lines
}

fn name(roster: &Roster, host: HostId) -> &str {
    roster.hosts.get(host.0 as usize).map_or("nobody", |host| &host.name)
}

fn heading(roster: &Roster, step: &Step, before: Option<&Step>) -> Line {
    let here = name(roster, step.host);
    let line = Line::of(Style::Time, clock(step.at)).and("  ");
    match &step.kind {
        Kind::Ended { words } => line.with(Style::Host, here).and(": ").with(Style::Bad, words.clone()),
        Kind::Composed => line.with(Style::Host, here).with(Style::Heading, " composes the mail"),
        Kind::Accepted { queue_id } => {
            let from = before.map_or("somebody", |before| name(roster, before.host));
            let line = line.with(Style::Heading, format!("hop {}  ", step.hop)).with(Style::Host, from);
            line.and(" → ").with(Style::Host, here).with(Style::Heading, format!(", which takes it as {queue_id}"))
        }
        Kind::Filed { recipient, mailbox } => {
            let line = line.with(Style::Host, here).with(Style::Heading, format!(" files it for {recipient}"));
            if recipient == mailbox { line } else { line.with(Style::Heading, format!(" in the mailbox of {mailbox}")) }
        }
    }
}

/// A step with nothing before it is shown as it is.
fn first(step: &Step, lines: &mut Vec<Line>) {
    part("envelope", lines);
    lines.extend(step.envelope.iter().map(|line| row(' ', line)));
    part("header", lines);
    match &step.header {
        Some(header) => lines.extend(header.iter().map(|line| row(' ', line))),
        None if step.added.is_empty() => {
            lines.push(fold("not in this trace: that of a large run has no header sections"))
        }
        None => lines.extend(step.added.iter().map(|line| row('+', line))),
    }
    part("body", lines);
    match &step.body {
        Body::Known(body) if body.is_empty() => lines.push(fold("none")),
        Body::Known(body) => {
            let body = field_lines(&body.to_vec());
            lines.extend(body.iter().take(MOST_BODY).map(|line| row(' ', line)));
            if let Some(more) = body.len().checked_sub(MOST_BODY).filter(|more| *more > 0) {
                lines.push(fold(&counted(more as u64, "more line", "more lines")));
            }
        }
        _ => lines.push(fold("not in a trace: a scenario file in its place shows it")),
    }
}

fn changes(step: &Step, before: &Step, lines: &mut Vec<Line>) {
    part("envelope", lines);
    if matches!(step.kind, Kind::Filed { .. }) {
        lines.push(fold("ends here; Return-Path keeps where it came from"));
    } else {
        compare(&before.envelope, &step.envelope, "envelope", usize::MAX, lines);
    }
    part("header", lines);
    match (&before.header, &step.header) {
        (Some(before), Some(header)) => compare(before, header, "header", AROUND, lines),
        _ if step.added.is_empty() => lines.push(fold("not in this trace")),
        _ => {
            lines.extend(step.added.iter().map(|line| row('+', line)));
            lines.push(fold("the header section below it unchanged"));
        }
    }
    part("body", lines);
    match (&before.body, &step.body) {
        (Body::Known(before), Body::Known(body)) if before.is_empty() && body.is_empty() => lines.push(fold("none")),
        (Body::Known(before), Body::Known(body)) if before == body => {
            lines.push(fold(&format!("{} of body unchanged", lines_of(body))));
        }
        (Body::Known(before), Body::Known(body)) => {
            compare(&field_lines(&before.to_vec()), &field_lines(&body.to_vec()), "body", AROUND, lines);
        }
        (_, Body::Other(given, kept)) => {
            let words = format!("  ! changed: {given} bytes became {kept}, what was added not counted");
            lines.push(Line::of(Style::Bad, words));
        }
        (_, Body::Unknown) => lines.push(fold("not in this trace")),
        _ => lines.push(fold("body unchanged")),
    }
}

fn part(name: &str, lines: &mut Vec<Line>) {
    lines.push(Line::of(Style::Faint, format!("  {name}")));
}

fn lines_of(body: &Rope) -> String {
    let ends: usize = body.chunks().iter().map(|chunk| memchr::memchr_iter(b'\n', chunk).count()).sum();
    counted(ends as u64, "line", "lines")
}

/// What differs between two lists of lines, with some of what stays around it.
fn compare<T: AsRef<str> + Hash + Ord>(old: &[T], new: &[T], what: &str, around: usize, lines: &mut Vec<Line>) {
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    for (place, op) in ops.iter().enumerate() {
        if let DiffOp::Equal { old_index, len, .. } = *op {
            let after = if place == 0 { 0 } else { around.min(len) };
            let ahead = if place + 1 == ops.len() { 0 } else { around.min(len - after) };
            let hidden = len - after - ahead;
            let same = &old[old_index..old_index + len];
            if hidden <= 1 {
                lines.extend(same.iter().map(|line| row(' ', line.as_ref())));
                continue;
            }
            lines.extend(same[..after].iter().map(|line| row(' ', line.as_ref())));
            lines.push(fold(&format!("{} of {what} unchanged", counted(hidden as u64, "line", "lines"))));
            lines.extend(same[len - ahead..].iter().map(|line| row(' ', line.as_ref())));
            continue;
        }
        lines.extend(old[op.old_range()].iter().map(|line| row('-', line.as_ref())));
        lines.extend(new[op.new_range()].iter().map(|line| row('+', line.as_ref())));
    }
}

fn row(sign: char, text: &str) -> Line {
    let style = match sign {
        '+' => Style::Good,
        '-' => Style::Bad,
        _ => Style::Plain,
    };
    Line::of(style, format!("  {sign} {}", text.replace('\t', "    ")))
}

fn fold(words: &str) -> Line {
    Line::of(Style::Faint, format!("    … {words}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn shown(old: &[&str], new: &[&str], around: usize) -> Vec<String> {
        let arc = |lines: &[&str]| lines.iter().map(|line| Arc::from(*line)).collect::<Vec<Arc<str>>>();
        let mut lines = Vec::new();
        compare(&arc(old), &arc(new), "header", around, &mut lines);
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn what_stays_is_folded_around_what_changes() {
        let old = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(shown(&old, &old, 1), ["    … 6 lines of header unchanged"]);
        assert_eq!(
            shown(&old, &["x", "a", "b", "c", "d", "e", "y"], 1),
            ["  + x", "    a", "    … 3 lines of header unchanged", "    e", "  - f", "  + y"]
        );
        assert_eq!(shown(&["a"], &["a", "\tb\u{1b}[31m"], 1), ["    a", "  +     b\\x1b[31m"]);
        assert_eq!(shown(&old, &old[..5], usize::MAX)[..2], ["    a", "    b"]);
        assert!(shown(&[], &[], 1).is_empty());
    }
}
