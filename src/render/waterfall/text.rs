//! The waterfall as text.

use super::super::text_width::{columns, elide_columns, thousands};
use super::axis::Axis;
use super::parts::{Fall, Phase, Row, Sum, wrapped};
use crate::trace::transcript::span;

/// Columns of the bars, where there is room.
const BARS: usize = 60;

fn letter(phase: Phase) -> char {
    match phase {
        Phase::Names => '?',
        Phase::Place => '.',
        Phase::Connect => 'c',
        Phase::Tls => 't',
        Phase::Dialogue => '=',
        Phase::Content => '#',
        Phase::Reply => '-',
        Phase::Queue => 'z',
        Phase::Mailbox => 'm',
        Phase::Unread => 'r',
    }
}

pub(super) fn text(fall: &Fall, width: usize) -> String {
    let axis = Axis::new(fall);
    let mut out = String::new();
    let mut put = |line: &str| {
        out.push_str(elide_columns(line.trim_end(), width).trim_end());
        out.push('\n');
    };
    put(&fall.title);
    put(&fall.subtitle);
    let fits = |line: &str| columns(line) <= width;
    let bars = BARS.min(width - 2);
    for row in &fall.rows {
        put("");
        put(&format!("{}  ({})  {}", row.title, row.about, span(row.length())));
        put(&format!("  {}", bar(row, &axis, bars)));
        wrapped(row.phases(), ["  ", "  "], fits).iter().for_each(|line| put(line));
    }
    if fall.rows.is_empty() {
        put("Nothing was sent of this mail.");
        return out;
    }
    if fall.more > 0 {
        put(&format!("… {} more rows", thousands(fall.more as u64)));
    }
    put("");
    let sums = fall.sums().iter().map(Sum::words).collect();
    wrapped(sums, ["In all: ", "        "], fits).iter().for_each(|line| put(line));
    let has = |phase: Phase| fall.rows.iter().flat_map(|row| &row.spans).any(|part| part.phase == phase);
    let legend: Vec<String> = Phase::ALL
        .into_iter()
        .filter(|phase| has(*phase))
        .map(|phase| format!("{} {}", letter(phase), phase.words()))
        .collect();
    put(&legend.join("  "));
    out
}

fn bar(row: &Row, axis: &Axis, width: usize) -> String {
    let place = |at: f64| ((at * width as f64) as usize).min(width - 1);
    let mut line = vec![' '; width];
    for part in &row.spans {
        let (from, to) = (place(axis.at(part.from)), place(axis.at(part.to)));
        for cell in &mut line[from..to.max(from + 1)] {
            *cell = letter(part.phase);
        }
    }
    line.into_iter().collect()
}
