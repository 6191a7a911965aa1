//! What is said about a mail: [`FlagList`] for who hears of it, and a [`Table`] that makes it small.

use std::sync::Arc;

use crate::store::Flags;

/// The longest keyword that is kept.
const LONGEST_KEYWORD: usize = 128;

/// What is said about a mail: `flag-list` of RFC 9051 §9. `\Recent` is not among it, and nor are flags that the client does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagList {
    /// The system flags.
    pub system: Flags,
    /// The keywords, such as `$Forwarded`. Upper and lower case are the same.
    pub keywords: Vec<Arc<str>>,
}

impl FlagList {
    /// Nothing.
    pub const NONE: FlagList = FlagList { system: Flags::NONE, keywords: Vec::new() };

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.system.is_empty() && self.keywords.is_empty()
    }

    /// Whether a keyword is among them.
    #[must_use]
    pub fn has_keyword(&self, name: &str) -> bool {
        self.keywords.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// These, as IMAP writes them, without parentheses.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let system = Flags::SYSTEM.into_iter().filter(|(flag, _)| self.system.has(*flag)).map(|(_, name)| name);
        system.chain(self.keywords.iter().map(|keyword| &**keyword)).collect()
    }
}

impl From<Flags> for FlagList {
    /// The system flags among them.
    fn from(flags: Flags) -> FlagList {
        FlagList { system: flags.system(), keywords: Vec::new() }
    }
}

/// The keywords of a folder, so that what is said about a mail is a few bits. What does not fit is not remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    names: Vec<Arc<str>>,
}

impl Table {
    /// The bits for a list.
    pub(super) fn bits(&mut self, list: &FlagList) -> Flags {
        let keywords = list.keywords.iter().filter_map(|name| self.place(name));
        keywords.fold(list.system.system(), |flags, place| flags.and(Flags::keyword(place)))
    }

    fn place(&mut self, name: &Arc<str>) -> Option<usize> {
        if let Some(place) = self.names.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            return Some(place);
        }
        let fits = self.names.len() < Flags::MOST_KEYWORDS && name.len() <= LONGEST_KEYWORD;
        fits.then(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        })
    }

    /// The list for bits.
    pub(super) fn list(&self, bits: Flags) -> FlagList {
        let keywords = bits.keywords().filter_map(|place| self.names.get(place).cloned()).collect();
        FlagList { system: bits.system(), keywords }
    }
}
