//! Reading: scenario files and traces, or standard input for `-`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::failure::Failure;
use super::screen::{stderr_is_coloured, tell};
use crate::diag;
use crate::scenario::{self, Plan};

/// A scenario file longer than this is a mistake.
const LONGEST_SCENARIO_BYTES: u64 = 64 << 20;

/// The name that a file has in diagnostics.
pub(super) fn shown_name(file: &str) -> &str {
    if file == "-" { "<standard input>" } else { file }
}

/// The text of a scenario.
pub(super) fn text(file: &str) -> Result<String, Failure> {
    let name = shown_name(file);
    let failed = |error| Failure::read(name, error);
    let mut bytes = Vec::new();
    let reader = open(file)?;
    reader.take(LONGEST_SCENARIO_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST_SCENARIO_BYTES {
        return Err(Failure::said(format!("{name} is longer than 64 MiB: that is no scenario")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|b| **b == b'\n').count();
        Failure::said(format!("{name} is not a text in UTF-8: line {line} has a byte that does not belong there"))
    })
}

/// A file, or standard input.
pub(super) fn open(file: &str) -> Result<Box<dyn BufRead>, Failure> {
    if file == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened = File::open(file).map_err(|error| Failure::read(file, error))?;
    if opened.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(Failure::said(format!("cannot read {file}: it is a directory")));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, opened)))
}

/// A scenario and its text. Mistakes are told on standard error, and then there is none.
pub(super) fn scenario(file: &str) -> Result<Option<(Plan, String)>, Failure> {
    let text = text(file)?;
    match scenario::load(shown_name(file), &text) {
        Ok(plan) => Ok(Some((plan, text))),
        Err(diagnostics) => {
            tell(&diag::render_all(&diagnostics, &text, stderr_is_coloured()));
            Ok(None)
        }
    }
}
