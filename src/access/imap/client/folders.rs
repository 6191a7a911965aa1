//! What LIST tells: [`Folder`].

use imap_codec::imap_types::core::QuotedChar;
use imap_codec::imap_types::flag::FlagNameAttribute;
use imap_codec::imap_types::mailbox::Mailbox;

use crate::access::imap::utf7;
use crate::store::SpecialUse;

/// A folder of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name in Unicode; as it stands where it is not written as RFC 3501 §5.1.3 says.
    pub name: String,
    /// What separates a folder from one in it; `None`: there are none in it.
    pub separator: Option<char>,
    /// What it is for (RFC 6154).
    pub special_use: Option<SpecialUse>,
    /// Whether it can be opened.
    pub is_selectable: bool,
}

impl Folder {
    /// A folder from a LIST response.
    pub(super) fn read(attributes: &[FlagNameAttribute], separator: Option<QuotedChar>, mailbox: &Mailbox) -> Folder {
        let mut folder = Folder {
            name: read_name(mailbox),
            separator: separator.map(|c| c.inner()),
            special_use: None,
            is_selectable: true,
        };
        for attribute in attributes {
            let name = attribute.to_string();
            // RFC 5258 §3.1: what does not exist cannot be opened either.
            if name.eq_ignore_ascii_case("\\Noselect") || name.eq_ignore_ascii_case("\\NonExistent") {
                folder.is_selectable = false;
            }
            let special = SpecialUse::ALL.into_iter().find(|special| special.attribute().eq_ignore_ascii_case(&name));
            folder.special_use = folder.special_use.or(special);
        }
        folder
    }
}

fn read_name(mailbox: &Mailbox) -> String {
    match mailbox {
        Mailbox::Inbox => "INBOX".to_owned(),
        Mailbox::Other(name) => {
            let bytes: &[u8] = name.as_ref();
            utf7::decode(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

/// A name as commands have it; `None`: it cannot be said.
pub(super) fn write_name(name: &str) -> Option<Mailbox<'static>> {
    (!name.is_empty()).then_some(())?;
    Mailbox::try_from(utf7::encode(name)).ok()
}
