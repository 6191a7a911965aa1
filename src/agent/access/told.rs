//! What sessions do, as the trace has it.

use std::sync::Arc;

use crate::access;
use crate::store::{Deed, Done, Flags, Folder, FolderId, Mailbox, Store};
use crate::trace::{self, At, HostId, MailId, What};

/// The same for the mail, if observers know it.
pub(super) fn about(at: At, mail: Option<access::About>) -> At {
    match mail {
        Some((mail, hop)) => at.mail(MailId(mail), hop),
        None => at,
    }
}

/// What was done with a mail for a client.
pub(super) fn deed(store: &Store, deed: &Deed, client: HostId) -> What {
    let mailbox = store.mailbox(deed.mailbox);
    let told = match &deed.done {
        Done::Fetched { whole, bytes } => trace::Deed::GivenOut { whole: *whole, size_bytes: *bytes },
        Done::Flagged { set, cleared } => {
            let folder = mailbox.folder(deed.folder);
            trace::Deed::Flagged { set: flags(folder, *set), cleared: flags(folder, *cleared) }
        }
        Done::Copied { to, uid } => trace::Deed::Copied { to: folder(mailbox, *to), to_uid: *uid },
        Done::Moved { to, uid } => trace::Deed::Moved { to: folder(mailbox, *to), to_uid: *uid },
        Done::Appended { bytes } => trace::Deed::Appended { size_bytes: *bytes },
        Done::Removed => trace::Deed::Removed,
    };
    What::Mailbox {
        mailbox: mailbox.address().as_str().into(),
        folder: folder(mailbox, deed.folder),
        uid: deed.uid,
        client,
        deed: told,
    }
}

fn folder(mailbox: &Mailbox, id: FolderId) -> Arc<str> {
    mailbox.folder(id).map_or("a folder that is gone", Folder::name).into()
}

/// Flags as people say them, without the backslash of IMAP; keywords as they are.
fn flags(folder: Option<&Folder>, flags: Flags) -> Vec<Arc<str>> {
    let system = Flags::SYSTEM.iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, name)| Arc::from(&name[1..]));
    let names = folder.map_or(&[][..], Folder::keywords);
    let keywords = flags.keywords().filter_map(|place| names.get(place)).map(|name| Arc::from(&**name));
    system.chain(keywords).collect()
}
