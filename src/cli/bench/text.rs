//! Results for people: an aligned table, and what it means.

use super::compare::NOISE;
use super::export::Exporter;
use super::report::{Measured, Report};
use crate::cli::failure::Failure;
use crate::scenario::presets;
use crate::sim::{Duration, Instant};
use crate::trace::transcript::{Align, Line, Sheet, Style, clock, number};

/// A table.
pub(super) struct Text;

/// The headings of the columns; the first one holds words, the others numbers.
pub(super) const COLUMNS: [&str; 9] =
    ["workload", "messages", "hops", "virtual time", "wall time", "hops/s", "events/s", "packets", "peak memory"];

/// The heading of the column that a comparison adds.
pub(super) const COMPARED: &str = "against before";

impl Exporter for Text {
    fn export(&self, report: &Report) -> Result<String, Failure> {
        let mut heads = COLUMNS.to_vec();
        let mut sheet = Sheet::new(&[[Align::Left].as_slice(), &[Align::Right; 9]].concat());
        if report.is_compared() {
            heads.push(COMPARED);
        }
        sheet.head(&heads);
        for result in &report.results {
            sheet.row(cells(result).iter().map(|text| Line::of(Style::Plain, text)).collect());
        }
        let mut out = String::new();
        for line in sheet.lines(0) {
            out.push_str(&line.text());
            out.push('\n');
        }
        for note in notes(report) {
            out.push('\n');
            out.push_str(&note);
        }
        out.push('\n');
        Ok(out)
    }
}

/// The cells of a row, in words.
pub(super) fn cells(r: &Measured) -> Vec<String> {
    let mut cells = vec![
        r.workload.clone(),
        number(r.messages),
        number(r.hops),
        clock(Instant::ZERO + Duration::from_nanos(r.virtual_ns)),
        wall(r.wall_ns),
        number(r.hops_per_s),
        number(r.events_per_s),
        number(r.packets),
        r.peak_memory_bytes.map_or("-".to_owned(), memory),
    ];
    cells.extend(r.compared.as_ref().map(|c| c.text()));
    cells
}

/// What has to be known to understand the table.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let size = match report.settings.size_bytes {
        Some(size) => format!("Messages of {}", presets::bytes(size)),
        None => "Messages of each workload's own size (4 KiB, attachment 100 MB)".to_owned(),
    };
    let mut notes = vec![
        format!(
            "{size}, seed {}, no sinks, one core; the fastest of up to five runs. A hop is a recipient for whom a host \
             said 250.",
            report.settings.seed
        ),
        report.memory.note().to_owned(),
    ];
    if report.is_compared() {
        let percent = (NOISE * 100.0).round();
        notes.push(format!(
            "Compared by hops/s. Less than {percent} % is called the same; a busy machine can make more of it."
        ));
    }
    notes
}

/// `43 µs`, `12.3 ms`, `1.234 s`.
fn wall(nanos: u64) -> String {
    let micros = nanos / 1000;
    if micros < 100 {
        format!("{micros} µs")
    } else if micros < 1_000_000 {
        format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
    } else {
        format!("{}.{:03} s", micros / 1_000_000, micros % 1_000_000 / 1000)
    }
}

/// `12.3 MiB`.
fn memory(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!((wall(12_345_678).as_str(), wall(1_234_567_890).as_str()), ("12.3 ms", "1.234 s"));
        assert_eq!((wall(43_210).as_str(), wall(100_000).as_str()), ("43 µs", "0.1 ms"));
        assert_eq!((wall(999_999_999).as_str(), memory(5 << 20).as_str()), ("999.9 ms", "5.0 MiB"));
    }
}
