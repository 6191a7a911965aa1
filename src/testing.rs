//! Tests that compare with files: what a folder's files come to is exactly what the files beside them say. With
//! `POSTROAD_BLESS=1` the latter are written anew.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of a folder of the package with this extension, in the order of their names. There must be so many at least, or a
/// test that reads none would pass.
pub(crate) fn files(folder: &str, extension: &str, least: usize) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == extension));
    files.sort();
    assert!(files.len() >= least, "only {} files {extension} in {}", files.len(), folder.display());
    files
}

/// Compares with files, and says at the end which were not as expected.
#[derive(Default)]
pub(crate) struct Golden {
    wrong: Vec<String>,
}

impl Golden {
    /// `told` is to be what stands in the file.
    pub(crate) fn check(&mut self, file: &Path, told: &str) {
        if std::env::var_os("POSTROAD_BLESS").is_some() {
            fs::write(file, told).unwrap();
        } else if fs::read_to_string(file).unwrap_or_default() != told {
            self.wrong.push(format!("--- {}\n{told}", file.display()));
        }
    }

    /// Fails where one was not.
    pub(crate) fn finish(self) {
        assert!(self.wrong.is_empty(), "not as expected:\n{}", self.wrong.join("\n"));
    }
}
