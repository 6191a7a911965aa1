//! What is said about a mail: [`Flags`].

/// What a person, or a program for them, has said about a mail: the system flags of RFC 9051 §2.3.2, and up to
/// [`Flags::MOST_KEYWORDS`] keywords, whose names the folder knows (Dovecot's maildirs have 26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flags(u32);

impl Flags {
    /// Nothing.
    pub const NONE: Flags = Flags(0);
    /// It has been read.
    pub const SEEN: Flags = Flags(1);
    /// It has been answered.
    pub const ANSWERED: Flags = Flags(1 << 1);
    /// It is urgent, or to be looked at.
    pub const FLAGGED: Flags = Flags(1 << 2);
    /// It is to be removed.
    pub const DELETED: Flags = Flags(1 << 3);
    /// It is not finished.
    pub const DRAFT: Flags = Flags(1 << 4);

    /// How many keywords a folder can have.
    pub const MOST_KEYWORDS: usize = 26;

    /// The system flags and their names.
    pub const SYSTEM: [(Flags, &'static str); 5] = [
        (Flags::ANSWERED, "\\Answered"),
        (Flags::FLAGGED, "\\Flagged"),
        (Flags::DELETED, "\\Deleted"),
        (Flags::SEEN, "\\Seen"),
        (Flags::DRAFT, "\\Draft"),
    ];

    /// The keyword with this place in its folder's list.
    ///
    /// # Panics
    /// When there is no such place.
    #[must_use]
    pub fn keyword(place: usize) -> Flags {
        assert!(place < Flags::MOST_KEYWORDS, "a folder has few keywords");
        Flags(1 << (place + 5))
    }

    /// The places of the keywords among them.
    pub fn keywords(self) -> impl Iterator<Item = usize> {
        (0..Flags::MOST_KEYWORDS).filter(move |place| self.has(Flags::keyword(*place)))
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, others: Flags) -> Flags {
        Flags(self.0 | others.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, others: Flags) -> Flags {
        Flags(self.0 & !others.0)
    }

    /// Whether all of these are among them.
    #[must_use]
    pub const fn has(self, others: Flags) -> bool {
        self.0 & others.0 == others.0
    }

    /// The system flags among them, without keywords.
    #[must_use]
    pub const fn system(self) -> Flags {
        Flags(self.0 & 0x1f)
    }

    /// Whether nothing is said.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// How flags change (RFC 9051 §6.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// These, and no others.
    Replace(Flags),
    /// These, too.
    Add(Flags),
    /// Without these.
    Remove(Flags),
}

impl FlagChange {
    /// What becomes of `before`.
    #[must_use]
    pub fn of(self, before: Flags) -> Flags {
        match self {
            FlagChange::Replace(flags) => flags,
            FlagChange::Add(flags) => before.and(flags),
            FlagChange::Remove(flags) => before.without(flags),
        }
    }
}
