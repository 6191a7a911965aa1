//! What there is to tell: a mail that has been read, and the files that were made of it.

use std::path::PathBuf;

use crate::mime::read::{Tree, fields, words::decode_words};

/// A mail that has been read.
pub(super) struct Mail<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) tree: &'a Tree,
    /// The line of each defect.
    pub(super) lines: Vec<u64>,
    /// Which of the mails in its file it is, from 1 on, and how many there are.
    pub(super) number: usize,
    pub(super) of: usize,
}

impl Mail<'_> {
    /// The first field of the message with this name, decoded, in one line.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let header = &self.bytes[self.tree.parts[0].header.clone()];
        let found = fields(header).find(|field| field.is(name))?;
        let words = decode_words(found.value);
        // Spaces inside are the writer's own.
        Some(words.trim().replace(['\t', '\r', '\n'], " "))
    }
}

/// A file that was written.
pub(super) struct Written {
    /// Which part.
    pub(super) part: usize,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}
