//! Flags as they are written (RFC 9051 §2.3.2).

use imap_codec::imap_types::flag::Flag;

use crate::store::{Flags, Folder};

/// How long the name of a keyword may be: as in Dovecot.
pub(super) const LONGEST_KEYWORD: usize = 50;

/// Flags that a client has named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The system flags among them.
    pub(super) system: Flags,
    /// The names of the others.
    pub(super) keywords: Vec<String>,
}

impl Named {
    /// Reads what the codec has read.
    ///
    /// # Errors
    /// When one begins with a backslash, and clients may not set it: `\Recent`, or it means nothing.
    pub(super) fn of(flags: &[Flag<'_>]) -> Result<Named, String> {
        let mut named = Named::default();
        for flag in flags {
            let system = match flag {
                Flag::Answered => Flags::ANSWERED,
                Flag::Deleted => Flags::DELETED,
                Flag::Draft => Flags::DRAFT,
                Flag::Flagged => Flags::FLAGGED,
                Flag::Seen => Flags::SEEN,
                Flag::Extension(_) => return Err(flag.to_string()),
                Flag::Keyword(name) => {
                    named.keywords.push(name.inner().to_owned());
                    continue;
                }
            };
            named.system = named.system.and(system);
        }
        Ok(named)
    }

    /// Those of them that a folder knows.
    pub(super) fn known(&self, folder: &Folder) -> Flags {
        self.keywords.iter().filter_map(|name| folder.keyword(name)).fold(self.system, Flags::and)
    }
}

/// Writes flags with parentheses: `(\Seen $Forwarded)`.
pub(super) fn write(out: &mut Vec<u8>, flags: Flags, keywords: &[Box<str>], more: &[&str]) {
    let system = Flags::SYSTEM.iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, name)| *name);
    let keywords = flags.keywords().filter_map(|place| keywords.get(place)).map(|name| &**name);
    out.push(b'(');
    let start = out.len();
    for name in system.chain(keywords).chain(more.iter().copied()) {
        if out.len() > start {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b')');
}

/// All flags that a mail of a folder can have.
pub(super) fn all(folder: &Folder) -> Flags {
    let keywords = (0..folder.keywords().len()).map(Flags::keyword);
    Flags::SYSTEM.iter().map(|(flag, _)| *flag).chain(keywords).fold(Flags::NONE, Flags::and)
}
