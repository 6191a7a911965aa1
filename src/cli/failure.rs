//! Why a command cannot do its work.

use std::io;

/// One sentence for the person who typed the command. Status 2.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A file could not be read or written.
    #[error("cannot {verb} {what}: {error}")]
    File {
        /// `read`, `write`.
        verb: &'static str,
        /// The file.
        what: String,
        /// Why not.
        error: io::Error,
    },
    /// Something else.
    #[error("{0}")]
    Said(String),
}

impl Failure {
    pub(super) fn read(what: &str, error: io::Error) -> Failure {
        Failure::File { verb: "read", what: what.to_owned(), error }
    }
    pub(super) fn write(what: impl AsRef<std::path::Path>, error: io::Error) -> Failure {
        Failure::File { verb: "write", what: what.as_ref().display().to_string(), error }
    }
    pub(super) fn said(text: impl Into<String>) -> Failure {
        Failure::Said(text.into())
    }
}
