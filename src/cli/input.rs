//! Reading: scenario files and traces, or standard input for `-`.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::beside::Beside;
use super::failure::Failure;
use super::screen::tell_all;
use crate::diag;
use crate::scenario::{self, Plan};

/// A scenario file longer than this is a mistake.
const LONGEST_SCENARIO_BYTES: u64 = 64 << 20;

/// The name that a file has in diagnostics.
pub(super) fn shown_name(file: &str) -> &str {
    if file == "-" { "<standard input>" } else { file }
}

/// A file name as a shell reads it.
pub(super) fn quoted(file: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/+@%:=,\\".contains(c);
    let shown = diag::safe(file);
    // What begins with a dash would be read as an option.
    let shown = if shown.starts_with('-') { format!("./{shown}") } else { shown };
    if !shown.is_empty() && shown.chars().all(is_plain) && !(shown.contains('\\') && cfg!(not(windows))) {
        shown
    } else if cfg!(windows) {
        format!("\"{shown}\"")
    } else {
        format!("'{}'", shown.replace('\'', "'\\''"))
    }
}

/// A file, or all scenarios below a directory, sorted. `-` is standard input.
pub(super) fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if path.as_os_str() == "-" || !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut found = Vec::new();
    below(path, &mut found)?;
    if found.is_empty() {
        return Err(Failure::said(format!("there is no *.ron below {}", path.display())));
    }
    found.sort();
    files.append(&mut found);
    Ok(())
}

fn below(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |e| Failure::read(&directory.display().to_string(), e);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        // Symbolic links to directories are not followed: they may lead in a circle.
        if kind.is_dir() {
            below(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "ron") {
            found.push(path);
        }
    }
    Ok(())
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
    match scenario::load_with(shown_name(file), &text, &mut Beside::file(Path::new(file))) {
        Ok(plan) => Ok(Some((plan, text))),
        Err(diagnostics) => {
            tell_all(&diagnostics, &text);
            Ok(None)
        }
    }
}
