//! STATUS (RFC 9051 §6.3.11).

use super::super::extension::Extension;
use super::cursor::Cursor;

/// Declares what STATUS can be asked for, each with its name.
macro_rules! items {
    ($($(#[doc = $about:literal])* $name:ident: $word:literal;)*) => {
        /// What STATUS can be asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in super::super) enum StatusItem {
            $($(#[doc = $about])* $name,)*
        }

        impl StatusItem {
            /// All of them.
            pub(in super::super) const ALL: [StatusItem; [$($word),*].len()] = [$(StatusItem::$name),*];

            /// The name.
            pub(in super::super) const fn name(self) -> &'static str {
                match self {
                    $(StatusItem::$name => $word,)*
                }
            }
        }
    };
}

items! {
    /// How many mails there are.
    Messages: "MESSAGES";
    /// How many are recent (RFC 3501 §6.3.10).
    Recent: "RECENT";
    /// What the next mail is going to have.
    UidNext: "UIDNEXT";
    /// What unique identifiers hold with.
    UidValidity: "UIDVALIDITY";
    /// How many have not been read.
    Unseen: "UNSEEN";
    /// How many are to be removed.
    Deleted: "DELETED";
    /// How much room would be free without those, in units of 1,024 octets (RFC 9208 §4.1.4).
    DeletedStorage: "DELETED-STORAGE";
    /// The octets of all mails (RFC 8438).
    Size: "SIZE";
    /// The number of the last change (RFC 7162 §3.1.7).
    HighestModSeq: "HIGHESTMODSEQ";
    /// How large a mail may be that is appended (RFC 7889 §4).
    AppendLimit: "APPENDLIMIT";
}

impl StatusItem {
    /// What a server has to offer before it can be asked for.
    pub(in super::super) fn needs(self) -> Option<Extension> {
        match self {
            StatusItem::DeletedStorage => Some(Extension::Quota),
            StatusItem::Size => Some(Extension::StatusSize),
            StatusItem::HighestModSeq => Some(Extension::CondStore),
            StatusItem::AppendLimit => Some(Extension::AppendLimit),
            _ => None,
        }
    }
}

/// Reads the items in parentheses; there is at least one.
pub(super) fn read_items(cursor: &mut Cursor<'_>) -> Option<Vec<StatusItem>> {
    let item = |cursor: &mut Cursor<'_>| {
        let word = cursor.word()?;
        StatusItem::ALL.into_iter().find(|item| item.name() == word)
    };
    cursor.list(item).filter(|items| !items.is_empty())
}

/// Reads what stands behind STATUS: a name and items.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<(Vec<u8>, Vec<StatusItem>)> {
    cursor.eat(" ")?;
    let name = cursor.astring()?;
    cursor.eat(" ")?;
    let items = read_items(cursor)?;
    cursor.end()?;
    Some((name, items))
}
