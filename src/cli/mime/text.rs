//! A mail in lines for people: who wrote it, the tree of its parts, what it weighs, and what is wrong with it.

use super::mail::{Mail, Written};
use crate::mime::read::{Defect, Flaw, Overhead, Part, beginning, notices};
use crate::trace::transcript::{Align, Line, Sheet, Style, counted, long_size, number, size};

/// So many parts are shown; nobody reads more.
const MOST_PARTS: usize = 500;
/// So many warnings are shown.
const MOST_DEFECTS: usize = 200;
/// Characters of a text part that are shown, and of a header field.
const BEGINNING: usize = 70;
const FIELD: usize = 300;
/// The same of what a report says.
const NOTICE: usize = 120;

pub(super) fn tell(mail: &Mail<'_>, written: &[Written]) -> Vec<Line> {
    let mut lines = header(mail);
    if !lines.is_empty() {
        lines.push(Line::new());
    }
    tree(mail, &mut lines);
    lines.push(Line::new());
    lines.push(sum(mail));
    defects(mail, &mut lines);
    if mail.of > 1 {
        lines.push(Line::new());
        let told = format!(
            "mail {} of {} in this file; --nth takes another",
            number(mail.number as u64),
            number(mail.of as u64)
        );
        lines.push(Line::of(Style::Faint, told));
    }
    if !written.is_empty() {
        lines.push(Line::new());
    }
    for file in written {
        let about = format!("  {}, part {}", size(file.bytes), file.part + 1);
        lines.push(Line::of(Style::Good, "wrote ").and(file.path.display().to_string()).with(Style::Faint, about));
    }
    lines
}

fn header(mail: &Mail<'_>) -> Vec<Line> {
    let told = ["From", "To", "Cc", "Subject", "Date"].into_iter().filter_map(|name| {
        let value = cut(&mail.field(name)?, FIELD);
        Some(Line::of(Style::Faint, format!("{name:<9}")).with(Style::Plain, value))
    });
    told.collect()
}

/// The beginning of a text.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Which of the parts have a sibling further down.
fn has_next(parts: &[Part]) -> Vec<bool> {
    let mut later: Vec<bool> = Vec::new();
    let mut next = vec![false; parts.len()];
    for (part, next) in parts.iter().zip(&mut next).rev() {
        later.resize(part.depth + 1, false);
        *next = std::mem::replace(&mut later[part.depth], true);
    }
    next
}

fn tree(mail: &Mail<'_>, lines: &mut Vec<Line>) {
    let parts = &mail.tree.parts;
    let shown = &parts[..parts.len().min(MOST_PARTS)];
    let next = has_next(parts);
    let mut sheet = Sheet::new(&[Align::Right, Align::Left, Align::Left, Align::Right, Align::Right, Align::Left]);
    sheet.head(&["part", "type", "encoding", "on the wire", "decoded", "name"]);
    let mut below = Vec::new();
    // Of the parts around this one: whether their line goes on downwards.
    let mut around: Vec<bool> = Vec::new();
    for (index, part) in shown.iter().enumerate() {
        around.truncate(part.depth);
        let rails: String = around.iter().skip(1).map(|on| if *on { "│  " } else { "   " }).collect();
        let (branch, under) = match (part.depth, next[index]) {
            (0, _) => ("", ""),
            (_, true) => ("├─ ", "│  "),
            (_, false) => ("└─ ", "   "),
        };
        around.push(next[index]);
        let charset = part.charset.as_deref().map_or_else(String::new, |name| format!(" {}", cut(name, 40)));
        let kind = Line::of(Style::Faint, format!("{rails}{branch}"))
            .with(if part.is_leaf() { Style::Plain } else { Style::Heading }, cut(&part.media_type, 100))
            .with(Style::Faint, charset);
        let decoded = if part.is_leaf() { size(part.decoded_bytes) } else { String::new() };
        sheet.row(vec![
            Line::of(Style::Faint, number(index as u64 + 1)),
            kind,
            Line::new().and(cut(part.encoding.as_str(), 40)),
            Line::new().and(size(part.wire_bytes())),
            Line::new().and(decoded),
            name(part),
        ]);
        let has_inside = parts.get(index + 1).is_some_and(|inside| inside.depth > part.depth);
        let rail = if has_inside { "│  " } else { "" };
        below.push(glance(part, mail, &format!("{rails}{under}{rail}  ")));
    }
    // What a text begins with stands below its type, and not in a column.
    let indent = counted_width(shown.len());
    let mut rows = sheet.lines(0).into_iter();
    lines.extend(rows.next());
    for (row, texts) in rows.zip(below) {
        lines.push(row);
        for text in texts {
            let mut line = Line::new().and(" ".repeat(indent));
            line.append(text);
            lines.push(line);
        }
    }
    if shown.len() < parts.len() {
        let more = counted((parts.len() - shown.len()) as u64, "more part", "more parts");
        lines.push(Line::of(Style::Faint, format!("… {more}; --format json has them all")));
    }
}

