//! Results as JSON, and back.

use std::fs;
use std::path::Path;

use super::export::Exporter;
use super::report::{Report, VERSION};
use crate::cli::failure::Failure;

/// All there is.
pub(super) struct Json;

impl Exporter for Json {
    fn export(&self, report: &Report) -> Result<String, Failure> {
        let text = serde_json::to_string_pretty(report);
        text.map(|text| text + "\n").map_err(|e| Failure::said(format!("cannot write the result as JSON: {e}")))
    }
}

/// A result that was saved.
pub(super) fn read(path: &Path) -> Result<Report, Failure> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|e| Failure::read(&shown, e))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|e| Failure::said(format!("{shown} is no result of `postroad bench --export-json`: {e}")))?;
    if report.bench != VERSION {
        return Err(Failure::said(format!(
            "{shown} is a result of version {}; this program compares version {VERSION}",
            report.bench
        )));
    }
    Ok(report)
}
