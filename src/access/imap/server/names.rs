//! Names of folders on the wire.

use super::say;
use crate::access::imap::utf7;
use crate::store::{INBOX, SEPARATOR};

/// How names of folders are written (RFC 9051 §5.1, RFC 6855 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Names {
    /// In modified UTF-7, until the client says that it knows better.
    #[default]
    Utf7,
    /// In UTF-8.
    Utf8,
}

impl Names {
    /// Reads a name; `None`: it is not written so. What lies in the folder of new mail has its name before its own in capitals.
    pub(super) fn read(self, bytes: &[u8]) -> Option<String> {
        let mut name = self.read_pattern(bytes)?;
        if name.get(..INBOX.len()).is_some_and(is_inbox) && name[INBOX.len()..].starts_with(SEPARATOR) {
            name.replace_range(..INBOX.len(), INBOX);
        }
        Some(name)
    }

    /// Reads a pattern of names; `None`: it is not written so.
    pub(super) fn read_pattern(self, bytes: &[u8]) -> Option<String> {
        match self {
            Names::Utf7 => utf7::decode(bytes),
            Names::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
        }
    }

    /// Writes a name.
    pub(super) fn write(self, out: &mut Vec<u8>, name: &str) {
        match self {
            Names::Utf7 => say::astring(out, &utf7::encode(name)),
            Names::Utf8 => say::astring(out, name),
        }
    }
}

/// The names of the folders in which one with this name would lie, the outermost first.
pub(super) fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(SEPARATOR).map(|(at, _)| &name[..at])
}

/// Whether this is the folder of new mail, whose name is the same in upper and lower case.
pub(super) fn is_inbox(name: &str) -> bool {
    name.eq_ignore_ascii_case(INBOX)
}