/// What a text begins with, or what a report says, behind the lines of the tree.
fn glance(part: &Part, mail: &Mail<'_>, rails: &str) -> Vec<Line> {
    if !part.is_leaf() {
        return Vec::new();
    }
    let body = &mail.bytes[part.body.clone()];
    let said = notices(part, body);
    if !said.is_empty() {
        let line = |(name, value): &(&str, String)| {
            Line::of(Style::Faint, format!("{rails}{name}: ")).with(Style::Plain, cut(value, NOTICE))
        };
        return said.iter().map(line).collect();
    }
    let text = beginning(part, body, BEGINNING);
    let quoted = || Line::of(Style::Faint, format!("{rails}“")).and(text.clone()).with(Style::Faint, "”");
    (!text.is_empty()).then(quoted).into_iter().collect()
}

/// The width of the column with the numbers, and of the space behind it.
fn counted_width(parts: usize) -> usize {
    number(parts as u64).len().max("part".len()) + 2
}

fn name(part: &Part) -> Line {
    let mut line = Line::new();
    if let Some(name) = &part.file_name {
        line.push(Style::Heading, cut(name, 100));
    }
    // Inline is what everything is that says nothing.
    if let Some(disposition) = part.disposition.as_deref().filter(|d| *d != "inline" && part.file_name.is_none()) {
        line.push(Style::Faint, format!("({})", cut(disposition, 40)));
    }
    line
}

/// `3 parts; 4.1 MB on the wire carry 3.0 MB: base64 costs 36.8 %`.
fn sum(mail: &Mail<'_>) -> Line {
    let totals = mail.tree.totals;
    let parts = counted(mail.tree.parts.len() as u64, "part", "parts");
    let mut line = Line::new().and(format!("{parts}; {} on the wire ", long_size(totals.wire_bytes)));
    line.push(Style::Plain, if totals.wire_bytes == 1 { "carries " } else { "carry " });
    line.push(Style::Plain, long_size(totals.decoded_bytes));
    let cost = |name: &str, cost: Overhead| {
        let per_mille = cost.per_mille()?;
        Some(format!("{name} costs {}.{} %", number(per_mille / 10), per_mille % 10))
    };
    let costs = [cost("base64", totals.base64), cost("quoted-printable", totals.quoted_printable)];
    let costs: Vec<String> = costs.into_iter().flatten().collect();
    if !costs.is_empty() {
        line.push(Style::Plain, format!(": {}", costs.join(", ")));
    }
    line
}

fn defects(mail: &Mail<'_>, lines: &mut Vec<Line>) {
    let all = &mail.tree.defects;
    if all.is_empty() {
        lines.push(Line::of(Style::Good, "✓ ").and("nothing is wrong with it"));
        return;
    }
    lines.push(Line::new());
    lines.push(Line::of(Style::Heading, "Warnings"));
    let mut sheet = Sheet::new(&[Align::Right, Align::Right, Align::Right, Align::Left]);
    sheet.head(&["line", "byte", "part", ""]);
    // That a file has the line ends of its system is the least of all.
    let (files, mails): (Vec<_>, Vec<_>) =
        all.iter().zip(&mail.lines).partition(|(defect, _)| matches!(defect.what, Flaw::BareLf { are_all: true, .. }));
    for (defect, line) in mails.iter().take(MOST_DEFECTS).chain(&files) {
        sheet.row(row(defect, **line));
    }
    lines.extend(sheet.lines(2));
    let more = mails.len().saturating_sub(MOST_DEFECTS) as u64 + mail.tree.more_defects;
    if more > 0 {
        lines.push(Line::of(Style::Faint, format!("  … {}", counted(more, "more warning", "more warnings"))));
    }
}

fn row(defect: &Defect, line: u64) -> Vec<Line> {
    let rfc = defect.what.rfc();
    let what = Line::of(Style::Warning, "! ").and(cut(&defect.what.sentence(), FIELD));
    vec![
        Line::new().and(number(line)),
        Line::of(Style::Faint, number(defect.at as u64)),
        Line::of(Style::Faint, number(defect.part as u64 + 1)),
        if rfc.is_empty() { what } else { what.with(Style::Faint, format!(" ({rfc})")) },
    ]
}
