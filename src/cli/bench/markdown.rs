//! Results as a table in Markdown.

use super::export::Exporter;
use super::report::Report;
use super::text::{COLUMNS, COMPARED, cells, notes};
use crate::cli::failure::Failure;

/// A table for a page.
pub(super) struct Markdown;

impl Exporter for Markdown {
    fn export(&self, report: &Report) -> Result<String, Failure> {
        let mut heads = COLUMNS.to_vec();
        if report.is_compared() {
            heads.push(COMPARED);
        }
        let mut out = row(heads.iter().copied());
        out.push_str(&format!("| --- |{}\n", " ---: |".repeat(heads.len() - 1)));
        for result in &report.results {
            out.push_str(&row(cells(result).iter().map(String::as_str)));
        }
        for note in notes(report) {
            out.push_str(&format!("\n{note}\n"));
        }
        Ok(out)
    }
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<&str> = cells.collect();
    format!("| {} |\n", cells.join(" | "))
}
