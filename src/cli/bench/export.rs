//! What all ways of writing a result have in common.

use super::report::Report;
use crate::cli::failure::Failure;

/// Writes a result. One file of this folder for each.
pub(super) trait Exporter {
    /// The whole text.
    fn export(&self, report: &Report) -> Result<String, Failure>;
}
