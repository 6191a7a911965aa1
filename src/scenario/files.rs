//! Files that lie beside a scenario: mail and attachments.

use crate::octets::Chunk;

/// Where the files of a scenario come from. This module reads none itself.
pub trait Files {
    /// The octets of a file. The path is relative, has `/` between its parts, and no part is empty, `.` or `..`.
    ///
    /// # Errors
    /// Why there is nothing to be had, as the end of a sentence: `there is no such file`.
    fn read(&mut self, path: &str) -> Result<Chunk, String>;
}

/// No files at all: a scenario that is only text.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&mut self, _path: &str) -> Result<Chunk, String> {
        Err("this scenario lies in no folder".to_owned())
    }
}
